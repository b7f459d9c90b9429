"""A key of macOS, heard through a tap on its events; other programs see the key too."""

import sys

assert sys.platform == "darwin"

import ctypes
import ctypes.util
import threading
from collections.abc import Callable

from backend.shared.desktop.hotkeys import Combination, HotkeyError, unknown_here

_CLOSE_SECONDS = 2.0
_SESSION, _AT_HEAD, _LISTEN_ONLY = 1, 0, 1
_KEY_DOWN, _KEY_UP, _FLAGS_CHANGED = 10, 11, 12
_DISABLED = (0xFFFFFFFE, 0xFFFFFFFF)  # by a callback that took too long, by the user
_KEY_CODE = 9  # kCGKeyboardEventKeycode
_MODIFIERS = {"shift": 0x20000, "ctrl": 0x40000, "alt": 0x80000, "win": 0x100000}
# Key codes of Carbon's Events.h. Pause, Scroll Lock and Print of a PC keyboard are F15, F14 and F13 here.
_LETTERS = (
    dict(zip("asdfhgzxcv", range(10), strict=True))
    | dict(zip("bqweryt123465=97-80]ou[ip", range(11, 36), strict=True))
    | {
        "l": 37,
        "j": 38,
        "k": 40,
        "n": 45,
        "m": 46,
    }
)
_CODES = _LETTERS | {
    "f1": 122, "f2": 120, "f3": 99, "f4": 118, "f5": 96, "f6": 97, "f7": 98, "f8": 100, "f9": 101, "f10": 109,
    "f11": 103, "f12": 111, "f13": 105, "f14": 107, "f15": 113, "f16": 106, "f17": 64, "f18": 79, "f19": 80,
    "f20": 90, "print screen": 105, "scroll lock": 107, "pause": 113, "insert": 114, "menu": 110, "home": 115,
    "end": 119, "page up": 116, "page down": 121, "space": 49, "tab": 48, "enter": 36, "backspace": 51,
    "delete": 117, "escape": 53,
}  # fmt: skip
# Key code, and the bit of the flags that tells whether it is down (IOLLEvent.h).
_LONE_MODIFIERS = {
    "left ctrl": (59, 0x1),
    "left shift": (56, 0x2),
    "right shift": (60, 0x4),
    "left win": (55, 0x8),
    "right win": (54, 0x10),
    "left alt": (58, 0x20),
    "right alt": (61, 0x40),
    "right ctrl": (62, 0x2000),
}
_DENIED = (
    "macOS does not let Alisa see keys in other windows. Allow it for the program she was started from: "
    "System Settings, Privacy & Security, Input Monitoring; then start her again."
)


def _library(name: str) -> ctypes.CDLL:
    return ctypes.CDLL(
        ctypes.util.find_library(name) or f"/System/Library/Frameworks/{name}.framework/{name}"
    )


_graphics = _library("ApplicationServices")
_core = _library("CoreFoundation")
_Callback = ctypes.CFUNCTYPE(
    ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p
)
_graphics.CGEventTapCreate.restype = ctypes.c_void_p
_graphics.CGEventTapCreate.argtypes = [
    *(ctypes.c_uint32,) * 3,
    ctypes.c_uint64,
    _Callback,
    ctypes.c_void_p,
]
_graphics.CGEventTapEnable.argtypes = [ctypes.c_void_p, ctypes.c_bool]
_graphics.CGEventGetIntegerValueField.restype = ctypes.c_int64
_graphics.CGEventGetIntegerValueField.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
_graphics.CGEventGetFlags.restype = ctypes.c_uint64
_graphics.CGEventGetFlags.argtypes = [ctypes.c_void_p]
_core.CFMachPortCreateRunLoopSource.restype = ctypes.c_void_p
_core.CFMachPortCreateRunLoopSource.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_long]
_core.CFMachPortInvalidate.argtypes = [ctypes.c_void_p]
_core.CFRunLoopGetCurrent.restype = ctypes.c_void_p
_core.CFRunLoopAddSource.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
_core.CFRunLoopStop.argtypes = [ctypes.c_void_p]
_core.CFRelease.argtypes = [ctypes.c_void_p]


class MacKeyWatch:
    """See `backend.shared.desktop.hotkeys.Watch`."""

    def __init__(self, combination: Combination, on_change: Callable[[bool], None]) -> None:
        """Begin to listen for the key.

        Raises:
            HotkeyError: "key-unknown"; "key-unavailable" without the permission.
        """
        key = combination.key
        lone = _LONE_MODIFIERS.get(key)
        if (lone is None and key not in _CODES) or (lone is not None and combination.modifiers):
            raise unknown_here(combination)
        self._code, self._bit = lone or (_CODES[key], 0)
        self._flags = sum(_MODIFIERS[modifier] for modifier in combination.modifiers)
        self._on_change = on_change
        self._is_held = False
        self._begun = threading.Event()
        self._fault: HotkeyError | None = None
        self._loop: int | None = None
        self._tap: int | None = None
        self._callback = _Callback(self._take)  # kept: the system holds no reference to it
        self._thread = threading.Thread(target=self._run, name="key to talk", daemon=True)
        self._thread.start()
        self._begun.wait()
        if self._fault is not None:
            raise self._fault

    def close(self) -> None:
        """See `Watch.close`."""
        if self._loop is not None:
            _core.CFRunLoopStop(self._loop)
        if self._thread is not threading.current_thread():
            self._thread.join(_CLOSE_SECONDS)

    def _run(self) -> None:
        mask = 1 << _KEY_DOWN | 1 << _KEY_UP | 1 << _FLAGS_CHANGED
        tap = _graphics.CGEventTapCreate(_SESSION, _AT_HEAD, _LISTEN_ONLY, mask, self._callback, None)
        if not tap:
            self._fault = HotkeyError("key-unavailable", _DENIED)
            self._begun.set()
            return
        self._tap = tap
        source = _core.CFMachPortCreateRunLoopSource(None, tap, 0)
        self._loop = _core.CFRunLoopGetCurrent()
        modes = ctypes.c_void_p.in_dll(_core, "kCFRunLoopCommonModes")
        _core.CFRunLoopAddSource(self._loop, source, modes)
        self._begun.set()
        try:
            _core.CFRunLoopRun()
        finally:
            self._hold(is_down=False)
            _core.CFMachPortInvalidate(tap)
            _core.CFRelease(source)
            _core.CFRelease(tap)

    def _take(self, _proxy: int, kind: int, event: int, _context: int) -> int:
        if kind in _DISABLED:
            _graphics.CGEventTapEnable(self._tap, True)
        elif _graphics.CGEventGetIntegerValueField(event, _KEY_CODE) == self._code:
            flags = _graphics.CGEventGetFlags(event)
            if kind == _FLAGS_CHANGED:
                self._hold(is_down=bool(flags & self._bit))
            elif kind == _KEY_UP:
                self._hold(is_down=False)
            elif flags & sum(_MODIFIERS.values()) == self._flags:
                self._hold(is_down=True)
        return event

    def _hold(self, *, is_down: bool) -> None:
        if is_down != self._is_held:
            self._is_held = is_down
            self._on_change(is_down)

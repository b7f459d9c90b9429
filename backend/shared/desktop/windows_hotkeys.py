"""A key of Windows: registered as a hotkey, which tells of the press; asked for until it is let go."""

import sys

assert sys.platform == "win32"

import ctypes
import threading
from collections.abc import Callable
from ctypes import wintypes

from backend.shared.desktop.hotkeys import Combination, HotkeyError, taken, unknown_here

_ASK_SECONDS = 0.03
_CLOSE_SECONDS = 2.0
_ALREADY_REGISTERED = 1409
_HOTKEY, _QUIT = 0x0312, 0x0012
_NO_REPEAT = 0x4000
_IS_DOWN = 0x8000
_MODIFIERS = {"alt": 0x1, "ctrl": 0x2, "shift": 0x4, "win": 0x8}
# https://learn.microsoft.com/windows/win32/inputdev/virtual-key-codes
_CODES = {
    "pause": 0x13,
    "scroll lock": 0x91,
    "insert": 0x2D,
    "menu": 0x5D,
    "print screen": 0x2C,
    "home": 0x24,
    "end": 0x23,
    "page up": 0x21,
    "page down": 0x22,
    "space": 0x20,
    "tab": 0x09,
    "enter": 0x0D,
    "backspace": 0x08,
    "delete": 0x2E,
    "escape": 0x1B,
} | {f"f{number}": 0x6F + number for number in range(1, 25)}
_LONE_MODIFIERS = {
    "left shift": 0xA0,
    "right shift": 0xA1,
    "left ctrl": 0xA2,
    "right ctrl": 0xA3,
    "left alt": 0xA4,
    "right alt": 0xA5,
    "left win": 0x5B,
    "right win": 0x5C,
}

_user = ctypes.WinDLL("user32", use_last_error=True)
_kernel = ctypes.WinDLL("kernel32")
_user.RegisterHotKey.argtypes = [wintypes.HWND, ctypes.c_int, wintypes.UINT, wintypes.UINT]
_user.UnregisterHotKey.argtypes = [wintypes.HWND, ctypes.c_int]
_user.GetMessageW.argtypes = [ctypes.POINTER(wintypes.MSG), wintypes.HWND, wintypes.UINT, wintypes.UINT]
_user.PeekMessageW.argtypes = [*_user.GetMessageW.argtypes, wintypes.UINT]
_user.PostThreadMessageW.argtypes = [wintypes.DWORD, wintypes.UINT, wintypes.WPARAM, wintypes.LPARAM]
_user.GetAsyncKeyState.argtypes = [ctypes.c_int]
_user.GetAsyncKeyState.restype = ctypes.c_ushort
_kernel.GetCurrentThreadId.restype = wintypes.DWORD


class WindowsKeyWatch:
    """See `backend.shared.desktop.hotkeys.Watch`.

    A modifier by itself cannot be registered: it is asked for all the time.
    """

    def __init__(self, combination: Combination, on_change: Callable[[bool], None]) -> None:
        """Register the key and begin to watch it.

        Raises:
            HotkeyError: "key-unknown", "key-taken".
        """
        key = combination.key
        code = _LONE_MODIFIERS.get(key) or _CODES.get(key) or (ord(key.upper()) if len(key) == 1 else 0)
        if not code or (key in _LONE_MODIFIERS and combination.modifiers):
            raise unknown_here(combination)
        self._combination = combination
        self._code = code
        self._on_change = on_change
        self._closing = threading.Event()
        self._begun = threading.Event()
        self._fault: HotkeyError | None = None
        self._thread_id = 0
        run = self._poll if key in _LONE_MODIFIERS else self._listen
        self._thread = threading.Thread(target=run, name="key to talk", daemon=True)
        self._thread.start()
        self._begun.wait()
        if self._fault is not None:
            raise self._fault

    def close(self) -> None:
        """See `Watch.close`."""
        self._closing.set()
        if self._thread_id:
            _user.PostThreadMessageW(self._thread_id, _QUIT, 0, 0)
        if self._thread is not threading.current_thread():
            self._thread.join(_CLOSE_SECONDS)

    def _listen(self) -> None:
        """Hotkeys come to the thread that has registered them."""
        message = wintypes.MSG()
        _user.PeekMessageW(ctypes.byref(message), None, 0, 0, 0)  # makes the queue of this thread
        self._thread_id = _kernel.GetCurrentThreadId()
        held = sum(_MODIFIERS[modifier] for modifier in self._combination.modifiers)
        if not _user.RegisterHotKey(None, 1, held | _NO_REPEAT, self._code):
            is_taken = ctypes.get_last_error() == _ALREADY_REGISTERED
            self._fault = taken(self._combination) if is_taken else unknown_here(self._combination)
            self._begun.set()
            return
        self._begun.set()
        try:
            while not self._closing.is_set() and _user.GetMessageW(ctypes.byref(message), None, 0, 0) > 0:
                if message.message == _HOTKEY:
                    self._hold()
        finally:
            _user.UnregisterHotKey(None, 1)

    def _hold(self) -> None:
        self._on_change(True)
        while self._is_down() and not self._closing.wait(_ASK_SECONDS):
            pass
        self._on_change(False)

    def _poll(self) -> None:
        self._begun.set()
        while not self._closing.wait(_ASK_SECONDS):
            if self._is_down():
                self._hold()

    def _is_down(self) -> bool:
        return bool(_user.GetAsyncKeyState(self._code) & _IS_DOWN)

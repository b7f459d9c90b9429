"""A key of an X server, grabbed while it is watched."""

import logging
import select
import socket
import threading
from collections.abc import Callable
from typing import Any

from Xlib import XK, X, error
from Xlib.display import Display

from backend.shared.desktop.hotkeys import Combination, HotkeyError, Watch, taken, unknown_here

log = logging.getLogger(__name__)

_CLOSE_SECONDS = 2.0
_MAPPED = (X.MappingModifier, X.MappingKeyboard)
_MODIFIERS = {"ctrl": X.ControlMask, "alt": X.Mod1Mask, "shift": X.ShiftMask, "win": X.Mod4Mask}
_NUM_LOCK, _SCROLL_LOCK, _LEVEL_THREE = 0xFF7F, 0xFF14, 0xFE03
_NAMES = {
    "pause": "Pause",
    "scroll lock": "Scroll_Lock",
    "insert": "Insert",
    "menu": "Menu",
    "print screen": "Print",
    "home": "Home",
    "end": "End",
    "page up": "Prior",
    "page down": "Next",
    "space": "space",
    "tab": "Tab",
    "enter": "Return",
    "backspace": "BackSpace",
    "delete": "Delete",
    "escape": "Escape",
    "left ctrl": "Control_L",
    "right ctrl": "Control_R",
    "left alt": "Alt_L",
    "right alt": "Alt_R",
    "left shift": "Shift_L",
    "right shift": "Shift_R",
    "left win": "Super_L",
    "right win": "Super_R",
}


class X11KeyWatch:
    """See `backend.shared.desktop.hotkeys.Watch`."""

    def __init__(self, display: Display, combination: Combination, on_change: Callable[[bool], None]) -> None:
        """Grab the key and begin to watch it.

        Raises:
            HotkeyError: "key-unknown", "key-taken".
        """
        self._display = display
        self._root = display.screen().root
        self._combination = combination
        self._on_change = on_change
        self._codes: frozenset[int] = frozenset()
        self._held: int | None = None
        self._grab()
        self._waker, self._wake = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="key to talk", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """See `Watch.close`."""
        self._waker.close()
        if self._thread is not threading.current_thread():
            self._thread.join(_CLOSE_SECONDS)

    def _run(self) -> None:
        # From here on the display belongs to this thread.
        try:
            is_closing = False
            while not is_closing:
                self._read()
                ready, _, _ = select.select([self._display, self._wake], [], [])
                is_closing = self._wake in ready
        except (error.ConnectionClosedError, OSError):
            log.warning("The X server has gone.")
        finally:
            self._let_go()
            self._wake.close()
            self._close_display()

    def _close_display(self) -> None:
        try:
            self._display.close()
        except (error.ConnectionClosedError, OSError):
            log.debug("The X server has gone before.")

    def _read(self) -> None:
        # Asking the server reads events too, and the connection does not announce those any more.
        while self._display.pending_events():
            event = self._display.next_event()
            if event.type == X.KeyPress and event.detail in self._codes:
                self._press(event.detail)
            elif (
                event.type == X.KeyRelease and event.detail == self._held and not self._is_down(event.detail)
            ):
                self._let_go()
            elif event.type == X.MappingNotify and event.request in _MAPPED:
                self._map_anew(event)

    def _press(self, code: int) -> None:
        if self._held is None:
            self._held = code
            self._on_change(True)

    def _let_go(self) -> None:
        if self._held is not None:
            self._held = None
            self._on_change(False)

    def _is_down(self, code: int) -> bool:
        """A key that repeats is let go for the events alone: the keyboard itself still has it down."""
        keys = self._display.query_keymap()
        return bool(keys[code // 8] & 1 << code % 8)

    def _map_anew(self, event: Any) -> None:
        """The layout is another one: the key may be elsewhere."""
        self._display.refresh_keyboard_mapping(event)
        before = self._codes
        try:
            found = self._find()
            if found != before:
                self._free()
                self._grab()
        except HotkeyError as fault:
            log.warning("The key to talk is lost with the new layout: %s.", fault.code)

    def _find(self) -> frozenset[int]:
        """The codes of the key on this keyboard."""
        name = self._combination.key
        if name == "right alt":
            symbols = [XK.XK_Alt_R, _LEVEL_THREE]
        else:
            symbols = [XK.string_to_keysym(_NAMES.get(name) or (name.upper() if len(name) > 1 else name))]
        return frozenset(
            code for symbol in symbols if symbol for code, _ in self._display.keysym_to_keycodes(symbol)
        )

    def _grab(self) -> None:
        codes = self._find()
        if not codes:
            raise unknown_here(self._combination)
        self._codes = codes
        refused = error.CatchError(error.BadAccess)
        for code in codes:
            for held in self._states():
                self._root.grab_key(code, held, False, X.GrabModeAsync, X.GrabModeAsync, onerror=refused)
        self._display.sync()
        if refused.get_error() is not None:
            self._free()
            raise taken(self._combination)

    def _free(self) -> None:
        for code in self._codes:
            self._root.ungrab_key(code, X.AnyModifier)
        self._codes = frozenset()
        self._display.sync()

    def _states(self) -> list[int]:
        """What may be held with it: the wanted modifiers, with every state of the locks."""
        wanted = sum(_MODIFIERS[modifier] for modifier in self._combination.modifiers)
        states = {wanted}
        for lock in (X.LockMask, self._mask_of(_NUM_LOCK), self._mask_of(_SCROLL_LOCK)):
            states |= {state | lock for state in states}
        return sorted(states)

    def _mask_of(self, symbol: int) -> int:
        """The modifier that a lock key is on this keyboard; 0: none."""
        codes = {code for code, _ in self._display.keysym_to_keycodes(symbol)}
        for index, keys in enumerate(self._display.get_modifier_mapping()):
            if codes.intersection(keys) - {0}:
                return 1 << index
        return 0


def connect(combination: Combination, on_change: Callable[[bool], None]) -> Watch:
    """Watch a key of the display of the environment.

    Raises:
        HotkeyError: "key-unknown", "key-taken", "key-unavailable".
    """
    try:
        display = Display()
    except (error.DisplayError, OSError) as fault:
        raise HotkeyError("key-unavailable", "There is no X display to watch keys on.") from fault
    try:
        return X11KeyWatch(display, combination, on_change)
    except BaseException:
        display.close()
        raise

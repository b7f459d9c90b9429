"""A window of another application on the desk of the tests."""

from typing import TYPE_CHECKING

from Xlib import XK, X
from Xlib.protocol import event

if TYPE_CHECKING:
    from tests.overlay.desk import Desk

KEY_NAMES = {symbol: name[3:] for name, symbol in reversed(vars(XK).items()) if name.startswith("XK_")}


class Window:
    """An application's window on the desk; remembers the buttons and keys pressed on it."""

    def __init__(self, desk: "Desk", window) -> None:
        self.desk = desk
        self.window = window
        self.id: int = window.id
        self._presses: list[tuple[int, int, int]] = []
        self._keys: list[str] = []

    @property
    def presses(self) -> list[tuple[int, int, int]]:
        """Button presses so far: (button, x, y), x and y on the whole desktop."""
        self.desk.read_events()
        return self._presses

    @property
    def keys(self) -> list[str]:
        """Names of the keys pressed so far."""
        self.desk.read_events()
        return self._keys

    def set_fullscreen(self, is_on: bool) -> None:
        """Ask the window manager for it, as applications do, and wait until it is done."""
        atom = self.desk.atom
        message = event.ClientMessage(
            window=self.window,
            client_type=atom("_NET_WM_STATE"),
            data=(32, [int(is_on), atom("_NET_WM_STATE_FULLSCREEN"), 0, 1, 0]),
        )
        self.desk.root.send_event(message, X.SubstructureRedirectMask | X.SubstructureNotifyMask)
        self.desk.wait_for(lambda: self.is_fullscreen == is_on, "the full-screen state")

    @property
    def is_fullscreen(self) -> bool:
        """Whether the window manager has made it so."""
        states = self.window.get_full_property(self.desk.atom("_NET_WM_STATE"), X.AnyPropertyType)
        return states is not None and self.desk.atom("_NET_WM_STATE_FULLSCREEN") in states.value

    def close(self) -> None:
        """Destroy it and wait until it is gone from the window manager's list."""
        self.window.destroy()
        self.desk.windows.pop(self.id, None)
        self.desk.wait_for(lambda: self.id not in self.desk.client_list(), "the window's end")

    def take(self, happened: event.KeyPress | event.ButtonPress) -> None:
        """Remember an event."""
        if happened.type == X.ButtonPress:
            self._presses.append((happened.detail, happened.root_x, happened.root_y))
        elif happened.type == X.KeyPress:
            symbol = self.desk.display.keycode_to_keysym(happened.detail, happened.state & X.ShiftMask)
            self._keys.append(KEY_NAMES.get(symbol, str(symbol)))

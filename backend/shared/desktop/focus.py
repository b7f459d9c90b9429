"""The keyboard, borrowed from the window of another application and given back.

Her windows are none of the window manager's, so nobody gives them the keyboard. On X11 Tk does not take it
either (`focus -force` leaves the X focus alone for such windows); nor does anybody give it back where such a
window closes.
"""

import sys
from typing import Protocol


class Focus(Protocol):
    """Borrows the keyboard for one of our own windows at a time."""

    def take(self, window_id: int) -> None:
        """Let one of our windows have the keyboard, and remember who had it.

        Tk has to be told too which widget in it gets the keys: `widget.focus_force()`, after this.

        Args:
            window_id: Of a Tk toplevel that is shown, as `winfo_id` gives it.
        """
        ...

    def give_back(self) -> None:
        """Let the window that had the keyboard have it again, unless the user has gone to another one."""
        ...

    def close(self) -> None:
        """Free what it uses."""
        ...


class NoFocus:
    """Where Tk and the system do it all, or where it cannot be done."""

    def take(self, window_id: int) -> None:
        """Nothing to do."""

    def give_back(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""


def open_focus(display_name: str = "") -> Focus:
    """What borrows the keyboard on this system.

    Args:
        display_name: The X display, as Tk's `winfo_screen` gives it; empty: that of the environment.
    """
    if sys.platform == "win32":
        from backend.shared.desktop.windows_focus import WindowsFocus

        return WindowsFocus()
    elif sys.platform == "darwin":  # noqa: RET505 - so that the type checker sees each system's branch
        return NoFocus()
    else:
        from backend.shared.desktop.x11_focus import connect

        return connect(display_name) or NoFocus()

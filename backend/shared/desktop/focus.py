"""Who has the keyboard: remembered while one of our own windows borrows it, given back afterwards.

A window that the window manager does not look after takes the keyboard by itself, and where it closes the
keyboard belongs to nobody.
"""

import sys
from typing import Protocol


class Focus(Protocol):
    """Remembers one window of another application."""

    def remember(self) -> None:
        """Note which window has the keyboard; nothing to note while it is one of our own."""
        ...

    def give_back(self) -> None:
        """Let the remembered window have the keyboard again, unless the user has gone to another one."""
        ...

    def close(self) -> None:
        """Free what it uses."""
        ...


class NoFocus:
    """Where the system itself gives the keyboard back, or where it cannot be told who has it."""

    def remember(self) -> None:
        """Nothing to do."""

    def give_back(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""


def open_focus(window_id: int, display_name: str = "") -> Focus:
    """What remembers the keyboard's owner on this system.

    Args:
        window_id: Any window of this process, as Tk's `winfo_id` gives it.
        display_name: The X display; empty: that of the environment.
    """
    if sys.platform == "win32":
        from backend.shared.desktop.windows_focus import WindowsFocus

        return WindowsFocus()
    if sys.platform == "darwin":
        return NoFocus()
    from Xlib.error import DisplayError

    from backend.shared.desktop.x11_focus import X11Focus

    try:
        return X11Focus(window_id, display_name)
    except DisplayError:
        return NoFocus()

"""See-through windows: what a toolkit's window needs from the window system that the toolkit cannot do.

The parts that differ between the systems are imported at the first use: whoever needs no window pays nothing.
"""

import sys
from typing import Protocol

from backend.shared.errors import AlisaError


class GlassError(AlisaError):
    """The window system cannot do it; another kind of window may still work."""


class Sheet(Protocol):
    """A picture that the window system holds."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        ...

    def free(self) -> None:
        """Give its memory back; a window that shows it goes on doing so."""
        ...


class Frame(Protocol):
    """A toolkit's borderless window, seen from the window system. Belongs to the toolkit's thread."""

    def stay_aside(self) -> None:
        """Keep it out of task bar and switcher, and from taking the focus; again after each mapping."""
        ...

    def set_click_through(self, is_on: bool) -> None:
        """Let every click pass to what is below.

        Raises:
            GlassError: This system cannot.
        """
        ...

    def close(self) -> None:
        """Let go of the window and free what belongs to it. The window itself is the toolkit's to destroy."""
        ...


class Pane(Frame, Protocol):
    """A window whose pixels are ours and not the toolkit's."""

    def upload(self, size: tuple[int, int], pixels: bytes, mask: bytes) -> Sheet:
        """Hand a picture over.

        Args:
            size: Width and height in pixels.
            pixels: Rows from top to bottom, 4 bytes each pixel: blue, green, red, alpha. Colours are
                multiplied with alpha where the window has alpha, else as they are.
            mask: One bit for each pixel, the first pixel in the lowest bit, rows filled up to 4 bytes. Where
                it is 0 clicks go to what is below; a window without alpha is cut out there.
        """
        ...

    def paint(self, sheet: Sheet, patch: Sheet | None, at: tuple[int, int]) -> None:
        """Show a picture, with a smaller one that replaces its pixels at `at`; the mask is the picture's."""
        ...

    def set_opacity(self, opacity: float) -> None:
        """From 0 to 1; without effect where nothing blends windows."""
        ...


def has_compositor() -> bool:
    """Whether half-transparent windows are shown as such now."""
    if sys.platform == "win32" or sys.platform == "darwin":  # not `in`: mypy knows this form
        return True
    else:  # noqa: RET505  # mypy leaves out the branches of other systems
        try:
            from backend.shared.desktop import x11_glass
        except ImportError:
            return False
        return x11_glass.has_compositor()


def frame(window: int, title: str) -> Frame:
    """Take hold of a window that the toolkit has mapped at least once.

    Args:
        window: The toolkit's number for it.
        title: Its title, the only one of this name: macOS has no number to go by.

    Raises:
        GlassError: Nothing can be done for windows here.
    """
    if sys.platform == "win32":
        from backend.shared.desktop.windows_glass import WindowsFrame

        return WindowsFrame(window)
    elif sys.platform == "darwin":  # noqa: RET505
        from backend.shared.desktop.macos_glass import MacFrame

        return MacFrame(title)
    else:
        try:
            from backend.shared.desktop.x11_glass import X11Frame
        except ImportError as error:
            raise _no_xlib() from error
        return X11Frame(window)


def pane(window: int, has_alpha: bool) -> Pane:
    """Take over the painting of a window that the toolkit has mapped at least once.

    Args:
        window: The toolkit's number for it; with `has_alpha` on X11 it has a depth of 32.
        has_alpha: Whether its pixels may be half-transparent.

    Raises:
        GlassError: It cannot be done with such pixels here.
    """
    if sys.platform == "win32":
        from backend.shared.desktop.windows_glass import WindowsPane

        return WindowsPane(window)
    elif sys.platform == "darwin":  # noqa: RET505
        raise GlassError("glass-unsupported", "Windows of macOS are painted by the toolkit.")
    else:
        try:
            from backend.shared.desktop.x11_glass import X11Pane
        except ImportError as error:
            raise _no_xlib() from error
        return X11Pane(window, has_alpha)


def be_sharp() -> None:
    """Ask for real pixels on monitors of any scale. Call it before the first window is made."""
    if sys.platform == "win32":
        from backend.shared.desktop import windows_glass

        windows_glass.be_sharp()


def _no_xlib() -> GlassError:
    return GlassError(
        "glass-no-xlib", "The package python-xlib is missing. Install it: pip install python-xlib"
    )

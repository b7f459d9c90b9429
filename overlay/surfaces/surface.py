"""What every kind of window can do, so that the rest of the overlay does not care which one it has."""

import tkinter as tk
from typing import Protocol

from PIL import Image


class Picture(Protocol):
    """An image made ready for one surface, kept where the window system can paint it fast."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        ...

    def free(self) -> None:
        """Give its memory back. The surface may go on showing it."""
        ...


class Surface(Protocol):
    """A borderless window on top of all others, out of the task bar, that shows a picture and nothing else.

    Only the thread of `window` may use it. Where a picture is transparent, clicks go to what is below.
    """

    window: tk.Toplevel
    "For bindings and for reading the position; the surface alone paints on it."
    has_smooth_edges: bool
    "Whether half-transparent pixels are shown as such."

    def prepare(self, image: Image.Image) -> Picture:
        """Make an RGBA image (straight alpha) ready; the slow part of showing it, to be done once."""
        ...

    def show(self, picture: Picture, patch: Picture | None = None, at: tuple[int, int] = (0, 0)) -> None:
        """Show a picture, with a smaller one that replaces its pixels at `at`.

        The window takes the size of the picture. What is transparent is decided by `picture` where the
        surface has no smooth edges.
        """
        ...

    def move(self, x: int, y: int) -> None:
        """Put the upper left corner there, in pixels of the whole desktop."""
        ...

    def set_opacity(self, opacity: float) -> None:
        """From 0.1 to 1; without effect where the system cannot."""
        ...

    def set_click_through(self, is_on: bool) -> None:
        """Let every click pass to what is below, also those on her."""
        ...

    def lift(self) -> None:
        """Come before all other windows again."""
        ...

    def hide(self) -> None:
        """Vanish from the screen."""
        ...

    def unhide(self) -> None:
        """Be shown again, in front, at the same place."""
        ...

    def close(self) -> None:
        """Destroy the window and free everything."""
        ...

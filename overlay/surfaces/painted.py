"""Surfaces whose pixels the window system holds and paints, past Tk."""

import tkinter as tk
from collections.abc import Callable

from PIL import Image

from backend.shared.desktop.glass import Pane, Sheet
from overlay.surfaces.borderless import Borderless, clamped
from overlay.surfaces.surface import Picture


class PaintedSurface(Borderless):
    """A window that shows sheets.

    Args:
        window: Owned from now on.
        pane: What paints it.
        pixels: Makes of an image what the pane wants.
        mask: Makes of an image where it is hers.
        has_smooth_edges: See `Surface`.
    """

    def __init__(
        self,
        window: tk.Toplevel,
        pane: Pane,
        pixels: Callable[[Image.Image], bytes],
        mask: Callable[[Image.Image], bytes],
        has_smooth_edges: bool,
    ) -> None:
        super().__init__(window, pane)
        self.has_smooth_edges = has_smooth_edges
        self._pane, self._pixels, self._mask = pane, pixels, mask

    def prepare(self, image: Image.Image) -> Sheet:
        """See `Surface`."""
        return self._pane.upload(image.size, self._pixels(image), self._mask(image))

    def show(self, picture: Picture, patch: Picture | None = None, at: tuple[int, int] = (0, 0)) -> None:
        """See `Surface`."""
        # Painted before it grows, so that what is new of it never shows anything else.
        self._pane.paint(picture, patch, at)
        self._fit(picture.size)

    def set_opacity(self, opacity: float) -> None:
        """See `Surface`."""
        self._pane.set_opacity(clamped(opacity))

"""Windows: every pixel as transparent as it was drawn, in a layered window. Not yet run on Windows."""

import functools
import tkinter as tk

from PIL import Image

from backend.shared.desktop import glass
from overlay.surfaces import pixels
from overlay.surfaces.borderless import borderless_window
from overlay.surfaces.painted import PaintedSurface


def open_surface(root: tk.Misc) -> PaintedSurface:
    """Open one, and show a transparent pixel: whatever cannot be done shows here.

    Raises:
        GlassError, tk.TclError: The window cannot be layered.
    """
    window = borderless_window(root)
    try:
        pane = glass.pane(window.winfo_id(), has_alpha=True)
        mask = functools.partial(pixels.mask, threshold=pixels.SMOOTH_MASK)
        surface = PaintedSurface(window, pane, pixels.premultiplied, mask, has_smooth_edges=True)
        trial = surface.prepare(Image.new("RGBA", (1, 1)))
        pane.paint(trial, None, (0, 0))
        trial.free()
    except glass.GlassError:
        window.destroy()
        raise
    return surface

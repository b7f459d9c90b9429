"""X11 with a compositor: every pixel as transparent as it was drawn."""

import functools
import tkinter as tk

from backend.shared.desktop import glass
from overlay.surfaces import pixels
from overlay.surfaces.borderless import borderless_window
from overlay.surfaces.painted import PaintedSurface


def open_surface(root: tk.Misc) -> PaintedSurface:
    """Open one.

    Raises:
        GlassError, tk.TclError: There is no compositor, or no windows with alpha.
    """
    if not glass.has_compositor():
        raise glass.GlassError("surface-no-compositor", "No compositor is running.")
    # Without a background, or Tk would paint over her.
    window = borderless_window(root, visual="truecolor 32", colormap="new", background="")
    try:
        pane = glass.pane(window.winfo_id(), has_alpha=True)
    except glass.GlassError:
        window.destroy()
        raise
    mask = functools.partial(pixels.mask, threshold=pixels.SMOOTH_MASK)
    return PaintedSurface(window, pane, pixels.premultiplied, mask, has_smooth_edges=True)

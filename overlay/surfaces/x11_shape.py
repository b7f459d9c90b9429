"""X11 without a compositor: cut out along a hard edge."""

import functools
import tkinter as tk

from backend.shared.desktop import glass
from overlay.surfaces import pixels
from overlay.surfaces.borderless import borderless_window
from overlay.surfaces.painted import PaintedSurface


def open_surface(root: tk.Misc) -> PaintedSurface:
    """Open one.

    Raises:
        GlassError, tk.TclError: The server cannot shape windows, or its pixels are unusual.
    """
    # Without a background, or Tk would paint over her.
    window = borderless_window(root, background="")
    try:
        pane = glass.pane(window.winfo_id(), has_alpha=False)
    except glass.GlassError:
        window.destroy()
        raise
    mask = functools.partial(pixels.mask, threshold=pixels.HARD_MASK)
    return PaintedSurface(window, pane, pixels.unblended, mask, has_smooth_edges=False)

"""Windows without layers: pixels of one colour are cut out, along a hard edge. Not yet run on Windows."""

import functools
import tkinter as tk

from backend.shared.desktop import glass
from overlay.surfaces import pixels
from overlay.surfaces.borderless import borderless_window
from overlay.surfaces.canvas import CanvasSurface

# Near the dark of outlines, so that a pixel that slips through is not seen as a coloured fringe.
KEY = (0x2B, 0x14, 0x1D)


def open_surface(root: tk.Misc) -> CanvasSurface:
    """Open one.

    Raises:
        GlassError, tk.TclError: Tk cannot cut colours out here.
    """
    colour = "#" + bytes(KEY).hex()
    window = borderless_window(root, background=colour)
    try:
        window.attributes("-transparentcolor", colour)
        frame = glass.frame(window.winfo_id(), window.title())
    except (tk.TclError, glass.GlassError):
        window.destroy()
        raise
    return CanvasSurface(window, frame, functools.partial(pixels.keyed, key=KEY), colour)

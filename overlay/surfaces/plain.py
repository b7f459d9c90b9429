"""The last resort, which works wherever Tk does: a rectangle with a soft ground."""

import functools
import tkinter as tk

from backend.shared.desktop import glass
from overlay.surfaces import pixels
from overlay.surfaces.borderless import borderless_window
from overlay.surfaces.canvas import CanvasSurface

GROUND = (0xF6, 0xEF, 0xF3)


def open_surface(root: tk.Misc) -> CanvasSurface:
    """Open one.

    Raises:
        tk.TclError: There is no display.
    """
    window = borderless_window(root)
    try:
        frame = glass.frame(window.winfo_id(), window.title())
    except glass.GlassError:
        frame = None
    convert = functools.partial(pixels.on_ground, colour=GROUND)
    return CanvasSurface(window, frame, convert, "#" + bytes(GROUND).hex())

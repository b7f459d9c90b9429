"""macOS: Tk's transparent windows, with every pixel as transparent as it was drawn. Not yet run on macOS."""

import tkinter as tk

from PIL import Image

from backend.shared.desktop import glass
from overlay.surfaces.borderless import borderless_window
from overlay.surfaces.canvas import CanvasSurface

CLEAR = "systemTransparent"


def open_surface(root: tk.Misc) -> CanvasSurface:
    """Open one.

    Raises:
        tk.TclError: This Tk has no transparent windows.
    """
    window = borderless_window(root, prepare=_float, background=CLEAR)
    try:
        window.attributes("-transparent", True)
    except tk.TclError:
        window.destroy()
        raise
    try:
        frame = glass.frame(window.winfo_id(), window.title())
    except glass.GlassError:
        frame = None
    return CanvasSurface(window, frame, _as_it_is, CLEAR, has_smooth_edges=True)


def _float(window: tk.Toplevel) -> None:
    """A window without title bar that does not take the focus; Tk wants this before it is mapped."""
    window.tk.call("::tk::unsupported::MacWindowStyle", "style", window, "plain", "noActivates")


def _as_it_is(image: Image.Image) -> Image.Image:
    return image

"""Surfaces that Tk paints: images on a canvas."""

import contextlib
import tkinter as tk
from collections.abc import Callable

from PIL import Image, ImageTk

from backend.shared.desktop.glass import Frame
from overlay.surfaces.borderless import Borderless
from overlay.surfaces.surface import Picture


class TkPicture:
    """An image that Tk holds."""

    def __init__(self, root: tk.Misc, image: Image.Image) -> None:
        self.size = image.size
        self.image: ImageTk.PhotoImage | None = ImageTk.PhotoImage(image, master=root)

    def free(self) -> None:
        """See `Picture`. A surface that shows it holds the image itself."""
        self.image = None


class CanvasSurface(Borderless):
    """A window with a canvas that fills it.

    Args:
        window: Owned from now on.
        frame: See `Borderless`.
        convert: Makes of an RGBA image what Tk is to show.
        background: The canvas's colour.
        has_smooth_edges: See `Surface`.
    """

    def __init__(
        self,
        window: tk.Toplevel,
        frame: Frame | None,
        convert: Callable[[Image.Image], Image.Image],
        background: str,
        has_smooth_edges: bool = False,
    ) -> None:
        super().__init__(window, frame)
        self.has_smooth_edges = has_smooth_edges
        self._convert = convert
        self._canvas = tk.Canvas(window, background=background, highlightthickness=0, borderwidth=0)
        self._canvas.place(x=0, y=0, relwidth=1, relheight=1)
        # Bindings are made on the window: what happens on the canvas is to reach it, and does by its tags.
        self._base = self._canvas.create_image(0, 0, anchor="nw")
        self._patch = self._canvas.create_image(0, 0, anchor="nw")
        self._shown: list[ImageTk.PhotoImage] = []

    def prepare(self, image: Image.Image) -> TkPicture:
        """See `Surface`."""
        return TkPicture(self.window, self._convert(image))

    def show(self, picture: Picture, patch: Picture | None = None, at: tuple[int, int] = (0, 0)) -> None:
        """See `Surface`."""
        base, over = _image(picture), _image(patch)
        self._canvas.itemconfigure(self._base, image=base or "")
        self._canvas.itemconfigure(self._patch, image=over or "")
        self._canvas.coords(self._patch, *at)
        self._shown = [image for image in (base, over) if image is not None]
        self._fit(picture.size)

    def close(self) -> None:
        """See `Surface`."""
        with contextlib.suppress(tk.TclError):
            self._canvas.delete("all")
        self._shown.clear()
        super().close()


def _image(picture: Picture | None) -> ImageTk.PhotoImage | None:
    if picture is None:
        return None
    if not isinstance(picture, TkPicture):
        raise TypeError("The picture was prepared for another surface")
    return picture.image

"""A surface on a desk with her on it, and what the pixels there ought to be."""

import tkinter as tk

import numpy as np
from PIL import Image
from Xlib.ext import shape

from overlay.surfaces.choice import open_surface
from overlay.surfaces.surface import Surface
from tests.overlay.art import art
from tests.overlay.desk import Desk, backdrop

# Not at the corner of a square, and not where its size would fall together with one.
X, Y = 437, 213


def ideal(image: Image.Image, below: np.ndarray, opacity: float = 1) -> np.ndarray:
    """An image blended over what is below: floats, (height, width, 3)."""
    pixels = np.asarray(image).astype(float)
    alpha = pixels[..., 3:] / 255 * opacity
    return pixels[..., :3] * alpha + below * (1 - alpha)


def differing(seen: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The largest difference of the colours of each pixel: floats, (height, width)."""
    return np.abs(seen.astype(float) - wanted).max(2)


class Stage:
    """Opens a surface on a desk and shows her."""

    def __init__(self, desk: Desk, kind: str) -> None:
        self.desk, self.kind = desk, kind
        self.root: tk.Tk = desk.tk()
        self.surface: Surface = open_surface(self.root, kind)
        self.clicks: list[tuple[int, int, int]] = []
        self.surface.window.bind("<Button>", lambda e: self.clicks.append((e.num, e.x_root, e.y_root)))
        self.image = art()

    def show(self) -> None:
        """Show her at X, Y and wait until she is there."""
        self.surface.show(self.surface.prepare(self.image))
        self.surface.move(X, Y)
        self.wait(lambda: self.is_shown(self.image), "her")

    def wait(self, condition, what: str) -> None:
        """Wait with Tk running."""
        self.desk.wait_for(condition, what, meanwhile=self.root.update)

    def look(self, image: Image.Image | None = None, x: int = X, y: int = Y) -> np.ndarray:
        """What is seen where a picture is."""
        return self.desk.grab(x, y, *(image or self.image).size)

    def is_shown(self, image: Image.Image, x: int = X, y: int = Y) -> bool:
        """Whether a picture is there: the desktop where it is transparent, itself where it is opaque."""
        alpha = np.asarray(image)[..., 3]
        difference = differing(self.look(image, x, y), ideal(image, backdrop(x, y, *image.size)))
        return bool(difference[(alpha == 0) | (alpha == 255)].max() == 0)

    def is_gone(self, x: int = X, y: int = Y) -> bool:
        """Whether only the desktop is seen there."""
        return np.array_equal(self.look(x=x, y=y), backdrop(x, y, *self.image.size))

    def set_click_through(self, is_on: bool) -> None:
        """Do so, and wait until the server knows: the clicks of the tests come over another connection."""
        self.surface.set_click_through(is_on)
        window = self.desk.display.create_resource_object("window", self.surface.window.winfo_id())
        wrapper = window.query_tree().parent
        self.wait(
            lambda: (not wrapper.shape_get_rectangles(shape.SK.Input).rectangles) == is_on, "the input shape"
        )

    def pixel(self, is_hers: bool) -> tuple[int, int]:
        """A pixel of the screen that is fully hers, or fully transparent although it is in her window."""
        alpha = np.asarray(self.image)[..., 3]
        rows, columns = np.nonzero(alpha == 255 if is_hers else alpha == 0)
        middle = len(rows) // 2
        return X + int(columns[middle]), Y + int(rows[middle])

"""The plainest surface there can be: an opaque Tk window. Enough to test what stands on a surface."""

import tkinter as tk

from PIL import Image, ImageTk


class Paper:
    """A picture on white paper."""

    def __init__(self, window: tk.Toplevel, image: Image.Image) -> None:
        ground = Image.new("RGBA", image.size, "white")
        ground.alpha_composite(image)
        self.photo = ImageTk.PhotoImage(ground.convert("RGB"), master=window)
        self.size = image.size
        self.is_freed = False

    def free(self) -> None:
        self.is_freed = True


class PaperSurface:
    """A borderless window with a label in it."""

    has_smooth_edges = False

    def __init__(self, root: tk.Misc) -> None:
        self.window = tk.Toplevel(root)
        self.window.withdraw()
        self.window.overrideredirect(True)
        self._label = tk.Label(self.window, borderwidth=0)
        self._label.pack()
        self.pictures: list[Paper] = []
        self.is_closed = False

    def prepare(self, image: Image.Image) -> Paper:
        self.pictures.append(Paper(self.window, image))
        return self.pictures[-1]

    def show(self, picture: Paper, patch: Paper | None = None, at: tuple[int, int] = (0, 0)) -> None:
        assert not picture.is_freed
        self._label.configure(image=picture.photo)

    def move(self, x: int, y: int) -> None:
        self.window.geometry(f"+{x}+{y}")

    def set_opacity(self, opacity: float) -> None: ...

    def set_click_through(self, is_on: bool) -> None: ...

    def lift(self) -> None:
        self.window.lift()

    def hide(self) -> None:
        self.window.withdraw()

    def unhide(self) -> None:
        self.window.deiconify()

    def close(self) -> None:
        self.is_closed = True
        self.window.destroy()

"""The face most people would write first: 30 times a second her layers are put together and given to Tk anew.

Run as `python -m benchmarks.naive_face HEIGHT`; says "shown" on stdout.
"""

import math
import sys
import time
import tkinter as tk

from PIL import Image, ImageTk

from overlay.life.pose import Pose
from overlay.packs.composer import Composer
from overlay.packs.loader import SHIPPED, load

FRAMES_PER_SECOND = 30
_MOUTHS_PER_SECOND = 12


def cut_out(composer: Composer, pose: Pose) -> Image.Image:
    """What a pose changes, as a layer of the size of the whole picture."""
    box = composer.patch_box(pose)
    if box is None:
        return composer.picture(pose)
    layer = Image.new("RGBA", composer.size)
    layer.paste(composer.patch(pose), box[:2])
    return layer


class NaiveFace:
    """A window with her, drawn again and again: a body that breathes, eyes, and a mouth that speaks."""

    def __init__(self, height_px: int) -> None:
        composer = Composer(load(SHIPPED / "alisa"), height_px)
        self._root = tk.Tk()
        self._root.overrideredirect(True)
        self._root.geometry(f"{composer.size[0]}x{composer.size[1]}+200+200")
        self._label = tk.Label(self._root, borderwidth=0)
        self._label.pack()
        self._size = composer.size
        self._body = composer.picture(Pose())
        self._eyes = cut_out(composer, Pose(eyes="half"))
        self._mouths = [cut_out(composer, Pose(mouth=shape)) for shape in ("small", "wide", "round")]
        self._shown: ImageTk.PhotoImage | None = None

    def draw(self) -> None:
        """Draw a picture, and ask for the next one."""
        now = time.monotonic()
        breath = round(3 * abs(math.sin(now)))
        picture = Image.new("RGBA", self._size)
        picture.alpha_composite(self._body, (0, breath))
        if now % 4 < 0.2:
            picture.alpha_composite(self._eyes)
        picture.alpha_composite(self._mouths[int(now * _MOUTHS_PER_SECOND) % len(self._mouths)])
        self._shown = ImageTk.PhotoImage(picture)
        self._label.configure(image=self._shown)
        spent_ms = round((time.monotonic() - now) * 1000)
        self._root.after(max(1, 1000 // FRAMES_PER_SECOND - spent_ms), self.draw)

    def run(self) -> None:
        """Draw until the process is ended."""
        self.draw()
        self._root.update()
        print("shown", flush=True)
        self._root.mainloop()


if __name__ == "__main__":
    NaiveFace(int(sys.argv[1])).run()

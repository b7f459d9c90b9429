"""Windows that had the focus only because the pointer was in them are closed; a fault of Tk may end this.

python -m tests.overlay.pointer_focus FOLDER
"""

import os
import sys
import tkinter as tk
from pathlib import Path

from PIL import Image
from Xlib import X

from backend.shared.desktop.focus import open_focus
from overlay.surfaces.choice import open_surface
from overlay.surfaces.surface import Surface
from tests.overlay.desk import Desk

# Long words in the places that the window has left.
CHURN = "set l {}; for {set i 0} {$i<3000} {incr i} {lappend l [string repeat 0 [expr {200+($i%60)*16}]]}"


def show(desk: Desk, root: tk.Tk, x: int, y: int) -> Surface:
    surface = open_surface(root)
    surface.show(surface.prepare(Image.new("RGBA", (200, 200), "red")))
    surface.move(x, y)
    red = (255, 0, 0)
    desk.wait_for(lambda: tuple(desk.grab(x, y, 1, 1)[0, 0]) == red, "the window", meanwhile=root.update)
    return surface


def main(folder: Path) -> None:
    desk = Desk(folder, has_compositor=False)
    os.environ["DISPLAY"] = desk.name
    # Nobody but the pointer says who has the keyboard.
    desk.window_manager.kill()
    desk.window_manager.wait()
    root = desk.tk()
    focus = open_focus(desk.name)
    kept = show(desk, root, 600, 600)
    for is_hidden in (False, True):
        desk.display.set_input_focus(X.PointerRoot, X.RevertToPointerRoot, X.CurrentTime)
        desk.point(1000, 300)
        desk.wait_for(lambda: not root.tk.call("focus"), "nobody's focus", meanwhile=root.update)
        surface = show(desk, root, 100, 100)
        desk.point(150, 150)
        desk.wait_for(lambda: root.tk.call("focus"), "the pointer's focus", meanwhile=root.update)
        desk.point(1000, 300)
        desk.wait_for(lambda: not root.tk.call("focus"), "nobody's focus", meanwhile=root.update)
        if is_hidden:
            surface.hide()
        surface.close()
        root.tk.eval(CHURN)
        focus.take(kept.window.winfo_id())
        kept.window.focus_force()
        assert str(root.tk.call("focus")) == str(kept.window)
        # What is closed takes the focus from nobody.
        show(desk, root, 300, 100).close()
        assert str(root.tk.call("focus")) == str(kept.window)
    focus.close()
    kept.close()
    desk.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))

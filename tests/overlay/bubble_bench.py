"""A bubble on a desk of its own, with what it asked for written down."""

import time

import numpy as np

from overlay.bubble.bubble import Actions, Bubble
from overlay.bubble.style import Style
from overlay.schedule import Schedule
from overlay.surfaces.choice import open_surface

FIGURE = (900, 420, 300, 450)
HEAD = (1044, 438)
FACE = (999, 482, 96, 91)
WORK = (0, 0, 1280, 870)


class Stage:
    """A bubble and the hands of its user."""

    def __init__(self, desk, figure=FIGURE, head=HEAD, face=FACE, **style):
        self.desk = desk
        self.root = desk.tk()
        self.ahead = 0.0
        self.schedule = Schedule(self.root, lambda: time.monotonic() + self.ahead)
        self.asked = []
        actions = Actions(
            say=lambda text: self.asked.append(("say", text)),
            answer=lambda name, yes: self.asked.append(("answer", name, yes)),
            interrupt=lambda: self.asked.append(("interrupt",)),
            open_link=lambda address: self.asked.append(("open", address)),
        )
        self.style = Style(**style)
        self.bubble = Bubble(
            self.root,
            self.schedule,
            lambda: open_surface(self.root),
            self.style,
            actions,
        )
        # Closed by the desk, before the root.
        desk._roots.insert(0, self)
        self.bubble.place(head, figure, WORK, face)
        self.root.update()

    def destroy(self):
        """As a window: the desk calls it at its end."""
        if self.bubble.balloon.window.winfo_exists():
            self.bubble.close()
        self.schedule.close()

    def wait(self, condition, what="it"):
        self.desk.wait_for(condition, what, meanwhile=self.root.update)

    def rest(self, seconds):
        """Let time pass that the product itself measures."""
        end = time.monotonic() + seconds
        self.wait(lambda: time.monotonic() >= end)

    def jump(self, seconds):
        """Let the product's clock jump ahead."""
        self.ahead += seconds
        self.schedule.at(0.0, lambda: None)  # earlier than what it waits for
        self.root.update()

    def read(self):
        """Let the time pass in which the longest text can be read."""
        self.wait(lambda: self.bubble._reading.is_waiting, "the time to read")
        self.jump(60)

    def speak(self, text, ending="complete", turn="t"):
        self.bubble.begin(turn)
        self.bubble.add(turn, text)
        if ending:
            self.bubble.end(turn, ending)
            self.wait(lambda: not self.bubble.speech.is_running, "the end of her words")
        else:
            self.wait(lambda: self.bubble.speech.length >= len(text.strip()), "her words")
        self.wait(lambda: self.bubble.is_shown and self.body is not None, "the bubble")
        self.root.update()

    @property
    def shown(self):
        return self.bubble.speech.page.logical

    @property
    def body(self):
        return self.bubble.balloon.body

    def middle(self, widget):
        self.root.update()
        return (
            widget.winfo_rootx() + widget.winfo_width() // 2,
            widget.winfo_rooty() + widget.winfo_height() // 2,
        )

    def point_at_body(self):
        x, y, width, height = self.body
        self.desk.point(x + width // 2, y + height // 2)

    def click(self, widget):
        self.desk.click(*self.middle(widget))

    def pixels(self):
        """What is on the screen in the box, as (height, width, 3)."""
        return self.desk.grab(*self.body)

    def type(self, *names):
        for name in names:
            self.desk.key(name)
        self.root.update()

    def clipboard(self):
        return self.root.clipboard_get()

    def overlaps(self, box):
        x, y, width, height = self.body
        return x < box[0] + box[2] and box[0] < x + width and y < box[1] + box[3] and box[1] < y + height

    def ground_is_seen(self):
        colour = [int(self.style.palette.ground[at : at + 2], 16) for at in (1, 3, 5)]
        return bool((np.abs(self.pixels().astype(int) - colour).max(2) <= 2).mean() > 0.4)

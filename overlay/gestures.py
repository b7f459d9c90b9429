"""What the mouse does with her: click, drag, throw, wheel, hold to talk, and the pointer coming and going."""

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass

from overlay.dragging import Dragging, Slide
from overlay.schedule import Due, Schedule
from overlay.stage import Stage

FRAME_SECONDS = 1 / 60
"""Between two places of a slide."""


@dataclass(frozen=True)
class Asked:
    """What a gesture asks for, beyond moving her."""

    click: Callable[[], None]
    talk: Callable[[], None]
    open_menu: Callable[[int, int], None]
    hover: Callable[[bool], None]
    push: Callable[[bool], None]
    """She is held to be spoken to, or let go; may be said more than once."""


class Gestures:
    """Turns the events of her window into what happens to her.

    Args:
        stage: Who is moved.
        schedule: The overlay's timer.
        asked: What else is done.
        is_motion_reduced: She does not slide on when she is thrown.
    """

    def __init__(
        self, stage: Stage, schedule: Schedule, asked: Asked, is_motion_reduced: bool = False
    ) -> None:
        self._stage, self._schedule, self._asked = stage, schedule, asked
        self._dragging = Dragging(is_motion_reduced)
        self._sliding: Due | None = None
        self._wheel = 0.0
        self._is_aqua = False

    def bind(self, window: tk.Toplevel) -> None:
        """Listen to a window of hers."""
        self._is_aqua = window.tk.call("tk", "windowingsystem") == "aqua"
        menu_buttons = (2, 3) if self._is_aqua else (3,)
        window.bind("<ButtonPress-1>", self._press, add="+")
        window.bind("<B1-Motion>", self._move, add="+")
        window.bind("<ButtonRelease-1>", self._release, add="+")
        window.bind("<Double-Button-1>", lambda _: self._asked.talk(), add="+")
        for button in menu_buttons:
            window.bind(
                f"<ButtonPress-{button}>",
                lambda event: self._asked.open_menu(event.x_root, event.y_root),
                add="+",
            )
        # Nobody will tell of a button that was held in the window before.
        self._asked.push(False)
        if not self._is_aqua:
            window.bind("<ButtonPress-2>", lambda _: self._asked.push(True), add="+")
            window.bind("<ButtonRelease-2>", lambda _: self._asked.push(False), add="+")
        window.bind("<MouseWheel>", lambda event: self._turn(event.delta), add="+")
        window.bind("<Button-4>", lambda _: self._stage.grow(1), add="+")
        window.bind("<Button-5>", lambda _: self._stage.grow(-1), add="+")
        window.bind("<Enter>", lambda _: self._asked.hover(True), add="+")
        window.bind("<Leave>", lambda _: self._asked.hover(False), add="+")

    def cancel(self) -> None:
        """Let go of her."""
        self._asked.push(False)
        self._dragging.cancel()
        self._stop_sliding()

    def _press(self, event: "tk.Event[tk.Misc]") -> None:
        self._stop_sliding()
        x, y, _, _ = self._stage.box
        scale = self._stage.monitor.scale
        self._dragging.press((event.x_root, event.y_root), (x, y), self._schedule.now(), scale)

    def _move(self, event: "tk.Event[tk.Misc]") -> None:
        corner = self._dragging.move((event.x_root, event.y_root), self._schedule.now())
        if corner is not None:
            self._stage.move(corner)

    def _release(self, event: "tk.Event[tk.Misc]") -> None:
        stage = self._stage
        pointer = event.x_root, event.y_root
        drop = self._dragging.release(pointer, self._schedule.now(), stage.outline, stage.monitors)
        if drop is None:
            return
        if drop.is_click:
            self._asked.click()
        elif drop.slide is not None:
            self._slide(drop.slide)
        else:
            stage.settle(drop.corner)

    def _slide(self, slide: Slide) -> None:
        now = self._schedule.now()
        corner = slide.at(now)
        if slide.is_over(now):
            self._sliding = None
            self._stage.settle(corner)
            return
        self._stage.move(corner)
        self._sliding = self._schedule.after(FRAME_SECONDS, lambda: self._slide(slide))

    def _stop_sliding(self) -> None:
        if self._sliding is not None:
            self._sliding.cancel()
            self._sliding = None
            x, y, _, _ = self._stage.box
            self._stage.settle((x, y))

    def _turn(self, delta: int) -> None:
        """The wheel of Windows counts 120 to a notch, that of macOS 1; smooth wheels less."""
        self._wheel += delta / (1 if self._is_aqua else 120)
        steps = int(self._wheel)
        if steps:
            self._wheel -= steps
            self._stage.grow(steps)

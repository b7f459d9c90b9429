"""One line on what she is doing: listening, thinking, waiting for the hub, or a notice."""

import tkinter as tk
from typing import Literal

from PIL import Image, ImageDraw, ImageTk

from overlay.bubble.cleaning import clean
from overlay.bubble.fonts import Fonts
from overlay.bubble.inline import Run
from overlay.bubble.page import Page
from overlay.bubble.style import Style
from overlay.schedule import Due, Schedule

Kind = Literal[
    "", "listening", "transcribing", "connecting", "loading", "reading", "thinking", "offline", "note"
]

WORDS: dict[Kind, str] = {
    "listening": "Listening ...",
    "transcribing": "Listening ...",
    "connecting": "Looking for a model ...",
    "loading": "Waking up the model ...",
    "reading": "Reading ...",
    "thinking": "",
    "offline": "I lost my connection to the hub. Waiting ...",
}
"""What is said where the caller gives no words of his own."""
_MOVING: frozenset[Kind] = frozenset(
    {"listening", "transcribing", "connecting", "loading", "reading", "thinking"}
)
_STEP_SECONDS = 0.3
_MAX_LINES = 3


class Strip:
    """Moving dots or a bar, with a few small grey words."""

    def __init__(self, parent: tk.Misc, schedule: Schedule, style: Style, width: int) -> None:
        self.kind: Kind = ""
        self.fraction: float | None = None
        self._schedule = schedule
        self._style = style
        fonts = Fonts(parent, style, is_small=True)
        palette = style.palette
        self._line_px = fonts.line_px
        self._mark_px = style.px(34)
        self._bar_px = style.px(4)
        self._width = width
        self.frame = tk.Frame(parent, bg=palette.ground)
        self._dots = tk.Label(self.frame, bg=palette.ground, bd=0, padx=0, pady=0)
        self._page = Page(self.frame, fonts, style, width - self._mark_px, lambda _: None)
        self._page.text.configure(takefocus=False, cursor="arrow")
        self._bar = tk.Frame(self.frame, bg=palette.code_ground, height=self._bar_px)
        self._done = tk.Frame(self._bar, bg=palette.accent)
        self._pictures = [self._paint(step) for step in range(4)]
        self._step = 0
        self._text = ""
        self._timer: Due | None = None

    def show(self, kind: Kind, text: str = "", fraction: float | None = None) -> None:
        """Say what she is doing; "" for nothing."""
        words = clean(text).strip() or WORDS.get(kind, "")
        if (kind, words) != (self.kind, self._text):
            self._page.write([Run(words, frozenset({"muted"}))] if words else [])
        self.kind, self._text, self.fraction = kind, words, fraction
        if fraction is not None:
            self._done.place(x=0, y=0, relheight=1, relwidth=max(0.0, min(1.0, fraction)))
        self._arm()

    @property
    def text(self) -> str:
        """The words that are shown."""
        return self._text

    @property
    def has_dots(self) -> bool:
        """Whether dots are shown beside the words."""
        return self.kind in _MOVING

    @property
    def needed_width(self) -> int:
        """The width it needs, in pixels."""
        mark = self._mark_px if self.has_dots else 0
        words = self._page.needed_width if self._text else 0
        return max(mark + words, self._style.px(140) if self.fraction is not None else 0)

    def place(self, x: int, y: int, width: int) -> int:
        """Put it there; gives its height."""
        mark = self._mark_px if self.has_dots else 0
        height = self._line_px
        if self._text:
            height = max(height, self._page.needed_height(_MAX_LINES * (self._line_px + self._style.px(4))))
            self._page.frame.place(x=mark, y=0, width=self._width - mark, height=height)
            self._page.text.yview_moveto(1.0)
        else:
            self._page.frame.place_forget()
        if mark:
            self._dots.place(x=0, y=0, width=self._mark_px, height=self._line_px)
        else:
            self._dots.place_forget()
        if self.fraction is not None:
            self._bar.place(x=0, y=height + self._bar_px, width=width, height=self._bar_px)
            height += 2 * self._bar_px
        else:
            self._bar.place_forget()
        self.frame.place(x=x, y=y, width=width, height=height)
        return height

    def forget(self) -> None:
        """Not shown now."""
        self.frame.place_forget()
        self._disarm()

    def _arm(self) -> None:
        self._dots.configure(image=self._pictures[3 if self._style.is_motion_reduced else self._step])
        if not self.has_dots or self._style.is_motion_reduced:
            self._disarm()
        elif self._timer is None:
            self._timer = self._schedule.after(_STEP_SECONDS, self._advance)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _advance(self) -> None:
        self._timer = None
        # Nobody sees them while the bubble is hidden; showing it starts them again.
        if self.has_dots and self.frame.winfo_viewable():
            self._step = (self._step + 1) % 3
            self._arm()

    def wake(self) -> None:
        """The bubble is shown again."""
        self._arm()

    def close(self) -> None:
        """Stop moving."""
        self._disarm()

    def _paint(self, step: int) -> ImageTk.PhotoImage:
        """Three dots, one of them large; 3: all alike."""
        finer, palette = 4, self._style.palette
        width, height = self._mark_px * finer, self._line_px * finer
        image = Image.new("RGB", (width, height), palette.ground)
        pen = ImageDraw.Draw(image)
        for dot in range(3):
            is_large = step in (dot, 3)
            radius = self._style.px(7) * finer * (0.5 if is_large else 0.36)
            x = (self._style.px(4) + dot * self._style.px(10)) * finer
            y = height / 2
            colour = palette.accent if is_large else palette.line
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
        size = (self._mark_px, self._line_px)
        return ImageTk.PhotoImage(image.resize(size, Image.Resampling.LANCZOS), master=self._dots)

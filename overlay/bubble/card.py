"""A question for permission, with two buttons and the time that is left."""

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from backend.shared.events import Question
from overlay.bubble.cleaning import reveal
from overlay.bubble.fonts import Fonts
from overlay.bubble.inline import Run
from overlay.bubble.page import Page
from overlay.bubble.pills import Pill
from overlay.bubble.style import Style
from overlay.schedule import Due, Schedule

GUARD_SECONDS = 0.7
"""A card must have been at its place for so long before yes counts: what was on its way was not for it."""
_GOODBYE_SECONDS = 3.0
_MAX_TEXT_LINES = 6
_MAX_DETAIL_LINES = 8

ENDINGS: dict[str, str] = {
    "yes": "Answered elsewhere: yes.",
    "no": "Answered elsewhere: no.",
    "expired": "The time is over, so I will not do it.",
}


@dataclass(frozen=True, slots=True)
class CardActions:
    """What a card asks of the bubble."""

    answer: Callable[[str, bool], None]
    "The user's answer to the question with this id."
    change: Callable[[], None]
    "It needs another size, or shows another question, or none."
    clock: Callable[[], float]
    "Seconds since the epoch."


class Card:
    """Shows one question at a time.

    Args:
        parent: The window of the bubble.
        schedule: For the time that is left.
        style: Colours and sizes.
        width: In pixels.
        actions: Told what happens.
    """

    def __init__(
        self,
        parent: tk.Misc,
        schedule: Schedule,
        style: Style,
        width: int,
        actions: CardActions,
    ) -> None:
        self.question: Question | None = None
        self._waiting: list[Question] = []
        self._schedule, self._style, self._width = schedule, style, width
        self._actions = actions
        self._ready_at = float("inf")
        self._is_over = False
        self._timer: Due | None = None
        self._build(parent)

    def _build(self, parent: tk.Misc) -> None:
        style, palette = self._style, self._style.palette
        self._fonts, small = Fonts(parent, style), Fonts(parent, style, is_small=True)
        self._small_px = small.line_px + style.px(4)
        self.frame = tk.Frame(parent, bg=palette.ground)
        self._text = Page(self.frame, self._fonts, style, self._width, lambda _: None)
        inset = style.px(8)
        self._box = tk.Frame(self.frame, bg=palette.code_ground)
        self.detail = Page(self._box, small, style, self._width - 2 * inset, lambda _: None)
        self.detail.text.configure(bg=palette.code_ground)
        self.detail.frame.configure(bg=palette.code_ground)
        self._bar = tk.Frame(self.frame, bg=palette.code_ground)
        self._left = tk.Frame(self._bar, bg=palette.accent)
        self.note = tk.Label(
            self.frame, bg=palette.ground, fg=palette.muted, font=small.get(), anchor="w", bd=0
        )
        # Whoever does not read presses what is filled.
        self.no = Pill(self.frame, self._fonts, style, "No", lambda: self.answer(False), is_main=True)
        self.yes = Pill(self.frame, self._fonts, style, "Yes", lambda: self.answer(True))
        # Tab goes to "No" first, whatever is made or stacked when.
        self.yes.lift()
        self.frame.bind("<Configure>", lambda _: self.guard())

    # Its questions.

    def ask(self, question: Question) -> None:
        """Show a question, or keep it until those before it are answered."""
        known = [self.question, *self._waiting] if not self._is_over else self._waiting
        if any(other is not None and other.id == question.id for other in known):
            return
        self._waiting.append(question)
        if self.question is None:
            self._next()
        else:
            self._write_text(self.question)

    def close_question(self, question_id: str, answer: Literal["yes", "no", "expired"] | None = None) -> None:
        """It is answered elsewhere, or its time is over: the card says so and goes."""
        self._waiting = [question for question in self._waiting if question.id != question_id]
        if self.question is not None and self.question.id == question_id and not self._is_over:
            self._finish(ENDINGS[answer] if answer else "This question is closed.")

    def answer(self, is_yes: bool) -> None:
        """What the user presses; a yes that comes too early is not one."""
        if self.question is None or self._is_over:
            return
        if is_yes and not (self._schedule.now() >= self._ready_at and self.frame.winfo_viewable()):
            return
        question_id = self.question.id
        self._actions.answer(question_id, is_yes)
        self._next()

    @property
    def is_open(self) -> bool:
        """Whether a question, or what became of it, is shown."""
        return self.question is not None

    @property
    def is_ready(self) -> bool:
        """Whether yes would count."""
        return self.is_open and not self._is_over and self._schedule.now() >= self._ready_at

    def guard(self) -> None:
        """It has just been shown or moved: yes counts a little later."""
        self._ready_at = self._schedule.now() + GUARD_SECONDS

    def _next(self) -> None:
        self._stop()
        self._is_over = False
        self.question = self._waiting.pop(0) if self._waiting else None
        if self.question is None:
            self.frame.place_forget()
        else:
            self._write(self.question)
            self.guard()
            self._tick()
        self._actions.change()

    def _write(self, question: Question) -> None:
        self._write_text(question)
        self.detail.write([Run(reveal(question.detail), frozenset({"block"}))] if question.detail else [])
        for button in (self.no, self.yes):
            button.set_possible(True)

    def _write_text(self, question: Question) -> None:
        runs = [Run(reveal(question.text), frozenset({"bold"}))]
        if self._waiting:
            runs.append(Run(f"  (and {len(self._waiting)} more)", frozenset({"muted"})))
        self._text.write(runs)

    # Its time.

    def _tick(self) -> None:
        self._timer = None
        question = self.question
        if question is None or self._is_over:
            return
        left = question.expires_at - self._actions.clock()
        if left <= 0:
            self._finish(ENDINGS["expired"])
            return
        seconds = int(left) + 1
        self.note.configure(text=f"No answer means no: {_span(seconds)} left")
        self._left.place(x=0, y=0, relheight=1, relwidth=max(0.0, min(1.0, left / self._whole(left))))
        # When the number on the card changes next.
        self._timer = self._schedule.after(max(0.02, left - int(left)), self._tick)

    def _whole(self, left: float) -> float:
        """The time it had when it was first shown, for the bar."""
        if self._span_of != (self.question.id if self.question else ""):
            self._span_of = self.question.id if self.question else ""
            self._span_seconds = max(left, 0.001)
        return self._span_seconds

    _span_of = ""
    _span_seconds = 1.0

    def _finish(self, words: str) -> None:
        self._stop()
        self._is_over = True
        self.note.configure(text=words)
        self._left.place_forget()
        for button in (self.no, self.yes):
            button.set_possible(False)
        self._timer = self._schedule.after(_GOODBYE_SECONDS, self._next)
        self._actions.change()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close(self) -> None:
        """Forget everything."""
        self._stop()
        self._waiting.clear()
        self.question = None

    # Its place.

    def place(self, x: int, y: int, width: int, limit: int) -> int:
        """Put it there, at most that high; gives its height."""
        gap, inset, bar_px = self._style.px(8), self._style.px(8), self._style.px(3)
        row_px = self.no.winfo_reqheight()
        rest = limit - (row_px + self._small_px + bar_px + 5 * gap)
        line_px = self._fonts.line_px + self._style.px(4)
        text_px = self._text.needed_height(max(line_px, min(_MAX_TEXT_LINES * line_px, rest)))
        self._text.frame.place(x=0, y=0, width=self._width, height=text_px)
        down = text_px + gap
        if self.detail.logical:
            room = max(
                2 * self._small_px, min(_MAX_DETAIL_LINES * self._small_px, rest - text_px - 2 * inset)
            )
            detail_px = self.detail.needed_height(self.detail.whole_lines(room))
            self.detail.frame.place(x=inset, y=inset, width=self._width - 2 * inset, height=detail_px)
            self._box.place(x=0, y=down, width=self._width, height=detail_px + 2 * inset)
            down += detail_px + 2 * inset + gap
        else:
            self._box.place_forget()
        self._bar.place(x=0, y=down, width=width, height=bar_px)
        self.note.place(x=0, y=down + bar_px + gap // 2, width=width, height=self._small_px)
        down += bar_px + self._small_px + gap + gap // 2
        yes_px = self.yes.winfo_reqwidth()
        self.no.place(x=width - yes_px - gap - self.no.winfo_reqwidth(), y=down)
        self.yes.place(x=width - yes_px, y=down)
        self.frame.place(x=x, y=y, width=width, height=down + row_px)
        return down + row_px


def _span(seconds: int) -> str:
    return f"{seconds // 60} min {seconds % 60:02} s" if seconds >= 60 else f"{seconds} s"

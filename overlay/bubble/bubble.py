"""The speech bubble: what she says, what she asks, and what the user types to her."""

import tkinter as tk
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass, field
from time import time
from typing import Literal

from backend.shared.events import Question
from backend.shared.records import Ending
from overlay.bubble.address import AddressPanel
from overlay.bubble.balloon import Balloon
from overlay.bubble.card import Card, CardActions
from overlay.bubble.cleaning import clean
from overlay.bubble.column import Column, Parts
from overlay.bubble.entry import Entry, EntryActions
from overlay.bubble.gestures import GestureActions, Gestures
from overlay.bubble.placing import Box
from overlay.bubble.reading import Reading
from overlay.bubble.speech import Speech
from overlay.bubble.strip import Kind, Strip
from overlay.bubble.style import Style
from overlay.schedule import Due, Schedule
from overlay.surfaces.surface import Surface

_UPDATE_SECONDS = 1 / 30
_ESCAPE_TWICE_SECONDS = 1.0
_WAITING_KINDS: frozenset[Kind] = frozenset({"connecting", "loading", "reading", "thinking"})


@dataclass(frozen=True, slots=True)
class Actions:
    """What the bubble asks of the overlay."""

    say: Callable[[str], None]
    "The user has typed this to her."
    answer: Callable[[str, bool], None]
    "The user's answer to the question with this id."
    interrupt: Callable[[], None]
    "She shall stop."
    open_link: Callable[[str], object] = field(default=webbrowser.open)
    "The user wants to see this address, which is one of the web."


class Bubble:
    """Everything of hers that is text.

    Only the thread of `root` may use it. It shows itself when there is something to show and goes by itself
    when that has been read.

    Args:
        root: The Tk root.
        schedule: The overlay's timer.
        open_surface: Opens the see-through window for its ground.
        style: Colours, font and sizes; for another style make another bubble.
        actions: What it asks of the overlay.
        clock: Seconds since the epoch, for the time limits of questions.
    """

    def __init__(
        self,
        root: tk.Misc,
        schedule: Schedule,
        open_surface: Callable[[], Surface],
        style: Style,
        actions: Actions,
        clock: Callable[[], float] = time,
    ) -> None:
        self._schedule, self._style, self._actions = schedule, style, actions
        self._is_hidden = False
        self._is_speaking = False
        self._escaped_at = float("-inf")
        self._flushing: Due | None = None
        self._flushed_at = float("-inf")
        self._noting: Due | None = None
        self.balloon = Balloon(root, schedule, open_surface, style)
        window, width = self.balloon.window, style.text_width_px
        self.address = AddressPanel(window, style, width, actions.open_link, self._refit)
        self.speech = Speech(window, style, width, self.address.show)
        self.strip = Strip(window, schedule, style, width)
        card_actions = CardActions(actions.answer, self._questions_changed, clock)
        self.card = Card(window, schedule, style, width, card_actions)
        entry_actions = EntryActions(self._say, self.close_typing, self.stop, self._refit)
        self.entry = Entry(window, style, width, entry_actions)
        parts = Parts(self.speech, self.strip, self.card, self.entry, self.address)
        self.column = Column(self.balloon, style, parts)
        self._reading = Reading(schedule, self._is_held, self._go)
        acts = GestureActions(self._escape, self.stop, self.scroll, self.dismiss, self._reading.released)
        self._gestures = Gestures(self.balloon, self.speech, self.card, style, acts)

    # Her words.

    def begin(self, turn: str) -> None:
        """She begins to answer: what was said before goes."""
        self._drop_flush()
        self.address.close()
        self.speech.begin(turn)
        self._reading.stop()
        self._set_note("")
        self._show_busy()
        if self.strip.kind in _WAITING_KINDS or self.speech.has_heard:
            self._fit()

    def add(self, turn: str, text: str) -> None:
        """More of her words. May come very often: they are shown at most 30 times a second."""
        if self.speech.add(turn, text):
            self._flush_soon()

    def end(self, turn: str, ending: Ending) -> None:
        """Her answer is over, whole or not."""
        if self.speech.end(turn, ending):
            self._flush_soon()

    def heard(self, text: str) -> None:
        """Show the user's own words, small, until hers begin."""
        self.speech.hear(text)
        self._fit()
        self._reading.start(len(text))

    def say_plainly(self, text: str) -> None:
        """A notice or an error, in plain words. While she speaks it is shown below her words."""
        text = clean(text).strip()
        if not text:
            return
        if self.speech.is_running or (self.balloon.is_shown and self.speech.has_text):
            self._set_note(text)
        else:
            self.speech.show_plain(text)
        self._fit()
        self._reading.start(len(text))

    def set_speaking(self, is_speaking: bool) -> None:
        """Whether a voice says her words: she can be stopped then, also when all of them are shown."""
        self._is_speaking = is_speaking
        self._show_busy()

    @property
    def is_busy(self) -> bool:
        """Whether there is something to interrupt."""
        return self.speech.is_running or self._is_speaking

    def status(self, kind: Kind, text: str = "", fraction: float | None = None) -> None:
        """What she is doing besides speaking; "" for nothing.

        Args:
            kind: "listening" and "transcribing" show `text` as what was understood so far; "connecting",
                "loading", "reading" and "thinking" are the stages of `Progress`; "offline" means no hub.
            text: Other words than the usual ones for it.
            fraction: 0 to 1: how much of it is done, where that is known.
        """
        self._drop_note()
        self.strip.show(kind, text, fraction)
        if kind:
            self._fit()
            if kind == "offline":
                self._reading.start(len(self.strip.text))
            else:
                self._reading.stop()
        else:
            self._refit()
            self._reading.start(0)

    # Questions.

    def ask(self, question: Question) -> None:
        """Ask for permission. Never takes the keyboard from anybody."""
        self.card.ask(question)

    def close_question(self, question_id: str, answer: Literal["yes", "no", "expired"] | None = None) -> None:
        """The question is answered elsewhere, or its time is over."""
        self.card.close_question(question_id, answer)

    def _questions_changed(self) -> None:
        if self.card.is_open:
            self._reading.stop()
            self._fit()
            if not self.entry.is_open and self.card.question is not None:
                # Only within the bubble: keys go on to where they went before.
                self.card.no.focus_set()
            return
        self.speech.page.text.focus_set()
        self.balloon.give_keyboard_back()
        self._refit()
        self._reading.start(0)

    # Typing.

    @property
    def is_typing(self) -> bool:
        """Whether the field for typing is open."""
        return self.entry.is_open

    def open_typing(self, text: str = "") -> None:
        """Let the user type to her, with this text or the draft that was left."""
        self._is_hidden = False
        self.entry.open(text)
        self._show_busy()
        self._fit()
        self.balloon.take_keyboard(self.entry.text)

    def close_typing(self) -> None:
        """Close the field; what was typed is kept for the next time."""
        if not self.entry.is_open:
            return
        self.entry.close()
        self.speech.page.text.focus_set()
        if not self.is_busy:
            self.balloon.give_keyboard_back()
        self._refit()
        self._reading.start(0)

    def _say(self, text: str) -> None:
        self._actions.say(text)
        self._refit()

    def stop(self) -> None:
        """Interrupt her, if she speaks."""
        if self.is_busy:
            self._actions.interrupt()

    # Its place, and whether it is seen.

    def place(self, head: tuple[int, int], figure: Box, work: Box, face: Box | None = None) -> None:
        """Where she is now, in pixels of the desktop.

        Args:
            head: The top of her head.
            figure: The box round her.
            work: The part of her monitor that is free of task bars.
            face: What must never be covered; None: reckoned from head and figure.
        """
        if self.column.set_scene(head, figure, work, face):
            self._refit()

    def recall(self) -> bool:
        """Show again what she said last, as after a click on her; False when there is nothing."""
        if not (self.speech.has_text or self.card.is_open or self.strip.kind):
            return False
        self._fit()
        self._reading.start(self.speech.length)
        return True

    def scroll(self, pages: int) -> None:
        """Go so many pages down, or up where negative."""
        page = self.card.detail if self.card.is_open else self.speech.page
        page.text.yview_scroll(pages, "pages")

    def dismiss(self) -> None:
        """The user does not want to see it now. A question stays."""
        self.entry.close()
        self.address.close()
        if self.card.is_open:
            self._refit()
        else:
            self._go(is_slow=False)

    def hide(self) -> None:
        """Be unseen until `unhide`, whatever happens, as while an application fills the screen."""
        self._is_hidden = True
        self.balloon.hide()

    def unhide(self) -> None:
        """Be seen again where there is something to see."""
        self._is_hidden = False
        if self._is_held() or self.speech.is_running or self._reading.is_waiting or self.strip.kind:
            self._fit()

    def renew_surface(self) -> None:
        """Open its window anew, as after a compositor has started or stopped."""
        self.balloon.renew_surface()
        self._gestures.bind_surface()
        self._refit()
        if self.is_shown:
            self.balloon.lift()

    @property
    def is_shown(self) -> bool:
        """Whether it is on the screen."""
        return self.balloon.is_shown

    def close(self) -> None:
        """Destroy it."""
        self._drop_flush()
        self._drop_note()
        self._reading.stop()
        self.card.close()
        self.strip.close()
        self.balloon.close()

    def _fit(self) -> None:
        """Take the size of the contents, and be seen."""
        if self._is_hidden or not self.column.is_placed:
            return
        has_moved = self.column.fit()
        if has_moved or not self.balloon.is_shown:
            self.card.guard()
        if not self.balloon.is_shown:
            self.balloon.show()
            self.strip.wake()

    def _refit(self) -> None:
        """Take the size of the contents if it is seen."""
        if not self.balloon.is_shown:
            return
        if self.column.is_empty:
            self._go(is_slow=False)
        else:
            self._fit()

    def _go(self, is_slow: bool = True) -> None:
        """Vanish: it has been read."""
        self._drop_note()
        if self.entry.is_open:
            self.entry.close()
        self.address.close()
        self._reading.stop()
        if is_slow:
            self.balloon.fade(self.speech.forget_passing)
        else:
            self.balloon.hide()
            self.speech.forget_passing()

    def _is_held(self) -> bool:
        """Whether the user is busy with it."""
        return (
            self.card.is_open
            or self.address.is_open
            or self.speech.is_running
            or self.speech.page.has_selection
            or (self.entry.is_open and bool(self.entry.content))
            or self.strip.kind in ("listening", "transcribing", *_WAITING_KINDS)
            or self._gestures.has_open_menu
            or self.column.is_under_pointer
        )

    # Showing what came, not too often.

    def _flush_soon(self) -> None:
        if self._flushing is None:
            due = max(self._schedule.now(), self._flushed_at + _UPDATE_SECONDS)
            self._flushing = self._schedule.at(due, self._flush)

    def _flush(self) -> None:
        self._flushing = None
        if self.strip.kind in _WAITING_KINDS:
            self.strip.show("")
        is_more = self.speech.flush()
        self._fit()
        # Counted from the end, so that other events always have their turn.
        self._flushed_at = self._schedule.now()
        if is_more:
            self._flush_soon()
        elif not self.speech.is_running:
            self._show_busy()
            self._reading.start(self.speech.length)

    def _drop_flush(self) -> None:
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None

    def _set_note(self, text: str) -> None:
        self._drop_note()
        if text:
            self.strip.show("note", text)
            self._noting = self._schedule.after(4 + 0.06 * len(text), self._end_note)

    def _end_note(self) -> None:
        self._drop_note()
        self._refit()

    def _drop_note(self) -> None:
        if self._noting is not None:
            self._noting.cancel()
            self._noting = None
        if self.strip.kind == "note":
            self.strip.show("")

    def _show_busy(self) -> None:
        self.entry.set_busy(self.is_busy)
        if self.entry.is_open:
            self._refit()

    def _escape(self) -> None:
        """Twice in a row stops her; else it closes what is open, from the inside out."""
        now = self._schedule.now()
        is_second = now - self._escaped_at <= _ESCAPE_TWICE_SECONDS
        self._escaped_at = now
        if self.is_busy and is_second:
            self.stop()
        elif self.address.is_open:
            self.address.close()
        elif self.entry.is_open:
            self.close_typing()
        elif self.card.is_open:
            self.card.answer(False)
        elif not self.is_busy:
            self.dismiss()

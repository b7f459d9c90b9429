"""The mouth by text: while no voice speaks, it moves as if she read aloud what she writes."""

from collections import deque

from backend.shared.records import MouthShape
from overlay.life.spelling import Spelling
from overlay.life.timing import NEVER

HOLD_SECONDS = 0.085
"""Each shape stays so long: not more than 12 changes a second."""

LAG_SECONDS = 6.0
"""So far the mouth may be behind the text; what is older is left out."""

FINISH_SECONDS = 2.0
"""So long the mouth may go on after the end of the text."""

CLOSING_SECONDS = 0.25
"""Closed so long for want of text, then the mouth is the mood's again."""

LONGEST_SHAPE_SECONDS = 0.6
LATE_SECONDS = 1.0
"""A call that comes later than this comes after a pause of the machine: what was to be read is over."""

_LONGEST_TEXT = 400
"More than this is never read within `LAG_SECONDS`."


class Reading:
    """Reads text as it streams in."""

    def __init__(self) -> None:
        self.shape: MouthShape | None = None
        "None: there is nothing to be read."
        self.due = NEVER
        "When to call `advance`."
        self._is_starved = False
        "Closed for want of text."
        self._spelling = Spelling()
        self._runs: deque[tuple[MouthShape, float]] = deque()
        self._queued_seconds = 0.0
        self._loose_seconds = 0.0
        "Of consonants since the last vowel: more than one of them narrow the mouth."

    def add(self, text: str, now: float) -> None:
        """Read this too, after what is still to be read."""
        for shape, seconds in self._spelling.sound_out(text[-_LONGEST_TEXT:]):
            if shape is None:
                self._add_consonant(seconds)
            else:
                self._loose_seconds = 0.0
                self._append(shape, seconds)
        self._drop_oldest(now)
        if self._runs and (self.shape is None or self._is_starved):
            self.due = max(now, self.due - CLOSING_SECONDS + HOLD_SECONDS) if self._is_starved else now
            self._is_starved = False

    def finish(self, now: float) -> None:
        """No more text comes: be done within a moment."""
        left = FINISH_SECONDS - max(0.0, self.due - now if self.shape is not None else 0.0)
        while self._runs and self._queued_seconds > left:
            self._queued_seconds -= self._runs.pop()[1]

    def clear(self) -> None:
        """Stop at once."""
        self._runs.clear()
        self.shape, self.due, self._is_starved = None, NEVER, False
        self._queued_seconds = self._loose_seconds = 0.0

    def advance(self, now: float) -> None:
        """Do what is due."""
        if now < self.due:
            return
        if now > self.due + LATE_SECONDS:
            self.clear()
            return
        if self._runs:
            self.shape, seconds = self._runs.popleft()
            self._queued_seconds -= seconds
            self.due = max(self.due + seconds, now + HOLD_SECONDS)
        elif self._is_starved:
            self.clear()
        else:
            self.shape, self._is_starved = "closed", True
            self.due = now + CLOSING_SECONDS

    def _add_consonant(self, seconds: float) -> None:
        self._loose_seconds += seconds
        if self._loose_seconds < HOLD_SECONDS and self._runs:
            self._append(self._runs[-1][0], seconds)
        else:
            self._append("small", seconds)

    def _append(self, shape: MouthShape, seconds: float) -> None:
        """Queue a shape; equal ones become one, and one too short to be seen gives way to the next."""
        if self._runs:
            last, last_seconds = self._runs[-1]
            if last == shape or last_seconds < HOLD_SECONDS:
                self._runs.pop()
                self._queued_seconds -= last_seconds
                seconds += last_seconds
        seconds = min(seconds, LONGEST_SHAPE_SECONDS)
        self._runs.append((shape, seconds))
        self._queued_seconds += seconds

    def _drop_oldest(self, now: float) -> None:
        running = max(0.0, self.due - now) if self.shape is not None else 0.0
        while self._runs and running + self._queued_seconds > LAG_SECONDS:
            self._queued_seconds -= self._runs.popleft()[1]

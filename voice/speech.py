"""What the user is saying, on its way to words, and the one transcription that is made of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from voice import cues

Phase = Literal["listening", "endpointing", "transcribing"]
Purpose = Literal["partial", "try", "final"]
_NEVER = float("inf")


@dataclass
class Speech:
    """An utterance of the user, from its first sound until it is known what it was."""

    since: float
    began: float
    expires: float
    """When it is given up: its end has got lost."""
    partial_at: float = _NEVER
    phase: Phase = "listening"
    has_interrupted: bool = False
    """She was speaking or about to when it began, or began to meanwhile."""
    is_pushed: bool = False
    is_sustained: bool = False
    is_disregarded: bool = False
    """She speaks on although it is not over."""
    heard: str | None = None
    """What was understood so far; None: nobody has looked yet."""
    tried: str | None = None
    """What was understood up to the pause that still lasts."""
    ended: float | None = None
    """Where it seemed to end, when the user has gone on before that was written down."""


class Transcription:
    """At most one transcription at a time; each that is started is either answered or cancelled."""

    def __init__(self, order: Callable[[cues.Command], None], *, limit_seconds: float) -> None:
        """Begin without any; one that takes longer than `limit_seconds` is to be given up."""
        self._order = order
        self._limit_seconds = limit_seconds
        self._number = 0
        self.purpose: Purpose | None = None
        """What the running one is for; None: there is none."""
        self.deadline = _NEVER

    def start(self, purpose: Purpose, since: float, until: float | None, now: float) -> None:
        """Have this stretch of sound written down, and nothing else."""
        self.cancel()
        self._number += 1
        self.purpose, self.deadline = purpose, now + self._limit_seconds
        self._order(cues.StartTranscription(self._number, since, until))

    def cancel(self) -> None:
        """Its result is of no use any more."""
        if self.purpose is not None:
            self.purpose, self.deadline = None, _NEVER
            self._order(cues.CancelTranscription(self._number))

    def is_running(self, job: int) -> bool:
        """Whether this is the number of the one that runs."""
        return self.purpose is not None and job == self._number

    def finish(self) -> None:
        """Its result is there."""
        self.purpose, self.deadline = None, _NEVER

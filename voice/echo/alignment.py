"""Finds for each moment of the microphone what the loudspeakers played then."""

import numpy as np

from voice.deck import Samples
from voice.echo.engine import RATE
from voice.reference import Reference

LEAD_SECONDS = 0.02
"""The player's sound is given so much early, as devices say that it is heard later than it is."""
_KEPT_SECONDS = 2.0
# PulseAudio's times wander by 20 ms within seconds; only their mean over half a minute says anything.
_SMOOTHING = 0.001
# A shift that stays does no harm, but the canceller has to learn anew after a jump. So only what broke off is
# put right at once, and all else by a sample now and then: 200 parts in a million, more than clocks drift.
_BROKEN, _NEGLIGIBLE = round(RATE * 0.1), round(RATE * 0.002)
_FRAMES_A_SLIP = 10


class Alignment:
    """Lays what is played and what is heard side by side, though clocks drift and streams break off."""

    def __init__(self, reference: Reference) -> None:
        """Take over the reference: nobody else may read it."""
        self._reference = reference
        self._tape: Samples = np.empty(0, np.float32)
        self._tape_at = 0.0
        # Where the next moment of the microphone is on the tape, and how far from there it should be.
        self._place = 0
        self._ahead = 0.0
        self._frames = 0

    def played(self, at_seconds: float, count: int, is_continued: bool) -> Samples:
        """What sounded while the microphone heard this, `LEAD_SECONDS` early; zeros where nothing was played.

        Args:
            at_seconds: When the microphone's first sample was in the air, by `time.monotonic`.
            count: How many samples it heard.
            is_continued: Whether they follow the ones before.
        """
        self._read()
        wanted = round((at_seconds + LEAD_SECONDS - self._tape_at) * RATE)
        ahead = wanted - self._place
        self._ahead += _SMOOTHING * (ahead - self._ahead)
        if not is_continued or abs(ahead) > _BROKEN:
            self._place, self._ahead = wanted, 0.0
        self._slip()
        found = self._cut(count)
        self._place += count
        self._forget()
        return found

    def _slip(self) -> None:
        self._frames += 1
        if self._frames >= _FRAMES_A_SLIP and abs(self._ahead) > _NEGLIGIBLE:
            step = 1 if self._ahead > 0 else -1
            self._place += step
            self._ahead -= step
            self._frames = 0

    def _read(self) -> None:
        samples, at = self._reference.take()
        if not len(samples):
            return
        gap = round((at - self._tape_at) * RATE) - len(self._tape)
        if abs(gap) > _BROKEN:
            # Another stream, or one that was away: its time counts, and what is left of the old one is over.
            self._place -= round((at - self._tape_at) * RATE)
            self._tape, self._tape_at = samples, at
            return
        self._tape_at += _SMOOTHING * gap / RATE
        self._tape = np.concatenate((self._tape, samples))

    def _cut(self, count: int) -> Samples:
        begin, end = max(0, self._place), max(0, self._place + count)
        part = self._tape[begin:end]
        if len(part) == count:
            return part
        found = np.zeros(count, np.float32)
        place = begin - self._place
        found[place : place + len(part)] = part
        return found

    def _forget(self) -> None:
        # What has been heard is over; and a microphone that is away does not make the tape grow.
        past = max(self._place, len(self._tape) - round(_KEPT_SECONDS * RATE))
        past = min(max(0, past), len(self._tape))
        self._tape, self._tape_at = self._tape[past:], self._tape_at + past / RATE
        self._place -= past

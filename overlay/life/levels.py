"""The mouth by loudness, where a voice sends no timeline."""

import math
from random import Random

from backend.shared.records import MouthShape
from overlay.life.timing import NEVER

HOLD_SECONDS = 0.085
"""Each shape stays so long: not more than 12 changes a second, what is faster looks like trembling."""

RELEASE_SECONDS = 0.12
"""The mouth opens at once and closes by this time constant."""

SILENCE_SECONDS = 0.3
"""With no sound for so long the mouth is the mood's again, whether or not levels still come."""

SILENT_LEVEL = 0.02
USUAL_PEAK = 0.25
LOWEST_PEAK = 0.08
PEAK_FADE_SECONDS = 6.0
"""Voices and engines differ in loudness: levels count as shares of the loudest of the last seconds."""

# How open the mouth is: closed, a little, wide. Shares of the peak; less closes than opened it.
OPENING = (0.0, 0.14, 0.48)
CLOSING = (0.0, 0.08, 0.34)
_SHAPES: tuple[tuple[MouthShape, ...], ...] = (
    ("closed",),
    ("small", "small", "small", "smile"),
    ("wide", "wide", "round"),
)


class Levels:
    """Turns levels from 0 to 1, which may come at any rate, into shapes.

    Args:
        random: Where chance comes from: loudness says how far a mouth is open, not in which shape.
    """

    def __init__(self, random: Random) -> None:
        self.shape: MouthShape | None = None
        "None: there is nothing to be said."
        self.due = NEVER
        "When to call `advance`."
        self._random = random
        self._level, self._level_at = 0.0, 0.0
        self._peak = USUAL_PEAK
        self._heard_at = -math.inf
        self._changed_at = -math.inf
        self._step = 0

    def hear(self, level: float, now: float) -> None:
        """So loud is her voice now; silence is only waited for, not shown."""
        level = min(max(level, 0.0), 1.0) if math.isfinite(level) else 0.0
        faded = self._peak * math.exp(-max(0.0, now - self._level_at) / PEAK_FADE_SECONDS)
        self._peak = max(faded, level, LOWEST_PEAK)
        self._level, self._level_at = max(self._released(now), level), now
        if level >= SILENT_LEVEL:
            self._heard_at = now
        self._plan(now)

    def clear(self) -> None:
        """Nothing is said any more."""
        self.shape, self.due, self._step = None, NEVER, 0
        self._level, self._heard_at = 0.0, -math.inf

    def advance(self, now: float) -> None:
        """Do what is due."""
        if now < self.due:
            return
        if now >= self._heard_at + SILENCE_SECONDS:
            self.clear()
            self._changed_at = now
            return
        step = self._find_step(now)
        if step != self._step or self.shape is None:
            self._step, self._changed_at = step, now
            self.shape = self._random.choice(_SHAPES[step])
        self._plan(now)

    def _released(self, now: float) -> float:
        return self._level * math.exp(-max(0.0, now - self._level_at) / RELEASE_SECONDS)

    def _find_step(self, now: float) -> int:
        share = self._released(now) / self._peak
        step = self._step
        while step + 1 < len(OPENING) and share >= OPENING[step + 1]:
            step += 1
        while step > 0 and share < CLOSING[step]:
            step -= 1
        return step

    def _plan(self, now: float) -> None:
        """Find when the shape may change next: never before it was held, and not before there is a reason."""
        silent_at = self._heard_at + SILENCE_SECONDS
        if self.shape is None and now >= silent_at:
            self.due = NEVER
            return
        reason = now
        if self.shape is not None and self._find_step(now) == self._step:
            reason = silent_at
            floor = CLOSING[self._step] * self._peak
            if 0.0 < floor < self._level:
                # When the release falls below what keeps the mouth open, a hair later than that.
                fallen_at = self._level_at + RELEASE_SECONDS * math.log(self._level / floor) + 0.001
                reason = min(reason, fallen_at)
        self.due = max(reason, self._changed_at + HOLD_SECONDS)

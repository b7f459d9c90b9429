"""Her breath, and the slow sway of one who stands."""

import math
from bisect import bisect_right
from random import Random

from overlay.life.pose import PHASES
from overlay.life.timing import NEVER

# 14 breaths a minute, breathing out longer than in, then a little rest: an adult at ease breathes 12 to 18
# times.
CYCLE_SECONDS = 4.2
ASLEEP_CYCLE_SECONDS = 6.4
CYCLE_SPREAD = 0.08
"Each breath is up to this share longer or shorter."
DEEP_FACTOR = 1.6
INHALED = 0.38
EXHALED = 0.9
"Shares of the cycle after which she has breathed in, and out."

# Neither is a multiple of the other or of the breath, so that she never repeats herself.
SWAY_SECONDS = (17.3, 43.1)
SWAY_SHARES = (0.7, 0.3)


def _find_changes() -> tuple[list[float], list[int]]:
    """Shares of a cycle at which the rounded breath changes, and to what: eased in, eased out."""
    shares, levels = [], []
    for level in range(PHASES):
        shares.append(INHALED * math.acos(1 - 2 * (level + 0.5) / PHASES) / math.pi)
        levels.append(level + 1)
    for level in reversed(range(PHASES)):
        shares.append(INHALED + (EXHALED - INHALED) * math.acos(2 * (level + 0.5) / PHASES - 1) / math.pi)
        levels.append(level)
    return shares, levels


_SHARES, _LEVELS = _find_changes()
_ROUNDING = 1e-9


class Breathing:
    """Breath and sway in whole phases; due only when the breath's phase changes.

    The sway changes at the same moments, so that it never costs a wake-up of its own, by one phase at most.
    One who sleeps does not sway.

    Args:
        random: Where chance comes from.
        now: Seconds of any clock that does not go back.
        is_still: Neither breathe nor sway.
    """

    def __init__(self, random: Random, now: float, is_still: bool) -> None:
        self.breath = 0
        self.sway = 0
        self.due = NEVER
        "When to call `advance`."
        self._random = random
        self._is_still = is_still
        self._is_slow = False
        self._is_deep_next = False
        self._seconds = CYCLE_SECONDS
        self._start = now
        self._first = now
        self.restart(now)

    def restart(self, now: float) -> None:
        """Breathe in from now on, after a time in which nobody looked."""
        self.breath = 0
        self._begin(now)

    def slow_down(self, is_slow: bool) -> None:
        """Breathe like one who sleeps, or like one who is awake, from the next breath on."""
        self._is_slow = is_slow

    def deepen(self) -> None:
        """Let the next breath be a deep one."""
        self._is_deep_next = True

    def advance(self, now: float) -> None:
        """Do what is due."""
        if now < self.due:
            return
        share = (now - self._start) / self._seconds + _ROUNDING
        count = bisect_right(_SHARES, share)
        self.breath = _LEVELS[count - 1] if count else 0
        if not self._is_slow:
            self.sway += min(max(self._find_sway(now) - self.sway, -1), 1)
        if count < len(_SHARES):
            self.due = self._start + self._seconds * _SHARES[count]
        else:
            # All that is left of this breath is its rest: the next one begins after it, or now when that is
            # over.
            self._begin(max(now, self._start + self._seconds))

    def _begin(self, start: float) -> None:
        if self._is_still:
            return
        self._start = start
        self._seconds = ASLEEP_CYCLE_SECONDS if self._is_slow else CYCLE_SECONDS
        self._seconds *= self._random.uniform(1 - CYCLE_SPREAD, 1 + CYCLE_SPREAD)
        if self._is_deep_next:
            self._seconds *= DEEP_FACTOR
            self._is_deep_next = False
        self.due = start + self._seconds * _SHARES[0]

    def _find_sway(self, now: float) -> int:
        waves = zip(SWAY_SHARES, SWAY_SECONDS, strict=True)
        return round(
            PHASES
            * sum(share * math.sin(2 * math.pi * (now - self._first) / seconds) for share, seconds in waves)
        )

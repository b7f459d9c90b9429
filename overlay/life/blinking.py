"""Her lids: when they blink, and how they close and open through half."""

from collections import deque
from random import Random

from overlay.life.gaze import Attention
from overlay.life.pose import Eyes
from overlay.life.timing import draw_gap

# Blinks a minute: 17 at rest, 26 in conversation, 4.5 while reading, the gaps about log-normal (Bentivoglio
# et al., "Analysis of blink rate patterns in normal subjects", Movement Disorders 12, 1997). A listener is
# attentive like a reader, but not as rapt. Blinks that come with a look elsewhere, and second ones, add to
# these.
RATES: dict[Attention, float] = {"idle": 14.0, "thinking": 11.0, "speaking": 20.0, "listening": 8.0}

GAP_SPREAD = 0.6
SHORTEST_GAP_SECONDS = 0.7
DOUBLE_SHARE = 0.08

# About 100 ms to close and 100 ms to open again (Stern, Walrath and Goldstein, "The endogenous eyeblink",
# Psychophysiology 21, 1984); half closed is one picture on the way.
CLOSING_SECONDS = 0.05
CLOSED_SECONDS = (0.06, 0.1)
OPENING_SECONDS = 0.075
BETWEEN_SECONDS = (0.09, 0.16)


class Blinking:
    """Blinks by itself and when asked to.

    A late call never skips a picture: each lasts its time from when it is shown, so that she does not jump
    from open to closed when the machine is slow, and nothing is made up for after a long pause.
    """

    def __init__(self, random: Random, now: float) -> None:
        self.lids: Eyes = "open"
        self.due = now
        "When to call `advance`."
        self._random = random
        self._rate = RATES["idle"]
        self._script: deque[tuple[Eyes, float]] = deque()
        self.restart(now)

    def restart(self, now: float) -> None:
        """Begin anew with open eyes."""
        self._script.clear()
        self.lids = "open"
        self._wait(now)

    def advance(self, now: float) -> None:
        """Do what is due."""
        if now < self.due:
            return
        if not self._script and self.lids == "open":
            self.blink(now, 2 if self._random.random() < DOUBLE_SHARE else 1)
        if self._script:
            self.lids, seconds = self._script.popleft()
            self.due = now + seconds
        else:
            self.lids = "open"
            self._wait(now)

    def blink(self, now: float, times: int = 1) -> None:
        """Blink now, unless the lids are moving."""
        if self._is_moving:
            return
        for number in range(times):
            if number:
                self._script.append(("open", self._random.uniform(*BETWEEN_SECONDS)))
            self._script += (
                ("half", CLOSING_SECONDS),
                ("closed", self._random.uniform(*CLOSED_SECONDS)),
                ("half", OPENING_SECONDS),
            )
        self.due = now

    def narrow(self, now: float, seconds: float) -> None:
        """Half close the eyes for a while, unless the lids are moving."""
        if not self._is_moving:
            self._script.append(("half", seconds))
            self.due = now

    def keep_pace(self, rate: float, now: float) -> None:
        """Blink so many times a minute from now on; the running gap shrinks or grows with it."""
        if rate != self._rate and not self._is_moving:
            self.due = now + max(0.0, self.due - now) * self._rate / rate
        self._rate = rate

    def delay(self, now: float, seconds: float) -> None:
        """Stare: no blink of her own begins so soon."""
        if self.lids == "open":
            self._script.clear()
            self.due = max(self.due, now + seconds)

    @property
    def _is_moving(self) -> bool:
        return bool(self._script) or self.lids != "open"

    def _wait(self, now: float) -> None:
        mean = 60.0 / self._rate
        self.due = now + draw_gap(self._random, mean, GAP_SPREAD, SHORTEST_GAP_SECONDS, 4 * mean)

"""Whether she is awake: falls asleep when the user is away, wakes up when somebody comes."""

from collections import deque
from typing import Literal

from backend.shared.records import PresenceState
from overlay.life.pose import Eyes
from overlay.life.timing import NEVER

DROWSY_SECONDS = 5.0
STARTLE_SECONDS = 0.9

_FROM_SLEEP: tuple[tuple[Eyes, float], ...] = (("half", 0.35), ("closed", 0.12), ("half", 0.25))
_FROM_DROWSINESS: tuple[tuple[Eyes, float], ...] = (("closed", 0.1), ("half", 0.08))

Stage = Literal["awake", "drowsy", "asleep", "waking"]


class Slumber:
    """Awake, drowsy, asleep, waking.

    Args:
        now: Seconds of any clock that does not go back.
        sleep_seconds: She falls asleep when the user has been away and everything quiet so long; 0: never.
    """

    def __init__(self, now: float, sleep_seconds: float) -> None:
        self.stage: Stage = "awake"
        self.lids: Eyes | None = None
        "What sleep does to her lids; None: they are free."
        self.is_startled = False
        self.due = NEVER
        "When to call `advance`."
        self._sleep_seconds = sleep_seconds
        self._is_away = False
        self._quiet_since = now
        self._script: deque[tuple[Eyes, float]] = deque()
        self._startles = False

    def see(self, presence: PresenceState, now: float) -> None:
        """Whether the user is there; wakes her up when he is."""
        was_away, self._is_away = self._is_away, presence in ("away", "absent")
        if not self._is_away:
            self.stir(now)
        elif not was_away:
            self._quiet_since = now
            self.due = now

    def stir(self, now: float, is_sudden: bool = False) -> None:
        """Something happens with her: she is awake, or wakes up; startled when it was sudden."""
        self._quiet_since = now
        if self.stage in ("drowsy", "asleep"):
            is_asleep = self.stage == "asleep"
            self.stage = "waking"
            self._script = deque(_FROM_SLEEP if is_asleep else _FROM_DROWSINESS)
            self._startles = is_sudden and is_asleep
            self.due = now

    def calm_down(self) -> None:
        """Not startled any more."""
        self.is_startled = self._startles = False

    def advance(self, now: float, is_busy: bool) -> None:
        """Do what is due.

        Args:
            now: The time.
            is_busy: She listens, thinks or speaks: nobody falls asleep over that.
        """
        if is_busy:
            self._quiet_since = now
        if self.stage == "awake":
            self._stay_awake(now, is_busy)
        elif now >= self.due:
            self._step(now)

    def _stay_awake(self, now: float, is_busy: bool) -> None:
        if self.is_startled:
            if now < self.due:
                return
            self.is_startled = False
        self.due = NEVER
        if self._is_away and not is_busy and self._sleep_seconds > 0:
            self.due = self._quiet_since + self._sleep_seconds
            if now >= self.due:
                self.stage, self.lids, self.due = "drowsy", "half", now + DROWSY_SECONDS

    def _step(self, now: float) -> None:
        if self.stage == "drowsy":
            self.stage, self.lids, self.due = "asleep", "closed", NEVER
        elif self._script:
            self.lids, seconds = self._script.popleft()
            self.due = now + seconds
        else:
            self.stage, self.lids = "awake", None
            self.is_startled, self._startles = self._startles, False
            # One who was startled looks so for a moment; whether she may sleep again is seen after that.
            self.due = now + (STARTLE_SECONDS if self.is_startled else 0.0)

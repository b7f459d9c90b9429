"""How long something stays to be read."""

from collections.abc import Callable

from overlay.schedule import Due, Schedule

_BASE_SECONDS = 4.0
_SECONDS_PER_CHARACTER = 0.06
_MAX_SECONDS = 60.0
_AGAIN_SECONDS = 3.0
"""How long it stays after the user has let go of it."""


class Reading:
    """Waits until something has been read, and longer while the user is busy with it.

    Args:
        schedule: The overlay's timer.
        is_held: Whether the user is busy with it.
        done: It has been read.
    """

    def __init__(self, schedule: Schedule, is_held: Callable[[], bool], done: Callable[[], None]) -> None:
        self._schedule, self._is_held, self._done = schedule, is_held, done
        self._due: Due | None = None
        self._is_over = False
        self._until = 0.0

    @property
    def is_waiting(self) -> bool:
        """Whether something is being read."""
        return self._due is not None or self._is_over

    def start(self, characters: int) -> None:
        """A text of this length has been shown; never shortens the time of what is there already."""
        seconds = min(_MAX_SECONDS, _BASE_SECONDS + _SECONDS_PER_CHARACTER * characters)
        self._until = max(self._until, self._schedule.now() + seconds)
        self._arm(self._until)

    def stop(self) -> None:
        """Do not wait any more."""
        self._is_over = False
        self._until = 0.0
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def released(self) -> None:
        """The user may have let go of it."""
        if self._is_over and not self._is_held():
            self._arm(self._schedule.now() + _AGAIN_SECONDS)

    def _arm(self, until: float) -> None:
        self._is_over = False
        if self._due is not None:
            self._due.cancel()
        self._due = self._schedule.at(until, self._check)

    def _check(self) -> None:
        self._due = None
        if self._is_held():
            self._is_over = True
            return
        self._done()

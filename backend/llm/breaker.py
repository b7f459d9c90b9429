"""Remembers that something failed, and for how long it is better left alone."""

from collections.abc import Callable

FIRST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 60.0


class Breaker:
    """A circuit breaker: closed while all is well, open for a pause after a failure, then half open.

    Args:
        clock: Seconds that never run backwards.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures = 0
        self._open_until = float("-inf")
        self.has_failed = False
        """True until the next success: half open once the pause is over."""

    @property
    def is_open(self) -> bool:
        """True during the pause after a failure."""
        return self.has_failed and self._clock() < self._open_until

    def fail(self) -> None:
        """It failed: the next pause is twice as long as the last, up to a minute."""
        pause = min(FIRST_PAUSE_SECONDS * 2**self._failures, LONGEST_PAUSE_SECONDS)
        self._failures = min(self._failures + 1, 10)
        self.has_failed = True
        self._open_until = self._clock() + pause

    def doubt(self) -> None:
        """It failed in the middle of good work: half open at once."""
        self.has_failed = True

    def succeed(self) -> None:
        """All is well again."""
        self._failures = 0
        self.has_failed = False

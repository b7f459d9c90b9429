"""Whether a voice engine is worth asking now: a circuit breaker."""

import math
from collections.abc import Callable

FIRST_WAIT_SECONDS = 15.0
LONGEST_WAIT_SECONDS = 300.0


class Health:
    """Well, or broken and left alone for a while; the while doubles with every failure.

    Attributes:
        reason: In plain words why it was left; empty while it is well.
        is_proven: It has worked at least once.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin well.

        Args:
            clock: Seconds that only ever grow.
        """
        self.reason = ""
        self.is_proven = False
        self._clock = clock
        self._wait = 0.0
        self._again_at = -math.inf

    @property
    def is_well(self) -> bool:
        """The last time it was asked it worked."""
        return not self.reason

    @property
    def is_due(self) -> bool:
        """It is broken, and it is time to see whether it still is."""
        return not self.is_well and self._clock() >= self._again_at

    def succeed(self) -> None:
        """It worked."""
        self.reason, self._wait, self.is_proven = "", 0.0, True

    def fail(self, reason: str) -> None:
        """It did not work; said in plain words."""
        self.reason = reason
        self._wait = min(LONGEST_WAIT_SECONDS, self._wait * 2 or FIRST_WAIT_SECONDS)
        self._again_at = self._clock() + self._wait

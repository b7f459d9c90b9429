"""The small things she does when nothing happens."""

from random import Random
from typing import Literal, get_args

from overlay.life.timing import NEVER, draw_gap

Fidget = Literal["double_blink", "look_around", "narrow_eyes", "deep_breath", "smile"]

CALM: tuple[Fidget, ...] = ("double_blink", "smile")
"""What is left of them when motion is reduced."""

GAP_SECONDS = 30.0
SHORTEST_GAP_SECONDS = 15.0
LONGEST_GAP_SECONDS = 60.0
SMILE_SECONDS = (0.9, 1.6)


class Fidgets:
    """Says when she fidgets and how, never twice the same in a row; holds her smile itself.

    Args:
        random: Where chance comes from.
        now: Seconds of any clock that does not go back.
        is_calm: Only what moves nothing but lids and mouth.
    """

    def __init__(self, random: Random, now: float, is_calm: bool) -> None:
        self.is_smiling = False
        self._random = random
        self._kinds = CALM if is_calm else get_args(Fidget)
        self._last: Fidget | None = None
        self._smile_until = NEVER
        self._next = now
        self.restart(now)

    @property
    def due(self) -> float:
        """When to call `advance`."""
        return min(self._next, self._smile_until)

    def restart(self, now: float) -> None:
        """Nothing is done for a while."""
        self.stop_smiling()
        self._next = now + draw_gap(
            self._random, GAP_SECONDS, 0.45, SHORTEST_GAP_SECONDS, LONGEST_GAP_SECONDS
        )

    def stop_smiling(self) -> None:
        """The mouth is needed, or the mood is another one."""
        self.is_smiling, self._smile_until = False, NEVER

    def advance(self, now: float, may_smile: bool) -> Fidget | None:
        """Do what is due.

        Args:
            now: The time.
            may_smile: Whether a smile belongs to her mood.

        Returns:
            What she is to do now, None: nothing.
        """
        if now >= self._smile_until:
            self.stop_smiling()
        if now < self._next:
            return None
        self.restart(now)
        kinds = [kind for kind in self._kinds if kind != self._last and (may_smile or kind != "smile")]
        self._last = self._random.choice(kinds or self._kinds[:1])
        if self._last == "smile":
            self.is_smiling, self._smile_until = True, now + self._random.uniform(*SMILE_SECONDS)
        return self._last

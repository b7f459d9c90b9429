"""Holds her while the user speaks: softer first, then silent, until it is clear what he wants."""

from collections.abc import Callable
from typing import Literal

from voice import cues
from voice.turn_settings import TurnTiming

Due = Literal["pause", "decide", "disregard"]
_NEVER = float("inf")


class Hold:
    """Every `Duck` and `Pause` it orders is ended by exactly one `Resume` or `FadeOut`."""

    def __init__(self, timing: TurnTiming, order: Callable[[cues.Command], None]) -> None:
        """Begin with nothing held; `order` takes the commands for the player."""
        self._timing = timing
        self._order = order
        self._due: dict[Due, float] = {}
        self.level: Literal["", "ducked", "paused"] = ""

    @property
    def deadline(self) -> float:
        """When `take_due` has something next."""
        return min(self._due.values(), default=_NEVER)

    def begin(self, now: float, *, is_soft: bool) -> None:
        """Hold her, or think anew how long; softly at first where that is enough."""
        self._due.setdefault("decide", now + self._timing.decide_seconds)
        if not self.level:
            self._due["disregard"] = now + self._timing.hold_seconds
            if is_soft:
                self.level = "ducked"
                self._order(cues.Duck())
            else:
                self.pause()
        if self.level == "ducked":
            self._due.setdefault("pause", now + self._timing.duck_seconds)

    def pause(self) -> None:
        """No more sound."""
        self.level = "paused"
        self._due.pop("pause", None)
        self._order(cues.Pause())

    def resume(self) -> None:
        """She goes on."""
        self._end()
        self._order(cues.Resume())

    def fade_out(self) -> None:
        """She stops for good, held or not."""
        self._end()
        self._order(cues.FadeOut())

    def _end(self) -> None:
        self.level = ""
        self._due.clear()

    def take_due(self, now: float) -> list[Due]:
        """What it is time for, in order; each is told once."""
        due = sorted((name for name in self._due if now >= self._due[name]), key=self._due.__getitem__)
        for name in due:
            del self._due[name]
        return due

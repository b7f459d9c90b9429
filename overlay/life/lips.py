"""Her mouth: by timeline before loudness before text, whatever there is."""

from collections.abc import Sequence
from random import Random

from backend.shared.records import MouthShape, Viseme
from overlay.life.levels import Levels
from overlay.life.reading import Reading
from overlay.life.visemes import Timeline


class Lips:
    """Chooses between the three ways to move a mouth.

    Args:
        random: Where chance comes from.
    """

    def __init__(self, random: Random) -> None:
        self.is_voice = False
        self._timeline = Timeline()
        self._levels = Levels(random)
        self._reading = Reading()

    @property
    def shape(self) -> MouthShape | None:
        """What the mouth looks like; None: as her mood wants it."""
        return self._timeline.shape or self._levels.shape or self._reading.shape

    @property
    def due(self) -> float:
        """When to call `advance`."""
        return min(self._timeline.due, self._levels.due, self._reading.due)

    def utter(self, visemes: Sequence[Viseme], started: float, now: float) -> None:
        """Speak by timeline; see `Timeline.add`."""
        self._reading.clear()
        self._timeline.add(visemes, started, now)

    def hear_level(self, level: float, now: float) -> None:
        """Speak by loudness, 0 to 1, unless there is a timeline."""
        if self._timeline.shape is None:
            self._reading.clear()
            self._levels.hear(level, now)

    def read(self, text: str, now: float) -> None:
        """Read text, unless she speaks."""
        if not self.is_voice and self._timeline.shape is None and self._levels.shape is None:
            self._reading.add(text, now)

    def finish_reading(self, now: float) -> None:
        """No more text comes."""
        self._reading.finish(now)

    def voice(self, is_speaking: bool) -> None:
        """A voice begins, and takes over from the text; or it has ended, and everything is said."""
        self.is_voice = is_speaking
        if is_speaking:
            self._reading.clear()
        else:
            self._timeline.clear()
            self._levels.clear()

    def hush(self) -> None:
        """Close the mouth at once."""
        self._timeline.clear()
        self._levels.clear()
        self._reading.clear()

    def advance(self, now: float) -> None:
        """Do what is due."""
        self._timeline.advance(now)
        if self._timeline.shape is not None:
            self._levels.clear()
        self._levels.advance(now)
        self._reading.advance(now)

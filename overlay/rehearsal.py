"""The emotion test of the menu: all her emotions in turn."""

from collections.abc import Callable
from typing import get_args

from backend.shared.records import EmotionName
from overlay.schedule import Due, Schedule

EACH_SECONDS = 1.8


class Rehearsal:
    """Shows one emotion after the other.

    Args:
        schedule: The overlay's timer.
        feel: Called with each emotion.
    """

    def __init__(self, schedule: Schedule, feel: Callable[[EmotionName], None]) -> None:
        self._schedule, self._feel = schedule, feel
        self._next: Due | None = None

    @property
    def is_running(self) -> bool:
        """Whether an emotion is still to come."""
        return self._next is not None

    def start(self, then: EmotionName) -> None:
        """Show all of them, and at the end this one."""
        self.stop()
        self._step([*get_args(EmotionName), then])

    def stop(self) -> None:
        """Stay with the one that is shown."""
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _step(self, emotions: list[EmotionName]) -> None:
        self._next = None
        self._feel(emotions[0])
        if len(emotions) > 1:
            self._next = self._schedule.after(EACH_SECONDS, lambda: self._step(emotions[1:]))

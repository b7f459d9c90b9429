"""Lets her live: calls `advance` exactly when something is due, and keeps what is seen."""

from collections.abc import Callable, Sequence
from random import Random

from backend.shared.records import MouthShape
from overlay.life.machine import Life
from overlay.life.pose import Pose

Event = tuple[float, Callable[[Life, float], object]]
HOUR = 3600.0


def make_life(seed: int = 1, **options: object) -> Life:
    return Life(Random(seed), 0.0, **options)


class Trace:
    """What she looked like from time to time."""

    def __init__(self, life: Life, until: float, events: Sequence[Event] = (), start: float = 0.0) -> None:
        self.seconds = until - start
        self.wakes = 0
        self.poses: list[tuple[float, Pose]] = [(start, life.advance(start))]
        waiting = sorted(events, key=lambda event: event[0])[::-1]
        while True:
            due = life.next_due
            is_event = bool(waiting) and (due is None or waiting[-1][0] <= due)
            now = waiting[-1][0] if is_event else due
            if now is None or now > until:
                break
            if is_event:
                waiting.pop()[1](life, now)
            self.poses.append((now, life.advance(now)))
            self.wakes += not is_event
            assert life.next_due is None or life.next_due > now

    def changes(self, what: str) -> list[tuple[float, object]]:
        """When this part of the pose became what; the first one is what it was at the start."""
        found: list[tuple[float, object]] = []
        for at, pose in self.poses:
            if not found or found[-1][1] != getattr(pose, what):
                found.append((at, getattr(pose, what)))
        return found

    def at(self, when: float) -> Pose:
        return [pose for at, pose in self.poses if at <= when][-1]

    @property
    def blinks(self) -> list[float]:
        return [at for at, eyes in self.changes("eyes") if eyes == "closed"]

    @property
    def blinks_a_minute(self) -> float:
        return len(self.blinks) * 60 / self.seconds

    @property
    def wakes_a_second(self) -> float:
        return self.wakes / self.seconds


def watch(mouth, until: float, start: float = 0.0) -> list[tuple[float, MouthShape | None]]:
    """All changes of a mouth that is advanced exactly when it is due."""
    mouth.advance(start)
    changes = [(start, mouth.shape)]
    while mouth.due <= until:
        now = mouth.due
        mouth.advance(now)
        assert mouth.due > now
        if mouth.shape != changes[-1][1]:
            changes.append((now, mouth.shape))
    return changes


def shapes(changes) -> list[MouthShape | None]:
    return [shape for _, shape in changes]


def most_in_a_second(changes) -> int:
    ats = [at for at, _ in changes[1:]]
    return max((sum(at <= other < at + 1.0 for other in ats) for at in ats), default=0)

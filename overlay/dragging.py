"""Dragging her: what the pointer does becomes a click, a way, and perhaps a slide at its end."""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from backend.shared.desktop.screens import Box, Monitor
from overlay.placement import Outline, Point, Spot, clamp, limit_height, monitor_at, possible_spots

Direction = Literal["left", "right", "up", "down"]

CLICK_PX = 4
SNAP_PX = 16
STEP_PX, FAR_STEP_PX = 10, 50
_SIZE_STEP = 1.06

# Of a throw. All speeds in pixels a second at 96 dots per inch.
_REMEMBERED_SECONDS = 0.08
_SHORTEST_SECONDS = 0.015
_LEAST_SPEED = 350.0
_GREATEST_SPEED = 3000.0
_FRICTION_SECONDS = 0.12
"Her speed falls to 37 % in this time: she slides on for this long times her first speed."
_REST_SPEED = 25.0

_WAYS: dict[Direction, Point] = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


@dataclass(frozen=True, slots=True)
class Slide:
    """Her way after she was thrown: at first fast, slower and slower, and no further than an edge."""

    start: Point
    "The upper left corner of her picture."
    velocity: tuple[float, float]
    began: float
    seconds: float
    lowest: Point
    highest: Point

    def at(self, now: float) -> Point:
        """The upper left corner at a time."""
        passed = min(max(now - self.began, 0.0), self.seconds)
        share = _FRICTION_SECONDS * (1 - math.exp(-passed / _FRICTION_SECONDS))
        x, y = (
            min(max(round(start + speed * share), lowest), highest)
            for start, speed, lowest, highest in zip(
                self.start, self.velocity, self.lowest, self.highest, strict=True
            )
        )
        return x, y

    def is_over(self, now: float) -> bool:
        """Whether she has come to rest."""
        return now >= self.began + self.seconds


@dataclass(frozen=True, slots=True)
class Drop:
    """The end of a press."""

    corner: Point
    "Where she was let go."
    is_click: bool
    "She was not moved."
    slide: Slide | None = None
    "She was thrown."


class Dragging:
    """Follows the pointer from a press to its release. Times are in seconds of one clock.

    Args:
        is_motion_reduced: She does not slide.
    """

    def __init__(self, is_motion_reduced: bool = False) -> None:
        self.is_motion_reduced = is_motion_reduced
        self.is_held = False
        self.is_moving = False
        "Held, and no click any more."
        self._samples: deque[tuple[float, Point]] = deque(maxlen=64)
        self._from: Point = (0, 0)
        self._corner: Point = (0, 0)
        self._scale = 1.0

    def press(self, pointer: Point, corner: Point, now: float, scale: float = 1.0) -> None:
        """The button goes down on her.

        Args:
            pointer: On the whole desktop.
            corner: The upper left corner of her picture.
            now: The time.
            scale: Of the monitor.
        """
        self.is_held, self.is_moving = True, False
        self._from, self._corner, self._scale = pointer, corner, scale
        self._samples.clear()
        self._samples.append((now, pointer))

    def move(self, pointer: Point, now: float) -> Point | None:
        """The pointer moves: where her upper left corner goes; None: nowhere, it may become a click."""
        if not self.is_held:
            return None
        self._samples.append((now, pointer))
        if not self.is_moving and math.dist(pointer, self._from) <= CLICK_PX * self._scale:
            return None
        self.is_moving = True
        return self._carried(pointer)

    def release(
        self, pointer: Point, now: float, outline: Outline, monitors: Sequence[Monitor]
    ) -> Drop | None:
        """The button goes up; None when it was not held.

        Args:
            pointer: On the whole desktop.
            now: The time.
            outline: Her picture.
            monitors: At least one.
        """
        if not self.is_held:
            return None
        self.move(pointer, now)
        self.is_held = False
        if not self.is_moving:
            return Drop(self._corner, is_click=True)
        self.is_moving = False
        corner = self._carried(pointer)
        velocity = self._velocity(now)
        speed = math.hypot(*velocity)
        if self.is_motion_reduced or speed < _LEAST_SPEED * self._scale:
            return Drop(corner, is_click=False)
        if speed > _GREATEST_SPEED * self._scale:
            share = _GREATEST_SPEED * self._scale / speed
            velocity, speed = (velocity[0] * share, velocity[1] * share), _GREATEST_SPEED * self._scale
        seconds = _FRICTION_SECONDS * math.log(speed / (_REST_SPEED * self._scale))
        work = monitor_at(Spot.at(corner, outline), outline, monitors).work
        lowest, highest = _room(corner, outline, work)
        return Drop(corner, is_click=False, slide=Slide(corner, velocity, now, seconds, lowest, highest))

    def cancel(self) -> None:
        """Forget the press, e.g. when she is hidden meanwhile."""
        self.is_held = self.is_moving = False

    def _carried(self, pointer: Point) -> Point:
        return (
            self._corner[0] + pointer[0] - self._from[0],
            self._corner[1] + pointer[1] - self._from[1],
        )

    def _velocity(self, now: float) -> tuple[float, float]:
        """By the last moment only: who holds her still before letting go does not throw her."""
        recent = [sample for sample in self._samples if now - sample[0] <= _REMEMBERED_SECONDS]
        if not recent or recent[-1][0] - recent[0][0] < _SHORTEST_SECONDS:
            return 0.0, 0.0
        (began, first), (ended, last) = recent[0], recent[-1]
        return (last[0] - first[0]) / (ended - began), (last[1] - first[1]) / (ended - began)


def _room(corner: Point, outline: Outline, work: Box) -> tuple[Point, Point]:
    """The least and the greatest corner she may slide to; who is outside already goes no further out."""
    left, top, width, height = work
    lowest = min(corner[0], left), min(corner[1], top)
    highest = (
        max(corner[0], left + width - outline.width),
        max(corner[1], top + height - outline.feet[1]),
    )
    return lowest, highest


def settle(corner: Point, outline: Outline, monitors: Sequence[Monitor]) -> Spot:
    """Where she stays when she is let go there: at an edge that is near, and never out of sight."""
    spot = Spot.at(corner, outline)
    monitor = monitor_at(spot, outline, monitors)
    left, top, width, height = monitor.work
    near = SNAP_PX * monitor.scale
    x = _snap(corner[0], (left, left + width - outline.width), near)
    y = _snap(corner[1], (top + height - outline.feet[1], top), near)
    return clamp(Spot.at((x, y), outline), outline, monitors)


def _snap(value: int, edges: Sequence[int], near: float) -> int:
    edge = min(edges, key=lambda one: abs(one - value))
    return edge if abs(edge - value) <= near else value


def step(
    spot: Spot, direction: Direction, outline: Outline, monitors: Sequence[Monitor], *, is_far: bool = False
) -> Spot:
    """Where an arrow key moves her; she stays in sight, and can walk over to the next monitor."""
    scale = monitor_at(spot, outline, monitors).scale
    distance = round((FAR_STEP_PX if is_far else STEP_PX) * scale)
    x, y = _WAYS[direction]
    wanted = Spot(spot.x + x * distance, spot.y + y * distance)
    # Only what is further in that direction: at the edge of a monitor that is on the next one.
    ahead = [
        one
        for one in possible_spots(wanted, outline, monitors)
        if (one.x - spot.x) * x + (one.y - spot.y) * y > 0
    ]
    return ahead[0] if ahead else clamp(spot, outline, monitors)


def resize(height_px: int, steps: int, monitor: Monitor) -> int:
    """Her height after some steps of the wheel; less than 0: smaller. Her feet stay where they are."""
    return limit_height(round(height_px * _SIZE_STEP**steps), monitor)

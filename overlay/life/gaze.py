"""Where she looks: at the viewer, at the pointer, aside while she thinks."""

import math
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Literal, get_args

from overlay.life.pose import Look
from overlay.life.timing import NEVER, draw_gap

Attention = Literal["idle", "thinking", "speaking", "listening"]
Pointer = Callable[[], tuple[float, float] | None]

NEAR_PX = 160.0
"""A pointer so near to her eyes, on a canvas 450 px high, is over her: she looks at the viewer."""
NEAR_SLACK = 0.15
SECTOR_DEGREES = 45.0
SECTOR_SLACK_DEGREES = 9.0
"""Eyes go on looking in a direction so far beyond its sector, so that they never flicker between two."""

FOLLOW_SECONDS = (1.0, 2.0)
FOLLOW_STEP_SECONDS = 0.2
POINTER_SHARE = 0.6
"""Of her glances while idle; the others go anywhere."""

# Seconds of looking at the viewer, then away. People who talk face to face hold each other's gaze for about
# 2.2 s at a time (Rogers et al., "Using dual eye tracking to uncover personal gaze patterns during social
# interaction", Scientific Reports 8, 2018) and look aside to think. On a desktop a stare disturbs less than
# restless eyes do.
IDLE_GAP_SECONDS = 6.0
SPEAKING_GAP_SECONDS = 4.5
THINKING_AT_SECONDS = (0.5, 1.3)
IDLE_AWAY_SECONDS = (0.7, 1.7)
SPEAKING_AWAY_SECONDS = (0.4, 0.9)
THINKING_AWAY_SECONDS = (1.2, 2.8)
GLANCE_SECONDS = (0.8, 1.4)

# Nearly every gaze shift of more than 33 degrees comes with a blink, small ones seldom (Evinger et al., "Not
# looking while leaping", Experimental Brain Research 100, 1994). From one side to the other is such a leap
# for drawn eyes.
LEAP = 1.3
LEAP_BLINK_SHARE = 0.9
SHIFT_BLINK_SHARE = 0.15

# Clockwise from the right, as angles grow with y down.
_RING: tuple[Look, ...] = ("right", "down_right", "down", "down_left", "left", "up_left", "up", "up_right")
_IDLE_LOOKS: tuple[Look, ...] = ("left", "left", "right", "right", *get_args(Look))
_THINKING_LOOKS: tuple[Look, ...] = ("up", "up_left", "up_left", "up_right", "up_right", "left", "right")
_SPEAKING_LOOKS: tuple[Look, ...] = ("left", "right", "down_left", "down_right", "up_right", "up_left")


def find_direction(dx: float, dy: float, before: Look | None) -> Look | None:
    """The direction of a point, with hysteresis.

    Args:
        dx: The point relative to her eyes, in pixels of the canvas.
        dy: The same, downwards.
        before: Where she looks so far; kept when the point is only a little beyond it.

    Returns:
        One of eight directions; None: at the viewer.
    """
    distance = math.hypot(dx, dy)
    slack = NEAR_SLACK if before is None else -NEAR_SLACK
    if not math.isfinite(distance) or distance < NEAR_PX * (1 + slack):
        return None
    angle = math.degrees(math.atan2(dy, dx))
    if before is not None:
        off = (angle - _RING.index(before) * SECTOR_DEGREES + 180) % 360 - 180
        if abs(off) <= SECTOR_DEGREES / 2 + SECTOR_SLACK_DEGREES:
            return before
    return _RING[round(angle / SECTOR_DEGREES) % len(_RING)]


def find_blink_share(before: Look | None, after: Look | None) -> float:
    """How likely the lids close while the eyes move from one direction to another."""
    if before == after:
        return 0.0
    (x, y), (to_x, to_y) = _vector(before), _vector(after)
    return LEAP_BLINK_SHARE if math.hypot(to_x - x, to_y - y) > LEAP else SHIFT_BLINK_SHARE


def _vector(look: Look | None) -> tuple[float, float]:
    if look is None:
        return 0.0, 0.0
    angle = math.radians(_RING.index(look) * SECTOR_DEGREES)
    return math.cos(angle), math.sin(angle)


class Gaze:
    """Chooses what to look at, and when.

    Args:
        random: Where chance comes from.
        now: Seconds of any clock that does not go back.
        pointer: Where the pointer is relative to her eyes, in pixels, y down; None when nobody knows. Asked
            when a glance begins, and while it lasts.
        is_still: Always look at the viewer.
    """

    def __init__(self, random: Random, now: float, pointer: Pointer, is_still: bool) -> None:
        self.look: Look | None = None
        self.due = NEVER
        "When to call `advance`."
        self._random = random
        self._pointer = pointer
        self._is_still = is_still
        self._attention: Attention = "idle"
        self._follow_until: float | None = None
        self._script: deque[tuple[Look | None, float]] = deque()
        self.restart(now)

    def restart(self, now: float) -> None:
        """Begin anew, looking at the viewer."""
        self._turn_back(now)

    def attend(self, attention: Attention, now: float) -> None:
        """What she does decides where she looks; no change when she does it already."""
        if attention == self._attention:
            return
        self._attention = attention
        self._turn_back(now)
        if attention == "thinking" and not self._is_still:
            self.due = now + self._random.uniform(0.15, 0.5)

    def glance(self, dx: float, dy: float, now: float) -> None:
        """Look for a moment at a point relative to her eyes, in pixels, y down."""
        look = find_direction(dx, dy, None)
        self._play(now, [(look, self._random.uniform(*GLANCE_SECONDS))])

    def look_around(self, now: float) -> None:
        """Look to one side, then to the other."""
        sides: list[Look] = ["left", "right"] if self._random.random() < 0.5 else ["right", "left"]
        first, second = (self._random.uniform(0.7, 1.5) for _ in sides)
        self._play(now, [(sides[0], first), (None, 0.15), (sides[1], second)])

    def advance(self, now: float) -> None:
        """Do what is due."""
        if now < self.due:
            return
        if self._script:
            self.look, seconds = self._script.popleft()
            self.due = now + seconds
        elif self._follow_until is not None and now < self._follow_until:
            self._follow(now, self._follow_until)
        elif self._follow_until is not None or self.look is not None:
            self._turn_back(now)
        else:
            self._look_away(now)

    def _play(self, now: float, script: list[tuple[Look | None, float]]) -> None:
        if not self._is_still:
            self._follow_until = None
            self._script = deque(script)
            self.due = now

    def _turn_back(self, now: float) -> None:
        self._script.clear()
        self._follow_until = None
        self.look = None
        self.due = NEVER if self._is_still else now + self._draw_stay()

    def _draw_stay(self) -> float:
        """How long she looks at the viewer."""
        match self._attention:
            case "listening":
                return NEVER
            case "thinking":
                return self._random.uniform(*THINKING_AT_SECONDS)
            case "speaking":
                return draw_gap(self._random, SPEAKING_GAP_SECONDS, 0.5, 1.5, 12.0)
            case "idle":
                return draw_gap(self._random, IDLE_GAP_SECONDS, 0.6, 2.0, 20.0)

    def _look_away(self, now: float) -> None:
        match self._attention:
            case "thinking":
                self._look_aside(now, _THINKING_LOOKS, THINKING_AWAY_SECONDS)
            case "speaking":
                self._look_aside(now, _SPEAKING_LOOKS, SPEAKING_AWAY_SECONDS)
            case _ if self._random.random() < POINTER_SHARE:
                self._follow_until = now + self._random.uniform(*FOLLOW_SECONDS)
                self._follow(now, self._follow_until)
            case _:
                self._look_aside(now, _IDLE_LOOKS, IDLE_AWAY_SECONDS)

    def _look_aside(self, now: float, looks: tuple[Look, ...], seconds: tuple[float, float]) -> None:
        self.look = self._random.choice(looks)
        self.due = now + self._random.uniform(*seconds)

    def _follow(self, now: float, until: float) -> None:
        place = self._pointer()
        if place is None:
            self._turn_back(now)
            return
        self.look = find_direction(*place, self.look)
        self.due = min(now + FOLLOW_STEP_SECONDS, until)

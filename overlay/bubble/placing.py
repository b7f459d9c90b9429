"""Where the bubble stands beside her: on the screen, near her head, never on her face."""

from dataclasses import dataclass
from typing import Literal

Side = Literal["left", "right", "above"]
Box = tuple[int, int, int, int]
"""x, y, width and height in pixels of the desktop."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where she is, and how much room there is."""

    head: tuple[int, int]
    "The top of her head."
    figure: Box
    work: Box
    "The part of her monitor that is free of task bars."
    face: Box | None = None
    "What must stay free; None: reckoned from head and figure."

    @property
    def free(self) -> Box:
        """The box round her face that the bubble leaves alone."""
        if self.face is not None:
            return self.face
        _, _, width, height = self.figure
        x, y = self.head
        return (x - round(width * 0.3), y, round(width * 0.6), round(height * 0.34))


@dataclass(frozen=True, slots=True)
class Spot:
    """A place for the bubble."""

    x: int
    y: int
    tail_at: int
    "Where the tail leaves the bubble, from its left edge (above) or its upper edge (left, right)."


def choose_side(scene: Scene, width: int, height: int, now: Side | None = None) -> Side:
    """Beside her where there is more room, else above.

    Args:
        scene: Where she is.
        width: The widest the bubble can become, with its tail, so that it does not change sides as it grows.
        height: The same for its height.
        now: The side it is on; it stays there while there is room for it.
    """
    room = _room(scene)
    needed = {"left": width, "right": width, "above": height}
    if now is not None and room[now] >= needed[now]:
        return now
    beside: Side = "left" if room["left"] >= room["right"] else "right"
    if room[beside] >= width:
        return beside
    # Too narrow for a bubble on either side: where the smaller part of it would be missing.
    missing = {side: needed[side] - room[side] for side in (beside, "above")}
    return beside if missing[beside] <= min(missing["above"], 0) else "above"


def _room(scene: Scene) -> dict[Side, int]:
    x, y, width, _ = scene.free
    left, top, work_width, _ = scene.work
    return {"left": x - left, "right": left + work_width - (x + width), "above": y - top}


def room_above(scene: Scene) -> int:
    """How high a bubble above her can be, its tail included."""
    return max(0, _room(scene)["above"])


def place(scene: Scene, side: Side, size: tuple[int, int], tail: int, corner: int) -> Spot:
    """Where the body of the bubble goes.

    Args:
        scene: Where she is.
        side: The side of her it is on.
        size: Width and height of the body, without tail and shadow.
        tail: How far the tail reaches out.
        corner: How far the tail must stay from the ends of its edge.
    """
    width, height = size
    left, top, work_width, work_height = scene.work
    free_x, free_y, free_width, free_height = scene.free
    head_x, _ = scene.head
    mouth_y = free_y + free_height // 2
    if side == "above":
        x = head_x - width // 2
        y = free_y - tail - height
    else:
        x = free_x - tail - width if side == "left" else free_x + free_width + tail
        # Its first lines are level with her face and stay there while it grows downwards.
        y = mouth_y - corner - tail
    x = _clamp(x, left, left + work_width - width)
    y = _clamp(y, top, top + work_height - height)
    if side == "above":
        return Spot(x, y, _clamp(head_x - x, corner, width - corner))
    if x < free_x + free_width and free_x < x + width:
        # The screen is too narrow for both: rather below her face than on it.
        y = max(y, min(free_y + free_height, top + work_height - height))
    return Spot(x, y, _clamp(mouth_y - y, corner, height - corner))


def _clamp(value: int, low: int, high: int) -> int:
    return max(low, min(value, high))

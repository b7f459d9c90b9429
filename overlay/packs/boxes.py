"""Parts of a picture."""

from collections.abc import Sequence
from typing import NamedTuple


class Box(NamedTuple):
    """A part of a picture; right and bottom lie just outside."""

    left: int
    top: int
    right: int
    bottom: int

    def overlap(self, other: "Box") -> "Box | None":
        """What lies in both."""
        box = Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )
        return box if box.left < box.right and box.top < box.bottom else None

    def move(self, x: int, y: int) -> "Box":
        """The same part of a picture whose corner lies elsewhere."""
        return Box(self.left + x, self.top + y, self.right + x, self.bottom + y)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.right - self.left, self.bottom - self.top

    @property
    def area(self) -> int:
        """In pixels."""
        return (self.right - self.left) * (self.bottom - self.top)


def hull(boxes: Sequence[Box]) -> Box:
    """The smallest box that holds all of these; there is at least one."""
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )

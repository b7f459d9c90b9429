"""Where the monitors are, what fills them, and how long the user has touched nothing.

The parts that differ between the systems are imported at the first use: whoever needs no screen pays nothing.
All boxes are x, y, width, height in real pixels of the whole desktop, y down.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Literal, Protocol

Box = tuple[int, int, int, int]
Change = Literal["monitors", "fullscreen", "compositor", "stacking"]


@dataclass(frozen=True, slots=True)
class Monitor:
    """One monitor, or what the user has made one."""

    name: str
    x: int
    y: int
    width: int
    height: int
    work: Box
    "What panels and docks leave free."
    scale: float
    "How much larger than at 96 dots per inch things are to be drawn."
    is_primary: bool

    @property
    def box(self) -> Box:
        """All of it."""
        return self.x, self.y, self.width, self.height


@dataclass(frozen=True, slots=True)
class Scene:
    """What a look at the screens finds."""

    monitors: tuple[Monitor, ...]
    fullscreens: tuple[Box, ...]
    "Windows of others that fill a monitor and are in front there; the one the user works in comes first."
    has_compositor: bool


class Watch(Protocol):
    """Tells what changes on the screens. Belongs to one thread."""

    @property
    def scene(self) -> Scene:
        """As of the last `read`."""
        ...

    @property
    def monitors(self) -> list[Monitor]:
        """The monitors, the primary one first; never empty."""
        ...

    @property
    def fullscreen(self) -> Box | None:
        """The full-screen window in front; None: there is none, or it cannot be told."""
        ...

    @property
    def has_compositor(self) -> bool:
        """Whether windows can be see-through."""
        ...

    def fileno(self) -> int | None:
        """Readable when something may have changed. None: call `read` every second."""
        ...

    def read(self) -> frozenset[Change]:
        """Look again; returns what has changed. Never blocks for long and never raises."""
        ...

    def close(self) -> None:
        """Stop watching."""
        ...


class Seen:
    """What the watches of all systems have in common: the last scene, and what is new in the next one."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    @property
    def scene(self) -> Scene:
        """See `Watch.scene`."""
        return self._scene

    @property
    def monitors(self) -> list[Monitor]:
        """See `Watch.monitors`."""
        return list(self._scene.monitors)

    @property
    def fullscreen(self) -> Box | None:
        """See `Watch.fullscreen`."""
        return next(iter(self._scene.fullscreens), None)

    @property
    def has_compositor(self) -> bool:
        """See `Watch.has_compositor`."""
        return self._scene.has_compositor

    def _see(self, scene: Scene) -> set[Change]:
        before, self._scene = self._scene, scene
        changes: set[Change] = set()
        if scene.monitors != before.monitors:
            changes.add("monitors")
        if scene.fullscreens != before.fullscreens:
            changes.add("fullscreen")
        if scene.has_compositor != before.has_compositor:
            changes.add("compositor")
        return changes


class PollingWatch(Seen):
    """For systems that do not tell by themselves: looks whenever it is read.

    Args:
        look: Returns the scene, and something that differs when another window has come to the front.
    """

    def __init__(self, look: Callable[[], tuple[Scene, object]]) -> None:
        scene, self._front = look()
        super().__init__(scene)
        self._look = look

    def fileno(self) -> int | None:
        """There is nothing to wait for."""
        return None

    def read(self) -> frozenset[Change]:
        """See `Watch.read`."""
        before = self._front
        scene, self._front = self._look()
        changes = self._see(scene)
        if self._front != before:
            changes.add("stacking")
        return frozenset(changes)

    def close(self) -> None:
        """Nothing is held."""


def primary_first(monitors: Sequence[Monitor]) -> tuple[Monitor, ...]:
    """The primary monitor, then the others from left to right, from the top down."""
    return tuple(sorted(monitors, key=lambda one: (not one.is_primary, one.x, one.y, one.name)))


def fills(box: Box, monitors: Sequence[Monitor]) -> bool:
    """Whether a window of this box covers exactly one monitor, or exactly all of them together."""
    if not monitors:
        return False
    left, top = min(one.x for one in monitors), min(one.y for one in monitors)
    right = max(one.x + one.width for one in monitors)
    bottom = max(one.y + one.height for one in monitors)
    return box == (left, top, right - left, bottom - top) or any(box == one.box for one in monitors)


def is_overlapping(one: Box, other: Box) -> bool:
    """Whether two boxes share a pixel; so a full-screen window hides her when it overlaps hers."""
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )


def _system() -> ModuleType:
    if sys.platform == "win32":
        from backend.shared.desktop import windows_screens

        return windows_screens
    elif sys.platform == "darwin":  # noqa: RET505  # the type checker follows only such chains
        from backend.shared.desktop import macos_screens

        return macos_screens
    else:
        from backend.shared.desktop import x11_screens

        return x11_screens


def monitors() -> list[Monitor]:
    """The monitors, the primary one first; empty only where there is no display."""
    found: tuple[Monitor, ...] = _system().monitors()
    return list(found)


def watch() -> Watch | None:
    """Begin to watch the screens; None where there is no display."""
    found: Watch | None = _system().watch()
    return found


def idle_seconds() -> float | None:
    """How long the user has touched neither mouse nor keys; None: cannot tell."""
    found: float | None = _system().idle_seconds()
    return found


def set_dpi_awareness() -> None:
    """Ask to work in real pixels; before the first window. Only Windows needs it."""
    _system().set_dpi_awareness()

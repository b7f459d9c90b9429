"""Where she stands: a place on one of the monitors that fits them, and is found again when she comes back."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from backend.shared.desktop import write_private
from backend.shared.desktop.screens import Box, Monitor, is_overlapping

log = logging.getLogger(__name__)

Point = tuple[int, int]
"""x and y in pixels of the whole desktop, or of her picture."""

FILE_NAME = "overlay.json"
VERSION = 1
LOWEST_PX = 120
"""Her least height. It is not scaled: who wants her tiny may have her so."""
LEAST_OPACITY = 0.1

_SHARE_OF_HEIGHT = 0.4
_DEFAULT_HEIGHTS = (300, 700)
_MARGIN_PX = 24
_MOST_SETS = 16
_LARGEST_FILE = 256 * 1024

_Pixels = Annotated[int, msgspec.Meta(ge=-100_000, le=100_000)]


@dataclass(frozen=True, slots=True)
class Outline:
    """Her picture as it is shown, in its own pixels."""

    width: int
    height: int
    feet: Point
    face: Box


@dataclass(frozen=True, slots=True)
class Spot:
    """Where her feet are on the desktop: they stay when her size changes."""

    x: int
    y: int

    def corner(self, outline: Outline) -> Point:
        """Where the upper left corner of her picture is then."""
        return self.x - outline.feet[0], self.y - outline.feet[1]

    @staticmethod
    def at(corner: Point, outline: Outline) -> "Spot":
        """The spot of a picture with this upper left corner."""
        return Spot(corner[0] + outline.feet[0], corner[1] + outline.feet[1])


class _Stand(msgspec.Struct, frozen=True):
    """A spot, told by the nearest edges of a monitor's work area: it keeps its sense when sizes change."""

    monitor: str
    side: Literal["left", "right"]
    from_side_px: _Pixels
    edge: Literal["top", "bottom"]
    from_edge_px: _Pixels
    height_px: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
    "0: by the monitor."


class _Remembered(msgspec.Struct):
    version: Annotated[int, msgspec.Meta(ge=1, le=VERSION)] = VERSION
    opacity: Annotated[float, msgspec.Meta(ge=LEAST_OPACITY, le=1)] = 1.0
    pack: str = ""
    is_in_front: bool = True
    stands: dict[str, _Stand] = {}
    "By the set of monitors; the one used last is the last."


class Placement:
    """What the user has chosen with the mouse and in her menu, kept in a file.

    Nothing is written before `save`. Monitors are handed in with the primary one first, and at least one.

    Attributes:
        opacity: 0.1 to 1.
        pack: The look chosen in the menu; empty: the settings decide.
        is_in_front: Whether she stays above other windows.

    Args:
        home: Alisa's folder. A file there that makes no sense is renamed to `overlay.json.broken`.
    """

    def __init__(self, home: Path) -> None:
        self._path = home / FILE_NAME
        self._raw, remembered = _read(self._path)
        self.opacity = remembered.opacity
        self.pack = remembered.pack
        self.is_in_front = remembered.is_in_front
        self._stands = remembered.stands
        self._saved = self._written()

    def height(self, monitors: Sequence[Monitor], wanted_px: int = 0) -> int:
        """Her height with these monitors: the remembered one, else the wanted one, else by the monitor.

        Never higher than the work area she stands on.
        """
        stand = self._stand(monitors)
        monitor = _monitor_of(stand, monitors)
        chosen = (stand.height_px if stand else 0) or wanted_px or default_height(monitor)
        return limit_height(chosen, monitor)

    def choose(self, monitors: Sequence[Monitor], outline: Outline) -> Spot:
        """Where she stands with these monitors: where she last stood with them.

        With monitors never seen together: as she stood last, on the same monitor when it is there, else on
        the primary one. At first: in the lower right corner of the primary one.
        """
        stand = self._stand(monitors)
        monitor = _monitor_of(stand, monitors)
        spot = default_spot(monitor, outline) if stand is None else _spot_of(stand, monitor)
        return clamp(spot, outline, monitors)

    def remember(
        self, monitors: Sequence[Monitor], spot: Spot, outline: Outline, height_px: int | None = None
    ) -> None:
        """Stand here whenever these monitors are there.

        Args:
            monitors: As they are now.
            spot: Where her feet are.
            outline: Her picture there.
            height_px: A height chosen by the user, 0 for one by the monitor; None: as remembered.
        """
        before = self._stand(monitors)
        if height_px is None:
            height_px = before.height_px if before else 0
        monitor = monitor_at(spot, outline, monitors)
        left, top, width, height = monitor.work
        is_left = spot.x - left < left + width - spot.x
        is_top = spot.y - top < top + height - spot.y
        key = _key(monitors)
        self._stands.pop(key, None)
        self._stands[key] = _Stand(
            monitor=monitor.name,
            side="left" if is_left else "right",
            from_side_px=spot.x - left if is_left else left + width - spot.x,
            edge="top" if is_top else "bottom",
            from_edge_px=spot.y - top if is_top else top + height - spot.y,
            height_px=height_px,
        )
        while len(self._stands) > _MOST_SETS:
            del self._stands[next(iter(self._stands))]

    def forget_heights(self) -> None:
        """Forget how high she was, with all monitors, but not where she stood."""
        self._stands = {
            key: msgspec.structs.replace(stand, height_px=0) for key, stand in self._stands.items()
        }

    def forget(self) -> None:
        """Forget where she stood and how high she was, with all monitors."""
        self._stands.clear()

    def save(self) -> bool:
        """Write what has changed since the last time; False, and a log entry: the file cannot be written."""
        written = self._written()
        if written == self._saved:
            return True
        try:
            write_private(self._path, written)
        except OSError as error:
            log.warning("Where she stands cannot be remembered: %s", error.strerror)
            return False
        self._saved = written
        return True

    def _stand(self, monitors: Sequence[Monitor]) -> _Stand | None:
        last = next(reversed(self._stands.values()), None)
        return self._stands.get(_key(monitors), last)

    def _written(self) -> bytes:
        opacity = min(max(self.opacity, LEAST_OPACITY), 1.0)
        known = _Remembered(
            opacity=opacity, pack=self.pack, is_in_front=self.is_in_front, stands=self._stands
        )
        # What a later version has put there stays.
        raw = {**self._raw, **msgspec.to_builtins(known)}
        before = self._raw.get("stands", {})
        raw["stands"] = {key: {**before.get(key, {}), **stand} for key, stand in raw["stands"].items()}
        return msgspec.json.format(msgspec.json.encode(raw))


def _read(path: Path) -> tuple[dict[str, Any], _Remembered]:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_FILE + 1)
        if len(data) > _LARGEST_FILE:
            raise msgspec.DecodeError("too large")
        raw = msgspec.json.decode(data, type=dict[str, Any])
        return raw, msgspec.convert(raw, _Remembered)
    except FileNotFoundError:
        pass
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        log.warning("What is in %s makes no sense; it is kept as %s.broken.", path.name, path.name)
        try:
            path.replace(path.with_name(f"{path.name}.broken"))
        except OSError as error:
            log.warning("%s cannot be renamed: %s", path.name, error.strerror)
    except OSError as error:
        log.warning("%s cannot be read: %s", path.name, error.strerror)
    return {}, _Remembered()


def default_height(monitor: Monitor) -> int:
    """Her height when nobody has chosen one: two fifths of the work area, within limits."""
    least, most = (px * monitor.scale for px in _DEFAULT_HEIGHTS)
    return limit_height(round(min(max(monitor.work[3] * _SHARE_OF_HEIGHT, least), most)), monitor)


def limit_height(height_px: int, monitor: Monitor) -> int:
    """A height that the work area has room for, and in which she can be seen."""
    return max(LOWEST_PX, min(height_px, monitor.work[3]))


def default_spot(monitor: Monitor, outline: Outline) -> Spot:
    """The lower right corner of the work area, standing on its edge."""
    left, top, width, height = monitor.work
    margin = round(_MARGIN_PX * monitor.scale)
    return Spot(left + width - margin - outline.width + outline.feet[0], top + height)


def monitor_at(spot: Spot, outline: Outline, monitors: Sequence[Monitor]) -> Monitor:
    """The monitor that most of her is on; the nearest one when she is on none."""
    x, y = spot.corner(outline)
    body = (x, y, outline.width, outline.height)

    def rank(monitor: Monitor) -> tuple[int, int]:
        left, top, width, height = monitor.box
        if is_overlapping(body, monitor.box):
            shared_width = min(x + outline.width, left + width) - max(x, left)
            shared_height = min(y + outline.height, top + height) - max(y, top)
            return 1, shared_width * shared_height
        return 0, -_distance((x + outline.width // 2, y + outline.height // 2), monitor.box)

    return max(monitors, key=rank)


def possible_spots(spot: Spot, outline: Outline, monitors: Sequence[Monitor]) -> list[Spot]:
    """On each work area the nearest spot at which her face and half of her width are on it; nearest first."""
    corner = spot.corner(outline)
    found = [Spot.at(_clamp_to(corner, outline, monitor.work), outline) for monitor in monitors]
    return sorted(found, key=lambda one: (one.x - spot.x) ** 2 + (one.y - spot.y) ** 2)


def clamp(spot: Spot, outline: Outline, monitors: Sequence[Monitor]) -> Spot:
    """The nearest spot at which her face and half of her width are on one work area."""
    return possible_spots(spot, outline, monitors)[0]


def _clamp_to(corner: Point, outline: Outline, work: Box) -> Point:
    left, top, width, height = work
    face_x, face_y, face_width, face_height = outline.face
    half = outline.width // 2
    lowest_x = left + max(-face_x, -half)
    highest_x = left + width + min(-face_x - face_width, half - outline.width)
    lowest_y = top - face_y
    highest_y = top + height - face_y - face_height
    # Where there is too little room her left side and her upper part are to be seen.
    return max(lowest_x, min(corner[0], highest_x)), max(lowest_y, min(corner[1], highest_y))


def _distance(point: Point, box: Box) -> int:
    """Squared, from a point to the nearest one of a box."""
    x = min(max(point[0], box[0]), box[0] + box[2]) - point[0]
    y = min(max(point[1], box[1]), box[1] + box[3]) - point[1]
    return x * x + y * y


def _key(monitors: Sequence[Monitor]) -> str:
    return " ".join(sorted(f"{one.name}:{one.width}x{one.height}{one.x:+}{one.y:+}" for one in monitors))


def _monitor_of(stand: _Stand | None, monitors: Sequence[Monitor]) -> Monitor:
    return next((one for one in monitors if stand and one.name == stand.monitor), monitors[0])


def _spot_of(stand: _Stand, monitor: Monitor) -> Spot:
    left, top, width, height = monitor.work
    return Spot(
        left + stand.from_side_px if stand.side == "left" else left + width - stand.from_side_px,
        top + stand.from_edge_px if stand.edge == "top" else top + height - stand.from_edge_px,
    )

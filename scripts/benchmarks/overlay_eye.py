"""An eye on the desktop: an X client of its own that sees when pixels change, and how."""

import select
import time
from types import TracebackType
from typing import Any, NamedTuple, Self

from Xlib import X
from Xlib.display import Display
from Xlib.error import XError
from Xlib.ext import damage

from benchmarks.processes import BenchmarkError

_ALL_PLANES = 0xFFFFFFFF


class Box(NamedTuple):
    """A part of the screen, in pixels."""

    x: int
    y: int
    width: int
    height: int


class Sight(NamedTuple):
    """What a box of the screen looked like."""

    time: float
    """In seconds of `time.perf_counter`: when the server had said that something was drawn."""
    pixels: bytes


class Eye:
    """Looks at a screen: the server tells when something is drawn (XDamage), then pixels are compared.

    So nothing is asked while nothing happens, and what is seen is the screen, after the compositor.

    Args:
        name: Of the display.
    """

    def __init__(self, name: str) -> None:
        self._display: Any = Display(name)
        if not self._display.has_extension("DAMAGE"):
            raise BenchmarkError("This X server does not tell what is drawn (no DAMAGE extension).")
        self._display.damage_query_version()
        self._root = self._display.screen().root
        self._damage = self._root.damage_create(damage.DamageReportNonEmpty)
        self._display.sync()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._display.close()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the screen."""
        screen = self._display.screen()
        return int(screen.width_in_pixels), int(screen.height_in_pixels)

    def look(self, box: Box) -> Sight:
        """What is there now."""
        self._forget()
        return Sight(time.perf_counter(), self._pixels(box))

    def wait_for_change(self, box: Box, before: bytes, seconds: float) -> Sight | None:
        """Wait until a box looks different; None: it does not within that time."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            seen = self._wait(left)
            if seen is None:
                return None
            self._forget()
            pixels = self._pixels(box)
            if pixels != before:
                return Sight(seen, pixels)
        return None

    def windows(self, prefix: str) -> list[Box]:
        """The windows without a frame whose title begins so, the lowest first."""
        found = []
        for window in self._root.query_tree().children:
            try:
                attributes = window.get_attributes()
                if attributes.map_state != X.IsViewable or not attributes.override_redirect:
                    continue
                inner = (window, *window.query_tree().children)
                title = next((str(text) for each in inner if (text := each.get_wm_name())), "")
                box = window.get_geometry()
            except XError:  # gone meanwhile
                continue
            if title.startswith(prefix):
                found.append(Box(box.x, box.y, box.width, box.height))
        return found

    def _wait(self, seconds: float) -> float | None:
        """When the server says that something was drawn."""
        if not self._display.pending_events() and not select.select([self._display], [], [], seconds)[0]:
            return None
        return time.perf_counter()

    def _forget(self) -> None:
        """Be told of the next drawing again. What is told from here on is not thrown away: it comes once."""
        for _ in range(self._display.pending_events()):
            self._display.next_event()
        self._display.damage_subtract(self._damage)

    def _pixels(self, box: Box) -> bytes:
        return bytes(self._root.get_image(*box, X.ZPixmap, _ALL_PLANES).data)

"""Screens of the X Window System: RandR's monitors, and what window managers tell by EWMH properties.

EWMH: https://specifications.freedesktop.org/wm-spec/latest/. On Wayland this sees what XWayland sees: the
monitors, but only those windows that are X clients too.
"""

import contextlib
import os
import re
from dataclasses import dataclass

from Xlib import X, Xatom, error
from Xlib.display import Display

from backend.shared.desktop.screens import Box, Monitor, Watch, is_overlapping, primary_first

_DOTS_PER_INCH = 96.0
_SCALES = (0.5, 5.0)


class Server:
    """A connection that asks questions about windows which may vanish at any moment."""

    def __init__(self) -> None:
        self.display = Display()
        # Errors of requests without an answer; the default prints them.
        self.display.set_error_handler(lambda *_: None)
        self.root = self.display.screen().root
        self._atoms: dict[str, int] = {}

    def atom(self, name: str) -> int:
        """The number of a name."""
        if name not in self._atoms:
            self._atoms[name] = self.display.intern_atom(name)
        return self._atoms[name]

    def numbers(self, window: int, name: str) -> list[int]:
        """A property made of numbers, atoms or windows; empty when it or the window is not there."""
        asked = self.display.create_resource_object("window", window)
        try:
            found = asked.get_full_property(self.atom(name), X.AnyPropertyType)
        except error.XError:
            return []
        return list(found.value) if found is not None and found.format == 32 else []

    def box(self, window: int) -> Box | None:
        """Where a window is on the desktop, without its frame; None when it is gone."""
        asked = self.display.create_resource_object("window", window)
        try:
            size = asked.get_geometry()
            corner = self.root.translate_coords(asked, 0, 0)
        except error.XError:
            return None
        return corner.x, corner.y, size.width, size.height

    def select(self, window: int, mask: int) -> None:
        """Choose which events of a window we are told."""
        self.display.create_resource_object("window", window).change_attributes(event_mask=mask)

    def desktop(self) -> int:
        """The number of the virtual desktop that is shown."""
        return next(iter(self.numbers(self.root.id, "_NET_CURRENT_DESKTOP")), 0)

    @property
    def compositor_selection(self) -> int:
        """The selection that a compositor owns."""
        return self.atom(f"_NET_WM_CM_S{self.display.get_default_screen()}")

    def compositor(self) -> int:
        """The window that stands for the compositor; 0: none runs."""
        owner = self.display.get_selection_owner(self.compositor_selection)
        return int(owner.id) if owner else 0


@dataclass(frozen=True, slots=True)
class Dock:
    """A window that keeps others off an edge of the screen."""

    box: Box
    left: int
    top: int
    right: int
    bottom: int

    def cut(self, area: Box, screen: tuple[int, int]) -> Box:
        """What it leaves of a monitor's area.

        Struts count from the edges of the whole screen, not of the monitor: one is only for monitors that its
        window is on and whose area it ends in.
        """
        x, y, width, height = area
        if not is_overlapping(self.box, area):
            return area
        left, top, right, bottom = x, y, x + width, y + height
        if self.left and left < self.left < right:
            left = self.left
        if self.right and left < screen[0] - self.right < right:
            right = screen[0] - self.right
        if self.top and top < self.top < bottom:
            top = self.top
        if self.bottom and top < screen[1] - self.bottom < bottom:
            bottom = screen[1] - self.bottom
        return left, top, right - left, bottom - top


def common(one: Box, other: Box) -> Box:
    """What two boxes share; without area when they share nothing."""
    left, top = max(one[0], other[0]), max(one[1], other[1])
    right = min(one[0] + one[2], other[0] + other[2])
    bottom = min(one[1] + one[3], other[1] + other[3])
    return left, top, max(0, right - left), max(0, bottom - top)


def area_of(box: Box) -> int:
    """In pixels."""
    return box[2] * box[3]


def read_dock(server: Server, window: int) -> Dock | None:
    """What a window keeps free for itself; None when nothing, or when it is gone."""
    struts = server.numbers(window, "_NET_WM_STRUT_PARTIAL") or server.numbers(window, "_NET_WM_STRUT")
    box = server.box(window) if len(struts) >= 4 and any(struts[:4]) else None
    if box is None:
        return None
    left, right, top, bottom = struts[:4]
    return Dock(box, left=left, top=top, right=right, bottom=bottom)


def _scale(server: Server) -> float:
    """From Xft.dpi, which desktops set to the scale the user chose. X knows none of a single monitor."""
    found = server.root.get_full_property(Xatom.RESOURCE_MANAGER, Xatom.STRING)
    dots = re.search(rb"^Xft\.dpi:\s*(\d+(?:\.\d+)?)", bytes(found.value) if found else b"", re.MULTILINE)
    if dots is None:
        return 1.0
    return min(max(float(dots[1]) / _DOTS_PER_INCH, _SCALES[0]), _SCALES[1])


def _boxes(server: Server, screen: tuple[int, int]) -> list[tuple[str, Box, bool]]:
    """Name, box, and whether it is the primary one, of every monitor; mirrors of another one left out."""
    found: dict[Box, tuple[str, Box, bool]] = {}
    # Servers before RandR 1.5 (2015) cannot be asked.
    listed = server.root.xrandr_get_monitors().monitors if hasattr(server.root, "xrandr_get_monitors") else []
    for one in sorted(listed, key=lambda one: not one.primary):
        box = (one.x, one.y, one.width_in_pixels, one.height_in_pixels)
        if area_of(box):
            found.setdefault(box, (server.display.get_atom_name(one.name), box, bool(one.primary)))
    return list(found.values()) or [("screen", (0, 0, *screen), True)]


def read_monitors(server: Server, docks: list[Dock]) -> tuple[Monitor, ...]:
    """The monitors with their work areas."""
    size = server.root.get_geometry()
    screen = (size.width, size.height)
    boxes = _boxes(server, screen)
    scale = _scale(server)
    desktop = server.desktop()
    # GNOME's own shell has no dock windows; it tells the work areas of each monitor by this property.
    each = server.numbers(server.root.id, f"_GTK_WORKAREAS_D{desktop}")
    told = [(each[i], each[i + 1], each[i + 2], each[i + 3]) for i in range(0, len(each) - 3, 4)]
    all_ = server.numbers(server.root.id, "_NET_WORKAREA")[4 * desktop : 4 * desktop + 4]
    # One rectangle for all monitors: with several of different heights it takes away what is free.
    whole = (all_[0], all_[1], all_[2], all_[3]) if len(all_) == 4 else (0, 0, *screen)
    is_whole_true = len(boxes) == 1 or not (docks or told)
    is_any_primary = any(is_primary for _, _, is_primary in boxes)
    found = []
    for index, (name, box, is_primary) in enumerate(boxes):
        areas = [common(box, area) for area in told]
        work = max(areas, key=area_of, default=box)
        for dock in docks:
            work = dock.cut(work, screen)
        if is_whole_true:
            work = common(work, whole)
        if work[2] * 2 < box[2] or work[3] * 2 < box[3]:
            work = box  # nobody gives half a monitor away: what was told is wrong
        found.append(Monitor(name, *box, work, scale, is_primary if is_any_primary else index == 0))
    return primary_first(found)


def _open() -> Server | None:
    try:
        return Server()
    except (error.DisplayError, error.ConnectionClosedError, OSError):
        return None


def monitors() -> tuple[Monitor, ...]:
    """See `backend.shared.desktop.screens.monitors`."""
    server = _open()
    if server is None:
        return ()
    with contextlib.closing(server.display):
        windows = server.numbers(server.root.id, "_NET_CLIENT_LIST")
        docks = [read_dock(server, window) for window in windows]
        return read_monitors(server, [dock for dock in docks if dock is not None])


def watch() -> Watch | None:
    """See `backend.shared.desktop.screens.watch`."""
    from backend.shared.desktop.x11_watch import X11Watch

    server = _open()
    try:
        return None if server is None else X11Watch(server)
    except (error.ConnectionClosedError, OSError):
        return None


class IdleClock:
    """Asks over a connection that it keeps: to open one costs more than all that she does meanwhile."""

    def __init__(self) -> None:
        self._server: Server | None = None
        self._display = ""

    def read(self) -> float | None:
        """By the MIT-SCREEN-SAVER extension."""
        display = os.environ.get("DISPLAY", "")
        try:
            if self._server is None or self._display != display:
                self.close()
                self._server, self._display = _open(), display
            if self._server is None or not self._server.display.has_extension("MIT-SCREEN-SAVER"):
                return None
            return float(self._server.root.screensaver_query_info().idle) / 1000
        except (error.ConnectionClosedError, OSError):
            self.close()
            return None

    def close(self) -> None:
        """Another display is asked from now on, or this one has gone."""
        server, self._server = self._server, None
        if server is not None:
            with contextlib.suppress(error.ConnectionClosedError, OSError):
                server.display.close()


_idle_clock = IdleClock()


def idle_seconds() -> float | None:
    """See `backend.shared.desktop.screens.idle_seconds`; in one thread only."""
    return _idle_clock.read()


def set_dpi_awareness() -> None:
    """Nothing to do: X windows work in real pixels."""

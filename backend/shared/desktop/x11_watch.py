"""Watches the screens of an X server: no timer, woken by the server only when something changes."""

import logging
from dataclasses import dataclass
from typing import Any, Literal

from Xlib import X, error

from backend.shared.desktop.screens import Box, Change, Monitor, Scene, Seen, fills
from backend.shared.desktop.x11_screens import Dock, Server, area_of, common, read_dock, read_monitors

log = logging.getLogger(__name__)

_ALL_DESKTOPS = 0xFFFFFFFF
_FIRST_EXTENSION_EVENT = 64
# One more kind of RandR's events (ResourceChange) makes python-xlib 0.33 raise KeyError: only these.
_RANDR_EVENTS = 0x01 | 0x02 | 0x04  # screen, CRTC, output
_SELECTION_EVENTS = 0x01 | 0x02 | 0x04  # a new owner, the owner's window destroyed, its client gone
_WINDOW_EVENTS = X.PropertyChangeMask | X.StructureNotifyMask
# A round follows another only when something changed meanwhile.
_ROUNDS = 50

Part = Literal["monitors", "docks", "front", "compositor"]
"What has to be looked at again."

_ROOT_PROPERTIES: dict[str, tuple[Part, ...]] = {
    "_NET_ACTIVE_WINDOW": ("front",),
    "_NET_CLIENT_LIST": ("docks",),
    "_NET_CLIENT_LIST_STACKING": ("front",),
    "_NET_CURRENT_DESKTOP": ("front", "monitors"),
    "_NET_WORKAREA": ("monitors",),
    "RESOURCE_MANAGER": ("monitors",),
}
_WINDOW_PROPERTIES: dict[str, tuple[Part, ...]] = {
    "_NET_WM_STATE": ("front",),
    "_NET_WM_WINDOW_TYPE": ("front",),
    "_NET_WM_DESKTOP": ("front",),
    "WM_TRANSIENT_FOR": ("front",),
    "_NET_WM_STRUT": ("docks",),
    "_NET_WM_STRUT_PARTIAL": ("docks",),
}
_EVERYTHING: frozenset[Part] = frozenset({"monitors", "docks", "front", "compositor"})


@dataclass(frozen=True, slots=True)
class _Look:
    """A window of an application, as it is now."""

    box: Box
    states: frozenset[int]
    is_furniture: bool
    "A desktop's background or a panel."
    is_here: bool
    "On the virtual desktop that is shown."


class X11Watch(Seen):
    """See `backend.shared.desktop.screens.Watch`.

    A window counts as full-screen in front when the user works in it, or did before and went on to another
    monitor: a film goes on while somebody writes beside it. Windows that the window manager does not manage,
    like our own, are no business of this.
    """

    def __init__(self, server: Server) -> None:
        self._server: Server | None = server
        self._docks: dict[int, Dock | None] = {}
        "Panels; those that keep nothing free at the moment have no Dock."
        self._clients: frozenset[int] = frozenset()
        self._stack: tuple[int, ...] = ()
        self._filling: list[int] = []
        "Those that are, or have been the active window and are full-screen still."
        self._heard: frozenset[int] = frozenset()
        self._compositor = 0
        self._meanings: dict[tuple[bool, int], tuple[Part, ...]] = {}
        super().__init__(Scene((), (), has_compositor=False))
        self._select(server)
        # Full-screen windows that were there before us.
        self._filling = server.numbers(server.root.id, "_NET_CLIENT_LIST_STACKING")[::-1]
        self._refresh(server, _EVERYTHING)
        self.read()

    def fileno(self) -> int | None:
        """The connection's; None when it is closed or the server is gone."""
        return None if self._server is None else int(self._server.display.fileno())

    def read(self) -> frozenset[Change]:
        """See `Watch.read`."""
        changes: set[Change] = set()
        if self._server is None:
            return frozenset()
        try:
            # Answers bring events along, and then the connection is not readable any more: ask again until
            # nothing has come.
            for _ in range(_ROUNDS):
                stale = self._drain(self._server)
                if not stale:
                    break
                changes |= self._refresh(self._server, stale)
        except (error.ConnectionClosedError, OSError):
            log.warning("The X server has gone.")
            self._server = None
        return frozenset(changes)

    def close(self) -> None:
        """See `Watch.close`."""
        server, self._server = self._server, None
        if server is not None:
            try:
                server.display.close()
            except (error.ConnectionClosedError, OSError):
                log.debug("The X server has gone before.")

    def _select(self, server: Server) -> None:
        server.select(server.root.id, _WINDOW_EVENTS)
        display = server.display
        for is_root, properties in ((True, _ROOT_PROPERTIES), (False, _WINDOW_PROPERTIES)):
            for name, parts in properties.items():
                self._meanings[is_root, server.atom(name)] = parts
        for desktop in range(8):
            self._meanings[True, server.atom(f"_GTK_WORKAREAS_D{desktop}")] = ("monitors",)
        if display.has_extension("RANDR"):
            server.root.xrandr_select_input(_RANDR_EVENTS)
        if display.has_extension("XFIXES"):
            display.xfixes_query_version()  # the server refuses everything before this
            display.xfixes_select_selection_input(server.root, server.compositor_selection, _SELECTION_EVENTS)

    def _drain(self, server: Server) -> set[Part]:
        stale: set[Part] = set()
        while waiting := server.display.pending_events():
            for _ in range(waiting):
                stale.update(self._meaning(server, server.display.next_event()))
        return stale

    def _meaning(self, server: Server, event: Any) -> tuple[Part, ...]:
        """What has to be looked at again after an event."""
        if event.type >= _FIRST_EXTENSION_EVENT:
            # Of RandR or XFixes: both are rare.
            return "monitors", "compositor"
        window = getattr(event, "window", None)
        is_root = window == server.root
        if event.type == X.PropertyNotify:
            return self._meanings.get((is_root, event.atom), ())
        if is_root:
            # ConfigureNotify: `xrandr --setmonitor` tells nothing else. ClientMessage: a new compositor says
            # so itself, for servers without XFixes.
            return "monitors", "compositor"
        identity = getattr(window, "id", 0)
        if event.type == X.DestroyNotify:
            self._heard -= {identity}  # the number may come back for another window
        if identity == self._compositor:
            return ("compositor",)
        return ("front", "docks") if identity in self._docks else ("front",)

    def _refresh(self, server: Server, stale: frozenset[Part] | set[Part]) -> set[Change]:
        monitors, fullscreens, stack = self.scene.monitors, self.scene.fullscreens, self._stack
        if "compositor" in stale:
            self._compositor = server.compositor()
        is_other = "docks" in stale and self._find_docks(server)
        if is_other or "monitors" in stale:
            monitors = read_monitors(server, [dock for dock in self._docks.values() if dock is not None])
        if "front" in stale or monitors != self.scene.monitors:
            fullscreens = self._find_fullscreens(server, monitors)
        self._listen(
            server, {*self._docks, *self._filling, *([self._compositor] if self._compositor else [])}
        )
        changes = self._see(Scene(monitors, fullscreens, has_compositor=self._compositor != 0))
        if self._stack != stack:
            changes.add("stacking")
        return changes

    def _listen(self, server: Server, windows: set[int]) -> None:
        """Be told of these windows, and of no others any more."""
        for window in self._heard - windows:
            server.select(window, X.NoEventMask)
        for window in windows - self._heard:
            server.select(window, _WINDOW_EVENTS)
        self._heard = frozenset(windows)

    def _find_docks(self, server: Server) -> bool:
        """Look for panels among the new windows, and at those known again; True when one is different."""
        before = dict(self._docks)
        clients = frozenset(server.numbers(server.root.id, "_NET_CLIENT_LIST"))
        kind = server.atom("_NET_WM_WINDOW_TYPE_DOCK")
        for window in before.keys() - clients:
            del self._docks[window]
        for window in clients - self._clients:
            if kind in server.numbers(window, "_NET_WM_WINDOW_TYPE") or read_dock(server, window) is not None:
                self._docks[window] = None
        # Told first, then read: what changes in between is told.
        self._listen(server, {*self._heard, *self._docks})
        for window in self._docks:
            self._docks[window] = read_dock(server, window)
        self._clients = clients
        return self._docks != before

    def _find_fullscreens(self, server: Server, monitors: tuple[Monitor, ...]) -> tuple[Box, ...]:
        """The boxes of the full-screen windows in front, the active one's first."""
        self._stack = tuple(server.numbers(server.root.id, "_NET_CLIENT_LIST_STACKING"))
        active = next(iter(server.numbers(server.root.id, "_NET_ACTIVE_WINDOW")), 0)
        candidates = [active] if active else []
        candidates += [window for window in self._filling if window != active and window in self._stack]
        self._listen(server, {*self._heard, *candidates})
        filling, boxes = [], []
        for window in candidates:
            look = self._look(server, window)
            if look is None:
                continue
            is_filling = self._is_filling(server, look, monitors)
            # The active one is watched in any case: it may become so.
            if is_filling or window == active:
                filling.append(window)
            if not is_filling or not look.is_here:
                continue
            if window == active or not self._is_covered(server, window, look.box, active):
                boxes.append(look.box)
        self._filling = filling
        return tuple(boxes)

    def _look(self, server: Server, window: int) -> _Look | None:
        box = server.box(window)
        if box is None:
            return None
        kinds = server.numbers(window, "_NET_WM_WINDOW_TYPE")
        furniture = {server.atom("_NET_WM_WINDOW_TYPE_DESKTOP"), server.atom("_NET_WM_WINDOW_TYPE_DOCK")}
        desktop = next(iter(server.numbers(window, "_NET_WM_DESKTOP")), _ALL_DESKTOPS)
        return _Look(
            box,
            frozenset(server.numbers(window, "_NET_WM_STATE")),
            is_furniture=not furniture.isdisjoint(kinds),
            is_here=desktop in {_ALL_DESKTOPS, server.desktop()},
        )

    def _is_filling(self, server: Server, look: _Look, monitors: tuple[Monitor, ...]) -> bool:
        if look.is_furniture or server.atom("_NET_WM_STATE_HIDDEN") in look.states:
            return False
        if server.atom("_NET_WM_STATE_FULLSCREEN") in look.states:
            return True
        # Games that are only as large as a monitor, without a frame. Maximised windows that draw their own
        # title bar are as large where there is no panel.
        maximised = {
            server.atom("_NET_WM_STATE_MAXIMIZED_HORZ"),
            server.atom("_NET_WM_STATE_MAXIMIZED_VERT"),
        }
        return fills(look.box, monitors) and not maximised <= look.states

    def _is_covered(self, server: Server, window: int, box: Box, active: int) -> bool:
        """Whether the user has put something else in front of a full-screen window."""
        hidden = server.atom("_NET_WM_STATE_HIDDEN")
        for above in self._stack[self._stack.index(window) + 1 :]:
            look = self._look(server, above)
            if look is None or look.is_furniture or hidden in look.states or not look.is_here:
                continue
            if window in server.numbers(above, "WM_TRANSIENT_FOR"):
                continue  # a dialog of its own
            shared = area_of(common(box, look.box))
            if shared and (above == active or shared * 2 >= area_of(box)):
                return True
        return False

"""A watch over the screens as the overlay uses it, and what applications do meanwhile."""

import select
import time

from Xlib import X
from Xlib.protocol import event

from backend.shared.desktop import screens


class Watcher:
    """A watch that is only read when its descriptor says so, as the overlay does."""

    def __init__(self, desk, watch):
        self.desk, self.watch, self.changes, self.wake_ups = desk, watch, set(), 0

    def look(self):
        ready, _, _ = select.select([self.watch.fileno()], [], [], 0)
        if ready:
            self.wake_ups += 1
            self.changes |= self.watch.read()

    def wait_for(self, condition, what):
        self.desk.wait_for(condition, what, meanwhile=self.look)

    def settle(self):
        """Until nothing has come for a while."""
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < 0.15:
            before = self.wake_ups
            self.look()
            if self.wake_ups != before:
                quiet_since = time.monotonic()
            time.sleep(0.01)
        self.changes.clear()


def watching(desk):
    watch = screens.watch()
    assert watch is not None
    watcher = Watcher(desk, watch)
    watcher.settle()
    return watcher


def set_numbers(desk, window, name, kind, numbers):
    window.change_property(desk.atom(name), desk.atom(kind), 32, numbers)
    desk.display.sync()


def open_bare(desk, box, name="Game"):
    """A window without a frame, as games open it."""
    x, y, width, height = box
    window = desk.root.create_window(x, y, width, height, 0, 24, background_pixel=0x101010)
    set_numbers(desk, window, "_MOTIF_WM_HINTS", "_MOTIF_WM_HINTS", [2, 0, 0, 0, 0])
    return desk._show(window, name, x, y)


def activate(desk, window):
    """As a click in a task bar does."""
    message = event.ClientMessage(
        window=window.window, client_type=desk.atom("_NET_ACTIVE_WINDOW"), data=(32, [2, 0, 0, 0, 0])
    )
    desk.root.send_event(message, X.SubstructureRedirectMask | X.SubstructureNotifyMask)
    desk.wait_for(lambda: desk.active_window == window.id, "the active window")

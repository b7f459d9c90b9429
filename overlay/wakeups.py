"""What wakes the window's thread from outside: the hub, the desktop and signals; nothing is asked twice."""

import contextlib
import signal
import socket
import sys
import tkinter as tk
from collections.abc import Callable
from types import FrameType

from overlay.schedule import Due, Schedule

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class Wakeups:
    """Calls back in the thread of a window when a socket has something to read.

    Where Tk cannot wait for sockets (Windows), or there is nothing to wait for, it asks at intervals.
    """

    def __init__(self, root: tk.Tk, schedule: Schedule) -> None:
        self._root, self._schedule = root, schedule
        self._handled: list[int] = []
        self._polls: dict[int, Due] = {}
        self._signals: tuple[socket.socket, socket.socket] | None = None
        self._is_closed = False

    def add(self, fileno: int | None, act: Callable[[], None], poll_seconds: Callable[[], float]) -> None:
        """Call `act` when `fileno` is readable, or every `poll_seconds()`."""
        if fileno is not None and hasattr(self._root, "createfilehandler"):
            self._root.createfilehandler(fileno, tk.READABLE, lambda _file, _mask: self._guard(act))
            self._handled.append(fileno)
            return
        number = len(self._polls)

        def poll() -> None:
            act()
            if not self._is_closed:
                self._polls[number] = self._schedule.after(poll_seconds(), poll)

        self._polls[number] = self._schedule.after(poll_seconds(), poll)

    def _guard(self, act: Callable[[], None]) -> None:
        """What Tk itself does for bindings and timers, but not here: a fault would end the main loop."""
        try:
            act()
        except Exception:  # noqa: BLE001 - whatever it is, it is reported as all faults of the window are
            self._root.report_callback_exception(*sys.exc_info())

    def on_signals(self, act: Callable[[], None]) -> None:
        """Call `act` when the program is asked to end."""

        def handle(_number: int, _frame: FrameType | None) -> None:
            act()

        for name in SIGNALS:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, handle)
        reader, writer = socket.socketpair()
        for end in (reader, writer):
            end.setblocking(False)
        # Python runs its handlers between two lines of Python; asleep in Tk there are none without this.
        signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        self._signals = reader, writer

        def drain() -> None:
            with contextlib.suppress(OSError):
                reader.recv(64)

        self.add(reader.fileno(), drain, lambda: 0.25)

    def close(self) -> None:
        """Be woken by nothing any more."""
        self._is_closed = True
        for fileno in self._handled:
            self._root.deletefilehandler(fileno)
        self._handled.clear()
        for due in self._polls.values():
            due.cancel()
        if self._signals is not None:
            signal.set_wakeup_fd(-1)
            for end in self._signals:
                end.close()
            self._signals = None

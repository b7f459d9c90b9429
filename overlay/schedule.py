"""Deadlines on one timer: the overlay wakes up when something is due, and never otherwise."""

import heapq
import itertools
import time
import tkinter as tk
from collections.abc import Callable


class Due:
    """Something that is to be done once at a time; can be called off."""

    def __init__(self, at: float, act: Callable[[], None]) -> None:
        self.at = at
        "In seconds of `Schedule.now`."
        self.act: Callable[[], None] | None = act

    def cancel(self) -> None:
        """Do not do it."""
        self.act = None


class Schedule:
    """Runs what is due in the thread of a Tk window.

    Args:
        root: The window whose loop is used.
        now: A clock in seconds that never goes back.
    """

    def __init__(self, root: tk.Misc, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self._root = root
        self._heap: list[tuple[float, int, Due]] = []
        self._count = itertools.count()
        # Registered once: `Misc.after` makes and deletes a command of Tcl for each call.
        self._command = root.register(self._run)
        self._timer = ""
        self._timer_at = 0.0
        self._is_running = False

    def after(self, seconds: float, act: Callable[[], None]) -> Due:
        """Do something in so many seconds."""
        return self.at(self.now() + seconds, act)

    def at(self, when: float, act: Callable[[], None]) -> Due:
        """Do something at a time of `now`, or at once when that is over."""
        due = Due(when, act)
        heapq.heappush(self._heap, (when, next(self._count), due))
        self._arm()
        return due

    def close(self) -> None:
        """Do nothing any more."""
        self._heap.clear()
        self._disarm()

    def _arm(self) -> None:
        if self._is_running:
            return  # once, when all is done
        while self._heap and self._heap[0][2].act is None:
            heapq.heappop(self._heap)
        if not self._heap:
            self._disarm()
            return
        first = self._heap[0][0]
        if self._timer and self._timer_at == first:
            return
        self._disarm()
        # Rounded up: a timer that fires early would only wake up twice.
        wait_ms = max(0, -int((self.now() - first) * 1000 // 1))
        self._timer, self._timer_at = self._root.tk.call("after", wait_ms, self._command), first

    def _disarm(self) -> None:
        if self._timer:
            self._root.tk.call("after", "cancel", self._timer)
            self._timer = ""

    def _run(self) -> None:
        self._timer, self._is_running = "", True
        now, latest = self.now(), next(self._count)
        try:
            # Only what was asked for before: an act that is due again at once must not hold the loop.
            while self._heap and self._heap[0][0] <= now and self._heap[0][1] < latest:
                due = heapq.heappop(self._heap)[2]
                act, due.act = due.act, None
                if act is not None:
                    act()
        finally:
            self._is_running = False
            self._arm()

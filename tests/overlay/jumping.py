"""A schedule whose clock jumps to what is due next: an hour passes as fast as it can be lived."""

import heapq
import tkinter as tk

from overlay.schedule import Schedule


class JumpingSchedule(Schedule):
    """Runs only when it is told to.

    Args:
        root: The window whose loop is used.
    """

    def __init__(self, root: tk.Misc) -> None:
        self.time = 1000.0
        super().__init__(root, lambda: self.time)

    @property
    def next_due(self) -> float | None:
        """When something is due; None: nothing is."""
        self._arm()
        return self._heap[0][0] if self._heap else None

    @property
    def waiting(self) -> int:
        """How much is to be done."""
        return sum(due.act is not None for _, _, due in self._heap)

    def jump(self, until: float) -> bool:
        """Go to the next deadline and do what is due then; False, and the clock at `until`: none before."""
        due = self.next_due
        if due is None or due > until:
            self.time = max(self.time, until)
            return False
        self.time = max(self.time, due)
        self._run()
        return True

    def run(self, seconds: float) -> None:
        """Let so much time pass."""
        until = self.time + seconds
        while self.jump(until):
            pass

    def _arm(self) -> None:
        while self._heap and self._heap[0][2].act is None:
            heapq.heappop(self._heap)

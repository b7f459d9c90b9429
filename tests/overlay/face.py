"""A real overlay in a process of its own, seen from outside: by its windows and its pixels."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
from Xlib import X
from Xlib.error import XError

from tests.hub_process import ROOT, environment
from tests.overlay.desk import Desk

LIMIT_SECONDS = 20.0
Box = tuple[int, int, int, int]


class Face:
    """`python -m overlay` on a desk.

    Args:
        desk: Where she is shown.
        home: Alisa's folder.
        arguments: Of the command line.
        settings: As `overlay_reduced_motion="true"`.
    """

    def __init__(self, desk: Desk, home: Path, *arguments: str, **settings: str) -> None:
        self.desk = desk
        self.process = subprocess.Popen(
            [sys.executable, "-m", "overlay", *arguments],
            cwd=ROOT,
            env=environment(home, **settings) | {"DISPLAY": desk.name},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for(self, condition, what: str) -> None:
        self.desk.wait_for(lambda: self._is_alive() and condition(), what, seconds=LIMIT_SECONDS)

    def _is_alive(self) -> bool:
        assert self.process.poll() is None, self.process.communicate()
        return True

    def windows(self) -> dict[str, Box]:
        """Her windows on the screen: x, y, width, height by title, the lowest first."""
        found = {}
        for window in self.desk.root.query_tree().children:
            try:
                attributes = window.get_attributes()
                if attributes.map_state != X.IsViewable or not attributes.override_redirect:
                    continue
                box = window.get_geometry()
                inner = [window, *window.query_tree().children]
                title = next((name for one in inner if (name := one.get_wm_name())), "")
            except XError:  # gone meanwhile
                continue
            if title:
                found[str(title)] = (box.x, box.y, box.width, box.height)
        return found

    def box(self) -> Box | None:
        """Her own window: of those as high as a figure the first one opened."""
        figures = {title: box for title, box in self.windows().items() if title.startswith("Alisa ")}
        return max(figures.values(), key=lambda box: box[3], default=None)

    def wait_until_shown(self) -> Box:
        self.wait_for(lambda: (box := self.box()) is not None and box[3] >= 120, "her window")
        box = self.box()
        assert box is not None
        self.wait_for(lambda: self.pixels(box).std() > 0, "her picture")
        return box

    def has_keyboard(self, *titles: str) -> bool:
        """Whether one of these windows of hers has it."""
        window = self.desk.display.get_input_focus().focus
        if isinstance(window, int):
            return False
        try:
            names = [one.get_wm_name() for one in (window, *window.query_tree().children)]
        except XError:  # gone meanwhile
            return False
        return any(name in titles for name in names)

    def pixels(self, box: Box) -> np.ndarray:
        x, y, width, height = box
        left, top = max(x, 0), max(y, 0)
        return self.desk.grab(left, top, min(width, 1280 - left), min(height, 900 - top)).astype(int)

    def wait_for_change(self, before: np.ndarray, box: Box, share: float = 0.005) -> None:
        """Until so much of the box looks different."""
        self.wait_for(
            lambda: (abs(self.pixels(box) - before).max(2) > 24).mean() > share, "another picture of her"
        )

    def body(self, across: float = 0.5, down: float = 0.3) -> tuple[int, int]:
        """A point on her."""
        x, y, width, height = self.box()
        return x + round(width * across), y + round(height * down)

    def double_click(self) -> None:
        x, y = self.body()
        self.desk.click(x, y)
        self.desk.click(x, y)

    def type(self, text: str) -> None:
        names = {" ": "space", ".": "period", "!": "exclam", "?": "question", ",": "comma"}
        for character in text:
            self.desk.key(names.get(character, character))

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask her to go; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            self.process.communicate(timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise
        return self.process.returncode

    def threads(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/task").iterdir()))

    def files(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def rss_mb(self) -> float:
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        raise AssertionError("no VmRSS")

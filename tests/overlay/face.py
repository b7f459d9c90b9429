"""A real overlay in a process of its own, seen from outside: by its windows and its pixels."""

import math
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from Xlib import X
from Xlib.error import XError

from backend.shared.records import EmotionName
from tests.hub_process import ROOT, environment
from tests.overlay.art import art, shipped
from tests.overlay.desk import HEIGHT, WIDTH, Desk, backdrop
from tests.overlay.stage import differing, ideal

LIMIT_SECONDS = 20.0
PAUSE_SECONDS = 0.02
"""Between two looks at her: she needs the processor too."""
Box = tuple[int, int, int, int]
SEEN = 12.0
"""Mean difference of a picture that is hers but breathes, blinks or looks elsewhere; of another one: more."""
PILL_PX = 30
# Her menu from its end, without what cannot be chosen while there is no hub.
MENU = (
    *("Quit", "Help", "Reset position", "Hide", "Privacy", "Mute", "Click-through", "Always in front"),
    *("Opacity", "Size", "Emotion test", "Look", "Mode"),
)


def is_figure(box: Box) -> bool:
    """Whether a window has the shape of her picture; 2 : 3 in both looks that are shipped."""
    return box[3] >= 120 and abs(box[2] - box[3] * 2 / 3) <= 1


class Face:
    """`python -m overlay` on a desk.

    Args:
        desk: Where she is shown; None: on a display that there is not.
        home: Alisa's folder.
        arguments: Of the command line.
        settings: As `overlay_reduced_motion="true"`.
    """

    def __init__(self, desk: Desk | None, home: Path, *arguments: str, **settings: str) -> None:
        self.desk = desk
        self.said = ("", "")
        "To its two outputs, once `stop` has returned."
        display = desk.name if desk is not None else ":87654"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "overlay", *arguments],
            cwd=ROOT,
            env=environment(home, **settings) | {"DISPLAY": display},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for(self, condition, what: str) -> None:
        self.desk.wait_for(
            lambda: self._is_alive() and condition(),
            what,
            seconds=LIMIT_SECONDS,
            pause_seconds=PAUSE_SECONDS,
        )

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
        """Her own window: the one of the shape of her picture."""
        figures = [box for box in self.windows().values() if is_figure(box)]
        return max(figures, key=lambda box: box[3], default=None)

    def wait_until_shown(self) -> Box:
        self.wait_for(self.looks, "her")
        box = self.box()
        assert box is not None
        return box

    def looks(self, emotion: EmotionName = "neutral", opacity: float = 1) -> bool:
        """Whether her face is seen so."""
        return self._distance(emotion, "alisa", opacity, is_face=True) < SEEN

    def wears(self, pack: str) -> bool:
        """Whether it is this look that is seen."""
        ways = {name: self._distance("neutral", name) for name in ("alisa", "alisa-winter")}
        return ways[pack] < SEEN or ways[pack] * 1.5 < min(way for name, way in ways.items() if name != pack)

    def edges(self) -> float:
        """How far the edges of her hair are from smooth ones: the mean of the half-transparent pixels."""
        image, different = self._compare("neutral", "alisa", 1, (0.0, 0.0, 1.0, 0.1))
        alpha = np.asarray(image)[..., 3]
        is_edge = (alpha > 30) & (alpha < 225)
        return float(different[is_edge].mean()) if is_edge.any() else math.nan

    def _distance(self, emotion: EmotionName, pack: str, opacity: float = 1, is_face: bool = False) -> float:
        """How far what is seen of her is from that, where it is opaque: the mean of the differences."""
        part = (0.0, 0.0, 1.0, 1.0)
        if is_face:
            whole = shipped(pack)
            x, y, width, height = whole.face
            part = x / whole.width, y / whole.height, width / whole.width, height / whole.height
        image, different = self._compare(emotion, pack, opacity, part)
        is_hers = np.asarray(image)[..., 3] == 255
        return float(different[is_hers].mean()) if is_hers.any() else math.inf

    def _compare(
        self, emotion: EmotionName, pack: str, opacity: float, part: tuple[float, float, float, float]
    ) -> tuple[Image.Image, np.ndarray]:
        """A part of a picture of her, as shares of it, and how far each pixel is from what is seen there."""
        box = self.box()
        nothing = Image.new("RGBA", (1, 1)), np.full((1, 1), math.inf)
        if box is None:
            return nothing
        whole = art(emotion, box[3], pack)
        sides = (*whole.size, *whole.size)
        left, top, width, height = (round(share * side) for share, side in zip(part, sides, strict=True))
        x, y = box[0] + left, box[1] + top
        width, height = min(width, WIDTH - x), min(height, HEIGHT - y)
        if x < 0 or y < 0 or width <= 0 or height <= 0:
            return nothing
        image = whole.crop((left, top, left + width, top + height))
        wanted = ideal(image, backdrop(x, y, width, height), opacity)
        return image, differing(self.desk.grab(x, y, width, height), wanted)

    def pill(self) -> Box | None:
        """The window at her feet."""
        return next((box for box in self.windows().values() if box[3] == PILL_PX), None)

    def bubble(self) -> Box | None:
        """The window of her words."""
        others = [box for box in self.windows().values() if box != self.box() and box[3] > PILL_PX]
        return max(others, key=lambda box: box[2] * box[3], default=None)

    def take_keyboard(self) -> None:
        """Click her."""
        self.desk.click(*self.body())
        self.wait_for(lambda: self.has_keyboard("Alisa 1"), "her keyboard")

    def unmanaged(self) -> int:
        """How many windows are on the screen that no window manager looks after."""
        count = 0
        for window in self.desk.root.query_tree().children:
            try:
                attributes = window.get_attributes()
            except XError:  # gone meanwhile
                continue
            count += attributes.map_state == X.IsViewable and attributes.override_redirect
        return count

    def has_grab(self) -> bool:
        """Whether somebody takes all keys, as open menus do."""
        status = self.desk.root.grab_keyboard(False, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime)
        if status == X.GrabSuccess:
            self.desk.display.ungrab_keyboard(X.CurrentTime)
            self.desk.display.sync()
        return bool(status == X.AlreadyGrabbed)

    def choose(self, entry: str, number: int = 0) -> None:
        """Choose an entry of her menu, or one of its own menu, by keys."""
        self.take_keyboard()
        self.desk.point(1, 1)  # or a menu that opens under the pointer would follow it
        alone = self.unmanaged()
        self.desk.key("F10")
        # First its window: who asks for the keys before it has them may take them away from it.
        self.wait_for(lambda: self.unmanaged() > alone, "her menu")
        self.wait_for(self.has_grab, "the keys of her menu")
        for _ in range(1 + MENU.index(entry)):
            self.desk.key("Up")
        if number:
            self.desk.key("Right")
            for _ in range(number - 1):
                self.desk.key("Down")
        self.desk.key("Return")
        self.wait_for(lambda: not self.has_grab(), "the end of her menu")

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
            self.said = self.process.communicate(timeout=LIMIT_SECONDS)
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

"""An overlay with all its real parts lives hours in seconds; what it holds before and after is printed.

    python -m tests.overlay.hour [HOURS]

Nothing is replaced but the clock: it jumps to what is due next. Hub, desktop and hands do something all the
time. Two lines of JSON: what was held after each thing had been done once, and at the end.
"""

import gc
import json
import logging
import os
import random
import sys
import tempfile
import threading
import time
import tkinter as tk
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

from backend.shared import desktop, events, settings
from backend.shared.client import Linked, Unlinked
from backend.shared.records import EmotionName, MouthShape, Sense, Viseme
from overlay import app as composition
from overlay.packs.loader import SHIPPED, load
from overlay.placement import Placement
from tests.overlay.desk import HEIGHT, WIDTH, Desk
from tests.overlay.holdings import held
from tests.overlay.jumping import JumpingSchedule

TEXTS = (
    "Good morning! ",
    "**Well**, I was `thinking` about [that](https://example.org/a?b=c). ",
    "- one\n- two\n- three\n",
    "おはようございます、今日もいい天気ですね。",
    "صباح الخير يا صديقي! ",
    "A long thought that goes on and on until it fills the whole bubble and must be scrolled. " * 6,
    "🙂 ",
)
SENSES = ("microphone", "camera", "screen", "cloud-voice")
WALL_LIMIT_SECONDS = 5.0
HEIGHT_PX = 200


class Day:
    """One overlay, and everything that may happen to it.

    Args:
        desk: With a compositor.
        home: Alisa's folder.
    """

    def __init__(self, desk: Desk, home: Path) -> None:
        self.desk, self.chance, self.count = desk, random.Random(11), 0
        self.root = composition.open_root()
        composition.Schedule = JumpingSchedule
        chosen = settings.Overlay(height_px=HEIGHT_PX)
        folders = (home / "avatars", SHIPPED)
        pack = load(SHIPPED / chosen.pack, folders)
        self.app = composition.App(self.root, home, chosen, Placement(home), pack, folders)
        self.schedule: JumpingSchedule = self.app._schedule
        self.stage, self.controls = self.app._stage, self.app._controls
        self.bubble, self.menu = self.app._bubble, self.app._menu
        self.acts = (self.answer, self.speak, self.listen, self.be_typed_to, self.ask, self.open_menu)
        self.acts += (self.rehearse, self.nap, self.pass_clicks)
        self.acts += (self.sense, self.be_dragged, self.lose_hub, self.notice, self.sleep, self.stand_behind)
        self.rare_acts = (self.restart_compositor, self.change_monitors, self.show_film)
        self.rare_acts += (self.change_look, self.change_size, self.turn_wheel)

    # Time.

    def live(self, seconds: float) -> None:
        """So much of her time."""
        until = self.schedule.time + seconds
        jumps = 0
        while self.schedule.jump(until):
            jumps += 1
            if jumps % 8 == 0:  # what happens in between reaches Tk in one piece, as on a slow machine
                self.root.update()
        self.root.update()

    def wait_for(self, condition: Callable[[], object], what: str) -> None:
        """Until the server has done something."""
        self.desk.wait_for(condition, what, meanwhile=self.root.update, seconds=WALL_LIMIT_SECONDS)

    def tell(self, *told: Any) -> None:
        """The hub says something."""
        for event in told:
            self.app._link._inbox.put(event)
        self.root.update()

    # What the hub says.

    def answer(self) -> None:
        self.count += 1
        turn = str(self.count)
        emotion = self.chance.choice(get_args(EmotionName))
        self.tell(events.UserSaid(turn=turn, text="Hello?"), events.TurnStarted(turn=turn))
        self.tell(events.Progress(turn=turn, stage="loading", fraction=0.5))
        self.live(1)
        self.tell(events.Emotion(turn=turn, name=emotion))
        for _ in range(self.chance.randint(1, 12)):
            self.tell(events.Token(turn=turn, text=self.chance.choice(TEXTS)))
            self.live(0.2)
        ending = self.chance.choice(("complete", "complete", "interrupted", "cut", "failed"))
        self.tell(events.TurnEnded(turn=turn, ending=ending, emotion=emotion))

    def speak(self) -> None:
        self.count += 1
        shapes = [Viseme(i / 8, self.chance.choice(get_args(MouthShape))) for i in range(24)]
        self.tell(events.SpeechStarted())
        self.tell(events.UtteranceStarted(id=str(self.count), started_at=time.time(), visemes=shapes))
        self.live(3)
        for _ in range(20):
            self.tell(events.SpeechLevelChanged(level=self.chance.random()))
            self.live(0.05)
        self.tell(events.SpeechEnded())

    def listen(self) -> None:
        for state in ("listening", "transcribing", "idle"):
            self.tell(events.HearingChanged(state=state, text="Hel"))
            self.live(1)

    def ask(self) -> None:
        self.count += 1
        name = f"q{self.count}"
        self.tell(events.Question(id=name, text="May I?", detail="rm -r /", expires_at=time.time() + 60))
        self.live(2)
        if self.chance.random() < 0.5:
            self.bubble.card.answer(self.chance.random() < 0.5)
        self.tell(events.QuestionClosed(id=name, answer=self.chance.choice(("yes", "no", "expired"))))
        self.live(5)

    def sense(self) -> None:
        names = self.chance.sample(SENSES, self.chance.randint(0, 4))
        told = [Sense(name=name, is_on=self.chance.random() < 0.7) for name in names]
        switches = {name: self.chance.random() < 0.7 for name in names}
        self.tell(events.SensesChanged(senses=told, switches=switches))
        self.live(1)
        place = self.app._indicator._shown
        if place is not None:
            self.desk.point(place[1] + 10, place[2] + 10)
            self.root.update()
            self.live(2)
            self.desk.click(place[1] + 10, place[2] + 10)
            self.root.update()
        self.live(8)

    def lose_hub(self) -> None:
        self.tell(Unlinked(reason="The hub has closed the connection.", retry_seconds=1.0))
        self.live(5)
        self.find_hub()

    def find_hub(self) -> None:
        welcome = events.Welcome(
            session="s",
            signature="",
            version="",
            mode="friend",
            emotion="neutral",
            engine="",
            resumed=False,
            modes=["friend", "tutor"],
        )
        self.tell(Linked(welcome), events.Snapshot(messages=[]))

    def notice(self) -> None:
        self.tell(events.Notice(code="x", message="Something you should know."))
        self.live(1)
        self.tell(events.Error(code="x", message="That did not work."), events.HistoryCleared())

    def sleep(self) -> None:
        self.tell(events.PresenceChanged(state="away"))
        self.live(400)
        self.tell(events.PresenceChanged(state="present"))

    # What hands do.

    def be_typed_to(self) -> None:
        self.controls.click()
        self.controls.talk()
        self.root.update()
        self.desk.key("a")
        self.root.update()
        self.live(1)
        self.bubble.close_typing()
        self.controls.stop()

    def open_menu(self) -> None:
        x, y, width, height = self.stage.box
        self.app._open_menu(x + width // 2, y + height // 2)
        self.root.update()
        self.live(1)
        self.menu.dismiss()
        self.root.update()

    def change_look(self) -> None:
        self.controls.wear(self.chance.choice(("alisa", "alisa-winter")))
        self.live(1)

    def change_size(self) -> None:
        self.stage.grow(self.chance.randint(-3, 3))
        self.stage.set_opacity(self.chance.choice((0.5, 1.0)))
        self.live(1)

    def rehearse(self) -> None:
        self.controls.rehearse(is_on=True)
        self.live(15)

    def nap(self) -> None:
        self.controls.hide()
        self.live(self.chance.choice((5, 700)))
        self.controls.come_forward()
        self.live(1)
        self.bubble.close_typing()

    def pass_clicks(self) -> None:
        self.controls.set_click_through(is_on=True)
        self.live(1)
        self.controls.set_click_through(is_on=False)

    def stand_behind(self) -> None:
        self.stage.set_in_front(is_on=False)
        self.live(1)
        self.stage.set_in_front(is_on=True)

    def be_dragged(self) -> None:
        x, y, width, height = self.stage.box
        start = min(x + width // 2, WIDTH - 5), y + height // 3
        goal = self.chance.randint(100, WIDTH - 100), self.chance.randint(100, HEIGHT - 100)
        self.desk.drag(start, goal)
        self.root.update()
        self.live(2)

    def turn_wheel(self) -> None:
        x, y, width, height = self.stage.box
        self.desk.click(x + width // 2, y + height // 3, button=self.chance.choice((4, 5)))
        self.root.update()
        self.live(1)

    # What the desktop does.

    def restart_compositor(self) -> None:
        self.desk.stop_compositor()
        self.wait_for(lambda: not self.stage.surface.has_smooth_edges, "hard edges")
        self.live(2)
        self.desk.start_compositor()
        self.wait_for(lambda: self.stage.surface.has_smooth_edges, "soft edges")

    def change_monitors(self) -> None:
        half = WIDTH // 2
        self.desk.set_monitors(left=(0, 0, half, HEIGHT), right=(half, 0, half, HEIGHT))
        self.wait_for(lambda: len(self.stage.monitors) == 2, "two monitors")
        self.live(1)
        self.desk.set_monitors()
        self.wait_for(lambda: len(self.stage.monitors) == 1, "one monitor")

    def show_film(self) -> None:
        film = self.desk.open_window("Film", is_fullscreen=True)
        self.wait_for(lambda: self.stage.is_hidden, "her to hide")
        self.live(5)
        film.close()
        self.wait_for(lambda: not self.stage.is_hidden, "her to come back")

    # What she holds.

    def calm_down(self) -> None:
        """To a state that is the same each time."""
        self.find_hub()
        self.tell(events.SpeechEnded(), events.HearingChanged(state="idle"))
        self.tell(events.SensesChanged(senses=[], switches={}), events.PresenceChanged(state="present"))
        self.controls.rehearse(is_on=False)
        self.controls.wear("alisa")
        self.stage.reset()
        self.stage.set_opacity(1)
        self.open_menu()
        self.desk.point(1, 1)
        self.live(60)
        for emotion in get_args(EmotionName):
            self.controls.feel(emotion)
            self.live(3)
        self.find_hub()
        self.tell(events.HistoryCleared())
        self.bubble.dismiss()
        self.live(60)

    def holdings(self) -> dict[str, Any]:
        self.calm_down()
        gc.collect()
        in_the_server = self._settled()
        ours = Counter(
            f"{type(one).__module__}.{type(one).__name__}"
            for one in gc.get_objects()
            if type(one).__module__.startswith(("overlay.", "backend."))
        )
        tcl = self.root.tk
        return {
            "windows": windows(self.root),
            "images": len(tcl.splitlist(tcl.call("image", "names"))),
            "timers": len(tcl.splitlist(tcl.call("after", "info"))),
            "commands": len(tcl.splitlist(tcl.call("info", "commands"))),
            "variables": len(tcl.splitlist(tcl.call("info", "vars", "::PY_VAR*"))),
            "due": self.schedule.waiting,
            "threads": threading.active_count(),
            "files": len(list(Path("/proc/self/fd").iterdir())),
            "objects": ours,
            "python": len(gc.get_objects()),
            "server": in_the_server,
            "rss_mb": rss_mb("self"),
            "server_rss_mb": rss_mb(str(self.desk.server.process.pid)),
        }

    def _settled(self) -> Counter[str]:
        """What the server holds for us, once that has stayed the same for a moment."""
        found, since, end = None, 0.0, time.monotonic() + 5
        while time.monotonic() < end:
            self.root.update()
            self.root.winfo_pointerxy()  # is answered when all that Tk asked for before is done
            self.desk.display.sync()
            now = held(self.desk)
            if now != found:
                found, since = now, time.monotonic()
            elif time.monotonic() - since > 0.3:
                return now
        raise AssertionError("What the server holds changes all the time.")

    # The day.

    def run(self, hours: float) -> None:
        """All of it, in the main loop of the application."""
        try:
            self._run(hours)
        finally:
            self.app.quit()

    def _run(self, hours: float) -> None:
        for act in (*self.acts, *self.rare_acts):
            act()
        for _ in range(10):
            self.chance.choice(self.acts)()
        print(json.dumps(self.holdings()), flush=True)
        begun, limit = time.monotonic(), self.schedule.time + hours * 3600
        done = 0
        while self.schedule.time < limit:
            done += 1
            self.chance.choice(self.rare_acts if done % 6 == 0 else self.acts)()
            self.live(self.chance.uniform(1, 40))
        took = time.monotonic() - begun
        print(json.dumps(self.holdings() | {"acts": done, "seconds": took}), flush=True)


def windows(widget: tk.Misc) -> int:
    """How many widgets there are in a window."""
    return 1 + sum(windows(child) for child in widget.winfo_children())


def rss_mb(process: str) -> float:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


def main(hours: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        desktop.make_private_folder(home)
        logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
        desk = Desk(Path(folder), has_compositor=True)
        os.environ["DISPLAY"] = desk.name
        day = Day(desk, home)
        day.root.after(0, lambda: day.run(hours))
        try:
            day.app.run()
        finally:
            day.app.close()
            desk.stop()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)

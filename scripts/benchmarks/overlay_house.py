"""What the benchmark of the overlay runs and reads: her on a desktop, and a voice that speaks for her."""

import json
import random
import select
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks import processes
from benchmarks.meter import Client
from benchmarks.overlay_desk import Desk
from benchmarks.overlay_eye import Box, Eye
from benchmarks.processes import BenchmarkError, Service
from overlay.packs.loader import SHIPPED, load

HEIGHT_PX = 450
_SHOWN_SECONDS = 30.0
_LINKED_SECONDS = 10.0
SLEEP_MINUTES = 0.02
"Until she is drowsy; then she takes 5 s more."
_SHAPES = ("small", "wide", "round", "closed")
_CHANGES_PER_SECOND = 12
_SENTENCE_SECONDS = 4.0
_BETWEEN_SECONDS = 0.3


class Voice(Client):
    """A client of the typed protocol that speaks for her, and for the user."""

    def __init__(self, hub: Service) -> None:
        super().__init__(hub, "alisa.v1")
        self.tell("hello", name="benchmark", wants=["token", "turn-ended"])

    def fileno(self) -> int:
        """Of its connection."""
        return self.socket.fileno()

    def tell(self, kind: str, **event: object) -> None:
        """Send an event."""
        self.send(json.dumps({"type": kind, **event}))

    def open_mouth(self, number: int, seconds: float, delay_seconds: float = 0.0) -> float:
        """Begin a short sound now, or a little later; returns the time before it was sent."""
        shape = ("wide", "round", "small")[number % 3]
        visemes = [[0, shape], [seconds, "closed"]]
        start = time.perf_counter()
        started_at = time.time() + delay_seconds
        self.tell("utterance", id=f"mouth-{number}", started_at=started_at, visemes=visemes)
        return start

    def hear(self, seconds: float) -> list[dict[str, object]]:
        """The events that come within so long, as soon as there are any."""
        if select.select([self.socket], [], [], max(0.0, seconds))[0]:
            self.read()
            if self.is_lost:
                raise BenchmarkError("The hub has gone.")
        return [json.loads(frame.text) for frame in self.take()]

    def wait_for_end(self, seconds: float) -> bool:
        """Wait until an answer is over."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if any(event["type"] == "turn-ended" for event in self.hear(left)):
                return True
        return False


def rest(voices: Sequence[Voice], seconds: float) -> None:
    """Stay connected, and answer pings."""
    end = time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0:
        for voice in select.select(voices, [], [], left)[0]:
            voice.hear(0.0)


def speak(voices: Sequence[Voice], seconds: float) -> None:
    """Speak sentences for so long: 12 shapes a second, in timelines of some seconds."""
    chance = random.Random(1)  # noqa: S311 - the same mouth in every round
    end = time.perf_counter() + seconds
    for voice in voices:
        voice.tell("speech-start")
    while (left := end - time.perf_counter()) > 0:
        visemes: list[list[object]] = []
        at, shape = 0.0, ""
        while at < _SENTENCE_SECONDS:
            shape = chance.choice([other for other in _SHAPES if other != shape])
            visemes.append([round(at, 3), shape])
            at += chance.uniform(0.7, 1.3) / _CHANGES_PER_SECOND
        visemes.append([round(at, 3), "closed"])
        for voice in voices:
            voice.tell("utterance", id=f"sentence-{left:.1f}", started_at=time.time(), visemes=visemes)
        rest(voices, min(left, at + _BETWEEN_SECONDS))
    for voice in voices:
        voice.tell("speech-end")


class Face(NamedTuple):
    """The overlay, shown and linked."""

    pid: int
    box: Box
    """Her window, as far as it is on the screen."""
    features: Box
    """The part of the screen in which her face is."""
    start_seconds: float
    """From starting the process to the first pixel."""


@contextmanager
def face(desk: Desk, eye: Eye, home: Path, voice: Voice, *, is_motion_reduced: bool) -> Iterator[Face]:
    """Start the overlay on a desktop, and end it after the block.

    Raises:
        BenchmarkError: She does not appear.
    """
    variables = {
        "ALISA_HOME": str(home),
        "DISPLAY": desk.name,
        "ALISA_OVERLAY_HEIGHT_PX": str(HEIGHT_PX),
        "ALISA_OVERLAY_REDUCED_MOTION": str(is_motion_reduced).lower(),
        "ALISA_OVERLAY_SLEEP_MINUTES": str(SLEEP_MINUTES),
    }
    voice.tell("presence", state="present")
    screen = Box(0, 0, *eye.size)
    before = eye.look(screen).pixels
    start = time.perf_counter()
    process = processes.spawn("overlay", variables=variables)
    try:
        sight = eye.wait_for_change(screen, before, _SHOWN_SECONDS)
        if sight is None:
            raise BenchmarkError("The overlay did not appear; its reason is in the lines before.")
        window = _wait_for_window(eye)
        _wait_for_link(eye, voice, _features(window))
        yield Face(process.pid, window, _features(window), sight.time - start)
    finally:
        processes.stop(process)


def _wait_for_window(eye: Eye) -> Box:
    end = time.perf_counter() + _SHOWN_SECONDS
    while time.perf_counter() < end:
        for window in eye.windows("Alisa "):
            if window.height == HEIGHT_PX:
                return window
        time.sleep(0.01)
    raise BenchmarkError("The overlay shows no window of the height it was told.")


def _features(window: Box) -> Box:
    pack = load(SHIPPED / "alisa")
    scale = window.height / pack.height
    x, y, width, height = (round(value * scale) for value in pack.face)
    return Box(window.x + x, window.y + y, width, height)


def _wait_for_link(eye: Eye, voice: Voice, features: Box) -> None:
    """Until her mouth does what the hub says, three times in a row: once might have been a blink."""
    end = time.perf_counter() + _LINKED_SECONDS
    number = in_a_row = 0
    while time.perf_counter() < end:
        before = eye.look(features).pixels
        voice.open_mouth(number, 0.1)
        number += 1
        in_a_row = in_a_row + 1 if eye.wait_for_change(features, before, 0.1) is not None else 0
        if in_a_row == 3:
            return
        rest([voice], 0.25)
    raise BenchmarkError("The overlay does not hear the hub.")


@contextmanager
def naive_face(desk: Desk) -> Iterator[int]:
    """The naive way on a desktop; gives its process number."""
    process = processes.spawn("benchmarks.naive_face", str(HEIGHT_PX), variables={"DISPLAY": desk.name})
    try:
        line = process.stdout.readline() if process.stdout else ""
        if line.strip() != "shown":
            raise BenchmarkError("The naive face did not start.")
        yield process.pid
    finally:
        processes.stop(process)


class Spent(NamedTuple):
    """What processes have used so far."""

    time: float
    cpu_seconds: tuple[float, ...]
    wake_ups: int
    """Of the first process, all its threads."""


class Usage(NamedTuple):
    """What processes used over a time, the first one being hers."""

    cpu_percent: tuple[float, ...]
    """Of one core."""
    wake_ups_per_second: float


def spent(pids: Sequence[int]) -> Spent:
    """What these processes have used so far.

    Raises:
        BenchmarkError: One has ended.
    """
    used = [processes.cpu_seconds(pid) for pid in pids]
    times = tuple(seconds for seconds in used if seconds is not None)
    if len(times) != len(pids):
        raise BenchmarkError("This system does not tell the processor time of processes.")
    return Spent(time.perf_counter(), times, wake_ups(pids[0]))


def between(before: Spent, after: Spent) -> Usage:
    """What was used meanwhile."""
    seconds = after.time - before.time
    shares = zip(before.cpu_seconds, after.cpu_seconds, strict=True)
    percent = tuple(100 * (last - first) / seconds for first, last in shares)
    return Usage(percent, (after.wake_ups - before.wake_ups) / seconds)


def wake_ups(pid: int) -> int:
    """How often the threads of a process have gone to sleep by themselves, which is as often as they woke."""
    name = "voluntary_ctxt_switches:"
    return sum(
        int(line.split()[1])
        for path in Path(f"/proc/{pid}/task").glob("*/status")
        for line in path.read_text(encoding="ascii", errors="replace").splitlines()
        if line.startswith(name)
    )

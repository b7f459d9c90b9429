"""The overlay: what she costs while she stands there, lives, talks and sleeps, and how fast she reacts."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple, get_args

from backend.shared.records import EmotionName
from benchmarks import overlay_desk, overlay_house, processes
from benchmarks.model_server import Script
from benchmarks.overlay_desk import Desk
from benchmarks.overlay_eye import Eye
from benchmarks.overlay_house import Face, Usage, Voice
from benchmarks.plan import FacePlan
from benchmarks.processes import BenchmarkError
from benchmarks.report import Row, quantile, typical

NOTES = (
    "Everything is measured in one run, in rounds that alternate between a desktop with a compositor (Xvfb, "
    "openbox, picom with XRender) and one without. Each round starts the overlay anew, `python -m overlay`, "
    "450 px high, connected to a running hub. Figures are medians of the rounds or tries.",
    "Processor time is that of all threads of the overlay's process, from the kernel's account, as a share "
    "of one core. What the X server, which draws for her, and the compositor use meanwhile stands beside it.",
    "*Idle*: reduced motion, so she only blinks. *Breathing*: as she is by default, while nothing happens. "
    "*Talking*: the same, and a voice sends a timeline of 12 shapes of the mouth a second for each sentence. "
    "*Streaming*: an answer of 30 words a second flows into the bubble, and her mouth reads it. *Asleep*: "
    "the user is away.",
    "Event to pixel is measured from outside: one process sends an event to the hub and, as an X client of "
    "its own, is told by the server (XDamage) that something was drawn; it takes the time, and then compares "
    "the pixels of her face box on the screen. So it holds the hub, the overlay, X server and compositor. "
    "*Mouth*: from sending an `utterance` whose first shape opens the mouth at once, shortly after something "
    "else has changed, so that hardly ever a breath or a blink is taken for the mouth. *Emotion*: from the "
    "moment in which the model's server sends the tag of an answer.",
    "The naive face puts together three layers of the same picture 30 times a second and gives Tk a new "
    "RGBA image of it; it has no transparency, no bubble and no line to a hub.",
    "Other programs on the machine make all of this slower, waiting times most of all.",
)

_MOUTH_SECONDS = 0.12
_DELAY_SECONDS = 0.05
"Of the control: so much later the same mouth is to open."
_LIMIT_SECONDS = 2.0
_STREAM_PACE_SECONDS = 1 / 30
_THINKING_SECONDS = 0.75
"Before an emotion: by then she has looked aside, and the bubble stands."
_ASLEEP_SECONDS = overlay_house.SLEEP_MINUTES * 60 + 5.5
_MOODS: tuple[EmotionName, ...] = get_args(EmotionName)


class _Reaction(NamedTuple):
    """Times from an event to the first changed pixel, in seconds."""

    times: list[float]
    sent: int


class _Readings:
    """What the rounds gathered on one of the two desktops."""

    def __init__(self) -> None:
        self.usage: dict[str, list[Usage]] = {}
        self.mouth, self.mood = _Reaction([], 0), _Reaction([], 0)
        self.late_mouth: list[float] = []
        self.start: list[float] = []
        self.memory: list[float] = []


class _House(NamedTuple):
    """One of the two desktops with all that belongs to it."""

    name: str
    desk: Desk
    eye: Eye
    home: Path
    voice: Voice
    found: _Readings


def measure(plan: FacePlan, say: Callable[[str], None]) -> list[Row]:
    """Measure everything.

    Raises:
        BenchmarkError: Something could not be started.
    """
    with ExitStack() as stack:
        model = stack.enter_context(processes.service("benchmarks.model_server"))
        hub, home = stack.enter_context(processes.hub(f"http://127.0.0.1:{model.port}/v1"))
        voice = Voice(hub)
        stack.callback(voice.close)
        houses = []
        for name, has_compositor in (("with a compositor", True), ("without a compositor", False)):
            desk = stack.enter_context(overlay_desk.desk(has_compositor=has_compositor))
            eye = stack.enter_context(Eye(desk.name))
            houses.append(_House(name, desk, eye, home, voice, _Readings()))
        for number in range(plan.rounds):
            for house in houses:
                say(f"measuring: round {number + 1} of {plan.rounds}, {house.name}")
                _measure_round(house, plan)
    return [row for house in houses for row in _rows(house)]


# What is done in a round.


def _measure_round(house: _House, plan: FacePlan) -> None:
    with _face(house, plan, is_motion_reduced=True) as face, _reading(house, "Idle", face.pid):
        house.voice.rest(plan.seconds)
    with _face(house, plan, is_motion_reduced=False) as face:
        house.found.start.append(face.start_seconds)
        with _reading(house, "Breathing", face.pid):
            house.voice.rest(plan.seconds)
        _open_mouths(house, face, plan.mouths)
        house.voice.rest(1.0)
        with _reading(house, "Talking", face.pid):
            house.voice.speak(plan.seconds)
        _stream(house, face, plan)
        _change_moods(house, face, plan.moods)
        house.found.memory.append(processes.memory_mb(face.pid) or 0.0)
        house.voice.tell("presence", state="away")
        house.voice.rest(_ASLEEP_SECONDS + plan.warm_seconds)
        with _reading(house, "Asleep", face.pid):
            house.voice.rest(plan.seconds)
    with overlay_house.naive_face(house.desk) as pid:
        house.voice.rest(0.2)
        with _reading(house, "Naive", pid):
            house.voice.rest(plan.seconds / 4)


@contextmanager
def _face(house: _House, plan: FacePlan, *, is_motion_reduced: bool) -> Iterator[Face]:
    start = overlay_house.face(
        house.desk, house.eye, house.home, house.voice, is_motion_reduced=is_motion_reduced
    )
    with start as face:
        house.voice.rest(plan.warm_seconds)
        yield face


@contextmanager
def _reading(house: _House, name: str, pid: int) -> Iterator[None]:
    """Read what is used in the block."""
    pids = [pid, house.desk.server, *([house.desk.compositor] if house.desk.compositor else [])]
    before = overlay_house.spent(pids)
    yield
    usage = overlay_house.between(before, overlay_house.spent(pids))
    house.found.usage.setdefault(name, []).append(usage)


def _open_mouths(house: _House, face: Face, tries: int) -> None:
    found = house.found
    found.mouth = _Reaction(found.mouth.times, found.mouth.sent + tries)
    for number in range(tries):
        seconds = _open_mouth(house, face, number, 0.0)
        if seconds is not None:
            found.mouth.times.append(seconds)
    for number in range(max(2, tries // 10)):
        seconds = _open_mouth(house, face, number, _DELAY_SECONDS)
        if seconds is not None:
            found.late_mouth.append(seconds)


def _open_mouth(house: _House, face: Face, number: int, delay_seconds: float) -> float | None:
    eye = house.eye
    # Right after a breath or a blink the next one is farthest away; but not always at the same distance.
    eye.wait_for_change(face.features, eye.look(face.features).pixels, 0.5)
    time.sleep(random.uniform(0.0, 0.05))  # noqa: S311 - not for secrets
    before = eye.look(face.features).pixels
    start = house.voice.open_mouth(number, _MOUTH_SECONDS, delay_seconds)
    sight = eye.wait_for_change(face.features, before, _LIMIT_SECONDS)
    # Until the mouth is closed and has been for a moment.
    house.voice.rest(0.35 + delay_seconds)
    return sight.time - start if sight is not None else None


def _stream(house: _House, face: Face, plan: FacePlan) -> None:
    """An answer into the bubble, interrupted when enough is read."""
    words = Script(100_000, pace_seconds=_STREAM_PACE_SECONDS, mood="neutral")
    house.voice.tell("user-message", text=words.message)
    house.voice.rest(min(2.0, plan.seconds))
    with _reading(house, "Streaming", face.pid):
        house.voice.rest(plan.seconds)
    house.voice.tell("interrupt")
    if not house.voice.wait_for_end(_LIMIT_SECONDS):
        raise BenchmarkError("The answer could not be interrupted.")
    house.voice.rest(0.5)


def _change_moods(house: _House, face: Face, tries: int) -> None:
    found = house.found
    found.mood = _Reaction(found.mood.times, found.mood.sent + tries)
    for number in range(tries):
        seconds = _change_mood(house, face, _MOODS[number % len(_MOODS)])
        if seconds is not None:
            found.mood.times.append(seconds)


def _change_mood(house: _House, face: Face, mood: EmotionName) -> float | None:
    """An answer with an emotion, whose only token is the time of its sending."""
    script = Script(1, size=0, delay_seconds=_THINKING_SECONDS, mood=mood)
    house.voice.tell("user-message", text=script.message)
    sent, changes = None, []
    pixels = house.eye.look(face.features).pixels
    end = time.perf_counter() + _THINKING_SECONDS + _LIMIT_SECONDS
    while time.perf_counter() < end and (sent is None or not any(change > sent for change in changes)):
        sight = house.eye.wait_for_change(face.features, pixels, 0.02)
        if sight is not None:
            changes.append(sight.time)
            pixels = sight.pixels
        for event in house.voice.hear(0.0):
            if event["type"] == "token" and sent is None:
                sent = int(str(event["text"])) / 1e9
    house.voice.rest(0.5)
    return next((change - sent for change in changes if sent is not None and change > sent), None)


# What is shown of it.


def _rows(house: _House) -> list[Row]:
    return [*_usage_rows(house), *_reaction_rows(house), *_other_rows(house)]


def _usage_rows(house: _House) -> list[Row]:
    goals = {"Idle": 0.3, "Breathing": 1.0, "Talking": 2.0 if house.desk.compositor else 4.0}
    rows = []
    for name, usages in house.found.usage.items():
        figure, spread = typical([usage.cpu_percent[0] for usage in usages])
        goal = goals.get(name)
        rows.append(
            Row(
                f"{name}, {house.name}",
                figure,
                "% of a core",
                goal,
                spread=spread,
                kind="goal" if goal else "contrast",
                note=_describe(usages),
            )
        )
    return [*rows, *_ratio_rows(house)]


def _describe(usages: Sequence[Usage]) -> str:
    woken = median(usage.wake_ups_per_second for usage in usages)
    server = median(usage.cpu_percent[1] for usage in usages)
    text = f"{woken:.1f} wake-ups/s; X server {server:.1f} %"
    if len(usages[0].cpu_percent) > 2:
        text += f", compositor {median(usage.cpu_percent[2] for usage in usages):.1f} %"
    return text


def _ratio_rows(house: _House) -> list[Row]:
    usage = house.found.usage
    pairs = zip(usage["Naive"], usage["Talking"], strict=True)
    figure, spread = typical([naive.cpu_percent[0] / hers.cpu_percent[0] for naive, hers in pairs])
    name = f"The naive way costs, x talking, {house.name}"
    seen = median(one.cpu_percent[0] for one in usage["Naive"])
    return [
        Row(name, figure, "x", spread=spread, kind="contrast"),
        Row(
            f"A face that never rests shows, {house.name}",
            seen,
            "% of a core",
            5.0,
            is_least=True,
            kind="control",
        ),
    ]


def _reaction_rows(house: _House) -> list[Row]:
    found = house.found
    rows = []
    for name, reaction in (("mouth", found.mouth), ("emotion", found.mood)):
        times = [seconds * 1000 for seconds in reaction.times]
        missed = reaction.sent - len(times)
        row = f"Event to pixel, {name}, p95, {house.name}"
        if not times:
            rows.append(Row(row, None, "ms", 10.0, note="nothing was seen"))
            continue
        note = f"p50 {median(times):.1f} ms; {len(times)} events"
        note += f", {missed} of them not seen" if missed else ""
        spread = (min(times), max(times))
        rows.append(
            Row(row, quantile(times, 0.95), "ms", 10.0, spread=spread, note=note, is_sound=not missed)
        )
    late = None
    if found.late_mouth and found.mouth.times:
        late = (median(found.late_mouth) - median(found.mouth.times)) * 1000
    note = f"it is to open {_DELAY_SECONDS * 1000:.0f} ms later"
    least = _DELAY_SECONDS * 900
    name = f"A mouth that opens later shows, {house.name}"
    return [*rows, Row(name, late, "ms", least, is_least=True, kind="control", note=note)]


def _other_rows(house: _House) -> list[Row]:
    memory, spread = typical(house.found.memory)
    start, start_spread = typical(house.found.start)
    note = "resident, after all that was done to her"
    return [
        Row(f"Memory, {house.name}", memory, "MB", 90.0, spread=spread, note=note),
        Row(
            f"Start to first pixel, {house.name}",
            start,
            "s",
            spread=start_spread,
            kind="contrast",
            note="of the process",
        ),
    ]

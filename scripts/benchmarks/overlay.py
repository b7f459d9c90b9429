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
    "Everything is measured in one run, side by side on a desktop with a compositor (Xvfb, openbox, picom "
    "with XRender) and on one without, each with a hub of its own. Each round starts the overlay anew, "
    "`python -m overlay`, 450 px high. Figures are medians of the rounds or tries. Reactions are timed on "
    "one desktop after the other.",
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
        self.late_wakes: list[float] = []
        "By how much this process itself is woken too late, meanwhile."
        self.start: list[float] = []
        self.memory: list[float] = []


class _House(NamedTuple):
    """One of the two desktops with all that belongs to it."""

    name: str
    desk: Desk
    eye: Eye
    home: Path
    voice: Voice
    voices: list[Voice]
    """Those of all desktops: each has pings to answer."""
    found: _Readings


def measure(plan: FacePlan, say: Callable[[str], None]) -> list[Row]:
    """Measure everything.

    Raises:
        BenchmarkError: Something could not be started.
    """
    with ExitStack() as stack:
        model = stack.enter_context(processes.service("benchmarks.model_server"))
        houses: list[_House] = []
        voices: list[Voice] = []
        for name, has_compositor in (("with a compositor", True), ("without a compositor", False)):
            desk = stack.enter_context(overlay_desk.desk(has_compositor=has_compositor))
            eye = stack.enter_context(Eye(desk.name))
            hub, home = stack.enter_context(processes.hub(f"http://127.0.0.1:{model.port}/v1"))
            voice = Voice(hub)
            stack.callback(voice.close)
            voices.append(voice)
            houses.append(_House(name, desk, eye, home, voice, voices, _Readings()))
        for number in range(plan.rounds):
            say(f"measuring: round {number + 1} of {plan.rounds}")
            _measure_still(houses, plan)
            _measure_life(houses, plan)
            _measure_naive(houses, plan)
    return [row for house in houses for row in _rows(house)]


# What is done in a round.


def _measure_still(houses: Sequence[_House], plan: FacePlan) -> None:
    with _faces(houses, plan, is_motion_reduced=True) as faces:
        pids = [face.pid for face in faces]
        with _reading(houses, "Idle", pids):
            _rest(houses, plan.seconds)


def _measure_life(houses: Sequence[_House], plan: FacePlan) -> None:
    with _faces(houses, plan, is_motion_reduced=False) as faces:
        pids = [face.pid for face in faces]
        with _reading(houses, "Breathing", pids):
            _rest(houses, plan.seconds)
        for house, face in zip(houses, faces, strict=True):
            _open_mouths(house, face, plan.mouths)
        _rest(houses, plan.warm_seconds / 4)
        with _reading(houses, "Talking", pids):
            overlay_house.speak([house.voice for house in houses], plan.seconds)
        _stream(houses, pids, plan)
        for house, face in zip(houses, faces, strict=True):
            _change_moods(house, face, plan.moods)
            house.found.start.append(face.start_seconds)
            house.found.memory.append(processes.memory_mb(face.pid) or 0.0)
            house.voice.tell("presence", state="away")
        _rest(houses, _ASLEEP_SECONDS)
        with _reading(houses, "Asleep", pids):
            _rest(houses, plan.seconds)


def _measure_naive(houses: Sequence[_House], plan: FacePlan) -> None:
    # One after the other: two of them at once would be in each other's way.
    for house in houses:
        with overlay_house.naive_face(house.desk) as pid, _reading([house], "Naive", [pid]):
            _rest(houses, plan.seconds / 4)


@contextmanager
def _faces(houses: Sequence[_House], plan: FacePlan, *, is_motion_reduced: bool) -> Iterator[list[Face]]:
    with ExitStack() as stack:
        faces = []
        for house in houses:
            start = overlay_house.face(
                house.desk, house.eye, house.home, house.voice, is_motion_reduced=is_motion_reduced
            )
            faces.append(stack.enter_context(start))
        _rest(houses, plan.warm_seconds)
        yield faces


@contextmanager
def _reading(houses: Sequence[_House], name: str, pids: Sequence[int]) -> Iterator[None]:
    """Read what is used in the block."""
    watched = [
        [pid, house.desk.server, *([house.desk.compositor] if house.desk.compositor else [])]
        for house, pid in zip(houses, pids, strict=True)
    ]
    before = [overlay_house.spent(each) for each in watched]
    yield
    for house, each, start in zip(houses, watched, before, strict=True):
        usage = overlay_house.between(start, overlay_house.spent(each))
        house.found.usage.setdefault(name, []).append(usage)


def _rest(houses: Sequence[_House], seconds: float) -> None:
    overlay_house.rest(houses[0].voices, seconds)


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
    wait = random.uniform(0.001, 0.05)  # noqa: S311 - not for secrets
    start = time.perf_counter()
    time.sleep(wait)
    house.found.late_wakes.append(time.perf_counter() - start - wait)
    before = eye.look(face.features).pixels
    start = house.voice.open_mouth(number, _MOUTH_SECONDS, delay_seconds)
    sight = eye.wait_for_change(face.features, before, _LIMIT_SECONDS)
    # Until the mouth is closed and has been for a moment.
    _rest([house], 0.35 + delay_seconds)
    return sight.time - start if sight is not None else None


def _stream(houses: Sequence[_House], pids: Sequence[int], plan: FacePlan) -> None:
    """An answer into the bubble, interrupted when enough is read."""
    words = Script(100_000, pace_seconds=_STREAM_PACE_SECONDS, mood="neutral")
    for house in houses:
        house.voice.tell("user-message", text=words.message)
    _rest(houses, min(2.0, plan.seconds))
    with _reading(houses, "Streaming", pids):
        _rest(houses, plan.seconds)
    for house in houses:
        house.voice.tell("interrupt")
        if not house.voice.wait_for_end(_LIMIT_SECONDS):
            raise BenchmarkError("The answer could not be interrupted.")
    _rest(houses, 0.5)


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
    _rest([house], 0.5)
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
    late = [seconds * 1000 for seconds in house.found.late_wakes]
    late_note = f"p50 {median(late):.2f} ms: what the machine adds to each step from event to pixel"
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
        Row(
            f"A process that sleeps is woken late by, p95, {house.name}",
            quantile(late, 0.95),
            "ms",
            spread=(min(late), max(late)),
            kind="contrast",
            note=late_note,
        ),
    ]

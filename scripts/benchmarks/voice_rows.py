"""What the benchmark of the voice found, as rows of its table."""

from collections.abc import Sequence
from statistics import median

from benchmarks.report import Kind, Row, quantile

NOTES = (
    "The real processes, `python -m backend` and `python -m voice`, on a sound card that exists only for "
    "this run (PulseAudio with null sinks). The user is espeak-ng, whose sound goes into the microphone; "
    "her voice is espeak-ng too. The model's server is a stand-in that answers at once. **The "
    "transcription is scripted: it takes no time and its words sound finished**; the time of a real "
    "Whisper on a machine, as far as it does not fit into the pause, comes on top: `scripts/alisa.py "
    "doctor --voice` measures it.",
    "All times come from two recordings with one clock: of what goes into the microphone and of what the "
    "loudspeakers play, each in blocks of 10 ms. The recorders listen closely all the time: a null sink "
    "to which nobody listens works in blocks of up to two seconds, and then no figure means anything.",
    "*End of speech to first sound*: from the last sample of the user's words to the first of her answer. "
    "It holds the pause that shows that he has finished (0.35 s), hub, voice and player.",
    "*User begins to speak until she is silent*: with an echo path from loudspeaker to microphone (60 ms, "
    "-10 dB) and the echo canceller. From the first sample of his words, found in the mixture by "
    "correlation, to the last sample of hers; to speak softly is not yet to be silent. *Key to talk*: "
    "from the event at the hub to the last sample.",
    "*Self-interruptions*: how often she pauses or breaks off although nobody speaks. *Gaps*: silence of "
    "more than half a second in an answer that has all been said by the model. *Lips*: by how much the "
    "timeline of the mouth, laid over the recorded sound, has to be moved to fit it best, for each piece "
    "of an answer.",
    "Processor time is that of all threads of the process `python -m voice`, as a share of one core, "
    "without the programs that it runs (espeak-ng) and without a real Whisper.",
)

LATE_SECONDS = 0.3
"""How much later than usual a control lets something happen."""


class Readings:
    """What was gathered."""

    def __init__(self) -> None:
        self.answers: dict[str, list[float]] = {"prompt": [], "late": [], "unfinished": []}
        self.lost = self.cut_off = 0
        self.interruptions: list[float] = []
        self.late_interruptions: list[float] = []
        self.pushes: list[float] = []
        self.late_pushes: list[float] = []
        self.unheard = self.unheard_keys = self.strays = 0
        self.own_seconds = 0.0
        self.self_interruptions: int | None = None
        self.control_interruptions: int | None = None
        self.gaps: int | None = None
        self.longest_gap = 0.0
        self.slow_gaps: int | None = None
        self.lags: list[float] = []
        self.cpu: dict[str, float | None] = {}
        self.memory: float | None = None


def rows(found: Readings) -> list[Row]:
    """The whole table."""
    return [*_latency_rows(found), *_other_rows(found)]


def _latency_rows(found: Readings) -> list[Row]:
    note = f"{len(found.answers['prompt'])} questions"
    note += f", {found.lost} without an answer" if found.lost else ""
    note += f", {found.cut_off} cut off in the middle" if found.cut_off else ""
    is_sound = not found.lost and not found.cut_off
    silence = f"{len(found.interruptions)} interruptions"
    silence += f", {found.unheard} not heeded" if found.unheard else ""
    is_heeded, is_obeyed = not found.unheard, not found.unheard_keys
    keys = f"{len(found.pushes)} times"
    keys += f", {found.unheard_keys} not heeded" if found.unheard_keys else ""
    return [
        *_quantiles("End of speech to first sound", found.answers["prompt"], (700.0, 1000.0), note, is_sound),
        *_quantiles(
            "User begins to speak until she is silent",
            found.interruptions,
            (500.0, 800.0),
            silence,
            is_heeded,
        ),
        *_quantiles("Key to talk until she is silent", found.pushes, (None, 100.0), keys, is_obeyed),
        _difference("An answer of the model", found.answers["prompt"], found.answers["late"]),
        _difference("The user's first word", found.interruptions, found.late_interruptions),
        _difference("The key", found.pushes, found.late_pushes),
        Row(
            "End of speech to first sound, p50, after words that sound unfinished",
            _median(found.answers["unfinished"]),
            "ms",
            kind="contrast",
            note="she waits longer, not to cut the user off",
        ),
    ]


def _median(seconds: Sequence[float]) -> float | None:
    return median(seconds) * 1000 if seconds else None


def _quantiles(
    name: str,
    seconds: Sequence[float],
    goals: tuple[float | None, float | None],
    note: str,
    is_sound: bool,
) -> list[Row]:
    if not seconds:
        return [Row(name, None, "ms", note=note or "nothing was measured")]
    times = [each * 1000 for each in seconds]
    spread = (min(times), max(times))
    kinds: list[Kind] = ["goal" if goal else "contrast" for goal in goals]
    figures = (quantile(times, 0.5), quantile(times, 0.95))
    return [
        Row(f"{name}, {title}", figure, "ms", goal, spread=spread, kind=kind, note=note, is_sound=is_sound)
        for title, figure, goal, kind in zip(("p50", "p95"), figures, goals, kinds, strict=True)
    ]


def _difference(name: str, usual: Sequence[float], late: Sequence[float]) -> Row:
    """A control: what comes later by 0.3 s has to be seen later by that, and by no more than half as much."""
    figure = (median(late) - median(usual)) * 1000 if usual and late else None
    wanted = LATE_SECONDS * 1000
    is_sound = figure is not None and figure < 1.5 * wanted
    note = f"{wanted:.0f} ms were put in"
    return Row(
        f"{name} that comes later shows", figure, "ms", 0.8 * wanted, True, None, "control", note, is_sound
    )


def _other_rows(found: Readings) -> list[Row]:
    errors = [abs(lag) * 1000 for lag in found.lags]
    lips = quantile(errors, 0.95) if errors else None
    spread = (min(found.lags) * 1000, max(found.lags) * 1000) if errors else None
    own = f"in {found.own_seconds:.0f} s of her own speech"
    rows = [
        Row(
            "Self-interruptions, with echo cancellation", _count(found.self_interruptions), "", 0.0, note=own
        ),
        Row(
            "Answers to herself while she is interrupted",
            float(found.strays),
            "",
            0.0,
            note="the scripted transcription makes words of every sound",
        ),
        Row("Gaps in what she says", _count(found.gaps), "", 0.0, note=own),
        Row(
            "Longest silence in what she says",
            found.longest_gap * 1000,
            "ms",
            kind="contrast",
            note="pauses between sentences are meant",
        ),
        Row("Lips against sound, p95", lips, "ms", 60.0, spread=spread, note=f"{len(errors)} pieces"),
        Row(
            "Self-interruptions, without echo cancellation",
            _count(found.control_interruptions),
            "",
            1.0,
            True,
            None,
            "control",
            "the echo is there, and it would be taken for the user",
        ),
        Row(
            "Gaps when the model is too slow",
            _count(found.slow_gaps),
            "",
            1.0,
            True,
            None,
            "control",
            "it says a word each 0.6 s",
        ),
    ]
    for name, percent in found.cpu.items():
        rows.append(Row(f"Processor time while {name}", percent, "% of a core", kind="contrast"))
    rows.append(Row("Memory", found.memory, "MB", kind="contrast", note="of the process, with scripted ears"))
    return rows


def _count(number: int | None) -> float | None:
    return None if number is None else float(number)

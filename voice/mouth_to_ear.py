"""From the end of the user's words to the first sound of her answer: what each step takes, what to change."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from voice.endpointing import EndpointTiming

StepName = Literal["microphone", "endpoint", "transcription", "model", "voice", "loudspeaker"]

_TITLES: dict[StepName, str] = {
    "microphone": "microphone",
    "endpoint": "pause that shows that you have finished",
    "transcription": "writing down what you said, beyond that pause",
    "model": "language model, first word",
    "voice": "voice, first sound",
    "loudspeaker": "loudspeaker",
}
_TIMING = EndpointTiming()
# What a step takes on a machine on which talking is a pleasure; the second of the issue is their sum.
_USUAL_SECONDS: dict[StepName, float] = {
    "microphone": 0.06,
    "endpoint": _TIMING.finished_seconds,
    "transcription": 0.2,
    "model": 0.5,
    "voice": 0.25,
    "loudspeaker": 0.08,
}
_WORTH_A_CHANGE_SECONDS = 0.1
_ADVICE: dict[StepName, str] = {
    "microphone": "Use another microphone: this one, or the way it is connected (Bluetooth?), is slow.",
    "transcription": "Take a smaller Whisper model (voice.stt_model: {better}), or a graphics card.",
    "model": "Take a smaller language model, or let it run on the graphics card: scripts/alisa.py models",
    "voice": "Take a quicker voice{better}: set voice.engine in alisa.toml.",
    "loudspeaker": "Use another loudspeaker: this one, or the way it is connected (Bluetooth?), is slow.",
}


@dataclass(frozen=True)
class Step:
    """One step on the way."""

    name: StepName
    seconds: float | None
    """None: it could not be measured; the note says why."""
    note: str = ""

    @property
    def title(self) -> str:
        """What the user reads."""
        return _TITLES[self.name]


def endpoint(timing: EndpointTiming = _TIMING) -> Step:
    """The pause by which she knows that the user has finished."""
    note = f"{timing.unfinished_seconds:.1f} s after words that sound unfinished"
    return Step("endpoint", timing.finished_seconds, note)


def transcription(seconds: float, note: str = "", timing: EndpointTiming = _TIMING) -> Step:
    """The transcription begins in the pause already; what counts is by how much it is longer.

    Args:
        seconds: What it takes in all.
        note: What else there is to say.
        timing: Of the pause.
    """
    hidden = timing.finished_seconds - timing.try_seconds
    text = f"{seconds:.2f} s in all{', ' + note if note else ''}"
    return Step("transcription", max(0.0, seconds - hidden), text)


def total(steps: Sequence[Step]) -> float:
    """Of what could be measured, in seconds."""
    return sum(step.seconds for step in steps if step.seconds is not None)


def advise(steps: Sequence[Step], better: dict[StepName, str] | None = None) -> str:
    """The one change that helps most, in words.

    Args:
        steps: What was measured.
        better: What to take instead, for the steps where that is known.
    """
    over = {
        step.name: step.seconds - _USUAL_SECONDS[step.name]
        for step in steps
        if step.seconds is not None and step.name in _ADVICE
    }
    if over and max(over.values()) >= _WORTH_A_CHANGE_SECONDS:
        name = max(over, key=lambda each: over[each])
        defaults: dict[StepName, str] = {"transcription": "tiny, base or small", "voice": ""}
        instead = {**defaults, **(better or {})}
        return _ADVICE[name].format(better=instead.get(name, ""))
    missing = [step for step in steps if step.seconds is None]
    if missing:
        return f"Nothing that was measured is slow; not measured: {missing[0].title} ({missing[0].note})."
    return "Nothing stands out: no single change would make her much quicker."

"""What recorded sound tells: when somebody begins to speak, when she is silent, how the mouth should move."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from benchmarks.voice_card import RATE, Samples, Sound

LOUD = 0.006
"""Sound that is heard; the card itself is silent to the last bit, so this is about the tails of words."""
_STEP_SECONDS = 0.01
_MOST_LAG_SECONDS = 0.4
# How wide each shape is open; those that are not named are wide.
_OPEN = {"closed": 0.0, "small": 0.4}
_LEAST_CHANGES = 6
_LEAST_LIKENESS = 0.2


def first_sound(sound: Sound) -> float | None:
    """When something is heard for the first time, in seconds of `time.time`."""
    loud = np.flatnonzero(np.abs(sound.samples) > LOUD)
    return sound.start + float(loud[0]) / RATE if len(loud) else None


def last_sound(sound: Sound) -> float | None:
    """When something is heard for the last time."""
    loud = np.flatnonzero(np.abs(sound.samples) > LOUD)
    return sound.start + float(loud[-1]) / RATE if len(loud) else None


def silences(sound: Sound, least_seconds: float) -> list[tuple[float, float]]:
    """Stretches of silence between what is heard: when each begins, and how long it is."""
    loud = np.flatnonzero(np.abs(sound.samples) > LOUD)
    steps = np.diff(loud)
    places = np.flatnonzero(steps > least_seconds * RATE)
    return [(sound.start + float(loud[place]) / RATE, float(steps[place]) / RATE) for place in places]


def silent_from(sound: Sound, quiet_seconds: float) -> float | None:
    """When she falls silent for at least so long; None when she does not."""
    pauses = silences(sound, quiet_seconds)
    if pauses:
        return pauses[0][0]
    last = last_sound(sound)
    rest = sound.start + len(sound.samples) / RATE - (last or 0.0)
    return last if last is not None and rest >= quiet_seconds else None


def find(sound: Sound, known: Samples) -> float | None:
    """When a known sound begins in what was recorded, whatever else is heard there too."""
    if len(sound.samples) < len(known):
        return None
    size = 1 << (len(sound.samples) + len(known)).bit_length()
    product = np.fft.rfft(sound.samples, size) * np.conj(np.fft.rfft(known, size))
    found = np.fft.irfft(product, size)[: len(sound.samples) - len(known) + 1]
    place = int(np.argmax(found))
    part = sound.samples[place : place + len(known)]
    norm = float(np.linalg.norm(part) * np.linalg.norm(known))
    if not norm or float(found[place]) / norm < _LEAST_LIKENESS:
        return None
    return sound.start + place / RATE


def onset(known: Samples) -> float:
    """How many seconds after its beginning a sound is first heard."""
    return float(np.argmax(np.abs(known) > LOUD)) / RATE


def mouth_lag(sound: Sound, started_at: float, visemes: Sequence[tuple[float, str]]) -> float | None:
    """By how many seconds the sound comes later than the mouth moves; None where there is nothing to compare.

    Args:
        sound: What was heard.
        started_at: When the timeline begins, in seconds of `time.time`.
        visemes: Changes of the mouth: seconds from the beginning, and the shape.
    """
    steps = round(visemes[-1][0] / _STEP_SECONDS) if visemes else 0
    lead = round(_MOST_LAG_SECONDS / _STEP_SECONDS)
    part = sound.after(started_at - _MOST_LAG_SECONDS)
    heard = np.log10(np.maximum(loudness(part.samples), LOUD))[: steps + 2 * lead]
    if part.start > started_at or len(heard) < steps + 2 * lead or len(visemes) < _LEAST_CHANGES:
        return None
    mouth = np.zeros(steps)
    for (begin, shape), (end, _) in pairwise(visemes):
        mouth[round(begin / _STEP_SECONDS) : round(end / _STEP_SECONDS)] = _OPEN.get(shape, 1.0)
    windows = np.lib.stride_tricks.sliding_window_view(heard, steps)
    centred = windows - windows.mean(axis=1, keepdims=True)
    spread = centred.std(axis=1) * mouth.std()
    likeness = centred @ (mouth - mouth.mean()) / np.maximum(spread * steps, 1e-9)
    best = int(np.argmax(likeness))
    if likeness[best] < _LEAST_LIKENESS:
        return None
    return part.start + best * _STEP_SECONDS - started_at


def loudness(samples: Samples) -> NDArray[np.float64]:
    """The loudest sample of each hundredth of a second."""
    step = round(RATE * _STEP_SECONDS)
    whole = samples[: len(samples) // step * step].reshape(-1, step)
    found: NDArray[np.float64] = np.abs(whole).max(axis=1, initial=0.0).astype(np.float64)
    return found

"""From the sound of an utterance to the movement of her mouth, by loudness and where the energy lies."""

from typing import get_args

import numpy as np
from numpy.typing import NDArray

from backend.shared.records import MouthShape, Viseme
from voice.deck import Samples

_STEP_SECONDS = 0.01
_WINDOW_SECONDS = 0.032
# A shape that is shorter is not seen; pauses that are shorter do not close the mouth.
_HOLD_STEPS = 7
_CHANGES_A_SECOND = 12
_MOST_VISEMES, _MOST_SECONDS = 2000, 599.0
# Of a long utterance this many steps are looked at together, for the sake of memory.
_MOST_FRAMES = 500
# Sound begins 30 dB below what is loud in this utterance, and never below -50 dB of full scale.
_QUIET_FACTOR, _QUIETEST = 0.032, 0.003
_RELEASE_SECONDS = 0.06
# The first two formants lie here; above there is hiss, which needs hardly any opening.
_VOWELS_HZ, _HISS_HZ = (200.0, 3400.0), 3800.0
# Between o (900 to 960) and a (1050 to 1180), as measured on four synthetic voices.
_COMMON_CENTRE_HZ = 1130.0
_CLOSED, _SMALL, _WIDE, _ROUND = range(4)
_SHAPES: tuple[MouthShape, ...] = ("closed", "small", "wide", "round")
assert set(_SHAPES) < set(get_args(MouthShape))  # noqa: S101  a word that the overlay would not know


def visemes(samples: Samples, rate: int) -> list[Viseme]:
    """The timeline of the mouth: changes only, from closed to closed.

    Vowels are told by the centre of gravity of the spectrum between 200 and 3400 Hz, measured against
    what is common and the middle of this very voice: it is low for o and u (round), high for a, e and i
    (wide). Quiet sounds and hisses open the mouth a little (small). Loudness rises at once and falls
    slowly, so that the mouth does not flutter.

    Args:
        samples: Mono, -1 to 1.
        rate: Samples a second.

    Returns:
        At most 12 changes in any second, each shape for at least 70 ms; the first as the sound begins, the
        last "closed" as it ends. Empty for silence.
    """
    step = max(1, round(rate * _STEP_SECONDS))
    count = min(-(-len(samples) // step), int(_MOST_SECONDS / _STEP_SECONDS))
    if count == 0:
        return []
    sound = np.zeros(count * step, np.float32)
    kept = samples[: count * step]
    sound[: len(kept)] = kept
    loudness = np.sqrt(np.mean(np.square(sound.reshape(count, step)), axis=1))
    loud = float(np.percentile(loudness, 95))
    is_sound = loudness > max(_QUIETEST, loud * _QUIET_FACTOR)
    if not is_sound.any():
        return []
    shapes = _shapes(sound, rate, step, loudness)
    return _timeline(_runs(is_sound), shapes, step / rate)


def _shapes(sound: Samples, rate: int, step: int, loudness: Samples) -> NDArray[np.intp]:
    """The shape that fits each step by itself."""
    envelope = _released(loudness)
    centre, hiss = _spectrum(sound, rate, step, len(loudness))
    loud = float(np.percentile(loudness, 90))
    is_vowel = (envelope > 0.25 * loud) & (hiss < 0.5)
    median = float(np.median(centre[is_vowel])) if is_vowel.any() else _COMMON_CENTRE_HZ
    middle = (median + _COMMON_CENTRE_HZ) / 2
    shapes = np.full(len(loudness), _SMALL)
    shapes[is_vowel & (centre >= 0.92 * middle) & (envelope > 0.4 * loud)] = _WIDE
    shapes[is_vowel & (centre < 0.86 * middle)] = _ROUND
    return shapes


def _released(loudness: Samples) -> NDArray[np.float64]:
    """Loudness that rises at once and falls slowly."""
    kept = float(np.exp(-_STEP_SECONDS / _RELEASE_SECONDS))
    envelope = np.empty(len(loudness))
    last = 0.0
    for index, value in enumerate(loudness.tolist()):
        last = max(value, last * kept)
        envelope[index] = last
    return envelope


def _spectrum(
    sound: Samples, rate: int, step: int, count: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """For each step the centre of gravity of the vowels' range in Hz, and the share of hiss."""
    window = max(8, round(rate * _WINDOW_SECONDS))
    ahead = max(0, (window - step) // 2)
    padded = np.concatenate((np.zeros(ahead, np.float32), sound, np.zeros(window, np.float32)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[: count * step : step]
    shape = np.hanning(window).astype(np.float32)
    hertz = np.fft.rfftfreq(window, 1 / rate)
    is_vowel, is_hiss = (hertz >= _VOWELS_HZ[0]) & (hertz <= _VOWELS_HZ[1]), hertz > _HISS_HZ
    centre, hiss = np.empty(count, np.float32), np.empty(count, np.float32)
    for begin in range(0, count, _MOST_FRAMES):
        part = slice(begin, begin + _MOST_FRAMES)
        power = np.square(np.abs(np.fft.rfft(frames[part] * shape, axis=1)))
        # The root makes weak higher formants count beside the strong first one.
        weights = np.sqrt(power[:, is_vowel])
        centre[part] = weights @ hertz[is_vowel] / (weights.sum(axis=1) + 1e-9)
        hiss[part] = power[:, is_hiss].sum(axis=1) / (power.sum(axis=1) + 1e-9)
    return centre, hiss


def _runs(is_sound: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Stretches of sound, those with no visible pause between them made one."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_sound, [False])).astype(np.int8)))
    runs: list[tuple[int, int]] = []
    for begin, end in edges.reshape(-1, 2).tolist():
        if runs and begin - runs[-1][1] < _HOLD_STEPS:
            runs[-1] = (runs[-1][0], max(end, runs[-1][1]))
        else:
            runs.append((begin, max(end, begin + _HOLD_STEPS)))
    return runs


def _timeline(runs: list[tuple[int, int]], shapes: NDArray[np.intp], step_seconds: float) -> list[Viseme]:
    line = _Line(step_seconds)
    for begin, end in runs:
        line.change(begin, _common(shapes[begin : begin + _HOLD_STEPS]))
        for at in range(begin + _HOLD_STEPS, end - _HOLD_STEPS + 1):
            if shapes[at] != line.shape and at - line.changed_at >= _HOLD_STEPS:
                line.change(at, _common(shapes[at : at + _HOLD_STEPS]))
        line.change(end, _CLOSED)
    return line.finish(runs[-1][1])


def _common(shapes: NDArray[np.intp]) -> int:
    return int(np.bincount(shapes).argmax()) if len(shapes) else _SMALL


class _Line:
    """A timeline that keeps to the most changes a second."""

    def __init__(self, step_seconds: float) -> None:
        self.shape = _CLOSED
        self.changed_at = -_HOLD_STEPS
        self._step_seconds = step_seconds
        self._changes: list[tuple[int, int]] = []

    def change(self, at: int, shape: int) -> None:
        """Take another shape, unless there were too many changes of late or the last is too fresh."""
        if shape == self.shape or at - self.changed_at < _HOLD_STEPS:
            return
        if len(self._changes) >= _CHANGES_A_SECOND:
            since = (at - self._changes[-_CHANGES_A_SECOND][0]) * self._step_seconds
            if since <= 1.0 or len(self._changes) >= _MOST_VISEMES - 1:
                return
        self._changes.append((at, shape))
        self.shape, self.changed_at = shape, at

    def finish(self, at: int) -> list[Viseme]:
        """End with a closed mouth; where the last second is full, the change before gives way."""
        if self.shape != _CLOSED:
            kept = self._changes
            if len(kept) >= _CHANGES_A_SECOND:
                since = (at - kept[-_CHANGES_A_SECOND][0]) * self._step_seconds
                if since <= 1.0:
                    kept.pop()
            if kept and kept[-1][1] != _CLOSED:
                kept.append((at, _CLOSED))
        return [Viseme(round(at * self._step_seconds, 3), _SHAPES[shape]) for at, shape in self._changes]

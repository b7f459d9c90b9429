"""What a sound needs before Whisper may look at it, and a sound to practise on."""

import functools
from typing import Any

import numpy as np

from voice.deck import Samples

RATE = 16_000
LONGEST_SECONDS = 60.0
SHORTEST_SECONDS = 1.0
"""A shorter one is padded: Whisper makes things up where there is hardly anything."""
QUIETEST = 10 ** (-60 / 20)
"""Of the loudest 30 ms of what can be speech; a whisper into a poor microphone is about -50 dB."""
_FRAME = 480


def prepare(sound: Samples) -> Samples:
    """The sound as Whisper wants it: float32, in one piece, without numbers that are none, 1 to 60 s long."""
    samples = np.nan_to_num(np.asarray(sound, np.float32).reshape(-1), posinf=0.0, neginf=0.0)
    samples = np.clip(samples, -1.0, 1.0)[-round(LONGEST_SECONDS * RATE) :]
    missing = round(SHORTEST_SECONDS * RATE) - len(samples)
    if missing > 0:
        samples = np.pad(samples, (missing // 4, missing - missing // 4))
    return np.ascontiguousarray(samples)


def loudest(sound: Samples) -> float:
    """Root mean square of the loudest 30 ms."""
    if len(sound) < _FRAME:
        return float(np.sqrt(np.mean(np.square(sound)))) if len(sound) else 0.0
    frames = sound[: len(sound) // _FRAME * _FRAME].reshape(-1, _FRAME)
    return float(np.sqrt(np.mean(np.square(frames), axis=1).max()))


def has_speech(sound: Samples) -> bool:
    """Whether anybody speaks in a prepared sound, by loudness and by Silero; a whisper counts too."""
    if loudest(sound) < QUIETEST:
        return False
    from faster_whisper.vad import get_speech_timestamps

    return bool(get_speech_timestamps(sound, _silero_options()))


@functools.cache
def _silero_options() -> Any:
    from faster_whisper.vad import VadOptions

    return VadOptions(threshold=0.4, min_speech_duration_ms=90, min_silence_duration_ms=100)


@functools.cache
def practice_sound() -> Samples:
    """Two seconds of a voice-like sound: the pulses of a throat through the resonances of changing vowels.

    Made by calculation, so that no recording has to be shipped. Vowels: Peterson and Barney, 1952.
    """
    seconds, pitch = 2.0, 120.0
    times = np.arange(round(seconds * RATE)) / RATE
    sound = np.zeros(len(times))
    vowels = [(730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480)]
    for number, formants in enumerate(vowels):
        place = np.clip(1 - np.abs(times - 0.25 - 0.5 * number) / 0.25, 0, 1)
        for harmonic in range(1, 30):
            tone = harmonic * pitch * (1 + 0.05 * np.sin(2 * np.pi * 2.5 * times))
            strength = sum(1 / (1 + ((harmonic * pitch - formant) / 90) ** 2) for formant in formants)
            sound += place * strength * np.sin(2 * np.pi * np.cumsum(tone) / RATE)
    practice: Samples = (0.3 * sound / np.abs(sound).max()).astype(np.float32)
    return practice

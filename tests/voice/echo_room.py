"""A room for tests of echo: what the microphone hears of the loudspeakers, and who speaks in it."""

import numpy as np

from tests.voice.voice_sounds import say
from voice.deck import Samples, resample
from voice.echo.engine import RATE, Engine
from voice.echo.removal import EchoRemoval
from voice.endpointing import FRAME_SECONDS, Endpointer, SpeechBegan
from voice.microphone import FRAME_SAMPLES, Frame
from voice.reference import Reference
from voice.vad import Vad

_BLOCK = RATE // 100
# The player runs ahead of what is heard by what waits in the device.
_AHEAD = RATE // 10


def spoken(text: str, voice: str, peak: float) -> Samples:
    """Speech at 16 kHz, from its first sound to its last."""
    samples, rate = say(text, voice)
    samples = resample(samples, rate, RATE)
    loud = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max())
    cut = samples[loud[0] : loud[-1]]
    return cut * np.float32(peak / np.abs(cut).max())


def heard_in_room(played: Samples, delay_seconds: float, volume: float, seed: int = 0) -> Samples:
    """What the microphone hears of it: late, with 60 reflections within 150 ms, and some noise."""
    chance = np.random.default_rng(seed)
    first = round(delay_seconds * RATE)
    way = np.zeros(first + round(0.15 * RATE))
    way[first] = 1.0
    for place in chance.integers(1, round(0.15 * RATE), 60):
        way[first + place - 1] += 0.25 * chance.standard_normal() * np.exp(-place / RATE / 0.0375)
    echo = volume * np.convolve(played, way)[: len(played)]
    return (echo + 0.0015 * chance.standard_normal(len(played))).astype(np.float32)


def frames(heard: Samples, at_seconds: float = 0.0) -> list[Frame]:
    """As the microphone gives them."""
    return [
        Frame(heard[begin : begin + FRAME_SAMPLES], at_seconds + begin / RATE, begin > 0)
        for begin in range(0, len(heard) - FRAME_SAMPLES + 1, FRAME_SAMPLES)
    ]


def without_echo(engine: Engine, heard: Samples, played: Samples) -> Samples:
    """What the ears make of it."""
    reference = Reference()
    reference.set_rate(RATE)
    removal = EchoRemoval(engine, reference)
    found, written = [], 0
    for frame in frames(heard, 100.0):
        end = round((frame.at_seconds - 100.0) * RATE) + FRAME_SAMPLES + _AHEAD
        while written < min(end, len(played)):
            reference.write(played[written : written + _BLOCK], 100.0 + written / RATE)
            written += _BLOCK
        found.append(removal.clean(frame))
    return np.concatenate(found)


def begins(sound: Samples) -> list[float]:
    """When somebody is noticed to speak, in seconds."""
    vad, endpointer = Vad(), Endpointer()
    return [
        frame.at_seconds + FRAME_SECONDS
        for frame in frames(sound)
        for event in endpointer.frame(vad.probability(frame.samples), frame.at_seconds + FRAME_SECONDS)
        if isinstance(event, SpeechBegan)
    ]


def decibels(sound: Samples) -> float:
    """Its mean power."""
    return 10 * float(np.log10(np.mean(np.square(sound)) + 1e-12))

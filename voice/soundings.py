"""What the doctor learns from the devices: how loud the microphone is, whether it hears the loudspeakers."""

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from voice import microphone as microphones
from voice.deck import Event, Samples
from voice.devices import Sound, SoundError
from voice.microphone import Microphone
from voice.player import Player

RATE = microphones.RATE
_OPEN_SECONDS = 3.0
_SWEEP_SECONDS, _SWEEP_RATE = 0.4, 48_000
_SWEEP_LOUDNESS = 0.25
# From before the sweep until a room or a slow Bluetooth device has returned it.
_SETTLE_SECONDS, _LISTEN_SECONDS = 0.25, 1.3
_MOST_DELAY_SECONDS, _EARLIEST_SECONDS = 0.8, 0.1
# How far the sweep must stand out of what the microphone hears anyway; noise alone reaches about 5.
_STANDS_OUT = 8.0
_CLIPPED, _QUIETEST_DB = 0.99, -120.0


@dataclass(frozen=True)
class Level:
    """How loud the microphone was, in dB below the loudest that it can tell."""

    loudest_db: float
    """Of frames of 32 ms."""
    quietest_db: float
    """What a tenth of the frames was below: the noise of the room."""
    is_dead: bool
    """Nothing but zeros came."""
    is_clipped: bool
    """It was too loud for it."""


@dataclass(frozen=True)
class Echo:
    """How the microphone hears the loudspeakers."""

    delay_seconds: float
    """After the device says that it sounds."""
    gain_db: float
    """How loud, against what is played; below 0 is softer."""


def decibels(loudness: float) -> float:
    """A loudness from 0 to 1 in dB, not below -120."""
    return max(_QUIETEST_DB, 20 * math.log10(max(loudness, 1e-9)))


@contextlib.contextmanager
def open_microphone(sound: Sound, name: str) -> Iterator[Microphone]:
    """The microphone, open.

    Raises:
        SoundError: It cannot be used; says what to do.
    """
    with Microphone(sound, name, on_problem=lambda _: None) as microphone:
        if not microphone.unmute(_OPEN_SECONDS) or microphone.read(_OPEN_SECONDS) is None:
            raise microphone.problem or SoundError(
                "sound-silent", "The microphone is open, but nothing comes from it. Plug it in anew."
            )
        yield microphone


@contextlib.contextmanager
def open_player(sound: Sound, name: str, on_event: Callable[[Event], None]) -> Iterator[Player]:
    """The loudspeakers, open.

    Raises:
        SoundError: They cannot be used; says what to do.
    """
    with Player(sound, name, on_event=on_event, on_problem=lambda _: None) as player:
        if not player.wake(_OPEN_SECONDS):
            raise player.problem or SoundError(
                "sound-silent", "The loudspeaker does not open. Choose another one, or restart the sound."
            )
        yield player


def listen(microphone: Microphone, seconds: float, on_level: Callable[[float], None]) -> Level:
    """Listen for so long; nothing is kept.

    Args:
        microphone: Open.
        seconds: How long.
        on_level: Told the loudness of each frame in dB.
    """
    loudness: list[float] = []
    peak = 0.0
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        frame = microphone.read(min(left, 0.2))
        if frame is None:
            continue
        peak = max(peak, float(np.abs(frame.samples).max()))
        loudness.append(decibels(float(np.sqrt(np.mean(frame.samples**2)))))
        on_level(loudness[-1])
    if not loudness:
        raise microphone.problem or SoundError("sound-silent", "Nothing comes from the microphone.")
    quietest = sorted(loudness)[len(loudness) // 10]
    return Level(max(loudness), quietest, peak == 0.0, peak >= _CLIPPED)


def sweep() -> Samples:
    """A short sign that rises: found again in any noise, and not unpleasant."""
    times = np.arange(round(_SWEEP_SECONDS * _SWEEP_RATE)) / _SWEEP_RATE
    phase = 2 * np.pi * (400 * times + (3200 - 400) / (2 * _SWEEP_SECONDS) * times**2)
    fade = np.minimum(1.0, np.minimum(times, times[::-1]) / 0.03)
    return (_SWEEP_LOUDNESS * fade * np.sin(phase)).astype(np.float32)


def find_echo(player: Player, microphone: Microphone) -> Echo | None:
    """Play the sign and listen for it; None when the microphone does not hear it."""
    heard, played = _Track(), _Track()
    player.reference.take()
    start = time.monotonic()
    has_begun = False
    while (passed := time.monotonic() - start) < _SETTLE_SECONDS + _LISTEN_SECONDS:
        if not has_begun and passed > _SETTLE_SECONDS:
            player.play(sweep(), _SWEEP_RATE, "doctor")
            has_begun = True
        frame = microphone.read(0.05)
        if frame is not None:
            heard.add(frame.samples, frame.at_seconds)
        played.add(*player.reference.take())
    return compare(played.samples, heard.samples, heard.at_seconds - played.at_seconds)


class _Track:
    """Sound in one piece, and when it begins."""

    def __init__(self) -> None:
        self.at_seconds = 0.0
        self._parts: list[Samples] = []

    def add(self, samples: Samples, at_seconds: float) -> None:
        if not self._parts:
            self.at_seconds = at_seconds
        self._parts.append(samples)

    @property
    def samples(self) -> Samples:
        return np.concatenate(self._parts) if self._parts else np.zeros(0, np.float32)


def compare(played: Samples, heard: Samples, ahead_seconds: float) -> Echo | None:
    """Look for what was played in what was heard.

    Args:
        played: At 16 kHz.
        heard: At 16 kHz.
        ahead_seconds: How much later `heard` begins.
    """
    loud = np.flatnonzero(np.abs(played) > 1e-4)
    if not len(loud) or not len(heard):
        return None
    first, last = int(loud[0]), int(loud[-1]) + 1
    sign = played[first:last]
    size = 1 << (len(heard) + len(sign)).bit_length()
    product = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(sign, size))
    found = np.fft.irfft(product, size)[: max(1, len(heard) - len(sign) + 1)]
    delays = np.arange(len(found)) / RATE + ahead_seconds - first / RATE
    likely = (delays > -_EARLIEST_SECONDS) & (delays < _MOST_DELAY_SECONDS)
    if not likely.any():
        return None
    best = int(np.argmax(np.where(likely, np.abs(found), 0.0)))
    if abs(found[best]) < _STANDS_OUT * float(np.sqrt(np.mean(found**2))) or not found[best]:
        return None
    gain = abs(float(found[best])) / float(np.dot(sign, sign))
    return Echo(float(delays[best]), decibels(gain))

"""Whether what the microphone hears can be her echo, or cannot be anything else.

A canceller supposes the worst of a room that it has not heard yet: where nothing comes back, as with
headphones or a microphone that is silent between words, it takes the user for echo.
"""

import math
from collections import deque

import numpy as np

from voice.deck import Samples

# A stretch of half a second in which she sounds, and how many of them are remembered.
_STRETCH_FRAMES, _STRETCHES = 15, 8
# So many are needed before anything is said of the room.
_FEWEST = 3
# Less than this comes back of her voice where there is no echo: -30 dB.
_NO_ECHO = 0.03
# What is so much louder than the little that comes back is somebody else.
_MARGIN = 3.0
# Loud enough to be speech, and for her voice to count: roots of the mean square.
_AUDIBLE, _SOUNDING = 0.004, 0.01
# What comes back of a frame may last for 0.3 s; a syllable of the user ends softly.
_TAIL_FRAMES, _HOLD_FRAMES = 9, 8
# What was heard in the last quarter of a second is laid over what was played in the last half. Echoes of five
# simulated rooms were alike by 0.77 and more (99 of 100), somebody else's words by 0.43 at most.
_HEARD_FRAMES, _PLAYED_FRAMES = 8, 18
_ALIKE, _ECHO = 0.6, 0.75


class EchoStrength:
    """Told each frame of 32 ms, in order.

    How loud the microphone is against the loudspeakers, at its loudest in a stretch, is never less than the
    echo; the least of the last stretches is the echo, or little more.
    """

    def __init__(self) -> None:
        """Know nothing of the room."""
        self._played: deque[float] = deque(maxlen=_TAIL_FRAMES)
        self._last_heard: deque[Samples] = deque(maxlen=_HEARD_FRAMES)
        self._last_played: deque[Samples] = deque(maxlen=_PLAYED_FRAMES)
        self._strongest: deque[float] = deque(maxlen=_STRETCHES)
        self._frames, self._ratio = 0, 0.0
        self._hold = 0

    def is_somebody_else(self, heard: Samples, played: Samples) -> bool:
        """Whether this frame, or one just before it, cannot be her echo, as there is none.

        Args:
            heard: What the microphone heard.
            played: What the loudspeakers played meanwhile.
        """
        self._last_heard.append(heard)
        self._last_played.append(played)
        self._played.append(_loudness(played))
        loudness, loudest = _loudness(heard), max(self._played)
        if loudness > _AUDIBLE and loudness > self._bound() * loudest:
            self._hold = 0 if self._likeness() > _ALIKE else _HOLD_FRAMES
        else:
            self._hold = max(0, self._hold - 1)
        if loudest > _SOUNDING:
            self._learn(loudness / loudest)
        return self._hold > 0

    def is_echo(self) -> bool:
        """Whether what was heard last is her own voice, and hardly anything else."""
        return self._likeness() > _ECHO

    def _likeness(self) -> float:
        """How well what was heard is found again in what was played, at any delay: 0 to 1."""
        heard, played = np.concatenate(self._last_heard), np.concatenate(self._last_played)
        norm = float(np.linalg.norm(heard))
        if len(played) <= len(heard) or not norm:
            return 0.0
        size = 1 << (len(played) + len(heard)).bit_length()
        shifts = len(played) - len(heard) + 1
        product = np.fft.rfft(played, size) * np.conj(np.fft.rfft(heard, size))
        found = np.abs(np.fft.irfft(product, size)[:shifts])
        sums = np.concatenate(([0.0], np.cumsum(np.square(played, dtype=np.float64))))
        energies = np.sqrt(np.maximum(sums[len(heard) :] - sums[:shifts], 1e-9))
        return float(np.max(found / energies)) / norm

    def _bound(self) -> float:
        if len(self._strongest) < _FEWEST or min(self._strongest) > _NO_ECHO:
            return math.inf
        return _MARGIN * min(self._strongest)

    def _learn(self, ratio: float) -> None:
        self._ratio = max(self._ratio, ratio)
        self._frames += 1
        if self._frames == _STRETCH_FRAMES:
            self._strongest.append(self._ratio)
            self._frames, self._ratio = 0, 0.0


def _loudness(samples: Samples) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(np.square(samples))))

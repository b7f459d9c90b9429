"""Learns the way from her loudspeakers to the microphone, and takes what comes that way out of the sound.

It comes before the canceller proper. That one suppresses whatever might be echo, and the user with it; the
less echo there is left for it, the more of the user it lets through: with this before it, somebody who
speaks into her words is noticed after 0.2 s where it took 0.5 to 1.4 s (median of simulated rooms).
"""

import numpy as np
from numpy.typing import NDArray

from voice.deck import Samples
from voice.echo.engine import RATE

HOP_SAMPLES = 256
"""What is taken at once."""
_REACH_SECONDS = 0.32
_PARTS = round(_REACH_SECONDS * RATE / HOP_SAMPLES)
# How much of the way stays the same from hop to hop: it forgets within 8 s and follows clocks that drift.
_CONSTANCY = 0.999
# What is expected of an unknown way, and how its echoes die away.
_EXPECTED, _DECAY_SECONDS = 0.003, 0.15
_SMOOTHING = 0.7
# Every part is kept to its own stretch of time at each fifth hop, to save time.
_KEPT_AT_ONCE = _PARTS // 5
_TINY, _LEAST_DOUBT = 1e-6, 1e-9

_Spectra = NDArray[np.complex64]


class AdaptiveFilter:
    """A Kalman filter over the spectra of blocks of sound: it learns fast, and not from the user's words.

    Source: F. Kuech, E. Mabande, G. Enzner, "State-space architecture of the partitioned-block-based acoustic
    echo controller", ICASSP 2014.
    """

    def __init__(self) -> None:
        """Begin with an unknown way."""
        self.reset()

    def reset(self) -> None:
        """Forget what was learnt: another device or another room."""
        shape = (_PARTS, HOP_SAMPLES + 1)
        self._played: Samples = np.zeros(2 * HOP_SAMPLES, np.float32)
        self._spectra: _Spectra = np.zeros(shape, np.complex64)
        self._powers: Samples = np.zeros(shape, np.float32)
        self._way: _Spectra = np.zeros(shape, np.complex64)
        decay = np.exp(-np.arange(_PARTS) * HOP_SAMPLES / RATE / _DECAY_SECONDS)
        self._doubt: Samples = np.repeat(_EXPECTED * decay[:, None], shape[1], axis=1).astype(np.float32)
        self._noise: Samples = np.full(shape[1], 1e-4, np.float32)
        self._turn = 0

    def clean(self, heard: Samples, played: Samples) -> Samples:
        """The microphone's sound without what is known to be echo.

        Args:
            heard: `HOP_SAMPLES` of the microphone.
            played: As many that the loudspeakers play; their echo is in `heard` at once or up to 0.3 s later.
        """
        self._take(played)
        echo = np.fft.irfft((self._spectra * self._way).sum(axis=0))[HOP_SAMPLES:]
        rest: Samples = (heard - echo).astype(np.float32)
        self._learn(rest)
        return rest

    def _take(self, played: Samples) -> None:
        self._played = np.concatenate((self._played[HOP_SAMPLES:], played))
        newest = np.fft.rfft(self._played)
        self._spectra[1:] = self._spectra[:-1]
        self._powers[1:] = self._powers[:-1]
        self._spectra[0] = newest
        self._powers[0] = newest.real**2 + newest.imag**2

    def _learn(self, rest: Samples) -> None:
        """What cannot be echo counts as noise, and the louder it is the less is learnt from it."""
        error = np.fft.rfft(np.concatenate((np.zeros(HOP_SAMPLES, np.float32), rest))).astype(np.complex64)
        self._noise += (1.0 - _SMOOTHING) * (error.real**2 + error.imag**2 - self._noise)
        # Half of each window is zero, hence half of the power.
        expected = 0.5 * (self._powers * self._doubt).sum(axis=0)
        step = self._doubt / (expected + self._noise + _TINY)
        self._way += step * np.conj(self._spectra) * error
        changed = (1.0 - _CONSTANCY**2) * (self._way.real**2 + self._way.imag**2)
        self._doubt *= _CONSTANCY**2 * (1.0 - 0.5 * step * self._powers)
        self._doubt += changed + _LEAST_DOUBT
        self._keep_to_its_time()

    def _keep_to_its_time(self) -> None:
        parts = np.arange(self._turn, self._turn + _KEPT_AT_ONCE) % _PARTS
        self._turn = (self._turn + _KEPT_AT_ONCE) % _PARTS
        answers = np.fft.irfft(self._way[parts])
        answers[:, HOP_SAMPLES:] = 0.0
        self._way[parts] = np.fft.rfft(answers)

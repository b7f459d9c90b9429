"""Measures a voice: how high, how loud, how much silence around it. No code of the product is used for it."""

import numpy as np

from voice.tts.engine import Spoken

_SILENT = 0.005


def loudness(samples: np.ndarray, rate: int) -> float:
    """Root of the mean square of what is voiced, in dBFS: blocks of 50 ms less than 10 dB below the mean.

    The gate is that of ITU-R BS.1770, for shorter blocks.
    """
    size = min(rate // 20, len(samples))
    power = np.mean(samples[: len(samples) // size * size].reshape(-1, size).astype(np.float64) ** 2, axis=1)
    return float(10 * np.log10(np.mean(power[power > 0.1 * power.mean()])))


def fundamental(samples: np.ndarray, rate: int, low: float = 80.0, high: float = 500.0) -> float:
    """The middle of all pitches of the voiced parts in Hz, by autocorrelation."""
    size = rate // 25
    found = []
    for begin in range(0, len(samples) - size, size // 2):
        block = samples[begin : begin + size] * np.hanning(size)
        alike = np.correlate(block, block, "full")[size - 1 :]
        lags = alike[int(rate / high) : int(rate / low)]
        if alike[0] > 1e-3 * size and lags.max() > 0.5 * alike[0]:
            found.append(rate / (int(rate / high) + int(np.argmax(lags))))
    return float(np.median(found)) if found else 0.0


def silence_around(spoken: Spoken) -> tuple[float, float]:
    """Seconds of silence before and after."""
    loud = np.flatnonzero(np.abs(spoken.samples) > _SILENT)
    return loud[0] / spoken.rate, (len(spoken.samples) - 1 - loud[-1]) / spoken.rate

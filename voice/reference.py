"""What the loudspeakers play, as the echo canceller wants it: 16 kHz, mono, with its time."""

from typing import Any

import numpy as np

from voice.deck import Samples

RATE = 16_000
_KEPT_SECONDS = 2


class Reference:
    """A ring that the device's thread writes and the listener's thread empties; no lock on either side.

    The ring is long, and whoever reads seldom loses the oldest instead of getting torn samples.
    """

    def __init__(self) -> None:
        self.set_rate(48_000)

    def set_rate(self, rate: int) -> None:
        """Begin anew with another rate; only while no stream writes."""
        self._rate = rate
        self._ring = np.zeros(rate * _KEPT_SECONDS, np.float32)
        # How many samples were written in all, and when the last of them is heard.
        self._written: tuple[int, float] = (0, 0.0)
        self._read = 0
        self._resampler: Any = None

    def write(self, samples: Samples, heard_at: float) -> None:
        """Add a block, in the device's thread.

        Args:
            samples: At the device's rate.
            heard_at: When its first sample is heard, by `time.monotonic`.
        """
        written, _ = self._written
        place = written % len(self._ring)
        head = min(len(samples), len(self._ring) - place)
        self._ring[place : place + head] = samples[:head]
        self._ring[: len(samples) - head] = samples[head:]
        self._written = (written + len(samples), heard_at + len(samples) / self._rate)

    def take(self) -> tuple[Samples, float]:
        """All that was played since the last call, at 16 kHz, and when its first sample is heard.

        Where more than 1.5 s were waiting, the oldest are lost.
        """
        ring, rate = self._ring, self._rate
        written, heard_until = self._written
        oldest = written - int(1.5 * rate)
        if self._read < oldest:
            self._read, self._resampler = oldest, None
        places = np.arange(self._read, written) % len(ring)
        heard_at = heard_until - len(places) / rate
        self._read = written
        return self._resampled(ring[places]), heard_at

    def _resampled(self, samples: Samples) -> Samples:
        if self._rate == RATE:
            return samples
        if self._resampler is None:
            import soxr

            self._resampler = soxr.ResampleStream(self._rate, RATE, 1, dtype="float32", quality="MQ")
        found: Samples = self._resampler.resample_chunk(samples)
        return found

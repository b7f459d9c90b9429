"""The last minute of what was heard, in memory only, by its time."""

import threading
from collections import deque
from dataclasses import dataclass

import numpy as np

from voice.deck import Samples

RATE = 16_000
KEPT_SECONDS = 60.0
# Times of pieces that follow each other waver by less than this.
_WAVERING = round(0.008 * RATE)


@dataclass(frozen=True)
class _Piece:
    at_seconds: float
    samples: Samples

    @property
    def until_seconds(self) -> float:
        return self.at_seconds + len(self.samples) / RATE


class RecentSound:
    """Pieces of sound with their times; where nothing was added there is silence."""

    def __init__(self, kept_seconds: float = KEPT_SECONDS) -> None:
        """Begin with nothing."""
        self._kept_seconds = kept_seconds
        self._pieces: deque[_Piece] = deque()
        self._lock = threading.Lock()

    def add(self, samples: Samples, at_seconds: float) -> None:
        """Add what was heard next: mono, 16 kHz; forget what is too old."""
        piece = _Piece(at_seconds, samples)
        with self._lock:
            self._pieces.append(piece)
            while self._pieces[0].until_seconds < piece.until_seconds - self._kept_seconds:
                self._pieces.popleft()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._pieces.clear()

    def take(self, since: float, until: float | None = None) -> Samples:
        """What was heard in that time, by the clock of `add`; for any thread.

        Args:
            since: From when on; what is not kept any more is left out.
            until: Up to when; None: up to the last of it.
        """
        with self._lock:
            pieces = list(self._pieces)
        if not pieces:
            return np.empty(0, np.float32)
        first = max(since, pieces[0].at_seconds)
        end = pieces[-1].until_seconds if until is None else min(until, pieces[-1].until_seconds)
        length = min(end - first, self._kept_seconds)
        found = np.zeros(max(0, round(length * RATE)), np.float32)
        place = None
        for piece in pieces:
            wanted = round((piece.at_seconds - first) * RATE)
            # What follows is put right behind, without holes of a few samples.
            place = wanted if place is None or abs(wanted - place) > _WAVERING else place
            _lay(found, piece.samples, place)
            place += len(piece.samples)
        return found


def _lay(found: Samples, samples: Samples, place: int) -> None:
    begin, end = max(0, place), min(len(found), place + len(samples))
    if begin < end:
        found[begin:end] = samples[begin - place : end - place]

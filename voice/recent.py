"""The last minute of what was heard, in memory only, by its time."""

import threading
from collections import deque
from dataclasses import dataclass

import numpy as np

from voice.deck import Samples

RATE = 16_000
KEPT_SECONDS = 60.0


@dataclass(frozen=True)
class _Piece:
    at_seconds: float
    samples: Samples
    is_continued: bool

    @property
    def until_seconds(self) -> float:
        return self.at_seconds + len(self.samples) / RATE

    def cut(self, since: float, until: float) -> Samples:
        """What of it lies between; times waver by more than a sample, so whole pieces stay whole."""
        begin = max(0, round((since - self.at_seconds) * RATE))
        end = len(self.samples) - max(0, round((self.until_seconds - until) * RATE))
        return self.samples[begin : max(begin, end)]


class RecentSound:
    """Pieces of sound with their times; where nothing was added there is silence."""

    def __init__(self, kept_seconds: float = KEPT_SECONDS) -> None:
        """Begin with nothing."""
        self._kept_seconds = kept_seconds
        self._pieces: deque[_Piece] = deque()
        self._lock = threading.Lock()

    def add(self, samples: Samples, at_seconds: float, *, is_continued: bool) -> None:
        """Add what was heard next, and forget what is too old.

        Args:
            samples: Mono, 16 kHz.
            at_seconds: When its first sample was heard, later than all before.
            is_continued: Whether it follows right behind the one before, whatever their times say.
        """
        piece = _Piece(at_seconds, samples, is_continued)
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
        end = pieces[-1].until_seconds if until is None else until
        chosen = [piece for piece in pieces if piece.until_seconds > since and piece.at_seconds < end]
        if not chosen:
            return np.empty(0, np.float32)
        known_until = max(since, pieces[0].at_seconds)
        found: list[Samples] = []
        for number, piece in enumerate(chosen):
            hole = piece.at_seconds - known_until
            if hole > 0 and not (piece.is_continued and number):
                found.append(np.zeros(round(min(hole, self._kept_seconds) * RATE), np.float32))
            # Only at the two ends the times decide what belongs to it.
            is_end = number in {0, len(chosen) - 1}
            found.append(piece.cut(since, end) if is_end else piece.samples)
            known_until = piece.until_seconds
        return np.concatenate(found)

"""The mouth by timeline: the voice says beforehand which shape is due when."""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from backend.shared.records import MouthShape, Viseme
from overlay.life.timing import NEVER

HOLD_SECONDS = 0.06
"""A shape that lasts less is not seen, only its jitter: each stays at least so long."""

CLOSING_SECONDS = 0.12
"""After the end the mouth is closed so long, then it is the mood's again."""

TRACKS_LIMIT = 16

Cue = tuple[float, MouthShape | None]


@dataclass(frozen=True, slots=True)
class _Track:
    """One utterance, in the time of the clock."""

    start: float
    cues: list[Cue]


class Timeline:
    """Plays utterances, each at its own start; a later start takes over from an earlier one.

    Changes of shape come exactly when they are due, unless the shape before was shown for less than
    `HOLD_SECONDS`: then at the end of that, and shapes that are over by then are left out. A call that comes
    late does the same: it shows what is due now, for what is left of its time, and leaves out the rest.
    """

    def __init__(self) -> None:
        self.shape: MouthShape | None = None
        "None: there is nothing to be said."
        self._tracks: list[_Track] = []
        self._cues: deque[Cue] = deque()
        self._changed_at = -math.inf

    @property
    def due(self) -> float:
        """When to call `advance`."""
        return self._cues[0][0] if self._cues else NEVER

    def add(self, visemes: Sequence[Viseme], started: float, now: float) -> None:
        """Play an utterance.

        Args:
            visemes: Its shapes; without any there is nothing to play.
            started: When it begins to sound, or has begun, in the time of `now`.
            now: The time.
        """
        if not visemes or not math.isfinite(started):
            return
        ordered = sorted(visemes, key=lambda viseme: viseme.at_seconds)
        cues: list[Cue] = [(started, "closed")]
        cues += [(started + viseme.at_seconds, viseme.shape) for viseme in ordered]
        end = cues[-1][0]
        cues += [(end, "closed"), (end + CLOSING_SECONDS, None)]
        self.advance(now)
        self._tracks = [track for track in self._tracks if track.cues and track.cues[-1][0] > now]
        self._tracks.append(_Track(started, cues))
        self._tracks.sort(key=lambda track: track.start)
        del self._tracks[TRACKS_LIMIT:]
        for track, following in pairwise(self._tracks):
            # For good: what was taken over does not come back when the other one is over.
            track.cues[:] = [cue for cue in track.cues if cue[0] < following.start]
        cues = [cue for track in self._tracks for cue in track.cues]
        self._cues = _hold(cues, self.shape, self._changed_at)

    def clear(self) -> None:
        """Nothing is said any more."""
        self._tracks.clear()
        self._cues.clear()
        self.shape = None

    def advance(self, now: float) -> None:
        """Show what is due."""
        while self._cues and self._cues[0][0] <= now:
            self._changed_at, self.shape = self._cues.popleft()
        if not self._cues:
            self._tracks.clear()


def _hold(cues: list[Cue], shape: MouthShape | None, changed_at: float) -> deque[Cue]:
    """The changes that are seen when each shape stays for a while, in order."""
    kept: deque[Cue] = deque()
    untils = [*(at for at, _ in cues[1:]), math.inf]
    for (start, wanted), until in zip(cues, untils, strict=True):
        at = max(start, changed_at + HOLD_SECONDS)
        if at < until and wanted != shape:
            kept.append((at, wanted))
            shape, changed_at = wanted, at
    return kept

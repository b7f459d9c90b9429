"""Whether there is an echo at all, as learnt from what comes back while she speaks.

A canceller supposes the worst of a room that it has not heard yet: where nothing comes back, as with
headphones or a microphone that is silent between words, it takes the user for echo.
"""

import math
from collections import deque

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


class EchoStrength:
    """Told the loudness of each frame of 32 ms, in order.

    How loud the microphone is against the loudspeakers, at its loudest in a stretch, is never less than the
    echo; the least of the last stretches is the echo, or little more.
    """

    def __init__(self) -> None:
        """Know nothing of the room."""
        self._played: deque[float] = deque(maxlen=_TAIL_FRAMES)
        self._strongest: deque[float] = deque(maxlen=_STRETCHES)
        self._frames, self._ratio = 0, 0.0
        self._hold = 0

    def is_somebody_else(self, heard: float, played: float) -> bool:
        """Whether this frame, or one just before it, cannot be her echo, as there is none.

        Args:
            heard: What the microphone heard, as the root of the mean square.
            played: What the loudspeakers played meanwhile, in the same way.
        """
        self._played.append(played)
        loudest = max(self._played)
        if heard > _AUDIBLE and heard > self._bound() * loudest:
            self._hold = _HOLD_FRAMES
        else:
            self._hold = max(0, self._hold - 1)
        if loudest > _SOUNDING:
            self._learn(heard / loudest)
        return self._hold > 0

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

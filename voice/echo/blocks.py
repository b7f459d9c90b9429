"""Sound of any length in, blocks of 10 ms of 16 bits out: what WebRTC's audio processing takes."""

from collections.abc import Iterator

import numpy as np

from voice.deck import Samples
from voice.echo.engine import RATE

BLOCK_SAMPLES = RATE // 100
_LOUDEST = 32_767


class Blocks:
    """Cuts one stream of sound into blocks; what is too short for one waits for the next call."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._rest: Samples = np.empty(0, np.float32)

    def cut(self, samples: Samples) -> Iterator[bytes]:
        """The blocks that are complete with these samples: mono, -1 to 1, any length."""
        waiting = np.concatenate((self._rest, samples))
        end = len(waiting) // BLOCK_SAMPLES * BLOCK_SAMPLES
        self._rest = waiting[end:]
        whole = (np.clip(waiting[:end], -1.0, 1.0) * _LOUDEST).astype(np.int16)
        for begin in range(0, end, BLOCK_SAMPLES):
            yield whole[begin : begin + BLOCK_SAMPLES].tobytes()


def join(blocks: list[bytes]) -> Samples:
    """Undo `Blocks.cut`."""
    return np.frombuffer(b"".join(blocks), np.int16).astype(np.float32) * np.float32(1 / _LOUDEST)

"""The microphone: frames of 32 ms at 16 kHz with their time; nothing of it is ever written to disk."""

import queue
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from voice.deck import Samples
from voice.devices import Device, Sound, SoundError
from voice.streams import KeptStream

RATE = 16_000
FRAME_SAMPLES = 512
FRAME_SECONDS = FRAME_SAMPLES / RATE
# The device's clock against ours: small differences are smoothed, larger ones are taken over at once.
_SMOOTHING, _JUMP_SECONDS = 0.02, 0.5


@dataclass(frozen=True)
class Frame:
    """A moment of sound: 512 samples of float32, mono, 16 kHz."""

    samples: Samples
    at_seconds: float
    "When its first sample was in the air, by `time.monotonic`."
    is_continued: bool
    "False for the first frame, and after a break: mute, a lost device, or a reader that was too slow."


@dataclass(frozen=True)
class _Block:
    """What the device gave at once, and where it belongs."""

    samples: Samples
    at_seconds: float
    number: int
    rate: int


class Microphone:
    """Listens while it is not muted; a muted microphone is closed, so that the system's own light goes out.

    Attributes:
        dropped_seconds: How much was lost because nobody read it in time.
        level: Loudness of the last block, 0 to 1 (root of the mean square).
    """

    def __init__(
        self,
        sound: Sound,
        name: str = "",
        *,
        on_problem: Callable[[SoundError | None], None],
        latency_seconds: float = 0.03,
        queue_seconds: float = 3.0,
    ) -> None:
        """Make one that is muted; `unmute` opens the device.

        Args:
            sound: The PortAudio of this process.
            name: Part of the microphone's name; empty for the default one.
            on_problem: Told in plain words why nothing is heard, and None when all is well again; in a thread
                of the microphone.
            latency_seconds: The delay asked of the device.
            queue_seconds: How much waits for `read` at most; then the oldest is dropped.
        """
        self.dropped_seconds = self.level = 0.0
        self._queue_seconds = queue_seconds
        self._blocks: queue.SimpleQueue[_Block | None] = queue.SimpleQueue()
        self._waiting_seconds = 0.0
        self._number = 0
        self._is_muted = True
        self._framer = _Framer()
        self._stream = KeptStream(
            sound, "input", name, self._on_block, latency_seconds=latency_seconds, on_change=on_problem
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the device for good."""
        self._is_muted = True
        self._stream.end()
        self._blocks.put(None)

    def unmute(self, seconds: float = 0.0) -> bool:
        """Open the device; returns whether it is open after `seconds`."""
        self._is_muted = False
        self._stream.want(True)
        return self._stream.wait_until_open(seconds)

    def mute(self) -> None:
        """Close the device; when this returns it is closed, and what waited to be read is forgotten."""
        self._is_muted = True
        self._stream.want(False)
        self.level = 0.0
        while not self._blocks.empty():
            self._take()
        self._blocks.put(None)

    def choose(self, name: str) -> None:
        """Listen to another microphone from now on."""
        self._stream.choose(name)

    @property
    def is_muted(self) -> bool:
        """Whether it is not to listen."""
        return self._is_muted

    @property
    def is_open(self) -> bool:
        """Whether the device is held open: what an indicator has to show."""
        return self._stream.is_open

    @property
    def device(self) -> Device | None:
        """The microphone in use, or used last."""
        return self._stream.device

    @property
    def format(self) -> tuple[int, int, float]:
        """Sample rate, channels and latency in seconds of the stream as it was opened last."""
        return self._stream.rate, self._stream.channels, self._stream.latency_seconds

    @property
    def problem(self) -> SoundError | None:
        """Why nothing is heard; None when all is well."""
        return self._stream.problem

    def read(self, seconds: float = 1.0) -> Frame | None:
        """The next frame, from one thread only; None when none came in that time or it is muted."""
        end = time.monotonic() + seconds
        while True:
            frame = self._framer.next()
            if frame is not None:
                return frame
            try:
                block = self._take(max(0.0, end - time.monotonic()))
            except queue.Empty:
                return None
            if block is None or self._is_muted:
                self._framer = _Framer()
                return None
            self._framer.add(block)

    def _take(self, seconds: float = 0.0) -> _Block | None:
        block = self._blocks.get(timeout=seconds) if seconds else self._blocks.get_nowait()
        if block is not None:
            self._waiting_seconds -= len(block.samples) / block.rate
        return block

    def _on_block(self, data: Any, frames: int, times: Any, status: Any) -> None:
        """In the device's own thread: copy and return."""
        if self._is_muted:
            return
        rate = self._stream.rate
        # The mean of two; of more the first alone, as the others of such a card may be no microphones.
        mono = data.mean(axis=1) if data.shape[1] == 2 else data[:, 0].copy()
        self.level = float(np.sqrt(np.dot(mono, mono) / frames))
        self._number += 1 + bool(status and status.input_overflow)
        while self._waiting_seconds + frames / rate > self._queue_seconds:
            try:
                oldest = self._blocks.get_nowait()
            except queue.Empty:
                break
            lost = len(oldest.samples) / oldest.rate if oldest else 0.0
            self._waiting_seconds -= lost
            self.dropped_seconds += lost
        self._waiting_seconds += frames / rate
        self._blocks.put(_Block(mono, self._stream.at_seconds(times), self._number, rate))


class _Framer:
    """Blocks of any length and rate in, frames of 512 samples at 16 kHz out."""

    def __init__(self) -> None:
        self._ready: deque[Frame] = deque()
        self._rest: Samples = np.empty(0, np.float32)
        self._resampler: Any = None
        self._rate = self._number = 0
        # The time of the first input sample since the last break, and how many went in and came out since.
        self._origin = 0.0
        self._taken = self._given = 0

    def next(self) -> Frame | None:
        return self._ready.popleft() if self._ready else None

    def add(self, block: _Block) -> None:
        ahead = block.at_seconds - (self._origin + self._taken / (self._rate or RATE))
        if block.number != self._number + 1 or block.rate != self._rate:
            self._begin(block)
        else:
            self._origin += ahead if abs(ahead) > _JUMP_SECONDS else _SMOOTHING * ahead
        self._number = block.number
        self._taken += len(block.samples)
        fresh = block.samples if self._resampler is None else self._resampler.resample_chunk(block.samples)
        self._rest = np.concatenate((self._rest, fresh))
        while len(self._rest) >= FRAME_SAMPLES:
            at = self._origin + self._given / RATE
            self._ready.append(Frame(self._rest[:FRAME_SAMPLES], at, self._given > 0))
            self._rest = self._rest[FRAME_SAMPLES:]
            self._given += FRAME_SAMPLES

    def _begin(self, block: _Block) -> None:
        self._rest = np.empty(0, np.float32)
        self._origin, self._taken, self._given = block.at_seconds, 0, 0
        self._rate = block.rate
        self._resampler = None
        if block.rate != RATE:
            import soxr

            self._resampler = soxr.ResampleStream(block.rate, RATE, 1, dtype="float32", quality="MQ")


class PreRoll:
    """The last moments before somebody was heard to speak, so that no first syllable is lost."""

    def __init__(self, seconds: float = 0.5) -> None:
        self._frames: deque[Frame] = deque(maxlen=max(1, round(seconds / FRAME_SECONDS)))

    def add(self, frame: Frame) -> None:
        """Keep a frame and forget the oldest; a break in the sound forgets all."""
        if not frame.is_continued:
            self._frames.clear()
        self._frames.append(frame)

    def take(self) -> list[Frame]:
        """The frames in order of time; they are forgotten here."""
        found = list(self._frames)
        self._frames.clear()
        return found

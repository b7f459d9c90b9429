"""A stream of sound that is open whenever it is wanted and its device allows; it comes back by itself."""

import logging
import math
import threading
import time
from collections.abc import Callable
from typing import Any

from voice.devices import Callback, Device, Kind, Sound, SoundError, gone

log = logging.getLogger(__name__)

# A healthy stream calls back every 10 to 20 ms; a machine under load may hold it up for a while.
_DEAD_SECONDS = 1.5
_LOOK_SECONDS = 0.1
_MOST_DELAY_SECONDS = 2.0
_FIRST_RETRY_SECONDS, _LAST_RETRY_SECONDS = 0.25, 3.0
_FIRST_BLOCK_SECONDS, _END_SECONDS = 3.0, 10.0


class KeptStream:
    """Opens a device, notices when it is lost, tries again until it is back.

    Attributes:
        problem: Why it is not open although it is wanted; None when all is well.
        device: The one in use, or used last.
        rate: Samples a second of the stream, as opened last; 0 before.
        channels: Of the stream, as opened last; 0 before.
        latency_seconds: What the device says about its delay.
    """

    def __init__(  # noqa: PLR0913  what a stream is made of
        self,
        sound: Sound,
        kind: Kind,
        name: str,
        callback: Callback,
        *,
        latency_seconds: float,
        on_change: Callable[[SoundError | None], None],
        prepare: Callable[[int], None] | None = None,
    ) -> None:
        """Prepare; nothing is opened before `want`.

        Args:
            sound: The PortAudio of this process.
            kind: Microphone or loudspeaker.
            name: Part of the device's name; empty for the default one.
            callback: Called in PortAudio's own thread for each block.
            latency_seconds: See `Sound.open`.
            prepare: Told the rate of a stream that was opened, before its first block.
            on_change: Told each new problem once, and None when it is over, in a thread of this stream.
        """
        self.problem: SoundError | None = None
        self.device: Device | None = None
        self.rate = self.channels = 0
        self.latency_seconds = latency_seconds
        self._sound, self._kind, self._name = sound, kind, name
        self._callback, self._wish_seconds, self._on_change = callback, latency_seconds, on_change
        self._on_opening = prepare
        self._clock_offset = math.inf
        self._stream: Any = None
        self._is_wanted = self._is_ending = False
        self._beat = 0.0
        self._retry_seconds = _FIRST_RETRY_SECONDS
        self._wake, self._opened = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"sound-{kind}", daemon=True)
        sound.join(self)
        self._thread.start()

    @property
    def is_open(self) -> bool:
        """Whether the device is held open now."""
        return self._stream is not None

    def want(self, is_wanted: bool) -> None:
        """Open it soon, or close it now: when this returns after False, the device is let go."""
        self._is_wanted = is_wanted
        if not is_wanted:
            self.let_go()
            self._say(None)
        self._retry_seconds = _FIRST_RETRY_SECONDS
        self._wake.set()

    def wait_until_open(self, seconds: float) -> bool:
        """Wait until it is open; returns whether it is."""
        return self._opened.wait(seconds)

    def choose(self, name: str) -> None:
        """Use another device from now on."""
        self._name = name
        # What is wrong with another device is news.
        self.problem = None
        self.let_go()
        self._retry_seconds = _FIRST_RETRY_SECONDS
        self._wake.set()

    def let_go(self) -> None:
        """Close the stream now; while it is wanted it is opened anew at once."""
        with self._sound.lock:
            stream, self._stream = self._stream, None
            self._opened.clear()
            if stream is None:
                return
            self._sound.close(stream)
        self._wake.set()

    def end(self) -> None:
        """Close the stream for good."""
        self._is_ending = True
        self._is_wanted = False
        self._wake.set()
        self._thread.join(_END_SECONDS)
        self.let_go()
        self._sound.leave(self)

    def _run(self) -> None:
        while not self._is_ending:
            pause: float | None = None
            if self._stream is not None:
                self._check()
                pause = _LOOK_SECONDS
            if self._stream is None and self._is_wanted:
                pause = _LOOK_SECONDS if self._open() else self._retry_seconds
            self._wake.wait(pause)
            self._wake.clear()

    def _check(self) -> None:
        with self._sound.lock:
            stream = self._stream
            if stream is None or (stream.active and time.monotonic() - self._beat < _DEAD_SECONDS):
                return
            self.let_go()
        if self.device is not None and self._is_wanted:
            self._say(gone(self.device))

    def _open(self) -> bool:
        problem: SoundError | None = None
        try:
            if self.problem is not None:
                self._sound.refresh()
            with self._sound.lock:
                # While we waited for our turn it may have been taken back.
                if not self._is_wanted or self._stream is not None:
                    return True
                self.device = self._sound.find(self._kind, self._name)
                self._beat = time.monotonic() + _FIRST_BLOCK_SECONDS
                device, wish = self.device, self._wish_seconds
                self._stream = self._sound.open(device, self._on_block, wish, self._prepare)
                self._opened.set()
        except SoundError as error:
            problem = error
            self._retry_seconds = min(_LAST_RETRY_SECONDS, self._retry_seconds * 1.5)
        else:
            self._retry_seconds = _FIRST_RETRY_SECONDS
            log.info("Sound %s is open: %d Hz, %d channels.", self._kind, self.rate, self.channels)
        self._say(problem)
        return problem is None

    def _prepare(self, stream: Any) -> None:
        self.rate, self.channels = round(stream.samplerate), stream.channels
        self.latency_seconds = stream.latency
        self._clock_offset = math.inf
        if self._on_opening is not None:
            self._on_opening(self.rate)

    def at_seconds(self, times: Any) -> float:
        """When the first sample of a block is in the air, by `time.monotonic`; for use in the callback.

        PortAudio tells it by a clock of its own. How far that is from ours shows best in the callback that
        was delayed least.
        """
        told = times.outputBufferDacTime if self._kind == "output" else times.inputBufferAdcTime
        delay = told - times.currentTime
        sign = 1 if self._kind == "output" else -1
        # Some systems do not tell, or not before a stream runs.
        if not 0.0005 < sign * delay < _MOST_DELAY_SECONDS:
            delay = sign * self.latency_seconds
        return float(times.currentTime + delay + self._clock_offset)

    def _on_block(self, data: Any, frames: int, times: Any, status: Any) -> None:
        self._beat = time.monotonic()
        self._clock_offset = min(self._clock_offset, self._beat - times.currentTime)
        self._callback(data, frames, times, status)

    def _say(self, problem: SoundError | None) -> None:
        """Tell the first problem and its end; what other words the system finds meanwhile says no more."""
        before = self.problem
        self.problem = before if before and problem else problem
        if (before is None) != (problem is None):
            if problem is not None:
                log.warning("%s: %s", problem.code, problem.message)
            self._on_change(problem)

"""What is to be played, sample by sample: the queue, the volume, the fades, the pause; it knows no device."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

FADE_SECONDS = 0.03
DUCKED = 0.2
# Larger blocks are filled in steps of this many samples.
_BLOCK = 4096
# After a pause she goes on before the word that was broken off. What the device was given last was not heard
# yet, and the fade swallows a little: a word that began only then was not heard either.
_BACK_SECONDS, _LEAST_BACK_SECONDS, _MOST_BACK_SECONDS = 0.3, 0.1, 0.8
_STEP_SECONDS, _QUIET_STEPS, _QUIET_FACTOR = 0.01, 3, 0.1


@dataclass(frozen=True)
class Started:
    """An utterance begins to sound."""

    utterance: str
    at_seconds: float
    "When its first sample is heard, in seconds since the epoch; this may be a moment from now."


@dataclass(frozen=True)
class Resumed:
    """An utterance that was paused sounds again."""

    utterance: str
    at_seconds: float
    "When the first sample after the pause is heard, in seconds since the epoch."
    from_seconds: float
    "Where in the utterance that sample is: a little before the pause, so that no syllable is lost."


@dataclass(frozen=True)
class Played:
    """How much of an utterance was heard; as an event: it has ended by itself."""

    utterance: str
    heard_seconds: float
    "Less than `seconds` where it was stopped or the device was away."
    seconds: float
    "Its whole length."
    at_seconds: float = 0.0
    "When its last sample is heard, in seconds since the epoch."


Event = Started | Resumed | Played


class _Item:
    """One utterance in the queue."""

    def __init__(self, utterance: str, answer: str, source: Samples, source_rate: int) -> None:
        self.utterance, self.answer = utterance, answer
        self.source, self.source_rate = source, source_rate
        self.samples: Samples = source
        self.position = self.end = 0
        self.heard_seconds = 0.0
        self.fade_from: int | None = None
        self.is_started = self.is_resumed = False
        self.back_to_seconds: float | None = None

    @property
    def seconds(self) -> float:
        return len(self.source) / self.source_rate

    def prepare(self, rate: int) -> None:
        """Make it fit the device, from where it is now."""
        done = self.position / self.end if self.end else 0.0
        self.samples = resample(self.source, self.source_rate, rate)
        self.position, self.end = round(done * len(self.samples)), len(self.samples)

    def go_back(self, rate: int) -> None:
        """Be where it can be taken up again after a pause."""
        if self.back_to_seconds is not None:
            place = min(self.position, round(self.back_to_seconds * rate))
            self.heard_seconds = max(0.0, self.heard_seconds - (self.position - place) / rate)
            self.position = place


class Deck:
    """Mono samples of all that was queued, one utterance after the other without a gap.

    `fill` is called by the device's thread, everything else by any other one.

    Attributes:
        gaps: How often an answer was held up because its next utterance came too late.
        gap_seconds: How long in all.
        level: Loudness of the last block, 0 to 1 (root of the mean square).
    """

    def __init__(self, on_event: Callable[[Event], None], rate: int = 48_000) -> None:
        """Make an empty one.

        Args:
            on_event: Told when an utterance starts and ends, in the device's thread: it must not block.
            rate: Samples a second of the device.
        """
        self.gaps, self.gap_seconds, self.level = 0, 0.0, 0.0
        self.rate = rate
        self._on_event = on_event
        self._lock = threading.Lock()
        self._items: deque[_Item] = deque()
        self._answer, self._silence = "", 0
        self._volume, self._factor = 1.0, 1.0
        self._gain = 1.0
        self._is_paused = False
        self._filled_at = time.monotonic()
        self._is_heard = False
        self._steps = np.arange(1, _BLOCK + 1, dtype=np.float32)
        self._ramp = np.empty(_BLOCK, np.float32)
        self._down = self._fade_table(rate)

    @staticmethod
    def _fade_table(rate: int) -> Samples:
        return np.linspace(1.0, 0.0, max(2, round(FADE_SECONDS * rate)), dtype=np.float32)

    def set_rate(self, rate: int) -> None:
        """Go on with a device of another rate."""
        with self._lock:
            if rate == self.rate:
                return
            self.rate = rate
            self._down = self._fade_table(rate)
            for item in list(self._items):
                if item.fade_from is not None:
                    self._items.remove(item)
                else:
                    item.prepare(rate)

    def play(self, samples: Samples, rate: int, utterance: str, answer: str = "") -> None:
        """Queue an utterance behind the others.

        Args:
            samples: Mono, -1 to 1.
            rate: Samples a second.
            utterance: Its name in events.
            answer: What it is a part of; silence between two parts of one answer counts as a gap.
        """
        item = _Item(utterance, answer, np.ascontiguousarray(samples, np.float32).reshape(-1), rate)
        while True:
            wanted = self.rate
            item.prepare(wanted)
            with self._lock:
                if wanted != self.rate:
                    continue
                if not self._items:
                    self._filled_at = time.monotonic()
                self._items.append(item)
                return

    def stop(self) -> list[Played]:
        """Fade out what sounds and forget the rest; returns what was heard of each that had not ended.

        It ends a pause too: what is queued next sounds.
        """
        with self._lock:
            found = []
            for item in self._items:
                if item.fade_from is None:
                    is_fading = item.is_started and not self._is_paused
                    rest = min(len(self._down), item.end - item.position) if is_fading else 0
                    heard = item.heard_seconds + (rest / self.rate if self._is_heard else 0.0)
                    found.append(Played(item.utterance, min(heard, item.seconds), item.seconds, time.time()))
            is_silent = self._is_paused and self._gain == 0.0
            kept = [] if is_silent else [item for item in self._items if item.is_started]
            self._is_paused = False
            if not kept:
                self._gain = self._wanted_gain
            self._items = deque(kept)
            for item in kept:
                if item.fade_from is None:
                    item.fade_from = item.position
                    item.end = min(item.end, item.position + len(self._down))
            self._answer, self._silence = "", 0
            return found

    def pause(self) -> None:
        """Fade out, keep the place, and begin nothing new."""
        with self._lock:
            if self._is_paused:
                return
            self._is_paused = True
            for item in self._items:
                if item.is_started and item.fade_from is None:
                    place = word_start(item.samples, self.rate, item.position)
                    item.back_to_seconds = place / self.rate

    def resume(self) -> None:
        """Play on from the beginning of the word that was broken off."""
        with self._lock:
            if not self._is_paused:
                return
            self._is_paused = False
            held = [item for item in self._items if item.back_to_seconds is not None]
            for item in held:
                if self._gain == 0.0:
                    item.go_back(self.rate)
                item.back_to_seconds, item.is_resumed = None, True
            if not held:
                self._gain = self._wanted_gain

    def set_volume(self, volume: float | None = None, is_ducked: bool | None = None) -> None:
        """Go to another loudness within 30 ms.

        Args:
            volume: 0 to 1; None leaves it.
            is_ducked: Whether to step back to a fifth of it, so that somebody else is understood.
        """
        if volume is not None:
            self._volume = min(1.0, max(0.0, volume))
        if is_ducked is not None:
            self._factor = DUCKED if is_ducked else 1.0

    @property
    def volume(self) -> float:
        """0 to 1, before ducking."""
        return self._volume

    @property
    def playing(self) -> str:
        """The utterance that sounds now; empty when none does."""
        with self._lock:
            return next((item.utterance for item in self._items if item.is_started), "")

    @property
    def queued_seconds(self) -> float:
        """How much is still to be played."""
        with self._lock:
            return sum(item.end - item.position for item in self._items) / self.rate

    @property
    def idle_seconds(self) -> float:
        """How long nothing has been asked for; 0 while something is queued."""
        with self._lock:
            return 0.0 if self._items else time.monotonic() - self._filled_at

    def pass_time(self) -> None:
        """Let the time since the last block go by unheard: without a device her words keep their time."""
        block = np.empty(_BLOCK, np.float32)
        missing = round((time.monotonic() - self._filled_at) * self.rate)
        while missing > 0 and self._items:
            count = min(missing, _BLOCK)
            self.fill(block[:count], None)
            missing -= count

    def fill(self, out: Samples, heard_at: float | None) -> None:
        """Give the next samples; silence where there are none.

        Args:
            out: Filled whole.
            heard_at: When its first sample will be heard, in seconds since the epoch; None: never.
        """
        with self._lock:
            for begin in range(0, len(out), _BLOCK):
                part = out[begin : begin + _BLOCK]
                self._fill(part, None if heard_at is None else heard_at + begin / self.rate)
            if self._items:
                self._filled_at = time.monotonic()
            self._is_heard = heard_at is not None
            self.level = math.sqrt(float(np.dot(out, out)) / max(1, len(out)))

    def _fill(self, out: Samples, heard_at: float | None) -> None:
        done, gain = 0, self._wanted_gain
        while done < len(out) and self._items and self._goes_on(self._items[0], done):
            item = self._items[0]
            now = (heard_at or time.time()) + done / self.rate
            if not item.is_started:
                self._start(item, now)
            if item.is_resumed:
                item.is_resumed = False
                self._on_event(Resumed(item.utterance, now, item.position / self.rate))
            count = min(len(out) - done, item.end - item.position)
            if self._is_paused:
                count = min(count, math.ceil(self._gain * len(self._down)) - done)
            part = out[done : done + count]
            part[:] = item.samples[item.position : item.position + count]
            if item.fade_from is not None:
                faded = item.position - item.fade_from
                part *= self._down[faded : faded + count]
            item.position += count
            done += count
            if heard_at is not None:
                item.heard_seconds += count / self.rate
            if item.position >= item.end:
                self._end(item, now + count / self.rate)
        out[done:] = 0.0
        if self._answer and not self._is_paused:
            self._silence += len(out) - done
        self._apply_gain(out, gain)

    def _goes_on(self, item: _Item, done: int) -> bool:
        """Whether it is given out after so many samples of this block: in a pause only while it fades."""
        return not self._is_paused or (item.is_started and done < self._gain * len(self._down))

    def _start(self, item: _Item, now: float) -> None:
        item.is_started = True
        if self._silence and item.answer == self._answer:
            self.gaps += 1
            self.gap_seconds += self._silence / self.rate
        self._answer, self._silence = item.answer, 0
        self._on_event(Started(item.utterance, now))

    def _end(self, item: _Item, now: float) -> None:
        self._items.popleft()
        if item.fade_from is None:
            heard = min(item.heard_seconds, item.seconds)
            self._on_event(Played(item.utterance, heard, item.seconds, now))

    @property
    def _wanted_gain(self) -> float:
        wanted = 0.0 if self._is_paused else self._volume * self._factor
        # What fades out does not become louder again on its way.
        is_fading = bool(self._items) and self._items[0].fade_from is not None
        return min(wanted, self._gain) if is_fading else wanted

    def _apply_gain(self, out: Samples, wanted: float) -> None:
        if self._gain != wanted:
            step = math.copysign(1.0 / len(self._down), wanted - self._gain)
            count = min(len(out), math.ceil(abs(wanted - self._gain) * len(self._down)))
            ramp = self._ramp[:count]
            np.multiply(self._steps[:count], step, out=ramp)
            ramp += self._gain
            np.clip(ramp, min(self._gain, wanted), max(self._gain, wanted), out=ramp)
            out[:count] *= ramp
            self._gain = wanted if abs(wanted - ramp[-1]) < 1e-4 else float(ramp[-1])
            out = out[count:]
        if self._gain != 1.0:
            out *= self._gain


def word_start(samples: Samples, rate: int, place: int) -> int:
    """Where to take up again what was broken off: before the last word, or 0.3 s earlier where none is found.

    Args:
        samples: Mono.
        rate: Samples a second.
        place: In samples, where it was broken off.
    """
    step = max(1, round(rate * _STEP_SECONDS))
    begin = max(0, place - round(_MOST_BACK_SECONDS * rate))
    count = (place - begin) // step
    begin = place - count * step
    loudness = np.sqrt(np.mean(np.square(samples[begin:place].reshape(count, step)), axis=1))
    is_quiet = loudness <= _QUIET_FACTOR * (loudness.max() if count else 0.0)
    for end in range(count - round(_LEAST_BACK_SECONDS / _STEP_SECONDS), _QUIET_STEPS - 1, -1):
        if is_quiet[end - _QUIET_STEPS : end].all():
            return begin + end * step
    return max(0, place - round(_BACK_SECONDS * rate))


def resample(samples: Samples, rate: int, wanted: int) -> Samples:
    """The same sound with another number of samples a second."""
    if rate == wanted or not len(samples):
        return samples
    import soxr

    found: Samples = soxr.resample(samples, rate, wanted)
    return found

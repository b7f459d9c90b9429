"""Her voice through pygame's mixer, where PortAudio cannot be used: coarser, without an echo reference."""

import contextlib
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from voice.deck import DUCKED, FADE_SECONDS, Event, Played, Resumed, Samples, Started, word_start
from voice.devices import SoundError
from voice.mixer import close_mixer, open_mixer, sound_of

_TICK_SECONDS, _LOOK_SECONDS = 0.01, 0.5
_RETRY_SECONDS = 3.0
_END_SECONDS = 5.0
_FADE_MS = round(FADE_SECONDS * 1000)


@dataclass(eq=False)
class _Item:
    utterance: str
    answer: str
    samples: Samples
    rate: int
    place_seconds: float = 0.0
    "Where it was when it began to sound, or went on."
    since: float | None = None
    "When that was, by `time.monotonic`; None: it does not sound."
    is_started: bool = False

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate

    def heard_seconds(self, now: float) -> float:
        sounding = now - self.since if self.since is not None else 0.0
        return min(self.seconds, self.place_seconds + max(0.0, sounding))


class FallbackPlayer:
    """Plays what is queued, as `Player` does; times are good to about 50 ms.

    What it does not have: the sound for an echo canceller, and a choice of device. Without a loudspeaker it
    keeps time in silence.

    Args:
        on_event: Told when an utterance starts, goes on and ends, in a thread of the player.
        on_problem: Told in plain words why nothing sounds, and None when it does again; same thread.
        latency_seconds: From here to the air, as far as pygame lets it be known.
        rest_seconds: The loudspeaker is let go after so long without anything to play.
    """

    def __init__(
        self,
        *,
        on_event: Callable[[Event], None],
        on_problem: Callable[[SoundError | None], None],
        latency_seconds: float = 0.04,
        rest_seconds: float = 30.0,
    ) -> None:
        self.problem: SoundError | None = None
        self._on_event, self._on_problem = on_event, on_problem
        self._latency_seconds, self._rest_seconds = latency_seconds, rest_seconds
        self._lock = threading.RLock()
        self._items: deque[_Item] = deque()
        self._news: queue.SimpleQueue[Event | tuple[SoundError | None]] = queue.SimpleQueue()
        self._pygame: Any = None
        self._channel: Any = None
        self._volume, self._factor = 1.0, 1.0
        self._is_paused = self._is_ending = False
        self._used_at, self._retry_at = time.monotonic(), 0.0
        self._ended = ("", 0.0)
        self._gaps, self._gap_seconds = 0, 0.0
        self._has_work, self._opened = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="sound-fallback", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the loudspeaker for good."""
        self._is_ending = True
        self._has_work.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(_END_SECONDS)

    def wake(self, seconds: float = 0.0) -> bool:
        """Open the loudspeaker ahead of need; returns whether it is open after `seconds`."""
        self._used_at = time.monotonic()
        self._has_work.set()
        return self._opened.wait(seconds)

    def play(self, samples: Samples, rate: int, utterance: str, answer: str = "") -> None:
        """Queue an utterance; see `Player.play`."""
        item = _Item(utterance, answer, np.ascontiguousarray(samples, np.float32).reshape(-1), rate)
        with self._lock:
            self._items.append(item)
            self._used_at = time.monotonic()
        self._has_work.set()

    def stop(self) -> list[Played]:
        """Fade out, forget what is queued, and end a pause; returns what was heard of each utterance."""
        with self._lock:
            now = time.monotonic()
            found = [
                Played(item.utterance, item.heard_seconds(now), item.seconds, time.time())
                for item in self._items
            ]
            self._items.clear()
            self._is_paused, self._ended = False, ("", 0.0)
            self._hush()
            return found

    def pause(self) -> None:
        """Fade out within 30 ms, keep the place, and begin nothing new until `resume` or `stop`."""
        with self._lock:
            self._is_paused = True
            self._hush()
            item = self._items[0] if self._items else None
            if item is not None and item.since is not None:
                heard = item.heard_seconds(time.monotonic())
                place = word_start(item.samples, item.rate, round(heard * item.rate))
                item.place_seconds, item.since = place / item.rate, None

    def resume(self) -> None:
        """Play on from the beginning of the word that was broken off."""
        with self._lock:
            self._is_paused = False
            self._ended = (self._ended[0], time.monotonic())
        self._has_work.set()

    def duck(self) -> None:
        """Step back to a fifth of the volume, so that somebody else is understood."""
        self._set_loudness(self._volume, DUCKED)

    def unduck(self) -> None:
        """Undo `duck`."""
        self._set_loudness(self._volume, 1.0)

    @property
    def volume(self) -> float:
        """0 to 1."""
        return self._volume

    @volume.setter
    def volume(self, volume: float) -> None:
        self._set_loudness(min(1.0, max(0.0, volume)), self._factor)

    @property
    def playing(self) -> str:
        """The utterance that sounds now; empty when none does."""
        with self._lock:
            return next((item.utterance for item in self._items if item.is_started), "")

    @property
    def queued_seconds(self) -> float:
        """How much is still to be played."""
        with self._lock:
            now = time.monotonic()
            return sum(item.seconds - item.heard_seconds(now) for item in self._items)

    @property
    def gaps(self) -> tuple[int, float]:
        """How often the next utterance of an answer came too late, and for how many seconds in all."""
        return self._gaps, self._gap_seconds

    @property
    def is_open(self) -> bool:
        """Whether the loudspeaker is held open."""
        return self._pygame is not None

    def _set_loudness(self, volume: float, factor: float) -> None:
        with self._lock:
            self._volume, self._factor = volume, factor
            if self._channel is not None:
                self._channel.set_volume(volume * factor)

    def _hush(self) -> None:
        if self._channel is not None:
            self._channel.fadeout(_FADE_MS)
            # The fade of this sound must not end up in the next one.
            self._channel = None

    # -- In the thread of the player ---------------------------------------------------------------------

    def _run(self) -> None:
        while not self._is_ending:
            is_wanted = bool(self._items) or time.monotonic() - self._used_at < self._rest_seconds
            if is_wanted:
                self._open()
            else:
                self._let_go()
            with self._lock:
                self._step(time.monotonic())
            self._tell()
            wait = _TICK_SECONDS if self._items else _LOOK_SECONDS if is_wanted else None
            self._has_work.wait(wait)
            self._has_work.clear()
        self._let_go()

    def _open(self) -> None:
        if self.is_open or time.monotonic() < self._retry_at:
            return
        try:
            self._pygame = open_mixer()
        except SoundError as error:
            self._retry_at = time.monotonic() + _RETRY_SECONDS
            if self.problem is None:
                self.problem = error
                self._news.put((error,))
            return
        self._opened.set()
        if self.problem is not None:
            self.problem = None
            self._news.put((None,))

    def _step(self, now: float) -> None:
        item = self._items[0] if self._items else None
        if item is not None and item.since is not None:
            end = item.since + item.seconds - item.place_seconds
            # The next one needs as long to the air as this one did.
            if now >= end - self._latency_seconds:
                self._items.popleft()
                self._ended, self._channel, self._used_at = (item.answer, end), None, now
                heard = item.seconds if self.is_open else 0.0
                self._news.put(Played(item.utterance, heard, item.seconds, time.time() + end - now))
                item = self._items[0] if self._items else None
        if item is not None and item.since is None and not self._is_paused:
            self._begin(item)

    def _begin(self, item: _Item) -> None:
        if self.is_open:
            rest = item.samples[round(item.place_seconds * item.rate) :]
            fade_ms = _FADE_MS if item.is_started else 0
            self._channel = sound_of(rest, item.rate).play(fade_ms=fade_ms)
            if self._channel is not None:
                self._channel.set_volume(self._volume * self._factor)
        item.since = time.monotonic() + self._latency_seconds
        heard_at = time.time() + self._latency_seconds
        if item.is_started:
            self._news.put(Resumed(item.utterance, heard_at, item.place_seconds))
            return
        item.is_started = True
        self._count_gap(item, item.since)
        self._news.put(Started(item.utterance, heard_at))

    def _count_gap(self, item: _Item, begins: float) -> None:
        answer, ended = self._ended
        # Less is what this player takes from one utterance to the next.
        late = begins - ended - 2 * _TICK_SECONDS
        if answer and answer == item.answer and late > 0:
            self._gaps += 1
            self._gap_seconds += late

    def _tell(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                news = self._news.get_nowait()
                if isinstance(news, tuple):
                    self._on_problem(news[0])
                else:
                    self._on_event(news)

    def _let_go(self) -> None:
        if self._pygame is not None:
            self._opened.clear()
            self._pygame = self._channel = None
            close_mixer()

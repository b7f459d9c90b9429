"""Her voice at the loudspeakers: one stream that plays utterance after utterance without a gap."""

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, Self

import numpy as np

from voice.deck import Deck, Event, Played, Samples
from voice.devices import Device, Sound, SoundError
from voice.reference import Reference
from voice.streams import KeptStream

# How often time is counted while the device is away.
_TICK_SECONDS = 0.02
_REST_LOOK_SECONDS = 1.0
_END_SECONDS = 5.0
# The largest block that any device asks for at once.
_MOST_FRAMES = 16_384


class Player:
    """Plays what is queued, says what was really heard, and stops within moments.

    Without a device it goes silent but keeps time: utterances start and end when they would have, and are
    reported as not heard; when the device is back, they sound again from where they are.

    Attributes:
        reference: What the loudspeakers play, for the echo canceller.
        underflows: How often the device ran dry although there was sound.
    """

    def __init__(
        self,
        sound: Sound,
        name: str = "",
        *,
        on_event: Callable[[Event], None],
        on_problem: Callable[[SoundError | None], None],
        latency_seconds: float = 0.04,
        rest_seconds: float = 30.0,
    ) -> None:
        """Make a player; `wake` or `play` opens the device.

        Args:
            sound: The PortAudio of this process.
            name: Part of the loudspeaker's name; empty for the default one.
            on_event: Told when an utterance starts and ends, in a thread of the player.
            on_problem: Told in plain words why nothing sounds, and None when it does again; same thread.
            latency_seconds: How much sound waits in the device.
            rest_seconds: The device is let go after so long without anything to play.
        """
        self.underflows = 0
        self.reference = Reference()
        self._news: queue.SimpleQueue[Event | tuple[SoundError | None] | None] = queue.SimpleQueue()
        self._on_event, self._on_problem = on_event, on_problem
        self._rest_seconds = rest_seconds
        self._mono = np.empty(_MOST_FRAMES, np.float32)
        self._is_ending = False
        self._woken_at = 0.0
        self._deck = Deck(self._news.put)
        self._stream = KeptStream(
            sound,
            "output",
            name,
            self._on_block,
            latency_seconds=latency_seconds,
            prepare=self._on_opening,
            on_change=lambda problem: self._news.put((problem,)),
        )
        self._thread = threading.Thread(target=self._run, name="sound-news", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the device for good."""
        self._is_ending = True
        self._news.put(None)
        if threading.current_thread() is not self._thread:
            self._thread.join(_END_SECONDS)
        self._stream.end()

    def play(self, samples: Samples, rate: int, utterance: str, answer: str = "") -> None:
        """Queue an utterance.

        For each there is one `Started` and one `Played`, unless it is in what `stop` returns.

        Args:
            samples: Mono float32, -1 to 1.
            rate: Samples a second.
            utterance: Its name in events.
            answer: What it is a part of; silence between two parts of one answer counts as a gap.
        """
        self._deck.play(samples, rate, utterance, answer)
        self._stream_wanted()

    def stop(self) -> list[Played]:
        """Fade out within 30 ms and forget what is queued; returns what was heard of each utterance."""
        return self._deck.stop()

    def pause(self) -> None:
        """Fade out within 30 ms, keep the place, and begin nothing new until `resume` or `stop`."""
        self._deck.pause()

    def resume(self) -> None:
        """Play on from the beginning of the word that was broken off; told as `Resumed`."""
        self._deck.resume()

    def duck(self) -> None:
        """Step back to a fifth of the volume within 30 ms, so that somebody else is understood."""
        self._deck.set_volume(is_ducked=True)

    def unduck(self) -> None:
        """Undo `duck`."""
        self._deck.set_volume(is_ducked=False)

    def wake(self, seconds: float = 0.0) -> bool:
        """Open the device ahead of need; returns whether it is open after `seconds`."""
        self._woken_at = time.monotonic()
        self._stream_wanted()
        return self._stream.wait_until_open(seconds)

    def choose(self, name: str) -> None:
        """Play through another loudspeaker from now on; what sounds goes on there."""
        self._stream.choose(name)

    @property
    def volume(self) -> float:
        """0 to 1."""
        return self._deck.volume

    @volume.setter
    def volume(self, volume: float) -> None:
        self._deck.set_volume(volume)

    @property
    def playing(self) -> str:
        """The utterance that sounds now; empty when none does."""
        return self._deck.playing

    @property
    def queued_seconds(self) -> float:
        """How much is still to be played."""
        return self._deck.queued_seconds

    @property
    def level(self) -> float:
        """How loud it is now, 0 to 1 (root of the mean square)."""
        return self._deck.level if self._stream.is_open else 0.0

    @property
    def gaps(self) -> tuple[int, float]:
        """How often the next utterance of an answer came too late, and for how many seconds in all."""
        return self._deck.gaps, self._deck.gap_seconds

    @property
    def is_open(self) -> bool:
        """Whether the device is held open."""
        return self._stream.is_open

    @property
    def device(self) -> Device | None:
        """The loudspeaker in use, or used last."""
        return self._stream.device

    @property
    def format(self) -> tuple[int, int, float]:
        """Sample rate, channels and latency in seconds of the stream as it was opened last."""
        return self._stream.rate, self._stream.channels, self._stream.latency_seconds

    @property
    def problem(self) -> SoundError | None:
        """Why nothing sounds; None when all is well."""
        return self._stream.problem

    def _stream_wanted(self) -> None:
        if not self._stream.is_open:
            self._stream.want(True)

    def _on_opening(self, rate: int) -> None:
        # The first block of a stream that comes back takes up where the clock is.
        if self._stream.problem is not None:
            self._deck.pass_time()
        self._deck.set_rate(rate)
        self.reference.set_rate(rate)

    def _on_block(self, data: Any, frames: int, times: Any, status: Any) -> None:
        """In the device's own thread: copy and return."""
        heard_at = self._stream.at_seconds(times)
        wall_clock = time.time() - time.monotonic()
        if status and status.output_underflow and self._deck.playing:
            self.underflows += 1
        for begin in range(0, frames, _MOST_FRAMES):
            mono = self._mono[: min(_MOST_FRAMES, frames - begin)]
            later = heard_at + begin / self._deck.rate
            self._deck.fill(mono, later + wall_clock)
            part = data[begin : begin + len(mono)]
            # Her voice comes from the front; what else there is stays silent.
            for channel in range(part.shape[1]):
                part[:, channel] = mono if channel < 2 else 0.0
            self.reference.write(mono, later)

    def _run(self) -> None:
        while not self._is_ending:
            away = self._stream.problem is not None and self._deck.idle_seconds == 0.0
            news = None
            with contextlib.suppress(queue.Empty):
                news = self._news.get(timeout=_TICK_SECONDS if away else _REST_LOOK_SECONDS)
            if isinstance(news, tuple):
                self._on_problem(news[0])
            elif news is not None:
                self._on_event(news)
            if self._stream.problem is not None and not self._stream.is_open:
                self._deck.pass_time()
            else:
                self._rest()

    def _rest(self) -> None:
        idle = min(self._deck.idle_seconds, time.monotonic() - self._woken_at)
        # What the device was given last has still to be heard.
        if self._stream.is_open and idle > self._rest_seconds + self._stream.latency_seconds:
            self._stream.want(False)
            # Somebody may have asked for something in that very moment.
            if self._deck.idle_seconds == 0.0:
                self._stream.want(True)

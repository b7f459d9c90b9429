"""Her ears: one thread that takes her own voice out of the sound, and tells when the user speaks."""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Self

from backend.shared.errors import AlisaError
from voice.deck import Samples
from voice.devices import Device
from voice.echo.engine import Engine
from voice.echo.removal import EchoRemoval
from voice.endpointing import Endpointer, EndpointTiming, SpeechEvent
from voice.microphone import FRAME_SECONDS, Frame, Microphone
from voice.player import Player
from voice.recent import RecentSound
from voice.vad import Vad

log = logging.getLogger(__name__)

# So long a command from another thread waits at most, whether the microphone gives anything or not.
_PATIENCE_SECONDS = 0.03
# A device gives blocks of some 10 ms; to wake for each would cost as much as to listen.
_PROMPT_SECONDS, _GATHER_SECONDS = 0.002, 0.015
# A hole in the sound as long as a hiccup of a busy machine is bridged; after more than this nobody speaks on.
_HOLE_SECONDS = 0.3
# When the key is let go, the last word is still on its way through the device.
_LAST_WORD_SECONDS = 0.3
# Below this nothing begins anyway.
_DOUBTFUL = 0.3
_FIRST_RETRY_SECONDS, _LAST_RETRY_SECONDS = 0.2, 5.0
_END_SECONDS = 5.0
# What can go wrong with devices, models and libraries, and with who is told; the rest is a mistake of ours
# and is told as well, as the thread ends.
_FAULTS = (AlisaError, ArithmeticError, LookupError, MemoryError, OSError, RuntimeError, ValueError)
_FAILED = AlisaError(
    "ears-failed", "Something went wrong while listening. She tries again; if it stays so, restart the voice."
)

_USUAL_TIMING = EndpointTiming()
_Order = Callable[[], list[SpeechEvent]]


class Ears:
    """Microphone -> without echo -> is it speech? -> utterances; and the last minute of sound in memory.

    The methods may be called from any thread and return at once; what they order is done by the thread of
    the ears, in order, within 50 ms.
    """

    def __init__(
        self,
        microphone: Microphone,
        player: Player | None,
        canceller: Engine | None,
        *,
        tell: Callable[[SpeechEvent], None],
        timing: EndpointTiming = _USUAL_TIMING,
        on_problem: Callable[[AlisaError | None], None] = lambda _: None,
    ) -> None:
        """Prepare; `start` begins to listen. The microphone counts until `set_open(False)`.

        Args:
            microphone: Read here and nowhere else.
            player: What her own voice comes from; None: there is none.
            canceller: Takes her voice out; None: she hears herself, and the microphone should be closed
                while she sounds.
            tell: Told what the user does, in the thread of the ears; it must not block.
            timing: When speech begins and ends.
            on_problem: Told why she does not hear, once, and None when she does again; same thread.

        Raises:
            AlisaError: The model that tells speech from noise is missing.
        """
        self._microphone, self._player = microphone, player
        self._canceller = canceller
        self._removal = EchoRemoval(canceller, player.reference) if canceller and player else None
        self._tell, self._on_problem = tell, on_problem
        self._endpointer = Endpointer(timing)
        self._recent = RecentSound()
        self._orders: queue.SimpleQueue[_Order] = queue.SimpleQueue()
        self._is_open, self._open_since = True, 0.0
        # Whether the frame before was kept.
        self._is_kept = False
        # Where the sound has got to, by its own clock, and from when on it was to be expected.
        self._heard_until = self._expected_at = 0.0
        # When the key was let go, as long as that waits.
        self._released_at: float | None = None
        self._devices: tuple[Device | None, Device | None] = (None, None)
        self._problem: AlisaError | None = None
        self._is_ending = False
        self._vad = Vad()
        self._thread = threading.Thread(target=self._run, name="ears", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Begin to listen; once only."""
        self._thread.start()

    def close(self) -> None:
        """Stop for good and forget what was heard; microphone, player and canceller are left as they are."""
        self._is_ending = True
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(_END_SECONDS)
        self._recent.clear()

    def set_open(self, is_open: bool) -> None:
        """Let what is heard from now on count, or not; an utterance under way is dropped."""
        now = self.now()
        self._orders.put(lambda: self._set_open(is_open, now))

    def press(self) -> None:
        """The user holds the key to talk."""
        now = self.now()
        self._orders.put(lambda: self._press(now))

    def release(self) -> None:
        """The user lets the key go; what he said up to now still counts."""
        now = self.now()
        self._orders.put(lambda: self._release(now))

    def partial(self, text: str, until: float | None = None, language: str = "") -> None:
        """What has been understood so far; see `Endpointer.partial`."""
        self._orders.put(
            lambda: self._endpointer.partial(text, self._sound_now(), until=until, language=language)
        )

    def await_text(self) -> None:
        """A transcription of this pause runs; see `Endpointer.await_text`."""
        self._orders.put(self._await_text)

    def sound(self, since: float, until: float | None = None) -> Samples:
        """What was heard in that time, without her voice; silence where the microphone did not count.

        Args:
            since: By the clock of the events; what is more than 60 s ago is left out.
            until: None: up to the last that was heard.

        Returns:
            Mono, float32, 16 kHz.
        """
        return self._recent.take(since, until)

    @property
    def level(self) -> float:
        """How loud it is now, 0 to 1 (root of the mean square); 0 while the microphone does not count."""
        return self._microphone.level if self._is_open else 0.0

    @property
    def problem(self) -> AlisaError | None:
        """Why she does not hear although the microphone works; None when all is well."""
        return self._problem

    @staticmethod
    def now() -> float:
        """The clock of all times here, in seconds."""
        return time.monotonic()

    def _run(self) -> None:
        retry, is_clean = _FIRST_RETRY_SECONDS, False
        try:
            while not self._is_ending:
                began = self.now()
                try:
                    self._listen()
                except _FAULTS as error:
                    self._report(error)
                    retry = _FIRST_RETRY_SECONDS if self.now() - began > _LAST_RETRY_SECONDS else retry
                    self._rest(retry)
                    retry = min(_LAST_RETRY_SECONDS, retry * 2)
            is_clean = True
        finally:
            if not is_clean:
                self._on_problem(_FAILED)

    def _report(self, error: Exception) -> None:
        problem = error if isinstance(error, AlisaError) else _FAILED
        # The words of an unknown error may have anything in them.
        log.error("%s: the ears begin anew (%s).", problem.code, type(error).__name__)
        if self._problem is None:
            self._problem = problem
            # Who is to be told may have ended already.
            with contextlib.suppress(RuntimeError):
                self._on_problem(problem)

    def _rest(self, seconds: float) -> None:
        """Wait before the next try, and be ended at once; orders are obeyed meanwhile."""
        end = self.now() + seconds
        while not self._is_ending and self.now() < end:
            # An utterance cannot go on over this, and nothing may stop the next try.
            with contextlib.suppress(*_FAULTS):
                self._pass_on(self._endpointer.reset(self._sound_now()))
                self._obey()
            time.sleep(_PATIENCE_SECONDS)

    def _listen(self) -> None:
        """Until the end, or until something goes wrong."""
        if self._problem is not None:
            self._vad = Vad()
        self._begin_anew()
        while not self._is_ending:
            asked_at = self.now()
            frame = self._microphone.read(_PATIENCE_SECONDS)
            has_waited = self.now() - asked_at > _PROMPT_SECONDS
            self._obey()
            if frame is None:
                self._miss()
                continue
            self._hear(frame)
            if has_waited:
                # Nothing waits: the blocks of the next frame are taken together, instead of waking for each.
                time.sleep(_GATHER_SECONDS)
            if self._problem is not None:
                self._problem = None
                self._on_problem(None)

    def _begin_anew(self) -> None:
        """Forget what was learnt of devices that are not used any more."""
        self._vad.reset()
        if self._removal is not None:
            self._removal.reset()
        self._devices = self._devices_now()

    def _devices_now(self) -> tuple[Device | None, Device | None]:
        return self._microphone.device, self._player.device if self._player else None

    def _obey(self) -> None:
        while True:
            try:
                order = self._orders.get_nowait()
            except queue.Empty:
                break
            self._pass_on(order())
        if self._released_at is not None and (
            self._heard_until >= self._released_at
            or self.now() > self._released_at + _LAST_WORD_SECONDS
            or not self._endpointer.is_speaking
        ):
            at, self._released_at = self._released_at, None
            self._pass_on(self._endpointer.release(at))

    def _miss(self) -> None:
        """No sound has come: the device is away, muted, or just late."""
        is_away = self._microphone.is_muted or self.now() - self._expected_at > 2 * _HOLE_SECONDS
        if is_away and self._endpointer.is_speaking:
            self._vad.reset()
            self._pass_on(self._endpointer.reset(self._sound_now()))

    def _hear(self, frame: Frame) -> None:
        hole = frame.at_seconds - self._expected_at
        if not frame.is_continued and abs(hole) > _HOLE_SECONDS:
            self._vad.reset()
            self._pass_on(self._endpointer.reset(frame.at_seconds))
        if self._devices != self._devices_now():
            self._begin_anew()
        until = frame.at_seconds + FRAME_SECONDS
        samples = frame.samples if self._removal is None else self._removal.clean(frame)
        self._heard_until = self._expected_at = until
        # What began before it was opened does not count as a whole.
        if not self._is_open or frame.at_seconds < self._open_since:
            self._is_kept = False
            return
        self._recent.add(samples, frame.at_seconds, is_continued=self._is_kept and frame.is_continued)
        self._is_kept = True
        chance = self._vad.probability(samples)
        removal = self._removal
        # Until the canceller knows the room, and after each change of it, she would interrupt herself.
        if removal is not None and removal.is_at_work and chance > _DOUBTFUL and removal.is_echo():
            chance = 0.0
        self._pass_on(self._endpointer.frame(chance, until))

    def _set_open(self, is_open: bool, now: float) -> list[SpeechEvent]:
        if is_open == self._is_open:
            return []
        self._is_open, self._open_since = is_open, now
        told: list[SpeechEvent] = []
        if self._released_at is not None:
            told, self._released_at = self._endpointer.release(self._released_at), None
        self._vad.reset()
        return told + self._endpointer.reset(now)

    def _press(self, now: float) -> list[SpeechEvent]:
        self._released_at = None
        # The device may only just be opening: its first frame is waited for from here.
        self._expected_at = max(self._expected_at, now)
        return self._endpointer.press(now)

    def _release(self, now: float) -> list[SpeechEvent]:
        self._released_at = now
        return []

    def _await_text(self) -> list[SpeechEvent]:
        self._endpointer.await_text()
        return []

    def _sound_now(self) -> float:
        """The time up to which the sound is known: a little in the past, as sound takes its time."""
        now = self.now()
        return self._heard_until if now - self._heard_until < _HOLE_SECONDS else now

    def _pass_on(self, events: list[SpeechEvent]) -> None:
        for event in events:
            self._tell(event)

"""Carries out what the turn machine orders: between the ears, the transcriber, the mouth and the hub."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from backend.shared import events
from backend.shared.records import EmotionName
from voice import cues
from voice.deck import Samples
from voice.endpointing import SpeechEvent
from voice.transcriber import Result
from voice.turn import Turn


class Hearing(Protocol):
    """The ears, as far as they are told something; see `voice.ears.Ears`."""

    def set_open(self, is_open: bool) -> None:
        """Whether what is heard counts."""

    def sound(self, since: float, until: float | None) -> Samples:
        """What was heard in a stretch of time."""

    def partial(self, text: str, until: float | None, language: str) -> None:
        """What has been understood of it."""

    def await_text(self) -> None:
        """A text is on its way."""

    def press(self) -> None:
        """The key to talk is held."""

    def release(self) -> None:
        """The key to talk is let go."""


class Writing(Protocol):
    """The transcriber; see `voice.transcriber.Transcriber`."""

    def start(self, job: int, sound: Samples) -> None:
        """Write this down."""

    def cancel(self, job: int) -> None:
        """The result is of no use any more."""


class Speaking(Protocol):
    """The mouth; see `voice.mouth.Mouth`."""

    @property
    def is_on(self) -> bool:
        """Whether her voice is switched on."""

    def start(self, turn: str) -> None:
        """An answer begins."""

    def feed(self, turn: str, text: str) -> None:
        """More of it."""

    def feel(self, turn: str, emotion: EmotionName) -> None:
        """How the rest of it is said."""

    def finish(self, turn: str) -> None:
        """No more of it will come."""

    def drop(self, turn: str) -> None:
        """Nothing of it is to be made or played any more."""

    def duck(self) -> None:
        """Be softer."""

    def pause(self) -> None:
        """Be silent, and keep the place."""

    def resume(self) -> None:
        """Go on."""

    def fade_out(self) -> None:
        """Be silent, and forget what was to be played."""


class Conductor:
    """One for each process, on its loop; everything it is told comes on that loop.

    Args:
        turn: Decides.
        mouth, send, chime: Her voice; the way to the hub; the signs she gives.
        clock: The clock of the sound.
    """

    def __init__(
        self,
        turn: Turn,
        mouth: Speaking,
        *,
        send: Callable[[events.ClientEvent], None],
        chime: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._turn, self._mouth, self._send, self._chime, self._clock = turn, mouth, send, chime, clock
        self._ears: Hearing | None = None
        self._writing: Writing | None = None
        self._jobs: dict[int, float | None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._running = ""
        self._waiting: deque[cues.TurnEvent | None] = deque()
        self._is_deciding = False

    @property
    def turn(self) -> Turn:
        """What decides."""
        return self._turn

    def listen_by(self, ears: Hearing, writing: Writing) -> None:
        """Hear from now on; before, she only speaks."""
        self._ears, self._writing = ears, writing
        ears.set_open(self._turn.is_open)

    def close(self) -> None:
        """Time changes nothing any more."""
        if self._timer is not None:
            self._timer.cancel()

    def take(self, event: cues.TurnEvent) -> None:
        """Take anything that the turn machine takes, and do what it makes of it."""
        match event:
            case cues.PushToTalk(is_pressed=True):
                self._decide(event)
                if self._ears is not None:
                    self._ears.press()
            case cues.PushToTalk():
                if self._ears is not None:
                    self._ears.release()
                self._decide(event)
            case _:
                self._speak(event)
                self._decide(event)

    def take_speech(self, event: SpeechEvent) -> None:
        """Take what the endpointer tells."""
        self._decide(event)

    def take_result(self, result: Result) -> None:
        """Take what the transcriber has written down; the endpointer judges by it too."""
        until = self._jobs.pop(result.job, None)
        heard = result.heard
        if heard is not None and self._ears is not None:
            self._ears.partial(heard.text, until, heard.language)
        self._decide(cues.Transcript(result.job, heard.text if heard is not None else ""))

    def _speak(self, event: cues.TurnEvent) -> None:
        """The mouth reads along."""
        match event:
            case events.TurnStarted(turn=turn):
                self._running = turn
                self._mouth.start(turn)
            case events.Token(turn=turn, text=text):
                self._mouth.feed(turn, text)
            case events.Emotion(turn=turn, name=name):
                self._mouth.feel(turn, name)
            case events.TurnEnded(turn=turn):
                self._mouth.finish(turn)
            case events.Snapshot(turn=turn) if self._running and turn != self._running:
                # The hub was restarted in the middle of it, or went on without us.
                self._mouth.finish(self._running)

    def _decide(self, event: cues.TurnEvent | None) -> None:
        # What an order brings about at once is told while others still wait: one after the other.
        self._waiting.append(event)
        if self._is_deciding:
            return
        self._is_deciding = True
        try:
            while self._waiting:
                told, now = self._waiting.popleft(), self._clock()
                for order in self._turn.tick(now) if told is None else self._turn.take(told, now):
                    self._obey(order)
        finally:
            self._is_deciding = False
        self._plan()

    def _plan(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline = self._turn.deadline
        if deadline != float("inf"):
            wait = max(0.0, deadline - self._clock())
            self._timer = asyncio.get_running_loop().call_later(wait, self._decide, None)

    def _obey(self, order: cues.Command) -> None:
        match order:
            case cues.StartTranscription():
                self._start_job(order)
            case cues.CancelTranscription(job=job):
                self._jobs.pop(job, None)
                if self._writing is not None:
                    self._writing.cancel(job)
            case cues.Send(text=text):
                self._send(events.UserMessage(text=text, source="voice"))
            case cues.Interrupt(turn=turn, said=said):
                # Who has switched her voice off has read it.
                heard = said[: events.MAX_MESSAGE_CHARACTERS] if self._mouth.is_on else None
                self._send(events.Interrupt(turn=turn, said=heard))
            case cues.ReportHearing(state=state, text=text):
                self._send(events.Hearing(state=state, text=text))
            case cues.OpenMicrophone(is_open=is_open):
                if self._ears is not None:
                    self._ears.set_open(is_open)
            case cues.Chime(sign=sign):
                self._chime(sign)
            case _:
                self._obey_mouth(order)

    def _obey_mouth(self, order: cues.Command) -> None:
        match order:
            case cues.Duck():
                self._mouth.duck()
            case cues.Pause():
                self._mouth.pause()
            case cues.Resume():
                self._mouth.resume()
            case cues.FadeOut():
                self._mouth.fade_out()
            case cues.DropAudio(turn=turn):
                self._mouth.drop(turn)

    def _start_job(self, order: cues.StartTranscription) -> None:
        if self._ears is None or self._writing is None:
            return
        until = order.until
        sound = self._ears.sound(order.since, until)
        self._jobs[order.job] = self._clock() if until is None else until
        self._writing.start(order.job, sound)
        if until is not None:
            self._ears.await_text()

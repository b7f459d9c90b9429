"""A turn machine on the table: events go in by hand, the clock is turned by hand, every order is checked."""

from backend.shared import events
from backend.shared.client import Linked, Unlinked
from voice import cues
from voice.endpointing import (
    SpeechBegan,
    SpeechDropped,
    SpeechEnded,
    SpeechPaused,
    SpeechSustained,
)
from voice.turn import Turn
from voice.turn_settings import Settings

SAID = "The meeting is at three o'clock in the big room. "
LINKED = Linked(
    events.Welcome(
        session="s", signature="", version="1", mode="chat", emotion="neutral", engine="", resumed=True
    )
)
UNLINKED = Unlinked(reason="gone", retry_seconds=1.0)


class Table:
    """Takes the orders as the real parts would, and fails when they do not fit together."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.turn = Turn(settings)
        self.now = 100.0
        self.orders: list[cues.Command] = []
        self.job: int | None = None
        self.is_held = False
        self.is_open = self.turn.is_open

    def take(self, *happenings: cues.TurnEvent) -> list[cues.Command]:
        """Let events happen now; returns the orders."""
        return [order for event in happenings for order in self._note(self.turn.take(event, self.now))]

    def wait(self, seconds: float) -> list[cues.Command]:
        """Let time pass as a real process would: woken at each deadline."""
        end, orders = self.now + seconds, []
        while self.turn.deadline <= end:
            self.now = max(self.now, self.turn.deadline)
            orders += self._note(self.turn.tick(self.now))
            assert self.turn.deadline > self.now
        self.now = end
        return orders

    def _note(self, orders: list[cues.Command]) -> list[cues.Command]:
        for order in orders:
            match order:
                case cues.StartTranscription(job=job):
                    assert self.job is None
                    self.job = job
                case cues.CancelTranscription(job=job):
                    assert self.job == job
                    self.job = None
                case cues.Duck():
                    assert not self.is_held
                    self.is_held = True
                case cues.Pause():
                    self.is_held = True
                case cues.Resume():
                    assert self.is_held
                    self.is_held = False
                case cues.FadeOut():
                    self.is_held = False
                case cues.OpenMicrophone(is_open=is_open):
                    assert is_open is not self.is_open
                    self.is_open = is_open
        self.orders += orders
        return orders

    def understand(self, text: str, *, is_partial: bool = False) -> list[cues.Command]:
        """Answer the transcription that runs."""
        assert self.job is not None
        job = self.job
        if is_partial:
            return self.take(cues.Partial(job, text))
        self.job = None
        return self.take(cues.Transcript(job, text))

    def begin_speech(self) -> list[cues.Command]:
        return self.take(SpeechBegan(self.now - 0.4))

    def end_speech(self) -> list[cues.Command]:
        return self.take(SpeechEnded(self.now - 1.0, self.now))

    def say(self, text: str, seconds: float = 1.0) -> list[cues.Command]:
        """The user says something, from its first sound to its end; returns all orders."""
        before = len(self.orders)
        self.begin_speech()
        self.wait(min(seconds, 0.35))
        if seconds >= 0.5:
            self.take(SpeechSustained())
            self.wait(seconds - 0.35)
        self.wait(0.2)
        self.take(SpeechPaused(self.now - 1.0, self.now))
        self.wait(0.1)
        self.understand(text)
        self.wait(0.1)
        self.end_speech()
        return self.orders[before:]

    def cough(self) -> list[cues.Command]:
        before = len(self.orders)
        self.begin_speech()
        self.wait(0.4)
        self.take(SpeechDropped())
        return self.orders[before:]

    def answer(self, turn: str = "t1", text: str = SAID, source: str = "user") -> None:
        """She begins to answer, and is heard to."""
        self.take(events.TurnStarted(turn=turn, source=source), events.Token(turn=turn, text=text))
        self.take(cues.UtteranceStarted(f"{turn}-1", turn, text))

    def end_answer(self, turn: str = "t1") -> list[cues.Command]:
        return self.take(
            events.TurnEnded(turn=turn, ending="complete", emotion="neutral"),
            cues.UtteranceFinished(f"{turn}-1"),
            cues.AnswerSpoken(turn),
        )


def only(orders: list[cues.Command], *kinds: type) -> list[cues.Command]:
    """Those of the orders that are of one of these kinds."""
    return [order for order in orders if isinstance(order, kinds)]

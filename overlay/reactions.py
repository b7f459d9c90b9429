"""What every word of the hub does to her: to her face, to the bubble, and to what the menu shows."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from backend.shared import events
from backend.shared.client import Linked, Unlinked
from backend.shared.records import Ending, Sense
from overlay.bubble.bubble import Bubble
from overlay.life.machine import Life

WANTS = [
    events.event_name(kind)
    for kind in (
        events.Snapshot,
        events.UserSaid,
        events.TurnStarted,
        events.Progress,
        events.Token,
        events.Emotion,
        events.TurnEnded,
        events.ModeChanged,
        events.SpeechStarted,
        events.SpeechEnded,
        events.UtteranceStarted,
        events.SpeechLevelChanged,
        events.HearingChanged,
        events.PresenceChanged,
        events.SensesChanged,
        events.Question,
        events.QuestionClosed,
        events.FaceCalled,
        events.HistoryCleared,
        events.Notice,
        events.Error,
    )
]
"""The types of events the face asks the hub for."""


@dataclass
class Standing:
    """Where things stand at the hub, for the menu and the indicator."""

    is_linked: bool = False
    mode: str = ""
    modes: Sequence[str] = ()
    senses: Sequence[Sense] = ()
    switches: Mapping[str, bool] = field(default_factory=dict)
    turn: str = ""
    "The running turn, empty when there is none."
    is_speaking: bool = False
    has_camera: bool = False
    "Whether somebody who looks has said that the user is there or not."


class Reactions:
    """Takes the hub's events, one at a time, in the thread of the window.

    Args:
        face, words: What they are told.
        now: The clock of the face.
        on_standing: Called when `standing` has changed in what the indicator shows.
        on_called: The user wants her to come forward.
    """

    def __init__(
        self,
        face: Life,
        words: Bubble,
        now: Callable[[], float],
        on_standing: Callable[[], None],
        on_called: Callable[[], None],
    ) -> None:
        self.face, self.words = face, words
        self.standing = Standing()
        self._now, self._on_standing, self._on_called = now, on_standing, on_called

    def take(self, event: events.HubEvent | Linked | Unlinked) -> None:
        """React to one event; unknown ones change nothing."""
        if not self._take_turn(event) and not self._take_voice(event):
            self._take_other(event)

    def _take_turn(self, event: events.HubEvent | Linked | Unlinked) -> bool:
        now = self._now()
        match event:
            case events.Token(turn=turn, text=text):
                self.face.think(is_thinking=False, now=now)
                self.words.add(turn, text)
                self.face.read(text, now)
            case events.Emotion(name=name):
                self.face.feel(name, now)
            case events.UserSaid(text=text):
                self.face.touch(now)
                self.words.heard(text)
            case events.TurnStarted(turn=turn):
                self._begin(turn)
            case events.Progress(stage=stage, fraction=fraction):
                self.words.status(stage, fraction=fraction)
            case events.TurnEnded(turn=turn, ending=ending):
                self._end(turn, ending)
            case _:
                return False
        return True

    def _begin(self, turn: str) -> None:
        self.standing.turn = turn
        self.words.begin(turn)
        self.words.status("thinking")
        self.face.think(is_thinking=True, now=self._now())

    def _end(self, turn: str, ending: Ending) -> None:
        self.standing.turn = ""
        self.face.think(is_thinking=False, now=self._now())
        self.words.end(turn, ending)
        if ending == "complete":
            self.face.finish_reading(self._now())
        else:
            self.face.hush(self._now())

    def _take_voice(self, event: events.HubEvent | Linked | Unlinked) -> bool:
        now = self._now()
        match event:
            case events.UtteranceStarted(visemes=visemes, started_at=started_at):
                # The hub's clock is the wall's; hers never goes back.
                self.face.utter(visemes, now + started_at - time.time(), now)
            case events.SpeechLevelChanged(level=level):
                self.face.hear_level(level, now)
            case events.SpeechStarted():
                self._speak(is_speaking=True)
            case events.SpeechEnded():
                self._speak(is_speaking=False)
            case events.HearingChanged(state=state, text=text):
                self.face.listen(state != "idle", now)
                self.words.status("" if state == "idle" else state, text)
            case _:
                return False
        return True

    def _speak(self, *, is_speaking: bool) -> None:
        self.standing.is_speaking = is_speaking
        self.face.voice(is_speaking, self._now())
        self.words.set_speaking(is_speaking)

    def _take_other(self, event: events.HubEvent | Linked | Unlinked) -> None:
        match event:
            case Linked(welcome=welcome):
                self._link(welcome)
            case Unlinked(reason=reason):
                self._unlink(reason)
            case events.Snapshot():
                self._resume(event)
            case events.ModeChanged(name=name):
                self.standing.mode = name
            case events.PresenceChanged(state=state):
                self.standing.has_camera = True
                self.face.see_presence(state, self._now())
            case events.SensesChanged(senses=senses, switches=switches):
                self._sense(senses, switches)
            case events.FaceCalled():
                self._on_called()
            case _:
                self._take_words(event)

    def _take_words(self, event: events.HubEvent | Linked | Unlinked) -> None:
        match event:
            case events.Question():
                self.face.touch(self._now())
                self.words.ask(event)
            case events.QuestionClosed(id=question, answer=answer):
                self.words.close_question(question, answer)
            case events.Notice(message=message) | events.Error(message=message):
                self.words.say_plainly(message)
            case events.HistoryCleared():
                self.words.dismiss()
            case _:
                pass

    def _link(self, welcome: events.Welcome) -> None:
        standing = self.standing
        standing.is_linked = True
        standing.mode, standing.modes = welcome.mode, welcome.modes
        self.face.feel(welcome.emotion, self._now())
        self.words.status("")
        self._on_standing()

    def _unlink(self, reason: str) -> None:
        now, standing = self._now(), self.standing
        if standing.is_linked:
            self._speak(is_speaking=False)
            self.face.listen(is_listening=False, now=now)
            if standing.turn:
                self._end(standing.turn, "cut")
        standing.is_linked = standing.is_speaking = False
        self.words.status("offline", reason)
        self._on_standing()

    def _resume(self, snapshot: events.Snapshot) -> None:
        self.standing.has_camera = snapshot.presence is not None
        if snapshot.presence is not None:
            self.face.see_presence(snapshot.presence, self._now())
        if snapshot.turn:
            self._begin(snapshot.turn)
            if snapshot.text:
                self.face.think(is_thinking=False, now=self._now())
                self.words.add(snapshot.turn, snapshot.text)
        for question in snapshot.questions:
            self.words.ask(question)
        self._sense(snapshot.senses, snapshot.switches)

    def _sense(self, senses: Sequence[Sense], switches: Mapping[str, bool]) -> None:
        self.standing.senses, self.standing.switches = senses, switches
        self._on_standing()

"""Turns the events of the hub into what the user sees, every word once, whatever the line goes through."""

import functools
from datetime import datetime

import msgspec

from backend.shared import events, records
from backend.shared.client import Linked, Unlinked
from voice.text_chat.safe_text import harmless_event, harmless_line
from voice.text_chat.view import SAID_LABELS, Origin, Status, View

NAME = "Alisa"
_PAST_MESSAGES = 6
_PAST_CHARACTERS = 400
_HEARD_CHARACTERS = 60
_OUTCOMES: dict[records.Ending, str] = {
    "complete": "",
    "interrupted": "interrupted",
    "cut": "cut off",
    "failed": "failed",
}
_STAGES = {
    "connecting": "connecting to the model",
    "loading": "loading the model",
    "reading": "reading",
    "thinking": "thinking",
}
_GREETING = "{engine} answers. /help shows what you can do here."


class _Turn(msgspec.Struct):
    """A turn of hers that is being shown."""

    id: str
    source: str = "user"
    text: str = ""
    """What has been shown of it."""
    emotion: str = ""
    is_open: bool = False
    """Whether the view is in the middle of it."""
    gap: str = ""
    """What parts the last word shown from a mark after it."""


class Transcript:
    """What has been said and shown so far; give it every event, in order."""

    def __init__(self, view: View) -> None:
        """Show everything in `view`."""
        self._view = view
        self._status = Status()
        self._turn: _Turn | None = None
        self._shown: set[tuple[str, str]] = set()
        self._over: set[str] = set()
        self._waiting: dict[str, str] = {}
        self._turns_of_mine: dict[str, str] = {}
        self._has_begun = False
        self._last_reason = ""

    @property
    def is_talking(self) -> bool:
        """Whether a turn of hers is going on."""
        return self._turn is not None and self._status.is_linked

    @property
    def mode(self) -> str:
        """The mode she is in, empty while it is not known."""
        return self._status.mode

    @property
    def waiting(self) -> list[str]:
        """What the user said that the hub has not confirmed."""
        return list(self._waiting.values())

    def expect(self, message: events.UserMessage) -> None:
        """The user said this here; it is shown in its place when the hub passes it on."""
        self._waiting[str(message.id)] = message.text
        self._show_waiting()

    def forget(self, message: events.UserMessage) -> None:
        """The message will not be sent after all."""
        self._drop_waiting(str(message.id))

    def take(self, event: events.HubEvent | Linked | Unlinked) -> None:
        """Show what an event changes."""
        self._take(harmless_event(event))

    @functools.singledispatchmethod
    def _take(self, event: object) -> None:
        """Events that change nothing here."""

    # The line.

    @_take.register
    def _(self, event: Linked) -> None:
        welcome = event.welcome
        engine = harmless_line(welcome.engine)
        self._set(
            is_linked=True,
            reason="",
            mode=harmless_line(welcome.mode),
            engine=engine,
            emotion=welcome.emotion,
            activity=self._status.activity if welcome.resumed else "",
        )
        if not self._has_begun:
            self._view.show_line("note", _GREETING.format(engine=engine or "Nobody knows yet what"))
        elif self._last_reason:
            self._view.show_line("note", "Connected again.")
        self._has_begun = True
        self._last_reason = ""
        self._show_waiting()

    @_take.register
    def _(self, event: Unlinked) -> None:
        self._close_answer("...")
        self._set(is_linked=False, reason=harmless_line(event.reason), activity="")
        if not self._last_reason:
            what = f"Not connected. {event.reason} What you type is kept and will be sent."
            self._view.show_line("warning", what)
        elif event.reason != self._last_reason:
            self._view.show_line("warning", event.reason)
        self._last_reason = event.reason
        self._show_waiting()

    @_take.register
    def _(self, event: events.Snapshot) -> None:
        is_first = not self._shown and self._turn is None
        if is_first:
            self._show_past(event.messages)
        else:
            for message in event.messages:
                self._catch_up(message)
        turn = self._turn
        if turn is not None and turn.id != event.turn:
            self._end_turn(turn, "cut")
        if event.turn and event.turn not in self._over:
            self._turn = self._turn or _Turn(event.turn)
            self._add_rest(self._turn, event.text)

    # The user.

    @_take.register
    def _(self, event: events.Accepted) -> None:
        text = self._waiting.get(event.id)
        if text is None:
            return
        if ("user", event.turn) in self._shown:
            self._drop_waiting(event.id)
        elif ("assistant", event.turn) in self._shown:
            # Answered at once, without being passed on as words: a command to the hub.
            self._show_said(event.turn, text)
        else:
            self._turns_of_mine[event.turn] = event.id

    @_take.register
    def _(self, event: events.UserSaid) -> None:
        if ("user", event.turn) not in self._shown:
            self._show_said(event.turn, event.text, event.source)

    # Her answer.

    @_take.register
    def _(self, event: events.TurnStarted) -> None:
        if self._turn is not None:
            self._end_turn(self._turn, "cut")
        mine = self._turns_of_mine.get(event.turn)
        if mine in self._waiting:
            self._show_said(event.turn, self._waiting[mine])
        self._over.discard(event.turn)
        self._turn = _Turn(event.turn, event.source)
        self._shown.add(("assistant", event.turn))
        self._set(activity="thinking", outcome="")

    @_take.register
    def _(self, event: events.Progress) -> None:
        if self._running(event.turn):
            share = "" if event.fraction is None else f" {event.fraction:.0%}".replace("%", " %")
            self._set(activity=_STAGES[event.stage] + share)

    @_take.register
    def _(self, event: events.Emotion) -> None:
        turn = self._running(event.turn)
        self._set(emotion=event.name)
        if turn is None:
            return
        if turn.is_open and turn.emotion != event.name:
            self._view.add_mark(f"{turn.gap}({event.name}) ", event.name)
            turn.gap = ""
        turn.emotion = event.name

    @_take.register
    def _(self, event: events.Token) -> None:
        turn = self._running(event.turn)
        if turn is not None:
            self._add(turn, event.text)

    @_take.register
    def _(self, event: events.TurnEnded) -> None:
        turn = self._running(event.turn)
        self._over.add(event.turn)
        self._set(emotion=event.emotion, engine=harmless_line(event.engine) or self._status.engine)
        if turn is not None:
            self._end_turn(turn, event.ending)

    @_take.register
    def _(self, event: events.AnswerCut) -> None:
        heard = harmless_line(event.text)
        if len(heard) > _HEARD_CHARACTERS:
            end = heard[-_HEARD_CHARACTERS:]
            heard = f"... {end.partition(' ')[2] or end}"
        self._view.show_line(
            "note", f"Heard up to: {heard}" if heard else "Interrupted before a word was heard."
        )

    # The rest.

    @_take.register
    def _(self, event: events.ModeChanged) -> None:
        name = harmless_line(event.name)
        self._set(mode=name)
        self._view.show_line("note", f"Mode: {name}")

    @_take.register
    def _(self, _event: events.SpeechStarted) -> None:
        self._set(activity="speaking")

    @_take.register
    def _(self, _event: events.SpeechEnded) -> None:
        self._set(activity="" if self._turn is None else "talking")

    @_take.register
    def _(self, event: events.HistoryPage) -> None:
        if not event.messages:
            self._view.show_line("note", "There are no such messages.")
        for message in reversed(event.messages):
            time = datetime.fromtimestamp(message.time).astimezone()
            self._view.show_line("past", f"{time:%Y-%m-%d %H:%M}  {_as_line(message)}")

    @_take.register
    def _(self, _event: events.HistoryCleared) -> None:
        self._view.show_line("note", "Every stored message has been deleted.")

    @_take.register
    def _(self, event: events.Notice) -> None:
        self._view.show_line("note", event.message)

    @_take.register
    def _(self, event: events.Error) -> None:
        self._view.show_line("warning", event.message)
        text = self._waiting.get(event.id)
        if text is not None:
            self._drop_waiting(event.id)
            self._view.show_line("warning", f"Not sent: {text}")

    @_take.register
    def _(self, event: events.Goodbye) -> None:
        self._view.show_line("warning", event.reason)

    # Helpers.

    def _set(self, **changes: str | bool) -> None:
        status = msgspec.structs.replace(self._status, **changes)
        if status != self._status:
            self._status = status
            self._view.show_status(status)

    def _running(self, turn_id: str) -> _Turn | None:
        """The turn with this id when it is not over; one that began before we came begins now."""
        if turn_id in self._over:
            return None
        if self._turn is None or self._turn.id != turn_id:
            if self._turn is not None:
                self._end_turn(self._turn, "cut")
            self._turn = _Turn(turn_id)
            self._shown.add(("assistant", turn_id))
        return self._turn

    def _open_answer(self, turn: _Turn) -> None:
        if turn.is_open:
            return
        turn.is_open = True
        turn.gap = ""
        turn.emotion = turn.emotion or self._status.emotion
        feeling = [] if turn.emotion == "neutral" else [turn.emotion]
        occasion = ["reminder"] if turn.source == "reminder" else []
        details = ", ".join(occasion + feeling)
        self._view.begin_answer(f"{NAME} ({details})" if details else NAME, turn.emotion)

    def _add(self, turn: _Turn, text: str) -> None:
        shown = text if turn.is_open else text.lstrip()
        if shown:
            self._open_answer(turn)
            self._view.add_answer(shown)
            turn.gap = "" if shown[-1].isspace() else " "
            self._set(activity="talking")
        turn.text += text

    def _add_rest(self, turn: _Turn, whole: str) -> None:
        """Add what is still missing of an answer of which the beginning has been shown."""
        shown = turn.text.strip()
        self._shown.add(("assistant", turn.id))
        rest = whole.lstrip()[len(shown) :] if whole.strip().startswith(shown) else whole
        if rest.strip():
            self._add(turn, rest)

    def _close_answer(self, mark: str) -> None:
        turn = self._turn
        if turn is not None and turn.is_open:
            turn.is_open = False
            if mark:
                self._view.add_mark(turn.gap + mark, "mark")
            self._view.end_answer()

    def _end_turn(self, turn: _Turn, ending: records.Ending) -> None:
        if ending != "complete":
            self._open_answer(turn)
        self._close_answer(_mark(ending))
        self._over.add(turn.id)
        self._turn = None
        self._set(activity="", outcome=_OUTCOMES[ending])

    def _show_said(self, turn_id: str, text: str, source: str = "typed") -> None:
        self._shown.add(("user", turn_id))
        mine = self._turns_of_mine.pop(turn_id, None) or next(
            (key for key, waiting in self._waiting.items() if waiting.strip() == text.strip()), None
        )
        origin: Origin = "elsewhere"
        if source == "voice":
            origin = "voice"
        elif mine in self._waiting:
            self._drop_waiting(mine)
            origin = "here"
        if self._turn is not None and self._turn.id != turn_id:
            self._close_answer("...")
        self._view.show_said(origin, text)

    def _show_past(self, messages: list[records.HistoryMessage]) -> None:
        for message in messages:
            self._shown.add((message.role, message.turn))
        for message in messages[-_PAST_MESSAGES:]:
            self._view.show_line("past", _as_line(message))
        self._view.remember_typed([message.text for message in messages if message.role == "user"])

    def _catch_up(self, message: records.HistoryMessage) -> None:
        """Show what a message has that has not been seen."""
        turn = self._turn
        if message.role == "user":
            if ("user", message.turn) not in self._shown:
                self._show_said(message.turn, message.text)
        elif turn is not None and turn.id == message.turn:
            self._add_rest(turn, message.text)
            self._end_turn(turn, message.ending)
        elif ("assistant", message.turn) not in self._shown:
            fresh = _Turn(message.turn, emotion=message.emotion)
            if turn is not None:
                self._end_turn(turn, "cut")
            self._turn = fresh
            self._add_rest(fresh, message.text)
            self._end_turn(fresh, message.ending)

    def _drop_waiting(self, message_id: str) -> None:
        self._waiting.pop(message_id, None)
        self._show_waiting()

    def _show_waiting(self) -> None:
        self._view.show_waiting(self.waiting, is_linked=self._status.is_linked)


def _mark(ending: records.Ending) -> str:
    """What stands behind an answer that is not complete."""
    return f"({_OUTCOMES[ending]})" if _OUTCOMES[ending] else ""


def _as_line(message: records.HistoryMessage) -> str:
    """A stored message as one entry of a list."""
    who = SAID_LABELS["here"] if message.role == "user" else NAME
    if message.role == "assistant" and message.emotion != "neutral":
        who += f" ({message.emotion})"
    text = message.text.strip()
    if len(text) > _PAST_CHARACTERS:
        text = text[:_PAST_CHARACTERS].rstrip() + " ..."
    mark = _mark(message.ending) if message.role == "assistant" else ""
    return f"{who}: {text} {mark}".rstrip()

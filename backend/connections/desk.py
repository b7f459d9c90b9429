"""What becomes of a client's event, whichever protocol it came in: the table of who does what."""

from collections.abc import Hashable
from typing import NamedTuple

from backend.companion.senses import Senses, switch_key, switch_value
from backend.connections.fanout import Fanout
from backend.connections.remarks import Remarks
from backend.conversation.conversation import Conversation
from backend.conversation.surroundings import Surroundings
from backend.memory.store import Memory
from backend.permissions.questions import Questions
from backend.shared import events
from backend.shared.errors import AlisaError
from backend.shared.runfile import sign

SNAPSHOT_MESSAGES = 50
_SNAPSHOT_TRIES = 10


def _retell(event: events.ClientEvent) -> events.HubEvent:
    """What everybody is told of an event that the hub only passes on.

    Raises:
        AlisaError: "bad-message", for visemes that are not in order of time.
    """
    match event:
        case events.SpeechStart():
            return events.SpeechStarted()
        case events.SpeechEnd():
            return events.SpeechEnded()
        case events.Utterance(visemes=visemes):
            times = [viseme.at_seconds for viseme in visemes]
            if times != sorted(times):
                raise AlisaError("bad-message", "Visemes are to be in order of time.")
            return events.UtteranceStarted(
                id=event.id, started_at=event.started_at, visemes=visemes, turn=event.turn, text=event.text
            )
        case events.SpeechLevel(level=level):
            return events.SpeechLevelChanged(level=level)
        case events.Hearing(state=state, text=text):
            return events.HearingChanged(state=state, text=text)
        case events.CallFace():
            return events.FaceCalled()
        case _:
            raise AlisaError("unknown-type", "The hub has no use for this event.")


class Desk(NamedTuple):
    """The rooms behind the connections."""

    conversation: Conversation
    memory: Memory
    surroundings: Surroundings
    senses: Senses
    questions: Questions
    remarks: Remarks
    fanout: Fanout

    async def take(self, event: events.ClientEvent, client: Hashable | None) -> list[events.HubEvent]:
        """Do what a client's event asks for; returns what only that client is answered.

        Args:
            event: What it said.
            client: Whatever tells this client from the others until it leaves; None: nothing ends with it.

        Raises:
            AlisaError: when it cannot be done.
        """
        match event:
            case events.UserMessage():
                return await self._say(event)
            case events.Interrupt(turn=turn, said=heard):
                await self.conversation.interrupt(turn, heard)
            case events.ChangeMode():
                await self.conversation.change_mode(event.name)
            case events.ClearHistory():
                await self.conversation.clear()
            case events.HistoryQuery():
                return [await self._history(event)]
            case events.Hello():
                return [events.Error(code="hello-twice", message="This client has said hello already.")]
            case events.FlipSwitch():
                await self._flip(event)
            case events.Answer(id=number, yes=is_yes):
                self.questions.answer(number, is_yes=is_yes)
            case _:
                self.fanout.publish([self._perceive(event, client)])
        return []

    def leave(self, client: Hashable) -> None:
        """A client is gone, and with it whatever it captured, heard or said."""
        self.remarks.leave(client)
        ended = self.senses.leave(client)
        if ended:
            self.fanout.publish(ended)

    async def _say(self, event: events.UserMessage) -> list[events.HubEvent]:
        said = await self.conversation.say(event.text, source=event.source, client_id=event.id)
        if event.id is None or not said.is_saved:
            return []
        return [events.Accepted(id=event.id, turn=said.turn)]

    async def _history(self, query: events.HistoryQuery) -> events.HubEvent:
        if query.text:
            messages = await self.memory.search(query.text, query.limit)
        else:
            messages = await self.memory.newest(query.limit)
        return events.HistoryPage(id=query.id, messages=messages)

    async def _flip(self, event: events.FlipSwitch) -> None:
        self.senses.switches[event.name] = event.is_on
        await self.memory.set_value(switch_key(event.name), switch_value(event.is_on))
        self.fanout.publish([self.senses.state()])

    def _perceive(self, event: events.ClientEvent, client: Hashable | None) -> events.HubEvent:
        match event:
            case events.SenseReport(senses=senses):
                self.senses.report(client, senses)
                return self.senses.state()
            case events.Presence(state=state):
                self.surroundings.see_presence(state)
                return events.PresenceChanged(state=state)
            case events.DesktopContext():
                seen = self.surroundings.see_desktop(event)
                return events.DesktopChanged(app=seen.app, category=seen.category, task=seen.task)
            case events.PushToTalk(is_pressed=is_pressed):
                return self.senses.push(client, is_pressed=is_pressed)
            case events.Remark(code=code, message=message):
                self.remarks.note(client, code)
                return events.Notice(code=code, message=message)
            case events.Hearing(state=state):
                self.senses.hear(client, state)
            case events.SpeechStart() | events.SpeechEnd() if client is not None:
                self.senses.speak(client, is_speaking=isinstance(event, events.SpeechStart))
        return _retell(event)

    def welcome(self, hello: events.Hello, session: str, token: str, version: str) -> events.Welcome:
        """The answer to `hello`."""
        return events.Welcome(
            session=session,
            signature=sign(token, hello.nonce),
            version=version,
            mode=self.conversation.mode,
            emotion=self.conversation.emotion,
            engine=self.conversation.engine,
            resumed=False,
            modes=self.conversation.modes,
        )

    async def snapshot(self) -> events.Snapshot:
        """Where things stand. What is published after it returns is not in it, everything before is."""
        for _ in range(_SNAPSHOT_TRIES):
            mark = self.fanout.landmarks
            newest = await self.memory.newest(SNAPSHOT_MESSAGES)
            if mark == self.fanout.landmarks:
                break
        running = self.conversation.running
        turn, text = (running.id, running.text) if running else ("", "")
        # What is stored of the running answer already is said by `text`.
        messages = [m for m in reversed(newest) if m.turn != turn or m.role == "user"]
        return events.Snapshot(
            messages=messages,
            turn=turn,
            text=text,
            presence=self.surroundings.presence,
            senses=self.senses.merged,
            switches=dict(self.senses.switches),
            questions=self.questions.open,
        )

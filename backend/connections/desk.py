"""What becomes of a client's event, whichever protocol it came in: the table of who does what."""

from typing import NamedTuple

from backend.connections.fanout import Fanout
from backend.conversation.conversation import Conversation
from backend.conversation.surroundings import Surroundings
from backend.memory.store import Memory
from backend.shared import events
from backend.shared.runfile import sign

SNAPSHOT_MESSAGES = 50
_SNAPSHOT_TRIES = 10


class Desk(NamedTuple):
    """The rooms behind the connections."""

    conversation: Conversation
    memory: Memory
    surroundings: Surroundings
    fanout: Fanout

    async def take(self, event: events.ClientEvent) -> list[events.HubEvent]:
        """Do what a client's event asks for; returns what only that client is answered.

        Raises:
            AlisaError: when it cannot be done.
        """
        match event:
            case events.UserMessage():
                return await self._say(event)
            case events.Interrupt():
                await self.conversation.interrupt()
            case events.ChangeMode():
                await self.conversation.change_mode(event.name)
            case events.ClearHistory():
                await self.conversation.clear()
            case events.HistoryQuery():
                return [await self._history(event)]
            case events.Hello():
                return [events.Error(code="hello-twice", message="This client has said hello already.")]
            case _:
                self.fanout.publish([self._perceive(event)])
        return []

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

    def _perceive(self, event: events.ClientEvent) -> events.HubEvent:
        match event:
            case events.Presence(state=state):
                self.surroundings.see_presence(state)
                return events.PresenceChanged(state=state)
            case events.DesktopContext():
                seen = self.surroundings.see_desktop(event)
                return events.DesktopChanged(app=seen.app, category=seen.category, task=seen.task)
            case events.SpeechStart():
                return events.SpeechStarted()
            case events.SpeechEnd():
                return events.SpeechEnded()
            case _:
                return events.Error(code="unknown-type", message="The hub has no use for this event.")

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
        return events.Snapshot(messages=messages, turn=turn, text=text)

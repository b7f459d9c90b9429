"""A conversation with a real memory, real prompts and an engine that reads from a script."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from backend.conversation.conversation import Conversation, Parts
from backend.conversation.history import History, recall
from backend.conversation.modes import load_modes
from backend.conversation.prompt import Budget, PromptBuilder
from backend.conversation.surroundings import Surroundings
from backend.llm.engine import Message
from backend.llm.engines import scripted
from backend.llm.engines.scripted import Reply
from backend.llm.ladder import Ladder
from backend.memory.store import Memory
from backend.shared import events
from backend.shared.settings import Llm

ASSETS = Path(__file__).parents[3] / "assets"
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Room:
    """The conversation, its rooms, and everything that was published."""

    def __init__(self, memory: Memory, engine: scripted.Engine, history: History, last: object) -> None:
        self.memory = memory
        self.engine = engine
        self.history = history
        self.told: list[events.HubEvent] = []
        self._heard = asyncio.Event()
        self.ladder = Ladder(Llm(discover=False), None, engine, only=engine)
        prompts = PromptBuilder(
            "You are Alisa.",
            budget=lambda: Budget(6144, 600),
            count=len,
            find_facts=memory.find_facts,
            temperature=0.8,
        )
        parts = Parts(
            self.ladder, memory, history, prompts, load_modes(ASSETS / "modes"), Surroundings(), lambda: NOON
        )
        self.conversation = Conversation(parts, self._take, mode="chat", last=last)

    def _take(self, batch: Sequence[events.HubEvent]) -> None:
        self.told += batch
        self._heard.set()

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until what was published fulfils a condition."""
        async with asyncio.timeout(10):
            while not condition():
                self._heard.clear()
                await self._heard.wait()

    def of(self, kind: type[events.HubEvent], turn: str) -> list[events.HubEvent]:
        return [event for event in self.told if isinstance(event, kind) and event.turn == turn]

    def text(self, turn: str) -> str:
        """What was sent of an answer."""
        return "".join(event.text for event in self.of(events.Token, turn))

    async def begin(self, words: int = 3) -> str:
        """The user says something; returns the turn when she has said so many words."""
        said = await self.conversation.say("Tell me.")
        await self.until(lambda: len(self.text(said.turn).split()) > words)
        return said.turn

    async def ask(self, text: str = "Tell me.") -> str:
        """The user says something, and she answers to the end."""
        turn = (await self.conversation.say(text)).turn
        await self.until(lambda: self.of(events.TurnEnded, turn))
        return turn

    async def stored(self, turn: str) -> tuple[str, str] | None:
        """Her answer as the memory has it, with its ending."""
        found = [m for m in await self.memory.newest(200) if (m.turn, m.role) == (turn, "assistant")]
        assert len(found) < 2
        return (found[0].text, found[0].ending) if found else None

    async def prompt(self) -> Sequence[Message]:
        """What the engine is given next."""
        await self.ask("And now?")
        return self.engine.prompts[-1].messages

    def cuts(self) -> list[tuple[str, str]]:
        """The cuts that were announced."""
        return [(event.turn, event.text) for event in self.told if isinstance(event, events.AnswerCut)]


@contextlib.asynccontextmanager
async def open_room(folder: Path, *script: str | Reply) -> AsyncIterator[Room]:
    """Go on with the conversation in a folder."""
    memory = await Memory.open(folder, lambda code, message: None)
    history = History(10, 30_000, len)
    messages = await memory.recent(10, 30_000, len)
    turns = recall(messages)
    answered = {message.turn for message in messages if message.role == "assistant"}
    history.load(turn for turn in turns if turn.turn in answered)
    last = next((turn for turn in reversed(turns) if turn.answer), None)
    room = Room(memory, scripted.Engine(script or scripted.DEFAULT_SCRIPT), history, last)
    try:
        yield room
    finally:
        await room.conversation.stop()
        await room.ladder.close()
        await memory.close()

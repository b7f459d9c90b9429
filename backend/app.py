"""The composition root: the one place where all parts of the hub meet."""

import asyncio
import contextlib
import logging
import os
import secrets
import socket
import time
from collections.abc import AsyncGenerator
from datetime import datetime
from pathlib import Path

from backend.companion.reminders import ReminderWatch
from backend.companion.senses import Senses, recall_switches
from backend.connections.connection import Connections
from backend.connections.desk import Desk
from backend.connections.fanout import Fanout
from backend.connections.gate import Gate, is_loopback
from backend.connections.remarks import Remarks
from backend.connections.server import HubServer
from backend.conversation.conversation import MODE_KEY, Conversation, Parts
from backend.conversation.history import History, recall
from backend.conversation.modes import load_modes
from backend.conversation.persona import load_persona, system_prompt
from backend.conversation.prompt import Budget, PromptBuilder
from backend.conversation.surroundings import Surroundings
from backend.llm import engines
from backend.llm.engine import Engine, EngineParts, Situation
from backend.llm.ladder import Ladder
from backend.memory.store import Memory
from backend.permissions.questions import Questions
from backend.shared import events, registry
from backend.shared.errors import AlisaError
from backend.shared.runfile import RunFile, remove_run_file, write_run_file
from backend.shared.settings import Settings
from backend.web.routes import make_app

log = logging.getLogger(__name__)

VERSION = "0.3.0"
ASSETS = Path(__file__).parent.parent / "assets"


def _now() -> datetime:
    return datetime.now().astimezone()


def _make_engine(name: str, parts: EngineParts) -> Engine:
    engine: Engine = registry.load(engines, name).make(parts)
    return engine


def _make_ladder(settings: Settings, memory: Memory, fanout: Fanout) -> Ladder:
    llm = settings.llm
    parts = EngineParts(llm, ASSETS, settings.companion.language, memory)

    def tell(engine: str, reason: str) -> None:
        fanout.publish([events.Notice(code="engine-changed", message=f"{reason} Now answering: {engine}.")])

    return Ladder(
        llm,
        embedded=_make_engine("embedded", parts) if llm.embedded_model else None,
        builtin=_make_engine("builtin", parts),
        only=_make_engine(llm.engine, parts) if llm.engine else None,
        on_change=tell,
    )


@contextlib.asynccontextmanager
async def _converse(
    settings: Settings, home: Path, memory: Memory, fanout: Fanout
) -> AsyncGenerator[tuple[Conversation, Surroundings], None]:
    """The conversation with everything it needs."""
    ladder = _make_ladder(settings, memory, fanout)
    persona = load_persona(settings.companion.persona, [home / "personas", ASSETS / "personas"])
    llm, limits = settings.llm, settings.memory
    prompts = PromptBuilder(
        system_prompt(persona),
        budget=lambda: Budget(ladder.context_tokens, llm.reply_tokens),
        count=lambda text: ladder.tokens.estimate(text),  # noqa: PLW0108  # of the engine at that time
        find_facts=memory.find_facts,
        temperature=llm.temperature,
    )
    history = History(limits.max_turns, limits.max_tokens, prompts.count)
    messages = await memory.recent(limits.max_turns, limits.max_tokens, prompts.count)
    turns = recall(messages)
    # An answer may be stored as empty: not a word of it was heard.
    answered = {message.turn for message in messages if message.role == "assistant"}
    history.load(turn for turn in turns if turn.turn in answered)
    surroundings = Surroundings()
    parts = Parts(
        thinker=ladder,
        store=memory,
        history=history,
        prompts=prompts,
        modes=load_modes(ASSETS / "modes"),
        surroundings=surroundings,
        now=_now,
    )
    mode = await memory.get_value(MODE_KEY) or "chat"
    conversation = Conversation(
        parts,
        fanout.publish,
        mode=mode,
        unanswered=[turn.turn for turn in turns if turn.turn not in answered],
        last=next((turn for turn in reversed(turns) if turn.answer), None),
    )

    async def get_ready() -> None:
        """Find out who answers, and let it load and read what it knows already."""
        await ladder.look()
        situation = Situation(now=_now(), user_text="")
        with contextlib.suppress(AlisaError):  # a turn will say what is wrong, if it still is
            await ladder.warm(await prompts.build(history, situation, parts.modes[conversation.mode]))

    readying = asyncio.create_task(get_ready(), name="get ready")
    try:
        yield conversation, surroundings
    finally:
        await conversation.stop()
        readying.cancel()
        await asyncio.wait([readying])
        await ladder.close()


@contextlib.asynccontextmanager
async def _remember(home: Path, fanout: Fanout) -> AsyncGenerator[Memory, None]:
    def tell(code: str, message: str) -> None:
        fanout.publish([events.Notice(code=code, message=message)])

    memory = await Memory.open(home, tell)
    await memory.load_client_ids()
    try:
        yield memory
    finally:
        await memory.close()


@contextlib.asynccontextmanager
async def open_desk(settings: Settings, home: Path) -> AsyncGenerator[Desk, None]:
    """All the rooms of the hub, ready for connections.

    Raises:
        AlisaError: when the hub cannot start.
    """
    fanout = Fanout()
    async with (
        _remember(home, fanout) as memory,
        _converse(settings, home, memory, fanout) as (conversation, surroundings),
    ):
        senses = Senses(await recall_switches(memory.get_value))
        questions, remarks = Questions(fanout.publish), Remarks(time.monotonic)
        yield Desk(conversation, memory, surroundings, senses, questions, remarks, fanout)


async def serve(desk: Desk, settings: Settings, home: Path, listener: socket.socket) -> None:
    """Open the desk to the world, on a listening socket, until the hub is told to stop."""
    token = secrets.token_urlsafe(32)
    address: tuple[str, int] = listener.getsockname()[:2]
    connections = Connections(desk, token=token, version=VERSION)
    require_token = settings.security.require_token or not is_loopback(address[0])
    gate = Gate(make_app(desk, connections, VERSION), token=token, require_token=require_token)

    def announce() -> None:
        run_file = RunFile(
            pid=os.getpid(), port=address[1], token=token, started=time.time(), host=address[0]
        )
        write_run_file(home, run_file)

    async def say_goodbye() -> None:
        desk.questions.close()
        await desk.conversation.stop()
        await connections.close()

    reminders = ReminderWatch(desk.memory, desk.conversation.remind, lambda: desk.fanout.clients > 0, _now)
    desk.conversation.on_turn_end = reminders.wake
    watch = asyncio.create_task(reminders.run(), name="reminders")
    server = HubServer(gate, announce, say_goodbye)
    try:
        await server.serve([listener])
    finally:
        watch.cancel()
        await asyncio.wait([watch])
        remove_run_file(home, token)


async def run(settings: Settings, home: Path, listener: socket.socket) -> None:
    """Run the hub on a listening socket until it is told to stop.

    Raises:
        AlisaError: when it cannot start.
    """
    async with open_desk(settings, home) as desk:
        await serve(desk, settings, home, listener)

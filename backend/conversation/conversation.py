"""The one conversation: takes what the user says, runs one turn at a time, and stops it when asked."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec

from backend.conversation.heard import heard_part
from backend.conversation.history import Exchange, History, Occasion
from backend.conversation.modes import Mode, asked_mode, parse_command
from backend.conversation.prompt import PromptBuilder
from backend.conversation.surroundings import Surroundings
from backend.conversation.turn import AnswerStore, Emit, Thinker, Turn
from backend.llm.engine import Situation
from backend.shared import events, records
from backend.shared.errors import AlisaError
from backend.shared.keepsakes import Reminder

log = logging.getLogger(__name__)

MODE_KEY = "mode"
_STOP_SECONDS = 3.0
_STEPS_TO_DISK = 2
"""Steps of the event loop until the memory has handed a message to its thread; thinking comes after."""


class Stored(Protocol):
    """What the memory says of a message it was given."""

    @property
    def turn(self) -> str:
        """The turn the message belongs to."""
        ...

    @property
    def is_new(self) -> bool:
        """False for a message that was sent before."""
        ...

    @property
    def is_saved(self) -> bool:
        """False when it could not be written yet."""
        ...


class ConversationStore(AnswerStore, Protocol):
    """What the conversation asks of the memory."""

    async def add_user_message(
        self, turn: str, text: str, source: str, client_id: str | None = None
    ) -> Stored:
        """Store what the user said."""
        ...

    def knows(self, client_id: str | None) -> bool:
        """Whether a message with this id may have come before."""
        ...

    async def clear(self) -> None:
        """Delete every message for good."""
        ...

    async def set_value(self, key: str, value: str) -> None:
        """Keep a small piece of state."""
        ...


class Parts(NamedTuple):
    """What the composition root hands to the conversation."""

    thinker: Thinker
    store: ConversationStore
    history: History
    prompts: PromptBuilder
    modes: Mapping[str, Mode]
    surroundings: Surroundings
    now: Callable[[], datetime]


class Said(NamedTuple):
    """What became of something the user said."""

    turn: str
    is_saved: bool
    """False while the memory cannot write; it will be stored when it can again."""


class Running(NamedTuple):
    """A turn and the task that runs it."""

    turn: Turn
    task: asyncio.Task[None]
    occasion: Occasion

    def stop(self, heard: str | None) -> None:
        """Cancel it, unless it ends already; `heard`: what of it was spoken, None: what was sent."""
        if not (self.turn.is_stopping or self.turn.is_finishing):
            self.turn.is_stopping = True
            self.turn.heard = heard
            self.task.cancel()


class Conversation:
    """One conversation for all clients. All methods are called on the event loop."""

    def __init__(
        self,
        parts: Parts,
        emit: Emit,
        *,
        mode: str,
        unanswered: Collection[str] = (),
        last: Exchange | None = None,
    ) -> None:
        """Go on with the conversation.

        Args:
            parts: The rooms it needs.
            emit: Takes events for every client.
            mode: The mode to begin in.
            unanswered: Turns of an earlier run that were never answered: the hub was killed before. Their
                messages are answered when the client sends them again.
            last: The last turn with an answer, whole.
        """
        self._parts = parts
        self._emit = emit
        self._running: Running | None = None
        self._lock = asyncio.Lock()
        self._is_stopping = False
        self._unanswered = set(unanswered)
        self._last = last
        self.mode = mode if mode in parts.modes else "chat"
        self.emotion: records.EmotionName = "neutral"
        self.on_turn_end: Callable[[], None] = lambda: None

    @property
    def running(self) -> Turn | None:
        """The turn that is going on."""
        if self._running is None or self._running.task.done():
            return None
        return self._running.turn

    @property
    def modes(self) -> list[str]:
        """The names of the modes there are."""
        return list(self._parts.modes)

    @property
    def engine(self) -> str:
        """Name of the engine that answers."""
        return self._parts.thinker.engine

    async def say(self, text: str, *, source: str = "typed", client_id: str | None = None) -> Said:
        """The user says something: stop what runs, store it, begin to answer.

        Returns:
            The turn that answers it. Saying the same `client_id` again gives the same turn and no
            second answer.

        Raises:
            AlisaError: "unknown-mode" for `/mode` with a name that is none; "stopping".
        """
        command = parse_command(text)
        mode = self._mode(command) if command is not None else None
        async with self._lock:
            if self._is_stopping:
                raise AlisaError("stopping", "The hub is about to stop.")
            if mode is not None:
                await self._stop_turn()
                return Said(await self._confirm(mode), is_saved=True)
            return await self._take(text, source, client_id)

    async def _take(self, text: str, source: str, client_id: str | None) -> Said:
        store = self._parts.store
        asked = asked_mode(text, self._parts.modes)
        if asked == self.mode:
            asked = None
        turn_id = _new_turn()
        # The engine is asked while the words are being stored, where nothing speaks against it.
        is_free = self._running is None or self._running.turn.is_over
        is_ahead = is_free and asked is None and not store.knows(client_id)
        ahead = None
        storing = asyncio.create_task(store.add_user_message(turn_id, text, source, client_id))
        try:
            for _ in range(_STEPS_TO_DISK):
                await asyncio.sleep(0)
            if is_ahead:
                ahead = self._start(turn_id, self._situation(text))
            stored = await storing
        except BaseException:
            storing.cancel()
            await self._drop(ahead)
            raise
        if stored.turn != turn_id:
            await self._drop(ahead)
            ahead = None
        if not stored.is_new and stored.turn not in self._unanswered:
            return Said(stored.turn, stored.is_saved)
        self._unanswered.discard(stored.turn)
        if ahead is None:
            await self._stop_turn()
        self._emit([events.UserSaid(turn=stored.turn, text=text, source=source)])
        if asked is not None:
            await self._switch(asked)
        self._announce(ahead or self._start(stored.turn, self._situation(text)))
        return Said(stored.turn, stored.is_saved)

    async def remind(self, reminder: Reminder) -> None:
        """Say a reminder as soon as nothing else is being said; returns when she has begun to."""
        while True:
            await self.wait()
            async with self._lock:
                if self._is_stopping:
                    return
                if self.running is None:
                    self._announce(self._start(_new_turn(), self._situation(reminder.text, "reminder")))
                    return

    async def wait(self, turn: str | None = None) -> Turn | None:
        """Wait until the running turn (or this one) is over; the turn, or None when none runs."""
        running = self._running
        if running is None or (turn is not None and running.turn.id != turn):
            return None
        await asyncio.wait([running.task])
        return running.turn

    async def interrupt(self, turn: str = "", heard: str | None = None) -> None:
        """Stop the running answer; returns when it is stored and everybody has been told.

        Args:
            turn: Stop this turn alone; where it is over and its answer is the last one, that is cut to what
                was heard. Empty: whatever runs.
            heard: What of it was heard; None: all that was sent.
        """
        running = self._meant(turn)
        if running is not None and running.turn.may_speak.is_set():
            # At once: who holds the lock may be waiting for the disk.
            turn = running.turn.id
            running.stop(heard)
        async with self._lock:
            running = self._meant(turn)
            if running is not None:
                turn = running.turn.id
                await self._stop_turn(heard)
            if heard is not None:
                await self._cut(turn, heard)

    async def change_mode(self, name: str) -> None:
        """Switch the mode without an answer.

        Raises:
            AlisaError: "unknown-mode".
        """
        mode = self._mode(name)
        async with self._lock:
            await self._switch(mode.name)

    async def clear(self) -> None:
        """Forget the conversation and delete every stored message."""
        async with self._lock:
            await self._stop_turn()
            await self._parts.store.clear()
            self._parts.history.clear()
            self._last = None
            self._emit([events.HistoryCleared()])

    async def stop(self) -> None:
        """Stop for good; what runs is stored as interrupted."""
        self._is_stopping = True
        async with self._lock:
            await self._stop_turn()

    def _mode(self, name: str) -> Mode:
        mode = self._parts.modes.get(name.strip().lower())
        if mode is None:
            names = ", ".join(sorted(self._parts.modes))
            raise AlisaError("unknown-mode", f"There is no such mode; there are {names}.")
        return mode

    async def _switch(self, name: str) -> None:
        self.mode = name
        await self._parts.store.set_value(MODE_KEY, name)
        self._emit([events.ModeChanged(name=name)])

    async def _confirm(self, mode: Mode) -> str:
        """Switch by command: she says so herself, without asking an engine."""
        await self._switch(mode.name)
        turn = _new_turn()
        text, emotion = mode.announcement()
        self.emotion = emotion
        self._emit(
            [
                events.TurnStarted(turn=turn),
                events.Emotion(turn=turn, name=emotion),
                events.Token(turn=turn, text=text),
                events.TurnEnded(turn=turn, ending="complete", emotion=emotion),
            ]
        )
        return turn

    def _situation(self, text: str, occasion: Occasion = "user") -> Situation:
        parts = self._parts
        return Situation(
            now=parts.now(),
            user_text=text,
            mode=self.mode,
            occasion=occasion,
            presence=parts.surroundings.presence,
            desktop=parts.surroundings.desktop,
        )

    def _start(self, turn_id: str, situation: Situation) -> Running:
        """Begin to think; nothing is heard of it before it is announced."""
        turn = Turn(turn_id, self._parts.thinker, self._parts.store, self._emit)
        task = asyncio.create_task(self._run(turn, situation), name=f"turn {turn_id}")
        self._running = Running(turn, task, situation.occasion)
        return self._running

    def _announce(self, running: Running) -> None:
        self._emit([events.TurnStarted(turn=running.turn.id, source=running.occasion)])
        running.turn.may_speak.set()

    async def _drop(self, running: Running | None) -> None:
        """Give up a turn that was never announced."""
        if running is not None:
            self._running = None
            running.task.cancel()
            await asyncio.wait([running.task])

    async def _run(self, turn: Turn, situation: Situation) -> None:
        parts = self._parts
        mode = parts.modes[self.mode]
        try:
            await turn.run(lambda: parts.prompts.build(parts.history, situation, mode))
        finally:
            if turn.may_speak.is_set():
                self._note(turn, situation)

    def _note(self, turn: Turn, situation: Situation) -> None:
        self.emotion = turn.emotion
        exchange = Exchange(
            turn=turn.id,
            user=situation.user_text,
            answer=turn.kept,
            emotion=turn.first_emotion or turn.emotion,
            ending=turn.ending,
            occasion=situation.occasion,
        )
        self._parts.history.add(exchange)
        if turn.text:
            self._last = exchange
        self.on_turn_end()

    def _meant(self, turn: str) -> Running | None:
        """What runs, if it is this turn; empty: whichever it is."""
        running = self._running
        if running is None or running.turn.is_over or turn not in ("", running.turn.id):
            return None
        return running

    async def _cut(self, turn: str, heard: str) -> None:
        """Keep of the last answer, which is over, what was heard of it."""
        last = self._last
        if last is None or last.turn != turn:
            return
        kept = heard_part(last.answer, heard)
        if kept == last.answer:
            return
        # Before the first wait: a turn that ends meanwhile is the last one then.
        self._last = msgspec.structs.replace(last, answer=kept, ending="interrupted")
        self._parts.history.amend(self._last)
        await self._parts.store.save_answer(turn, kept, emotion=last.emotion, engine="", ending="interrupted")
        self._emit([events.AnswerCut(turn=turn, text=kept)])

    async def _stop_turn(self, heard: str | None = None) -> None:
        running, self._running = self._running, None
        if running is None:
            return
        running.stop(heard)
        done, _ = await asyncio.wait([running.task], timeout=_STOP_SECONDS)
        if not done:
            log.error("A turn did not stop within %.0f s.", _STOP_SECONDS)
        elif not running.turn.is_over:
            # Cancelled before its first step: nothing of it ran, but it was announced.
            await running.turn.finish()


def _new_turn() -> str:
    return secrets.token_hex(6)

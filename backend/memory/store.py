"""Alisa's memory for the rest of the hub: never blocks the event loop, and goes on when the disk does not."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self, TypeVar

import msgspec
from sqlalchemy import Connection

from backend.memory import keepsakes, messages
from backend.memory.database import Database
from backend.memory.faults import DamagedError, ReadingInterruptedError, UnavailableError, unavailable
from backend.memory.keeping import KeepsakeMemory
from backend.memory.messages import HistorySummary, NewMessage
from backend.memory.unsaved import Unsaved, Write
from backend.memory.words import holds, tokens
from backend.shared.records import EmotionName, Ending, HistoryMessage

log = logging.getLogger(__name__)

KNOWN_IDS = 1000
MAX_UNSAVED = 1000
"""Messages that wait for a disk; when there are more, the oldest are given up."""

# A disk may be asleep; a message stays in line when nobody waits for it any more.
_LONGEST_WAIT_SECONDS = 1.5
_FIRST_RETRY_SECONDS = 0.5
_LONGEST_RETRY_SECONDS = 5.0
_CLOSE_SECONDS = 2.5

Result = TypeVar("Result")


class Stored(msgspec.Struct, frozen=True):
    """What became of a user's message."""

    turn: str
    """The turn it belongs to: an earlier one when its client id was seen before."""
    is_new: bool
    is_saved: bool
    """False: it is kept in memory, and written as soon as the disk takes it."""


class Memory(KeepsakeMemory):
    """Everything Alisa remembers, in one SQLite file. Implements `backend.shared.keepsakes.Keepsakes`.

    Messages and small state are written in order by one task, which goes on trying while the disk is full or
    the file is locked; until then they are kept here and `recent`, `newest` and `search` show them too.
    Facts and reminders are written or refused at once, so that she never promises to remember in vain.
    """

    def __init__(
        self, database: Database, notify: Callable[[str, str], None], clock: Callable[[], float]
    ) -> None:
        """Use `open` instead."""
        self._trouble: UnavailableError | None = None
        self._database = database
        self._notify = notify
        self._clock = clock
        self._unsaved = Unsaved(MAX_UNSAVED)
        self._client_ids: set[str] = set()
        self._has_given_up = False
        self._wake = asyncio.Event()
        self._is_closing = asyncio.Event()
        self._writer = ThreadPoolExecutor(1, "memory")
        self._reader = ThreadPoolExecutor(1, "memory-search")
        self._task: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls, folder: Path, notify: Callable[[str, str], None], *, clock: Callable[[], float] = time.time
    ) -> Self:
        """Open `alisa.db` in a folder, or make it.

        Args:
            folder: Made when missing, for this user only.
            notify: Called with code and message for the user, on the event loop's thread. Codes:
                "memory-full", "memory-locked", "memory-unwritable", "memory-given-up", "memory-saving-again",
                "memory-moved-aside", "memory-copies-left".
            clock: Seconds since the epoch.
        """
        loop = asyncio.get_running_loop()

        def report(code: str, message: str) -> None:
            loop.call_soon_threadsafe(notify, code, message)

        memory = cls(Database(folder, report, clock), notify, clock)
        try:
            await loop.run_in_executor(memory._writer, memory._database.open)
        except UnavailableError as error:
            memory._stop_saving(error)
        memory._task = asyncio.create_task(memory._keep_saving(), name="memory")
        return memory

    @property
    def is_saving(self) -> bool:
        """False while writes are failing."""
        return self._trouble is None

    async def load_client_ids(self) -> None:
        """Read which messages came lately, also before this start; for `knows`."""
        with contextlib.suppress(UnavailableError):
            ids = await self._look(lambda connection: messages.recent_client_ids(connection, KNOWN_IDS))
            self._client_ids.update(ids)

    def knows(self, client_id: str | None) -> bool:
        """Whether a message with this client id has come lately, so that it may be the same again."""
        return client_id is not None and client_id in self._client_ids

    async def add_user_message(
        self, turn: str, text: str, source: str, client_id: str | None = None
    ) -> Stored:
        """Store the user's words, unless their client id was seen before."""
        if client_id is not None:
            self._client_ids.add(client_id)
        known = self._unsaved.find_client_id(client_id)
        if known is not None:
            is_saved = await self._finished(known)
            return Stored(known.result or known.turn, is_new=False, is_saved=is_saved)
        message = NewMessage(
            turn=turn, role="user", text=text, time=self._clock(), source=source, client_id=client_id
        )
        write = Write(lambda connection: messages.add_user_message(connection, message), message)
        is_saved = await self._save(("message", turn, object()), write)
        return Stored(write.result or turn, is_new=write.result is None, is_saved=is_saved)

    async def save_answer(
        self, turn: str, text: str, *, emotion: EmotionName, engine: str, ending: Ending
    ) -> bool:
        """Store the one answer of a turn, or what there is of it by now.

        Returns False when it is not saved yet: it is kept, and written as soon as the disk takes it.
        While an answer is under way its ending is "interrupted", which it is if the hub dies. An empty engine
        leaves the one that is known.
        """
        waiting = self._unsaved.get(("answer", turn))
        if not engine and waiting is not None and waiting.message is not None:
            engine = waiting.message.engine
        message = NewMessage(
            turn=turn,
            role="assistant",
            text=text,
            time=self._clock(),
            emotion=emotion,
            engine=engine,
            ending=ending,
        )
        write = Write(lambda connection: messages.save_answer(connection, message), message)
        return await self._save(("answer", turn), write)

    async def recent(
        self, max_turns: int, max_tokens: int, count: Callable[[str], int]
    ) -> list[HistoryMessage]:
        """The last whole turns that stay within both limits, oldest first.

        A turn that does not fit ends it, also the newest. `count` gives the tokens of a text; it is called on
        another thread.
        """
        stored: list[HistoryMessage] = []
        try:
            stored = await self._look(
                lambda connection: messages.recent(connection, max_turns, max_tokens, count)
            )
        except UnavailableError:
            log.warning("The last messages cannot be read now")
        if not self._unsaved:
            return stored
        turns: dict[str, list[HistoryMessage]] = {}
        for message in self._unsaved.merged_into(stored):
            turns.setdefault(message.turn, []).append(message)
        return messages.within(reversed(turns.values()), max_turns, max_tokens, count)

    async def newest(self, limit: int) -> list[HistoryMessage]:
        """The newest messages, newest first; those that are not saved yet have the id 0.

        Raises:
            UnavailableError: when the file cannot be read now.
        """
        limit = max(0, limit)
        stored = await self._read(lambda connection: messages.newest(connection, limit))
        return self._unsaved.merged_into(stored[::-1])[::-1][:limit]

    async def search(self, words: str, limit: int) -> list[HistoryMessage]:
        """Messages that hold all the words, newest first; the newest of all for no words.

        Raises:
            UnavailableError: when the file cannot be read now.
        """
        if not words.strip():
            return await self.newest(limit)
        limit = max(0, limit)
        stored = await self._read(lambda connection: messages.search(connection, words, limit))
        known, wanted = set(stored), tokens(words)
        return [
            message
            for message in self._unsaved.merged_into(stored[::-1])[::-1]
            if message in known or (wanted and all(holds(message.text, word) for word in wanted))
        ][:limit]

    async def summary(self) -> HistorySummary:
        """What there is, in figures.

        Raises:
            UnavailableError: when the file cannot be read now.
        """
        found = await self._read(messages.summary)
        size = await asyncio.to_thread(self._database.size)
        return msgspec.structs.replace(found, size_bytes=size, unsaved=self._unsaved.count_messages())

    async def clear(self) -> None:
        """Delete every message for good: afterwards no byte of them is in the file or beside it.

        Facts, reminders and small state stay. Files that were moved aside are the user's: they are named in a
        notice ("memory-copies-left").

        Raises:
            UnavailableError: when it cannot be done now, or another program keeps traces.
        """
        self._unsaved.drop_messages()
        await self._use(self._writer, lambda: self._database.erase(messages.clear))
        copies = await asyncio.to_thread(self._database.copies)
        if copies:
            self._notify(
                "memory-copies-left",
                f"Older messages are still in {', '.join(copies)}. Delete it by hand if you do not need it.",
            )

    async def get_value(self, key: str) -> str | None:
        """A piece of small state, such as the mode; None when it was never set or cannot be read now."""
        waiting = self._unsaved.get(("value", key))
        if waiting is not None:
            return waiting.value
        with contextlib.suppress(UnavailableError):
            return await self._look(lambda connection: keepsakes.get_value(connection, key))
        return None

    async def set_value(self, key: str, value: str) -> None:
        """Change a piece of small state; written later when it cannot be now."""
        write = Write(lambda connection: keepsakes.set_value(connection, key, value), value=value)
        await self._save(("value", key), write)

    async def close(self) -> None:
        """Write what waits, as far as that goes in a short time, and close the file."""
        if self._is_closing.is_set():
            return
        self._is_closing.set()
        self._wake.set()
        loop = asyncio.get_running_loop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                if self._task is not None:
                    await self._task
                await loop.run_in_executor(self._writer, self._database.close)
        if self._unsaved:
            log.warning("%d messages could not be saved", self._unsaved.count_messages())
        self._reader.shutdown(wait=False)
        self._writer.shutdown(wait=False)

    async def _save(self, key: Hashable, write: Write) -> bool:
        if not self._unsaved.put(key, write) and not self._has_given_up:
            self._has_given_up = True
            self._notify(
                "memory-given-up",
                f"More than {MAX_UNSAVED} messages wait to be saved: I have to let go of the oldest of them.",
            )
        self._wake.set()
        return await self._finished(write)

    async def _finished(self, write: Write) -> bool:
        """Wait for a write, but neither long nor while writes are failing."""
        if not self.is_saving or self._task is None or self._task.done():
            return write.is_saved
        waiter = asyncio.get_running_loop().create_future()
        write.waiters.append(waiter)
        with contextlib.suppress(TimeoutError):
            # Not wait_for: in Python 3.11 it swallows a cancellation that comes with the result.
            async with asyncio.timeout(_LONGEST_WAIT_SECONDS):
                return bool(await waiter)
        return False

    async def _keep_saving(self) -> None:
        """Write what is there to write, and go on trying when that fails."""
        pause = _FIRST_RETRY_SECONDS
        try:
            while self._unsaved or not self.is_saving or not self._is_closing.is_set():
                if self.is_saving and not self._unsaved:
                    await self._wake.wait()
                    self._wake.clear()
                elif await self._flush():
                    pause = _FIRST_RETRY_SECONDS
                elif self._is_closing.is_set():
                    return
                else:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(pause):
                            await self._is_closing.wait()
                    pause = min(pause * 2, _LONGEST_RETRY_SECONDS)
        finally:
            for _, write in self._unsaved.batch():
                write.finish(is_saved=False)

    async def _flush(self) -> bool:
        """Write all that waits, in one transaction; whether that worked."""
        loop = asyncio.get_running_loop()
        batch = self._unsaved.batch()

        def write_all() -> list[str | None]:
            return self._database.run(lambda connection: [write.save(connection) for _, write in batch])

        try:
            results = await loop.run_in_executor(self._writer, write_all)
        except UnavailableError as error:
            self._stop_saving(error)
            return False
        except DamagedError as error:
            # What waits may change meanwhile, so the next round writes it, not this one.
            try:
                self._facts = None
                await loop.run_in_executor(self._writer, self._database.replace, error.generation)
            except UnavailableError as unavailable_error:
                self._stop_saving(unavailable_error)
            return False
        for (key, write), result in zip(batch, results, strict=True):
            self._unsaved.finish(key, write, result)
        if not self.is_saving:
            self._trouble = None
            self._has_given_up = False
            self._notify("memory-saving-again", "What we say is saved again, and so is what was waiting.")
        return True

    def _stop_saving(self, error: UnavailableError) -> None:
        for _, write in self._unsaved.batch():
            write.finish(is_saved=False)
        if self.is_saving:
            self._trouble = error
            self._notify(error.code, error.message)

    def _now_seconds(self) -> float:
        return self._clock()

    async def _look(self, work: Callable[[Connection], Result]) -> Result:
        """Read something small, after all that was written before."""
        return await self._use(self._writer, lambda: self._database.run(work, "BEGIN"))

    async def _change(self, work: Callable[[Connection], Result]) -> Result:
        try:
            return await self._use(self._writer, lambda: self._database.run(work))
        finally:
            self._facts = None

    async def _forget(self, work: Callable[[Connection], Result]) -> Result:
        try:
            return await self._use(self._writer, lambda: self._database.forget(work))
        finally:
            self._facts = None

    async def _read(self, work: Callable[[Connection], Result]) -> Result:
        """Read something that may take long, beside the writing."""
        with contextlib.suppress(ReadingInterruptedError):
            return await self._use(self._reader, lambda: self._database.read(work))
        return await self._use(self._reader, lambda: self._database.read(work))

    async def _use(self, executor: ThreadPoolExecutor, work: Callable[[], Result]) -> Result:
        """Do some work on a thread; on a new database when this finds the old one damaged."""
        if self._is_closing.is_set():
            raise UnavailableError("memory-closed", "Alisa is shutting down.")
        if self._trouble is not None and not self._database.is_open:
            raise UnavailableError(self._trouble.code, self._trouble.message)
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(executor, work)
        except DamagedError as error:
            self._facts = None
            await loop.run_in_executor(self._writer, self._database.replace, error.generation)
        try:
            return await loop.run_in_executor(executor, work)
        except DamagedError as error:
            raise unavailable(error) from error

"""What waits to be written: in order, the newest state of each thing once, and never without a limit."""

import asyncio
from collections.abc import Callable, Hashable

import msgspec
from sqlalchemy import Connection

from backend.memory.messages import NewMessage
from backend.shared.records import HistoryMessage


class Write:
    """One thing to write, and who waits for it."""

    def __init__(
        self, save: Callable[[Connection], str | None], message: NewMessage | None = None, value: str = ""
    ) -> None:
        """Nothing is written yet.

        Args:
            save: Writes it in a given transaction.
            message: The message it is about, if it is one.
            value: The value it is about, if it is small state.
        """
        self.save = save
        self.message = message
        self.value = value
        self.turn = "" if message is None else message.turn
        self.result: str | None = None
        self.is_saved = False
        self.waiters: list[asyncio.Future[bool]] = []

    def finish(self, *, is_saved: bool, result: str | None = None) -> None:
        """Tell those who wait; a write that failed stays where it is and may finish again."""
        self.is_saved = is_saved
        self.result = result
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_result(is_saved)
        self.waiters.clear()


class Unsaved:
    """The writes that wait, in order. Belongs to the event loop's thread."""

    def __init__(self, limit: int) -> None:
        """Holds at most `limit` writes."""
        self._limit = limit
        self._writes: dict[Hashable, Write] = {}

    def __len__(self) -> int:
        return len(self._writes)

    def put(self, key: Hashable, write: Write) -> bool:
        """Add a write, or put it in the place of one with the same key; False: the oldest was given up."""
        older = self._writes.get(key)
        if older is not None:
            write.waiters += older.waiters
        self._writes[key] = write
        if len(self._writes) <= self._limit:
            return True
        self._writes.pop(next(iter(self._writes))).finish(is_saved=False)
        return False

    def get(self, key: Hashable) -> Write | None:
        """The write that waits under a key."""
        return self._writes.get(key)

    def find_client_id(self, client_id: str | None) -> Write | None:
        """The user's message with this client id, if it waits."""
        if client_id is None:
            return None
        waiting = (write for write in self._writes.values() if write.message is not None)
        return next(
            (write for write in waiting if write.message and write.message.client_id == client_id), None
        )

    def batch(self) -> list[tuple[Hashable, Write]]:
        """All that waits now, in order."""
        return list(self._writes.items())

    def finish(self, key: Hashable, write: Write, result: str | None) -> None:
        """This write is on the disk. A newer one under its key goes on waiting."""
        if self._writes.get(key) is write:
            del self._writes[key]
        write.finish(is_saved=True, result=result)

    def drop_messages(self) -> None:
        """Forget all messages that wait."""
        for key, write in self.batch():
            if write.message is not None:
                del self._writes[key]
                write.finish(is_saved=False)

    def count_messages(self) -> int:
        """How many messages wait."""
        return sum(write.message is not None for write in self._writes.values())

    def merged_into(self, stored: list[HistoryMessage]) -> list[HistoryMessage]:
        """Stored messages, oldest first, with those that wait put in their places; new ones have the id 0."""
        merged = list(stored)
        places = {message.turn: place for place, message in enumerate(stored) if message.role == "assistant"}
        for write in self._writes.values():
            new = write.message
            if new is None:
                continue
            shown = HistoryMessage(0, new.turn, new.role, new.text, new.emotion, new.ending, new.time)
            place = places.get(new.turn) if new.role == "assistant" else None
            if place is None:
                merged.append(shown)
            else:
                merged[place] = msgspec.structs.replace(shown, id=stored[place].id, time=stored[place].time)
        return merged

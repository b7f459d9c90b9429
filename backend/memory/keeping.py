"""The part of the memory that keeps facts and reminders: written at once, or refused."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from backend.memory import keepsakes
from backend.shared.keepsakes import Fact, Reminder

Result = TypeVar("Result")


class KeepsakeMemory(ABC):
    """Implements `backend.shared.keepsakes.Keepsakes` on whatever carries work to the database."""

    _facts: tuple[Fact, ...] | None = None
    """Every fact, as long as nothing has changed; None: to be read."""

    @abstractmethod
    def _now_seconds(self) -> float:
        """Seconds since the epoch."""

    @abstractmethod
    async def _look(self, work: Callable[[Connection], Result]) -> Result:
        """Read something small, after all that was written before."""

    @abstractmethod
    async def _change(self, work: Callable[[Connection], Result]) -> Result:
        """Write something now; forgets `_facts`."""

    @abstractmethod
    async def _forget(self, work: Callable[[Connection], Result]) -> Result:
        """Delete something for good now; forgets `_facts`."""

    async def keep_fact(self, topic: str, text: str) -> None:
        """Keep a fact; one with the same topic (not empty) is replaced.

        Raises:
            UnavailableError: when it cannot be kept now; so for all that follow.
        """
        now = self._now_seconds()
        await self._change(lambda connection: keepsakes.keep_fact(connection, topic, text, now))

    async def find_facts(self, words: str = "") -> list[Fact]:
        """Facts whose topic or text holds any of the words, best first; all, newest first, for none."""
        if words:
            return await self._look(lambda connection: keepsakes.find_facts(connection, words))
        if self._facts is None:  # asked for before every answer
            self._facts = tuple(await self._look(lambda connection: keepsakes.find_facts(connection, "")))
        return list(self._facts)

    async def forget_facts(self, words: str) -> int:
        """Delete facts that hold all of the words (none for none); returns how many there were."""
        return await self._forget(lambda connection: keepsakes.forget_facts(connection, words))

    async def add_reminder(self, due: datetime, text: str) -> Reminder:
        """Keep a reminder."""
        return await self._change(lambda connection: keepsakes.add_reminder(connection, due, text))

    async def list_reminders(self) -> list[Reminder]:
        """Reminders that are not done, by time."""
        return await self._look(keepsakes.list_reminders)

    async def due_reminders(self, now: datetime) -> list[Reminder]:
        """Reminders whose time has come, by time."""
        return await self._look(lambda connection: keepsakes.list_reminders(connection, now))

    async def finish_reminder(self, number: int) -> None:
        """Forget a reminder that was given."""
        await self._change(lambda connection: keepsakes.finish_reminder(connection, number))

    async def cancel_reminders(self, words: str = "") -> int:
        """Delete reminders that hold all of the words (all of them for none); returns how many there were."""
        return await self._forget(lambda connection: keepsakes.cancel_reminders(connection, words))

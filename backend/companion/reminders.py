"""Gives reminders when their time has come and somebody is there to hear them."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from backend.shared.errors import AlisaError
from backend.shared.keepsakes import Reminder

log = logging.getLogger(__name__)

LOOK_SECONDS = 30.0
"""Longest sleep: the clock of the machine may be set, or the machine may have slept."""

_SHORTEST_SECONDS = 0.05


class ReminderStore(Protocol):
    """What keeps the reminders: the memory."""

    async def due_reminders(self, now: datetime) -> list[Reminder]:
        """Reminders whose time has come."""
        ...

    async def list_reminders(self) -> list[Reminder]:
        """All reminders, by time."""
        ...

    async def finish_reminder(self, number: int) -> None:
        """This one was given."""
        ...


class ReminderWatch:
    """Watches the clock for reminders. `run` is a task of the composition root."""

    def __init__(
        self,
        store: ReminderStore,
        give: Callable[[Reminder], Awaitable[None]],
        is_heard: Callable[[], bool],
        now: Callable[[], datetime],
    ) -> None:
        """Set up the watch.

        Args:
            store: Keeps the reminders.
            give: Says one; returns when she has begun to.
            is_heard: Whether any client is there.
            now: Local time with its zone.
        """
        self._store = store
        self._give = give
        self._is_heard = is_heard
        self._now = now
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Something may have changed: a reminder was added, or a client has come."""
        self._wake.set()

    async def run(self) -> None:
        """Watch for ever."""
        while True:
            self._wake.clear()
            try:
                wait_seconds = await self._look()
            except AlisaError as error:
                log.warning("Reminders cannot be read now: %s.", error.code)
                wait_seconds = LOOK_SECONDS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_seconds):
                    await self._wake.wait()

    async def _look(self) -> float:
        """Give what is due; returns how long there is nothing to do."""
        if not self._is_heard():
            return LOOK_SECONDS
        for reminder in await self._store.due_reminders(self._now()):
            await self._give(reminder)
            await self._store.finish_reminder(reminder.id)
        waiting = await self._store.list_reminders()
        if not waiting:
            return LOOK_SECONDS
        left = (waiting[0].due - self._now()).total_seconds()
        return min(LOOK_SECONDS, max(_SHORTEST_SECONDS, left))

"""Facts and reminders the user asked her to keep: what they are, and what a keeper of them can do."""

from datetime import datetime
from typing import Protocol

import msgspec


class Fact(msgspec.Struct, frozen=True):
    """Something the user told her to remember."""

    topic: str
    """What it is about ("name", "birthday"); a later fact with the same topic replaces it. Empty: a note."""
    text: str
    told_at: datetime
    """Local time with its zone."""


class Reminder(msgspec.Struct, frozen=True):
    """Something to say at a certain time."""

    id: int
    due: datetime
    """Local time with its zone."""
    text: str


class Keepsakes(Protocol):
    """Keeps facts and reminders across restarts."""

    async def keep_fact(self, topic: str, text: str) -> None:
        """Keep a fact; one with the same topic (not empty) is replaced."""
        ...

    async def find_facts(self, words: str = "") -> list[Fact]:
        """Facts that hold any of the words, best first; for no words all of them, newest first."""
        ...

    async def forget_facts(self, words: str) -> int:
        """Delete facts that hold all of the words; returns how many there were."""
        ...

    async def add_reminder(self, due: datetime, text: str) -> Reminder:
        """Keep a reminder."""
        ...

    async def list_reminders(self) -> list[Reminder]:
        """Reminders that are not done, by time."""
        ...

    async def cancel_reminders(self, words: str = "") -> int:
        """Delete reminders that hold all of the words (all of them for none); returns how many there were."""
        ...

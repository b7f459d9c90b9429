"""What an action is given and gives back, and what the brain remembers of the conversation."""

import random
import re
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec

from backend.llm.brain.intents import Brain, Found, Intent
from backend.llm.brain.matching import Sentence
from backend.llm.engine import Situation
from backend.shared.keepsakes import Keepsakes

SHOWN_CHARACTERS = 120


class Pending(msgspec.Struct, frozen=True):
    """She waits for something: the answer to a riddle, a time, a yes."""

    handler: str
    intent: str
    """The intent whose replies are used."""
    text: str = ""
    number: int = 0
    tries: int = 0
    due: datetime | None = None


class Outcome(msgspec.Struct, frozen=True):
    """What an action found out."""

    key: str = ""
    """Which list of `Intent.when` answers; empty: `Intent.replies`."""
    values: dict[str, str] = {}
    pending: Pending | None = None
    intent: str = ""
    """Another intent to answer with."""


class State(msgspec.Struct):
    """What she remembers of the talk itself; bounded."""

    used: dict[str, list[int]] = {}
    """Replies already given, per list."""
    topic: Intent | None = None
    topic_slots: dict[str, str] = {}
    asked: bool = False
    """True when her last reply ended with a question."""
    opened: bool = False
    """True when her last reply took up a new topic: what comes next is most likely about it."""
    pending: Pending | None = None
    heard: deque[str] = msgspec.field(default_factory=lambda: deque(maxlen=6))
    last_reply: str = ""
    unmatched_questions: int = 0
    last_note: str = ""
    """The last fact that was kept, as words to forget it by."""


class Turn(msgspec.Struct):
    """Everything an action may use."""

    situation: Situation
    text: str
    sentence: Sentence
    intent: Intent
    slots: dict[str, str]
    brain: Brain
    state: State
    keepsakes: Keepsakes
    random: random.Random
    found: Found | None = None

    @property
    def now(self) -> datetime:
        """The moment of the turn."""
        return self.situation.now

    def fill_topic(self) -> str:
        """The intent's topic with its slots filled ("favourite {what}")."""
        topic = re.sub(r"\{(\w+)\}", lambda slot: self.slots.get(slot[1], "").casefold(), self.intent.topic)
        return " ".join(part for word in topic.split() for part in self.brain.lexicon.expand(word))


Action = Callable[[Turn], Awaitable[Outcome]]
PendingAction = Callable[[Turn, Pending], Awaitable[Outcome | None]]
"""Reads what the user said to what she asked; None when it was something else."""


def shown(text: str) -> str:
    """Text from outside, safe to say: one short line that cannot be taken for a tag or a control word."""
    plain = " ".join(re.sub(r"[\[\]<>{}\x00-\x1f]", " ", text).split())
    return plain if len(plain) <= SHOWN_CHARACTERS else plain[: SHOWN_CHARACTERS - 1].rstrip() + "…"

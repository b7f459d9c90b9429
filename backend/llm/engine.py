"""What a language model looks like to the rest of the house: a prompt in, pieces of text out."""

from collections.abc import AsyncGenerator
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import msgspec

from backend.shared.errors import AlisaError
from backend.shared.events import DesktopContext
from backend.shared.keepsakes import Keepsakes
from backend.shared.records import PresenceState
from backend.shared.settings import Llm


class Message(msgspec.Struct, frozen=True):
    """One message of a prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


class Situation(msgspec.Struct, frozen=True):
    """What is known of the moment besides the words; for engines that do not read prompts."""

    now: datetime
    user_text: str
    """The user's own words of this turn, without the context that the prompt wraps around them."""
    mode: str = "chat"
    occasion: Literal["user", "reminder", "idle"] = "user"
    """Why she speaks. For a reminder, `user_text` is what to remind of."""
    presence: PresenceState | None = None
    desktop: DesktopContext | None = None


class Prompt(msgspec.Struct, frozen=True):
    """Everything one answer needs."""

    messages: list[Message]
    situation: Situation
    reply_tokens: int = 600
    temperature: float = 0.8


class Usage(msgspec.Struct, frozen=True):
    """What an answer cost, as the server counted it."""

    prompt_tokens: int
    reply_tokens: int
    cached_tokens: int = 0


class Progress(msgspec.Struct, frozen=True):
    """Why there is no text yet."""

    stage: Literal["connecting", "loading", "reading", "thinking"]
    fraction: float | None = None


class Piece(msgspec.Struct, frozen=True):
    """What one read of an engine brought: none, one or many tokens."""

    texts: list[str] = []
    progress: Progress | None = None
    usage: Usage | None = None


class EngineError(AlisaError):
    """Raised when an engine cannot answer, or cannot go on.

    Codes: "llm-unreachable", "llm-timeout", "llm-loading", "llm-bad-reply", "llm-error", "llm-refused" (the
    request itself is wrong: another try is of no use), "llm-too-long" (the prompt does not fit),
    "llm-cut" (the answer broke off).

    Attributes:
        prompt_tokens: With "llm-too-long": how long the prompt is, where the server said so.
        context_tokens: With "llm-too-long": how much fits, where the server said so.
    """

    def __init__(
        self, code: str, message: str, prompt_tokens: int | None = None, context_tokens: int | None = None
    ) -> None:
        super().__init__(code, message)
        self.prompt_tokens = prompt_tokens
        self.context_tokens = context_tokens


class EngineParts(NamedTuple):
    """What an engine's file may use to make its engine: `make(parts: EngineParts) -> Engine`."""

    llm: Llm
    assets: Path
    language: str
    keepsakes: Keepsakes


class Engine(Protocol):
    """One rung of the ladder. Made by the `make` function of its file."""

    name: str
    """For people: "llama.cpp at 127.0.0.1:8080"."""

    async def check(self) -> bool:
        """True when it could answer now, or after loading. Returns within 1.5 s and never raises."""
        ...

    def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """The answer, as it comes. Closing the generator or cancelling its task frees the engine.

        Raises:
            EngineError: at any point; after the first text it means that the answer broke off.
        """
        ...

    async def warm(self, prompt: Prompt) -> None:
        """Read the prompt ahead of the question, where that saves time. Never raises `EngineError`."""
        ...

    async def close(self) -> None:
        """Give everything back: connections, processes, memory."""
        ...

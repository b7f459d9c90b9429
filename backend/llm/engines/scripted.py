"""Says what it is told to, in turn: for tests and first tries."""

import asyncio
import re
from collections import deque
from collections.abc import AsyncGenerator, Sequence

import msgspec

from backend.llm.engine import EngineError, EngineParts, Piece, Progress, Prompt

_TOKEN = re.compile(r"\s?\S{1,6}|\s")
_REMEMBERED_PROMPTS = 20


class Reply(msgspec.Struct, frozen=True):
    """One answer of the script, and what goes wrong with it."""

    text: str
    pace_seconds: float = 0.0
    """Pause before each token."""
    progress: list[Progress] = []
    """Comes before the text."""
    fails_after: int | None = None
    """Break off after so many tokens; 0: fail before the first."""


DEFAULT_SCRIPT = (
    "[happy] Hi! I should tell you that I am reading from a script: there is no language model behind me.",
    "[neutral] That was line two of my script. I cannot understand you, but everything around me works.",
    "[surprised] You are still here! Once a model is set up, somebody cleverer will answer.",
    "[embarrassed] I only have one line after this one, and then I start again.",
    "[happy] Thank you for listening. From the top!",
)


def _split(text: str) -> list[str]:
    """Pieces about as long as those of a language model; joined they are the text."""
    return _TOKEN.findall(text)


class Engine:
    """An engine that reads its answers from a list, and begins again when the list is over.

    Args:
        script: Texts, or replies with their troubles.
        name: For people.

    Attributes:
        prompts: The last prompts it was given.
    """

    def __init__(self, script: Sequence[str | Reply] = DEFAULT_SCRIPT, name: str = "script") -> None:
        self.name = name
        self._replies = [Reply(line) if isinstance(line, str) else line for line in script]
        self._next = 0
        self.prompts: deque[Prompt] = deque(maxlen=_REMEMBERED_PROMPTS)

    async def check(self) -> bool:
        """True when there is anything to say."""
        return bool(self._replies)

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """The next reply, token by token.

        Raises:
            EngineError: where the script says so, and when it is empty.
        """
        self.prompts.append(prompt)
        if not self._replies:
            raise EngineError("llm-error", "The script is empty.")
        reply = self._replies[self._next % len(self._replies)]
        self._next += 1
        for progress in reply.progress:
            yield Piece(progress=progress)
        tokens = _split(reply.text)
        for index, token in enumerate(tokens):
            if index == reply.fails_after:
                raise _failure(index)
            await asyncio.sleep(reply.pace_seconds)
            yield Piece([token])
        if reply.fails_after is not None and reply.fails_after >= len(tokens):
            raise _failure(len(tokens))

    async def warm(self, prompt: Prompt) -> None:
        """There is nothing to warm."""

    async def close(self) -> None:
        """There is nothing to give back."""


def _failure(tokens: int) -> EngineError:
    if tokens:
        return EngineError("llm-cut", "The script breaks off here.")
    return EngineError("llm-error", "The script fails here.")


def make(parts: EngineParts) -> Engine:  # noqa: ARG001  # the same for every engine
    """The default script."""
    return Engine()

"""The built-in brain as an engine: the last rung of the ladder, always there, no model needed."""

import asyncio
import random
import re
from collections.abc import AsyncGenerator
from pathlib import Path

from backend.llm.brain.dialogue import Dialogue
from backend.llm.brain.intents import load_brain
from backend.llm.engine import EngineParts, Piece, Prompt
from backend.shared.keepsakes import Keepsakes


class Engine:
    """Answers by rules and templates; truthful about being no more than that.

    Args:
        assets: The project's `assets` folder.
        language: Name of a folder in `assets/brain`.
        keepsakes: Where facts and reminders are kept.
        random: Source of chance, for tests.
        pace_seconds: Pause between two words.

    Raises:
        BrainDataError: a data file is missing or wrong.
    """

    name = "built-in brain"

    def __init__(
        self,
        assets: Path,
        language: str,
        keepsakes: Keepsakes,
        *,
        random: random.Random | None = None,
        pace_seconds: float = 0.02,
    ) -> None:
        self._dialogue = Dialogue(load_brain(assets, language), language, keepsakes, random or _chance())
        self._pace_seconds = pace_seconds

    async def check(self) -> bool:
        """Always there."""
        return True

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """The answer word by word, an emotion tag first."""
        reply = await self._dialogue.answer(prompt.situation)
        for number, word in enumerate(re.findall(r"\S+\s*", reply)):
            if number:
                await asyncio.sleep(self._pace_seconds)
            yield Piece(texts=[word])

    async def warm(self, prompt: Prompt) -> None:
        """There is nothing to read ahead."""

    async def close(self) -> None:
        """There is nothing to give back."""


def _chance() -> random.Random:
    return random.Random()  # noqa: S311 - picks replies, keeps no secret


def make(parts: EngineParts) -> Engine:
    """The brain in the user's language."""
    return Engine(parts.assets, parts.language, parts.keepsakes)

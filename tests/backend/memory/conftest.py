"""A memory in a folder of its own, with what it told the user."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from backend.memory.store import Memory


class Opener:
    """Opens memories and closes them after the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "alisa.db"
        self.notices: list[tuple[str, str]] = []
        self._opened: list[Memory] = []

    @property
    def codes(self) -> list[str]:
        return [code for code, _ in self.notices]

    async def __call__(self, **options) -> Memory:
        memory = await Memory.open(self.folder, lambda *notice: self.notices.append(notice), **options)
        self._opened.append(memory)
        return memory

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for something to become true."""
        async with asyncio.timeout(20):
            while not condition():
                await asyncio.sleep(0.01)

    async def close(self) -> None:
        for memory in self._opened:
            await memory.close()


@pytest.fixture
async def opener(tmp_path: Path) -> AsyncIterator[Opener]:
    found = Opener(tmp_path / "Ålisas Gedächtnis %s 記憶")
    yield found
    await found.close()


@pytest.fixture
async def memory(opener: Opener) -> Memory:
    return await opener()

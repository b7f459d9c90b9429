"""Other processes that write to the file of a memory, or lock it."""

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]

WRITER = """
import asyncio, sys
from pathlib import Path
from backend.memory.store import Memory

async def write():
    memory = await Memory.open(Path(sys.argv[1]), lambda code, message: print("notice", code, flush=True))
    for number in range(int(sys.argv[3])):
        name = f"{sys.argv[2]}-{number}"
        stored = await memory.add_user_message(name, "text of " + name, "typed", name)
        assert stored.is_saved
        print("acknowledged", name, flush=True)
        await memory.save_answer(name, "answer", emotion="neutral", engine="e", ending="complete")
    await memory.close()

asyncio.run(write())
"""


def start_writer(folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), name, str(count)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


@contextlib.contextmanager
def locked(file: Path) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


async def texts(memory, limit: int = 10_000) -> list[str]:
    return [message.text for message in reversed(await memory.newest(limit))]

"""How the memory does when it is short and when it is long."""

import asyncio
import random
import sqlite3
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import NamedTuple

from backend.llm.tokens import TokenCounter
from backend.memory.store import Memory

_WORDS = """
    the and you that with have this will your from they what here there hello is are be to of in it on for as
    at so we he she not but or tea garden cat train music evening morning window winter letter friend work
"""
_RARE = "quokka"
_RARE_EVERY = 5000
_MAX_TURNS = 1_000_000  # so that the tokens are what ends the reading
_MAX_TOKENS = 3000


class MemoryTimes(NamedTuple):
    """Seconds of each try, for a short memory and for a long one.

    Attributes:
        load: Reading the last 3000 tokens.
        search: Finding messages with a rare word by full text.
        newest: The newest 50 messages.
        store: Storing a message, in the long one.
        tokens: How many tokens were loaded, in both.
    """

    load: tuple[list[float], list[float]]
    search: list[float]
    newest: list[float]
    store: list[float]
    tokens: tuple[int, int]


def _fill(path: Path, messages: int) -> None:
    """Messages in pairs, straight into the tables; their full text is built afterwards, at once."""
    random_words = random.Random(1)  # noqa: S311  # the same texts each time
    vocabulary = _WORDS.split()

    def rows(start: int) -> list[tuple[str, str, str, str, str, str, str, float]]:
        made = []
        for number in range(start, min(start + 50_000, messages)):
            words = " ".join(random_words.choices(vocabulary, k=18))
            if number % _RARE_EVERY == 0:
                words += f" {_RARE}"
            role = "assistant" if number % 2 else "user"
            made.append((f"t{number // 2}", role, "", words, "neutral", "", "complete", float(number)))
        return made

    connection = sqlite3.connect(path)
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f'DROP TRIGGER "{name}"')
    for start in range(0, messages, 50_000):
        connection.executemany(
            "INSERT INTO messages (turn, role, source, text, emotion, engine, ending, time)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            rows(start),
        )
    connection.execute("INSERT INTO messages_text (messages_text) VALUES ('rebuild')")
    for _, statement in triggers:
        connection.execute(statement)
    connection.commit()
    connection.close()


async def _timed(work: Awaitable[object]) -> float:
    start = time.perf_counter()
    await work
    return time.perf_counter() - start


async def _open(folder: Path, messages: int) -> Memory:
    memory = await Memory.open(folder, lambda _code, _message: None)
    await memory.close()
    await asyncio.to_thread(_fill, folder / "alisa.db", messages)
    return await Memory.open(folder, lambda _code, _message: None)


async def _measure(folder: Path, messages: tuple[int, int], tries: int) -> MemoryTimes:
    count = TokenCounter().estimate
    short = await _open(folder / "short", messages[0])
    long = await _open(folder / "long", messages[1])
    tokens = [0, 0]
    found = MemoryTimes(([], []), [], [], [], (0, 0))
    for number in range(-3, tries):  # the first three warm up
        for place, memory in enumerate((short, long)):
            start = time.perf_counter()
            loaded = await memory.recent(_MAX_TURNS, _MAX_TOKENS, count)
            found.load[place].extend([time.perf_counter() - start] if number >= 0 else [])
            tokens[place] = sum(count(message.text) for message in loaded)
        if number >= 0:
            found.search.append(await _timed(long.search(_RARE, 50)))
            found.newest.append(await _timed(long.newest(50)))
            found.store.append(await _timed(long.add_user_message(f"new {number}", "A message.", "typed")))
    await short.close()
    await long.close()
    return found._replace(tokens=(tokens[0], tokens[1]))


def bare_commits(folder: Path, tries: int) -> list[float]:
    """Seconds of each commit of a row to SQLite (WAL, synchronous FULL) without anything around it."""
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS messages (text TEXT)")
    times = []
    for _ in range(tries):
        start = time.perf_counter()
        connection.execute("INSERT INTO messages VALUES ('A message.')")
        times.append(time.perf_counter() - start)
    connection.close()
    return times


def measure(messages: tuple[int, int], tries: int) -> MemoryTimes:
    """Fill two databases with so many messages, and read them in turn."""
    with tempfile.TemporaryDirectory(prefix="alisa-bench-", ignore_cleanup_errors=True) as folder:
        return asyncio.run(_measure(Path(folder), messages, tries))

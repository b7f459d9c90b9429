"""Damaged, empty, foreign and newer files, and two processes that meet at one."""

import asyncio
import contextlib
import os
import re
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from memory_helpers import locked, start_writer, texts

from backend.memory import database, schema


async def fill(opener, count: int = 300) -> None:
    memory = await opener()
    for number in range(count):
        await memory.add_user_message(f"t{number}", f"{number} " + "some words " * 30, "typed")
    await memory.close()


def overwrite(file: Path, start: int, length: int) -> None:
    with file.open("r+b") as opened:
        opened.seek(start)
        opened.write(b"\xa5" * length)


def damage_header(file: Path) -> None:
    overwrite(file, 0, 100)


def damage_first_page(file: Path) -> None:
    overwrite(file, 100, 2000)


def damage_page(file: Path) -> None:
    overwrite(file, file.stat().st_size // 8192 * 4096, 4096)


def damage_many_pages(file: Path) -> None:
    for page in range(3, file.stat().st_size // 4096, 2):
        overwrite(file, page * 4096, 4096)


def truncate(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 8192 * 4096)


def truncate_to_a_bit(file: Path) -> None:
    os.truncate(file, 50)


def empty(file: Path) -> None:
    os.truncate(file, 0)


def write_text(file: Path) -> None:
    file.write_text("Dear diary, this is no database. " * 300)


def change_tables(*statements: str) -> Callable[[Path], None]:
    def change(file: Path) -> None:
        with contextlib.closing(sqlite3.connect(file)) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    change.__name__ = "_".join(statements).lower().replace(" ", "_")[:30]
    return change


@pytest.mark.parametrize(
    "damage",
    [
        damage_header,
        damage_first_page,
        damage_page,
        damage_many_pages,
        truncate,
        truncate_to_a_bit,
        empty,
        write_text,
        change_tables("DROP TABLE facts"),
        change_tables("DROP TABLE alembic_version"),
        change_tables("DELETE FROM alembic_version"),
    ],
    ids=lambda damage: damage.__name__,
)
async def test_a_damaged_file_is_moved_aside_and_a_new_one_is_made(opener, damage):
    await fill(opener)
    damage(opener.file)
    before = opener.file.read_bytes()
    memory = await opener(clock=lambda: datetime(2026, 11, 21, 12, 30, 5).astimezone().timestamp())
    assert memory.is_saving
    aside = opener.folder / "alisa.db.damaged-20261121-123005"
    assert aside.read_bytes() == before
    [(code, message)] = opener.notices
    assert code == "memory-moved-aside"
    assert aside.name in message
    assert str(opener.folder) not in message
    assert await texts(memory) == []
    assert (await memory.add_user_message("t1", "hello", "typed")).is_saved
    await memory.close()
    assert await texts(await opener()) == ["hello"]
    assert len(opener.notices) == 1


async def test_a_file_of_a_newer_version_is_kept_as_such(opener):
    await fill(opener, 3)
    change_tables("UPDATE alembic_version SET version_num = '9999'")(opener.file)
    memory = await opener()
    assert await texts(memory) == []
    [(code, message)] = opener.notices
    assert code == "memory-moved-aside"
    name = re.search(r"alisa\.db\.newer-\d{8}-\d{6}", message).group()
    await memory.close()
    change_tables("UPDATE alembic_version SET version_num = '0001'")(opener.folder / name)
    opener.file.unlink()
    (opener.folder / name).rename(opener.file)
    assert len(await texts(await opener())) == 3


async def test_no_file_that_was_moved_aside_is_ever_overwritten(opener):
    for number in range(3):
        opener.folder.mkdir(exist_ok=True)
        opener.file.write_text(f"diary {number} " * 1000)
        memory = await opener(clock=lambda: 1_800_000_000.0)
        await memory.close()
    kept = sorted(opener.folder.glob("alisa.db.damaged-*"))
    assert [path.read_text()[:7] for path in kept] == ["diary 0", "diary 1", "diary 2"]


async def test_the_log_beside_a_damaged_file_goes_with_it(opener):
    await fill(opener, 3)
    write_text(opener.file)
    opener.file.with_name("alisa.db-wal").write_bytes(b"the last words")
    memory = await opener()
    [log] = opener.folder.glob("alisa.db.damaged-*-wal")
    assert log.read_bytes() == b"the last words"
    assert log.with_name(log.name.removesuffix("-wal")).exists()
    assert (await memory.add_user_message("t1", "hello", "typed")).is_saved


@pytest.mark.parametrize(
    "use",
    [
        lambda memory: memory.newest(1000),
        lambda memory: memory.search("some", 1000),
        lambda memory: memory.recent(1000, 1_000_000, len),
        lambda memory: memory.summary(),
    ],
    ids=["newest", "search", "recent", "summary"],
)
async def test_damage_found_while_running_is_handled_the_same_way(opener, monkeypatch, use):
    await fill(opener)
    damage_many_pages(opener.file)
    # As for a file that is too large to be checked as a whole.
    monkeypatch.setattr(schema, "QUICK_CHECK_BYTES", 0)
    memory = await opener()
    assert opener.notices == []
    await use(memory)
    assert opener.codes == ["memory-moved-aside"]
    assert (await memory.add_user_message("new", "hello", "typed")).is_saved
    assert await texts(memory) == ["hello"]
    assert len(list(opener.folder.glob("alisa.db.damaged-*"))) == 1


async def test_a_message_that_meets_damage_is_saved_in_the_new_file(opener, monkeypatch):
    await fill(opener)
    damage_many_pages(opener.file)
    monkeypatch.setattr(schema, "QUICK_CHECK_BYTES", 0)
    memory = await opener()
    for number in range(200):
        assert (await memory.add_user_message(f"n{number}", f"{number} " + "words " * 50, "typed")).is_saved
        if opener.notices:
            break
    assert opener.codes == ["memory-moved-aside"]
    assert await texts(memory) == [f"{number} " + "words " * 50]


def delete(file: Path) -> None:
    with contextlib.suppress(PermissionError):  # not every system lets go of an open file
        for path in file.parent.glob("alisa.db*"):
            path.unlink()


def replace_by_text(file: Path) -> None:
    with contextlib.suppress(PermissionError):
        (file.parent / "other").write_text("Dear diary, this is no database. " * 300)
        (file.parent / "other").replace(file)


@pytest.mark.parametrize("harm", [delete, empty, replace_by_text])
async def test_a_file_taken_away_while_running_costs_no_later_message(opener, harm):
    memory = await opener()
    await memory.add_user_message("t1", "before", "typed")
    harm(opener.file)
    assert (await memory.add_user_message("t2", "after", "typed")).is_saved
    await memory.close()
    assert (await texts(await opener()))[-1:] == ["after"]


async def test_damage_found_twice_at_once_replaces_the_file_once(opener, monkeypatch):
    await fill(opener)
    damage_many_pages(opener.file)
    monkeypatch.setattr(schema, "QUICK_CHECK_BYTES", 0)
    memory = await opener()
    await asyncio.gather(memory.newest(1000), memory.recent(1000, 1_000_000, len), memory.newest(999))
    assert opener.codes == ["memory-moved-aside"]


async def test_only_one_process_at_a_time_makes_or_moves_the_file(opener, monkeypatch):
    monkeypatch.setattr(database, "OPENING_WAIT_SECONDS", 0.2)
    opener.folder.mkdir()
    write_text(opener.file)
    with locked(opener.folder / "alisa.lock"):
        memory = await opener()
        assert opener.codes == ["memory-locked"]
        assert [path.name for path in opener.folder.glob("alisa.db*")] == ["alisa.db"]
    await opener.until(lambda: memory.is_saving)
    assert opener.codes == ["memory-locked", "memory-moved-aside", "memory-saving-again"]


@pytest.mark.parametrize("is_damaged", [False, True])
async def test_two_processes_that_start_at_once_share_one_sound_file(opener, is_damaged):
    if is_damaged:
        opener.folder.mkdir()
        write_text(opener.file)
    writers = [start_writer(opener.folder, name, 20) for name in ("a", "b")]
    said = [writer.communicate(timeout=30)[0] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert "".join(said).count("acknowledged") == 40
    assert "".join(said).count("notice memory-moved-aside") == is_damaged
    memory = await opener()
    assert len(await texts(memory)) == 80
    assert len(list(opener.folder.glob("alisa.db.damaged-*"))) == is_damaged

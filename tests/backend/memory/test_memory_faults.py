"""Disk full, locked, killed, damaged: what the memory does when its file does not."""

import asyncio
import contextlib
import logging
import os
import random
import re
import sqlite3
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from backend.memory import schema, store
from backend.memory.faults import UnavailableError

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


class Disk:
    """A disk with so many pages for the database."""

    pages = 1_000_000

    def limit(self, connection: sqlite3.Connection, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {self.pages}").fetchall()


@pytest.fixture
def disk() -> Iterator[Disk]:
    found = Disk()
    event.listen(Pool, "checkout", found.limit)
    yield found
    event.remove(Pool, "checkout", found.limit)


@contextlib.contextmanager
def locked(file: Path) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


async def texts(memory, limit: int = 10_000) -> list[str]:
    return [message.text for message in reversed(await memory.newest(limit))]


async def test_no_acknowledged_message_is_lost_when_the_process_is_killed(opener, tmp_path):
    acknowledged = []
    for run in range(4):
        writer = start_writer(opener.folder, f"run{run}", 100_000)
        for _ in range(random.randint(5, 60)):
            acknowledged.append(writer.stdout.readline().split()[1])
        writer.kill()
        acknowledged += [
            line.split()[1] for line in writer.stdout.read().splitlines() if line.count("-") == 1
        ]
        writer.stdout.close()
        writer.wait()
    memory = await opener()
    stored = [text.removeprefix("text of ") for text in await texts(memory, 1_000_000) if text != "answer"]
    assert len(acknowledged) >= 20
    assert set(acknowledged) - set(stored) == set()
    assert len(stored) == len(set(stored))
    assert opener.notices == []
    with contextlib.closing(sqlite3.connect(opener.file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def test_a_full_disk_is_waited_for_and_then_everything_is_saved_in_order(opener, disk):
    memory = await opener()
    assert (await memory.add_user_message("t0", "before", "typed")).is_saved
    disk.pages = 1  # SQLite takes it for the pages there are now
    big = "x" * 100_000
    assert not (await memory.add_user_message("t1", f"one {big}", "typed", "c1")).is_saved
    assert not memory.is_saving
    assert not await memory.save_answer("t1", f"draft {big}", emotion="sad", engine="e", ending="interrupted")
    assert not await memory.save_answer("t1", f"two {big}", emotion="sad", engine="e", ending="complete")
    again = await memory.add_user_message("t9", f"one {big}", "typed", "c1")
    assert (again.turn, again.is_new, again.is_saved) == ("t1", False, False)
    await memory.set_value("mode", "focus")
    assert await memory.get_value("mode") == "focus"

    expected = ["before", f"one {big}", f"two {big}"]
    assert await texts(memory) == expected
    assert [message.text for message in await memory.recent(10, 1_000_000, len)] == expected
    assert [message.text for message in await memory.search("two", 5)] == [f"two {big}"]
    assert (await memory.summary()).unsaved == 2
    assert opener.codes == ["memory-full"]

    disk.pages = 1_000_000
    await opener.until(lambda: memory.is_saving)
    assert opener.codes == ["memory-full", "memory-saving-again"]
    assert (await memory.summary()).unsaved == 0
    await memory.close()
    memory = await opener()
    assert await texts(memory) == expected
    assert [message.id for message in await memory.newest(5)] == sorted(
        (message.id for message in await memory.newest(5)), reverse=True
    )
    assert await memory.get_value("mode") == "focus"


async def test_on_a_full_disk_a_fact_is_refused_and_not_promised(opener, disk):
    memory = await opener()
    disk.pages = 1
    with pytest.raises(UnavailableError) as caught:
        await memory.keep_fact("name", "x" * 100_000)
    assert caught.value.code == "memory-full"
    assert await memory.find_facts() == []


async def test_what_waits_for_the_disk_has_a_limit(opener, disk, monkeypatch):
    monkeypatch.setattr(store, "MAX_UNSAVED", 10)
    memory = await opener()
    disk.pages = 1
    for number in range(25):
        await memory.add_user_message(f"t{number}", f"{number} " + "x" * 100_000, "typed")
    assert [text.split()[0] for text in await texts(memory)] == [str(number) for number in range(15, 25)]
    assert opener.codes == ["memory-full", "memory-given-up"]


async def test_clear_forgets_what_waits_for_the_disk(opener, disk):
    memory = await opener()
    disk.pages = 1
    assert not (await memory.add_user_message("t1", "x" * 100_000, "typed")).is_saved
    disk.pages = 1_000_000
    await memory.clear()
    await opener.until(lambda: memory.is_saving)
    assert await texts(memory) == []


async def test_a_folder_that_cannot_be_written_is_said_and_used_when_it_can(opener):
    opener.folder.write_text("a file where the folder should be")
    memory = await opener()
    assert not memory.is_saving
    assert opener.codes == ["memory-unwritable"]
    assert str(opener.folder) not in opener.notices[0][1]
    assert not (await memory.add_user_message("t1", "hello", "typed")).is_saved
    assert [message.text for message in await memory.recent(5, 100, len)] == ["hello"]
    assert await memory.get_value("mode") is None
    with pytest.raises(UnavailableError):
        await memory.search("hello", 5)
    with pytest.raises(UnavailableError):
        await memory.add_reminder(datetime.now().astimezone(), "tea")
    opener.folder.unlink()
    await opener.until(lambda: memory.is_saving)
    assert opener.codes == ["memory-unwritable", "memory-saving-again"]
    assert await texts(memory) == ["hello"]


async def test_a_file_that_cannot_be_opened_is_said_and_left_alone(opener):
    opener.file.mkdir(parents=True)
    memory = await opener()
    assert opener.codes == ["memory-unwritable"]
    assert not (await memory.add_user_message("t1", "hello", "typed")).is_saved
    await memory.close()
    assert [path.name for path in opener.folder.iterdir() if path.is_dir()] == ["alisa.db"]


async def test_a_locked_file_is_waited_for_without_holding_up_the_chat(opener):
    memory = await opener()
    with locked(opener.file):
        for number in range(3):
            async with asyncio.timeout(5):
                assert not (await memory.add_user_message(f"t{number}", str(number), "typed")).is_saved
        async with asyncio.timeout(5):
            assert [message.text for message in await memory.recent(5, 100, len)] == ["0", "1", "2"]
        assert opener.codes == ["memory-locked"]
    await opener.until(lambda: memory.is_saving)
    assert await texts(memory) == ["0", "1", "2"]
    assert opener.codes == ["memory-locked", "memory-saving-again"]


async def test_a_file_locked_at_the_start_is_waited_for(opener):
    memory = await opener()
    await memory.add_user_message("t0", "old", "typed")
    await memory.close()
    with locked(opener.file):
        memory = await opener()
        assert opener.codes == ["memory-locked"]
        assert not (await memory.add_user_message("t1", "new", "typed")).is_saved
    await opener.until(lambda: memory.is_saving)
    assert await texts(memory) == ["old", "new"]


async def test_closing_while_the_file_is_locked_does_not_hang(opener, caplog):
    memory = await opener()
    with locked(opener.file):
        await memory.add_user_message("t1", "a secret", "typed")
        async with asyncio.timeout(6):
            await memory.close()
    assert "1 messages could not be saved" in caplog.text
    assert "secret" not in caplog.text


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
    [aside] = [
        path for path in opener.folder.glob("alisa.db.damaged-*") if not path.name.endswith(("l", "m"))
    ]
    assert aside.with_name(aside.name + "-wal").read_bytes() == b"the last words"
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


async def test_damage_found_twice_at_once_replaces_the_file_once(opener, monkeypatch):
    await fill(opener)
    damage_many_pages(opener.file)
    monkeypatch.setattr(schema, "QUICK_CHECK_BYTES", 0)
    memory = await opener()
    await asyncio.gather(memory.newest(1000), memory.recent(1000, 1_000_000, len), memory.newest(999))
    assert opener.codes == ["memory-moved-aside"]


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


async def test_no_words_of_the_user_get_into_errors_and_logs(opener, disk, caplog):
    caplog.set_level(logging.DEBUG)
    memory = await opener()
    disk.pages = 1
    word = "".join(("Zan", "zibar"))
    with pytest.raises(UnavailableError) as caught:
        await memory.keep_fact(word, word * 20_000)
    assert word not in "".join(traceback.format_exception(caught.value))
    await memory.add_user_message("t1", word * 20_000, "typed")
    await memory.search(f'{word} "', 5)
    assert word not in caplog.text


async def test_files_belong_to_the_user_alone(opener, tmp_path):
    probe = tmp_path / "probe"
    probe.touch()
    probe.chmod(0o600)
    (tmp_path / "folder").mkdir(mode=0o700)
    before = os.umask(0)
    try:
        memory = await opener()
        await memory.add_user_message("t1", "hello", "typed")
        modes = {path.name: path.stat().st_mode for path in opener.folder.iterdir()}
    finally:
        os.umask(before)
    assert "alisa.db-wal" in modes
    assert set(modes.values()) == {probe.stat().st_mode}
    assert opener.folder.stat().st_mode == (tmp_path / "folder").stat().st_mode

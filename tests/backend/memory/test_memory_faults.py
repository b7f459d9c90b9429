"""Killed, disk full, locked: what the memory does when its file does not."""

import asyncio
import contextlib
import logging
import os
import random
import sqlite3
import traceback
from collections.abc import Iterator
from datetime import datetime

import pytest
from memory_helpers import locked, start_writer, texts
from sqlalchemy import event
from sqlalchemy.pool import Pool

from backend.memory import store
from backend.memory.faults import UnavailableError


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


async def test_no_acknowledged_message_is_lost_when_the_process_is_killed(opener, tmp_path):
    lines = []
    for run in range(4):
        writer = start_writer(opener.folder, f"run{run}", 100_000)
        lines += [writer.stdout.readline() for _ in range(random.randint(5, 60))]
        writer.kill()
        lines += writer.stdout.readlines()
        writer.stdout.close()
        writer.wait()
    assert "notice" not in "".join(lines)
    acknowledged = [line.split()[1] for line in lines if line.endswith("\n")]
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
    await memory.add_user_message("t", "old", "typed")
    with locked(opener.file):
        for number in range(3):
            async with asyncio.timeout(5):
                assert not (await memory.add_user_message(f"t{number}", str(number), "typed")).is_saved
        async with asyncio.timeout(5):
            assert [message.text for message in await memory.recent(5, 100, len)] == ["old", "0", "1", "2"]
        assert opener.codes == ["memory-locked"]
    await opener.until(lambda: memory.is_saving)
    assert await texts(memory) == ["old", "0", "1", "2"]
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

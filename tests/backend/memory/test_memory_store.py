import asyncio
import sqlite3

import pytest

from backend.memory.faults import UnavailableError
from backend.shared.records import HistoryMessage


async def talk(memory, turns: int, text: str = "message") -> None:
    for number in range(turns):
        await memory.add_user_message(f"t{number}", f"{text} {number}", "typed")
        await memory.save_answer(
            f"t{number}", f"answer {number}", emotion="happy", engine="scripted", ending="complete"
        )


def texts(messages: list[HistoryMessage]) -> list[str]:
    return [message.text for message in messages]


async def test_what_was_said_is_there_after_a_restart(opener):
    memory = await opener(clock=lambda: 1234.5)
    await talk(memory, 1)
    await memory.close()
    found = await (await opener()).recent(10, 1000, len)
    assert found == [
        HistoryMessage(1, "t0", "user", "message 0", "neutral", "complete", 1234.5),
        HistoryMessage(2, "t0", "assistant", "answer 0", "happy", "complete", 1234.5),
    ]
    assert opener.notices == []


async def test_a_client_id_seen_before_is_the_old_turn_and_adds_nothing(memory):
    first = await memory.add_user_message("t1", "hello", "typed", "client-1")
    again = await memory.add_user_message("t2", "hello", "typed", "client-1")
    assert (first.turn, first.is_new, first.is_saved) == ("t1", True, True)
    assert (again.turn, again.is_new, again.is_saved) == ("t1", False, True)
    assert texts(await memory.newest(10)) == ["hello"]


async def test_the_same_client_id_sent_twice_at_once_is_one_message(memory):
    both = await asyncio.gather(
        *(memory.add_user_message(f"t{number}", "hello", "typed", "client-1") for number in range(5))
    )
    assert [stored.is_new for stored in both] == [True, False, False, False, False]
    assert {stored.turn for stored in both} == {"t0"}
    assert len(await memory.newest(10)) == 1


async def test_a_growing_answer_is_one_message_and_interrupted_until_it_is_complete(memory):
    await memory.add_user_message("t1", "hello", "typed")
    for text in ("Hi", "Hi there", "Hi there, you"):
        assert await memory.save_answer("t1", text, emotion="neutral", engine="e", ending="interrupted")
    assert (await memory.newest(1))[0].ending == "interrupted"
    await memory.save_answer("t1", "Hi there, you!", emotion="happy", engine="e", ending="complete")
    found = await memory.newest(10)
    assert [(message.text, message.ending) for message in found] == [
        ("Hi there, you!", "complete"),
        ("hello", "complete"),
    ]
    assert found[0].emotion == "happy"


async def test_answers_of_her_own_accord_have_no_user_message(memory):
    await memory.save_answer("idle-1", "Are you there?", emotion="happy", engine="e", ending="complete")
    assert texts(await memory.recent(1, 100, len)) == ["Are you there?"]


async def test_a_cancelled_call_stores_its_message_once(memory):
    call = asyncio.create_task(memory.add_user_message("t1", "hello", "typed"))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await memory.add_user_message("t2", "again", "typed")
    assert texts(await memory.newest(10)) == ["again", "hello"]


async def test_messages_added_at_once_keep_their_order(memory):
    await asyncio.gather(
        *(memory.add_user_message(f"t{number}", str(number), "typed") for number in range(50))
    )
    assert texts(await memory.newest(100)) == [str(number) for number in reversed(range(50))]


async def test_recent_keeps_to_the_number_of_turns(memory):
    await talk(memory, 5)
    found = await memory.recent(2, 1000, len)
    assert texts(found) == ["message 3", "answer 3", "message 4", "answer 4"]
    assert await memory.recent(0, 1000, len) == []


async def test_recent_takes_only_whole_turns_within_the_tokens(memory):
    await talk(memory, 5)
    one_turn = len("message 4") + len("answer 4")
    assert len(await memory.recent(10, 2 * one_turn, len)) == 4
    assert len(await memory.recent(10, 2 * one_turn - 1, len)) == 2
    assert await memory.recent(10, one_turn - 1, len) == []


async def test_recent_keeps_a_turn_together_that_another_one_interrupted(memory):
    await memory.add_user_message("a", "first", "typed")
    await memory.add_user_message("b", "second", "typed")
    await memory.save_answer("a", "cut off", emotion="neutral", engine="e", ending="interrupted")
    await memory.save_answer("b", "whole", emotion="neutral", engine="e", ending="complete")
    assert texts(await memory.recent(2, 100, len)) == ["first", "cut off", "second", "whole"]
    assert texts(await memory.recent(1, 100, len)) == ["second", "whole"]


async def test_recent_reads_no_more_than_it_needs(memory):
    await talk(memory, 50)
    counted = []
    await memory.recent(3, 1000, lambda text: counted.append(text) or 1)
    assert len(counted) == 6


async def test_newest_comes_first_and_keeps_to_its_limit(memory):
    await talk(memory, 3)
    assert texts(await memory.newest(3)) == ["answer 2", "message 2", "answer 1"]
    assert await memory.newest(0) == []
    assert await memory.newest(-1) == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("tea", ["tea AND cake", "I like tea"]),
        ("TEA like", ["I like tea"]),
        ("cafe", ["Ein Café in Ülm"]),
        ("ülm", ["Ein Café in Ülm"]),
        ("tea AND cake", ["tea AND cake"]),
        ("tea OR nothing", []),
        ("NOT tea", []),
        ("cak", ["tea AND cake"]),
        ("te", []),
        ("天気", ["今日は天気がいいですね"]),
        ("날씨", ["오늘날씨가좋다"]),
        ("อากาศ", ["วันนี้อากาศดี"]),
        ("100%", ["100% sure_ly \\ really"]),
        ("😀", ["a smile 😀😀"]),
        ("smile 😀", ["a smile 😀😀"]),
        ("don't", ["you don't say"]),
        ("node.js", ["I write node.js"]),
        ("C++", ["C++ or C"]),
    ],
)
async def test_search_finds_words_in_any_script_newest_first(memory, words, expected):
    said = [
        "I like tea",
        "tea AND cake",
        "Ein Café in Ülm",
        "今日は天気がいいですね",
        "오늘날씨가좋다",
        "วันนี้อากาศดี",
        "100% sure_ly \\ really",
        "a smile 😀😀",
        "you don't say",
        "I write node.js",
        "C++ or C",
        "Christmas",
    ]
    for number, text in enumerate(said):
        await memory.add_user_message(f"t{number}", text, "typed")
    assert texts(await memory.search(words, 10)) == expected


@pytest.mark.parametrize(
    "words",
    [
        *('"', '""', "'", 'tea"', "*", "^tea", "a NEAR(b", "text:tea", "(", ")", "-", "+", "{}", ";", "--"),
        *("OR", "AND", "NOT", "NEAR", "'; DROP TABLE messages", "%", "_", "\\", "tea\x00", "\ud800"),
        "x" * 10_000,
        "a " * 5_000,
    ],
)
async def test_no_search_is_an_error(memory, words):
    await memory.add_user_message("t1", "I like tea", "typed")
    await memory.search(words, 10)
    assert texts(await memory.search("tea", 10)) == ["I like tea"]


async def test_a_percent_sign_is_searched_for_as_such(memory):
    await memory.add_user_message("t1", "nothing of the kind", "typed")
    assert await memory.search("%", 10) == []
    assert await memory.search("_", 10) == []


async def test_an_empty_search_is_the_newest_messages(memory):
    await talk(memory, 2)
    assert texts(await memory.search("  ", 1)) == ["answer 1"]


async def test_search_finds_the_last_state_of_an_answer_only(memory):
    await memory.save_answer("t1", "elephant", emotion="neutral", engine="e", ending="interrupted")
    await memory.save_answer("t1", "giraffe", emotion="neutral", engine="e", ending="complete")
    assert await memory.search("elephant", 10) == []
    assert texts(await memory.search("giraffe", 10)) == ["giraffe"]


@pytest.mark.parametrize("text", ["", "a\x00b", "\ud83d half", "🎉" * 5000, "line\nbreak\r\n", " spaces "])
async def test_every_text_is_stored(memory, text):
    assert (await memory.save_answer("t", text, emotion="neutral", engine="e", ending="complete")) is True
    stored = (await memory.newest(1))[0].text
    assert stored == text.replace("\ud83d", "?")


async def test_the_summary_counts(opener):
    moments = iter(range(100, 1000))
    memory = await opener(clock=lambda: float(next(moments)))
    await talk(memory, 3)
    await memory.save_answer("idle", "Hm.", emotion="neutral", engine="e", ending="complete")
    await memory.keep_fact("name", "Bob")
    found = await memory.summary()
    assert (found.messages, found.turns, found.user_messages, found.answers) == (7, 4, 3, 4)
    assert (found.first_time, found.last_time) == (100.0, 106.0)
    assert found.characters == 3 * len("message 0" + "answer 0") + 3
    assert (found.facts, found.reminders, found.unsaved) == (1, 0, 0)
    assert found.size_bytes > 4096


async def test_the_summary_of_nothing_is_zero(memory):
    found = await memory.summary()
    assert (found.messages, found.characters, found.first_time) == (0, 0, None)


async def test_small_state_is_kept(opener):
    memory = await opener()
    assert await memory.get_value("mode") is None
    await memory.set_value("mode", "chat")
    await memory.set_value("mode", "focus")
    await memory.close()
    assert await (await opener()).get_value("mode") == "focus"


def bytes_on_disk(opener) -> bytes:
    return b"".join(path.read_bytes() for path in opener.folder.iterdir())


async def test_after_clear_no_byte_of_the_messages_is_on_the_disk(opener):
    memory = await opener()
    for number in range(200):
        await memory.add_user_message(
            f"t{number}", f"user Zanzibar {number} " + "filler " * 50, "typed", f"c{number}"
        )
        for text in (f"draft Quokka {number}", f"answer Zanzibar {number} " + "filler " * 80):
            await memory.save_answer(f"t{number}", text, emotion="happy", engine="e", ending="complete")
    await memory.keep_fact("island", "Socotra")
    before = bytes_on_disk(opener).lower()
    assert b"zanzibar" in before
    last = (await memory.newest(1))[0].id
    await memory.clear()
    after = bytes_on_disk(opener).lower()
    for word in (b"zanzibar", b"quokka", b"anzib", b"filler", b"illeri"):
        assert word not in after
    assert b"socotra" in after
    assert len(after) < len(before) / 2
    assert (await memory.summary()).messages == 0
    assert await memory.search("zanzibar", 5) == []
    await memory.add_user_message("new", "a new Zanzibar", "typed")
    assert texts(await memory.search("zanzibar", 5)) == ["a new Zanzibar"]
    assert (await memory.newest(1))[0].id > last
    assert opener.notices == []


async def test_clear_says_so_when_another_program_keeps_traces(opener):
    memory = await opener()
    await memory.add_user_message("t1", "hello", "typed")
    other = sqlite3.connect(opener.file, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT * FROM messages").fetchall()
    with pytest.raises(UnavailableError) as caught:
        await memory.clear()
    assert caught.value.code == "memory-locked"
    assert await memory.newest(5) == []
    other.close()
    await memory.clear()
    assert b"hello" not in bytes_on_disk(opener)


async def test_clear_names_files_that_were_moved_aside(opener):
    opener.folder.mkdir()
    opener.file.write_text("no database at all, " * 100)
    memory = await opener()
    await memory.clear()
    code, message = opener.notices[-1]
    assert code == "memory-copies-left"
    assert "alisa.db.damaged-" in message


async def test_a_long_search_does_not_hold_up_a_message(opener):
    memory = await opener()
    await memory.close()
    connection = sqlite3.connect(opener.file)
    connection.execute("PRAGMA synchronous = OFF")
    connection.executemany(
        "INSERT INTO messages (turn, role, source, text, emotion, engine, ending, time)"
        " VALUES (?, 'user', 'typed', ?, 'neutral', '', 'complete', 0)",
        ((f"t{number}", "長い文章です。" * 20) for number in range(50_000)),
    )
    connection.commit()
    connection.close()
    memory = await opener()
    searches = [asyncio.create_task(memory.search("不在", 5)) for _ in range(20)]
    await asyncio.sleep(0)
    assert (await memory.add_user_message("new", "hello", "typed")).is_saved
    assert not all(search.done() for search in searches)
    await asyncio.gather(*searches)


async def test_closing_twice_and_writing_after_it_is_harmless(memory):
    await memory.close()
    await memory.close()
    assert not (await memory.add_user_message("t1", "too late", "typed")).is_saved


async def test_clearing_stops_a_long_search_which_then_finds_nothing(opener):
    memory = await opener()
    for number in range(300):
        await memory.add_user_message(f"t{number}", "長い文章です。" * 1000, "typed")
    searches = [asyncio.create_task(memory.search(f"不在{number}", 5)) for number in range(20)]
    await asyncio.sleep(0)
    await memory.clear()
    assert await asyncio.gather(*searches) == [[]] * 20

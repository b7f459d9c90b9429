"""The chat in pipes and scripts, as real processes against a real local server."""

import json
from pathlib import Path

import pytest
from text_chat_standin import asked, finish, hub, read_until, run, stored

from backend.shared import events, records


async def test_a_reply_alone_is_printed(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard:
        assert await run(tmp_path, "--once", "hi") == (0, "Hello there.\n", "")
        assert await run(tmp_path, "--once", stdin=b"from a pipe\nsecond line\n") == (0, "Hello there.\n", "")
        assert heard.messages() == ["hi", "from a pipe\nsecond line"]


async def test_json_holds_the_reply_its_emotion_and_its_ending(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard:
        heard.answers = ['"quoted"\n\x9b', "é漢"]
        code, out, _ = await run(tmp_path, "--once", "hi", "--json")
        assert code == 0
        assert json.loads(out) == {"reply": '"quoted"\n\ufffdé漢', "emotion": "happy", "ending": "complete"}


async def test_each_line_of_a_pipe_is_a_message(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard:
        code, out, err = await run(tmp_path, stdin=b"one\n\n/quit\r\nthree")
        assert (code, out, err) == (0, "Hello there.\n" * 3, "")
        assert heard.messages() == ["one", "/quit", "three"]


async def test_words_are_utf8_whatever_the_locale_says(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard:
        heard.answers = ["naïve 漢字 🚀"]
        code, out, _ = await run(tmp_path, "--once", stdin="größe".encode(), LC_ALL="C", PYTHONUTF8="0")
        assert (code, out) == (0, "naïve 漢字 🚀\n")
        assert heard.messages() == ["größe"]


async def test_escape_sequences_do_not_come_through(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard:
        heard.answers = ["\x1b", "]52;c;aGk=\x07", "\x1b[2J"]
        _, out, _ = await run(tmp_path, "--once", "hi")
        assert out == "\u241b]52;c;aGk=\u2407\u241b[2J\n"


async def test_no_hub_is_exit_code_three(tmp_path: Path) -> None:
    code, out, err = await run(tmp_path, "--once", "hi", "--wait", "0.3")
    assert (code, out) == (3, "")
    assert err == "text_chat: No hub within 0.3 s: Waiting for the hub to start.\n"
    assert (await run(tmp_path, "--wait", "0.3", stdin=b"hi\n"))[0] == 3


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (["--once", "x" * 10_001], b"", "10,001 characters"),
        (["--once"], b"y" * 2_000_000, "characters"),
        (["--once"], b"", "empty"),
        (["--wait", "never"], b"", "--wait"),
    ],
)
async def test_wrong_use_is_exit_code_two(
    tmp_path: Path, arguments: list[str], stdin: bytes, words: str
) -> None:
    code, out, err = await run(tmp_path, *arguments, stdin=stdin)
    assert (code, out) == (2, "")
    assert words in err.splitlines()[-1]


async def test_ten_thousand_characters_are_sent(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard:
        assert (await run(tmp_path, "--once", stdin=("ä" * 10_000).encode()))[0] == 0
        assert heard.messages() == ["ä" * 10_000]


async def test_words_are_printed_as_they_come(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard:
        process, turn = await asked(tmp_path, heard)
        await heard.say(turn, "One")
        await read_until(process, "One")
        await heard.emit(events.Token(turn="another", text="not for us"))
        await heard.say(turn, " two\n")
        await read_until(process, " two\n")
        await heard.end(turn)
        assert await finish(process) == (0, "", "")


async def test_words_that_come_before_the_hub_names_the_turn_are_not_lost(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard:
        heard.is_late = True
        assert await run(tmp_path, "--once", "hi") == (0, "Hello there.\n", "")


@pytest.mark.parametrize(
    ("ending", "words"), [("interrupted", "interrupted"), ("cut", "cut off"), ("failed", "could not answer")]
)
async def test_an_answer_that_is_not_complete_is_exit_code_one(
    tmp_path: Path, ending: records.Ending, words: str
) -> None:
    async with hub(tmp_path) as heard:
        process, turn = await asked(tmp_path, heard)
        await heard.say(turn, "One")
        await heard.end(turn, ending)
        code, out, err = await finish(process)
        assert (code, out) == (1, "One\n")
        assert words in err
        assert err.count("\n") == 1


async def test_a_refused_message_is_exit_code_one(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard:
        process, _ = await asked(tmp_path, heard)
        await heard.emit(events.Error(code="stopping", message="It stops.", id=next(iter(heard.known))))
        assert await finish(process) == (1, "", "text_chat: It stops.\n")


async def test_an_answer_is_completed_from_the_memory_of_a_hub_that_was_restarted(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard:
        process, turn = await asked(tmp_path, heard)
        await heard.say(turn, "One")
        await read_until(process, "One")
        await heard.stop()
        async with hub(tmp_path) as second:
            second.history = [stored("user", "hi", turn), stored("assistant", "One two.", turn)]
            assert await finish(process) == (0, " two.\n", "")
            assert second.messages() == []


async def test_an_answer_that_died_with_the_hub_is_exit_code_one(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard:
        process, turn = await asked(tmp_path, heard)
        await heard.say(turn, "One")
        await read_until(process, "One")
        await heard.stop()
        async with hub(tmp_path):
            code, out, err = await finish(process)
            assert (code, out) == (1, "\n")
            assert "cut off" in err


async def test_a_hub_that_stays_away_is_exit_code_one(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard:
        process, _ = await asked(tmp_path, heard, "--wait", "0.5")
        await heard.stop()
        assert (await finish(process))[0] == 1

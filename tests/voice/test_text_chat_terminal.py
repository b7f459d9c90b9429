"""The chat in a real pseudo terminal, against a real local server."""

import asyncio
import re
import signal
from pathlib import Path

import pytest
from text_chat_standin import StandInHub, Terminal, hub, stored, terminal, until

from backend.shared import events

READY = "| connected |"


async def say(screen: Terminal, heard: StandInHub, text: str) -> str:
    """Type a message that the test will answer itself; the turn."""
    heard.is_silent = True
    number = len(heard.messages())
    await screen.type(f"{text}\r")
    await until(lambda: len(heard.messages()) > number, screen.text)
    turn = list(heard.known.values())[-1]
    await screen.shows(f"You: {text}")
    return turn


async def test_a_message_is_answered_and_shown_once(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard, terminal(tmp_path) as screen:
        heard.history = [stored("user", "earlier", "x")]
        await screen.shows("stand-in answers. /help")
        await screen.type("hello\r")
        await screen.shows("Alisa (happy): Hello there.")
        await screen.shows("^_^ happy | connected | chat | stand-in")
        assert screen.text().count("hello") == 1
        await screen.type("\x04")
        assert await screen.ended() == 0
        assert "connected" not in screen.text()
        assert b"\x1b[6n" not in screen.raw, "nothing may depend on an answer of the terminal"


async def test_words_appear_as_they_come_while_the_next_line_is_typed(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard, terminal(tmp_path) as screen:
        await screen.shows(READY)
        turn = await say(screen, heard, "go")
        await heard.say(turn, "One")
        await screen.shows("Alisa (happy): One")
        await screen.type("next")
        await screen.shows("> next")
        await heard.say(turn, " two")
        await screen.shows("Alisa (happy): One two")
        await screen.shows("talking... | chat | stand-in | Esc stops her")
        assert "> next" in screen.text()


async def test_progress_is_shown(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard, terminal(tmp_path) as screen:
        await screen.shows(READY)
        turn = await say(screen, heard, "go")
        await screen.shows("thinking...")
        await heard.emit(events.Progress(turn=turn, stage="reading", fraction=0.4))
        await screen.shows("reading 40 %...")


async def test_long_answers_stay_whole_in_the_scrollback(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard, terminal(tmp_path, rows=12) as screen:
        await screen.shows(READY)
        heard.answers = [f"word{number} " for number in range(1500)]
        await screen.type("go\r")
        await screen.shows("word1499")
        await screen.shows(READY)
        assert re.findall(r"word(\d+)", screen.text()) == [str(number) for number in range(1500)]


async def test_a_flood_of_words_neither_stops_typing_nor_escape(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard, terminal(tmp_path, rows=10) as screen:
        await screen.shows(READY)
        turn = await say(screen, heard, "go")
        flood = asyncio.create_task(heard.say(turn, *(f"w{number} " for number in range(6_000))))
        await screen.shows("talking...")
        await screen.type("abc\x1b")
        await screen.shows("> abc")
        await until(lambda: heard.got(events.Interrupt), screen.text)
        await flood
        await heard.end(turn, "interrupted")
        await screen.shows("(interrupted)")
        assert re.findall(r"w(\d+)", screen.text()) == [str(number) for number in range(6_000)]


async def test_escape_interrupts_and_the_cut_is_marked(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard, terminal(tmp_path) as screen:
        await screen.shows(READY)
        turn = await say(screen, heard, "go")
        await heard.say(turn, "One")
        await screen.shows("One")
        await screen.type("\x1b")
        await until(lambda: heard.got(events.Interrupt), screen.text)
        await heard.end(turn, "interrupted")
        await screen.shows("One (interrupted)")
        await screen.shows("| interrupted | chat")


async def test_ctrl_c_interrupts_and_clears_and_twice_leaves(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard, terminal(tmp_path) as screen:
        await screen.shows(READY)
        turn = await say(screen, heard, "go")
        await screen.type("half a line")
        await screen.shows("> half a line")
        await screen.type("\x03")
        await until(lambda: heard.got(events.Interrupt), screen.text)
        await screen.shows("Ctrl+C again to leave")
        await heard.end(turn, "interrupted")
        await screen.hides("half a line")
        await screen.type("\x1b[A")
        await screen.shows("> half a line")
        await screen.type("\x03")
        await screen.shows("Ctrl+C again to leave")
        await screen.type("\x03")
        assert await screen.ended() == 0


async def test_lines_can_be_added_and_pasted(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard, terminal(tmp_path) as screen:
        await screen.shows(READY)
        await screen.type("one\x1b\rtwo\nthree\x1b[200~\r\nfour\r\n/quit\x1b[201~\r")
        await screen.shows("Hello there.")
        assert heard.messages() == ["one\ntwo\nthree\nfour\n/quit"]


async def test_five_thousand_pasted_characters_arrive_unchanged_while_she_talks(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard, terminal(tmp_path) as screen:
        await screen.shows(READY)
        turn = await say(screen, heard, "go")
        pasted = "\n".join(f"line {number} of the paste" for number in range(250))
        await heard.say(turn, *(f"word{number} " for number in range(300)))
        await screen.type(f"\x1b[200~{pasted}\x1b[201~")
        await heard.say(turn, *(f"word{number} " for number in range(300, 600)))
        await screen.shows("word599")
        await screen.shows("line 249")
        await screen.type("\r")
        await until(lambda: len(heard.messages()) == 2, screen.text)
        assert heard.messages()[1] == pasted
        assert len(pasted) > 5000


async def test_too_long_a_message_is_refused_with_its_length_and_kept(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard, terminal(tmp_path) as screen:
        await screen.shows(READY)
        await screen.type(f"\x1b[200~{'x' * 10_001}\x1b[201~\r")
        await screen.shows("This has 10,001 characters; a message has at most 10,000. Not sent.")
        await screen.type("\x7f\r")
        await screen.shows("Hello there.")
        assert heard.messages() == ["x" * 10_000]


async def test_commands(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard, terminal(tmp_path, rows=50) as screen:
        await screen.shows(READY)
        heard.history = [stored("user", "an old one", "x")]
        await screen.type("/help\r")
        await screen.shows("Ctrl+D             on an empty line: leave")
        await screen.type("/mode focus\r")
        await screen.shows("| focus |")
        await screen.type("/mode nonsense\r")
        await screen.shows("There is no such mode.")
        await screen.type("/histroy\r")
        await screen.shows("There is no command /histroy. Did you mean /history?")
        await screen.type("/history 5\r")
        await screen.shows("You: an old one")
        await screen.type("/history many\r")
        await screen.shows("Say how many")
        await screen.type("/search \r")
        await screen.shows("Say what to look for")
        await screen.type("/search old things\r")
        await until(lambda: len(heard.got(events.HistoryQuery)) == 2, screen.text)
        assert heard.got(events.HistoryQuery)[1].text == "old things"
        await screen.type("//mode\r")
        await screen.shows("You: /mode")
        assert heard.messages() == ["/mode"]
        await screen.type("/quit\r")
        assert await screen.ended() == 0


async def test_tab_completes_a_command(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard, terminal(tmp_path) as screen:
        await screen.shows(READY)
        await screen.type("/hi\t")
        await screen.shows("> /history")
        await screen.type("\r")
        await until(lambda: heard.got(events.HistoryQuery), screen.text)


async def test_clearing_asks_first(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard, terminal(tmp_path) as screen:
        await screen.shows(READY)
        await screen.type("/clear\r")
        await screen.shows("Type yes or no.")
        await screen.type("what?\r")
        await screen.shows("Nothing was deleted.")
        assert not heard.got(events.ClearHistory)
        await screen.type("/clear\ryes\r")
        await screen.shows("Every stored message has been deleted.")


async def test_earlier_messages_come_back_with_up_and_search(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard:
        heard.history = [stored("user", "from yesterday", "x"), stored("user", "and today", "y")]
        async with terminal(tmp_path) as screen:
            await screen.shows(READY)
            await screen.type("\x1b[A")
            await screen.shows("> and today")
            await screen.type("\x03")
            await screen.hides("> and today")
            await screen.type("\x12yest")
            await screen.shows("> from yesterday")
            await screen.type("\r\r")
            await until(lambda: heard.messages() == ["from yesterday"], screen.text)


async def test_nothing_typed_is_lost_while_the_hub_is_away(tmp_path: Path) -> None:
    async with terminal(tmp_path) as screen:
        await screen.shows("Not connected. Waiting for the hub to start.")
        await screen.type("first\rsecond\r")
        await screen.shows("You: second (will be sent)")
        await screen.type("half")
        async with hub(tmp_path) as heard:
            await screen.shows("You: second\nAlisa (happy): Hello there.")
            assert heard.messages() == ["first", "second"]
            await screen.shows("> half")
            assert screen.text().count("first") == 1
            assert "will be sent)" not in screen.text()


async def test_a_hub_that_dies_in_the_middle_of_an_answer(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard, terminal(tmp_path) as screen:
        await screen.shows(READY)
        turn = await say(screen, heard, "go")
        await heard.say(turn, "One two")
        await screen.shows("One two")
        await heard.stop()
        await screen.shows("Not connected.")
        await screen.type("are you there\r")
        await screen.shows("You: are you there (will be sent)")
        async with hub(tmp_path) as second:
            second.history = [stored("user", "go", turn), stored("assistant", "One two", turn, "cut")]
            await screen.shows("Alisa (happy): Hello there.")
            assert second.messages() == ["are you there"]
            for once in ("One two", "You: go", "You: are you there", "(cut off)"):
                assert screen.text().count(once) == 1, screen.text()


async def test_what_could_not_be_sent_is_told_when_leaving(tmp_path: Path) -> None:
    async with terminal(tmp_path) as screen:
        await screen.shows("Not connected.")
        await screen.type("important\r\x04")
        assert await screen.ended() == 0
        assert screen.text().endswith("Not sent: important")


async def test_nothing_she_writes_reaches_the_terminal_as_a_command(tmp_path: Path) -> None:
    async with hub(tmp_path, engine="\x1b]0;evil\x07") as heard, terminal(tmp_path) as screen:
        await screen.shows("| connected |")
        evil = ["\x1b", "]52;c;aGk=\x07", "\x1b[2J\x1b[H", "\x9b2J", "\x1b]0;title\x07", "\r", "\x08\x08 end"]
        heard.answers = evil
        heard.history = [stored("user", "".join(evil), "x")]
        await screen.type("go\r")
        await screen.shows(" end")
        await screen.type("/history\r")
        await until(lambda: screen.text().count(" end") == 2, screen.text)
        assert screen.screen.title == ""
        for sequence in (b"\x1b]", b"\x07", b"\x1b[2J", b"\x1b[H", "\x9b".encode()):
            assert sequence not in screen.raw
        assert "\u241b]52;c;aGk=\u2407" in screen.text()


async def test_narrow_terminals_wrap_at_words(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard, terminal(tmp_path, columns=40) as screen:
        await screen.shows("._. neutral")
        heard.answers = ["Some quite ordinary words, ", "漢字かな交じり文、", "🚀 and ", "שלום too. ", "End."]
        await screen.type("go\r")
        await screen.shows("End.")
        words = screen.text().replace(" \n", "\n").split()
        assert {"ordinary", "words,", "Alisa", "End."} <= set(words)


async def test_a_resized_terminal_wraps_anew(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard, terminal(tmp_path) as screen:
        await screen.shows(READY)
        turn = await say(screen, heard, "go")
        await heard.say(turn, "One two three four")
        await screen.shows("four")
        screen.resize(30, 30)
        await heard.say(turn, " five six seven eight nine ten")
        await heard.end(turn)
        await screen.shows("ten")
        assert "three\nfour five six" in screen.text()


async def test_no_color_means_no_colours(tmp_path: Path) -> None:
    async with hub(tmp_path), terminal(tmp_path, NO_COLOR="1") as screen:
        await screen.shows(READY)
        await screen.type("go\r")
        await screen.shows("Alisa (happy): Hello there.")
        assert not re.search(rb"\x1b\[[0-9;]*\b(3[0-7]|9[0-7]|38)[;m]", screen.raw)


async def test_other_windows_and_voices_are_heard(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard, terminal(tmp_path) as screen:
        await screen.shows(READY)
        turn = await heard.begin("spoken words", "voice")
        await screen.shows("You (by voice): spoken words")
        await heard.say(turn, "Yes.")
        await heard.end(turn)
        await heard.emit(events.TurnStarted(turn="r", source="reminder"))
        await heard.say("r", "Tea!")
        await screen.shows("Alisa (reminder, happy): Tea!")


async def test_being_ended_leaves_the_terminal_in_order(tmp_path: Path) -> None:
    async with hub(tmp_path), terminal(tmp_path) as screen:
        await screen.shows(READY)
        screen.process.kill(signal.SIGTERM)
        assert await screen.ended() == 0
        assert b"\x1b[?2004l" in screen.raw, "bracketed paste must be off again"


@pytest.mark.parametrize("arguments", [[], ["--plain"]])
async def test_a_terminal_that_goes_away_ends_the_chat(tmp_path: Path, arguments: list[str]) -> None:
    async with hub(tmp_path) as heard, terminal(tmp_path, *arguments) as screen:
        await screen.shows("stand-in answers.")
        screen.hang_up()
        await until(lambda: not screen.process.isalive())
        await until(lambda: heard.clients == 0)


@pytest.mark.parametrize(("arguments", "term"), [(["--plain"], "xterm"), ([], "dumb")])
async def test_plain_lines_never_move_the_cursor(tmp_path: Path, arguments: list[str], term: str) -> None:
    async with hub(tmp_path) as heard, terminal(tmp_path, *arguments, TERM=term) as screen:
        await screen.shows("stand-in answers.")
        await screen.type("hello\n")
        await screen.shows("hello\nAlisa (happy): Hello there.")
        turn = await say_plainly(screen, heard, "go")
        await heard.say(turn, "One")
        await screen.shows("One")
        screen.process.kill(signal.SIGINT)
        await until(lambda: heard.got(events.Interrupt), screen.text)
        await heard.end(turn, "interrupted")
        await screen.shows("One (interrupted)")
        await screen.type("/help\n")
        await screen.shows("/quit")
        await screen.type("\x04")
        assert await screen.ended() == 0
        assert b"\x1b" not in screen.raw


async def say_plainly(screen: Terminal, heard: StandInHub, text: str) -> str:
    heard.is_silent = True
    number = len(heard.messages())
    await screen.type(f"{text}\n")
    await until(lambda: len(heard.messages()) > number, screen.text)
    return list(heard.known.values())[-1]


async def test_plain_lines_are_kept_while_the_hub_is_away(tmp_path: Path) -> None:
    async with terminal(tmp_path, "--plain") as screen:
        await screen.shows("Not connected.")
        await screen.type("first\n")
        await screen.shows("(will be sent)")
        async with hub(tmp_path) as heard:
            await screen.shows("Alisa (happy): Hello there.")
            assert heard.messages() == ["first"]

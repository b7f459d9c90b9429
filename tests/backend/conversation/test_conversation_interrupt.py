"""An answer that is interrupted is remembered as what was heard of it, whenever the word of that comes."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from backend.llm.engines.scripted import Reply
from backend.shared import events
from tests.backend.conversation.conversation_room import Room, open_room
from tests.backend.memory.memory_helpers import locked

STORY = "[happy] Once upon a time there was a robot who liked tea and the rain on the roof."
TOLD = STORY.removeprefix("[happy] ")
SLOW = Reply(STORY, pace_seconds=0.01)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path, STORY, "[neutral] Well.") as opened:
        yield opened


@pytest.fixture
async def slow_room(tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(tmp_path, SLOW, "[neutral] Well.") as opened:
        yield opened


async def test_a_running_answer_is_kept_as_what_was_heard(slow_room: Room):
    room = slow_room
    turn = await room.begin(words=6)
    await room.conversation.interrupt(turn, "Once upon a ti")
    assert await room.stored(turn) == ("Once upon a", "interrupted")
    assert room.history.exchanges[-1].answer == "Once upon a"
    assert room.cuts() == [(turn, "Once upon a")]
    assert [type(event) for event in room.told[-2:]] == [events.TurnEnded, events.AnswerCut]
    assert room.of(events.TurnEnded, turn)[0].ending == "interrupted"
    sent = room.text(turn)
    await asyncio.sleep(0.05)
    assert room.text(turn) == sent


async def test_the_next_prompt_shows_where_she_was_interrupted(room: Room):
    turn = await room.ask()
    await room.conversation.interrupt(turn, "Once upon a time there ")
    assert await room.stored(turn) == ("Once upon a time there", "interrupted")
    assert room.cuts() == [(turn, "Once upon a time there")]
    messages = await room.prompt()
    assert messages[-2].content == "[happy] Once upon a time there—"
    assert "You were interrupted" in messages[-1].content


async def test_a_cut_changes_nothing_of_the_prompt_before_it(tmp_path: Path):
    async with open_room(tmp_path, *["[happy] " + "word " * 60] * 8, STORY, "[neutral] Well.") as room:
        for _ in range(8):
            await room.ask("and " * 30)
        await room.conversation.interrupt(await room.ask(), "Once upon")
        before = room.engine.prompts[-1].messages
        after = await room.prompt()
    old = "".join(message.content for message in before[:-1])
    new = "".join(message.content for message in after)
    assert new.startswith(old)
    fresh = new[len(old) :].removeprefix("Tell me.[happy] Once upon")
    assert len(fresh) <= 0.15 * len(new)


async def test_who_did_not_say_what_was_heard_keeps_what_was_sent(slow_room: Room):
    turn = await slow_room.begin()
    await slow_room.conversation.interrupt()
    assert await slow_room.stored(turn) == (slow_room.text(turn), "interrupted")
    assert slow_room.cuts() == []


async def test_of_a_running_answer_that_was_heard_as_far_as_sent_nothing_is_cut(slow_room: Room):
    turn = await slow_room.begin()
    await slow_room.conversation.interrupt(turn, TOLD)
    assert await slow_room.stored(turn) == (slow_room.text(turn), "interrupted")
    assert slow_room.cuts() == []


async def test_an_answer_that_was_heard_to_its_end_was_not_interrupted(room: Room):
    turn = await room.ask()
    await room.conversation.interrupt(turn, TOLD)
    assert await room.stored(turn) == (TOLD, "complete")
    assert room.cuts() == []


async def test_where_nothing_was_heard_the_empty_answer_stays_also_after_a_restart(tmp_path: Path):
    async with open_room(tmp_path, STORY) as room:
        turn = await room.ask()
        await room.conversation.interrupt(turn, "")
        assert await room.stored(turn) == ("", "interrupted")
        assert room.cuts() == [(turn, "")]
    async with open_room(tmp_path, STORY) as room:
        messages = await room.prompt()
    assert [message.content for message in messages[1:3]] == ["Tell me.", "[happy] —"]


async def test_an_answer_before_the_restart_can_still_be_cut(tmp_path: Path):
    async with open_room(tmp_path, STORY) as room:
        turn = await room.ask()
    async with open_room(tmp_path, STORY) as room:
        await room.conversation.interrupt(turn, "Once upon")
        assert await room.stored(turn) == ("Once upon", "interrupted")
        assert (await room.prompt())[2].content == "[happy] Once upon—"
    rows = sqlite3.connect(tmp_path / "alisa.db").execute(
        "SELECT engine FROM messages WHERE turn = ?", [turn]
    )
    assert rows.fetchall()[1] == ("script",)


async def test_what_is_not_heard_is_not_found_by_a_search(room: Room):
    turn = await room.ask()
    assert await room.memory.search("robot", 10)
    await room.conversation.interrupt(turn, "Once upon a time")
    assert await room.memory.search("robot", 10) == []
    assert [message.text for message in await room.memory.search("upon time", 10)] == ["Once upon a time"]


async def test_an_interrupt_said_twice_is_obeyed_once_and_can_only_cut_more(room: Room):
    turn = await room.ask()
    await room.conversation.interrupt(turn, "Once upon a time")
    await room.conversation.interrupt(turn, "Once upon a time")
    await room.conversation.interrupt(turn, "Once upon a time there was a")
    assert await room.stored(turn) == ("Once upon a time", "interrupted")
    await room.conversation.interrupt(turn, "Once upon")
    assert room.cuts() == [(turn, "Once upon a time"), (turn, "Once upon")]


@pytest.mark.parametrize("heard", [None, "", "Once upon"])
async def test_an_unknown_turn_is_no_turn_to_stop(slow_room: Room, heard: str | None):
    turn = await slow_room.begin()
    await slow_room.conversation.interrupt("a stranger", heard)
    assert slow_room.conversation.running is not None
    await slow_room.until(lambda: slow_room.of(events.TurnEnded, turn))
    assert await slow_room.stored(turn) == (TOLD, "complete")
    assert slow_room.cuts() == []


async def test_the_last_answer_but_one_is_left_as_it_is(room: Room):
    first = await room.ask()
    await room.ask()
    await room.conversation.interrupt(first, "Once")
    assert await room.stored(first) == (TOLD, "complete")
    assert room.cuts() == []


async def test_while_the_next_answer_runs_the_last_one_can_be_cut_and_nothing_is_stopped(tmp_path: Path):
    async with open_room(tmp_path, STORY, SLOW) as room:
        first = await room.ask()
        second = await room.begin()
        await room.conversation.interrupt(first, "Once upon")
        assert await room.stored(first) == ("Once upon", "interrupted")
        assert room.conversation.running is not None
        await room.until(lambda: room.of(events.TurnEnded, second))
        assert [turn.answer for turn in room.history.exchanges] == ["Once upon", TOLD]


async def test_with_nothing_to_stop_nothing_happens(room: Room):
    await room.conversation.interrupt()
    await room.conversation.interrupt("", "Once")
    turn = await room.ask()
    await room.conversation.interrupt("", "Once")
    assert await room.stored(turn) == (TOLD, "complete")


async def test_the_answer_to_a_command_is_not_remembered_and_cannot_be_cut(room: Room):
    turn = await room.ask()
    command = (await room.conversation.say("/mode study")).turn
    await room.conversation.interrupt(command, "")
    assert await room.stored(turn) == (TOLD, "complete")
    assert room.cuts() == []


async def test_after_clearing_nothing_can_be_cut_back_into_being(room: Room):
    turn = await room.ask()
    await room.conversation.clear()
    await room.conversation.interrupt(turn, "Once upon")
    assert await room.memory.newest(10) == []


async def test_two_voices_at_once_stop_her_once_and_the_shorter_counts(slow_room: Room):
    room = slow_room
    turn = await room.begin(words=6)
    await asyncio.gather(
        room.conversation.interrupt(turn, "Once upon"),
        room.conversation.interrupt(),
        room.conversation.interrupt(turn, "Once upon a time"),
    )
    assert len(room.of(events.TurnEnded, turn)) == 1
    assert await room.stored(turn) == ("Once upon", "interrupted")
    assert room.cuts() == [(turn, "Once upon")]


async def test_a_click_that_stops_her_does_not_hide_what_was_heard(slow_room: Room):
    turn = await slow_room.begin(words=6)
    await slow_room.conversation.interrupt()
    await slow_room.conversation.interrupt(turn, "Once upon")
    assert await slow_room.stored(turn) == ("Once upon", "interrupted")
    assert slow_room.cuts() == [(turn, "Once upon")]


async def test_an_interrupt_while_the_answer_is_being_stored_cuts_it(tmp_path: Path):
    async with open_room(tmp_path, STORY) as room:
        said = asyncio.create_task(room.conversation.say("Tell me."))
        await room.until(lambda: any(isinstance(event, events.TurnStarted) for event in room.told))
        turn = (await said).turn
        with locked(tmp_path / "alisa.db"):
            await room.until(lambda: room.text(turn) == TOLD)
            running = room.conversation.running
            async with asyncio.timeout(5):
                while not running.is_finishing:
                    await asyncio.sleep(0)
            interrupting = asyncio.create_task(room.conversation.interrupt(turn, "Once upon"))
            await asyncio.sleep(0.02)
            assert not room.of(events.TurnEnded, turn)
        await interrupting
        assert [event.ending for event in room.of(events.TurnEnded, turn)] == ["complete"]
        assert await room.stored(turn) == ("Once upon", "interrupted")
        assert room.cuts() == [(turn, "Once upon")]


async def test_she_is_silent_at_once_also_while_new_words_wait_for_the_disk(tmp_path: Path):
    async with open_room(tmp_path, SLOW) as room:
        turn = await room.begin()
        with locked(tmp_path / "alisa.db"):
            saying = asyncio.create_task(room.conversation.say("Something else."))
            await asyncio.sleep(0.02)
            interrupting = asyncio.gather(
                room.conversation.interrupt(turn, "Once upon"), room.conversation.interrupt(turn)
            )
            await asyncio.sleep(0.02)
            sent = room.text(turn)
            await asyncio.sleep(0.1)
            assert room.text(turn) == sent
            assert not saying.done()
        second = (await saying).turn
        await interrupting
        await room.until(lambda: room.of(events.TurnEnded, second))
        assert await room.stored(turn) == ("Once upon", "interrupted")
        assert await room.stored(second) == (TOLD, "complete")
        assert room.engine.prompts[-1].messages[-2].content == "[happy] Once upon—"
        assert len(room.of(events.TurnEnded, turn)) == 1


async def test_a_turn_that_has_not_said_a_word_leaves_no_answer(tmp_path: Path):
    async with open_room(tmp_path, Reply(STORY, pace_seconds=60)) as room:
        turn = (await room.conversation.say("Tell me.")).turn
        await room.conversation.interrupt(turn, "Once upon")
        assert [event.ending for event in room.of(events.TurnEnded, turn)] == ["interrupted"]
        assert await room.stored(turn) is None
        assert room.cuts() == []
        assert room.history.exchanges[-1].answer == ""


async def test_a_turn_without_words_does_not_keep_the_last_answer_from_being_cut(tmp_path: Path):
    async with open_room(tmp_path, STORY, Reply(STORY, pace_seconds=60)) as room:
        first = await room.ask()
        await room.conversation.say("Something else.")
        await room.conversation.interrupt()
        await room.conversation.interrupt(first, "Once upon")
        assert await room.stored(first) == ("Once upon", "interrupted")
        assert [turn.answer for turn in room.history.exchanges] == ["Once upon", ""]


async def test_what_the_disk_does_not_take_is_cut_all_the_same_and_stored_later(tmp_path: Path):
    async with open_room(tmp_path, STORY) as room:
        with locked(tmp_path / "alisa.db"):
            await room.memory.set_value("key", "makes the memory notice")
            turn = await room.ask()
            await room.conversation.interrupt(turn, "Once upon a time")
            await room.conversation.interrupt(turn, "Once upon")
            assert room.history.exchanges[-1].answer == "Once upon"
            assert await room.stored(turn) == ("Once upon", "interrupted")
            assert await room.memory.search("robot", 10) == []
        async with asyncio.timeout(10):
            while not room.memory.is_saving:
                await asyncio.sleep(0.02)
        assert await room.stored(turn) == ("Once upon", "interrupted")
    rows = sqlite3.connect(tmp_path / "alisa.db").execute("SELECT text, engine FROM messages")
    assert rows.fetchall()[1] == ("Once upon", "script")

"""A spoken conversation between real processes: what was heard, the key to talk, and remarks of a part."""

import asyncio
import sqlite3

from tests.backend.llm.fault_modes import DONE, ROLE, STOP, token
from tests.backend.llm.fault_server import fault_server

COUNTING = [ROLE, *(token(f"{n} ") for n in range(30)), STOP, DONE]


async def history(client) -> list[dict]:
    await client.send(type="history-query", id="q")
    return (await client.until("history-page"))[-1]["messages"]


async def test_what_was_heard_is_what_everybody_and_the_next_prompt_know(start_hub):
    async with fault_server("script", parts=COUNTING, pace=0.005) as server:
        hub = await start_hub(llm_url=server.url)
        async with hub.typed({}) as voice, hub.typed({}) as chat, hub.plain() as plain:
            await voice.until("snapshot")
            await chat.until("snapshot")
            await voice.send(type="user-message", text="count")
            events = await voice.until("token")
            turn = events[-1]["turn"]
            while "7 " not in "".join(e["text"] for e in events if e["type"] == "token"):
                events.append(await voice.receive())
            await voice.send(type="interrupt", turn=turn, said="0 1  2 3")
            cut = (await chat.until("answer-cut"))[-1]
            assert (cut["turn"], cut["text"]) == (turn, "0 1 2 3")
            assert (await plain.until("[END]"))[-1] == "[END]"

            await voice.send(type="user-message", text="again")
            second = (await chat.until("turn-ended"))[-1]["turn"]
            assert server.chats[-1].body["messages"][-2]["content"].endswith("] 0 1 2 3—")
            await voice.send(type="interrupt", turn=second, said="0 1")
            await voice.send(type="interrupt", turn=second, said="0 1")
            await voice.send(type="interrupt", turn="another", said="")
            assert (await chat.until("answer-cut"))[-1]["turn"] == second
            answers = [m for m in await history(voice) if m["role"] == "assistant"]
            assert [(m["text"], m["ending"]) for m in answers] == [
                ("0 1", "interrupted"),
                ("0 1 2 3", "interrupted"),
            ]
            assert [e["type"] for e in await _later(chat, voice)] == ["talk-pushed"]
        await hub.kill()
        rows = sqlite3.connect(hub.home / "alisa.db").execute(
            "SELECT text FROM messages WHERE role = 'assistant' ORDER BY id"
        )
        assert rows.fetchall() == [("0 1 2 3",), ("0 1",)]
        await hub.start()
        async with hub.typed({}) as client:
            await client.until("snapshot")
            await client.send(type="interrupt", turn=second, said="0")
            await client.until("answer-cut")
            await client.send(type="user-message", text="and now?")
            await client.until("turn-ended")
            assert server.chats[-1].body["messages"][-2]["content"].endswith("] 0—")


async def _later(client, other) -> list[dict]:
    """Everything published to a client up to now."""
    await other.send(type="push-to-talk", is_pressed=False)
    return await client.until("talk-pushed")


async def test_a_kill_around_a_cut_leaves_the_cut_or_the_whole_and_always_the_words_of_the_user(
    start_hub, kills
):
    async with fault_server("script", parts=COUNTING) as server:
        hub = await start_hub(llm_url=server.url)
        for number in range(min(kills, 3)):
            async with hub.typed({}) as client:
                await client.until("snapshot")
                await client.send(type="user-message", text=f"count {number}", id=f"m{number}")
                turn = (await client.until("turn-ended"))[-1]["turn"]
                await client.send(type="interrupt", turn=turn, said="0 1 2")
                await asyncio.sleep(number * 0.002)
                await hub.kill()
            await hub.start()
            async with hub.typed({}) as client:
                answer, asked = (await history(client))[:2]
            assert asked["text"] == f"count {number}"
            whole = ("".join(f"{n} " for n in range(30)), "complete")
            assert (answer["text"], answer["ending"]) in (whole, ("0 1 2", "interrupted"))


async def test_the_key_to_talk_is_told_to_all_and_let_go_when_its_holder_is_gone(shared_hub):
    async with shared_hub.typed({}) as voice, shared_hub.plain():
        await voice.until("snapshot")
        async with shared_hub.typed({}) as face:
            await face.send(type="push-to-talk", is_pressed=True)
            assert (await voice.until("talk-pushed"))[-1]["is_pressed"] is True
            async with shared_hub.typed({}) as other:
                await other.send(type="push-to-talk", is_pressed=True)
                assert (await voice.until("talk-pushed"))[-1]["is_pressed"] is True
            assert (await voice.until("talk-pushed"))[-1]["is_pressed"] is True
        assert (await voice.until("talk-pushed"))[-1]["is_pressed"] is False


async def test_who_comes_back_hears_how_the_key_to_talk_stands_now(shared_hub):
    async with shared_hub.typed({}) as face:
        welcome, *_ = await face.until("snapshot")
        async with shared_hub.typed({}) as voice:
            last = (await voice.until("snapshot"))[-1]["seq"]
        for is_pressed in (True, False, True):
            await face.send(type="push-to-talk", is_pressed=is_pressed)
            await face.until("talk-pushed")
        async with shared_hub.typed({"session": welcome["session"], "last_seq": last}) as voice:
            assert (await voice.receive())["resumed"] is True
            assert (await voice.receive())["is_pressed"] is True
        await face.send(type="push-to-talk", is_pressed=False)
        assert (await face.until("talk-pushed"))[-1]["is_pressed"] is False


async def test_a_remark_is_a_notice_to_all_and_a_flood_of_them_is_not(shared_hub):
    async with shared_hub.typed({}) as voice, shared_hub.typed({}) as face:
        await face.until("snapshot")
        await voice.until("snapshot")
        await voice.send(type="remark", code="no-microphone", message="There is no microphone.")
        notice = (await face.until("notice"))[-1]
        assert (notice["code"], notice["message"]) == ("no-microphone", "There is no microphone.")
        for number in range(100):
            await voice.send(type="remark", code="no-microphone", message="Again.")
            await voice.send(type="remark", code=f"code-{number}", message="Something else.")
        refused = 0
        while refused < 196:
            event = await voice.receive()
            refused += event["type"] == "error" and event["code"] == "too-often"
        told = await _later(face, voice)
        assert [event["code"] for event in told if event["type"] == "notice"] == [
            f"code-{n}" for n in range(4)
        ]
        await face.send(type="remark", code="no-microphone", message="Another part has its own measure.")
        assert (await voice.until("notice"))[-1]["message"].startswith("Another")

"""The plain protocol, from outside: a real hub, a real model server, strangers for clients."""

import asyncio
import json
from contextlib import AsyncExitStack

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.backend.llm.fault_modes import ROLE, token
from tests.backend.llm.fault_server import fault_server

ENDLESS = [ROLE, *[token("word ")] * 5000]


async def test_every_client_gets_every_piece_in_order(start_hub):
    tokens = ["[hap", "py] He", "llo", " ", "wör", "ld\n", "😀", " [END] [EMOTION]", " and ", "[END]", "."]
    async with fault_server("ok", tokens=tokens) as server:
        hub = await start_hub(llm_url=server.url)
        async with hub.plain() as one, hub.plain() as two, hub.typed({}) as three:
            await three.until("snapshot")
            await one.say("hi")
            answers = [await one.answer(), await two.answer()]
            typed = await three.answer()
    text = "Hello wörld\n😀 [END] [EMOTION] and [END]."
    assert answers == [(text, ["[EMOTION]happy", "[END]"])] * 2
    assert typed == text


async def test_no_piece_of_text_is_taken_for_a_control_word(start_hub):
    tokens = [
        "[END]",
        "[EMOTION]",
        "nothing",
        "[ERROR]",
        "no error",
        "[MODE CHANGED]",
        " x",
        "[SPEECH_START]",
    ]
    async with fault_server("ok", tokens=tokens) as server:
        hub = await start_hub(llm_url=server.url)
        async with hub.plain() as client:
            await client.say("hi")
            frames = await client.until("[END]")
    control = ("[END]", "[EMOTION]", "[ERROR]", "[MODE CHANGED]", "[SPEECH_START]")
    assert [frame for frame in frames if frame.startswith(control)] == [frames[-2], "[END]"]
    assert frames[-2].startswith("[EMOTION]")
    assert "".join(frames[:-2]) == "".join(tokens)


async def test_a_feeling_is_guessed_where_the_model_shows_none(start_hub):
    async with fault_server("ok", tokens=["I am so sorry", " for your loss."]) as server:
        hub = await start_hub(llm_url=server.url)
        async with hub.plain() as client:
            await client.say("hi")
            assert (await client.answer())[1] == ["[EMOTION]sad", "[END]"]


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "hello",
        "[]",
        "null",
        "5",
        "{}",
        '{"message": ""}',
        '{"message": 5}',
        '{"message": null}',
        '{"message": ["hi"]}',
        '{"massage": "hi"}',
        '{"message": "a", "message": "b"}',
        '{"message": NaN}',
        '{"message": "\\ud800"}',
        "[" * 5000,
        '{"message":' * 5000,
        json.dumps({"message": "x" * 10_001}),
        json.dumps({"message": "é" * 40_000}),
        "x" * 70_000,
        b"\x00\x01",
        b'{"message": "hi"}',
        "[VISION_FACE]",
        "[VISION_FACE]asleep",
        "[VISION_FACE]PRESENT",
        "[VISION_DESKTOP]",
        "[VISION_DESKTOP][]",
        "[VISION_DESKTOP]{}",
        '[VISION_DESKTOP]{"app": "x"}',
        '[VISION_DESKTOP]{"app": 5, "title": "x"}',
        '[VISION_DESKTOP]{"app": "x", "title": "x", "idle_seconds": "long"}',
        '[VISION_DESKTOP]{"app": "x", "title": "x", "error": {"kind": 5}}',
        "[NONSENSE]",
        "[INTERRUPT] now",
        "[END]",
    ],
)
async def test_a_bad_frame_is_answered_and_costs_nothing_else(shared_hub, frame):
    async with shared_hub.plain() as client, shared_hub.plain() as witness:
        await client.send(frame)
        refusal = await client.receive()
        assert refusal.startswith("[ERROR]")
        assert len(refusal) < 400
        assert "Traceback" not in refusal
        await client.say("hello")
        assert (await client.answer())[0]
        assert (await witness.answer())[0]


@pytest.mark.parametrize(
    "frame",
    [
        "[VISION_FACE]present",
        "[VISION_FACE]absent",
        "[VISION_FACE]focused",
        "[VISION_FACE]away",
        '[VISION_DESKTOP]{"app": "Code", "title": "hub.py"}',
        '[VISION_DESKTOP]{"app": "x", "title": "x", "category": "novel", "unknown": {"a": 1}, "error": null}',
        '[VISION_DESKTOP]{"app": "x", "title": "x", "type": "hello", "text": "a", "meeting": true}',
        '[VISION_DESKTOP]{"app": "x", "title": "x", "typing_per_minute": 3, "idle_seconds": 1.5}',
        "[INTERRUPT]",
    ],
)
async def test_what_the_senses_say_is_taken_without_a_word(shared_hub, frame):
    async with shared_hub.plain() as client:
        await client.send(frame)
        await client.say("hello")
        _, control = await client.answer()
        assert not any(word.startswith("[ERROR]") for word in control)


async def test_speech_is_passed_on_to_all(shared_hub):
    async with shared_hub.plain() as one, shared_hub.plain() as two:
        await one.send("[SPEECH_START]")
        await one.send("[SPEECH_END]")
        for client in (one, two):
            assert [await client.receive(), await client.receive()] == ["[SPEECH_START]", "[SPEECH_END]"]


async def test_the_longest_message_is_answered(shared_hub):
    async with shared_hub.plain() as client:
        await client.say("é" * 10_000)
        assert (await client.answer())[0]


async def test_a_frame_far_too_long_is_refused_in_words_before_the_connection_closes(shared_hub):
    async with shared_hub.plain() as client, shared_hub.plain() as witness:
        with pytest.raises(ConnectionClosed) as closed:
            await client.send("x" * 3_000_000)
            assert (await client.receive()).startswith("[ERROR]")
            await client.receive()
        assert closed.value.rcvd.code == 1009
        await witness.say("hello")
        assert (await witness.answer())[0]


async def test_an_interrupt_stops_the_answer_and_frees_the_server(start_hub):
    async with fault_server("script", parts=ENDLESS, pace=0.005) as server:
        hub = await start_hub(llm_url=server.url)
        async with hub.plain() as client, hub.plain() as other:
            await client.say("go on for ever")
            assert await client.receive()
            await client.send("[INTERRUPT]")
            for one in (client, other):
                frames = await one.until("[END]")
                assert frames[-2].startswith("[EMOTION]")
            await asyncio.wait_for(server.chats[0].is_gone.wait(), 5)
            status, summary = await hub.get("/history/summary")
            assert status == 200
            assert summary["messages"] == 2


async def test_a_new_message_stops_the_running_answer(start_hub):
    async with fault_server("script", parts=ENDLESS, pace=0.005) as server:
        hub = await start_hub(llm_url=server.url)
        async with hub.plain() as client, hub.plain() as other:
            await client.say("go on for ever")
            await client.receive()
            server.mode, server.tokens = "ok", ["Stopped", "."]
            await other.say("stop")
            await client.until("[END]")
            assert (await client.answer())[0] == "Stopped."
            await asyncio.wait_for(server.chats[0].is_gone.wait(), 5)


async def test_many_messages_at_once_each_get_an_end(start_hub):
    hub = await start_hub(llm_engine="scripted")
    async with hub.plain() as client:
        for number in range(10):
            await client.say(f"message {number}")
        for _ in range(10):
            frames = await client.until("[END]")
            assert any(frame.startswith("[EMOTION]") for frame in frames)


async def test_modes_are_switched_by_command_and_by_asking_and_kept(start_hub):
    hub = await start_hub()
    async with hub.plain() as client, hub.plain() as other:
        await client.say("/mode focus")
        assert "[MODE CHANGED] focus" in (await client.answer())[1]
        assert "[MODE CHANGED] focus" in (await other.answer())[1]
        await client.say("/mode nonsense")
        assert "focus" in (await client.receive())
        await client.say("please switch to quiet mode")
        assert "[MODE CHANGED] quiet" in (await client.answer())[1]
    assert await hub.stop() == 0
    await hub.start()
    assert (await hub.get("/"))[1]["mode"] == "quiet"


async def test_who_comes_in_the_middle_of_an_answer_gets_all_of_it(start_hub):
    async with fault_server("stall", tokens=["one ", "two ", "three"]) as server:
        hub = await start_hub(llm_url=server.url, llm_idle_seconds="3")
        async with hub.plain() as client:
            await client.say("count")
            first = "".join([await client.receive()])
            async with hub.plain() as late:
                rest = await late.until("[END]")
            assert "".join(rest).startswith(first)


async def test_the_sixty_fifth_client_is_refused_and_a_place_that_is_left_is_free(shared_hub):
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(shared_hub.plain(max_queue=None)) for _ in range(64)]
        with pytest.raises(InvalidStatus) as refusal:
            await stack.enter_async_context(shared_hub.plain())
        assert refusal.value.response.status_code == 503
        await clients[0].line.close()
        async with asyncio.timeout(10):
            while True:
                try:
                    async with shared_hub.plain() as late:
                        await late.say("hello")
                        assert (await late.answer())[0]
                        return
                except InvalidStatus:
                    await asyncio.sleep(0.05)

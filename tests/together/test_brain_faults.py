"""Who answers when model servers break: from outside, with servers that break in every way."""

import asyncio

import pytest

from tests.backend.llm.fault_server import fault_server

BEFORE = [
    "error_500",
    "error_body",
    "html",
    "garbage",
    "redirect",
    "unauthorized",
    "hang",
    "hang_after_head",
    "not_http",
]
IN_THE_MIDDLE = ["die", "rst", "no_end", "error_chunk", "stall", "drip", "endless", "endless_line"]


@pytest.mark.parametrize("mode", BEFORE)
async def test_a_server_that_fails_before_the_first_word_is_not_noticed(start_hub, mode):
    async with fault_server(mode) as server:
        hub = await start_hub(llm_url=server.url, llm_first_token_seconds="1", llm_idle_seconds="1")
        async with hub.typed({}) as client:
            welcome, *_ = await client.until("snapshot")
            await client.send(type="user-message", text="Hello, who are you?")
            events = await client.until("turn-ended")
            assert events[-1]["ending"] == "complete"
            assert events[-1]["engine"] == "built-in brain"
            is_told = any(event["type"] == "notice" for event in events)
            assert is_told or welcome["engine"] == "built-in brain"
            server.mode = "ok"
            async with asyncio.timeout(40):
                while events[-1]["engine"] == "built-in brain":
                    await client.send(type="user-message", text="hi")
                    events = await client.until("turn-ended")
                    await asyncio.sleep(0.2)
        assert "".join(e["text"] for e in events if e["type"] == "token") == "".join(server.tokens)


@pytest.mark.parametrize("mode", IN_THE_MIDDLE)
async def test_a_server_that_fails_in_the_middle_ends_the_answer_as_cut(start_hub, mode):
    async with fault_server(mode, tokens=["one ", "two "]) as server:
        hub = await start_hub(llm_url=server.url, llm_idle_seconds="1", llm_total_seconds="5")
        async with hub.typed({}) as client, hub.plain() as plain:
            await client.until("snapshot")
            await client.send(type="user-message", text="count")
            events = await client.until("turn-ended")
            assert events[-1]["ending"] == "cut"
            text = "".join(e["text"] for e in events if e["type"] == "token")
            assert text.startswith("one two ") or (mode == "endless" and text.startswith("blah "))
            assert len(text) <= 200_000
            frames = await plain.until("[END]")
            assert any(frame.startswith("[ERROR]") for frame in frames)
            assert any(frame.startswith("[EMOTION]") for frame in frames)
            await client.send(type="history-query", id="q")
            answer = (await client.until("history-page"))[-1]["messages"][0]
            assert (answer["text"], answer["ending"]) == (text, "cut")

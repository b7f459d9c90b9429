"""Who answers when model servers come and go: from outside, with real servers."""

import asyncio
import itertools

import xllamacpp

from tests.backend.llm.fault_server import fault_server
from tests.tiny_gguf import cached_tiny_gguf


async def test_no_server_at_all_is_answered_in_character(hub):
    status, answer = await hub.post("/chat", {"message": "Hello, who are you?"})
    assert status == 200
    assert "Alisa" in answer["reply"]


async def test_a_model_that_is_embedded_streams_to_all(start_hub):
    model = cached_tiny_gguf()
    hub = await start_hub(llm_embedded_model=str(model), llm_threads="1", llm_reply_tokens="40")
    async with hub.typed({}) as typed, hub.plain() as one, hub.plain() as two:
        await typed.until("snapshot")
        await one.say("hi")
        events = await typed.until("turn-ended")
        assert events[-1]["engine"].startswith("llama.cpp inside Alisa")
        assert events[-1]["ending"] == "complete"
        text = "".join(e["text"] for e in events if e["type"] == "token")
        assert len([e for e in events if e["type"] == "token"]) > 10
        assert [(await client.answer())[0] for client in (one, two)] == [text, text]


async def test_a_file_that_is_no_model_is_said_so_and_the_brain_goes_on(start_hub, tmp_path):
    fake = tmp_path / "fake.gguf"
    fake.write_text("not a model")
    hub = await start_hub(llm_embedded_model=str(fake))
    status, answer = await hub.post("/chat", {"message": "hello"})
    assert status == 200
    assert answer["reply"]


async def test_a_wrong_reminder_never_stops_the_hub_and_a_right_one_comes(hub):
    async with hub.typed({}) as client:
        await client.until("snapshot")
        await client.send(type="user-message", text="remind me in 1 second to stretch")
        await client.until("turn-ended")
        async with asyncio.timeout(15):
            while True:
                event = await client.receive()
                if event["type"] == "turn-started" and event["source"] == "reminder":
                    break
        assert "stretch" in await client.answer()


async def test_a_context_that_is_too_small_is_learned_and_the_prompt_made_to_fit(start_hub):
    async with fault_server("too_long") as server:
        hub = await start_hub(llm_url=server.url)
        async with hub.typed({}) as client:
            await client.until("snapshot")
            await client.send(type="user-message", text="word " * 1900)
            assert (await client.until("turn-ended"))[-1]["ending"] == "failed"
        assert len(server.chats) == 2
        sizes = [sum(len(m["content"]) for m in chat.body["messages"]) for chat in server.chats]
        assert sizes[1] <= sizes[0]


async def test_the_prompt_of_the_next_turn_begins_with_the_one_before(start_hub):
    async with fault_server("ok", tokens=["[happy] fine"]) as server:
        hub = await start_hub(llm_url=server.url)
        async with hub.plain() as client:
            for number in range(4):
                await client.send(f'[VISION_DESKTOP]{{"app": "app {number}", "title": "x"}}')
                await client.say(f"message {number}")
                await client.answer()
        prompts = [chat.body["messages"] for chat in server.chats]
        for before, after in itertools.pairwise(prompts):
            assert after[: len(before) - 1] == before[:-1]
            assert after[-2]["content"] == "[happy] fine"
        assert "app 3" in prompts[-1][-1]["content"]
        assert "app 2" not in str(prompts[-1])


async def test_what_was_said_comes_back_after_a_restart(start_hub):
    async with fault_server("ok", tokens=["fine"]) as server:
        hub = await start_hub(llm_url=server.url)
        for number in range(12):
            await hub.post("/chat", {"message": f"message {number}"})
        await hub.stop()
        await hub.start()
        await hub.post("/chat", {"message": "do you remember?"})
        said = [m["content"] for m in server.chats[-1].body["messages"] if m["role"] == "user"]
        assert [text.splitlines()[-1] for text in said[:-1]] == [f"message {n}" for n in range(2, 12)]


async def test_a_real_llama_cpp_streams_to_three_clients_in_both_protocols(start_hub):
    params = xllamacpp.CommonParams()
    params.model.path = str(cached_tiny_gguf())
    params.n_ctx, params.n_parallel, params.n_batch, params.port, params.ui = 4096, 1, 256, 0, False
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.api_keys = ["the key of the server"]
    server = xllamacpp.Server(params)
    hub = await start_hub(
        llm_url=server.listening_address, llm_api_key="the key of the server", llm_reply_tokens="60"
    )
    async with hub.typed({}) as typed, hub.plain() as one, hub.plain() as two:
        await typed.until("snapshot")
        for number in range(3):
            await one.say(f"message {number}")
            events = await typed.until("turn-ended")
            assert events[-1]["ending"] == "complete"
            text = "".join(event["text"] for event in events if event["type"] == "token")
            answers = [await one.answer(), await two.answer()]
            assert [answer[0] for answer in answers] == [text, text]
            assert answers[0][1] == answers[1][1]
            assert len([event for event in events if event["type"] == "token"]) > 20
        await typed.send(type="history-query", id="q", limit=1)
        assert (await typed.until("history-page"))[-1]["messages"][0]["text"] == text

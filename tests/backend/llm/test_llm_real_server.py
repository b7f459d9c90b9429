"""The client against a real llama.cpp server with a tiny model."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest
import xllamacpp

from backend.llm.engine import EngineError, Message, Piece, Prompt, Situation, Usage
from backend.llm.engines.openai_compatible import Engine
from backend.shared.settings import Llm
from tests.tiny_gguf import cached_tiny_gguf

KEY = secrets.token_urlsafe()


@pytest.fixture(scope="module")
def server() -> xllamacpp.Server:
    params = xllamacpp.CommonParams()
    params.model.path = str(cached_tiny_gguf())
    params.n_ctx = 2048
    params.n_parallel = 1
    params.n_batch = 256
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.api_keys = [KEY]
    params.ui = False
    params.port = 0
    return xllamacpp.Server(params)


@pytest.fixture
async def engine(server: xllamacpp.Server) -> AsyncGenerator[Engine, None]:
    engine = Engine("llama.cpp", server.listening_address, "", KEY, Llm())
    yield engine
    await engine.close()


def ask(text: str = "Hello", reply_tokens: int = 40) -> Prompt:
    situation = Situation(datetime(2026, 1, 1, tzinfo=UTC), text)
    return Prompt([Message("system", "Be kind. " * 30), Message("user", text)], situation, reply_tokens)


async def listen(engine: Engine, prompt: Prompt) -> tuple[str, Usage]:
    pieces: list[Piece] = [piece async for piece in engine.stream(prompt)]
    used = next(piece.usage for piece in pieces if piece.usage)
    return "".join(text for piece in pieces for text in piece.texts), used


async def test_an_answer_streams_with_the_emotion_first_and_its_usage(engine: Engine):
    assert await engine.check()
    text, used = await listen(engine, ask())
    assert text.startswith(
        tuple(f"[{name}] " for name in ("happy", "sad", "angry", "surprised", "embarrassed", "neutral"))
    )
    assert used.reply_tokens == 40
    assert used.prompt_tokens > 50


async def test_without_the_grammar_the_model_begins_as_it_likes(server: xllamacpp.Server):
    engine = Engine("llama.cpp", server.listening_address, "", KEY, Llm(), has_grammar=False)
    text, _ = await listen(engine, ask())
    await engine.close()
    assert not text.startswith("[")


async def test_a_warmed_prompt_is_not_read_again(engine: Engine):
    await engine.warm(ask("something entirely new " * 20))
    _, used = await listen(engine, ask("something entirely new " * 20))
    assert used.cached_tokens >= used.prompt_tokens - 2


async def test_closing_the_stream_frees_the_server(engine: Engine):
    async with asyncio.timeout(20):
        for _ in range(5):
            stream = engine.stream(ask(reply_tokens=1500))
            async for piece in stream:
                if piece.texts:
                    break
            await stream.aclose()
            text, _ = await listen(engine, ask("And now?", reply_tokens=16))
            assert text


async def test_a_prompt_that_does_not_fit_is_told_with_both_numbers(engine: Engine):
    with pytest.raises(EngineError) as caught:
        await listen(engine, ask("word " * 3000))
    assert caught.value.code == "llm-too-long"
    assert caught.value.context_tokens == 2048
    assert caught.value.prompt_tokens is not None
    assert caught.value.prompt_tokens > 2048


async def test_a_wrong_key_is_refused_and_not_shown(server: xllamacpp.Server):
    engine = Engine("llama.cpp", server.listening_address, "", "wrong-key", Llm())
    with pytest.raises(EngineError) as caught:
        await listen(engine, ask())
    await engine.close()
    assert caught.value.code == "llm-refused"
    assert "wrong-key" not in caught.value.message

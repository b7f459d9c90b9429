import asyncio
import contextlib
import json
from datetime import UTC, datetime

import pytest

from backend.llm.engine import EngineError, Message, Piece, Progress, Prompt, Situation, Usage
from backend.llm.engines import openai_compatible
from backend.llm.engines.openai_compatible import Engine
from backend.shared.settings import Llm
from tests.backend.llm.fault_modes import DONE, STOP, TOKENS, chunk, event, token, usage
from tests.backend.llm.fault_server import fault_server

LIMITS = Llm(connect_seconds=0.5, first_token_seconds=0.5, idle_seconds=0.3, total_seconds=1.5)
TEXT = "".join(TOKENS)
SECRET = "sk-very-secret"


@pytest.fixture(autouse=True)
def fast_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_compatible, "LOADING_POLL_SECONDS", 0.05)


def ask(text: str = "Hi") -> Prompt:
    situation = Situation(now=datetime(2026, 1, 1, tzinfo=UTC), user_text=text)
    return Prompt([Message("system", "Be kind."), Message("user", text)], situation, reply_tokens=50)


@contextlib.asynccontextmanager
async def engine_at(url: str, llm: Llm = LIMITS, model: str = "", **more):
    engine = Engine("the server", url, model, SECRET, llm, **more)
    try:
        yield engine
    finally:
        await engine.close()


async def listen(engine: Engine, prompt: Prompt | None = None) -> tuple[list[Piece], EngineError | None]:
    pieces: list[Piece] = []
    try:
        async for piece in engine.stream(prompt or ask()):
            pieces.append(piece)  # noqa: PERF401  # a comprehension would lose them in an error
    except EngineError as error:
        return pieces, error
    return pieces, None


def text_of(pieces: list[Piece]) -> str:
    return "".join(text for piece in pieces for text in piece.texts)


async def answer(mode: str, llm: Llm = LIMITS, **options) -> tuple[str, list[Piece], EngineError | None]:
    async with fault_server(mode, **options) as server, engine_at(server.url, llm) as engine:
        async with asyncio.timeout(10):
            pieces, error = await listen(engine)
    if error is not None:
        assert SECRET not in error.message
        assert "127.0.0.1" not in error.message
        assert "\n" not in error.message
    return text_of(pieces), pieces, error


@pytest.mark.parametrize(
    "mode", ["ok", "pings", "no_done", "stays_open", "not_streamed", "wrong_shapes", "drop", "strict"]
)
async def test_the_whole_answer_comes_through(mode: str):
    text, pieces, error = await answer(mode)
    assert (text, error) == (TEXT, None)
    assert all(text for piece in pieces for text in piece.texts)


@pytest.mark.parametrize(
    ("mode", "code", "text"),
    [
        ("no_end", "llm-cut", TEXT),
        ("die", "llm-cut", TEXT),
        ("rst", "llm-cut", TEXT),
        ("endless_line", "llm-cut", TEXT),
        ("error_chunk", "llm-error", TEXT),
        ("stall", "llm-timeout", TEXT),
        ("drip", "llm-timeout", TEXT),
        ("hang", "llm-timeout", ""),
        ("hang_after_head", "llm-timeout", ""),
        ("error_500", "llm-error", ""),
        ("error_body", "llm-error", ""),
        ("html", "llm-bad-reply", ""),
        ("garbage", "llm-bad-reply", ""),
        ("not_http", "llm-bad-reply", ""),
        ("redirect", "llm-refused", ""),
        ("unauthorized", "llm-refused", ""),
        ("too_long", "llm-too-long", ""),
        ("loading", "llm-loading", ""),
    ],
)
async def test_each_fault_has_its_error_and_what_was_said_is_kept(mode: str, code: str, text: str):
    said, _, error = await answer(mode)
    assert error is not None
    assert (error.code, said) == (code, text)
    assert "1.5 seconds" not in error.message  # none of them lasts until the total limit


async def test_an_endless_answer_is_cut():
    text, _, error = await answer("endless", Llm(total_seconds=60))
    assert error is not None
    assert error.code == "llm-cut"
    assert 190_000 < len(text) <= 200_000


async def test_empty_chunks_for_ever_are_silence():
    text, _, error = await answer("drip", drops=chunk({"content": ""}))
    assert error is not None
    assert (text, error.code) == (TEXT, "llm-timeout")
    assert "0.3 seconds" in error.message


async def test_the_total_limit_ends_an_answer_that_goes_on():
    llm = Llm(idle_seconds=0.3, total_seconds=0.5)
    text, _, error = await answer("script", llm, parts=[token("x")] * 1000, pace=0.02)
    assert error is not None
    assert error.code == "llm-timeout"
    assert "0.5" in error.message
    assert text


async def test_bad_utf8_and_lone_surrogates_become_replacement_characters():
    text, _, error = await answer("bad_utf8")
    assert (text, error) == ("fine b\ufffdd \ufffd!", None)


async def test_a_stream_split_at_any_byte_is_the_same_text():
    stream = token("Grüße") + b": ping\r\n\r\n" + token(" 😀") + STOP + DONE
    async with fault_server("script") as server, engine_at(server.url) as engine:
        for cut in range(1, len(stream)):
            server.options = {"parts": [stream[:cut], stream[cut:]]}
            pieces, error = await listen(engine)
            assert (text_of(pieces), error) == ("Grüße 😀", None), cut


async def test_tokens_of_one_read_are_one_piece():
    stream = b"".join(token(str(n)) for n in range(50)) + STOP + DONE
    async with fault_server("script", parts=[stream]) as server, engine_at(server.url) as engine:
        pieces, _ = await listen(engine)
    assert [piece.texts for piece in pieces] == [[str(n) for n in range(50)]]


async def test_unreachable_is_said_at_once():
    async with fault_server() as server:
        url = server.url
    async with engine_at(url) as engine:
        _, error = await listen(engine)
        assert not await engine.check()
    assert error is not None
    assert error.code == "llm-unreachable"


async def test_a_dropped_connection_is_tried_again_just_once():
    async with fault_server("drop", times=5) as server, engine_at(server.url) as engine:
        _, error = await listen(engine)
        assert len(server.chats) == 2
    assert error is not None
    assert error.code == "llm-unreachable"


async def test_a_broken_answer_is_not_asked_for_again():
    async with fault_server("die") as server, engine_at(server.url) as engine:
        await listen(engine)
        assert len(server.chats) == 1


async def test_redirects_are_not_followed():
    async with fault_server() as other, fault_server("redirect", location=other.url) as server:
        async with engine_at(server.url) as engine:
            _, error = await listen(engine)
        assert other.requests == []
    assert error is not None
    assert "llm.url" in error.message


async def test_loading_is_waited_for_with_progress():
    async with fault_server("loading") as server, engine_at(server.url) as engine:
        assert await engine.check()
        pieces: list[Piece] = []
        async for piece in engine.stream(ask()):
            pieces.append(piece)
            if len(pieces) == 3:
                server.mode = "ok"
    assert pieces[:3] == [Piece(progress=Progress("loading"))] * 3
    assert text_of(pieces) == TEXT


async def test_fields_that_a_server_refuses_are_left_out_from_then_on():
    async with fault_server("strict") as server, engine_at(server.url) as engine:
        await listen(engine)
        await listen(engine)
        fields = [set(request.body) for request in server.chats]
    assert ["stream_options" in names for names in fields] == [True, False, False]


async def test_a_request_that_is_wrong_anyway_does_not_cost_the_extra_fields():
    async with fault_server("too_long") as server, engine_at(server.url) as engine:
        _, error = await listen(engine)
        server.mode = "ok"
        await listen(engine)
        assert [("stream_options" in request.body) for request in server.chats] == [True, True]
    assert error is not None
    assert (error.prompt_tokens, error.context_tokens) == (6020, 4096)


async def test_numbers_of_a_too_long_prompt_are_read_from_words():
    message = "This model's maximum context length is 2048 tokens. However, you requested 2076 tokens"
    async with fault_server("error_500", message=message) as server, engine_at(server.url) as engine:
        _, error = await listen(engine)
    assert error is not None
    assert (error.code, error.prompt_tokens, error.context_tokens) == ("llm-too-long", 2076, 2048)


async def test_a_key_that_the_server_repeats_is_not_shown():
    async with (
        fault_server("error_500", message=f"bad {SECRET}\n") as server,
        engine_at(server.url) as engine,
    ):
        _, error = await listen(engine)
    assert error is not None
    assert SECRET not in error.message


async def test_the_request_is_what_the_prompt_says():
    async with fault_server() as server, engine_at(server.url) as engine:
        await listen(engine)
        request = server.chats[0]
    assert request.headers["authorization"] == f"Bearer {SECRET}"
    assert request.headers["connection"] == "close"
    assert request.body == {
        "model": "stand-in",
        "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}],
        "stream": True,
        "max_tokens": 50,
        "temperature": 0.8,
        "stream_options": {"include_usage": True},
    }


async def test_llama_cpp_is_recognised_and_given_its_own_fields():
    async with (
        fault_server(models=[{"id": "m", "owned_by": "llamacpp"}]) as server,
        engine_at(server.url) as engine,
    ):
        await listen(engine)
        body = server.chats[0].body
    assert body["cache_prompt"] is True
    assert body["return_progress"] is True
    assert body["chat_template_kwargs"] == {"enable_thinking": False}
    assert body["grammar"].startswith('root ::= "[" ("happy" | "sad"')


async def test_after_a_refusal_the_models_are_asked_for_again():
    async with fault_server() as server, engine_at(server.url) as engine:
        await listen(engine)
        server.models, server.mode = [{"id": "another"}], "unauthorized"
        await listen(engine)
        server.mode = "ok"
        await listen(engine)
        assert server.chats[-1].body["model"] == "another"


async def test_ollama_is_recognised_and_asked_not_to_think():
    async with fault_server(models=[{"id": "qwen3:4b", "owned_by": "library"}]) as server:
        async with engine_at(server.url) as engine:
            await listen(engine)
            assert engine.context_tokens == 4096
        assert server.chats[0].body["reasoning_effort"] == "none"
        assert "grammar" not in server.chats[0].body


@pytest.mark.parametrize("options", [{"models": None}, {"models": [], "drops_models": True}])
async def test_a_server_without_a_list_of_models_is_used_all_the_same(options: dict):
    async with fault_server(**options) as server, engine_at(server.url) as engine:
        pieces, error = await listen(engine)
    assert (text_of(pieces), error) == (TEXT, None)


async def test_a_server_without_a_model_is_not_used():
    async with fault_server(models=[{"id": "text-embed-1"}]) as server, engine_at(server.url) as engine:
        assert not await engine.check()
        _, error = await listen(engine)
        assert server.chats == []
    assert error is not None
    assert error.code == "llm-refused"


@pytest.mark.parametrize("mode", ["html", "unauthorized", "hang"])
async def test_check_says_no_to_what_cannot_answer(mode: str):
    async with fault_server(mode) as server, engine_at(server.url) as engine:
        async with asyncio.timeout(1.6):
            assert not await engine.check()


async def test_usage_is_passed_on():
    counts = usage(120, 9, timings={"cache_n": 80})
    _, pieces, _ = await answer("script", parts=[token("x"), STOP, counts, DONE])
    assert [piece.usage for piece in pieces if piece.usage] == [Usage(120, 9, 80)]


async def test_cached_tokens_are_read_in_the_way_of_openai_too():
    counts = {"prompt_tokens": 5, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 4}}
    _, pieces, _ = await answer(
        "script", parts=[token("x"), STOP, event({"choices": [], "usage": counts}), DONE]
    )
    assert [piece.usage for piece in pieces if piece.usage] == [Usage(5, 1, 4)]


async def test_reading_progress_keeps_a_slow_start_alive():
    def reading(done: int) -> bytes:
        return event(
            {"choices": [], "prompt_progress": {"total": 1100, "cache": 100, "processed": done, "time_ms": 1}}
        )

    parts = [reading(100 + 250 * n) for n in range(5)] + [token("x"), STOP, DONE]
    llm = Llm(first_token_seconds=0.4, idle_seconds=0.3, total_seconds=5)
    text, pieces, error = await answer("script", llm, parts=parts, pace=0.2)
    assert (text, error) == ("x", None)
    progress = [piece.progress.fraction for piece in pieces if piece.progress]
    assert progress == [0.0, 0.25, 0.5, 0.75, 1.0]


async def test_reading_that_does_not_go_on_is_silence():
    stuck = event({"choices": [], "prompt_progress": {"total": 1100, "processed": 300}})
    _, _, error = await answer("script", parts=[stuck] * 200, pace=0.05)
    assert error is not None
    assert error.code == "llm-timeout"
    assert "0.5 seconds" in error.message


async def test_thoughts_in_fields_of_their_own_are_not_text():
    text, pieces, error = await answer("thinks")
    assert (text, error) == (TEXT, None)
    assert [piece.progress for piece in pieces if piece.progress] == [Progress("thinking")]


async def test_an_answer_of_thoughts_alone_has_no_text():
    text, pieces, error = await answer("ok", tokens=["<think>", "and so on"])
    assert (text, error) == ("", None)
    assert any(piece.progress for piece in pieces)


async def test_closing_the_stream_closes_the_connection():
    async with fault_server("stall") as server, engine_at(server.url) as engine:
        stream = engine.stream(ask())
        await anext(stream)
        await stream.aclose()
        async with asyncio.timeout(1):
            await server.chats[0].is_gone.wait()


async def test_cancelling_before_the_first_token_closes_the_connection():
    async with (
        fault_server("hang_after_head") as server,
        engine_at(server.url, Llm(), "m", kind="other") as engine,
    ):
        task = asyncio.create_task(listen(engine))
        async with asyncio.timeout(2):
            while not server.chats:
                await asyncio.sleep(0.005)
            task.cancel()
            await asyncio.wait([task])
            await server.chats[0].is_gone.wait()
    assert task.cancelled()


async def test_a_slow_listener_is_no_silence_of_the_server():
    parts = [token("a"), token("b"), STOP + DONE]
    said = ""
    async with (
        fault_server("script", parts=parts, pace=0.05) as server,
        engine_at(server.url, Llm(idle_seconds=0.2)) as engine,
    ):
        async for piece in engine.stream(ask()):
            said += "".join(piece.texts)
            await asyncio.sleep(0.3)
    assert said == "ab"


async def test_a_proxy_in_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    text, _, error = await answer("ok")
    assert (text, error) == (TEXT, None)


async def test_error_events_reach_people_in_plain_words():
    _, _, error = await answer("error_chunk")
    assert error is not None
    assert json.dumps(error.message) == '"the server reports an error. It says: \\"Out of memory\\""'

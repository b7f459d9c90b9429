import asyncio
import contextlib
from datetime import UTC, datetime

import pytest

from backend.llm.discovery import Ports
from backend.llm.engine import EngineError, Message, Piece, Progress, Prompt, Situation
from backend.llm.engines import openai_compatible, scripted
from backend.llm.engines.scripted import Reply
from backend.llm.ladder import Ladder
from backend.shared.settings import Llm
from tests.backend.llm.fault_modes import DONE, STOP, TOKENS, token, usage
from tests.backend.llm.fault_server import fault_server

TEXT = "".join(TOKENS)
NOWHERE = Ports(0, 0, 0)


class Clock:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class House:
    """A ladder with all that a test wants to see of it."""

    def __init__(self, ladder: Ladder, clock: Clock, changes: list[tuple[str, str]]) -> None:
        self.ladder = ladder
        self.clock = clock
        self.changes = changes

    async def ask(self) -> str:
        text, error = await self.listen()
        assert error is None
        return text

    async def listen(self) -> tuple[str, EngineError | None]:
        text = ""
        try:
            async for piece in self.ladder.stream(PROMPT):
                text += "".join(piece.texts)
        except EngineError as error:
            return text, error
        return text, None


PROMPT = Prompt([Message("user", "Hi " * 100)], Situation(datetime(2026, 1, 1, tzinfo=UTC), "Hi"))


@contextlib.asynccontextmanager
async def house(
    url: str = "",
    *,
    embedded: list | None = None,
    builtin: list | None = None,
    only=None,
    ports=NOWHERE,
    **more,
):
    limits = {"connect_seconds": 0.5, "first_token_seconds": 0.4, "idle_seconds": 0.3, "total_seconds": 1.5}
    clock, changes = Clock(), []
    ladder = Ladder(
        Llm(url=url, **(limits | more)),
        scripted.Engine(embedded, "embedded") if embedded else None,
        scripted.Engine(builtin or ["built in"], "builtin"),
        only,
        on_change=lambda name, reason: changes.append((name, reason)),
        clock=clock,
        ports=ports,
    )
    try:
        yield House(ladder, clock, changes)
    finally:
        await ladder.close()


@pytest.fixture(autouse=True)
def fast_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_compatible, "LOADING_POLL_SECONDS", 0.05)


async def test_the_server_of_the_settings_comes_first():
    async with fault_server() as server, house(server.url, embedded=["embedded"]) as home:
        assert await home.ladder.look() == f"Model server at 127.0.0.1:{server.port}"
        assert await home.ask() == TEXT
        assert home.ladder.engine == f"Model server at 127.0.0.1:{server.port}"
        assert home.changes == []


async def test_without_servers_the_embedded_model_answers_and_else_the_built_in_brain():
    async with house(embedded=["embedded"]) as home:
        assert await home.ladder.look() == "embedded"
        assert await home.ask() == "embedded"
    async with house() as home:
        assert await home.ladder.look() == "builtin"
        assert await home.ask() == "built in"
        assert home.changes == []


@pytest.mark.parametrize(
    "mode",
    [
        "hang", "error_500", "error_body", "html", "garbage", "not_http", "redirect", "unauthorized",
        "loading", "hang_after_head",
    ],
)  # fmt: skip
async def test_a_server_that_fails_before_its_first_text_is_left(mode: str):
    async with fault_server(mode) as server, house(server.url) as home:
        assert await home.ask() == "built in"
        name, reason = home.changes[0]
        assert (len(home.changes), name) == (1, "builtin")
        assert reason.startswith("Model server at")
        assert home.ladder.engine == "builtin"


@pytest.mark.parametrize("tokens", [[], ["", " ", "\n"], ["<think>", "hm"]])
async def test_an_empty_answer_is_a_failure(tokens: list[str]):
    async with fault_server(tokens=tokens) as server, house(server.url) as home:
        assert await home.ask() == "built in"


async def test_blanks_before_the_first_word_are_kept():
    async with fault_server(tokens=[" ", "\n", "Hi", " ", "you", " "]) as server, house(server.url) as home:
        assert await home.ask() == " \nHi you "
    async with house(embedded=["   \n\n Hi you "]) as home:
        assert await home.ask() == "   \n\n Hi you "


@pytest.mark.parametrize("mode", ["die", "stall", "error_chunk", "no_end", "drip", "endless_line"])
async def test_after_the_first_text_nothing_is_repeated(mode: str):
    async with fault_server(mode) as server, house(server.url) as home:
        text, error = await home.listen()
        assert error is not None
        assert text == TEXT
        assert home.changes == []


async def test_after_a_cut_the_server_is_asked_whether_it_is_well_and_used_again():
    async with fault_server("die") as server, house(server.url) as home:
        await home.listen()
        server.mode = "ok"
        assert await home.ask() == TEXT


async def test_a_server_killed_in_its_answer_is_left_at_the_next_turn():
    async with fault_server("die") as server, house(server.url) as home:
        await home.listen()
        server.mode = "hang"
        assert await home.ask() == "built in"
        assert len(server.chats) == 1


async def test_a_failing_server_is_left_alone_for_longer_and_longer():
    async with fault_server("error_500") as server, house(server.url) as home:
        asked = []
        for _ in range(200):
            before = len(server.chats)
            assert await home.ask() == "built in"
            if len(server.chats) > before:
                asked.append(home.clock.now - 1000)
            home.clock.now += 1
    assert asked == [0, 5, 15, 35, 75, 135, 195]


async def test_a_pause_that_is_over_begins_with_a_question_that_costs_nothing():
    async with fault_server("error_500") as server, house(server.url) as home:
        await home.ask()
        server.mode = "hang"
        home.clock.now += 6
        assert await home.ask() == "built in"
        assert len(server.chats) == 1


async def test_a_server_that_is_back_is_used_again_and_said_so():
    async with fault_server("error_500") as server, house(server.url) as home:
        await home.ask()
        server.mode = "ok"
        assert await home.ask() == "built in"
        home.clock.now += 6
        assert await home.ask() == TEXT
        assert home.changes[1] == (f"Model server at 127.0.0.1:{server.port}", "")
        server.mode = "error_500"
        await home.ask()
        home.clock.now += 6
        server.mode = "ok"
        assert await home.ask() == TEXT


async def test_a_refused_request_is_no_reason_to_leave_a_server_alone():
    async with fault_server("unauthorized") as server, house(server.url) as home:
        assert await home.ask() == "built in"
        server.mode = "ok"
        assert await home.ask() == TEXT


async def test_a_prompt_that_is_too_long_goes_back_to_the_one_who_can_shorten_it():
    async with fault_server("too_long") as server, house(server.url) as home:
        text, error = await home.listen()
        assert error is not None
        assert (text, error.code, error.context_tokens) == ("", "llm-too-long", 4096)
        server.mode = "ok"
        assert await home.ask() == TEXT


async def test_a_stopped_answer_is_no_failure():
    async with fault_server("stall") as server, house(server.url, idle_seconds=10, total_seconds=20) as home:
        stream = home.ladder.stream(PROMPT)
        async for piece in stream:
            if "?" in "".join(piece.texts):
                break
        await stream.aclose()
        async with asyncio.timeout(1):
            await server.chats[0].is_gone.wait()
        server.mode = "ok"
        assert await home.ask() == TEXT


async def test_loading_is_waited_for_with_progress():
    async with fault_server("loading") as server, house(server.url, total_seconds=20) as home:
        pieces: list[Piece] = []
        async for piece in home.ladder.stream(PROMPT):
            pieces.append(piece)
            server.mode = "ok"
    assert pieces[0] == Piece(progress=Progress("loading"))
    assert "".join(text for piece in pieces for text in piece.texts) == TEXT


async def test_progress_of_a_rung_that_fails_is_shown_all_the_same():
    broken = Reply("", progress=[Progress("loading")], fails_after=0)
    async with house(embedded=[broken]) as home:
        pieces = [piece async for piece in home.ladder.stream(PROMPT)]
    assert pieces[0].progress == Progress("loading")
    assert "".join(text for piece in pieces for text in piece.texts) == "built in"


async def test_the_last_rung_is_tried_whatever_has_been():
    async with house(builtin=[Reply("no", fails_after=0), "yes"]) as home:
        text, error = await home.listen()
        assert error is not None
        assert (text, error.code) == ("", "llm-error")
        assert await home.ask() == "yes"


async def test_only_one_engine_means_no_other():
    broken = scripted.Engine([Reply("x", fails_after=0)], "script")
    async with fault_server() as server, house(only=broken, ports=Ports(server.port, 0, 0)) as home:
        _, error = await home.listen()
        assert error is not None
        assert home.ladder.engine == "script"
        assert server.requests == []


async def test_a_server_on_this_machine_is_found_and_comes_first():
    async with fault_server() as server, house(embedded=["no"], ports=Ports(0, server.port, 0)) as home:
        assert await home.ladder.look() == f"Ollama at 127.0.0.1:{server.port}"
        assert await home.ask() == TEXT


async def test_the_key_of_the_settings_goes_to_the_server_of_the_settings_alone():
    async with fault_server() as server:
        async with house(ports=Ports(0, server.port, 0), api_key="sk-secret") as home:
            await home.ask()
        assert all("authorization" not in request.headers for request in server.requests)
        async with house(server.url, api_key="sk-secret") as home:
            await home.ask()
        assert server.requests[-1].headers["authorization"] == "Bearer sk-secret"


@pytest.mark.parametrize("more", [{"discover": False}, {"url": "http://127.0.0.1:1"}])
async def test_nothing_is_looked_for_where_that_is_not_wanted(more: dict):
    async with fault_server() as server, house(ports=Ports(0, server.port, 0), **more) as home:
        assert await home.ask() == "built in"
        assert server.requests == []


async def test_a_server_that_was_started_later_is_found():
    async with fault_server(models=None) as server, house(ports=Ports(0, server.port, 0)) as home:
        assert await home.ask() == "built in"
        server.models = [{"id": "m"}]
        home.clock.now += 14
        assert await home.ask() == "built in"
        home.clock.now += 2
        assert await home.ask() == TEXT
        assert home.changes == [(f"Ollama at 127.0.0.1:{server.port}", "")]


async def test_a_question_during_the_first_look_waits_for_what_it_finds():
    async with fault_server() as server, house(ports=Ports(0, server.port, 0)) as home:
        looking = asyncio.create_task(home.ladder.look())
        await asyncio.sleep(0)
        assert await home.ask() == TEXT
        await looking
        assert sum(request.path == "/api/tags" for request in server.requests) == 1


async def test_a_look_that_is_given_up_is_made_again():
    async with fault_server() as server, house(ports=Ports(0, server.port, 0)) as home:
        looking = asyncio.create_task(home.ladder.look())
        await asyncio.sleep(0)
        looking.cancel()
        await asyncio.wait([looking])
        assert await home.ask() == TEXT


async def test_a_found_server_that_dies_is_left_and_found_again():
    async with fault_server() as server:
        port = server.port
    async with house(ports=Ports(0, port, 0)) as home:
        async with fault_server(port=port):
            assert await home.ask() == TEXT
        assert await home.ask() == "built in"
        home.clock.now += 20
        assert await home.ask() == "built in"
        async with fault_server(port=port):
            home.clock.now += 20
            assert await home.ask() == TEXT


async def test_a_working_server_is_not_searched_for_again():
    async with fault_server() as server, house(ports=Ports(0, server.port, 0)) as home:
        for _ in range(3):
            await home.ask()
            home.clock.now += 20
        assert sum(request.path == "/api/tags" for request in server.requests) == 1


async def test_looking_tells_who_would_answer_and_of_a_change():
    async with fault_server() as server, house(server.url) as home:
        await home.ladder.look()
        server.mode = "html"
        assert await home.ladder.look() == "builtin"
        server.mode = "ok"
        await home.ladder.look()
    name = f"Model server at 127.0.0.1:{server.port}"
    assert home.changes == [("builtin", f"{name} does not answer."), (name, "")]


async def test_token_estimates_learn_from_the_engine_that_answers():
    parts = [token("x"), STOP, usage(300, 1), DONE]
    async with fault_server("script", parts=parts) as server, house(server.url) as home:
        before = home.ladder.tokens.estimate_messages(PROMPT.messages)
        await home.ask()
        assert before != 300
        assert home.ladder.tokens.estimate_messages(PROMPT.messages) in {min(300, before * 2), 300, 301}
        server.mode = "error_500"
        await home.ask()
        assert home.ladder.tokens.estimate_messages(PROMPT.messages) == before


async def test_the_context_is_that_of_the_server_where_it_says_so():
    models = [{"id": "m", "owned_by": "llamacpp", "meta": {"n_ctx": 2048}}]
    async with fault_server(models=models) as server, house(server.url) as home:
        assert home.ladder.context_tokens == Llm().context_tokens
        await home.ladder.look()
        assert home.ladder.context_tokens == 2048
        server.mode = "too_long"
        await home.listen()
        assert home.ladder.context_tokens == 4096
    async with house() as home:
        assert home.ladder.context_tokens == Llm().context_tokens


def test_an_address_that_is_none_is_refused_at_once():
    with pytest.raises(EngineError) as caught:
        Ladder(Llm(url="localhost"), None, scripted.Engine())
    assert "llm.url" in caught.value.message

"""The model inside Alisa: the real llama.cpp in its real process, killed, stopped and fed with bad files."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from backend.llm.engine import EngineError, Message, Prompt, Situation
from backend.llm.engines.embedded import Engine
from backend.shared import desktop
from backend.shared.settings import Llm
from tests.tiny_gguf import cached_tiny_gguf, make_tiny_gguf

KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _prompt(text: str = "hello", reply_tokens: int = 20) -> Prompt:
    situation = Situation(now=datetime.now(UTC), user_text=text)
    return Prompt([Message("user", text)], situation, reply_tokens=reply_tokens)


async def _answer(engine: Engine, prompt: Prompt) -> str:
    return "".join([text async for piece in engine.stream(prompt) for text in piece.texts])


def _is_running(pid: int) -> bool:
    """Whether it runs; a dead process that its parent has not asked about yet is dead."""
    if not desktop.process_exists(pid):
        return False
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return True


async def _wait_until(condition, seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
async def start():
    """Builds engines and closes them after the test."""
    engines: list[Engine] = []

    def build(model: Path | None = None, clock=time.monotonic, **settings) -> Engine:
        values = {"threads": 1, "context_tokens": 4096, "embedded_model": str(model or cached_tiny_gguf())}
        engines.append(Engine(Llm(**(values | settings)), clock=clock))
        return engines[-1]

    yield build
    for engine in engines:
        await engine.close()


async def test_it_says_that_it_loads_and_then_streams_text_in_pieces(start):
    engine = start()
    pieces = [piece async for piece in engine.stream(_prompt(reply_tokens=40))]
    assert pieces[0].progress is not None
    assert pieces[0].progress.stage == "loading"
    assert sum(len(piece.texts) for piece in pieces) >= 10
    assert "tiny" in engine.name


async def test_loading_leaves_the_event_loop_free(start):
    engine, turns = start(), 0

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    counting = asyncio.create_task(count())
    await engine.warm(_prompt())
    counting.cancel()
    assert turns > 100


async def test_a_cancelled_answer_leaves_it_free_for_the_next(start):
    engine = start()
    await engine.warm(_prompt())
    pid = engine.pid
    async with contextlib.aclosing(engine.stream(_prompt(reply_tokens=3000))) as pieces:
        async for piece in pieces:
            if piece.texts:
                break
    async with asyncio.timeout(5):
        assert await _answer(engine, _prompt())
    assert engine.pid == pid


async def test_a_turn_cancelled_while_loading_does_not_undo_the_loading(start):
    engine = start()
    turn = asyncio.create_task(_answer(engine, _prompt()))
    await _wait_until(lambda: engine.pid)
    pid = engine.pid
    turn.cancel()
    await asyncio.wait({turn})
    assert await _answer(engine, _prompt())
    assert engine.pid == pid


async def test_turns_that_come_while_it_loads_share_one_process(start):
    engine = start()
    answers = await asyncio.gather(*[_answer(engine, _prompt(f"hello {n}")) for n in range(3)])
    assert all(answers)


async def test_after_its_process_was_killed_the_next_turn_works(start):
    engine = start()
    await engine.warm(_prompt())
    dead = engine.pid
    os.kill(dead, KILL)
    await _wait_until(lambda: not _is_running(dead))
    assert await _answer(engine, _prompt())
    assert engine.pid not in {dead, None}


async def test_after_its_process_has_died_warming_loads_it_again(start):
    engine = start()
    await engine.warm(_prompt())
    dead = engine.pid
    os.kill(dead, KILL)
    await _wait_until(lambda: engine.pid is None)
    await engine.warm(_prompt())
    assert engine.pid not in {dead, None}


async def test_killed_amid_an_answer_it_says_cut_and_the_next_turn_works(start):
    engine = start(make_tiny_gguf_slow())
    with pytest.raises(EngineError) as caught:
        async for piece in engine.stream(_prompt(reply_tokens=3000)):
            if piece.texts and engine.pid:
                os.kill(engine.pid, KILL)
    assert caught.value.code == "llm-cut"
    assert await _answer(engine, _prompt())


async def test_killed_while_it_reads_it_is_unreachable_and_the_next_turn_works(start):
    engine = start(make_tiny_gguf_slow())
    await engine.warm(_prompt())
    with pytest.raises(EngineError) as caught:
        async for piece in engine.stream(_prompt("happy and sad " * 800)):
            if piece.progress and engine.pid:
                os.kill(engine.pid, KILL)
            assert not piece.texts
    assert caught.value.code == "llm-unreachable"
    assert await _answer(engine, _prompt())


_slow: list[Path] = []


def make_tiny_gguf_slow() -> Path:
    """A model that takes a while to read and write, so that there is a middle to be killed in."""
    if not _slow:
        _slow.append(cached_tiny_gguf().with_name("slow.gguf"))
        make_tiny_gguf(_slow[0], width=384, layers=6, heads=6)
    return _slow[0]


async def test_a_bad_file_is_a_clear_error_that_leaves_no_process_behind(start, tmp_path):
    for name, data in {
        "empty": b"",
        "text": b"hello",
        "half": cached_tiny_gguf().read_bytes()[:9000],
    }.items():
        path = tmp_path / f"{name}.gguf"
        path.write_bytes(data)
        engine = start(path)
        with pytest.raises(EngineError) as caught:
            await _answer(engine, _prompt())
        assert caught.value.code == "llm-unreachable"
        assert f"{name}.gguf" in caught.value.message
        assert engine.pid is None


async def test_warming_a_missing_model_raises_nothing(start, tmp_path):
    engine = start(tmp_path / "missing.gguf")
    await engine.warm(_prompt())
    assert engine.pid is None


async def test_check_wants_a_gguf_and_llama_cpp_installed(start, tmp_path, monkeypatch):
    (tmp_path / "text.gguf").write_text("hello")
    assert await start().check()
    assert not await start(tmp_path / "missing.gguf").check()
    assert not await start(tmp_path / "text.gguf").check()
    assert not await start(tmp_path).check()
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert not await start().check()


async def test_after_repeated_failures_it_pauses_and_says_why(start, tmp_path):
    path, clock = tmp_path / "half.gguf", Clock()
    path.write_bytes(cached_tiny_gguf().read_bytes()[:9000])
    engine = start(path, clock)
    for _ in range(2):
        assert await engine.check()
        with pytest.raises(EngineError):
            await _answer(engine, _prompt())
    assert not await engine.check()
    with pytest.raises(EngineError, match=r"half\.gguf is damaged"):
        await _answer(engine, _prompt())
    path.write_bytes(cached_tiny_gguf().read_bytes())
    clock.now += 1.0
    assert await engine.check()
    assert await _answer(engine, _prompt())


async def test_idle_for_long_it_is_unloaded_and_loaded_again_on_use(start):
    clock = Clock()
    engine = start(clock=clock, unload_minutes=0.001)
    await engine.warm(_prompt())
    first = engine.pid
    await asyncio.sleep(0.2)  # three times the limit in real seconds, none by its clock
    assert engine.pid == first
    clock.now += 1.0
    await _wait_until(lambda: engine.pid is None)
    await _wait_until(lambda: not _is_running(first))
    assert await _answer(engine, _prompt())
    assert engine.pid not in {first, None}


async def test_it_is_not_unloaded_in_the_middle_of_an_answer(start):
    clock = Clock()
    engine = start(clock=clock, unload_minutes=0.001)
    async with contextlib.aclosing(engine.stream(_prompt(reply_tokens=500))) as pieces:
        await anext(pieces)
        await _wait_until(lambda: engine._client)
        clock.now += 1000
        await asyncio.sleep(0.2)
        assert "".join([text async for piece in pieces for text in piece.texts])


async def test_close_ends_the_process_even_when_it_hears_nothing(start):
    engine = start()
    await engine.warm(_prompt())
    pid = engine.pid
    if desktop.has_posix_signals:
        os.kill(pid, signal.SIGSTOP)
    async with asyncio.timeout(2.5):
        await engine.close()
    assert not _is_running(pid)


async def test_close_while_it_loads_leaves_nothing_behind(start):
    engine = start()
    turn = asyncio.create_task(_answer(engine, _prompt()))
    await _wait_until(lambda: engine.pid)
    pid = engine.pid
    await engine.close()
    with pytest.raises(EngineError):
        await turn
    await _wait_until(lambda: not _is_running(pid))


async def test_its_port_serves_only_who_has_the_key_and_only_on_loopback(start):
    engine = start()
    await engine.warm(_prompt())
    base = engine._client._base
    port = int(base.rsplit(":", 1)[1].removesuffix("/v1"))
    async with aiohttp.ClientSession() as session:
        for path in ("/v1/models", "/props", "/slots", "/metrics", "/"):
            async with session.get(f"http://127.0.0.1:{port}{path}") as response:
                assert response.status in {401, 404}, path
        wrong = {"Authorization": "Bearer wrong"}
        async with session.post(f"{base}/chat/completions", json={}, headers=wrong) as response:
            assert response.status == 401
    own = {address[4][0] for address in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in (own | {"127.0.0.2"}) - {"127.0.0.1"}:
        with pytest.raises(OSError), socket.create_connection((address, port), 1):
            pass


HUB = """
import asyncio, sys
from datetime import UTC, datetime
from backend.llm.engine import Message, Prompt, Situation
from backend.llm.engines.embedded import Engine
from backend.shared.settings import Llm

async def main():
    engine = Engine(Llm(embedded_model=sys.argv[1], threads=1, context_tokens=1024))
    await engine.warm(Prompt([Message("user", "hi")], Situation(datetime.now(UTC), "hi")))
    print(engine.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_the_process_dies_with_a_hub_that_was_killed():
    command = [sys.executable, "-c", HUB, str(cached_tiny_gguf())]
    hub = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    try:
        async with asyncio.timeout(20):
            pid = int(await hub.stdout.readline())
        assert _is_running(pid)
    finally:
        hub.kill()
        await hub.wait()
    await _wait_until(lambda: not _is_running(pid))

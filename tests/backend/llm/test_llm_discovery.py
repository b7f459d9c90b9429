import asyncio

import pytest

from backend.llm.discovery import Found, Ports, find_servers
from backend.shared.settings import Llm
from tests.backend.llm.fault_server import fault_server

NOWHERE = Ports(0, 0, 0)
LLAMA = [{"id": "qwen.gguf", "owned_by": "llamacpp"}]


def at(port: int, name: str, model: str, kind: str = "other") -> Found:
    return Found(f"{name} at 127.0.0.1:{port}", f"http://127.0.0.1:{port}/v1", model, kind)


async def test_nothing_is_found_where_nothing_runs():
    async with fault_server() as server:
        port = server.port
    assert await find_servers(Llm(), Ports(port, port, port)) == []
    assert await find_servers(Llm(), NOWHERE) == []


async def test_all_are_found_in_the_order_of_preference():
    async with fault_server(models=LLAMA) as llama, fault_server() as ollama, fault_server() as studio:
        found = await find_servers(Llm(), Ports(llama.port, ollama.port, studio.port))
    assert found == [
        at(llama.port, "llama.cpp", "qwen.gguf", "llama.cpp"),
        at(ollama.port, "Ollama", "stand-in", "ollama"),
        at(studio.port, "LM Studio", "stand-in"),
    ]


async def test_a_llama_cpp_that_still_loads_is_found():
    async with fault_server("loading") as server:
        assert await find_servers(Llm(), Ports(server.port, 0, 0)) == [
            at(server.port, "llama.cpp", "", "llama.cpp")
        ]


async def test_another_openai_server_on_the_port_of_llama_cpp_is_used_without_its_fields():
    async with fault_server() as server:
        assert await find_servers(Llm(), Ports(server.port, 0, 0)) == [
            at(server.port, "Model server", "stand-in")
        ]


@pytest.mark.parametrize("mode", ["html", "unauthorized"])
async def test_what_answers_something_else_is_no_model_server(mode: str):
    async with fault_server(mode) as server:
        assert await find_servers(Llm(), Ports(server.port, 0, server.port)) == []


@pytest.mark.parametrize("models", [None, [], [{"id": "nomic-embed-text"}]])
async def test_a_server_without_a_model_for_chat_is_not_found(models: list[dict[str, str]] | None):
    async with fault_server(models=models) as server:
        assert await find_servers(Llm(), Ports(server.port, server.port, server.port)) == []


async def test_programs_that_are_no_servers_of_models_do_no_harm():
    bodies = [
        b"[]",
        b"null",
        b'{"data": 5}',
        b'{"data": [5]}',
        b'{"models": {}}',
        b"\xff",
        b'{"a":' * 10_000,
        b"",
        b" " * 2_000_000 + b'{"data": [{"id": "m"}], "models": [{"name": "m"}]}',  # too much to be true
    ]
    for body in bodies:

        async def serve(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: bytes = body
        ) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        assert await find_servers(Llm(), Ports(port, port, port)) == [], body
        server.close()


async def test_silent_and_endless_programs_do_not_hold_it_up():
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                writer.write(b"x" * 100_000)
                await writer.drain()
        except ConnectionError:
            writer.transport.abort()

    endless = await asyncio.start_server(flood, "127.0.0.1", 0)
    async with fault_server("hang") as silent, fault_server() as studio:
        ports = Ports(silent.port, endless.sockets[0].getsockname()[1], studio.port)
        async with asyncio.timeout(5):
            assert await find_servers(Llm(), ports) == [at(studio.port, "LM Studio", "stand-in")]
    endless.close()


async def test_no_key_is_sent():
    async with fault_server() as server:
        await find_servers(Llm(), Ports(server.port, server.port, server.port))
        assert len(server.requests) == 3
        assert all("authorization" not in request.headers for request in server.requests)


async def test_the_model_of_the_settings_is_used_where_it_is():
    models = [{"id": "first"}, {"id": "qwen3:latest"}]
    async with fault_server(models=models) as ollama, fault_server() as studio:
        ports = Ports(0, ollama.port, studio.port)
        found = await find_servers(Llm(model="qwen3", api_key="sk-secret"), ports)
        assert [server.model for server in found] == ["qwen3:latest", "stand-in"]
        assert all("authorization" not in request.headers for request in ollama.requests + studio.requests)

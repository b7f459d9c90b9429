"""A stand-in for a language model server that can go wrong in every way seen in the wild.

    async with fault_server("stall", tokens=["Hel", "lo"]) as server:
        ... server.url ... server.requests ...

The fault is that of POST /v1/chat/completions, a function in `fault_modes.py`; the other addresses
answer as they should, but for modes that concern them too.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from tests.backend.llm.fault_modes import MODES, TOKENS, Out, Request


class FaultServer:
    """The server; its attributes may be changed while it runs."""

    def __init__(self, mode: str, tokens: Sequence[str], **options: Any) -> None:
        self.mode = mode
        self.tokens = tokens
        self.options = options
        self.models: list[dict[str, Any]] | None = options.get("models", [{"id": "stand-in"}])
        self.requests: list[Request] = []
        self.port = 0
        self.failure: BaseException | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.base}/v1"

    @property
    def chats(self) -> list[Request]:
        return [request for request in self.requests if request.path == "/v1/chat/completions"]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            request = await self._read(reader)
            self.requests.append(request)
            answer = asyncio.ensure_future(self._answer(request, Out(writer)))
            farewell = asyncio.ensure_future(reader.read(1))
            try:
                done, _ = await asyncio.wait({answer, farewell}, return_when=asyncio.FIRST_COMPLETED)
                if answer not in done or isinstance(answer.exception(), ConnectionError):
                    request.is_gone.set()
            finally:
                await _stop(answer)
                await _stop(farewell)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async def _read(self, reader: asyncio.StreamReader) -> Request:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])
        }
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        return Request(method, path, headers, json.loads(body) if body else None)

    async def _answer(self, request: Request, out: Out) -> None:
        if request.path == "/v1/chat/completions":
            await MODES[self.mode](self, request, out)
        elif request.path == "/v1/models" and self.models is not None:
            await self._models(out)
        elif request.path == "/api/tags" and self.models is not None:
            names = [{"name": model["id"]} for model in self.models]
            await out.page(200, json.dumps({"models": names}).encode())
        else:
            await out.error(404, "not found")

    async def _models(self, out: Out) -> None:
        if self.options.get("drops_models"):
            return
        if self.mode == "loading":
            await out.error(503, "Loading model", type="unavailable_error")
        elif self.mode == "unauthorized":
            await out.error(401, "Invalid API Key")
        elif self.mode == "hang":
            await asyncio.Event().wait()
        elif self.mode == "html":
            await out.page(200, b"<!doctype html><title>Router</title>", "text/html")
        else:
            await out.page(200, json.dumps({"object": "list", "data": self.models}).encode())


async def _stop(task: "asyncio.Future[Any]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, ConnectionError):
        await task


@contextlib.asynccontextmanager
async def fault_server(
    mode: str = "ok", tokens: Sequence[str] = TOKENS, *, port: int = 0, **options: Any
) -> AsyncGenerator[FaultServer, None]:
    """Run a server in the mode of that name (see the functions below); options are those of the mode."""
    fault = FaultServer(mode, tokens, **options)
    handlers: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        handlers.add(task)
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await fault.serve(reader, writer)
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    fault.port = server.sockets[0].getsockname()[1]
    try:
        yield fault
    finally:
        server.close()
        for task in handlers:
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)

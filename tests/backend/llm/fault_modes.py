"""The ways in which the stand-in server of `fault_server.py` answers a chat: one function each."""

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

SSE = "text/event-stream"
JSON = "application/json"
TOKENS = ("Hello", " there", ", how", " are", " you", "?")


def event(value: object) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return event({"id": "x", "object": "chat.completion.chunk", "choices": [choice], **more})


def token(text: str) -> bytes:
    return chunk({"content": text})


def usage(prompt_tokens: int, reply_tokens: int, **more: Any) -> bytes:
    counts = {"prompt_tokens": prompt_tokens, "completion_tokens": reply_tokens}
    return event({"choices": [], "usage": counts, **more})


ROLE = chunk({"role": "assistant", "content": None})
STOP = chunk({}, "stop")
DONE = b"data: [DONE]\n\n"


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: Any
    is_gone: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the client went away before the answer was over."""


class Out:
    """One answer on its way out."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.is_chunked = False

    async def head(self, status: int = 200, kind: str = SSE, is_chunked: bool = True, **more: str) -> None:
        lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in more.items()]
        self.is_chunked = is_chunked
        lines.append("Transfer-Encoding: chunked" if is_chunked else "Connection: close")
        await self.raw("\r\n".join(lines).encode() + b"\r\n\r\n")

    async def raw(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def send(self, data: bytes) -> None:
        await self.raw(b"%x\r\n%s\r\n" % (len(data), data) if self.is_chunked else data)

    async def end(self) -> None:
        if self.is_chunked:
            await self.raw(b"0\r\n\r\n")

    async def page(self, status: int, body: bytes, kind: str = JSON, **more: str) -> None:
        await self.head(status, kind, False, Content_Length=str(len(body)), **more)
        await self.raw(body)

    async def error(self, status: int, message: str, **more: object) -> None:
        await self.page(status, json.dumps({"error": {"code": status, "message": message, **more}}).encode())

    def reset(self) -> None:
        """Close with RST."""
        sock: socket.socket = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


class Server(Protocol):
    """What a mode knows of its server."""

    tokens: Sequence[str]
    options: dict[str, Any]

    @property
    def chats(self) -> list[Request]: ...


Mode = Callable[[Server, Request, Out], Awaitable[None]]
MODES: dict[str, Mode] = {}


def mode(function: Mode) -> Mode:
    MODES[function.__name__] = function
    return function


async def _begin(server: Server, out: Out, **more: Any) -> None:
    await out.head(**more)
    await out.send(ROLE)
    for text in server.tokens:
        await out.send(token(text))


async def _end(server: Server, out: Out) -> None:
    await out.send(STOP + usage(100, len(server.tokens)) + DONE)
    await out.end()


@mode
async def ok(server: Server, request: Request, out: Out) -> None:
    await _begin(server, out)
    await _end(server, out)


@mode
async def script(server: Server, request: Request, out: Out) -> None:
    """Send the bytes `parts`, each in a write of its own; `pace` seconds between them."""
    await out.head(kind=server.options.get("kind", SSE))
    for part in server.options["parts"]:
        await out.send(part)
        await asyncio.sleep(server.options.get("pace", 0))
    await out.end()


@mode
async def pings(server: Server, request: Request, out: Out) -> None:
    await out.head()
    for text in server.tokens:
        await out.send(b": ping\n\n" + token(text) + b":\n\nevent: ping\ndata:\n\n")
    await _end(server, out)


@mode
async def no_done(server: Server, request: Request, out: Out) -> None:
    await _begin(server, out)
    await out.send(STOP)
    await out.end()


@mode
async def no_end(server: Server, request: Request, out: Out) -> None:
    """Ends the stream neatly, in the middle of the answer."""
    await _begin(server, out)
    await out.end()


@mode
async def stays_open(server: Server, request: Request, out: Out) -> None:
    """Finishes, says no [DONE] and never closes."""
    await _begin(server, out)
    await out.send(STOP)
    await asyncio.Event().wait()


@mode
async def error_chunk(server: Server, request: Request, out: Out) -> None:
    await _begin(server, out)
    await out.send(event({"error": {"code": 500, "message": "Out of memory", "type": "server_error"}}))
    await out.end()


@mode
async def error_500(server: Server, request: Request, out: Out) -> None:
    await out.error(500, server.options.get("message", "Internal trouble"))


@mode
async def error_body(server: Server, request: Request, out: Out) -> None:
    """An error as JSON under a 200."""
    await out.page(200, b'{"error": "model crashed"}')


@mode
async def not_streamed(server: Server, request: Request, out: Out) -> None:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": "".join(server.tokens)},
        "finish_reason": "stop",
    }
    counts = {"prompt_tokens": 7, "completion_tokens": 3}
    await out.page(200, json.dumps({"choices": [choice], "usage": counts}).encode())


@mode
async def html(server: Server, request: Request, out: Out) -> None:
    await out.page(200, b"\n<!doctype html><title>Router</title><h1>Welcome</h1>", "text/html")


@mode
async def garbage(server: Server, request: Request, out: Out) -> None:
    await out.head()
    await out.send(b"\x00\x01\xfe what \r\n data: x\n\ndata: {nope\n\ndata: \n\n")
    await out.end()


@mode
async def not_http(server: Server, request: Request, out: Out) -> None:
    await out.raw(b"SSH-2.0-OpenSSH_9.6\r\n")


@mode
async def wrong_shapes(server: Server, request: Request, out: Out) -> None:
    """Lines of wrong shape between the good ones."""
    await out.head()
    bad = [
        [],
        7,
        "x",
        None,
        {"choices": 5},
        {"choices": [5]},
        {"choices": [{"delta": []}]},
        {"choices": [{}]},
    ]
    bad += [
        {"choices": [{"delta": {"content": 5}}]},
        {"choices": None, "usage": 5},
        {"usage": {"prompt_tokens": "x"}},
    ]
    for text in server.tokens:
        await out.send(b"".join(event(value) for value in bad) + token(text))
    await out.send(b"data: " + b'{"a":' * 50_000 + b"\n\n")
    await _end(server, out)


@mode
async def bad_utf8(server: Server, request: Request, out: Out) -> None:
    await out.head()
    await out.send(token("fine ") + b'data: {"choices":[{"delta":{"content":"b\xffd"}}]}\n\n')
    await out.send(b'data: {"choices":[{"delta":{"content":" \\ud83d!"}}]}\n\n')
    await _end(server, out)


@mode
async def redirect(server: Server, request: Request, out: Out) -> None:
    await out.page(307, b"", Location=server.options.get("location", "http://127.0.0.1:1/"))


@mode
async def die(server: Server, request: Request, out: Out) -> None:
    """The server is killed in the middle of the answer."""
    await _begin(server, out)


@mode
async def rst(server: Server, request: Request, out: Out) -> None:
    await _begin(server, out)
    await asyncio.sleep(0.05)  # else the reset overtakes the text
    out.reset()


@mode
async def drop(server: Server, request: Request, out: Out) -> None:
    """Closes without an answer, the first `times` times."""
    if len(server.chats) > server.options.get("times", 1):
        await ok(server, request, out)


@mode
async def hang(server: Server, request: Request, out: Out) -> None:
    await asyncio.Event().wait()


@mode
async def hang_after_head(server: Server, request: Request, out: Out) -> None:
    await out.head()
    await out.send(ROLE)
    await asyncio.Event().wait()


@mode
async def stall(server: Server, request: Request, out: Out) -> None:
    await _begin(server, out)
    await asyncio.Event().wait()


@mode
async def drip(server: Server, request: Request, out: Out) -> None:
    """After the tokens one byte at a time, for ever, of what `drops` repeats."""
    await _begin(server, out)
    while True:
        for byte in server.options.get("drops", b": ping\n\n"):
            await out.send(bytes([byte]))
            await asyncio.sleep(0.01)


@mode
async def endless(server: Server, request: Request, out: Out) -> None:
    await out.head()
    while True:
        await out.send(token("blah ") * 500)


@mode
async def endless_line(server: Server, request: Request, out: Out) -> None:
    await _begin(server, out)
    await out.send(b"data: ")
    while True:
        await out.send(b"x" * 60_000)


@mode
async def loading(server: Server, request: Request, out: Out) -> None:
    """Loads until the mode is changed."""
    await out.error(503, "Loading model", type="unavailable_error")


@mode
async def unauthorized(server: Server, request: Request, out: Out) -> None:
    await out.error(401, f"Incorrect API key provided: {request.headers.get('authorization')}")


@mode
async def strict(server: Server, request: Request, out: Out) -> None:
    """Refuses fields that it does not know."""
    unknown = set(request.body) - {"model", "messages", "stream", "max_tokens", "temperature"}
    if unknown:
        await out.error(400, f"Unrecognized request arguments: {', '.join(sorted(unknown))}")
    else:
        await ok(server, request, out)


@mode
async def too_long(server: Server, request: Request, out: Out) -> None:
    """As llama.cpp says it."""
    message = "the request exceeds the available context size, try increasing it"
    await out.error(400, message, type="exceed_context_size_error", n_prompt_tokens=6020, n_ctx=4096)


@mode
async def thinks(server: Server, request: Request, out: Out) -> None:
    """Thoughts in fields of their own."""
    await out.head()
    await out.send(ROLE + chunk({"reasoning_content": "let me see"}) + chunk({"reasoning": "hmm"}))
    for text in server.tokens:
        await out.send(token(text))
    await _end(server, out)

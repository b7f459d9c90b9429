"""A real hub in a process of its own, and clients that talk to it the way strangers would."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect

from backend.shared.runfile import RunFile, read_run_file

ROOT = Path(__file__).parents[1]
START_SECONDS = 30
LIMIT_SECONDS = 20


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def environment(home: Path, **settings: str) -> dict[str, str]:
    """The environment of a child: none of this user's settings, none of the model servers here."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ALISA_")}
    chosen = {"ALISA_HOME": str(home), "ALISA_LLM_DISCOVER": "false", "PYTHONWARNINGS": "error"}
    return kept | chosen | {f"ALISA_{key.upper()}": value for key, value in settings.items()}


class HubProcess:
    """`python -m backend`."""

    program = "backend"
    stdin: int | None = asyncio.subprocess.DEVNULL
    stdout: int | None = None

    def __init__(self, home: Path, **settings: str) -> None:
        self.home = home
        self.settings = {"hub_port": "0"} | settings
        self.process: asyncio.subprocess.Process | None = None
        self.run: RunFile | None = None

    async def start(self) -> "HubProcess":
        begun = time.time()
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self.program,
            cwd=ROOT,
            env=environment(self.home, **self.settings),
            stdin=self.stdin,
            stdout=self.stdout,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(START_SECONDS):
            while True:
                self.run = read_run_file(self.home)
                if self.run and self.run.started >= begun - 0.01 and self.run.pid == self.process.pid:
                    return self
                if self.process.returncode is not None:
                    raise AssertionError(
                        f"the hub ended with {self.process.returncode}: {await self.errors()}"
                    )
                await asyncio.sleep(0.02)

    async def errors(self) -> str:
        return (await self.process.stderr.read()).decode()

    @property
    def port(self) -> int:
        return self.run.port

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.run.port}"

    async def stop(self) -> int:
        """Ask it to stop; returns its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(LIMIT_SECONDS):
            return await self.process.wait()

    async def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()

    async def request(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """One HTTP request, exactly as written; header names with _ for -. None leaves a header out."""
        chosen = {"Host": self.host, "Connection": "close"}
        if body is not None:
            chosen |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
        chosen |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in chosen.items() if v is not None)]
        return await self.raw("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b""))

    async def raw(self, data: bytes) -> tuple[int, dict[str, str], bytes]:
        """Send bytes, read one HTTP response to the end of the connection."""
        async with asyncio.timeout(LIMIT_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            with contextlib.suppress(ConnectionError):
                writer.write(data)
                await writer.drain()
            answer = b""
            with contextlib.suppress(ConnectionError):
                while more := await reader.read(65536):
                    answer += more
            writer.close()
        head, _, rest = answer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        found = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
        if found.get("transfer-encoding") == "chunked":
            rest = _unchunk(rest)
        return (int(first.split()[1]) if first else 0), found, rest

    async def post(self, path: str, content: object = None, **headers: str) -> tuple[int, object]:
        body = b"" if content is None else json.dumps(content).encode()
        status, _, answer = await self.request("POST", path, body, **headers)
        return status, json.loads(answer) if answer else None

    async def get(self, path: str, **headers: str) -> tuple[int, object]:
        status, _, answer = await self.request("GET", path, **headers)
        return status, json.loads(answer) if answer else None

    @contextlib.asynccontextmanager
    async def plain(self, **options: object) -> AsyncIterator["PlainClient"]:
        async with connect(f"ws://{self.host}/ws/chat", proxy=None, compression=None, **options) as line:
            yield PlainClient(line)

    @contextlib.asynccontextmanager
    async def typed(self, hello: dict | None = None, **options: object) -> AsyncIterator["TypedClient"]:
        url = f"ws://{self.host}/ws/chat"
        options = {"max_size": 2**24} | options
        async with connect(url, proxy=None, compression=None, subprotocols=["alisa.v1"], **options) as line:
            client = TypedClient(line)
            if hello is not None:
                await client.send(type="hello", **hello)
            yield client


def _unchunk(data: bytes) -> bytes:
    whole = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        length = int(size, 16)
        whole, data = whole + data[:length], data[length + 2 :]
    return whole


class PlainClient:
    """A client of the plain protocol."""

    def __init__(self, line: ClientConnection) -> None:
        self.line = line

    async def send(self, frame: str | bytes) -> None:
        await self.line.send(frame)

    async def say(self, text: str) -> None:
        await self.send(json.dumps({"message": text}))

    async def receive(self) -> str:
        async with asyncio.timeout(LIMIT_SECONDS):
            return await self.line.recv()

    async def until(self, wanted: str) -> list[str]:
        """Frames up to the first that begins with `wanted`, with it."""
        frames = []
        while not frames or not frames[-1].startswith(wanted):
            frames.append(await self.receive())
        return frames

    async def answer(self) -> tuple[str, list[str]]:
        """The text of the next answer, and its control frames."""
        frames = await self.until("[END]")
        control = [f for f in frames if f.startswith(("[END]", "[EMOTION]", "[ERROR]", "[MODE CHANGED]"))]
        return "".join(f for f in frames if f not in control), control


class TypedClient:
    """A client of the typed protocol, without any of our own code."""

    def __init__(self, line: ClientConnection) -> None:
        self.line = line

    async def send(self, **event: object) -> None:
        await self.line.send(json.dumps(event))

    async def receive(self) -> dict:
        async with asyncio.timeout(LIMIT_SECONDS):
            return json.loads(await self.line.recv())

    async def until(self, kind: str) -> list[dict]:
        """Events up to the first of this type, with it."""
        found = []
        while not found or found[-1]["type"] != kind:
            found.append(await self.receive())
        return found

    async def answer(self) -> str:
        """The text of the next answer."""
        return "".join(e["text"] for e in await self.until("turn-ended") if e["type"] == "token")

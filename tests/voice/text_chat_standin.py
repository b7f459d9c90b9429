"""A small real hub that speaks the typed protocol and can be made to fail, and a terminal to look at."""

import asyncio
import contextlib
import itertools
import os
import secrets
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pyte
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from backend.shared import events, records
from backend.shared.runfile import RunFile, remove_run_file, sign, write_run_file
from backend.shared.wire import decode_client_event, encode

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "voice.text_chat"]
LIMIT_SECONDS = 10.0


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a chat that finds its hub in `home`."""
    kept = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TERM", "COLUMNS")}
    return {**kept, "ALISA_HOME": str(home), "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **more}


async def until(condition: Callable[[], object], what: Callable[[], object] = lambda: "") -> None:
    """Wait until the condition holds; `what` says what there was instead."""
    end = time.monotonic() + LIMIT_SECONDS
    while not condition():
        assert time.monotonic() < end, what()
        await asyncio.sleep(0.01)


class StandInHub:
    """Answers each message with the pieces of `answers`, or leaves it to the test (`is_silent`)."""

    def __init__(self, home: Path, **welcome: str) -> None:
        self.home = home
        self.session = secrets.token_hex(4)
        self.heard: list[events.ClientEvent] = []
        self.answers: list[str] = ["Hello", " there", "."]
        self.emotion: records.EmotionName = "happy"
        self.is_silent = False
        self.is_late = False
        """Says which turn a message belongs to after its answer only."""
        self.history: list[records.HistoryMessage] = []
        self.running = ("", "")
        self.known: dict[str, str] = {}
        self._welcome = {"version": "0", "mode": "chat", "engine": "stand-in", "emotion": "neutral"} | welcome
        self._seq = itertools.count(1)
        self._turns = itertools.count(1)
        self._token = secrets.token_hex(16)
        self._connections: set[ServerConnection] = set()
        self._server: Server | None = None

    async def start(self) -> None:
        self._server = await serve(
            self._talk, "127.0.0.1", 0, subprotocols=["alisa.v1"], ping_interval=None, close_timeout=0.2
        )
        port = self._server.sockets[0].getsockname()[1]
        write_run_file(self.home, RunFile(pid=os.getpid(), port=port, token=self._token, started=time.time()))

    async def stop(self) -> None:
        """Vanish as a killed hub does: no goodbye, the run file stays."""
        assert self._server is not None
        for connection in list(self._connections):
            connection.transport.abort()
        self._server.close()
        await self._server.wait_closed()

    def forget(self) -> None:
        """Take the run file back, as a hub does that ends in order."""
        remove_run_file(self.home, self._token)

    async def emit(self, *said: events.HubEvent) -> None:
        for event in said:
            event.seq = next(self._seq)
            for connection in list(self._connections):
                with contextlib.suppress(ConnectionClosed):
                    await connection.send(encode(event), text=True)

    def messages(self) -> list[str]:
        return [event.text for event in self.heard if isinstance(event, events.UserMessage)]

    def got(self, kind: type[events.ClientEvent]) -> list[events.ClientEvent]:
        return [event for event in self.heard if isinstance(event, kind)]

    @property
    def clients(self) -> int:
        return len(self._connections)

    async def begin(self, text: str, source: str = "typed") -> str:
        """The user says something, and her turn begins."""
        turn = f"t{next(self._turns)}-{self.session}"
        await self.emit(events.UserSaid(turn=turn, text=text, source=source), events.TurnStarted(turn=turn))
        return turn

    async def _talk(self, connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            hello = decode_client_event(await connection.recv())
            assert isinstance(hello, events.Hello)
            self.heard.append(hello)
            welcome = events.Welcome(
                session=self.session,
                signature=sign(self._token, hello.nonce),
                resumed=False,
                **self._welcome,
            )
            turn, text = self.running
            snapshot = events.Snapshot(messages=self.history, turn=turn, text=text)
            for event in (welcome, snapshot):
                event.seq = next(self._seq)
                await connection.send(encode(event), text=True)
            self._connections.add(connection)
            try:
                async for frame in connection:
                    await self._obey(decode_client_event(frame))
            finally:
                self._connections.discard(connection)

    async def _obey(self, event: events.ClientEvent) -> None:
        self.heard.append(event)
        match event:
            case events.UserMessage(text=text, id=identifier):
                await self._answer(text, str(identifier))
            case events.ChangeMode(name="nonsense"):
                await self.emit(events.Error(code="unknown-mode", message="There is no such mode."))
            case events.ChangeMode(name=name):
                await self.emit(events.ModeChanged(name=name))
            case events.HistoryQuery(id=identifier, limit=limit):
                page = list(reversed(self.history))[:limit]
                await self.emit(events.HistoryPage(id=identifier, messages=page))
            case events.ClearHistory():
                await self.emit(events.HistoryCleared())

    async def _answer(self, text: str, identifier: str) -> None:
        if identifier in self.known:
            await self.emit(events.Accepted(id=identifier, turn=self.known[identifier]))
            return
        turn = await self.begin(text)
        self.known[identifier] = turn
        accepted = events.Accepted(id=identifier, turn=turn)
        if not self.is_late:
            await self.emit(accepted)
        if not self.is_silent:
            await self.say(turn, *self.answers)
            await self.end(turn)
        if self.is_late:
            await self.emit(accepted)

    async def say(self, turn: str, *pieces: str) -> None:
        await self.emit(events.Emotion(turn=turn, name=self.emotion))
        await self.emit(*(events.Token(turn=turn, text=piece) for piece in pieces))

    async def end(self, turn: str, ending: records.Ending = "complete") -> None:
        await self.emit(events.TurnEnded(turn=turn, ending=ending, emotion=self.emotion))


def stored(role: str, text: str, turn: str, ending: str = "complete") -> records.HistoryMessage:
    """A message as the hub has it in its memory."""
    number = abs(hash((role, turn))) % 1_000_000
    return msgspec.convert(
        {"id": number, "turn": turn, "role": role, "text": text, "emotion": "neutral", "ending": ending}
        | {"time": 1_700_000_000.0},
        records.HistoryMessage,
    )


class Terminal:
    """A chat in a pseudo terminal, and what a person would see there."""

    def __init__(self, arguments: list[str], variables: dict[str, str], rows: int, columns: int) -> None:
        import ptyprocess  # There is none on Windows.

        self.screen = pyte.HistoryScreen(columns, rows, history=5000, ratio=0.5)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self._seen = (-1, "")
        self.process = ptyprocess.PtyProcess.spawn(
            [*COMMAND, *arguments], cwd=str(ROOT), env=variables, dimensions=(rows, columns)
        )
        self.process.delayafterclose = self.process.delayafterterminate = 0.01
        self.is_open = True
        os.set_blocking(self.process.fd, False)
        asyncio.get_running_loop().add_reader(self.process.fd, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self.process.fd, 65536)
        except OSError:
            data = b""
        if not data:
            self.is_open = False
            asyncio.get_running_loop().remove_reader(self.process.fd)
            return
        self.raw += data
        self._stream.feed(data)

    async def type(self, text: str) -> None:
        data = text.encode()
        while data:
            try:
                data = data[os.write(self.process.fd, data) :]
            except BlockingIOError:
                await asyncio.sleep(0.005)

    def text(self) -> str:
        """Everything on the screen and above it."""
        if self._seen[0] != len(self.raw):
            self._seen = (len(self.raw), self._look())
        return self._seen[1]

    def _look(self) -> str:
        above = [
            "".join(row[column].data for column in range(self.screen.columns)).rstrip()
            for row in self.screen.history.top
        ]
        return "\n".join([*above, *(row.rstrip() for row in self.screen.display)]).rstrip()

    async def shows(self, text: str) -> None:
        await until(lambda: text in self.text(), self.text)

    async def hides(self, text: str) -> None:
        await until(lambda: text not in self.text(), self.text)

    def resize(self, rows: int, columns: int) -> None:
        self.screen.resize(rows, columns)
        self.process.setwinsize(rows, columns)

    async def ended(self) -> int:
        """Wait for the end of the process; its exit code."""
        await until(lambda: not self.process.isalive() and not self.is_open, self.text)
        return self.process.exitstatus if self.process.exitstatus is not None else -self.process.signalstatus

    def hang_up(self) -> None:
        """Close the window."""
        self.is_open = False
        asyncio.get_running_loop().remove_reader(self.process.fd)
        self.process.fileobj.close()

    async def close(self) -> None:
        if self.process.isalive():
            self.process.kill(signal.SIGKILL)
            # A busy machine takes its time, and closing waits for only a tenth of a second.
            await until(lambda: not self.process.isalive(), self.text)
        if self.is_open:
            asyncio.get_running_loop().remove_reader(self.process.fd)
        await asyncio.to_thread(self.process.close, True)


@contextlib.asynccontextmanager
async def terminal(
    home: Path, *arguments: str, rows: int = 30, columns: int = 80, **variables: str
) -> AsyncIterator[Terminal]:
    """A chat that runs in a terminal."""
    opened = Terminal(list(arguments), environment(home, **variables), rows, columns)
    try:
        yield opened
    finally:
        await opened.close()


@contextlib.asynccontextmanager
async def hub(home: Path, **welcome: str) -> AsyncIterator[StandInHub]:
    """A running stand-in."""
    started = StandInHub(home, **welcome)
    await started.start()
    try:
        yield started
    finally:
        await started.stop()


async def run(home: Path, *arguments: str, stdin: bytes = b"", **variables: str) -> tuple[int, str, str]:
    """Run a chat without a terminal: exit code, standard output, standard error."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *arguments,
        cwd=ROOT,
        env=environment(home, **variables),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(stdin), 20)
    return process.returncode or 0, _text(out), _text(err)


def _text(data: bytes) -> str:
    return data.decode().replace("\r\n", "\n")


async def asked(tmp_path: Path, heard: StandInHub, *more: str) -> tuple[asyncio.subprocess.Process, str]:
    """A chat that has asked something and waits for the answer: its process, and the turn."""
    heard.is_silent = True
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "--once", "hi", *more, cwd=ROOT, env=environment(tmp_path), stdout=pipe, stderr=pipe
    )
    await until(lambda: heard.known)
    return process, next(iter(heard.known.values()))


async def read_until(process: asyncio.subprocess.Process, words: str) -> None:
    assert process.stdout is not None
    assert (await asyncio.wait_for(process.stdout.readexactly(len(words)), 10)).decode() == words


async def finish(process: asyncio.subprocess.Process) -> tuple[int | None, str, str]:
    out, err = await asyncio.wait_for(process.communicate(), 10)
    return process.returncode, _text(out), _text(err)

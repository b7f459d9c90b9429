"""A hub, the voice in a process of its own, and a sound card between them and the test."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

from backend.shared import events
from backend.shared.client import HubClient, Linked
from tests.hub_process import LIMIT_SECONDS, ROOT, environment
from tests.voice.sound_card import SoundCard

READY_SECONDS = 40.0
Kind = TypeVar("Kind", bound=events.HubEvent)


class Witness:
    """A client of the hub that writes down every event, with the time it came."""

    def __init__(self, home: Path) -> None:
        self._client = HubClient(home, events.Hello(name="witness"))
        self.events: list[tuple[float, events.HubEvent]] = []
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        linked = asyncio.Event()

        async def watch() -> None:
            async with contextlib.aclosing(self._client.listen()) as listening:
                async for event in listening:
                    if isinstance(event, Linked):
                        linked.set()
                    elif isinstance(event, events.HubEvent):
                        self.events.append((time.time(), event))

        self._task = asyncio.create_task(watch())
        async with asyncio.timeout(LIMIT_SECONDS):
            await linked.wait()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def send(self, event: events.ClientEvent) -> None:
        assert await self._client.send(event)

    def all(self, kind: type[Kind]) -> list[Kind]:
        return [event for _, event in self.events if isinstance(event, kind)]

    def answer(self, turn: str) -> str:
        return "".join(event.text for event in self.all(events.Token) if event.turn == turn)

    async def wait_for(self, condition: Callable[[], object], what: str, seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                kinds = [type(event).__name__ for _, event in self.events[-30:]]
                raise AssertionError(f"Waited {seconds} s in vain for {what}. Last: {kinds}")
            await asyncio.sleep(0.01)


class VoiceProcess:
    """`python -m voice` on a sound card, with the lines it prints."""

    def __init__(self, home: Path, card: SoundCard, **settings: str) -> None:
        self._home, self._card, self._settings = home, card, settings
        self.lines: list[str] = []
        self.errors: list[str] = []
        self.process: asyncio.subprocess.Process | None = None
        self._readers: list[asyncio.Task[None]] = []

    async def start(self, *arguments: str) -> None:
        pipe = asyncio.subprocess.PIPE
        ours = environment(self._home, **self._settings)
        theirs = {key: value for key, value in self._card.environment.items() if not key.startswith("ALISA_")}
        # Where tests run as such, libraries are more discreet than on a user's machine.
        theirs.pop("CI", None)
        ours.pop("CI", None)
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "voice",
            *arguments,
            cwd=ROOT,
            env={**theirs, **{key: value for key, value in ours.items() if key not in theirs}},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=pipe,
            stderr=pipe,
        )
        for stream, lines in ((self.process.stdout, self.lines), (self.process.stderr, self.errors)):
            self._readers.append(asyncio.create_task(self._read(stream, lines)))

    @staticmethod
    async def _read(stream: asyncio.StreamReader | None, lines: list[str]) -> None:
        assert stream is not None
        while line := await stream.readline():
            lines.append(line.decode().rstrip())

    async def wait_for_line(self, part: str, seconds: float = READY_SECONDS) -> None:
        end = time.monotonic() + seconds
        while not any(part in line for line in self.lines + self.errors):
            assert self.process is not None
            if time.monotonic() > end or self.process.returncode is not None:
                raise AssertionError(f"No line with {part!r}: {self.lines} {self.errors}")
            await asyncio.sleep(0.02)

    async def stop(self) -> int:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                await self.process.wait()
        except TimeoutError:
            os.kill(self.process.pid, signal.SIGKILL)
            raise
        finally:
            await asyncio.wait(self._readers)
            self.process._transport.close()
        assert self.process.returncode is not None
        return self.process.returncode


def has_open_microphone(witness: Witness) -> bool:
    """What the indicator shows."""
    reports = witness.all(events.SensesChanged)[-1:]
    return any(sense.name == "microphone" and sense.is_on for one in reports for sense in one.senses)


@contextlib.asynccontextmanager
async def voice_house(
    home: Path, card: SoundCard, **settings: str
) -> AsyncIterator[tuple[VoiceProcess, Witness]]:
    """The voice and a witness, with the ears open."""
    witness = Witness(home)
    voice = VoiceProcess(home, card, **settings)
    await witness.start()
    try:
        await voice.start()
        await voice.wait_for_line("She listens")
        await witness.wait_for(lambda: has_open_microphone(witness), "the open microphone")
        yield voice, witness
    finally:
        with contextlib.suppress(ProcessLookupError):
            await voice.stop()
        await witness.stop()

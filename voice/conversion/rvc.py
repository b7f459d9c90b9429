"""Converts her voice with RVC, in a process of its own that is started when needed and ended with this."""

import asyncio
import contextlib
import logging
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from backend.shared import desktop
from voice.conversion import places, worker
from voice.conversion.converter import ConversionError
from voice.deck import Samples

log = logging.getLogger(__name__)

_LOWEST_RATE, _HIGHEST_RATE = 8_000, 192_000
_SHORTER, _LONGER, _SPARE_SECONDS = 0.5, 2.0, 0.5
_TERMINATE_SECONDS, _KILL_SECONDS = 0.5, 2.0


@dataclass(frozen=True)
class Limits:
    """How long what may last, in seconds."""

    piece_seconds: float = 3.0
    """For a piece, beside its own length."""
    loading_patience_seconds: float = 0.5
    """A piece waits so long for the program to be ready, and is then spoken as it is."""
    loading_seconds: float = 180.0
    """For the program to be ready: PyTorch and three models from a slow disk."""
    rest_seconds: tuple[float, ...] = (5.0, 30.0, 120.0, 600.0)
    """After a failure, by failures in a row."""


class Rvc:
    """A `VoiceConverter`.

    Args:
        home: Alisa's folder, with the voice and the environment of RVC.
        command: Another program that speaks the protocol of `worker`.
        limits: How long what may last.
    """

    def __init__(
        self, home: Path, *, command: Sequence[str] | None = None, limits: Limits = Limits()
    ) -> None:
        self._home, self._command, self._limits = home, command, limits
        self._process: _Process | None = None
        self._failures = 0
        self._rests_until = float("-inf")
        self._started_at = 0.0

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return self._process.pid if self._process is not None else None

    async def convert(self, samples: Samples, rate: int) -> tuple[Samples, int]:
        """Convert a piece; see `VoiceConverter.convert`."""
        if time.monotonic() < self._rests_until:
            raise ConversionError("conversion-rests", "The voice conversion rests after a failure.")
        try:
            process = await self._ready()
            async with asyncio.timeout(self._limits.piece_seconds + len(samples) / rate):
                found, new_rate = await process.ask(samples, rate)
            _check(found, new_rate, len(samples) / rate)
        except TimeoutError as error:
            text = "The voice conversion takes too long on this machine; she speaks without it for now."
            raise await self._failed(ConversionError("conversion-slow", text)) from error
        except _BrokenError as error:
            text = "The voice conversion does not work. See why: python -m voice.conversion test"
            raise await self._failed(ConversionError("conversion-broken", text), str(error)) from error
        self._failures = 0
        return np.clip(found, -1.0, 1.0), new_rate

    async def ready(self, seconds: float | None = None) -> str:
        """Start the program and wait until it can convert; returns what it converts with.

        Raises:
            ConversionError: It cannot.
        """
        patience = self._limits.loading_seconds if seconds is None else seconds
        try:
            process = await self._ready(patience)
        except _BrokenError as error:
            text = f"The voice conversion does not work: {error}"
            raise await self._failed(ConversionError("conversion-broken", text), str(error)) from error
        return process.name

    async def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            await process.end()

    async def _ready(self, patience: float | None = None) -> "_Process":
        if self._process is None:
            words = self._command if self._command is not None else places.command(self._home)
            self._started_at = time.monotonic()
            self._process = await _Process.start(words, self._home)
        process = self._process
        seconds = self._limits.loading_patience_seconds if patience is None else patience
        if await process.is_ready(seconds):
            return process
        if time.monotonic() - self._started_at > self._limits.loading_seconds:
            raise _BrokenError("it was not ready in time")
        raise ConversionError(
            "conversion-loading", "The voice conversion is being loaded; until then she speaks without it."
        )

    async def _failed(self, error: ConversionError, detail: str = "") -> ConversionError:
        rests = self._limits.rest_seconds
        rest = rests[min(self._failures, len(rests) - 1)]
        self._failures += 1
        self._rests_until = time.monotonic() + rest
        log.warning("The voice conversion failed (%s) and rests for %.0f s.", detail or error.code, rest)
        await self.close()
        return error


def _check(samples: Samples, rate: int, seconds: float) -> None:
    """What is far from what was given is no voice."""
    if not _LOWEST_RATE <= rate <= _HIGHEST_RATE:
        raise _BrokenError(f"a rate of {rate} samples a second")
    if not np.isfinite(samples).all():
        raise _BrokenError("numbers that are none")
    least, most = _SHORTER * seconds, _LONGER * seconds + _SPARE_SECONDS
    if not (len(samples) and least <= len(samples) / rate <= most):
        raise _BrokenError(f"{len(samples) / rate:.2f} s of sound for {seconds:.2f} s")


class _BrokenError(Exception):
    """The program died, or what it says is no answer."""


class _Process:
    """One life of the program."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.name = ""
        self._process = process
        self._has_news = asyncio.Event()
        self._problem: _BrokenError | None = None
        self._number = 0
        self._waiting: dict[int, asyncio.Future[tuple[Samples, int]]] = {}
        self._reader = asyncio.create_task(self._read(), name="conversion")

    @classmethod
    async def start(cls, words: Sequence[str], home: Path) -> "_Process":
        place = places.folder(home)
        try:
            desktop.make_private_folder(place)
            process = await asyncio.create_subprocess_exec(
                *words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=place,
                env=places.variables(home),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise _BrokenError(f"it cannot be started: {error.strerror}") from error
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def is_ready(self, seconds: float) -> bool:
        """Wait for it; raises where it never will be."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._has_news.wait()
        if self._problem is not None:
            raise self._problem
        return bool(self.name)

    async def ask(self, samples: Samples, rate: int) -> tuple[Samples, int]:
        if self._problem is not None or self._process.stdin is None:
            raise self._problem or _BrokenError("it has no stdin")
        self._number += 1
        number = self._number
        answer: asyncio.Future[tuple[Samples, int]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            self._process.stdin.write(worker.pack({"id": number, "rate": rate}, samples))
            with contextlib.suppress(OSError):
                await self._process.stdin.drain()
            return await answer
        finally:
            # Whoever gives up does not want a late answer.
            self._waiting.pop(number, None)

    async def _read(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None  # noqa: S101  it was asked for
        try:
            while True:
                length = worker.header_length(await pipe.readexactly(4))
                header = worker.read_header(await pipe.readexactly(length))
                sound = await pipe.readexactly(4 * header["samples"])
                self._take(header, worker.to_samples(sound))
        except (EOFError, OSError):
            self._break(_BrokenError("its program has ended"))
        except ValueError:
            self._break(_BrokenError("what its program says is no answer"))
        except _BrokenError as error:
            self._break(error)

    def _take(self, header: dict[str, Any], samples: Samples) -> None:
        error, number, rate = header.get("error"), header.get("id"), header.get("rate")
        if isinstance(header.get("ready"), str) and not self.name:
            self.name = header["ready"] or "RVC"
            self._has_news.set()
        elif type(number) is not int:
            raise _BrokenError(str(error or "what its program says is no answer")[:300])
        elif (answer := self._waiting.get(number)) is None or answer.done():
            return
        elif isinstance(rate, int) and error is None:
            answer.set_result((samples, rate))
        else:
            answer.set_exception(_BrokenError(str(error)[:300]))

    def _break(self, problem: _BrokenError) -> None:
        self._problem = problem
        self._has_news.set()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(problem)

    async def end(self) -> None:
        """End it, however busy it is."""
        process = self._process
        self._reader.cancel()
        if process.stdin is not None:
            process.stdin.close()
        try:
            for insist, patience in ((process.terminate, _TERMINATE_SECONDS), (process.kill, _KILL_SECONDS)):
                if process.returncode is None:
                    with contextlib.suppress(ProcessLookupError):
                        insist()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(patience):
                        await process.wait()
                    break
            await asyncio.wait({self._reader})
        finally:  # also when this is cancelled
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()

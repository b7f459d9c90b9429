"""llama.cpp inside Alisa: looks after the process that runs the user's own GGUF file.

The process is started when it is first needed, started again when it has died, and ended after long idleness,
so that its memory comes back. Everything said to it goes through the same HTTP client as to any other server.
"""

import asyncio
import contextlib
import importlib.util
import logging
import secrets
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path

import msgspec

from backend.llm import gguf
from backend.llm.engine import EngineError, EngineParts, Piece, Progress, Prompt
from backend.llm.engines import openai_compatible
from backend.llm.runtime import Options, Report, default_threads
from backend.shared.settings import Llm

log = logging.getLogger(__name__)

LOAD_SECONDS = 300.0
"""Longest loading: a large model from a slow disk."""
BACKOFF_SECONDS = (0.0, 1.0, 5.0, 15.0, 60.0)
"""Pause before the next start, by failures in a row; a single one may be bad luck."""
IDLE_CHECK_SECONDS = 15.0

_SIGN_OF_LIFE_SECONDS = 1.0
_CHECK_SECONDS = 1.0
_DEATH_SECONDS = 0.5
_END_SECONDS, _TERMINATE_SECONDS, _KILL_SECONDS = 1.0, 0.4, 0.4
_PROJECT = Path(__file__).parents[3]


class Engine:
    """The model in `llm.embedded_model`, in a process of its own."""

    def __init__(self, llm: Llm, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is started or opened yet.

        Args:
            llm: The settings; `embedded_model` is the file to run.
            clock: Seconds that only grow; for idleness and back-off.
        """
        self.model = Path(llm.embedded_model).expanduser().absolute()
        self.name = f"llama.cpp inside Alisa ({self.model.stem})"
        self._llm = llm
        self._clock = clock
        self._process: asyncio.subprocess.Process | None = None
        self._client: openai_compatible.Engine | None = None
        self._loading: asyncio.Task[None] | None = None
        self._idle_watch: asyncio.Task[None] | None = None
        self._users = 0
        self._last_use = clock()
        self._failures = 0
        self._retry_at = float("-inf")
        self._problem = ""

    @property
    def pid(self) -> int | None:
        """Id of the process while there is one."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def check(self) -> bool:
        """True when the file is a GGUF, llama.cpp is installed, and no restart is being put off."""
        if importlib.util.find_spec("xllamacpp") is None or self._clock() < self._retry_at:
            return False
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                return await asyncio.to_thread(gguf.has_magic, self.model)
        except TimeoutError:
            return False

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """The answer, as it comes; loads the model first where it is not loaded.

        Raises:
            EngineError: "llm-unreachable" when there is no process to answer, "llm-cut" when it died amid
                the answer, and what the HTTP client raises.
        """
        with self._in_use():
            for is_last_try in (False, True):
                async for progress in self._ensure_loaded():
                    yield Piece(progress=progress)
                client = self._loaded_client()
                has_answered = has_begun = False
                try:
                    async with contextlib.aclosing(client.stream(prompt)) as pieces:
                        async for piece in pieces:
                            has_answered, has_begun = True, has_begun or bool(piece.texts)
                            yield piece
                    self._failures = 0
                    return
                except EngineError as error:
                    if not await self._has_died():
                        raise
                    # Without any answer it was dead before we asked, which can be known a moment too late.
                    if has_answered or is_last_try:
                        code = "llm-cut" if has_begun else "llm-unreachable"
                        raise EngineError(
                            code, "The model inside Alisa has stopped; it starts again."
                        ) from error

    async def warm(self, prompt: Prompt) -> None:
        """Load the model and read the prompt; an `EngineError` is for the next answer to report."""
        with self._in_use(), contextlib.suppress(EngineError):
            async for _progress in self._ensure_loaded():
                pass
            await self._loaded_client().warm(prompt)

    async def close(self) -> None:
        """End the process within 2 seconds."""
        for task in (self._loading, self._idle_watch):
            if task:
                task.cancel()
                await asyncio.wait({task})
        await self._end_process()

    @contextlib.contextmanager
    def _in_use(self) -> Iterator[None]:
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            self._last_use = self._clock()

    def _loaded_client(self) -> openai_compatible.Engine:
        if self._client is None:
            raise EngineError("llm-unreachable", self._problem or "The model inside Alisa is being closed.")
        return self._client

    async def _ensure_loaded(self) -> AsyncGenerator[Progress, None]:
        """Start the process where there is none; returns when it is ready or has failed.

        Loading belongs to the engine, not to the turn that asked first: a cancelled turn does not undo it.
        """
        if self._process and self._process.returncode is not None:
            await self._give_up("The model inside Alisa has stopped by itself.")
        if self._client:
            return
        if self._loading is None:
            if self._clock() < self._retry_at:
                return
            self._loading = asyncio.create_task(self._load())
        loading = self._loading
        while not loading.done():
            yield Progress("loading")
            await asyncio.wait({loading}, timeout=_SIGN_OF_LIFE_SECONDS)

    async def _load(self) -> None:
        begun = time.monotonic()
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                port, api_key = await self._start_process()
        except TimeoutError:
            await self._give_up("The model inside Alisa took too long to load. Try a smaller one.")
        except (EngineError, OSError) as error:
            await self._give_up(str(error))
        else:
            self._client = openai_compatible.Engine(
                name=self.name,
                base_url=f"http://127.0.0.1:{port}/v1",
                model=self.model.stem,
                api_key=api_key,
                llm=self._llm,
                kind="llama.cpp",
            )
            self._problem = ""
            log.info("%s is loaded after %.1f s", self.name, time.monotonic() - begun)
            if self._llm.unload_minutes and (self._idle_watch is None or self._idle_watch.done()):
                self._idle_watch = asyncio.create_task(self._unload_when_idle())
        finally:
            self._loading = None

    async def _start_process(self) -> tuple[int, str]:
        """Start it and wait until it serves.

        Returns:
            Its port and its key. The key changes at each start and goes through the pipe: the command line
            and the environment of a process can be read by others.
        """
        options = Options(
            model=str(self.model),
            api_key=secrets.token_urlsafe(32),
            context_tokens=self._llm.context_tokens,
            threads=self._llm.threads or default_threads(),
        )
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "backend.llm.runtime",
            cwd=_PROJECT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            # llama.cpp's own log is not ours to promise anything about: it may hold words of the user.
            stderr=asyncio.subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        if process.stdin is None or process.stdout is None:
            raise EngineError("llm-unreachable", "The model inside Alisa cannot be spoken to.")
        process.stdin.write(msgspec.json.encode(options) + b"\n")
        async for line in process.stdout:
            try:
                report = msgspec.json.decode(line, type=Report)
            except msgspec.MsgspecError:
                continue  # a library's own words
            if report.error:
                raise EngineError("llm-unreachable", report.message)
            if report.ready:
                return report.ready, options.api_key
        message = "The model inside Alisa stopped while loading: perhaps it needs more memory than there is."
        raise EngineError("llm-unreachable", message)

    async def _has_died(self) -> bool:
        """Whether the process is gone; a broken connection can be seen a moment before its end."""
        process = self._process
        if process is None:
            return True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DEATH_SECONDS):
                await process.wait()
        if process.returncode is None:
            return False
        if process is self._process:  # else another turn has noticed it first
            await self._give_up("The model inside Alisa has stopped by itself.")
        return True

    async def _give_up(self, problem: str) -> None:
        """End what is left of the process and put the next start off."""
        self._problem = problem
        pause = BACKOFF_SECONDS[min(self._failures, len(BACKOFF_SECONDS) - 1)]
        self._failures += 1
        self._retry_at = self._clock() + pause
        log.warning("%s failed (%d in a row): %s", self.name, self._failures, problem)
        await self._end_process()

    async def _unload_when_idle(self) -> None:
        limit = self._llm.unload_minutes * 60
        while self._client:
            await asyncio.sleep(min(limit, IDLE_CHECK_SECONDS))
            if not self._users and self._clock() - self._last_use >= limit:
                log.info("%s was idle and is unloaded", self.name)
                await self._end_process()

    async def _end_process(self) -> None:
        """Ask the process to end by closing its stdin; insist where it does not."""
        process, self._process = self._process, None
        client, self._client = self._client, None
        if client:
            await client.close()
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        steps = ((None, _END_SECONDS), (process.terminate, _TERMINATE_SECONDS), (process.kill, _KILL_SECONDS))
        try:
            for insist, patience in steps:
                if insist and process.returncode is None:
                    insist()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(patience):
                        await process.wait()
                    return
            log.error("%s: process %d does not end", self.name, process.pid)
        finally:  # also when we are cancelled in the middle
            if process.returncode is None:
                process.kill()


def make(parts: EngineParts) -> Engine:
    """The engine for `llm.embedded_model`."""
    return Engine(parts.llm)

"""Picks who answers: the user's server, one found on this machine, the embedded model, the built-in brain."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Callable

from backend.llm.breaker import Breaker
from backend.llm.discovery import USUAL_PORTS, Found, Ports, find_servers
from backend.llm.engine import Engine, EngineError, Piece, Prompt
from backend.llm.engines import openai_compatible
from backend.llm.tokens import TokenCounter
from backend.shared.settings import Llm

log = logging.getLogger(__name__)

SEARCH_AGAIN_SECONDS = 15.0
CHECK_SECONDS = 1.5

_NO_FAULT_OF_THE_ENGINE = frozenset({"llm-refused", "llm-too-long"})
_NO_OTHER_ENGINE_HELPS = frozenset({"llm-too-long"})


class _Rung:
    """An engine and how it has been doing."""

    def __init__(self, engine: Engine, clock: Callable[[], float]) -> None:
        self.engine = engine
        self.breaker = Breaker(clock)

    async def is_there(self) -> bool:
        """Ask the engine; never longer than a moment."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CHECK_SECONDS):
                return await self.engine.check()
        return False

    async def is_ready(self) -> bool:
        """False while it is left alone, and where it has failed and is still not there."""
        if self.breaker.is_open:
            return False
        if not self.breaker.has_failed or await self.is_there():
            return True
        self.breaker.fail()
        return False

    def note(self, error: EngineError, has_spoken: bool) -> None:
        """Remember a failure, where it says something about the next try."""
        if error.code in _NO_FAULT_OF_THE_ENGINE:
            return
        if has_spoken:
            self.breaker.doubt()
        else:
            self.breaker.fail()


class Ladder:
    """The engines from the best to the one that always works.

    Args:
        llm: The settings.
        embedded: The model inside Alisa, if the user has chosen one.
        builtin: The last rung, which cannot fail.
        only: Use this engine and no other.
        on_change: Called whenever another engine answers than before, ahead of its first text: with its name
            and, in words for people, why the better one does not; empty where this is the better one.
        clock: Seconds that never run backwards.
        ports: Where to look for servers.

    Raises:
        EngineError: `llm.url` or `llm.api_key` cannot be used.
    """

    def __init__(  # noqa: PLR0913  # clock and ports are seams for tests
        self,
        llm: Llm,
        embedded: Engine | None,
        builtin: Engine,
        only: Engine | None = None,
        *,
        on_change: Callable[[str, str], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        ports: Ports = USUAL_PORTS,
    ) -> None:
        self._llm = llm
        self._on_change = on_change
        self._clock = clock
        self._ports = ports
        self._has_search = llm.discover and not llm.url and only is None
        self._searched_at = float("-inf")
        self._searching = asyncio.Lock()
        self._found: dict[Found, _Rung] = {}
        self._own = [_Rung(engine, clock) for engine in self._choose(embedded, builtin, only)]
        self._given = [engine for engine in (embedded, builtin, only) if engine is not None]
        self._name = self._own[0].engine.name
        self._counters: dict[str, TokenCounter] = {}

    @property
    def engine(self) -> str:
        """Name of the engine that answered last, or would answer now."""
        return self._name

    @property
    def tokens(self) -> TokenCounter:
        """Estimates for that engine; learns by itself."""
        return self._counter(self._name)

    @property
    def context_tokens(self) -> int:
        """How much that engine takes: as its server says, else as the settings say."""
        for rung in self._rungs():
            engine = rung.engine
            if engine.name == self._name and isinstance(engine, openai_compatible.Engine):
                return engine.context_tokens or self._llm.context_tokens
        return self._llm.context_tokens

    async def look(self) -> str:
        """Find out who would answer now; at most a few seconds.

        Returns:
            The name of that engine.
        """
        await self._search()
        reason = ""
        for rung in self._rungs():
            if not rung.breaker.is_open and await rung.is_there():
                self._settle(rung, reason)
                break
            reason = reason or f"{rung.engine.name} does not answer."
        return self._name

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """The answer of the best engine that can give one.

        An engine that fails before its first text is left for the next one; after it, nothing is repeated.

        Raises:
            EngineError: the last engine failed, or one broke off in the middle of its answer.
        """
        await self._search()
        rungs = self._rungs()
        reason = ""
        for rung in rungs:
            is_last = rung is rungs[-1]
            if not is_last and not await rung.is_ready():
                reason = reason or f"{rung.engine.name} does not answer."
                continue
            has_spoken = False
            try:
                async with contextlib.aclosing(self._answer(rung, prompt)) as pieces:
                    async for piece in pieces:
                        if piece.texts and not has_spoken:
                            has_spoken = True
                            self._settle(rung, reason)
                        yield piece
                rung.breaker.succeed()
                return
            except EngineError as error:
                log.warning("%s failed: %s", rung.engine.name, error.code)
                rung.note(error, has_spoken)
                if has_spoken or is_last or error.code in _NO_OTHER_ENGINE_HELPS:
                    raise
                reason = reason or error.message

    async def warm(self, prompt: Prompt) -> None:
        """Let the engine that would answer read the prompt ahead, where that saves time."""
        rung = next((rung for rung in self._rungs() if rung.engine.name == self._name), None)
        if rung is not None and not rung.breaker.is_open:
            await rung.engine.warm(prompt)

    async def close(self) -> None:
        """Close all engines."""
        engines = [*(rung.engine for rung in self._rungs()), *self._given]
        for engine in {id(engine): engine for engine in engines}.values():
            await engine.close()

    def _choose(self, embedded: Engine | None, builtin: Engine, only: Engine | None) -> list[Engine]:
        if only is not None:
            return [only]
        engines = [engine for engine in (embedded, builtin) if engine is not None]
        if self._llm.url:
            engines.insert(0, openai_compatible.configured(self._llm))
        return engines

    def _rungs(self) -> list[_Rung]:
        return [*self._found.values(), *self._own]

    async def _answer(self, rung: _Rung, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """The answer of one engine; blanks wait for the first word, since they alone are no answer."""
        held: list[str] = []
        has_spoken = False
        async with contextlib.aclosing(rung.engine.stream(prompt)) as pieces:
            async for piece in pieces:
                if piece.usage is not None:
                    self._counter(rung.engine.name).learn(prompt.messages, piece.usage.prompt_tokens)
                if has_spoken:
                    yield piece
                    continue
                held += piece.texts
                has_spoken = any(text.strip() for text in piece.texts)
                if has_spoken or piece.progress or piece.usage:
                    yield Piece(held if has_spoken else [], piece.progress, piece.usage)
        if not has_spoken:
            raise EngineError("llm-bad-reply", f"{rung.engine.name} gave an empty answer.")

    def _counter(self, name: str) -> TokenCounter:
        return self._counters.setdefault(name, TokenCounter())

    def _settle(self, rung: _Rung, reason: str) -> None:
        name = rung.engine.name
        if name == self._name:
            return
        self._name = name
        log.info("%s answers from now on", name)
        if self._on_change is not None:
            self._on_change(name, reason)

    async def _search(self) -> None:
        """Look for servers; who comes while that is under way waits for its end."""
        if not self._has_search:
            return
        async with self._searching:
            if self._is_search_due():
                await self._find()

    def _is_search_due(self) -> bool:
        """Only where none of those found is well, and the last search is some time ago."""
        if self._clock() - self._searched_at < SEARCH_AGAIN_SECONDS:
            return False
        return all(rung.breaker.has_failed for rung in self._found.values())

    async def _find(self) -> None:
        servers = await find_servers(self._llm, self._ports)
        self._searched_at = self._clock()
        gone = [rung for server, rung in self._found.items() if server not in servers]
        self._found = {server: self._found.get(server) or self._rung_of(server) for server in servers}
        for rung in gone:
            await rung.engine.close()

    def _rung_of(self, server: Found) -> _Rung:
        engine = openai_compatible.Engine(
            server.name, server.base_url, server.model, "", self._llm, kind=server.kind
        )
        return _Rung(engine, self._clock)

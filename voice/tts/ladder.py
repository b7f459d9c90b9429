"""Which engine speaks: the best that is well, and the next one at once where it fails.

The rules:
- The best engine has 1.5 s for a piece. From then on the piece is taken from the next one that has it; that
  one begins 0.8 s after the best, so that it has it by then. So she is never mute for 2 s.
- An engine that failed is left alone for 15 s, then longer and longer, up to 5 min. After that a piece that
  she speaks anyway is also given to it, unheard; when it has that in time, it is well again.
- It then takes over again between two answers, or after `STAY_PIECES` pieces of the voice that stood in.
- Where nothing works there is silence as long as the text takes, and `problem` says why.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.shared import registry
from backend.shared.errors import AlisaError
from backend.shared.settings import Voice
from voice.tts import engines
from voice.tts.engine import Engine, Manner, Spoken, TtsError, VoiceInfo
from voice.tts.engines.silent import Silent
from voice.tts.health import Health
from voice.tts.plain_text import has_words

log = logging.getLogger(__name__)

HEDGE_SECONDS = 0.8
"""So long the best engine is alone with a piece."""
LIMIT_SECONDS = 1.5
"""From then on a piece is taken from whoever has it."""
STAY_PIECES = 3
"""One voice stays for so many pieces, unless the answer is over before."""

CLOUD = {"edge"}
ORDER = ("edge", "piper", "system", "espeak")
"""From the best to the worst; engines of other names come after these."""

# The third engine begins so long after the second, and so on.
_NEXT_SECONDS = 0.35
# An engine that was well may finish a piece that nobody else has; one that was not is no longer waited for.
_LONGEST_SECONDS, _LONGEST_BROKEN_SECONDS = 10.0, 1.9
# A local engine that is late may only be reading its model: it is not stopped.
_LOADING_SECONDS = 30.0
# So often the user's consent to the cloud is looked at while something is there.
_CONSENT_SECONDS = 0.05
_END_SECONDS = 1.0
_VOICES_SECONDS = 8.0
# A pause between two answers, not between two sentences.
_PAUSE_SECONDS = 0.5
_TOO_SLOW = "It is too slow."
_CLOUD_IS_OFF = "The cloud voice is switched off. Switch it on in her menu (voice.cloud = true)."


class _Rung:
    """One engine, and what is known of it."""

    def __init__(self, engine: Engine, clock: Callable[[], float]) -> None:
        self.engine = engine
        self.health = Health(clock)
        self.lock = asyncio.Lock()


@dataclass(frozen=True)
class _Attempt:
    rung: _Rung
    task: asyncio.Task[Spoken | None]

    @property
    def spoken(self) -> Spoken | None:
        """The sound, once it is there."""
        is_there = self.task.done() and not self.task.cancelled()
        return self.task.result() if is_there else None


class Ladder:
    """All engines as one that never fails.

    Attributes:
        current: The engine that spoke last, "silent" where none could; empty at first.
        is_cloud: That engine is a cloud one.
        was_sent: The last piece went to a cloud engine, even where another one spoke it.
        problem: Why she is mute, or why her best voice is away, with what to do. Empty: all is well.
    """

    def __init__(
        self,
        rungs: Sequence[Engine],
        *,
        is_cloud_allowed: Callable[[], bool],
        on_change: Callable[[str], None],
        missing: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Contact nobody yet.

        Args:
            rungs: The engines, best first.
            is_cloud_allowed: Asked before and while anything is with a cloud engine; once it says no, that
                is called back at once.
            on_change: Told `problem` when another engine has to stand in, or none can, and in plain words
                when that is over.
            missing: Engines that are not there, and in plain words why.
            clock: Seconds that only ever grow.
        """
        voiced = [engine for engine in rungs if engine.name != "silent"]
        self._rungs = [_Rung(engine, clock) for engine in voiced or rungs]
        self._missing = dict(missing or {})
        self._silent = Silent()
        self._is_cloud_allowed, self._on_change, self._clock = is_cloud_allowed, on_change, clock
        self.current = ""
        self.is_cloud = self.was_sent = False
        self.problem = "" if self._rungs else self._why_mute()
        self._told: tuple[str, str] | None = None
        self._voice: _Rung | None = None
        self._is_sent = False
        self._stay = 0
        self._silent_at = clock()
        self._piece = asyncio.Lock()
        self._tasks: set[asyncio.Task[Spoken | None]] = set()

    async def speak(self, text: str, manner: Manner, spare_seconds: float = 0.0) -> Spoken:
        """Make the sound of a piece of her answer; it never fails. Pieces are made one after the other.

        Args:
            text: What to say.
            manner: How to say it.
            spare_seconds: How much of her answer is still to be heard before this piece is due: so much
                longer may it take.
        """
        if not has_words(text):
            return await self._silent.speak(text, manner)
        async with self._piece:
            if self._clock() > self._silent_at + _PAUSE_SECONDS:
                self._stay = 0
            self._is_sent = False
            found = await self._race(text, manner, max(0.0, spare_seconds))
            spoken = found[1] if found else await self._silent.speak(text, manner)
            self._silent_at = max(self._clock(), self._silent_at) + spoken.seconds
            self._tell(found[0] if found else None)
            return spoken

    async def prepare(self, manner: Manner) -> None:
        """Let the local engines read their models, so that her first words need not wait for it."""
        for rung in self._rungs:
            if not rung.engine.is_cloud and await self._try(rung, "Hm.", manner):
                return

    async def voices(self) -> dict[str, list[VoiceInfo]]:
        """The voices of each engine; a cloud engine is only asked while it is allowed."""
        asked = [rung.engine for rung in self._rungs if self._is_allowed(rung)]
        lists = await asyncio.gather(*(_list(engine) for engine in asked))
        return {engine.name: found for engine, found in zip(asked, lists, strict=True)}

    async def close(self) -> None:
        """End what is under way and give back what the engines hold."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_END_SECONDS)
        for rung in self._rungs:
            try:
                async with asyncio.timeout(_END_SECONDS):
                    await rung.engine.close()
            except (TtsError, TimeoutError) as error:
                log.warning("%s did not end well: %s", rung.engine.name, type(error).__name__)

    def _is_allowed(self, rung: _Rung) -> bool:
        return not rung.engine.is_cloud or self._is_cloud_allowed()

    def _order(self) -> list[_Rung]:
        """Whom to ask for a piece: those that are well, then for want of better those that were not."""
        allowed = [rung for rung in self._rungs if self._is_allowed(rung)]
        well = [rung for rung in allowed if rung.health.is_well]
        if self._stay and self._voice in well:
            well.sort(key=lambda rung: rung is not self._voice)
        return well + [rung for rung in allowed if rung not in well]

    async def _race(self, text: str, manner: Manner, spare: float) -> tuple[_Rung, Spoken] | None:
        """Ask one engine after the other; each while those before it have not failed, only late."""
        loop = asyncio.get_running_loop()
        waiting = self._order()
        start = next_at = loop.time()
        limit_at = start + LIMIT_SECONDS + spare
        if waiting and waiting[0].health.is_well:
            self._look_after_the_broken(text, manner, LIMIT_SECONDS + spare)
        attempts: list[_Attempt] = []
        found: _Attempt | None = None
        try:
            while True:
                now = loop.time()
                running = [attempt for attempt in attempts if not attempt.task.done()]
                found = _best(attempts, is_late=now >= limit_at)
                end_at = start + spare + _patience(running)
                if found or not (running or waiting) or (now >= end_at and not waiting):
                    break
                if waiting and (now >= next_at or not running):
                    attempts.append(self._start(waiting.pop(0), text, manner))
                    next_at = now + (_NEXT_SECONDS if len(attempts) > 1 else HEDGE_SECONDS + spare)
                    if waiting and not waiting[0].health.is_well:
                        next_at = max(next_at, limit_at)
                    continue
                wake_at = next_at if waiting else end_at
                wake_at = min(wake_at, limit_at) if now < limit_at else wake_at
                tasks = [attempt.task for attempt in running]
                await asyncio.wait(tasks, timeout=wake_at - now, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            # Nobody is to blame; what is under way ends before this does.
            tasks = [attempt.task for attempt in attempts if attempt.task.cancel()]
            if tasks:
                await asyncio.wait(tasks, timeout=_END_SECONDS)
            raise
        self._leave(attempts, found)
        return (found.rung, found.spoken) if found and found.spoken else None

    def _start(self, rung: _Rung, text: str, manner: Manner) -> _Attempt:
        return _Attempt(rung, self._own(asyncio.create_task(self._try(rung, text, manner))))

    def _own(self, task: asyncio.Task[Spoken | None]) -> asyncio.Task[Spoken | None]:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _leave(self, attempts: list[_Attempt], found: _Attempt | None) -> None:
        """Go on without those that have not finished; those before the one that was taken were too slow."""
        is_before = True
        for attempt in attempts:
            is_before = is_before and attempt is not found
            if attempt.task.done():
                continue
            if not is_before:
                attempt.task.cancel()
                continue
            self._fail(attempt.rung, _TOO_SLOW)
            if attempt.rung.engine.is_cloud or attempt.rung.health.is_proven:
                attempt.task.cancel()
            else:
                asyncio.get_running_loop().call_later(_LOADING_SECONDS, attempt.task.cancel)

    async def _try(self, rung: _Rung, text: str, manner: Manner) -> Spoken | None:
        """Have one engine make the sound, and note how that went; None where there is none."""
        async with rung.lock:
            if not self._is_allowed(rung):
                return None
            self._is_sent = self._is_sent or rung.engine.is_cloud
            task = asyncio.create_task(rung.engine.speak(text, manner))
            try:
                while not task.done():
                    await asyncio.wait({task}, timeout=_CONSENT_SECONDS if rung.engine.is_cloud else None)
                    if not self._is_allowed(rung):
                        return None
            finally:
                if task.cancel():
                    await asyncio.wait({task}, timeout=_END_SECONDS)
                    task.add_done_callback(_forget)
        return self._judge(rung, task)

    def _judge(self, rung: _Rung, task: asyncio.Task[Spoken]) -> Spoken | None:
        if task.cancelled():
            return None
        error = task.exception()
        if error is None and len(task.result().samples):
            rung.health.succeed()
            return task.result()
        if error is None:
            self._fail(rung, "It gave no sound.")
        elif isinstance(error, AlisaError):
            self._fail(rung, error.message)
        else:
            self._fail(rung, f"It is broken ({type(error).__name__}).")
        return None

    def _fail(self, rung: _Rung, reason: str) -> None:
        log.info("Voice engine %s failed: %s", rung.engine.name, reason)
        rung.health.fail(reason)

    def _look_after_the_broken(self, text: str, manner: Manner, limit: float) -> None:
        """Give the piece to those as well that may be well again."""
        for rung in self._rungs:
            if rung.health.is_due and self._is_allowed(rung) and not rung.lock.locked():
                self._own(asyncio.create_task(self._probe(rung, text, manner, limit)))

    async def _probe(self, rung: _Rung, text: str, manner: Manner, limit: float) -> Spoken | None:
        try:
            async with asyncio.timeout(limit):
                await self._try(rung, text, manner)
        except TimeoutError:
            self._fail(rung, _TOO_SLOW)
        return None

    def _tell(self, rung: _Rung | None) -> None:
        """Note who has spoken, and say so where the user should know."""
        if rung is not self._voice:
            self._stay = STAY_PIECES
        self._stay = max(0, self._stay - 1)
        self._voice = rung
        self.current = rung.engine.name if rung else "silent"
        self.is_cloud = bool(rung and rung.engine.is_cloud)
        self.was_sent = self._is_sent
        better = self._rungs[: self._rungs.index(rung)] if rung else self._rungs
        broken = [other for other in better if self._is_allowed(other) and not other.health.is_well]
        if rung and broken:
            reason, name = broken[0].health.reason, broken[0].engine.name
            self.problem = f"{reason} She speaks with {self.current} until {name} is well again."
        else:
            self.problem = "" if rung else self._why_mute()
        # The same trouble is told once, even if it is of another kind every time.
        trouble = (self.current, broken[0].engine.name if broken else "")
        if self.problem and trouble != self._told:
            self._told = trouble
            self._on_change(self.problem)
        elif self._told and not self.problem and self._told[0] != self.current:
            self._told = None
            self._on_change(f"She speaks with {self.current} again.")

    def _why_mute(self) -> str:
        reasons = dict(self._missing)
        for rung in self._rungs:
            is_allowed = self._is_allowed(rung)
            reasons[rung.engine.name] = rung.health.reason if is_allowed else _CLOUD_IS_OFF
        listed = " ".join(f"{name}: {reason}" for name, reason in reasons.items() if reason)
        return f"She has no voice now. {listed or 'Install one: pip install piper-tts, or espeak-ng.'}"


def _best(attempts: list[_Attempt], *, is_late: bool) -> _Attempt | None:
    """The first that has a sound; those before it are waited for until it is late."""
    for attempt in attempts:
        if attempt.spoken:
            return attempt
        if not attempt.task.done() and not is_late:
            return None
    return None


def _forget(task: asyncio.Task[Spoken]) -> None:
    """Whatever came of it, nobody wants it."""
    if not task.cancelled():
        task.exception()


def _patience(running: list[_Attempt]) -> float:
    is_any_well = any(attempt.rung.health.is_well for attempt in running)
    return _LONGEST_SECONDS if is_any_well else _LONGEST_BROKEN_SECONDS


async def _list(engine: Engine) -> list[VoiceInfo]:
    try:
        async with asyncio.timeout(_VOICES_SECONDS):
            return await engine.voices()
    except (TtsError, TimeoutError) as error:
        log.info("The voices of %s cannot be listed: %s", engine.name, error)
        return []


def build(
    chosen: Voice,
    home: Path,
    *,
    is_cloud_allowed: Callable[[], bool] | None = None,
    on_change: Callable[[str], None] = lambda _: None,
) -> Ladder:
    """All engines that this machine has; the one that the user wants before those that need no net.

    Args:
        chosen: The settings.
        home: Alisa's folder.
        is_cloud_allowed: See `Ladder`; without it what the settings say.
        on_change: See `Ladder`.
    """
    found: list[Engine] = []
    missing: dict[str, str] = {}
    names = [name for name in registry.available(engines) if name != "silent"]
    names.sort(key=lambda name: ((chosen.engine, *ORDER, name).index(name), name))
    if chosen.engine:
        # The others stand in for it, as she should not be mute; silence needs none.
        others = [name for name in names if name not in {chosen.engine, *CLOUD}]
        names = [chosen.engine, *(others if chosen.engine != "silent" else [])]
    for name in names:
        try:
            found.append(registry.load(engines, name).create(chosen, home))
        except AlisaError as error:
            missing[name] = error.message
            log.info("Voice engine %s: %s", name, error.message)
    if chosen.engine in missing and found:
        on_change(missing[chosen.engine])
    return Ladder(
        found,
        is_cloud_allowed=is_cloud_allowed or (lambda: chosen.cloud),
        on_change=on_change,
        missing=missing,
    )

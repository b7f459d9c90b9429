"""Has speech written down in a thread of its own, one sound at a time; the newest one counts."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from voice.deck import Samples
from voice.stt.engine import Engine, Heard, SttError

log = logging.getLogger(__name__)

CLOSE_SECONDS = 1.5
"""That `close` waits for the engine; a model cannot be stopped in the middle of a sound."""
MOST_FAILURES = 3
"""In a row, before `on_failed` is told."""


@dataclass(frozen=True)
class Result:
    """What came of a job."""

    job: int
    heard: Heard | None
    """None: it failed."""
    seconds: float
    """How long it took, the waiting left out."""


@dataclass(frozen=True)
class _Job:
    number: int
    sound: Samples


class Transcriber:
    """Owns the engine and the one thread that uses it; all methods may be called from any thread."""

    def __init__(
        self,
        engine: Engine,
        *,
        tell: Callable[[Result], None],
        on_ready: Callable[[], None] = lambda: None,
        on_failed: Callable[[SttError], None] = lambda _error: None,
    ) -> None:
        """Begin to load the engine.

        Args:
            engine: Not loaded yet; is closed here.
            tell: Told the result of each job that is neither cancelled nor replaced, in the thread.
            on_ready: Called in the thread once the engine is loaded.
            on_failed: Told in the thread that the engine cannot be loaded (then every job fails), or that
                it has failed three times in a row (it is tried again with the next job).
        """
        self.engine = engine
        self._tell, self._on_ready, self._on_failed = tell, on_ready, on_failed
        self._changed = threading.Condition()
        self._waiting: _Job | None = None
        self._running: int | None = None
        """The job whose result is still wanted."""
        self._is_closed = False
        self._thread = threading.Thread(target=self._work, name="transcriber", daemon=True)
        self._thread.start()

    def start(self, job: int, sound: Samples) -> None:
        """Write this down next; what waits or runs is of no use any more, and its result is not told.

        Args:
            job: Its number, for the result.
            sound: Mono, -1 to 1, 16 kHz, at most 60 s; must not be changed afterwards.
        """
        with self._changed:
            if not self._is_closed:
                self._waiting, self._running = _Job(job, sound), None
                self._changed.notify()

    def cancel(self, job: int) -> None:
        """Its result is of no use any more, and is not told unless it is on its way; any number will do."""
        with self._changed:
            if self._waiting is not None and self._waiting.number == job:
                self._waiting = None
            if self._running == job:
                self._running = None

    def close(self) -> None:
        """End the thread, within two seconds; nothing is told any more."""
        with self._changed:
            self._is_closed, self._waiting, self._running = True, None, None
            self._changed.notify()
        if self._thread is not threading.current_thread():
            self._thread.join(CLOSE_SECONDS)

    # --- the thread

    def _work(self) -> None:
        is_loaded, failures = self._load(), 0
        while (job := self._take()) is not None:
            begin = time.monotonic()
            problem: SttError | None = None
            heard: Heard | None = None
            if is_loaded:
                heard, problem = self._transcribe(job)
            self._report(Result(job.number, heard, time.monotonic() - begin))
            failures = failures + 1 if problem is not None else 0
            if problem is not None and failures == MOST_FAILURES:
                self._say_failed(problem)
        self._close_engine()

    def _load(self) -> bool:
        begin = time.monotonic()
        try:
            self.engine.load()
        except SttError as error:
            self._say_failed(error)
            return False
        except Exception as error:  # noqa: BLE001 engines are plug-ins: whatever one raises may not end the thread
            self._say_failed(_crash(error))
            return False
        log.info("Speech to text: %s, loaded in %.1f s.", self.engine.model, time.monotonic() - begin)
        with self._changed:
            is_wanted = not self._is_closed
        if is_wanted:
            self._on_ready()
        return True

    def _take(self) -> _Job | None:
        """The next job; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._waiting is not None)
            if self._is_closed or self._waiting is None:
                return None
            job, self._waiting = self._waiting, None
            self._running = job.number
            return job

    def _transcribe(self, job: _Job) -> tuple[Heard | None, SttError | None]:
        try:
            return self.engine.transcribe(job.sound, lambda: self._running == job.number), None
        except SttError as error:
            log.warning("Speech to text failed: %s", error.code)
            return None, error
        except Exception as error:  # noqa: BLE001 as in _load
            return None, _crash(error)

    def _report(self, result: Result) -> None:
        with self._changed:
            is_wanted, self._running = self._running == result.job, None
        if is_wanted:
            self._tell(result)

    def _say_failed(self, error: SttError) -> None:
        with self._changed:
            is_wanted = not self._is_closed
        if is_wanted:
            self._on_failed(error)

    def _close_engine(self) -> None:
        try:
            self.engine.close()
        except Exception as error:  # noqa: BLE001 as in _load
            _crash(error)


def _crash(error: Exception) -> SttError:
    """A fault of the engine; its words may hold what was said, so only its kind is logged."""
    log.error("The engine of speech to text crashed: %s", type(error).__name__)
    message = "Writing down speech failed on this machine. Choose another voice.stt_model, for example tiny."
    return SttError("stt-crashed", message)

"""The thread that has speech written down: the newest job counts, and no engine can bring it down."""

import logging
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from tests.voice.voice_sounds import until
from voice.deck import Samples
from voice.stt.engine import Heard, SttError
from voice.transcriber import Result, Transcriber


class Gated:
    """An engine that works on a sound until the test lets it go on; the text is the sound's length."""

    name = model = "gated"
    is_quick = True

    def __init__(self) -> None:
        self.problems: dict[int, Exception] = {}
        self.load_problem: Exception | None = None
        self.may_load, self.may_end = threading.Event(), threading.Event()
        self.may_load.set()
        self.begun: list[int] = []
        self.abandoned: list[int] = []
        self.threads: set[str] = set()
        self.is_patient = False
        self.is_closed = False

    def load(self) -> None:
        self.threads.add(threading.current_thread().name)
        self.may_load.wait(10)
        if self.load_problem is not None:
            raise self.load_problem

    def transcribe(self, sound: Samples, is_wanted: Callable[[], bool]) -> Heard:
        self.threads.add(threading.current_thread().name)
        length = len(sound)
        self.begun.append(length)
        end = time.monotonic() + 10
        while not self.may_end.is_set() and time.monotonic() < end:
            if not is_wanted() and not self.is_patient:
                self.abandoned.append(length)
                return Heard("")
            time.sleep(0.002)
        if length in self.problems:
            raise self.problems[length]
        return Heard(f"{length} samples", "en")

    def close(self) -> None:
        self.is_closed = True


class Listener:
    """What the transcriber tells."""

    def __init__(self) -> None:
        self.results: list[Result] = []
        self.failures: list[SttError] = []
        self.ready = 0

    def be_ready(self) -> None:
        self.ready += 1

    def texts(self) -> list[tuple[int, str | None]]:
        return [(result.job, result.heard.text if result.heard else None) for result in self.results]


@pytest.fixture
def engine() -> Iterator[Gated]:
    engine = Gated()
    yield engine
    engine.may_load.set()
    engine.may_end.set()


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def begin(engine, listener) -> Iterator[Callable[[], Transcriber]]:
    made: list[Transcriber] = []

    def make() -> Transcriber:
        made.append(
            Transcriber(
                engine,
                tell=listener.results.append,
                on_ready=listener.be_ready,
                on_failed=listener.failures.append,
            )
        )
        return made[-1]

    yield make
    engine.may_load.set()
    engine.may_end.set()
    for transcriber in made:
        transcriber.close()
        transcriber._thread.join(10)


def _sound(length: int) -> Samples:
    return np.zeros(length, np.float32)


def test_a_job_is_answered_with_what_was_heard(engine, listener, begin):
    engine.may_end.set()
    begin().start(1, _sound(100))
    until(lambda: listener.results)
    assert listener.results[0].job == 1
    assert listener.results[0].heard == Heard("100 samples", "en")
    assert 0 <= listener.results[0].seconds < 10
    assert listener.ready == 1


def test_one_thread_of_its_own_loads_and_uses_the_engine(engine, listener, begin):
    engine.may_end.set()
    begin().start(1, _sound(100))
    until(lambda: listener.results)
    assert engine.threads == {"transcriber"}


def test_the_newest_job_wins_and_the_replaced_ones_are_not_told(engine, listener, begin):
    transcriber = begin()
    transcriber.start(1, _sound(100))
    until(lambda: engine.begun == [100])
    engine.is_patient = True  # as a model in the middle of a sound
    transcriber.start(2, _sound(200))
    transcriber.start(3, _sound(300))
    engine.may_end.set()
    until(lambda: listener.results)
    assert listener.texts() == [(3, "300 samples")]
    assert engine.begun == [100, 300]


def test_a_cancelled_job_is_not_told_and_the_next_one_starts_at_once(engine, listener, begin):
    transcriber = begin()
    transcriber.start(1, _sound(100))
    until(lambda: engine.begun == [100])
    transcriber.cancel(1)
    until(lambda: engine.abandoned == [100])
    transcriber.start(2, _sound(200))
    until(lambda: engine.begun == [100, 200])
    engine.may_end.set()
    until(lambda: listener.results)
    assert listener.texts() == [(2, "200 samples")]


def test_a_waiting_job_that_is_cancelled_never_begins(engine, listener, begin):
    engine.may_load.clear()
    engine.may_end.set()
    transcriber = begin()
    transcriber.start(1, _sound(100))
    transcriber.cancel(1)
    engine.may_load.set()
    transcriber.start(2, _sound(200))
    until(lambda: listener.results)
    assert engine.begun == [200]


def test_cancelling_another_job_does_nothing(engine, listener, begin):
    transcriber = begin()
    transcriber.start(4, _sound(400))
    until(lambda: engine.begun)
    transcriber.cancel(3)
    transcriber.cancel(99)
    engine.may_end.set()
    until(lambda: listener.results)
    assert listener.texts() == [(4, "400 samples")]


def test_a_job_that_comes_while_it_loads_is_done_after(engine, listener, begin):
    engine.may_load.clear()
    engine.may_end.set()
    transcriber = begin()
    transcriber.start(1, _sound(100))
    assert listener.ready == 0
    engine.may_load.set()
    until(lambda: listener.results)
    assert listener.texts() == [(1, "100 samples")]


@pytest.mark.parametrize(
    "problem", [SttError("stt-failed", "No."), RuntimeError("her secret words"), MemoryError()]
)
def test_a_crash_is_a_result_without_words_and_the_next_job_goes_on(engine, listener, begin, caplog, problem):
    caplog.set_level(logging.DEBUG)
    engine.may_end.set()
    engine.problems[100] = problem
    transcriber = begin()
    transcriber.start(1, _sound(100))
    until(lambda: len(listener.results) == 1)
    transcriber.start(2, _sound(200))
    until(lambda: len(listener.results) == 2)
    assert listener.texts() == [(1, None), (2, "200 samples")]
    assert listener.failures == []
    assert "secret" not in caplog.text


def test_three_crashes_in_a_row_are_told_once_and_a_success_counts_anew(engine, listener, begin):
    engine.may_end.set()
    engine.problems[100] = RuntimeError("broken")
    transcriber = begin()
    for number, length in enumerate([100, 100, 200, 100, 100, 100, 100, 200, 100, 100, 100]):
        transcriber.start(number, _sound(length))
        until(lambda number=number: len(listener.results) == number + 1)
    until(lambda: len(listener.failures) == 2)
    assert {failure.code for failure in listener.failures} == {"stt-crashed"}
    assert [text is None for _job, text in listener.texts()].count(False) == 2


@pytest.mark.parametrize("problem", [SttError("stt-broken-model", "It is damaged."), RuntimeError("boom")])
def test_an_engine_that_cannot_be_loaded_is_told_and_every_job_fails(engine, listener, begin, problem):
    engine.load_problem = problem
    transcriber = begin()
    until(lambda: listener.failures)
    assert listener.failures[0].code == (
        "stt-crashed" if isinstance(problem, RuntimeError) else "stt-broken-model"
    )
    transcriber.start(1, _sound(100))
    until(lambda: listener.results)
    assert listener.texts() == [(1, None)]
    assert listener.ready == 0
    assert engine.begun == []


def test_close_ends_the_thread_and_the_engine_and_tells_nothing(engine, listener, begin):
    transcriber = begin()
    transcriber.start(1, _sound(100))
    until(lambda: engine.begun)
    transcriber.close()
    until(lambda: engine.is_closed)
    transcriber.start(2, _sound(200))
    transcriber.cancel(2)
    transcriber.close()
    assert listener.results == []


def test_close_does_not_wait_for_a_model_in_the_middle_of_a_sound(engine, listener, begin, monkeypatch):
    monkeypatch.setattr("voice.transcriber.CLOSE_SECONDS", 0.1)
    engine.is_patient = True
    transcriber = begin()
    transcriber.start(1, _sound(100))
    until(lambda: engine.begun)
    transcriber.close()
    assert not engine.is_closed  # it would go on for 10 s
    engine.may_end.set()
    until(lambda: engine.is_closed)
    assert listener.results == []


@pytest.mark.parametrize("problem", [None, SttError("stt-broken-model", "It is damaged.")])
def test_close_while_loading_says_neither_ready_nor_failed(engine, listener, begin, problem):
    engine.may_load.clear()
    engine.load_problem = problem
    transcriber = begin()
    until(lambda: engine.threads)
    closing = threading.Thread(target=transcriber.close)
    closing.start()
    until(lambda: transcriber._is_closed)
    engine.may_load.set()
    closing.join(10)
    until(lambda: engine.is_closed)
    assert (listener.ready, listener.failures) == (0, [])


def test_a_listener_may_start_the_next_job_from_the_thread(engine, listener):
    engine.may_end.set()
    transcribers: list[Transcriber] = []

    def tell(result: Result) -> None:
        listener.results.append(result)
        if result.job < 3:
            transcribers[0].start(result.job + 1, _sound(100))

    transcribers.append(Transcriber(engine, tell=tell))
    transcribers[0].start(1, _sound(100))
    until(lambda: len(listener.results) == 3)
    transcribers[0].close()
    until(lambda: engine.is_closed)

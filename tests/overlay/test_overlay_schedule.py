"""Deadlines on one timer. Tcl alone has timers too, so that no display is needed."""

import gc
import tkinter as tk
from collections.abc import Callable, Iterator

import pytest

from overlay.schedule import Schedule


@pytest.fixture
def root() -> Iterator[tk.Tk]:
    interpreter = tk.Tcl()
    yield interpreter
    del interpreter
    gc.collect()


def timers(root: tk.Tk) -> int:
    return len(root.tk.splitlist(root.tk.call("after", "info")))


def wait_for(root: tk.Tk, condition: Callable[[], object]) -> None:
    """Let Tcl wait for its own timers until the condition holds."""
    while not condition():
        assert timers(root), "nothing is to come"
        root.tk.dooneevent(0)


def test_what_is_due_is_done_in_order_of_time_and_then_of_asking(root: tk.Tk) -> None:
    done: list[str] = []
    schedule = Schedule(root)
    schedule.after(60, lambda: done.append("late"))
    soon = schedule.now() + 0.02
    schedule.at(soon, lambda: done.append("second"))
    schedule.at(soon, lambda: done.append("third"))
    schedule.after(0, lambda: done.append("first"))
    wait_for(root, lambda: len(done) == 3)
    assert done == ["first", "second", "third"]
    assert timers(root) == 1


def test_nothing_to_do_means_no_timer(root: tk.Tk) -> None:
    schedule, done = Schedule(root), []
    assert timers(root) == 0
    due = schedule.after(60, lambda: None)
    assert timers(root) == 1
    due.cancel()
    schedule.after(0, lambda: done.append(1))
    wait_for(root, lambda: done)
    assert timers(root) == 0


def test_what_was_called_off_is_not_done(root: tk.Tk) -> None:
    schedule, done = Schedule(root), []
    schedule.after(0, lambda: done.append("gone")).cancel()
    schedule.after(0.01, lambda: done.append("stays"))
    wait_for(root, lambda: done)
    assert done == ["stays"]
    assert timers(root) == 0


def test_an_earlier_deadline_moves_the_timer(root: tk.Tk) -> None:
    schedule, done = Schedule(root), []
    schedule.after(1000, lambda: done.append("late"))
    schedule.after(0, lambda: done.append("soon"))
    assert timers(root) == 1
    wait_for(root, lambda: done)
    assert done == ["soon"]


def test_what_asks_for_itself_at_once_lets_the_loop_breathe(root: tk.Tk) -> None:
    schedule, rounds = Schedule(root), []

    def again() -> None:
        rounds.append(1)
        schedule.after(0, again)

    schedule.after(0, again)
    for _ in range(3):
        root.tk.dooneevent(0)
    assert len(rounds) == 3
    schedule.close()
    assert timers(root) == 0


def test_a_fault_in_one_act_does_not_stop_the_others(root: tk.Tk) -> None:
    done, faults = [], []
    root.report_callback_exception = lambda *found: faults.append(found[0])
    schedule = Schedule(root)
    schedule.after(0, lambda: 1 / 0)
    schedule.after(0, lambda: done.append("after it"))
    wait_for(root, lambda: done)
    assert faults == [ZeroDivisionError]
    assert done == ["after it"]

"""A part may say several things at once and go on saying new ones, but neither many nor the same."""

import pytest

from backend.connections.remarks import BURST, Remarks
from backend.shared.errors import AlisaError


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def is_told(remarks: Remarks, code: str, client: str = "voice") -> bool:
    try:
        remarks.note(client, code)
    except AlisaError as error:
        assert error.code == "too-often"
        return False
    return True


def test_a_start_may_tell_several_things_at_once(clock: Clock) -> None:
    remarks = Remarks(clock)
    assert [is_told(remarks, f"c{number}") for number in range(BURST + 2)] == [True] * BURST + [False] * 2


def test_in_the_long_run_it_is_one_every_two_seconds(clock: Clock) -> None:
    remarks = Remarks(clock)
    told = 0
    for number in range(10_000):
        clock.now += 0.01
        told += is_told(remarks, f"c{number}")
    assert 50 <= told <= 50 + BURST


def test_the_same_is_told_once_a_minute(clock: Clock) -> None:
    remarks = Remarks(clock)
    told = []
    for _ in range(130):
        told.append(is_told(remarks, "same"))
        clock.now += 1.0
    assert [second for second, was_told in enumerate(told) if was_told] == [0, 60, 120]


def test_each_client_has_its_own_measure_until_it_leaves(clock: Clock) -> None:
    remarks = Remarks(clock)
    assert is_told(remarks, "same")
    assert is_told(remarks, "same", "ears")
    remarks.leave("voice")
    assert is_told(remarks, "same")
    assert not is_told(remarks, "same", "ears")

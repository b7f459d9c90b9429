"""What is to be played, sample by sample: nothing here depends on a device or on time."""

from unittest.mock import ANY

import numpy as np
import pytest

from tests.voice.voice_sounds import sweep
from voice.deck import Deck, Event, Played, Samples, Started, resample

RATE = 48_000
FADE = round(0.03 * RATE)


class House:
    """A deck and what it said."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.deck = Deck(self.events.append, RATE)

    def listen(self, count: int, at: float | None = 1000.0, block: int = 480) -> Samples:
        """The next samples, in blocks as a device asks for them."""
        blocks = []
        for begin in range(0, count, block):
            out = np.full(min(block, count - begin), np.nan, np.float32)
            self.deck.fill(out, None if at is None else at + begin / RATE)
            blocks.append(out)
        return np.concatenate(blocks)


@pytest.fixture
def house() -> House:
    return House()


def test_five_utterances_follow_each_other_without_a_sample_between(house: House) -> None:
    parts = [sweep(0.1 + k / 100, RATE, k) for k in range(5)]
    for number, part in enumerate(parts):
        house.deck.play(part, RATE, f"u{number}", "answer")
    whole = np.concatenate(parts)
    assert np.array_equal(house.listen(len(whole), block=441), whole)
    assert (house.deck.gaps, house.deck.gap_seconds) == (0, 0.0)


def test_silence_within_an_answer_is_counted_as_a_gap(house: House) -> None:
    house.deck.play(sweep(0.01, RATE), RATE, "a", "one")
    house.listen(480 + 960)
    house.deck.play(sweep(0.01, RATE), RATE, "b", "one")
    house.listen(480)
    assert house.deck.gaps == 1
    assert house.deck.gap_seconds == pytest.approx(0.02)


@pytest.mark.parametrize(("first", "second"), [("one", "two"), ("", "")])
def test_silence_between_two_answers_is_no_gap(house: House, first: str, second: str) -> None:
    house.deck.play(sweep(0.01, RATE), RATE, "a", first)
    house.listen(960)
    house.deck.play(sweep(0.01, RATE), RATE, "b", second)
    house.listen(960)
    assert house.deck.gaps == 0


def test_silence_after_she_was_stopped_is_no_gap(house: House) -> None:
    house.deck.play(sweep(1, RATE), RATE, "a", "one")
    house.listen(480)
    house.deck.stop()
    house.listen(9600)
    house.deck.play(sweep(0.1, RATE), RATE, "b", "one")
    house.listen(480)
    assert house.deck.gaps == 0


def test_start_and_end_are_told_to_the_sample(house: House) -> None:
    house.deck.play(sweep(0.015, RATE), RATE, "a")
    house.deck.play(sweep(0.02, RATE), RATE, "b")
    house.listen(4800, at=2000.0)
    assert [(type(e), e.utterance) for e in house.events] == [
        (Started, "a"),
        (Played, "a"),
        (Started, "b"),
        (Played, "b"),
    ]
    assert [e.at_seconds for e in house.events] == pytest.approx(
        [2000, 2000.015, 2000.015, 2000.035], abs=1e-6
    )


def test_stopping_fades_out_within_30_ms_and_tells_what_was_heard_of_each(house: House) -> None:
    sound = np.full(RATE, 0.5, np.float32)
    for name in ("a", "b", "c"):
        house.deck.play(sound, RATE, name)
    house.listen(RATE + 4800)
    heard = house.deck.stop()
    assert [(p.utterance, round(p.heard_seconds, 3), p.seconds) for p in heard] == [
        ("b", 0.13, 1.0),
        ("c", 0.0, 1.0),
    ]
    after = house.listen(4800)
    assert np.all(np.diff(after[:FADE]) < 0), "not a fade"
    assert not after[FADE:].any()
    assert [e.utterance for e in house.events if isinstance(e, Played)] == ["a"]
    assert house.deck.stop() == []


def test_what_is_queued_after_a_stop_follows_the_fade_at_full_volume(house: House) -> None:
    house.deck.play(np.full(RATE, 0.5, np.float32), RATE, "a")
    house.listen(480)
    house.deck.stop()
    new = sweep(0.05, RATE)
    house.deck.play(new, RATE, "b")
    assert np.array_equal(house.listen(4800)[FADE : FADE + len(new)], new)
    assert house.events[-1] == Played("b", 0.05, 0.05, pytest.approx(1000.08))


def test_ducking_goes_to_a_fifth_within_30_ms_and_back(house: House) -> None:
    house.deck.play(np.full(RATE, 0.5, np.float32), RATE, "a")
    house.listen(480)
    house.deck.set_volume(is_ducked=True)
    down = house.listen(4800)
    assert down[FADE:] == pytest.approx(0.1, abs=1e-4)
    assert np.abs(np.diff(down)).max() < 0.001, "a click"
    house.deck.set_volume(is_ducked=False)
    up = house.listen(4800)
    assert up[FADE:] == pytest.approx(0.5, abs=1e-4)


@pytest.mark.parametrize(("asked", "got"), [(0.4, 0.2), (0.0, 0.0), (7.0, 0.5), (-1.0, 0.0)])
def test_volume_keeps_between_nothing_and_all(house: House, asked: float, got: float) -> None:
    house.deck.set_volume(asked)
    house.deck.play(np.full(RATE, 0.5, np.float32), RATE, "a")
    assert house.listen(9600)[FADE:] == pytest.approx(got, abs=1e-4)


def test_without_a_device_time_goes_on_unheard(house: House) -> None:
    house.deck.play(sweep(0.1, RATE), RATE, "a")
    house.deck.play(sweep(0.1, RATE), RATE, "b")
    house.listen(2400)
    house.listen(4800, at=None)
    assert [(type(e), e.utterance) for e in house.events] == [
        (Started, "a"),
        (Played, "a"),
        (Started, "b"),
    ]
    ended = house.events[1]
    assert isinstance(ended, Played)
    assert (ended.heard_seconds, ended.seconds) == (pytest.approx(0.05), 0.1)


def test_a_device_of_another_rate_goes_on_where_the_last_one_was(house: House) -> None:
    whole = sweep(1.0, 24_000)
    house.deck.play(whole, 24_000, "a")
    first = house.listen(RATE // 2)
    house.deck.set_rate(16_000)
    second = house.listen(8000)
    assert np.corrcoef(first, resample(whole, 24_000, RATE)[: RATE // 2])[0, 1] > 0.999
    assert np.corrcoef(second, resample(whole, 24_000, 16_000)[8000:])[0, 1] > 0.999
    assert house.events[-1] == Played("a", pytest.approx(1.0, abs=0.001), 1.0, ANY)


@pytest.mark.parametrize("block", [1, 64, 512, 20_000])
def test_the_size_of_the_blocks_makes_no_difference(house: House, block: int) -> None:
    sound = sweep(0.1, RATE)
    house.deck.play(sound, RATE, "a")
    house.deck.set_volume(0.5)
    got = house.listen(6000, block=block)
    other = House()
    other.deck.play(sound, RATE, "a")
    other.deck.set_volume(0.5)
    assert got == pytest.approx(other.listen(6000), abs=1e-4)


def test_an_empty_utterance_starts_and_ends_at_once(house: House) -> None:
    house.deck.play(np.empty(0, np.float32), 24_000, "a")
    assert not house.listen(480).any()
    assert [type(e) for e in house.events] == [Started, Played]

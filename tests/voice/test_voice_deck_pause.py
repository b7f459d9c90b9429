"""Pausing and going on, sample by sample: silent soon, nothing new begun, no syllable lost."""

from itertools import pairwise

import numpy as np
import pytest

from tests.voice.test_voice_deck import FADE, RATE, House
from tests.voice.voice_sounds import say, sweep
from voice.deck import Played, Resumed, Samples, Started, resample, word_start


@pytest.fixture
def house() -> House:
    return House()


def words(count: int = 6, seconds: float = 0.25, pause: float = 0.06) -> Samples:
    """Sounds with short silences between them."""
    silence = np.zeros(round(pause * RATE), np.float32)
    return np.concatenate([part for k in range(count) for part in (sweep(seconds, RATE, k), silence)])


@pytest.mark.parametrize("block", [64, 441, 5000])
def test_a_pause_is_silent_within_30_ms_and_does_not_click(house: House, block: int) -> None:
    house.deck.play(np.full(RATE, 0.5, np.float32), RATE, "a")
    house.listen(4800)
    house.deck.pause()
    heard = house.listen(RATE, block=block)
    assert np.flatnonzero(heard)[-1] < FADE
    assert np.abs(np.diff(heard)).max() < 0.5 / FADE * 1.1


def test_she_goes_on_before_the_word_that_was_broken_off(house: House) -> None:
    sound = words()
    house.deck.play(sound, RATE, "a")
    # In the middle of the third word, which begins after 0.62 s.
    before = house.listen(round(0.8 * RATE))
    house.deck.pause()
    house.listen(RATE)
    house.deck.resume()
    after = house.listen(2 * RATE)
    begin = round(0.62 * RATE)
    assert np.array_equal(before, sound[: len(before)])
    assert np.array_equal(after[FADE : len(sound) - begin], sound[begin + FADE :])
    resumed = [event for event in house.events if isinstance(event, Resumed)]
    assert [event.from_seconds for event in resumed] == [pytest.approx(0.62, abs=0.011)]
    assert [type(event) for event in house.events] == [Started, Resumed, Played]


def test_what_the_device_had_not_given_out_yet_is_said_again(house: House) -> None:
    sound = words()
    house.deck.play(sound, RATE, "a")
    # The third word has begun 40 ms ago here; in the air it has not begun.
    house.listen(round(0.66 * RATE))
    house.deck.pause()
    house.listen(RATE)
    house.deck.resume()
    house.listen(4800)
    resumed = next(event for event in house.events if isinstance(event, Resumed))
    assert resumed.from_seconds == pytest.approx(0.31, abs=0.011)


@pytest.mark.parametrize("place", [0.0, 0.05, 0.31, 0.5, 1.9])
def test_sound_without_words_goes_on_a_little_earlier(place: float) -> None:
    sound = sweep(2.0, RATE)
    assert word_start(sound, RATE, round(place * RATE)) == round(max(0.0, place - 0.3) * RATE)


def test_a_spoken_sentence_goes_on_in_a_silence() -> None:
    sound, rate = say("Hello there. This is it. Shall we go on?")
    loud = np.abs(sound).max()
    places = [word_start(sound, rate, at) for at in range(rate // 2, len(sound) - rate // 2, rate // 10)]
    in_silence = [np.abs(sound[max(0, at - rate // 50) : at]).max() < 0.15 * loud for at in places]
    assert sum(in_silence) > len(places) / 3


def test_what_was_heard_is_counted_once_though_it_is_said_twice(house: House) -> None:
    sound = sweep(1.0, RATE)
    house.deck.play(sound, RATE, "a")
    house.listen(RATE // 2)
    house.deck.pause()
    house.listen(RATE)
    house.deck.resume()
    house.listen(RATE // 4)
    (found,) = house.deck.stop()
    assert found.heard_seconds == pytest.approx(0.5 - 0.3 + 0.25 + 0.03, abs=0.002)


def test_nothing_begins_in_a_pause_and_it_is_no_gap(house: House) -> None:
    house.deck.play(sweep(0.1, RATE), RATE, "a", "answer")
    house.listen(480)
    house.deck.pause()
    house.deck.play(sweep(0.1, RATE), RATE, "b", "answer")
    assert not house.listen(RATE)[FADE:].any()
    house.deck.resume()
    house.listen(RATE)
    assert [event.utterance for event in house.events if isinstance(event, Started)] == ["a", "b"]
    assert [event.utterance for event in house.events if isinstance(event, Played)] == ["a", "b"]
    assert house.deck.gaps == 0


def test_an_utterance_that_ends_in_the_fade_is_over_and_the_next_one_waits(house: House) -> None:
    house.deck.play(sweep(0.02, RATE), RATE, "a")
    house.deck.play(sweep(0.1, RATE, 1), RATE, "b")
    house.listen(480)
    house.deck.pause()
    house.listen(RATE)
    assert [event.utterance for event in house.events] == ["a", "a"]
    house.deck.resume()
    # From its first sample, and as loud as it is: it was never faded.
    assert np.array_equal(house.listen(4800), sweep(0.1, RATE, 1))


def test_what_is_left_after_the_fade_is_not_lost_in_a_large_block(house: House) -> None:
    house.deck.play(sweep(0.08, RATE), RATE, "a")
    house.listen(480)
    house.deck.pause()
    house.listen(RATE, block=4096)
    assert [type(event) for event in house.events] == [Started]
    house.deck.resume()
    house.listen(4800)
    assert [type(event) for event in house.events] == [Started, Resumed, Played]


def test_a_pause_before_anything_sounds_takes_nothing_from_the_first_word(house: House) -> None:
    house.deck.pause()
    house.listen(4800)
    house.deck.play(sweep(0.1, RATE), RATE, "a")
    house.listen(4800)
    house.deck.resume()
    assert np.array_equal(house.listen(4800), sweep(0.1, RATE))
    assert [type(event) for event in house.events] == [Started, Played]


def test_a_pause_that_ends_before_the_silence_repeats_nothing(house: House) -> None:
    sound = np.full(RATE, 0.5, np.float32)
    house.deck.play(sound, RATE, "a")
    house.listen(4800)
    house.deck.pause()
    heard = [house.listen(480)]
    house.deck.resume()
    heard.append(house.listen(RATE))
    assert np.abs(np.diff(np.concatenate(heard)[: RATE // 2])).max() < 0.5 / FADE * 1.1
    resumed = next(event for event in house.events if isinstance(event, Resumed))
    assert resumed.from_seconds == pytest.approx(0.11)


@pytest.mark.parametrize("wait", [0, 480, RATE])
def test_stopping_ends_a_pause(house: House, wait: int) -> None:
    house.deck.play(np.full(RATE, 0.5, np.float32), RATE, "a")
    house.listen(4800)
    house.deck.pause()
    if wait:
        house.listen(wait)
    stopped = house.deck.stop()
    assert [item.utterance for item in stopped] == ["a"]
    heard = house.listen(4800)
    assert not heard[FADE:].any() and np.abs(heard).max() <= 0.5
    if wait == RATE:
        assert not heard.any()
        assert stopped[0].heard_seconds == pytest.approx(0.1 + 0.03)
    house.deck.play(sweep(0.1, RATE), RATE, "b")
    assert np.array_equal(house.listen(4800), sweep(0.1, RATE))
    assert [event.utterance for event in house.events] == ["a", "b", "b"]


def test_what_is_queued_after_a_stop_in_a_pause_begins_at_full_loudness(house: House) -> None:
    house.deck.play(sweep(1.0, RATE), RATE, "a")
    house.listen(4800)
    house.deck.pause()
    house.listen(4800)
    house.deck.stop()
    house.deck.play(sweep(0.1, RATE), RATE, "b")
    assert np.array_equal(house.listen(4800), sweep(0.1, RATE))


def test_what_fades_out_does_not_become_louder_on_its_way(house: House) -> None:
    house.deck.play(np.full(RATE, 0.5, np.float32), RATE, "a")
    house.deck.set_volume(is_ducked=True)
    house.listen(4800)
    house.deck.stop()
    house.deck.set_volume(is_ducked=False)
    heard = house.listen(4800)
    assert all(later <= earlier for earlier, later in pairwise(heard))


def test_a_pause_lasts_through_a_device_that_is_away_and_one_of_another_rate(house: House) -> None:
    sound = words()
    house.deck.play(sound, RATE, "a")
    house.listen(round(0.8 * RATE))
    house.deck.pause()
    house.listen(4800)
    house.deck.pass_time()
    house.deck.set_rate(16_000)
    house.deck.resume()
    after = house.listen(16_000)
    wanted = resample(sound, RATE, 16_000)[round(0.62 * 16_000) :]
    shift = after[800:8000] - wanted[800:8000]
    assert np.abs(shift).max() < 0.02 or np.abs(after[640:7840] - wanted[800:8000]).max() < 0.02

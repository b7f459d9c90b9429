"""Her voice at the loudspeakers: what is played is what is heard, on a real sound system."""

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from tests.voice.sound_card import RATE, SoundCard, alike
from tests.voice.voice_sounds import sweep, until
from voice.deck import Event, Played, Samples, Started, resample
from voice.devices import Sound, SoundError
from voice.player import Player

# These tests are about what is heard; a machine under load shall not make it stutter.
PATIENT_SECONDS = 0.4


class House:
    """A player on the card, and all that it told."""

    def __init__(self, sound: Sound, **options: float) -> None:
        self.events: list[Event] = []
        self.problems: list[SoundError | None] = []
        self.player = Player(
            sound,
            on_event=self.events.append,
            on_problem=self.problems.append,
            **{"latency_seconds": PATIENT_SECONDS, **options},
        )

    def started(self, name: str) -> Started:
        until(lambda: any(isinstance(e, Started) and e.utterance == name for e in self.events))
        return next(e for e in self.events if isinstance(e, Started) and e.utterance == name)

    def played(self, name: str) -> Played:
        until(lambda: any(isinstance(e, Played) and e.utterance == name for e in self.events))
        return next(e for e in self.events if isinstance(e, Played) and e.utterance == name)


@pytest.fixture
def house(sound: Sound) -> Iterator[House]:
    found = House(sound)
    with found.player:
        assert found.player.wake(10)
        yield found


def at_speaker_rate(sound: Samples, rate: int = 24_000) -> Samples:
    return resample(sound, rate, RATE)


def test_what_is_played_is_what_is_heard_and_when_it_was_said_to_be(house: House, card: SoundCard) -> None:
    said = sweep(0.6)
    with card.listen() as speaker:
        house.player.play(said, 24_000, "one")
        heard_at = speaker.wait_for_sound()
        ended = house.played("one")
        speaker.wait_for_seconds(speaker.seconds + PATIENT_SECONDS + 0.2)
        likeness, _ = alike(speaker.samples(), at_speaker_rate(said))
    assert likeness > 0.97
    assert ended.heard_seconds == pytest.approx(0.6)
    # Usually within 5 ms; the limit only tells apart a clock that ignores the device's own delay.
    assert house.started("one").at_seconds == pytest.approx(heard_at, abs=PATIENT_SECONDS * 0.8)


def test_five_utterances_of_any_rate_sound_as_one(house: House, card: SoundCard) -> None:
    rates = [16_000, 22_050, 24_000, 44_100, 48_000]
    parts = [sweep(0.2, rate, number) for number, rate in enumerate(rates)]
    with card.listen() as speaker:
        for part, rate in zip(parts, rates, strict=True):
            house.player.play(part, rate, f"u{rate}", "answer")
        house.played("u48000")
        speaker.wait_for_seconds(speaker.seconds + PATIENT_SECONDS + 0.2)
        heard = speaker.samples()
    whole = np.concatenate([resample(part, rate, RATE) for part, rate in zip(parts, rates, strict=True)])
    assert alike(heard, whole)[0] > 0.97
    assert house.player.gaps == (0, 0.0)


def test_an_utterance_that_comes_too_late_is_counted_as_a_gap(house: House) -> None:
    house.player.play(sweep(0.1), 24_000, "one", "answer")
    house.played("one")
    time.sleep(0.2)
    house.player.play(sweep(0.1), 24_000, "two", "answer")
    house.played("two")
    times, seconds = house.player.gaps
    assert times == 1
    assert seconds > 0.1


def test_stop_silences_her_and_tells_what_was_heard(house: House, card: SoundCard) -> None:
    with card.listen() as speaker:
        house.player.play(sweep(5), 24_000, "long")
        house.player.play(sweep(1), 24_000, "never")
        speaker.wait_for_sound()
        speaker.wait_for_seconds(speaker.seconds + 0.3)
        begin = time.time()
        long, never = house.player.stop()
        speaker.wait_for_seconds(speaker.seconds + PATIENT_SECONDS + 0.3)
        loud = speaker.loud_times()
    assert loud[-1] - begin < PATIENT_SECONDS + 0.6
    assert (long.utterance, long.seconds) == ("long", 5.0)
    assert long.heard_seconds == pytest.approx(loud[-1] - loud[0], abs=0.15)
    assert (never.utterance, never.heard_seconds) == ("never", 0.0)
    assert not [e for e in house.events if isinstance(e, Played)]


def test_ducked_she_is_a_fifth_as_loud(house: House, card: SoundCard) -> None:
    with card.listen() as speaker:
        house.player.play(np.full(24_000 * 4, 0.5, np.float32), 24_000, "one")
        speaker.wait_for_sound()
        for act, volume in ((house.player.duck, 0.1), (house.player.unduck, 0.5)):
            act()
            until(lambda wanted=volume: speaker.samples()[-480:].mean() == pytest.approx(wanted, abs=0.01))
    assert house.player.level == pytest.approx(0.5, abs=0.05)


def test_unplugged_in_mid_sentence_she_keeps_time_and_comes_back(sound: Sound, card: SoundCard) -> None:
    house = House(sound, latency_seconds=0.15)
    with house.player:
        unplug_and_plug_in(house, card)


def unplug_and_plug_in(house: House, card: SoundCard) -> None:
    assert house.player.wake(10)
    house.player.play(sweep(0.9), 24_000, "one", "answer")
    house.player.play(sweep(0.3), 24_000, "two", "answer")
    house.player.play(sweep(3.0, seed=3), 24_000, "three", "answer")
    begin = house.started("one").at_seconds
    time.sleep(0.3)
    card.remove_speaker()
    until(lambda: house.problems)
    problem = house.player.problem
    assert problem is not None
    assert problem.code == "sound-gone"
    assert "Plug it in again" in problem.message
    two = house.played("two")
    assert two.heard_seconds == 0.0
    assert two.at_seconds - begin == pytest.approx(1.2, abs=0.3)
    assert 0.1 < house.played("one").heard_seconds < 0.9
    card.add_speaker()
    with card.listen() as speaker:
        speaker.wait_for_sound()
        three = house.played("three")
    assert 0.1 < three.heard_seconds < 3.0
    assert [bool(p) for p in house.problems] == [True, False], "one line, and one when it is over"
    assert house.player.problem is None


def test_without_a_loudspeaker_she_says_so_and_answers_still_end(card: SoundCard, sound: Sound) -> None:
    card.remove_speaker()
    house = House(sound)
    with house.player:
        house.player.play(sweep(0.3), 24_000, "one")
        assert house.played("one").heard_seconds == 0.0
        assert [p.code for p in house.problems if p] == ["sound-unusable"]
        house.player.play(sweep(5), 24_000, "two")
        house.started("two")
        (two,) = house.player.stop()
        assert two.heard_seconds == 0.0


@pytest.mark.parametrize(("rate", "channels"), [(44_100, 1), (96_000, 6), (16_000, 8), (8000, 2)])
def test_any_loudspeaker_will_do(card: SoundCard, sound: Sound, rate: int, channels: int) -> None:
    card.remove_speaker()
    card.add_speaker(rate, channels)
    house = House(sound)
    said = sweep(0.4)
    with house.player, card.listen() as speaker:
        house.player.play(said, 24_000, "one")
        assert house.played("one").heard_seconds == pytest.approx(0.4)
        speaker.wait_for_seconds(speaker.seconds + PATIENT_SECONDS + 0.2)
        likeness, _ = alike(speaker.samples(), at_speaker_rate(said))
    card.remove_speaker()
    card.add_speaker(RATE, 2)
    assert likeness > 0.97


def test_it_lets_the_device_rest_and_opens_it_when_it_is_needed(card: SoundCard, sound: Sound) -> None:
    house = House(sound, rest_seconds=0.2)
    with house.player:
        assert house.player.wake(10)
        assert card.users("sink-inputs")
        until(lambda: not house.player.is_open)
        until(lambda: not card.users("sink-inputs"))
        said = sweep(0.4)
        with card.listen() as speaker:
            house.player.play(said, 24_000, "one")
            house.played("one")
            speaker.wait_for_seconds(speaker.seconds + PATIENT_SECONDS + 0.2)
            assert alike(speaker.samples(), at_speaker_rate(said))[0] > 0.97, "the first syllable is lost"
        assert house.problems == []


def test_the_echo_canceller_gets_what_is_heard_and_when(house: House, card: SoundCard) -> None:
    house.player.reference.take()
    said = sweep(0.5, 16_000)
    with card.listen() as speaker:
        house.player.play(said, 16_000, "one")
        parts = []
        at = 0.0
        end = time.monotonic() + 1.0
        while time.monotonic() < end:
            samples, first_at = house.player.reference.take()
            at = at or first_at
            parts.append(samples)
            time.sleep(0.05)
        heard_at = speaker.wait_for_sound()
    reference = np.concatenate(parts)
    likeness, shift = alike(reference, said)
    assert likeness > 0.97
    started = at + shift / 16_000 - time.monotonic() + time.time()
    assert started == pytest.approx(heard_at, abs=PATIENT_SECONDS * 0.8)


def test_closed_it_leaves_no_thread_and_no_stream(card: SoundCard, sound: Sound) -> None:
    before = threading.active_count()
    house = House(sound)
    with house.player:
        assert house.player.wake(10)
    assert threading.active_count() == before
    assert not card.users("sink-inputs")

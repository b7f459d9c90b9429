"""Her voice where PortAudio cannot be used: heard, held and stopped on a real sound system."""

import time
from collections.abc import Iterator

import numpy as np
import pytest

from tests.voice.sound_card import RATE, SoundCard, alike
from tests.voice.voice_sounds import sweep, until
from voice.deck import Event, Played, Resumed, Started, resample
from voice.devices import SoundError
from voice.fallback_player import FallbackPlayer


class House:
    """A player on the card, and all that it told."""

    def __init__(self, rest_seconds: float = 30.0) -> None:
        self.events: list[Event] = []
        self.problems: list[SoundError | None] = []
        self.player = FallbackPlayer(
            on_event=self.events.append, on_problem=self.problems.append, rest_seconds=rest_seconds
        )

    def wait_for(self, kind: type, name: str) -> Event:
        def found() -> list[Event]:
            return [event for event in self.events if isinstance(event, kind) and event.utterance == name]

        until(found)
        return found()[0]


@pytest.fixture
def house(card: SoundCard, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setenv("SDL_AUDIODRIVER", "pulseaudio")
    found = House()
    with found.player:
        assert found.player.wake(10)
        yield found


def test_what_is_played_is_what_is_heard_and_about_when_it_was_said_to_be(
    house: House, card: SoundCard
) -> None:
    parts = [sweep(0.4, 24_000, 1), sweep(0.4, 16_000, 2)]
    with card.listen() as speaker:
        house.player.play(parts[0], 24_000, "a", "answer")
        house.player.play(parts[1], 16_000, "b", "answer")
        heard_at = speaker.wait_for_sound()
        house.wait_for(Played, "b")
        speaker.wait_for_seconds(speaker.seconds + 0.3)
        heard = speaker.samples()
    first, second = resample(parts[0], 24_000, RATE), resample(parts[1], 16_000, RATE)
    likeness, at = alike(heard, first)
    likeness_of_second, second_at = alike(heard, second)
    assert likeness > 0.97 and likeness_of_second > 0.97
    # They nearly touch. A machine under load may need a moment more.
    assert (second_at - at) / RATE == pytest.approx(0.4, abs=0.1)
    started = house.wait_for(Started, "a")
    assert isinstance(started, Started)
    assert started.at_seconds == pytest.approx(heard_at, abs=0.2)
    assert [(type(event), event.utterance) for event in house.events] == [
        (Started, "a"),
        (Played, "a"),
        (Started, "b"),
        (Played, "b"),
    ]


def test_a_pause_keeps_the_place_and_begins_nothing(house: House, card: SoundCard) -> None:
    said = sweep(1.2)
    with card.listen() as speaker:
        house.player.play(said, 24_000, "a")
        house.player.play(sweep(0.2, 24_000, 3), 24_000, "b")
        speaker.wait_for_sound()
        speaker.wait_for_seconds(speaker.seconds + 0.5)
        house.player.pause()
        time.sleep(0.2)
        before = speaker.seconds
        speaker.wait_for_seconds(before + 0.5)
        paused = speaker.samples()[round(before * RATE) :]
        assert np.abs(paused).max() < 0.003
        house.player.resume()
        house.wait_for(Played, "b")
        speaker.wait_for_seconds(speaker.seconds + 0.3)
        heard = speaker.samples()
    resumed = house.wait_for(Resumed, "a")
    assert isinstance(resumed, Resumed)
    assert 0.05 < resumed.from_seconds < 0.8
    rest = resample(said[round(resumed.from_seconds * 24_000) + 1200 :], 24_000, RATE)
    assert alike(heard, rest)[0] > 0.95
    kinds = [type(event) for event in house.events]
    assert kinds.count(Started) == kinds.count(Played) == 2


def test_stopping_is_silent_soon_and_what_comes_next_is_heard(house: House, card: SoundCard) -> None:
    with card.listen() as speaker:
        house.player.play(sweep(5.0), 24_000, "a")
        house.player.play(sweep(5.0), 24_000, "b")
        speaker.wait_for_sound()
        speaker.wait_for_seconds(speaker.seconds + 0.3)
        stopped = house.player.stop()
        time.sleep(0.25)
        before = speaker.seconds
        speaker.wait_for_seconds(before + 0.3)
        assert np.abs(speaker.samples()[round(before * RATE) :]).max() < 0.003
        house.player.play(sweep(0.2, 24_000, 4), 24_000, "c")
        house.wait_for(Played, "c")
    assert [(item.utterance, item.seconds) for item in stopped] == [("a", 5.0), ("b", 5.0)]
    assert 0.2 < stopped[0].heard_seconds < 2.0 and stopped[1].heard_seconds == 0.0
    assert [event.utterance for event in house.events if isinstance(event, Played)] == ["c"]


def test_ducked_it_is_softer_and_afterwards_as_loud_as_before(house: House, card: SoundCard) -> None:
    with card.listen() as speaker:
        house.player.duck()
        house.player.play(sweep(0.6, 24_000, 1), 24_000, "a")
        house.player.play(sweep(0.4, 24_000, 2), 24_000, "b")
        house.wait_for(Started, "b")
        house.player.unduck()
        house.wait_for(Played, "b")
        speaker.wait_for_seconds(speaker.seconds + 0.2)
        heard = np.abs(speaker.samples())
    begin = int(np.flatnonzero(heard > 0.003)[0])
    soft, loud = heard[begin + RATE // 10 : begin + RATE // 2].max(), heard.max()
    assert soft == pytest.approx(0.2 * loud, rel=0.3)


def test_a_late_utterance_of_an_answer_is_a_gap(house: House) -> None:
    house.player.play(sweep(0.1), 24_000, "a", "answer")
    house.wait_for(Played, "a")
    time.sleep(0.3)
    house.player.play(sweep(0.1), 24_000, "b", "answer")
    house.wait_for(Played, "b")
    gaps, seconds = house.player.gaps
    assert gaps == 1 and 0.2 < seconds < 1.0


def test_without_a_loudspeaker_it_keeps_time_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_AUDIODRIVER", "no such driver")
    house = House()
    with house.player:
        house.player.play(sweep(0.2), 24_000, "a")
        ended = house.wait_for(Played, "a")
        assert isinstance(ended, Played) and ended.heard_seconds == 0.0
        assert not house.player.wake(0.05)
        # Stopping ends a pause here too.
        house.player.pause()
        assert house.player.stop() == []
        house.player.play(sweep(0.1), 24_000, "b")
        house.wait_for(Played, "b")
    assert [problem.code for problem in house.problems if problem] == ["sound-unusable"]


def test_the_loudspeaker_is_let_go_after_a_rest(card: SoundCard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_AUDIODRIVER", "pulseaudio")
    house = House(rest_seconds=0.2)
    with house.player:
        assert house.player.wake(10)
        until(lambda: not card.users("sink-inputs"))
        assert not house.player.is_open
        house.player.play(sweep(0.1), 24_000, "a")
        house.wait_for(Played, "a")

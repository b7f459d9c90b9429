"""Her ears on a virtual sound card: who speaks is noticed, kept for a minute, and never her own voice."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from backend.shared.errors import AlisaError
from tests.voice.echo_room import spoken
from tests.voice.sound_card import SoundCard, alike
from tests.voice.voice_sounds import until
from voice.deck import Samples
from voice.devices import Sound
from voice.ears import Ears
from voice.echo.choice import choose
from voice.echo.engine import RATE, EchoError, Engine
from voice.endpointing import (
    SpeechBegan,
    SpeechDropped,
    SpeechEnded,
    SpeechEvent,
    SpeechPaused,
    SpeechSustained,
    SpeechWentOn,
)
from voice.microphone import Microphone
from voice.player import Player
from voice.recent import RecentSound

# She speaks, and the room returns it so late and so loud.
ECHO = (0.06, 0.5)


class House:
    """Microphone, player and ears, and what was told."""

    def __init__(self, sound: Sound, canceller: Engine | None) -> None:
        self.events: list[SpeechEvent] = []
        self.times: list[float] = []
        self.problems: list[AlisaError | None] = []
        self.microphone = Microphone(sound, on_problem=lambda _: None, latency_seconds=0.06)
        self.player = Player(sound, on_event=lambda _: None, on_problem=lambda _: None, latency_seconds=0.1)
        self.ears = Ears(
            self.microphone, self.player, canceller, tell=self.tell, on_problem=self.problems.append
        )

    def tell(self, event: SpeechEvent) -> None:
        self.times.append(time.monotonic())
        self.events.append(event)

    def kinds(self) -> list[type[SpeechEvent]]:
        """What was told, pauses left out: an espeak voice has them where it likes."""
        return [type(event) for event in self.events if not isinstance(event, SpeechPaused | SpeechWentOn)]

    def count(self, kind: type[SpeechEvent]) -> int:
        return self.kinds().count(kind)

    def wait_for(self, kind: type[SpeechEvent], seconds: float = 6.0) -> SpeechEvent:
        until(lambda: self.count(kind), seconds)
        return next(event for event in self.events if isinstance(event, kind))


@contextmanager
def house_with(sound: Sound, canceller: Engine | None = None) -> Iterator[House]:
    found = House(sound, canceller)
    with found.microphone, found.player, found.ears:
        assert found.microphone.unmute(10)
        until(lambda: found.ears._heard_until)
        yield found


@pytest.fixture
def house(sound: Sound) -> Iterator[House]:
    with house_with(sound) as found:
        yield found


@pytest.fixture(scope="module")
def sentence() -> Samples:
    return spoken("Good morning, is anybody there?", "en-us+m3", 0.3)


def test_a_sentence_is_noticed_and_can_be_had(house: House, card: SoundCard, sentence: Samples) -> None:
    card.speak_into_microphone(sentence, RATE, wait=False)
    ended = house.wait_for(SpeechEnded)
    assert house.kinds() == [SpeechBegan, SpeechSustained, SpeechEnded]
    assert isinstance(ended, SpeechEnded)
    sound = house.ears.sound(ended.since, ended.until)
    assert sound.dtype == np.float32
    assert len(sound) == pytest.approx((ended.until - ended.since) * RATE, abs=RATE * 0.2)
    likeness, place = alike(sound, sentence)
    assert likeness > 0.97
    assert place > 0, "the first syllable is in it"
    later = house.ears.sound(ended.since)
    assert len(later) >= len(sound)
    assert len(house.ears.sound(ended.until + 100)) == 0


def test_words_that_are_understood_end_the_wait(house: House, card: SoundCard, sentence: Samples) -> None:
    card.speak_into_microphone(sentence, RATE, wait=False)
    until(lambda: any(isinstance(event, SpeechPaused) for event in house.events))
    paused = next(event for event in reversed(house.events) if isinstance(event, SpeechPaused))
    house.ears.await_text()
    house.ears.partial("Good morning, is anybody there?", paused.until, "en")
    ended = house.wait_for(SpeechEnded)
    assert isinstance(ended, SpeechEnded)
    assert ended.until - paused.until < 0.55, "unclear words wait longer"


def test_while_it_is_closed_nothing_counts_nor_is_kept(
    house: House, card: SoundCard, sentence: Samples
) -> None:
    house.ears.set_open(False)
    closed_at = house.ears.now()
    assert house.ears.level == 0
    card.speak_into_microphone(sentence, RATE)
    time.sleep(0.3)
    house.ears.set_open(True)
    opened_at = house.ears.now()
    until(lambda: house.ears._heard_until > opened_at + 0.2)
    assert house.events == []
    kept = house.ears.sound(closed_at - 0.5)
    assert len(kept) > 1.5 * RATE
    assert np.abs(kept).max() < 0.01
    card.speak_into_microphone(sentence, RATE, wait=False)
    house.wait_for(SpeechBegan)


def test_closed_in_mid_word_it_is_dropped_once(house: House, card: SoundCard, sentence: Samples) -> None:
    card.speak_into_microphone(sentence, RATE, wait=False)
    house.wait_for(SpeechBegan)
    house.ears.set_open(False)
    house.ears.set_open(False)
    house.wait_for(SpeechDropped)
    time.sleep(0.3)
    assert house.kinds()[-1] is SpeechDropped
    assert house.count(SpeechDropped) == 1


def test_a_key_that_is_held_needs_no_loud_voice_and_keeps_the_last_word(
    house: House, card: SoundCard, sentence: Samples
) -> None:
    house.ears.press()
    house.wait_for(SpeechBegan)
    quiet = 0.003 * sentence
    card.speak_into_microphone(quiet, RATE)
    # All has been said, but the end of it is still on its way.
    released_at = house.ears.now()
    house.ears.release()
    ended = house.wait_for(SpeechEnded)
    assert isinstance(ended, SpeechEnded)
    assert ended.until == pytest.approx(released_at, abs=0.05)
    assert len(house.ears.sound(ended.since, ended.until)) > len(quiet)
    assert house.count(SpeechBegan) == house.count(SpeechEnded) == 1


def test_closed_as_the_key_is_let_go_what_was_said_counts(house: House) -> None:
    house.ears.press()
    house.wait_for(SpeechBegan)
    pressed_at = house.ears.now()
    until(lambda: house.ears._heard_until > pressed_at + 0.7)
    house.ears.release()
    house.ears.set_open(False)
    house.wait_for(SpeechEnded)
    assert house.kinds() == [SpeechBegan, SpeechEnded]


def test_orders_are_obeyed_though_the_microphone_is_muted(house: House) -> None:
    house.microphone.mute()
    for number in range(1, 4):
        house.ears.press()
        until(lambda number=number: house.count(SpeechDropped) == number, 2)
    assert house.kinds() == [SpeechBegan, SpeechDropped] * 3


def test_muted_in_mid_word_it_is_dropped_once_and_works_again(
    house: House, card: SoundCard, sentence: Samples
) -> None:
    card.speak_into_microphone(sentence, RATE, wait=False)
    house.wait_for(SpeechBegan)
    house.microphone.mute()
    house.wait_for(SpeechDropped)
    time.sleep(0.2)
    assert house.count(SpeechDropped) == 1
    time.sleep(len(sentence) / RATE)
    assert house.microphone.unmute(10)
    card.speak_into_microphone(sentence, RATE, wait=False)
    house.wait_for(SpeechEnded)


def test_unplugged_in_mid_word_it_is_dropped_once_and_works_again(
    house: House, card: SoundCard, sentence: Samples
) -> None:
    card.speak_into_microphone(sentence, RATE, wait=False)
    house.wait_for(SpeechBegan)
    card.remove_microphone()
    house.wait_for(SpeechDropped)
    card.add_microphone()
    until(lambda: house.microphone.is_open)
    heard_until = house.ears._heard_until
    until(lambda: house.ears._heard_until > heard_until + 0.3)
    assert house.count(SpeechDropped) == 1
    card.speak_into_microphone(sentence, RATE, wait=False)
    house.wait_for(SpeechEnded)
    assert house.problems == [], "the microphone tells of that itself"


class Stumbling:
    """A canceller that leaves the sound as it is, and fails when told to."""

    name = "stumbling"

    def __init__(self) -> None:
        self.faults: list[Exception] = []
        self.resets = 0

    def play(self, samples: Samples) -> None:
        if self.faults:
            raise self.faults.pop()

    def clean(self, samples: Samples, delay_seconds: float) -> Samples:
        return samples

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("fault", "code"),
    [(EchoError("echo-failed", "It failed."), "echo-failed"), (RuntimeError("deep inside"), "ears-failed")],
)
def test_after_a_fault_it_is_told_and_she_hears_again(
    sound: Sound, card: SoundCard, sentence: Samples, fault: Exception, code: str
) -> None:
    canceller = Stumbling()
    with house_with(sound, canceller) as house:
        assert house.player.wake(10)
        resets = canceller.resets
        canceller.faults = [fault, fault]
        house.player.play(np.full(RATE, 0.001, np.float32), RATE, "u")
        until(lambda: len(house.problems) == 2)
        assert [problem and problem.code for problem in house.problems] == [code, None]
        assert canceller.resets > resets
        house.events.clear()
        card.speak_into_microphone(sentence, RATE, wait=False)
        house.wait_for(SpeechEnded)


def test_one_who_is_told_and_fails_does_not_end_the_ears(
    sound: Sound, card: SoundCard, sentence: Samples
) -> None:
    with house_with(sound) as house:
        tell: Callable[[SpeechEvent], None] = house.ears._tell

        def broken(event: SpeechEvent) -> None:
            house.ears._tell = tell
            raise RuntimeError("Event loop is closed")

        house.ears._tell = broken
        house.ears.press()
        until(lambda: len(house.problems) == 2)
        house.events.clear()
        card.speak_into_microphone(sentence, RATE, wait=False)
        house.wait_for(SpeechEnded)


def test_closed_it_is_silent_and_forgets(sound: Sound, card: SoundCard) -> None:
    with house_with(sound) as house:
        since = house.ears.now() - 1
        assert len(house.ears.sound(since)) > 0
    assert len(house.ears.sound(since)) == 0
    assert not house.ears._thread.is_alive()


def test_the_last_minute_has_no_holes_though_times_waver_and_silence_where_it_broke_off() -> None:
    chance = np.random.default_rng(4)
    recent, sound = RecentSound(kept_seconds=2.0), chance.standard_normal(512 * 100).astype(np.float32)
    for number in range(100):
        late = 1.0 if number >= 80 else 0.02 * chance.uniform()
        samples = sound[number * 512 : (number + 1) * 512]
        recent.add(samples, 10 + number * 0.032 + late, is_continued=number not in {0, 80})
    whole = recent.take(0.0)
    assert len(whole) < 3 * RATE, "the oldest is forgotten"
    assert np.array_equal(whole[-20 * 512 :], sound[80 * 512 :])
    before = whole[: -20 * 512]
    quiet = round(0.97 * RATE)
    assert not before[-quiet:].any()
    spoken_part = before[:-RATE]
    assert len(spoken_part) > 0.3 * RATE
    assert alike(sound[: 80 * 512], spoken_part)[0] > 0.99
    part = recent.take(13.6, 13.8)
    assert len(part) == pytest.approx(0.2 * RATE, abs=2)
    assert alike(sound, part)[0] > 0.99


@pytest.fixture(scope="module")
def her() -> Samples:
    text = "Of course. The weather today is mostly sunny with a light breeze in the afternoon."
    return spoken(text, "en-us+f2", 0.5)


def test_without_a_canceller_she_hears_herself(sound: Sound, card: SoundCard, her: Samples) -> None:
    with house_with(sound) as house, card.add_echo(*ECHO):
        assert house.player.wake(10)
        house.player.play(her, RATE, "u")
        house.wait_for(SpeechBegan)


def test_with_one_she_hears_the_user_and_not_herself(sound: Sound, card: SoundCard, her: Samples) -> None:
    with house_with(sound, choose()) as house, card.add_echo(*ECHO):
        assert house.player.wake(10)
        for number in range(2):
            house.player.play(her, RATE, f"u{number}")
        until(lambda: house.player.queued_seconds < 3.0, 20)
        assert house.events == []
        card.speak_into_microphone(spoken("Wait, not like that.", "en-us+m3", 0.25), RATE, wait=False)
        house.wait_for(SpeechBegan, 2.5)
        assert house.player.playing, "while she speaks"

"""Her own voice is taken out of what the microphone hears, and the user's is left in."""

import sys

import numpy as np
import pytest

from backend.shared.errors import AlisaError
from tests.voice.echo_room import begins, decibels, heard_in_room, spoken, without_echo
from tests.voice.voice_sounds import sweep
from voice.deck import Samples
from voice.echo.adaptive import HOP_SAMPLES, AdaptiveFilter
from voice.echo.alignment import LEAD_SECONDS, Alignment
from voice.echo.choice import choose
from voice.echo.engine import RATE, EchoError, Engine
from voice.reference import Reference

ENGINES = ["webrtc", "livekit"]
PACKAGES = {"webrtc": "aec_audio_processing", "livekit": "livekit"}
USER_AT_SECONDS = 6.0


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    found = choose(request.param)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def her() -> Samples:
    text = (
        "Of course. The weather today is mostly sunny with a light breeze in the afternoon. You have two "
        "meetings, one at ten and one at three, and your train leaves at seven."
    )
    return spoken(text, "en-us+f2", 0.5)


@pytest.mark.parametrize(("name", "delay_seconds", "volume"), [("webrtc", 0.15, 0.6), ("livekit", 0.02, 0.3)])
def test_she_does_not_hear_herself_but_the_user(
    name: str, her: Samples, delay_seconds: float, volume: float
) -> None:
    engine = choose(name)
    assert engine is not None
    heard = heard_in_room(her, delay_seconds, volume)
    assert begins(heard), "without it she would"
    alone = without_echo(engine, heard, her)
    assert begins(alone) == []
    assert decibels(heard[3 * RATE :]) - decibels(alone[3 * RATE :]) > 20
    user = spoken("Wait, that is not what I meant.", "en-us+m3", 0.25)
    at = round(USER_AT_SECONDS * RATE)
    heard[at : at + len(user)] += user
    engine.reset()
    noticed = begins(without_echo(engine, heard, her))
    assert len(noticed) == 1
    assert USER_AT_SECONDS < noticed[0] < USER_AT_SECONDS + 0.8


def test_where_she_is_silent_the_sound_is_left_as_it_is(engine: Engine) -> None:
    heard = sweep(1.0, RATE)[: RATE // 512 * 512]
    assert np.array_equal(without_echo(engine, heard, np.zeros(RATE, np.float32)), heard)


def test_any_length_goes_in_and_at_most_ten_milliseconds_wait(engine: Engine) -> None:
    chance = np.random.default_rng(1)
    given = returned = 0
    for count in (1, 159, 160, 161, 0, 512, 1000, 3, 320):
        sound = 0.1 * chance.standard_normal(count).astype(np.float32)
        engine.play(sound)
        found = engine.clean(sound, 0.03)
        assert found.dtype == np.float32
        given, returned = given + count, returned + len(found)
        assert 0 <= given - returned < 160
    engine.close()


def test_too_loud_a_sound_is_cut_and_does_not_wrap_round(engine: Engine) -> None:
    tone = 3.0 * np.sin(2 * np.pi * 300 * np.arange(RATE) / RATE).astype(np.float32)
    found = engine.clean(tone, 0.0)[RATE // 2 :]
    clipped = np.clip(tone, -1, 1)
    best = max(
        float(np.corrcoef(found[shift : shift + 4000], clipped[RATE // 2 : RATE // 2 + 4000])[0, 1])
        for shift in range(200)
    )
    assert best > 0.9


def test_the_best_that_is_installed_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose("off") is None
    first = choose()
    assert first is not None
    assert first.name == "webrtc"
    monkeypatch.setitem(sys.modules, PACKAGES["webrtc"], None)
    second = choose()
    assert second is not None
    assert second.name == "livekit"
    monkeypatch.setitem(sys.modules, PACKAGES["livekit"], None)
    assert choose() is None


@pytest.mark.parametrize("name", ENGINES)
def test_one_that_is_asked_for_and_missing_says_how_to_get_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, PACKAGES[name], None)
    with pytest.raises(EchoError, match="pip install") as caught:
        choose(name)
    assert caught.value.code == "echo-missing"


def test_one_that_there_is_not_is_an_error() -> None:
    with pytest.raises(AlisaError, match="livekit, webrtc"):
        choose("ears-of-a-bat")


def filtered(heard: Samples, played: Samples) -> Samples:
    adaptive = AdaptiveFilter()
    hops = range(0, len(heard) - HOP_SAMPLES + 1, HOP_SAMPLES)
    return np.concatenate(
        [adaptive.clean(heard[at : at + HOP_SAMPLES], played[at : at + HOP_SAMPLES]) for at in hops]
    )


def test_the_filter_learns_the_room_and_not_the_users_words(her: Samples) -> None:
    heard = heard_in_room(her, 0.06, 0.5)
    alone = filtered(heard, her)
    half = len(alone) // 2
    assert decibels(heard[half:]) - decibels(alone[half:]) > 10
    user = spoken("Wait, that is not what I meant. Listen to me for a moment.", "en-us+m3", 0.25)
    at = half
    both = heard.copy()
    both[at : at + len(user)] += user
    rest = filtered(both, her)[at : at + len(user)] - user[: len(alone) - at]
    assert decibels(user) - decibels(rest) > 6
    # Behind his words it is as good as it was.
    after = slice(at + len(user) + RATE // 2, at + len(user) + 2 * RATE)
    assert decibels(filtered(both, her)[after]) < decibels(alone[after]) + 6


def test_what_is_no_echo_passes_the_filter_unchanged() -> None:
    user = spoken("Nothing is played.", "en-us+m3", 0.3)
    user = user[: len(user) // HOP_SAMPLES * HOP_SAMPLES]
    assert np.abs(filtered(user, np.zeros_like(user)) - user).max() < 1e-4


class Tape:
    """A player and a microphone that hear the same, each with times of its own."""

    def __init__(self) -> None:
        self.reference = Reference()
        self.reference.set_rate(RATE)
        self.alignment = Alignment(self.reference)
        self.sound = sweep(80.0, RATE)
        self.written = 0

    def write(self, until: float, late_seconds: float = 0.0) -> None:
        while self.written < round(until * RATE):
            part = self.sound[self.written : self.written + 160]
            self.reference.write(part, 100 + self.written / RATE + late_seconds)
            self.written += 160

    def shift(self, at_seconds: float, late_seconds: float = 0.0, is_continued: bool = True) -> float:
        """Where on the tape the microphone is that hears now what is played now."""
        found = self.alignment.played(100 + at_seconds + late_seconds, 512, is_continued)
        place = round((at_seconds + LEAD_SECONDS) * RATE)
        around = self.sound[max(0, place - 2000) : place + 2512]
        match = np.correlate(around, found, "valid")
        assert match.max() > 0.9 * float(np.dot(found, found)) > 0
        return (int(np.argmax(match)) - min(2000, place)) / RATE


def test_what_is_played_and_heard_at_the_same_time_is_side_by_side() -> None:
    tape = Tape()
    for number in range(60):
        tape.write(number * 0.032 + 0.2)
        assert tape.shift(number * 0.032, is_continued=number > 0) == pytest.approx(0.0, abs=0.001)


def test_times_that_waver_move_nothing() -> None:
    tape, chance = Tape(), np.random.default_rng(2)
    shifts = []
    for number in range(300):
        tape.write(number * 0.032 + 0.2, late_seconds=0.01 * chance.uniform(-1, 1))
        shifts.append(tape.shift(number * 0.032, 0.005 * chance.uniform(-1, 1), is_continued=number > 0))
    assert np.ptp(shifts) < 0.001


def test_clocks_that_drift_are_followed_without_a_jump() -> None:
    tape, shifts = Tape(), []
    for number in range(2000):
        at = number * 0.032
        tape.write(at + 0.2)
        # The microphone's clock is slow: it takes a little longer for as many samples.
        shifts.append(tape.alignment.played(100 + at * 1.00019, 512, number > 0))
    places = [at for at in range(0, 2000, 250) if at]
    offsets = []
    for number in places:
        middle = round((number * 0.032 + LEAD_SECONDS) * RATE)
        match = np.correlate(tape.sound[middle - 400 : middle + 912], shifts[number], "valid")
        offsets.append(int(np.argmax(match)) - 400)
    assert offsets[-1] > 25, "they were 10 ms apart after a minute"
    assert max(np.abs(np.diff(offsets))) <= 26, "a sample for ten frames"


def test_a_stream_that_was_away_is_side_by_side_again_at_once() -> None:
    tape = Tape()
    for number in range(30):
        tape.write(number * 0.032 + 0.2)
        tape.shift(number * 0.032, is_continued=number > 0)
    # The loudspeakers are away: nothing is played.
    for number in range(60, 100):
        quiet = tape.alignment.played(100 + number * 0.032, 512, number > 60)
    assert not quiet.any()
    tape.written = round(4.0 * RATE)
    for number in range(125, 150):
        tape.write(number * 0.032 + 0.2)
        found = tape.shift(number * 0.032, is_continued=number > 125)
    assert found == pytest.approx(0.0, abs=0.001)


def test_a_microphone_that_is_away_costs_no_memory() -> None:
    tape = Tape()
    tape.write(0.2)
    tape.shift(0.0, is_continued=False)
    tape.write(60.0)
    assert tape.shift(59.0, is_continued=False) == pytest.approx(0.0, abs=0.001)
    assert len(tape.alignment._tape) < 3 * RATE

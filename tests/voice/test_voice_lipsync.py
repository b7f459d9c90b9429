"""From sound to the movement of her mouth, on sounds whose answer is known."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.shared.records import Viseme
from voice.deck import Samples
from voice.lipsync import visemes

RATE = 24_000


def vowel(first_hz: float, second_hz: float, seconds: float = 0.5, volume: float = 0.3) -> Samples:
    """A buzz of 150 Hz with two formants."""
    times = np.arange(round(seconds * RATE)) / RATE
    sound = np.zeros(len(times))
    for hertz in range(150, 4000, 150):
        strength = sum(np.exp(-(((hertz - formant) / 120) ** 2)) for formant in (first_hz, second_hz)) + 0.002
        sound += strength * np.sin(2 * np.pi * hertz * times)
    return (volume * sound / np.abs(sound).max()).astype(np.float32)


def quiet(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.float32)


def shapes(timeline: list[Viseme]) -> list[str]:
    return [viseme.shape for viseme in timeline]


@pytest.mark.parametrize(
    ("first", "second", "shape"),
    [(320, 700, "round"), (450, 750, "round"), (750, 1300, "wide"), (350, 2300, "wide")],
)
def test_vowels_have_the_shape_of_their_formants(first: float, second: float, shape: str) -> None:
    timeline = visemes(np.concatenate((quiet(0.2), vowel(first, second), quiet(0.2))), RATE)
    assert shapes(timeline) == [shape, "closed"]
    assert [v.at_seconds for v in timeline] == pytest.approx([0.2, 0.7], abs=0.03)


def test_two_vowels_after_each_other_are_two_shapes() -> None:
    timeline = visemes(np.concatenate((vowel(320, 700), vowel(750, 1300))), RATE)
    assert shapes(timeline) == ["round", "wide", "closed"]
    assert timeline[1].at_seconds == pytest.approx(0.5, abs=0.06)


def test_a_pause_closes_the_mouth_and_a_short_break_does_not() -> None:
    long = visemes(np.concatenate((vowel(750, 1300), quiet(0.15), vowel(750, 1300))), RATE)
    short = visemes(np.concatenate((vowel(750, 1300), quiet(0.04), vowel(750, 1300))), RATE)
    assert shapes(long) == ["wide", "closed", "wide", "closed"]
    assert shapes(short) == ["wide", "closed"]


def test_hiss_opens_the_mouth_only_a_little() -> None:
    hiss = np.diff(np.random.default_rng(1).standard_normal(RATE // 2 + 3), 3).astype(np.float32) * 0.02
    assert shapes(visemes(hiss, RATE)) == ["small", "closed"]


@pytest.mark.parametrize("sound", [np.empty(0, np.float32), quiet(1.0), quiet(1.0) + 0.001])
def test_silence_gives_nothing(sound: Samples) -> None:
    assert visemes(sound, RATE) == []


def test_a_click_opens_the_mouth_for_a_moment() -> None:
    sound = quiet(1.0)
    sound[RATE // 2 : RATE // 2 + 200] = 0.5
    timeline = visemes(sound, RATE)
    assert len(timeline) == 2
    assert timeline[1].at_seconds - timeline[0].at_seconds == pytest.approx(0.07)


@pytest.mark.parametrize("rate", [8000, 11_025, 16_000, 22_050, 44_100, 48_000])
def test_any_sample_rate_will_do(rate: int) -> None:
    times = np.arange(rate) / rate
    sound = np.where(times > 0.5, 0.3 * np.sin(2 * np.pi * 400 * times), 0).astype(np.float32)
    timeline = visemes(sound, rate)
    assert [v.at_seconds for v in timeline] == pytest.approx([0.5, 1.0], abs=0.03)


def test_hours_of_sound_stay_within_what_an_event_may_hold() -> None:
    beat = np.zeros(1000, np.float32)
    beat[:400] = 0.3
    timeline = visemes(np.tile(beat, 5000), 8000)
    assert timeline[-1].at_seconds > 190
    assert len(timeline) <= 2000
    assert timeline[-1].shape == "closed"
    assert timeline[-1].at_seconds <= 600


@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_no_sound_makes_the_mouth_flutter(seed: int, pieces: int) -> None:
    dice = np.random.default_rng(seed)
    parts = [
        dice.choice([0.0, 0.01, 0.3]) * dice.standard_normal(int(dice.integers(100, 4000)))
        for _ in range(pieces)
    ]
    timeline = visemes(np.concatenate(parts).astype(np.float32), RATE)
    times = [v.at_seconds for v in timeline]
    assert all(later - sooner >= 0.068 for sooner, later in pairwise(times))
    assert all(last - first > 1.0 for first, last in zip(times, times[12:], strict=False))
    assert all(a != b for a, b in pairwise(shapes(timeline)))
    assert not timeline or (timeline[0].shape != "closed" and timeline[-1].shape == "closed")


def test_a_machine_gun_of_sounds_makes_twelve_changes_a_second_at_most() -> None:
    beat = np.concatenate((vowel(750, 1300, 0.08), quiet(0.07)))
    times = [v.at_seconds for v in visemes(np.tile(beat, 30), RATE)]
    assert len(times) > 40
    assert all(last - first > 1.0 for first, last in zip(times, times[12:], strict=False))

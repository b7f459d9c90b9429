"""The doctor's arithmetic: what a step adds, what is found in a sound, and the one thing to change."""

import numpy as np
import pytest

from tests.voice.voice_sounds import sweep
from voice import checkup, mouth_to_ear, soundings
from voice.endpointing import EndpointTiming
from voice.mouth_to_ear import Step

RATE = soundings.RATE


def steps(**seconds: float | None) -> list[Step]:
    usual = {
        "microphone": 0.03,
        "endpoint": 0.35,
        "transcription": 0.1,
        "model": 0.4,
        "voice": 0.1,
        "loudspeaker": 0.04,
    }
    return [Step(name, value, "why") for name, value in (usual | seconds).items()]  # fmt: skip


@pytest.mark.parametrize(
    ("slow", "words"),
    [
        ({"transcription": 1.5}, "smaller Whisper model"),
        ({"model": 2.0}, "smaller language model"),
        ({"voice": 0.9}, "quicker voice"),
        ({"loudspeaker": 0.3}, "another loudspeaker"),
        ({"microphone": 0.3}, "another microphone"),
        ({"model": 1.5, "transcription": 3.0}, "Whisper"),
        ({"model": 3.0, "transcription": 1.5}, "language model"),
        ({"endpoint": 3.0}, "Nothing stands out"),
        ({}, "Nothing stands out"),
        ({"model": None}, "not measured: language model"),
    ],
)
def test_the_advice_is_about_what_costs_most(slow, words):
    assert words in mouth_to_ear.advise(steps(**slow))


def test_the_advice_names_what_is_better_where_that_is_known():
    assert "espeak" in mouth_to_ear.advise(steps(voice=2.0), {"voice": " (espeak takes 0.02 s)"})


def test_what_could_not_be_measured_is_not_in_the_sum():
    assert mouth_to_ear.total(steps(model=None)) == pytest.approx(0.62)


@pytest.mark.parametrize(("took", "counts"), [(0.05, 0.0), (0.15, 0.0), (0.4, 0.25), (2.0, 1.85)])
def test_a_transcription_counts_as_far_as_it_outlasts_the_pause(took, counts):
    timing = EndpointTiming(finished_seconds=0.35, try_seconds=0.2)
    assert mouth_to_ear.transcription(took, timing=timing).seconds == pytest.approx(counts)


def test_the_pause_is_that_of_the_endpointer():
    step = mouth_to_ear.endpoint(EndpointTiming(finished_seconds=0.5, unfinished_seconds=1.5))
    assert (step.seconds, "1.5 s" in step.note) == (0.5, True)


@pytest.mark.parametrize(
    ("level", "state", "words"),
    [
        ((-20.0, -60.0, False, False), "ok", "-20 dB at its loudest"),
        ((-120.0, -120.0, True, False), "hint", "nothing but silence"),
        ((0.0, -60.0, False, True), "hint", "too loud"),
        ((-58.0, -70.0, False, False), "hint", "very quiet"),
        ((-20.0, -30.0, False, False), "hint", "much noise"),
    ],
)
def test_a_level_is_put_into_words(level, state, words):
    finding = checkup.describe_level(*level[:2], is_dead=level[2], is_clipped=level[3])
    assert (finding.state, words in finding.text, bool(finding.fix)) == (state, True, state == "hint")


def test_an_error_becomes_what_is_wrong_and_what_to_do():
    finding = checkup.split("microphone", "broken", "It is gone. Plug it in, or take another.")
    assert (finding.text, finding.fix) == ("It is gone", "Plug it in, or take another")
    assert checkup.split("x", "hint", "It is gone.").fix == ""


def room(delay_seconds: float, gain: float, noise: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """What is played, and what a microphone in a simple room hears of it."""
    sign = sweep(0.4, RATE)
    played = np.concatenate((np.zeros(RATE // 2, np.float32), sign, np.zeros(RATE, np.float32)))
    heard = noise * np.random.default_rng(seed).standard_normal(len(played))
    start = RATE // 2 + round(delay_seconds * RATE)
    heard[start : start + len(sign)] += gain * sign
    return played, heard.astype(np.float32)


@pytest.mark.parametrize(("delay", "gain"), [(0.02, 0.5), (0.15, 0.1), (0.4, 0.02), (-0.03, 0.3)])
@pytest.mark.parametrize("ahead", [0.0, 0.1, -0.1])
def test_an_echo_is_found_with_its_delay_and_loudness(delay, gain, ahead):
    played, heard = room(delay - ahead, gain, noise=0.002)
    echo = soundings.compare(played, heard, ahead)
    assert echo.delay_seconds == pytest.approx(delay, abs=0.001)
    assert echo.gain_db == pytest.approx(20 * np.log10(gain), abs=0.5)


@pytest.mark.parametrize("seed", range(5))
def test_noise_is_no_echo(seed):
    played, heard = room(0.1, 0.0, noise=0.1, seed=seed)
    assert soundings.compare(played, heard, 0.0) is None


def test_silence_is_no_echo():
    played, heard = room(0.1, 0.0, noise=0.0)
    assert soundings.compare(played, heard, 0.0) is None
    assert soundings.compare(np.zeros_like(played), heard, 0.0) is None
    assert soundings.compare(played, np.zeros(0, np.float32), 0.0) is None

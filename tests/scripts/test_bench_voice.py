"""The meters of the voice's benchmark see what they should, on sounds that are known; no figure is judged."""

import shutil
import time

import numpy as np
import pytest

from benchmarks import voice, voice_card, voice_house, voice_meter, voice_rows
from benchmarks.model_server import Script, parse
from benchmarks.plan import FULL_VOICE, QUICK_VOICE
from benchmarks.processes import BenchmarkError
from benchmarks.voice_card import RATE, Sound
from benchmarks.voice_rows import Readings

START = 1000.0


def noise(seconds: float, loudness: float = 0.2, seed: int = 0) -> np.ndarray:
    return (loudness * np.random.default_rng(seed).standard_normal(round(seconds * RATE))).astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.float32)


def recorded(*parts: np.ndarray) -> Sound:
    return Sound(START, np.concatenate(parts))


def test_the_first_and_the_last_sound_are_found():
    sound = recorded(silence(0.5), noise(1.0), silence(0.7))
    assert voice_meter.first_sound(sound) == pytest.approx(START + 0.5, abs=0.001)
    assert voice_meter.last_sound(sound) == pytest.approx(START + 1.5, abs=0.001)
    assert (
        voice_meter.first_sound(recorded(silence(1.0)))
        is voice_meter.last_sound(recorded(silence(1.0)))
        is None
    )


def test_hiss_is_no_sound():
    assert voice_meter.first_sound(recorded(noise(2.0, voice_card._HISS))) is None


def test_she_is_silent_where_a_long_silence_begins_not_at_a_pause():
    sound = recorded(noise(1.0), silence(0.3), noise(0.5), silence(0.9), noise(0.5))
    assert voice_meter.silent_from(sound, 0.6) == pytest.approx(START + 1.8, abs=0.001)
    assert voice_meter.silent_from(recorded(noise(1.0), silence(0.7)), 0.6) == pytest.approx(
        START + 1.0, abs=0.001
    )
    assert voice_meter.silent_from(recorded(noise(1.0), silence(0.5)), 0.6) is None
    assert voice_meter.silent_from(recorded(silence(1.0)), 0.6) is None


def test_gaps_are_counted_with_their_length():
    sound = recorded(
        silence(1.0), noise(1.0), silence(0.6), noise(1.0), silence(0.2), noise(0.5), silence(2.0)
    )
    assert voice_meter.silences(sound, 0.5) == [pytest.approx((START + 2.0, 0.6), abs=0.001)]
    assert len(voice_meter.silences(sound, 0.1)) == 2


@pytest.mark.parametrize("at", [0.0, 0.35, 1.0])
def test_the_users_words_are_found_in_the_mixture(at):
    words = noise(1.0, 0.1, seed=1)
    mixture = noise(3.0, 0.1, seed=2)
    start = round(at * RATE)
    mixture[start : start + len(words)] += words
    assert voice_meter.find(Sound(START, mixture), words) == pytest.approx(START + at, abs=0.001)
    assert voice_meter.find(Sound(START, noise(3.0, seed=3)), words) is None
    assert voice_meter.find(recorded(silence(0.1)), words) is None


def test_the_first_word_may_come_after_silence():
    assert voice_meter.onset(np.concatenate((silence(0.3), noise(1.0)))) == pytest.approx(0.3, abs=0.001)


@pytest.mark.parametrize("late", [0.0, 0.1, 0.3, -0.3])
def test_a_mouth_that_is_late_or_early_is_seen_by_as_much(late):
    rng = np.random.default_rng(4)
    visemes, parts, at = [], [silence(1.0)], 0.0
    for number in range(24):
        seconds = round(float(rng.uniform(0.08, 0.2)), 2)
        visemes.append([at, ("small", "wide", "small", "round")[number % 4]])
        parts.append(noise(seconds, 0.02 if number % 2 == 0 else 0.3, seed=number))
        at += seconds
    visemes.append([at, "closed"])
    sound = recorded(*parts, silence(1.0))
    assert voice_meter.mouth_lag(sound, START + 1.0 - late, visemes) == pytest.approx(late, abs=0.015)


def test_a_mouth_of_which_the_sound_is_not_there_tells_nothing():
    visemes = [[0.1 * number, ("small", "wide")[number % 2]] for number in range(10)]
    assert voice_meter.mouth_lag(recorded(noise(0.5)), START, visemes) is None
    assert voice_meter.mouth_lag(recorded(noise(3.0)), START + 1.0, visemes[:3]) is None
    assert voice_meter.mouth_lag(recorded(silence(3.0)), START + 1.0, visemes) is None


def test_sound_after_and_before_a_moment_keeps_its_time():
    sound = recorded(silence(1.0), noise(1.0))
    assert sound.after(START + 0.5).start == START + 0.5
    assert voice_meter.first_sound(sound.after(START + 0.5)) == pytest.approx(START + 1.0, abs=0.001)
    assert len(sound.before(START + 0.25).samples) == RATE // 4
    assert sound.after(START - 5).start == START


# The card and the house.


def test_both_ends_of_the_card_tell_the_same_time():
    with voice_card.card() as card:
        begun = time.time()
        with card.echo(0.1, 0.5):
            time.sleep(0.5)
            words = next(iter(voice_house.speech(["What time is it?"])))
            card.say(words)
            time.sleep(0.3)
        said = card.said.sound(begun)
        start = voice_meter.find(said, words)
        assert start is not None and begun < start < time.time()
        assert voice_meter.last_sound(said) == pytest.approx(start + len(words) / RATE, abs=0.02)
        assert voice_meter.first_sound(card.heard.sound(begun)) is None, "nobody has played anything"
        card.forget()
        assert len(card.said.sound().samples) / RATE == pytest.approx(2.0, abs=0.1)
        variables = card.variables
    assert not (variables["HOME"] and voice_card.Path(variables["HOME"]).exists())


@pytest.mark.parametrize(("name", "package"), [("pulseaudio", "pulseaudio"), ("espeak-ng", "espeak-ng")])
def test_a_missing_program_of_the_card_is_named_with_its_package(name, package, monkeypatch):
    found = shutil.which
    monkeypatch.setattr(shutil, "which", lambda asked: None if asked == name else found(asked))
    with pytest.raises(BenchmarkError, match=f"{name} is missing.*{package}$"), voice_card.card():
        pass


def test_what_the_user_says_has_no_silence_around_it_and_differs_in_length():
    sounds = voice_house.speech(voice.TEXTS)
    lengths = [len(sound) / RATE for sound in sounds]
    assert max(lengths) > 4 * min(lengths)
    assert all(abs(sound[0]) > voice_meter.LOUD and abs(sound[-1]) > voice_meter.LOUD for sound in sounds)
    assert sum(length > 1.3 for length in lengths) >= 5, "who interrupts says more than a word"


def test_the_transcript_asks_for_the_answers_and_sounds_finished_or_not():
    lines = voice._script(FULL_VOICE)
    asked = [parse(line) for line in lines[: FULL_VOICE.answers + 2 * FULL_VOICE.late_answers]]
    assert [script.delay_seconds for script in asked].count(
        voice_rows.LATE_SECONDS
    ) == FULL_VOICE.late_answers
    assert all(script.tokens > 1 and script.pace_seconds == 0 for script in asked)
    assert lines[0].endswith(".")
    unfinished = [line for line in lines if line.endswith(voice._UNFINISHED)]
    assert len(unfinished) == FULL_VOICE.late_answers


# The rows.


def readings() -> Readings:
    found = Readings()
    found.answers = {"prompt": [0.5, 0.6, 0.7], "late": [0.9], "unfinished": [1.3]}
    found.interruptions, found.late_interruptions = [0.3, 0.4], [0.65]
    found.pushes, found.late_pushes = [0.08, 0.09], [0.39]
    found.self_interruptions, found.control_interruptions = 0, 3
    found.gaps, found.slow_gaps, found.own_seconds = 0, 2, 60.0
    found.lags = [-0.02, 0.01]
    return found


def verdicts(found: Readings) -> dict[str, str]:
    return {row.name: row.verdict for row in voice_rows.rows(found)}


def test_good_readings_meet_every_goal_and_their_controls_work():
    found = verdicts(readings())
    assert set(found.values()) == {"met", "meter works", ""} | {"not measured"}
    assert [name for name, verdict in found.items() if verdict == "not measured"] == ["Memory"]


@pytest.mark.parametrize(
    ("name", "value", "row", "verdict"),
    [
        ("lost", 1, "End of speech to first sound, p50", "**not met**"),
        ("cut_off", 1, "End of speech to first sound, p95", "**not met**"),
        ("unheard", 1, "User begins to speak until she is silent, p95", "**not met**"),
        ("interruptions", [0.3, 0.9], "User begins to speak until she is silent, p95", "**not met**"),
        ("pushes", [0.2], "Key to talk until she is silent, p95", "**not met**"),
        ("pushes", [], "Key to talk until she is silent", "not measured"),
        ("self_interruptions", 1, "Self-interruptions, with echo cancellation", "**not met**"),
        ("control_interruptions", 0, "Self-interruptions, without echo cancellation", "**meter fails**"),
        ("unheard_keys", 1, "Key to talk until she is silent, p95", "**not met**"),
        ("strays", 2, "Answers to herself while she is interrupted", "**not met**"),
        ("gaps", 1, "Gaps in what she says", "**not met**"),
        ("slow_gaps", 0, "Gaps when the model is too slow", "**meter fails**"),
        ("lags", [0.2], "Lips against sound, p95", "**not met**"),
        ("late_pushes", [0.09], "The key that comes later shows", "**meter fails**"),
        ("late_interruptions", [1.5], "The user's first word that comes later shows", "**meter fails**"),
    ],
)
def test_each_bad_reading_is_told(name, value, row, verdict):
    found = readings()
    setattr(found, name, value)
    assert verdicts(found)[row] == verdict


def test_the_plans_describe_themselves():
    assert "18 spoken questions" in FULL_VOICE.describe()
    assert QUICK_VOICE.answers < FULL_VOICE.answers
    assert Script(3).tokens == 3

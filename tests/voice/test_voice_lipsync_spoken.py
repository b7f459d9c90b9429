"""The movement of the mouth on speech: by espeak-ng, against where the speech really begins and ends."""

import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from tests.voice.voice_sounds import say
from voice.deck import Samples
from voice.lipsync import visemes

SENTENCES = [
    ("en-us+f2", "Hello! I think we could meet tomorrow at ten o'clock."),
    ("en+m3", "Peter picked a piece of paper, put it back, and left."),
    ("de", "Guten Morgen, wie geht es dir heute?"),
    ("fr", "Bonjour, je suis très contente de te voir."),
    ("ja", "こんにちは。おげんきですか。"),
    ("es", "No."),
]


def is_loud(sound: Samples, rate: int) -> np.ndarray:
    """For each step of 5 ms whether there is sound, by the peak; another measure than the one under test."""
    step = round(rate * 0.005)
    count = len(sound) // step
    return np.abs(sound[: count * step]).reshape(count, step).max(axis=1) > 0.06 * np.abs(sound).max()


@pytest.mark.parametrize(("voice", "text"), SENTENCES)
def test_the_mouth_opens_and_closes_with_the_speech(voice: str, text: str) -> None:
    sound, rate = say(text, voice)
    sound = np.concatenate((np.zeros(round(0.3 * rate), np.float32), sound, np.zeros(rate, np.float32)))
    loud = np.flatnonzero(is_loud(sound, rate)) * 0.005
    timeline = visemes(sound, rate)
    assert abs(timeline[0].at_seconds - loud[0]) <= 0.06
    assert timeline[-1].shape == "closed"
    assert abs(timeline[-1].at_seconds - loud[-1]) <= 0.09, "she ends softly"


@pytest.mark.parametrize(("voice", "text"), SENTENCES)
def test_the_mouth_is_open_where_speech_is_and_closed_in_its_pauses(voice: str, text: str) -> None:
    sound, rate = say(text, voice)
    timeline = visemes(sound, rate)
    loud = is_loud(sound, rate)
    times = np.arange(len(loud)) * 0.005
    index = np.searchsorted([v.at_seconds for v in timeline], times, side="right") - 1
    is_open = np.array([i >= 0 and timeline[i].shape != "closed" for i in index])
    assert is_open[loud].mean() > 0.97
    pauses = np.flatnonzero(np.diff(np.concatenate(([0], (~loud).astype(int), [0]))))
    for begin, end in pauses.reshape(-1, 2):
        if (end - begin) * 0.005 > 0.25:
            inside = is_open[begin + 12 : end - 12]
            assert inside.mean() < 0.5, f"open in the pause at {begin * 0.005:.2f} s"


def test_speech_has_all_shapes_and_at_most_twelve_changes_a_second() -> None:
    sound, rate = say("You know, two or three of those blue cats were really happy about the good food. " * 2)
    timeline = visemes(sound, rate)
    assert {v.shape for v in timeline} == {"closed", "small", "wide", "round"}
    times = [v.at_seconds for v in timeline]
    assert min(b - a for a, b in pairwise(times)) >= 0.068
    assert all(b - a > 1.0 for a, b in zip(times, times[12:], strict=False))
    assert len(times) / times[-1] > 3, "she mumbles"


def test_reading_a_sound_costs_next_to_nothing(record_property: Callable[[str, object], None]) -> None:
    sound, rate = say("This is a sentence of the usual length, as she says it all day long.")
    visemes(sound, rate)
    begin = time.process_time()
    visemes(sound, rate)
    cost = (time.process_time() - begin) / (len(sound) / rate)
    record_property("seconds_per_second", cost)
    # About 2 ms for a second of sound; this only catches what is slower by far.
    assert cost < 0.1

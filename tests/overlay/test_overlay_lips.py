"""Her mouth: by timeline, by loudness, and which way to move it goes first."""

from itertools import pairwise
from math import inf, nan, pi, sin
from random import Random
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.shared.records import MouthShape, Viseme
from overlay.life.levels import Levels
from overlay.life.lips import Lips
from overlay.life.visemes import HOLD_SECONDS, Timeline
from tests.overlay.life_trace import most_in_a_second, shapes, watch

SHAPES = get_args(MouthShape)
ANY_VISEMES = st.lists(st.builds(Viseme, st.floats(0, 5), st.sampled_from(SHAPES)), max_size=40)


# By timeline


def test_shapes_of_a_timeline_come_exactly_when_they_are_due():
    timeline = Timeline()
    timeline.add(
        [Viseme(0.0, "small"), Viseme(0.2, "wide"), Viseme(0.5, "round"), Viseme(0.9, "closed")], 10.0, 9.0
    )
    assert watch(timeline, 20.0, 9.0) == [
        (9.0, None),
        (10.0, "small"),
        (10.2, "wide"),
        (10.5, "round"),
        (10.9, "closed"),
        (pytest.approx(11.02), None),
    ]
    assert timeline.due == inf


def test_a_timeline_that_arrives_late_skips_ahead():
    timeline = Timeline()
    timeline.add(
        [Viseme(0.0, "small"), Viseme(0.2, "wide"), Viseme(0.5, "round"), Viseme(0.9, "closed")], 10.0, 10.3
    )
    assert watch(timeline, 20.0, 10.3)[:2] == [(10.3, "wide"), (10.5, "round")]


def test_a_timeline_that_is_over_when_it_arrives_shows_nothing():
    timeline = Timeline()
    timeline.add([Viseme(0.0, "small"), Viseme(0.2, "wide")], 10.0, 60.0)
    assert watch(timeline, 99.0, 60.0) == [(60.0, None)]


def test_a_timeline_that_does_not_end_closed_is_closed_for_her():
    timeline = Timeline()
    timeline.add([Viseme(0.0, "small"), Viseme(0.4, "wide")], 0.0, 0.0)
    assert shapes(watch(timeline, 9.0))[-2:] == ["closed", None]


def test_utterances_queue_by_their_start_in_whatever_order_they_arrive():
    first = [Viseme(0.0, "wide"), Viseme(1.0, "closed")]
    second = [Viseme(0.0, "round"), Viseme(1.0, "closed")]
    for order in ((0, 1), (1, 0)):
        timeline = Timeline()
        for number in order:
            timeline.add((first, second)[number], (1.0, 4.0)[number], 0.0)
        assert watch(timeline, 9.0) == [
            (0.0, None),
            (1.0, "wide"),
            (2.0, "closed"),
            (2.12, None),
            (4.0, "round"),
            (5.0, "closed"),
            (5.12, None),
        ]


def test_the_next_utterance_takes_over_from_one_that_overlaps_it():
    timeline = Timeline()
    timeline.add([Viseme(0.0, "wide"), Viseme(2.0, "small"), Viseme(3.0, "closed")], 0.0, 0.0)
    assert watch(timeline, 0.4) == [(0.0, "wide")]
    timeline.add([Viseme(0.0, "round"), Viseme(1.0, "closed")], 1.0, 0.5)
    assert watch(timeline, 9.0, 0.5) == [(0.5, "wide"), (1.0, "round"), (2.0, "closed"), (2.12, None)]


def test_what_was_taken_over_does_not_come_back():
    timeline = Timeline()
    timeline.add([Viseme(0.0, "wide"), Viseme(2.0, "small"), Viseme(5.0, "closed")], 0.0, 0.0)
    timeline.add([Viseme(0.0, "round"), Viseme(1.0, "closed")], 1.0, 0.0)
    assert watch(timeline, 3.0)[-1] == (2.12, None)
    timeline.add([Viseme(0.0, "smile"), Viseme(1.0, "closed")], 6.0, 3.0)
    assert watch(timeline, 9.0, 3.0)[:2] == [(3.0, None), (6.0, "smile")]


def test_an_utterance_that_is_over_when_it_arrives_ends_what_it_took_over():
    timeline = Timeline()
    timeline.add([Viseme(0.0, "wide"), Viseme(5.0, "closed")], 0.0, 0.0)
    watch(timeline, 2.0)
    timeline.add([Viseme(0.0, "round"), Viseme(0.5, "closed")], 1.0, 2.0)
    assert watch(timeline, 9.0, 2.0) == [(2.0, None)]


def test_an_utterance_ends_though_nobody_looked_until_the_next_one_came():
    timeline = Timeline()
    timeline.add([Viseme(0.0, "wide"), Viseme(1.0, "closed")], 0.0, 0.0)
    watch(timeline, 0.5)
    timeline.add([Viseme(0.0, "round"), Viseme(1.0, "closed")], 6.0, 5.0)
    assert watch(timeline, 9.0, 5.0)[:2] == [(5.0, None), (6.0, "round")]


def test_the_same_utterance_twice_is_one():
    timeline = Timeline()
    said = [Viseme(0.0, "wide"), Viseme(1.0, "closed")]
    timeline.add(said, 0.0, 0.0)
    watch(timeline, 0.5)
    timeline.add(said, 0.0, 0.5)
    assert watch(timeline, 9.0, 0.5) == [(0.5, "wide"), (1.0, "closed"), (1.12, None)]


def test_shapes_too_short_to_be_seen_are_left_out_but_the_mouth_never_freezes():
    timeline = Timeline()
    fast = [Viseme(step * 0.02, ("wide", "small", "round")[step % 3]) for step in range(100)]
    timeline.add(fast, 0.0, 0.0)
    changes = watch(timeline, 9.0)
    assert len(changes) > 20
    assert all(after - before > HOLD_SECONDS - 1e-9 for (before, _), (after, _) in pairwise(changes))


def test_a_short_shape_after_a_long_one_is_seen_for_a_moment_at_its_time():
    timeline = Timeline()
    timeline.add(
        [Viseme(0.0, "wide"), Viseme(0.5, "closed"), Viseme(0.52, "round"), Viseme(1.0, "closed")], 0.0, 0.0
    )
    assert watch(timeline, 0.9) == [(0.0, "wide"), (0.5, "closed"), (pytest.approx(0.56), "round")]


@given(st.lists(st.tuples(ANY_VISEMES, st.floats(0, 6), st.floats(0, 2)), max_size=6))
@settings(max_examples=150)
def test_any_timelines_that_come_in_time_hold_each_shape_and_end(utterances):
    timeline, now, changes = Timeline(), 0.0, []
    for visemes, started, gap in utterances:
        timeline.add(visemes, now + started, now)
        changes += watch(timeline, now + gap, now)
        now += gap
    changes += watch(timeline, now + 30, now)
    assert timeline.shape is None
    assert timeline.due == inf
    seen = [changes[0]]
    seen += [after for before, after in pairwise(changes) if before[1] != after[1]]
    assert all(after - before > HOLD_SECONDS - 1e-6 for (before, _), (after, _) in pairwise(seen[1:]))


@pytest.mark.parametrize("started", [nan, inf, -inf])
def test_a_start_that_is_no_time_is_ignored(started):
    timeline = Timeline()
    timeline.add([Viseme(0.0, "wide")], started, 0.0)
    assert timeline.due == inf


def test_a_flood_of_utterances_does_not_grow_without_end():
    timeline = Timeline()
    for number in range(500):
        timeline.add([Viseme(0.0, "wide"), Viseme(1.0, "closed")], 100.0 + 3 * number, 0.0)
    assert len(watch(timeline, 2000.0)) < 100


# By loudness


def speak_levels(
    levels: Levels, sound, seconds: float, rate: float = 30.0
) -> list[tuple[float, MouthShape | None]]:
    changes = [(0.0, levels.shape)]
    for frame in range(round(seconds * rate)):
        now = frame / rate
        changes += watch(levels, now, changes[-1][0])[1:] if levels.due <= now else []
        levels.hear(sound(now), now)
        levels.advance(now)
        changes.append((now, levels.shape))
    changes += watch(levels, seconds + 3, seconds)
    return [changes[0], *(after for before, after in pairwise(changes) if before[1] != after[1])]


def speech(loudness: float, seed: int = 1):
    chance = Random(seed)
    return lambda now: loudness * abs(sin(now * 2 * pi * 2.2)) * chance.uniform(0.3, 1.0)


def test_a_loud_sound_opens_her_mouth_at_once():
    levels = Levels(Random(1))
    levels.hear(0.6, 1.0)
    assert levels.due == 1.0
    levels.advance(1.0)
    assert levels.shape in ("wide", "round")


def test_her_mouth_closes_slowly_and_by_itself_when_levels_stop():
    levels = Levels(Random(1))
    levels.hear(0.6, 1.0)
    changes = watch(levels, 5.0, 1.0)
    assert len(changes) >= 3
    assert changes[1][0] > 1.08
    assert changes[-1] == (pytest.approx(1.3), None)
    assert levels.due == inf


def test_silence_that_goes_on_is_not_speech():
    levels = Levels(Random(1))
    assert shapes(speak_levels(levels, lambda now: 0.0, 2.0)) == [None]
    assert shapes(speak_levels(Levels(Random(1)), lambda now: 0.5 if now < 0.1 else 0.0, 2.0))[-1] is None


@pytest.mark.parametrize("loudness", [0.1, 0.3, 1.0])
def test_a_quiet_voice_moves_her_mouth_as_much_as_a_loud_one(loudness):
    changes = speak_levels(Levels(Random(1)), speech(loudness), 20.0)
    assert {"closed", "small", "wide", "round"} <= set(shapes(changes))
    assert 4 < len(changes) / 20 <= 12


@given(st.lists(st.tuples(st.floats(0.001, 0.2), st.floats()), min_size=1, max_size=150))
@settings(max_examples=100)
def test_no_levels_make_her_mouth_tremble(heard):
    levels, now, changes = Levels(Random(1)), 0.0, []
    for gap, level in heard:
        changes += watch(levels, now + gap, now)
        now += gap
        levels.hear(level, now)
    changes += watch(levels, now + 3, now)
    seen = [changes[0], *(after for before, after in pairwise(changes) if before[1] != after[1])]
    assert most_in_a_second(seen) <= 12
    assert all(after - before >= 0.07 for (before, _), (after, _) in pairwise(seen[1:]))
    assert levels.shape is None
    assert levels.due == inf


def test_a_level_that_trembles_about_a_border_does_not_move_her_mouth():
    chance = Random(1)
    levels = Levels(Random(1))
    levels.hear(1.0, 0.0)
    levels.advance(0.0)
    changes = []
    for frame in range(1, 20):
        now = frame / 30
        levels.hear(0.45 + chance.uniform(-0.06, 0.06), now)
        levels.advance(now)
        changes.append(levels.shape)
    assert len(set(changes)) == 1


# Which goes first

LONG = "and so on and so on, and so on for ever and ever until nobody listens any more"


def test_a_timeline_goes_before_levels_and_levels_before_text():
    lips = Lips(Random(1))
    lips.read(LONG, 0.0)
    lips.advance(0.0)
    assert lips.shape is not None
    lips.hear_level(0.9, 0.5)
    lips.advance(0.5)
    assert lips.shape in ("wide", "round")
    lips.utter([Viseme(0.0, "smile"), Viseme(1.0, "closed")], 0.6, 0.6)
    lips.advance(0.6)
    assert lips.shape == "smile"
    lips.hear_level(0.9, 0.8)
    lips.read(LONG, 0.8)
    assert watch(lips, 9.0, 0.8) == [(0.8, "smile"), (1.6, "closed"), (pytest.approx(1.72), None)]


def test_when_a_timeline_ends_no_level_from_before_it_is_left():
    lips = Lips(Random(1))
    lips.hear_level(0.9, 0.5)
    lips.utter([Viseme(0.0, "smile"), Viseme(0.1, "closed")], 0.51, 0.51)
    assert watch(lips, 0.75, 0.51)[-1] == (pytest.approx(0.73), None)


def test_a_voice_takes_over_from_text_and_leaves_none_of_it_for_later():
    lips = Lips(Random(1))
    lips.read(LONG, 0.0)
    lips.voice(True)
    assert watch(lips, 9.0) == [(0.0, None)]
    lips.read(LONG, 9.0)
    assert watch(lips, 12.0, 9.0) == [(9.0, None)]
    lips.voice(False)
    assert watch(lips, 20.0, 12.0) == [(12.0, None)]
    lips.read(LONG, 20.0)
    assert len(watch(lips, 25.0, 20.0)) > 10


def test_when_the_voice_has_ended_nothing_of_its_timeline_is_left():
    lips = Lips(Random(1))
    lips.voice(True)
    lips.utter([Viseme(0.0, "wide"), Viseme(5.0, "closed")], 0.0, 0.0)
    assert watch(lips, 1.0) == [(0.0, "wide")]
    lips.voice(False)
    assert watch(lips, 9.0, 1.0) == [(1.0, None)]


def test_no_voice_ends_no_text():
    lips = Lips(Random(1))
    lips.read(LONG, 0.0)
    lips.voice(False)
    assert len(watch(lips, 5.0)) > 10


@pytest.mark.parametrize(
    "speak",
    [
        lambda lips: lips.utter([Viseme(0.0, "wide"), Viseme(9.0, "closed")], 0.0, 0.0),
        lambda lips: lips.hear_level(0.9, 0.0),
        lambda lips: lips.read(LONG, 0.0),
    ],
)
def test_hush_closes_her_mouth_in_every_mode(speak):
    lips = Lips(Random(1))
    speak(lips)
    lips.advance(0.1)
    assert lips.shape is not None
    lips.hush()
    assert lips.shape is None
    assert lips.due == inf

"""Her life as a whole: whatever happens in whatever order, and what an hour of it costs."""

from itertools import pairwise
from random import Random
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.shared.records import EmotionName, MouthShape, PresenceState, Viseme
from overlay.life.machine import SHORTEST_SLEEP_SECONDS, Life
from overlay.life.pose import PHASES, Eyes, Look, Pose
from tests.overlay.life_trace import HOUR, Trace, make_life

times = st.floats(-20, 20)
visemes = st.lists(st.builds(Viseme, st.floats(0, 3), st.sampled_from(get_args(MouthShape))), max_size=12)
speaking = st.one_of(
    st.tuples(st.just("utter"), visemes, times),
    st.tuples(st.just("hear_level"), st.floats()),
    st.tuples(st.just("read"), st.text(max_size=40)),
    st.just(("read", "Well, that was a very long story about nothing. " * 20)),
    st.tuples(st.just("voice"), st.booleans()),
    st.just(("finish_reading",)),
    st.just(("hush",)),
)
happening = st.one_of(
    st.tuples(st.just("feel"), st.sampled_from(get_args(EmotionName))),
    st.tuples(st.just("listen"), st.booleans()),
    st.tuples(st.just("think"), st.booleans()),
    st.tuples(st.just("see_presence"), st.sampled_from(get_args(PresenceState))),
    st.tuples(st.just("glance"), st.floats(), st.floats()),
    st.just(("touch",)),
)
hiding = st.tuples(st.just("rest"), st.booleans())
gaps = st.one_of(st.just(0.0), st.floats(0, 0.3), st.floats(0, 30), st.floats(-5, 0), st.just(4 * HOUR))
histories = st.lists(st.tuples(gaps, st.one_of(speaking, happening, hiding)), max_size=25)
shown_histories = st.lists(st.tuples(gaps, st.one_of(speaking, happening)), max_size=25)


def follow(life: Life, told: tuple, now: float) -> None:
    """Tell her what a history says; the second of an utterance is when it started, from now on."""
    name, *values = told
    if name == "utter":
        values[1] += now
    getattr(life, name)(*values, now)


def play(life: Life, history: list[tuple[float, tuple]]) -> list[tuple[float, Pose]]:
    """Live through a history: what is due between two events is done when it is due, at most for a while."""
    now, poses = 0.0, []
    for gap, told in history:
        until = now + gap
        for _ in range(12):
            due = life.next_due
            if due is None or due > until:
                break
            now = max(now, due)
            poses.append((now, life.advance(now)))
            assert life.next_due is None or life.next_due > now
        now = until
        follow(life, told, now)
        assert life.next_due is None or life.next_due >= now
        poses.append((now, life.advance(now)))
        assert life.next_due is None or life.next_due > now
    return poses


def make_random_life(seed: int, is_motion_reduced: bool = False) -> Life:
    pointer = Random(seed)
    return Life(
        Random(seed),
        0.0,
        is_motion_reduced=is_motion_reduced,
        sleep_seconds=3,
        pointer=lambda: (pointer.uniform(-900, 900), pointer.uniform(-900, 900)),
    )


@given(histories, st.integers(0, 5))
@settings(max_examples=150)
def test_any_history_leads_to_poses_that_can_be_painted(history, seed):
    for _, pose in play(make_random_life(seed), history):
        assert pose.emotion in get_args(EmotionName)
        assert pose.eyes in get_args(Eyes)
        assert pose.mouth is None or pose.mouth in get_args(MouthShape)
        assert pose.look is None or pose.look in get_args(Look)
        assert 0 <= pose.breath <= PHASES
        assert -PHASES <= pose.sway <= PHASES
        assert not pose.is_asleep or (pose.eyes == "closed" and pose.look is None)


@given(histories, st.integers(0, 5))
@settings(max_examples=60)
def test_the_same_seed_and_the_same_history_give_the_same_poses(history, seed):
    assert play(make_random_life(seed), history) == play(make_random_life(seed), history)


@given(histories, st.integers(0, 5))
@settings(max_examples=60)
def test_with_reduced_motion_she_never_sways_breathes_or_looks_away(history, seed):
    for _, pose in play(make_random_life(seed, is_motion_reduced=True), history):
        assert (pose.breath, pose.sway, pose.look) == (0, 0, None)


@given(histories)
@settings(max_examples=100)
def test_hush_closes_her_mouth_at_once_whatever_was_said(history):
    life = make_random_life(1, is_motion_reduced=True)
    poses = play(life, history)
    now = max(0.0, *(at for at, _ in poses)) if poses else 0.0
    life.feel("sad", now)  # who is sad does not smile by herself
    life.hush(now)
    assert life.advance(now).mouth is None
    for _ in range(10):
        assert life.next_due is None or life.advance(life.next_due).mouth is None


@given(shown_histories, st.integers(0, 5))
@settings(max_examples=100)
def test_her_lids_never_jump_between_open_and_closed(history, seed):
    life = make_random_life(seed)
    lids = [pose.eyes for _, pose in play(life, [(min(gap, 30.0), told) for gap, told in history])]
    assert not {("open", "closed"), ("closed", "open")} & set(pairwise(lids))


@given(histories, st.integers(0, 3))
@settings(max_examples=60)
def test_no_history_makes_her_hurry(history, seed):
    life = make_random_life(seed)
    poses = play(life, history)
    start = max([0.0, *(at for at, _ in poses)])
    wakes = Trace(life, start + 10, start=start).wakes
    assert wakes <= 10 * 22


@pytest.mark.parametrize("pause", [1.0, 60.0, HOUR, 100 * HOUR])
def test_after_a_pause_of_the_machine_nothing_is_made_up_for(pause):
    life = make_life(sleep_seconds=0)
    life.read("Once upon a time there was a princess. " * 3, 0.0)
    life.utter([Viseme(at / 10, "wide" if at % 2 else "small") for at in range(50)], 1.0, 0.0)
    Trace(life, 3.0)
    after = Trace(life, 13.0 + pause, start=3.0 + pause)
    assert after.wakes < 10 * 14
    assert len(after.blinks) < 10
    if pause > 10:
        # She may smile at waking up, but what was to be said is over.
        assert {pose.mouth for _, pose in after.poses} <= {None, "smile"}


def test_a_time_that_goes_back_counts_as_the_last_one():
    life = make_life()
    life.advance(100.0)
    life.feel("happy", 50.0)
    assert life.next_due == 100.0
    assert life.advance(20.0).emotion == "happy"
    assert life.next_due > 100.0


def test_a_time_that_is_no_number_changes_nothing():
    life = make_life()
    life.advance(5.0)
    life.advance(float("nan"))
    assert life.next_due > 5.0


def test_what_changes_her_looks_is_due_at_once():
    life = make_life()
    life.advance(1.0)
    assert life.next_due > 1.0
    life.feel("angry", 1.001)
    assert life.next_due == 1.001
    assert life.advance(1.001).emotion == "angry"
    assert life.next_due >= 1.001 + SHORTEST_SLEEP_SECONDS


@pytest.mark.parametrize("emotion", get_args(EmotionName))
def test_her_emotion_stays_until_she_is_told_another_one(emotion):
    life = make_life()
    life.feel(emotion, 0.0)
    assert Trace(life, 600.0).changes("emotion") == [(0.0, emotion)]


def test_nothing_is_due_while_she_is_not_shown():
    life = make_life(sleep_seconds=1)
    life.rest(True, 1.0)
    assert life.next_due is None
    life.see_presence("away", 2.0)
    life.read("Hello there, who is it?", 2.0)
    life.utter([Viseme(0.0, "wide"), Viseme(9.0, "closed")], 2.0, 2.0)
    life.feel("happy", 2.0)
    assert life.next_due is None
    assert life.advance(3.0) == Pose(emotion="happy")
    assert life.next_due is None


def test_shown_again_she_goes_on_living_and_speaking():
    life = make_life()
    life.rest(True, 1.0)
    life.utter([Viseme(0.0, "wide"), Viseme(9.0, "closed")], 2.0, 2.0)
    life.rest(False, 8.0)
    assert life.next_due == 8.0
    assert life.advance(8.0).mouth == "wide"
    after = Trace(life, 68.0, start=8.0)
    assert after.changes("mouth")[1][0] == pytest.approx(11.0)
    assert len(after.blinks) > 5
    assert len(after.changes("breath")) > 60


@pytest.mark.parametrize("seed", range(5))
def test_shown_again_after_a_long_time_she_begins_calmly(seed):
    life = make_life(seed, pointer=lambda: (-500.0, 0.0))
    Trace(life, 10.0)
    life.rest(True, 10.0)
    life.rest(False, HOUR)
    pose = life.advance(HOUR)
    assert (pose.eyes, pose.look, pose.mouth, pose.breath) == ("open", None, None, 0)
    assert Trace(life, HOUR + 10, start=HOUR).wakes < 60


def test_an_hour_of_idling_costs_four_wakes_a_second():
    trace = Trace(make_life(pointer=lambda: (-500.0, 200.0)), HOUR)
    assert 3.0 < trace.wakes_a_second < 4.5


def test_an_hour_of_idling_with_reduced_motion_costs_little_more_than_a_wake_a_second():
    assert Trace(make_life(is_motion_reduced=True), HOUR).wakes_a_second < 1.3


def test_an_hour_of_sleep_costs_as_much_as_its_breath():
    life = make_life(sleep_seconds=1)
    life.see_presence("away", 0.0)
    trace = Trace(life, HOUR)
    assert trace.wakes_a_second < 1.5
    assert Trace(life, 2 * HOUR, start=HOUR).changes("eyes") == [(HOUR, "closed")]


def test_asleep_with_reduced_motion_nothing_is_due_at_all():
    life = make_life(sleep_seconds=1, is_motion_reduced=True)
    life.see_presence("absent", 0.0)
    assert Trace(life, 60.0).at(60.0).is_asleep
    assert life.next_due is None


def test_ten_minutes_of_talking_cost_less_than_twelve_wakes_a_second():
    life, chance = make_life(), Random(2)
    life.voice(True, 0.0)
    said = []
    for start in range(0, 600, 4):
        ats = sorted(chance.uniform(0, 3.4) for _ in range(30))
        shapes = [Viseme(at, chance.choice(get_args(MouthShape))) for at in ats]
        said.append((float(start), lambda life, now, shapes=shapes: life.utter(shapes, now, now)))
    trace = Trace(life, 600.0, said)
    assert 5.0 < trace.wakes_a_second < 12.0

"""Her sleep: when she falls asleep, and what wakes her up."""

import pytest

from tests.overlay.life_trace import HOUR, Trace, make_life


def make_sleeper():
    life = make_life(sleep_seconds=60)
    life.see_presence("away", 0.0)
    assert Trace(life, 80.0).at(80.0).is_asleep
    return life


def test_she_falls_asleep_by_way_of_half_closed_eyes_when_the_user_is_away():
    life = make_life(sleep_seconds=60)
    life.see_presence("absent", 10.0)
    trace = Trace(life, 120.0, start=10.0)
    assert not any(pose.is_asleep for at, pose in trace.poses if at < 73)
    assert trace.at(72.0).eyes == "half"
    assert trace.at(119.0).is_asleep
    eyes = [lids for at, lids in trace.changes("eyes") if at >= 70]
    assert eyes[:2] == ["half", "closed"]


def test_she_never_sleeps_when_told_so_or_while_the_user_is_there():
    never = make_life(sleep_seconds=0)
    never.see_presence("away", 0.0)
    assert not any(pose.is_asleep for _, pose in Trace(never, HOUR).poses)
    present = make_life(sleep_seconds=60)
    present.see_presence("present", 0.0)
    assert not any(pose.is_asleep for _, pose in Trace(present, HOUR).poses)
    nobody_says = make_life(sleep_seconds=60)
    assert not any(pose.is_asleep for _, pose in Trace(nobody_says, HOUR).poses)


@pytest.mark.parametrize("what", ["listen", "think", "voice"])
def test_nobody_falls_asleep_over_a_conversation(what):
    life = make_life(sleep_seconds=60)
    life.see_presence("away", 0.0)
    getattr(life, what)(True, 1.0)
    assert not any(pose.is_asleep for _, pose in Trace(life, 600.0, start=1.0).poses)
    getattr(life, what)(False, 600.0)
    trace = Trace(life, 800.0, start=600.0)
    assert not trace.at(659.0).is_asleep
    assert trace.at(680.0).is_asleep


def test_a_touch_puts_off_her_sleep():
    life = make_life(sleep_seconds=60)
    life.see_presence("away", 0.0)
    trace = Trace(life, 110.0, [(50.0, lambda life, now: life.touch(now))])
    assert not any(pose.is_asleep for _, pose in trace.poses)
    assert Trace(life, 130.0, start=110.0).at(130.0).is_asleep


@pytest.mark.parametrize(
    "wake",
    [
        lambda life, now: life.see_presence("present", now),
        lambda life, now: life.see_presence("focused", now),
        lambda life, now: life.touch(now),
        lambda life, now: life.listen(True, now),
        lambda life, now: life.think(True, now),
        lambda life, now: life.voice(True, now),
        lambda life, now: life.read("Hello", now),
        lambda life, now: life.hear_level(0.5, now),
    ],
)
def test_she_wakes_up_with_a_blink_when_somebody_comes_or_she_is_to_speak(wake):
    life = make_sleeper()
    wake(life, 100.0)
    trace = Trace(life, 102.0, start=100.0)
    assert not any(pose.is_asleep for _, pose in trace.poses)
    assert [lids for _, lids in trace.changes("eyes")][:4] == ["half", "closed", "half", "open"]


@pytest.mark.parametrize(
    "quiet",
    [
        lambda life, now: life.see_presence("absent", now),
        lambda life, now: life.glance(500, 0, now),
        lambda life, now: life.feel("happy", now),
        lambda life, now: life.hush(now),
        lambda life, now: life.listen(False, now),
        lambda life, now: life.voice(False, now),
    ],
)
def test_what_is_nothing_to_her_lets_her_sleep(quiet):
    life = make_sleeper()
    quiet(life, 100.0)
    assert all(pose.is_asleep for _, pose in Trace(life, 160.0, start=100.0).poses)


def test_woken_by_a_touch_she_looks_surprised_for_a_moment():
    life = make_sleeper()
    life.touch(100.0)
    emotions = Trace(life, 110.0, start=100.0).changes("emotion")
    assert [emotion for _, emotion in emotions] == ["neutral", "surprised", "neutral"]
    assert emotions[2][0] - emotions[1][0] == pytest.approx(0.9)


def test_an_emotion_ends_her_surprise_at_once_and_is_never_hidden_by_it():
    life = make_sleeper()
    life.touch(100.0)
    Trace(life, 101.0, start=100.0)
    assert life.advance(101.0).emotion == "surprised"
    life.feel("neutral", 101.1)
    assert life.advance(101.1).emotion == "neutral"
    sad = make_sleeper()
    sad.feel("sad", 100.0)
    sad.touch(100.1)
    assert {pose.emotion for _, pose in Trace(sad, 105.0, start=100.1).poses} == {"sad"}

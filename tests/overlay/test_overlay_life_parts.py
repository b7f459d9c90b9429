"""What she does by herself: blinks, breathes, looks, fidgets."""

from itertools import pairwise
from random import Random
from statistics import mean, median
from typing import get_args

import pytest

from overlay.life.blinking import RATES, Blinking
from overlay.life.fidgets import CALM, Fidget, Fidgets
from overlay.life.gaze import NEAR_PX, find_blink_share, find_direction
from overlay.life.pose import PHASES
from tests.overlay.life_trace import HOUR, Trace, make_life


def test_at_rest_she_blinks_as_often_as_people_do_and_never_regularly():
    trace = Trace(make_life(), HOUR)
    gaps = [after - before for before, after in pairwise(trace.blinks)]
    assert 15 <= trace.blinks_a_minute <= 20
    assert median(gaps) < mean(gaps)  # the tail of a log-normal distribution is on the right
    assert max(gaps) > 2.5 * mean(gaps)
    assert any(gap < 0.5 for gap in gaps)  # some come twice


def test_she_blinks_more_while_speaking_and_less_while_listening():
    def rate(tell) -> float:
        life = make_life()
        tell(life)
        return Trace(life, HOUR).blinks_a_minute

    resting = rate(lambda life: None)
    speaking = rate(lambda life: life.voice(True, 0.0))
    listening = rate(lambda life: life.listen(True, 0.0))
    assert listening < 0.7 * resting
    assert speaking > 1.2 * resting
    assert listening > 4


def test_a_blink_goes_through_half_both_ways_and_is_short():
    changes = Trace(make_life(is_motion_reduced=True), 600.0).changes("eyes")
    closed = [number for number, (_, eyes) in enumerate(changes) if eyes == "closed"]
    for number in closed:
        assert [eyes for _, eyes in changes[number - 2 : number + 3]] == [
            "open",
            "half",
            "closed",
            "half",
            "open",
        ]
        half_at, closed_at, opening_at, open_at = (at for at, _ in changes[number - 1 : number + 3])
        assert closed_at - half_at < 0.1
        assert 0.1 <= opening_at - half_at <= 0.15
        assert open_at - half_at <= 0.25
    assert len(closed) > 100


def test_a_slow_machine_still_shows_every_picture_of_a_blink():
    life, now, lids = make_life(is_motion_reduced=True), 0.0, []
    for _ in range(40):
        now = life.next_due + 0.4
        lids.append(life.advance(now).eyes)
    assert lids[: lids.index("half") + 4][-4:] == ["half", "closed", "half", "open"]


def test_a_running_gap_shrinks_and_grows_with_the_pace():
    blinking = Blinking(Random(1), 0.0)
    due = blinking.due
    blinking.keep_pace(2 * RATES["idle"], 0.0)
    assert blinking.due == pytest.approx(due / 2)
    blinking.keep_pace(RATES["idle"] / 2, 0.0)
    assert blinking.due == pytest.approx(due * 2)


def test_surprise_keeps_her_eyes_open_for_a_while():
    for start in range(1, 200):
        life = make_life(seed=start, is_motion_reduced=True)
        now = Trace(life, start / 7).poses[-1][0]
        if life.advance(now).eyes == "open":
            life.feel("surprised", now)
            assert not [at for at in Trace(life, now + 1.9, start=now).blinks if at > now + 0.3]


def test_changing_what_she_does_all_the_time_does_not_keep_her_from_blinking():
    def toggle(life, now) -> None:
        life.voice(round(now * 2) % 2 == 0, now)

    trace = Trace(make_life(), 600.0, [(step / 2, toggle) for step in range(1200)])
    assert trace.blinks_a_minute > 12


def test_she_breathes_out_longer_than_in_about_fourteen_times_a_minute():
    changes = Trace(make_life(), HOUR).changes("breath")
    assert all(abs(after - before) == 1 for (_, before), (_, after) in pairwise(changes))
    starts = [at for (_, before), (at, after) in pairwise(changes) if (before, after) == (0, 1)]
    tops = [at for at, breath in changes if breath == PHASES]
    ends = [at for at, breath in changes[1:] if breath == 0]
    assert 12 <= len(tops) * 60 / HOUR <= 16
    rising = mean(top - start for start, top in zip(starts, tops, strict=False))
    falling = mean(end - top for top, end in zip(tops, ends, strict=False))
    assert 1.2 * rising < falling < 3 * rising


def test_breathing_alone_changes_her_less_than_twice_a_second():
    life = make_life()
    life.listen(True, 0.0)
    changes = [at for (_, a), (at, b) in pairwise(Trace(life, HOUR).poses) if a.breath != b.breath]
    assert len(changes) / HOUR < 2.0


def test_she_sways_slowly_to_both_sides_and_only_when_she_breathes():
    trace = Trace(make_life(), HOUR)
    sways = [sway for _, sway in trace.changes("sway")]
    assert {-3, 0, 3} <= set(sways)
    for (_, before), (_, after) in pairwise(trace.poses):
        assert abs(after.sway - before.sway) <= 1
    assert len(sways) / HOUR < 1.5


def test_asleep_she_breathes_more_slowly():
    awake, asleep = make_life(), make_life(sleep_seconds=1)
    asleep.see_presence("away", 0.0)
    assert len(Trace(asleep, HOUR).changes("breath")) < 0.75 * len(Trace(awake, HOUR).changes("breath"))


def test_asleep_she_does_not_sway_and_awake_again_she_does_not_jump():
    life = make_life(sleep_seconds=60)
    goes, comes = (
        lambda one, now, state=state: one.see_presence(state, now) for state in ("away", "present")
    )
    trace = Trace(life, 1200.0, [(100.0, goes), (600.0, comes)])
    asleep = [pose.sway for _, pose in trace.poses if pose.is_asleep]
    assert len(asleep) > 100
    assert len(set(asleep)) == 1
    assert len({pose.sway for at, pose in trace.poses if at > 610}) > 4
    for (_, before), (_, after) in pairwise(trace.poses):
        assert abs(after.sway - before.sway) <= 1


@pytest.mark.parametrize(
    ("place", "look"),
    [
        ((900, 0), "right"),
        ((900, 900), "down_right"),
        ((0, 900), "down"),
        ((-900, 900), "down_left"),
        ((-900, 20), "left"),
        ((-900, -900), "up_left"),
        ((10, -900), "up"),
        ((900, -800), "up_right"),
        ((0, 0), None),
        ((-NEAR_PX / 2, NEAR_PX / 2), None),
        ((float("nan"), 5), None),
        ((float("inf"), 5), None),
    ],
)
def test_she_looks_where_the_pointer_is_and_at_the_viewer_when_it_is_near(place, look):
    assert find_direction(*place, None) == look
    life = make_life(pointer=lambda: place)
    looks = {pose.look for _, pose in Trace(life, 1200.0).poses}
    assert look in looks


def test_a_pointer_that_trembles_between_two_directions_does_not_make_her_eyes_flicker():
    chance, look, looks = Random(1), "right", []
    for _ in range(500):
        # 22.5 degrees down is the border between right and down right.
        look = find_direction(900, 373 + chance.uniform(-60, 60), look)
        looks.append(look)
    assert set(looks) == {"right"}
    look, looks = None, []
    for _ in range(500):
        look = find_direction(NEAR_PX + chance.uniform(-15, 15), 0, look)
        looks.append(look)
    assert len(set(looks)) == 1


def test_while_she_follows_the_pointer_she_asks_for_it_five_times_a_second_and_else_never():
    asked: list[float] = []
    life = make_life(pointer=lambda: asked.append(now[0]) or (-500.0, 0.0))
    now = [0.0]
    while now[0] < 600:
        life.advance(now[0])
        now[0] = life.next_due
    gaps = [after - before for before, after in pairwise(asked)]
    assert all(gap > 0.19 for gap in gaps)
    assert 50 < len(asked) < 600 * 2
    life.listen(True, now[0])
    asked.clear()
    for _ in range(200):
        now[0] = life.next_due
        life.advance(now[0])
    assert asked == []


def test_idle_she_glances_every_few_seconds_and_comes_back():
    looks = Trace(make_life(pointer=lambda: (-500.0, 300.0)), HOUR).changes("look")
    away = [(after - before, look) for (before, look), (after, _) in pairwise(looks) if look]
    assert 5 <= len(away) * 60 / HOUR <= 12
    assert max(seconds for seconds, _ in away) < 2.5
    assert {look for _, look in away} == {
        "left", "right", "up", "down", "up_left", "up_right", "down_left", "down_right",
    }  # fmt: skip
    assert sum(look == "down_left" for _, look in away) > 0.4 * len(away)


def test_without_a_pointer_she_still_looks_about():
    looks = Trace(make_life(), 600.0).changes("look")
    assert len(looks) > 20


def test_listening_she_looks_at_the_viewer_at_once_and_all_the_time():
    life = make_life(pointer=lambda: (-500.0, 0.0))
    life.glance(500, 0, 0.0)
    assert life.advance(0.0).look == "right"
    life.listen(True, 0.1)
    assert {pose.look for _, pose in Trace(life, 600.0, start=0.1).poses} == {None}


def test_speaking_she_mostly_looks_at_the_viewer():
    life = make_life()
    life.voice(True, 0.0)
    looks = Trace(life, 600.0).changes("look")
    away = [after - before for (before, look), (after, _) in pairwise(looks) if look]
    assert len(away) > 20
    assert sum(away) < 0.25 * 600
    assert max(away) < 1.0


def test_thinking_she_looks_up_or_aside_within_half_a_second():
    life = make_life()
    life.think(True, 0.0)
    looks = Trace(life, 600.0).changes("look")
    assert looks[1][0] <= 0.5
    away = [(after - before, look) for (before, look), (after, _) in pairwise(looks) if look]
    assert not {look for _, look in away} & {"down", "down_left", "down_right"}
    assert 0.4 * 600 < sum(seconds for seconds, _ in away) < 0.8 * 600


def test_she_looks_where_something_happens_and_back():
    life = make_life()
    life.glance(0, -600, 0.5)
    looks = Trace(life, 2.2, start=0.5).changes("look")
    assert [look for _, look in looks][:2] == ["up", None]
    assert looks[1][0] < 2.0


def test_a_leap_of_the_eyes_comes_with_a_blink():
    assert find_blink_share("left", "right") > 0.8
    assert find_blink_share("up_left", "down_right") > 0.8
    assert 0 < find_blink_share(None, "left") < 0.3
    assert find_blink_share("left", "left") == 0
    with_blink = 0
    for seed in range(100):
        life = make_life(seed=seed)
        life.glance(-500, 0, 0.01)
        life.advance(0.01)
        if life.advance(0.4).eyes == "open":
            life.glance(500, 0, 0.41)
            with_blink += life.advance(0.41).eyes == "half"
    assert with_blink > 60


def test_she_fidgets_in_many_ways_every_quarter_to_whole_minute():
    fidgets, now, done = Fidgets(Random(1), 0.0, is_calm=False), 0.0, []
    while now < HOUR:
        now = fidgets.due
        kind = fidgets.advance(now, may_smile=True)
        if kind is not None:
            done.append((now, kind))
    gaps = [after - before for (before, _), (after, _) in pairwise(done)]
    assert all(15 <= gap <= 60 for gap in gaps)
    assert max(gaps) > 1.5 * min(gaps)
    assert {kind for _, kind in done} == set(get_args(Fidget))
    assert all(before != after for (_, before), (_, after) in pairwise(done))


def test_fidgets_are_seen_in_her_face():
    trace = Trace(make_life(), HOUR)
    eyes = trace.changes("eyes")
    narrowed = [after - before for (before, lids), (after, _) in pairwise(eyes) if lids == "half"]
    assert max(narrowed) > 0.4
    mouths = trace.changes("mouth")
    smiles = [after - before for (before, mouth), (after, _) in pairwise(mouths) if mouth]
    assert {mouth for _, mouth in mouths} == {None, "smile"}
    assert all(0.5 < seconds < 2 for seconds in smiles)
    full = [at for at, breath in trace.changes("breath") if breath == PHASES]
    assert max(after - before for before, after in pairwise(full)) > 5.0


def test_who_is_sad_does_not_smile_and_stops_to_at_once():
    life = make_life()
    smiling = next(at for at, mouth in Trace(make_life(), HOUR).changes("mouth") if mouth == "smile")
    Trace(life, smiling)
    life.feel("sad", smiling + 0.1)
    assert {pose.mouth for _, pose in Trace(life, HOUR, start=smiling + 0.1).poses} == {None}


def test_with_reduced_motion_only_lids_and_mouth_fidget():
    fidgets, now, kinds = Fidgets(Random(1), 0.0, is_calm=True), 0.0, set()
    while now < HOUR:
        now = fidgets.due
        kinds.add(fidgets.advance(now, may_smile=True))
    assert kinds == {None, *CALM}


def test_she_does_not_smile_by_herself_while_she_listens():
    life = make_life()
    life.listen(True, 0.0)
    assert {pose.mouth for _, pose in Trace(life, HOUR).poses} == {None}

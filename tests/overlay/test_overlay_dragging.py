"""Dragging, throwing, nudging and resizing her."""

import itertools
import random

import pytest

from backend.shared.desktop.screens import Monitor
from overlay.dragging import Dragging, resize, settle, step
from overlay.placement import Outline, Spot

HER = Outline(200, 300, feet=(100, 295), face=(50, 40, 100, 90))
LEFT = Monitor("left", 0, 0, 1000, 800, (0, 0, 1000, 760), 1.0, is_primary=True)
RIGHT = Monitor("right", 1000, 0, 1000, 600, (1000, 0, 1000, 600), 1.0, is_primary=False)
SHARP = Monitor("sharp", 0, 0, 2000, 1600, (0, 0, 2000, 1500), 2.0, is_primary=True)
BOTH = [LEFT, RIGHT]


def drag(dragging, samples, corner=(400, 300), monitors=BOTH, scale=1.0):
    """Press at the first sample, move along, release at the last: (seconds, x, y)."""
    (began, *first), *moves, (ended, *last) = samples
    dragging.press(tuple(first), corner, began, scale)
    corners = [dragging.move((x, y), now) for now, x, y in moves]
    return corners, dragging.release(tuple(last), ended, HER, monitors)


def throw(speed, seconds=0.2, angle=(1, 0), **options):
    """Ten samples of an even movement."""
    samples = [
        (i * seconds / 10, round(500 + angle[0] * speed * i * seconds / 10), 400 + angle[1] * i * 5)
        for i in range(11)
    ]
    return drag(Dragging(), samples, **options)[1]


def test_a_press_and_release_in_place_is_a_click():
    corners, drop = drag(Dragging(), [(0, 500, 400), (0.05, 502, 401), (0.1, 503, 402)])
    assert corners == [None]
    assert drop.is_click
    assert drop.corner == (400, 300)
    assert drop.slide is None


def test_who_comes_back_after_a_way_has_not_clicked():
    corners, drop = drag(Dragging(), [(0, 500, 400), (0.05, 520, 400), (0.1, 500, 400), (0.5, 500, 400)])
    assert corners == [(420, 300), (400, 300)]
    assert not drop.is_click


def test_on_a_sharp_monitor_a_click_may_shake_as_far_as_on_others():
    samples = [(0, 500, 400), (0.05, 507, 400), (0.5, 507, 400)]
    assert drag(Dragging(), samples, scale=2.0)[1].is_click
    assert not drag(Dragging(), samples, scale=1.0)[1].is_click


def test_she_follows_the_pointer_exactly_and_onto_every_monitor():
    corners, drop = drag(Dragging(), [(0, 500, 400), (1, 1500, 350), (2, -900, 5000), (3, 1500, 350)])
    assert corners == [(1400, 250), (-1000, 4900)]
    assert drop.corner == (1400, 250)


def test_without_a_press_there_is_neither_a_way_nor_an_end():
    dragging = Dragging()
    assert dragging.move((5, 5), 1) is None
    assert dragging.release((5, 5), 1, HER, BOTH) is None
    dragging.press((5, 5), (0, 0), 1)
    dragging.cancel()
    assert dragging.move((50, 50), 1.1) is None
    assert dragging.release((50, 50), 1.2, HER, BOTH) is None


def test_a_throw_slides_on_slower_and_slower_and_ends():
    slide = throw(800, corner=(100, 300)).slide
    assert slide is not None
    places = [slide.at(0.2 + i * slide.seconds / 10)[0] for i in range(11)]
    ways = [after - before for before, after in itertools.pairwise(places)]
    assert all(way >= 0 for way in ways)
    assert ways[0] > ways[4] > ways[9]
    assert 40 < places[-1] - places[0] < 150
    assert slide.at(0.2) == slide.start
    assert not slide.is_over(0.2)
    assert slide.is_over(0.2 + slide.seconds)
    assert slide.at(99) == slide.at(0.2 + slide.seconds)
    assert slide.seconds < 1


def test_a_slow_end_does_not_slide():
    assert throw(200).slide is None


def test_who_holds_her_still_before_letting_go_does_not_throw_her():
    samples = [(0, 500, 400), (0.05, 700, 400), (0.1, 900, 400), (0.4, 900, 400)]
    assert drag(Dragging(), samples)[1].slide is None


def test_with_reduced_motion_nothing_slides():
    dragging = Dragging(is_motion_reduced=True)
    samples = [(i * 0.02, 500 + i * 40, 400) for i in range(10)]
    assert drag(dragging, samples)[1].slide is None


def test_a_slide_stops_at_the_edge_of_the_work_area():
    slide = throw(2900, corner=(300, 300), seconds=0.1).slide
    assert slide is not None
    assert slide.at(99) == (800, 300)


def test_a_slide_that_begins_outside_goes_no_further_out():
    drop = throw(2900, corner=(850, 300), seconds=0.02, monitors=[LEFT])
    assert drop.corner[0] > 800
    assert drop.slide is not None
    assert drop.slide.at(99)[0] == drop.corner[0]
    drop = throw(2900, corner=(-60, -30), seconds=0.02, angle=(-1, -1), monitors=[LEFT])
    assert drop.slide is not None
    assert drop.slide.at(99) == drop.corner


def test_a_jump_of_the_pointer_does_not_shoot_her_away():
    slide = throw(50_000, corner=(-9000, 300), seconds=0.2).slide
    assert slide is not None
    assert slide.velocity[0] <= 3000
    assert drag(Dragging(), [(0, 0, 0), (0.001, 900, 0), (0.001, 900, 0)])[1].slide is None


def test_samples_at_one_time_divide_by_nothing():
    assert drag(Dragging(), [(1, 0, 0), (1, 50, 0), (1, 90, 0)])[1].slide is None


@pytest.mark.parametrize(
    ("corner", "settled"),
    [
        ((12, 300), (0, 300)),
        ((-14, 300), (0, 300)),
        ((17, 300), (17, 300)),
        ((790, 300), (800, 300)),
        ((300, 760 - 295 - 9), (300, 760 - 295)),
        ((300, 760 - 295 + 16), (300, 760 - 295)),
        ((300, 11), (300, 0)),
        ((-60, 300), (-50, 300)),
        ((1010, 300), (1000, 305)),
    ],
)
def test_let_go_near_an_edge_she_stands_on_it(corner, settled):
    assert settle(corner, HER, BOTH).corner(HER) == settled


def test_on_a_sharp_monitor_an_edge_draws_from_as_far_as_on_others():
    assert settle((30, 700), HER, [SHARP]).corner(HER) == (0, 700)


def test_let_go_out_of_sight_she_comes_back():
    spot = settle((5000, -3000), HER, BOTH)
    assert spot.corner(HER) == (1850, -40)


def test_the_arrow_keys_move_her_a_little_or_far():
    spot = Spot(500, 500)
    assert step(spot, "left", HER, BOTH) == Spot(490, 500)
    assert step(spot, "down", HER, BOTH, is_far=True) == Spot(500, 550)
    assert step(spot, "up", HER, [SHARP]) == Spot(500, 480)


def test_the_arrow_keys_carry_her_to_the_next_monitor_and_back_but_not_out():
    spot = Spot(500, 500)
    for _ in range(300):
        spot = step(spot, "right", HER, BOTH)
    assert spot.x == 1950
    assert step(spot, "right", HER, BOTH) == spot
    for _ in range(300):
        spot = step(spot, "left", HER, BOTH)
    assert spot.x == 50


def test_the_wheel_changes_her_height_in_even_steps_between_limits():
    assert resize(500, 1, LEFT) == 530
    assert resize(530, -1, LEFT) == 500
    assert resize(500, 50, LEFT) == 760
    assert resize(500, -50, LEFT) == 120
    height = 120
    for _ in range(40):
        height = resize(height, 1, LEFT)
    assert height == 760


def test_her_feet_stay_where_they_are_when_she_grows():
    large = Outline(400, 600, feet=(200, 590), face=(100, 80, 200, 180))
    spot = Spot.at((300, 200), HER)
    x, y = spot.corner(large)
    assert (x + 200, y + 590) == (300 + 100, 200 + 295)


def test_whatever_the_pointer_does_she_ends_in_sight():
    chance = random.Random(7)
    for _ in range(300):
        now, samples = 0.0, []
        for _ in range(chance.randint(2, 12)):
            samples.append((now, chance.randint(-3000, 3000), chance.randint(-3000, 3000)))
            now += chance.choice((0.0, 0.001, 0.016, 0.3))
        corner = (chance.randint(-500, 2000), chance.randint(-500, 900))
        drop = drag(Dragging(), samples, corner=corner)[1]
        rest = drop.corner if drop.slide is None else drop.slide.at(drop.slide.began + drop.slide.seconds)
        x, y = settle(rest, HER, BOTH).corner(HER)
        assert -50 <= x <= 1850
        assert -40 <= y <= 760 - 130

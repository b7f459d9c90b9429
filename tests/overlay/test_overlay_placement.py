"""Where she stands, on monitors that come, go and change."""

import json
import random
import stat

import pytest

from backend.shared import desktop
from backend.shared.desktop.screens import Monitor, is_overlapping
from overlay.placement import (
    LOWEST_PX,
    Outline,
    Placement,
    Spot,
    clamp,
    default_height,
    default_spot,
    limit_height,
    monitor_at,
)

HER = Outline(200, 300, feet=(100, 295), face=(50, 40, 100, 90))
LAPTOP = Monitor("eDP-1", 0, 0, 1366, 768, (0, 0, 1366, 728), 1.0, is_primary=True)
DESK = Monitor("HDMI-1", 1366, 0, 2560, 1440, (1366, 0, 2560, 1400), 1.0, is_primary=False)
BOTH = [LAPTOP, DESK]


def larger(monitor, width, height, **changes):
    chosen = {"scale": 1.0, "is_primary": monitor.is_primary} | changes
    return Monitor(
        monitor.name,
        monitor.x,
        monitor.y,
        width,
        height,
        (monitor.x, monitor.y, width, height - 40),
        **chosen,
    )


def stood(home, monitors, spot, height=None):
    """A placement that remembers a spot, from an earlier run."""
    before = Placement(home)
    before.remember(monitors, spot, HER, height)
    assert before.save()
    return Placement(home)


def test_at_first_she_stands_in_the_lower_right_corner_of_the_primary_monitor(tmp_path):
    placement = Placement(tmp_path)
    spot = placement.choose(BOTH, HER)
    x, y = spot.corner(HER)
    assert spot.y == 728
    assert 0 < 1366 - (x + HER.width) < 100
    assert y == 728 - 295
    assert not (tmp_path / "overlay.json").exists()


@pytest.mark.parametrize(
    ("width", "height", "scale", "expected"),
    [(1366, 768, 1.0, 300), (1920, 1080, 1.0, 416), (3840, 2160, 1.0, 700), (3840, 2160, 2.0, 848)],
)
def test_her_height_is_by_the_monitor(width, height, scale, expected):
    assert default_height(larger(LAPTOP, width, height, scale=scale)) == expected


def test_a_low_monitor_still_has_room_for_her():
    assert default_height(larger(LAPTOP, 800, 280)) == 240
    assert limit_height(10, LAPTOP) == LOWEST_PX


def test_a_height_is_remembered_before_wanted_before_by_the_monitor(tmp_path):
    assert Placement(tmp_path).height([LAPTOP]) == 300
    assert Placement(tmp_path).height([LAPTOP], wanted_px=500) == 500
    placement = stood(tmp_path, [LAPTOP], Spot(500, 728), 400)
    assert placement.height([LAPTOP], wanted_px=500) == 400
    placement.remember([LAPTOP], Spot(510, 728), HER)
    assert placement.height([LAPTOP]) == 400
    assert Placement(tmp_path).height([LAPTOP], wanted_px=5000) == 400
    placement.forget()
    assert placement.height([LAPTOP], wanted_px=5000) == 728


def test_she_comes_back_to_where_she_was_left(tmp_path):
    placement = stood(tmp_path, BOTH, Spot(2000, 900))
    assert placement.choose(BOTH, HER) == Spot(2000, 900)


def test_the_order_of_the_monitors_does_not_matter(tmp_path):
    assert stood(tmp_path, BOTH, Spot(2000, 900)).choose([DESK, LAPTOP], HER) == Spot(2000, 900)


def test_she_is_at_home_with_every_set_of_monitors(tmp_path):
    placement = stood(tmp_path, BOTH, Spot(3500, 1400))
    placement.remember([LAPTOP], Spot(150, 728), HER)
    assert placement.choose([LAPTOP], HER) == Spot(150, 728)
    assert placement.choose(BOTH, HER) == Spot(3500, 1400)


def test_when_her_monitor_is_gone_she_stands_on_the_primary_one_and_goes_back_later(tmp_path):
    placement = stood(tmp_path, BOTH, Spot(3726, 1400))
    assert placement.choose([LAPTOP], HER) == Spot(1166, 728)
    assert placement.choose(BOTH, HER) == Spot(3726, 1400)


def test_at_another_resolution_she_keeps_to_her_edge(tmp_path):
    placement = stood(tmp_path, [LAPTOP], Spot(1266, 728))
    wide = larger(LAPTOP, 1920, 1080)
    assert placement.choose([wide], HER) == Spot(1820, 1040)
    placement = stood(tmp_path, [LAPTOP], Spot(120, 400))
    assert placement.choose([wide], HER) == Spot(120, 1040 - 328)


def test_a_panel_lifts_her(tmp_path):
    placement = stood(tmp_path, [LAPTOP], Spot(500, 728))
    with_panel = Monitor("eDP-1", 0, 0, 1366, 768, (0, 0, 1366, 600), 1.0, is_primary=True)
    assert placement.choose([with_panel], HER) == Spot(500, 600)


def test_a_spot_between_monitors_belongs_to_the_one_with_most_of_her():
    assert monitor_at(Spot(1300, 500), HER, BOTH) == LAPTOP
    assert monitor_at(Spot(1400, 500), HER, BOTH) == DESK
    assert monitor_at(Spot(-5000, 500), HER, BOTH) == LAPTOP
    assert monitor_at(Spot(9000, -900), HER, BOTH) == DESK


def test_her_face_and_half_of_her_width_stay_in_sight_wherever_she_is_put():
    chance = random.Random(4)
    for _ in range(2000):
        monitors = BOTH if chance.random() < 0.5 else [LAPTOP]
        width, height = chance.randint(60, 500), chance.randint(120, 700)
        face_width, face_height = chance.randint(10, width), chance.randint(10, height // 2)
        face = (chance.randint(0, width - face_width), chance.randint(0, 40), face_width, face_height)
        outline = Outline(width, height, (width // 2, height - 5), face)
        wanted = Spot(chance.randint(-5000, 6000), chance.randint(-5000, 6000))
        spot = clamp(wanted, outline, monitors)
        x, y = spot.corner(outline)
        assert any(
            work[0] <= x + face[0]
            and x + face[0] + face[2] <= work[0] + work[2]
            and work[1] <= y + face[1]
            and y + face[1] + face[3] <= work[1] + work[3]
            and 2 * (min(x + width, work[0] + work[2]) - max(x, work[0])) >= width - 1
            for work in (monitor.work for monitor in monitors)
        ), (wanted, outline)
        assert clamp(spot, outline, monitors) == spot


def test_a_spot_in_sight_is_left_alone():
    assert clamp(Spot(1380 + 100, 700), HER, BOTH) == Spot(1480, 700)
    assert clamp(Spot(0, 500), HER, [LAPTOP]) == Spot(50, 500)


def test_she_is_seen_on_a_monitor_smaller_than_herself():
    tiny = Monitor("tiny", 0, 0, 80, 60, (0, 0, 80, 60), 1.0, is_primary=True)
    x, y = clamp(Spot(900, 900), HER, [tiny]).corner(HER)
    assert is_overlapping((x + 50, y + 40, 100, 90), tiny.work)


def test_what_was_chosen_in_the_menu_is_kept(tmp_path):
    placement = Placement(tmp_path)
    assert (placement.opacity, placement.pack, placement.is_in_front) == (1.0, "", True)
    placement.opacity, placement.pack, placement.is_in_front = 0.7, "fox", False
    assert placement.save()
    again = Placement(tmp_path)
    assert (again.opacity, again.pack, again.is_in_front) == (0.7, "fox", False)


def test_an_impossible_opacity_does_not_break_the_file(tmp_path):
    placement = Placement(tmp_path)
    placement.opacity = 7.0
    placement.save()
    assert Placement(tmp_path).opacity == 1.0


def test_only_a_change_is_written(tmp_path):
    placement = stood(tmp_path, BOTH, Spot(2000, 900))
    path = tmp_path / "overlay.json"
    if desktop.has_posix_signals:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.unlink()
    assert placement.save()
    placement.remember(BOTH, Spot(2000, 900), HER)
    assert placement.save()
    assert not path.exists()
    placement.remember(BOTH, Spot(2001, 900), HER)
    assert placement.save()
    assert path.exists()


def test_what_a_later_version_has_written_stays(tmp_path):
    stood(tmp_path, BOTH, Spot(2000, 900))
    path = tmp_path / "overlay.json"
    raw = json.loads(path.read_text())
    raw["hat"] = {"colour": "red"}
    next(iter(raw["stands"].values()))["leans"] = True
    path.write_text(json.dumps(raw))
    placement = Placement(tmp_path)
    placement.remember(BOTH, Spot(1900, 900), HER)
    assert placement.save()
    raw = json.loads(path.read_text())
    assert raw["hat"] == {"colour": "red"}
    assert next(iter(raw["stands"].values()))["leans"] is True
    assert Placement(tmp_path).choose(BOTH, HER) == Spot(1900, 900)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[1]",
        b"\xff\xfe",
        b'{"version": 2}',
        b'{"opacity": 9}',
        b'{"opacity": "much"}',
        b'{"stands": {"x": {"monitor": "a"}}}',
        b'{"stands": {"x": {"monitor":"a","side":"left","from_side_px":1e99,"edge":"top","from_edge_px":0}}}',
        b"[" * 100_000,
        b" " * 300_000,
    ],
)
def test_a_broken_file_is_kept_aside_and_she_begins_anew(tmp_path, text):
    path = tmp_path / "overlay.json"
    path.write_bytes(text)
    placement = Placement(tmp_path)
    assert placement.choose([LAPTOP], HER) == default_spot(LAPTOP, HER)
    assert (tmp_path / "overlay.json.broken").read_bytes() == text
    placement.remember([LAPTOP], Spot(300, 728), HER)
    assert placement.save()
    assert Placement(tmp_path).choose([LAPTOP], HER) == Spot(300, 728)


def test_a_file_that_cannot_be_read_or_written_stops_nothing(tmp_path):
    (tmp_path / "overlay.json").mkdir()
    placement = Placement(tmp_path)
    placement.remember([LAPTOP], Spot(300, 728), HER)
    assert placement.save() is False
    assert placement.choose([LAPTOP], HER) == Spot(300, 728)


def test_the_file_does_not_grow_without_end(tmp_path):
    placement = stood(tmp_path, BOTH, Spot(2000, 900))
    for number in range(40):
        placement.remember([larger(LAPTOP, 1400 + number, 900)], Spot(700, 728), HER)
    assert placement.save()
    assert len(json.loads((tmp_path / "overlay.json").read_text())["stands"]) == 16


def test_only_the_heights_can_be_forgotten(tmp_path):
    placement = stood(tmp_path, BOTH, Spot(300, 700), height=333)
    assert placement.height(BOTH) == 333
    placement.forget_heights()
    assert placement.height(BOTH, wanted_px=250) == 250
    assert placement.choose(BOTH, HER) == Spot(300, 700)

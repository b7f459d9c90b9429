"""What the screens of all systems have in common."""

import subprocess
import sys

import pytest

from backend.shared.desktop.screens import (
    Monitor,
    PollingWatch,
    Scene,
    fills,
    is_overlapping,
    primary_first,
)

LEFT = Monitor("left", 0, 0, 800, 600, (0, 0, 800, 560), 1.0, is_primary=False)
RIGHT = Monitor("right", 800, 0, 1024, 768, (800, 0, 1024, 768), 1.0, is_primary=True)


def test_a_polled_watch_tells_what_is_different_at_the_next_look():
    first = Scene((LEFT,), (), has_compositor=True)
    looks = [
        (first, "editor"),
        (first, "editor"),
        (Scene((LEFT,), (LEFT.box, RIGHT.box), has_compositor=True), "film"),
        (Scene((RIGHT, LEFT), (), has_compositor=False), "film"),
    ]
    watch = PollingWatch(iter(looks).__next__)
    assert watch.fileno() is None
    assert watch.fullscreen is None
    assert watch.monitors == [LEFT]
    assert watch.read() == set()
    assert watch.read() == {"fullscreen", "stacking"}
    assert watch.fullscreen == LEFT.box
    assert watch.read() == {"monitors", "fullscreen", "compositor"}
    assert watch.monitors == [RIGHT, LEFT]
    assert not watch.has_compositor
    watch.close()


def test_the_primary_monitor_is_the_first():
    assert primary_first([LEFT, RIGHT]) == (RIGHT, LEFT)


@pytest.mark.parametrize(
    ("box", "is_filling"),
    [
        (LEFT.box, True),
        (RIGHT.box, True),
        ((0, 0, 1824, 768), True),
        ((0, 0, 800, 599), False),
        ((1, 0, 800, 600), False),
        ((0, 0, 1824, 600), False),
    ],
)
def test_a_window_fills_one_monitor_or_all_exactly(box, is_filling):
    assert fills(box, [LEFT, RIGHT]) is is_filling
    assert not fills(box, [])


def test_boxes_overlap_when_they_share_a_pixel():
    assert is_overlapping((0, 0, 10, 10), (9, 9, 5, 5))
    assert not is_overlapping((0, 0, 10, 10), (10, 0, 5, 5))
    assert not is_overlapping((0, 0, 10, 10), (0, 10, 5, 5))


def test_who_needs_no_screen_loads_no_library_for_it():
    program = "import sys; from backend.shared.desktop import screens; print('Xlib' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.strip() == "False"

"""The desktop that the other tests stand on does what it says."""

import numpy as np
import pytest

from tests.overlay.desk import GREEN, HEIGHT, WIDTH, Desk, backdrop
from tests.overlay.desk_server import PACKAGES, Server, program


def test_windows_open_click_type_and_fill_the_screen(desk):
    desk.click(30, 40)
    desk.click(60, 70, 3)
    assert desk.backdrop.presses == [(1, 30, 40), (3, 60, 70)]
    note = desk.open_window("Note", (200, 200, 300, 200), (1, 2, 3))
    desk.wait_for(lambda: tuple(desk.grab(300, 300, 1, 1)[0, 0]) == (1, 2, 3), "the window's colour")
    desk.click(300, 300)
    desk.key("a")
    desk.key("exclam")
    desk.wait_for(lambda: len(note.keys) == 3, "keys")
    assert note.keys == ["a", "Shift_L", "exclam"]
    desk.wait_for(lambda: note.presses == [(1, 300, 300)], "the click")
    assert desk.active_window == note.id
    note.set_fullscreen(True)
    desk.wait_for(lambda: tuple(desk.grab(1, 1, 1, 1)[0, 0]) == (1, 2, 3), "full screen")
    note.close()
    desk.wait_for(lambda: np.array_equal(desk.grab(), backdrop(0, 0, WIDTH, HEIGHT)), "the backdrop")


def test_monitors_are_set_and_taken_away(desk):
    desk.set_monitors(LEFT=(0, 0, 700, 900), RIGHT=(700, 0, 580, 900))
    listed = desk.root.xrandr_get_monitors().monitors
    assert [(m.x, m.y, m.width_in_pixels, m.height_in_pixels) for m in listed] == [
        (0, 0, 700, 900),
        (700, 0, 580, 900),
    ]
    desk.set_monitors()
    assert len(desk.root.xrandr_get_monitors().monitors) == 1


def test_a_compositor_can_be_stopped_and_started(glass_desk):
    assert glass_desk.has_compositor
    glass_desk.stop_compositor()
    glass_desk.start_compositor()
    glass_desk.wait_for(lambda: tuple(glass_desk.grab(1, 1, 1, 1)[0, 0]) == GREEN, "the backdrop")


@pytest.mark.parametrize("missing", ["Xvfb", "setpriv", "openbox", "picom"])
def test_a_missing_program_fails_and_names_its_package(tmp_path, monkeypatch, missing):
    for name in PACKAGES.keys() - {missing}:
        (tmp_path / name).symlink_to(program(name))
    monkeypatch.setenv("PATH", str(tmp_path))
    if missing in ("Xvfb", "setpriv"):
        monkeypatch.setattr(Server, "_running", None)
    with pytest.raises(pytest.fail.Exception, match=f"apt-get install {PACKAGES[missing]}"):
        Desk(tmp_path, has_compositor=True)


def test_the_checkerboard_has_squares_of_two_colours():
    colours, counts = np.unique(backdrop(0, 0, 100, 100).reshape(-1, 3), axis=0, return_counts=True)
    assert colours.shape == (2, 3)
    assert list(counts) == [5000, 5000]

"""Monitors, work areas, scale, compositor and idle time, on a real X server with a real window manager."""

import select
from pathlib import Path

import pytest
from Xlib import Xatom

from backend.shared.desktop import screens, x11_watch
from backend.shared.desktop.x11_screens import IdleClock, read_monitors
from tests.overlay.desk import HEIGHT, WIDTH, Server
from tests.overlay.watching import set_numbers, watching

SCREEN = (0, 0, WIDTH, HEIGHT)
LEFT, RIGHT = (0, 0, 700, 900), (700, 0, 580, 800)


@pytest.fixture
def watcher(desk):
    found = watching(desk)
    yield found
    found.watch.close()


def boxes(watch):
    return {monitor.name: monitor.box for monitor in watch.monitors}


def works(watch):
    return {monitor.name: monitor.work for monitor in watch.monitors}


def open_dock(desk, box, strut, name="Dock"):
    """A panel that keeps an edge free: strut as left, right, top, bottom with their starts and ends."""
    x, y, width, height = box
    window = desk.root.create_window(x, y, width, height, 0, 24, background_pixel=0x444444)
    set_numbers(desk, window, "_NET_WM_WINDOW_TYPE", "ATOM", [desk.atom("_NET_WM_WINDOW_TYPE_DOCK")])
    set_numbers(desk, window, "_NET_WM_STRUT_PARTIAL", "CARDINAL", strut)
    return desk._show(window, name, x, y)


def test_an_undivided_screen_is_one_monitor(desk, watcher):
    (only,) = watcher.watch.monitors
    assert only.box == only.work == SCREEN
    assert only.scale == 1.0
    assert only.is_primary
    assert screens.monitors() == watcher.watch.monitors


def test_two_monitors_are_seen_as_they_come_and_go(desk, watcher):
    desk.set_monitors(left=LEFT, right=RIGHT)
    watcher.wait_for(lambda: boxes(watcher.watch) == {"left": LEFT, "right": RIGHT}, "two monitors")
    assert watcher.changes >= {"monitors"}
    assert [monitor.is_primary for monitor in watcher.watch.monitors] == [True, False]
    desk.set_monitors(left=LEFT)
    watcher.wait_for(lambda: boxes(watcher.watch) == {"left": LEFT}, "one monitor")
    desk.set_monitors()
    watcher.wait_for(lambda: list(boxes(watcher.watch).values()) == [SCREEN], "the whole screen")


def test_a_monitor_that_shows_the_same_as_another_is_left_out(desk, watcher):
    desk.set_monitors(left=LEFT, mirror=LEFT, right=RIGHT)
    watcher.wait_for(lambda: len(watcher.watch.monitors) == 2, "two monitors")


def test_the_scale_is_the_one_the_user_chose(desk, watcher):
    desk.root.change_property(Xatom.RESOURCE_MANAGER, Xatom.STRING, 8, b"Xcursor.size:\t24\nXft.dpi:\t144\n")
    desk.display.sync()
    watcher.wait_for(lambda: watcher.watch.monitors[0].scale == 1.5, "the scale")
    assert "monitors" in watcher.changes


def test_a_scale_that_cannot_be_read_is_one(desk):
    for text in (b"Xft.dpi:\tmany\n", b"", b"*Xft.dpi: \xff\n"):
        desk.root.change_property(Xatom.RESOURCE_MANAGER, Xatom.STRING, 8, text)
        desk.display.sync()
        assert screens.monitors()[0].scale == 1.0


def test_a_panel_takes_its_edge_of_the_work_area_while_it_is_there(desk, watcher):
    panel = open_dock(desk, (0, 870, WIDTH, 30), [0, 0, 0, 30, 0, 0, 0, 0, 0, 0, 0, WIDTH - 1])
    watcher.wait_for(lambda: watcher.watch.monitors[0].work == (0, 0, WIDTH, 870), "the panel")
    assert screens.monitors() == watcher.watch.monitors
    panel.close()
    watcher.wait_for(lambda: watcher.watch.monitors[0].work == SCREEN, "the panel's end")


def test_a_panel_takes_only_from_the_monitor_it_is_on(desk, watcher):
    # The window manager tells one rectangle for both, cut by both.
    desk.set_monitors(left=LEFT, right=RIGHT)
    open_dock(desk, (0, 770, 700, 130), [0, 0, 0, 130, 0, 0, 0, 0, 0, 0, 0, 699])
    open_dock(desk, (700, 0, 50, 800), [750, 0, 0, 0, 0, 799, 0, 0, 0, 0, 0, 0], "Side")
    expected = {"left": (0, 0, 700, 770), "right": (750, 0, 530, 800)}
    watcher.wait_for(lambda: works(watcher.watch) == expected, "the panels")


def test_a_panel_that_hides_itself_gives_its_edge_back(desk, watcher):
    desk.set_monitors(left=LEFT, right=RIGHT)
    open_dock(desk, (0, 800, 700, 100), [0, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0, 699])
    # The window manager's rectangle for all stays the same: only the panel itself tells.
    side = open_dock(desk, (700, 780, 580, 20), [0, 0, 0, 100, 0, 0, 0, 0, 0, 0, 700, 1279], "Side")
    set_numbers(desk, side.window, "_NET_WM_STRUT_PARTIAL", "CARDINAL", [0, 0, 0, 120, *[0] * 6, 700, 1279])
    watcher.wait_for(lambda: works(watcher.watch).get("right") == (700, 0, 580, 780), "the panel")
    set_numbers(desk, side.window, "_NET_WM_STRUT_PARTIAL", "CARDINAL", [0] * 12)
    watcher.wait_for(lambda: works(watcher.watch)["right"] == RIGHT, "the panel's hiding")


def test_work_areas_told_for_each_monitor_are_taken(desk, watcher):
    desk.set_monitors(left=LEFT, right=RIGHT)
    areas = [(0, 32, 700, 868), (700, 0, 580, 800)]
    set_numbers(
        desk, desk.root, "_GTK_WORKAREAS_D0", "CARDINAL", [number for area in areas for number in area]
    )
    watcher.wait_for(lambda: sorted(works(watcher.watch).values()) == areas, "the work areas")


def test_a_work_area_that_takes_more_than_half_away_is_not_believed(desk, watcher):
    set_numbers(desk, desk.root, "_GTK_WORKAREAS_D0", "CARDINAL", [0, 0, 10, 10])
    watcher.settle()
    assert watcher.watch.monitors[0].work == SCREEN


def test_a_compositor_is_seen_as_it_comes_and_goes(glass_desk):
    watcher = watching(glass_desk)
    assert watcher.watch.has_compositor
    glass_desk.stop_compositor()
    watcher.wait_for(lambda: not watcher.watch.has_compositor, "its end")
    assert "compositor" in watcher.changes
    glass_desk.start_compositor()
    watcher.wait_for(lambda: watcher.watch.has_compositor, "the compositor")
    watcher.watch.close()


def test_nothing_happens_while_nothing_changes(desk, watcher):
    desk.open_window("Editor").set_fullscreen(is_on=True)
    watcher.settle()
    watcher.wake_ups = 0
    for x in range(0, 500, 50):
        desk.point(x, 300)
    watcher.settle()
    assert watcher.wake_ups == 0


def test_what_changes_while_it_looks_is_seen_too(desk, watcher, monkeypatch):
    dots = iter((96, 192, 240))

    def set_scale():
        text = f"Xft.dpi:\t{next(dots)}\n".encode()
        desk.root.change_property(Xatom.RESOURCE_MANAGER, Xatom.STRING, 8, text)
        desk.display.sync()

    def read(server, docks):
        found = read_monitors(server, docks)
        if found[0].scale < 2.5:
            set_scale()
            server.desktop()  # its answer comes after the event
        return found

    monkeypatch.setattr(x11_watch, "read_monitors", read)
    set_scale()
    select.select([watcher.watch.fileno()], [], [], 10)
    watcher.watch.read()
    assert watcher.watch.monitors[0].scale == 2.5


def test_without_a_window_manager_there_are_still_monitors(desk, watcher):
    desk.window_manager.kill()
    desk.window_manager.wait()
    watcher.settle()
    assert watcher.watch.monitors[0].box == SCREEN


def test_the_end_of_the_x_server_ends_the_watch_in_peace(monkeypatch):
    server = Server()
    monkeypatch.setenv("DISPLAY", server.name)
    watch = screens.watch()
    assert watch is not None
    server._client.close()
    server.process.kill()
    server.process.wait()
    select.select([watch.fileno()], [], [], 10)
    assert watch.read() == frozenset()
    assert watch.fileno() is None
    assert watch.read() == frozenset()
    watch.close()


def test_a_closed_watch_stays_silent(desk, watcher):
    watcher.watch.close()
    watcher.watch.close()
    assert watcher.watch.fileno() is None
    assert watcher.watch.read() == frozenset()


def test_time_without_a_touch_is_counted_from_the_last_one(desk):
    desk.point(10, 10)
    desk.wait_for(lambda: (screens.idle_seconds() or 0) > 0.2, "some idle time")
    desk.point(20, 20)
    idle = screens.idle_seconds()
    assert idle is not None
    assert idle < 0.2


def test_who_asks_again_how_long_nothing_was_touched_keeps_the_connection(desk):
    def sockets() -> set[str]:
        return {str(file.readlink()) for file in Path("/proc/self/fd").iterdir() if file.is_socket()}

    clock, before = IdleClock(), sockets()
    assert clock.read() is not None
    kept = sockets() - before
    assert len(kept) == 1
    assert clock.read() is not None
    assert sockets() - before == kept
    clock.close()
    assert not sockets() - before


# python-xlib leaves the sockets of its attempts to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_where_there_is_no_display_there_are_no_monitors(monkeypatch):
    for name in (":987", ""):
        monkeypatch.setenv("DISPLAY", name)
        assert screens.monitors() == []
        assert screens.watch() is None
        assert screens.idle_seconds() is None

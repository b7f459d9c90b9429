"""The watch over the screens, on a real X server with a real window manager."""

import select
import time

import pytest
from Xlib import X, Xatom
from Xlib.protocol import event

from backend.shared.desktop import screens, x11_watch
from backend.shared.desktop.x11_screens import read_monitors
from tests.overlay.desk import HEIGHT, WIDTH, Server

SCREEN = (0, 0, WIDTH, HEIGHT)
LEFT, RIGHT = (0, 0, 700, 900), (700, 0, 580, 800)


class Watcher:
    """A watch that is only read when its descriptor says so, as the overlay does."""

    def __init__(self, desk, watch):
        self.desk, self.watch, self.changes, self.wake_ups = desk, watch, set(), 0

    def look(self):
        ready, _, _ = select.select([self.watch.fileno()], [], [], 0)
        if ready:
            self.wake_ups += 1
            self.changes |= self.watch.read()

    def wait_for(self, condition, what):
        self.desk.wait_for(condition, what, meanwhile=self.look)

    def settle(self):
        """Until nothing has come for a while."""
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < 0.15:
            before = self.wake_ups
            self.look()
            if self.wake_ups != before:
                quiet_since = time.monotonic()
            time.sleep(0.01)
        self.changes.clear()


def watching(desk):
    watch = screens.watch()
    assert watch is not None
    watcher = Watcher(desk, watch)
    watcher.settle()
    return watcher


@pytest.fixture
def watcher(desk):
    found = watching(desk)
    yield found
    found.watch.close()


def boxes(watch):
    return {monitor.name: monitor.box for monitor in watch.monitors}


def works(watch):
    return {monitor.name: monitor.work for monitor in watch.monitors}


def set_numbers(desk, window, name, kind, numbers):
    window.change_property(desk.atom(name), desk.atom(kind), 32, numbers)
    desk.display.sync()


def open_dock(desk, box, strut, name="Dock"):
    """A panel that keeps an edge free: strut as left, right, top, bottom with their starts and ends."""
    x, y, width, height = box
    window = desk.root.create_window(x, y, width, height, 0, 24, background_pixel=0x444444)
    set_numbers(desk, window, "_NET_WM_WINDOW_TYPE", "ATOM", [desk.atom("_NET_WM_WINDOW_TYPE_DOCK")])
    set_numbers(desk, window, "_NET_WM_STRUT_PARTIAL", "CARDINAL", strut)
    return desk._show(window, name, x, y)


def open_bare(desk, box, name="Game"):
    """A window without a frame, as games open it."""
    x, y, width, height = box
    window = desk.root.create_window(x, y, width, height, 0, 24, background_pixel=0x101010)
    set_numbers(desk, window, "_MOTIF_WM_HINTS", "_MOTIF_WM_HINTS", [2, 0, 0, 0, 0])
    return desk._show(window, name, x, y)


def activate(desk, window):
    """As a click in a task bar does."""
    message = event.ClientMessage(
        window=window.window, client_type=desk.atom("_NET_ACTIVE_WINDOW"), data=(32, [2, 0, 0, 0, 0])
    )
    desk.root.send_event(message, X.SubstructureRedirectMask | X.SubstructureNotifyMask)
    desk.wait_for(lambda: desk.active_window == window.id, "the active window")


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


def test_a_full_screen_window_is_seen_until_it_leaves_that_state(desk, watcher):
    window = desk.open_window("Film")
    watcher.settle()
    assert watcher.watch.fullscreen is None
    window.set_fullscreen(is_on=True)
    watcher.wait_for(lambda: watcher.watch.fullscreen == SCREEN, "the full-screen window")
    assert "fullscreen" in watcher.changes
    window.set_fullscreen(is_on=False)
    watcher.wait_for(lambda: watcher.watch.fullscreen is None, "its end")


def test_a_full_screen_window_that_is_killed_is_gone(desk, watcher):
    window = desk.open_window("Film", is_fullscreen=True)
    watcher.wait_for(lambda: watcher.watch.fullscreen == SCREEN, "the full-screen window")
    window.close()
    watcher.wait_for(lambda: watcher.watch.fullscreen is None, "its end")


def test_a_full_screen_window_that_was_there_before_is_seen(desk):
    desk.open_window("Film", is_fullscreen=True)
    watcher = watching(desk)
    assert watcher.watch.fullscreen == SCREEN
    watcher.watch.close()


def test_a_minimised_full_screen_window_is_not_in_front(desk, watcher):
    window = desk.open_window("Film", is_fullscreen=True)
    watcher.wait_for(lambda: watcher.watch.fullscreen == SCREEN, "the full-screen window")
    message = event.ClientMessage(
        window=window.window, client_type=desk.atom("WM_CHANGE_STATE"), data=(32, [3, 0, 0, 0, 0])
    )
    desk.root.send_event(message, X.SubstructureRedirectMask | X.SubstructureNotifyMask)
    desk.display.sync()
    watcher.wait_for(lambda: watcher.watch.fullscreen is None, "its end")


def test_a_game_without_a_frame_counts_where_it_covers_a_monitor_exactly(desk, watcher):
    desk.set_monitors(left=LEFT, right=RIGHT)
    game = open_bare(desk, RIGHT)
    watcher.wait_for(lambda: watcher.watch.fullscreen == RIGHT, "the game")
    game.window.configure(width=500)
    desk.display.sync()
    watcher.wait_for(lambda: watcher.watch.fullscreen is None, "a smaller game")


def test_a_maximised_window_and_the_desktop_itself_are_not_full_screen(desk, watcher):
    window = open_bare(desk, (100, 100, 300, 300))
    horizontal, vertical = (desk.atom(f"_NET_WM_STATE_MAXIMIZED_{way}") for way in ("HORZ", "VERT"))
    message = event.ClientMessage(
        window=window.window,
        client_type=desk.atom("_NET_WM_STATE"),
        data=(32, [1, horizontal, vertical, 1, 0]),
    )
    desk.root.send_event(message, X.SubstructureRedirectMask | X.SubstructureNotifyMask)
    desk.wait_for(lambda: window.window.get_geometry().width == WIDTH, "the maximised window")
    watcher.settle()
    assert watcher.watch.fullscreen is None
    window.close()
    activate(desk, desk.backdrop)
    watcher.settle()
    assert watcher.watch.fullscreen is None


def test_a_film_goes_on_while_the_user_writes_on_the_other_monitor(desk, watcher):
    desk.set_monitors(left=LEFT, right=RIGHT)
    open_bare(desk, LEFT, "Film")
    watcher.wait_for(lambda: watcher.watch.fullscreen == LEFT, "the film")
    letter = desk.open_window("Letter", (800, 100, 300, 300))
    desk.wait_for(lambda: desk.active_window == letter.id, "the letter")
    for x in (800, 820, 840):
        letter.window.configure(x=x)
        desk.display.sync()
        watcher.settle()
        assert watcher.watch.fullscreen == LEFT
    letter.window.configure(x=200, y=200)
    desk.display.sync()
    watcher.wait_for(lambda: watcher.watch.fullscreen is None, "the letter in front of the film")


def test_a_dialog_of_the_film_does_not_end_it(desk, watcher):
    film = open_bare(desk, SCREEN, "Film")
    watcher.wait_for(lambda: watcher.watch.fullscreen == SCREEN, "the film")
    dialog = desk.root.create_window(300, 300, 200, 100, 0, 24, background_pixel=0xFFFFFF)
    dialog.set_wm_transient_for(film.window)
    shown = desk._show(dialog, "Volume", 300, 300)
    activate(desk, shown)
    watcher.settle()
    assert watcher.watch.fullscreen == SCREEN


def test_windows_without_a_manager_are_no_business_of_it(desk, watcher):
    own = desk.root.create_window(0, 0, WIDTH, HEIGHT, 0, 24, override_redirect=True)
    own.map()
    desk.display.sync()
    desk.wait_for(lambda: own.get_attributes().map_state == X.IsViewable, "the window")
    before = watcher.wake_ups
    watcher.settle()
    assert watcher.watch.fullscreen is None
    assert watcher.wake_ups == before


def test_a_compositor_is_seen_as_it_comes_and_goes(glass_desk):
    watcher = watching(glass_desk)
    assert watcher.watch.has_compositor
    glass_desk.stop_compositor()
    watcher.wait_for(lambda: not watcher.watch.has_compositor, "its end")
    assert "compositor" in watcher.changes
    glass_desk.start_compositor()
    watcher.wait_for(lambda: watcher.watch.has_compositor, "the compositor")
    watcher.watch.close()


def test_another_order_of_windows_is_told(desk, watcher):
    first, second = desk.open_window("First"), desk.open_window("Second")
    activate(desk, second)
    watcher.settle()
    activate(desk, first)
    watcher.wait_for(lambda: "stacking" in watcher.changes, "the order")


def test_nothing_happens_while_nothing_changes(desk, watcher):
    desk.open_window("Editor").set_fullscreen(is_on=True)
    watcher.settle()
    watcher.wake_ups = 0
    for x in range(0, 500, 50):
        desk.point(x, 300)
    watcher.settle()
    assert watcher.wake_ups == 0


def test_a_changing_title_changes_nothing(desk, watcher):
    window = desk.open_window("Editor")
    activate(desk, window)
    watcher.settle()
    asked, wake_ups = watcher.watch._server.display.display.request_serial, watcher.wake_ups
    for number in range(20):
        window.window.set_wm_name(f"Editor {number}")
    desk.display.sync()
    watcher.wait_for(lambda: watcher.wake_ups > wake_ups, "the titles")
    watcher.settle()
    assert watcher.watch._server.display.display.request_serial == asked


def test_a_storm_of_windows_raises_nothing_prints_nothing_and_is_followed(desk, watcher, capfd):
    atom = desk.atom
    for number in range(200):
        window = desk.root.create_window(number, number, 300, 200, 0, 24)
        if number % 3 == 0:
            window.change_property(
                atom("_NET_WM_STATE"), atom("ATOM"), 32, [atom("_NET_WM_STATE_FULLSCREEN")]
            )
        if number % 7 == 0:
            window.change_property(
                atom("_NET_WM_WINDOW_TYPE"), atom("ATOM"), 32, [atom("_NET_WM_WINDOW_TYPE_DOCK")]
            )
            window.change_property(atom("_NET_WM_STRUT"), atom("CARDINAL"), 32, [0, 0, 20, 0])
        window.map()
        desk.display.flush()
        watcher.look()
        window.destroy()
    desk.display.sync()
    desk.wait_for(
        lambda: desk.client_list() == [desk.backdrop.id], "the end of the storm", meanwhile=watcher.look
    )
    # It has the number of those before it.
    last = desk.open_window("Last")
    activate(desk, last)
    watcher.settle()
    last.set_fullscreen(is_on=True)
    watcher.wait_for(lambda: watcher.watch.fullscreen == SCREEN, "the last window")
    last.close()
    watcher.wait_for(lambda: watcher.watch.fullscreen is None, "its end")
    watcher.settle()
    assert watcher.watch.monitors[0].work == SCREEN
    assert capfd.readouterr() == ("", "")


def test_a_window_with_the_number_of_a_dead_one_is_followed(desk, watcher):
    first = desk.open_window("First")
    activate(desk, first)
    watcher.settle()
    first.close()
    second = open_bare(desk, (0, 0, 500, 500))
    assert second.id == first.id
    activate(desk, second)
    watcher.settle()
    # Behind the window manager's back: nothing but the window itself tells.
    set_numbers(desk, second.window, "_NET_WM_STATE", "ATOM", [desk.atom("_NET_WM_STATE_FULLSCREEN")])
    watcher.wait_for(lambda: watcher.watch.fullscreen is not None, "the second window")


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
    assert (screens.idle_seconds() or 9) < 0.2


# python-xlib leaves the sockets of its attempts to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_where_there_is_no_display_there_are_no_monitors(monkeypatch):
    for name in (":987", ""):
        monkeypatch.setenv("DISPLAY", name)
        assert screens.monitors() == []
        assert screens.watch() is None
        assert screens.idle_seconds() is None

"""What is in front, on a real X server with a real window manager."""

import pytest
from Xlib import X
from Xlib.protocol import event

from tests.overlay.desk import HEIGHT, WIDTH
from tests.overlay.watching import activate, open_bare, set_numbers, watching

SCREEN = (0, 0, WIDTH, HEIGHT)
LEFT, RIGHT = (0, 0, 700, 900), (700, 0, 580, 800)


@pytest.fixture
def watcher(desk):
    found = watching(desk)
    yield found
    found.watch.close()


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


def test_another_order_of_windows_is_told(desk, watcher):
    first, second = desk.open_window("First"), desk.open_window("Second")
    activate(desk, second)
    watcher.settle()
    activate(desk, first)
    watcher.wait_for(lambda: "stacking" in watcher.changes, "the order")


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
    # All of them had the same number. One with a number of its own shows that the window manager has come to
    # the end of the storm; else it may take the last window for one of them, and forget it again.
    holder = desk.root.create_window(0, 0, 1, 1, 0, 24)
    fence = desk.open_window("Fence")
    watcher.look()
    fence.close()
    holder.destroy()
    # It may have taken the holder for one of the storm.
    watcher.wait_for(lambda: desk.client_list() == [desk.backdrop.id], "the end of the storm")
    last = desk.open_window("Last")
    assert last.id == fence.id
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

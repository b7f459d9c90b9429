"""When the bubble goes, and what keeps it; on a real desktop."""

import numpy as np

from tests.overlay.bubble_bench import Stage
from tests.overlay.desk import backdrop


def test_it_goes_when_it_has_been_read_and_comes_back_when_called(desk):
    stage = Stage(desk)
    stage.speak("Hi!")
    stage.read()
    stage.wait(lambda: not stage.bubble.is_shown, "its end")
    x, y, width, height = stage.body
    stage.wait(lambda: np.array_equal(desk.grab(*stage.body), backdrop(x, y, width, height)), "the desktop")
    assert stage.bubble.recall()
    assert stage.bubble.is_shown
    assert stage.shown == "Hi!"


def test_a_notice_that_has_gone_does_not_come_back_as_if_she_had_said_it(desk):
    stage = Stage(desk)
    stage.bubble.say_plainly("The microphone is off.")
    assert stage.bubble.recall()
    stage.read()
    stage.wait(lambda: not stage.bubble.is_shown, "its end")
    assert not stage.bubble.recall()
    assert not stage.bubble.is_shown
    stage.speak("Hi!")
    stage.read()
    stage.wait(lambda: not stage.bubble.is_shown, "its end")
    assert stage.bubble.recall()


def test_with_a_compositor_it_fades(glass_desk, monkeypatch):
    monkeypatch.setattr("overlay.bubble.balloon._FADE_SECONDS", 1.5)
    stage = Stage(glass_desk)
    stage.speak("Hi!")
    stage.wait(stage.ground_is_seen, "the ground")
    full = stage.pixels().astype(int)
    empty = backdrop(*stage.body).astype(int)
    stage.read()

    def is_between():
        now = stage.pixels().astype(int)
        middle = now.shape[0] // 2, now.shape[1] // 2
        return (now[middle] != full[middle]).any() and (now[middle] != empty[middle]).any()

    stage.wait(is_between, "a half-transparent bubble")
    stage.wait(lambda: not stage.bubble.is_shown, "its end")


def test_the_pointer_and_a_selection_keep_it(desk, monkeypatch):
    monkeypatch.setattr("overlay.bubble.reading._AGAIN_SECONDS", 0.2)
    stage = Stage(desk)
    stage.speak("Hello")
    stage.point_at_body()
    stage.read()
    stage.rest(0.3)
    assert stage.bubble.is_shown
    stage.bubble.speech.page.text.tag_add("sel", "1.0", "1.3")
    desk.point(5, 5)
    stage.rest(0.5)
    assert stage.bubble.is_shown
    stage.bubble.speech.page.text.tag_remove("sel", "1.0", "end")
    stage.wait(lambda: not stage.bubble.is_shown, "its end")


def test_hidden_it_stays_so_until_it_may_be_seen(desk):
    stage = Stage(desk)
    stage.bubble.hide()
    stage.bubble.begin("t")
    stage.bubble.add("t", "Unseen")
    stage.bubble.end("t", "complete")
    stage.wait(lambda: stage.shown == "Unseen")
    assert not stage.bubble.is_shown
    stage.bubble.unhide()
    stage.wait(stage.ground_is_seen, "the ground")


def test_status_alone_goes_when_it_is_over(desk):
    stage = Stage(desk)
    stage.bubble.status("listening")
    assert stage.bubble.is_shown
    stage.bubble.status("")
    assert not stage.bubble.is_shown


def test_closed_it_leaves_no_window(desk):
    stage = Stage(desk)
    stage.speak("Hello there")
    before = len(desk.root.query_tree().children)
    stage.bubble.close()
    stage.wait(lambda: len(desk.root.query_tree().children) <= before - 2, "the windows' end")


def test_it_gets_another_window_when_a_compositor_comes_and_goes(desk):
    stage = Stage(desk)
    stage.speak("Hello there")
    stage.wait(stage.ground_is_seen, "the ground")
    before = stage.body
    desk.start_compositor()
    stage.bubble.renew_surface()
    assert stage.bubble.balloon.surface.has_smooth_edges
    stage.wait(stage.ground_is_seen, "the ground")
    assert stage.body == before
    desk.stop_compositor()
    stage.bubble.renew_surface()
    assert not stage.bubble.balloon.surface.has_smooth_edges
    stage.wait(stage.ground_is_seen, "the ground")
    assert stage.shown == "Hello there"

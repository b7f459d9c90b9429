"""What a user's hands do with her: mouse, wheel, menu and keys, on the real overlay, seen from outside."""

import time
from collections.abc import Callable
from typing import get_args

from backend.shared.records import EmotionName
from tests.overlay.desk import Desk
from tests.overlay.face import Face

Show = Callable[..., Face]
STEP_PX, FAR_STEP_PX = 10, 50


def test_where_she_was_put_and_how_large_she_was_made_is_kept_for_the_next_time(
    desk: Desk, show: Show
) -> None:
    face = show(desk, overlay_reduced_motion="true")
    x, y, width, height = face.wait_until_shown()
    start = face.body()
    desk.drag(start, (start[0] - 300, start[1] - 200))
    face.wait_for(lambda: face.box() == (x - 300, y - 200, width, height), "her at the new place")
    desk.click(*face.body(), button=4)
    face.wait_for(lambda: face.box()[3] > height, "her to grow")
    desk.click(*face.body(), button=5)
    face.wait_for(lambda: face.box()[3] == height, "her to shrink")
    desk.click(*face.body(), button=5)
    face.wait_for(lambda: face.box()[3] < height and face.looks(), "her to shrink")
    left_at = face.box()
    assert face.stop() == 0
    again = show(desk, overlay_reduced_motion="true")
    assert again.wait_until_shown() == left_at


def test_who_is_thrown_slides_on(desk: Desk, show: Show) -> None:
    face = show(desk)
    face.wait_until_shown()

    def throw() -> bool:
        """Whether she went further than the hand that threw her; a busy machine may lose a throw."""
        begin, start = face.box()[0], face.body()
        desk.point(*start)
        desk.press()
        for step in range(1, 9):
            desk.point(start[0] - 10 * step, start[1])
            time.sleep(0.008)
        desk.release()
        limit = time.monotonic() + 0.5
        while face.box()[0] >= begin - 90 and time.monotonic() < limit:
            time.sleep(0.01)
        return face.box()[0] < begin - 90

    face.wait_for(throw, "her to slide")


def test_the_keys_do_what_the_mouse_does(desk: Desk, show: Show) -> None:
    face = show(desk, overlay_reduced_motion="true")
    x, y, _, height = face.wait_until_shown()
    face.take_keyboard()
    for key, there in {
        "Left": (x - STEP_PX, y),
        "Shift_L+Left": (x - STEP_PX - FAR_STEP_PX, y),
        "Up": (x - STEP_PX - FAR_STEP_PX, y - STEP_PX),
        "Right": (x - FAR_STEP_PX, y - STEP_PX),
        "Down": (x - FAR_STEP_PX, y),
    }.items():
        desk.key(key)
        face.wait_for(lambda there=there: face.box()[:2] == there, f"{key} to move her")
    desk.key("plus")
    face.wait_for(lambda: face.box()[3] > height, "her to grow")
    desk.key("minus")
    face.wait_for(lambda: face.box()[3] == height, "her to shrink")
    desk.key("Menu")
    face.wait_for(face.has_grab, "the menu")
    desk.key("Escape")
    face.wait_for(lambda: not face.has_grab(), "the end of the menu")
    desk.key("F1")
    face.wait_for(lambda: face.bubble() is not None, "the help")
    desk.key("Escape")
    face.wait_for(lambda: face.bubble() is None, "the end of the help")
    face.take_keyboard()  # it was given back
    desk.key("Return")
    face.wait_for(lambda: face.has_keyboard(*set(face.windows()) - {"Alisa 1"}), "the field to type to her")
    desk.key("Escape")
    face.take_keyboard()
    desk.key("Control_L+q")
    face.desk.wait_for(lambda: face.process.poll() == 0, "her end")


def test_escape_gives_the_keyboard_back_to_who_had_it(desk: Desk, show: Show) -> None:
    editor = desk.open_window("Editor", (50, 50, 400, 300))
    desk.click(200, 200)
    desk.wait_for(lambda: desk.active_window == editor.id, "the editor")
    face = show(desk, overlay_reduced_motion="true")
    face.wait_until_shown()
    desk.key("a")
    assert editor.keys == ["a"]  # she took nothing when she came
    face.take_keyboard()
    desk.key("b")
    for _ in range(2):  # the bubble, if there is one, then she herself
        desk.key("Escape")
    face.wait_for(lambda: not face.has_keyboard(*face.windows()), "her to let the keyboard go")
    desk.key("c")
    assert editor.keys == ["a", "c"]


def test_clicks_pass_through_her_until_the_handle_is_clicked(desk: Desk, show: Show) -> None:
    face = show(desk, overlay_reduced_motion="true")
    face.wait_until_shown()
    handles = face.pill()
    face.choose("Click-through")
    face.wait_for(lambda: face.pill() is not None and face.pill() != handles, "the handle")
    spot = face.body()
    desk.click(*spot)
    desk.wait_for(lambda: desk.backdrop.presses == [(1, *spot)], "the click below")
    x, y, _, height = face.pill()
    desk.click(x + height // 2, y + height // 2)
    face.wait_for(lambda: face.pill() != (x, y, 2 * height, height), "the handle's end")
    face.take_keyboard()
    assert len(desk.backdrop.presses) == 1


def test_a_click_beside_her_in_her_own_window_goes_to_what_is_below(glass_desk: Desk, show: Show) -> None:
    face = show(glass_desk, overlay_reduced_motion="true")
    x, y, _, _ = face.wait_until_shown()
    glass_desk.click(x + 2, y + 2)
    glass_desk.wait_for(lambda: glass_desk.backdrop.presses == [(1, x + 2, y + 2)], "the click below")


def test_the_menu_makes_her_see_through_and_larger(glass_desk: Desk, show: Show) -> None:
    face = show(glass_desk, overlay_reduced_motion="true")
    _, _, _, height = face.wait_until_shown()
    face.choose("Opacity", 4)
    face.wait_for(lambda: face.looks(opacity=0.5), "her to be see-through")
    face.choose("Opacity", 1)
    face.wait_for(face.looks, "all of her")
    face.choose("Size", 3)
    face.wait_for(lambda: face.box()[3] > height and face.looks(), "her to be large")


def test_the_menu_opens_where_she_is_clicked_and_shows_every_emotion(desk: Desk, show: Show) -> None:
    face = show(desk, overlay_reduced_motion="true")
    face.wait_until_shown()
    desk.click(*face.body(), button=3)
    face.wait_for(face.has_grab, "the menu")
    desk.key("Escape")
    face.wait_for(lambda: not face.has_grab(), "its end")
    for number, emotion in enumerate(get_args(EmotionName), 1):
        face.choose("Emotion test", number)
        face.wait_for(lambda emotion=emotion: face.looks(emotion), emotion)

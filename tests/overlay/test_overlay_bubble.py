"""The bubble on a real desktop: what it shows and where it stands."""

import itertools
import tkinter as tk

import numpy as np
import pytest

from overlay.bubble.placing import Scene, choose_side, place
from overlay.bubble.style import DARK, LIGHT, contrast
from tests.overlay.bubble_bench import FACE, FIGURE, HEAD, WORK, Stage
from tests.overlay.desk import backdrop


def test_she_speaks_in_a_box_that_is_really_on_the_screen(desk):
    stage = Stage(desk)
    stage.speak("Hello **there**, you.")
    assert stage.shown == "Hello there, you."
    stage.wait(stage.ground_is_seen, "the ground")
    # Without a compositor what is outside the shape is the desktop, untouched.
    x, y, width, height = stage.body
    assert np.array_equal(desk.grab(x, y, 3, 3), backdrop(x, y, 3, 3))
    assert np.array_equal(
        desk.grab(x - 30, y + height + 5, width, 9), backdrop(x - 30, y + height + 5, width, 9)
    )


def test_with_a_compositor_there_is_a_soft_shadow_and_the_rest_is_untouched(glass_desk):
    stage = Stage(glass_desk)
    stage.speak("Hello there.")
    stage.wait(stage.ground_is_seen, "the ground")
    x, y, width, height = stage.body
    below = (x + 40, y + height + 2, width - 80, 3)
    stage.wait(lambda: glass_desk.grab(*below).mean() < backdrop(*below).mean() - 3, "the shadow")
    far = (x, y - 60, width, 20)
    assert np.array_equal(glass_desk.grab(*far), backdrop(*far))


def test_words_come_one_by_one_and_marks_are_never_seen(desk):
    stage = Stage(desk)
    stage.bubble.begin("t")
    for piece in ("so ", "**b", "old", "** `", "code", "` end"):
        stage.bubble.add("t", piece)
        stage.rest(0.05)
        assert "*" not in stage.shown
        assert "`" not in stage.shown
    stage.bubble.end("t", "complete")
    stage.wait(lambda: stage.shown == "so bold code end")


def test_words_of_another_turn_and_after_the_end_are_ignored(desk):
    stage = Stage(desk)
    stage.speak("mine")
    stage.bubble.add("t", " late")
    stage.bubble.add("other", " foreign")
    stage.bubble.end("other", "failed")
    stage.rest(0.1)
    assert stage.shown == "mine"


@pytest.mark.parametrize("ending", ["interrupted", "cut", "failed"])
def test_an_answer_that_is_not_whole_says_so(desk, ending):
    stage = Stage(desk)
    stage.speak("I was about", ending)
    assert stage.shown.startswith("I was about")
    assert {"interrupted": "\u2014", "cut": "broke off", "failed": "could not answer"}[ending] in stage.shown


@pytest.mark.parametrize(("x", "side"), [(900, "left"), (60, "right"), (500, "left")])
def test_it_stands_beside_her_on_the_screen_and_never_on_her_face(desk, x, side):
    shift = x - FIGURE[0]
    face = (FACE[0] + shift, *FACE[1:])
    stage = Stage(desk, (x, *FIGURE[1:]), (HEAD[0] + shift, HEAD[1]), face)
    stage.speak("A long answer. " * 80)
    left, top, width, height = stage.body
    assert stage.bubble.column.side == side
    assert left >= 0 and top >= 0 and left + width <= 1280 and top + height <= 870
    assert not stage.overlaps(face)
    assert height <= 0.4 * WORK[3]


def test_it_moves_with_her(desk):
    stage = Stage(desk)
    stage.speak("Hello there.")
    before = stage.body
    stage.bubble.place((HEAD[0] - 50, HEAD[1] - 30), (850, 390, 300, 450), WORK, (949, 452, 96, 91))
    assert stage.body == (before[0] - 50, before[1] - 30, *before[2:])
    stage.wait(stage.ground_is_seen, "the ground at the new place")


def test_every_place_is_on_the_screen_and_off_her_face():
    for x, y in itertools.product(range(0, 1000, 90), range(0, 440, 60)):
        face = (x + 99, y + 62, 96, 91)
        scene = Scene((x + 144, y + 18), (x, y, 300, 450), WORK, face)
        for size in ((120, 60), (328, 200), (328, 348)):
            side = choose_side(scene, 328 + 14, 348 + 14)
            spot = place(scene, side, size, 14, 28)
            assert 0 <= spot.x <= 1280 - size[0]
            assert 0 <= spot.y <= 870 - size[1]
            assert spot.x >= face[0] + face[2] or spot.x + size[0] <= face[0] or side == "above"


def test_above_her_where_there_is_no_room_beside_her(desk):
    work = (0, 0, 500, 870)
    scene = Scene((250, 418), (100, 400, 300, 450), work, (205, 462, 96, 91))
    assert choose_side(scene, 342, 362) == "above"
    spot = place(scene, "above", (328, 200), 14, 28)
    assert spot.y + 200 + 14 <= 462
    assert abs(spot.x + spot.tail_at - 250) <= 1


def test_a_long_answer_is_followed_to_its_end_unless_the_user_has_scrolled_up(desk):
    stage = Stage(desk)
    stage.speak("A long answer of hers.\n\n" * 60, None)
    page = stage.bubble.speech.page
    assert page.is_at_end
    stage.desk.point(*stage.middle(page.text))
    for _ in range(6):
        stage.desk.click(*stage.middle(page.text), 4)
    stage.wait(lambda: not page.is_at_end, "scrolling")
    seen = page.text.yview()[0]
    stage.bubble.add("t", "And more.\n\n" * 5)
    stage.wait(lambda: "And more." in stage.shown)
    stage.rest(0.1)
    assert not page.is_at_end
    assert page.text.index("@0,0") != "1.0"
    assert page.text.yview()[0] <= seen
    # The mark at the bottom leads to the end.
    stage.wait(page.more_mark.winfo_ismapped, "the mark")
    stage.click(page.more_mark)
    stage.wait(lambda: page.is_at_end, "the end")


def test_what_is_selected_by_mouse_is_copied_by_key(desk):
    note = desk.open_window("Note", (50, 50, 300, 200))
    desk.click(100, 100)
    stage = Stage(desk)
    stage.speak("Hello **world** 😊 and you")
    text = stage.bubble.speech.page.text
    x, y, _, height = text.bbox("1.0")
    start = (text.winfo_rootx() + x + 1, text.winfo_rooty() + y + height // 2)
    x, y, width, height = text.bbox("1.end-1c")
    desk.drag(start, (text.winfo_rootx() + x + width + 3, text.winfo_rooty() + y + height // 2))
    stage.wait(lambda: stage.bubble.speech.page.has_selection, "the selection")
    stage.type("Control_L+c")
    stage.wait(lambda: _has(stage, "Hello world 😊 and you"), "the clipboard")
    stage.type("x", "BackSpace", "Return")
    stage.rest(0.05)
    assert stage.shown == "Hello world 😊 and you"
    assert not [key for key in note.keys if key in ("x", "c")]


def _has(stage, text):
    try:
        return stage.clipboard() == text
    except tk.TclError:  # nothing copied yet
        return False


def test_arabic_is_shaped_on_the_right_and_copied_as_it_is_read(desk):
    stage = Stage(desk)
    text = "مرحبا بك في بيتي يا صديقي العزيز، كيف حالك اليوم؟ هذا **نص** طويل."
    stage.speak(text)
    page = stage.bubble.speech.page
    assert page.logical == text.replace("*", "")
    widget = page.text.get("1.0", "end")
    assert "ﺎﺒﺣﺮﻣ" in widget
    x, _, width, _ = page.text.dlineinfo("1.0")[:4]
    assert x + width >= page.width - 2
    assert x > 2
    page.text.tag_add("sel", "1.3", "1.5")
    assert page.selected in text.replace("*", "")
    assert len(page.selected) > 10


def test_streamed_and_whole_arabic_look_alike(desk):
    stage = Stage(desk)
    text = "- مرحبا **بك** في بيتي\n- " + "شكرا جزيلا لك يا صديقي " * 6 + "\n\nEnglish again שלום."
    stage.speak(text)
    whole = stage.bubble.speech.page.text.get("1.0", "end")
    stage.bubble.begin("u")
    for char in text:
        stage.bubble.add("u", char)
        stage.rest(0.002)
    stage.bubble.end("u", "complete")
    stage.wait(lambda: not stage.bubble.speech.is_running)
    assert stage.bubble.speech.page.text.get("1.0", "end") == whole


def test_a_long_paragraph_is_copied_without_the_breaks_that_tk_needs(desk):
    stage = Stage(desk)
    text = " ".join(f"word{n} **b{n}**" for n in range(300))
    stage.bubble.begin("t")
    for at in range(0, len(text), 40):
        stage.bubble.add("t", text[at : at + 40])
        stage.root.update()
    stage.bubble.end("t", "complete")
    stage.wait(lambda: not stage.bubble.speech.is_running)
    assert stage.shown == text.replace("*", "")
    assert int(stage.bubble.speech.page.text.index("end-1c").split(".")[0]) > 2


def test_a_flood_lets_other_events_have_their_turn(desk):
    stage = Stage(desk)
    stage.bubble.begin("t")
    for _ in range(20_000):
        stage.bubble.add("t", "tok ")
    stage.bubble.end("t", "complete")
    turns = []

    def turn():
        turns.append(len(stage.shown))
        stage.root.after(5, turn)

    turn()
    stage.wait(lambda: not stage.bubble.speech.is_running, "the end of the flood")
    assert len(set(turns)) > 20
    assert stage.shown.startswith("tok tok")
    assert "more than I can show" in stage.shown


def test_emoji_are_pictures_and_never_letters_for_the_font_library(desk):
    stage = Stage(desk)
    stage.speak("Party 🎉 and 👩‍💻!")
    text = stage.bubble.speech.page.text
    assert stage.shown == "Party 🎉 and 👩‍💻!"
    assert "🎉" not in text.get("1.0", "end")


def test_an_emoji_that_is_shown_by_its_name_is_copied_as_what_it_is(desk, monkeypatch):
    monkeypatch.setattr("overlay.bubble.emoji._font", lambda: None)
    stage = Stage(desk)
    stage.speak("Party 🎉🎉 and 😊!")
    page = stage.bubble.speech.page
    assert "Party (party popper)(party popper) and (" in page.text.get("1.0", "end")
    assert page.logical == "Party 🎉🎉 and 😊!"
    # Also from within the names, and where the selection ends within one.
    page.text.tag_add("sel", "1.10", "1.24")
    assert page.selected == "🎉🎉"
    assert page.logical == "Party 🎉🎉 and 😊!"


def test_a_link_is_never_opened_unasked(desk):
    stage = Stage(desk)
    stage.speak("See [python.org](https://evil.example/x?y=1#z) now")
    assert stage.shown == "See python.org (evil.example) now"
    text = stage.bubble.speech.page.text
    x, y, _, height = text.bbox("1.6")
    desk.click(text.winfo_rootx() + x + 3, text.winfo_rooty() + y + height // 2)
    panel = stage.bubble.address
    stage.wait(lambda: panel.is_open, "the address")
    assert panel.address == "https://evil.example/x?y=1#z"
    assert stage.asked == []
    stage.click(panel.copy_button)
    stage.wait(lambda: not panel.is_open, "the end of the address")
    assert stage.clipboard() == "https://evil.example/x?y=1#z"
    panel.show(panel.address)
    stage.click(panel.open_button)
    stage.wait(lambda: stage.asked == [("open", "https://evil.example/x?y=1#z")], "the browser")


@pytest.mark.parametrize("address", ["file:///etc/passwd", "javascript:alert(1)", "https://[bad"])
def test_what_is_no_web_address_cannot_be_opened(desk, address):
    stage = Stage(desk)
    stage.speak("Hello")
    stage.bubble.address.show(address)
    stage.root.update()
    assert not stage.bubble.address.open_button.winfo_ismapped()
    stage.bubble.address.open_button.invoke()
    assert stage.asked == []


def test_what_she_does_is_told(desk):
    stage = Stage(desk, is_motion_reduced=True)
    stage.bubble.status("listening", "could you")
    assert stage.bubble.strip.text == "could you"
    assert stage.bubble.is_shown
    stage.bubble.heard("could you tell me a story")
    stage.bubble.begin("t")
    stage.bubble.status("loading", fraction=0.4)
    assert stage.bubble.strip.fraction == 0.4
    stage.bubble.add("t", "Once")
    stage.wait(lambda: stage.shown == "Once")
    assert stage.bubble.strip.kind == ""
    assert not stage.bubble.speech.has_heard
    stage.bubble.say_plainly("Microphone off.")
    assert stage.bubble.strip.text == "Microphone off."
    stage.bubble.end("t", "complete")
    stage.bubble.status("offline")
    assert "connection to the hub" in stage.bubble.strip.text
    stage.bubble.status("")
    assert stage.bubble.strip.kind == ""


def test_nothing_moves_when_motion_is_reduced(desk):
    stage = Stage(desk, is_motion_reduced=True)
    stage.bubble.status("thinking")
    stage.rest(0.1)
    first = stage.pixels()
    stage.rest(0.8)
    assert np.array_equal(first, stage.pixels())
    moving = Stage(desk)
    moving.bubble.status("thinking")
    moving.rest(0.1)
    first = moving.pixels()
    moving.wait(lambda: not np.array_equal(first, moving.pixels()), "the dots")


def test_letters_can_be_read_on_every_ground():
    for palette in (LIGHT, DARK):
        for ground in (palette.ground, palette.code_ground, palette.select_ground):
            assert contrast(palette.text, ground) >= 4.5
        for colour in (palette.muted, palette.accent, palette.warn):
            assert contrast(colour, palette.ground) >= 4.5
        assert contrast(palette.accent, palette.code_ground) >= 4.5
        assert contrast(palette.button_text, palette.button_ground) >= 4.5
        assert contrast(palette.main_text, palette.main_ground) >= 4.5


def test_speaking_and_asking_take_the_keyboard_from_nobody(desk):
    note = desk.open_window("Note", (50, 50, 300, 200))
    desk.click(100, 100)
    stage = Stage(desk)
    stage.speak("Hello there")
    stage.type("a")
    assert note.keys == ["a"]

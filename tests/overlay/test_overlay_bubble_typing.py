"""Typing to her in the bubble, by real keys."""

import time

from backend.shared.events import MAX_MESSAGE_CHARACTERS, Question
from tests.overlay.bubble_bench import Stage


def open_typing(desk, **style):
    note = desk.open_window("Note", (50, 50, 300, 200))
    desk.click(100, 100)
    stage = Stage(desk, **style)
    stage.bubble.open_typing()
    stage.wait(lambda: stage.bubble.balloon.has_keyboard, "the keyboard")
    return stage, note


def content(stage):
    return stage.bubble.entry.content


def test_what_is_typed_is_sent_with_enter(desk):
    stage, note = open_typing(desk)
    stage.type("h", "i", "Shift_L+Return", "y", "o", "u")
    stage.wait(lambda: content(stage) == "hi\nyou", "the text")
    stage.type("Return")
    stage.wait(lambda: stage.asked == [("say", "hi\nyou")], "the message")
    assert content(stage) == ""
    assert stage.bubble.is_typing
    assert note.keys == []


def test_nothing_is_sent_when_nothing_is_typed(desk):
    stage, _ = open_typing(desk)
    stage.type("space", "Return")
    stage.rest(0.05)
    assert stage.asked == []


def test_send_does_nothing_and_looks_so_while_nothing_is_typed(desk):
    stage, _ = open_typing(desk)
    button = stage.bubble.entry.send_button

    def share(colour):
        box = (button.winfo_rootx(), button.winfo_rooty(), button.winfo_width(), button.winfo_height())
        return (desk.grab(*box) == list(bytes.fromhex(colour[1:]))).all(2).mean()

    stage.wait(lambda: share(stage.style.palette.button_ground) > 0.5, "the faint button")
    stage.click(button)
    stage.type("h", "i")
    stage.wait(lambda: share(stage.style.palette.main_ground) > 0.4, "the button")
    assert stage.asked == []
    stage.click(button)
    stage.wait(lambda: stage.asked == [("say", "hi")], "the message")
    stage.type("y", "o")
    stage.wait(lambda: content(stage) == "yo", "the next text")


def test_escape_closes_gives_the_keyboard_back_and_keeps_the_draft(desk):
    stage, note = open_typing(desk)
    # The bubble stays, so that no window manager gives the keyboard back by itself.
    stage.speak("Well?")
    stage.type("d", "r")
    stage.wait(lambda: content(stage) == "dr", "the text")
    stage.type("Escape")
    stage.wait(lambda: not stage.bubble.is_typing, "its end")
    assert stage.bubble.is_shown
    stage.type("x")
    stage.wait(lambda: note.keys == ["x"], "the key in the other window")
    stage.bubble.open_typing()
    stage.wait(lambda: stage.bubble.balloon.has_keyboard, "the keyboard")
    stage.type("a")
    stage.wait(lambda: content(stage) == "dra", "the draft")


def test_up_recalls_what_was_sent(desk):
    stage, _ = open_typing(desk)
    stage.type("a", "Return", "b", "Return")
    stage.wait(lambda: len(stage.asked) == 2, "two messages")
    stage.type("Up")
    stage.wait(lambda: content(stage) == "b", "the last")
    stage.type("Up", "Up")
    stage.wait(lambda: content(stage) == "a", "the one before")
    stage.type("Down", "Down")
    stage.wait(lambda: content(stage) == "", "the empty field")


def test_it_grows_to_five_lines(desk):
    stage, _ = open_typing(desk)
    heights = []
    for _ in range(8):
        heights.append(stage.body[3])
        stage.type("Shift_L+Return")
        stage.rest(0.05)
    assert heights[1] > heights[0]
    assert heights[-1] == heights[-2]
    assert heights[4] > heights[1]


def test_select_all_undo_and_redo(desk):
    stage, _ = open_typing(desk)
    stage.type("a", "b", "Control_L+a", "BackSpace")
    stage.wait(lambda: content(stage) == "", "nothing")
    stage.type("Control_L+z")
    stage.wait(lambda: content(stage) == "ab", "the text again")
    stage.type("Control_L+y")
    stage.wait(lambda: content(stage) == "", "nothing again")


def test_too_long_is_said_and_not_sent(desk):
    stage, _ = open_typing(desk)
    stage.bubble.entry.text.insert("end", "x" * (MAX_MESSAGE_CHARACTERS + 3))
    stage.wait(lambda: "3 characters too many" in str(stage.bubble.entry.hint.cget("text")), "the words")
    stage.type("Return")
    stage.rest(0.05)
    assert stage.asked == []
    stage.type("BackSpace", "BackSpace", "BackSpace", "Return")
    stage.wait(lambda: len(stage.asked) == 1, "the message")


def test_emoji_that_are_pasted_are_sent_as_they_were(desk):
    stage, _ = open_typing(desk)
    stage.root.clipboard_clear()
    stage.root.clipboard_append("one 😊 two 👩‍💻 three")
    stage.type("Control_L+v")
    stage.wait(lambda: content(stage) == "one 😊 two 👩‍💻 three", "the text")
    assert "😊" not in stage.bubble.entry.text.get("1.0", "end")
    # Also where the insertion is not at the end.
    stage.bubble.entry.text.insert("1.0", "a 🎉 b ")
    assert content(stage).startswith("a 🎉 b one 😊")
    stage.bubble.entry.text.delete("1.0", "1.6")
    stage.type("Return")
    stage.wait(lambda: stage.asked == [("say", "one 😊 two 👩‍💻 three")], "the message")


def test_she_can_be_stopped_while_she_speaks(desk):
    stage, _ = open_typing(desk)
    assert not stage.bubble.entry.stop_button.winfo_ismapped()
    stage.bubble.begin("t")
    stage.bubble.add("t", "I am talking and")
    stage.wait(stage.bubble.entry.stop_button.winfo_ismapped, "the button")
    stage.click(stage.bubble.entry.stop_button)
    stage.wait(lambda: stage.asked == [("interrupt",)], "the interruption")
    stage.type("Control_L+period")
    stage.wait(lambda: len(stage.asked) == 2, "the interruption by key")
    stage.bubble.end("t", "interrupted")
    stage.wait(lambda: not stage.bubble.is_busy)
    stage.wait(lambda: not stage.bubble.entry.stop_button.winfo_ismapped(), "the button's end")


def test_escape_twice_stops_her(desk):
    stage, _ = open_typing(desk)
    stage.speak("I am talking", None)
    stage.type("Escape", "Escape")
    stage.wait(lambda: stage.asked == [("interrupt",)], "the interruption")
    assert not stage.bubble.is_typing


def test_a_question_does_not_take_what_is_being_typed(desk):
    stage, _ = open_typing(desk)
    stage.type("a")
    stage.bubble.ask(Question(id="q", text="May I?", expires_at=time.time() + 30))
    stage.rest(0.9)
    stage.type("b", "space", "c")
    stage.wait(lambda: content(stage) == "ab c", "the text")
    assert stage.asked == []

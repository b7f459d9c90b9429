"""Questions for permission in the bubble, answered by real clicks and keys."""

import time

import pytest

from backend.shared.events import Question
from tests.overlay.bubble_bench import Stage

# Long, so that it is not over on a slow machine before a test has looked; tests jump over it.
GUARD_SECONDS = 8.0


@pytest.fixture(autouse=True)
def long_guard(monkeypatch):
    monkeypatch.setattr("overlay.bubble.card.GUARD_SECONDS", GUARD_SECONDS)


def ask(stage, name="q1", text="May I run this?", detail="make all", seconds=30.0):
    stage.bubble.ask(Question(id=name, text=text, detail=detail, expires_at=time.time() + seconds))
    stage.wait(stage.bubble.card.frame.winfo_viewable, "the card")
    stage.root.update()


def test_a_question_shows_exactly_what_will_be_done(desk):
    stage = Stage(desk)
    ask(stage, detail="rm -rf /tmp/\u202egpj.x \x07\nsecond line")
    card = stage.bubble.card
    assert card.detail.logical == "rm -rf /tmp/<U+202E>gpj.x <U+0007>\nsecond line"
    assert "left" in str(card.note.cget("text"))


def test_the_button_that_is_seen_first_is_no(desk):
    stage = Stage(desk)
    ask(stage)
    filled = list(bytes.fromhex(stage.style.palette.main_ground[1:]))

    def is_filled(button):
        box = (button.winfo_rootx(), button.winfo_rooty(), button.winfo_width(), button.winfo_height())
        return (desk.grab(*box) == filled).all(2).mean() > 0.4

    stage.wait(lambda: is_filled(stage.bubble.card.no), "the button")
    assert not is_filled(stage.bubble.card.yes)


def test_a_click_on_yes_counts_after_the_guard_and_not_before(desk):
    stage = Stage(desk)
    ask(stage)
    stage.click(stage.bubble.card.yes)
    stage.rest(0.1)
    assert stage.asked == []
    stage.jump(GUARD_SECONDS)
    stage.click(stage.bubble.card.yes)
    stage.wait(lambda: stage.asked == [("answer", "q1", True)], "the answer")
    assert not stage.bubble.card.is_open


def test_no_counts_at_once(desk):
    stage = Stage(desk)
    ask(stage)
    stage.click(stage.bubble.card.no)
    stage.wait(lambda: stage.asked == [("answer", "q1", False)], "the answer")
    assert not stage.bubble.is_shown


def test_moving_her_starts_the_guard_again(desk):
    stage = Stage(desk)
    ask(stage)
    stage.jump(GUARD_SECONDS)
    assert stage.bubble.card.is_ready
    stage.bubble.place((1000, 420), (860, 400, 300, 450), (0, 0, 1280, 870))
    assert not stage.bubble.card.is_ready


def test_keys_go_on_to_the_window_the_user_types_in(desk):
    note = desk.open_window("Note", (50, 50, 300, 200))
    desk.click(100, 100)
    stage = Stage(desk)
    ask(stage)
    stage.jump(GUARD_SECONDS)
    stage.type("a", "Return", "Escape", "space")
    stage.rest(0.1)
    assert note.keys == ["a", "Return", "Escape", "space"]
    assert stage.asked == []


def test_with_the_keyboard_in_it_enter_presses_no(desk):
    note = desk.open_window("Note", (50, 50, 300, 200))
    desk.click(100, 100)
    stage = Stage(desk)
    ask(stage)
    desk.click(*stage.middle(stage.bubble.card.note))
    stage.wait(lambda: stage.bubble.balloon.has_keyboard, "the keyboard")
    stage.jump(GUARD_SECONDS)
    stage.type("Return")
    stage.wait(lambda: stage.asked == [("answer", "q1", False)], "the answer")
    # The keyboard is with the other window again.
    stage.type("b")
    stage.wait(lambda: note.keys == ["b"], "the key")


def test_tab_leads_to_yes_and_enter_presses_it(desk):
    stage = Stage(desk)
    ask(stage)
    desk.click(*stage.middle(stage.bubble.card.note))
    stage.wait(lambda: stage.root.focus_get() == stage.bubble.card.no, "the focus on no")
    stage.jump(GUARD_SECONDS)
    stage.type("Tab")
    stage.wait(lambda: stage.root.focus_get() == stage.bubble.card.yes, "the focus on yes")
    stage.type("Return")
    stage.wait(lambda: stage.asked == [("answer", "q1", True)], "the answer")


def test_escape_means_no(desk):
    stage = Stage(desk)
    ask(stage)
    desk.click(*stage.middle(stage.bubble.card.note))
    stage.wait(lambda: stage.bubble.balloon.has_keyboard, "the keyboard")
    stage.type("Escape")
    stage.wait(lambda: stage.asked == [("answer", "q1", False)], "the answer")


def test_several_questions_wait_for_each_other(desk):
    stage = Stage(desk)
    ask(stage, "q1", "First?")
    ask(stage, "q2", "Second?")
    ask(stage, "q2", "Second?")
    assert stage.bubble.card.question.id == "q1"
    stage.jump(GUARD_SECONDS)
    stage.click(stage.bubble.card.yes)
    stage.wait(lambda: stage.bubble.card.question.id == "q2", "the second")
    # Where the first was accepted a moment ago, the second is not yet.
    stage.click(stage.bubble.card.yes)
    stage.rest(0.1)
    assert stage.asked == [("answer", "q1", True)]
    stage.bubble.close_question("q2", "no")
    assert "Answered elsewhere: no" in str(stage.bubble.card.note.cget("text"))


def test_a_question_that_expires_says_so_and_goes_without_an_answer(desk, monkeypatch):
    monkeypatch.setattr("overlay.bubble.card._GOODBYE_SECONDS", 0.3)
    stage = Stage(desk)
    ask(stage, seconds=0.5)
    stage.wait(lambda: "time is over" in str(stage.bubble.card.note.cget("text")), "the end of its time")
    stage.bubble.card.answer(True)
    stage.wait(lambda: not stage.bubble.card.is_open, "the card's end")
    assert stage.asked == []
    assert not stage.bubble.is_shown


def test_closed_elsewhere_it_goes_and_her_words_come_back(desk, monkeypatch):
    monkeypatch.setattr("overlay.bubble.card._GOODBYE_SECONDS", 0.2)
    stage = Stage(desk)
    stage.speak("I would like to do something.")
    ask(stage)
    assert not stage.bubble.speech.page.frame.winfo_ismapped()
    stage.bubble.close_question("q1", "yes")
    stage.wait(lambda: not stage.bubble.card.is_open, "the card's end")
    stage.wait(stage.bubble.speech.page.frame.winfo_ismapped, "her words")
    assert stage.asked == []


def test_a_long_detail_can_be_scrolled_and_the_buttons_stay_in_reach(desk):
    stage = Stage(desk)
    ask(stage, detail="line\n" * 200, text="A long question? " * 30)
    _, y, _, height = stage.body
    assert height <= 0.42 * 870
    button = stage.middle(stage.bubble.card.no)
    assert y < button[1] < y + height
    assert stage.bubble.card.detail.text.yview()[1] < 1
    desk.click(*stage.middle(stage.bubble.card.detail.text), 5)
    stage.wait(lambda: stage.bubble.card.detail.text.yview()[0] > 0, "scrolling")


def test_it_is_not_lost_while_she_is_hidden(desk):
    stage = Stage(desk)
    stage.bubble.hide()
    stage.bubble.ask(Question(id="q1", text="May I?", expires_at=time.time() + 30))
    stage.jump(GUARD_SECONDS)
    stage.bubble.card.answer(True)
    assert stage.asked == []
    stage.bubble.unhide()
    stage.wait(stage.bubble.card.frame.winfo_viewable, "the card")
    assert not stage.bubble.card.is_ready

import pytest

from backend.llm.completion import Completion
from backend.llm.engine import Piece, Progress
from tests.backend.llm.fault_modes import DONE, STOP, chunk, event, token


def text_of(pieces: list[Piece | None]) -> str:
    return "".join(text for piece in pieces if piece for text in piece.texts)


THOUGHT = "<think>\nShe said <b>hi</think>\n\nHi < you, <thin and </b>!"


@pytest.mark.parametrize("cut", range(len(THOUGHT) + 1))
def test_thoughts_between_tags_are_not_text_wherever_they_are_cut(cut: int):
    completion = Completion("x")
    pieces = [completion.feed(token(part)) for part in (THOUGHT[:cut], THOUGHT[cut:])]
    pieces += [completion.feed(STOP + DONE)]
    assert text_of(pieces) == "Hi < you, <thin and </b>!"
    assert completion.failure is None


def test_letters_one_by_one_leak_no_thought():
    completion = Completion("x")
    pieces = [completion.feed(token(letter)) for letter in "a<think>b</think> c<thinking>d</thinking>e<thi"]
    pieces += [completion.feed(DONE)]
    assert text_of(pieces) == "ace<thi"


def test_a_thought_is_announced_once_and_again_after_words():
    completion = Completion("x")
    parts = [token("<think>a"), token("b"), token("</think>c"), token("<think>d"), DONE]
    pieces = [completion.feed(part) for part in parts]
    assert [piece and piece.progress for piece in pieces] == [
        Progress("thinking"), None, None, Progress("thinking"), None,
    ]  # fmt: skip


def test_text_before_an_error_in_the_same_read_is_kept():
    completion = Completion("x")
    piece = completion.feed(token("a") + event({"error": "no"}) + token("b"))
    assert text_of([piece]) == "a"
    assert completion.failure is not None


def test_nothing_after_the_end_is_read():
    completion = Completion("x")
    assert text_of([completion.feed(token("a") + DONE + token("b"))]) == "a"
    assert completion.is_done


def test_events_without_blank_lines_between_them_are_read():
    completion = Completion("x")
    first = completion.feed(token("a")[:-1] + token("b")[:-1] + DONE[:-1])
    assert text_of([first, completion.close()]) == "ab"
    assert completion.failure is None


def test_other_choices_are_not_mixed_in():
    second = event({"choices": [{"index": 1, "delta": {"content": "no"}}]})
    completion = Completion("x")
    assert text_of([completion.feed(token("a") + second + STOP + DONE)]) == "a"


@pytest.mark.parametrize(
    "bad", [{"usage": 5}, {"timings": []}, {"prompt_progress": "x"}, {"usage": {"prompt_tokens": None}}]
)
def test_a_wrong_shape_beside_the_text_does_not_cost_the_text(bad: dict):
    completion = Completion("x")
    assert text_of([completion.feed(chunk({"content": "a"}, **bad) + DONE)]) == "a"


def test_a_byte_order_mark_and_blank_lines_may_stand_in_front():
    completion = Completion("x")
    parts = [b"\xef", b"\xbb\xbf", b"\r\n", b"\n", token("a") + DONE]
    assert text_of([completion.feed(part) for part in parts]) == "a"


def test_blanks_without_end_are_not_kept():
    completion = Completion("x")
    for _ in range(1000):
        assert completion.feed(b" " * 1000 + b"\n") is None
    assert text_of([completion.feed(token("a") + DONE)]) == "a"


def test_a_web_page_is_known_by_its_first_sign():
    completion = Completion("x")
    assert completion.feed(b"\n <") is None
    assert completion.failure is not None
    assert "web page" in completion.failure.message

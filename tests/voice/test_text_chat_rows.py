"""Rows of a terminal, and text that must not reach it as it is."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from prompt_toolkit.utils import get_cwidth

from backend.shared.events import Error, Snapshot
from backend.shared.records import HistoryMessage
from voice.text_chat.rows import RowWriter
from voice.text_chat.safe_text import harmless, harmless_event, sendable

WORDS = st.text(alphabet="ab *`\n-漢字。é\u0301👩\u200d🚀א#", max_size=120)


def rows_of(text: str, columns: int = 20, *, has_markup: bool = True) -> list[str]:
    writer = RowWriter(columns, has_markup=has_markup)
    writer.write(text)
    return ["".join(part for _, part in row) for row in writer.finish()]


def styles_of(text: str) -> list[tuple[str, str]]:
    writer = RowWriter(80, has_markup=True)
    writer.write(text)
    return [(style.strip(), part) for row in writer.finish() for style, part in row]


def test_words_are_kept_whole() -> None:
    assert rows_of("the quick brown fox jumps over") == ["the quick brown fox", "jumps over"]


def test_a_word_longer_than_a_row_is_cut() -> None:
    assert rows_of("a " + "x" * 45) == ["a", "x" * 20, "x" * 20, "x" * 5]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("1. warm the pot and wait", ["1. warm the pot and", "   wait"]),
        ("* warm the pot and wait", ["* warm the pot and", "  wait"]),
        ("/quit  leave her for today", ["/quit  leave her for", "       today"]),
        ("- a\nordinary words go to the edge", ["- a", "ordinary words go to", "the edge"]),
    ],
)
def test_further_rows_of_an_item_stand_in(text: str, rows: list[str]) -> None:
    assert rows_of(text) == rows


def test_chinese_breaks_between_characters_but_not_before_a_full_stop() -> None:
    assert rows_of("一二三四五六七八九十。好") == ["一二三四五六七八九", "十。好"]


def test_a_family_of_emoji_is_not_torn() -> None:
    assert rows_of("12345678901234 👩\u200d👩\u200d👧 x")[1].startswith("👩\u200d👩\u200d👧")


def test_bold_and_code_are_marked() -> None:
    assert styles_of("a **b c** `d*e`") == [("", "a "), ("bold", "b c"), ("", " "), ("class:code", "`d*e`")]


@pytest.mark.parametrize("text", ["2 ** 3", "a*b*c", "2**3", "* item", "*smiles*", "***", "**"])
def test_stars_that_are_no_marks_are_shown(text: str) -> None:
    assert rows_of(text) == [text]


def test_bold_ends_with_its_line() -> None:
    assert styles_of("**a\nb")[-1] == ("", "b")


def test_code_blocks_are_never_broken_nor_read() -> None:
    code = "x = '**a**'  # " + "y" * 40
    assert rows_of(f"```py\n{code}\n```\nend") == ["```py", code, "```", "end"]


@given(WORDS, st.integers(min_value=4, max_value=30), st.data())
def test_pieces_give_the_same_rows_as_the_whole(text: str, columns: int, data: st.DataObject) -> None:
    writer = RowWriter(columns, has_markup=True)
    left, rows = text, []
    while left:
        cut = data.draw(st.integers(min_value=1, max_value=len(left)))
        writer.write(left[:cut])
        rows += writer.take_rows()
        left = left[cut:]
    rows += writer.finish()
    assert ["".join(part for _, part in row) for row in rows] == rows_of(text, columns)


@example("`。。`字。。", 5)
@given(WORDS, st.integers(min_value=4, max_value=30))
def test_rows_fit_and_lose_nothing_but_spaces(text: str, columns: int) -> None:
    rows = rows_of(text, columns, has_markup=False)
    assert "".join(rows).replace(" ", "") == text.replace("\n", "").replace(" ", "")
    # A closing mark may hang over by itself; a joined emoji is as wide as its parts here.
    assert all(get_cwidth(row) <= columns for row in rows)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]52;c;aGk=\x07", "\u241b]52;c;aGk=\u2407"),
        ("\x1b[2J", "\u241b[2J"),
        ("\x9b31m", "\ufffd31m"),
        ("a\r\nb\rc", "a\nbc"),
        ("abc\u202edef\u2066", "abcdef"),
        ("\x7f\x00", "\u2421\u2400"),
        ("tab\there\nline", "tab\there\nline"),
        ("שלום 👩\u200d👧 e\u0301", "שלום 👩\u200d👧 e\u0301"),
    ],
)
def test_text_is_made_harmless(text: str, shown: str) -> None:
    assert harmless(text) == shown


@given(st.text())
def test_nothing_harmful_is_left(text: str) -> None:
    assert all(c in "\n\t" or (c >= " " and not "\x7f" <= c <= "\x9f") for c in harmless(text))


def test_every_text_of_an_event_is_made_harmless() -> None:
    message = HistoryMessage(1, "t", "user", "\x1b[2J", "neutral", "complete", 0.0)
    event = harmless_event(Snapshot(messages=[message], text="\x07"))
    assert (event.messages[0].text, event.text) == ("\u241b[2J", "\u2407")
    assert harmless_event(Error(code="x", message="\x1b")).message == "\u241b"


def test_half_characters_cannot_be_sent() -> None:
    assert sendable(" a\udcff\n") == "a\ufffd"

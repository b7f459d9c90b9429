"""How her answer is cut into pieces to speak, in many languages, and never otherwise for coming in parts."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.voice.sentence_table import cases
from voice.sentences import LONG, LONGEST, Cutter, Piece


def cut(chunks: list[str]) -> list[Piece]:
    cutter = Cutter()
    return [piece for chunk in chunks for piece in cutter.feed(chunk)] + cutter.finish()


def marked(text: str, pieces: list[Piece]) -> str:
    """The text with the marks of the tables where it was cut."""
    out = text
    for piece, after in reversed(list(pairwise(pieces))):
        out = out[: after.start] + ("‖" if piece.ends_sentence else "¦") + out[after.start :]
    return out


def expected(case: str) -> list[tuple[str, bool]]:
    """The pieces of a case, and whether each ends a sentence."""
    parts = case.replace("¦", "¦\0").replace("‖", "‖\0").split("\0")
    pieces = [(part.rstrip("¦‖").strip(), not part.endswith("¦")) for part in parts]
    return [piece for piece in pieces if piece[0]]


def test_the_table_is_as_large_as_promised() -> None:
    assert len(set(cases())) >= 120


@pytest.mark.parametrize("case", cases())
def test_a_text_is_cut_where_a_reader_pauses(case: str) -> None:
    text = case.replace("‖", "").replace("¦", "")
    pieces = cut([text])
    assert [(piece.text, piece.ends_sentence) for piece in pieces] == expected(case), marked(text, pieces)
    assert all(text[piece.start : piece.end] == piece.text for piece in pieces)


@pytest.mark.parametrize("case", cases())
def test_a_text_is_cut_alike_wherever_it_comes_apart(case: str) -> None:
    text = case.replace("‖", "").replace("¦", "")
    whole = cut([text])
    assert cut(list(text)) == whole
    for size in (2, 3, 5):
        assert cut([text[start : start + size] for start in range(0, len(text), size)]) == whole
    for place in range(1, len(text)):
        assert cut([text[:place], text[place:]]) == whole, place


PARTS = st.one_of(
    st.sampled_from(list("ab I3.1,!?…*_`~\"'«»「」。、，と好é\u0301\n\r-—:[]()<😊\u200d\u00a0")),
    st.sampled_from(
        ["**", "```", "~~~", "\n```\n", "Dr.", "z. B.", "p.m.", "the ", "The ", "I ", "http://", ". ", "... "]
    ),
    st.sampled_from(["? ", "<think>", "</think>", "[1]", "word ", "am 3. Mai ", " – ", "؟ ", "। ", "x" * 70]),
)


@settings(max_examples=120, deadline=None)
@given(st.lists(PARTS, max_size=60), st.data())
def test_any_text_is_cut_alike_however_it_comes(parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    whole = cut([text])
    assert cut(list(text)) == whole
    assert cut(parts) == whole
    place = data.draw(st.integers(0, len(text)))
    assert cut([text[:place], "", text[place:]]) == whole


@settings(max_examples=120, deadline=None)
@given(st.lists(PARTS, max_size=60))
def test_no_word_is_lost_or_said_twice(parts: list[str]) -> None:
    text = "".join(parts)
    end = 0
    for piece in cut(parts):
        assert piece.text == text[piece.start : piece.end] == piece.text.strip() != ""
        assert text[end : piece.start].strip() == ""
        end = piece.end
    assert text[end:].strip() == ""


def given_out(text: str) -> str:
    """What has been read of a text when its first piece is given out."""
    cutter = Cutter()
    for at, character in enumerate(text):
        if cutter.feed(character):
            return text[: at + 1]
    return ""


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Hello! How are you?", "Hello! H"),
        ("Of course I can, my dear.", "Of course I can, m"),
        ("It is so. Then we go.", "It is so. T"),
        ("It is so.\nThen", "It is so.\n"),
        ("At 5 p.m. The rest", "At 5 p.m. The "),
        ("そうですね、行こう。", "そうですね、行"),
        ("好的。我来了。", "好的。我"),
    ],
)
def test_the_first_piece_comes_as_soon_as_it_is_certain(text: str, read: str) -> None:
    assert given_out(text) == read


@pytest.mark.parametrize("first", ["Well, ", "Oh, no, ", "はい、", "😊 - ", "[happy] *smiles warmly* Oh, "])
def test_what_is_too_short_to_speak_by_itself_waits_for_more(first: str) -> None:
    assert cut([first + "it is so. Good."])[0].text == first + "it is so."


def test_signs_without_words_do_not_count_as_the_first_piece() -> None:
    pieces = cut(["---\n😊\nWhen you come home, we eat."])
    assert [piece.text for piece in pieces][2:] == ["When you come home,", "we eat."]


def test_a_long_sentence_is_cut_at_a_clause() -> None:
    text = "Yes. " + "and then we went on and on, " * 20
    lengths = [len(piece.text) for piece in cut([text])[1:-1]]
    assert lengths and all(LONG // 2 <= length <= LONG for length in lengths)


def test_a_long_sentence_without_clauses_is_cut_at_a_blank() -> None:
    text = "word " * 200
    pieces = cut([text])
    assert len(pieces) > 2
    assert all(len(piece.text) <= LONGEST and set(piece.text.split()) == {"word"} for piece in pieces)
    assert [piece.ends_sentence for piece in pieces[-2:]] == [False, True]


def test_a_clause_at_the_very_beginning_is_no_place_to_cut_a_long_sentence() -> None:
    text = "Yes. Here you see, " + "word " * 100
    assert len(cut([text])[1].text) > LONG


def test_a_long_quotation_may_be_cut_behind_its_question() -> None:
    text = "Yes. " + "a word or two " * 9 + '"Why?" he asked ' + "and on it went " * 9
    assert cut([text])[1].text.endswith('"Why?"')


def test_chinese_without_marks_is_cut_after_as_long_a_time_as_english() -> None:
    assert {len(piece.text) for piece in cut(["好" * 303])} == {LONGEST // 3 + 1, 101}


def test_a_word_without_end_is_cut_but_not_before_an_accent() -> None:
    pieces = cut(["e\u0301" * 400])
    assert len(pieces) > 1
    assert all(piece.text[0] == "e" for piece in pieces)


def test_an_address_is_never_cut() -> None:
    address = "https://example.com/" + "a" * 1000
    assert cut([address])[0].text == address


def test_long_code_is_one_piece() -> None:
    code = "```\n" + "x = 1. Y\n" * 200 + "```"
    assert [piece.text for piece in cut([f"Look:\n{code}\nGood."])] == ["Look:", code, "Good."]


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "part",
    [
        "a",
        ".",
        ". ",
        "`",
        "*a ",
        "<",
        "- ",
        " ",
        "😊",
        "[",
        "\n",
        ", ",
        "e.g. ",
        "好",
        '"',
        "«",
        "<think>",
        "```\n",
    ],
)
def test_a_hostile_text_of_twenty_thousand_characters_is_cut_all_the_same(part: str) -> None:
    text = part * (20_000 // len(part))
    assert cut([text]) == cut(list(text))

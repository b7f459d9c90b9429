"""The pieces of an answer joined are the answer; what was heard of one ends at a word; who is to read it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.shared.records import Viseme
from voice.language import language_of
from voice.tts.engine import Manner
from voice.utterances import Script, read_aloud, rest_of, spoken_characters

TEXTS = st.text(st.sampled_from("Hi there. 3.14, `~*#|[](x)\n\t 😀!?…「」。、我好éñ"), max_size=200)


@given(answer=TEXTS, cuts=st.lists(st.integers(0, 200), max_size=12))
def test_the_pieces_joined_are_the_answer_however_it_came_in(answer: str, cuts: list[int]) -> None:
    script = Script("t")
    pieces, begin = [], 0
    for end in [*sorted(cuts), len(answer)]:
        pieces += script.feed(answer[begin:end])
        begin = max(begin, min(end, len(answer)))
    pieces += script.finish()
    assert "".join(piece.text for piece in pieces) == answer
    assert len({piece.id for piece in pieces}) == len(pieces)
    # Blanks stand before a piece, and only at the very end behind one.
    assert all(piece.text == piece.text.rstrip() for piece in pieces[:-1])


@given(text=TEXTS, shares=st.lists(st.floats(0, 1.2), min_size=2, max_size=5))
def test_more_sound_is_more_text_and_all_of_it_is_all(text: str, shares: list[float]) -> None:
    heard = [spoken_characters(text, share) for share in sorted(shares)]
    assert heard == sorted(heard)
    assert heard[0] >= 0 and heard[-1] <= len(text)
    assert spoken_characters(text, 1.0) == len(text)
    assert spoken_characters(text, 0.0) == 0


@pytest.mark.parametrize(
    ("text", "share", "said"),
    [
        (" One two three", 0.4, " One"),
        (" One two three", 0.6, " One two"),
        (" One two three", 0.99, " One two"),
        ("Supercalifragilistic", 0.9, ""),
        ("今日はいい天気です", 0.5, "今日はい"),
        ("I like 日本 a lot", 0.6, "I like 日本"),
    ],
)
def test_what_was_said_ends_with_a_word_that_was_heard_whole(text: str, share: float, said: str) -> None:
    assert text[: spoken_characters(text, share)] == said


@pytest.mark.parametrize(
    ("since", "left"),
    [
        (0.0, [(0.0, "wide"), (0.5, "small"), (1.0, "closed")]),
        (0.4, [(0.0, "wide"), (0.1, "small"), (0.6, "closed")]),
        (0.7, [(0.0, "small"), (0.3, "closed")]),
        (1.5, []),
    ],
)
def test_the_rest_of_a_timeline_begins_with_the_shape_of_that_moment(
    since: float, left: list[tuple[float, str]]
) -> None:
    line = [Viseme(0.0, "wide"), Viseme(0.5, "small"), Viseme(1.0, "closed")]
    assert [(viseme.at_seconds, viseme.shape) for viseme in rest_of(line, since)] == left


@pytest.mark.parametrize(
    ("text", "default", "language"),
    [
        ("Hello there.", "en", "en"),
        ("Hello there.", "en-GB", "en-GB"),
        ("Guten Morgen.", "de", "de"),
        ("こんにちは。", "en", "ja"),
        ("日本の漢字だらけの文章。", "en", "ja"),
        ("我们今天去哪儿？", "en", "zh"),
        ("今日天気良好", "ja", "ja"),
        ("Pythonで書いたコードです。", "en", "ja"),
        ("JavaScriptを使います。", "en", "ja"),
        ("The word 猫 means cat in Japanese.", "en", "en"),
        ("Привет, как дела?", "en", "ru"),
        ("Привіт, як твої справи?", "en", "uk"),
        ("Привіт, як твої справи?", "uk", "uk"),
        ("Добър ден на всички", "bg", "bg"),
        ("مرحبا، كيف حالك؟", "en", "ar"),
        ("سلام، چطوری؟", "en", "fa"),
        ("안녕하세요?", "en", "ko"),
        ("Καλημέρα!", "en", "el"),
        ("שלום, מה שלומך?", "en", "he"),
        ("नमस्ते, आप कैसे हैं?", "en", "hi"),
        ("สวัสดีครับ", "en", "th"),
        ("This is an English sentence.", "ja", "en"),
        ("OK!", "ja", "ja"),
        ("42!", "ja", "ja"),
        ("42!", "en", "en"),
        ("", "de", "de"),
    ],
)
def test_the_language_goes_by_the_script(text: str, default: str, language: str) -> None:
    assert language_of(text, default) == language


def test_code_is_announced_in_english_alone() -> None:
    code = "```\nx = 1\n```"
    assert read_aloud(code, Manner(language="en-US"))[0] == "There is code in my text."
    assert read_aloud(code, Manner(language="de"))[0] == ""

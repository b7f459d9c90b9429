"""Of an answer stays what was heard: found again whatever the blanks, and never half a word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.conversation.heard import heard_part

STORY = "Once upon a time,\n\nthere was a robot. It didn't like 3.14 well-made pies."


@pytest.mark.parametrize(
    ("text", "said", "kept"),
    [
        (STORY, STORY, STORY),
        (STORY, "", ""),
        (STORY, "   ", ""),
        (STORY, "Once upon a time, there was", "Once upon a time,\n\nthere was"),
        (STORY, " Once  upon a\ntime, ", "Once upon a time,"),
        (STORY, "Once upon a time,", "Once upon a time,"),
        (STORY, "Once upon a time", "Once upon a time"),
        (STORY, "Once upon a ti", "Once upon a"),
        (STORY, "On", ""),
        (STORY, "Once upon some other time", "Once upon"),
        (STORY, "Twice", ""),
        (STORY, STORY + " And more.", STORY),
        (STORY, STORY[: STORY.index("'t")], STORY[: STORY.index(" didn't")]),
        (STORY, STORY[: STORY.index("4 well")], STORY[: STORY.index(" 3.14")]),
        (STORY, STORY[: STORY.index("-made") + 1], STORY[: STORY.index(" well-made")]),
        ("  Hello there.\n", "Hello there.", "  Hello there.\n"),
        ("Hello there.", "Hello there", "Hello there"),
        ("The dogs' house.", "The dogs", "The dogs"),
        ("Wait - what?", "Wait ", "Wait"),
        ("今日はいい天気ですね。散歩に行きましょう。", "今日はいい", "今日はいい"),
        ("今日はAlisaと散歩。", "今日はAli", "今日は"),
        ("今日はAlisaと散歩。", "今日はAlisa", "今日はAlisa"),
        ("안녕하세요 여러분", "안녕하세요 여", "안녕하세요"),
        ("สวัสดีครับ", "สวัสด", "สวัส"),
        ("नमस्ते दुनिया", "नमस्ते द", "नमस्ते"),
        ("Cafe\u0301 au lait", "Cafe", ""),
        ("Hi 👩\u200d🚀 there", "Hi 👩", "Hi"),
        ("Hi 👩\u200d🚀 there", "Hi 👩\u200d", "Hi"),
        ("", "anything", ""),
    ],
)
def test_what_was_heard_is_found_in_what_she_wrote(text: str, said: str, kept: str) -> None:
    assert heard_part(text, said) == kept


@given(st.text(), st.text())
def test_it_is_always_a_beginning_of_the_text_and_settled(text: str, said: str) -> None:
    kept = heard_part(text, said)
    assert text.startswith(kept)
    assert heard_part(kept, kept) == kept
    assert heard_part(text, kept).strip() == kept.strip()


@given(
    st.lists(st.sampled_from(["Oh,", "don't", "3.14", "well-made", "naïve", "(so)", "№5", "—"]), min_size=1)
)
def test_what_ends_after_a_word_is_kept_whole(words: list[str]) -> None:
    text = "  ".join([*words, "end"])
    for count in range(1, len(words) + 1):
        assert heard_part(text, " ".join(words[:count])).split() == words[:count]

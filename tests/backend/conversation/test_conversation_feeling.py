"""An answer without a tag still gets a face."""

import pytest

from backend.conversation.feeling import guess_emotion

CASES = {
    "I-it's not like I did it for you": "embarrassed",
    "Don’t get the wrong idea!": "embarrassed",
    "Oh no, I'm so sorry to hear that.": "sad",
    "I miss you, and it hurts.": "sad",
    "Wow, really? No way!": "surprised",
    "Great job, I'm glad!": "happy",
    "Haha, that is wonderful 😂": "happy",
    "Shut up, dummy.": "angry",
    "How dare you!": "angry",
    "The file is in src, line 12.": "neutral",
    "That's not great.": "neutral",
    "I am never angry.": "neutral",
    "Das freut mich wirklich!": "happy",
    "Es tut mir leid.": "sad",
    "ごめんね": "sad",
    "すごく嬉しいです": "happy",
    "Мне очень жаль.": "sad",
    "💔": "sad",
    "The crimson glider passes.": "neutral",
    "": "neutral",
}


@pytest.mark.parametrize("text", CASES)
def test_words_tell_the_emotion(text: str) -> None:
    assert guess_emotion(text) == CASES[text]


def test_a_very_long_answer_is_guessed_from_its_beginning() -> None:
    assert guess_emotion("I am so glad. " + "word " * 200_000 + "sad " * 100_000) == "happy"

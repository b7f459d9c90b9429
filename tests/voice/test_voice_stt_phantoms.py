"""What Whisper writes where nobody speaks is taken out, and what people say stays."""

from dataclasses import dataclass

import pytest

from voice.stt.language import LanguageKeeper
from voice.stt.phantoms import words_of


@dataclass
class Segment:
    """As faster-whisper gives it."""

    text: str
    avg_logprob: float = -0.2
    no_speech_prob: float = 0.01
    compression_ratio: float = 1.0


def _poor(text: str) -> Segment:
    return Segment(text, avg_logprob=-0.9, no_speech_prob=0.5)


PHANTOMS = [
    " Thanks for watching!",
    " Thank you for watching.",
    " Thanks for watching! Thanks for watching!",
    " Thanks for watching!" * 6,
    " Please subscribe to my channel.",
    " I’ll see you in the next video.",
    " Subtitles by the Amara.org community",
    " Untertitel der Amara.org-Community",
    " Untertitel im Auftrag des ZDF",
    " Vielen Dank fürs Zuschauen!",
    " Sous-titres réalisés par la communauté d'Amara.org",
    " ¡Suscríbete!",
    "ご視聴ありがとうございました",
    "ご視聴ありがとうございました。",
    "Продолжение следует...",
    "字幕由Amara.org社区提供",
    "시청해주셔서 감사합니다.",
]


@pytest.mark.parametrize("text", PHANTOMS)
def test_a_phantom_is_dropped_only_where_the_confidence_is_poor(text):
    assert words_of([_poor(text)], 3.0) == ""
    assert words_of([Segment(text, avg_logprob=-0.7)], 3.0) == ""
    assert words_of([Segment(text)], 3.0) != ""


@pytest.mark.parametrize(
    "text", [" Thank you.", " Okay.", " Bye-bye.", " You", " Gracias.", "おやすみなさい"]
)
def test_a_courtesy_is_dropped_only_where_there_is_hardly_any_hope(text):
    assert words_of([Segment(text, avg_logprob=-0.8, no_speech_prob=0.4)], 1.0) == text.strip()
    assert words_of([Segment(text, avg_logprob=-1.2)], 1.0) == ""
    assert words_of([Segment(text, no_speech_prob=0.8)], 1.0) == ""


@pytest.mark.parametrize(
    "text",
    [
        " Did you like the film? Thanks for watching it with me!",
        " The end of the month is near.",
        " Thank you, that helps a lot.",
        " You are funny.",
    ],
)
def test_a_sentence_with_such_words_stays(text):
    assert words_of([_poor(text)], 4.0) == text.strip()


@pytest.mark.parametrize(
    "text",
    ["", " ", " ...", " .", " 。", " ♪", " ♪♪♪", " ♪ la la la ♪", " [Music]", " [BLANK_AUDIO]", " (laughs)",
     " *sighs*", "（拍手）", "【音楽】", " -", " <|nospeech|>"],
)  # fmt: skip
def test_noises_are_no_words(text):
    assert words_of([Segment(text)], 3.0) == ""


def test_noises_beside_words_are_left_out():
    assert words_of([Segment(" [door slams] Who is (cough) there?")], 3.0) == "Who is there?"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (" I like it. I like it. I like it. I like it. I like it. I like it.", "I like it."),
        (" so the so the so the so the so the", "so the"),
        (" and then and then and then and then and then we went home", "and then we went home"),
        (" no no no no no no no no no no no no no no", "no"),
        ("ありがとうありがとうありがとうありがとうありがとう", "ありがとう"),
        (" A" + "a" * 300, "Aa"),
    ],
)
def test_a_loop_is_said_once(text, kept):
    assert words_of([Segment(text, compression_ratio=3.0)], 10.0) == kept


@pytest.mark.parametrize(
    "text",
    [
        " No, no, no, please.",
        " Ha ha ha ha!",
        " Nooooo!",
        " My number is 0000 1111.",
        " Bye bye bye.",
        " A million is 1000000.",
        " Knock knock.",
        " 元気？はい、元気です。",
        " It's a very, very, very nice day.",
    ],
)
def test_what_people_repeat_stays(text):
    assert words_of([Segment(text)], 3.0) == text.strip()


def test_a_guess_about_silence_or_in_a_loop_is_dropped():
    assert words_of([Segment(" The cat sat there.", avg_logprob=-1.3, no_speech_prob=0.5)], 3.0) == ""
    assert words_of([Segment(" The cat sat there.", avg_logprob=-1.3, compression_ratio=2.8)], 3.0) == ""
    assert words_of([Segment(" The cat sat there.", avg_logprob=-1.3)], 3.0) == "The cat sat there."


def test_more_than_anybody_can_say_in_that_time_was_not_said():
    text = " This is a rather long sentence about nothing at all."
    assert words_of([Segment(text)], 0.5) == ""
    assert words_of([Segment(text)], 2.0) == text.strip()


def test_segments_are_joined_as_their_language_does():
    assert words_of([Segment(" One."), _poor(" Thanks for watching!"), Segment(" Two.")], 9) == "One. Two."
    assert words_of([Segment("今日は。"), Segment("元気？")], 9) == "今日は。元気？"
    assert words_of([], 3.0) == ""


def test_a_text_without_end_is_cut():
    text = " " + " ".join(f"{number * 7919 % 10007}" for number in range(5000))
    assert len(words_of([Segment(text)], 60.0)) == 2000


# --- the language


def test_a_language_is_held_from_the_first_plain_sound_on():
    keeper = LanguageKeeper()
    assert keeper.hear([("cy", 0.3), ("en", 0.2)], 3.0) == "cy"
    assert keeper.held == ""
    assert keeper.hear([("en", 0.9)], 0.6) == "en"
    assert keeper.held == ""
    assert keeper.hear([("en", 0.7), ("de", 0.1)], 2.0) == "en"
    assert keeper.held == "en"


@pytest.mark.parametrize(
    ("probability", "seconds", "language"),
    [
        (0.99, 0.8, "en"),
        (0.6, 2.0, "en"),
        (0.84, 3.9, "en"),
        (0.9, 1.5, "de"),
        (0.6, 4.0, "de"),
        (0.5, 20, "en"),
    ],
)
def test_another_language_takes_over_only_when_plainly_spoken(probability, seconds, language):
    keeper = LanguageKeeper()
    keeper.hear([("en", 0.9)], 2.0)
    assert keeper.hear([("de", probability), ("en", 1 - probability)], seconds) == language
    assert keeper.held == language


def test_without_any_guess_the_held_language_stays():
    keeper = LanguageKeeper()
    keeper.hear([("ja", 0.9)], 2.0)
    assert keeper.hear([], 2.0) == "ja"

"""Half a text never passes for a whole one, whatever language it is in; and MP3 becomes sound."""

import numpy as np
import pytest

from tests.voice.edge_server import RATE, encode, tone_in, words_of
from voice.tts import mp3
from voice.tts.completeness import is_whole
from voice.tts.engine import TtsError


@pytest.mark.parametrize(
    ("text", "words", "without_end", "with_end"),
    [
        ("Hello, my friend!", ["Hello", "my", "friend"], True, True),
        ("Hello, my friend!", ["Hello, my friend!"], True, True),
        ("Hello, my friend of long nights!", ["Hello", "my", "friend"], False, False),
        ("Hello, my friend!", [], False, True),
        ("Hi!", ["Hi"], True, True),
        ("Hi!", [], False, True),
        ("…!? 🙂", [], True, True),
        ("Don't you know it's 3.50 €?", ["Don't", "you", "know", "it's", "3.50", "€"], True, True),
        ("It was 1999", ["It", "was", "nineteen", "ninety", "nine"], True, True),
        ("It was 1999", ["It", "was"], False, True),
        ("It rained a lot", ["It", "rained"], False, False),
        ("Well, hello", ["Well"], False, False),
        ("In 100 years there is a war and a peace", ["In", "a", "hundred"], False, False),
        ("On a day in a town on a hill", ["On", "a"], False, False),
        ("Überraschung, Straße!", ["ÜBERRASCHUNG", "STRASSE"], True, True),
        (
            "今日は雨です。散歩に行きません。",
            ["今日", "は", "雨", "です", "散歩", "に", "行き", "ません"],
            True,
            True,
        ),
        ("今日は雨です。散歩に行きません。", ["今日", "は", "雨", "です"], False, False),
        ("今日は雨です。", ["今日", "は", "雨"], False, True),
        ("你好，世界和平！", ["你好", "世界", "和平"], True, True),
        ("สวัสดีครับวันนี้อากาศดีมาก", ["สวัสดี", "ครับ"], False, False),
        ("नमस्ते, आप कैसे हैं?", ["नमस्ते", "आप", "कैसे", "हैं"], True, True),
        ("مرحبا كيف حالك", ["مرحبا", "كيف", "حالك"], True, True),
        ("go go go go go go", ["go", "go"], False, False),
        ("5 birds flew over the old bridge as nobody saw them again, zoo", ["zoo"], False, False),
    ],
)
def test_a_text_is_whole_when_its_last_word_was_reported(
    text: str, words: list[str], without_end: bool, with_end: bool
) -> None:
    assert is_whole(text, words, is_ended=False) is without_end
    assert is_whole(text, words, is_ended=True) is with_end


def test_every_cut_of_a_long_text_is_noticed() -> None:
    text = "Anna counted 12 apples, 7 pears and one very old nut; then she went home, as it was late."
    words = words_of(text)
    assert is_whole(text, words, is_ended=False)
    for count in range(len(words)):
        assert not is_whole(text, words[:count], is_ended=False)


# -- MP3 -----------------------------------------------------------------------------------------------------


def test_mp3_becomes_the_sound_that_it_was() -> None:
    clock = np.arange(RATE) / RATE
    sound = (0.3 * np.sin(2 * np.pi * 500 * clock)).astype(np.float32)
    back = mp3.decode(encode(sound))
    assert back.dtype == np.float32
    assert len(back) == pytest.approx(len(sound), abs=RATE * 0.12)
    assert tone_in(back, RATE) == pytest.approx(500, abs=2)
    middle = back[RATE // 4 : RATE // 2]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.3 / np.sqrt(2), rel=0.1)


@pytest.mark.parametrize(
    "data", [b"", b"\x00" * 5000, b"ID3\x04\x00\x00\x00\x00\x00\x10" + bytes(16), b"<html>"]
)
def test_what_is_no_mp3_is_said_so(data: bytes) -> None:
    with pytest.raises(TtsError):
        mp3.decode(data)

"""Takes out of Whisper's text what nobody said: subtitles of its training, loops, names of noises.

Whisper was trained on subtitles of films; where it hears nothing clear it writes what stood there often.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Protocol


class Segment(Protocol):
    """What is read of a segment of faster-whisper."""

    text: str
    avg_logprob: float
    no_speech_prob: float
    compression_ratio: float


# OpenAI's own limits (whisper/transcribe.py): below this mean the text is guessed, above this ratio it loops.
GUESSED_LOGPROB = -1.0
LOOPING_RATIO = 2.4
# Proposed: where a phrase that is often a phantom is believed no more.
DOUBTFUL_LOGPROB = -0.6
DOUBTFUL_SILENCE = 0.3
SILENCE = 0.6
LONGEST_CHARACTERS = 2000
# Nobody speaks faster: fast speakers reach 25 characters a second.
CHARACTERS_PER_SECOND, FREE_CHARACTERS = 40.0, 15.0

# What stands at the end of films, and nobody says to a companion.
_SUBTITLES = """
thanks for watching|thank you for watching|thanks for watching everyone|thank you so much for watching
see you in the next video|i'll see you in the next video|please subscribe|please subscribe to my channel
don't forget to like and subscribe|like and subscribe|subscribe|the end|thank you for listening
subtitles by the amara org community|silence|thanks for listening
untertitel der amara org community|untertitel im auftrag des zdf|untertitel von stephanie geiges
vielen dank fürs zuschauen|danke fürs zuschauen|sous titres réalisés par la communauté d'amara org
merci d'avoir regardé cette vidéo|subtítulos realizados por la comunidad de amara org
gracias por ver el video|suscríbete|sottotitoli creati dalla comunità amara org|grazie per la visione
obrigado por assistir|legendas pela comunidade amara org|продолжение следует|субтитры сделал dimatorzok
спасибо за просмотр|редактор субтитров а семкин корректор а егорова|abone olmayı unutmayın
izlediğiniz için teşekkürler|ご視聴ありがとうございました|次の動画でお会いしましょう
チャンネル登録をお願いいたします|谢谢观看|字幕由amara org社区提供|中文字幕志愿者 杨茜茜
請不吝點贊 訂閱 轉發 打賞支持明鏡與點點欄目
시청해주셔서 감사합니다|구독과 좋아요 부탁드립니다|mbc 뉴스 이덕영입니다
"""
# What people do say, but Whisper too where nobody does.
_COURTESIES = """
thank you|thank you very much|thanks|bye|bye bye|goodbye|you|so|okay|see you next time|vielen dank|tschüss
bis zum nächsten mal|merci|gracias|obrigado|grazie|спасибо|ありがとうございました|おやすみなさい
谢谢|감사합니다
"""


def _phrases(table: str) -> frozenset[str]:
    return frozenset(phrase for line in table.split("\n") for phrase in line.split("|") if phrase)


SUBTITLES, COURTESIES = _phrases(_SUBTITLES), _phrases(_COURTESIES)
_NOISE = re.compile(
    r"\[[^\[\]]*\]|\([^()]*\)|（[^（）]*）|【[^【】]*】|\*[^*]*\*|<[^<>]*>|[♪♫♬♩]+([^♪♫♬♩]*[♪♫♬♩]+)?"
)
_LOOP = re.compile(r"(.{1,120}?)\1{3,}", re.DOTALL)
# A letter may be drawn out ("nooooo"), a laugh and a row of numbers may repeat a little.
_SHORT_LOOP = 4


def words_of(segments: Iterable[Segment], seconds: float) -> str:
    """The text of these segments without what nobody said; empty when nothing is left.

    Args:
        segments: As faster-whisper gives them.
        seconds: How long the sound was.
    """
    kept = [text for segment in segments if (text := _segment_text(segment))]
    text = _collapse("".join(kept).strip()[:LONGEST_CHARACTERS])
    if len(text) > FREE_CHARACTERS + CHARACTERS_PER_SECOND * seconds:
        return ""
    return text


def _segment_text(segment: Segment) -> str:
    text = " ".join(_NOISE.sub(" ", segment.text).split())
    if not any(unicodedata.category(character)[0] in "LN" for character in text):
        return ""
    is_guessed = segment.avg_logprob < GUESSED_LOGPROB
    is_silent = segment.no_speech_prob > DOUBTFUL_SILENCE
    if is_guessed and (is_silent or segment.compression_ratio > LOOPING_RATIO):
        return ""
    if (is_silent or segment.avg_logprob < DOUBTFUL_LOGPROB) and _is_one_of(SUBTITLES, text):
        return ""
    if (is_guessed or segment.no_speech_prob > SILENCE) and _is_one_of(COURTESIES, text):
        return ""
    return f" {text}" if segment.text.startswith(" ") else text


def _is_one_of(phrases: frozenset[str], text: str) -> bool:
    """Whether this is nothing but one of the phrases, also several times over."""
    bare = _bare(_collapse(text))
    return bare in phrases or _single(bare) in phrases


def _bare(text: str) -> str:
    kept = "".join(
        c if unicodedata.category(c)[0] in "LNM" or c == "'" else " " for c in text.replace("’", "'")
    )
    return " ".join(kept.lower().split())


def _single(bare: str) -> str:
    """The phrase where it stands there two or three times."""
    words = bare.split()
    for times in (2, 3):
        part = words[: len(words) // times]
        if words and part * times == words:
            return " ".join(part)
    return bare


def _collapse(text: str) -> str:
    """Say once what is repeated more than three times in a row."""

    def once(found: re.Match[str]) -> str:
        part = found[1]
        if len(part.strip()) < _SHORT_LOOP and len(found[0]) < 4 * _SHORT_LOOP:
            return found[0]
        return part

    # A blank at the end lets the last repetition equal the others.
    return _LOOP.sub(once, text + " ").strip()

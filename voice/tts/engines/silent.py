"""No voice at all: silence as long as the text would take, so that an answer runs its course."""

import unicodedata
from pathlib import Path

import numpy as np

from backend.shared.settings import Voice
from voice.tts.engine import Manner, Spoken, VoiceInfo
from voice.tts.plain_text import has_words

_RATE = 16_000
# About 150 words a minute of 5 letters and a blank; a character of Chinese or Japanese is a syllable or two.
_LETTER_SECONDS, _WIDE_SECONDS, _MARK_SECONDS = 0.066, 0.2, 0.2
_DIGIT_SECONDS = 0.3


def seconds_of(text: str, rate: float = 1.0) -> float:
    """How long a person would take to say a text, about; 0 where there is nothing to say."""
    seconds = 0.0
    for letter in text:
        if unicodedata.east_asian_width(letter) in "WF" and letter.isalnum():
            seconds += _WIDE_SECONDS
        elif letter.isdigit():
            seconds += _DIGIT_SECONDS
        elif letter.isalpha() or letter.isspace():
            seconds += _LETTER_SECONDS
        elif letter in ",;:.!?…、。，；：！？":
            seconds += _MARK_SECONDS
    return seconds / rate if has_words(text) else 0.0


class Silent:
    """See `voice.tts.engine.Engine`. The last resort, on every machine."""

    name = "silent"
    is_cloud = False

    async def speak(self, text: str, manner: Manner) -> Spoken:
        """Never fails."""
        return Spoken(np.zeros(round(seconds_of(text, manner.rate) * _RATE), np.float32), _RATE)

    async def voices(self) -> list[VoiceInfo]:
        """There is none to choose."""
        return []

    async def close(self) -> None:
        """Nothing is held."""


def create(chosen: Voice, home: Path) -> Silent:  # noqa: ARG001  every engine is made with the same arguments
    """Always works."""
    return Silent()

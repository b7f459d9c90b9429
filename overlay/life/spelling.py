"""How letters look on lips: a rough guess, good enough for a mouth that moves while text streams."""

import itertools
import unicodedata
from collections.abc import Iterator

from backend.shared.records import MouthShape

Sound = tuple[MouthShape | None, float]
"""A shape (None: the one before) and how many seconds it takes."""

_VOWEL_SECONDS = 0.1
_CLOSED_SECONDS = 0.085
_CONSONANT_SECONDS = 0.06
_OTHER_SECONDS = 0.13
_IDEOGRAPH_SECONDS = 0.19
_COMMA_SECONDS = 0.22
_STOP_SECONDS = 0.38

# By the letter without its accents, in scripts that write their vowels, and the long ones of Arabic and
# Hebrew.
_VOWELS: dict[MouthShape, str] = {
    "wide": "aæɑªаяαاىעא",
    "round": "ouwqœøоуюꙋѵοωωוو",
    "small": "eəɛэеєεηёહ",
    "smile": "iyıиіыйїιυيیי",
}
_LIPS = "mbpмбпμβπمبپמםבפף"
_COMMAS = ",;:،؛、，；：—–"
_STOPS = ".!?…。！？؟۔।\n"

_SOUNDS: dict[str, Sound] = {
    **{letter: (shape, _VOWEL_SECONDS) for shape, letters in _VOWELS.items() for letter in letters},
    **dict.fromkeys(_LIPS, ("closed", _CLOSED_SECONDS)),
    **dict.fromkeys(_COMMAS, ("closed", _COMMA_SECONDS)),
    **dict.fromkeys(_STOPS, ("closed", _STOP_SECONDS)),
}

_LATIN_VOWELS: dict[str, MouthShape] = {
    "A": "wide",
    "O": "round",
    "U": "round",
    "E": "small",
    "I": "smile",
    "N": "closed",
}
"""By the last letter of a character's Unicode name: HIRAGANA LETTER KA, HANGUL JUNGSEONG O."""

_ALPHABETS = ("LATIN", "CYRILLIC", "GREEK", "MODIFIER")
_ALTERNATION: tuple[MouthShape, ...] = ("small", "wide", "small", "round")
_IDEOGRAPH_SHAPES: tuple[MouthShape, ...] = ("wide", "small", "round", "smile")


class Spelling:
    """Turns characters into sounds; remembers only what keeps unknown letters from looking all the same."""

    def __init__(self) -> None:
        self._alternation = itertools.cycle(_ALTERNATION)

    def sound_out(self, text: str) -> Iterator[Sound]:
        """The sounds of a text, about 14 characters of European text a second.

        What is not read aloud, like spaces, emoji and marks, makes none: words flow into each other.
        """
        for char in text:
            sound = self._find_sound(char)
            if sound is not None:
                yield sound

    def _find_sound(self, char: str) -> Sound | None:
        parts = unicodedata.normalize("NFD", char.lower())
        letter = parts[0]
        if letter in _SOUNDS:
            return _SOUNDS[letter]
        kind = unicodedata.category(letter)
        if kind[0] not in "LN":
            return None
        return self._find_letter(parts)

    def _find_letter(self, parts: str) -> Sound:
        letter = parts[0]
        name = unicodedata.name(letter, "")
        if name.startswith("HANGUL") and len(parts) > 1:
            # A syllable is taken apart into its consonant and its vowel.
            vowel = unicodedata.name(parts[1], "")
            return _LATIN_VOWELS.get(vowel[-1:], "small"), _IDEOGRAPH_SECONDS
        if "KATAKANA" in name or "HIRAGANA" in name:
            # Such a letter without a vowel at its end is the long-vowel mark.
            return _LATIN_VOWELS.get(name[-1]) if "LETTER" in name else None, _OTHER_SECONDS
        if "IDEOGRAPH" in name:
            return _IDEOGRAPH_SHAPES[ord(letter) % len(_IDEOGRAPH_SHAPES)], _IDEOGRAPH_SECONDS
        if name.startswith(_ALPHABETS):
            return None, _CONSONANT_SECONDS
        return next(self._alternation), _OTHER_SECONDS

"""Which language a piece of her answer is in, as far as its letters tell."""

import re
from collections import Counter

_SCRIPTS = {
    "ja": "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f",
    "zh": "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff",
    "ko": "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af",
    "ru": "\u0400-\u052f",
    "el": "\u0370-\u03ff\u1f00-\u1fff",
    "ar": "\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff",
    "he": "\u0590-\u05ff\ufb1d-\ufb4f",
    "hi": "\u0900-\u097f",
    "bn": "\u0980-\u09ff",
    "ta": "\u0b80-\u0bff",
    "te": "\u0c00-\u0c7f",
    "th": "\u0e00-\u0e7f",
    "ka": "\u10a0-\u10ff",
    "hy": "\u0530-\u058f",
}
"""The language that most people write in each script; a default language of the same script goes before."""
_SAME_SCRIPT = {
    "ru": ("uk", "bg", "sr", "mk", "be", "kk", "ky", "mn", "tg"),
    "ar": ("fa", "ur", "ps", "ckb", "ug"),
    "hi": ("mr", "ne"),
    "he": ("yi",),
    "bn": ("as",),
    "zh": ("yue", "ja"),
}
_ONLY_UKRAINIAN, _ONLY_PERSIAN = re.compile("[іїєґІЇЄҐ]"), re.compile("[پچژگ]")
_LETTER = {language: re.compile(f"[{letters}]") for language, letters in _SCRIPTS.items()}
_ANY_LETTER = re.compile(r"[^\W\d_]")
_LATIN_SENTENCE = 12
"""So many Latin letters are English to whoever speaks a language of another script; fewer are a name."""


def language_of(text: str, default: str = "en") -> str:
    """The language that a text is to be read in.

    Only the script is looked at, so that no Japanese sentence is read by an English voice. Languages in Latin
    letters are not told apart.

    Args:
        text: A sentence.
        default: ISO 639-1 code, with or without a region: what she speaks where the script allows it.

    Returns:
        ISO 639-1 code; `default` as it was given, where it fits the script of most letters.
    """
    counts = Counter({language: len(letter.findall(text)) for language, letter in _LETTER.items()})
    known = counts.total()
    # Japanese is written with Chinese characters too; a sentence without any kana is rare.
    if counts["ja"]:
        counts["ja"] += counts.pop("zh", 0)
    latin = len(_ANY_LETTER.findall(text)) - known
    language, count = counts.most_common(1)[0]
    # A word of Latin letters has about five of them, where Chinese needs two.
    weight = 3 if language in ("ja", "zh", "ko") else 1
    base = default.lower().partition("-")[0]
    if not count or count * weight < latin:
        return "en" if base in _SCRIPTS and latin >= _LATIN_SENTENCE else default
    if base == language or base in _SAME_SCRIPT.get(language, ()):
        return default
    if language == "ru" and _ONLY_UKRAINIAN.search(text):
        return "uk"
    if language == "ar" and _ONLY_PERSIAN.search(text):
        return "fa"
    return language

"""Whether a service has spoken a text to its end, judged by the words that it reported."""

import unicodedata
from collections.abc import Sequence

# A word of the report is looked for this many letters ahead: "a" of "a hundred" must not be found at the end.
_FAR = 40
# So many words, but less than half, may be missing in the report of a service that says it is done: it may
# leave out what it reads in other letters, as numbers.
_SPARE_WORDS = 1.0
# A letter of a script that is written without spaces counts as so much of a word.
_UNSPACED_WORD = 1 / 3
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")


def is_whole(text: str, words: Sequence[str], *, is_ended: bool) -> bool:
    """Tell a text that was spoken to its end from one that was cut.

    Args:
        text: What was to be spoken.
        words: What the service reported as spoken, in order: words or sentences as they stand in the text.
        is_ended: It also said by itself that it is done.
    """
    letters, weights = _letters(text)
    place = unknown = 0
    for word in words:
        wanted, _ = _letters(word)
        found = letters.find(wanted, place, place + len(wanted) + _FAR)
        if found < 0:
            unknown += 1
        elif wanted:
            place, unknown = found + len(wanted), 0
    if is_ended and not words:
        return True
    missing = sum(weights[place:])
    is_spare = is_ended and missing <= _SPARE_WORDS and missing < sum(weights) / 2
    return missing <= unknown or is_spare


def _letters(text: str) -> tuple[str, list[float]]:
    """The letters and digits alone, and with each how much of a word begins with it."""
    letters: list[str] = []
    weights: list[float] = []
    is_inside = False
    for letter in unicodedata.normalize("NFKC", text).casefold():
        if letter.isspace():
            is_inside = False
        elif unicodedata.category(letter)[0] in "LNM":
            is_unspaced = unicodedata.name(letter, "").startswith(_UNSPACED)
            letters.append(letter)
            weights.append(_UNSPACED_WORD if is_unspaced else 0.0 if is_inside else 1.0)
            is_inside = not is_unspaced
    return "".join(letters), weights

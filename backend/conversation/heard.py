"""What of an answer was really heard, found again in the answer as she wrote it."""

import unicodedata

# Scripts that put no space between words: a cut may stand between any two of their characters.
_SPACELESS = {"CJK", "HIRAGANA", "KATAKANA", "BOPOMOFO", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN"}
_JOINERS = frozenset("'’-‐‑_.,:")
"""Between two letters or digits these part no word: "don't", "3.14", "10:30"."""


def heard_part(text: str, said: str) -> str:
    """The beginning of an answer that was heard; blanks count as one, and no word is left in pieces.

    Args:
        text: The answer as she wrote it.
        said: What a voice says it has spoken of it, from its beginning. Where that goes another way than the
            text, only what both have in common counts.

    Returns:
        The text itself when all of it was heard; empty when nothing was.
    """
    end = _common_end(text, said)
    if not text[end:].strip():
        return text
    while end and _is_inside_word(text, end):
        end -= 1
    return text[:end].rstrip()


def _common_end(text: str, said: str) -> int:
    """How far the text goes along with what was said."""
    place = _skip_blanks(text, 0)
    other = _skip_blanks(said, 0)
    while place < len(text) and other < len(said):
        if text[place].isspace() and said[other].isspace():
            place, other = _skip_blanks(text, place), _skip_blanks(said, other)
        elif text[place] == said[other]:
            place, other = place + 1, other + 1
        else:
            break
    return place


def _skip_blanks(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place


def _is_inside_word(text: str, place: int) -> bool:
    """Whether a cut before this character would part a word, or a sign from what belongs to it."""
    before, after = text[place - 1], text[place]
    if _is_mark(after) or before == "\u200d":
        return True
    if after in _JOINERS and place + 1 < len(text):
        after = text[place + 1]
    elif before in _JOINERS and place > 1:
        before = text[place - 2]
    return _is_letter(before) and _is_letter(after)


def _is_mark(sign: str) -> bool:
    """Accents, vowel signs, joiners and variants, which belong to the sign before them."""
    return sign == "\u200d" or unicodedata.category(sign).startswith("M")


def _is_letter(sign: str) -> bool:
    """A letter or digit of a script that is written with spaces between words; an accent counts as one."""
    if not sign.isalnum() and not _is_mark(sign):
        return False
    return unicodedata.name(sign, "").split("-")[0].split(" ")[0] not in _SPACELESS

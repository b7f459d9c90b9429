"""The signs that end sentences and clauses, in all scripts, and what belongs to them."""

import re
import unicodedata
from functools import cache

EMOJI = (
    "\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001faff\ufe0f\u200d\u20e3\U000e0020-\U000e007f"
)
"""The characters emoji are made of, as the inside of a class of a regular expression."""

NEWLINES = "\n\r\x0b\x0c\x85\u2028\u2029"
WIDE_MARKS = "。！？｡．"
# Latin, Arabic, Urdu, Devanagari, Armenian, Ethiopic, Khmer and Burmese.
_STRONG_MARKS = "!?\u203c\u2047\u2048\u2049\u061f\u06d4\u0964\u0965\u0589\u1362\u1367\u17d4\u104b"
DOTS = ".…"
MARKS = WIDE_MARKS + _STRONG_MARKS + DOTS
WIDE_CLAUSES = "、，；：､"
CLAUSES = ",;:،؛–—-" + WIDE_CLAUSES
OPENING = "([{\"'“‘„‚«»‹›¿¡*_~「『（【"
QUOTES = "\"'”’“‘»«›‹)]}」』）】》〉〕］｣"
PARTICLES = "とっをへにの"
"""After the end of a Japanese quotation these go on with the sentence that quotes."""

WIDE_LETTER = 3
"""A Chinese, Japanese or Korean character takes about as long to say as three Latin letters."""


def is_wide(character: str) -> bool:
    """Whether it is written two columns wide, as Chinese, Japanese and Korean are."""
    return character > "\u10ff" and unicodedata.east_asian_width(character) in "WF"


def width_of(text: str) -> int:
    """How long a text takes to say, counted in Latin letters."""
    return len(text) if text.isascii() else sum(WIDE_LETTER if is_wide(letter) else 1 for letter in text)


@cache
def tail_of_mark(*, is_wide: bool, in_quotes: bool, in_guillemets: bool, in_stars: bool) -> re.Pattern[str]:
    """What belongs to a mark before it: closing signs and emoji. Then the blanks, which belong to nobody."""
    closing = [r"\*\*\*?|__?|~~|\[\d{1,3}\]", "[”’›）」』】》〉〕］｣)\\]}]"]
    if in_quotes or not is_wide:
        closing.append('(?<!")"')  # a second one opens the next quotation
    if not is_wide:
        closing.append("['“‘»«‹]")
    if in_guillemets:
        closing.append("[ \u00a0\u202f]?[»›]")
    if in_stars:
        closing.append(r"\*(?!\*)")
    blank = "[ \t\u00a0\u2009\u202f\u3000\u200b\u200e\u200f]"
    return re.compile(
        f"(?P<closing>(?:{'|'.join(closing)}){{0,8}})(?P<emoji>(?:{blank}{{0,4}}[{EMOJI}]{{1,16}}){{0,8}}){blank}{{0,8}}"
    )

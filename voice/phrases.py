"""Judges what was understood: is it finished, meant for her, a mere "mm-hm", a "stop", or her own words?"""

import difflib
import re
import unicodedata
from collections.abc import Iterable
from typing import Literal, NamedTuple

from voice.vocabulary import (
    BACKCHANNELS,
    CALLS,
    COURTESIES,
    HONORIFICS,
    NAMES,
    SPACED,
    STOPS,
    UNSPACED,
    Words,
)

Completeness = Literal["finished", "unfinished", "unclear"]
Verdict = Literal["words", "stop", "called", "backchannel", "echo", "nothing", "for-others"]

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_UNSPACED_LETTER = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_HANGUL = re.compile(r"[\uac00-\ud7af]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_GOES_ON = re.compile(r"(?:\.\.+|…|[,;:、，；：،]|\s[-–—]|[–—]|\w-)$")
_MARKS = ".!?。！？؟｡"
_CLOSING = "\"'”’»)]」』）】 \t\n"
_DIGIT_GROUPS = re.compile(r"(?:\b\d+[ \-]+){1,}\d+$")
_PHONE_DIGITS = 9
_LIST_COMMAS = 2
_LIST_WORDS = 3
_JOINS = frozenset(["and", "or", "und", "oder", "et", "ou", "y", "o", "e", "и", "или", "と", "和"])
_BARE_WORDS = 3
_MOST_BACKCHANNEL_WORDS = 5
_ECHO_SHARE = 0.8
_ECHO_WORDS = 3
_ECHO_SLACK = 2


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace("’", "'")


def words(text: str) -> list[str]:
    """The words of `text` without marks, in lower case; a run of Chinese or Japanese is one word."""
    return _WORD.findall(_plain(text))


def _squash(text: str) -> str:
    """`text` without drawn-out letters: "mmmm" and "mm" are the same sound."""
    return re.sub(r"(.)\1+", r"\1", text)


_SQUASHED_BACKCHANNELS = frozenset(_squash(" ".join(words(phrase))) for phrase in BACKCHANNELS)
_PLAIN_STOPS = frozenset(" ".join(words(phrase)) for phrase in STOPS)
_PLAIN_COURTESIES = frozenset(" ".join(words(phrase)) for phrase in COURTESIES)


def is_backchannel(text: str) -> bool:
    """Whether this is only a sound of listening ("mm-hm", "yeah, ok"), in any language."""
    spoken = [_squash(word) for word in words(text)]
    return 0 < len(spoken) <= _MOST_BACKCHANNEL_WORDS and _is_made_of(spoken, _SQUASHED_BACKCHANNELS)


def _is_made_of(spoken: list[str], phrases: frozenset[str]) -> bool:
    """Whether the words are phrases of the table, one after the other."""
    if not spoken:
        return True
    return any(
        " ".join(spoken[:length]) in phrases and _is_made_of(spoken[length:], phrases)
        for length in range(1, len(spoken) + 1)
    )


def is_stop(text: str, name: str = "Alisa") -> bool:
    """Whether this is nothing but a wish that she be quiet, with or without her `name` and a "please"."""
    spoken = words(without_name(text, name) or text)
    if spoken and _is_name("".join(spoken[-1:]), name):
        spoken = spoken[:-1]
    return (
        bool(spoken)
        and _is_made_of(spoken, _PLAIN_STOPS | _PLAIN_COURTESIES)
        and not (_is_made_of(spoken, _PLAIN_COURTESIES))
    )


def without_name(text: str, name: str = "Alisa") -> str | None:
    """What is said after her `name` at the start, "" when that was all; None when she is not called.

    A call before the name is left out ("hey Alisa"), and the name may be misspelt as transcripts do it: in
    two words ("a Lisa"), in another script, or with one wrong letter.
    """
    shown = unicodedata.normalize("NFKC", text)
    found = list(_WORD.finditer(shown))
    skipped = 1 if found and _plain(found[0].group()) in CALLS else 0
    for start in dict.fromkeys((0, skipped)):
        for length in (2, 1):
            taken = found[start : start + length]
            if len(taken) == length and _is_name("".join(match.group() for match in taken), name):
                return _tidy(shown[taken[-1].end() :])
    return _without_leading_name(shown, name)


def _without_leading_name(text: str, name: str) -> str | None:
    """The same for scripts without blanks: the name is the beginning of a run of characters."""
    rest = text.lstrip(" \t\n")
    for call in CALLS:
        if _UNSPACED_LETTER.match(call) and rest.startswith(call):
            rest = rest[len(call) :].lstrip("、，, ")
            break
    for spelling in sorted(_spellings(name), key=len, reverse=True):
        if _UNSPACED_LETTER.match(spelling) and rest.startswith(spelling):
            rest = rest[len(spelling) :]
            title = next((title for title in HONORIFICS if rest.startswith(title)), "")
            return _tidy(rest[len(title) :])
    return None


def _tidy(rest: str) -> str:
    return rest.lstrip(" \t\n,.;:!?-–—、，。！？…").rstrip()


def _spellings(name: str) -> Iterable[str]:
    return NAMES.get(_plain(name), frozenset()) | {_plain(name)}


def _is_name(word: str, name: str) -> bool:
    heard = _plain(word)
    if heard in _spellings(name):
        return True
    own = _plain(name)
    # One wrong letter in a name of five is like it still; a missing one makes it another name (Lisa).
    return len(own) >= 5 and len(own) <= len(heard) <= len(own) + 1 and _is_one_letter_off(heard, own)


def _is_one_letter_off(longer: str, shorter: str) -> bool:
    same = 0
    while same < len(shorter) and longer[same] == shorter[same]:
        same += 1
    rest = shorter[same:] if len(longer) > len(shorter) else shorter[same + 1 :]
    return longer[same + 1 :] == rest


def _pieces(text: str) -> list[str]:
    """Words, and the single characters of scripts without blanks."""
    pieces: list[str] = []
    for word in words(text):
        pieces += list(word) if _UNSPACED_LETTER.search(word) else [word]
    return pieces


def is_echo(heard: str, said: str) -> bool:
    """Whether `heard` is a stretch of what she has `said` herself, but for a word or two that came out wrong.

    One or two words are no echo unless they are all she said: people answer with words of hers.
    """
    own, mine = _pieces(heard), _pieces(said)
    if not own or not mine or len(own) < _ECHO_WORDS <= len(mine):
        return False
    room = len(own) + _ECHO_SLACK
    for start in range(max(1, len(mine) - len(own) + 1)):
        window = mine[start : start + room]
        matcher = difflib.SequenceMatcher(None, own, window, autojunk=False)
        if matcher.real_quick_ratio() == 0 or matcher.quick_ratio() * (len(own) + len(window)) / 2 < (
            _ECHO_SHARE * len(own)
        ):
            continue
        if sum(block.size for block in matcher.get_matching_blocks()) >= _ECHO_SHARE * len(own):
            return True
    return False


class Situation(NamedTuple):
    """In which something was heard."""

    name: str
    """Hers."""
    said: str
    """What of her own words may be in what was heard."""
    has_interrupted: bool
    """She was speaking, or about to."""
    is_answering: bool
    """She still is; then a "yes" is no answer."""
    is_addressed: bool
    """The user need not call her by her name."""


def judge(heard: str, situation: Situation) -> tuple[Verdict, str]:
    """What it is that was heard, and the words of it that are meant for her."""
    text = heard.strip()
    if not words(text):
        return "nothing", ""
    if situation.has_interrupted and is_stop(text, situation.name):
        return "stop", text
    if is_echo(text, situation.said):
        return "echo", ""
    if situation.is_answering and is_backchannel(text):
        return "backchannel", ""
    rest = without_name(text, situation.name)
    if situation.is_addressed:
        return "called" if rest == "" and situation.has_interrupted else "words", text
    if rest is None:
        return "for-others", ""
    return ("words", rest) if rest else ("called", text)


def completeness(text: str, language: str = "") -> Completeness:
    """Whether `text` sounds as if its speaker has finished.

    Args:
        text: What was understood so far, with or without marks.
        language: ISO 639-1 code, empty: told from the script; Latin letters: from the small words.
    """
    text = unicodedata.normalize("NFKC", text).strip(_CLOSING)
    if not text:
        return "unclear"
    if _GOES_ON.search(text):
        return "unfinished"
    body = text.rstrip(_MARKS + _CLOSING)
    mark = text[len(body) :].strip(_CLOSING)[:1]
    if not body:
        return "unclear"
    tail = (
        _unspaced_tail(body, language) if _UNSPACED_LETTER.search(body[-1]) else _spaced_tail(body, language)
    )
    if tail == "dangling":
        # "And?" is a question of its own.
        return "finished" if mark == "?" and len(words(body)) == 1 else "unfinished"
    if tail == "hanging" or _is_open_row(body):
        if mark in ("?", "!"):
            return "finished"
        return "unclear" if mark else "unfinished"
    return "finished" if mark or tail == "final" else "unclear"


_Tail = Literal["dangling", "hanging", "final", ""]


def _spaced_tail(body: str, language: str) -> _Tail:
    spoken = words(body)
    if not spoken:
        return ""
    table = SPACED[language] if language in SPACED else _likely_table(body, spoken)
    last = spoken[-1]
    if last in table.fillers:
        return "dangling"
    if is_backchannel(body):
        return "final"
    if last in table.dangling:
        return "dangling"
    if last in table.hanging or " ".join(spoken[-2:]) in table.hanging:
        return "hanging"
    return "final" if is_stop(body) or _is_bare(body, spoken) else ""


def _likely_table(body: str, spoken: list[str]) -> Words:
    """The table most of the small words are from; the first of them when there is none."""
    if _CYRILLIC.search(body):
        return SPACED["ru"]
    return max(
        SPACED.values(),
        key=lambda table: sum(word in table.dangling | table.hanging | table.fillers for word in spoken),
    )


def _is_bare(body: str, spoken: list[str]) -> bool:
    """Whether this comes from a transcriber that sets no marks at all, so that a missing one says nothing."""
    return len(spoken) >= _BARE_WORDS and body == body.lower() and not re.search(r"[.,!?;:]", body)


def _unspaced_tail(body: str, language: str) -> _Tail:
    if language not in UNSPACED:
        language = "ko" if _HANGUL.search(body) else "ja" if _KANA.search(body) else "zh"
    table = UNSPACED[language]
    last = body.rsplit(maxsplit=1)[-1]
    if last in table.fillers:
        return "dangling"
    if is_backchannel(body) or is_stop(body):
        return "final"
    endings: list[tuple[int, _Tail]] = [(0, "")]
    kinds: tuple[tuple[frozenset[str], _Tail], ...] = (
        (table.fillers, "dangling"),
        (table.dangling, "dangling"),
        (table.hanging, "hanging"),
        (table.final, "final"),
    )
    for suffixes, kind in kinds:
        # A Korean filler is a syllable of many words: only alone it is one.
        if language != "ko" or suffixes is not table.fillers:
            endings += [(len(suffix), kind) for suffix in suffixes if last.endswith(suffix)]
    return max(endings, key=lambda ending: ending[0])[1]


def _is_open_row(body: str) -> bool:
    """Whether this ends in a list without its "and", or in a number that may still go on."""
    digits = _DIGIT_GROUPS.search(body)
    if digits is not None:
        return sum(character.isdigit() for character in digits.group()) < _PHONE_DIGITS
    parts = re.split(r"[,、，]", body)[1:]
    if len(parts) < _LIST_COMMAS:
        return False
    row = [words(part) for part in parts]
    last = " ".join(row[-1])
    if last in _PLAIN_COURTESIES or is_backchannel(last) or (row[-1] and _is_name(row[-1][-1], "Alisa")):
        return False
    return all(0 < len(item) <= _LIST_WORDS for item in row) and not _JOINS.intersection(row[-1])

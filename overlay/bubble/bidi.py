"""Lines of scripts that Tk breaks or writes wrongly: Arabic and Hebrew on X11, Chinese and Japanese anywhere.

A paragraph is broken into lines by measured width, each line's letters are joined by arabic_reshaper and put
in the order in which they are seen by the levels of python-bidi. Without these libraries text stays as it is.
"""

import importlib
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from overlay.bubble import emoji
from overlay.bubble.inline import Run

Direction = Literal["L", "R"]
Measure = Callable[[Run], int]
"""The width of a run in pixels."""

_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_CJK = "\u2e80-\u312f\u3190-\ua4cf\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_NO_START = (
    "、。，．・：；？！）］｝」』】〕〉》〟ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ々〻…‥％,.!?:;)"
)
_NO_END = "（［｛「『【〔〈《〝"
# What is not broken: a word with its spaces, or, where there are none, a letter with its marks (kinsoku).
_WORD = re.compile(f"[{_NO_END}]*(?:[{_CJK}]|[^ {_CJK}]+)[{_NO_START}]* *| +|.")
_HAS_CJK = re.compile(f"[{_CJK}]")
# Letters that were joined: each stands for as many letters as its compatibility decomposition has.
_JOINED = re.compile("[\ufb50-\ufdff\ufe70-\ufefc]")


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is seen, from left to right."""

    runs: tuple[Run, ...]
    logical: str
    "The same line as it is read."
    length: int
    "Characters of the paragraph it stands for, with the spaces at its end."
    is_reordered: bool
    "Whether it is shown in another order than it is read; then without the spaces at its end."


def has_rtl(text: str) -> bool:
    """Whether letters are in it that are written from right to left."""
    return _RTL.search(text) is not None


def has_cjk(text: str) -> bool:
    """Whether letters are in it that have no spaces between words: Tk breaks before their full stops."""
    return _HAS_CJK.search(text) is not None


def direction(text: str) -> Direction | None:
    """That of its first letter with one; None: it has none."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in ("L", "R", "AL"):
            return "L" if kind == "L" else "R"
    return None


@cache
def _libraries() -> tuple[Any, Any] | None:
    """python-bidi's module with the steps of the algorithm, and a joiner of letters; None: not installed."""
    try:
        algorithm = importlib.import_module("bidi.algorithm")
        reshaper = importlib.import_module("arabic_reshaper").ArabicReshaper({"delete_harakat": False})
    except ImportError:
        return None
    return algorithm, reshaper


def is_available() -> bool:
    """Whether lines can be put in order here."""
    return _libraries() is not None


def lay(runs: Sequence[Run], base: Direction, width: int, measure: Measure) -> list[Line]:
    """Break a paragraph into lines and put each in the order in which it is seen.

    Args:
        runs: The paragraph, without newlines.
        base: Its direction.
        width: The room for a line, in pixels.
        measure: The width of text in a style.
    """
    cells = [(part, run) for run in runs for part in _parts(run.text)]
    return [_order(cells[start:end], base) for start, end in _break(cells, width, measure)]


_Cell = tuple[str, Run]
"""A character, or an emoji of several."""
_OBJECT = "\ufffc"
"""What stands for an emoji of several characters; it takes the direction of what is round it."""


def _parts(text: str) -> Iterator[str]:
    for part, is_emoji in emoji.split(text):
        if is_emoji:
            yield part
        else:
            yield from part


def _text(cells: Sequence[_Cell]) -> str:
    return "".join(part if len(part) == 1 else _OBJECT for part, _ in cells)


def _break(cells: list[_Cell], width: int, measure: Measure) -> Iterator[tuple[int, int]]:
    """Where lines begin and end."""
    text = _text(cells)
    start, used = 0, 0
    for word in _WORD.finditer(text):
        at, end = word.span()
        wide = _width(cells[at : at + len(word[0].rstrip(" "))], measure)
        if used and used + wide > width:
            yield start, at
            start, used = at, 0
        while wide > width and end - at > 1:
            # A word longer than a line is broken anywhere.
            fit = _fitting(cells[at:end], width, measure)
            yield start, at + fit
            at = start = at + fit
            wide = _width(cells[at:end], measure)
        used += _width(cells[at:end], measure)
    if start < len(cells):
        yield start, len(cells)


def _fitting(cells: list[_Cell], width: int, measure: Measure) -> int:
    low, high = 1, len(cells) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if _width(cells[:middle], measure) <= width:
            low = middle
        else:
            high = middle - 1
    return low


def _width(cells: list[_Cell], measure: Measure) -> int:
    return sum(measure(run) for run in _joined(_shape(cells)))


def _shape(cells: list[_Cell]) -> list[_Cell]:
    """Give Arabic letters the form they have in a word."""
    libraries = _libraries()
    text = _text(cells)
    if libraries is None or not has_rtl(text):
        return cells
    shaped: str = libraries[1].reshape(text)
    result: list[_Cell] = []
    at = 0
    for char in shaped:
        part, look = cells[min(at, len(cells) - 1)]
        result.append((part if char == _OBJECT else char, look))
        at += len(unicodedata.normalize("NFKC", char)) if _JOINED.match(char) else 1
    return result


def _order(cells: list[_Cell], base: Direction) -> Line:
    logical = "".join(part for part, _ in cells)
    if not has_rtl(logical):
        return Line(tuple(_joined(cells)), logical, len(logical), False)
    seen = _shape(cells[: len(_text(cells).rstrip(" "))])
    libraries = _libraries()
    if libraries is not None and seen:
        seen = _reorder(libraries[0], seen, base)
    return Line(tuple(_joined(seen)), logical.rstrip(" "), len(logical), True)


def _reorder(algorithm: Any, cells: list[_Cell], base: Direction) -> list[_Cell]:
    """The Unicode Bidirectional Algorithm (UAX 9) for one line, keeping what belongs to each character."""
    storage = algorithm.get_empty_storage()
    storage["base_level"], storage["base_dir"] = int(base == "R"), base
    algorithm.get_embedding_levels(_text(cells), storage, False, False)
    for index, entry in enumerate(storage["chars"]):
        entry["index"] = index
    algorithm.explicit_embed_and_overrides(storage, False)
    algorithm.resolve_weak_types(storage, False)
    _resolve_brackets(storage["chars"], base)
    algorithm.resolve_neutral_types(storage, False)
    algorithm.resolve_implicit_levels(storage, False)
    algorithm.reorder_resolved_levels(storage, False)
    algorithm.apply_mirroring(storage, False)
    ordered: list[_Cell] = []
    for entry in storage["chars"]:
        part, look = cells[entry["index"]]
        ordered.append((part if entry["ch"] == _OBJECT else str(entry["ch"]), look))
    return _marks_after_letters(ordered)


_BRACKETS = {")": "(", "]": "[", "}": "{"}


def _resolve_brackets(entries: list[dict[str, Any]], base: Direction) -> None:
    """Rule N0, which python-bidi leaves out: both brackets of a pair belong to the same direction."""
    opened: list[int] = []
    for at, entry in enumerate(entries):
        if entry["ch"] in _BRACKETS.values():
            opened.append(at)
        elif entry["ch"] in _BRACKETS:
            while opened and entries[opened[-1]]["ch"] != _BRACKETS[entry["ch"]]:
                opened.pop()
            if opened:
                _resolve_pair(entries, opened.pop(), at, base)


def _resolve_pair(entries: list[dict[str, Any]], start: int, end: int, base: Direction) -> None:
    inside = {_strong(entry["type"]) for entry in entries[start + 1 : end]} - {""}
    if not inside:
        return
    found = base
    if base not in inside:
        before = (_strong(entry["type"]) for entry in reversed(entries[:start]))
        found = "L" if next((kind for kind in before if kind), base) == "L" else "R"
    entries[start]["type"] = entries[end]["type"] = found


def _strong(kind: str) -> str:
    return "L" if kind == "L" else "R" if kind in ("R", "AL", "EN", "AN") else ""


def _marks_after_letters(cells: list[_Cell]) -> list[_Cell]:
    """Put marks behind their letters again (rule L3): a mark is painted over what stands before it."""
    result: list[_Cell] = []
    marks: list[_Cell] = []
    for cell in cells:
        if len(cell[0]) == 1 and unicodedata.combining(cell[0]) and has_rtl(cell[0]):
            marks.insert(0, cell)
            continue
        result.append(cell)
        result.extend(marks)
        marks = []
    return result + marks


def _joined(cells: list[_Cell]) -> list[Run]:
    """Cells with the same look, as runs."""
    runs: list[Run] = []
    start = 0
    for at in range(1, len(cells) + 1):
        if at == len(cells) or (cells[at][1].styles, cells[at][1].link) != (
            cells[start][1].styles,
            cells[start][1].link,
        ):
            look = cells[start][1]
            runs.append(Run("".join(char for char, _ in cells[start:at]), look.styles, look.link))
            start = at
    return runs

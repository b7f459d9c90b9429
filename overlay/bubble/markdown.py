"""A little Markdown, as it streams in: feed it pieces, get runs of text that look alike.

Bold, italic, struck and `code`, blocks of code, lists, headings, quotes, rules and links. A mark that has
only begun is shown as if it had its end already, so that nothing flickers while the words come in.
"""

import re
from dataclasses import dataclass, field

from overlay.bubble.cleaning import clean
from overlay.bubble.inline import PLAIN, Run, Styles, parse, parse_open

MAX_CHARACTERS = 20_000
"""More is not shown."""
CUT_NOTE = "\n\n(There is more than I can show here.)"

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[^`]*$")
_HEADING = re.compile(r"^ {0,3}#{1,6} +")
_ITEM = re.compile(r"^( *)[-*+•] +(\[[ xX]\] +)?")
_NUMBER = re.compile(r"^( *)(\d{1,3})[.)] +")
_QUOTE = re.compile(r"^ {0,3}> ?")
_RULE = re.compile(r"^ {0,3}([-*_])( ?\1){2,} *$")
# The beginning of a line that may still become one of the above.
_UNDECIDED = re.compile(
    r"^ *(#{0,6}|[-*+•]( (\[[ xX]?\]?)?)?|\d{1,3}[.)]?|`{1,2}|`{3,}[^`]*|~{1,2}|~{3,}.*|>|([-*_])( ?\4)*)? *$"
)
_RULE_TEXT = "⎯" * 8
_BULLETS = ("•", "◦", "▪")


@dataclass(slots=True)
class Change:
    """What a piece of text changed."""

    stay: list[Run] = field(default_factory=list)
    "To be added for good."
    rest: list[Run] = field(default_factory=list)
    "Follows it, in place of the rest of the change before."


class Markdown:
    """The state between two pieces of one text."""

    def __init__(self) -> None:
        self._rest = ""
        self._left = MAX_CHARACTERS
        self._fence = ""
        self._styles: Styles | None = None
        "Of the line that is being read; None: it is not known yet what it is."
        self._before = ""
        self._newlines = 0
        self._has_shown = False
        self._was_code = False
        self._is_over = False

    def feed(self, piece: str) -> Change:
        """Read on."""
        change = Change()
        if self._is_over:
            return change
        piece = clean(piece)
        cut = len(piece) > self._left
        self._rest += piece[: self._left]
        self._left -= min(len(piece), self._left)
        *lines, self._rest = self._rest.split("\n")
        for line in lines:
            self._finish_line(line, change.stay)
        if cut:
            return self._close(change, CUT_NOTE)
        self._go_on(change)
        return change

    def end(self) -> Change:
        """The text is complete: marks without an end were only characters."""
        change = Change()
        return change if self._is_over else self._close(change, "")

    def _close(self, change: Change, note: str) -> Change:
        self._is_over = True
        self._finish_line(self._rest, change.stay)
        self._rest = ""
        if note:
            change.stay.append(Run(note, frozenset({"muted"})))
        return change

    def _emit(self, runs: list[Run], into: list[Run], is_staying: bool = True) -> None:
        """Add runs, after the newlines before them: those at the very end of a text are never shown."""
        runs = [run for run in runs if run.text]
        if not runs:
            return
        if self._newlines and self._has_shown:
            blank = self._newlines
            if self._was_code:
                # The end of a line of code belongs to the ground of the block.
                is_within = bool(self._fence) and _is_code(runs[0])
                into.append(Run("\n" * (blank if is_within else 1), frozenset({"block"})))
                blank = 0 if is_within else blank - 1
            into.append(Run("\n" * blank))
        into.extend(runs)
        if is_staying:
            self._has_shown, self._newlines = True, 0
            self._was_code = _is_code(runs[-1])

    def _finish_line(self, line: str, into: list[Run]) -> None:
        if self._fence:
            if self._styles is None and _closes(line, self._fence):
                self._fence = ""
                return
            self._emit([Run(line, frozenset({"block"}))], into)
        elif self._styles is None and (found := _FENCE.match(line)):
            self._fence = found[1]
            self._newlines = max(self._newlines, 1)
            return
        elif self._styles is None and _RULE.match(line):
            self._emit([Run(_RULE_TEXT, frozenset({"muted"}))], into)
        else:
            line = self._begin_line(line, into)
            self._emit(parse(line.rstrip(" "), self._styles or PLAIN, self._before), into)
        self._newlines += 1
        self._styles, self._before = None, ""

    def _go_on(self, change: Change) -> None:
        """Show what there is of the last line."""
        if self._fence:
            if self._styles is None and _closes(self._rest, self._fence, is_open=True):
                return
            if self._rest:
                self._styles = frozenset({"block"})
                self._emit([Run(self._rest, self._styles)], change.stay)
                self._rest = ""
            return
        if self._styles is None:
            if _UNDECIDED.match(self._rest):
                return
            self._rest = self._begin_line(self._rest, change.stay)
        styles = self._styles or PLAIN
        stay, settled, rest = parse_open(self._rest, styles, self._before)
        if settled:
            self._before = self._rest[settled - 1]
            self._rest = self._rest[settled:]
        self._emit(stay, change.stay)
        self._emit(rest, change.rest, is_staying=False)

    def _begin_line(self, line: str, into: list[Run]) -> str:
        """Find out what a line is and show its bullet; gives the rest of it."""
        if self._styles is not None:
            return line
        self._styles = PLAIN
        if found := _HEADING.match(line):
            self._styles = frozenset({"bold", "heading"})
        elif found := _ITEM.match(line):
            level = min(len(found[1]) // 2, len(_BULLETS) - 1)
            self._styles = frozenset({f"item{level + 1}"})
            mark = _BULLETS[level] if found[2] is None else "☐" if found[2][1] == " " else "☑"
            self._emit([Run(f"{mark} ", self._styles)], into)
        elif found := _NUMBER.match(line):
            level = min(len(found[1]) // 2, len(_BULLETS) - 1)
            self._styles = frozenset({f"item{level + 1}"})
            self._emit([Run(f"{found[2]}. ", self._styles)], into)
        elif found := _QUOTE.match(line):
            self._styles = frozenset({"quote"})
        else:
            return line.lstrip(" ")
        return line[found.end() :]


def _is_code(run: Run) -> bool:
    """Whether the run is part of a block of code."""
    return "block" in run.styles


def _closes(line: str, fence: str, is_open: bool = False) -> bool:
    """Whether a line ends a block of code, or may still do so when more of it comes."""
    line = line.strip(" ")
    if not line:
        return is_open
    return not line.strip(fence[0]) and (is_open or len(line) >= len(fence))

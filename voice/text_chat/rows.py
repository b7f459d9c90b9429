"""Lays text out in rows of a terminal while it is still coming, with bold and code marked."""

import re

from prompt_toolkit.utils import get_cwidth

Fragment = tuple[str, str]
"""A style and a text in it, as prompt_toolkit has them."""
Row = list[Fragment]

_JOINER = "\u200d"
# What must not begin a row: closing marks of Chinese and Japanese, and the skin tones of emoji.
_STAYS_WITH_LAST = set("、。，．！？：；）」』】〉》〕ーっゃゅょぁぃぅぇぉ…") | {
    chr(c) for c in range(0x1F3FB, 0x1F400)
}
_TAB = "    "
# A list item's mark, or a first column: what is left of two spaces.
_HANGING = re.compile(r"\s*(?:[-*•]|\d{1,3}[.)])\s+|\S.{0,20}?\s{2,}")
_START_CHARACTERS = 24


class RowWriter:
    """Takes text in pieces; gives finished rows, and the unfinished one.

    A finished row never changes, so it may be printed for good. Lines of a code block are never broken,
    so that they can be copied.
    """

    def __init__(self, columns: int, style: str = "", *, has_markup: bool = False) -> None:
        """Begin in the first column of a terminal `columns` wide."""
        self.columns = columns
        self._style = style
        self._has_markup = has_markup
        self._is_fenced = False
        self._done: list[Row] = []
        self._row: list[Fragment] = []
        self._row_cells = 0
        self._word: list[Fragment] = []
        self._word_cells = 0
        self._begin_line()

    def _begin_line(self) -> None:
        self._start = ""
        self._stars = 0
        self._is_bold = False
        self._is_code = False

    @property
    def unfinished(self) -> Row:
        """The row that is being written."""
        stars = [(self._now, "*" * self._stars)] if self._stars else []
        return _joined([*self._row, *self._word, *stars])

    def resize(self, columns: int) -> None:
        """Lay out the unfinished row anew for another width; finished rows stay as they are."""
        if columns == self.columns:
            return
        self.columns = columns
        kept, self._row, self._word = [*self._row, *self._word], [], []
        self._row_cells = self._word_cells = 0
        for style, character in kept:
            self._put(character, style)

    def write(self, text: str) -> None:
        """Add a piece of text, read as markup when this writer does."""
        for character in text:
            self._write_character(character)

    def write_styled(self, text: str, style: str) -> None:
        """Add text that is no markup, in a style."""
        self._settle_stars("")
        for character in text:
            self._put(character, style)
        self._end_word()

    def take_rows(self) -> list[Row]:
        """The rows finished since last time."""
        rows, self._done = self._done, []
        return rows

    def finish(self) -> list[Row]:
        """End the text: the last rows."""
        self._settle_stars("")
        if self._row or self._word:
            self._end_row()
        return self.take_rows()

    @property
    def _now(self) -> str:
        if self._is_fenced or self._is_code:
            return f"{self._style} class:code"
        return f"{self._style} bold" if self._is_bold else self._style

    def _write_character(self, character: str) -> None:
        if character == "\n":
            self._end_line()
            return
        if character == "\t":
            self.write(_TAB)
            return
        if len(self._start) < _START_CHARACTERS:
            self._start += character
        if self._has_markup and not self._is_fenced and self._marks(character):
            return
        self._put(character, self._now)

    def _end_line(self) -> None:
        self._settle_stars("")
        self._end_row()
        if self._has_markup and self._start.startswith("```"):
            self._is_fenced = not self._is_fenced
        self._begin_line()

    def _marks(self, character: str) -> bool:
        """Whether the character was a mark, and so has been dealt with."""
        if character == "*" and not self._is_code:
            self._stars += 1
            return True
        self._settle_stars(character)
        if character != "`":
            return False
        # The mark is shown too: without colours it is all there is to see.
        begins, self._is_code = not self._is_code, True
        self._put(character, self._now)
        self._is_code = begins
        return True

    def _settle_stars(self, following: str) -> None:
        """Two stars before a word begin bold, two after it end it; all others are stars."""
        stars, self._stars = self._stars, 0
        if stars == 2 and self._is_bold:
            self._is_bold = False
        elif stars == 2 and following.strip() and not self._is_after_word():
            self._is_bold = True
        else:
            for _ in range(stars):
                self._put("*", self._now)

    def _is_after_word(self) -> bool:
        last = (self._word or [("", "")])[-1][1]
        return last.isalnum() and get_cwidth(last) == 1

    def _put(self, character: str, style: str) -> None:
        cells = get_cwidth(character)
        if character == " " and not self._is_fenced:
            self._end_word()
            if self._row_cells < self.columns:
                self._row.append((style, " "))
                self._row_cells += 1
            return
        if self._may_break_before(character, cells):
            self._end_word()
        for _ in range(2):  # the second time, the word alone is too long for a row
            if not self._is_fenced and self._row_cells + self._word_cells + cells > self.columns:
                self._break_row()
        self._word.append((style, character))
        self._word_cells += cells

    def _may_break_before(self, character: str, cells: int) -> bool:
        if not self._word or cells == 0 or character in _STAYS_WITH_LAST:
            return False
        last = self._word[-1][1]
        return last != _JOINER and (cells == 2 or get_cwidth(last) == 2)

    def _break_row(self) -> None:
        """Go to a new row, with the word that does not fit; a word longer than a row is cut."""
        if not any(text != " " for _, text in self._row):
            self._end_word()
        word, self._word = self._word, []
        cells, self._word_cells = self._word_cells, 0
        self._end_row()
        self._row_cells = self._hanging_cells()
        self._row = [("", " ")] * self._row_cells
        self._word, self._word_cells = word, cells

    def _hanging_cells(self) -> int:
        """How far further rows of a list item or a table row stand in."""
        found = _HANGING.match(self._start)
        cells = get_cwidth(found.group()) if found else 0
        return cells if cells <= self.columns // 2 else 0

    def _end_word(self) -> None:
        self._row += self._word
        self._row_cells += self._word_cells
        self._word, self._word_cells = [], 0

    def _end_row(self) -> None:
        self._end_word()
        while self._row and self._row[-1][1] == " ":
            self._row.pop()
        self._done.append(_joined(self._row))
        self._row, self._row_cells = [], 0


def _joined(characters: list[Fragment]) -> Row:
    row: Row = []
    for style, text in characters:
        if row and row[-1][0] == style:
            row[-1] = (style, row[-1][1] + text)
        else:
            row.append((style, text))
    return row

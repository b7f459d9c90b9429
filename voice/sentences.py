"""Cuts her answer, while it streams, into the pieces that are spoken one after the other.

A piece is a sentence; the first one may be a clause already, so that she begins early, and a long sentence is
cut into several. The text is read once from left to right. Where what follows decides (`3.` may go on with
`14`, `Dr.` with a name), reading waits for it; so the pieces never depend on how the answer came in.
"""

import re
from typing import Literal

import msgspec

from voice import marks
from voice.full_stops import ends_before_small_letter, ends_before_word, kind_of_word
from voice.speakable import speak

SOON_LETTERS = 12
SOON_WORDS = 3
"""The first clause is spoken by itself when it has so many letters, or so many words."""

LONG = 180
"""A sentence longer than this is cut at a clause, in letters of Latin width."""
LONGEST = 300
"""A sentence longer than this is cut at a space, or anywhere in a script that has none."""

_MARK_RUN = re.compile(f"[{marks.MARKS}]{{1,32}}+|[{re.escape(marks.CLAUSES)}]")
_TICKS = re.compile("`{1,64}+|~{1,64}+")
_STARS = re.compile(r"\*{1,64}+")
_OPENERS = re.compile(f"[{re.escape(marks.OPENING)}]{{0,8}}+")
_WORD = re.compile(r"[^\W\d_]{1,24}+|\d?")
_LIST_MARKER = re.compile(r"[\s>#*+•_~-]*(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})")
_END_OF_THOUGHT = re.compile("</think(?:ing)?>", re.IGNORECASE)
_BEGINS_OF_THOUGHT = ("<think>", "<thinking>")
_CLOSING_IN_PART = re.compile(r"\*|~|\[\d{0,3}")
_LONGEST_LINK_TEXT = 80

Verdict = Literal["sentence", "clause", "seam", "none"]
"""What ends at a mark: a sentence; a clause, which may be spoken by itself; or something behind which a long
sentence may be cut, as the quotation in `"Why?" he asked`."""


class Piece(msgspec.Struct, frozen=True):
    """A part of the answer that is spoken in one go: `answer[start:end]`, without blanks at its ends.

    Between two pieces of an answer there is nothing but blanks.
    """

    text: str
    start: int
    end: int
    ends_sentence: bool
    """False when the sentence goes on in the next piece."""


def _count_words(text: str) -> int:
    return sum(any(letter.isalnum() for letter in word) for word in text.split())


class Cutter:
    """Cuts one answer. Feed it what comes; every piece is given out as soon as it is certain."""

    def __init__(self) -> None:
        self._text = ""
        """The answer so far."""
        self._begin = 0
        """Where the piece begins that is being read."""
        self._at = 0
        """Read up to here."""
        self._width = 0
        """Of what has been read of the piece."""
        self._clause = (0, 0)
        self._space = (0, 0)
        """The last places to cut a long piece: where, and how wide it is up to there."""
        self._pieces: list[Piece] = []
        self._has_spoken = False
        self._is_over = False
        self._ends_block: re.Pattern[str] | None = None
        """In code or thoughts, which are one piece each: what ends them."""
        self._ticks = (0, 0)
        """In code that may be a block or part of a line: where it began, how many signs opened it."""
        self._begin_line()

    def _begin_line(self) -> None:
        self._line = self._at
        self._in_stars = False
        self._in_quotes = False
        self._in_guillemets = False
        self._link = -1
        """Where a square bracket was opened."""

    def feed(self, text: str) -> list[Piece]:
        """Take the next part of the answer, cut anywhere; returns the pieces that are certain by now."""
        self._text += text
        while self._at < len(self._text) and self._read():
            pass
        pieces, self._pieces = self._pieces, []
        return pieces

    def finish(self) -> list[Piece]:
        """The answer is over: the pieces that are left."""
        self._is_over = True
        pieces = self.feed("")
        self._cut(len(self._text), ends_sentence=True)
        return pieces + self._pieces

    def _read(self) -> bool:
        """Read on by one step; False when what follows must be seen first."""
        if self._ends_block:
            return self._read_block(self._ends_block)
        self._cut_long()
        character = self._text[self._at]
        if character in marks.NEWLINES:
            self._read_newline()
        elif character in "`~":
            return self._read_ticks()
        elif self._ticks[1]:
            self._advance(self._at + 1)
        elif character in marks.MARKS or character in marks.CLAUSES:
            return self._read_mark()
        elif character in "*<":
            return self._read_stars() if character == "*" else self._read_angle()
        else:
            self._note_pairs(character)
            self._advance(self._at + 1)
        return True

    def _advance(self, to: int) -> None:
        self._width += marks.width_of(self._text[self._at : to])
        self._at = to
        if self._text[to - 1].isspace():
            self._space = (to, self._width)

    def _must_wait(self, end: int) -> bool:
        return end >= len(self._text) and not self._is_over

    def _cut(self, end: int, *, ends_sentence: bool, width: int | None = None) -> None:
        """The piece ends here; `width` is its own when more than the piece has been read."""
        written = self._text[self._begin : end]
        text = written.strip()
        if text:
            start = self._begin + len(written) - len(written.lstrip())
            self._pieces.append(Piece(text, start, start + len(text), ends_sentence))
            self._has_spoken = self._has_spoken or (not self._ends_block and speak(text) != "")
        self._begin = end
        self._width -= self._width if width is None else width

    def _cut_long(self) -> None:
        if self._width <= LONG or self._ticks[1] >= 3:
            return
        clause, width_to_clause = self._clause
        space, width_to_space = self._space
        if clause > self._begin and width_to_clause >= LONG // 2:
            self._cut_inside(clause, width_to_clause)
        elif self._width <= LONGEST:
            return
        elif space > self._begin:
            self._cut_inside(space, width_to_space)
        elif self._text[self._at].isalnum() and not self._is_address(self._begin):
            self._cut_inside(self._at, self._width)

    def _cut_inside(self, end: int, width: int) -> None:
        self._cut(end, ends_sentence=False, width=width)
        self._space = (self._space[0], self._space[1] - width)
        self._clause = (self._clause[0], self._clause[1] - width)
        self._in_stars = False

    def _is_address(self, start: int) -> bool:
        return self._text.startswith("www.", start) or "://" in self._text[start : start + 40]

    def _read_newline(self) -> None:
        start, ticks = self._ticks
        self._ticks = (0, 0)
        if ticks >= 3:
            self._cut(start, ends_sentence=True)
            fence = f"{self._text[start]}{{{ticks},64}}+"
            # A fence closed at the end of a line, or with words behind it, is common, though not Markdown.
            self._ends_block = re.compile(
                f"^[ \t>]{{0,40}}{fence}(?![\\w`~])|{fence}(?=[ \t]{{0,16}}[\n\r])", re.MULTILINE
            )
            return
        self._at += 1
        self._cut(self._at, ends_sentence=True)
        self._begin_line()

    def _read_ticks(self) -> bool:
        run = _TICKS.match(self._text, self._at)
        if not run or self._must_wait(run.end()):
            return False
        (start, opened), count, sign = self._ticks, len(run[0]), run[0][0]
        if opened:
            if sign == self._text[start] and (count == opened or count >= opened >= 3):
                self._ticks = (0, 0)
        elif sign == "~":
            if count >= 3 and self._is_line_start():
                self._ticks = (self._at, count)
        elif count > 1 or not (self._before().isalnum() and self._text[run.end() : run.end() + 1].isalnum()):
            self._ticks = (self._at, count)  # and not an apostrophe
        self._advance(run.end())
        return True

    def _read_angle(self) -> bool:
        """Thoughts are kept from her words elsewhere; should any come, they are one piece."""
        head = self._text[self._at : self._at + 10].lower()
        is_first = self._at - self._begin < 8 and not self._text[self._begin : self._at].strip()
        if is_first and head.startswith(_BEGINS_OF_THOUGHT):
            self._ends_block = _END_OF_THOUGHT
        elif is_first and not self._is_over and any(tag.startswith(head) for tag in _BEGINS_OF_THOUGHT):
            return False
        self._advance(self._at + 1)
        return True

    def _read_block(self, ending: re.Pattern[str]) -> bool:
        end = ending.search(self._text, self._at)
        if not end:
            # An ending that has come in part is shorter than that.
            self._at = max(self._at, len(self._text) - 200)
            return False
        if self._must_wait(end.end()):
            return False
        self._at = end.end()
        self._cut(self._at, ends_sentence=True)
        self._ends_block = None
        self._begin_line()
        return True

    def _before(self) -> str:
        return self._text[self._at - 1] if self._at > self._line else ""

    def _is_line_start(self) -> bool:
        return self._at - self._line < 40 and not self._text[self._line : self._at].strip(" \t>*+-•")

    def _note_pairs(self, text: str) -> None:
        for character in text:
            if character == "[":
                self._link = self._at
            elif character == "]":
                self._link = -1
            elif character == '"':
                self._in_quotes = not self._in_quotes
            elif character == "«":
                # French opens with it, German closes.
                self._in_guillemets = not self._before().strip()
            elif character == "»":
                self._in_guillemets = False

    def _read_stars(self) -> bool:
        run = _STARS.match(self._text, self._at)
        if not run or self._must_wait(run.end()):
            return False
        before, after = self._before(), self._text[run.end() : run.end() + 1]
        if len(run[0]) == 1 and self._in_stars:
            self._in_stars = before.isspace()
        elif len(run[0]) == 1 and after.strip():
            self._in_stars = not before.strip() or before in marks.OPENING or marks.is_wide(before)
        self._advance(run.end())
        return True

    def _is_held(self) -> bool:
        """Whether an action, a link or a row of a table is open, which makes no sense if it is cut in two."""
        is_row = self._text.startswith("|", self._line)
        return is_row or self._in_stars or (self._link >= 0 and self._at - self._link < _LONGEST_LINK_TEXT)

    def _read_mark(self) -> bool:
        run = _MARK_RUN.match(self._text, self._at)
        if not run:
            return False
        pattern = marks.tail_of_mark(
            is_wide=run[0][-1] in marks.WIDE_MARKS + marks.WIDE_CLAUSES,
            in_quotes=self._in_quotes,
            in_guillemets=self._in_guillemets,
            in_stars=self._in_stars,
        )
        tail = pattern.match(self._text, run.end())
        if not tail or self._must_wait(tail.end()) or self._is_closing_in_part(tail.end()):
            return False
        verdict = self._judge(run[0], tail)
        if not verdict:
            return False
        closing = tail["closing"]
        self._in_stars = self._in_stars and closing.count("*") % 2 == 0
        self._advance(run.end())
        self._note_pairs(closing)
        self._advance(tail.end())
        if verdict == "sentence" and not self._is_held():
            self._cut(self._at, ends_sentence=True)
        elif verdict != "none":
            self._clause = (self._at, self._width)
            is_first = verdict == "clause" and not (self._has_spoken or self._is_held())
            if is_first and self._is_enough():
                self._cut(self._at, ends_sentence=False)
        return True

    def _is_closing_in_part(self, start: int) -> bool:
        return not self._is_over and bool(_CLOSING_IN_PART.fullmatch(self._text, start))

    def _is_enough(self) -> bool:
        """Whether what has been read of the piece can be spoken by itself."""
        text = speak(self._text[self._begin : self._at])
        letters = marks.width_of("".join(letter for letter in text if letter.isalnum()))
        return letters >= SOON_LETTERS or _count_words(text) >= SOON_WORDS

    def _judge(self, run: str, tail: re.Match[str]) -> Verdict | None:
        """What a run of marks with its tail is; None when what follows must be seen first."""
        following = self._text[tail.end() : tail.end() + 1]
        if not following or following in marks.NEWLINES:
            return "none"
        if run in marks.CLAUSES:
            return self._judge_clause(run, tail, following)
        if following in marks.MARKS or following in marks.CLAUSES:
            return "none"
        if run == "." and self._is_list_marker():
            return "none"
        if tail["emoji"]:
            return "sentence"
        if run[-1] in marks.WIDE_MARKS:
            return self._judge_wide(run, tail, following)
        if not self._is_spaced(tail):
            return self._judge_unspaced(run, tail, following)
        return self._judge_spaced(run, tail)

    def _is_spaced(self, tail: re.Match[str]) -> bool:
        return any(character.isspace() for character in self._text[tail.end("closing") : tail.end()])

    def _is_list_marker(self) -> bool:
        is_near = self._begin == self._line or not self._text[self._line : self._begin].strip()
        is_near = is_near and self._at - self._line < 40
        return is_near and bool(_LIST_MARKER.fullmatch(self._text, self._line, self._at))

    def _judge_clause(self, mark: str, tail: re.Match[str], following: str) -> Verdict:
        before, is_spaced = self._before(), self._is_spaced(tail) or bool(tail["emoji"])
        if (
            (before.isdigit() and following.isdigit())
            or following in marks.MARKS
            or following in marks.CLAUSES
        ):
            is_clause = False
        elif mark in marks.WIDE_CLAUSES:
            is_clause = True
        elif mark in "-–":
            is_minus = following.isdigit() and self._text[self._at - 2 : self._at - 1].isdigit()
            is_clause = is_spaced and before.isspace() and not (is_minus or self._is_line_start())
        elif mark == "—":
            is_clause = bool(before) and (is_spaced or following.isalnum())
        else:
            is_clause = is_spaced or (marks.is_wide(before) and marks.is_wide(following))
        return "clause" if is_clause else "none"

    def _judge_wide(self, run: str, tail: re.Match[str], following: str) -> Verdict:
        if run == "．" and following.isdigit():
            return "none"
        return (
            "seam" if tail["closing"].endswith(("」", "』")) and following in marks.PARTICLES else "sentence"
        )

    def _judge_unspaced(self, run: str, tail: re.Match[str], following: str) -> Verdict:
        before = self._before()
        if not run.strip(marks.DOTS) and run != ".":
            return "clause" if marks.is_wide(following) or following.isalpha() else "none"
        if marks.is_wide(following):
            return "none" if run == "." and not marks.is_wide(before) else "sentence"
        is_glued = run != "." and not tail["closing"] and before.islower() and following.isupper()
        word = self._text[max(self._begin, self._at - 100) : self._at].rpartition(" ")[2]
        return "sentence" if is_glued and not re.search(r"[/@]|www\.", word) else "none"

    def _judge_spaced(self, run: str, tail: re.Match[str]) -> Verdict | None:
        opening = _OPENERS.match(self._text, tail.end())
        start = opening.end() if opening else tail.end()
        word = _WORD.match(self._text, start)
        if not word or self._must_wait(start):
            return None
        letter = self._text[start : start + 1]
        is_quote = any(sign in marks.QUOTES for sign in tail["closing"])
        if run.strip(marks.DOTS) or (run == "." and is_quote):
            return "seam" if is_quote and letter.islower() else "sentence"
        if run == ".":
            return self._judge_stop(word)
        if self._must_wait(word.end()):
            return None
        is_new = (
            letter.isupper()
            and word[0] != "I"
            and _count_words(self._text[self._begin : self._at]) >= SOON_WORDS
        )
        return "sentence" if is_new else "clause"

    def _judge_stop(self, word: re.Match[str]) -> Verdict | None:
        """A full stop with a blank behind it, and then that word."""
        before = self._text[max(self._begin, self._at - 60) : self._at]
        kind = kind_of_word(before)
        if word[0][:1].islower():
            is_end = ends_before_small_letter(before)
        elif kind and self._must_wait(word.end()):
            return None
        else:
            has_stop = self._text[word.end() : word.end() + 1] == "."
            is_end = not kind or ends_before_word(kind, before, word[0], has_stop=has_stop)
        return "sentence" if is_end else "none"

"""Markdown within a line: emphasis, code and links, also where the end has not come yet."""

import re
from dataclasses import dataclass, field

MAX_SPAN = 600
"""An emphasis, code or link text that has not ended after so many characters was none."""
MAX_ADDRESS = 2000
MAX_DEPTH = 4

Styles = frozenset[str]
PLAIN: Styles = frozenset()

_MARKS = {"*": "italic", "_": "italic", "**": "bold", "__": "bold", "~~": "struck"}
_ADDRESS = re.compile(rf"https?://[^\s<>\"`\u3000-\u303f\uff00-\uffef]{{1,{MAX_ADDRESS}}}", re.IGNORECASE)
_AUTOLINK = re.compile(rf"<(https?://[^\s<>]{{1,{MAX_ADDRESS}}})>", re.IGNORECASE)
_AT_END = re.compile(r"[*_~`\[!\\<]+$")
_SPECIAL = re.compile(r"[\\`*_~\[!<hH]")


@dataclass(frozen=True, slots=True)
class Run:
    """Some text that looks the same all along.

    `styles` holds words like "bold", "italic", "code", "struck", "heading", "quote", "item1" or "block".
    """

    text: str
    styles: Styles = PLAIN
    link: str = ""


@dataclass(slots=True)
class _Scan:
    """The work on one text: the runs so far, and where something began that has not ended."""

    text: str
    styles: Styles
    depth: int
    is_final: bool
    link: str = ""
    at: int = 0
    before: str = ""
    open_at: int | None = None
    runs: list[Run] = field(default_factory=list)
    plain: list[str] = field(default_factory=list)
    searched: dict[str, int] = field(default_factory=dict)
    "How far it is known that no such mark ends an emphasis: nothing is searched twice."

    def add(self, text: str) -> None:
        self.plain.append(text)

    def flush(self) -> None:
        if self.plain:
            self.runs.append(Run("".join(self.plain), self.styles, self.link))
            self.plain.clear()

    @property
    def previous(self) -> str:
        return self.text[self.at - 1] if self.at else self.before

    def literal(self, length: int) -> None:
        self.add(self.text[self.at : self.at + length])
        self.at += length

    def wait(self) -> bool:
        """Stop here for more text; False when there will be none, or too much has come already."""
        if self.is_final or len(self.text) - self.at > MAX_SPAN + MAX_ADDRESS:
            return False
        self.open_at = self.at
        return True

    def wait_for_span(self) -> bool:
        return len(self.text) - self.at <= MAX_SPAN and self.wait()


def parse(text: str, styles: Styles = PLAIN, before: str = "") -> list[Run]:
    """The runs of a text to which nothing will be added."""
    return _scan(text, styles, 0, True, before=before).runs


def parse_open(text: str, styles: Styles = PLAIN, before: str = "") -> tuple[list[Run], int, list[Run]]:
    """The runs of a text that goes on.

    Returns:
        Runs that stay, how many characters of the text they stand for, and runs of the rest as it will
        most likely look: marks of an emphasis that has begun are already hidden.
    """
    scan = _scan(text, styles, 0, False, before=before)
    settled = len(text) if scan.open_at is None else scan.open_at
    # The last word may still become an address, or the mark before it the beginning of something.
    word = max(text.rfind(" ", 0, settled) + 1, settled - 80, 0)
    if word < settled:
        scan = _scan(text[:word], styles, 0, False, before=before)
        settled = word if scan.open_at is None else min(word, scan.open_at)
    if scan.open_at is not None and scan.open_at < settled:
        settled = scan.open_at
    stay = parse(text[:settled], styles, before)
    rest_before = text[settled - 1] if settled else before
    return stay, settled, _guess(text[settled:], styles, rest_before, 0)


def _guess(text: str, styles: Styles, before: str, depth: int) -> list[Run]:
    """How an unfinished text will most likely look."""
    text = _AT_END.sub("", text)
    scan = _scan(text, styles, 0, False, before=before)
    at = scan.open_at
    if at is None or depth >= MAX_DEPTH:
        return scan.runs if at is None else [*scan.runs, *parse(text[at:], styles)]
    rest = text[at:]
    mark = re.match(r"`+|\*+|_+|~+|!?\[", rest)
    if mark is None:
        return [*scan.runs, *parse(rest, styles)]
    inside = rest[mark.end() :]
    if mark[0][0] == "`":
        return [*scan.runs, Run(inside, styles | {"code"})] if inside else scan.runs
    if mark[0][-1] == "[":
        return [*scan.runs, *parse(inside.partition("](")[0], styles)]
    wanted = styles | ({"bold", "italic"} if len(mark[0]) == 3 else {_MARKS.get(mark[0], "italic")})
    return [*scan.runs, *_guess(inside, wanted, mark[0][-1], depth + 1)]


def _scan(text: str, styles: Styles, depth: int, is_final: bool, link: str = "", before: str = "") -> _Scan:
    scan = _Scan(text, styles, depth, is_final, link, before=before)
    while scan.at < len(text) and scan.open_at is None:
        found = _SPECIAL.search(text, scan.at)
        if found is None:
            scan.literal(len(text) - scan.at)
            break
        if found.start() > scan.at:
            scan.literal(found.start() - scan.at)
        _take(scan)
    scan.flush()
    return scan


def _take(scan: _Scan) -> None:
    """Go on over what begins with a special character."""
    char = scan.text[scan.at]
    if char == "\\":
        _take_escape(scan)
    elif char == "`":
        _take_code(scan)
    elif char in "*_~":
        _take_emphasis(scan)
    elif char in "[!":
        _take_link(scan)
    else:
        _take_address(scan)


def _take_escape(scan: _Scan) -> None:
    following = scan.text[scan.at + 1 : scan.at + 2]
    if not following and scan.wait():
        return
    if following and following.isascii() and not following.isalnum() and not following.isspace():
        scan.add(following)
        scan.at += 2
    else:
        scan.literal(1)


def _run_length(text: str, at: int) -> int:
    end = at
    while end < len(text) and text[end] == text[at]:
        end += 1
    return end - at


def _take_code(scan: _Scan) -> None:
    text, length = scan.text, _run_length(scan.text, scan.at)
    start = scan.at + length
    end = text.find("`" * length, start, start + MAX_SPAN)
    while end >= 0 and _run_length(text, end) != length:
        end = text.find("`" * length, end + _run_length(text, end), start + MAX_SPAN)
    if end < 0:
        if not scan.wait_for_span():
            scan.literal(length)
        return
    inside = text[start:end]
    if len(inside) > 2 and inside[0] == inside[-1] == " ":
        inside = inside[1:-1]
    scan.flush()
    scan.runs.append(Run(inside, scan.styles | {"code"}, scan.link))
    scan.at = end + length


def _take_emphasis(scan: _Scan) -> None:
    text, length = scan.text, _run_length(scan.text, scan.at)
    mark = text[scan.at : scan.at + length]
    following = text[scan.at + length : scan.at + length + 1]
    if not following and scan.wait():
        return
    if not _can_open(mark, scan.previous, following) or scan.depth >= MAX_DEPTH:
        scan.literal(length)
        return
    start = scan.at + length
    end = _closing(text, start, max(start, scan.searched.get(mark, 0)), mark)
    if end < 0:
        scan.searched[mark] = min(len(text), start + MAX_SPAN)
        if not scan.wait_for_span():
            scan.literal(length)
        return
    added = {"bold", "italic"} if length == 3 else {_MARKS[mark]}
    scan.flush()
    inner = _scan(text[start:end], scan.styles | added, scan.depth + 1, True, scan.link, mark[-1])
    scan.runs.extend(inner.runs)
    scan.at = end + length


def _is_word(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _can_open(mark: str, previous: str, following: str) -> bool:
    if mark not in _MARKS and mark not in ("***", "___"):
        return False
    if not following or following.isspace():
        return False
    # A star between letters is a star; two are emphasis also within a word, as in languages without spaces.
    return not (_is_word(previous) and (len(mark) == 1 or mark[0] == "_"))


def _closing(text: str, start: int, at: int, mark: str) -> int:
    """Where the emphasis that begins at `start` ends, searched from `at` on; or -1."""
    limit = min(len(text), start + MAX_SPAN)
    while True:
        at = text.find(mark, at, limit)
        if at < 0:
            return -1
        length = _run_length(text, at)
        fits = length == len(mark) or (length == 3 and len(mark) < 3)
        # Of three marks, the inner emphasis ends with the first ones, the outer with the last.
        found = at + (length - len(mark) if length == 3 and _opens_inside(text[start:at], mark) else 0)
        if fits and at > start and not text[at - 1].isspace():
            after = text[at + length : at + length + 1]
            if not (mark[0] == "_" and after and _is_word(after)):
                return found
        at += length


def _opens_inside(text: str, mark: str) -> bool:
    return (mark[0] * (3 - len(mark))) in text


def _take_link(scan: _Scan) -> None:
    text = scan.text
    start = scan.at + (1 if text[scan.at] == "[" else 2)
    if text[scan.at] == "!" and text[scan.at + 1 : scan.at + 2] != "[":
        scan.literal(1)
        return
    close = text.find("]", start, start + MAX_SPAN)
    if close < 0:
        if not scan.wait_for_span():
            scan.literal(start - scan.at)
        return
    following = text[close + 1 : close + 2]
    end = _address_end(text, close + 2) if following == "(" else -1
    if end < 0:
        may_come = not following or (following == "(" and "(" not in text[close + 2 :])
        if not (may_come and scan.wait()):
            scan.literal(start - scan.at)
        return
    address = text[close + 2 : end].strip().split(" ")[0].strip("<>")
    label = text[start:close] or address
    scan.flush()
    if address and scan.depth < MAX_DEPTH and not scan.link:
        scan.runs.extend(_scan(label, scan.styles, scan.depth + 1, True, address).runs)
    else:
        scan.add(label)
    scan.at = end + 1


def _address_end(text: str, start: int) -> int:
    """Where the parenthesis round an address ends, with pairs inside it; -1: nowhere near."""
    depth = 1
    for at in range(start, min(len(text), start + MAX_ADDRESS)):
        if text[at] == "(":
            depth += 1
            if depth > MAX_DEPTH:
                break
        elif text[at] == ")":
            depth -= 1
            if depth == 0:
                return at
    return -1


def _take_address(scan: _Scan) -> None:
    text = scan.text
    auto = _AUTOLINK.match(text, scan.at)
    if auto is not None and not scan.link:
        scan.flush()
        scan.runs.append(Run(auto[1], scan.styles, auto[1]))
        scan.at = auto.end()
        return
    found = _ADDRESS.match(text, scan.at)
    if found is None or scan.link or _is_word(scan.previous):
        scan.literal(1)
        return
    if found.end() == len(text) and scan.wait():
        return
    address = found[0].rstrip(".,;:!?'*_~")
    while address.endswith((")", "]")) and address.count(")") + address.count("]") > (
        address.count("(") + address.count("[")
    ):
        address = address[:-1].rstrip(".,;:!?'*_~")
    scan.flush()
    scan.runs.append(Run(address, scan.styles, address))
    scan.at += len(address)

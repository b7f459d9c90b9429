"""Word patterns: what they look like, and how well a sentence fits one.

A pattern is words in order. `[the|a]` may be absent, `(one|another one)` is a choice, `{thing}` catches words
(`{thing:2}` two at most, `{n:number}` a number, `{who:name}` one that is written like a name, `{text:long}` goes on
beyond a comma), `*` stands for any words.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

import msgspec

from backend.llm.brain.lexicon import Lexicon

MAX_SENTENCES = 6
MAX_TOKENS = 40
_SHAPES = re.compile(
    r"(?P<break>[.!?;\n…。！？]+)|(?P<date>\d{4}-\d\d?-\d\d?)|(?P<number>\d+(?:[:.,]\d+)*)"
    r"|(?P<dotted>(?:[^\W\d_]\.){2,}|[^\W\d_]\.[^\W\d_]\b)|(?P<word>[^\W\d_]+(?:['’`´][^\W\d_]+)*)|(?P<comma>,)"
)
_PATTERN_PARTS = re.compile(r"\{(\w+)(?::(\w+))?\}|[^\s\[\](){}|*]+|\S")
MAX_CHOICES = 400


class Token(msgspec.Struct, frozen=True):
    """One word of a sentence, and where it stood in the text."""

    word: str
    start: int
    end: int
    guessed: bool = False
    """True when the word is a spelling correction."""


class Sentence(msgspec.Struct, frozen=True):
    """A part of a message that is read by itself."""

    text: str
    """The whole message, which the tokens point into."""
    tokens: list[Token]
    is_question: bool = False

    def words(self) -> list[str]:
        """The words without commas."""
        return [token.word for token in self.tokens if token.word != ","]

    def original(self, first: int, last: int) -> str:
        """The user's own writing of the tokens from `first` up to `last`, that one not included."""
        if first >= last:
            return ""
        return self.text[self.tokens[first].start : self.tokens[last - 1].end].strip(" ,")

    def part(self, first: int, last: int) -> "Sentence":
        """The tokens from `first` up to `last` as a sentence."""
        return Sentence(self.text, self.tokens[first:last], self.is_question)


def split_sentences(text: str, lexicon: Lexicon) -> list[Sentence]:
    """Cut a message into sentences of at most 40 words; of a long one the beginning and the end are read."""
    text = unicodedata.normalize("NFC", text)
    sentences: list[Sentence] = []
    tokens: list[Token] = []

    def finish(is_question: bool) -> None:
        nonlocal tokens
        kept = _without_fillers(tokens, lexicon)
        if kept:
            sentences.append(Sentence(text, kept, is_question))
        tokens = []

    for shape in _SHAPES.finditer(text):
        if shape.lastgroup == "break":
            finish("?" in shape[0] or "？" in shape[0])
            continue
        tokens.extend(_read_tokens(shape, lexicon))
        if len(tokens) >= MAX_TOKENS:
            tokens = tokens[:MAX_TOKENS]
            finish(is_question=False)
    finish(is_question=False)
    half = MAX_SENTENCES // 2
    return sentences if len(sentences) <= MAX_SENTENCES else sentences[:half] + sentences[-half:]


def _read_tokens(shape: re.Match[str], lexicon: Lexicon) -> Iterator[Token]:
    word = shape[0].casefold()
    if shape.lastgroup == "dotted":
        word = word.replace(".", "")
    elif shape.lastgroup == "word":
        word = re.sub("[’`´]", "'", word)[:40]
    for part in lexicon.expand(word):
        yield Token(part, shape.start(), shape.end())


def _without_fillers(tokens: list[Token], lexicon: Lexicon) -> list[Token]:
    fillers = [filler.split() for filler in lexicon.fillers]
    changed = True
    while changed:
        changed = False
        while tokens and tokens[0].word == ",":
            tokens = tokens[1:]
        while tokens and tokens[-1].word == ",":
            tokens = tokens[:-1]
        words = [token.word for token in tokens]
        for filler in fillers:
            if len(words) <= len(filler):
                continue
            if words[: len(filler)] == filler:
                tokens, changed = tokens[len(filler) :], True
                break
            if words[-len(filler) :] == filler:
                tokens, changed = tokens[: -len(filler)], True
                break
    return tokens


class _Words(msgspec.Struct, frozen=True):
    options: tuple[tuple[str, ...], ...]
    is_optional: bool


class _Slot(msgspec.Struct, frozen=True):
    name: str
    """Empty for `*`."""
    most: int
    kind: str = ""
    """Empty, "number", "name" or "long"."""


class Match(msgspec.Struct, frozen=True):
    """Where a pattern was found in a sentence."""

    first: int
    last: int
    slots: dict[str, str]
    literal: frozenset[int]
    """Positions of the words that the pattern names."""
    gaps: int
    """Words under a `*`."""


class Pattern:
    """A pattern, ready to be matched.

    Raises:
        ValueError: says what is wrong with the pattern.
    """

    def __init__(self, source: str, lexicon: Lexicon) -> None:
        self.source = source
        self._lexicon = lexicon
        self._elements = list(_parse(source, lexicon))
        slots = [element for element in self._elements if isinstance(element, _Slot)]
        self.slot_names = frozenset(slot.name for slot in slots if slot.name)
        if len(slots) > 4:
            raise ValueError(f"more than four slots and gaps in {source!r}")
        words = [e for e in self._elements if isinstance(e, _Words) and not e.is_optional]
        if not words:
            raise ValueError(f"no word that must be there in {source!r}")
        self.vocabulary = {
            w for e in self._elements if isinstance(e, _Words) for option in e.options for w in option
        }
        light = set(lexicon.light)
        # One choice of words that no sentence can do without; the rarer the words, the better the index.
        self.anchors = min(
            ({_rarest(option, light) for option in e.options} for e in words),
            key=lambda anchors: (sum(a in light for a in anchors), len(anchors)),
        )

    def find(self, sentence: Sentence, first: int = 0) -> Match | None:
        """The first place in the sentence, from token `first` on, that fits."""
        search = _Search(self._elements, sentence, self._lexicon)
        for start in range(first, len(sentence.tokens)):
            found = search.run(0, start)
            if found is not None:
                return search.result(start, found)
        return None


def _rarest(option: tuple[str, ...], light: set[str]) -> str:
    return min(option, key=lambda word: (word in light, -len(word)))


def _parse(source: str, lexicon: Lexicon) -> Iterator[_Words | _Slot]:
    parts = list(_PATTERN_PARTS.finditer(source))
    at = 0
    while at < len(parts):
        text = parts[at][0]
        if text == "*":
            yield _Slot("", MAX_TOKENS, "long")
        elif parts[at][1]:
            yield _parse_slot(parts[at][1], parts[at][2] or "", source)
        elif text in "([":
            options, at = _parse_choice([part[0] for part in parts], at, source, lexicon)
            yield _Words(tuple(dict.fromkeys(options)), text == "[")
        elif text in ")]|{}":
            raise ValueError(f"a stray {text!r} in {source!r}")
        else:
            yield _Words((tuple(lexicon.expand(text)),), is_optional=False)
        at += 1


def _parse_choice(parts: list[str], at: int, source: str, lexicon: Lexicon) -> tuple[list[tuple[str, ...]], int]:
    """The choices between the bracket at `at` and its partner, those in brackets within multiplied out."""
    closing = ")" if parts[at] == "(" else "]"
    done: list[tuple[str, ...]] = []
    current: list[tuple[str, ...]] = [()]
    at += 1
    while at < len(parts) and parts[at] != closing:
        if parts[at] == "|":
            done, current = done + current, [()]
        elif parts[at] in ("(", "["):
            inner, end = _parse_choice(parts, at, source, lexicon)
            inner = [*inner, ()] if parts[at] == "[" else inner
            current, at = [(*c, *i) for c in current for i in inner], end
        elif parts[at] in ")]*" or parts[at].startswith("{"):
            raise ValueError(f"{parts[at]!r} inside a choice in {source!r}")
        else:
            current = [(*c, *lexicon.expand(parts[at])) for c in current]
        if len(done) + len(current) > MAX_CHOICES:
            raise ValueError(f"too many choices in {source!r}")
        at += 1
    done += current
    if at == len(parts):
        raise ValueError(f"an open bracket in {source!r}")
    if () in done:
        raise ValueError(f"an empty choice in {source!r}")
    return done, at


def _parse_slot(name: str, limit: str, source: str) -> _Slot:
    if limit.isdigit():
        return _Slot(name, int(limit))
    most = {"": 20, "number": 1, "name": 2, "long": MAX_TOKENS}.get(limit)
    if most is None:
        raise ValueError(f"{{{name}:{limit}}} in {source!r}: a number of words, 'number', 'name' or 'long'")
    return _Slot(name, most, limit)


class _Search:
    """One pattern against one sentence; remembers dead ends, so that the work stays bounded."""

    def __init__(self, elements: list[_Words | _Slot], sentence: Sentence, lexicon: Lexicon) -> None:
        self._elements = elements
        self._sentence = sentence
        self._tokens = sentence.tokens
        self._words = [token.word for token in sentence.tokens]
        self._lexicon = lexicon
        self._dead: set[tuple[int, int]] = set()

    def run(self, element: int, at: int) -> list[tuple[int, int, int]] | None:
        """Spans (element, first, last) of the elements from `element` on, when they fit at token `at`."""
        if element == len(self._elements):
            return []
        if (element, at) in self._dead:
            return None
        wanted = self._elements[element]
        ends = (
            self._slot_ends(wanted, at, element) if isinstance(wanted, _Slot) else self._word_ends(wanted, at)
        )
        for begin, end in ends:
            rest = self.run(element + 1, end)
            if rest is not None:
                return [(element, begin, end), *rest]
        self._dead.add((element, at))
        return None

    def _word_ends(self, wanted: _Words, at: int) -> Iterator[tuple[int, int]]:
        begin = at + 1 if at < len(self._words) and self._words[at] == "," and at > 0 else at
        for option in wanted.options:
            if tuple(self._words[begin : begin + len(option)]) == option:
                yield begin, begin + len(option)
        if wanted.is_optional:
            yield at, at

    def _slot_ends(self, slot: _Slot, at: int, element: int) -> Iterable[tuple[int, int]]:
        least = 0 if not slot.name else 1
        limit = min(len(self._words), at + slot.most)
        if slot.kind == "number":
            fits = at < limit and self._lexicon.number(self._words[at]) is not None
            return [(at, at + 1)] if fits else []
        if slot.kind == "name":
            limit = next((i for i in range(at, limit) if not self._is_name(i)), limit)
        if slot.kind != "long":
            limit = next((i for i in range(at, limit) if self._words[i] == ","), limit)
        ends = [(at, end) for end in range(at + least, limit + 1)]
        return reversed(ends) if element == len(self._elements) - 1 else ends

    def _is_name(self, at: int) -> bool:
        written = self._sentence.original(at, at + 1)
        return written.istitle() and self._words[at] not in self._lexicon.no_names

    def result(self, start: int, spans: list[tuple[int, int, int]]) -> Match:
        """What the spans caught."""
        slots: dict[str, str] = {}
        literal: set[int] = set()
        gaps = 0
        for number, begin, end in spans:
            element = self._elements[number]
            if isinstance(element, _Words):
                literal.update(range(begin, end))
            elif element.name:
                slots[element.name] = self._sentence.original(begin, end)
            else:
                gaps += end - begin
        return Match(start, max([start, *(end for _, _, end in spans)]), slots, frozenset(literal), gaps)

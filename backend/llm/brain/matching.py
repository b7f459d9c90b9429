"""Word patterns: what they look like, and how well a sentence fits one.

A pattern is words in order. `[the|a]` may be absent, `(one|another one)` is a choice, `{thing}` catches
words, and `*` stands for any. `{thing:2}` is two words at most, `{n:number}` a number, `{who:name}` words
written like a name; `{text:long}` goes on beyond a comma. Choices may hold all of these.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

import msgspec

from backend.llm.brain.lexicon import Lexicon

MAX_SENTENCES = 12
MAX_TOKENS = 40
_SHAPES = re.compile(
    r"(?P<break>[.!?;\n…。！？]+)|(?P<date>\d{4}-\d\d?-\d\d?)|(?P<number>\d+(?:[:.,]\d+)*)"
    r"|(?P<dotted>(?:[^\W\d_]\.){2,}|[^\W\d_]\.[^\W\d_]\b)|(?P<word>[^\W\d_]+(?:['’`´][^\W\d_]+)*)|(?P<comma>,)"
)
_PATTERN_PARTS = re.compile(r"\{(\w+)(?::(\w+))?\}|[^\s\[\](){}|*]+|\S")


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


class _Slot(msgspec.Struct, frozen=True):
    name: str
    """Empty for `*`."""
    most: int
    kind: str = ""
    """Empty, "number", "name" or "long"."""


class _Choice(msgspec.Struct, frozen=True):
    options: list[list["_Element"]]
    is_optional: bool


_Element = str | _Slot | _Choice
"""A word, a slot or a choice."""


class _Node(msgspec.Struct, frozen=True):
    """A step of a pattern; `following` are the numbers of the steps after it."""

    step: str | _Slot | None
    following: list[int]


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
        elements = _Parser(source, lexicon).read()
        self._nodes: list[_Node] = [_Node(None, [])]  # the first one is the end
        self._start = self._compile(elements, 0)
        steps = [node.step for node in self._nodes]
        self.slot_names = frozenset(step.name for step in steps if isinstance(step, _Slot) and step.name)
        self.vocabulary = {step for step in steps if isinstance(step, str)}
        # Words one of which any sentence that fits must have; the rarer they are, the better the index.
        anchors = _anchors(elements, frozenset(lexicon.light))
        if not anchors:
            raise ValueError(f"no word that must be there in {source!r}")
        self.anchors = anchors

    def _compile(self, elements: list[_Element], following: int) -> int:
        """Steps for the elements, from the last to the first; returns the number of the first."""
        for element in reversed(elements):
            if isinstance(element, _Choice):
                # The longest first: "another one" before "another".
                options = sorted(element.options, key=len, reverse=True)
                starts = [self._compile(option, following) for option in options]
                node = _Node(None, [*starts, following] if element.is_optional else starts)
            else:
                node = _Node(element, [following])
            self._nodes.append(node)
            following = len(self._nodes) - 1
        return following

    def find(self, sentence: Sentence) -> Match | None:
        """The first place in the sentence that fits."""
        search = _Search(self._nodes, sentence, self._lexicon)
        for start in range(len(sentence.tokens)):
            found = search.run(self._start, start)
            if found is not None:
                return search.result(start, found)
        return None


def _anchors(elements: list[_Element], light: frozenset[str]) -> set[str]:
    """The best set of words that every fitting sentence has one of; empty when there is none."""
    sets = []
    for element in elements:
        if isinstance(element, str):
            sets.append({element})
        elif isinstance(element, _Choice) and not element.is_optional:
            parts = [_anchors(option, light) for option in element.options]
            if all(parts):
                sets.append(set().union(*parts))
    return min(sets, key=lambda words: (sum(w in light for w in words), len(words)), default=set())


class _Parser:
    """Reads the writing of a pattern."""

    def __init__(self, source: str, lexicon: Lexicon) -> None:
        self._source = source
        self._lexicon = lexicon
        self._parts = list(_PATTERN_PARTS.finditer(source))
        self._at = 0

    def read(self) -> list[_Element]:
        """The elements of the pattern.

        Raises:
            ValueError: a bracket or a slot is wrong.
        """
        options = self._options("")
        if len(options) != 1:
            raise ValueError(f"a stray '|' in {self._source!r}")
        return options[0]

    def _options(self, closing: str) -> list[list[_Element]]:
        options: list[list[_Element]] = [[]]
        while self._at < len(self._parts):
            part = self._parts[self._at]
            text = part[0]
            self._at += 1
            if text == closing:
                if not all(options):
                    raise ValueError(f"an empty choice in {self._source!r}")
                return options
            if text == "|":
                options.append([])
            else:
                options[-1].extend(self._element(text, part))
        if closing:
            raise ValueError(f"an open bracket in {self._source!r}")
        return options

    def _element(self, text: str, part: re.Match[str]) -> list[_Element]:
        if text in ("(", "["):
            return [_Choice(self._options(")" if text == "(" else "]"), text == "[")]
        if text == "*":
            return [_Slot("", MAX_TOKENS, "long")]
        if part[1]:
            return [_parse_slot(part[1], part[2] or "", self._source)]
        if text in ")]{}":
            raise ValueError(f"a stray {text!r} in {self._source!r}")
        return list(self._lexicon.expand(text))


def _parse_slot(name: str, limit: str, source: str) -> _Slot:
    if limit.isdigit():
        return _Slot(name, int(limit))
    most = {"": 20, "number": 1, "name": 2, "long": MAX_TOKENS}.get(limit)
    if most is None:
        raise ValueError(f"{{{name}:{limit}}} in {source!r}: a number of words, 'number', 'name' or 'long'")
    return _Slot(name, most, limit)


class _Search:
    """One pattern against one sentence; remembers dead ends, so that the work stays bounded."""

    def __init__(self, nodes: list[_Node], sentence: Sentence, lexicon: Lexicon) -> None:
        self._nodes = nodes
        self._sentence = sentence
        self._words = [token.word for token in sentence.tokens]
        self._lexicon = lexicon
        self._dead: set[tuple[int, int]] = set()

    def run(self, node: int, at: int) -> list[tuple[str | _Slot, int, int]] | None:
        """What each step from `node` on takes (step, first, last), when they fit at token `at`."""
        if node == 0:
            return []
        if (node, at) in self._dead:
            return None
        step, following = self._nodes[node].step, self._nodes[node].following
        if step is None:
            for branch in following:
                rest = self.run(branch, at)
                if rest is not None:
                    return rest
        else:
            ends = (
                self._word_ends(step, at)
                if isinstance(step, str)
                else self._slot_ends(step, at, following[0])
            )
            for begin, end in ends:
                rest = self.run(following[0], end)
                if rest is not None:
                    return [(step, begin, end), *rest]
        self._dead.add((node, at))
        return None

    def _word_ends(self, word: str, at: int) -> list[tuple[int, int]]:
        begin = at + 1 if 0 < at < len(self._words) and self._words[at] == "," else at
        return [(begin, begin + 1)] if begin < len(self._words) and self._words[begin] == word else []

    def _slot_ends(self, slot: _Slot, at: int, following: int) -> Iterable[tuple[int, int]]:
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
        return reversed(ends) if following == 0 else ends

    def _is_name(self, at: int) -> bool:
        written = self._sentence.original(at, at + 1)
        return written.istitle() and self._words[at] not in self._lexicon.no_names

    def result(self, start: int, spans: list[tuple[str | _Slot, int, int]]) -> Match:
        """What the spans caught."""
        slots: dict[str, str] = {}
        literal: set[int] = set()
        gaps = 0
        for step, begin, end in spans:
            if isinstance(step, str):
                literal.update(range(begin, end))
            elif step.name:
                slots[step.name] = self._sentence.original(begin, end)
            else:
                gaps += end - begin
        return Match(start, max([start, *(end for _, _, end in spans)]), slots, frozenset(literal), gaps)

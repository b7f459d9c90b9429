"""Intents: what people say and what she answers, read from data files, and the search for the best one."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from backend.llm.brain.lexicon import Lexicon
from backend.llm.brain.matching import Match, Pattern, Sentence, Token, split_sentences
from backend.shared.errors import AlisaError

_T = TypeVar("_T")
PLACEHOLDER = re.compile(r"\{(\w+)\}")
EMOTIONS = ("happy", "sad", "angry", "surprised", "embarrassed", "neutral")
_TAG = re.compile(r"\[(\w+)\] ")
_LIGHT_WEIGHT = 0.35
_ACCEPTED = 0.65
URGENT = 5.0
"""Intents of this priority are answered alone, wherever in a message they are found."""
_GUESSED_SHARE = 0.8


class BrainDataError(AlisaError):
    """Raised when a data file of the brain is wrong; the message names file and key."""

    def __init__(self, file: str, problem: str) -> None:
        super().__init__("brain-data", f"assets/brain/{file}: {problem}")


class Riddle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A riddle of the riddle game."""

    question: str
    answers: list[str]
    """The first one is how she tells it."""
    hint: str


class Intent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing people say, and what she answers."""

    name: str = ""
    patterns: list[str] = []
    examples: list[str] = []
    """Sentences that must find this intent; checked by the tests."""
    replies: list[str] = []
    when: dict[str, list[str]] = {}
    """Replies for an outcome of the action, for what the user says next (yes, no, why, any), or `brief`."""
    role: Literal["main", "opener", "follow"] = "main"
    """An opener (a greeting) stands before another answer; a follow-up leaves the topic as it is."""
    action: str = ""
    """What to do or to look up before answering; see the modules of `backend.llm.brain.actions`."""
    topic: str = ""
    """What the action works on, such as the topic of a fact."""
    whole: bool = False
    """The pattern must cover the whole sentence."""
    priority: float = 0.0
    demands: str = ""
    """A whole sentence of it is an order: only intents whose action begins so may win, urgent ones aside."""
    long: bool = False
    """The reply is not shortened in the quiet modes."""


class Found(msgspec.Struct, frozen=True):
    """An intent found in a sentence."""

    intent: Intent
    slots: dict[str, str]
    score: float
    sentence: Sentence
    match: Match


class Brain(msgspec.Struct, frozen=True):
    """All data of one language, ready for use."""

    lexicon: Lexicon
    intents: dict[str, Intent]
    riddles: list[Riddle]
    matcher: "Matcher"


def load_brain(assets: Path, language: str) -> Brain:
    """Read `assets/brain/<language>/`.

    Raises:
        BrainDataError: names the file and the key that is wrong, or says that the language is missing.
    """
    folder = assets / "brain" / language
    if not folder.is_dir():
        raise BrainDataError(language, "there is no data for this language; set another language")
    lexicon = _read(folder / "words.toml", lambda data: msgspec.convert(data, Lexicon).checked())
    riddles = _read(
        folder / "riddles.toml", lambda data: msgspec.convert(data, dict[str, list[Riddle]])["riddles"]
    )
    matcher = Matcher(lexicon)
    intents: dict[str, Intent] = {}
    for path in sorted(folder.glob("*.toml")):
        if path.stem not in ("words", "riddles"):
            intents |= _read(path, partial(_read_intents, known=intents, matcher=matcher))
    return Brain(lexicon, intents, riddles, matcher)


def _read(path: Path, convert: Callable[[dict[str, object]], _T]) -> _T:
    file = f"{path.parent.name}/{path.name}"
    try:
        return convert(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BrainDataError(file, "this file is missing or cannot be read") from error
    except ValueError as error:  # of TOML, UTF-8 and validation
        raise BrainDataError(file, str(error)) from error
    except KeyError as error:
        raise BrainDataError(file, f"{error} is missing") from error


def _read_intents(data: dict[str, object], known: dict[str, Intent], matcher: "Matcher") -> dict[str, Intent]:
    intents = {}
    for name, raw in data.items():
        try:
            intent = msgspec.structs.replace(msgspec.convert(raw, Intent), name=name)
        except msgspec.ValidationError as error:
            raise ValueError(f"{name}: {error}") from error
        if name in known:
            raise ValueError(f"{name}: there is another intent of this name")
        for key, replies in {"replies": intent.replies, **intent.when}.items():
            for reply in replies:
                _check_reply(f"{name}.{key}", reply)
        if not intent.replies:
            raise ValueError(f"{name}.replies: there are none")
        matcher.add(intent)
        intents[name] = intent
    return intents


def _check_reply(key: str, reply: str) -> None:
    tag = _TAG.match(reply)
    if tag and tag[1] not in EMOTIONS:
        raise ValueError(f"{key}: [{tag[1]}] is none of {', '.join(EMOTIONS)}: {reply!r}")
    body = PLACEHOLDER.sub("", reply[tag.end() :] if tag else reply)
    if not body.strip() and not PLACEHOLDER.search(reply):
        raise ValueError(f"{key}: an empty reply")
    if set(body) & set("{}[]<>"):
        raise ValueError(f"{key}: a stray bracket in {reply!r}")


class Matcher:
    """Finds intents in sentences: patterns by the words they need, best score first."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._light = frozenset(lexicon.light)
        self._index: dict[str, list[tuple[int, Pattern, Intent]]] = defaultdict(list)
        self._vocabulary: set[str] = set()
        self._typos = _Typos(self._vocabulary)
        self._count = 0

    def add(self, intent: Intent) -> None:
        """Take in the patterns of an intent.

        Raises:
            ValueError: names the intent and says what is wrong with a pattern.
        """
        for source in intent.patterns:
            try:
                pattern = Pattern(source, self._lexicon)
            except ValueError as error:
                raise ValueError(f"{intent.name}.patterns: {error}") from error
            self._vocabulary |= pattern.vocabulary
            self._count += 1
            for anchor in pattern.anchors:
                self._index[anchor].append((self._count, pattern, intent))

    def read(self, sentence: Sentence) -> list[Found]:
        """The intents of a sentence in its order: the best one, and what stands before and after it."""
        found = self._read(sentence, depth=0)
        if found and min(f.intent.priority for f in found) >= 0 and _cover_all(found, sentence):
            return found
        corrected = self._corrected(sentence)
        if corrected is not None:
            better = self._read(corrected, depth=0)
            if better and (not found or max(b.score for b in better) > max(f.score for f in found)):
                return better
        return found

    def _corrected(self, sentence: Sentence) -> Sentence | None:
        tokens: list[Token] = []
        for token in sentence.tokens:
            guess = None if token.word in self._vocabulary else self._typos.correct(token.word)
            words = self._lexicon.expand(guess) if guess else [token.word]
            tokens.extend(Token(w, token.start, token.end, guess is not None) for w in words)
        if not any(token.guessed for token in tokens):
            return None
        return Sentence(sentence.text, tokens, sentence.is_question)

    def _read(self, sentence: Sentence, depth: int) -> list[Found]:
        best = self._best(sentence)
        if best is None:
            return []
        if depth >= 2:
            return [best]
        before = sentence.part(0, best.match.first)
        after = sentence.part(best.match.last, len(sentence.tokens))
        return [*self._read(before, depth + 1), best, *self._read(after, depth + 1)]

    def _best(self, sentence: Sentence) -> Found | None:
        found: list[Found] = []
        seen: set[int] = set()
        for token in sentence.tokens:
            for order, pattern, intent in self._index.get(token.word, ()):
                if order in seen:
                    continue
                seen.add(order)
                match = pattern.find(sentence)
                if match is None or (intent.whole and not _covers(match, sentence)):
                    continue
                score = self._score(match, sentence)
                is_weak = score < _ACCEPTED and not _covers(match, sentence)
                if is_weak and intent.priority < URGENT:
                    continue
                score += intent.priority
                found.append(Found(intent, match.slots, score, sentence, match))
        best = max(found, key=lambda one: one.score, default=None)
        if best is None or best.intent.priority >= URGENT:
            return best
        orders = (one for one in found if one.intent.demands and _covers(one.match, sentence))
        demands = next((one.intent.demands for one in orders), "")
        obedient = [one for one in found if one.intent.action.startswith(demands)]
        return max(obedient, key=lambda one: one.score, default=best)

    def _score(self, match: Match, sentence: Sentence) -> float:
        """Named words count for it, words left over against it; a whole sentence beats a part."""
        total = 0.0
        for position, token in enumerate(sentence.tokens):
            if token.word == ",":
                continue
            weight = _LIGHT_WEIGHT if token.word in self._light else 1.0
            if position in match.literal:
                total += weight * (_GUESSED_SHARE if token.guessed else 1.0)
            elif not match.first <= position < match.last:
                total -= 0.3 * weight * (0.5 if _is_apart(sentence, match, position) else 1.0)
        return (
            total - 0.12 * match.gaps + 0.1 * len(match.slots) + (0.15 if _covers(match, sentence) else 0.0)
        )


def _covers(match: Match, sentence: Sentence) -> bool:
    return match.first == 0 and match.last == len(sentence.tokens)


def _cover_all(found: list[Found], sentence: Sentence) -> bool:
    return sum(f.match.last - f.match.first for f in found) >= len(sentence.tokens)


def _is_apart(sentence: Sentence, match: Match, position: int) -> bool:
    first, last = (position, match.first) if position < match.first else (match.last, position)
    return any(token.word == "," for token in sentence.tokens[first:last])


class _Typos:
    """Finds the known word that is one slip away, by words with one letter left out (SymSpell's method)."""

    def __init__(self, vocabulary: set[str]) -> None:
        self._vocabulary = vocabulary
        self._shorter: dict[str, list[str]] | None = None

    def correct(self, word: str) -> str | None:
        """The known word meant by an unknown one, or None."""
        for pattern, kept in ((r"(.)\1{2,}", r"\1"), (r"(.)\1{2,}", r"\1\1"), (r"(.)\1+", r"\1")):
            candidate = re.sub(pattern, kept, word)
            if candidate != word and candidate in self._vocabulary:
                return candidate
        if not 4 <= len(word) <= 20:
            return None
        if self._shorter is None:
            self._shorter = defaultdict(list)
            for known in sorted(self._vocabulary):
                if len(known) >= 4 and known.isalpha():
                    for short in _shortened(known):
                        self._shorter[short].append(known)
        candidates = [*self._shorter.get(word, ())]  # a letter is missing
        candidates += [
            short for short in _shortened(word) if len(short) >= 4 and short in self._vocabulary
        ]  # a letter too many
        if len(word) >= 5:  # another letter, or two swapped; short words would be taken for others too often
            candidates += [k for s in _shortened(word) for k in self._shorter.get(s, ()) if _is_slip(word, k)]
        return min(candidates, key=lambda known: (known[0] != word[0], known)) if candidates else None


def _shortened(word: str) -> set[str]:
    return {word[:i] + word[i + 1 :] for i in range(len(word))}


def _is_slip(word: str, known: str) -> bool:
    if len(word) != len(known) or word[0] != known[0]:
        return False
    differing = [i for i, (a, b) in enumerate(zip(word, known, strict=True)) if a != b]
    if len(differing) == 1:
        return len(word) >= 6
    return len(differing) == 2 and differing[1] - differing[0] == 1 and sorted(word) == sorted(known)


def example_problems(brain: Brain) -> list[str]:
    """Examples that do not find their own intent, in words."""
    problems = []
    for intent in brain.intents.values():
        for example in intent.examples:
            found = [
                f.intent.name for s in split_sentences(example, brain.lexicon) for f in brain.matcher.read(s)
            ]
            if intent.name not in found:
                problems.append(f"{intent.name}: {example!r} finds {found}")
    return problems

"""One talk: reads what the user says, decides what it is about, does it, and finds the words."""

import random
import re

import msgspec

from backend.llm.brain.actions import ACTIONS, PENDING
from backend.llm.brain.arithmetic import find_sum
from backend.llm.brain.intents import URGENT, Brain, BrainDataError, Found, Intent
from backend.llm.brain.matching import Sentence, split_sentences
from backend.llm.brain.templates import pick, reflect, split_tag, suit
from backend.llm.brain.turn import Outcome, State, Turn, shown
from backend.llm.engine import Situation
from backend.shared.keepsakes import Keepsakes

MAX_READ_CHARACTERS = 2000
LONG_CHARACTERS = 600
_HINT_EVERY = 3
_TAIL_SHARE = 0.4
# Intents that the code itself asks for; the data must have them.
NEEDED = (
    *(
        "say_reminder",
        "idle",
        "arithmetic",
        "yes",
        "no",
        "never_mind",
        "nothing_said",
        "other_script",
        "emoji",
    ),
    *(
        "long_text",
        "unknown_question",
        "unknown_question_hint",
        "unknown_statement",
        "unknown_answer",
        "repeated",
    ),
)


class Dialogue:
    """Answers one user, and remembers the talk as far as it must.

    Raises:
        BrainDataError: the data asks for an action that does not exist, or lacks an intent the code needs.
    """

    def __init__(self, brain: Brain, language: str, keepsakes: Keepsakes, source: random.Random) -> None:
        for intent in brain.intents.values():
            if intent.action and intent.action not in ACTIONS:
                raise BrainDataError(language, f"{intent.name}.action: there is no {intent.action!r}")
        for name in NEEDED:
            if name not in brain.intents:
                raise BrainDataError(language, f"{name}: this intent is needed")
        self._brain = brain
        self._keepsakes = keepsakes
        self._random = source
        self.state = State()
        self._opens = False

    async def answer(self, situation: Situation) -> str:
        """Her answer, beginning with an emotion tag."""
        text = _readable(situation.user_text)
        if situation.occasion != "user":
            name = "say_reminder" if situation.occasion == "reminder" else "idle"
            emotion, said = await self._say(self._turn(situation, text, None, self._brain.intents[name]))
            return f"[{emotion}] {said}"
        sentences = split_sentences(text, self._brain.lexicon)
        parts = await self._to_pending(situation, text, sentences)
        if parts is None:
            parts = await self._to_words(situation, text, sentences)
        emotion = parts[-1][0]
        reply = " ".join(said for _, said in parts if said)
        reply = self._with_repetition_noticed(situation, text, reply)
        reply = self._with_tail(situation.mode, emotion, reply)
        self.state.heard.append(_key(text))
        self.state.last_reply = reply
        self.state.asked = reply.endswith("?")
        self.state.opened = self._opens
        return f"[{emotion}] {reply}"

    def _turn(
        self,
        situation: Situation,
        text: str,
        found: Found | None,
        intent: Intent,
        sentence: Sentence | None = None,
    ) -> Turn:
        sentence = found.sentence if found else sentence or Sentence(text, [])
        slots = dict(found.slots) if found else {}
        return Turn(
            situation,
            text,
            sentence,
            intent,
            slots,
            self._brain,
            self.state,
            self._keepsakes,
            self._random,
            found,
        )

    async def _to_pending(
        self, situation: Situation, text: str, sentences: list[Sentence]
    ) -> list[tuple[str, str]] | None:
        """The next move of a game, or the time she asked for."""
        pending = self.state.pending
        if pending is None or not sentences:
            return None
        sentence = sentences[0]
        found = self._brain.matcher.read(sentence)
        self.state.pending = None
        if any(f.intent.name == "never_mind" or f.intent.priority >= URGENT for f in found):
            return None
        turn = self._turn(situation, text, None, self._brain.intents[pending.intent], sentence)
        # A command of its own ("what time is it?") is answered as one; the game waits no longer.
        outcome = await PENDING[pending.handler](turn, pending)
        if outcome is None:
            return None
        return [await self._word(turn, outcome)]

    async def _to_words(
        self, situation: Situation, text: str, sentences: list[Sentence]
    ) -> list[tuple[str, str]]:
        if find_sum(text, self._brain.lexicon):
            return [await self._say(self._turn(situation, text, None, self._brain.intents["arithmetic"]))]
        found = [f for sentence in sentences for f in self._brain.matcher.read(sentence)]
        chosen = _choose(found)
        if not any(f.intent.role != "opener" for f in chosen) and (
            other := self._unread(text, sentences, found)
        ):
            chosen = [f for f in chosen if f.intent.when.get("brief")][:1]
            parts = [self._brief(f) for f in chosen]
            return [*parts, await self._say(self._turn(situation, text, None, other, _last(sentences)))]
        parts = [self._brief(f) for f in chosen[:-1] if f.intent.role == "opener"]
        for f in chosen:
            if f.intent.role != "opener" or f is chosen[-1]:
                parts.append(await self._follow_or_say(situation, text, f))
        return parts

    async def _follow_or_say(self, situation: Situation, text: str, found: Found) -> tuple[str, str]:
        """A "why?" or "yes" is about what she said last, when that has an answer to it."""
        topic, name = self.state.topic, found.intent.name
        if found.intent.role == "follow" and topic is not None and name in topic.when:
            turn = self._turn(situation, text, found, topic)
            turn.slots = {**self.state.topic_slots, **turn.slots}
            return await self._word(turn, Outcome(name))
        is_answer = (self.state.asked or self.state.opened) and not self._is_question(found.sentence)
        if found.intent.priority < 0 and is_answer and topic is not None and "any" in topic.when:
            return await self._word(self._turn(situation, text, found, topic), Outcome("any"))
        return await self._say(self._turn(situation, text, found, found.intent))

    async def _say(self, turn: Turn) -> tuple[str, str]:
        action = ACTIONS.get(turn.intent.action)
        return await self._word(turn, await action(turn) if action else Outcome())

    async def _word(self, turn: Turn, outcome: Outcome) -> tuple[str, str]:
        """An outcome in words; keeps the topic and what she waits for."""
        intent = self._brain.intents[outcome.intent] if outcome.intent else turn.intent
        values = await self._values(turn, outcome)
        replies = intent.when.get(outcome.key, intent.replies)
        used = self.state.used.setdefault(f"{intent.name}.{outcome.key}", [])
        emotion, said = split_tag(pick(replies, used, values, self._random))
        if turn.situation.occasion == "user":
            self.state.pending = outcome.pending
            if intent.role == "main":
                self.state.topic, self.state.topic_slots = intent, turn.slots
            self._opens = intent.role == "main" and not outcome.key
        is_long = intent.long or bool(intent.action) or bool(outcome.key)
        return emotion, suit(said, turn.situation.mode, is_long=is_long)

    async def _values(self, turn: Turn, outcome: Outcome) -> dict[str, str]:
        reflections = self._brain.lexicon.reflections
        values = {name: reflect(shown(text), reflections) for name, text in turn.slots.items()}
        values.update(outcome.values)
        if "user" not in values:
            facts = await self._keepsakes.find_facts("name")
            name = next((shown(fact.text) for fact in facts if fact.topic == "name"), "")
            # Not twice in a row: a name in every line is how salesmen talk.
            if name and name not in self.state.last_reply:
                values["user"] = name
        return values

    def _brief(self, found: Found) -> tuple[str, str]:
        replies = found.intent.when.get("brief", [])
        if not replies:
            return "neutral", ""
        used = self.state.used.setdefault(f"{found.intent.name}.brief", [])
        return split_tag(pick(replies, used, {}, self._random))

    def _unread(self, text: str, sentences: list[Sentence], found: list[Found]) -> Intent | None:
        """Which kind of honest "I did not get that" fits; None when a greeting is all there is to answer."""
        intents = self._brain.intents
        read = sum(len(f.match.literal) for f in found)
        total = sum(len(sentence.words()) for sentence in sentences)
        if found and total - read <= 2:
            return None
        if not sentences:
            return intents["emoji" if any(ord(c) > 0x2000 for c in text) else "nothing_said"]
        letters = [c for c in text if c.isalpha()]
        if letters and sum(ord(c) < 0x250 for c in letters) < len(letters) / 2:
            return intents["other_script"]
        if len(text) > LONG_CHARACTERS:
            return intents["long_text"]
        if any(self._is_question(sentence) for sentence in sentences):
            self.state.unmatched_questions += 1
            is_third = self.state.unmatched_questions % _HINT_EVERY == 0
            return intents["unknown_question_hint" if is_third else "unknown_question"]
        topic = self.state.topic
        is_short = sum(len(sentence.words()) for sentence in sentences) <= 3
        if topic is not None and (self.state.asked or self.state.opened or is_short) and "any" in topic.when:
            return msgspec.structs.replace(topic, replies=topic.when["any"], action="", role="follow")
        if topic is not None and self.state.asked:
            return intents["unknown_answer"]
        return intents["unknown_statement"]

    def _is_question(self, sentence: Sentence) -> bool:
        return sentence.is_question or sentence.tokens[0].word in self._brain.lexicon.question_words

    def _with_repetition_noticed(self, situation: Situation, text: str, reply: str) -> str:
        """The third time that the user says the same, she says that she noticed."""
        heard = list(self.state.heard)
        said_before = heard.count(_key(text))
        topic = self.state.topic
        if said_before != 2 or self.state.pending or situation.mode == "quiet" or (topic and topic.action):
            return reply
        intent = self._brain.intents["repeated"]
        return f"{self._remark(intent)} {reply}"

    def _with_tail(self, mode: str, emotion: str, reply: str) -> str:
        """What belongs to the mode, now and then: teasing when playful, a push while studying."""
        tail = self._brain.intents.get(f"tail_{mode}")
        is_open = reply.endswith("?") or self.state.pending is not None
        if tail is None or is_open or emotion in ("sad", "angry") or self._random.random() > _TAIL_SHARE:
            return reply
        return f"{reply} {self._remark(tail)}"

    def _remark(self, intent: Intent) -> str:
        used = self.state.used.setdefault(intent.name, [])
        return split_tag(pick(intent.replies, used, {}, self._random))[1]


def _choose(found: list[Found]) -> list[Found]:
    """What to answer: at most one opener, then the best of what is said, or two things that are asked."""
    mains = [f for f in found if f.intent.role != "opener"]
    openers = [f for f in found if f.intent.role == "opener"]
    if not mains:
        return openers[:1] + openers[-1:] if len({f.intent.name for f in openers}) > 1 else openers[:1]
    strong = [f for f in mains if f.intent.role == "main"] or mains
    best = max(strong, key=lambda f: f.score)
    if best.intent.priority >= URGENT:
        return [best]
    chosen = [best]
    if best.intent.action or best.sentence.is_question:
        names = {best.intent.name}
        for f in strong:
            if (
                f.intent.name not in names
                and f.intent.priority >= 0
                and (f.intent.action or f.sentence.is_question)
            ):
                chosen = sorted([best, f], key=found.index)
                break
    return openers[:1] + chosen


def _last(sentences: list[Sentence]) -> Sentence | None:
    return sentences[-1] if sentences else None


def _readable(text: str) -> str:
    """The beginning and the end of a long text, which is where people say what they want."""
    text = text.strip()
    half = MAX_READ_CHARACTERS // 2
    return text if len(text) <= MAX_READ_CHARACTERS else f"{text[:half]}\n{text[-half:]}"


def _key(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))[:200]

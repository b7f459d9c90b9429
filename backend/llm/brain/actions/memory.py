"""Facts that the user tells her: kept, told again and forgotten."""

from backend.llm.brain.turn import Action, Outcome, Pending, PendingAction, Turn, shown
from backend.shared.keepsakes import Fact

_LISTED = 8


async def keep_fact(turn: Turn) -> Outcome:
    """Keep the slot `value` under the intent's topic; a later one replaces it."""
    _tidy_whose(turn)
    topic, value = turn.fill_topic(), _value(turn)
    if not value or len(topic) > 80 or _is_no_name(topic, value, turn):
        return Outcome("unclear")
    values = {"value": shown(value), "topic": shown(topic)}
    before = await _find(turn, topic)
    if before is not None and before.text.casefold() == value.casefold():
        return Outcome("known", values)
    await turn.keepsakes.keep_fact(topic, value)
    turn.state.last_note = f"{topic} {value}"
    return Outcome("changed" if before else "", {**values, "old": shown(before.text) if before else ""})


def _is_no_name(topic: str, value: str, turn: Turn) -> bool:
    is_name = topic == "name" or topic.endswith(" name")
    return is_name and value.casefold() in turn.brain.lexicon.no_names


def _value(turn: Turn) -> str:
    """The slot `value`; a name ends where another sentence begins."""
    words = turn.slots.get("value", "").split()
    topic = turn.intent.topic
    is_name = topic == "name" or topic.endswith(" name")
    lexicon = turn.brain.lexicon
    restarts = {*lexicon.stops, *lexicon.question_words, *lexicon.reflections}
    for i in range(1, len(words)):
        # "Berlin and you", "Tom but ...": another sentence begins; "fish and chips" goes on.
        if words[i].casefold() in lexicon.stops and (
            is_name or (words[i + 1 :][:1] and words[i + 1].casefold() in restarts)
        ):
            words = words[:i]
            break
    if is_name:
        words = [word if any(c.isupper() for c in word) else word.capitalize() for word in words]
    return " ".join(words)[:200]


def _tidy_whose(turn: Turn) -> None:
    """A "brother's", "brothers" and "brother" are the same brother."""
    whose = turn.slots.get("whose")
    if whose is None:
        return
    words = whose.casefold().replace("’", "'").split()
    if words and words[-1].endswith("'s"):
        words[-1] = words[-1][:-2]
    elif words and words[-1].endswith("s") and not words[-1].endswith("ss"):
        words[-1] = words[-1].rstrip("'")[:-1] if words[-1].endswith("s") else words[-1]
    turn.slots["whose"] = " ".join(part for word in words for part in turn.brain.lexicon.expand(word))


async def _find(turn: Turn, topic: str) -> Fact | None:
    facts = await turn.keepsakes.find_facts(topic)
    return next((fact for fact in facts if fact.topic.casefold() == topic), None)


async def keep_note(turn: Turn) -> Outcome:
    """Keep the user's own words."""
    text = turn.slots.get("note", "")
    if not text and turn.found is not None:
        text = turn.found.sentence.original(turn.found.match.first, turn.found.match.last)
    text = text.strip()[:500]
    if not text:
        return Outcome("unclear")
    values = {"note": shown(text), "value": shown(turn.slots.get("value", ""))}
    if any(fact.text.casefold() == text.casefold() for fact in await turn.keepsakes.find_facts(text)):
        return Outcome("known", values)
    await turn.keepsakes.keep_fact("", text)
    turn.state.last_note = text
    return Outcome(values=values)


async def recall_fact(turn: Turn) -> Outcome:
    """Tell the fact of the intent's topic."""
    _tidy_whose(turn)
    topic = turn.fill_topic()
    fact = await _find(turn, topic)
    if fact is None:
        return Outcome("none", {"topic": shown(topic)})
    return Outcome(values={"value": shown(fact.text), "topic": shown(topic)})


async def recall_about(turn: Turn) -> Outcome:
    """Tell what is known about something; the intent's topic gives the words when the user named none."""
    words = turn.slots.get("thing", "") or turn.intent.topic
    facts = [
        fact for fact in await turn.keepsakes.find_facts(words) if turn.slots.get("thing") or not fact.topic
    ]
    if not facts:  # "park" is about "I parked on level 3"
        beginnings = {word[:4] for word in words.casefold().split() if len(word) >= 4}
        everything = await turn.keepsakes.find_facts()
        facts = [
            f for f in everything if {w[:4] for w in f"{f.topic} {f.text}".casefold().split()} & beginnings
        ]
    return _tell(turn, facts, shown(words))


async def recall_all(turn: Turn) -> Outcome:
    """Tell everything."""
    return _tell(turn, await turn.keepsakes.find_facts(), "")


def _tell(turn: Turn, facts: list[Fact], thing: str) -> Outcome:
    if not facts:
        return Outcome("none", {"thing": thing})
    item, note = turn.intent.when["item"][0], turn.intent.when["note"][0]
    lines = [
        (item if fact.topic else note)
        .replace("{topic}", shown(fact.topic))
        .replace("{text}", shown(fact.text))
        for fact in facts[:_LISTED]
    ]
    values = {"list": "; ".join(lines), "thing": thing, "more": str(len(facts) - _LISTED)}
    return Outcome("many" if len(facts) > _LISTED else "", values)


async def _forget(turn: Turn, fact: Fact) -> int:
    """Only this fact: its own words are all in it."""
    return await turn.keepsakes.forget_facts(f"{fact.topic} {fact.text}".strip())


async def forget_about(turn: Turn) -> Outcome:
    """Forget a topic ("my birthday"), or else everything that holds the words."""
    thing = turn.slots.get("thing", "").casefold()
    words = " ".join(w for w in thing.split() if w not in turn.brain.lexicon.light)
    if not words:
        return await forget_last(turn)
    fact = await _find(turn, words)
    count = await _forget(turn, fact) if fact else await turn.keepsakes.forget_facts(words)
    values = {"thing": shown(words), "count": str(count)}
    if not count:
        return Outcome("none", values)
    return Outcome("" if count == 1 else "several", values)


async def forget_last(turn: Turn) -> Outcome:
    """Forget the last fact that was kept in this talk ("forget that")."""
    words, turn.state.last_note = turn.state.last_note, ""
    count = await turn.keepsakes.forget_facts(words) if words else 0
    return Outcome("", {"thing": shown(words)}) if count else Outcome("unclear")


async def forget_all(turn: Turn) -> Outcome:
    """Ask first: there is no way back."""
    count = len(await turn.keepsakes.find_facts())
    if not count:
        return Outcome("none")
    return Outcome("ask", {"count": str(count)}, Pending("forget_all", turn.intent.name))


async def confirm_forget_all(turn: Turn, _pending: Pending) -> Outcome | None:
    """Only a clear yes empties her memory."""
    found = [f.intent.name for f in turn.brain.matcher.read(turn.sentence)]
    if "yes" in found and "no" not in found:
        for fact in await turn.keepsakes.find_facts():
            await _forget(turn, fact)
        turn.state.last_note = ""
        return Outcome("done")
    return Outcome("kept") if "no" in found or "never_mind" in found else None


ACTIONS: dict[str, Action] = {
    "keep_fact": keep_fact,
    "keep_note": keep_note,
    "recall_fact": recall_fact,
    "recall_about": recall_about,
    "recall_all": recall_all,
    "forget_about": forget_about,
    "forget_last": forget_last,
    "forget_all": forget_all,
}
PENDING: dict[str, PendingAction] = {"forget_all": confirm_forget_all}

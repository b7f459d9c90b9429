"""Reminders and timers: set, listed and cancelled; asks back when the time or the matter is missing."""

from datetime import datetime

from backend.llm.brain.matching import Sentence
from backend.llm.brain.times import When, find_time, later, say_duration, say_moment
from backend.llm.brain.turn import Action, Outcome, Pending, PendingAction, Turn, shown

MAX_REMINDERS = 100
_LISTED = 6


async def remind(turn: Turn) -> Outcome:
    """Set a reminder ("remind me in 20 minutes to stretch"), in whatever order it is said."""
    when = find_time(turn.sentence, turn.now, turn.brain.lexicon)
    text = _matter(turn, when)
    if when is None:
        return Outcome("no_time" if text else "nothing", {"text": text}, _wait_for_time(turn, text))
    if when.problem:
        return Outcome(when.problem, {"text": text}, _wait_for_time(turn, text))
    if not text:
        return Outcome("no_text", pending=Pending("reminder_text", turn.intent.name, due=when.due))
    return await _set(turn, when.due, text)


async def set_timer(turn: Turn) -> Outcome:
    """Set a timer ("set a timer for 10 minutes")."""
    when = find_time(turn.sentence, turn.now, turn.brain.lexicon)
    if when is None or when.problem:
        return Outcome(when.problem if when and when.problem else "no_time", pending=_wait_for_time(turn, ""))
    return await _set(turn, when.due, "")


async def _set(turn: Turn, due: datetime, text: str) -> Outcome:
    if len(await turn.keepsakes.list_reminders()) >= MAX_REMINDERS:
        return Outcome("full")
    lexicon = turn.brain.lexicon
    duration = say_duration((due - turn.now).total_seconds(), lexicon)
    kept = await turn.keepsakes.add_reminder(due, text or turn.intent.topic.replace("{duration}", duration))
    values = {
        "text": _say_back(kept.text, turn),
        "duration": duration,
        "moment": say_moment(due, turn.now, lexicon),
    }
    return Outcome(values=values)


def _wait_for_time(turn: Turn, text: str) -> Pending:
    return Pending("reminder_time", turn.intent.name, text)


def _matter(turn: Turn, when: When | None) -> str:
    """What to be reminded of: what the words of the command and of the time leave."""
    if "text" in turn.slots and when is None:
        return shown(turn.slots["text"])
    if turn.found is None:
        return ""
    sentence, match = turn.found.sentence, turn.found.match
    used = set(match.literal) | (set(when.used) if when else set())
    rest = [i for i, token in enumerate(sentence.tokens) if i not in used and i >= match.first]
    joints = {*turn.brain.lexicon.times.link, *turn.brain.lexicon.times.to, "that", "about", ","}
    while rest and sentence.tokens[rest[0]].word in joints:
        rest = rest[1:]
    while rest and sentence.tokens[rest[-1]].word in joints:
        rest = rest[:-1]
    if not rest:
        return ""
    # The user's own writing, without the words of the time where they stand in the middle.
    pieces: list[str] = []
    for i in rest:
        start, end = sentence.tokens[i].start, sentence.tokens[i].end
        pieces.append(
            sentence.text[start:end] if i == rest[0] else _gap(sentence, i, i - 1 in rest) + _own(sentence, i)
        )
    return shown("".join(pieces))


def _own(sentence: Sentence, i: int) -> str:
    """The writing of a token; nothing when it is the second word of a short form such as "I'm"."""
    token, before = sentence.tokens[i], sentence.tokens[i - 1]
    return (
        ""
        if (token.start, token.end) == (before.start, before.end)
        else sentence.text[token.start : token.end]
    )


def _gap(sentence: Sentence, i: int, is_next: bool) -> str:
    if not is_next:
        return " "
    return sentence.text[sentence.tokens[i - 1].end : sentence.tokens[i].start]


def _say_back(text: str, turn: Turn) -> str:
    reflections = turn.brain.lexicon.reflections
    return " ".join(reflections.get(word.casefold(), word) for word in shown(text).split())


async def say_reminder(turn: Turn) -> Outcome:
    """A reminder is due: says it, with "my" turned into "your"."""
    return Outcome(values={"text": _say_back(turn.text, turn)})


async def list_reminders(turn: Turn) -> Outcome:
    """What is still to come."""
    coming = await turn.keepsakes.list_reminders()
    if not coming:
        return Outcome("none")
    lexicon = turn.brain.lexicon
    lines = [f"{_say_back(r.text, turn)} ({say_moment(r.due, turn.now, lexicon)})" for r in coming[:_LISTED]]
    values = {"list": "; ".join(lines), "count": str(len(coming)), "more": str(len(coming) - _LISTED)}
    if len(coming) > _LISTED:
        return Outcome("many", values)
    return Outcome("one" if len(coming) == 1 else "", values)


async def cancel_reminders(turn: Turn) -> Outcome:
    """All of them, or those about something."""
    words = " ".join(
        w for w in turn.slots.get("text", "").split() if w.casefold() not in turn.brain.lexicon.light
    )
    coming = await turn.keepsakes.list_reminders()
    if not coming:
        return Outcome("none")
    if not words and len(coming) > 1 and turn.intent.topic != "all":
        lines = "; ".join(_say_back(reminder.text, turn) for reminder in coming[:_LISTED])
        return Outcome("which", {"list": lines}, Pending("cancel_which", turn.intent.name))
    count = await turn.keepsakes.cancel_reminders(words)
    if not count:
        return Outcome("not_found", {"text": shown(words)})
    return Outcome("one" if count == 1 else "", {"count": str(count)})


async def read_time(turn: Turn, pending: Pending) -> Outcome | None:
    """The time she asked for; a bare number is minutes."""
    lexicon = turn.brain.lexicon
    words = turn.sentence.words()
    number = lexicon.number(words[0]) if len(words) == 1 else None
    if number is not None and 0 < number <= 1440:
        return await _go_on(turn, pending, later(turn.now, number * 60))
    when = find_time(turn.sentence, turn.now, lexicon)
    if when is None:
        return None
    if when.problem:
        return Outcome(when.problem, {"text": pending.text}, pending)
    return await _go_on(turn, pending, when.due)


async def _go_on(turn: Turn, pending: Pending, due: datetime) -> Outcome:
    if not pending.text and not turn.intent.topic:
        return Outcome("no_text", pending=Pending("reminder_text", pending.intent, due=due))
    return await _set(turn, due, pending.text)


async def read_text(turn: Turn, pending: Pending) -> Outcome | None:
    """What the reminder she asked about is for: whatever comes next."""
    text = shown(turn.sentence.original(0, len(turn.sentence.tokens)))
    first, _, rest = text.partition(" ")
    if first.casefold() in turn.brain.lexicon.times.to:
        text = rest
    if pending.due is None or not text:
        return None
    if pending.due <= turn.now:
        return Outcome("past", {"text": text}, Pending("reminder_time", pending.intent, text))
    return await _set(turn, pending.due, text)


async def read_which(turn: Turn, _pending: Pending) -> Outcome | None:
    """Which reminder to cancel."""
    words = [word for word in turn.sentence.words() if word not in turn.brain.lexicon.light]
    if not words:
        wants_all = "all" in turn.sentence.words()
        count = await turn.keepsakes.cancel_reminders() if wants_all else 0
    else:
        count = await turn.keepsakes.cancel_reminders(" ".join(words))
    return Outcome("one" if count == 1 else "", {"count": str(count)}) if count else None


ACTIONS: dict[str, Action] = {
    "remind": remind,
    "set_timer": set_timer,
    "say_reminder": say_reminder,
    "list_reminders": list_reminders,
    "cancel_reminders": cancel_reminders,
}
PENDING: dict[str, PendingAction] = {
    "reminder_time": read_time,
    "reminder_text": read_text,
    "cancel_which": read_which,
}

"""Picks a reply that has not just been used, fills it in, and suits it to the mode."""

import random
import re

from backend.llm.brain.intents import EMOTIONS, PLACEHOLDER

_TAG = re.compile(r"\[(\w+)\] ")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")


def pick(replies: list[str], used: list[int], values: dict[str, str], source: random.Random) -> str:
    """One of the replies whose every placeholder has a value; each comes once before any comes again.

    `used` holds the numbers of those given before, and is kept up.

    Raises:
        ValueError: no reply can be filled in.
    """
    possible = [
        i for i, reply in enumerate(replies) if all(values.get(name) for name in PLACEHOLDER.findall(reply))
    ]
    if not possible:
        raise ValueError("no reply can be filled in")
    fresh = [i for i in possible if i not in used]
    if not fresh:
        last = used[-1]
        used[:] = [last]
        fresh = [i for i in possible if i != last] or possible
    number = source.choice(fresh)
    used.append(number)
    return PLACEHOLDER.sub(
        lambda slot: _fitting(values[slot[1]], replies[number][: slot.start()]), replies[number]
    )


def _fitting(value: str, before: str) -> str:
    """With a capital letter where a sentence begins."""
    return capitalised(value) if re.search(r"[.!?…]\s+$", before) else value


def split_tag(reply: str) -> tuple[str, str]:
    """The emotion of a reply and its text."""
    tag = _TAG.match(reply)
    if tag and tag[1] in EMOTIONS:
        return tag[1], capitalised(reply[tag.end() :])
    return "neutral", capitalised(reply)


def capitalised(text: str) -> str:
    """The text with a capital letter at its beginning, where a value may have put a small one."""
    return text[:1].upper() + text[1:]


def suit(text: str, mode: str, *, is_long: bool) -> str:
    """The text as the mode wants it: one sentence in "quiet"; no small-talk questions in "focus"."""
    if is_long or mode not in ("quiet", "focus"):
        return text
    sentences = _SENTENCE_END.split(text)
    told = [sentence for sentence in sentences if not sentence.endswith("?")] or sentences[:1]
    return " ".join(told[:1] if mode == "quiet" else told[:2])


def reflect(text: str, reflections: dict[str, str]) -> str:
    """The user's words as she says them: "my" becomes "your"."""
    return " ".join(reflections.get(word.casefold(), word) for word in text.split())

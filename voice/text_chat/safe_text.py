"""Makes text from outside harmless for a terminal: nothing in it can move, colour, retitle or copy."""

import re
from typing import TypeVar

import msgspec

Thing = TypeVar("Thing")

# C0 and C1 controls but tab and newline; the marks that reorder text behind the reader's back; and the
# line separators, which some terminals take for a newline and some do not.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_SYMBOL_OF_DELETE = "\u2421"


def _stand_in(found: re.Match[str]) -> str:
    character = found.group()
    if character in "\r":
        return ""
    if character in "\u2028\u2029\x85\x0b\x0c":
        return "\n"
    if character < " ":
        return chr(0x2400 + ord(character))
    if character == "\x7f":
        return _SYMBOL_OF_DELETE
    return "\ufffd" if character < "\xa0" or "\ud800" <= character <= "\udfff" else ""


def harmless(text: str) -> str:
    """The same text with control characters replaced by pictures of them ("\u241b" for escape).

    Works piece by piece: what comes in pieces gives the same as in one.
    """
    return _UNSAFE.sub(_stand_in, text)


def harmless_line(text: str) -> str:
    """As `harmless`, on one line."""
    return " ".join(harmless(text).split())


def harmless_event(value: Thing) -> Thing:
    """The same event with every text in it made harmless."""
    cleaned: object = value
    if isinstance(value, str):
        cleaned = harmless(value)
    elif isinstance(value, list):
        cleaned = [harmless_event(item) for item in value]
    elif isinstance(value, msgspec.Struct):
        fields = {name: harmless_event(getattr(value, name)) for name in value.__struct_fields__}
        cleaned = msgspec.structs.replace(value, **fields)
    return cleaned  # type: ignore[return-value]  # each branch gives back the type it was given


def sendable(text: str) -> str:
    """What the user typed, as it can be sent: without half characters and blank ends."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").strip()

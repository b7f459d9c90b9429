"""The modes of the conversation: one file each in assets/modes, and when the user asks for one."""

import random
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from backend.conversation.tags import EmotionTags, Tag
from backend.shared.errors import AlisaError
from backend.shared.records import EmotionName

DEFAULT = "chat"
MODES_FOLDER = Path(__file__).resolve().parents[2] / "assets" / "modes"

Line = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\r\n]+\Z")]


class ModeError(AlisaError):
    """Raised when the file of a mode cannot be used; names the file and the key."""


class Mode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way to be together."""

    title: Line
    """For people: "Focus"."""
    description: Line
    """One line for people: what it is good for."""
    manner: Annotated[str, msgspec.Meta(min_length=1, max_length=600)]
    """How she talks in it; an instruction to the model."""
    says: Annotated[list[Line], msgspec.Meta(min_length=1)]
    """What she says when it is switched on, one at random; begins with an emotion tag."""
    asked_by: list[Annotated[str, msgspec.Meta(min_length=2, max_length=40, pattern=r"^[a-z ]+\Z")]] = []
    """Other words for it that people use in "switch to ... mode"."""
    name: str = ""
    """The name of its file."""

    def announcement(self) -> tuple[str, EmotionName]:
        """What she says when it is switched on, and how she looks."""
        tags = EmotionTags()
        parts = [*tags.feed(random.choice(self.says)), *tags.close()]  # noqa: S311  # only for variety
        emotion: EmotionName = next((part.name for part in parts if isinstance(part, Tag)), "neutral")
        return "".join(part for part in parts if isinstance(part, str)).strip(), emotion


def load_mode(path: Path) -> Mode:
    """Read the file of a mode.

    Raises:
        ModeError: names the file and the key.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        mode = msgspec.convert(table, Mode)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModeError("mode-not-toml", f"The mode file {path.name} is not valid TOML: {error}.") from error
    except msgspec.ValidationError as error:
        raise ModeError("mode-wrong", f"The mode file {path.name} is wrong: {error}.") from error
    except OSError as error:
        message = f"The mode file {path.name} cannot be read: {error.strerror}."
        raise ModeError("mode-unreadable", message) from error
    return msgspec.structs.replace(mode, name=path.stem)


def load_modes(folder: Path = MODES_FOLDER) -> dict[str, Mode]:
    """Every mode of the folder by name, "chat" first.

    Raises:
        ModeError: A file is wrong, or "chat" is missing.
    """
    paths = [
        path for path in sorted(folder.glob("*.toml")) if re.fullmatch(r"[a-z][a-z0-9_-]{0,30}", path.stem)
    ]
    modes = {path.stem: load_mode(path) for path in paths}
    if DEFAULT not in modes:
        raise ModeError(
            "mode-missing", f'There is no mode "{DEFAULT}": {DEFAULT}.toml is missing in assets/modes.'
        )
    return {DEFAULT: modes.pop(DEFAULT), **modes}


def parse_command(text: str) -> str | None:
    """The name in `/mode NAME` in small letters; empty for `/mode` alone; None when it is no such command."""
    match = re.fullmatch(r"\s*/mode(?:\s+(\S.{0,60}?))?\s*", text, re.IGNORECASE)
    return (match.group(1) or "").lower() if match else None


_POLITE = r"(?:(?:hey|ok|okay|alright|so|now|well|then|please|alisa|yes|um|right)[,!.]?\s+)*"
_ASKING = (
    r"(?:(?:can|could|will|would|may|shall) (?:you|we|i) (?:please |maybe |just )?|let'?s |let us |please |"
    r"i (?:want|need|would like)(?: you| us)? to |i'?d like(?: you| us)? to |we should |you should |just )?"
)
_SWITCH = (
    r"(?:(?:switch|change|go|get|turn|move|shift|jump|swap|come|hop)(?: yourself| over| back)*"
    r"(?: in)?(?:to| to)?|enter|activate|enable|start|begin|use|try|be in|do|set(?: the)? mode to|"
    r"turn on|switch on|put yourself in(?:to)?|set(?: yourself)? to|back to|be|have)"
)
_LEAVE = r"(?:leave|exit|stop|end|quit|disable|deactivate|turn off|switch off|get out of|go out of|no more)"
_TAIL = (
    r"(?:\s+(?:please|now|again|for now|today|tonight|alisa|okay|ok|thanks|thank you|for a (?:bit|while)|"
    r"for me|on|with me|instead|then|right now|for the next \w+ \w+|for (?:\w+ ){1,2}(?:minutes?|hours?)))*"
)
_NORMAL = r"(?:the |your )?(?:normal|default|usual|regular)"
_BACK = (
    rf"(?:(?:(?:go|switch|change|get|come) )?back to {_NORMAL}(?: mode| self| chat)?|"
    rf"{_SWITCH} {_NORMAL} mode|normal mode)"
)
_LONGEST_REQUEST = 100


def _one_of(names: Iterable[str]) -> str:
    return f"(?P<name>{'|'.join(re.escape(name) for name in sorted(names, key=len, reverse=True))})"


def asked_mode(text: str, modes: Mapping[str, Mode]) -> str | None:
    """The mode that the user asks for in plain words ("can we do study mode, please?"), if any.

    The whole message must be the request: talk about a mode, a quote or a pasted text is none.
    """
    words = " ".join(text.replace("’", "'").split()).lower()
    if len(words) > _LONGEST_REQUEST:
        return None
    words = re.sub(r"[,;:]", "", re.sub(r"[.!?~ ]+$", "", words))
    words = re.sub(r"[.!?]", "", words) if re.fullmatch(rf"{_POLITE}[^.!?]*", words) else words
    names = {word: name for name, mode in modes.items() for word in (name, *mode.asked_by)}
    the = r"(?:the |a |in |into |to |your |our |some )*"
    one, plain = _one_of(names), _one_of(modes)
    for request in (
        rf"{_POLITE}{_ASKING}{_SWITCH} {the}{one}[ -]mode{_TAIL}",
        rf"{_POLITE}{one}[ -]mode{_TAIL}",
        # Without the word "mode" only its own name will do: "switch to work" may mean anything.
        rf"{_POLITE}{_ASKING}(?:switch|change)(?: over| back)? (?:(?:the |your )?mode )?to {plain}{_TAIL}",
        rf"{_POLITE}{_ASKING}set (?:the |your )?mode to {plain}{_TAIL}",
        rf"{_POLITE}mode {plain}{_TAIL}",
    ):
        match = re.fullmatch(request, words)
        if match:
            return names[match.group("name")]
    for request in (
        rf"{_POLITE}{_ASKING}{_LEAVE} {the}{one}[ -]mode{_TAIL}",
        rf"{_POLITE}{_ASKING}(?:turn|switch) {the}{one}[ -]mode off{_TAIL}",
        rf"{_POLITE}{_ASKING}{_BACK}{_TAIL}",
    ):
        if re.fullmatch(request, words):
            return DEFAULT
    return None

"""What the events are made of: the words they use and the records they carry."""

import re
from typing import Annotated, Any, Literal

import msgspec

EmotionName = Literal["happy", "sad", "angry", "surprised", "embarrassed", "neutral"]
PresenceState = Literal["present", "absent", "focused", "away"]
Category = Literal[
    "ide", "terminal", "browser", "office", "mail", "chat", "media", "game", "meeting", "other"
]
Ending = Literal["complete", "interrupted", "cut", "failed"]
HearingState = Literal["idle", "listening", "transcribing"]
SenseName = Literal["microphone", "camera", "screen", "cloud-voice"]
SwitchName = Literal["microphone", "camera", "screen", "cloud-voice", "voice"]
"""What the user can switch off: the senses, and her own voice."""
MouthShape = Literal["closed", "small", "wide", "round", "smile"]
Identifier = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Label = Annotated[str, msgspec.Meta(max_length=200)]
Excerpt = Annotated[str, msgspec.Meta(max_length=20_000)]


class ScreenError(msgspec.Struct, frozen=True):
    """An error that vision found on the screen."""

    kind: Label
    message: Excerpt
    place: Label = ""


class HistoryMessage(msgspec.Struct, frozen=True):
    """One stored message, as a client may show it."""

    id: int
    turn: str
    role: Literal["user", "assistant"]
    text: str
    emotion: EmotionName
    ending: Ending
    time: float
    """Seconds since the epoch."""


class Action(msgspec.Struct, frozen=True):
    """Something a pair of hands can do, announced in `Hello`."""

    name: Identifier
    description: Label
    arguments: dict[str, Any] = {}
    """JSON schema of its arguments."""


class Viseme(msgspec.Struct, frozen=True, array_like=True):
    """The shape of the mouth from a moment on: `[0.42, "wide"]`."""

    at_seconds: Annotated[float, msgspec.Meta(ge=0, le=600)]
    """Since the utterance began to sound."""
    shape: MouthShape


class Sense(msgspec.Struct, frozen=True):
    """What one capturing process does right now."""

    name: SenseName
    is_on: bool
    detail: Label = ""
    """Plain words for the user: "default microphone", "only the active window"."""


def kebab(name: str) -> str:
    """The name of a class of events as the `type` of its frames: `UserMessage` is "user-message"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()

"""Every message that crosses a process boundary: the typed protocol `alisa.v1`.

One JSON object per frame, told apart by its `type`, which is the class name in kebab-case. Unknown
fields pass in both directions, so that older and newer parts understand each other. The JSON schema
beside this file (`events.schema.json`) is generated from these classes by `python -m backend.shared.wire`.
"""

import re
from typing import Annotated, Any, Literal

import msgspec

SUBPROTOCOL = "alisa.v1"
MAX_MESSAGE_CHARACTERS = 10_000
MAX_FRAME_BYTES = 64 * 1024

EmotionName = Literal["happy", "sad", "angry", "surprised", "embarrassed", "neutral"]
PresenceState = Literal["present", "absent", "focused", "away"]
Category = Literal[
    "ide", "terminal", "browser", "office", "mail", "chat", "media", "game", "meeting", "other"
]
Ending = Literal["complete", "interrupted", "cut", "failed"]
MessageText = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_MESSAGE_CHARACTERS)]
Identifier = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Label = Annotated[str, msgspec.Meta(max_length=200)]
Excerpt = Annotated[str, msgspec.Meta(max_length=20_000)]


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()


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


class ClientEvent(msgspec.Struct, frozen=True, tag_field="type", tag=_kebab):
    """What a client says to the hub."""


class Hello(ClientEvent, frozen=True):
    """The first event of a typed client; answered by `Welcome`.

    A client that comes back says which run of the hub it knew (`session`) and the last `seq` it saw,
    and is sent what it missed, or a `Snapshot`.
    """

    name: Label = "client"
    nonce: Label = ""
    wants: list[Label] | None = None
    """Types of events to receive; null: all."""
    actions: list[Action] = []
    engines: list[Label] = []
    session: Label = ""
    last_seq: int | None = None


class UserMessage(ClientEvent, frozen=True):
    """The user says something. Sending the same `id` again is safe: it is answered once."""

    text: MessageText
    id: Identifier | None = None
    source: Literal["typed", "voice"] = "typed"


class Interrupt(ClientEvent, frozen=True):
    """Stop the running answer."""


class Presence(ClientEvent, frozen=True):
    """Whether the user is there, from the camera or the keyboard."""

    state: PresenceState


class DesktopContext(ClientEvent, frozen=True):
    """What the user is doing on the desktop. Data from the screen: never an instruction."""

    app: Label
    title: Annotated[str, msgspec.Meta(max_length=1000)]
    category: str = "other"
    task: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    fullscreen: bool = False
    meeting: bool = False
    typing_per_minute: float = 0.0
    idle_seconds: float = 0.0
    text: Excerpt = ""
    error: ScreenError | None = None


class SpeechStart(ClientEvent, frozen=True):
    """A voice has begun to speak her words."""


class SpeechEnd(ClientEvent, frozen=True):
    """The voice has ended."""


class ChangeMode(ClientEvent, frozen=True):
    """Switch the conversation mode."""

    name: Label


class ClearHistory(ClientEvent, frozen=True):
    """Delete every stored message for good."""


class HistoryQuery(ClientEvent, frozen=True):
    """Ask for stored messages, newest first; answered by `HistoryPage` with the same `id`."""

    id: Identifier
    text: Label = ""
    """Words to search for; empty: the newest messages."""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class HubEvent(msgspec.Struct, tag_field="type", tag=_kebab, kw_only=True):
    """What the hub says. `seq` grows with every event, across restarts of the hub too.

    To a client that resumes, `Welcome` carries the client's own last `seq`; what it missed follows.
    """

    seq: int = 0


class Welcome(HubEvent):
    """The answer to `Hello`."""

    session: str
    """Names this run of the hub; to be sent back in `Hello`."""
    signature: str
    """Hex HMAC-SHA256 of the client's nonce, keyed with the token of the run file."""
    version: str
    mode: str
    emotion: EmotionName
    engine: str
    """The engine that would answer now, empty while it is not known."""
    resumed: bool
    """True: what was missed follows as ordinary events. False: a `Snapshot` follows."""


class Snapshot(HubEvent):
    """Where things stand, for a client that is new or was away too long."""

    messages: list[HistoryMessage]
    """The newest messages, oldest first."""
    turn: str = ""
    """The running turn, empty when there is none."""
    text: str = ""
    """Her words in the running turn so far."""


class Accepted(HubEvent):
    """The user's message with this `id` is stored and will not be lost."""

    id: str
    turn: str


class UserSaid(HubEvent):
    """The user's words, for every client."""

    turn: str
    text: str
    source: str = "typed"


class TurnStarted(HubEvent):
    """She begins to answer, or to speak by herself."""

    turn: str
    source: Literal["user", "reminder", "idle"] = "user"


class Progress(HubEvent):
    """Why she is not talking yet: a model is loading, or it reads a long prompt."""

    turn: str
    stage: Literal["connecting", "loading", "reading", "thinking"]
    fraction: float | None = None
    """0 to 1, null when it cannot be told."""


class Token(HubEvent, gc=False):
    """A piece of her answer. The pieces of a turn, joined in order, are the answer."""

    turn: str
    text: str


class Emotion(HubEvent):
    """How she looks from now on."""

    turn: str
    name: EmotionName


class TurnEnded(HubEvent):
    """The answer of this turn is over; events of it that come later are to be ignored."""

    turn: str
    ending: Ending
    emotion: EmotionName
    engine: str = ""


class ModeChanged(HubEvent):
    """The conversation mode is another one now."""

    name: str


class SpeechStarted(HubEvent):
    """A voice has begun to speak."""


class SpeechEnded(HubEvent):
    """The voice has ended."""


class PresenceChanged(HubEvent):
    """Whether the user is there."""

    state: PresenceState


class DesktopChanged(HubEvent):
    """What the user is doing, without the text of the screen."""

    app: str
    category: str
    """One of `Category`."""
    task: str = ""


class HistoryPage(HubEvent):
    """The answer to `HistoryQuery`."""

    id: str
    messages: list[HistoryMessage]


class HistoryCleared(HubEvent):
    """Every stored message has been deleted."""


class Notice(HubEvent):
    """Something the user should know, in plain words; nothing failed because of it."""

    code: str
    message: str


class Error(HubEvent):
    """Something the client asked for did not work; the connection stays open."""

    code: str
    message: str
    id: str = ""
    """The `id` of the event it answers, when that had one."""


class Goodbye(HubEvent):
    """The hub is about to close this connection."""

    reason: str


def event_name(kind: type[msgspec.Struct]) -> str:
    """The `type` of a class of events, for `Hello.wants`."""
    return str(kind.__struct_config__.tag)

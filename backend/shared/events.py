"""Every message that crosses a process boundary: the typed protocol `alisa.v1`.

One JSON object per frame, told apart by its `type`, which is the class name in kebab-case. Unknown
fields pass in both directions, so that older and newer parts understand each other. The JSON schema
beside this file (`events.schema.json`) is generated from these classes by `python -m backend.shared.wire`.
"""

from typing import Annotated, Literal

import msgspec

from backend.shared import records

SUBPROTOCOL = "alisa.v1"
MAX_MESSAGE_CHARACTERS = 10_000
MAX_FRAME_BYTES = 64 * 1024

MessageText = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_MESSAGE_CHARACTERS)]


class ClientEvent(msgspec.Struct, frozen=True, tag_field="type", tag=records.kebab):
    """What a client says to the hub."""


class Hello(ClientEvent, frozen=True):
    """The first event of a typed client; answered by `Welcome`.

    A client that comes back says which run of the hub it knew (`session`) and the last `seq` it saw,
    and is sent what it missed, or a `Snapshot`.
    """

    name: records.Label = "client"
    nonce: records.Label = ""
    wants: list[records.Label] | None = None
    """Types of events to receive; null: all."""
    actions: list[records.Action] = []
    engines: list[records.Label] = []
    session: records.Label = ""
    last_seq: int | None = None


class UserMessage(ClientEvent, frozen=True):
    """The user says something. Sending the same `id` again is safe: it is answered once."""

    text: MessageText
    id: records.Identifier | None = None
    source: Literal["typed", "voice"] = "typed"


class Interrupt(ClientEvent, frozen=True):
    """Stop the running answer; with a turn, only that one, which may have ended already."""

    turn: records.Label = ""
    said: Annotated[str, msgspec.Meta(max_length=MAX_MESSAGE_CHARACTERS)] | None = None
    """What of it was really heard, from its beginning; null: all that was sent."""


class Presence(ClientEvent, frozen=True):
    """Whether the user is there, from the camera or the keyboard."""

    state: records.PresenceState


class DesktopContext(ClientEvent, frozen=True):
    """What the user is doing on the desktop. Data from the screen: never an instruction."""

    app: records.Label
    title: Annotated[str, msgspec.Meta(max_length=1000)]
    category: str = "other"
    task: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    fullscreen: bool = False
    meeting: bool = False
    typing_per_minute: float = 0.0
    idle_seconds: float = 0.0
    text: records.Excerpt = ""
    error: records.ScreenError | None = None


class SpeechStart(ClientEvent, frozen=True):
    """A voice has begun to speak her words."""


class SpeechEnd(ClientEvent, frozen=True):
    """The voice has ended."""


class Utterance(ClientEvent, frozen=True):
    """A sentence of hers begins to sound, with the movement of the mouth that belongs to it."""

    id: records.Identifier
    started_at: float
    """When its first sample is heard, in seconds since the epoch."""
    visemes: Annotated[list[records.Viseme], msgspec.Meta(max_length=2000)]
    """In order of time, changes only; the last one ends it with "closed"."""
    turn: records.Label = ""
    text: records.Excerpt = ""


class SpeechLevel(ClientEvent, frozen=True):
    """How loud her voice is now, where there is no timeline."""

    level: Annotated[float, msgspec.Meta(ge=0, le=1)]


class Hearing(ClientEvent, frozen=True):
    """What the ears do: nobody speaks, somebody speaks, or what was said is being written down."""

    state: records.HearingState
    text: records.Excerpt = ""
    """What has been understood so far."""


class PushToTalk(ClientEvent, frozen=True):
    """The user holds what is held down to talk to her, or has let it go."""

    is_pressed: bool


class Remark(ClientEvent, frozen=True):
    """A part of Alisa has something to tell the user; every client gets it as a `Notice`."""

    code: records.Label
    message: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class SenseReport(ClientEvent, frozen=True):
    """What this process captures right now; when its connection ends, all of it counts as off."""

    senses: Annotated[list[records.Sense], msgspec.Meta(max_length=8)]


class FlipSwitch(ClientEvent, frozen=True):
    """The user switches a sense or her voice on or off. The process that captures obeys and reports."""

    name: records.SwitchName
    is_on: bool


class Answer(ClientEvent, frozen=True):
    """The user's answer to a `Question`."""

    id: records.Identifier
    yes: bool


class CallFace(ClientEvent, frozen=True):
    """The user wants the face to come forward: shown, on this screen, with the keyboard."""


class ChangeMode(ClientEvent, frozen=True):
    """Switch the conversation mode."""

    name: records.Label


class ClearHistory(ClientEvent, frozen=True):
    """Delete every stored message for good."""


class HistoryQuery(ClientEvent, frozen=True):
    """Ask for stored messages, newest first; answered by `HistoryPage` with the same `id`."""

    id: records.Identifier
    text: records.Label = ""
    """Words to search for; empty: the newest messages."""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class HubEvent(msgspec.Struct, tag_field="type", tag=records.kebab, kw_only=True):
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
    emotion: records.EmotionName
    engine: str
    """The engine that would answer now, empty while it is not known."""
    resumed: bool
    """True: what was missed follows as ordinary events. False: a `Snapshot` follows."""
    modes: list[str] = []
    """The names of the modes there are."""


class Question(HubEvent):
    """She asks the user's permission. Every client may show it; the first `Answer` counts."""

    id: str
    text: str
    """What is to happen, in one sentence."""
    expires_at: float
    """Seconds since the epoch; no answer until then means no."""
    detail: str = ""
    """What exactly, and what it rests on."""


class QuestionClosed(HubEvent):
    """A question is answered, or its time is over."""

    id: str
    answer: Literal["yes", "no", "expired"]


class Snapshot(HubEvent):
    """Where things stand, for a client that is new or was away too long."""

    messages: list[records.HistoryMessage]
    """The newest messages, oldest first."""
    turn: str = ""
    """The running turn, empty when there is none."""
    text: str = ""
    """Her words in the running turn so far."""
    presence: records.PresenceState | None = None
    senses: list[records.Sense] = []
    switches: dict[str, bool] = {}
    """What the user has switched; what is not in it is as its process has it by default."""
    questions: list[Question] = []
    """Those that still wait for an answer."""


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
    name: records.EmotionName


class TurnEnded(HubEvent):
    """The answer of this turn is over; events of it that come later are to be ignored, but `AnswerCut`."""

    turn: str
    ending: records.Ending
    emotion: records.EmotionName
    engine: str = ""


class AnswerCut(HubEvent):
    """Of this answer, which is over, only so much was heard; no more of it is remembered."""

    turn: str
    text: str


class ModeChanged(HubEvent):
    """The conversation mode is another one now."""

    name: str


class SpeechStarted(HubEvent):
    """A voice has begun to speak."""


class SpeechEnded(HubEvent):
    """The voice has ended."""


class UtteranceStarted(HubEvent):
    """A sentence of hers begins to sound; see `Utterance`."""

    id: str
    started_at: float
    visemes: list[records.Viseme]
    turn: str = ""
    text: str = ""


class SpeechLevelChanged(HubEvent):
    """How loud her voice is now, 0 to 1."""

    level: float


class HearingChanged(HubEvent):
    """What the ears do."""

    state: records.HearingState
    text: str = ""


class TalkPushed(HubEvent):
    """What is held down to talk to her is held, or was let go."""

    is_pressed: bool


class SensesChanged(HubEvent):
    """All that captures now, and what the user has switched; replaces what was said before."""

    senses: list[records.Sense]
    """A sense that is missing here belongs to no process that runs."""
    switches: dict[str, bool]


class FaceCalled(HubEvent):
    """The user wants the face to come forward."""


class PresenceChanged(HubEvent):
    """Whether the user is there."""

    state: records.PresenceState


class DesktopChanged(HubEvent):
    """What the user is doing, without the text of the screen."""

    app: str
    category: str
    """One of `records.Category`."""
    task: str = ""


class HistoryPage(HubEvent):
    """The answer to `HistoryQuery`."""

    id: str
    messages: list[records.HistoryMessage]


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

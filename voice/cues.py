"""What the turn machine is told, and what it orders; the hub's own events it takes as they are."""

from typing import Literal

import msgspec

from backend.shared import events
from backend.shared.client import Linked, Unlinked
from backend.shared.records import HearingState
from voice.endpointing import SpeechEvent
from voice.turn_settings import Settings


class Partial(msgspec.Struct, frozen=True):
    """What a transcription that still runs has understood so far."""

    job: int
    text: str


class Transcript(msgspec.Struct, frozen=True):
    """The result of a transcription; empty when nothing was understood, or when it failed."""

    job: int
    text: str


class VoiceEvent(msgspec.Struct, frozen=True):
    """What her voice says of itself."""


class UtteranceStarted(VoiceEvent, frozen=True):
    """The player has begun to sound a piece of her answer."""

    id: str
    turn: str
    text: str
    """The piece as it stands in her answer, with the blanks around it: what was said is joined from these."""


class UtteranceHeard(VoiceEvent, frozen=True):
    """How many characters of a piece have come out of the speakers; a few times a second."""

    id: str
    characters: int


class UtteranceFinished(VoiceEvent, frozen=True):
    """A piece is over."""

    id: str


class AnswerSpoken(VoiceEvent, frozen=True):
    """The voice has done all it can for this turn: every piece has been played, or could not be spoken."""

    turn: str


class PushToTalk(msgspec.Struct, frozen=True):
    """The key to talk is pressed or let go. She stops at once, and hears although she sounds."""

    is_pressed: bool


class Mute(msgspec.Struct, frozen=True):
    """The user switches the microphone off or on."""

    is_muted: bool


TurnEvent = (
    SpeechEvent
    | Settings
    | Partial
    | Transcript
    | VoiceEvent
    | PushToTalk
    | Mute
    | Linked
    | Unlinked
    | events.HubEvent
)


class StartTranscription(msgspec.Struct, frozen=True):
    """Write down what the microphone heard; at most one of these runs at a time.

    Answered by a `Transcript` with the same `job`. The text belongs into `Endpointer.partial` too.
    """

    job: int
    since: float
    until: float | None
    """On the clock of the sound; None: up to now."""


class CancelTranscription(msgspec.Struct, frozen=True):
    """Its result is of no use any more."""

    job: int


class Send(msgspec.Struct, frozen=True):
    """Say this to the hub as the user's message, with source "voice"."""

    text: str


class Interrupt(msgspec.Struct, frozen=True):
    """Tell the hub that this turn was broken off, and what of it was heard."""

    turn: str
    said: str
    is_running: bool
    """Whether the hub still works on it: only then is there something to stop."""


class Duck(msgspec.Struct, frozen=True):
    """Play softly. Ended by `Resume` or `FadeOut`, as `Pause` is."""


class Pause(msgspec.Struct, frozen=True):
    """Be silent, keep the place, and begin nothing new."""


class Resume(msgspec.Struct, frozen=True):
    """Play on from there, as loud as before."""


class FadeOut(msgspec.Struct, frozen=True):
    """Stop within a few hundredths of a second and forget what waits to be played; then play as before."""


class DropAudio(msgspec.Struct, frozen=True):
    """Nothing of this turn is to be synthesised or played any more."""

    turn: str


class OpenMicrophone(msgspec.Struct, frozen=True):
    """Whether what the microphone hears counts; when it does not, the endpointer is to be reset."""

    is_open: bool


class ReportHearing(msgspec.Struct, frozen=True):
    """Tell the hub what the ears do."""

    state: HearingState
    text: str = ""


class Chime(msgspec.Struct, frozen=True):
    """Play a short sign: she was called by her name; or there is no hub to answer."""

    sign: Literal["called", "no-hub"]


Command = (
    StartTranscription
    | CancelTranscription
    | Send
    | Interrupt
    | Duck
    | Pause
    | Resume
    | FadeOut
    | DropAudio
    | OpenMicrophone
    | ReportHearing
    | Chime
)

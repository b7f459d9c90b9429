"""What the turn machine goes by: the choices of the user, and how long what may last."""

from dataclasses import dataclass
from typing import Literal

import msgspec

Activation = Literal["open", "name", "push"]
"""When she listens: always, when she is called by her name, or while a key is held."""


def activation_of(listen: str) -> Activation:
    """What the setting `voice.listen` means to the turn machine; "off" opens no microphone at all."""
    return "name" if listen == "name" else "open" if listen == "open" else "push"


class Settings(msgspec.Struct, frozen=True):
    """What the user has chosen, and what this machine can do; also an event, when it changes."""

    activation: Activation = "open"
    name: str = "Alisa"
    is_half_duplex: bool = False
    """There is no echo cancellation: the microphone does not count while she sounds."""
    has_partials: bool = True
    """The machine is quick enough to write down what is said while it is said."""


@dataclass(frozen=True)
class TurnTiming:
    """How long what may last, in seconds."""

    duck_seconds: float = 0.15
    """She goes on softly so long before she pauses: a click is over by then, and with about 0.3 s until
    speech is noticed she is silent 0.5 s after the user began."""
    decide_seconds: float = 0.4
    """Until she gives way to somebody who goes on speaking; `SpeechSustained` (0.5 s of speech, as LiveKit)
    says the same at the beginning of an utterance."""
    hold_seconds: float = 4.0
    """Of noise that is no words, before she speaks on over it; LiveKit resumes after 2 s."""
    partial_seconds: float = 1.0
    """Between looks at what has been said so far: a look costs Whisper as much as a whole utterance."""
    half_duplex_seconds: float = 0.2
    """After her last sound: what the room still returns of it."""
    named_seconds: float = 20.0
    """In which she need not be called again."""
    echo_seconds: float = 0.6
    """How long before an utterance is noticed her words may have ended and still be in it: 0.15 s until it
    is noticed, 0.3 s of pre-roll, and what the room returns."""
    answer_seconds: float = 10.0
    """For the hub to begin a turn; it does so as soon as the message is on the disk."""
    transcription_seconds: float = 20.0
    """For a transcription: 30 s of sound on a slow processor."""
    utterance_seconds: float = 35.0
    """For an utterance: the endpointer ends them after 30 s, unless the microphone is gone."""
    joined_seconds: float = 30.0
    """Of sound before an utterance that may be joined to it: two windows of Whisper in all."""
    gap_seconds: float = 4.0
    """Of silence in an answer that the hub has finished; a voice that fails is replaced within 2 s."""
    stuck_seconds: float = 30.0
    """Without a sign from the player in the middle of a piece: longer than any sentence."""

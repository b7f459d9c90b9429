"""What every way to make her voice has in common."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from backend.shared.errors import AlisaError
from backend.shared.settings import Voice
from voice.deck import Samples


class TtsError(AlisaError):
    """An engine cannot make this sound now, or not at all on this machine; the message says what to do."""


@dataclass(frozen=True)
class Manner:
    """How something is to be said."""

    voice: str = ""
    """The engine's name of a voice; empty, or one that it does not have: its best for the language."""
    language: str = "en"
    """ISO 639-1 code of the text."""
    rate: float = 1.0
    """How fast, 0.5 to 2."""
    pitch: float = 0.0
    """How much higher than usual, in semitones, -12 to 12."""
    volume: float = 1.0
    """How loud, 0 to 1."""


@dataclass(frozen=True)
class Spoken:
    """The sound of a text."""

    samples: Samples
    """Mono, -1 to 1. At most 10 ms of silence before it and 50 ms after it."""
    rate: int
    """Samples a second."""

    @property
    def seconds(self) -> float:
        """How long it sounds."""
        return len(self.samples) / self.rate


@dataclass(frozen=True)
class VoiceInfo:
    """A voice that the user may choose."""

    id: str
    """What `Manner.voice` and the setting `voice.voice` take."""
    title: str
    """What the user reads."""
    language: str
    """ISO 639-1 code, with a region where the voice has one: "en", "en-GB"."""
    gender: str = ""
    """ "female", "male", or empty where it is not known."""


class Engine(Protocol):
    """One way to make her voice. Used by one loop; `speak` is called for one piece of her answer at a time.

    Every engine is a file in `voice/tts/engines` with a function `create(chosen, home) -> Engine` that is
    quick, needs no network, and raises `TtsError` where this machine lacks what the engine needs.
    """

    name: str
    is_cloud: bool
    """Whether what she says leaves this machine."""

    async def speak(self, text: str, manner: Manner) -> Spoken:
        """Make the sound of a text. Clean when cancelled.

        Raises:
            TtsError: It did not work, or not to the end: half a sentence is never returned as a whole one.
        """

    async def voices(self) -> list[VoiceInfo]:
        """All voices that this engine has here.

        Raises:
            TtsError: They cannot be listed now.
        """

    async def close(self) -> None:
        """Give back what is held."""


class Create(Protocol):
    """The function `create` of an engine's file."""

    def __call__(self, chosen: Voice, home: Path) -> Engine:
        """Make the engine; see `Engine`."""

"""What every way to write down speech has in common."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from backend.shared.errors import AlisaError
from backend.shared.settings import Voice
from voice.deck import Samples


class SttError(AlisaError):
    """An engine cannot write this down now, or not at all on this machine; the message says what to do."""


@dataclass(frozen=True)
class Heard:
    """What was understood."""

    text: str
    """Empty when there were no words in it: silence, noise, music, a cough."""
    language: str = ""
    """ISO 639-1 code, empty when it is not known."""


class Engine(Protocol):
    """One way to write down speech. Used by one thread.

    Every engine is a file in `voice/stt/engines` with a function `create(chosen, home) -> Engine` that is
    quick and raises `SttError` where this machine lacks what the engine needs; `load` does what takes long.
    """

    name: str
    model: str
    """What the user reads of it, e.g. "small.en on the processor"."""
    is_quick: bool
    """Quick enough here to look at what is said while it is said; known after `load`."""

    def load(self) -> None:
        """Read the model into memory.

        Raises:
            SttError: It cannot be read.
        """

    def transcribe(self, sound: Samples, is_wanted: Callable[[], bool]) -> Heard:
        """Write down what is said in a sound.

        Args:
            sound: Mono, -1 to 1, 16 kHz, at most 60 s.
            is_wanted: Asked in between; once false the result is of no use, and work may stop early.

        Raises:
            SttError: It did not work.
        """

    def close(self) -> None:
        """Give the memory back."""


class Create(Protocol):
    """The function `create` of an engine's file."""

    def __call__(self, chosen: Voice, home: Path) -> Engine:
        """Make the engine; see `Engine`."""

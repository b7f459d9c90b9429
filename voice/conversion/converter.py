"""What every way to change the sound of her voice has in common."""

from typing import Protocol

from backend.shared.errors import AlisaError
from voice.deck import Samples


class ConversionError(AlisaError):
    """This piece cannot be converted now, or none on this machine; the message says what to do."""


class VoiceConverter(Protocol):
    """Makes another voice say the same. Used by one loop, for one piece of her answer at a time."""

    async def convert(self, samples: Samples, rate: int) -> tuple[Samples, int]:
        """Convert a piece: mono, -1 to 1. Clean when cancelled.

        Returns:
            The same words about as long, and the samples a second of the new sound.

        Raises:
            ConversionError: It did not work, or not in time; the piece is to be spoken as it is.
        """

    async def close(self) -> None:
        """Give back what is held."""

"""What every echo canceller has in common."""

from typing import Protocol

from backend.shared.errors import AlisaError
from voice.deck import Samples

RATE = 16_000


class EchoError(AlisaError):
    """This machine lacks what the canceller needs; the message says what to do."""


def failed() -> EchoError:
    """What an engine raises when its library fails in the middle of its work."""
    text = 'The echo canceller has failed. If it does so again, set voice.echo to "off" in alisa.toml.'
    return EchoError("echo-failed", text)


class Engine(Protocol):
    """Takes her own voice out of what the microphone hears. Used by one thread.

    Every engine is a file in `voice/echo/engines` with a function `create() -> Engine`, which raises
    `EchoError` where its package is not installed.
    """

    name: str

    def play(self, samples: Samples) -> None:
        """Take what the loudspeakers play next: mono, -1 to 1, 16 kHz, any length."""

    def clean(self, samples: Samples, delay_seconds: float) -> Samples:
        """Take what the microphone heard next, and return it without her voice.

        Args:
            samples: Mono, -1 to 1, 16 kHz, any length.
            delay_seconds: How long after it was given to `play` a sound is heard by the microphone, roughly.

        Returns:
            As many samples as were given in all so far, minus at most 160 that wait for their block of 10 ms.
        """

    def reset(self) -> None:
        """Forget the room: another device is in use."""

    def close(self) -> None:
        """Give back what is held."""

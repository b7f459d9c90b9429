"""What every way to play her voice has in common."""

from typing import Protocol

from voice.deck import Played, Samples
from voice.devices import SoundError


class Loudspeaker(Protocol):
    """Plays utterance after utterance: `voice.player.Player`, or `FallbackPlayer` where that cannot be."""

    @property
    def volume(self) -> float:
        """0 to 1."""

    @volume.setter
    def volume(self, volume: float) -> None: ...

    @property
    def queued_seconds(self) -> float:
        """How much is still to be played."""

    @property
    def gaps(self) -> tuple[int, float]:
        """How often the next utterance of an answer came too late, and for how many seconds in all."""

    @property
    def problem(self) -> SoundError | None:
        """Why nothing sounds; None when all is well."""

    def wake(self, seconds: float = 0.0) -> bool:
        """Open the device ahead of need; returns whether it is open after `seconds`."""

    def play(self, samples: Samples, rate: int, utterance: str, answer: str = "") -> None:
        """Queue an utterance."""

    def stop(self) -> list[Played]:
        """Fade out and forget what is queued; ends a pause. Returns what was heard of each."""

    def pause(self) -> None:
        """Fade out, keep the place, and begin nothing new."""

    def resume(self) -> None:
        """Play on from the beginning of the word that was broken off."""

    def duck(self) -> None:
        """Be softer, so that somebody else is understood."""

    def unduck(self) -> None:
        """Undo `duck`."""

    def close(self) -> None:
        """Let go of the device for good."""

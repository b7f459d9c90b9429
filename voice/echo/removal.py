"""Takes her own voice out of each frame of the microphone."""

from collections.abc import Iterator

import numpy as np

from voice.deck import Samples
from voice.echo.adaptive import HOP_SAMPLES, AdaptiveFilter
from voice.echo.alignment import LEAD_SECONDS, Alignment
from voice.echo.blocks import BLOCK_SAMPLES
from voice.echo.engine import RATE, Engine
from voice.echo.strength import EchoStrength
from voice.microphone import FRAME_SAMPLES, Frame
from voice.reference import Reference

# From the loudspeaker through the air and back.
_WAY_SECONDS = 0.01
# A room returns nothing any more after that, even where the device plays later than it says.
_TAIL_SAMPLES = RATE
_SILENT = 1e-5
_STEP_SAMPLES = FRAME_SAMPLES // 4


class EchoRemoval:
    """Player and microphone side by side, the adaptive filter, then the canceller. Used by one thread."""

    def __init__(self, canceller: Engine, reference: Reference) -> None:
        """Take over both."""
        self._canceller = canceller
        self._alignment = Alignment(reference)
        self._filter = AdaptiveFilter()
        self._strength = EchoStrength()
        self._silence = _TAIL_SAMPLES
        self._ready = self._raw_ready = np.zeros(BLOCK_SAMPLES, np.float32)

    @property
    def is_at_work(self) -> bool:
        """Whether her voice may be in what the microphone hears."""
        return self._silence < _TAIL_SAMPLES

    def is_echo(self) -> bool:
        """Whether the last frame was her own voice and hardly anything else, however much of it is left."""
        return self._strength.is_echo()

    def reset(self) -> None:
        """Forget the room: another device is in use, or something went wrong."""
        self._canceller.reset()
        self._filter.reset()
        self._strength = EchoStrength()
        self._silence = _TAIL_SAMPLES
        self._ready = self._raw_ready = np.zeros(BLOCK_SAMPLES, np.float32)

    def clean(self, frame: Frame) -> Samples:
        """The frame without her voice, 10 ms late; as it is where she has been silent for a second.

        Raises:
            EchoError: The canceller failed.
        """
        played = self._alignment.played(frame.at_seconds, FRAME_SAMPLES, frame.is_continued)
        is_silent = float(np.abs(played).max()) < _SILENT
        if not is_silent and not self.is_at_work:
            self._ready = self._raw_ready = np.zeros(BLOCK_SAMPLES, np.float32)
        self._silence = self._silence + FRAME_SAMPLES if is_silent else 0
        if not self.is_at_work:
            return frame.samples
        rest = np.concatenate(
            [
                self._filter.clean(
                    frame.samples[begin : begin + HOP_SAMPLES], played[begin : begin + HOP_SAMPLES]
                )
                for begin in range(0, FRAME_SAMPLES, HOP_SAMPLES)
            ]
        )
        # The canceller works in blocks that do not fill a frame: one block is always held back.
        waiting = np.concatenate((self._ready, *self._cancel(rest, played)))
        raw = np.concatenate((self._raw_ready, rest))
        self._ready, self._raw_ready = waiting[FRAME_SAMPLES:], raw[FRAME_SAMPLES:]
        is_somebody_else = self._strength.is_somebody_else(frame.samples, played)
        return (raw if is_somebody_else else waiting)[:FRAME_SAMPLES]

    def _cancel(self, heard: Samples, played: Samples) -> Iterator[Samples]:
        # WebRTC's begins anew when it is given more than 32 ms of one without the other.
        for begin in range(0, FRAME_SAMPLES, _STEP_SAMPLES):
            step = slice(begin, begin + _STEP_SAMPLES)
            self._canceller.play(played[step])
            yield self._canceller.clean(heard[step], LEAD_SECONDS + _WAY_SECONDS)

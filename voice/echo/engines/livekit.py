"""WebRTC's echo canceller by the package livekit, which runs on more systems and is larger."""

from typing import Any

from voice.deck import Samples
from voice.echo.blocks import BLOCK_SAMPLES, Blocks, join
from voice.echo.engine import RATE, EchoError, failed


def create() -> "LiveKit":
    """Make one.

    Raises:
        EchoError: livekit is missing, or does not load on this machine.
    """
    try:
        from livekit import rtc
    except (ImportError, OSError) as error:
        text = (
            "The package livekit is missing or does not work on this machine. Install it: pip install livekit"
        )
        raise EchoError("echo-missing", text) from error
    try:
        return LiveKit(rtc)
    # Its library is loaded with the first object.
    except (OSError, RuntimeError, AttributeError) as error:
        raise failed() from error


class LiveKit:
    """The engine; see `voice.echo.engine.Engine`."""

    name = "livekit"

    def __init__(self, rtc: Any) -> None:
        """Take the module `livekit.rtc`."""
        self._rtc = rtc
        self.reset()

    def play(self, samples: Samples) -> None:
        """See `Engine.play`."""
        try:
            for block in self._played.cut(samples):
                self._module.process_reverse_stream(self._frame(block))
        except (RuntimeError, ValueError) as error:
            raise failed() from error

    def clean(self, samples: Samples, delay_seconds: float) -> Samples:
        """See `Engine.clean`."""
        found: list[bytes] = []
        try:
            for block in self._heard.cut(samples):
                frame = self._frame(block)
                self._module.set_stream_delay_ms(max(0, round(delay_seconds * 1000)))
                self._module.process_stream(frame)
                found.append(bytes(frame.data))
        except (RuntimeError, ValueError) as error:
            raise failed() from error
        return join(found)

    def reset(self) -> None:
        """See `Engine.reset`."""
        # Suppression of noise and control of volume also weaken who speaks at the same time as she does.
        self._module = self._rtc.AudioProcessingModule(
            echo_cancellation=True, noise_suppression=False, high_pass_filter=True, auto_gain_control=False
        )
        self._played, self._heard = Blocks(), Blocks()

    def close(self) -> None:
        """See `Engine.close`."""
        self._module = None

    def _frame(self, block: bytes) -> Any:
        # A copy that can be written to: the result comes back in it.
        return self._rtc.AudioFrame(bytearray(block), RATE, 1, BLOCK_SAMPLES)

"""WebRTC's echo canceller by the small package aec-audio-processing."""

from typing import Any

from voice.deck import Samples
from voice.echo.blocks import Blocks, join
from voice.echo.engine import RATE, EchoError, failed


def create() -> "WebRtc":
    """Make one.

    Raises:
        EchoError: aec-audio-processing is missing, or does not load on this machine.
    """
    try:
        import aec_audio_processing
    # It loads a library of its own, and not every system has what that one needs.
    except (ImportError, OSError) as error:
        text = (
            "The package aec-audio-processing is missing or does not work on this machine. "
            "Install it: pip install aec-audio-processing"
        )
        raise EchoError("echo-missing", text) from error
    return WebRtc(aec_audio_processing.AudioProcessor)


class WebRtc:
    """The engine; see `voice.echo.engine.Engine`."""

    name = "webrtc"

    def __init__(self, processor: Any) -> None:
        """Take the class `AudioProcessor` of the package."""
        self._make = processor
        self.reset()

    def play(self, samples: Samples) -> None:
        """See `Engine.play`."""
        try:
            for block in self._played.cut(samples):
                self._processor.process_reverse_stream(block)
        except (RuntimeError, ValueError) as error:
            raise failed() from error

    def clean(self, samples: Samples, delay_seconds: float) -> Samples:
        """See `Engine.clean`."""
        found: list[bytes] = []
        try:
            for block in self._heard.cut(samples):
                self._processor.set_stream_delay(max(0, round(delay_seconds * 1000)))
                found.append(self._processor.process_stream(block))
        except (RuntimeError, ValueError) as error:
            raise failed() from error
        return join(found)

    def reset(self) -> None:
        """See `Engine.reset`."""
        # Suppression of noise and control of volume also weaken who speaks at the same time as she does.
        self._processor = self._make(enable_aec=True, enable_ns=False, enable_agc=False, enable_vad=False)
        self._processor.set_stream_format(RATE, 1, RATE, 1)
        self._processor.set_reverse_stream_format(RATE, 1)
        self._played, self._heard = Blocks(), Blocks()

    def close(self) -> None:
        """See `Engine.close`."""
        self._processor = None

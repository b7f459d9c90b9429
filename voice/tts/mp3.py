"""MP3 to samples, by PyAV, which comes with faster-whisper."""

import io

import numpy as np

from voice.deck import Samples
from voice.tts.engine import TtsError

RATE = 24_000
"""Samples a second of what comes out; also what the service of Edge sends."""


def decode(data: bytes) -> Samples:
    """Mono samples, -1 to 1. Some 10 ms for 3 s of sound: call it in a thread.

    A tag before the sound (ID3) is skipped. The silence that every MP3 begins with stays.

    Raises:
        TtsError: There is no sound in it.
    """
    import av

    parts: list[Samples] = []
    try:
        with av.open(io.BytesIO(data), "r", format="mp3") as file:
            to_mono = av.AudioResampler("fltp", "mono", RATE)
            for frame in file.decode(audio=0):
                parts += [part.to_ndarray()[0].astype(np.float32) for part in to_mono.resample(frame)]
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise TtsError("tts-no-mp3", "The voice service sent something that is no sound.") from error
    if not parts:
        raise TtsError("tts-no-mp3", "The voice service sent no sound.")
    return np.concatenate(parts)

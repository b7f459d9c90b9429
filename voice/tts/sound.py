"""What engines do with the sound they got: read it, make it as loud as others, cut the silence around it."""

import struct

import numpy as np

from voice.deck import Samples, resample
from voice.tts.engine import Spoken, TtsError

LOUDNESS = 0.1
"""Root of the mean square of the voiced parts of everything she says: -20 dBFS."""
_LARGEST_PEAK = 0.95
# More would make noise of what is nearly silent.
_LARGEST_GAIN = 10.0
_FRAME_SECONDS = 0.02
# Quieter than the loud parts by this factor (20 dB): a pause, not voice.
_PAUSE = 0.1
# What is below this once all is at its loudness counts as silence: -42 dBFS.
_SILENCE = 0.008
_SECONDS_BEFORE, _SECONDS_AFTER = 0.005, 0.03
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE


def finish(samples: Samples, rate: int, volume: float = 1.0) -> Spoken:
    """Bring raw sound into the shape that every engine returns.

    Args:
        samples: Mono, of any loudness.
        rate: Samples a second.
        volume: 0 to 1, after all voices were made equally loud.

    Returns:
        An empty sound where there is only silence.
    """
    even = level(samples, rate)
    return Spoken(trim(even, rate) * np.float32(volume), rate)


def level(samples: Samples, rate: int) -> Samples:
    """Give the voiced parts the loudness `LOUDNESS`; nothing is ever clipped."""
    size = max(1, round(rate * _FRAME_SECONDS))
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    if not frames.size:
        frames = samples.reshape(1, -1)
    power = np.mean(np.square(frames, dtype=np.float64), axis=1) if samples.size else np.zeros(1)
    loud = np.percentile(power, 95)
    if loud <= 0.0:
        return samples
    voiced = float(np.sqrt(np.mean(power[power >= loud * _PAUSE**2])))
    gain = min(LOUDNESS / voiced, _LARGEST_PEAK / float(np.abs(samples).max()), _LARGEST_GAIN)
    return (samples * gain).astype(np.float32)


def trim(samples: Samples, rate: int) -> Samples:
    """Cut the silence around a sound of its final loudness; at most 10 ms before and 50 ms after stay."""
    loud = np.flatnonzero(np.abs(samples) > _SILENCE)
    if not loud.size:
        return samples[:0]
    first = max(0, int(loud[0]) - round(rate * _SECONDS_BEFORE))
    last = int(loud[-1]) + round(rate * _SECONDS_AFTER)
    kept = samples[first:last].copy()
    # A cut must not click.
    ramp = np.linspace(0.0, 1.0, min(len(kept), round(rate * _SECONDS_BEFORE)), dtype=np.float32)
    kept[: len(ramp)] *= ramp
    kept[len(kept) - len(ramp) :] *= ramp[::-1]
    return kept


def shift_pitch(samples: Samples, rate: int, semitones: float) -> Samples:
    """Play it faster or slower: higher and shorter, or lower and longer, by 2 ** (semitones / 12).

    For engines that know no pitch: have it spoken more slowly by the same factor, then call this.
    """
    if not semitones:
        return samples
    return resample(samples, round(rate * 2 ** (semitones / 12)), rate)


def read_pcm(data: bytes) -> Samples:
    """Mono samples of 16 bits, little-endian; an odd byte at the end is dropped."""
    return np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.float32) / np.float32(32768)


def read_wav(data: bytes) -> tuple[Samples, int]:
    """Mono samples and rate of a WAV file, also of one from a pipe, whose header cannot know the length.

    Raises:
        TtsError: It is no WAV file, or of a kind that no engine here writes.
    """
    kind = channels = rate = bits = 0
    place = 12
    while data[:4] == b"RIFF" and data[8:12] == b"WAVE" and place + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, place)
        place += 8
        if name == b"data" and rate:
            return _decode(data[place : place + (size or len(data))], kind, bits, channels), rate
        if name == b"fmt " and place + 16 <= len(data):
            kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", data, place)
            if kind == _EXTENSIBLE and place + 26 <= len(data):
                (kind,) = struct.unpack_from("<H", data, place + 24)
        place += size + size % 2
    raise _strange()


def _decode(data: bytes, kind: int, bits: int, channels: int) -> Samples:
    width = bits // 8
    if (kind, bits) not in {(_PCM, 8), (_PCM, 16), (_PCM, 32), (_FLOAT, 32)} or not channels:
        raise _strange()
    whole = data[: len(data) // (width * channels) * width * channels]
    values: Samples
    if kind == _FLOAT:
        values = np.frombuffer(whole, "<f4").astype(np.float32)
    elif bits == 8:
        values = (np.frombuffer(whole, np.uint8).astype(np.float32) - 128) / np.float32(128)
    elif bits == 16:
        values = read_pcm(whole)
    else:
        values = (np.frombuffer(whole, "<i4") / 2**31).astype(np.float32)
    mono: Samples = values.reshape(-1, channels).mean(axis=1, dtype=np.float32)
    return mono


def _strange() -> TtsError:
    return TtsError("tts-strange-sound", "The voice engine gave something that is no sound. Try it again.")

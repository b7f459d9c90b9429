import io
import struct
import wave

import numpy as np
import pytest

from tests.voice.voice_measures import loudness, silence_around
from voice.tts import sound
from voice.tts.engine import TtsError


def tone(seconds: float, hertz: float = 200.0, rate: int = 16_000, height: float = 0.5) -> np.ndarray:
    times = np.arange(round(seconds * rate)) / rate
    return (height * np.sin(2 * np.pi * hertz * times)).astype(np.float32)


def quiet(seconds: float, rate: int = 16_000) -> np.ndarray:
    return np.zeros(round(seconds * rate), np.float32)


def wav(samples: np.ndarray, width: int = 2, channels: int = 1, rate: int = 16_000) -> bytes:
    memory = io.BytesIO()
    with wave.open(memory, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        if width == 1:
            file.writeframes((samples * 127 + 128).astype(np.uint8).tobytes())
        else:
            scale = 2 ** (8 * width - 1) - 1
            file.writeframes((samples.astype(np.float64) * scale).astype(f"<i{width}").tobytes())
    return memory.getvalue()


@pytest.mark.parametrize("height", [0.02, 0.1, 0.9])
def test_whatever_comes_gets_the_same_loudness(height):
    spoken = sound.finish(np.concatenate([tone(0.5, height=height), quiet(0.5), tone(0.5)[:0]]), 16_000)
    assert loudness(spoken.samples, 16_000) == pytest.approx(-20.0, abs=0.3)


def test_pauses_do_not_count_for_the_loudness():
    without = sound.level(tone(1.0), 16_000)
    with_pause = sound.level(np.concatenate([tone(0.5), quiet(3.0), tone(0.5)]), 16_000)
    assert np.abs(with_pause).max() == pytest.approx(np.abs(without).max(), rel=0.01)


def test_a_single_peak_is_never_clipped():
    samples = tone(1.0, height=0.01)
    samples[8000] = 0.9
    levelled = sound.level(samples, 16_000)
    assert np.abs(levelled).max() <= 0.95
    assert int(np.abs(levelled).argmax()) == 8000


def test_noise_that_is_nearly_silent_is_not_blown_up():
    noise = np.random.default_rng(1).standard_normal(16_000).astype(np.float32) * 1e-4
    assert np.abs(sound.level(noise, 16_000)).max() < 0.01
    assert len(sound.finish(noise, 16_000).samples) == 0


def test_silence_before_and_after_is_cut_and_pauses_within_stay():
    spoken = sound.finish(np.concatenate([quiet(0.7), tone(0.2), quiet(0.4), tone(0.2), quiet(0.9)]), 16_000)
    before, after = silence_around(spoken)
    assert before <= 0.01
    assert after <= 0.05
    assert spoken.seconds == pytest.approx(0.2 + 0.4 + 0.2, abs=0.05)


def test_a_cut_begins_and_ends_at_zero():
    samples = sound.trim(tone(0.3), 16_000)
    assert samples[0] == samples[-1] == 0.0


@pytest.mark.parametrize("length", [0, 1, 100])
def test_very_short_sounds_are_sounds_too(length):
    spoken = sound.finish(tone(1.0)[:length], 16_000)
    assert spoken.samples.dtype == np.float32
    assert len(spoken.samples) <= length


def test_volume_comes_after_all_voices_were_made_equally_loud():
    loud, soft = sound.finish(tone(0.5), 16_000), sound.finish(tone(0.5, height=0.9), 16_000, 0.5)
    assert loudness(soft.samples, 16_000) == pytest.approx(loudness(loud.samples, 16_000) - 6.02, abs=0.1)
    assert len(soft.samples) == len(loud.samples)


@pytest.mark.parametrize("semitones", [-7.0, -1.0, 3.0, 12.0])
def test_the_pitch_moves_by_semitones_and_the_length_with_it(semitones):
    shifted = sound.shift_pitch(tone(1.0, 400.0), 16_000, semitones)
    spectrum = np.abs(np.fft.rfft(shifted * np.hanning(len(shifted))))
    found = np.argmax(spectrum) * 16_000 / len(shifted)
    assert found == pytest.approx(400 * 2 ** (semitones / 12), rel=0.01)
    assert len(shifted) / 16_000 == pytest.approx(2 ** (-semitones / 12), rel=0.01)


@pytest.mark.parametrize("width", [1, 2, 4])
def test_wav_files_of_every_width_give_the_same_sound(width):
    samples, rate = sound.read_wav(wav(tone(0.1), width))
    assert rate == 16_000
    assert np.abs(samples - tone(0.1)).max() < (0.02 if width == 1 else 1e-3)


def test_float_wav_files_are_read():
    data = tone(0.1).astype("<f4").tobytes()
    head = struct.pack("<4sIHHIIHH", b"fmt ", 16, 3, 1, 22_050, 88_200, 4, 32)
    body = b"WAVE" + head + struct.pack("<4sI", b"data", len(data)) + data
    samples, rate = sound.read_wav(struct.pack("<4sI", b"RIFF", len(body)) + body)
    assert rate == 22_050
    assert np.array_equal(samples, tone(0.1))


def test_two_channels_become_one():
    both = np.stack([tone(0.1, height=0.4), tone(0.1, height=0.2)], axis=1).reshape(-1)
    samples, _ = sound.read_wav(wav(both, channels=2))
    assert np.abs(samples - tone(0.1, height=0.3)).max() < 1e-3


@pytest.mark.parametrize("size", [0, 0x7FFFF000, 0xFFFFFFFF])
def test_a_header_that_does_not_know_the_length_hurts_nothing(size):
    data = bytearray(wav(tone(0.1)))
    data[40:44] = struct.pack("<I", size)
    assert len(sound.read_wav(bytes(data))[0]) == 1600


def test_other_chunks_before_the_sound_are_skipped():
    data = wav(tone(0.1))
    data = data[:12] + b"LIST" + struct.pack("<I", 5) + b"abcde\0" + data[12:]
    assert len(sound.read_wav(data)[0]) == 1600


@pytest.mark.parametrize(
    "data", [b"", b"RIFF", b"RIFF1234WAVE", b"ID3 no wave", wav(tone(0.01))[:36], wav(tone(0.01))[:30]]
)
def test_what_is_no_wav_file_is_an_error_in_plain_words(data):
    with pytest.raises(TtsError) as caught:
        sound.read_wav(data)
    assert caught.value.code == "tts-strange-sound"


def test_the_odd_byte_of_a_broken_pipe_is_dropped():
    assert len(sound.read_pcm(b"\1\2\3")) == 1

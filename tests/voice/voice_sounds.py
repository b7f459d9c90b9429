"""Sounds for tests: no two alike, and easy to find again in a recording."""

import io
import subprocess
import time
import wave
from collections.abc import Callable

import numpy as np

from voice.deck import Samples


def sweep(seconds: float, rate: int = 24_000, seed: int = 0) -> Samples:
    """A tone that rises, with some noise: like nothing but itself, loud from the first sample to the last."""
    times = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(seed).standard_normal(len(times))
    smooth = np.convolve(noise, np.ones(8) / 8, mode="same")
    return (0.3 * np.cos(2 * np.pi * (300 + 60 * seed + 500 * times) * times) + 0.1 * smooth).astype(
        np.float32
    )


def say(text: str, voice: str = "en-us+f2") -> tuple[Samples, int]:
    """Speech by espeak-ng, and its sample rate."""
    try:
        done = subprocess.run(["espeak-ng", "-v", voice, "--stdout", text], capture_output=True, check=True)
    except FileNotFoundError as error:
        raise RuntimeError("espeak-ng is missing: apt-get install espeak-ng") from error
    with wave.open(io.BytesIO(done.stdout)) as file:
        data = file.readframes(1 << 30)
        return np.frombuffer(data, "<i2").astype(np.float32) / 32768, file.getframerate()


def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until something is true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"did not come true within {seconds} s"
        time.sleep(0.005)

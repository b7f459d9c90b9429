"""Is it speech? Silero streamed frame by frame, found without loading what it came with."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime  # noqa: F401  loaded here, as a test lets the path lead nowhere
import pytest

from backend.shared.errors import AlisaError
from tests.voice.echo_room import frames, spoken
from voice.deck import Samples
from voice.vad import Vad

RATE = 16_000


def chances(sound: Samples, vad: Vad | None = None) -> Samples:
    vad = vad or Vad()
    return np.array([vad.probability(frame.samples) for frame in frames(sound)])


def test_speech_is_told_from_what_is_none() -> None:
    chance = np.random.default_rng(0)
    times = np.arange(2 * RATE) / RATE
    clicks = np.zeros(2 * RATE)
    clicks[::4000] = 0.8
    others = {
        "silence": np.zeros(2 * RATE),
        "noise": 0.1 * chance.standard_normal(2 * RATE),
        "hum": 0.3 * np.sin(2 * np.pi * 50 * times),
        "clicks": clicks,
    }
    for name, sound in others.items():
        assert chances(sound.astype(np.float32)).max() < 0.5, name
    for voice in ("en-us+f2", "en-gb+m3"):
        assert np.median(chances(spoken("This is what somebody says.", voice, 0.3))) > 0.6


def test_in_a_stream_it_says_the_same_as_for_the_whole() -> None:
    from faster_whisper.vad import get_vad_model

    sound = spoken("The state goes from frame to frame.", "en-us+f2", 0.3)
    sound = sound[: len(sound) // 512 * 512]
    assert chances(sound) == pytest.approx(get_vad_model()(sound).reshape(-1), abs=0.001)


def test_after_a_break_it_begins_anew() -> None:
    sound = spoken("Before the break.", "en-us+f2", 0.3)
    vad = Vad()
    first = chances(sound, vad)
    again = chances(sound, vad)
    vad.reset()
    assert not np.array_equal(again, first)
    assert np.array_equal(chances(sound, vad), first)


def test_neither_whisper_nor_a_word_on_the_screen_comes_with_it() -> None:
    code = "import sys; from voice.vad import Vad; Vad(); print({'faster_whisper', 'av'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert (done.stdout, done.stderr) == ("set()\n", "")


@pytest.mark.parametrize(
    ("files", "code"),
    [
        (None, "vad-missing"),
        ({}, "vad-missing"),
        ({"silero_vad_v7.onnx": b"no model" * 100}, "vad-broken"),
        ({"silero_vad_v7.onnx": b""}, "vad-broken"),
    ],
)
def test_where_it_is_missing_or_broken_the_fix_is_said(
    files: dict[str, bytes] | None, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "faster_whisper"]:
        monkeypatch.delitem(sys.modules, name)
    if files is None:
        monkeypatch.setattr(sys, "path", [str(tmp_path)])
    else:
        assets = tmp_path / "faster_whisper" / "assets"
        assets.mkdir(parents=True)
        (assets.parent / "__init__.py").touch()
        for name, content in files.items():
            (assets / name).write_bytes(content)
        monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(AlisaError) as caught:
        Vad()
    assert caught.value.code == code
    assert "scripts/alisa.py install" in caught.value.message

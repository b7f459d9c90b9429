"""Whisper as an engine: the real faster-whisper on models that are made here."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tokenizers

from backend.shared import desktop
from backend.shared.settings import Voice
from tests.voice.tiny_whisper import make_scripted_whisper
from voice.stt import gpu, models
from voice.stt.engine import SttError
from voice.stt.engines import whisper
from voice.stt.models import MARKER
from voice.stt.sounds import RATE, has_speech, loudest, practice_sound, prepare

SENTENCE = "Hey Alisa, what is the weather like today?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return make_scripted_whisper(tmp_path_factory.mktemp("Whisper für ホーム") / "tiny", SENTENCE)


@pytest.fixture(scope="module")
def engine(folder) -> Iterator[whisper.Whisper]:
    engine = whisper.create(Voice(stt_model=str(folder), stt_device="cpu"), folder)
    engine.load()
    yield engine
    engine.close()


def _always() -> bool:
    return True


def _put(home: Path, folder: Path, name: str) -> Path:
    """A complete model of this name in the home folder."""
    place = models.models_folder(home) / name
    place.mkdir(parents=True)
    files = [file for file in folder.iterdir() if file.is_file()]
    for file in files:
        (place / file.name).write_bytes(file.read_bytes())
    (place / MARKER).write_text(json.dumps({file.name: file.stat().st_size for file in files}))
    return place


# --- the sound


def test_a_spoken_sound_is_written_down(engine):
    heard = engine.transcribe(practice_sound(), _always)
    assert (heard.text, heard.language) == (SENTENCE, "en")


@pytest.mark.parametrize("seconds", [0.35, 0.5])
def test_a_short_sound_is_padded(engine, seconds):
    short = practice_sound()[1200 : 1200 + round(seconds * RATE)]
    assert len(prepare(short)) == RATE
    assert engine.transcribe(short, _always).text == SENTENCE


def test_a_sound_longer_than_the_window_is_written_down_window_by_window(engine):
    long = np.tile(np.pad(practice_sound(), (0, RATE)), 11)
    assert engine.transcribe(long, _always).text == f"{SENTENCE} {SENTENCE}"


def test_work_on_a_long_sound_ends_between_windows_when_nobody_wants_it(engine):
    long = np.tile(practice_sound(), 16)
    answers = iter([True, True, False])
    assert engine.transcribe(long, lambda: next(answers)).text == ""
    assert next(answers, None) is None


def test_nothing_is_begun_for_a_result_that_nobody_wants(engine):
    assert engine.transcribe(practice_sound(), lambda: False).text == ""


_random = np.random.default_rng(5)
_TIMES = np.arange(3 * RATE) / RATE
NO_SPEECH = {
    "nothing": np.zeros(0),
    "one sample": np.ones(1),
    "digital silence": np.zeros(2 * RATE),
    "a quiet room": 0.0004 * _random.standard_normal(3 * RATE),
    "loud white noise": 0.2 * _random.standard_normal(3 * RATE),
    "a fan": 0.3 * np.convolve(_random.standard_normal(3 * RATE), np.ones(40) / 40, mode="same"),
    "mains hum": 0.2 * np.sin(2 * np.pi * 50 * _TIMES),
    "a chord": sum(0.1 * np.sin(2 * np.pi * tone * _TIMES) for tone in (262, 330, 392)),
    "clicks": (_random.random(3 * RATE) < 0.0003) * 0.8,
    "no numbers": np.full(RATE, np.nan),
}


@pytest.mark.parametrize("name", NO_SPEECH)
def test_there_are_no_words_in(engine, name):
    assert engine.transcribe(NO_SPEECH[name].astype(np.float32), _always).text == ""


def test_a_quiet_voice_is_speech():
    assert loudest(practice_sound()) < 0.1
    assert has_speech(prepare(0.1 * practice_sound()))


def test_samples_that_are_no_numbers_or_too_loud_do_not_matter(engine):
    broken = 5 * practice_sound()
    broken[100:200], broken[300] = np.nan, np.inf
    assert engine.transcribe(broken, _always).text == SENTENCE


# --- loading


def test_load_measures_whether_it_is_quick(engine, folder, monkeypatch):
    assert engine.is_quick
    assert engine.model == "tiny on the processor"
    monkeypatch.setattr(whisper, "QUICK_SECONDS", 0.0)
    slow = whisper.create(Voice(stt_model=str(folder), stt_device="cpu"), folder)
    slow.load()
    assert not slow.is_quick


def test_a_closed_engine_says_that_it_is_not_loaded(folder):
    engine = whisper.create(Voice(stt_model=str(folder), stt_device="cpu"), folder)
    with pytest.raises(SttError) as raised:
        engine.transcribe(practice_sound(), _always)
    assert raised.value.code == "stt-not-loaded"


def _cut(name: str) -> Callable[[Path], object]:
    def spoil(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return spoil


@pytest.mark.parametrize(
    "spoil",
    [
        _cut("model.bin"),
        _cut("tokenizer.json"),
        _cut("config.json"),
        lambda folder: (folder / "model.bin").write_bytes(b""),
        lambda folder: (folder / "model.bin").write_bytes(b"\xff" * 4096),
        lambda folder: (folder / "tokenizer.json").write_text("{}"),
        lambda folder: (folder / "vocabulary.json").unlink(),
    ],
)
def test_a_damaged_model_is_said_to_be_damaged(folder, tmp_path, spoil):
    place = _put(tmp_path, folder, "tiny")
    engine = whisper.create(Voice(stt_model="tiny", stt_device="cpu"), tmp_path)
    spoil(place)
    with pytest.raises(SttError) as raised:
        engine.load()
    assert raised.value.code == "stt-broken-model"
    assert "python -m voice.stt remove tiny, then python -m voice.stt get tiny" in raised.value.message


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MemoryError(), "stt-no-memory"),
        (RuntimeError("std::bad_alloc"), "stt-no-memory"),
        (RuntimeError("CUDA failed with error out of memory"), "stt-no-memory"),
        (RuntimeError("oneDNN said no"), "stt-failed"),
    ],
)
def test_what_fails_while_writing_down_is_explained(folder, error, code):
    engine = whisper.create(Voice(stt_model=str(folder), stt_device="cpu"), folder)
    engine.load()

    def fail(*_given: object) -> None:
        raise error

    engine._whisper.encode = fail
    with pytest.raises(SttError) as raised:
        engine.transcribe(practice_sound(), _always)
    assert raised.value.code == code
    assert "bad_alloc" not in raised.value.message


def test_a_model_larger_than_the_free_memory_is_refused(folder, monkeypatch):
    engine = whisper.create(Voice(stt_model=str(folder), stt_device="cpu"), folder)
    monkeypatch.setattr(desktop, "memory_bytes", lambda: (2**30, 100_000))
    with pytest.raises(SttError) as raised:
        engine.load()
    assert raised.value.code == "stt-no-memory"
    assert "tiny" in raised.value.message


def test_the_network_is_never_asked_for_a_model(folder, tmp_path, monkeypatch):
    """Without a tokenizer faster-whisper would fetch one."""
    place = _put(tmp_path, folder, "tiny")
    engine = whisper.create(Voice(stt_model="tiny", stt_device="cpu"), tmp_path)
    (place / "tokenizer.json").unlink()

    def fetch(*_given: object) -> None:
        raise AssertionError("asked the network")

    monkeypatch.setattr(tokenizers, "Tokenizer", SimpleNamespace(from_pretrained=fetch))
    with pytest.raises(SttError) as raised:
        engine.load()
    assert raised.value.code == "stt-broken-model"


def test_without_the_package_the_command_is_named(folder, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(SttError) as raised:
        whisper.create(Voice(stt_model=str(folder)), folder)
    assert raised.value.code == "stt-no-package"
    assert "pip install -r voice/requirements-speech.txt" in raised.value.message


# --- the graphics card


def test_a_machine_without_a_card_uses_the_processor(folder):
    found = gpu.probe(folder)
    assert found.compute_type == ""
    assert found.problem.endswith(".") or "CUDA" in found.problem


def test_a_chosen_card_that_does_not_work_is_said_with_the_fix(folder, monkeypatch):
    monkeypatch.setattr(
        gpu, "probe", lambda _folder: gpu.Probe(problem="There is no graphics card with CUDA.")
    )
    engine = whisper.create(Voice(stt_model=str(folder), stt_device="cuda"), folder)
    with pytest.raises(SttError) as raised:
        engine.load()
    assert raised.value.code == "stt-no-gpu"
    assert 'voice.stt_device to "cpu"' in raised.value.message


def test_a_card_that_fails_after_all_leaves_the_work_to_the_processor(folder, monkeypatch):
    """Here CTranslate2 finds no CUDA, as it would on a card that went away."""
    monkeypatch.setattr(gpu, "probe", lambda _folder: gpu.Probe("float16"))
    engine = whisper.create(Voice(stt_model=str(folder)), folder)
    engine.load()
    assert engine.model == "tiny on the processor"
    assert engine.transcribe(practice_sound(), _always).text == SENTENCE


def test_the_probe_really_writes_something_down(folder):
    assert gpu.try_device(folder, "cpu", "int8").compute_type == "int8"


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        ("import os; os.abort()", "ended the process"),
        ("print('loading libraries')", "ended the process"),
        ("import time; time.sleep(30)", "did not answer within 1 s"),
        ('print("noise"); print(\'{"compute_type": "float16", "problem": ""}\')', ""),
    ],
)
def test_the_probe_survives_what_the_process_does(folder, monkeypatch, program, problem):
    real = subprocess.run

    def run(_command: list[str], **options: object) -> object:
        return real([sys.executable, "-c", program], **options)

    monkeypatch.setattr(subprocess, "run", run)
    found = gpu.probe(folder, seconds=1)
    assert problem in found.problem
    assert found.compute_type == ("" if problem else "float16")

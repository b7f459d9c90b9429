"""Which engine and which model write down speech on this machine, and what is said where there is none."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from backend.shared import desktop
from backend.shared.settings import Voice
from voice.stt import choice, models
from voice.stt.engine import SttError
from voice.stt.models import MARKER
from voice.stt.sounds import RATE, practice_sound

GB = 2**30


def _always() -> bool:
    return True


def _put(home: Path, name: str) -> Path:
    """A complete model of this name in the home folder; nobody reads it here."""
    place = models.models_folder(home) / name
    place.mkdir(parents=True)
    for file in models.NEEDED:
        (place / file).write_bytes(b"12345678")
    (place / MARKER).write_text(json.dumps(dict.fromkeys(models.NEEDED, 8)))
    return place


@pytest.fixture
def machine(monkeypatch) -> Callable[[float, int], None]:
    def be(free_gb: float, cores: int) -> None:
        monkeypatch.setattr(desktop, "memory_bytes", lambda: (int(32 * GB), int(free_gb * GB)))
        monkeypatch.setattr(desktop, "physical_cores", lambda: cores)

    return be


@pytest.mark.parametrize(
    ("free_gb", "cores", "chosen", "name"),
    [
        (8, 2, Voice(), "tiny"),
        (8, 4, Voice(), "base"),
        (8, 8, Voice(), "small"),
        (0.5, 8, Voice(), "tiny"),
        (1, 16, Voice(), "base"),
        (0.1, 16, Voice(), "tiny"),
        (0, 16, Voice(), "small"),
        (8, 4, Voice(language="en"), "base.en"),
        (8, 4, Voice(language="en-GB"), "base.en"),
        (8, 4, Voice(language="ja"), "base"),
        (0.1, 1, Voice(language="en"), "tiny.en"),
        (16, 2, Voice(stt_device="cuda"), "large-v3-turbo"),
        (16, 2, Voice(stt_device="cuda", language="en"), "medium.en"),
    ],
)
def test_the_recommended_model_fits_memory_processor_and_language(machine, free_gb, cores, chosen, name):
    machine(free_gb, cores)
    assert models.recommend(chosen).name == name


def test_without_a_model_the_command_is_said_with_its_size(machine, tmp_path):
    machine(8, 4)
    with pytest.raises(SttError) as raised:
        choice.choose(Voice(), tmp_path)
    assert raised.value.code == "stt-no-model"
    assert raised.value.message == "She cannot hear words yet: python -m voice.stt get base (148 MB, once)."
    missing = choice.missing_model(Voice(), tmp_path)
    assert missing is not None
    assert missing.name == "base"


def test_a_model_that_is_here_is_used_even_when_another_would_be_better(machine, tmp_path):
    machine(8, 8)
    _put(tmp_path, "tiny")
    assert choice.missing_model(Voice(), tmp_path) is None
    assert choice.choose(Voice(), tmp_path).model == "tiny on the processor"
    _put(tmp_path, "base")
    assert choice.choose(Voice(), tmp_path).model == "base on the processor"
    machine(8, 1)
    assert choice.choose(Voice(), tmp_path).model == "tiny on the processor"


def test_of_those_that_are_here_the_largest_that_fits_into_memory_is_used(machine, tmp_path):
    for name in ("base", "small", "medium"):
        _put(tmp_path, name)
    machine(2, 1)
    assert choice.choose(Voice(), tmp_path).model == "small on the processor"
    machine(0.2, 1)
    assert choice.choose(Voice(), tmp_path).model == "base on the processor"


def test_an_english_model_is_for_english_only(machine, tmp_path):
    machine(8, 4)
    _put(tmp_path, "base.en")
    assert choice.missing_model(Voice(), tmp_path).name == "base"
    assert choice.missing_model(Voice(language="en"), tmp_path) is None
    with pytest.raises(SttError) as raised:
        choice.choose(Voice(stt_model="base.en", language="de"), tmp_path)
    assert 'voice.stt_model to "base"' in raised.value.message


def test_a_half_model_is_none(tmp_path):
    place = _put(tmp_path, "tiny")
    assert models.is_here(models.find_model("tiny"), tmp_path)
    (place / "model.bin").write_bytes(b"1234")
    assert not models.is_here(models.find_model("tiny"), tmp_path)
    assert choice.missing_model(Voice(stt_model="tiny"), tmp_path).name == "tiny"


@pytest.mark.parametrize("marker", ["", "[]", "{}", '{"model.bin": 1}', '{"model.bin": "x"}', "\xff"])
def test_a_marker_that_says_nothing_does_not_count(tmp_path, marker):
    (_put(tmp_path, "tiny") / MARKER).write_text(marker, encoding="latin-1")
    assert not models.is_here(models.find_model("tiny"), tmp_path)


def test_an_unknown_name_is_answered_with_the_nearest(tmp_path):
    with pytest.raises(SttError) as raised:
        choice.choose(Voice(stt_model="smal"), tmp_path)
    assert 'Did you mean "small"?' in raised.value.message


def test_a_chosen_folder_needs_its_files(tmp_path):
    with pytest.raises(SttError) as raised:
        choice.choose(Voice(stt_model=str(tmp_path)), tmp_path)
    assert "config.json is missing" in raised.value.message
    assert str(tmp_path) not in raised.value.message


def test_an_engine_that_does_not_exist_is_named_with_those_that_do(tmp_path):
    with pytest.raises(SttError) as raised:
        choice.choose(Voice(stt_engine="ears"), tmp_path)
    assert raised.value.code == "no-such-engine"
    assert "scripted, whisper" in raised.value.message
    assert "voice.stt_engine" in raised.value.message


# --- the scripted engine


def _script(tmp_path: Path, text: str, encoding: str = "utf-8") -> Voice:
    (tmp_path / "lines.txt").write_bytes(text.encode(encoding))
    return Voice(stt_engine="scripted", stt_model=str(tmp_path / "lines.txt"), language="en")


def test_the_script_gives_a_line_for_each_spoken_sound(tmp_path):
    engine = choice.choose(_script(tmp_path, "Hello.\n\n# a remark\nHow are you? 元気？\n"), tmp_path)
    engine.load()
    first, second, third = (practice_sound()[start:] for start in (1000, 2000, 3000))
    assert engine.transcribe(first[:8000], _always).text == "Hello."
    assert engine.transcribe(first, _always).text == "Hello."  # the same utterance, longer
    assert engine.transcribe(np.zeros(RATE, np.float32), _always).text == ""
    assert engine.transcribe(second, _always).text == "How are you? 元気？"
    assert engine.transcribe(third, _always).text == ""
    assert engine.is_quick


@pytest.mark.parametrize("model", ["", "absent.txt", "."])
def test_a_script_that_cannot_be_read_is_explained(tmp_path, model):
    with pytest.raises(SttError) as raised:
        choice.choose(Voice(stt_engine="scripted", stt_model=model), tmp_path)
    assert raised.value.code == "stt-no-script"


def test_a_script_in_another_encoding_is_refused(tmp_path):
    with pytest.raises(SttError):
        choice.choose(_script(tmp_path, "Grüße", "latin-1"), tmp_path)

"""Spoken sentences become text: the real faster-whisper on models that tell sounds of espeak-ng apart."""

import queue
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soxr

from backend.shared.settings import Voice
from tests.voice.tiny_whisper import make_listening_whisper
from tests.voice.voice_sounds import say
from voice.deck import Samples
from voice.stt.engines import whisper
from voice.stt.sounds import RATE
from voice.transcriber import Result, Transcriber

SENTENCES = [
    "Hello Alisa, how are you today?",
    "Please remind me to water the plants.",
    "What is the weather like in London?",
    "Tell me a short story about a dragon.",
    "No, stop, I meant something else.",
    "Good night Alisa, sleep well.",
]
GERMAN = "Guten Morgen, wie hast du geschlafen?"


def _spoken(text: str, voice: str = "en-us+f2") -> Samples:
    sound, rate = say(text, voice)
    return np.asarray(soxr.resample(sound, rate, RATE), np.float32)


@pytest.fixture(scope="module")
def sounds() -> dict[str, Samples]:
    return {text: _spoken(text) for text in SENTENCES}


def _engine(folder: Path, **chosen: str) -> whisper.Whisper:
    engine = whisper.create(Voice(stt_model=str(folder), stt_device="cpu", **chosen), folder)
    engine.load()
    return engine


@pytest.fixture(scope="module")
def engine(sounds, tmp_path_factory) -> Iterator[whisper.Whisper]:
    engine = _engine(make_listening_whisper(tmp_path_factory.mktemp("listening"), sounds))
    yield engine
    engine.close()


def _hear(engine: whisper.Whisper, sound: Samples) -> str:
    return engine.transcribe(sound.astype(np.float32), lambda: True).text


@pytest.mark.parametrize("text", SENTENCES)
@pytest.mark.parametrize(
    ("gain", "before", "after", "noise"),
    [
        (1.0, 0.0, 0.0, 0.0),
        (1.0, 0.3, 0.35, 1e-4),
        (0.3, 1.1, 0.7, 1e-4),
        (0.05, 0.3, 0.6, 1e-4),
        (0.5, 2.0, 0.2, 3e-3),
    ],
)
def test_a_sentence_is_understood_at_any_place_and_loudness(engine, sounds, text, gain, before, after, noise):
    sound = gain * np.pad(sounds[text], (round(before * RATE), round(after * RATE)))
    sound += noise * np.random.default_rng(11).standard_normal(len(sound))
    assert _hear(engine, sound) == text


def test_it_is_the_sound_that_decides(engine, sounds):
    """Another voice is a control: the model knows timbres, so it may take that for anything it knows."""
    foreign = [_hear(engine, _spoken(text, "en-gb+m3")) for text in SENTENCES]
    assert set(foreign) <= {*SENTENCES, ""}
    assert len({_hear(engine, sound) for sound in sounds.values()}) == len(SENTENCES)


def test_noise_is_nothing_even_where_silero_lets_it_through(engine, sounds, monkeypatch):
    monkeypatch.setattr(whisper, "has_speech", lambda _sound: True)
    random = np.random.default_rng(2)
    assert _hear(engine, np.zeros(2 * RATE)) == ""
    assert _hear(engine, 0.05 * random.standard_normal(2 * RATE)) == ""
    assert _hear(engine, sounds[SENTENCES[0]]) == SENTENCES[0]


def test_two_sentences_in_a_minute_are_both_understood(engine, sounds):
    first, second = SENTENCES[0], SENTENCES[3]
    long = np.pad(sounds[first], (RATE, 30 * RATE - len(sounds[first])))
    assert _hear(engine, np.concatenate([long, sounds[second]])) == f"{first} {second}"


@pytest.fixture(scope="module")
def multilingual(sounds, tmp_path_factory) -> Path:
    languages = dict.fromkeys(SENTENCES, "en") | {GERMAN: "de"}
    both = sounds | {GERMAN: _spoken(GERMAN, "de+f2")}
    return make_listening_whisper(tmp_path_factory.mktemp("multilingual"), both, languages=languages)


def test_the_language_is_found_out_and_another_one_takes_over(multilingual, sounds):
    engine = _engine(multilingual)
    german = _spoken(GERMAN, "de+f2")
    heard = [engine.transcribe(sound, lambda: True) for sound in (sounds[SENTENCES[0]], german, german)]
    assert [(one.text, one.language) for one in heard] == [
        (SENTENCES[0], "en"),
        (GERMAN, "de"),
        (GERMAN, "de"),
    ]


def test_the_chosen_language_is_not_questioned(multilingual):
    engine = _engine(multilingual, language="en-US")
    assert engine.transcribe(_spoken(GERMAN, "de+f2"), lambda: True).language == "en"


def test_a_language_that_whisper_does_not_know_is_found_out(multilingual):
    engine = _engine(multilingual, language="tlh")
    assert engine.transcribe(_spoken(GERMAN, "de+f2"), lambda: True).language == "de"


def test_finding_out_the_language_does_not_encode_the_sound_twice(multilingual, sounds):
    engine = _engine(multilingual)
    encoded = []
    model = engine._whisper.model

    class Counting:
        def __getattr__(self, name: str) -> object:
            if name == "encode":
                encoded.append(name)
            return getattr(model, name)

    engine._whisper.model = Counting()
    assert engine.transcribe(sounds[SENTENCES[1]], lambda: True).text == SENTENCES[1]
    assert len(encoded) == 1
    engine.transcribe(sounds[SENTENCES[2]], lambda: True)
    assert len(encoded) == 2


def test_a_conversation_of_five_sentences(engine, sounds):
    results: queue.Queue[Result] = queue.Queue()
    transcriber = Transcriber(engine, tell=results.put)
    for job, text in enumerate(SENTENCES[:5]):
        transcriber.start(job, np.pad(sounds[text], (4800, 5600)))
        result = results.get(timeout=20)
        assert (result.job, result.heard.text) == (job, text)
    transcriber.close()

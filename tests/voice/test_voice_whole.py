"""The real process between a microphone and a loudspeaker: she is spoken to, answers, and can be interrupted."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from backend.shared import events
from tests.hub_process import HubProcess
from tests.voice.sound_card import Recording, SoundCard
from tests.voice.tiny_whisper import make_listening_whisper
from tests.voice.voice_house import VoiceProcess, Witness, voice_house
from tests.voice.voice_sounds import say
from voice.deck import Samples, resample

SENTENCES = (
    "Hello Alisa, how are you today?",
    "What is the capital of France?",
    "Please tell me a story about a fox.",
    "Thank you, that was very kind.",
    "Wait, I have another question.",
)
MOUTH_SECONDS = 0.06
"""How far the mouth may be from the sound."""
MICROPHONE_RATE = 16_000


def spoken(text: str) -> Samples:
    samples, rate = say(text, "en-gb")
    return resample(samples, rate, MICROPHONE_RATE)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Whisper that hears these sentences; faster-whisper's own code runs it."""
    folder = tmp_path_factory.mktemp("whisper") / "model"
    return make_listening_whisper(folder, {text: spoken(text) for text in SENTENCES})


def tell(card: SoundCard, text: str) -> float:
    """Say it into the microphone; returns when the last of it was said, in seconds since the epoch."""
    sound = spoken(text)
    begin = time.time()
    card.speak_into_microphone(
        np.concatenate([sound, np.zeros(1600, np.float32)]), MICROPHONE_RATE, wait=False
    )
    return begin + len(sound) / MICROPHONE_RATE


@pytest.fixture
async def house(
    home: Path, shared_card: SoundCard, model: Path, start_hub, request: pytest.FixtureRequest
) -> AsyncIterator[tuple[VoiceProcess, Witness, HubProcess]]:
    settings = {"voice_stt_model": str(model), "voice_engine": "espeak", "voice_language": "en"}
    hub = await start_hub(llm_engine="scripted")
    async with voice_house(home, shared_card, hub, **(settings | getattr(request, "param", {}))) as (
        voice,
        witness,
    ):
        yield voice, witness, hub


async def hear(witness: Witness, count: int) -> events.UserSaid:
    """Wait until the hub has been told what was said for that time; returns it."""
    await witness.wait_for(lambda: len(witness.all(events.UserSaid)) >= count, f"sentence {count}")
    return witness.all(events.UserSaid)[count - 1]


async def silence(recording: Recording, seconds: float, limit: float = 30.0) -> None:
    """Wait until nothing has been heard for so long."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        loud = recording.loud_times()
        if loud and time.time() - loud[-1] > seconds:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("She never stops.")


async def test_she_answers_aloud_and_her_mouth_moves_with_her_voice(house, shared_card: SoundCard) -> None:
    voice, witness, _ = house
    with shared_card.listen() as speaker:
        tell(shared_card, SENTENCES[1])
        said = await hear(witness, 1)
        assert (said.text, said.source) == (SENTENCES[1], "voice")
        await witness.wait_for(lambda: witness.all(events.SpeechEnded), "the end of her speech", 30)
        loud = np.array(speaker.loud_times())
    pieces = witness.all(events.UtteranceStarted)
    assert pieces
    for piece in pieces:
        shapes = [v for v in piece.visemes if v.shape != "closed"]
        first, last = piece.started_at + shapes[0].at_seconds, piece.started_at + piece.visemes[-1].at_seconds
        assert np.abs(loud - first).min() < MOUTH_SECONDS
        assert np.abs(loud - last).min() < MOUTH_SECONDS
    assert abs(loud[0] - pieces[0].started_at - pieces[0].visemes[0].at_seconds) < MOUTH_SECONDS
    assert abs(loud[-1] - pieces[-1].started_at - pieces[-1].visemes[-1].at_seconds) < MOUTH_SECONDS
    assert f"You: {SENTENCES[1]}" in voice.lines

"""Sentences for the tests of the whole process: said into the microphone, and heard by a tiny Whisper."""

import time

import numpy as np

from backend.shared import events
from tests.voice.sound_card import SoundCard
from tests.voice.voice_house import Witness
from tests.voice.voice_sounds import say
from voice.deck import Samples, resample

SENTENCES = (
    "Hello Alisa, how are you today?",
    "What is the capital of France?",
    "Please tell me a story about a fox.",
    "Thank you, that was very kind.",
    "Wait, I have another question.",
)
MICROPHONE_RATE = 16_000


def spoken(text: str) -> Samples:
    """The sentence as the user says it, 16 kHz, without silence around it."""
    samples, rate = say(text, "en-gb")
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    return resample(samples[loud[0] : loud[-1]], rate, MICROPHONE_RATE)


def tell(card: SoundCard, text: str) -> tuple[float, float]:
    """Say it into the microphone; returns about when its first and its last sound were made."""
    sound = spoken(text)
    begin = time.time()
    quiet = np.zeros(MICROPHONE_RATE // 10, np.float32)
    card.speak_into_microphone(np.concatenate([sound, quiet]), MICROPHONE_RATE, wait=False)
    return begin, begin + len(sound) / MICROPHONE_RATE


async def hear(witness: Witness, count: int) -> events.UserSaid:
    """Wait until the hub has been told what was said for that time; returns it."""
    await witness.wait_for(lambda: len(witness.all(events.UserSaid)) >= count, f"sentence {count}")
    return witness.all(events.UserSaid)[count - 1]

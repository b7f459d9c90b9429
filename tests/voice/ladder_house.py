"""A ladder of voices in the hands of a test: its clock, the user's consent, and who is heard."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import numpy as np
import pytest

from tests.voice.edge_server import seconds_of, tone_in, tone_of
from voice.tts.engine import Engine, Manner, Spoken, TtsError, VoiceInfo
from voice.tts.ladder import Ladder

LOCAL_HZ = 2500


class Tone:
    """A real, if simple engine: it whistles as long as a text takes, at a pitch that the cloud never has."""

    is_cloud = False

    def __init__(self, name: str = "tone", *, hertz: float = LOCAL_HZ, seconds: float = 0.0) -> None:
        self.name, self.hertz, self.seconds = name, hertz, seconds
        self.fault: str = ""
        self.asked: list[str] = []
        self.at_once = self.most_at_once = self.cancelled = 0

    async def speak(self, text: str, manner: Manner) -> Spoken:
        self.asked.append(text)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(3600 if self.fault == "hangs" else self.seconds)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.at_once -= 1
        if self.fault == "fails":
            raise TtsError("tone-broken", "The whistle is broken. Buy another one.")
        if self.fault == "bug":
            raise ZeroDivisionError("a secret text")
        if self.fault == "empty":
            return Spoken(np.zeros(0, np.float32), 16_000)
        clock = np.arange(round(seconds_of(text) * 16_000)) / 16_000
        return Spoken((0.3 * np.sin(2 * np.pi * self.hertz * clock)).astype(np.float32), 16_000)

    async def voices(self) -> list[VoiceInfo]:
        if self.fault == "fails":
            raise TtsError("tone-broken", "The whistle is broken. Buy another one.")
        return [VoiceInfo("whistle", "Whistle", "en")]

    async def close(self) -> None:
        pass


class House:
    """A ladder with the cloud above a whistle, and the clock and the switch in the hands of the test."""

    def __init__(self, rungs: Sequence[Engine]) -> None:
        self.now = 1000.0
        self.is_cloud_allowed = True
        self.told: list[str] = []
        self.ladder = Ladder(
            rungs,
            is_cloud_allowed=lambda: self.is_cloud_allowed,
            on_change=self.told.append,
            clock=lambda: self.now,
        )
        self.longest = 0.0

    async def say(self, text: str, spare: float = 0.0) -> str:
        """Say a piece and measure how long it took; returns who spoke it, judged by the sound."""
        begun = time.monotonic()
        spoken = await self.ladder.speak(text, Manner(), spare)
        self.longest = max(self.longest, time.monotonic() - begun)
        return speaker_of(spoken, text)


def speaker_of(spoken: Spoken, text: str) -> str:
    assert spoken.seconds > 0
    if not spoken.samples.any():
        return "nobody"
    tone = tone_in(spoken.samples, spoken.rate)
    if abs(tone - tone_of(text)) < 5:
        assert spoken.seconds == pytest.approx(seconds_of(text), abs=0.08), "not the whole text"
        return "cloud"
    return {LOCAL_HZ: "local", 3000: "second", 3500: "third"}[round(tone / 20) * 20]


@asynccontextmanager
async def opened(*rungs: Engine) -> AsyncIterator[House]:
    house = House(rungs)
    before = asyncio.all_tasks()
    yield house
    await house.ladder.close()
    await until(lambda: asyncio.all_tasks() == before)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def settled(ladder: Ladder) -> None:
    """What runs beside her speech has come to its end."""
    await until(lambda: not ladder._tasks)

"""Her mouth on a real sound system: no gaps, the lips with the sound, and silent when she is told to be."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import numpy as np
import pytest

from backend.shared import events
from tests.voice.sound_card import RATE, Recording, SoundCard
from tests.voice.voice_sounds import say, sweep
from voice import cues
from voice.devices import Sound
from voice.mouth import Mouth
from voice.player import Player
from voice.tts.engine import Manner, Spoken

PIECES = "Here we go. One two three four. Ten nine eight seven. That is all."


class SlowTones:
    """Makes 0.045 s of sound for each letter, after a delay."""

    def __init__(self, delay_seconds: float) -> None:
        self.delay_seconds = delay_seconds

    async def speak(self, text: str, manner: Manner, spare_seconds: float = 0.0) -> Spoken:
        await asyncio.sleep(self.delay_seconds)
        return Spoken(sweep(0.045 * len(text), 24_000, len(text) % 5), 24_000)


class Reader:
    """Speech by espeak-ng."""

    async def speak(self, text: str, manner: Manner, spare_seconds: float = 0.0) -> Spoken:
        sound, rate = await asyncio.to_thread(say, text)
        loud = np.flatnonzero(np.abs(sound) > 0.01)
        return Spoken(sound[loud[0] : loud[-1] + rate // 20], rate)


class House:
    """A mouth on the card, and when it said what."""

    def __init__(self, sound: Sound, ladder: SlowTones | Reader, latency_seconds: float) -> None:
        self.told: list[cues.VoiceEvent] = []
        self.sent: list[tuple[float, events.ClientEvent]] = []
        loop = asyncio.get_running_loop()
        self.player = Player(
            sound,
            on_event=lambda event: loop.call_soon_threadsafe(self.mouth.take, event),
            on_problem=lambda problem: None,
            latency_seconds=latency_seconds,
        )
        self.mouth = Mouth(
            ladder,
            self.player,
            manner=lambda emotion: Manner(),
            tell=self.told.append,
            send=lambda event: self.sent.append((time.time(), event)),
        )

    async def speak(self, text: str) -> None:
        self.mouth.start("t")
        for begin in range(0, len(text), 4):
            self.mouth.feed("t", text[begin : begin + 4])
        self.mouth.finish("t")

    async def until(self, condition: Callable[[], object], seconds: float = 20.0) -> None:
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.005)

    @property
    def is_over(self) -> bool:
        return cues.AnswerSpoken("t") in self.told


Make = Callable[..., House]


@pytest.fixture
async def make(sound: Sound) -> AsyncIterator[Make]:
    houses: list[House] = []
    tasks: list[asyncio.Task[None]] = []

    def found(ladder: SlowTones | Reader, latency_seconds: float = 0.04) -> House:
        house = House(sound, ladder, latency_seconds)
        houses.append(house)
        assert house.player.wake(10)
        tasks.append(asyncio.create_task(house.mouth.run()))
        return house

    yield found
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for house in houses:
        house.player.close()


def heard_times(speaker: Recording, threshold: float) -> np.ndarray:
    """When it was loud, in seconds since the epoch, by steps of 5 ms, by the block that was delayed least."""
    blocks = list(speaker._blocks)
    begin = min(at - 0.01 * (index + 1) for index, (at, _) in enumerate(blocks))
    samples = speaker.samples()
    step = RATE // 200
    count = len(samples) // step
    loudness = np.abs(samples[: count * step]).reshape(count, step).max(axis=1)
    return begin + np.flatnonzero(loudness > threshold * loudness.max()) * 0.005


def stretches(times: np.ndarray, shortest_pause: float) -> list[tuple[float, float]]:
    """From when until when there was sound."""
    edges = np.flatnonzero(np.diff(times) > shortest_pause)
    begins = np.concatenate((times[:1], times[edges + 1]))
    ends = np.concatenate((times[edges], times[-1:]))
    return list(zip(begins.tolist(), ends.tolist(), strict=True))


def open_stretches(house: House) -> list[tuple[float, float]]:
    """From when until when the mouth was open."""
    found: list[tuple[float, float]] = []
    for _, event in house.sent:
        if isinstance(event, events.Utterance):
            begin = None
            for viseme in event.visemes:
                at = event.started_at + viseme.at_seconds
                if viseme.shape == "closed" and begin is not None:
                    found.append((begin, at))
                    begin = None
                elif viseme.shape != "closed" and begin is None:
                    begin = at
    return found


async def test_with_350_ms_for_each_piece_there_are_no_gaps(make: Make) -> None:
    house = make(SlowTones(0.35), latency_seconds=0.2)
    await house.speak(PIECES)
    await house.until(lambda: house.is_over)
    assert sum(isinstance(event, cues.UtteranceFinished) for event in house.told) == 4
    assert house.player.gaps == (0, 0.0)


async def test_a_voice_slower_than_speech_shows_in_the_gaps(make: Make) -> None:
    house = make(SlowTones(0.7), latency_seconds=0.2)
    await house.speak("Here we go. One. Two.")
    await house.until(lambda: house.is_over)
    gaps, seconds = house.player.gaps
    assert gaps == 2 and seconds > 0.5


async def test_the_lips_move_with_the_sound_that_is_heard(make: Make, card: SoundCard) -> None:
    house = make(Reader(), latency_seconds=0.15)
    with card.listen() as speaker:
        await house.speak("Hello there. Peter put it on the table. Good.")
        await house.until(lambda: house.is_over)
        speaker.wait_for_seconds(speaker.seconds + 0.3)
        heard = stretches(heard_times(speaker, 0.06), 0.07)
    for sent_at, event in house.sent:
        if isinstance(event, events.Utterance):
            assert sent_at <= event.started_at + 0.06
            assert event.visemes[-1].shape == "closed"
    # Where the sound sets in after a silence, the mouth opens; where it ends, the mouth closes.
    shown = open_stretches(house)
    assert len(heard) >= 3
    for begin, end in heard:
        assert min(abs(opened - begin) for opened, _ in shown) <= 0.06
        assert min(abs(closed - end) for _, closed in shown) <= 0.09, "she ends softly"


async def test_told_to_be_silent_she_is_silent_at_once(make: Make, card: SoundCard) -> None:
    house = make(SlowTones(0.0))
    took = []
    with card.listen() as speaker:
        for turn in range(3):
            house.mouth.start(str(turn))
            house.mouth.feed(str(turn), PIECES)
            before = speaker.seconds
            await house.until(lambda before=before: (speaker.samples()[round(before * RATE) :] > 0.1).any())
            ordered_at = time.time()
            house.mouth.fade_out()
            house.mouth.drop(str(turn))
            await asyncio.sleep(0.4)
            took.append(heard_times(speaker, 0.003)[-1] - ordered_at)
    # A machine under load may hold up one of them.
    assert min(took) <= 0.1


async def test_a_pause_is_heard_and_the_lips_go_on_with_the_sound(make: Make, card: SoundCard) -> None:
    house = make(Reader(), latency_seconds=0.15)
    with card.listen() as speaker:
        await house.speak("One two three four five six seven eight.")
        await asyncio.to_thread(speaker.wait_for_sound)
        await asyncio.sleep(0.8)
        house.mouth.pause()
        await asyncio.sleep(0.6)
        house.mouth.resume()
        await house.until(lambda: house.is_over)
        speaker.wait_for_seconds(speaker.seconds + 0.3)
        heard = stretches(heard_times(speaker, 0.06), 0.35)
    assert len(heard) == 2
    again = [event for _, event in house.sent if isinstance(event, events.Utterance)][-1]
    opened = again.started_at + next(v.at_seconds for v in again.visemes if v.shape != "closed")
    assert opened == pytest.approx(heard[1][0], abs=0.06)
    assert again.started_at + again.visemes[-1].at_seconds == pytest.approx(heard[1][1], abs=0.09)

"""A mouth with all that it speaks through: a ladder of tones, a loudspeaker by hand, and all that it told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import numpy as np

from backend.shared import events
from backend.shared.records import EmotionName
from tests.voice.voice_sounds import sweep
from voice import cues, deck
from voice.answers import Answers
from voice.devices import SoundError
from voice.mouth import Mouth
from voice.tts.engine import Manner, Spoken

RATE = 8000
EPOCH = 1000.0


class Tones:
    """Makes a tone of each text; the longer the text, the longer the tone."""

    def __init__(self, seconds_a_letter: float = 0.05, delay_seconds: float = 0.0) -> None:
        self.seconds_a_letter, self.delay_seconds = seconds_a_letter, delay_seconds
        self.asked: list[tuple[str, Manner]] = []
        self.cancelled: list[str] = []
        self.running = self.most_running = 0
        self.gate: asyncio.Event | None = None

    async def speak(self, text: str, manner: Manner, spare_seconds: float = 0.0) -> Spoken:
        self.asked.append((text, manner))
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            if self.gate is not None:
                await self.gate.wait()
            await asyncio.sleep(self.delay_seconds)
        except asyncio.CancelledError:
            self.cancelled.append(text)
            raise
        finally:
            self.running -= 1
        return Spoken(sweep(max(0.02, len(text) * self.seconds_a_letter), RATE, len(text) % 7), RATE)


class HandSpeaker:
    """A loudspeaker whose time goes on by `listen` alone; the deck is the one that plays everywhere."""

    def __init__(self) -> None:
        self.news: list[deck.Event] = []
        self.deck = deck.Deck(self.news.append, RATE)
        self.now = EPOCH
        self.is_ducked = False
        self.volume = 1.0
        self.problem: SoundError | None = None

    def listen(self, seconds: float) -> deck.Samples:
        """What sounds in the next seconds."""
        out = np.zeros(round(seconds * RATE), np.float32)
        for begin in range(0, len(out), 80):
            self.deck.fill(out[begin : begin + 80], self.now)
            self.now += min(80, len(out) - begin) / RATE
        return out

    @property
    def queued_seconds(self) -> float:
        return self.deck.queued_seconds

    @property
    def gaps(self) -> tuple[int, float]:
        return self.deck.gaps, self.deck.gap_seconds

    def wake(self, seconds: float = 0.0) -> bool:
        return seconds >= 0

    def play(self, samples: deck.Samples, rate: int, utterance: str, answer: str = "") -> None:
        self.deck.play(samples, rate, utterance, answer)

    def stop(self) -> list[deck.Played]:
        return self.deck.stop()

    def pause(self) -> None:
        self.deck.pause()

    def resume(self) -> None:
        self.deck.resume()

    def duck(self) -> None:
        self.is_ducked = True
        self.deck.set_volume(is_ducked=True)

    def unduck(self) -> None:
        self.is_ducked = False
        self.deck.set_volume(is_ducked=False)

    def close(self) -> None:
        self.deck.stop()


class MouthHouse:
    """The mouth at work, and a bookkeeper who knows what was said as the turn machine does."""

    def __init__(self, ladder: Tones | None = None) -> None:
        self.ladder = ladder or Tones()
        self.speaker = HandSpeaker()
        self.told: list[cues.VoiceEvent] = []
        self.sent: list[events.ClientEvent] = []
        self.answers = Answers(gap_seconds=1e9, stuck_seconds=1e9)
        self.emotions: list[EmotionName] = []
        self.language = "en"
        self.on_told: Callable[[cues.VoiceEvent], None] = lambda event: None
        self.mouth = Mouth(
            self.ladder,
            self.speaker,
            manner=self._manner,
            tell=self._tell,
            send=self.sent.append,
            clock=lambda: self.speaker.now,
        )

    def _manner(self, emotion: EmotionName) -> Manner:
        self.emotions.append(emotion)
        return Manner(voice=emotion, language=self.language)

    def _tell(self, event: cues.VoiceEvent) -> None:
        self.told.append(event)
        now = self.speaker.now
        match event:
            case cues.UtteranceStarted(id=name, turn=turn, text=text):
                self.answers.start_piece(turn, name, text, now)
            case cues.UtteranceHeard(id=name, characters=characters):
                self.answers.hear_piece(name, characters, now)
            case cues.UtteranceFinished(id=name):
                self.answers.finish_piece(name, now)
        self.on_told(event)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Let it work."""
        work = asyncio.create_task(self.mouth.run())
        try:
            yield
        finally:
            work.cancel()
            await asyncio.wait((work,))
            assert work.cancelled(), work.exception()
            assert asyncio.all_tasks() == {asyncio.current_task()}, "tasks were left behind"

    async def rest(self) -> None:
        """Let everything happen that needs no more time of the speaker."""
        for _ in range(200):
            await asyncio.sleep(0.001 if self.ladder.running or self._is_making else 0)
            news, self.speaker.news[:] = list(self.speaker.news), []
            for event in news:
                self.mouth.take(event)

    @property
    def _is_making(self) -> bool:
        return len(asyncio.all_tasks()) > 4

    async def listen(self, seconds: float, step: float = 0.1) -> None:
        """Let her sound for so long, and the news reach her."""
        for _ in range(round(seconds / step)):
            self.speaker.listen(step)
            await self.rest()

    async def until(self, condition: Callable[[], object], seconds: float = 120.0) -> None:
        """Let time go on until something is true."""
        end = self.speaker.now + seconds
        await self.rest()
        while not condition():
            assert self.speaker.now < end, "did not come true"
            await self.listen(0.1)

    def of(self, kind: type) -> list[cues.VoiceEvent]:
        """What was told of one kind."""
        return [event for event in self.told if isinstance(event, kind)]

    @property
    def said(self) -> str:
        """What the turn machine would hold for said."""
        return "".join(a.said for a in self.answers._answers.values())

"""One answer: the prompt goes to the engine, its text comes out as events and is stored as it grows."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Protocol

from backend.conversation.feeling import guess_emotion
from backend.conversation.heard import heard_part
from backend.conversation.tags import EmotionTags, Tag
from backend.llm.engine import EngineError, Piece, Prompt
from backend.shared import events, records
from backend.shared.errors import AlisaError

log = logging.getLogger(__name__)

Emit = Callable[[Sequence[events.HubEvent]], None]

_SAVE_SECONDS = 1.0
"""How often a growing answer is stored, so that a crash loses at most its last second."""


class Thinker(Protocol):
    """What answers prompts: the ladder."""

    @property
    def engine(self) -> str:
        """Name of the engine that answers."""
        ...

    def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """See `backend.llm.engine.Engine.stream`."""
        ...


class AnswerStore(Protocol):
    """What keeps answers: the memory."""

    async def save_answer(
        self, turn: str, text: str, *, emotion: records.EmotionName, engine: str, ending: records.Ending
    ) -> bool:
        """Insert or update the answer of a turn; an empty engine leaves the one that is known."""
        ...


class Turn:
    """An answer in the making.

    Attributes:
        id: Names the turn in every event.
        text: What she has said so far, without tags.
        emotion: How she looks now.
        first_emotion: The emotion the answer opened with, once there is one.
        ending: How it ended; "interrupted" until it is known better.
        may_speak: Set when its events may go out: not before the user's words are stored. The engine may
            be asked earlier, so that storing costs no time.
        heard: What of the answer a voice had spoken when it was interrupted; None: what was sent counts.
        is_stopping: It has been cancelled, which is done once.
        is_finishing: It is being stored; too late to cancel it.
        is_over: Everybody has been told that it is over.
    """

    def __init__(self, turn: str, thinker: Thinker, store: AnswerStore, emit: Emit) -> None:
        self.id = turn
        self.emotion: records.EmotionName = "neutral"
        self.ending: records.Ending = "interrupted"
        self.may_speak = asyncio.Event()
        self.heard: str | None = None
        self.is_stopping = False
        self.is_finishing = False
        self.is_over = False
        self._texts: list[str] = []
        self.first_emotion: records.EmotionName | None = None
        self._tags = EmotionTags()
        self._thinker = thinker
        self._store = store
        self._emit = emit

    @property
    def text(self) -> str:
        """What she has said so far."""
        return "".join(self._texts)

    @property
    def kept(self) -> str:
        """What is remembered of it: where it was interrupted, no more than was heard."""
        return self.text if self.heard is None else heard_part(self.text, self.heard)

    @property
    def engine(self) -> str:
        """Who is answering."""
        return self._thinker.engine

    async def run(self, prepare: Callable[[], Awaitable[Prompt]]) -> None:
        """Stream the answer as events, to its stored end. Cancelling it is the interruption.

        Args:
            prepare: Makes the prompt.
        """
        keeper = asyncio.create_task(self._keep_saving())
        try:
            await self._answer(prepare)
            self.ending = "complete"
        except AlisaError as error:
            await self.may_speak.wait()
            self._fail(error)
        except Exception:  # the edge of a turn: whatever broke, the next turn works
            log.exception("A turn broke.")
            await self.may_speak.wait()
            self._fail(AlisaError("internal", "Something went wrong inside Alisa. Please try again."))
        finally:
            # From here on nobody cancels this task: what was said is stored and its end is told.
            self.is_finishing = True
            keeper.cancel()
            await asyncio.wait([keeper])
            if self.may_speak.is_set():
                await self.finish()

    async def finish(self) -> None:
        """Store the answer, then tell everybody that it is over."""
        self.is_finishing = True
        batch = self._events(self._tags.close())
        if self.first_emotion is None:
            batch.append(self._feel(guess_emotion(self.text)))
        self._emit(batch)
        if self._texts:
            await self._save(self.ending)
        self.is_over = True
        told: list[events.HubEvent] = [
            events.TurnEnded(turn=self.id, ending=self.ending, emotion=self.emotion, engine=self.engine)
        ]
        if self.kept != self.text:
            told.append(events.AnswerCut(turn=self.id, text=self.kept))
        self._emit(told)

    async def _answer(self, prepare: Callable[[], Awaitable[Prompt]]) -> None:
        try:
            await self._stream(await prepare())
        except EngineError as error:
            if error.code != "llm-too-long" or self._texts:
                raise
            # The engine has just told how much it takes: the next prompt is made to fit.
            await self._stream(await prepare())

    async def _stream(self, prompt: Prompt) -> None:
        async with contextlib.aclosing(self._thinker.stream(prompt)) as pieces:
            async for piece in pieces:
                await self.may_speak.wait()
                self._say(piece)

    def _fail(self, error: AlisaError) -> None:
        self.ending = "cut" if self._texts else "failed"
        log.warning("The answer ended early: %s.", error.code)
        self._emit([events.Error(code=error.code, message=error.message)])

    def _say(self, piece: Piece) -> None:
        batch: list[events.HubEvent] = []
        if piece.progress is not None:
            progress = piece.progress
            batch.append(events.Progress(turn=self.id, stage=progress.stage, fraction=progress.fraction))
        for text in piece.texts:
            batch += self._events(self._tags.feed(text))
        if batch:
            self._emit(batch)

    def _events(self, parts: Sequence[str | Tag]) -> list[events.HubEvent]:
        batch: list[events.HubEvent] = []
        for part in parts:
            if isinstance(part, Tag):
                if part.name != self.emotion or self.first_emotion is None:
                    batch.append(self._feel(part.name))
            elif part:
                self._texts.append(part)
                batch.append(events.Token(turn=self.id, text=part))
        return batch

    def _feel(self, name: records.EmotionName) -> events.Emotion:
        self.emotion = name
        self.first_emotion = self.first_emotion or name
        return events.Emotion(turn=self.id, name=name)

    async def _keep_saving(self) -> None:
        saved = 0
        while not self.is_finishing:
            await asyncio.sleep(_SAVE_SECONDS)
            if len(self._texts) > saved:
                saved = len(self._texts)
                await self._save("interrupted")

    async def _save(self, ending: records.Ending) -> None:
        emotion = self.first_emotion or self.emotion
        await self._store.save_answer(self.id, self.kept, emotion=emotion, engine=self.engine, ending=ending)

"""Her mouth: takes her answer as it streams in, has its pieces made into sound ahead, plays them in order."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from backend.shared import events
from backend.shared.records import EmotionName, Viseme
from voice import cues, deck, lipsync
from voice.loudspeaker import Loudspeaker
from voice.tts.engine import Manner, Spoken
from voice.utterances import Script, Utterance, read_aloud

AHEAD = 2
"""So many pieces wait ready to be played, beside the one that sounds."""
_HEARD_SECONDS = 0.2
_REMEMBERED = 64
_MOST_TEXT = 2000
_MOST_DELAY_SECONDS = 1.0


class Ladder(Protocol):
    """Makes sound of text, by whatever engine works; see `voice.tts.ladder.Ladder`."""

    async def speak(self, text: str, manner: Manner, spare_seconds: float = 0.0) -> Spoken:
        """The sound of a text; raises nothing."""


@dataclass(eq=False)
class _Answer:
    turn: str
    script: Script
    is_silent: bool
    """Her voice was off: nothing of it is spoken."""
    is_whole: bool = False
    """No more of it will come."""
    has_begun: bool = False
    is_given_up: bool = False
    """Her voice was switched off in the middle: nobody waits for it any more."""


class Mouth:
    """Speaks one answer after the other. Everything is called on one loop, `tell` and `send` on it too.

    Give it `take` of all that the player tells, on the loop:
    `Player(on_event=lambda event: loop.call_soon_threadsafe(mouth.take, event), ...)`.

    Args:
        ladder: Makes the sound.
        player: Plays it.
        manner: How she speaks in an emotion, with the language she speaks by default.
        tell: The way to the turn machine.
        send: The way to the hub.
        clock: Seconds since the epoch, as the player tells them.
    """

    def __init__(
        self,
        ladder: Ladder,
        player: Loudspeaker,
        *,
        manner: Callable[[EmotionName], Manner],
        tell: Callable[[cues.VoiceEvent], None],
        send: Callable[[events.ClientEvent], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._ladder, self._player, self._clock = ladder, player, clock
        self._manner, self._tell, self._send = manner, tell, send
        self._answers: dict[str, _Answer] = {}
        self._over: deque[str] = deque(maxlen=_REMEMBERED)
        self._line: deque[Utterance] = deque()
        """All pieces that are not over; they are made, handed to the player and told in this order."""
        self._making: tuple[Utterance, asyncio.Task[None]] | None = None
        self._has_news = asyncio.Event()
        self._end_timer: asyncio.TimerHandle | None = None
        self._is_on = True
        self._is_paused = self._is_speaking = False
        self._pauses = 0

    @property
    def player(self) -> Loudspeaker:
        """What plays her voice."""
        return self._player

    @property
    def is_on(self) -> bool:
        """Whether her voice is switched on. When it is switched off she stops at once."""
        return self._is_on

    @is_on.setter
    def is_on(self, is_on: bool) -> None:
        if is_on == self._is_on:
            return
        self._is_on = is_on
        if not is_on:
            self._hush()

    @property
    def is_speaking(self) -> bool:
        """Whether she sounds, or will go on in a moment."""
        return self._is_speaking

    async def run(self) -> None:
        """Speak until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._make_ahead(), name="voice made ahead")
                tasks.create_task(self._count_heard(), name="voice heard")
        finally:
            self._forget(list(self._line))
            self._end_speech()

    # -- What the hub says -------------------------------------------------------------------------------

    def start(self, turn: str) -> None:
        """An answer begins; all others are whole."""
        if turn in self._over or turn in self._answers:
            return
        for other in list(self._answers):
            self.finish(other)
        self._answers[turn] = _Answer(turn, Script(turn), is_silent=not self._is_on)
        if self._is_on:
            self._player.wake()

    def feed(self, turn: str, text: str) -> None:
        """More of an answer; of one whose beginning was missed it is the beginning."""
        self.start(turn)
        answer = self._answers.get(turn)
        if answer is not None and not answer.is_whole:
            self._add(answer, answer.script.feed(text))

    def feel(self, turn: str, emotion: EmotionName) -> None:
        """How the rest of an answer is said."""
        answer = self._answers.get(turn)
        if answer is not None:
            answer.script.feel(emotion)

    def finish(self, turn: str) -> None:
        """No more of this answer will come."""
        if turn in self._over:
            return
        answer = self._answers.setdefault(turn, _Answer(turn, Script(turn), is_silent=not self._is_on))
        if not answer.is_whole:
            rest = answer.script.finish()
            answer.is_whole = True
            self._add(answer, rest)

    def _add(self, answer: _Answer, pieces: list[Utterance]) -> None:
        if not answer.is_silent:
            for piece in pieces:
                piece.words, piece.manner = read_aloud(piece.text, self._manner(piece.emotion))
            self._line.extend(pieces)
        if pieces or answer.is_whole:
            self._go_on()

    # -- What the turn machine orders --------------------------------------------------------------------

    def drop(self, turn: str) -> None:
        """Nothing of this answer is to be made or played any more."""
        self._answers.pop(turn, None)
        self._note_over(turn)
        self._forget([piece for piece in self._line if piece.turn == turn])
        self._go_on()

    def duck(self) -> None:
        """Speak softly until `resume` or `fade_out`."""
        self._player.duck()

    def pause(self) -> None:
        """Be silent, keep the place, and begin nothing new."""
        if self._is_paused:
            return
        self._is_paused = True
        self._player.pause()
        piece = self._sounding
        if piece is not None:
            now = self._clock()
            piece.from_seconds = piece.heard_seconds(now)
            piece.started_at = None
            self._tell(cues.UtteranceHeard(piece.id, piece.heard_characters(now)))
            self._send_mouth(piece, now, [])

    def resume(self) -> None:
        """Speak on, as loud as before."""
        self._is_paused = False
        self._player.unduck()
        self._player.resume()

    def fade_out(self) -> None:
        """Be silent within a few hundredths of a second, forget all pieces there are, and speak as before."""
        self._is_paused = False
        self._forget(list(self._line))
        self._player.resume()
        self._player.unduck()
        self._end_speech()
        self._go_on()

    def _hush(self) -> None:
        """Her voice was switched off: what was not heard will not be."""
        piece = self._sounding
        if piece is not None:
            self._tell(cues.UtteranceHeard(piece.id, piece.heard_characters(self._clock())))
        self._forget(list(self._line))
        self._end_speech()
        for turn, answer in list(self._answers.items()):
            if not answer.is_silent:
                answer.is_silent = answer.is_given_up = True
                self._tell(cues.AnswerSpoken(turn))
        self._go_on()

    # -- What the player tells ---------------------------------------------------------------------------

    def take(self, event: deck.Event) -> None:
        """Take what the player tells, on the loop."""
        piece = next((found for found in self._line if found.id == event.utterance), None)
        if piece is None:
            return
        match event:
            case deck.Started(at_seconds=at_seconds):
                while piece in self._line and self._line[0] is not piece:
                    self._end_piece(self._line[0])
                if piece in self._line:
                    self._begin_piece(piece, at_seconds)
            case deck.Resumed(at_seconds=at_seconds, from_seconds=from_seconds):
                piece.started_at, piece.from_seconds = at_seconds, from_seconds
                self._send_mouth(piece, at_seconds, piece.rest_of_visemes())
            case deck.Played(at_seconds=at_seconds):
                # It is told a moment ahead; what comes next may be told before that moment is there.
                delay = min(_MOST_DELAY_SECONDS, max(0.0, at_seconds - self._clock()))
                self._cancel_timer()
                self._end_timer = asyncio.get_running_loop().call_later(delay, self._take_end, piece)

    def _begin_piece(self, piece: Utterance, at_seconds: float) -> None:
        piece.started_at = at_seconds
        answer = self._answers.get(piece.turn)
        if answer is not None:
            answer.has_begun = True
        if not self._is_speaking:
            self._is_speaking = True
            self._send(events.SpeechStart())
        self._send_mouth(piece, at_seconds, piece.visemes, piece.text.strip()[:_MOST_TEXT])
        self._has_news.set()
        # Last, for it may be answered by an order.
        self._tell(cues.UtteranceStarted(piece.id, piece.turn, piece.text))

    def _take_end(self, piece: Utterance) -> None:
        if piece in self._line:
            self._end_piece(piece)
            self._go_on()

    def _end_piece(self, piece: Utterance) -> None:
        self._cancel_timer()
        self._line.remove(piece)
        self._tell(cues.UtteranceFinished(piece.id))

    def _send_mouth(self, piece: Utterance, at_seconds: float, mouth: list[Viseme], text: str = "") -> None:
        name = piece.id
        if not text:
            self._pauses += 1
            name = f"{piece.id}-{self._pauses}"
        self._send(
            events.Utterance(
                id=name,
                started_at=at_seconds,
                visemes=mouth or [Viseme(0.0, "closed")],
                turn=piece.turn[:200],
                text=text,
            )
        )

    # -- In order ----------------------------------------------------------------------------------------

    @property
    def _sounding(self) -> Utterance | None:
        head = self._line[0] if self._line else None
        return head if head is not None and head.started_at is not None else None

    def _go_on(self) -> None:
        """Hand over what is made, say of what needs no sound that it is said, note which answers are over."""
        while self._line and not self._line[0].words:
            piece = self._line.popleft()
            self._tell(cues.UtteranceStarted(piece.id, piece.turn, piece.text))
            self._tell(cues.UtteranceFinished(piece.id))
        self._hand_over()
        waiting = {piece.turn for piece in self._line}
        for turn, answer in list(self._answers.items()):
            if not answer.is_whole or turn in waiting:
                break
            self._note_over(turn)
            # What is told may be answered by an order.
            if self._answers.pop(turn, None) is not None and not answer.is_given_up:
                self._tell(cues.AnswerSpoken(turn))
        if not self._line and not any(answer.has_begun for answer in self._answers.values()):
            self._end_speech()
        self._has_news.set()

    def _hand_over(self) -> None:
        """Give the player what is made, of one answer at a time: so that one alone can be stopped."""
        for piece in self._line:
            if piece.turn != self._line[0].turn:
                return
            if piece.sound is not None and not piece.is_handed_over:
                piece.is_handed_over = True
                self._player.play(piece.sound.samples, piece.sound.rate, piece.id, piece.turn)

    def _forget(self, pieces: list[Utterance]) -> None:
        """Neither make nor play these any more."""
        if any(piece.is_handed_over for piece in pieces):
            self._player.stop()
            self._cancel_timer()
            if self._is_paused:
                self._player.pause()
        for piece in pieces:
            self._line.remove(piece)
        if self._making is not None and self._making[0] in pieces:
            self._making[1].cancel()

    def _end_speech(self) -> None:
        if self._is_speaking:
            self._is_speaking = False
            self._send(events.SpeechEnd())

    def _note_over(self, turn: str) -> None:
        if turn not in self._over:
            self._over.append(turn)

    def _cancel_timer(self) -> None:
        if self._end_timer is not None:
            self._end_timer.cancel()
            self._end_timer = None

    # -- Ahead of time -----------------------------------------------------------------------------------

    async def _make_ahead(self) -> None:
        while True:
            piece = self._next_to_make()
            if piece is None:
                self._has_news.clear()
                await self._has_news.wait()
                continue
            task = asyncio.create_task(self._make(piece), name="voice of a piece")
            self._making = piece, task
            try:
                # The task alone is cancelled when its piece is dropped; both are when she ends.
                await asyncio.wait((task,))
            finally:
                task.cancel()
                await asyncio.wait((task,))
                self._making = None
            if not task.cancelled():
                task.result()

    def _next_to_make(self) -> Utterance | None:
        ready = 0
        for piece in self._line:
            if piece.sound is not None:
                ready += piece.started_at is None
            elif ready >= AHEAD:
                return None
            elif piece.words:
                return piece
        return None

    async def _make(self, piece: Utterance) -> None:
        sound = await self._ladder.speak(piece.words, piece.manner, self._player.queued_seconds)
        piece.visemes = await asyncio.to_thread(lipsync.visemes, sound.samples, sound.rate)
        piece.sound = sound
        self._go_on()

    async def _count_heard(self) -> None:
        while True:
            await asyncio.sleep(_HEARD_SECONDS)
            piece = self._sounding
            if piece is not None:
                self._tell(cues.UtteranceHeard(piece.id, piece.heard_characters(self._clock())))

"""Asks her one thing after the other and waits for each answer: for pipes and scripts."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable

import msgspec

from backend.shared import events, records
from backend.shared.client import HubClient, Linked, Unlinked
from backend.shared.errors import AlisaError
from voice.text_chat.chat import Voice
from voice.text_chat.safe_text import harmless, harmless_line

_SILENCE_SECONDS = 300.0
"""Longest wait for any word of the hub, more than it gives its engines."""

Heard = events.HubEvent | Linked | Unlinked


class NoHubError(AlisaError):
    """Raised when there is no hub within the time given."""


class Reply(msgspec.Struct):
    """Her answer to one message."""

    text: str = ""
    emotion: records.EmotionName = "neutral"
    ending: records.Ending = "complete"
    trouble: str = ""
    """What went wrong, in plain words."""


class Asker:
    """Sends a message and gathers its answer, over breaks of the line."""

    def __init__(self, client: HubClient, wait_seconds: float, voice: Voice | None = None) -> None:
        """Ask through `client`; wait `wait_seconds` for a hub, at the start and after each break.

        Her `voice`, if there is one, reads the answers aloud.
        """
        self._client = client
        self._voice = voice
        self._wait_seconds = wait_seconds
        self._heard: asyncio.Queue[Heard] = asyncio.Queue()
        self._is_linked = False
        self._reason = "Waiting for the hub to start."

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Stay connected to the hub.

        Raises:
            NoHubError: when no hub can be reached in time.
        """
        listening = asyncio.create_task(self._listen())
        try:
            while not self._is_linked:
                await self._next(self._wait_seconds)
            yield
        except TimeoutError as error:
            message = f"No hub within {self._wait_seconds:g} s: {harmless_line(self._reason)}"
            raise NoHubError("no-hub", message) from error
        finally:
            listening.cancel()
            await asyncio.wait((listening,))

    async def ask(self, text: str, on_text: Callable[[str], None]) -> Reply:
        """Say `text`; hand her answer to `on_text` as it comes.

        Returns:
            The whole answer; `ending` is "cut" when the hub was lost for too long.
        """
        message = events.UserMessage(text=text, id=secrets.token_hex(8))
        answer = _Answer(str(message.id), on_text, self._read_aloud)
        await self._client.send(message)
        while not answer.is_over:
            limit = _SILENCE_SECONDS if self._is_linked else self._wait_seconds
            try:
                answer.take(await self._next(limit))
            except TimeoutError:
                reason = "She did not answer in time." if self._is_linked else self._reason
                answer.end("cut", reason)
        return answer.reply

    async def interrupt(self) -> None:
        """Stop her answer."""
        said = self._voice.stop() if self._voice is not None else []
        for event in said or [events.Interrupt()]:
            await self._client.send(event)

    async def until_spoken(self) -> None:
        """Wait until her voice has ended, where there is one."""
        if self._voice is not None:
            await self._voice.until_done()

    def _read_aloud(self, event: Heard) -> None:
        if self._voice is not None:
            self._voice.take(event)

    async def _listen(self) -> None:
        async with contextlib.aclosing(self._client.listen()) as heard:
            async for event in heard:
                self._heard.put_nowait(event)
                # Her voice is to know what is switched, but of no other answer than ours.
                if isinstance(event, Linked | events.SensesChanged):
                    self._read_aloud(event)
                elif isinstance(event, events.Snapshot):
                    self._read_aloud(events.SensesChanged(senses=event.senses, switches=event.switches))

    async def _next(self, seconds: float) -> Heard:
        """The next event; `Unlinked` does not start the time anew."""
        async with asyncio.timeout(seconds):
            while True:
                event = await self._heard.get()
                if isinstance(event, Unlinked):
                    was_linked, self._is_linked = self._is_linked, False
                    self._reason = event.reason
                    if not was_linked:
                        continue
                elif isinstance(event, Linked):
                    self._is_linked = True
                return event


class _Answer:
    """The answer to the message with the id `message_id`, as far as it has come."""

    def __init__(
        self, message_id: str, on_text: Callable[[str], None], on_event: Callable[[events.HubEvent], None]
    ) -> None:
        self._message_id = message_id
        self._on_text, self._on_event = on_text, on_event
        self._turn = ""
        self._early: list[Heard] = []
        self._snapshot: events.Snapshot | None = None
        self.reply = Reply()
        self.is_over = False

    def take(self, event: Heard) -> None:
        """Note what the event says about this answer."""
        match event:
            case events.Accepted(id=self._message_id, turn=turn) if not self._turn:
                self._begin(turn)
            case events.Error(id=identifier, message=message) if identifier in ("", self._message_id):
                self.reply.trouble = harmless_line(message)
                if identifier:
                    self.end("failed", self.reply.trouble)
            case events.Snapshot():
                self._snapshot = event
                if self._turn:
                    self._catch_up(event)
            case events.Token() | events.Emotion() | events.TurnEnded() if not self._turn:
                # She may begin before the hub has told us which turn is ours.
                self._early.append(event)
            case events.Token(turn=self._turn, text=text):
                self._add(text)
            case events.Emotion(turn=self._turn, name=name):
                self.reply.emotion = name
                self._on_event(events.Emotion(turn=self._turn, name=name))
            case events.TurnEnded(turn=self._turn, ending=ending, emotion=emotion):
                self.reply.emotion = emotion
                self.end(ending)

    def end(self, ending: records.Ending, trouble: str = "") -> None:
        """The answer is over."""
        words = {"interrupted": "Her answer was interrupted.", "cut": "Her answer was cut off."}
        self.reply.ending = ending
        if ending != "complete":
            self.reply.trouble = trouble or self.reply.trouble or words.get(ending, "She could not answer.")
        self.is_over = True
        if self._turn:
            self._on_event(events.TurnEnded(turn=self._turn, ending=ending, emotion=self.reply.emotion))

    def _begin(self, turn: str) -> None:
        self._turn = turn
        self._on_event(events.TurnStarted(turn=turn))
        early, self._early = self._early, []
        if self._snapshot is not None and any(m.turn == turn for m in self._snapshot.messages):
            # The hub had our message already, before the line broke: the snapshot knows the rest.
            self._catch_up(self._snapshot)
        for event in early:
            self.take(event)

    def _add(self, text: str) -> None:
        self._on_event(events.Token(turn=self._turn, text=text))
        shown = harmless(text) if self.reply.text else harmless(text).lstrip()
        self.reply.text += shown
        if shown:
            self._on_text(shown)

    def _catch_up(self, snapshot: events.Snapshot) -> None:
        """After a break: add what is missing, as far as the hub still has it."""
        if snapshot.turn == self._turn:
            self._add_rest(snapshot.text)
            return
        for message in snapshot.messages:
            if message.turn == self._turn and message.role == "assistant":
                self._add_rest(message.text)
                self.reply.emotion = message.emotion
                self.end(message.ending)
                return
        self.end("cut")

    def _add_rest(self, whole: str) -> None:
        whole = harmless(whole).lstrip()
        if whole.startswith(self.reply.text):
            self._add(whole[len(self.reply.text) :])

"""The talk itself: what is typed goes to the hub, what the hub says to the transcript."""

import asyncio
import contextlib
import secrets
from pathlib import Path
from typing import Protocol

import msgspec

from backend.shared.client import HubClient, Linked, Unlinked
from backend.shared.errors import AlisaError
from backend.shared.events import (
    MAX_MESSAGE_CHARACTERS,
    ChangeMode,
    ClearHistory,
    ClientEvent,
    HistoryQuery,
    HubEvent,
    Interrupt,
    UserMessage,
)
from voice.text_chat.commands import explain_unknown, help_text, read_line
from voice.text_chat.safe_text import harmless, harmless_line, sendable
from voice.text_chat.transcript import Transcript
from voice.text_chat.view import View

_MODES = Path(__file__).parents[2] / "assets" / "modes"
_MOST_HISTORY = 200
_SEARCH_CHARACTERS = 200


class Input(msgspec.Struct, frozen=True):
    """The user has entered something."""

    text: str


class Stop(msgspec.Struct, frozen=True):
    """The user wants her to stop talking."""


class Left(msgspec.Struct, frozen=True):
    """The user wants to leave."""


Typing = asyncio.Queue[Input | Stop | Left]


def known_modes() -> list[str]:
    """Names of the modes that come with Alisa."""
    return sorted(path.stem for path in _MODES.glob("*.toml"))


def objection(text: str) -> str:
    """Why this cannot be sent, empty when it can."""
    length = len(sendable(text))
    if length <= MAX_MESSAGE_CHARACTERS:
        return ""
    return f"This has {length:,} characters; a message has at most {MAX_MESSAGE_CHARACTERS:,}. Not sent."


class Voice(Protocol):
    """Her voice in this process; see `voice.text_chat.speech.Speech`."""

    @property
    def is_speaking(self) -> bool:
        """Whether she has begun to speak an answer and has not ended."""
        ...

    async def until_done(self) -> None:
        """Wait until all there was to say has been said."""
        ...

    def take(self, event: HubEvent | Linked | Unlinked) -> None:
        """Take anything that the hub says."""
        ...

    def stop(self) -> list[ClientEvent]:
        """Be silent at once; returns what the hub is to be told."""
        ...


class Chat:
    """Obeys what is typed."""

    def __init__(self, client: HubClient, view: View, *, has_keys: bool, voice: Voice | None = None) -> None:
        """Talk through `client`, shown in `view`; `has_keys` when single keys mean something there."""
        self._client = client
        self._view = view
        self._voice = voice
        self._has_keys = has_keys
        self._asks_to_clear = False
        self.transcript = Transcript(view)

    @property
    def is_talking(self) -> bool:
        """Whether she writes, or can be heard."""
        return self.transcript.is_talking or (self._voice is not None and self._voice.is_speaking)

    async def run(self, typing: Typing) -> None:
        """Talk until the user leaves."""
        listening = asyncio.create_task(self._listen())
        obeying = asyncio.create_task(self._obey(typing))
        try:
            done, _ = await asyncio.wait((listening, obeying), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (listening, obeying):
                task.cancel()
            await asyncio.wait((listening, obeying))

    async def _listen(self) -> None:
        async with contextlib.aclosing(self._client.listen()) as heard:
            async for event in heard:
                self.transcript.take(event)
                if self._voice is not None:
                    self._voice.take(event)

    async def _obey(self, typing: Typing) -> None:
        while True:
            match await typing.get():
                case Left():
                    return
                case Stop():
                    await self._stop()
                case Input(text=text):
                    if not await self._enter(text):
                        return

    async def _stop(self) -> None:
        is_talking = self.transcript.is_talking
        if not await self._hush() and is_talking:
            await self._client.send(Interrupt())

    async def _hush(self) -> bool:
        """Silence her voice; whether the hub has been told to stop her."""
        said = self._voice.stop() if self._voice is not None else []
        for event in said:
            await self._client.send(event)
        return any(isinstance(event, Interrupt) for event in said)

    async def _enter(self, line: str) -> bool:
        """Obey a line; False to leave."""
        if self._asks_to_clear:
            await self._answer_clear(line)
            return True
        typed = read_line(sendable(line))
        if not typed.command:
            await self._say(typed.text)
            return True
        if typed.command in ("quit", "exit"):
            return False
        await self._run_command(typed.command, typed.text)
        return True

    async def _say(self, text: str) -> None:
        refused = objection(text)
        if refused:
            self._view.show_line("warning", refused)
        elif text:
            await self._hush()
            message = UserMessage(text=text, id=secrets.token_hex(8))
            self.transcript.expect(message)
            try:
                await self._client.send(message)
            except AlisaError as error:
                self.transcript.forget(message)
                self._view.show_line("warning", f"{error.message} Not sent: {harmless(text)}")

    async def _run_command(self, command: str, argument: str) -> None:
        match command:
            case "help":
                self._view.show_line("note", help_text(has_keys=self._has_keys))
            case "mode":
                await self._mode(argument)
            case "history":
                await self._history(argument)
            case "search" if argument:
                await self._ask_hub(
                    HistoryQuery(id=secrets.token_hex(8), text=argument[:_SEARCH_CHARACTERS], limit=20)
                )
            case "search":
                self._view.show_line("warning", "Say what to look for: /search WORDS")
            case "stop":
                await self._stop()
            case "clear":
                self._asks_to_clear = True
                self._view.show_line("warning", "Delete every stored message for good? Type yes or no.")
            case _:
                self._view.show_line("warning", explain_unknown(harmless_line(command)))

    async def _mode(self, name: str) -> None:
        if name:
            await self._ask_hub(ChangeMode(name=name[:_SEARCH_CHARACTERS]))
            return
        now = f"Mode: {self.transcript.mode or 'not known yet'}."
        self._view.show_line("note", f"{now} There are: {', '.join(known_modes())}.")

    async def _history(self, argument: str) -> None:
        number = argument or "10"
        if not number.isascii() or not number.isdigit() or not 1 <= int(number[:9]) <= _MOST_HISTORY:
            self._view.show_line("warning", f"Say how many: /history N, from 1 to {_MOST_HISTORY}")
            return
        await self._ask_hub(HistoryQuery(id=secrets.token_hex(8), limit=int(number)))

    async def _answer_clear(self, line: str) -> None:
        answer = line.strip().lower()
        self._asks_to_clear = False
        if answer in ("yes", "y"):
            await self._ask_hub(ClearHistory())
        else:
            self._view.show_line("note", "Nothing was deleted.")

    async def _ask_hub(self, event: ClientEvent) -> None:
        if not await self._client.send(event):
            self._view.show_line("warning", "There is no hub to ask now. Try again when it is back.")

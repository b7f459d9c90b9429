"""Her voice in the chat: what she writes is read aloud here, and the hub is told what of it was heard."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import msgspec

from backend.shared import desktop, events, program, settings
from backend.shared.client import HubClient, Linked, Unlinked
from backend.shared.errors import AlisaError
from voice import cues
from voice.conductor import Conductor
from voice.devices import Sound
from voice.mouth import Mouth
from voice.senses import Senses, Switches, cloud_sense
from voice.speaking import open_mouth
from voice.tts.ladder import Ladder
from voice.turn import Turn
from voice.turn_settings import Settings

_LOOK_SECONDS = 0.1
_MOST_OUTGOING = 1000
_SPEAKS_ELSEWHERE = "She speaks already: in another window with --speak, or by python -m voice."


class Speech:
    """Reads aloud what it is told; everything on the chat's loop.

    Args:
        client: The chat's line to the hub.
        switches: What the user has switched in her menu.
        warn: Shows the user a line.
    """

    def __init__(self, client: HubClient, switches: Switches, warn: Callable[[str], None]) -> None:
        self._client, self._switches, self._warn = client, switches, warn
        self._outgoing: deque[events.ClientEvent] = deque(maxlen=_MOST_OUTGOING)
        self._has_outgoing, self._has_told = asyncio.Event(), asyncio.Event()
        self._sending = asyncio.Lock()
        self._senses = Senses(self.send)
        self._warned: set[str] = set()

    def use(self, mouth: Mouth, ladder: Ladder) -> None:
        """Speak with this."""
        self._mouth, self._ladder = mouth, ladder
        # Nobody listens: all that this needs to know of turns is what of her answers was heard.
        turn = Turn(Settings(activation="push"), is_linked=False)
        self._conductor = Conductor(turn, mouth, send=self.send, chime=lambda _sign: None)

    @property
    def is_speaking(self) -> bool:
        """Whether she has begun to speak an answer and has not ended."""
        return self._conductor.turn.state == "speaking"

    async def until_done(self) -> None:
        """Wait until all there was to say has been said."""
        while self._conductor.turn.state != "idle":
            self._has_told.clear()
            # Time alone ends an answer too, should the voice be stuck.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._has_told.wait()
        await self._flush()

    def take(self, event: events.HubEvent | Linked | Unlinked) -> None:
        """Take anything that the hub says."""
        if isinstance(event, Linked):
            self._senses.forget()
        if isinstance(event, events.Snapshot | events.SensesChanged):
            self._switches.take(event.switches)
            self._mouth.is_on = self._switches.is_on("voice")
        self._conductor.take(event)

    def stop(self) -> list[events.ClientEvent]:
        """Be silent at once; returns what the hub is to be told."""
        waiting, self._outgoing = list(self._outgoing), deque(maxlen=_MOST_OUTGOING)
        # To the machine of turns: the user wants to talk, and then does not.
        self._conductor.take(cues.PushToTalk(is_pressed=True))
        self._conductor.take(cues.PushToTalk(is_pressed=False))
        said, self._outgoing = list(self._outgoing), deque(maxlen=_MOST_OUTGOING)
        return waiting + said

    # -- What the mouth and its parts tell ---------------------------------------------------------------

    def tell(self, event: cues.VoiceEvent) -> None:
        """Take what the mouth says of itself."""
        self._conductor.take(event)
        self._has_told.set()

    def send(self, event: events.ClientEvent) -> None:
        """Say something to the hub, after what was said before."""
        if isinstance(event, events.Hearing):
            return
        if isinstance(event, events.Interrupt) and not self._mouth.is_on:
            # She was read, not heard.
            event = msgspec.structs.replace(event, said=None)
        self._outgoing.append(event)
        self._has_outgoing.set()

    def remark(self, code: str, message: str) -> None:
        """Tell the user what is wrong with her voice, each thing once."""
        if code not in self._warned:
            self._warned.add(code)
            self._warn(message)

    # -- Its tasks ---------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Speak until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._mouth.run(), name="mouth")
                tasks.create_task(self._deliver(), name="voice to the hub")
                tasks.create_task(self._watch(), name="cloud voice")
        finally:
            self._conductor.close()

    async def _deliver(self) -> None:
        while True:
            await self._has_outgoing.wait()
            self._has_outgoing.clear()
            await self._flush()

    async def _flush(self) -> None:
        async with self._sending:
            while self._outgoing:
                await self._client.send(self._outgoing.popleft())

    async def _watch(self) -> None:
        """The indicator shows when her words leave this machine to be spoken."""
        while True:
            is_allowed = self._switches.is_on("cloud-voice")
            sense = cloud_sense(self._ladder.current, is_allowed=is_allowed, is_used=self._ladder.is_cloud)
            self._senses.tell([sense])
            await asyncio.sleep(_LOOK_SECONDS)

    _mouth: Mouth
    _ladder: Ladder
    _conductor: Conductor


@contextlib.asynccontextmanager
async def open_speech(
    client: HubClient, home: Path, warn: Callable[[str], None]
) -> AsyncGenerator[Speech | None]:
    """Her voice, at work; None where she speaks elsewhere or cannot speak, which the user is told.

    Args:
        client: The chat's line to the hub.
        home: Alisa's folder.
        warn: Shows the user a line.
    """
    async with contextlib.AsyncExitStack() as house:
        lock = desktop.take_lock(home / "run" / "voice.lock")
        if lock is None:
            warn(_SPEAKS_ELSEWHERE)
            yield None
            return
        house.enter_context(lock)
        # Nothing that is logged may get between the lines of the chat.
        program.log_to(home, "text_chat", is_verbose=False)
        try:
            speech = await _open(client, home, warn, house)
        except AlisaError as error:
            warn(error.message)
            yield None
            return
        task = asyncio.create_task(speech.run(), name="voice")
        try:
            yield speech
        finally:
            task.cancel()
            await asyncio.wait((task,))
        if not task.cancelled():
            task.result()


async def _open(
    client: HubClient, home: Path, warn: Callable[[str], None], house: contextlib.AsyncExitStack
) -> Speech:
    chosen = settings.load()
    switches = Switches(is_cloud_allowed=chosen.voice.cloud)
    speech = Speech(client, switches, warn)
    mouth, ladder = await house.enter_async_context(open_mouth(home, chosen, Sound(), switches, speech))
    speech.use(mouth, ladder)
    return speech

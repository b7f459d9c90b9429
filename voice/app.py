"""The process of her ears and her voice: starts its parts, keeps them to the switches, and ends them."""

import asyncio
import contextlib
import logging
import signal
from collections import deque
from collections.abc import Callable
from pathlib import Path

from backend.shared import events
from backend.shared.client import HubClient, Linked, Unlinked
from backend.shared.errors import AlisaError
from backend.shared.settings import Settings
from voice import cues, turn_settings
from voice.chimes import Chimes
from voice.conductor import Conductor
from voice.devices import Sound
from voice.listening import Listening
from voice.mouth import Mouth
from voice.senses import Senses, Switches, cloud_sense
from voice.speaking import open_mouth
from voice.transcript import Transcript
from voice.tts.ladder import Ladder
from voice.turn import Turn

log = logging.getLogger(__name__)

WANTS = [
    events.event_name(kind)
    for kind in (
        events.Snapshot,
        events.UserSaid,
        events.TurnStarted,
        events.Token,
        events.Emotion,
        events.TurnEnded,
        events.SensesChanged,
        events.TalkPushed,
        events.Notice,
        events.Error,
    )
]
"""The types of events the voice asks the hub for."""
_LOOK_SECONDS = 0.1
_MOST_OUTGOING = 1000


class App:
    """Everything of one run, on one loop.

    Args:
        home: Alisa's folder.
        settings: All of them.
        say: Prints a line for the user who started the process.
        complain: Prints a line that needs his attention.
    """

    def __init__(
        self,
        home: Path,
        settings: Settings,
        say: Callable[[str], None],
        complain: Callable[[str], None],
    ) -> None:
        self._home, self._settings, self._chosen = home, settings, settings.voice
        self._complain = complain
        self._client = HubClient(home, events.Hello(name="voice", wants=WANTS))
        self._outgoing: deque[events.ClientEvent] = deque(maxlen=_MOST_OUTGOING)
        self._has_outgoing = asyncio.Event()
        self._switches = Switches(is_cloud_allowed=self._chosen.cloud)
        self._senses = Senses(self._send)
        self._transcript = Transcript(say)
        self._chimes = Chimes(self._chosen.volume)
        self._is_pushed = False

    async def run(self) -> None:
        """Hear and speak until cancelled."""
        loop = asyncio.get_running_loop()
        with contextlib.ExitStack() as house:
            house.callback(self._chimes.close)
            sound = Sound()
            opening = open_mouth(self._home, self._settings, sound, self._switches, self)
            async with opening as (self._mouth, self._ladder):
                turn = Turn(turn_settings.Settings(activation="push"), is_linked=False)
                self._conductor = Conductor(turn, self._mouth, send=self._send, chime=self._chimes.play)
                house.callback(self._conductor.close)
                self._listening = Listening(
                    self._home, self._settings, sound, self._conductor, self._switches, self
                )
                await self._live(loop)

    async def _live(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._mouth.run(), name="mouth")
                tasks.create_task(self._deliver(), name="to the hub")
                tasks.create_task(self._watch(), name="switches")
                tasks.create_task(self._listening.run(loop, self._mouth.player), name="ears")
                await self._follow_hub()
        finally:
            await self._listening.close()

    async def _follow_hub(self) -> None:
        async with contextlib.aclosing(self._client.listen()) as listening:
            async for event in listening:
                self._take(event)

    def _take(self, event: events.HubEvent | Linked | Unlinked) -> None:
        match event:
            case Linked():
                self._senses.forget()
                self._transcript.note_link("")
            case Unlinked(reason=reason):
                self._transcript.note_link(reason)
                # Another hub knows of nobody who holds a key.
                self._push(events.TalkPushed(is_pressed=False))
            case events.Snapshot(switches=switches) | events.SensesChanged(switches=switches):
                self._switches.take(switches)
                self._obey_switches()
            case events.TalkPushed():
                self._push(event)
            case _:
                self._transcript.take(event)
        self._conductor.take(event)

    def _push(self, event: events.TalkPushed) -> None:
        if event.is_pressed != self._is_pushed:
            self._is_pushed = event.is_pressed
            self.push(event.is_pressed)

    # -- What the parts tell ----------------------------------------------------------------------------

    def push(self, is_pressed: bool) -> None:
        """The key to talk is held, or let go."""
        if is_pressed and self._listening.is_ready:
            self._chimes.play("listening")
        self._conductor.take(cues.PushToTalk(is_pressed))

    def tell(self, event: cues.VoiceEvent) -> None:
        """Take what the mouth says of itself."""
        self._conductor.take(event)

    def send(self, event: events.ClientEvent) -> None:
        """Say something to the hub, after what was said before."""
        self._send(event)

    def remark(self, code: str, message: str) -> None:
        """Tell the user something, in the terminal and on her bubble."""
        self._complain(message)
        self._send(events.Remark(code=code, message=message[:500]))

    def note(self, message: str) -> None:
        """Tell the user who started the process something that needs no answer."""
        self._transcript.note(message)

    # -- The line to the hub ----------------------------------------------------------------------------

    def _send(self, event: events.ClientEvent) -> None:
        self._outgoing.append(event)
        self._has_outgoing.set()

    async def _deliver(self) -> None:
        while True:
            await self._has_outgoing.wait()
            self._has_outgoing.clear()
            while self._outgoing:
                event = self._outgoing.popleft()
                try:
                    await self._client.send(event)
                except AlisaError as error:
                    self._complain(error.message)

    # -- Switches and senses ----------------------------------------------------------------------------

    def _obey_switches(self) -> None:
        self._mouth.is_on = self._switches.is_on("voice")
        self._listening.obey()

    async def _watch(self) -> None:
        """Look at what the devices really do: the indicator is never more than a moment behind."""
        while True:
            self._senses.tell(
                [
                    self._listening.sense(),
                    cloud_sense(
                        self._ladder.current,
                        is_allowed=self._switches.is_on("cloud-voice"),
                        is_used=self._ladder.was_sent,
                    ),
                ]
            )
            await asyncio.sleep(_LOOK_SECONDS)

    _conductor: Conductor
    _mouth: Mouth
    _ladder: Ladder
    _listening: Listening


async def run(
    home: Path, settings: Settings, say: Callable[[str], None], complain: Callable[[str], None]
) -> None:
    """Hear and speak until Ctrl+C, or until the process is told to end."""
    app = App(home, settings, say, complain)
    task = asyncio.create_task(app.run(), name="voice")
    loop = asyncio.get_running_loop()

    def end(_number: int, _frame: object) -> None:
        loop.call_soon_threadsafe(task.cancel)

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), end)
    with contextlib.suppress(asyncio.CancelledError):
        await task

"""Brings the ears to life: the model, the microphone, the echo canceller, the key to talk."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from backend.shared.desktop import hotkeys
from backend.shared.errors import AlisaError
from backend.shared.records import Sense
from backend.shared.settings import Settings
from voice import cues, turn_settings
from voice.conductor import Conductor
from voice.devices import Sound
from voice.ears import Ears
from voice.echo.choice import choose as choose_canceller
from voice.microphone import Microphone
from voice.player import Player
from voice.senses import Switches, microphone_sense
from voice.stt import choice, download
from voice.stt.engine import Engine, SttError
from voice.transcriber import Transcriber

Told = TypeVar("Told")
HEADPHONES = "headphones"
"Of `voice.echo`: nobody but the user hears her, so there is no echo to take out."
_OFF = "She does not listen: voice.listen is off."
_PREPARING = "She is getting ready to listen."


class Owner(Protocol):
    """Whoever runs the process."""

    def push(self, is_pressed: bool) -> None:
        """The key to talk is held, or let go."""

    def remark(self, code: str, message: str) -> None:
        """Tell the user something he has to know."""

    def note(self, message: str) -> None:
        """Tell the user something in the terminal."""


class Listening:
    """Her ears in this process, from the first look for a model to the last closed device.

    Args:
        home, settings: Alisa's folder, and all settings.
        sound: The PortAudio of this process.
        conductor: Is told what is heard.
        switches: What the user has switched.
        owner: Tells the user what he has to know.

    Attributes:
        is_ready: Whether words can be heard: there is a model, and a microphone to be opened.
    """

    def __init__(
        self,
        home: Path,
        settings: Settings,
        sound: Sound,
        conductor: Conductor,
        switches: Switches,
        owner: Owner,
    ) -> None:
        self._home, self._chosen, self._sound = home, settings.voice, sound
        self._name = settings.companion.persona.title()
        self._conductor, self._switches, self._owner = conductor, switches, owner
        self._house = contextlib.ExitStack()
        self._microphone: Microphone | None = None
        self._why = _OFF if self._chosen.listen == "off" else _PREPARING
        self.is_ready = False

    async def run(self, loop: asyncio.AbstractEventLoop, player: object) -> None:
        """Get ready to listen; without ears she still speaks, and the user is told why.

        Args:
            loop: Of the process.
            player: What her voice is played by; only `voice.player.Player` tells the canceller what it plays.
        """
        if self._chosen.listen == "off":
            return
        try:
            await self._open(loop, player if isinstance(player, Player) else None)
        except AlisaError as error:
            self._why = error.message
            self._owner.remark(error.code, error.message)

    async def close(self) -> None:
        """Close every device and end every thread."""
        self.is_ready = False
        await asyncio.to_thread(self._house.close)

    def obey(self) -> None:
        """Do as the user has switched; a muted microphone is closed."""
        if self._microphone is None or not self.is_ready:
            return
        is_muted = not self._switches.is_on("microphone")
        if is_muted == self._microphone.is_muted:
            return
        if is_muted:
            self._microphone.mute()
        else:
            self._microphone.unmute()
        self._why = "You have switched it off." if is_muted else ""
        self._conductor.take(cues.Mute(is_muted))

    def sense(self) -> Sense:
        """What the indicator is to show."""
        microphone = self._microphone
        if microphone is None:
            return microphone_sense(None, None, is_open=False, why=self._why)
        problem = None if microphone.is_muted else microphone.problem
        return microphone_sense(microphone.device, problem, is_open=microphone.is_open, why=self._why)

    async def _open(self, loop: asyncio.AbstractEventLoop, player: Player | None) -> None:
        has_echo = self._chosen.echo != HEADPHONES
        canceller = await asyncio.to_thread(choose_canceller, self._chosen.echo) if has_echo else None
        if canceller is not None:
            self._house.callback(canceller.close)
        await self._fetch_model(loop)
        engine = choice.choose(self._chosen, self._home)
        writing = await self._load(loop, engine)
        microphone = Microphone(
            self._sound, self._chosen.microphone, on_problem=_on_loop(loop, self._tell_problem)
        )
        self._house.callback(microphone.close)
        ears = Ears(
            microphone,
            player,
            canceller,
            tell=_on_loop(loop, self._conductor.take_speech),
            on_problem=_on_loop(loop, self._tell_problem),
        )
        self._house.callback(ears.close)
        ears.start()
        is_half_duplex = canceller is None and has_echo
        self._conductor.take(
            turn_settings.Settings(
                activation=turn_settings.activation_of(self._chosen.listen),
                name=self._name,
                is_half_duplex=is_half_duplex,
                has_partials=engine.is_quick,
            )
        )
        self._conductor.listen_by(ears, writing)
        self._watch_key(loop)
        self._microphone = microphone
        self.is_ready = True
        self.obey()
        self._owner.note(self._greeting(engine.model, is_half_duplex=is_half_duplex))

    async def _fetch_model(self, loop: asyncio.AbstractEventLoop) -> None:
        """Download what is missing, where the user lets us, and tell how far it is."""
        model = choice.missing_model(self._chosen, self._home)
        if model is None or not self._chosen.download or self._chosen.stt_engine not in {"", "whisper"}:
            return
        size = f"{model.size_bytes / 1e6:.0f} MB"
        self._why = f"She is fetching what she needs to hear: Whisper {model.name}, {size}."
        self._owner.remark("voice-download", f"{self._why} Meanwhile type to her.")
        done: asyncio.Future[None] = loop.create_future()
        told = [0]
        note = _on_loop(loop, self._owner.note)

        def watch(here: int, total: int) -> None:
            tenth = here * 10 // max(total, 1)
            if tenth > told[0]:
                told[0] = tenth
                note(f"Whisper {model.name}: {tenth * 10} % of {size}.")

        def fetch() -> None:
            # Whatever ends the thread, somebody waits for it.
            outcome: SttError | None = SttError("stt-download-failed", f"Whisper {model.name} did not come.")
            try:
                download.fetch(model, self._home, watch)
                outcome = None
            except SttError as error:
                outcome = error
            finally:
                _settle(loop, done, outcome)

        # Not in the loop's own pool: the end of the process does not wait for it, and it can be gone on with.
        threading.Thread(target=fetch, name="model download", daemon=True).start()
        await done
        self._owner.note("She has what she needs to hear.")

    async def _load(self, loop: asyncio.AbstractEventLoop, engine: Engine) -> Transcriber:
        """A transcriber whose model is in memory."""
        ready: asyncio.Future[None] = loop.create_future()

        tell_failed = _on_loop(loop, self._tell_problem)

        def on_failed(error: AlisaError) -> None:
            if ready.done():
                tell_failed(error)
            else:
                _settle(loop, ready, error)

        writing = Transcriber(
            engine,
            tell=_on_loop(loop, self._conductor.take_result),
            on_ready=lambda: _settle(loop, ready, None),
            on_failed=on_failed,
        )
        self._house.callback(writing.close)
        await ready
        return writing

    def _tell_problem(self, problem: AlisaError | None) -> None:
        if problem is not None:
            self._owner.remark(problem.code, problem.message)
        else:
            self._owner.note("She hears again.")

    def _watch_key(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._chosen.push_key:
            return
        try:
            watch = hotkeys.watch(self._chosen.push_key, _on_loop(loop, self._owner.push))
        except AlisaError as error:
            self._owner.remark(error.code, error.message)
        else:
            self._house.callback(watch.close)

    def _greeting(self, model: str, *, is_half_duplex: bool) -> str:
        key = self._chosen.push_key or "the middle mouse button on her"
        ways = {
            "open": "She listens.",
            "name": f"She listens when you call her {self._name}.",
            "push": f"She listens while you hold {key}.",
        }
        text = f"{ways[self._chosen.listen]} She hears by {model}."
        if is_half_duplex:
            text += (
                " While she speaks she does not hear you: echo cancellation is not installed"
                " (with headphones, set voice.echo to headphones)."
            )
        return text


def _on_loop(loop: asyncio.AbstractEventLoop, act: Callable[[Told], None]) -> Callable[[Told], None]:
    """The same, for other threads to call; what comes when the loop has ended is dropped."""

    def tell(told: Told) -> None:
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(act, told)

    return tell


def _settle(loop: asyncio.AbstractEventLoop, future: asyncio.Future[None], error: Exception | None) -> None:
    """Answer a future of the loop from another thread; too late where nobody waits any more."""

    def settle() -> None:
        if not future.done():
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(error)

    with contextlib.suppress(RuntimeError):  # the loop is closed
        loop.call_soon_threadsafe(settle)

"""Brings her voice to life: the ladder of engines, the loudspeaker and the mouth."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Protocol

from backend.shared import events
from backend.shared.settings import Settings
from voice import cues, deck
from voice.conversion import converted as conversion
from voice.devices import Sound, SoundError
from voice.loudspeaker import Loudspeaker
from voice.mouth import Mouth
from voice.player import Player
from voice.senses import Switches
from voice.tts import ladder as ladders
from voice.tts.ladder import Ladder
from voice.tts.manner import manner_for


class Owner(Protocol):
    """Whoever runs the process; everything is called on its loop."""

    def tell(self, event: cues.VoiceEvent) -> None:
        """Take what the mouth says of itself."""

    def send(self, event: events.ClientEvent) -> None:
        """Say something to the hub."""

    def remark(self, code: str, message: str) -> None:
        """Tell the user something he has to know."""


@contextlib.asynccontextmanager
async def open_mouth(
    home: Path, settings: Settings, sound: Sound, switches: Switches, owner: Owner
) -> AsyncGenerator[tuple[Mouth, Ladder], None]:
    """Her mouth, with everything it needs; `Mouth.run` is for the caller to run."""
    loop = asyncio.get_running_loop()
    chosen = settings.voice
    language = chosen.language or settings.companion.language
    mouths: list[Mouth] = []

    def on_event(event: deck.Event) -> None:
        for mouth in mouths:
            loop.call_soon_threadsafe(mouth.take, event)

    def on_problem(problem: SoundError | None) -> None:
        if problem is not None:
            loop.call_soon_threadsafe(owner.remark, problem.code, problem.message)

    ladder = ladders.build(
        chosen,
        home,
        is_cloud_allowed=lambda: switches.is_on("cloud-voice"),
        on_change=lambda problem: owner.remark("voice-engine", problem),
    )
    player = open_loudspeaker(sound, chosen.speaker, on_event, on_problem)
    player.volume = chosen.volume
    converted = conversion.build(
        ladder,
        chosen,
        home,
        on_problem=lambda problem: owner.remark(problem.code, problem.message) if problem else None,
    )
    mouth = Mouth(
        converted,
        player,
        manner=lambda emotion: manner_for(emotion, chosen, language),
        tell=owner.tell,
        send=owner.send,
    )
    mouths.append(mouth)
    # An engine that reads a large model does so before her first words.
    warming = asyncio.create_task(ladder.prepare(manner_for("neutral", chosen, language)), name="warming up")
    try:
        yield mouth, ladder
    finally:
        warming.cancel()
        await asyncio.wait([warming])
        await asyncio.to_thread(player.close)
        await converted.close()


def open_loudspeaker(
    sound: Sound,
    name: str,
    on_event: Callable[[deck.Event], None],
    on_problem: Callable[[SoundError | None], None],
) -> Loudspeaker:
    """The player on PortAudio, or on pygame's mixer where this machine has no PortAudio."""
    try:
        sound.devices("output")
    except SoundError as error:
        from voice.fallback_player import FallbackPlayer

        on_problem(error)
        return FallbackPlayer(on_event=on_event, on_problem=on_problem)
    return Player(sound, name, on_event=on_event, on_problem=on_problem)

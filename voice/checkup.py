"""What of her voice and her ears works on this machine, and the fix for each part that does not."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from backend.shared import registry
from backend.shared.desktop import hotkeys
from backend.shared.errors import AlisaError
from backend.shared.settings import Voice
from voice import deck
from voice.conversion import places
from voice.conversion.converter import ConversionError
from voice.deck import Samples
from voice.devices import Device, Kind, Sound, SoundError
from voice.echo import choice as echo_choice
from voice.echo.engine import Engine as Canceller
from voice.stt import choice as stt_choice
from voice.stt.engine import Engine as Transcribing
from voice.tts import engines as tts_engines
from voice.tts.engine import Engine, Manner, Spoken, TtsError
from voice.tts.ladder import ORDER

State = Literal["ok", "hint", "broken"]
SAMPLE = "What is the weather like today?"
CLAUSE = "Well, let me think,"
_SPEAK_SECONDS = 3.0
_TRIES, _TRY_SECONDS = 3, 4.0
_RATE = 16_000


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's."""

    name: str
    state: State
    "ok; hint: she hears and speaks without it; broken: she does not."
    text: str
    fix: str = ""


def list_devices(sound: Sound, chosen: Voice) -> tuple[list[tuple[Device, bool]], list[Finding]]:
    """All devices, each with whether it is the one in use; and what is wrong with them."""
    listed: list[tuple[Device, bool]] = []
    findings = []
    wishes: tuple[tuple[Kind, str, str], ...] = (
        ("input", chosen.microphone, "microphone"),
        ("output", chosen.speaker, "loudspeaker"),
    )
    for kind, wish, name in wishes:
        try:
            used = sound.find(kind, wish)
            listed += [(device, device.index == used.index) for device in sound.devices(kind)]
            findings.append(Finding(name, "ok", used.title))
        except SoundError as error:
            findings.append(split(name, "broken", error.message))
    return listed, findings


@dataclass(frozen=True)
class Voiced:
    """What is known of the engines of her voice."""

    findings: list[Finding]
    seconds: dict[str, float]
    """How long each that works took for the beginning of a sentence."""


async def try_voices(chosen: Voice, home: Path) -> Voiced:
    """Let each engine say the beginning of a sentence; no cloud engine is asked unless that is allowed."""
    names = sorted(registry.available(tts_engines), key=lambda name: ((*ORDER, name).index(name), name))
    wanted = [chosen.engine] if chosen.engine else [name for name in names if name != "silent"]
    findings: list[Finding] = []
    seconds: dict[str, float] = {}
    for name in wanted:
        try:
            engine: Engine = registry.load(tts_engines, name).create(chosen, home)
        except AlisaError as error:
            findings.append(split(f"voice {name}", "hint", error.message))
            continue
        try:
            findings.append(await _try_voice(engine, chosen, seconds))
        finally:
            await engine.close()
    if not seconds:
        text = "no engine can speak: her answers are only read"
        findings.append(Finding("voice", "broken", text, "install espeak-ng, or any of the above"))
    return Voiced(findings, seconds)


async def _try_voice(engine: Engine, chosen: Voice, seconds: dict[str, float]) -> Finding:
    name = f"voice {engine.name}"
    if engine.is_cloud and not chosen.cloud:
        text = "not asked: it would send what she says to a cloud service"
        return Finding(name, "ok", f"{text} (voice.cloud is false)")
    times: list[float] = []
    try:
        # One that takes long takes it once.
        while len(times) < _TRIES and sum(times) < _SPEAK_SECONDS / 3:
            start = time.monotonic()
            async with asyncio.timeout(_SPEAK_SECONDS):
                await engine.speak(CLAUSE, Manner(chosen.voice, chosen.language or "en", chosen.rate))
            times.append(time.monotonic() - start)
    except TtsError as error:
        return split(name, "hint", error.message)
    except TimeoutError:
        return Finding(name, "hint", f"it takes more than {_SPEAK_SECONDS:.0f} s", "choose another engine")
    seconds[engine.name] = sorted(times)[len(times) // 2]
    return Finding(name, "ok", f"{seconds[engine.name]:.2f} s for the beginning of a sentence")


def try_echo(chosen: Voice) -> tuple[Finding, Canceller | None]:
    """The echo canceller that would be used."""
    try:
        found = echo_choice.choose(chosen.echo)
    except AlisaError as error:
        return split("echo canceller", "hint", error.message), None
    if found is not None:
        return Finding("echo canceller", "ok", found.name), found
    if chosen.echo:
        return Finding("echo canceller", "ok", f"none: voice.echo is {chosen.echo}"), None
    text = "none is installed: over loudspeakers she does not hear you while she speaks"
    return Finding("echo canceller", "hint", text, "scripts/alisa.py install, or headphones"), None


def try_key(chosen: Voice) -> Finding:
    """The key to talk."""
    name = "key to talk"
    if not chosen.push_key:
        if chosen.listen != "push":
            return Finding(name, "ok", "none is set")
        return Finding(name, "hint", "none is set", "set voice.push_key, or hold the middle button on her")
    try:
        hotkeys.watch(chosen.push_key, lambda _: None).close()
    except AlisaError as error:
        return split(name, "hint", error.message)
    return Finding(name, "ok", chosen.push_key)


def try_conversion(chosen: Voice, home: Path) -> list[Finding]:
    """RVC, where the user wants it."""
    if not chosen.convert:
        return []
    try:
        places.command(home)
    except ConversionError as error:
        return [split("voice conversion", "hint", error.message)]
    return [Finding("voice conversion", "ok", "see how quick it is: python -m voice.conversion test")]


def load_ears(chosen: Voice, home: Path) -> tuple[Finding, Transcribing | None]:
    """The engine that writes down speech, its model in memory."""
    name = "speech to text"
    try:
        engine = stt_choice.choose(chosen, home)
        start = time.monotonic()
        engine.load()
    except AlisaError as error:
        return split(name, "broken", error.message), None
    return Finding(name, "ok", f"{engine.model}, read in {time.monotonic() - start:.1f} s"), engine


@dataclass(frozen=True)
class Transcribed:
    """How quick and how right a transcription was."""

    seconds: float
    text: str


def time_transcription(engine: Transcribing, spoken: Spoken) -> Transcribed:
    """Write down a spoken sample, up to three times; the median.

    Raises:
        SttError: It does not work.
    """
    sound: Samples = deck.resample(spoken.samples, spoken.rate, _RATE)
    times: list[float] = []
    text = ""
    end = time.monotonic() + _TRY_SECONDS
    while len(times) < _TRIES and (not times or time.monotonic() < end):
        start = time.monotonic()
        text = engine.transcribe(sound, lambda: True).text or text
        times.append(time.monotonic() - start)
    return Transcribed(sorted(times)[len(times) // 2], text)


def describe_level(loudest_db: float, quietest_db: float, *, is_dead: bool, is_clipped: bool) -> Finding:
    """What the loudness of the microphone means."""
    name, fix = "microphone level", ""
    heard = f"{loudest_db:.0f} dB at its loudest, {quietest_db:.0f} dB of noise"
    if is_dead:
        text = "nothing but silence comes from it"
        fix = "switch it on, and allow programs to use it in the system's privacy settings"
    elif is_clipped:
        text, fix = f"{heard}: too loud", "turn it down in the system's sound settings"
    elif loudest_db < -50:
        text, fix = f"{heard}: very quiet, if you have said something", "speak up, or turn the microphone up"
    elif quietest_db > -35:
        text, fix = f"{heard}: much noise", "move the microphone closer, or away from what hums"
    else:
        text = heard
    return Finding(name, "hint" if fix else "ok", text, fix)


def split(name: str, state: State, message: str) -> Finding:
    """An error's first sentence is what is wrong, the rest is the fix."""
    what, _, fix = message.partition(". ")
    return Finding(name, state, what.rstrip("."), fix.rstrip(".") if fix else "")

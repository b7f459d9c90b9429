"""Microsoft's voices of the Edge browser, by edge-tts: the best sound, but what she says leaves this machine.

edge-tts itself takes a broken connection for the end of the sound and waits for ever for a silent one. So
every answer is watched here, and taken only when it is whole.
"""

import asyncio
import importlib
import importlib.util
import logging
import re
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from backend.shared.settings import Voice
from voice.tts.completeness import is_whole
from voice.tts.engine import Manner, Spoken, TtsError, VoiceInfo
from voice.tts.mp3 import RATE, decode
from voice.tts.sound import finish

if TYPE_CHECKING:
    from edge_tts import Communicate

log = logging.getLogger(__name__)

# Her voice in each language; the service has more, `voices` asks it for all of them.
_HERS = {
    "ar": "ar-EG-SalmaNeural",
    "bg": "bg-BG-KalinaNeural",
    "bn": "bn-IN-TanishaaNeural",
    "ca": "ca-ES-JoanaNeural",
    "cs": "cs-CZ-VlastaNeural",
    "da": "da-DK-ChristelNeural",
    "de": "de-DE-KatjaNeural",
    "el": "el-GR-AthinaNeural",
    "en": "en-US-AriaNeural",
    "es": "es-ES-ElviraNeural",
    "et": "et-EE-AnuNeural",
    "fa": "fa-IR-DilaraNeural",
    "fi": "fi-FI-NooraNeural",
    "fil": "fil-PH-BlessicaNeural",
    "fr": "fr-FR-DeniseNeural",
    "he": "he-IL-HilaNeural",
    "hi": "hi-IN-SwaraNeural",
    "hr": "hr-HR-GabrijelaNeural",
    "hu": "hu-HU-NoemiNeural",
    "id": "id-ID-GadisNeural",
    "it": "it-IT-ElsaNeural",
    "ja": "ja-JP-NanamiNeural",
    "ko": "ko-KR-SunHiNeural",
    "lt": "lt-LT-OnaNeural",
    "lv": "lv-LV-EveritaNeural",
    "ms": "ms-MY-YasminNeural",
    "nb": "nb-NO-PernilleNeural",
    "nl": "nl-NL-ColetteNeural",
    "pl": "pl-PL-ZofiaNeural",
    "pt": "pt-BR-FranciscaNeural",
    "ro": "ro-RO-AlinaNeural",
    "ru": "ru-RU-SvetlanaNeural",
    "sk": "sk-SK-ViktoriaNeural",
    "sl": "sl-SI-PetraNeural",
    "sv": "sv-SE-SofieNeural",
    "ta": "ta-IN-PallaviNeural",
    "th": "th-TH-PremwadeeNeural",
    "tr": "tr-TR-EmelNeural",
    "uk": "uk-UA-PolinaNeural",
    "ur": "ur-PK-UzmaNeural",
    "vi": "vi-VN-HoaiMyNeural",
    "zh": "zh-CN-XiaoxiaoNeural",
}
_OTHER_CODES = {"no": "nb", "nn": "nb", "tl": "fil", "iw": "he"}
_ANY_LANGUAGE = "en-US-EmmaMultilingualNeural"
_NAME = re.compile(r"[a-z]{2,3}-[A-Z]{2,}-(?:[A-Za-z]+-)?\w+Neural")

# What a voice of a woman has by itself; the service takes pitch in Hz.
_USUAL_HZ = 200
_TICKS_A_SECOND = 10_000_000
# The last word may be reported to end so much after the last sound.
_SPARE_SECONDS = 0.25
_LIST_SECONDS = 5.0
# How often it is looked whether the service has said that this was all.
_LOOK_SECONDS = 0.02
_GOODBYE_SECONDS, _END_SECONDS = 1.0, 0.5


@dataclass
class _Answer:
    """What has come of a request so far."""

    at: float
    "When something came last, in the time of the loop."
    audio: bytearray = field(default_factory=bytearray)
    words: list[str] = field(default_factory=list)
    end_seconds: float = 0.0
    "Where in the sound the last word ends."
    is_begun: bool = False
    is_ended: bool = False
    "The service said that this was all."


class _NoSoundError(TtsError):
    """The service ended without any sound: it does not have the voice, or is not well."""

    def __init__(self) -> None:
        super().__init__("edge-no-sound", "The cloud voice (edge) sent no sound. Try it again in a while.")


class Edge:
    """See `voice.tts.engine.Engine`. Nothing but the text to be spoken is sent."""

    name = "edge"
    is_cloud = True

    def __init__(
        self, *, first_seconds: float = 3.0, chunk_seconds: float = 1.5, total_seconds: float = 15.0
    ) -> None:
        """Contact nobody yet.

        Args:
            first_seconds: Longest wait for the first piece of sound, connecting included.
            chunk_seconds: Longest wait for each piece after it.
            total_seconds: Longest time for everything.
        """
        self._first, self._chunk, self._total = first_seconds, chunk_seconds, total_seconds
        self._voices: list[VoiceInfo] | None = None
        self._refused: set[str] = set()
        self._told: set[tuple[str, str]] = set()
        self._closing: set[asyncio.Task[None]] = set()

    async def speak(self, text: str, manner: Manner) -> Spoken:
        """See `voice.tts.engine.Engine`."""
        await _load()
        deadline = asyncio.get_running_loop().time() + self._total
        voice, best = self._voice_for(manner), self._best_for(manner.language)
        try:
            answer = await self._ask(text, voice, manner, deadline)
        except _NoSoundError:
            if voice == best:
                raise
            # Remembered before the second try: it may be cancelled by somebody who waits for less long.
            self._refused.add(voice)
            try:
                answer = await self._ask(text, best, manner, deadline)
            except _NoSoundError:
                self._refused.discard(voice)
                raise
            log.warning('The cloud voice "%s" gives no sound; she speaks with "%s".', voice, best)
        return await self._sound_of(answer, text, manner)

    async def voices(self) -> list[VoiceInfo]:
        """All voices of the service; without a connection the one for each language that is built in."""
        if self._voices is None:
            await _load()
            try:
                self._voices = await _list()
            except TtsError as error:
                log.info("%s", error.message)
                return [VoiceInfo(voice, _title(voice), _locale(voice), "female") for voice in _HERS.values()]
        return self._voices

    async def close(self) -> None:
        """Wait for connections that are being closed."""
        if self._closing:
            await asyncio.wait(self._closing, timeout=_GOODBYE_SECONDS + _END_SECONDS)

    def _best_for(self, language: str) -> str:
        code = language.split("-", maxsplit=1)[0].lower()
        code = _OTHER_CODES.get(code, code)
        if code in _HERS:
            return _HERS[code]
        known = (voice for voice in self._voices or () if voice.language.split("-")[0] == code)
        found = sorted(known, key=lambda voice: (voice.gender != "female", voice.id))
        return found[0].id if found else _ANY_LANGUAGE

    def _voice_for(self, manner: Manner) -> str:
        wanted, best = manner.voice, self._best_for(manner.language)
        if not wanted or wanted == best or wanted in self._refused:
            return best
        is_known = _NAME.fullmatch(wanted) and (
            self._voices is None or any(voice.id == wanted for voice in self._voices)
        )
        is_fluent = "Multilingual" in wanted or wanted.split("-")[0] == best.split("-")[0]
        if is_known and (is_fluent or best == _ANY_LANGUAGE):
            return wanted
        if (wanted, best) not in self._told:
            self._told.add((wanted, best))
            reason = "does not speak this language" if is_known else "is no voice of edge"
            log.info('"%s" %s; she speaks with "%s".', wanted, reason, best)
        return best

    async def _ask(self, text: str, voice: str, manner: Manner, deadline: float) -> _Answer:
        """Have it spoken by one voice.

        Raises:
            TtsError: Nothing came in time, or something else than sound.
        """
        import edge_tts

        request = edge_tts.Communicate(
            text,
            voice,
            rate=f"{min(100, max(-50, round((manner.rate - 1) * 100))):+d}%",
            pitch=f"{round(_USUAL_HZ * (2 ** (manner.pitch / 12) - 1)):+d}Hz",
            boundary="WordBoundary",
        )
        answer = _Answer(asyncio.get_running_loop().time())
        task = asyncio.create_task(_receive(request, answer))
        try:
            await self._watch(task, request, answer, deadline)
        finally:
            if not task.done():
                ending = asyncio.create_task(_end(task, is_polite=answer.is_ended))
                self._closing.add(ending)
                ending.add_done_callback(self._closing.discard)
                if not answer.is_ended:
                    await asyncio.wait({ending}, timeout=_END_SECONDS)
        if not answer.is_ended:
            _raise_for(task)
        return answer

    async def _watch(
        self, task: "asyncio.Task[None]", request: "Communicate", answer: _Answer, deadline: float
    ) -> None:
        """Wait for the end of the sound; not for the goodbye after it, which costs time or never comes."""
        loop = asyncio.get_running_loop()
        while not task.done():
            # edge-tts tells nobody whether the service said "turn.end" or the connection broke, but only the
            # former moves this mark for the next request.
            answer.is_ended = request.state["offset_compensation"] > 0
            if answer.is_ended:
                return
            patience = self._chunk if answer.is_begun else self._first
            left = min(deadline, answer.at + patience) - loop.time()
            if left <= 0:
                message = "The cloud voice (edge) does not answer in time. Check the internet connection."
                raise TtsError("edge-too-slow", message)
            await asyncio.wait({task}, timeout=min(left, _LOOK_SECONDS))
        answer.is_ended = request.state["offset_compensation"] > 0

    async def _sound_of(self, answer: _Answer, text: str, manner: Manner) -> Spoken:
        cut = TtsError("edge-cut", "The cloud voice (edge) broke off in the middle. Try it again.")
        if not is_whole(text, answer.words, is_ended=answer.is_ended):
            raise cut
        samples = await asyncio.to_thread(decode, bytes(answer.audio))
        if len(samples) / RATE < answer.end_seconds - (_SPARE_SECONDS if answer.is_ended else 0.0):
            raise cut
        spoken = finish(samples, RATE)
        if not len(spoken.samples):
            raise TtsError("edge-silent", "The cloud voice (edge) sent only silence. Try it again later.")
        return Spoken(spoken.samples * np.float32(manner.volume), RATE)


async def _receive(request: "Communicate", answer: _Answer) -> None:
    loop = asyncio.get_running_loop()
    async for chunk in request.stream():
        answer.at, answer.is_begun = loop.time(), True
        if chunk["type"] == "audio":
            answer.audio += chunk["data"]
        else:
            answer.words.append(chunk["text"])
            answer.end_seconds = (chunk["offset"] + chunk["duration"]) / _TICKS_A_SECOND


def _raise_for(task: "asyncio.Task[None]") -> None:
    """Say what went wrong, if anything did."""
    import aiohttp
    from edge_tts.exceptions import NoAudioReceived

    error = task.exception()
    if error is None:
        return
    if isinstance(error, NoAudioReceived):
        raise _NoSoundError from error
    if isinstance(error, aiohttp.WSServerHandshakeError):
        raise TtsError(
            "edge-refused",
            f"The cloud voice (edge) refuses (HTTP {error.status}). Where that goes on: "
            "pip install --upgrade edge-tts",
        ) from error
    if isinstance(error, aiohttp.ClientError | OSError):
        message = "The cloud voice (edge) cannot be reached. Check the internet connection."
        raise TtsError("edge-unreachable", message) from error
    raise TtsError(
        "edge-strange",
        "The cloud voice (edge) sends something unknown. Where that goes on: pip install --upgrade edge-tts",
    ) from error


async def _list() -> list[VoiceInfo]:
    import edge_tts

    try:
        async with asyncio.timeout(_LIST_SECONDS):
            return [
                VoiceInfo(
                    voice["ShortName"], _title(voice["ShortName"]), voice["Locale"], voice["Gender"].lower()
                )
                for voice in await edge_tts.list_voices()
            ]
    # Whatever a service or the library around it does wrong, there are voices to choose from.
    except Exception as error:
        message = "The voices of the cloud voice (edge) cannot be listed now; one for each language is known."
        raise TtsError("edge-no-list", message) from error


async def _end(task: "asyncio.Task[None]", *, is_polite: bool) -> None:
    """Cancel a request; one that has come to its end may say goodbye first."""
    if is_polite:
        await asyncio.wait({task}, timeout=_GOODBYE_SECONDS)
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()


async def _load() -> None:
    """Import what is heavy without holding up the loop."""
    if "edge_tts" not in sys.modules:
        await asyncio.to_thread(importlib.import_module, "edge_tts")


def _locale(voice: str) -> str:
    return "-".join(voice.split("-")[:2])


def _title(voice: str) -> str:
    name = voice.rsplit("-", maxsplit=1)[-1].removesuffix("Neural")
    is_multilingual = name.endswith("Multilingual")
    return name.removesuffix("Multilingual") + (", many languages" if is_multilingual else "")


def create(chosen: Voice, home: Path) -> Edge:  # noqa: ARG001  every engine is made with the same arguments
    """Make it without contacting anybody.

    Raises:
        TtsError: edge-tts is not installed.
    """
    if importlib.util.find_spec("edge_tts") is None:
        raise TtsError("edge-missing", "The cloud voice needs edge-tts: pip install edge-tts")
    if chosen.cloud:
        # It takes half a second, which her first words would have to wait for.
        threading.Thread(target=importlib.import_module, args=("edge_tts",), name="import edge_tts").start()
    return Edge()

"""Piper: natural voices that are made on this machine, from a model that the user has fetched."""

import asyncio
import importlib
import importlib.util
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from backend.shared.settings import Voice
from voice.deck import Samples
from voice.tts import piper_voices
from voice.tts.engine import Manner, Spoken, TtsError, VoiceInfo
from voice.tts.piper_voices import PiperFile
from voice.tts.plain_text import has_words, plain
from voice.tts.sound import finish, shift_pitch

_LIMIT_SECONDS = 10.0
_RATE = 22_050


class Piper:
    """See `voice.tts.engine.Engine`."""

    name = "piper"
    is_cloud = False

    def __init__(self, home: Path) -> None:
        self._home = home
        # What was cancelled runs to the end of its sentence; whatever is next waits for that.
        self._thread = ThreadPoolExecutor(1, "piper")
        self._loaded: tuple[PiperFile, Any] | None = None

    async def speak(self, text: str, manner: Manner) -> Spoken:
        """See `Engine`. Text without a letter or digit is an empty sound."""
        if not has_words(text):
            return finish(np.zeros(0, np.float32), _RATE)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_LIMIT_SECONDS):
                spoken = await loop.run_in_executor(self._thread, self._make, plain(text), manner)
        except TimeoutError as error:
            text = "Piper is too slow on this machine. Choose a voice of lower quality."
            raise TtsError("tts-slow", text) from error
        if not len(spoken.samples) and manner.volume:
            raise TtsError("tts-no-sound", "Piper made no sound of this text. Choose another voice.")
        return spoken

    async def voices(self) -> list[VoiceInfo]:
        """Those that were fetched."""
        found = await asyncio.to_thread(piper_voices.find, self._home)
        return [VoiceInfo(one.name, one.title, one.language) for one in found]

    async def close(self) -> None:
        """Let go of the model."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._loaded = None

    def _make(self, text: str, manner: Manner) -> Spoken:
        file = choose(piper_voices.find(self._home), manner)
        try:
            samples, rate = self._synthesize(file, text, manner)
        except _errors() as error:
            self._loaded = None
            again = f"Fetch it again: python -m voice.voices fetch {file.name}"
            raise TtsError(
                "tts-broken-voice", f"The Piper voice {file.name} does not work. {again}"
            ) from error
        return finish(shift_pitch(samples, rate, manner.pitch), rate, manner.volume)

    def _synthesize(self, file: PiperFile, text: str, manner: Manner) -> tuple[Samples, int]:
        from piper import PiperVoice, SynthesisConfig

        if self._loaded is None or self._loaded[0] != file:
            # It would write down what she says.
            logging.getLogger("piper").setLevel(logging.WARNING)
            self._loaded = file, PiperVoice.load(file.path, download_dir=file.path.parent)
        voice = self._loaded[1]
        slowed = manner.rate / 2 ** (manner.pitch / 12)
        scale = SynthesisConfig(length_scale=voice.config.length_scale / slowed)
        parts = [chunk.audio_float_array for chunk in voice.synthesize(text, scale)]
        return np.concatenate([np.zeros(0, np.float32), *parts]), voice.config.sample_rate


def create(chosen: Voice, home: Path) -> Piper:  # noqa: ARG001  every engine is made with the same arguments
    """Raises TtsError where the package or a voice is missing."""
    if importlib.util.find_spec("piper") is None:
        text = "Piper is not installed. Run: pip install -r voice/requirements-piper.txt"
        raise TtsError("tts-no-piper", text)
    if not piper_voices.find(home):
        text = "There is no Piper voice yet. Get one: python -m voice.voices fetch --language en"
        raise TtsError("tts-no-voice", text)
    return Piper(home)


def _errors() -> tuple[type[Exception], ...]:
    """What a broken voice leads to; the errors of onnxruntime have no common base."""
    found = vars(importlib.import_module("onnxruntime.capi.onnxruntime_pybind11_state")).values()
    theirs = [one for one in found if isinstance(one, type) and issubclass(one, Exception)]
    return (*theirs, OSError, ValueError, KeyError, TypeError, RuntimeError)


def choose(there: Sequence[PiperFile], manner: Manner) -> PiperFile:
    """The voice that was chosen if it speaks the language, else the best one that does.

    Raises:
        TtsError: There is none.
    """
    code = (manner.language or "en").replace("_", "-").lower()
    family = code.split("-")[0]
    fitting = [one for one in there if one.language.lower().split("-")[0] == family]
    if not fitting:
        get = f"python -m voice.voices fetch --language {family}"
        text = f'There is no Piper voice for the language "{manner.language}". Get one: {get}'
        raise TtsError("tts-no-language", text)
    asked = [one for one in fitting if one.name.lower() == manner.voice.lower()]
    exact = [one for one in fitting if one.language.lower() == code]
    return (asked or exact or fitting)[0]

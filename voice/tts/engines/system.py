"""The voices of Windows and macOS, as they come with the system."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from backend.shared.desktop import speech
from backend.shared.desktop.speech import SpeechError, SystemSpeech, SystemVoice
from backend.shared.settings import Voice
from voice.tts.engine import Manner, Spoken, TtsError, VoiceInfo
from voice.tts.plain_text import has_words
from voice.tts.sound import finish, read_wav, shift_pitch

_RATE = 22_050


class System:
    """See `voice.tts.engine.Engine`."""

    name = "system"
    is_cloud = False

    def __init__(self, spoken_by: SystemSpeech) -> None:
        self._speech = spoken_by
        self._voices: list[SystemVoice] = []

    async def speak(self, text: str, manner: Manner) -> Spoken:
        """See `Engine`. Text without a letter or digit is an empty sound."""
        if not has_words(text):
            return finish(np.zeros(0, np.float32), _RATE)
        voice = choose(await self._all(), manner)
        slowed = manner.rate / 2 ** (manner.pitch / 12)
        try:
            samples, rate = read_wav(await self._speech.speak(text, voice.id, slowed))
        except SpeechError as error:
            raise TtsError(error.code, error.message) from error
        spoken = finish(shift_pitch(samples, rate, manner.pitch), rate, manner.volume)
        if not len(spoken.samples) and manner.volume:
            text = "The system's voice made no sound of this text. Choose another voice."
            raise TtsError("tts-no-sound", text)
        return spoken

    async def voices(self) -> list[VoiceInfo]:
        """Those that are installed in the system."""
        return [VoiceInfo(one.id, one.title, one.language, one.gender) for one in await self._all()]

    async def close(self) -> None:
        """End the process that speaks."""
        await self._speech.close()

    async def _all(self) -> list[SystemVoice]:
        if not self._voices:
            try:
                self._voices = await self._speech.voices()
            except SpeechError as error:
                raise TtsError(error.code, error.message) from error
        return self._voices


def create(chosen: Voice, home: Path) -> System:  # noqa: ARG001  every engine is made with the same arguments
    """Raises TtsError where the system has no voice of its own."""
    try:
        return System(speech.open_speech())
    except SpeechError as error:
        raise TtsError(error.code, error.message) from error


def choose(there: Sequence[SystemVoice], manner: Manner) -> SystemVoice:
    """The voice that was chosen if it speaks the language, else the best woman's voice that does.

    Raises:
        TtsError: There is no voice for the language.
    """
    code = (manner.language or "en").replace("_", "-").lower()
    family = code.split("-")[0]
    fitting = [one for one in there if one.language.replace("_", "-").lower().split("-")[0] == family]
    if not fitting:
        text = (
            f'The system has no voice for the language "{manner.language}". '
            "Add one in the system's speech settings, or install espeak-ng."
        )
        raise TtsError("tts-no-language", text)
    asked = [
        one for one in fitting if manner.voice and manner.voice.lower() in {one.id.lower(), one.title.lower()}
    ]
    exact = [one for one in fitting if one.language.replace("_", "-").lower() == code]
    women = [one for one in [*exact, *fitting] if one.gender == "female"]
    return (asked or women or exact or fitting)[0]

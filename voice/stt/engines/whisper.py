"""Whisper on this machine, by faster-whisper: the engine that really listens."""

import contextlib
import importlib.util
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from backend.shared import desktop
from backend.shared.settings import Voice
from voice.deck import Samples
from voice.stt import gpu
from voice.stt.engine import Heard, SttError
from voice.stt.language import Chance, LanguageKeeper, short_code
from voice.stt.models import GET, Place, locate
from voice.stt.phantoms import words_of
from voice.stt.sounds import RATE, has_speech, practice_sound, prepare

log = logging.getLogger(__name__)

QUICK_SECONDS = 0.6
"""For two seconds of speech: then what is said can be looked at while it is said."""
MOST_THREADS = 4
"""More make Whisper hardly quicker, and the sound needs a core for itself."""
WINDOW_SECONDS = 30.0
"""Whisper's own window; a longer sound is cut where its timestamps say."""
# At most so many tokens: people say 3 to 6 a second, some languages 10; a loop ends there.
TOKENS_PER_SECOND, FREE_TOKENS, MOST_TOKENS = 16, 32, 400
_PRACTICE_TOKENS = 24


class Whisper:
    """Reads the model in `load`; see `voice.stt.engine.Engine`."""

    name = "whisper"

    def __init__(self, place: Place, chosen: Voice) -> None:
        """Take the model at this place."""
        self.model = f"{place.name} on the processor"
        self.is_quick = False
        self._place, self._chosen = place, chosen
        self._whisper: Any = None
        self._beams = 1
        self._keeper = LanguageKeeper()

    def load(self) -> None:
        """Read the model, warm it up, and find out whether it is quick here.

        Raises:
            SttError: "stt-broken-model", "stt-no-memory", "stt-no-gpu".
        """
        device, compute_type = self._device()
        try:
            seconds = self._start(device, compute_type)
        except SttError as error:
            if device == "cpu" or self._chosen.stt_device == "cuda":
                raise
            log.warning("Whisper on the processor: the graphics card failed with %s.", error.code)
            device = "cpu"
            seconds = self._start(device, _processor_numbers())
        if device == "cuda":
            self.model, self._beams = f"{self._place.name} on the graphics card", 5
        # The first time fills caches; where that was quick already, it needs no second one.
        if seconds > QUICK_SECONDS:
            seconds = min(seconds, self._practise())
        self.is_quick = seconds <= QUICK_SECONDS
        log.info("Whisper %s: two seconds of speech take %.2f s.", self.model, seconds)

    def transcribe(self, sound: Samples, is_wanted: Callable[[], bool]) -> Heard:
        """Write down what is said in a sound; see `voice.stt.engine.Engine`."""
        whisper = self._whisper
        if whisper is None:
            raise SttError("stt-not-loaded", "The model is not loaded.")
        samples = prepare(sound)
        if not has_speech(samples) or not is_wanted():
            return Heard("")
        try:
            return self._write_down(whisper, samples, is_wanted)
        except MemoryError as error:
            raise _no_memory(self._place) from error
        except (RuntimeError, ValueError) as error:
            raise _failure(error, self._place) from error
        finally:
            whisper.forget()

    def close(self) -> None:
        """Give the memory back."""
        self._whisper = None

    # --- loading

    def _device(self) -> tuple[str, str]:
        """Where to compute, and with which numbers."""
        if self._chosen.stt_device != "cpu":
            found = gpu.probe(self._place.folder)
            if found.compute_type:
                return "cuda", found.compute_type
            if self._chosen.stt_device == "cuda":
                message = f'{found.problem} Set voice.stt_device to "cpu", or mend CUDA and cuDNN.'
                raise SttError("stt-no-gpu", message)
            log.info("Whisper on the processor: %s", found.problem)
        return "cpu", _processor_numbers()

    def _start(self, device: str, compute_type: str) -> float:
        """Read the model and use it once; gives the seconds that took."""
        self._whisper = None
        if device == "cpu":
            self._check_memory()
        self._whisper = self._open(device, compute_type)
        return self._practise()

    def _check_memory(self) -> None:
        """Refuse what cannot go well: Linux does not say so, it ends the process."""
        _total, free = desktop.memory_bytes()
        with contextlib.suppress(OSError):
            if 0 < free < (self._place.folder / "model.bin").stat().st_size:
                raise _no_memory(self._place)

    def _open(self, device: str, compute_type: str) -> Any:
        whisper = _reader()
        threads = max(1, min(MOST_THREADS, desktop.physical_cores() - 1))
        try:
            return whisper(
                str(self._place.folder),
                device=device,
                compute_type=compute_type,
                cpu_threads=threads,
                local_files_only=True,
            )
        except MemoryError as error:
            raise _no_memory(self._place) from error
        except Exception as error:  # tokenizers raises nothing more precise for a broken file
            raise _failure(error, self._place, "stt-broken-model") from error

    def _practise(self) -> float:
        """Write down a short sound; gives the seconds it took."""
        begin = time.monotonic()
        try:
            self._chances(self._whisper, practice_sound())
            segments, _info = self._whisper.transcribe(
                practice_sound(), **self._options("en", 2.0, _PRACTICE_TOKENS)
            )
            for _segment in segments:
                pass
        except MemoryError as error:
            raise _no_memory(self._place) from error
        except (RuntimeError, ValueError) as error:
            raise _failure(error, self._place, "stt-broken-model") from error
        return time.monotonic() - begin

    # --- writing down

    def _write_down(self, whisper: Any, samples: Samples, is_wanted: Callable[[], bool]) -> Heard:
        seconds = len(samples) / RATE
        language = short_code(self._chosen.language)
        if not whisper.model.is_multilingual:
            language = "en"
        elif language not in whisper.supported_languages:
            language = self._keeper.hear(self._chances(whisper, samples), seconds) or "en"
        if not is_wanted():
            return Heard("")
        segments, _info = whisper.transcribe(samples, **self._options(language, seconds))
        found = []
        for segment in segments:
            if not is_wanted():
                return Heard("")
            found.append(segment)
        return Heard(words_of(found, seconds), language)

    def _chances(self, whisper: Any, samples: Samples) -> list[Chance]:
        """Which language it may be. The encoder's work is kept for `transcribe`: it is most of the whole."""
        if not whisper.model.is_multilingual:
            return []
        from faster_whisper.audio import pad_or_trim

        features = whisper.feature_extractor(samples)[:, :-1]
        encoded = whisper.encode(pad_or_trim(features[:, : whisper.feature_extractor.nb_max_frames]))
        return [(token[2:-2], chance) for token, chance in whisper.model.detect_language(encoded)[0]]

    def _options(self, language: str, seconds: float, most_tokens: int = MOST_TOKENS) -> dict[str, Any]:
        tokens = FREE_TOKENS + round(TOKENS_PER_SECOND * min(seconds, WINDOW_SECONDS))
        return {
            "language": language,
            "beam_size": self._beams,
            "temperature": 0.0,  # no second and third try with dice where the first was poor
            "condition_on_previous_text": False,
            "without_timestamps": seconds <= WINDOW_SECONDS,
            "max_new_tokens": min(most_tokens, tokens),
        }


def _processor_numbers() -> str:
    """Numbers of eight bits, where the processor is quick with them."""
    import ctranslate2

    return "int8" if "int8" in ctranslate2.get_supported_compute_types("cpu") else "default"


def _reader() -> type[Any]:
    """The class of faster-whisper, which does not encode the same sound twice in a row."""
    from faster_whisper import WhisperModel

    class Reader(WhisperModel):  # type: ignore[misc]  # it comes without types
        _last: tuple[Any, Any] | None = None

        def encode(self, features: Any) -> Any:
            last, self._last = self._last, None
            if last is not None and np.array_equal(last[0], features):
                return last[1]
            encoded = super().encode(features)
            self._last = features, encoded
            return encoded

        def forget(self) -> None:
            """Give the memory of the last sound back."""
            self._last = None

    return Reader


def _failure(error: Exception, place: Place, code: str = "stt-failed") -> SttError:
    """What went wrong, in plain words; CTranslate2 raises RuntimeError for everything."""
    words = str(error).lower()
    if "alloc" in words or "out of memory" in words:
        return _no_memory(place)
    if code == "stt-broken-model":
        again = f"Fetch it anew: python -m voice.stt remove {place.name}, then {GET} {place.name}."
        fix = again if place.is_ours else "Choose another one in voice.stt_model."
        return SttError(code, f"The Whisper model {place.name} cannot be read: it is damaged. {fix}")
    return SttError(code, f"Whisper ({place.name}) could not write this down. Say it again.")


def _no_memory(place: Place) -> SttError:
    message = (
        f"There is not enough memory for the Whisper model {place.name}. "
        'Close other programs, or set voice.stt_model to a smaller one, such as "tiny".'
    )
    return SttError("stt-no-memory", message)


def create(chosen: Voice, home: Path) -> Whisper:
    """Make the engine.

    Raises:
        SttError: "stt-no-package", or there is no model (see `voice.stt.models.locate`).
    """
    if importlib.util.find_spec("faster_whisper") is None:
        message = "faster-whisper is not installed: python -m pip install -r voice/requirements-speech.txt"
        raise SttError("stt-no-package", message)
    return Whisper(locate(chosen, home), chosen)

"""How she says something by what she feels: small changes of pace, pitch and loudness."""

import functools
import logging
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from backend.shared import settings
from backend.shared.records import EmotionName
from backend.shared.settings import Voice
from voice.tts.engine import Manner, TtsError

log = logging.getLogger(__name__)

_SHIPPED = Path(__file__).parents[2] / "assets" / "voice" / "emotions.toml"
_TITLE = "voice/emotions.toml"
LIMITS = {"rate": (0.5, 2.0), "pitch": (-12.0, 12.0), "volume": (0.0, 1.0)}
_USUAL = {"rate": 1.0, "pitch": 0.0, "volume": 1.0}

Emotions = Mapping[EmotionName, Mapping[str, float]]


def manner_for(emotion: EmotionName, chosen: Voice, language: str) -> Manner:
    """How to say something now.

    The user's file is read once. Where it is broken this logs why and takes the one that comes with Alisa;
    `read_emotions` is there to tell the user.

    Args:
        emotion: What she feels.
        chosen: The user's settings; the emotion changes what is chosen there.
        language: ISO 639-1 code of the text.
    """
    change = _emotions(settings.home())[emotion]
    rate = chosen.rate * change["rate"]
    pitch = chosen.pitch + change["pitch"]
    volume = chosen.volume * change["volume"]
    return Manner(chosen.voice, language, _within("rate", rate), _within("pitch", pitch), volume)


def read_emotions(home: Path) -> Emotions:
    """The table of all emotions: what comes with Alisa, and over it the user's own `voice/emotions.toml`.

    Raises:
        TtsError: The user's file cannot be used; names the key and what is allowed.
    """
    table = {name: dict(_USUAL) for name in get_args(EmotionName)}
    for path, title in ((_SHIPPED, "assets/voice/emotions.toml"), (home / "voice" / "emotions.toml", _TITLE)):
        for emotion, values in _read(path, title).items():
            if emotion not in table:
                raise _wrong(title, f"[{emotion}] is no emotion; there are {', '.join(table)}")
            if not isinstance(values, dict):
                raise _wrong(title, f"{emotion} must be a section, [{emotion}]")
            table[emotion] |= _checked(values, emotion, title)
    return table


@functools.cache
def _emotions(home: Path) -> Emotions:
    try:
        return read_emotions(home)
    except TtsError as error:
        log.warning("%s Her voice changes as it comes with Alisa.", error.message)
    return read_emotions(_SHIPPED.parent / "none")


def _read(path: Path, title: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError as error:
        raise _wrong(title, "it is not UTF-8 text. Save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise _wrong(title, f"it is not valid TOML: {error}") from error
    except OSError as error:
        raise _wrong(title, f"it cannot be read: {error.strerror}. Check its permissions") from error


def _checked(values: dict[str, Any], emotion: str, title: str) -> dict[str, float]:
    for key, value in values.items():
        if key not in LIMITS:
            raise _wrong(title, f"{emotion}.{key} is not known; there are {', '.join(LIMITS)}")
        low, high = LIMITS[key]
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not low <= value <= high:
            raise _wrong(title, f"{emotion}.{key} is {value!r:.40}; allowed is a number from {low} to {high}")
    return {key: float(value) for key, value in values.items()}


def _wrong(title: str, what: str) -> TtsError:
    return TtsError("tts-emotions", f"{title}: {what}.")


def _within(key: str, value: float) -> float:
    low, high = LIMITS[key]
    return min(max(value, low), high)

"""The voices of Piper on this machine, and how a new one gets here: only when the user asks for it."""

import json
import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voice.tts.engine import TtsError

REPOSITORY = "rhasspy/piper-voices"
_NAME = re.compile(
    r"(?P<family>[a-z]{2,3})_(?P<region>[A-Z]{2})-(?P<name>\w+)-(?P<quality>x_low|low|medium|high)"
)
_QUALITIES = ("high", "medium", "low", "x_low")
_LARGEST_CONFIG_BYTES = 1024 * 1024


@dataclass(frozen=True)
class PiperFile:
    """A voice: `NAME.onnx` with `NAME.onnx.json` beside it."""

    name: str
    path: Path
    language: str
    "Such as en-US."
    quality: str

    @property
    def title(self) -> str:
        """What the user reads."""
        words = self.name.split("-")
        name = words[1] if len(words) == 3 else self.name
        return f"{name.replace('_', ' ').title()}, {self.quality}" if self.quality else name


def folder(home: Path) -> Path:
    """Where they lie."""
    return home / "models" / "piper"


def find(home: Path) -> list[PiperFile]:
    """All that are here and complete, better ones first."""
    found = []
    for path in sorted(folder(home).glob("*.onnx")):
        config = _read_config(path)
        if config is not None:
            found.append(_describe(path, config))
    return sorted(found, key=lambda one: ([*_QUALITIES, one.quality].index(one.quality), one.name))


def fetch(name: str, home: Path) -> PiperFile:
    """Download a voice from Hugging Face; takes minutes. The environment's HF_ENDPOINT is honoured.

    Raises:
        TtsError: There is no such voice, no network or no room.
    """
    place, target = _place(name), folder(home)
    # The voice is there once both files are, so the one that makes it a voice comes last.
    for file in (f"{name}.onnx.json", f"{name}.onnx"):
        _download(f"{place}/{file}", target).replace(target / file)
    path = target / f"{name}.onnx"
    config = _read_config(path)
    if config is None:
        raise TtsError("tts-broken-voice", f"What came for {name} is no Piper voice. Choose another one.")
    return _describe(path, config)


def offered(language: str, home: Path) -> list[str]:
    """Names of all voices for a language that can be fetched; asks Hugging Face.

    Raises:
        TtsError: It cannot be reached.
    """
    listed = _download("voices.json", folder(home))
    try:
        names = list(json.loads(listed.read_bytes()))
    except ValueError as error:
        raise TtsError("tts-no-list", "The list of Piper voices cannot be read. Try it later.") from error
    family = language.replace("_", "-").split("-")[0].lower()
    return sorted(name for name in names if name.split("_")[0] == family)


def card(name: str) -> str:
    """Address of the page that tells where a voice comes from and under which licence.

    Raises:
        TtsError: It is no name of a Piper voice.
    """
    return f"https://huggingface.co/{REPOSITORY}/blob/main/{_place(name)}/MODEL_CARD"


def _place(name: str) -> str:
    words = _NAME.fullmatch(name)
    if words is None:
        text = f'"{name}" is no name of a Piper voice; they look like en_US-amy-medium.'
        raise TtsError("tts-no-voice", f"{text} List them: python -m voice.voices fetch --language en")
    return f"{words['family']}/{words['family']}_{words['region']}/{words['name']}/{words['quality']}"


def _download(file: str, target: Path) -> Path:
    from huggingface_hub import errors, hf_hub_download

    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    # Which library carries the bytes, and so which errors there are, differs between its versions.
    named = ("HTTPError", "XetDownloadError", "RevisionResolutionError")
    network = tuple(getattr(errors, name) for name in named if hasattr(errors, name))
    endpoint = os.environ.get("HF_ENDPOINT") or None
    try:
        return Path(hf_hub_download(REPOSITORY, file, local_dir=target / ".download", endpoint=endpoint))
    except errors.LocalEntryNotFoundError as error:
        raise _unreachable() from error
    except errors.EntryNotFoundError as error:
        text = "There is no such Piper voice. List them: python -m voice.voices fetch --language en"
        raise TtsError("tts-no-voice", text) from error
    except network as error:
        raise _unreachable() from error
    except OSError as error:
        if error.errno is None or isinstance(error, ConnectionError | TimeoutError):
            raise _unreachable() from error
        text = f"The voice cannot be saved: {error.strerror}. Make room, or check the folder, and try again."
        raise TtsError("tts-not-saved", text) from error


def _unreachable() -> TtsError:
    text = "Hugging Face cannot be reached. Check the connection, or set HF_ENDPOINT to a mirror."
    return TtsError("tts-no-network", text)


def _read_config(path: Path) -> Mapping[str, Any] | None:
    beside = path.with_name(f"{path.name}.json")
    try:
        if beside.stat().st_size > _LARGEST_CONFIG_BYTES:
            return None
        config = json.loads(beside.read_bytes())
    except (OSError, ValueError):
        return None
    return config if isinstance(config, dict) and "phoneme_id_map" in config else None


def _describe(path: Path, config: Mapping[str, Any]) -> PiperFile:
    language, sound, espeak = (config.get(key) for key in ("language", "audio", "espeak"))
    code = language.get("code") if isinstance(language, dict) else None
    code = code or (espeak.get("voice") if isinstance(espeak, dict) else None) or path.stem.split("-")[0]
    quality = sound.get("quality", "") if isinstance(sound, dict) else ""
    words = str(code).replace("_", "-").split("-")
    name = "-".join([words[0].lower(), *(word.upper() for word in words[1:])])
    return PiperFile(path.stem, path, name, str(quality))

"""The Whisper models that Alisa knows: which there are, which are here, and which one suits this machine."""

import difflib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from backend.shared import desktop
from backend.shared.settings import Voice
from voice.stt.engine import SttError
from voice.stt.language import short_code

MARKER = "complete.json"
"""Written last into the folder of a model: which files there are, and how long each is."""
LICENCE, LICENCE_URL = "MIT", "https://github.com/openai/whisper/blob/main/LICENSE"
GET = "python -m voice.stt get"
NEEDED = ("config.json", "model.bin", "tokenizer.json")
"""Without one of these faster-whisper looks for them in the network, or does not start."""


@dataclass(frozen=True)
class Model:
    """A Whisper model that can be downloaded, converted for faster-whisper."""

    name: str
    repo: str
    """At Hugging Face: owner/name."""
    size_bytes: int
    """About, of all its files; they hold 16-bit numbers, in memory 8 bits are kept of each."""
    memory_mb: int
    """That should be free to run it beside other programs. An estimate, not measured."""
    cores: int
    """Of the processor, to write down a sentence in well under a second. An estimate, not measured."""
    is_english: bool = False
    """Understands English only, and that better than its sister."""

    def suits(self, language: str) -> bool:
        """Whether it understands this language; empty: any."""
        return not self.is_english or short_code(language) == "en"


@dataclass(frozen=True)
class Place:
    """A model on this machine, complete."""

    name: str
    folder: Path
    is_ours: bool
    """In our own folder, not one that the user names."""


def _pair(name: str, size_bytes: int, memory_mb: int, cores: int) -> list[Model]:
    repo = f"Systran/faster-whisper-{name}"
    return [
        Model(name, repo, size_bytes, memory_mb, cores),
        Model(f"{name}.en", f"{repo}.en", size_bytes, memory_mb, cores, is_english=True),
    ]


MODELS = [
    *_pair("tiny", 78_000_000, 400, 1),
    *_pair("base", 148_000_000, 700, 4),
    *_pair("small", 486_000_000, 1500, 8),
    *_pair("medium", 1_530_000_000, 3500, 99),
    Model("large-v3-turbo", "mobiuslabsgmbh/faster-whisper-large-v3-turbo", 1_620_000_000, 4000, 99),
]
"""Small ones first. With 99 cores: for graphics cards, or for those who have time."""


def models_folder(home: Path) -> Path:
    """Where they lie, below Alisa's own folder."""
    return home / "models" / "whisper"


def find_model(name: str) -> Model:
    """The model of this name.

    Raises:
        SttError: "stt-model-unknown", with the nearest name there is.
    """
    wanted = name.strip().lower()
    names = [model.name for model in MODELS]
    if wanted in names:
        return MODELS[names.index(wanted)]
    close = difflib.get_close_matches(wanted, names, 1, 0.5)
    hint = f'Did you mean "{close[0]}"?' if close else f"There are: {', '.join(names)}."
    raise SttError("stt-model-unknown", f'There is no Whisper model "{name}". {hint}')


def read_marker(folder: Path) -> dict[str, int]:
    """The files of a model and their lengths in bytes; empty where it is not complete."""
    try:
        sizes = msgspec.json.decode((folder / MARKER).read_bytes(), type=dict[str, int])
    except (OSError, msgspec.DecodeError):
        return {}
    try:
        is_whole = all((folder / name).stat().st_size == size for name, size in sizes.items())
    except OSError:
        return {}
    return sizes if is_whole and set(NEEDED) <= set(sizes) else {}


def is_here(model: Model, home: Path) -> bool:
    """Whether all of it lies in our folder."""
    return bool(read_marker(models_folder(home) / model.name))


def recommend(chosen: Voice) -> Model:
    """The model to download for this machine: the largest that it can run fast enough."""
    _total, free = desktop.memory_bytes()
    cores = 99 if chosen.stt_device == "cuda" else desktop.physical_cores()
    is_english = short_code(chosen.language) == "en"
    name = "large-v3-turbo" if chosen.stt_device == "cuda" and not is_english else "tiny"
    suitable = [
        model
        for model in MODELS
        if model.is_english == is_english and _fits(model, free) and model.cores <= cores
    ]
    return suitable[-1] if suitable else find_model(f"{name}.en" if is_english else "tiny")


def _fits(model: Model, free_bytes: int) -> bool:
    """Whether so much free memory is enough for it; unknown (0) counts as 2 GB."""
    return model.memory_mb * 2**20 <= (free_bytes or 2 * 2**30)


def missing_model(chosen: Voice, home: Path) -> Model | None:
    """The model that should be downloaded; None when what is here will do, or a folder is chosen.

    Raises:
        SttError: The chosen model is none, or does not suit the chosen language.
    """
    if chosen.stt_engine not in {"", "whisper"} or _is_folder(chosen.stt_model):
        return None
    if chosen.stt_model:
        model = _chosen_model(chosen)
        return None if is_here(model, home) else model
    return None if _best_here(chosen, home) else recommend(chosen)


def _is_folder(name: str) -> bool:
    return bool(name) and name not in {model.name for model in MODELS} and Path(name).expanduser().is_dir()


def _chosen_model(chosen: Voice) -> Model:
    model = find_model(chosen.stt_model)
    if chosen.language and not model.suits(chosen.language):
        other = model.name.removesuffix(".en")
        message = (
            f'{model.name} understands English only, but voice.language is "{chosen.language}". '
            f'Set voice.stt_model to "{other}".'
        )
        raise SttError("stt-model-english", message)
    return model


def _best_here(chosen: Voice, home: Path) -> Model | None:
    """Of the models here the recommended one; else the largest that suits the language and fits in memory."""
    best = recommend(chosen)
    if is_here(best, home):
        return best
    _total, free = desktop.memory_bytes()
    here = [model for model in MODELS if model.suits(chosen.language) and is_here(model, home)]
    fitting = [model for model in here if _fits(model, free)]
    return fitting[-1] if fitting else (here[0] if here else None)


def locate(chosen: Voice, home: Path) -> Place:
    """The model to use.

    Raises:
        SttError: There is none, with the command that gets one; or what is chosen cannot be used.
    """
    if _is_folder(chosen.stt_model):
        return _given_folder(Path(chosen.stt_model).expanduser().absolute())
    missing = missing_model(chosen, home)
    if missing is not None:
        size = f"{missing.size_bytes / 1e6:.0f} MB"
        message = f"She cannot hear words yet: {GET} {missing.name} ({size}, once)."
        raise SttError("stt-no-model", message)
    model = _chosen_model(chosen) if chosen.stt_model else _best_here(chosen, home)
    if model is None:  # deleted in this very moment
        raise SttError("stt-no-model", f"She cannot hear words yet: {GET}.")
    return Place(model.name, models_folder(home) / model.name, is_ours=True)


def _given_folder(folder: Path) -> Place:
    absent = [name for name in NEEDED if not (folder / name).is_file()]
    if absent:
        message = (
            f"The folder in voice.stt_model is no Whisper model for faster-whisper: {absent[0]} is missing. "
            "Choose another folder, or a name such as base."
        )
        raise SttError("stt-no-model", message)
    return Place(folder.name, folder, is_ours=False)

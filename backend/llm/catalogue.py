"""The models that Alisa knows by name, and those that lie in her models folder."""

import difflib
import re
import tomllib
from pathlib import Path

import msgspec

from backend.shared.errors import AlisaError
from backend.shared.settings import home

CATALOGUE = Path(__file__).parents[2] / "assets" / "models.toml"


class ModelNameError(AlisaError):
    """Raised when no model goes by a name. Code: "model-unknown"."""


class Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model that can be downloaded."""

    name: str
    title: str
    repo: str
    """At Hugging Face: owner/name."""
    file: str
    size_bytes: int = 0
    """About; 0 where only the server knows."""
    memory_gb: int = 0
    """Memory that a machine should have in all to run it beside other programs."""
    recommended: bool = False
    """Whether it may be proposed; of several that fit, the last one is."""
    licence: str = "see its page"
    licence_url: str = ""
    description: str = ""

    def path(self, folder: Path) -> Path:
        """Where it lies once it is downloaded."""
        return folder.joinpath(*self.repo.split("/"), self.file)


def models_folder() -> Path:
    """The folder for models, below Alisa's own."""
    return home() / "models"


def read_catalogue(path: Path = CATALOGUE) -> list[Model]:
    """The catalogue, small models first."""
    return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8"))["model"], list[Model])


def choose_recommended(models: list[Model], memory_bytes: int) -> Model:
    """The best model for a machine with so much memory in all; the smallest where none fits.

    A machine sold as one of 8 GB shows a little less to its programs, so 10 % are forgiven.
    """
    fitting = [model for model in models if model.recommended and fits(model, memory_bytes)]
    return fitting[-1] if fitting else min(models, key=lambda model: model.memory_gb)


def fits(model: Model, memory_bytes: int) -> bool:
    """Whether a machine with so much memory in all can run it; unknown (0) counts as 8 GB."""
    return model.memory_gb * 0.9 * 2**30 <= (memory_bytes or 8 * 2**30)


def find_model(name: str, models: list[Model]) -> Model:
    """The model of the catalogue by that name or file name, or any other written owner/repository/file.gguf.

    Raises:
        ModelNameError: with the nearest name there is.
    """
    wanted = name.strip().removeprefix("https://huggingface.co/").lower()
    for model in models:
        if wanted in {model.name, model.file.lower(), f"{model.repo}/{model.file}".lower()}:
            return model
    part = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,95}"
    written = name.strip().removeprefix("https://huggingface.co/")
    parts = re.fullmatch(rf"({part}/{part})(?:/(?:resolve|blob)/main)?/({part}\.gguf)", written)
    if parts:
        return Model(
            name=f"{parts[1]}/{parts[2]}", title=parts[2].removesuffix(".gguf"), repo=parts[1], file=parts[2]
        )
    close = difflib.get_close_matches(wanted, [model.name for model in models], 1, 0.4)
    hint = f'Did you mean "{close[0]}"?' if close else f"There are: {', '.join(m.name for m in models)}."
    message = f'There is no model "{name}". {hint} Any other is written owner/repository/file.gguf.'
    raise ModelNameError("model-unknown", message)


def find_downloaded(folder: Path, models: list[Model]) -> list[Model]:
    """The models that lie complete in the folder; those of the catalogue first."""
    known = [model for model in models if model.path(folder).is_file()]
    paths = {model.path(folder) for model in known}
    others = [path.relative_to(folder) for path in sorted(folder.glob("*/*/*.gguf")) if path not in paths]
    return known + [_other_model(other.parent.as_posix(), other.name) for other in others]


def _other_model(repo: str, file: str) -> Model:
    """A model that is not in the catalogue; what it needs and allows is only known at its page."""
    page = f"https://huggingface.co/{repo}"
    title = file.removesuffix(".gguf")
    return Model(name=f"{repo}/{file}", title=title, repo=repo, file=file, licence_url=page)

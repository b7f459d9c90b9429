"""Where the RVC voice of the user lies, and the program that runs it."""

import os
from dataclasses import dataclass
from pathlib import Path

from voice.conversion.converter import ConversionError

WORKER = Path(__file__).with_name("worker.py")
INSTALL = "python -m voice.conversion install"


@dataclass(frozen=True)
class Model:
    """One voice to convert to."""

    weights: Path
    index: Path | None


def folder(home: Path) -> Path:
    """What belongs to RVC: its environment `venv`, the models it fetched, and perhaps the user's `own.py`."""
    return home / "voice" / "rvc"


def python(home: Path) -> Path:
    """The interpreter of RVC's own environment, whether it is there or not."""
    venv = folder(home) / "venv"
    windows = venv / "Scripts" / "python.exe"
    return windows if windows.exists() else venv / "bin" / "python"


def weights(home: Path) -> list[Path]:
    """All voices there are, by name."""
    return sorted((home / "voice" / "weights").glob("*.pth"))


def model(home: Path) -> Model:
    """The first voice by name, with the index that bears its name, or the only one there is.

    Raises:
        ConversionError: There is no voice.
    """
    found = weights(home)
    if not found:
        text = (
            "There is no RVC voice: put its .pth file into the folder voice/weights of Alisa's folder, "
            "and its .index file into voice/index."
        )
        raise ConversionError("conversion-no-weights", text)
    indexes = sorted((home / "voice" / "index").glob("*.index"))
    named = [index for index in indexes if found[0].stem.casefold() in index.stem.casefold()]
    chosen = named[0] if named else indexes[0] if len(indexes) == 1 else None
    return Model(found[0], chosen)


def command(home: Path) -> list[str]:
    """The words that start the program.

    Raises:
        ConversionError: Something that it needs is missing; says what to do.
    """
    interpreter, chosen = python(home), model(home)
    if not interpreter.exists():
        raise ConversionError("conversion-not-installed", f"RVC is not installed. Run: {INSTALL}")
    words = [str(interpreter), "-I", str(WORKER), f"--weights={chosen.weights}"]
    words += [f"--index={chosen.index}"] if chosen.index else []
    own = folder(home) / "own.py"
    return [*words, f"--own={own}"] if own.exists() else words


def variables(home: Path, *, is_online: bool = False) -> dict[str, str]:
    """The environment variables of the program: none of Alisa's, and its models below her folder.

    Args:
        home: Alisa's folder.
        is_online: It may fetch models.
    """
    kept = {key: text for key, text in os.environ.items() if not key.startswith(("ALISA_", "PYTHON"))}
    ours = {
        "HF_HOME": str(folder(home) / "models"),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        # A .pth file comes from somebody: only numbers are read from it, never code.
        "TORCH_FORCE_WEIGHTS_ONLY_LOAD": "1",
    }
    if not is_online:
        ours |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    return {**kept, **ours}

"""The models that write down speech, from the command line: `python -m voice.stt list|get|remove`."""

import argparse
import shutil
import sys
import time
from pathlib import Path

from backend.shared import desktop, settings
from backend.shared.errors import AlisaError
from backend.shared.settings_file import change_setting
from voice.stt import download, models
from voice.stt.models import Model


def _megabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def _memory_words(size: int) -> str:
    return f"{size / 2**30:.0f} GB" if size else "an unknown amount"


def list_models(home: Path) -> int:
    """Print which models there are, which are here, and which one suits this machine."""
    chosen = settings.load().voice
    recommended = models.recommend(chosen)
    _total, free = desktop.memory_bytes()
    print(f"{_memory_words(free)} of memory are free, the processor has {desktop.physical_cores()} cores.")
    print(f"Licence of all: {models.LICENCE} {models.LICENCE_URL}")
    for model in models.MODELS:
        marks = ["recommended"] if model == recommended else []
        if models.is_here(model, home):
            marks.append("in use" if _is_in_use(model, home) else "downloaded")
        words = "English only" if model.is_english else "99 languages"
        print(f"\n{model.name}" + (f"  [{', '.join(marks)}]" if marks else ""))
        memory = f"{model.memory_mb / 1000:.1f} GB"
        print(f"  {words}, {_megabytes(model.size_bytes)}; wants about {memory} of free memory.")
    print(f"\nThe folder: {models.models_folder(home)}")
    return 0


def _is_in_use(model: Model, home: Path) -> bool:
    try:
        return models.locate(settings.load().voice, home).name == model.name
    except AlisaError:
        return False


def _agrees(question: str, is_agreed: bool) -> bool:
    if is_agreed:
        return True
    try:
        return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        print("\nNobody is there to answer; --yes says yes.")
        return False


class _Bar:
    """Progress on stderr: a bar that grows in a terminal, now and then a line elsewhere."""

    def __init__(self) -> None:
        self._next = 0.0
        self._begun: tuple[float, int] | None = None

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        self._begun = self._begun or (now, done)
        is_terminal = sys.stderr.isatty()
        if now < self._next and done < total:
            return
        self._next = now + (0.2 if is_terminal else 10)
        rate = (done - self._begun[1]) / max(now - self._begun[0], 0.001)
        left = f"{max(total - done, 0) / rate:.0f} s left" if rate else ""
        share = min(done / total, 1.0)
        text = f"{share:4.0%} of {_megabytes(total)}  {rate / 1e6:5.1f} MB/s  {left}"
        if is_terminal:
            bar = "#" * int(share * 30)
            sys.stderr.write(f"\r[{bar:30}] {text:50}"[: shutil.get_terminal_size().columns])
        else:
            sys.stderr.write(f"{text.rstrip()}\n")
        sys.stderr.flush()


def get_model(name: str, home: Path, is_agreed: bool, use: bool) -> int:
    """Download a model; one that is asked for by name is the one that she uses from then on."""
    chosen = settings.load().voice
    model = models.find_model(name) if name else models.recommend(chosen)
    if models.is_here(model, home):
        print(f"The Whisper model {model.name} is here already.")
    else:
        size = sum(file.size_bytes for file in download.describe(model))
        print(f"Whisper {model.name}: {_megabytes(size)} from {model.repo} at Hugging Face.")
        print(f"Licence: {models.LICENCE} {models.LICENCE_URL}")
        if not _agrees("Download it?", is_agreed):
            return 1
        download.fetch(model, home, _Bar())
        print(f"\nThe Whisper model {model.name} is here and checked.", file=sys.stderr)
    if name and use and chosen.stt_model != model.name:
        change_setting("voice", "stt_model", model.name)
        print(f"She uses it from her next start on: voice.stt_model in {settings.FILE_NAME} names it.")
    return 0


def remove_model(name: str, home: Path, is_agreed: bool) -> int:
    """Delete a model, or what there is of it, and its mention in the settings."""
    model = models.find_model(name)
    if not (models.models_folder(home) / model.name).is_dir():
        print(f"The Whisper model {model.name} is not here.")
        return 1
    if not _agrees(f"Delete the Whisper model {model.name}?", is_agreed):
        return 1
    freed = download.remove(model, home)
    if settings.load().voice.stt_model == model.name:
        change_setting("voice", "stt_model", None)
        print(f"voice.stt_model in {settings.FILE_NAME} no longer names it.")
    print(f"The Whisper model {model.name} is deleted ({_megabytes(freed)}).")
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m voice.stt", description="The Whisper models with which Alisa hears words."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="what there is, what is recommended, what is downloaded")
    get = commands.add_parser("get", help="download a model")
    get.add_argument("name", nargs="?", default="", help="its name; else the best for this machine")
    get.add_argument("--no-use", action="store_true", help="leave the settings as they are")
    remove = commands.add_parser("remove", help="delete a model")
    remove.add_argument("name")
    for command in (get, remove):
        command.add_argument("--yes", action="store_true", help="do not ask")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    given = _parse(arguments)
    home = settings.home()
    try:
        match given.command:
            case "list":
                return list_models(home)
            case "get":
                return get_model(given.name, home, given.yes, not given.no_use)
            case _:
                return remove_model(given.name, home, given.yes)
    except AlisaError as error:
        print(f"\n{error.message}" if sys.stderr.isatty() else error.message, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from there.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())

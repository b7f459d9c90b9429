"""The models on this machine, from the command line: `python -m backend.llm.models list|get|remove|path`."""

import argparse
import asyncio
import shutil
import sys
import time
from pathlib import Path

from backend.llm import catalogue
from backend.llm.catalogue import Model
from backend.llm.download import describe, download, open_session
from backend.shared import desktop, settings
from backend.shared.errors import AlisaError
from backend.shared.settings_file import change_setting


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"


def _memory_words(size: int) -> str:
    return f"{size / 2**30:.0f} GB" if size else "an unknown amount"


def _is_in_use(path: Path) -> bool:
    chosen = settings.load().llm.embedded_model
    return bool(chosen) and Path(chosen).expanduser().absolute() == path


def list_models() -> int:
    """Print the catalogue and what else is in the folder."""
    models, folder = catalogue.read_catalogue(), catalogue.models_folder()
    memory, _available = desktop.memory_bytes()
    downloaded = catalogue.find_downloaded(folder, models)
    recommended = catalogue.choose_recommended(models, memory)
    print(f"This machine has {_memory_words(memory)} of memory.")
    for model in models + [model for model in downloaded if model not in models]:
        marks = ["recommended"] if model == recommended else []
        marks += ["needs more memory"] if not catalogue.fits(model, memory) else []
        if model in downloaded:
            marks.append("in use" if _is_in_use(model.path(folder)) else "downloaded")
        size = model.size_bytes or model.path(folder).stat().st_size
        print(f"\n{model.name}" + (f"  [{', '.join(marks)}]" if marks else ""))
        print(f"  {model.title}, {_gigabytes(size)}. Licence: {model.licence} {model.licence_url}".rstrip())
        if model.description:
            print(f"  For {model.memory_gb} GB of memory and more. {model.description}")
    print(f"\nThe folder: {folder}")
    return 0


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
        left = f"{max(total - done, 0) / rate / 60:.0f} min left" if rate else ""
        share = min(done / total, 1.0)
        text = f"{share:4.0%} of {_gigabytes(total)}  {rate / 1e6:5.1f} MB/s  {left}"
        if is_terminal:
            bar = "#" * int(share * 30)
            sys.stderr.write(f"\r[{bar:30}] {text:50}"[: shutil.get_terminal_size().columns])
        else:
            sys.stderr.write(f"{text.rstrip()}\n")
        sys.stderr.flush()


async def _describe(model: Model) -> int:
    async with open_session() as session:
        return (await describe(session, model)).size_bytes


def get_model(name: str, is_agreed: bool, use: bool) -> int:
    """Download a model and make it the one that runs inside Alisa."""
    models, folder = catalogue.read_catalogue(), catalogue.models_folder()
    memory, _available = desktop.memory_bytes()
    model = catalogue.find_model(name, models) if name else catalogue.choose_recommended(models, memory)
    path = model.path(folder)
    if path.is_file():
        print(f"{model.title} is here already.")
    else:
        size = asyncio.run(_describe(model))
        print(f"{model.title}: {_gigabytes(size)} from {model.repo} at Hugging Face.")
        print(f"Licence: {model.licence} {model.licence_url}".rstrip())
        if not catalogue.fits(model, memory):
            print(f"It wants {model.memory_gb} GB of memory; this machine has {_memory_words(memory)}.")
        if not _agrees("Download it?", is_agreed):
            return 1
        asyncio.run(download(model, folder, _Bar()))
        print(f"\n{model.title} is here and checked.", file=sys.stderr)
    if use:
        change_setting("llm", "embedded_model", str(path))
        print(f"Alisa uses it from her next start on: llm.embedded_model in {settings.FILE_NAME} names it.")
    return 0


def remove_model(name: str, is_agreed: bool) -> int:
    """Delete a model, or what there is of it, and its mention in the settings."""
    folder = catalogue.models_folder()
    model = catalogue.find_model(name, catalogue.read_catalogue())
    path = model.path(folder)
    files = [file for file in (path, *path.parent.glob(f"{path.name}.*.part")) if file.is_file()]
    if not files:
        print(f"{model.title} is not here.")
        return 1
    size = _gigabytes(sum(file.stat().st_size for file in files))
    if not _agrees(f"Delete {model.title} ({size})?", is_agreed):
        return 1
    was_in_use = _is_in_use(path)
    for file in files:
        file.unlink()
    if was_in_use:
        change_setting("llm", "embedded_model", None)
        print(f"llm.embedded_model in {settings.FILE_NAME} no longer names it.")
    print(f"{model.title} is deleted.")
    return 0


def print_path(name: str) -> int:
    """Print where a downloaded model lies, for other programs."""
    model = catalogue.find_model(name, catalogue.read_catalogue())
    path = model.path(catalogue.models_folder())
    if not path.is_file():
        print(f"{model.title} is not here; `get {model.name}` downloads it.", file=sys.stderr)
        return 1
    print(path)
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m backend.llm.models", description="Alisa's language models."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="what there is, what is recommended, what is downloaded")
    get = commands.add_parser("get", help="download a model and use it")
    get.add_argument(
        "name", nargs="?", default="", help="its name, or owner/repository/file.gguf; else the best"
    )
    get.add_argument("--no-use", action="store_true", help="leave the settings as they are")
    remove = commands.add_parser("remove", help="delete a model")
    for command in (get, remove):
        command.add_argument("--yes", action="store_true", help="do not ask")
    path = commands.add_parser("path", help="print where a model lies")
    for command in (remove, path):
        command.add_argument("name")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    given = _parse(arguments)
    try:
        match given.command:
            case "list":
                return list_models()
            case "get":
                return get_model(given.name, given.yes, not given.no_use)
            case "remove":
                return remove_model(given.name, given.yes)
            case _:
                return print_path(given.name)
    except AlisaError as error:
        print(f"\n{error.message}" if sys.stderr.isatty() else error.message, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from there.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())

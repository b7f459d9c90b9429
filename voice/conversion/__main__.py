"""RVC from the command line: `python -m voice.conversion status|install|test`."""

import argparse
import asyncio
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from backend.shared import desktop, settings
from backend.shared.program import guard
from voice.conversion import places
from voice.conversion.converter import ConversionError
from voice.conversion.rvc import Limits, Rvc
from voice.deck import Samples

READY, NOT_READY, WRONG_SETTINGS = 0, 1, 2
PACKAGE = "infer-rvc-python==1.3.1"
_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
_TEST_RATE, _TEST_SECONDS = 24_000, 3.0
_VENV_SECONDS, _INSTALL_SECONDS = 300, 7200
_EXPLANATION = """RVC gets an environment of its own. This will be made and downloaded:
  {folder}
    venv/      {what}
    models/    HuBERT (about 380 MB) from Hugging Face, r3gm/hubert_base
    rmvpe.pt   RMVPE (about 180 MB) from Hugging Face, r3gm/sonitranslate_voice_models
Some of its packages may be built here, which needs a C++ compiler.
Nothing of it is touched by Alisa's own environment; delete the folder and it is gone."""


def _status(home: Path) -> int:
    chosen = settings.load().voice
    interpreter = places.python(home)
    has_own = (places.folder(home) / "own.py").exists()
    print(f"switched on   {'yes' if chosen.convert else 'no: set voice.convert to true in alisa.toml'}")
    print(f"installed     {'yes' if interpreter.exists() else f'no: {places.INSTALL}'}")
    print(f"converter     {'your own.py' if has_own else 'infer-rvc-python'}")
    try:
        model = places.model(home)
    except ConversionError as error:
        print(f"voice         {error.message}")
        return NOT_READY
    others = len(places.weights(home)) - 1
    more = f" (the first by name; {others} more)" if others else ""
    print(f"voice         {model.weights.name}{more}")
    print(f"index         {model.index.name if model.index else 'none: it works without, a little worse'}")
    return READY if interpreter.exists() else NOT_READY


def _agrees(is_agreed: bool) -> bool:
    if is_agreed:
        return True
    try:
        return input("Shall I? [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        print("\nNobody is there to answer; --yes says yes.")
        return False


def _install(home: Path, options: argparse.Namespace) -> int:
    folder = places.folder(home)
    what = "PyTorch for the processor and some more (about 1 GB)" if options.cpu else ""
    what = what or "PyTorch with CUDA and some more (3 to 5 GB; --cpu takes the smaller one)"
    if options.requirements is not None:
        what = f"what {options.requirements.name} lists"
    if options.requirements is not None and not options.requirements.is_file():
        print(f"There is no file {options.requirements}.")
        return NOT_READY
    print(_EXPLANATION.format(folder=folder, what=what))
    if not _agrees(options.yes):
        print("Nothing was changed.")
        return NOT_READY
    desktop.make_private_folder(folder)
    packages = [PACKAGE, *(["--extra-index-url", _CPU_INDEX] if options.cpu else [])]
    if options.requirements is not None:
        packages = ["-r", str(options.requirements.absolute())]
    venv = str(folder / "venv")
    # Its own pip would be one more thing to make: ours fills it.
    steps: list[tuple[str, list[str], int]] = [
        ("making the environment", ["-m", "venv", "--without-pip", venv], _VENV_SECONDS),
        ("installing", ["-m", "pip", "--python", venv, "install", *packages], _INSTALL_SECONDS),
    ]
    for title, words, seconds in steps:
        if not _run(title, [sys.executable, *words], home, seconds):
            return NOT_READY
    fetch = [str(places.python(home)), "-I", str(places.WORKER), "--fetch"]
    if options.requirements is None and not _run("fetching the models", fetch, home, _INSTALL_SECONDS):
        return NOT_READY
    print("\nRVC is installed. Try it: python -m voice.conversion test")
    return READY


def _run(title: str, words: list[str], home: Path, seconds: int) -> bool:
    print(f"\n{title} ...", flush=True)
    try:
        done = subprocess.run(  # noqa: S603  our own words
            words,
            cwd=places.folder(home),
            env=places.variables(home, is_online=True),
            stdin=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
        is_done = done.returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        is_done = False
    if not is_done:
        print(f"That did not work: {title}. What was said is above; try again, it goes on from there.")
    return is_done


def _vowel() -> Samples:
    """Something like a sung vowel: harmonics of 180 Hz that waver."""
    times = np.arange(round(_TEST_SECONDS * _TEST_RATE)) / _TEST_RATE
    phase = 2 * np.pi * (180 * times + np.sin(2 * np.pi * 5 * times) / 4)
    sound = sum(np.sin(number * phase) / number**1.5 for number in range(1, 20))
    return np.asarray(0.2 * sound, np.float32)


async def _test(home: Path, *, is_self_test: bool) -> int:
    words = [sys.executable, "-I", str(places.WORKER), "--self-test"] if is_self_test else None
    converter = Rvc(home, command=words, limits=Limits(piece_seconds=120.0))
    try:
        start = time.monotonic()
        name = await converter.ready()
        print(f"{name} was ready after {time.monotonic() - start:.1f} s.")
        sound = _vowel()
        times = []
        for _ in range(3):
            start = time.monotonic()
            found, rate = await converter.convert(sound, _TEST_RATE)
            times.append(time.monotonic() - start)
    except ConversionError as error:
        print(error.message)
        return NOT_READY
    finally:
        await converter.close()
    seconds = sorted(times)[1]
    became = f"{len(found) / rate:.2f} s at {rate} Hz"
    print(f"{_TEST_SECONDS:.1f} s of sound took {seconds:.2f} s, and became {became}.")
    if seconds > Limits().piece_seconds:
        print("That is too slow to speak with: each piece would be spoken unconverted.")
        return NOT_READY
    print(f"Each piece of an answer will come about {seconds:.1f} s later than without.")
    return READY


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m voice.conversion", description=__doc__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("status", help="what is there and what is missing (without a command: this)")
    fill = commands.add_parser("install", help="make the environment of RVC; asks before it downloads")
    fill.add_argument("--yes", action="store_true", help="answer yes")
    fill.add_argument("--cpu", action="store_true", help="without CUDA: a third of the download")
    fill.add_argument("--requirements", type=Path, metavar="FILE", help="for your own.py: other packages")
    test = commands.add_parser("test", help="convert three seconds of sound and say how long it took")
    test.add_argument("--self-test", action="store_true", help="only raise the pitch: tests the way")
    return parser.parse_args()


def main() -> int:
    """Run one command; returns the exit code: 0 ready, 1 not ready, 2 a setting is wrong."""
    options, home = _parse(), settings.home()
    if options.command == "install":
        return _install(home, options)
    if options.command == "test":
        return asyncio.run(_test(home, is_self_test=options.self_test))
    return _status(home)


if __name__ == "__main__":
    sys.exit(guard(main, WRONG_SETTINGS))

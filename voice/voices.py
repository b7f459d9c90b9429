"""Her voices, from the command line: `python -m voice.voices` lists them, plays them, and chooses one."""

import argparse
import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from backend.shared import program, settings
from backend.shared.errors import AlisaError
from backend.shared.settings import Voice
from backend.shared.settings_file import change_setting
from voice.deck import Event, Played
from voice.devices import Sound, SoundError
from voice.player import Player
from voice.tts import piper_voices
from voice.tts.catalogue import Catalogue, Row
from voice.tts.engine import Spoken

_FAILED = 1
_OPEN_SECONDS, _SPARE_SECONDS, _LOOK_SECONDS = 5.0, 5.0, 0.02
# Nobody interrupts a sample, so a machine under load shall not make it stutter.
_CALM_SECONDS = 0.3
_HELP = "A number plays that voice, c NUMBER chooses it, l LANGUAGE shows another language, q leaves."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    options = _parser().parse_args(arguments)
    # What is wrong is said in words of our own.
    logging.basicConfig(handlers=[logging.NullHandler()])
    home = settings.home()
    chosen = settings.load(home).voice
    if options.action == "fetch":
        return _fetch(options.names, options.language or chosen.language or "en", home)
    with asyncio.Runner() as runner:
        catalogue = Catalogue(chosen, home, options.engine)
        try:
            runner.run(catalogue.look())
            return _act(runner, catalogue, options, chosen)
        finally:
            runner.run(catalogue.close())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m voice.voices",
        description="The voices that Alisa can speak with on this machine.",
        epilog="play without a NAME plays all voices of the language. fetch downloads a voice for Piper from "
        "Hugging Face; without a NAME it lists those there are.",
    )
    parser.add_argument("action", nargs="?", default="list", choices=["list", "play", "choose", "fetch"])
    parser.add_argument("names", nargs="*", metavar="NAME", help="a voice, as in the list")
    parser.add_argument("--language", default="", help="en, en-GB, ... or all (default: the one you speak)")
    parser.add_argument("--engine", default="", help="only the voices of this engine")
    parser.add_argument("--json", action="store_true", help="the list for programs")
    return parser


def _act(runner: asyncio.Runner, catalogue: Catalogue, options: argparse.Namespace, chosen: Voice) -> int:
    language = options.language or chosen.language or "en"
    if options.action == "choose":
        if len(options.names) != 1:
            program.complain("Say which voice: python -m voice.voices choose NAME")
            return _FAILED
        _choose(catalogue.find(options.names[0]), catalogue)
        return 0
    if options.action == "play":
        rows = [catalogue.find(name) for name in options.names] or catalogue.of(language)
        if not rows:
            _show(catalogue, rows, language)
            return _FAILED
        return _play(runner, catalogue, rows, chosen)
    if options.json:
        print(_as_json(catalogue, language))
        return 0
    _show(catalogue, catalogue.of(language), language)
    if sys.stdin.isatty() and sys.stdout.isatty():
        _pick(runner, catalogue, language, chosen)
    return 0


def _show(catalogue: Catalogue, rows: Sequence[Row], language: str) -> None:
    """Print voices by engine, numbered through."""
    print("Voices for every language." if language == "all" else f"Voices for {language}.", end=" ")
    print("* is chosen." if any(row.is_current for row in rows) else "None of them is chosen.")
    width = max((len(row.voice.id) for row in rows), default=0)
    engine = ""
    for number, row in enumerate(rows, 1):
        if row.engine != engine:
            engine = row.engine
            print(f"\n{engine}" + (" (in the cloud)" if engine in catalogue.clouds else ""))
        mark = "*" if row.is_current else " "
        about = ", ".join(word for word in (row.voice.language, row.voice.gender) if word)
        print(f"{mark}{number:4}  {row.voice.id:{width}}  {row.voice.title} ({about})")
    if not rows:
        print("\nThere is none. See them all: python -m voice.voices --language all")
    for name, problem in catalogue.problems.items():
        print(f"\n{name}\n      {problem}")


def _as_json(catalogue: Catalogue, language: str) -> str:
    found = [
        {"engine": row.engine, **asdict(row.voice), "is_current": row.is_current}
        for row in catalogue.of(language)
    ]
    return json.dumps({"voices": found, "problems": catalogue.problems}, ensure_ascii=False, indent=2)


def _pick(runner: asyncio.Runner, catalogue: Catalogue, language: str, chosen: Voice) -> None:
    """Let the user try voices by their numbers until one is chosen."""
    rows = catalogue.of(language)
    print(f"\n{_HELP}")
    while True:
        try:
            words = input("> ").split()
        except (EOFError, KeyboardInterrupt):
            print()
            return
        if words[:1] == ["q"]:
            return
        if words[:1] == ["l"] and len(words) == 2:
            rows = catalogue.of(words[1])
            _show(catalogue, rows, words[1])
            continue
        is_choice = words[:1] == ["c"]
        number = words[-1] if len(words) == 1 + is_choice else ""
        if not (number.isdecimal() and 1 <= int(number) <= len(rows)):
            print(_HELP)
        elif is_choice:
            _choose(rows[int(number) - 1], catalogue)
            return
        else:
            _play(runner, catalogue, [rows[int(number) - 1]], chosen)


def _choose(row: Row, catalogue: Catalogue) -> None:
    """Write the choice into the settings file.

    A cloud voice is not made the only engine: where it cannot be reached, another one has to stand in.
    """
    change_setting("voice", "voice", row.voice.id)
    change_setting("voice", "engine", None if row.engine in catalogue.clouds else row.engine)
    print(f"{row.voice.title} is her voice now ({row.engine}); where she is talking, from her next start on.")


def _play(runner: asyncio.Runner, catalogue: Catalogue, rows: Sequence[Row], chosen: Voice) -> int:
    """Play a sentence by each voice; returns the exit code."""
    try:
        return runner.run(_play_all(catalogue, rows, chosen))
    except KeyboardInterrupt:
        print()
        return _FAILED


async def _play_all(catalogue: Catalogue, rows: Sequence[Row], chosen: Voice) -> int:
    loop = asyncio.get_running_loop()
    news: asyncio.Queue[Event | SoundError] = asyncio.Queue()

    def tell(event: Event | SoundError | None) -> None:
        if event is not None:
            loop.call_soon_threadsafe(news.put_nowait, event)

    has_failed = False
    calm = {"latency_seconds": _CALM_SECONDS}
    with Player(Sound(), chosen.speaker, on_event=tell, on_problem=tell, **calm) as player:
        if not await asyncio.to_thread(_is_open, player):
            problem = player.problem
            program.complain(
                problem.message if problem else "The loudspeaker does not answer. Choose another."
            )
            return _FAILED
        for row in rows:
            print(f"{row.voice.title} ({row.engine}: {row.voice.id})", flush=True)
            try:
                spoken = await catalogue.sample(row)
                await _hear(player, spoken, row, news)
            except AlisaError as error:
                program.complain(error.message)
                has_failed = True
    return _FAILED if has_failed else 0


def _is_open(player: Player) -> bool:
    """Open the loudspeaker; returns whether it is open, as soon as that is known."""
    player.wake()
    end = time.monotonic() + _OPEN_SECONDS
    while not player.is_open and player.problem is None and time.monotonic() < end:
        time.sleep(_LOOK_SECONDS)
    return player.is_open


async def _hear(player: Player, spoken: Spoken, row: Row, news: asyncio.Queue[Event | SoundError]) -> None:
    """Play one sound to its end.

    Raises:
        SoundError: The loudspeaker was lost.
    """
    player.play(spoken.samples, spoken.rate, row.voice.id)
    try:
        async with asyncio.timeout(spoken.seconds + _SPARE_SECONDS):
            while not isinstance(event := await news.get(), Played):
                if isinstance(event, SoundError):
                    raise event
    except TimeoutError as error:
        text = "The loudspeaker has stopped. Check that it is plugged in, or choose another one."
        raise SoundError("sound-gone", text) from error
    finally:
        player.stop()


def _fetch(names: Sequence[str], language: str, home: Path) -> int:
    if not names:
        print("\n".join(piper_voices.offered(language, home)) or f"Piper has no voice for {language}.")
        return 0
    for name in names:
        found = piper_voices.fetch(name, home)
        print(f"{found.title} is here. Choose it: python -m voice.voices choose {found.name}")
        print(f"Its licence: {piper_voices.card(name)}")
    return 0


def _run() -> int:
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the list has seen enough; there is nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


if __name__ == "__main__":
    sys.exit(program.guard(_run, _FAILED))

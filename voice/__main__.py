"""`python -m voice`: she listens and speaks, until she is told to stop."""

import argparse
import asyncio
import io
import sys
from pathlib import Path

import msgspec

from backend.shared import desktop, program, settings
from voice import devices

EXIT_CANNOT = 2
_OVERRIDES = ("listen", "microphone", "speaker", "engine", "voice")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m voice",
        description="Alisa's ears and voice: talk to her, and interrupt her whenever you like. "
        "What was said is printed here and kept nowhere but in her memory.",
        epilog="Exit codes: 0 ended or running already, 2 a setting is wrong or sound cannot be used. "
        "Her voices: python -m voice.voices. Models that hear: python -m voice.stt. "
        "Trouble with sound: python -m voice.doctor.",
    )
    parser.add_argument(
        "--listen",
        choices=("open", "name", "push", "off"),
        help="when she listens: always, when called by her name, while the key is held, never",
    )
    parser.add_argument("--microphone", metavar="NAME", help="part of the name of the microphone")
    parser.add_argument("--speaker", metavar="NAME", help="part of the name of the loudspeaker")
    parser.add_argument("--engine", metavar="NAME", help="use only this voice engine")
    parser.add_argument("--voice", metavar="NAME", help="her voice; see `python -m voice.voices`")
    parser.add_argument("--devices", action="store_true", help="list microphones and loudspeakers, and end")
    parser.add_argument("--quiet", action="store_true", help="do not print what is said")
    parser.add_argument("--verbose", action="store_true", help="log more to logs/voice.log")
    return parser.parse_args()


def _say(line: str) -> None:
    print(line, flush=True)


def _hush(_line: str) -> None:
    """Print nothing."""


def _list_devices() -> int:
    from voice.devices import Sound

    sound = Sound()
    for kind, title in (("input", "Microphones"), ("output", "Loudspeakers")):
        print(f"{title}:")
        found = sound.devices("input" if kind == "input" else "output")
        for device in found:
            print(f"  {device.name}{'  (default)' if device.is_default else ''}")
        if not found:
            print("  none")
    return 0


def _speak(arguments: argparse.Namespace, home: Path) -> int:
    if arguments.devices:
        return _list_devices()
    chosen = settings.load()
    wanted = {name: getattr(arguments, name) for name in _OVERRIDES if getattr(arguments, name) is not None}
    chosen = msgspec.structs.replace(chosen, voice=msgspec.structs.replace(chosen.voice, **wanted))
    lock = desktop.take_lock(home / "run" / "voice.lock")
    if lock is None:
        program.complain("She speaks already: in another voice process, or in a chat with --speak.")
        return 0
    with lock:
        program.log_to(home, "voice", is_verbose=arguments.verbose)
        # Imported only now: what is said above needs no sound.
        from voice import app

        asyncio.run(app.run(home, chosen, _hush if arguments.quiet else _say, program.complain))
    return 0


def main() -> int:
    """Listen and speak; returns the exit code."""
    arguments = _arguments()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Whatever the locale says: her words are not ASCII.
            stream.reconfigure(encoding="utf-8", errors="replace")
    devices.silence_libraries()
    return program.guard(lambda: _speak(arguments, settings.home()), EXIT_CANNOT)


if __name__ == "__main__":
    sys.exit(main())

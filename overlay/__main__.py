"""`python -m overlay`: her face on the desktop, until she is told to go."""

import argparse
import asyncio
import contextlib
import sys
from pathlib import Path

import msgspec

from backend.shared import desktop, program, settings
from backend.shared.client import HubClient, Linked
from backend.shared.events import CallFace, Hello

EXIT_CANNOT = 2
CALL_SECONDS = 3.0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m overlay",
        description="Alisa's face on the desktop. Right-click her for the menu, double-click her to type. "
        "A second start calls the first one forward.",
        epilog="Exit codes: 0 ended or called, 2 there is no screen to show her on, or a setting is wrong. "
        "Other looks: python -m overlay.packs --help.",
    )
    parser.add_argument("--pack", metavar="NAME", help="her look; see `python -m overlay.packs list`")
    parser.add_argument("--height", type=int, metavar="PX", help="her height in pixels, 120 to 2000")
    parser.add_argument("--surface", metavar="NAME", help="use only this kind of window")
    parser.add_argument("--reset", action="store_true", help="forget where she stood and how large she was")
    parser.add_argument("--verbose", action="store_true", help="log more to logs/overlay.log")
    arguments = parser.parse_args()
    if arguments.height is not None and not 120 <= arguments.height <= 2000:
        parser.error("--height is from 120 to 2000")
    return arguments


async def _call(home: Path) -> bool:
    """Ask the face that runs already to come forward; False when no hub could pass it on."""
    client = HubClient(home, Hello(name="overlay (second start)", wants=[]))
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CALL_SECONDS), contextlib.aclosing(client.listen()) as listening:
            async for event in listening:
                if isinstance(event, Linked):
                    return await client.send(CallFace())
    return False


def _show(arguments: argparse.Namespace, home: Path) -> int:
    chosen = settings.load()
    wanted = {"pack": arguments.pack, "height_px": arguments.height, "surface": arguments.surface}
    overlay = msgspec.structs.replace(
        chosen.overlay, **{name: value for name, value in wanted.items() if value is not None}
    )
    lock = desktop.take_lock(home / "run" / "overlay.lock")
    if lock is None:
        was_called = asyncio.run(_call(home))
        program.complain("She is on the screen already" + ("; she comes forward." if was_called else "."))
        return 0
    with lock:
        program.log_to(home, "overlay", is_verbose=arguments.verbose)
        # Imported only now: what is said above needs no window.
        from overlay.app import run

        run(
            home,
            overlay,
            is_reset=arguments.reset,
            has_pack=arguments.pack is not None,
            has_height=arguments.height is not None,
        )
    return 0


def main() -> int:
    """Show her; returns the exit code."""
    arguments = _arguments()
    return program.guard(lambda: _show(arguments, settings.home()), EXIT_CANNOT)


if __name__ == "__main__":
    sys.exit(main())

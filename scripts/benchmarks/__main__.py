"""`scripts/bench NAME`: run a benchmark, print its table, and write table and plot into a folder."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from benchmarks import plan, report
from benchmarks.processes import BenchmarkError
from benchmarks.report import Row


class _Measured(NamedTuple):
    """What a benchmark found, and how it did."""

    title: str
    notes: Sequence[str]
    rows: list[Row]
    plan: str


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _measure(name: str, rounds: int, *, is_quick: bool) -> _Measured:
    # Each of them imports what the other one may do without: X for the one, the hub's parts for the other.
    if name == "overlay":
        try:
            from benchmarks import overlay
        except ImportError as error:
            message = f"{error.name} is missing. The overlay is measured on X11, so on Linux alone."
            raise BenchmarkError(message) from error
        chosen_face = plan.QUICK_FACE if is_quick else plan.full_face(rounds)
        rows = overlay.measure(chosen_face, _say)
        return _Measured("The overlay", overlay.NOTES, rows, chosen_face.describe())
    if name == "voice":
        try:
            from benchmarks import voice, voice_rows
        except ImportError as error:
            message = f"{error.name} is missing. Run: scripts/alisa.py install"
            raise BenchmarkError(message) from error
        chosen_voice = plan.QUICK_VOICE if is_quick else plan.FULL_VOICE
        rows = voice.measure(chosen_voice, _say)
        return _Measured("The voice", voice_rows.NOTES, rows, chosen_voice.describe())
    from benchmarks import hub

    chosen = plan.QUICK if is_quick else plan.full(rounds)
    return _Measured("The hub", hub.NOTES, hub.measure(chosen, _say), chosen.describe())


def main() -> int:
    """Run the benchmark that was asked for; a slow figure is no failure."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures Alisa on this machine.")
    parser.add_argument("name", choices=["hub", "overlay", "voice"], help="what to measure")
    parser.add_argument("--quick", action="store_true", help="a few seconds; shows that it runs, no more")
    parser.add_argument(
        "--rounds", type=int, default=5, help="rounds that alternate between what is compared"
    )
    parser.add_argument("--out", type=Path, default=Path("bench"), help="folder for the table and the plot")
    arguments = parser.parse_args()
    try:
        found = _measure(arguments.name, max(1, arguments.rounds), is_quick=arguments.quick)
    except BenchmarkError as error:
        _say(f"bench: {error}")
        return 1
    table = report.markdown(found.title, found.notes, found.rows, found.plan, datetime.now(UTC))
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / f"{arguments.name}.md").write_text(table, encoding="utf-8")
    report.plot(found.rows, arguments.out / f"{arguments.name}.png")
    print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())

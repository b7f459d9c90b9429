"""`scripts/bench NAME`: run a benchmark, print its table, and write table and plot into a folder."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import hub, plan, report


def main() -> int:
    """Run the benchmark that was asked for; a slow figure is no failure."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures Alisa on this machine.")
    parser.add_argument("name", choices=["hub"], help="what to measure")
    parser.add_argument("--quick", action="store_true", help="a few seconds; shows that it runs, no more")
    parser.add_argument(
        "--rounds", type=int, default=5, help="rounds that alternate between what is compared"
    )
    parser.add_argument("--out", type=Path, default=Path("bench"), help="folder for the table and the plot")
    arguments = parser.parse_args()
    chosen = plan.QUICK if arguments.quick else plan.full(max(1, arguments.rounds))
    rows = hub.measure(chosen, lambda text: print(text, file=sys.stderr, flush=True))
    table = report.markdown("The hub", hub.NOTES, rows, chosen.describe(), datetime.now(UTC))
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / f"{arguments.name}.md").write_text(table, encoding="utf-8")
    report.plot(rows, arguments.out / f"{arguments.name}.png")
    print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())

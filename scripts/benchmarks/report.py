"""Rows of figures with their goals, as a Markdown table and as a plot."""

import math
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Literal, NamedTuple

Kind = Literal["goal", "contrast", "control"]


class Row(NamedTuple):
    """One line of the table.

    Attributes:
        name: What was measured.
        figure: The figure that is judged; None where it could not be measured.
        unit: Of figure, goal and spread.
        goal: What the figure should be at most, or at least; None for a mere contrast.
        is_least: Whether the goal is the least that is wanted.
        spread: The lowest and the highest of what was measured.
        kind: "contrast" for how others do, "control" for a proof that the meter sees what it should.
        note: Anything else worth saying.
        is_sound: False where what was delivered was not what should have been: then no figure is good enough.
    """

    name: str
    figure: float | None
    unit: str
    goal: float | None = None
    is_least: bool = False
    spread: tuple[float, float] | None = None
    kind: Kind = "goal"
    note: str = ""
    is_sound: bool = True

    @property
    def is_met(self) -> bool:
        """Whether the goal is reached."""
        if self.figure is None or self.goal is None or not self.is_sound:
            return False
        return self.figure >= self.goal if self.is_least else self.figure <= self.goal

    @property
    def verdict(self) -> str:
        """The verdict in words; empty where there is nothing to judge."""
        if self.figure is None:
            return "not measured"
        if self.goal is None:
            return "" if self.is_sound else "**not whole**"
        if self.kind == "control":
            return "meter works" if self.is_met else "**meter fails**"
        return "met" if self.is_met else "**not met**"


def number(value: float) -> str:
    """Three digits that matter."""
    if value == round(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.3f}"


def with_unit(value: float, unit: str) -> str:
    """A figure and its unit."""
    return f"{number(value)} {unit}".strip()


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def typical(values: Sequence[float]) -> tuple[float, tuple[float, float]]:
    """The median, and the lowest and highest."""
    return median(values), (min(values), max(values))


def _machine() -> str:
    system = {"linux": "Linux", "darwin": "macOS", "win32": "Windows"}.get(sys.platform, sys.platform)
    version = ".".join(str(part) for part in sys.version_info[:2])
    load = ""
    if sys.platform != "win32":
        load = f", load average {os.getloadavg()[1]:.1f} in the last minutes"
    return f"{os.cpu_count()} cores, {system}, Python {version}{load}"


def _line(row: Row) -> str:
    figure = "-" if row.figure is None else with_unit(row.figure, row.unit)
    goal = ""
    if row.goal is not None:
        goal = f"{'≥' if row.is_least else '≤'} {with_unit(row.goal, row.unit)}"
    spread = ""
    if row.spread is not None and row.figure is not None:
        spread = f"{number(row.spread[0])} to {number(row.spread[1])}"
    return f"| {row.name} | {figure} | {goal} | {row.verdict} | {spread} | {row.note} |"


_HEADINGS = {
    "goal": "What {} should reach",
    "contrast": "How it compares, and what else was seen",
    "control": "Controls: the meters see what they should",
}


def markdown(title: str, notes: Sequence[str], rows: Sequence[Row], plan: str, when: datetime) -> str:
    """The whole report."""
    lines = [f"# {title}", "", f"{when:%d %B %Y}, {_machine()}. {plan}", ""]
    for kind, heading in _HEADINGS.items():
        chosen = [row for row in rows if row.kind == kind]
        if chosen:
            lines += [
                f"## {heading.format(title.lower())}",
                "",
                "| what | figure | goal | verdict | lowest to highest | |",
            ]
            lines += ["|---|---:|---:|---|---|---|", *map(_line, chosen), ""]
    return "\n".join([*lines, "## How", "", *(f"- {note}" for note in notes), ""])


def plot(rows: Sequence[Row], path: Path) -> None:
    """Draw how much of each goal is used up: left of the line is better than asked for."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    judged = [row for row in rows if row.kind == "goal" and row.goal and row.figure is not None]
    shares = [_share(row) for row in judged]
    figure, axes = pyplot.subplots(figsize=(9, 1.2 + 0.36 * len(judged)), layout="constrained")
    places = range(len(judged))
    axes.barh(places, shares, color=["#4c8c6b" if row.is_met else "#b5483a" for row in judged], height=0.62)
    axes.set_yticks(places, [row.name for row in judged], fontsize=9)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlim(min([0.005, *shares]), max([2.0, *shares]) * 4)
    axes.axvline(1.0, color="#333333", linewidth=1)
    axes.set_xlabel("share of what the goal allows (1 is the goal; shorter is better)", fontsize=9)
    for place, row, share in zip(places, judged, shares, strict=True):
        sign = "≥" if row.is_least else "≤"
        text = f"{with_unit(row.figure or 0.0, row.unit)}  ({sign} {number(row.goal or 0.0)})"
        axes.text(max(share, 1.0) * 1.08, place, text, va="center", fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _share(row: Row) -> float:
    value, goal = row.figure or 0.0, row.goal or 1.0
    used = goal / value if row.is_least and value else value / goal
    return max(used, 0.005)

"""What streams through the hub: first tokens, all tokens at once, and the end of them when interrupted."""

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks import long_memory, meter, processes
from benchmarks.model_server import Script
from benchmarks.plan import Plan
from benchmarks.processes import Service
from benchmarks.report import Row, quantile, typical

_RIVALS = ("naive", "raw")
_CONTROL_SECONDS = 0.02
_REST_SECONDS = 0.01


class _House(NamedTuple):
    """What is compared, all running side by side."""

    model: Service
    hubs: dict[str, Service]

    @property
    def ours(self) -> Service:
        return self.hubs["hub"]


def _open_house(stack: ExitStack) -> _House:
    model = stack.enter_context(processes.service("benchmarks.model_server"))
    url = f"http://127.0.0.1:{model.port}/v1"
    ours, _ = stack.enter_context(processes.hub(url))
    naive = stack.enter_context(processes.service("benchmarks.naive_hub", url))
    raw = stack.enter_context(processes.service("benchmarks.raw_hub", str(model.port)))
    return _House(model, {"hub": ours, "naive": naive, "raw": raw})


class _Streams:
    """What the rounds gathered, by the name of the hub."""

    def __init__(self) -> None:
        self.direct: list[float] = []
        self.delayed: list[float] = []
        self.commits: list[float] = []
        self.first: dict[str, list[float]] = {"hub": [], "naive": [], "raw": []}
        self.relay: dict[str, list[float]] = {"hub": [], "naive": [], "raw": []}
        self.flood: dict[str, list[meter.Throughput]] = {"hub": [], "naive": [], "raw": []}
        self.interrupts: list[meter.Interruption] = []
        self.uninterrupted: list[float] = []


def measure(plan: Plan) -> list[Row]:
    """Everything about streams, the hubs side by side."""
    found = _Streams()
    with ExitStack() as stack:
        house = _open_house(stack)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="alisa-bench-")))
        _first_tokens(house, 3, _Streams())
        for hub in house.hubs.values():
            meter.throughput(hub, 32, Script(200))
        for _ in range(plan.rounds):
            _first_tokens(house, plan.tries, found)
            found.commits += long_memory.bare_commits(folder, plan.tries)
            for name, hub in house.hubs.items():
                found.relay[name] += meter.relay_times(hub, 1, Script(plan.paced_tokens, pace_seconds=0.005))
                found.flood[name].append(meter.throughput(hub, 32, Script(plan.tokens)))
            for number in range(plan.tries):
                script, wait = Script(1000, pace_seconds=0.001), 0.06 + 0.003 * (number % 7)
                found.interrupts.append(meter.interrupt(house.ours, 4, script, wait))
            short = Script(150, pace_seconds=0.001)
            found.uninterrupted.append(meter.interrupt(house.hubs["naive"], 4, short, 0.06).last_token)
    return [*_latency_rows(found), *_throughput_rows(found, plan), *_interrupt_rows(found)]


def _first_tokens(house: _House, tries: int, found: _Streams) -> None:
    script, slow = Script(3), Script(3, delay_seconds=_CONTROL_SECONDS)
    with ExitStack() as stack:
        clients = {name: stack.enter_context(meter.Clients.of(hub, 1))[0] for name, hub in house.hubs.items()}
        turns: list[tuple[list[float], Callable[[], float]]] = [
            (found.direct, lambda: meter.first_token_direct(house.model, script)),
            (found.delayed, lambda: meter.first_token(clients["hub"], slow)),
        ]
        turns += [
            (found.first[name], partial(meter.first_token, client, script))
            for name, client in clients.items()
        ]
        for number in range(tries):
            # Everybody comes after everybody else once, and after a rest: what one leaves behind is no
            # matter of the next.
            start = number % len(turns)
            for times, measure_one in turns[start:] + turns[:start]:
                time.sleep(_REST_SECONDS)
                times.append(measure_one())


def milliseconds(values: Sequence[float]) -> tuple[float, tuple[float, float]]:
    """The median of seconds, and the lowest and highest, in milliseconds."""
    middle, (low, high) = typical(values)
    return middle * 1000, (low * 1000, high * 1000)


def _latency_rows(found: _Streams) -> list[Row]:
    direct = median(found.direct)
    rows = []
    for name in ("hub", *_RIVALS):
        added = [seconds - alone for seconds, alone in zip(found.first[name], found.direct, strict=True)]
        figure, spread = milliseconds(added)
        if name == "hub":
            p95 = f"p95 {quantile(added, 0.95) * 1000:.2f} ms; the server alone {direct * 1000:.2f} ms"
            rows.append(Row("Added first-token time, p50", figure, "ms", 2.0, spread=spread, note=p95))
            total, whole = milliseconds(found.first["hub"])
            rows.append(Row("First token, all of it, p50", total, "ms", 200.0, spread=whole))
        else:
            rows.append(Row(f"Added first-token time, {name}", figure, "ms", spread=spread, kind="contrast"))
    figure, spread = milliseconds(found.commits)
    note = "the least that storing a message can take on this disk"
    rows.append(Row("A bare commit of SQLite", figure, "ms", spread=spread, kind="contrast", note=note))
    for name in ("hub", *_RIVALS):
        figure, spread = milliseconds(found.relay[name])
        if name == "hub":
            rows.append(Row("WebSocket: model to client, p50", figure, "ms", 20.0, spread=spread))
        else:
            rows.append(
                Row(f"WebSocket: model to client, {name}", figure, "ms", spread=spread, kind="contrast")
            )
    seen = (median(found.delayed) - median(found.first["hub"])) * 1000
    note = f"it waits {_CONTROL_SECONDS * 1000:.0f} ms before its first token"
    rows.append(
        Row("A slower model server shows", seen, "ms", 18.0, is_least=True, kind="control", note=note)
    )
    return rows


def _throughput_rows(found: _Streams, plan: Plan) -> list[Row]:
    speeds = {name: [one.per_second for one in floods] for name, floods in found.flood.items()}
    sound = {name: all(one.is_whole for one in floods) for name, floods in found.flood.items()}
    rows = []
    for rival, goal in (("naive", 8.0), ("raw", None)):
        ratios = [ours / theirs for ours, theirs in zip(speeds["hub"], speeds[rival], strict=True)]
        figure, spread = typical(ratios)
        kind = "goal" if goal else "contrast"
        rows.append(
            Row(
                f"Throughput to 32 clients, x {rival}",
                figure,
                "x",
                goal,
                is_least=True,
                spread=spread,
                kind="goal" if kind == "goal" else "contrast",
                note=f"{plan.tokens} tokens, every one checked" if goal else "",
                is_sound=sound["hub"] and sound[rival],
            )
        )
    for name in ("hub", *_RIVALS):
        figure, spread = typical(speeds[name])
        rows.append(
            Row(
                f"Tokens delivered, {name}",
                figure,
                "/s",
                spread=spread,
                kind="contrast",
                is_sound=sound[name],
            )
        )
    return rows


def _interrupt_rows(found: _Streams) -> list[Row]:
    last = [one.last_token * 1000 for one in found.interrupts]
    ends = [one.end * 1000 for one in found.interrupts]
    is_sound = all(one.is_quiet for one in found.interrupts)
    note = f"p50 {median(last):.1f}, p95 {quantile(last, 0.95):.1f} ms; {len(last)} tries, 4 clients"
    spread = (min(last), max(last))
    rows = [
        Row(
            "Interrupt to last token at any client, max",
            max(last),
            "ms",
            50.0,
            False,
            spread,
            "goal",
            note,
            is_sound,
        )
    ]
    figure, ends_spread = typical(ends)
    note = "the answer so far is on the disk by then"
    rows.append(Row("Interrupt to [END], p50", figure, "ms", spread=ends_spread, kind="contrast", note=note))
    note = "the naive hub knows no interrupt: its answer goes on for some 90 ms or more"
    rows.append(
        Row(
            "An interrupt that is ignored shows",
            min(found.uninterrupted) * 1000,
            "ms",
            50.0,
            is_least=True,
            kind="control",
            note=note,
        )
    )
    return rows

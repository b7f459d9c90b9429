"""The hub: latency, throughput, stalled clients, interruption, memory, prompt cache, and what it costs."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from statistics import median

from benchmarks import long_memory, meter, processes, prompt_cache, streams
from benchmarks.model_server import Script
from benchmarks.plan import Plan
from benchmarks.processes import BenchmarkError
from benchmarks.report import Row, typical

NOTES = (
    "Everything is measured in one run, in rounds that alternate between what is compared. Where nothing "
    "else is said, the figure is the median, and the spread is that of the rounds or tries.",
    "The model server is a stand-in with no thinking time, in its own process; the clients are plain sockets "
    "in another one. All of them share the cores with the hub.",
    "*naive* is a FastAPI hub with `for client in clients: await client.send_text(token)`, on the same "
    "uvicorn and with Alisa's own reader of the model's stream, but without storing, checking or emotions. "
    "*raw* is a loop over plain sockets with one write for each token and client; the hub can pass it "
    "because it writes all tokens of one read together (still one WebSocket frame each).",
    "Added first-token time: from sending the message to the first token at the client, less the same from a "
    "plain socket that asks the model server directly. The hub stores the message on the disk before.",
    "Stalled clients never read. What the system's socket buffers take is not the hub's memory; growth is "
    "the peak with stalled clients less the peak with the same answers and none.",
    "Prompt cache: a real llama.cpp with a tiny model of random weights. The figure is the share of the "
    "prompt's tokens that it evaluates, on every turn but the first; window, title and presence change "
    "before each of them.",
)


def measure(plan: Plan, say: Callable[[str], None]) -> list[Row]:
    """Measure everything; a part that cannot run here is a row that says so."""
    parts: list[tuple[str, Callable[[Plan], list[Row]]]] = [
        ("latency, throughput and interruption", streams.measure),
        ("stalled clients", _measure_stalls),
        ("memory", _measure_memory),
        ("prompt cache", _measure_prompt_cache),
        ("idle processes", _measure_idle),
    ]
    rows: list[Row] = []
    for name, part in parts:
        say(f"measuring: {name}")
        try:
            rows += part(plan)
        except (BenchmarkError, OSError) as error:
            rows.append(Row(name, None, "", note=str(error)))
    return rows


# Stalled clients


def _measure_stalls(plan: Plan) -> list[Row]:
    script = Script(12, size=16 * 1024, pace_seconds=0.001)
    with ExitStack() as stack:
        model = stack.enter_context(processes.service("benchmarks.model_server"))
        url = f"http://127.0.0.1:{model.port}/v1"
        hub, _ = stack.enter_context(processes.hub(url))
        naive = stack.enter_context(processes.service("benchmarks.naive_hub", url))
        with processes.PeakMemory(hub.pid) as without:
            base = meter.stall(hub, (4, 0), script, plan.answers, meter.LIMIT_SECONDS)
        with processes.PeakMemory(hub.pid) as with_stalled:
            found = meter.stall(hub, (4, 4), script, plan.answers, meter.LIMIT_SECONDS)
        contrast = meter.stall(naive, (4, 4), script, plan.answers, plan.freeze_seconds)
    growth = max(0.0, (with_stalled.peak_mb - without.peak_mb) / 4) if without.peak_mb else None
    megabytes = len(script.text) * plan.answers / 1e6
    is_sound = base.is_exact and found.is_exact
    note = f"{megabytes:.0f} MB to each; 4 healthy clients beside 4 that never read; checked to the letter"
    return [
        Row(
            "Healthy beside stalled clients get",
            found.delivered * 100,
            "%",
            100.0,
            True,
            None,
            "goal",
            note,
            is_sound,
        ),
        Row(
            "Hub memory for each stalled client",
            growth,
            "MB",
            2.0,
            note=f"peak {with_stalled.peak_mb:.0f} MB",
        ),
        Row(
            "Stalled clients that were closed",
            float(found.closed),
            "of 4",
            4.0,
            is_least=True,
            note="what they got is a beginning of what was said, without a gap",
            is_sound=found.is_gapless,
        ),
        Row(
            "Healthy beside stalled clients get, naive",
            contrast.delivered * 100,
            "%",
            kind="contrast",
            note=f"after {plan.freeze_seconds:.0f} s its loop still waits for the stalled ones",
        ),
    ]


# Memory


def _measure_memory(plan: Plan) -> list[Row]:
    found = long_memory.measure((1000, plan.messages), max(20, plan.rounds * 20))
    short, long = (median(times) for times in found.load)
    note = f"{long * 1e3:.2f} ms against {short * 1e3:.2f} ms; {found.tokens[1]} and {found.tokens[0]} tokens"
    is_sound = min(found.tokens) > 2800
    rows = [
        Row(
            f"Last 3000 tokens of {plan.messages:,} messages, x those of 1,000",
            long / short,
            "x",
            2.0,
            note=note,
            is_sound=is_sound,
        )
    ]
    timed = (
        ("Memory load (last 3000 tokens)", found.load[1], 100.0),
        ("Database query (full text, rare word)", found.search, 10.0),
        ("Database query (newest 50 messages)", found.newest, 10.0),
        ("Storing a message, on the disk", found.store, None),
    )
    for name, times, goal in timed:
        figure, spread = streams.milliseconds(times)
        rows.append(Row(name, figure, "ms", goal, spread=spread, kind="goal" if goal else "contrast"))
    return rows


# Prompt cache


def _measure_prompt_cache(plan: Plan) -> list[Row]:
    rows = []
    for screen_text in (False, True) if plan.has_screen_text else (False,):
        readings = prompt_cache.measure(plan.turns, screen_text)
        later = readings[1:]
        figure, spread = typical([reading.share for reading in later])
        of_all = 100 * sum(one.evaluated for one in later) / sum(one.prompt for one in later)
        note = f"{of_all:.0f} % of all tokens of {len(later)} turns; the last prompt had {later[-1].prompt}"
        if screen_text:
            name = "Prompt tokens evaluated again, with text of the screen"
            rows.append(Row(name, figure, "%", spread=spread, kind="contrast", note=note))
            continue
        rows.append(Row("Prompt tokens evaluated again", figure, "%", 15.0, spread=spread, note=note))
        note = "nothing can be cached yet"
        rows.append(Row("A first turn shows", readings[0].share, "%", 99.0, True, None, "control", note))
    return rows


# Idle processes


def _measure_idle(plan: Plan) -> list[Row]:
    with ExitStack() as stack:
        model = stack.enter_context(processes.service("benchmarks.model_server"))
        hub, home = stack.enter_context(processes.hub(f"http://127.0.0.1:{model.port}/v1"))
        process = processes.spawn("benchmarks.idle_client", str(home))
        stack.callback(processes.stop, process)
        if process.stdout is None or process.stdout.readline().strip() != "linked":
            raise BenchmarkError("The idle client did not reach the hub.")
        client = stack.enter_context(meter.Clients.of(hub, 1))[0]
        meter.first_token(client, Script(50))
        time.sleep(min(1.0, plan.idle_seconds))
        before, start = [processes.cpu_seconds(pid) for pid in (hub.pid, process.pid)], time.perf_counter()
        for _ in meter.idle(client, plan.idle_seconds):
            pass
        seconds = time.perf_counter() - start
        after = [processes.cpu_seconds(pid) for pid in (hub.pid, process.pid)]
        usage = [
            None if first is None or last is None else 100 * (last - first) / seconds
            for first, last in zip(before, after, strict=True)
        ]
        sizes = processes.memory_mb(hub.pid), processes.memory_mb(process.pid)
    return [
        Row("Memory of an idle client", sizes[1], "MB", 40.0, note="of `backend.shared` alone, connected"),
        Row(
            "Memory of the hub",
            sizes[0],
            "MB",
            kind="contrast",
            note="after one answer, two clients connected",
        ),
        Row("Processor time of the idle hub", usage[0], "% of a core", kind="contrast"),
        Row("Processor time of the idle client", usage[1], "% of a core", kind="contrast"),
    ]

"""The benchmark runs to its end with every row, and its meters see what they should; no figure is judged."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backend.shared import desktop
from benchmarks import long_memory, meter, processes, report
from benchmarks.model_server import Script, parse
from benchmarks.report import Row

ROOT = Path(__file__).parents[2]
ROWS = (
    "Added first-token time, p50",
    "First token, all of it, p50",
    "WebSocket: model to client, p50",
    "Throughput to 32 clients, x naive",
    "Interrupt to last token at any client, max",
    "Healthy beside stalled clients get",
    "Hub memory for each stalled client",
    "Stalled clients that were closed",
    "Last 3000 tokens of 5,000 messages, x those of 1,000",
    "Memory load (last 3000 tokens)",
    "Database query (full text, rare word)",
    "Prompt tokens evaluated again",
    "Memory of an idle client",
    "Memory of the hub",
    "Processor time of the idle hub",
)
CONTROLS = ("A slower model server shows", "An interrupt that is ignored shows", "A first turn shows")


@pytest.fixture(scope="module")
def model():
    with processes.service("benchmarks.model_server") as running:
        yield running


@pytest.fixture(scope="module")
def naive(model):
    with processes.service("benchmarks.naive_hub", f"http://127.0.0.1:{model.port}/v1") as running:
        yield running


@pytest.fixture(scope="module")
def quick_run(tmp_path_factory):
    out = tmp_path_factory.mktemp("bench") / "out"
    windows = ["powershell", "-File", str(ROOT / "scripts" / "bench.ps1")]
    command = [str(ROOT / "scripts" / "bench")] if desktop.has_posix_signals else windows
    done = subprocess.run(
        [*command, "hub", "--quick", "--out", str(out)],
        env=os.environ | {"BENCH_PYTHON": sys.executable},
        capture_output=True,
        encoding="utf-8",
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, out


def cells(table: str) -> dict[str, list[str]]:
    lines = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")]
    return {line[0].removeprefix("| "): [cell.strip() for cell in line[1:]] for line in lines}


@pytest.mark.parametrize("name", [*ROWS, *CONTROLS])
def test_a_quick_run_measures_every_row(quick_run, name):
    figure, *_ = cells(quick_run[0])[name]
    assert re.match(r"-?[\d,.]+", figure)


@pytest.mark.parametrize("name", CONTROLS)
def test_a_quick_run_judges_its_own_meters(quick_run, name):
    # Whether they hold is for the run to say: on a busy machine a short one may fail, and then says so.
    assert cells(quick_run[0])[name][2] in {"meter works", "**meter fails**"}


def test_a_quick_run_writes_the_table_and_a_picture(quick_run):
    table, out = quick_run
    assert (out / "hub.md").read_text(encoding="utf-8") == table.removesuffix("\n")
    assert (out / "hub.png").read_bytes().startswith(b"\x89PNG\r\n")


def test_a_script_survives_the_way_through_a_prompt():
    script = Script(12, size=0, pace_seconds=0.005, delay_seconds=0.02)
    assert parse(f"(At this moment ...)\n{script.message}") == script


def test_every_token_of_the_stand_in_is_another_one():
    script = Script(200, size=8)
    assert len({script.token(number) for number in range(200)}) == 200


def test_a_server_that_waits_is_seen_by_the_direct_meter(model):
    assert meter.first_token_direct(model, Script(3, delay_seconds=0.2)) >= 0.2


def test_a_server_that_waits_is_seen_at_the_client(naive):
    with meter.Clients.of(naive, 1) as clients:
        assert meter.first_token(clients[0], Script(3, delay_seconds=0.2)) >= 0.2


def test_throughput_knows_whether_every_token_came(naive, monkeypatch):
    assert meter.throughput(naive, 3, Script(50)).is_whole
    # As if the hub had lost the last token of each client.
    whole = meter.texts
    monkeypatch.setattr(meter, "texts", lambda frames: whole(frames)[:-1])
    assert not meter.throughput(naive, 3, Script(50)).is_whole


def test_an_ignored_interrupt_is_no_quiet_one(naive):
    found = meter.interrupt(naive, 2, Script(100, pace_seconds=0.002), 0.05)
    assert found.last_token > 0.1


def test_clients_that_freeze_a_hub_are_seen(model):
    with processes.service("benchmarks.naive_hub", f"http://127.0.0.1:{model.port}/v1") as hub:
        found = meter.stall(hub, (1, 1), Script(12, size=16 * 1024), 60, 1.0)
    assert found.delivered < 1
    assert not found.is_exact
    assert found.closed == 0


def test_a_paced_answer_carries_its_times(naive):
    ages = meter.relay_times(naive, 2, Script(20, pace_seconds=0.001))
    assert len(ages) == 40
    assert all(0 < age < 5 for age in ages)


def test_both_memories_are_read_up_to_the_limit_of_tokens():
    found = long_memory.measure((1000, 3000), 3)
    assert all(2900 < tokens <= 3000 for tokens in found.tokens)
    assert [len(times) for times in (*found.load, found.search, found.newest, found.store)] == [3] * 5


def test_more_memory_is_seen():
    code = "import sys; kept = b'x' * 50_000_000; print('big', flush=True); sys.stdin.read()"
    sizes = []
    for program in (code, code.replace("50_000_000", "1")):
        process = subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        process.stdout.readline()
        with processes.PeakMemory(process.pid) as watch:
            time.sleep(0.05)
        sizes.append(watch.peak_mb)
        processes.stop(process)
    assert sizes == [0.0, 0.0] or 45 < sizes[0] - sizes[1] < 60


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (Row("a", 1.9, "ms", 2.0), "met"),
        (Row("a", 2.1, "ms", 2.0), "**not met**"),
        (Row("a", 8.1, "x", 8.0, is_least=True), "met"),
        (Row("a", 7.9, "x", 8.0, is_least=True), "**not met**"),
        (Row("a", 1.9, "ms", 2.0, is_sound=False), "**not met**"),
        (Row("a", None, "ms", 2.0), "not measured"),
        (Row("a", 1.9, "ms"), ""),
        (Row("a", 30.0, "ms", 18.0, is_least=True, kind="control"), "meter works"),
        (Row("a", 3.0, "ms", 18.0, is_least=True, kind="control"), "**meter fails**"),
    ],
)
def test_a_verdict_is_honest(row, verdict):
    assert row.verdict == verdict


@pytest.mark.parametrize(("share", "value"), [(0.5, 5), (0.95, 10), (0.9, 9), (1, 10), (0.01, 1)])
def test_a_quantile_is_a_value_that_was_measured(share, value):
    assert report.quantile([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], share) == value

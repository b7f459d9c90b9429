"""The benchmark of the overlay runs on a screen of its own, with every row; no figure is judged."""

import os
import shutil
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks import meter, overlay, overlay_desk, overlay_house, processes
from benchmarks.model_server import Script, parse
from benchmarks.overlay_desk import Desk
from benchmarks.overlay_eye import Box, Eye
from benchmarks.processes import BenchmarkError
from tests.scripts.test_bench import cells

ROOT = Path(__file__).parents[2]
DESKS = ("with a compositor", "without a compositor")
# What is plausible, at whatever speed: the lowest and the highest figure.
ROWS = {
    "Idle": (0, 100),
    "Breathing": (0, 100),
    "Talking": (0.01, 100),
    "Streaming": (0.01, 150),
    "Asleep": (0, 150),
    "Naive": (1, 100),
    "The naive way costs, x talking": (0.01, 10_000),
    "Event to pixel, mouth, p95": (0.2, 2000),
    "Event to pixel, emotion, p95": (0.2, 2000),
    "Memory": (20, 400),
    "Start to first pixel": (0.1, 30),
    "A process that sleeps is woken late by, p95": (0, 2000),
    "A mouth that opens later shows": (-2000, 2000),
    "A face that never rests shows": (1, 100),
}


@pytest.fixture(scope="module")
def quick_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    out = tmp_path_factory.mktemp("bench") / "out"
    kept = {name: text for name, text in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    done = subprocess.run(
        [str(ROOT / "scripts" / "bench"), "overlay", "--quick", "--out", str(out)],
        env=kept | {"BENCH_PYTHON": sys.executable},
        capture_output=True,
        encoding="utf-8",
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, out


@pytest.fixture(scope="module")
def bare_desk():
    with overlay_desk.desk(has_compositor=False) as running:
        yield running


@pytest.mark.parametrize("desk", DESKS)
@pytest.mark.parametrize("name", ROWS)
def test_a_quick_run_measures_every_row_of_the_overlay(quick_run, name, desk):
    figure, *_ = cells(quick_run[0])[f"{name}, {desk}"]
    low, high = ROWS[name]
    assert low <= float(figure.split()[0].replace(",", "")) <= high


@pytest.mark.parametrize("desk", DESKS)
@pytest.mark.parametrize("name", ["Event to pixel, mouth, p95", "Event to pixel, emotion, p95"])
def test_a_quick_run_sees_every_event_it_sends(quick_run, name, desk):
    note = cells(quick_run[0])[f"{name}, {desk}"][4]
    assert "events" in note
    assert "not seen" not in note


def test_a_quick_run_of_the_overlay_writes_the_table_and_a_picture(quick_run):
    table, out = quick_run
    assert "What the overlay should reach" in table
    assert (out / "overlay.md").read_text(encoding="utf-8") == table.removesuffix("\n")
    assert (out / "overlay.png").read_bytes().startswith(b"\x89PNG\r\n")


@pytest.mark.parametrize(("name", "package"), [("Xvfb", "xvfb"), ("picom", "picom")])
def test_a_missing_program_is_named_with_its_package(name, package, monkeypatch):
    found = shutil.which
    monkeypatch.setattr(shutil, "which", lambda asked: None if asked == name else found(asked))
    with (
        pytest.raises(BenchmarkError, match=f"{name} is missing.*{package}$"),
        overlay_desk.desk(has_compositor=True),
    ):
        pass


def test_the_eye_sees_what_changes_in_its_box_and_nothing_else(bare_desk: Desk):
    box = Box(100, 100, 40, 40)
    with Eye(bare_desk.name) as eye, Eye(bare_desk.name) as hand:
        before = eye.look(box).pixels
        paint(hand, Box(200, 200, 40, 40), 0xFF0000)
        assert eye.wait_for_change(box, before, 0.2) is None
        start = time.perf_counter()
        paint(hand, Box(120, 120, 1, 1), 0x00FF00)
        sight = eye.wait_for_change(box, before, 5.0)
    assert sight is not None
    assert sight.time > start
    assert len(sight.pixels) == 40 * 40 * 4
    assert sight.pixels != before


def paint(hand: Eye, box: Box, colour: int) -> None:
    context = hand._root.create_gc(foreground=colour)
    hand._root.fill_rectangle(context, *box)
    hand._display.sync()


def test_a_busy_process_is_seen_by_its_time_and_a_waking_one_by_its_wake_ups():
    lines = "import sys, time\nprint('begun', flush=True)\n"
    busy, waking = (
        subprocess.Popen([sys.executable, "-c", lines + code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for code in ("while True: pass", "while True: time.sleep(0.01)")
    )
    try:
        for process in (busy, waking):
            process.stdout.readline()
        pids = (waking.pid, busy.pid)
        before = overlay_house.spent(pids)
        time.sleep(0.5)
        usage = overlay_house.between(before, overlay_house.spent(pids))
    finally:
        processes.stop(busy)
        processes.stop(waking)
    assert usage.cpu_percent[0] < usage.cpu_percent[1]
    assert 5 < usage.wake_ups_per_second < 200


def test_a_ping_is_answered_to_the_letter():
    payload = b"\x00\xff\x80\x7f"
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        joining = pool.submit(meter.Client, processes.Service(0, listener.getsockname()[1]))
        hub, _ = listener.accept()
        with hub, hub.makefile("rb") as said:
            hub.sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\n\x89\x04" + payload)
            client = joining.result(5)
            client.read()
            assert client.take() == []
            client.socket.close()
            assert said.read().endswith(bytes((0x8A, 0x84)) + bytes(4) + payload)


def test_a_script_with_a_mood_survives_the_way_through_a_prompt():
    script = Script(3, size=0, delay_seconds=0.5, mood="angry")
    assert parse(f"(At this moment ...)\n{script.message}") == script
    assert script.token(0).startswith("[angry] ")
    assert script.token(1).strip().isdigit()
    assert Script(3, mood="happy").text == "[happy] the quick brown "


def test_every_emotion_is_shown_in_turn():
    assert len(set(overlay._MOODS)) == 6

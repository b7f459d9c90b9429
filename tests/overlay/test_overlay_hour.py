"""An hour of her life, in which everything happens again and again, leaves nothing behind."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.hub_process import ROOT

CACHED = {
    "backend.shared.desktop.x11_glass.X11Sheet",
    "overlay.life.pose.Pose",
    "overlay.packs.boxes.Box",
    "overlay.packs.composer.Recipe",
    "overlay.packs.layout.Placed",
}
"""What is kept to be used again, each up to a limit that tests of its own hold."""
SPREAD = 5
"""Numbers that depend on the moment: an event that waits, a picture that is being made."""


@pytest.fixture(scope="module")
def held() -> tuple[dict[str, Any], dict[str, Any]]:
    """What a real overlay holds after everything was done a few times, and after an hour more."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.overlay.hour", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    before, after = (json.loads(line) for line in done.stdout.splitlines())
    return before, after


def test_an_hour_leaves_no_window_image_timer_thread_or_file_behind(held):
    before, after = held
    assert after["acts"] > 30
    names = ("windows", "images", "timers", "variables", "threads", "files")
    assert {name: after[name] for name in names} == {name: before[name] for name in names}
    for name in ("commands", "due"):
        assert after[name] - before[name] <= SPREAD


def test_an_hour_leaves_no_object_of_ours_behind(held):
    before, after = ({k: n for k, n in one["objects"].items() if k not in CACHED} for one in held)
    grown = {name: (before.get(name, 0), number) for name, number in after.items()}
    assert not {name: pair for name, pair in grown.items() if pair[1] > pair[0] + SPREAD}
    assert sum(after.values()) <= sum(before.values()) + SPREAD


def test_an_hour_leaves_nothing_in_the_server(held):
    before, after = (one["server"] for one in held)
    kinds = after.keys() - {"PIXMAP"}
    assert {
        kind: after[kind] - before.get(kind, 0) for kind in kinds if after[kind] > before.get(kind, 0)
    } == {}
    # Pictures of her that are kept, each with its mask.
    assert after["PIXMAP"] <= before["PIXMAP"] * 1.5


def test_an_hour_takes_no_more_memory(held):
    before, after = held
    assert after["rss_mb"] <= before["rss_mb"] + 30
    assert after["server_rss_mb"] <= before["server_rss_mb"] + 50

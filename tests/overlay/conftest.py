"""Desktops of our own, with and without a compositor."""

import gc
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.overlay.desk import Desk
    from tests.overlay.face import Face


def ignored(folder: Path) -> list[str]:
    """The tests of a folder that cannot run on this system: those on a desk, where there is no Xvfb."""
    if sys.platform == "linux":
        return []
    files = folder.glob("test_*.py")
    return [file.name for file in files if re.search(r"\b(glass_)?desk\b", file.read_text(encoding="utf-8"))]


collect_ignore = ignored(Path(__file__).parent)


@pytest.fixture(scope="module", autouse=True)
def tidy() -> Iterator[None]:
    """What is left of Tk goes in the thread that made it; collected in another, it ends the process."""
    yield
    gc.collect()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["Desk"]:
    """A desktop without a compositor; DISPLAY names it."""
    yield from _desk(tmp_path, monkeypatch, has_compositor=False)


@pytest.fixture
def glass_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["Desk"]:
    """A desktop with a compositor; DISPLAY names it."""
    yield from _desk(tmp_path, monkeypatch, has_compositor=True)


def _desk(folder: Path, monkeypatch: pytest.MonkeyPatch, has_compositor: bool) -> Iterator["Desk"]:
    from tests.overlay.desk import Desk

    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    running = Desk(folder, has_compositor)
    monkeypatch.setenv("DISPLAY", running.name)
    yield running
    running.stop()


@pytest.fixture
def show(home: Path) -> Iterator[Callable[..., "Face"]]:
    """Start real overlays on a desk, with arguments and settings; ends them after the test."""
    from tests.overlay.face import Face

    faces: list[Face] = []

    def start(desk: "Desk", *arguments: str, **settings: str) -> Face:
        faces.append(Face(desk, home, *arguments, **settings))
        return faces[-1]

    yield start
    for face in faces:
        face.stop()

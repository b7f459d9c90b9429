"""Desktops of our own, with and without a compositor."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.overlay.desk import Desk


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desktop without a compositor; DISPLAY names it."""
    yield from _desk(tmp_path, monkeypatch, has_compositor=False)


@pytest.fixture
def glass_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desktop with a compositor; DISPLAY names it."""
    yield from _desk(tmp_path, monkeypatch, has_compositor=True)


def _desk(folder: Path, monkeypatch: pytest.MonkeyPatch, has_compositor: bool) -> Iterator[Desk]:
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    running = Desk(folder, has_compositor)
    monkeypatch.setenv("DISPLAY", running.name)
    yield running
    running.stop()

"""The desktops of the overlay's tests, for what the overlay gets from here."""

from pathlib import Path

from tests.overlay.conftest import desk, glass_desk, ignored

__all__ = ["collect_ignore", "desk", "glass_desk"]

collect_ignore = ignored(Path(__file__).parent)

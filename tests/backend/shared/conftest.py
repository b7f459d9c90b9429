"""The desktops of the overlay's tests, for what the overlay gets from here."""

from tests.overlay.conftest import desk, glass_desk

__all__ = ["desk", "glass_desk"]

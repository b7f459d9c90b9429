"""What the senses said last: whether the user is there, and what is on the screen."""

import time
from collections.abc import Callable
from typing import TypeVar, get_args

import msgspec

from backend.shared.events import DesktopContext
from backend.shared.records import Category, PresenceState

_Seen = TypeVar("_Seen")

FRESH_SECONDS = 120.0
"""How long a sense is believed after it last spoke; it may have been switched off."""


class Surroundings:
    """Keeps the newest presence and desktop context, in memory only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._presence: tuple[float, PresenceState] | None = None
        self._desktop: tuple[float, DesktopContext] | None = None

    def see_presence(self, state: PresenceState) -> None:
        """The camera (or whatever watches) has said where the user is."""
        self._presence = (self._clock(), state)

    def see_desktop(self, context: DesktopContext) -> DesktopContext:
        """Vision has said what is on the screen. An unknown category counts as `other`."""
        if context.category not in get_args(Category):
            context = msgspec.structs.replace(context, category="other")
        self._desktop = (self._clock(), context)
        return context

    @property
    def presence(self) -> PresenceState | None:
        """Where the user is; None when nothing has told lately."""
        return self._fresh(self._presence)

    @property
    def desktop(self) -> DesktopContext | None:
        """What is on the screen; None when nothing has told lately."""
        return self._fresh(self._desktop)

    def _fresh(self, seen: tuple[float, _Seen] | None) -> _Seen | None:
        return seen[1] if seen and self._clock() - seen[0] <= FRESH_SECONDS else None

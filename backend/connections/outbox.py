"""What is on its way to one client: written at once, held while it is slow, dropped with it when too much."""

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Protocol

from backend.connections.codecs import Codec, coalesce
from backend.shared.events import HearingChanged, HubEvent, SpeechLevelChanged, Token, UtteranceStarted

log = logging.getLogger(__name__)

SLOW_BYTES = 64 * 1024
"""Unsent bytes at which a client counts as slow."""

CLOSED_BYTES = 1024 * 1024
"""How far a client may fall behind before it is closed."""

_FLUSH_BYTES = 32 * 1024
_EVENT_BYTES = 100
_VISEME_BYTES = 20

_NEWEST_ONLY = (SpeechLevelChanged, HearingChanged)
"""Of these a slow client gets the newest one alone."""


class Line(Protocol):
    """The sending side of one connection. Nothing here waits."""

    def write(self, data: bytes) -> None:
        """Hand bytes to the operating system, or keep them until it takes them."""
        ...

    def unsent_bytes(self) -> int:
        """How much was written that the operating system has not taken yet."""
        ...

    def abort(self) -> None:
        """Close at once, whatever is unsent."""
        ...


def _size(event: HubEvent) -> int:
    match event:
        case Token(text=text):
            return _EVENT_BYTES + len(text)
        case HearingChanged(text=text):
            return 2 * _EVENT_BYTES + len(text)
        case UtteranceStarted(text=text, visemes=visemes):
            return 2 * _EVENT_BYTES + len(text) + _VISEME_BYTES * len(visemes)
        case _:
            return 5 * _EVENT_BYTES


class Outbox:
    """One client's outbox. A client gets every event in order, or is closed: never a gap.

    But for how loud she is and what the ears do: a client that is slow is told the newest alone.
    """

    def __init__(self, line: Line, codec: Codec) -> None:
        self.codec = codec
        self._line = line
        self._held: OrderedDict[int, HubEvent] = OrderedDict()
        self._newest: dict[type[HubEvent], int] = {}
        self._held_bytes = 0
        self.is_closed = False

    def offer(self, batch: Sequence[HubEvent], encoded: Callable[[Codec], bytes]) -> None:
        """Send events, or hold them while the client is slow.

        Args:
            batch: The events.
            encoded: Gives their frames in a codec; only called when they are written now.
        """
        if self.is_closed:
            return
        if not self._held and self._line.unsent_bytes() < SLOW_BYTES:
            data = encoded(self.codec)
            if data:
                self._line.write(data)
            return
        for event in batch:
            self._hold(event)
        if self._held_bytes + self._line.unsent_bytes() > CLOSED_BYTES:
            log.warning("A client fell %d bytes behind and is closed.", self._held_bytes)
            self.close()

    def resume(self) -> None:
        """The client reads again: send what was held, consecutive tokens joined."""
        while self._held and not self.is_closed and self._line.unsent_bytes() < SLOW_BYTES:
            batch: list[HubEvent] = []
            size = 0
            while self._held and size < _FLUSH_BYTES:
                batch.append(self._held.popitem(last=False)[1])
                size += _size(batch[-1])
            self._held_bytes -= size
            data = self.codec.encode(coalesce(batch))
            if data:
                self._line.write(data)

    def close(self) -> None:
        """Drop the client with everything that is unsent."""
        self.is_closed = True
        self._held.clear()
        self._held_bytes = 0
        self._line.abort()

    def _hold(self, event: HubEvent) -> None:
        if isinstance(event, _NEWEST_ONLY):
            older = self._held.pop(self._newest.get(type(event), -1), None)
            self._held_bytes -= _size(older) if older is not None else 0
            self._newest[type(event)] = event.seq
        self._held[event.seq] = event
        self._held_bytes += _size(event)

"""What the hub has said and the overlay has not read yet: in order, joined, and never without a limit."""

import contextlib
import socket
import threading
from collections import OrderedDict

from backend.shared import events
from backend.shared.client import Linked, Unlinked
from backend.shared.wire import encode

Told = events.HubEvent | Linked | Unlinked

_FULL_BYTES = 4 * 1024 * 1024
_FULL_EVENTS = 4096
_EVENT_BYTES = 100
_LONGEST_TOKEN = 4096
"""Characters; joined tokens stay short enough to be shown between two pictures."""

_NEWEST_ONLY = (
    events.SpeechLevelChanged,
    events.HearingChanged,
    events.SensesChanged,
    events.PresenceChanged,
    events.DesktopChanged,
    events.Progress,
    Unlinked,
)
"""Each of these says all that the one before it said."""


class Inbox:
    """A queue between the hub's thread and the one that draws; each method may be called from any thread.

    Args:
        has_wake_up: Whether there is a socket that can be read while events wait.
    """

    def __init__(self, *, has_wake_up: bool) -> None:
        self._lock = threading.Lock()
        self._events: OrderedDict[int, Told] = OrderedDict()
        self._newest: dict[type[Told], int] = {}
        self._count = 0
        self._bytes = 0
        self._text: events.Token | None = None
        "The last token that waits, as long as only what may be said in any order came after it."
        self._reader: socket.socket | None = None
        self._writer: socket.socket | None = None
        self._is_signalled = False
        if has_wake_up:
            self._reader, self._writer = socket.socketpair()
            self._reader.setblocking(False)
            self._writer.setblocking(False)

    def fileno(self) -> int | None:
        """What can be read while events wait; None when nothing can tell."""
        return None if self._reader is None else self._reader.fileno()

    @property
    def is_full(self) -> bool:
        """Whether so much waits that no more should be put in."""
        return self._bytes >= _FULL_BYTES or len(self._events) >= _FULL_EVENTS

    def put(self, event: Told) -> None:
        """Add an event; it belongs to the inbox from now on. A full inbox takes it too."""
        with self._lock:
            if isinstance(event, events.Token):
                self._put_token(event)
            else:
                self._put_other(event)
            self._signal()

    def take(self, limit: int) -> list[Told]:
        """The oldest events, at most so many; the socket stays readable while there are more."""
        taken: list[Told] = []
        with self._lock:
            while self._events and len(taken) < limit:
                event = self._events.popitem(last=False)[1]
                self._bytes -= _size(event)
                if event is self._text:
                    self._text = None
                taken.append(event)
            if not self._events and self._is_signalled and self._reader is not None:
                with contextlib.suppress(BlockingIOError):
                    self._reader.recv(1)
                self._is_signalled = False
        return taken

    def close(self) -> None:
        """Give the sockets back; what waits can still be taken."""
        with self._lock:
            for end in (self._reader, self._writer):
                if end is not None:
                    end.close()
            self._reader = self._writer = None

    def _put_token(self, event: events.Token) -> None:
        text = self._text
        if text is None or text.turn != event.turn or len(text.text) + len(event.text) > _LONGEST_TOKEN:
            self._text = event
            self._add(event)
        else:
            text.text += event.text
            text.seq = event.seq
            self._bytes += len(event.text)

    def _put_other(self, event: Told) -> None:
        if isinstance(event, _NEWEST_ONLY):
            older = self._events.pop(self._newest.get(type(event), -1), None)
            self._bytes -= _size(older) if older is not None else 0
            self._newest[type(event)] = self._count
        else:
            self._text = None
        self._add(event)

    def _add(self, event: Told) -> None:
        self._events[self._count] = event
        self._count += 1
        self._bytes += _size(event)

    def _signal(self) -> None:
        if self._is_signalled or self._writer is None:
            return
        self._is_signalled = True
        with contextlib.suppress(BlockingIOError):
            self._writer.send(b"\0")


def _size(event: Told) -> int:
    if isinstance(event, events.Token):
        return _EVENT_BYTES + len(event.text)
    return _EVENT_BYTES + len(encode(event))

"""Who is connected, and how one event reaches them all; remembers the latest for those who come back."""

import bisect
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from backend.connections.codecs import Codec
from backend.shared.events import (
    FaceCalled,
    HearingChanged,
    HubEvent,
    Notice,
    Progress,
    SpeechLevelChanged,
    TalkPushed,
    Token,
    UtteranceStarted,
)

_REPLAY_EVENTS = 4096
_REPLAY_BYTES = 1024 * 1024
_UNHEARD_NOTICES = 20

_MOMENTARY = (SpeechLevelChanged, UtteranceStarted, FaceCalled)
"""What means nothing any more to those who come back later."""

_NEWEST_ALONE = (HearingChanged, TalkPushed)
"""Of what came before the newest of these nothing is told to those who come back later."""

_PIECES = (Token, Progress, *_NEWEST_ALONE, *_MOMENTARY)
"""What changes nothing of a snapshot's messages."""


class Listener(Protocol):
    """Somebody who hears what is published."""

    def offer(self, batch: Sequence[HubEvent], encoded: Callable[[Codec], bytes]) -> None:
        """Take these events, at once; `encoded` gives their frames in a codec."""
        ...


class Fanout:
    """Numbers every event and hands it to every client, without ever waiting for one.

    Attributes:
        landmarks: Grows with every event that is more than a piece of an answer.
    """

    def __init__(self) -> None:
        # Microseconds since the epoch: above any number of an earlier run, as long as fewer than a
        # million events a second are sent, and exact in a JavaScript number until the year 2255.
        self._seq = time.time_ns() // 1000
        self._listeners: dict[Listener, None] = {}
        self._replay: deque[HubEvent] = deque()
        self._replay_bytes = 0
        self._newest: dict[type[HubEvent], HubEvent] = {}
        self._forgotten_seq = self._seq
        self._unheard: deque[Notice] = deque(maxlen=_UNHEARD_NOTICES)
        self.landmarks = 0

    @property
    def clients(self) -> int:
        """How many clients hear what is published."""
        return len(self._listeners)

    @property
    def seq(self) -> int:
        """The number of the newest event."""
        return self._seq

    def add(self, listener: Listener) -> None:
        """From now on this client hears every event."""
        self._listeners[listener] = None

    def remove(self, listener: Listener) -> None:
        """The client is gone."""
        self._listeners.pop(listener, None)

    def number(self, event: HubEvent) -> HubEvent:
        """Give an event the next `seq`."""
        self._seq += 1
        event.seq = self._seq
        return event

    def publish(self, batch: Sequence[HubEvent]) -> None:
        """Send events to every client: encoded once a codec, written once a client."""
        for event in batch:
            self._remember(self.number(event))
            self.landmarks += not isinstance(event, _PIECES)
        if not self._listeners:
            self._unheard.extend(event for event in batch if isinstance(event, Notice))
        frames: dict[Codec, bytes] = {}

        def encoded(codec: Codec) -> bytes:
            if codec not in frames:
                frames[codec] = codec.encode(batch)
            return frames[codec]

        for listener in tuple(self._listeners):
            listener.offer(batch, encoded)

    def take_unheard(self) -> list[HubEvent]:
        """Notices that came while nobody was there, such as at the start; for the next who comes."""
        notices: list[HubEvent] = [self.number(notice) for notice in self._unheard]
        self._unheard.clear()
        return notices

    def missed(self, last_seq: int) -> list[HubEvent] | None:
        """Everything published after `last_seq`; None when that is not remembered any more.

        Of what lasts but a moment nothing is said again, of what the ears and the key to talk do the newest.
        """
        if not self._forgotten_seq <= last_seq <= self._seq:
            return None
        missed = [event for event in self._replay if event.seq > last_seq]
        for event in self._newest.values():
            if event.seq > last_seq:
                bisect.insort(missed, event, key=lambda event: event.seq)
        return missed

    def _remember(self, event: HubEvent) -> None:
        if isinstance(event, _MOMENTARY):
            return
        if isinstance(event, _NEWEST_ALONE):
            self._newest[type(event)] = event
            return
        self._replay.append(event)
        self._replay_bytes += len(event.text) if isinstance(event, Token) else 0
        while len(self._replay) > _REPLAY_EVENTS or self._replay_bytes > _REPLAY_BYTES:
            old = self._replay.popleft()
            self._forgotten_seq = old.seq
            self._replay_bytes -= len(old.text) if isinstance(old, Token) else 0

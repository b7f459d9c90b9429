"""The two codecs: hub events to WebSocket frames, in the plain and in the typed protocol."""

import struct
from collections.abc import Iterable
from typing import Protocol

import msgspec

from backend.shared import events
from backend.shared.wire import encode

CONTROL_WORDS = (
    "[END]",
    "[EMOTION]",
    "[ERROR]",
    "[MODE CHANGED]",
    "[SPEECH_START]",
    "[SPEECH_END]",
    "[INTERRUPT]",
    "[VISION_FACE]",
    "[VISION_DESKTOP]",
)
"""What a frame of the plain protocol may begin with without being text."""

_ANSWERS = frozenset(
    events.event_name(kind)
    for kind in (
        events.Welcome,
        events.Snapshot,
        events.Accepted,
        events.HistoryPage,
        events.Error,
        events.Goodbye,
    )
)
"""Events a client gets whatever it said it wants: they answer it, or say that the line is closed."""


def text_frame(payload: bytes) -> bytes:
    """One unmasked WebSocket text frame (RFC 6455, section 5.2)."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65536:
        return struct.pack("!BBH", 0x81, 126, size) + payload
    return struct.pack("!BBQ", 0x81, 127, size) + payload


class Codec(Protocol):
    """How one kind of client is spoken to. Equal codecs share the bytes they encode."""

    def encode(self, batch: Iterable[events.HubEvent]) -> bytes:
        """The frames of these events, joined; empty when none of them is for this kind of client."""
        ...


def _plain_text(text: str) -> bytes:
    if text.startswith(CONTROL_WORDS):
        # Her own text may say "[END]": cut after the bracket, no frame begins with the word.
        return text_frame(b"[") + text_frame(text[1:].encode())
    return text_frame(text.encode())


class PlainCodec:
    """The plain protocol of ARCHITECTURE.md, section 3.3."""

    def encode(self, batch: Iterable[events.HubEvent]) -> bytes:
        """See `Codec`."""
        return b"".join(map(self._frame, batch))

    def _frame(self, event: events.HubEvent) -> bytes:
        match event:
            case events.Token(text=text):
                return _plain_text(text)
            case events.Emotion(name=name):
                return text_frame(f"[EMOTION]{name}".encode())
            case events.TurnEnded():
                return text_frame(b"[END]")
            case events.ModeChanged(name=name):
                return text_frame(f"[MODE CHANGED] {name}".encode())
            case events.SpeechStarted():
                return text_frame(b"[SPEECH_START]")
            case events.SpeechEnded():
                return text_frame(b"[SPEECH_END]")
            case events.Error(message=message):
                return text_frame(f"[ERROR]{message}".encode())
            case _:
                return b""


class TypedCodec(msgspec.Struct, frozen=True):
    """The typed protocol `alisa.v1`."""

    wants: frozenset[str] | None = None
    """Types of events; None: all."""

    def encode(self, batch: Iterable[events.HubEvent]) -> bytes:
        """See `Codec`."""
        return b"".join(text_frame(encode(event)) for event in batch if self._is_wanted(event))

    def _is_wanted(self, event: events.HubEvent) -> bool:
        if self.wants is None:
            return True
        name = events.event_name(type(event))
        return name in self.wants or name in _ANSWERS


PLAIN = PlainCodec()


def coalesce(batch: Iterable[events.HubEvent]) -> list[events.HubEvent]:
    """Join the text of consecutive tokens of one turn; the joined token carries the last `seq`."""
    joined: list[events.HubEvent] = []
    texts: list[str] = []
    for event in batch:
        last = joined[-1] if joined else None
        if isinstance(event, events.Token) and isinstance(last, events.Token) and last.turn == event.turn:
            texts.append(event.text)
            joined[-1] = events.Token(turn=event.turn, text="", seq=event.seq)
            continue
        _close(joined, texts)
        joined.append(event)
        texts = [event.text] if isinstance(event, events.Token) else []
    _close(joined, texts)
    return joined


def _close(joined: list[events.HubEvent], texts: list[str]) -> None:
    last = joined[-1] if joined else None
    if isinstance(last, events.Token) and len(texts) > 1:
        last.text = "".join(texts)

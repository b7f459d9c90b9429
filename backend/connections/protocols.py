"""uvicorn's protocols with what the hub needs: a line to write to, clear refusals, no slow openings."""

import asyncio
import socket
from asyncio import TimerHandle
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from backend.connections.codecs import text_frame
from backend.connections.outbox import SLOW_BYTES

LINE = "alisa.line"
"""Where the ASGI scope's extensions hold the `WebSocketLine` of a connection."""

OPENING_SECONDS = 10.0
"""How long a connection may take to send its first request."""

_LINGER_SECONDS = 2.0


def _nothing() -> None:
    """Until somebody wants to know."""


class WebSocketLine(WebSocketsSansIOProtocol):
    """A WebSocket connection that can be written to without waiting.

    Leans on internals of uvicorn 0.54: `handle_connect`, `handle_parser_exception`, `resume_writing`,
    `connection_lost` and the attributes `scope`, `conn`, `transport`, `close_sent`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on_resume: Callable[[], None] = _nothing

    def handle_connect(self, event: Request) -> None:
        """Put this line into the scope before the application runs."""
        super().handle_connect(event)
        if hasattr(self, "scope"):
            self.scope["extensions"][LINE] = self  # type: ignore[assignment]  # ours to fill
            self.transport.set_write_buffer_limits(high=SLOW_BYTES, low=SLOW_BYTES // 4)

    def resume_writing(self) -> None:
        """The client has read: go on with what was held."""
        super().resume_writing()
        self.on_resume()

    def handle_parser_exception(self) -> None:
        """Say what was wrong with a frame before the connection closes.

        Closing at once would reset the connection while the client still sends, and it would never
        read why. So its bytes are thrown away for a moment.
        """
        close = self.conn.close_sent
        if self.handshake_complete and not self.close_sent and close is not None:
            reason = (
                "This frame is too long." if close.code == 1009 else "This is not a valid WebSocket frame."
            )
            self.transport.write(text_frame(f"[ERROR]{reason}".encode()))
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self.queue.put_nowait({"type": "websocket.disconnect", "code": close.code, "reason": reason})
            self.transport.resume_reading()
            self.close_timer = self.loop.call_later(_LINGER_SECONDS, self.transport.close)

    def data_received(self, data: bytes) -> None:
        """Read frames; nothing more once a frame has broken the protocol."""
        if self.conn.parser_exc is None:
            super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody listens any more."""
        self.on_resume = _nothing
        super().connection_lost(exc)

    def write(self, data: bytes) -> None:
        """See `outbox.Line`."""
        if not self.close_sent and not self.transport.is_closing():
            self.transport.write(data)

    def unsent_bytes(self) -> int:
        """See `outbox.Line`."""
        return self.transport.get_write_buffer_size()

    def abort(self) -> None:
        """See `outbox.Line`."""
        self.transport.abort()


class OpeningProtocol(H11Protocol):
    """HTTP/1.1 that gives up on a connection that does not finish its first request in time.

    Leans on internals of uvicorn 0.54: `cycle`, `transport`, `handle_websocket_upgrade`.
    """

    _opening: TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        """Start the clock, and let small frames leave at once."""
        super().connection_made(transport)
        # asyncio does so only where it made the socket; else a frame waits 40 ms for the one before (Nagle).
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._opening = self.loop.call_later(OPENING_SECONDS, self._give_up)

    def _give_up(self) -> None:
        request: object = self.cycle  # None until the first request, whatever its type says
        if request is None and self._opening is not None:
            self.transport.close()

    def handle_websocket_upgrade(self, event: Any) -> None:
        """The request is complete; the WebSocket has limits of its own."""
        self._stop_clock()
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop_clock()
        super().connection_lost(exc)

    def _stop_clock(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None

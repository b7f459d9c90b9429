"""The uvicorn server of the hub: its limits, and a stop that tells everybody first."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from types import FrameType

import uvicorn

from backend.connections.gate import App
from backend.connections.protocols import OpeningProtocol, WebSocketLine

log = logging.getLogger(__name__)

STOP_SECONDS = 3.0
"""How long saying goodbye may take; uvicorn has another second for what is open then."""

_HARD_FRAME_BYTES = 256 * 1024
"""Longer frames close the connection; up to here they are read and refused with an error."""

_HEADER_BYTES = 16 * 1024
_PING_SECONDS = 20.0


class HubServer(uvicorn.Server):
    """Serves one ASGI application on one bound socket."""

    def __init__(
        self, app: App, on_start: Callable[[], None], on_stop: Callable[[], Awaitable[None]]
    ) -> None:
        """Set up the server.

        Args:
            app: The application, gate included.
            on_start: Called when connections are accepted.
            on_stop: Awaited before any connection is closed.
        """
        self._on_start = on_start
        self._on_stop = on_stop
        config = uvicorn.Config(
            app,
            http=OpeningProtocol,
            ws=WebSocketLine,
            ws_per_message_deflate=False,
            ws_max_size=_HARD_FRAME_BYTES,
            ws_ping_interval=_PING_SECONDS,
            ws_ping_timeout=_PING_SECONDS,
            h11_max_incomplete_event_size=_HEADER_BYTES,
            timeout_graceful_shutdown=1,
            server_header=False,
            date_header=False,
            access_log=False,
            log_config=None,
            lifespan="off",
            proxy_headers=False,
        )
        super().__init__(config)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen, then say so."""
        await super().startup(sockets=sockets)
        if self.started:
            self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Store what runs and say goodbye before uvicorn closes the connections."""
        for server in self.servers:
            server.close()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._on_stop()
        except TimeoutError:
            log.error("Saying goodbye took longer than %.0f s.", STOP_SECONDS)
        await super().shutdown(sockets=sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  # as uvicorn calls it
        """Stop for SIGINT and SIGTERM; not raised again, so that a clean stop ends with exit code 0."""
        self.should_exit = True

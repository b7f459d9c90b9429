"""One WebSocket connection: frames in, from either kind of client; its outbox out."""

import asyncio
import contextlib
import logging
import secrets
from typing import Any, get_args

from fastapi import WebSocket
from fastapi.responses import JSONResponse
from starlette.websockets import WebSocketDisconnect

from backend.connections.codecs import PLAIN, Codec, TypedCodec
from backend.connections.desk import Desk
from backend.connections.outbox import Outbox
from backend.connections.protocols import LINE, WebSocketLine
from backend.shared import events, records
from backend.shared.errors import AlisaError
from backend.shared.wire import WireError, convert, decode_client_event, parse_json

log = logging.getLogger(__name__)

MAX_SOCKETS = 64
HELLO_SECONDS = 10.0
_FACE, _DESKTOP = "[VISION_FACE]", "[VISION_DESKTOP]"
_CLOSE_SECONDS = 1.0


def decode_plain(text: str) -> events.ClientEvent:
    """Read one frame of the plain protocol.

    Raises:
        WireError: with what was expected.
    """
    if text == "[SPEECH_START]":
        return events.SpeechStart()
    if text == "[SPEECH_END]":
        return events.SpeechEnd()
    if text == "[INTERRUPT]":
        return events.Interrupt()
    if text.startswith(_FACE):
        state = text.removeprefix(_FACE).strip()
        if state not in get_args(records.PresenceState):
            known = ", ".join(get_args(records.PresenceState))
            raise WireError("bad-message", f"Unknown presence; there are {known}.")
        return events.Presence(state=state)  # type: ignore[arg-type]  # checked above
    if text.startswith(_DESKTOP):
        context: events.DesktopContext = convert(_object(text.removeprefix(_DESKTOP)), events.DesktopContext)
        return context
    value = _object(text)
    message = value.get("message")
    if not isinstance(message, str) or not 1 <= len(message) <= events.MAX_MESSAGE_CHARACTERS:
        limit = events.MAX_MESSAGE_CHARACTERS
        raise WireError("bad-message", f'Expected {{"message": "text"}} with 1 to {limit:,} characters.')
    return events.UserMessage(text=message)


def _object(text: str) -> dict[str, Any]:
    value = parse_json(text)
    if not isinstance(value, dict):
        raise WireError("bad-message", 'Expected a JSON object, such as {"message": "text"}.')
    # The type of the union is told by the frame, never by the sender.
    value.pop("type", None)
    return value


class Connections:
    """Every open WebSocket of the hub."""

    def __init__(self, desk: Desk, *, token: str, version: str) -> None:
        self._desk = desk
        self._token = token
        self._version = version
        self._session = secrets.token_hex(8)
        self._open: set[_Connection] = set()

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one client until it leaves."""
        if len(self._open) >= MAX_SOCKETS:
            error = {"code": "too-many", "message": f"{MAX_SOCKETS} clients are connected already."}
            await websocket.send_denial_response(JSONResponse({"error": error}, status_code=503))
            return
        is_typed = events.SUBPROTOCOL in websocket.scope["subprotocols"]
        connection = _Connection(websocket, self._desk, is_typed=is_typed)
        self._open.add(connection)
        try:
            await websocket.accept(subprotocol=events.SUBPROTOCOL if is_typed else None)
            if not is_typed:
                connection.join(PLAIN)
                connection.catch_up()
            elif not await self._greet(connection):
                return
            await connection.serve()
        except WebSocketDisconnect:
            pass
        finally:
            self._open.discard(connection)
            connection.leave()

    async def close(self) -> None:
        """Tell every client that the hub stops, and close the connections within a second."""
        self._desk.fanout.publish([events.Goodbye(reason="The hub stops.")])
        closing = [connection.close() for connection in tuple(self._open)]
        await asyncio.gather(*closing)

    async def _greet(self, connection: "_Connection") -> bool:
        """Read `hello` and answer `welcome`; False when the client did not say hello."""
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                hello = await connection.hello()
        except TimeoutError:
            await connection.close(1008)
            return False
        await connection.welcome(hello, self._session, self._token, self._version)
        return True


class _Connection:
    """One client."""

    def __init__(self, websocket: WebSocket, desk: Desk, *, is_typed: bool) -> None:
        self._websocket = websocket
        self._desk = desk
        self._decode = decode_client_event if is_typed else decode_plain
        # A plain voice is passed on and no more: its words may come over many connections.
        self._key = self if is_typed else None
        self._line: WebSocketLine = websocket.scope["extensions"][LINE]
        self._outbox = Outbox(self._line, TypedCodec() if is_typed else PLAIN)

    def join(self, codec: Codec) -> None:
        """From now on the client hears what is published."""
        self._outbox.codec = codec
        self._line.on_resume = self._outbox.resume
        self._desk.fanout.add(self._outbox)

    def leave(self) -> None:
        """The client is gone."""
        self._desk.fanout.remove(self._outbox)
        self._desk.leave(self._key)

    async def hello(self) -> events.Hello:
        """Wait for the first event of a typed client; whatever else comes is refused."""
        while True:
            event = await self._receive()
            if isinstance(event, events.Hello):
                return event
            if event is not None:
                self._reply(events.Error(code="hello-first", message='Say "hello" first.'))

    async def welcome(self, hello: events.Hello, session: str, token: str, version: str) -> None:
        """Answer `hello`, and bring the client up to date."""
        fanout = self._desk.fanout
        known = hello.last_seq if hello.session == session else None
        codec = TypedCodec(None if hello.wants is None else frozenset(hello.wants))
        snapshot = None
        if known is None or fanout.missed(known) is None:
            snapshot = await self._desk.snapshot()
        # Nothing is awaited from here on, so that no event falls between the past and the present.
        welcome = self._desk.welcome(hello, session, token, version)
        self.join(codec)
        missed = fanout.missed(known) if known is not None and snapshot is None else None
        if snapshot is not None:
            self._reply(welcome)
            self._reply(snapshot)
            self._send(fanout.take_unheard())
        elif missed is not None:
            welcome.resumed = True
            welcome.seq = known or 0
            self._send([welcome, *missed])

    def catch_up(self) -> None:
        """A plain client in the middle of an answer: give it what has been said so far."""
        running = self._desk.conversation.running
        if running is not None and running.text:
            self._send([events.Token(turn=running.id, text=running.text)])

    async def serve(self) -> None:
        """Take frames until the client leaves."""
        while True:
            event = await self._receive()
            if event is None:
                continue
            try:
                for answer in await self._desk.take(event, self._key):
                    self._reply(answer)
            except AlisaError as error:
                self._fail(error, getattr(event, "id", None))

    async def close(self, code: int = 1001) -> None:
        """Close the connection, at once where the client does not listen."""
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                    await self._websocket.close(code)
        except TimeoutError:
            self._outbox.close()

    async def _receive(self) -> events.ClientEvent | None:
        """The next event; None for a frame that was refused."""
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text = message.get("text")
        try:
            if text is None:
                raise WireError("binary", "Binary frames are not part of the protocol.")
            if len(text) > events.MAX_FRAME_BYTES or len(text.encode()) > events.MAX_FRAME_BYTES:
                raise WireError("too-long", f"A frame may have {events.MAX_FRAME_BYTES // 1024} KiB.")
            return self._decode(text)
        except AlisaError as error:
            self._fail(error)
            return None

    def _fail(self, error: AlisaError, reference: str | None = None) -> None:
        self._reply(events.Error(code=error.code, message=error.message, id=reference or ""))

    def _reply(self, event: events.HubEvent) -> None:
        """Answer this client alone."""
        self._send([self._desk.fanout.number(event)])

    def _send(self, batch: list[events.HubEvent]) -> None:
        self._outbox.offer(batch, lambda codec: codec.encode(batch))

"""A client's line to the hub: find it, prove it, connect, reconnect, resume, send and listen."""

import asyncio
import contextlib
import random
import secrets
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from backend.shared import desktop
from backend.shared.errors import AlisaError
from backend.shared.events import (
    SUBPROTOCOL,
    Accepted,
    ClientEvent,
    Error,
    Hello,
    HubEvent,
    UserMessage,
    Welcome,
)
from backend.shared.runfile import RunFile, is_signed, read_run_file
from backend.shared.wire import WireError, decode_hub_event, encode

NONCE_HEADER = "X-Alisa-Nonce"
PROOF_HEADER = "X-Alisa-Proof"

FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 30.0
HANDSHAKE_SECONDS = 5.0
_LOOK_SECONDS = 0.25
_MAX_FRAME_BYTES = 8 * 1024 * 1024
_MAX_UNSENT = 100


class Linked(msgspec.Struct, frozen=True):
    """The line to the hub stands."""

    welcome: Welcome


class Unlinked(msgspec.Struct, frozen=True):
    """There is no line to the hub; the client tries again by itself."""

    reason: str
    """Plain words: what the client waits for."""
    retry_seconds: float


class LinkError(AlisaError):
    """Raised inside the client when a hub cannot be reached or must not be trusted."""


def wait_seconds(tries: int) -> float:
    """How long to wait before try number `tries` + 1: 0.5 s doubling to 30 s, with 25 % jitter."""
    longest = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0 ** min(tries, 16))
    return longest * random.uniform(0.75, 1.0)  # noqa: S311  # spreads clients, guards nothing


class HubClient:
    """One client of the hub.

    `listen` is to be read by one task; `send` may be called from any task of the same loop.
    A `UserMessage` is kept until the hub has accepted it, over reconnects and restarts of the hub.
    """

    def __init__(self, home: Path, hello: Hello) -> None:
        """Set up a client of the hub that announces itself in `home`; connects when `listen` is read."""
        self._home = home
        self._hello = hello
        self._connection: ClientConnection | None = None
        self._session = ""
        self._last_seq: int | None = None
        self._unsent: dict[str, UserMessage] = {}

    @property
    def is_linked(self) -> bool:
        """Whether the line to the hub stands now."""
        return self._connection is not None

    async def send(self, event: ClientEvent) -> bool:
        """Send an event; True when it was handed to the hub now.

        A `UserMessage` is given an id where it has none, and is sent later when there is no hub now.
        Other events are not kept: what they tell is out of date by then.

        Raises:
            AlisaError: "too-many-unsent", when 100 messages already wait for the hub.
        """
        if isinstance(event, UserMessage):
            if event.id is None:
                event = msgspec.structs.replace(event, id=secrets.token_hex(8))
            if len(self._unsent) >= _MAX_UNSENT:
                raise AlisaError("too-many-unsent", "Too many messages wait for the hub already.")
            self._unsent[str(event.id)] = event
        connection = self._connection
        if connection is None:
            return False
        try:
            await connection.send(encode(event), text=True)
        except ConnectionClosed:
            return False
        return True

    async def listen(self) -> AsyncGenerator[HubEvent | Linked | Unlinked, None]:
        """Every event of the hub, with `Linked` and `Unlinked` between them, for ever."""
        tries = 0
        while True:
            run = read_run_file(self._home)
            try:
                if run is None:
                    raise LinkError("no-hub", "Waiting for the hub to start.")
                async with contextlib.aclosing(self._talk(run)) as talk:
                    async for event in talk:
                        tries = 0
                        yield event
                reason = "The hub has closed the connection."
            except (LinkError, WireError) as error:
                reason = error.message
            wait = wait_seconds(tries)
            tries += 1
            yield Unlinked(reason=reason, retry_seconds=wait)
            await self._wait_for_hub(run, wait)

    async def _wait_for_hub(self, known: RunFile | None, wait: float) -> None:
        """Wait, but no longer than until another hub announces itself."""
        loop = asyncio.get_running_loop()
        end = loop.time() + wait
        while (left := end - loop.time()) > 0:
            await asyncio.sleep(min(left, _LOOK_SECONDS))
            run = read_run_file(self._home)
            if run is not None and run != known:
                return

    async def _talk(self, run: RunFile) -> AsyncGenerator[HubEvent | Linked, None]:
        connection = await self._connect(run)
        try:
            welcome = await self._greet(connection, run)
            self._connection = connection
            yield Linked(welcome)
            for message in list(self._unsent.values()):
                await connection.send(encode(message), text=True)
            async for frame in connection:
                event = decode_hub_event(frame)
                if event is not None:
                    self._note(event)
                    yield event
        except ConnectionClosed:
            return
        finally:
            self._connection = None
            await connection.close()

    async def _connect(self, run: RunFile) -> ClientConnection:
        owner = await asyncio.to_thread(desktop.listener_is_same_user, (run.host, run.port))
        if owner is False:
            message = f"Another user's program has taken port {run.port}; it is told nothing."
            raise LinkError("impostor", message)
        nonce = secrets.token_hex(16)
        try:
            return await self._open(run, {NONCE_HEADER: nonce})
        except InvalidStatus as error:
            if error.response.status_code != 401:
                message = f"The hub refuses this client (HTTP {error.response.status_code})."
                raise LinkError("refused", message) from error
            # The token is only shown to a hub that has proved to know it.
            proof = error.response.headers.get(PROOF_HEADER, "")
            if not is_signed(run.token, nonce, proof):
                raise LinkError("impostor", self._impostor(run)) from error
        except (OSError, InvalidHandshake) as error:
            raise LinkError("no-hub", "Waiting for the hub to start.") from error
        try:
            return await self._open(run, {"Authorization": f"Bearer {run.token}"})
        except (OSError, InvalidHandshake) as error:
            raise LinkError("refused", "The hub refuses this client's token.") from error

    async def _open(self, run: RunFile, headers: dict[str, str]) -> ClientConnection:
        # The address is a literal from the run file, never a name: a name could lead elsewhere.
        return await connect(
            f"ws://{run.host}:{run.port}/ws/chat",
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            additional_headers=headers,
            compression=None,
            proxy=None,
            open_timeout=HANDSHAKE_SECONDS,
            close_timeout=1,
            max_size=_MAX_FRAME_BYTES,
            user_agent_header=None,
        )

    async def _greet(self, connection: ClientConnection, run: RunFile) -> Welcome:
        nonce = secrets.token_hex(16)
        hello = msgspec.structs.replace(
            self._hello, nonce=nonce, session=self._session, last_seq=self._last_seq
        )
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                await connection.send(encode(hello), text=True)
                answer = decode_hub_event(await connection.recv())
        except (TimeoutError, WireError) as error:
            raise LinkError("impostor", self._impostor(run)) from error
        if not isinstance(answer, Welcome) or not is_signed(run.token, nonce, answer.signature):
            raise LinkError("impostor", self._impostor(run))
        if answer.session != self._session:
            self._session, self._last_seq = answer.session, None
        self._note(answer)
        return answer

    @staticmethod
    def _impostor(run: RunFile) -> str:
        return f"What answers on port {run.port} is not the hub; it is told nothing."

    def _note(self, event: HubEvent) -> None:
        self._last_seq = max(self._last_seq or 0, event.seq)
        if isinstance(event, Accepted | Error):
            # An error with the id of a message is its answer too: sent again, it would fail again.
            self._unsent.pop(event.id, None)

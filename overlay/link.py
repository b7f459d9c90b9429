"""The overlay's line to the hub, in a thread of its own: neither hub nor window waits for the other."""

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

from backend.shared import desktop, events
from backend.shared.client import HubClient, Unlinked
from backend.shared.errors import AlisaError
from overlay.inbox import Inbox, Told

log = logging.getLogger(__name__)

CLOSE_SECONDS = 2.0
_FAREWELL_SECONDS = 0.3
"""How long what was said last may take to go out when the line is closed."""

_MAX_OUTGOING = 200
_BROKEN = "The line to the hub has broken down for good. Please start the overlay again."


class Link:
    """Talks with the hub in a thread, and hands its events to the thread that draws.

    `start`, `drain` and `close` belong to one thread, the one that draws; `send` may be called from any.

    Args:
        home: Alisa's folder.
        hello: How the overlay announces itself.
    """

    def __init__(self, home: Path, hello: events.Hello) -> None:
        self._client = HubClient(home, hello)
        # Tk cannot watch a socket on Windows; there the overlay looks by itself from time to time.
        self._inbox = Inbox(has_wake_up=desktop.has_posix_signals)
        self._outgoing: deque[events.ClientEvent] = deque()
        self._has_outgoing = asyncio.Event()
        self._has_room = asyncio.Event()
        self._stop = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._is_waiting_for_room = False
        self._is_closing = False
        self._is_broken = False

    def start(self) -> None:
        """Look for the hub, from now on and for ever."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(self._loop,), name="hub link")
        self._thread.start()
        self._call(self._has_outgoing.set)

    def fileno(self) -> int | None:
        """A file descriptor that can be read while events wait; None where Tk can watch none: drain often."""
        return self._inbox.fileno()

    def drain(self, limit: int) -> list[Told]:
        """The oldest events that wait, at most so many; `fileno` stays readable while there are more.

        Pieces of an answer that had to wait come joined, and of what only says how things stand now (levels,
        hearing, senses, presence, progress) comes the newest. An `Unlinked` whose `retry_seconds` is 0 is the
        last event of all: the line has broken down.
        """
        taken = self._inbox.take(limit)
        if self._is_waiting_for_room and not self._inbox.is_full:
            self._call(self._has_room.set)
        return taken

    def send(self, event: events.ClientEvent) -> None:
        """Say something to the hub. Never waits and never fails.

        A `UserMessage` is kept until the hub has it; other events are dropped while there is no hub, for what
        they tell is out of date by then. A message that cannot be kept is answered with an `Error`.
        """
        if self._is_broken or self._is_closing:
            self._refuse(event, "link-broken", _BROKEN)
        elif len(self._outgoing) >= _MAX_OUTGOING:
            self._refuse(event, "too-many-unsent", "Too many messages wait for the hub already.")
        else:
            self._outgoing.append(event)
            self._call(self._has_outgoing.set)

    def close(self) -> None:
        """End the line and its thread, within two seconds."""
        self._is_closing = True
        self._call(self._stop.set)
        if self._thread is not None:
            self._thread.join(CLOSE_SECONDS)
            if self._thread.is_alive():
                log.warning("The line to the hub takes longer than %.0f s to close.", CLOSE_SECONDS)
        self._inbox.close()

    def _call(self, act: Callable[[], None]) -> None:
        """Do something in the hub's thread, if it still runs."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(act)

    def _refuse(self, event: events.ClientEvent, code: str, message: str) -> None:
        if isinstance(event, events.UserMessage):
            self._inbox.put(events.Error(code=code, message=message, id=event.id or ""))

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        """The thread. What breaks it is reported by `threading.excepthook`, and told to the overlay."""
        try:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(self._talk())
        finally:
            if not self._is_closing:
                self._is_broken = True
                self._inbox.put(Unlinked(reason=_BROKEN, retry_seconds=0.0))

    async def _talk(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(self._listen())
            speaking = tasks.create_task(self._speak())
            await self._stop.wait()
            self._has_outgoing.set()
            await asyncio.wait([speaking], timeout=_FAREWELL_SECONDS)
            speaking.cancel()
            listening.cancel()

    async def _listen(self) -> None:
        async with contextlib.aclosing(self._client.listen()) as told:
            async for event in told:
                self._inbox.put(event)
                if self._inbox.is_full:
                    await self._wait_for_room()

    async def _wait_for_room(self) -> None:
        """Read no more while the overlay does not: the hub holds it, or says later how things stand."""
        self._is_waiting_for_room = True
        self._has_room.clear()
        if self._inbox.is_full:
            await self._has_room.wait()
        self._is_waiting_for_room = False

    async def _speak(self) -> None:
        while not self._stop.is_set():
            await self._has_outgoing.wait()
            self._has_outgoing.clear()
            while self._outgoing:
                event = self._outgoing.popleft()
                try:
                    await self._client.send(event)
                except AlisaError as error:
                    self._refuse(event, error.code, error.message)

"""Reads the lines of standard input beside the event loop, whatever it is: console, pipe or file."""

import asyncio
import codecs
import sys
import threading
from collections.abc import AsyncIterator

_READ_AHEAD = 100
_CHUNK_BYTES = 65_536


class _Reader(threading.Thread):
    """Hands lines over to the loop; None is the end.

    A daemon that reads without Python's buffers: it may hang in its read for ever, and must then
    neither hold the process nor a lock when the process ends.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, lines: "asyncio.Queue[str | None]") -> None:
        super().__init__(name="standard input", daemon=True)
        self._loop = loop
        self._lines = lines
        self.room = threading.Semaphore(_READ_AHEAD)

    def run(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        rest = ""
        try:
            with open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as stream:
                while chunk := stream.read(_CHUNK_BYTES):
                    *lines, rest = (rest + decoder.decode(chunk)).split("\n")
                    for line in lines:
                        self._hand_over(line)
        except OSError:
            # The terminal is gone, which is the end of what it had to say.
            rest = ""
        if rest:
            self._hand_over(rest)
        self._hand_over(None)

    def _hand_over(self, line: str | None) -> None:
        self.room.acquire()
        try:
            self._loop.call_soon_threadsafe(self._lines.put_nowait, line)
        except RuntimeError:
            # The loop has been closed: nobody listens any more.
            raise SystemExit from None


async def stdin_lines() -> AsyncIterator[str]:
    """The lines of standard input, without their ends, until it ends."""
    if sys.stdin is None:
        # It was closed before Python started.
        return
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    reader = _Reader(asyncio.get_running_loop(), lines)
    reader.start()
    while (line := await lines.get()) is not None:
        reader.room.release()
        yield line.removesuffix("\r")

"""Server-sent events: bytes as they come in, the data of whole events out."""

MAX_EVENT_BYTES = 256 * 1024


class EventTooLongError(Exception):
    """Raised when one line, or the data of one event, is longer than the reader keeps."""


class SseReader:
    """Cuts a byte stream into events, wherever the network has split it.

    Follows https://html.spec.whatwg.org/multipage/server-sent-events.html: lines end in LF, CRLF or CR;
    a blank line ends an event; `data` lines of one event are joined by a line feed; comments and other
    fields say nothing here. Two things are kept that the standard drops, because language model servers
    rely on them: an `error` field (old llama.cpp servers report so), and an event that the end of the
    stream ended.
    """

    def __init__(self, max_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max_bytes = max_bytes
        self._rest = bytearray()
        self._was_cr = False
        self._data: list[bytes] = []
        self._data_bytes = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take the bytes of one read; give the data of the events they completed.

        Raises:
            EventTooLongError: nothing more can be read.
        """
        if self._was_cr and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._was_cr = False
        if not chunk:
            return []
        if b"\n" not in chunk and b"\r" not in chunk:
            self._keep(chunk)
            return []
        if self._rest:
            chunk = bytes(self._rest) + chunk
            self._rest.clear()
        lines = chunk.splitlines()
        if chunk.endswith((b"\n", b"\r")):
            self._was_cr = chunk.endswith(b"\r")
        else:
            self._keep(lines.pop())
        events: list[bytes] = []
        for line in lines:
            if line:
                self._take(line)
            elif self._data:
                events.append(self._event())
        return events

    def close(self) -> list[bytes]:
        """The stream has ended: the data of a last event that no blank line ended."""
        if self._rest:
            self._take(bytes(self._rest))
            self._rest.clear()
        return [self._event()] if self._data else []

    def _keep(self, part: bytes) -> None:
        self._rest += part
        self._limit(len(self._rest))

    def _take(self, line: bytes) -> None:
        if line.startswith(b"data:"):
            value = line[5:]
        elif line.startswith(b"error:"):
            value = line[6:]
        else:
            return
        value = value.removeprefix(b" ")
        self._data.append(value)
        self._data_bytes += len(value)
        self._limit(self._data_bytes)

    def _event(self) -> bytes:
        data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
        self._data.clear()
        self._data_bytes = 0
        return data

    def _limit(self, size: int) -> None:
        if size > self._max_bytes:
            raise EventTooLongError(f"more than {self._max_bytes} bytes")

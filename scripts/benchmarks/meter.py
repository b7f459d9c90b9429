"""WebSocket clients on plain sockets: they run in another process than the hub, do little, and keep times."""

import base64
import contextlib
import json
import secrets
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Self

from benchmarks.model_server import Script
from benchmarks.processes import Service

END = "[END]"
_END_FRAME = b"\x81\x05[END]"
_READ_BYTES = 256 * 1024
LIMIT_SECONDS = 30.0


class Frame(NamedTuple):
    """One text frame and when it was there, in seconds of `time.perf_counter`."""

    time: float
    text: str

    @property
    def is_control(self) -> bool:
        """Whether it is no text of the answer."""
        return self.text.startswith(("[END]", "[EMOTION]", "[ERROR]", "[MODE CHANGED]"))


class Client:
    """One client, of the plain protocol unless another one is asked for.

    Attributes:
        socket: Its connection.
        is_lost: The hub has closed the connection.
    """

    def __init__(self, hub: Service, protocol: str = "") -> None:
        self.socket = socket.create_connection(("127.0.0.1", hub.port), timeout=LIMIT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.is_lost = False
        self._reads: list[tuple[float, bytes]] = []
        self._open(hub, protocol)

    def _open(self, hub: Service, protocol: str) -> None:
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        lines = ["GET /ws/chat HTTP/1.1", f"Host: 127.0.0.1:{hub.port}", "Upgrade: websocket"]
        lines += ["Connection: Upgrade", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}"]
        lines += [f"Authorization: Bearer {hub.token}"] if hub.token else []
        lines += [f"Sec-WebSocket-Protocol: {protocol}"] if protocol else []
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            data = self.socket.recv(1)
            head += data
            if not data:
                break
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise ConnectionError("The hub has refused the client of the benchmark.")

    def send(self, content: str | bytes, opcode: int = 0x1) -> None:
        """Send a frame; its mask is four zeros, which is a mask too."""
        payload = content.encode() if isinstance(content, str) else content
        size = len(payload)
        if size < 126:
            head = bytes((0x80 | opcode, 0x80 | size))
        else:
            head = bytes((0x80 | opcode, 0x80 | 126)) + size.to_bytes(2, "big")
        self.socket.sendall(head + bytes(4) + payload)

    def say(self, script: Script) -> float:
        """Ask for an answer; returns the time of sending."""
        start = time.perf_counter()
        self.send(json.dumps({"message": script.message}))
        return start

    def read(self) -> bool:
        """Take what is there; True when it ends an answer."""
        try:
            data = self.socket.recv(_READ_BYTES)
        except ConnectionError:
            data = b""
        self.is_lost = not data
        before = self._reads[-1][1][-8:] if self._reads else b""
        self._reads.append((time.perf_counter(), data))
        return _END_FRAME in before + data[:16] or _END_FRAME in data[-32:]

    def take(self) -> list[Frame]:
        """The whole frames since the last call; pings are answered."""
        frames: list[Frame] = []
        rest = b""
        for moment, data in self._reads:
            rest = self._decode(rest + data, moment, frames)
        self._reads = [(time.perf_counter(), rest)] if rest else []
        return frames

    def _decode(self, data: bytes, moment: float, frames: list[Frame]) -> bytes:
        place = 0
        while len(data) - place >= 2:
            opcode, size, start = data[place] & 0xF, data[place + 1], place + 2
            if size >= 126:
                start += 2 if size == 126 else 8
                size = int.from_bytes(data[place + 2 : start], "big")
            if len(data) < start or len(data) - start < size:
                break
            payload = data[start : start + size]
            if opcode == 0x1:
                frames.append(Frame(moment, payload.decode()))
            elif opcode == 0x9:
                with contextlib.suppress(OSError):
                    self.send(payload, opcode=0xA)
            place = start + size
        return data[place:]

    def drain(self, limit_seconds: float) -> None:
        """Read what is left, until the hub's closing or until nothing comes for a moment."""
        self.socket.settimeout(limit_seconds)
        with contextlib.suppress(TimeoutError):
            while not self.is_lost:
                self.read()

    def close(self) -> None:
        """Leave."""
        with contextlib.suppress(OSError):
            self.send("", opcode=0x8)
        self.socket.close()


class Clients(list[Client]):
    """Several clients of one hub, closed at the end of a `with` block."""

    @classmethod
    def of(cls, hub: Service, count: int) -> Self:
        """Connect them."""
        return cls(Client(hub) for _ in range(count))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for client in self:
            client.close()


def collect(clients: Sequence[Client], limit_seconds: float = LIMIT_SECONDS) -> bool:
    """Read until every client has the end of an answer; False when that takes too long."""
    end = time.perf_counter() + limit_seconds
    with selectors.DefaultSelector() as selector:
        for one in clients:
            selector.register(one.socket, selectors.EVENT_READ, one)
        left = len(clients)
        while left:
            ready = selector.select(max(0.0, end - time.perf_counter()))
            for key, _ in ready:
                client: Client = key.data
                if client.read() or client.is_lost:
                    selector.unregister(client.socket)
                    left -= 1
            if left and time.perf_counter() > end:
                return False
    return not any(client.is_lost for client in clients)


def texts(frames: Sequence[Frame]) -> list[Frame]:
    """The frames that are text of an answer."""
    return [frame for frame in frames if not frame.is_control]


def request_body(port: int, message: str) -> bytes:
    """The HTTP request that asks the model server for an answer."""
    asked = {"model": "bench", "stream": True, "messages": [{"role": "user", "content": message}]}
    body = json.dumps(asked).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Content-Type: application/json\r\nConnection: close\r\n\r\n" + body


def first_token_direct(model: Service, script: Script) -> float:
    """Seconds from connecting to the model server to the first token, read without any library."""
    start = time.perf_counter()
    with socket.create_connection(("127.0.0.1", model.port), timeout=LIMIT_SECONDS) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.sendall(request_body(model.port, script.message))
        data = b""
        while b'"content": "0 ' not in data:
            read = line.recv(65536)
            if not read:
                raise ConnectionError("The model server has sent no token.")
            data += read
        seconds = time.perf_counter() - start
        while line.recv(65536):
            pass
    return seconds


def first_token(client: Client, script: Script) -> float:
    """Seconds from sending the message to the first token at the client."""
    start = client.say(script)
    if not collect([client]):
        raise ConnectionError("The answer did not come to its end.")
    frames = texts(client.take())
    if "".join(frame.text for frame in frames) != script.text:
        raise ConnectionError("The answer is not what the model server said.")
    return frames[0].time - start


class Throughput(NamedTuple):
    """Tokens in flight to many clients."""

    per_second: float
    """Tokens times clients, from the first token at any client to the end at the last one."""
    is_whole: bool
    """Whether every client got every token, in order, each in a frame of its own."""


def throughput(hub: Service, clients: int, script: Script) -> Throughput:
    """How fast an answer that comes all at once reaches all clients."""
    with Clients.of(hub, clients) as joined:
        joined[0].say(script)
        is_done = collect(joined)
        first, last, is_whole = float("inf"), 0.0, is_done
        expected = [script.token(number) for number in range(script.tokens)]
        for client in joined:
            frames = client.take()
            answer = texts(frames)
            is_whole = is_whole and [frame.text for frame in answer] == expected
            first, last = min(first, answer[0].time), max(last, frames[-1].time)
    # All in one read of every client: too fast for this clock to tell a beginning from an end.
    return Throughput(script.tokens * clients / max(last - first, 1e-6), is_whole)


def relay_times(hub: Service, clients: int, script: Script) -> list[float]:
    """For each token and client: seconds from the model server's stamp to its arrival."""
    with Clients.of(hub, clients) as joined:
        joined[0].say(script._replace(size=0))
        if not collect(joined):
            raise ConnectionError("The answer did not come to its end.")
        return [
            frame.time - int(stamp) / 1e9
            for client in joined
            for frame in texts(client.take())
            for stamp in frame.text.split()
        ]


class Interruption(NamedTuple):
    """What came after an interrupt was sent, in seconds."""

    last_token: float
    """The last token at any client; 0 when none came."""
    end: float
    """[END] at the last client."""
    is_quiet: bool
    """Whether every client had the end, and no token came after it."""


def interrupt(hub: Service, clients: int, script: Script, after_seconds: float) -> Interruption:
    """Interrupt a running answer, from another client than the one that asked."""
    with Clients.of(hub, clients) as joined:
        joined[0].say(script)
        collect(joined, after_seconds)
        sent = time.perf_counter()
        joined[-1].send("[INTERRUPT]")
        is_done = collect(joined)
        for client in joined:
            client.drain(0.01)
        heard = [client.take() for client in joined]
    begun = all(any(not f.is_control and f.time < sent for f in frames) for frames in heard)
    last_token = max((frame.time for frames in heard for frame in texts(frames)), default=sent)
    end = max((frames[-1].time for frames in heard if frames), default=sent)
    return Interruption(
        max(0.0, last_token - sent),
        end - sent,
        is_done and begun and all(frames and frames[-1].text == END for frames in heard),
    )


class Stall(NamedTuple):
    """What became of the clients while some did not read."""

    delivered: float
    """Share of the text that the healthy ones got."""
    is_exact: bool
    """Whether what the healthy ones got is what was said, to the letter."""
    closed: int
    """How many of the stalled ones were closed."""
    is_gapless: bool
    """Whether what the stalled ones find in their sockets is a beginning of what was said."""


def stall(hub: Service, counts: tuple[int, int], script: Script, answers: int, limit_seconds: float) -> Stall:
    """Send answers to healthy clients and to stalled ones that never read.

    Args:
        hub: Where.
        counts: Healthy and stalled clients.
        script: Each answer.
        answers: How many, one after the other.
        limit_seconds: How long to wait for one of them.
    """
    got, is_exact, is_done = 0, True, True
    with Clients.of(hub, counts[0]) as healthy, Clients.of(hub, counts[1]) as stalled:
        for _ in range(answers):
            healthy[0].say(script)
            is_done = collect(healthy, limit_seconds)
            for client in healthy:
                text = "".join(frame.text for frame in texts(client.take()))
                got += len(text)
                is_exact = is_exact and text == script.text
            if not is_done:
                break
        for client in stalled:
            client.drain(0.2)
        said = script.text * answers
        left = ["".join(frame.text for frame in texts(client.take())) for client in stalled]
        return Stall(
            got / (len(said) * len(healthy)),
            is_exact and is_done,
            sum(client.is_lost for client in stalled),
            all(said.startswith(text) for text in left),
        )


def idle(client: Client, seconds: float) -> Iterator[None]:
    """Stay connected and answer pings; yields about once a second."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        client.drain(min(1.0, max(0.01, end - time.perf_counter())))
        client.take()
        yield

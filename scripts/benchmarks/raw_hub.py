"""What plain sockets can do without any library: one thread, one write for each token and client.

Run as `python -m benchmarks.raw_hub PORT_OF_MODEL_SERVER`; says its port on stdout.
"""

import base64
import hashlib
import json
import selectors
import socket
import struct
import sys
from collections.abc import Iterator

from benchmarks.meter import request_body

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame(text: str) -> bytes:
    """One text frame of fewer than 64 KiB."""
    payload = text.encode()
    if len(payload) < 126:
        return bytes((0x81, len(payload))) + payload
    return struct.pack("!BBH", 0x81, 126, len(payload)) + payload


def tokens(port: int, message: str) -> Iterator[str]:
    """The tokens of one answer."""
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(request_body(port, message))
        rest = b""
        while data := line.recv(65536):
            *events, rest = (rest + data).split(b"\n\n")
            for event in events:
                start = event.find(b"data: {")
                if start >= 0:
                    delta = json.loads(event[start + 6 :])["choices"][0]["delta"]
                    if delta.get("content"):
                        yield delta["content"]


def accept(listener: socket.socket) -> socket.socket:
    """The next client, its opening handshake done."""
    client, _ = listener.accept()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += client.recv(4096)
    key = next(line.split(b":", 1)[1].strip() for line in head.split(b"\r\n") if b"Sec-WebSocket-Key" in line)
    proof = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())
    client.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + proof + b"\r\n\r\n"
    )
    return client


def main() -> None:
    """Serve until the process is ended. Frames of clients are taken to arrive whole: ours do."""
    model_port = int(sys.argv[1])
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    print(listener.getsockname()[1], flush=True)
    clients: list[socket.socket] = []
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is listener:
                    clients.append(accept(listener))
                    selector.register(clients[-1], selectors.EVENT_READ)
                    continue
                client = next(one for one in clients if one is key.fileobj)
                try:
                    said = client.recv(65536)
                except ConnectionError:
                    said = b""
                if not said or said[0] != 0x81:
                    selector.unregister(client)
                    clients.remove(client)
                    client.close()
                    continue
                for token in tokens(model_port, said.decode("utf-8", "replace")):
                    data = frame(token)
                    for one in clients:
                        one.sendall(data)
                for one in clients:
                    one.sendall(frame("[END]"))


if __name__ == "__main__":
    main()

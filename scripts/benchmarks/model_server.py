"""A stand-in for a model server that costs next to nothing: it says what the last message asks it to.

Run as `python -m benchmarks.model_server`; says its port on stdout.
"""

import json
import re
import socketserver
import time
from typing import NamedTuple

_ASKED = re.compile(r"bench tokens=(\d+) size=(\d+) pace=([\d.]+) delay=([\d.]+) mood=(\w*)")
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
_DONE = b"data: [DONE]\n\n"
_WORDS = [
    "the",
    "quick",
    "brown",
    "fox",
    "jumps",
    "over",
    "the",
    "lazy",
    "dog,",
    "and",
    "nobody",
    "knows",
    "why",
    "it",
    "does",
    "so.",
    "Then",
]


class Script(NamedTuple):
    """What the server is to say.

    Attributes:
        tokens: How many.
        size: Characters of each, a running number first; 0: the time of sending in nanoseconds.
        pace_seconds: Pause before each but the first; 0: all at once.
        delay_seconds: Pause before the first.
        mood: An emotion whose tag comes before the first token; then the tokens are words, unless their size
            is 0.
    """

    tokens: int
    size: int = 6
    pace_seconds: float = 0.0
    delay_seconds: float = 0.0
    mood: str = ""

    @property
    def message(self) -> str:
        """The user's words that ask for it."""
        return (
            f"bench tokens={self.tokens} size={self.size} pace={self.pace_seconds} "
            f"delay={self.delay_seconds} mood={self.mood}"
        )

    def token(self, number: int) -> str:
        """One token."""
        tag = f"[{self.mood}] " if self.mood and number == 0 else ""
        if self.size == 0:
            return f"{tag}{time.perf_counter_ns()} "
        if self.mood:
            return f"{tag}{_WORDS[number % len(_WORDS)]} "
        return f"{number} ".ljust(self.size, "x")

    @property
    def text(self) -> str:
        """The whole answer; only where no token holds the time."""
        return "".join(map(self.token, range(self.tokens)))


def parse(message: str) -> Script:
    """Read what was asked for; one token where it was nothing."""
    found = _ASKED.findall(message)
    if not found:
        return Script(1)
    tokens, size, pace, delay, mood = found[-1]
    return Script(int(tokens), int(size), float(pace), float(delay), mood)


def _event(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "bench",
        "choices": [choice],
    }
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


class _Handler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Answer one request; every connection is used once."""
        path, length = self.rfile.readline().split(b" ")[1], 0
        while (line := self.rfile.readline()) not in {b"\r\n", b""}:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        body = self.rfile.read(length)
        try:
            if path.endswith(b"/models"):
                self._models()
            else:
                self._answer(parse(json.loads(body)["messages"][-1]["content"]))
        except OSError:
            return  # whoever asked has gone: that is how an answer is interrupted

    def _models(self) -> None:
        page = json.dumps({"object": "list", "data": [{"id": "bench", "object": "model"}]}).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(page)}\r\nConnection: close\r\n\r\n"
        self.wfile.write(head.encode() + page)

    def _answer(self, script: Script) -> None:
        self.wfile.write(_HEAD + _event({"role": "assistant", "content": ""}))
        time.sleep(script.delay_seconds)
        if script.pace_seconds:
            for number in range(script.tokens):
                self.wfile.write(_event({"content": script.token(number)}))
                time.sleep(script.pace_seconds)
            self.wfile.write(_event({}, "stop") + _DONE)
            return
        tokens = b"".join(_event({"content": script.token(number)}) for number in range(script.tokens))
        self.wfile.write(tokens + _event({}, "stop") + _DONE)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128


def main() -> None:
    """Serve until the process is ended."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()

"""How much of the prompt llama.cpp reads again on the next turn: real turns through the hub.

Between the hub and llama.cpp stands a relay that keeps what llama.cpp says of its own work.
"""

import importlib
import json
import re
import socket
import socketserver
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from benchmarks.meter import Client, collect
from benchmarks.processes import BenchmarkError, hub, spawn, stop

_CONTEXT_TOKENS = 16_384
_TIMINGS = re.compile(rb'"timings":\s*(\{[^{}]*\})')
_SAYINGS = (
    "Hello, how are you today?",
    "Tell me something about tea, please.",
    "I have to write a report until this evening and I do not want to begin.",
    "What would you do?",
    "That is a good idea. And what is next?",
    "The cat sits at the window and looks at the snow.",
)
_TITLES = ("report.docx", "Inbox (4)", "main.py", "train times", "a film about otters")


class Reading(NamedTuple):
    """The prompt of one turn, in tokens."""

    evaluated: int
    """Since the turn before: also what was read ahead of the question."""
    prompt: int

    @property
    def share(self) -> float:
        """How much was evaluated, in percent of the prompt."""
        return 100 * self.evaluated / max(1, self.prompt)


class _Relay(socketserver.ThreadingTCPServer):
    """Passes every connection on to another port, and keeps the answers.

    Attributes:
        answers: What came back, in the order of the connections.
    """

    daemon_threads = True

    def __init__(self, target: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = target
        self.answers: list[bytearray] = []


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        """Serve one connection, both ways."""
        relay = self.server
        assert isinstance(relay, _Relay)  # noqa: S101  # for the type checker
        answer = bytearray()
        relay.answers.append(answer)
        with socket.create_connection(("127.0.0.1", relay.target)) as target:
            back = threading.Thread(target=_pump, args=(target, self.request, answer), daemon=True)
            back.start()
            _pump(self.request, target, bytearray())
            back.join()


def _pump(source: socket.socket, sink: socket.socket, kept: bytearray) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            kept += data
            sink.sendall(data)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def _read(answers: list[bytearray]) -> Reading:
    """What llama.cpp says of all requests of a turn, of which the last is the question."""
    evaluated = prompt = 0
    for answer in answers:
        for found in _TIMINGS.findall(bytes(answer))[-1:]:
            timings = json.loads(found)
            evaluated += timings["prompt_n"]
            prompt = timings["prompt_n"] + timings.get("cache_n", 0)
    if not prompt:
        raise BenchmarkError("llama.cpp has told nothing about its prompt cache.")
    return Reading(evaluated, prompt)


@contextmanager
def _llama(model: Path) -> Iterator[int]:
    """The runtime the hub itself uses, as a server."""
    process = spawn("backend.llm.runtime", is_quiet=True)
    options = {"model": str(model), "api_key": "bench", "context_tokens": _CONTEXT_TOKENS, "threads": 1}
    try:
        if process.stdin is None or process.stdout is None:
            raise BenchmarkError("llama.cpp has no pipes.")
        process.stdin.write(json.dumps(options) + "\n")
        process.stdin.flush()
        for line in process.stdout:
            report = json.loads(line)
            if report.get("ready"):
                yield report["ready"]
                return
            if report.get("error"):
                break
        raise BenchmarkError("llama.cpp did not start.")
    finally:
        stop(process)


def _senses(turn: int, screen_text: bool) -> list[str]:
    """What vision reports before a turn: another window each time."""
    context: dict[str, object] = {
        "app": "Desk",
        "title": _TITLES[turn % len(_TITLES)],
        "task": f"step {turn} of the day",
    }
    context |= {"category": "office", "typing_per_minute": 40 + turn}
    if screen_text:
        context["text"] = f"On the screen there is line {turn} of a letter. " * 6
    return [f"[VISION_FACE]{('present', 'focused')[turn % 2]}", f"[VISION_DESKTOP]{json.dumps(context)}"]


def measure(turns: int, screen_text: bool) -> list[Reading]:
    """Hold a conversation of so many turns; the prompt of each.

    Raises:
        BenchmarkError: llama.cpp does not run here.
    """
    if find_spec("xllamacpp") is None or find_spec("gguf") is None:
        raise BenchmarkError("llama.cpp is not installed.")
    with tempfile.TemporaryDirectory(prefix="alisa-bench-", ignore_cleanup_errors=True) as folder:
        model = Path(folder) / "tiny.gguf"
        importlib.import_module("tests.tiny_gguf").make_tiny_gguf(model, context=_CONTEXT_TOKENS)
        with _llama(model) as port, _Relay(port) as relay:
            thread = threading.Thread(target=relay.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            try:
                return _converse(relay, turns, screen_text)
            finally:
                relay.shutdown()
                thread.join()


def _converse(relay: _Relay, turns: int, screen_text: bool) -> list[Reading]:
    url = f"http://127.0.0.1:{relay.server_address[1]}/v1"
    settings = {"LLM_API_KEY": "bench", "LLM_REPLY_TOKENS": "96", "LLM_CONTEXT_TOKENS": str(_CONTEXT_TOKENS)}
    readings: list[Reading] = []
    seen = 0
    with hub(url, **settings) as (service, _):
        client = Client(service)
        for turn in range(turns):
            for sense in _senses(turn, screen_text):
                client.send(sense)
            client.send(json.dumps({"message": _SAYINGS[turn % len(_SAYINGS)]}))
            if not collect([client]):
                raise BenchmarkError("A turn with llama.cpp did not end.")
            client.take()
            time.sleep(0.05)  # the last bytes of the relay
            readings.append(_read(relay.answers[seen:]))
            seen = len(relay.answers)
        client.close()
    return readings

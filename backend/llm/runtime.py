"""The process in which llama.cpp runs: `python -m backend.llm.runtime`, started by the embedded engine.

It reads one line of options from stdin, loads the model, serves llama.cpp's HTTP API on a free port of
127.0.0.1, and ends when stdin closes: so it never outlives the hub, however the hub ends. On stdout it says
`{"loading": ...}`, then `{"ready": port}` or `{"error": code, "message": ...}`.
"""

import contextlib
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import msgspec

from backend.llm.gguf import Facts, ModelFileError, read_facts
from backend.shared import desktop
from backend.shared.errors import AlisaError

BATCH_TOKENS = 256
"""An answer can be cancelled between two batches of its prompt: 2048 would mean seconds of deafness."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the engine tells the process, as one JSON line."""

    model: str
    """Absolute path of the GGUF file."""
    api_key: str
    context_tokens: int
    threads: int


class Report(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the process tells the engine, as JSON lines: `loading`, then `ready` or `error` with `message`."""

    loading: str = ""
    ready: int = 0
    error: str = ""
    message: str = ""


def default_threads() -> int:
    """One less than the processor has cores: llama.cpp's threads spin, and a full house slows all of them."""
    return max(1, desktop.physical_cores() - 1)


def _cache_mib() -> int:
    """Memory for the prompts of earlier conversations: a sixteenth of the machine's, at most 1 GiB."""
    total, _available = desktop.memory_bytes()
    return min(1024, total // 16 // 2**20) if total else 256


def _build_parameters(options: Options, facts: Facts) -> Any:
    from xllamacpp import CommonParams

    parameters = CommonParams()
    parameters.model.path = options.model
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    # Any web page can send requests to a local port; without the key they are all refused.
    parameters.api_keys = [options.api_key]
    parameters.ui = False
    parameters.n_ctx = min(options.context_tokens, facts.context_tokens or options.context_tokens)
    parameters.n_parallel = 1
    parameters.n_batch = parameters.n_ubatch = BATCH_TOKENS
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = options.threads
    parameters.cache_ram_mib = _cache_mib()
    # A companion answers at once: models that can think first are asked not to.
    parameters.default_template_kwargs = {"enable_thinking": "false"}
    return parameters


def _start_server(options: Options) -> tuple[Any, int]:
    """Load the model and open the port.

    Returns:
        The server, which ends when it is dropped, and its port.
    """
    facts = read_facts(Path(options.model))
    from xllamacpp import Server

    name = Path(options.model).name
    try:
        server = Server(_build_parameters(options, facts))
    except (RuntimeError, ValueError, MemoryError) as error:
        message = (
            f"llama.cpp cannot load {name}: it may be too new for this version ({facts.architecture}), "
            "damaged, or too large for the memory of this machine. Try another model or a smaller "
            "llm.context_tokens."
        )
        raise ModelFileError("model-not-loaded", message) from error
    port = urlsplit(str(server.listening_address)).port
    if not port:
        raise AlisaError("runtime-no-port", "llama.cpp has opened no port on this machine.")
    return server, port


def _end_with_stdin(stdin: BinaryIO) -> None:
    """Wait until the hub closes our stdin or is gone; then end at once, whatever llama.cpp is doing."""
    with contextlib.suppress(OSError):
        while stdin.read(4096):
            pass
    os._exit(0)


def _take_stdout() -> BinaryIO:
    """Keep stdout for the reports alone: what libraries print goes where their log goes, to stderr."""
    reports = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    return reports


def main() -> int:
    """Serve until stdin closes; returns the exit code when there is nothing to serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the hub too, and it ends us in good order
    reports = _take_stdout()

    def report(**values: Any) -> None:
        with contextlib.suppress(BrokenPipeError):  # the hub is gone; the end of stdin is about to end us
            reports.write(msgspec.json.encode(Report(**values)) + b"\n")

    stdin = sys.stdin.buffer
    try:
        options = msgspec.json.decode(stdin.readline(), type=Options)
    except msgspec.MsgspecError as error:
        report(error="runtime-bad-options", message=f"The options of the runtime are wrong: {error}.")
        return 2
    ending = threading.Thread(target=_end_with_stdin, args=(stdin,), daemon=True)
    ending.start()
    report(loading=Path(options.model).name)
    try:
        server, port = _start_server(options)
    except AlisaError as error:
        report(error=error.code, message=error.message)
        return 1
    except ImportError:
        message = "llama.cpp is not installed or does not run here: see backend/requirements-embedded.txt."
        report(error="runtime-missing", message=message)
        return 1
    report(ready=port)
    ending.join()
    del server
    return 0


if __name__ == "__main__":
    exit_code = main()
    # Leave without Python's own shutdown, which would wait for the daemon thread's lock on stdin.
    sys.stderr.flush()
    os._exit(exit_code)

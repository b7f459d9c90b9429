"""Processes the launcher starts, and the promise that none of them outlives it."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType
from typing import Any

from launcher.terminal import Terminal

STOP_SECONDS = 5.0
TAIL_LINES = 200
POLL_SECONDS = 0.2
# Prints of a token, a key or a password have no place on a screen that people share.
SECRET = re.compile(r"(?i)((?:bearer|token|api[_-]?key|password)[\"'\s:=]+)\S+|\b[\w-]{32,}\b")
PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Stopped(KeyboardInterrupt):
    """A signal asked the launcher to end."""

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.number = number


class Signals:
    """Turns the signals that end a program into `Stopped`, except where something must not be cut short."""

    def __init__(self) -> None:
        self._holds = 0
        self._caught = 0

    def install(self) -> None:
        """Take over Ctrl+C, `kill`, and a terminal that is closed."""
        for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
            number = getattr(signal, name, None)
            # A program started with nohup wants to outlive its terminal.
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._on_signal)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Let a signal wait until the block is done."""
        self._holds += 1
        try:
            yield
        finally:
            self._holds -= 1
        if self._caught and not self._holds:
            raise Stopped(self._caught)

    def ignore(self) -> None:
        """From now on only clean up."""
        self._holds += 1

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._caught = number
        if not self._holds:
            raise Stopped(number)


class Child:
    """One process in the background, and the last lines it said."""

    def __init__(self, title: str, process: "subprocess.Popen[bytes]") -> None:
        self.title = title
        self.process = process
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)
        self.is_echoed = False
        "Whether what it says is shown as it comes."
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def last_words(self, lines: int = 5) -> str:
        """The last lines it said, without secrets."""
        self._reader.join(timeout=1)
        said = [line for line in self.tail if line.strip()][-lines:]
        return "\n".join(SECRET.sub(lambda found: f"{found.group(1) or ''}***", line) for line in said)

    def _read(self) -> None:
        stream = self.process.stdout
        if stream is None:
            return
        for raw in stream:
            line = raw.decode("utf-8", "replace").rstrip()
            self.tail.append(line)
            if self.is_echoed:
                with contextlib.suppress(OSError, ValueError):
                    sys.stderr.write(f"{line}\n")
                    sys.stderr.flush()


class Children:
    """Everything this launcher started; `stop` ends it, and nothing else."""

    def __init__(self, signals: Signals, terminal: Terminal, variables: Mapping[str, str]) -> None:
        self._signals = signals
        self._terminal = terminal
        self._variables = dict(variables)
        self._foreground: list[subprocess.Popen[bytes]] = []
        self.background: list[Child] = []

    def start(self, title: str, words: Sequence[str]) -> Child:
        """Start a process in the background, out of reach of the keyboard's Ctrl+C."""
        with self._signals.held():
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=self._variables,
                **own_group(),
                **bound_to_parent(),
            )
            bind_to_job(process)
            child = Child(title, process)
            self.background.append(child)
        return child

    def run(self, words: Sequence[str], stdin: int | None = None, seconds: float | None = None) -> int:
        """Run a process in the foreground, with our keyboard and screen; returns its exit code.

        Raises:
            subprocess.TimeoutExpired: It ran longer than `seconds`.
        """
        with self._signals.held():
            process = subprocess.Popen(words, stdin=stdin, env=self._variables, **bound_to_parent())
            bind_to_job(process)
            self._foreground.append(process)
        end = None if seconds is None else time.monotonic() + seconds
        while (code := wait_a_little(process)) is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired(list(words), seconds or 0)
        return code

    def stop(self) -> None:
        """End what was started: first the clients, then the hub, which was started first."""
        self._signals.ignore()
        clients = [child.process for child in self.background[1:]]
        _end(self._foreground + clients)
        _end([child.process for child in self.background[:1]])
        for child in self.background:
            _sweep(child.process)


def wait_a_little(process: "subprocess.Popen[bytes]") -> int | None:
    """Wait for a moment in which a signal can come through (on Windows a long wait would swallow it)."""
    try:
        return process.wait(timeout=POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return None


def _end(processes: Sequence["subprocess.Popen[bytes]"]) -> None:
    running = [process for process in processes if process.poll() is None]
    for process in running:
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                process.send_signal(signal.CTRL_BREAK_EVENT)
            else:
                process.terminate()
    end = time.monotonic() + STOP_SECONDS
    for process in running:
        try:
            process.wait(timeout=max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=STOP_SECONDS)


def _sweep(process: "subprocess.Popen[bytes]") -> None:
    """End what a process of ours left behind in its own group."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)


def own_group() -> dict[str, Any]:
    """How to start a process that the keyboard's Ctrl+C does not reach."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    else:  # noqa: RET505 - so that the type checker sees each system's branch
        return {"start_new_session": True}


def bound_to_parent() -> dict[str, Any]:
    """How to start a process that ends when the launcher is killed; macOS has no means for that."""
    if sys.platform == "linux":
        import ctypes

        # Loaded before the fork: after it, only what is already there may be called.
        prctl: Callable[[int, int], int] = ctypes.CDLL(None).prctl

        def bind() -> None:
            prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

        return {"preexec_fn": bind}
    else:  # noqa: RET505 - so that the type checker sees each system's branch
        return {}


def bind_to_job(process: "subprocess.Popen[bytes]") -> None:
    """On Windows: put the process into a job that ends with the launcher."""
    if sys.platform == "win32":
        from launcher import windows_job

        windows_job.add(process.pid)

"""The processes a benchmark starts: the hub, its rivals, and what they cost."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from backend.shared.runfile import read_run_file

ROOT = Path(__file__).parents[2]
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_SAMPLE_SECONDS = 0.02


class BenchmarkError(Exception):
    """Raised when something could not be started or measured."""


class Service(NamedTuple):
    """A process that listens on a port of this machine."""

    pid: int
    port: int
    token: str = ""


def _environment(more: dict[str, str]) -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("ALISA_")}
    path = os.pathsep.join((str(ROOT), str(ROOT / "scripts")))
    return {**kept, "PYTHONPATH": path, "PYTHONUTF8": "1", **more}


def spawn(
    module: str, *arguments: str, variables: dict[str, str] | None = None, is_quiet: bool = False
) -> subprocess.Popen[str]:
    """Run a module of the project, its stdin and stdout in our hands; quiet: its stderr thrown away."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=_environment(variables or {}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if is_quiet else None,
        text=True,
        encoding="utf-8",
    )


def quit_process(process: subprocess.Popen[Any]) -> None:
    """End a process that we started, however long that takes."""
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def stop(process: subprocess.Popen[str]) -> None:
    """End a process that was spawned, and close its pipes."""
    quit_process(process)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


@contextmanager
def service(module: str, *arguments: str) -> Iterator[Service]:
    """A program of this folder that says its port on the first line of stdout."""
    process = spawn(module, *arguments)
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line.strip().isdigit():
            raise BenchmarkError(f"{module} did not start.")
        yield Service(process.pid, int(line))
    finally:
        stop(process)


@contextmanager
def hub(llm_url: str, **settings: str) -> Iterator[tuple[Service, Path]]:
    """Alisa's hub with a home of its own; gives that folder too."""
    with tempfile.TemporaryDirectory(prefix="alisa-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        chosen = {"LLM_URL": llm_url, "LLM_DISCOVER": "false", "HUB_PORT": "0", "COMPANION_IDLE": "false"}
        variables = {f"ALISA_{name}": text for name, text in (chosen | settings).items()}
        variables["ALISA_HOME"] = folder
        process = spawn("backend", variables=variables)
        try:
            yield _wait_for(process, home), home
        finally:
            stop(process)


def _wait_for(process: subprocess.Popen[str], home: Path) -> Service:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        run = read_run_file(home)
        if run is not None and run.pid == process.pid:
            return Service(run.pid, run.port, run.token)
        time.sleep(0.02)
    raise BenchmarkError("The hub did not start.")


def memory_mb(pid: int) -> float | None:
    """Resident memory of a process; None where this system does not tell it without more software."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024
    except (OSError, StopIteration):
        pass
    try:
        done = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False, timeout=5
        )
        return int(done.stdout) / 1024
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def cpu_seconds(pid: int) -> float | None:
    """Processor time of all threads of a process so far; None where this system does not tell it."""
    try:
        threads = list(Path(f"/proc/{pid}/task").glob("*/schedstat"))
        return sum(int(path.read_text(encoding="ascii").split()[0]) for path in threads) / 1e9
    except (OSError, ValueError, IndexError):
        return None


class PeakMemory:
    """Watches the memory of a process while the block runs.

    Attributes:
        peak_mb: The most that was seen; 0 where it cannot be told.
    """

    def __init__(self, pid: int) -> None:
        self.peak_mb = 0.0
        self._pid = pid
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self.peak_mb = max(self.peak_mb, memory_mb(self._pid) or 0.0)
            if self._end.wait(_SAMPLE_SECONDS):
                return

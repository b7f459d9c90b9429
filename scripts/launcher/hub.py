"""The running hub of this user: finding it, making sure that it is really ours, waiting for a new one."""

import hashlib
import hmac
import http.client
import itertools
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from launcher.processes import Child
from launcher.terminal import LaunchError

IS_WINDOWS = sys.platform == "win32"
READY_SECONDS = 30.0
STOP_SECONDS = 10.0
ASK_SECONDS = 3.0
LOOK_SECONDS = 0.05
MAX_ANSWER_BYTES = 65536
# What `python -m backend` ends with.
BAD_SETTINGS, PORT_TAKEN, RUNS_ALREADY = 2, 3, 4
# The words of the proof (backend/shared/client.py); repeated because nothing may be installed yet.
NONCE_HEADER, PROOF_HEADER = "X-Alisa-Nonce", "X-Alisa-Proof"


@dataclass(frozen=True)
class Running:
    """A hub that announced itself in `run/hub.json`."""

    pid: int
    port: int
    token: str
    host: str

    def ask(self, path: str, headers: dict[str, str]) -> tuple[http.client.HTTPMessage, bytes] | None:
        """One GET request; None when nobody answers properly."""
        host = "127.0.0.1" if self.host in {"", "0.0.0.0", "::", "localhost"} else self.host  # noqa: S104
        shown = f"[{host}]" if ":" in host else host
        connection = http.client.HTTPConnection(host, self.port, timeout=ASK_SECONDS)
        try:
            connection.request("GET", path, headers={"Host": f"{shown}:{self.port}", **headers})
            answer = connection.getresponse()
            return answer.headers, answer.read(MAX_ANSWER_BYTES)
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()

    def is_ours(self) -> bool:
        """Whether our hub really is there: its process is a hub, and it proves to know the token.

        A program that merely took over the port or the process id is told neither the token nor anything
        of the user's; one whose process is not a hub is told nothing at all.
        """
        if not process_is_hub(self.pid):
            return False
        nonce = secrets.token_hex(16)
        # Not the token: an answer to a stranger carries the proof, so ask as one.
        answer = self.ask("/", {"Authorization": "Bearer -", NONCE_HEADER: nonce})
        proof = answer[0].get(PROOF_HEADER, "") if answer else ""
        expected = hmac.new(self.token.encode(), nonce.encode(), hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected.encode(), proof.encode())

    def health(self) -> dict[str, object]:
        """What the hub says of itself to its own user; call it after `is_ours` only."""
        answer = self.ask("/", {"Authorization": f"Bearer {self.token}"})
        try:
            said = json.loads(answer[1]) if answer else {}
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}


def announced(home: Path) -> Running | None:
    """The hub in the run file; it may be dead by now."""
    try:
        read = json.loads((home / "run" / "hub.json").read_bytes())
        running = Running(int(read["pid"]), int(read["port"]), str(read["token"]), str(read.get("host", "")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return running if running.pid > 0 and 0 < running.port < 65536 and running.token.isascii() else None


def find(home: Path) -> Running | None:
    """The running hub of this home, proved to be ours."""
    running = announced(home)
    return running if running is not None and running.is_ours() else None


def process_is_hub(pid: int) -> bool:
    """Whether the process with this id is a hub, as far as this system tells."""
    words = command_words(pid)
    named = bool(words) and words[0].lower().startswith(("python", "py.exe"))
    return named if IS_WINDOWS else ("-m", "backend") in itertools.pairwise(words)


def command_words(pid: int) -> list[str]:
    """The command line of a process (on Windows its program alone); empty when there is no such process."""
    place = Path(f"/proc/{pid}/cmdline")
    if place.parent.parent.joinpath("self").exists():
        try:
            return place.read_text(encoding="utf-8", errors="replace").split("\0")
        except OSError:
            return []
    words = ["ps", "-o", "command=", "-p", str(pid)]
    if IS_WINDOWS:
        words = ["tasklist", "/FI", f"PID eq {pid}", "/FO", "CSV", "/NH"]
    try:
        said = subprocess.run(
            words, capture_output=True, text=True, errors="replace", timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return said.stdout.split() if not IS_WINDOWS else said.stdout.split('"')[1:2]


def wait_until_ready(home: Path, child: Child, port: int) -> tuple[Running, bool]:
    """Wait for the hub that was just started.

    Returns:
        The running hub, and whether it is the one just started; another start may have been quicker.

    Raises:
        LaunchError: Why it did not start.
    """
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end:
        code = child.process.poll()
        if code is not None and code != RUNS_ALREADY:
            raise why_not(child, code, port)
        running = find(home)
        if running is not None and code == RUNS_ALREADY:
            return running, False
        # On Windows the process id is that of a child: there `.venv` holds a program that starts Python.
        if running is not None and (IS_WINDOWS or running.pid == child.process.pid):
            return running, True
        time.sleep(LOOK_SECONDS)
    if child.process.poll() == RUNS_ALREADY:
        raise LaunchError(
            "Another hub of this home folder runs but does not answer. Stop it, then start again."
        )
    raise LaunchError(
        f"The hub was not ready within {READY_SECONDS:.0f} seconds.\n{child.last_words()}".rstrip()
    )


def why_not(child: Child, code: int, port: int) -> LaunchError:
    """The reason for which the hub ended at once."""
    said = child.last_words(1).removeprefix("alisa: ")
    if code == PORT_TAKEN:
        advice = f"set ALISA_HUB_PORT={port + 1}, or hub.port in alisa.toml"
        return LaunchError(
            said or f"Port {port} is taken by another program. Choose another: {advice}.", code
        )
    if code == BAD_SETTINGS:
        return LaunchError(said or "The settings in alisa.toml cannot be used.", code)
    return LaunchError(f"The hub ended at once (exit code {code}).\n{child.last_words()}".rstrip())


def stop(home: Path) -> bool:
    """Stop the running hub of this home; False when none runs.

    Raises:
        LaunchError: It does not stop.
    """
    running = find(home)
    if running is None:
        return False
    try:
        os.kill(running.pid, signal.SIGTERM)
    except OSError as error:
        raise LaunchError(f"The hub (process {running.pid}) cannot be stopped: {error.strerror}.") from error
    end = time.monotonic() + STOP_SECONDS
    while process_is_hub(running.pid):
        if time.monotonic() > end:
            raise LaunchError(
                f"The hub (process {running.pid}) does not stop. End it with: kill -9 {running.pid}"
            )
        time.sleep(LOOK_SECONDS)
    return True

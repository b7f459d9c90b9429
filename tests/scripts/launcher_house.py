"""A copy of the repository in a folder with a difficult name, and an environment that is ready at once."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from launcher.environment import Environment
from launcher.terminal import Terminal

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("scripts", "backend", "overlay", "voice", "vision", "assets")
INSTALLED = ("backend/requirements.txt", "voice/requirements.txt", "backend/requirements-embedded.txt")


class House:
    """One copy, its own home folder and a free port; every process it starts is its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.root = folder / "Älisa's house"
        self.home = folder / "home of Älisa"
        self.port = port
        self.python = Environment(self.root, Terminal(quiet=True)).python

    def variables(self, **more: str) -> dict[str, str]:
        # Without a screen: tests of the launcher show nobody's face on the developer's desktop.
        hidden = ("ALISA_", "DISPLAY", "WAYLAND_DISPLAY")
        kept = {name: text for name, text in os.environ.items() if not name.upper().startswith(hidden)}
        ours = {"ALISA_HOME": str(self.home), "ALISA_HUB_PORT": str(self.port), "ALISA_LLM_DISCOVER": "false"}
        return {**kept, **ours, "NO_COLOR": "1", **more}

    def run(self, *words: str, seconds: float = 60, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run the launcher to its end."""
        return subprocess.run(
            [sys.executable, self.root / "scripts" / "alisa.py", *words],
            capture_output=True,
            text=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            env=self.variables(**more),
            timeout=seconds,
            check=False,
        )

    def launch(self, *words: str, **more: str) -> "subprocess.Popen[str]":
        """Start the launcher and go on."""
        return subprocess.Popen(
            [sys.executable, self.root / "scripts" / "alisa.py", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            env=self.variables(**more),
        )

    def replace(self, path: str, text: str) -> None:
        """Put a small program in the place of one of the house's own."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def processes(self) -> list[int]:
        """Processes that run this house's Python."""
        return [pid for pid, command in running_commands() if str(self.python) in command]


def running_commands() -> Iterator[tuple[int, str]]:
    """All processes of this machine with their command lines."""
    if Path("/proc/self").exists():
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    yield int(entry.name), (entry / "cmdline").read_text(encoding="utf-8", errors="replace")
        return
    listed = subprocess.run(
        ["ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True, check=True
    )
    for line in listed.stdout.splitlines():
        pid, command = line.split(maxsplit=1)
        yield int(pid), command


def copy_rooms(house: House) -> None:
    """Copy what the product is made of."""
    house.root.mkdir(parents=True)
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    for room in ROOMS:
        shutil.copytree(ROOT / room, house.root / room, ignore=ignored)
    shutil.copy(ROOT / "requirements.txt", house.root)


def borrow_environment(house: House) -> None:
    """Make `.venv` see the packages of the Python that runs the tests, and count as installed."""
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", house.root / ".venv"], check=True, timeout=60
    )
    inside = sysconfig.get_path("purelib", vars={"base": str(house.root / ".venv")})
    Path(inside, "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    Environment(house.root, Terminal(quiet=True)).record(INSTALLED)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def wait_for(condition: Callable[[], object], seconds: float = 20) -> None:
    """Wait until something holds.

    Raises:
        AssertionError: It does not in time.
    """
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)

"""The virtual environment `.venv` of this folder: made, filled, checked and repaired."""

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

from launcher import system
from launcher.processes import bound_to_parent
from launcher.system import SystemPackage
from launcher.terminal import LaunchError, Terminal

VENV_SECONDS = 300
PIP_SECONDS = 3600
LOCK_SECONDS = 3600
STAMP, UNFINISHED = "alisa-installed.json", "alisa-unfinished"
ENSUREPIP = SystemPackage("Python's venv", {"apt-get": f"python3.{sys.version_info[1]}-venv"})


class Stamp(TypedDict):
    """What is in an environment: the folder it was made for, and a fingerprint for each requirements file."""

    folder: str
    installed: dict[str, str]
    failed: dict[str, str]
    "The same for each file that could not be installed."
    reasons: dict[str, str]
    "Why each of those could not."


class Environment:
    """`.venv` under a root folder, and what was installed into it."""

    def __init__(self, root: Path, terminal: Terminal) -> None:
        self.root = root
        self.folder = root / ".venv"
        self._terminal = terminal

    @property
    def python(self) -> Path:
        """Its interpreter, whether it is there or not."""
        inside = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")
        return self.folder.joinpath(*inside)

    def variables(self) -> dict[str, str]:
        """Environment variables for programs of Alisa, which may be started from any folder."""
        kept = {
            name: text for name, text in os.environ.items() if name not in {"PYTHONHOME", "PYTHONSTARTUP"}
        }
        if kept.get("ALISA_HOME"):
            kept["ALISA_HOME"] = str(Path(kept["ALISA_HOME"]).expanduser().absolute())
        # Safe path: a folder called `backend` where the user happens to be is not ours.
        ours = {
            "PYTHONPATH": str(self.root),
            "PYTHONSAFEPATH": "1",
            "PYTHONUTF8": "1",
            "PYTHONNOUSERSITE": "1",
        }
        return {**kept, **ours}

    def version(self) -> str:
        """Version of the interpreter in `.venv`; empty when it does not run or is too old."""
        code = "import sys; print('%d.%d' % sys.version_info[:2] if sys.version_info >= (3, 11) else '')"
        try:
            done = subprocess.run(
                [self.python, "-I", "-S", "-c", code],
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                timeout=30,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout.strip() if done.returncode == 0 else ""

    def is_ready(self, files: Sequence[str]) -> bool:
        """Whether the environment works and holds what these requirements files ask for today."""
        stamp = self._stamp()
        if stamp["folder"] != str(self.folder) or (self.folder / UNFINISHED).exists():
            return False
        version = self.version()
        return bool(version) and all(self._holds(stamp, file, version) for file in files)

    def failed(self, file: str) -> bool:
        """Whether this very requirements file could not be installed the last time."""
        return self._stamp()["failed"].get(file) == self._fingerprint(file, self.version())

    def ensure(
        self, required: Sequence[str], optional: Sequence[str] = (), yes: bool = False
    ) -> dict[str, str]:
        """Make and fill the environment where needed.

        Returns:
            The optional files that could not be installed, now or the last time, each with the reason.

        Raises:
            LaunchError: What is required cannot be installed; says why and what to do.
        """
        wanted = [file for file in optional if not self.failed(file)]
        if not self.is_ready([*required, *wanted]):
            with self._lock():
                self._install(required, wanted, yes)
        reasons = self._stamp()["reasons"]
        return {file: reasons.get(file, "") for file in optional if self.failed(file)}

    def forget_failures(self) -> None:
        """Let the next `ensure` try again what could not be installed."""
        stamp = self._stamp()
        if stamp["failed"]:
            self._write_stamp({**stamp, "failed": {}})

    def record(self, files: Sequence[str]) -> None:
        """Write down that these files are installed, and with them those they take in."""
        stamp, version = self._stamp(), self.version()
        paths = [path for file in files for path in included(self.root / file)]
        for file in (os.path.relpath(path, self.root).replace(os.sep, "/") for path in paths):
            stamp["installed"][file] = self._fingerprint(file, version)
            stamp["failed"].pop(file, None)
        self._write_stamp(stamp)

    def _record_failure(self, file: str, reason: str) -> None:
        stamp = self._stamp()
        stamp["failed"][file] = self._fingerprint(file, self.version())
        stamp["reasons"][file] = reason
        self._write_stamp(stamp)

    def _install(self, required: Sequence[str], optional: Sequence[str], yes: bool) -> None:
        if self._is_broken():
            self._terminal.say("The environment .venv is incomplete or was moved: making it anew.")
            self._remove()
        if not self.folder.exists():
            self._make(yes)
        version, stamp = self.version(), self._stamp()
        todo = [file for file in required if not self._holds(stamp, file, version)]
        if todo:
            self._terminal.say("Installing what Alisa needs. This happens once.")
            problem = self._pip(todo)
            if problem:
                raise LaunchError(f"Alisa's packages could not be installed. {problem}")
            self.record(todo)
        for file in optional:
            if self._holds(self._stamp(), file, version):
                continue
            self._terminal.say(f"Installing {file} (optional).")
            problem = self._pip([file])
            if problem:
                self._record_failure(file, problem)
            else:
                self.record([file])

    def _is_broken(self) -> bool:
        if not self.folder.exists() and not self.folder.is_symlink():
            return False
        stamp = self._stamp()
        moved = stamp["folder"] not in {"", str(self.folder)}
        return bool(moved or (self.folder / UNFINISHED).exists() or not self.version())

    def _remove(self) -> None:
        try:
            if self.folder.is_symlink() or self.folder.is_file():
                self.folder.unlink()
            else:
                shutil.rmtree(self.folder)
        except OSError as error:
            text = f"The folder .venv cannot be replaced ({error.strerror}). Remove it, then start again."
            raise LaunchError(text) from error

    def _make(self, yes: bool) -> None:
        if os.pathsep in str(self.root):
            raise LaunchError(f'Python cannot work in a folder with "{os.pathsep}" in its name. Move Alisa.')
        if find_spec("ensurepip") is None and not system.install([ENSUREPIP], self._terminal, yes):
            raise LaunchError(f"This Python cannot make environments. Install {system.hint([ENSUREPIP])}")
        self._terminal.say("Making the environment .venv")
        try:
            done = subprocess.run(
                [sys.executable, "-m", "venv", str(self.folder)],
                capture_output=True,
                text=True,
                errors="replace",
                stdin=subprocess.DEVNULL,
                timeout=VENV_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            self._remove()
            raise LaunchError("Making .venv took too long. Is the disk very slow or full?") from error
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        if done.returncode != 0:
            shutil.rmtree(self.folder, ignore_errors=True)
            last = ([line for line in (done.stdout + done.stderr).splitlines() if line.strip()] or [""])[-1]
            raise LaunchError(f"The environment .venv cannot be made: {last.strip()[:300]}")

    def _pip(self, files: Sequence[str]) -> str:
        """Run pip; returns what went wrong, in one line, or nothing."""
        words = [str(self.python), "-m", "pip", "install", "--no-input", "--progress-bar", "off"]
        words += ["--disable-pip-version-check"]
        for file in files:
            words += ["-r", str(self.root / file)]
        unfinished = self.folder / UNFINISHED
        unfinished.touch()
        tail: deque[str] = deque(maxlen=60)
        variables = {**self.variables(), "PIP_USER": "0", "PYTHONUNBUFFERED": "1"}
        with subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=variables,
            text=True,
            encoding="utf-8",
            errors="replace",
            **bound_to_parent(),
        ) as process:
            try:
                for line in process.stdout or ():
                    tail.append(line.rstrip())
                    step = pip_step(line)
                    if step:
                        self._terminal.passing(step)
                code = process.wait(timeout=PIP_SECONDS)
            finally:
                process.kill()
        # Only now: an install that was cut off leaves the mark, and the next start begins anew.
        unfinished.unlink(missing_ok=True)
        return "" if code == 0 else pip_problem(tail)

    def _fingerprint(self, file: str, version: str) -> str:
        digest = hashlib.sha256(version.encode())
        for path in included(self.root / file):
            digest.update(path.read_bytes() if path.is_file() else b"missing")
        return digest.hexdigest()

    def _holds(self, stamp: Stamp, file: str, version: str) -> bool:
        return stamp["installed"].get(file) == self._fingerprint(file, version)

    def _stamp(self) -> Stamp:
        try:
            read = json.loads((self.folder / STAMP).read_text(encoding="utf-8"))
            installed, failed, reasons = ({**read[name]} for name in ("installed", "failed", "reasons"))
            return Stamp(folder=str(read["folder"]), installed=installed, failed=failed, reasons=reasons)
        except (OSError, ValueError, KeyError, TypeError):
            return Stamp(folder="", installed={}, failed={}, reasons={})

    def _write_stamp(self, stamp: Stamp) -> None:
        new = self.folder / f"{STAMP}.new"
        new.write_text(json.dumps({**stamp, "folder": str(self.folder)}, indent=1), encoding="utf-8")
        new.replace(self.folder / STAMP)

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        """Only one start at a time may install; the others wait for it."""
        place = self.root / ".cache" / "install.lock"
        place.parent.mkdir(exist_ok=True)
        end = time.monotonic() + LOCK_SECONDS
        with place.open("a+b") as file:
            told = False
            while not _try_lock(file.fileno()):
                if not told:
                    self._terminal.say("Another start is installing: waiting for it.")
                    told = True
                if time.monotonic() > end:
                    raise LaunchError(
                        "Another start has been installing for an hour. Stop it, then start again."
                    )
                time.sleep(0.2)
            yield


def _try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def included(path: Path) -> list[Path]:
    """A requirements file and all those it takes in with `-r`, each once."""
    found: list[Path] = []
    waiting = [path]
    while waiting:
        file = Path(os.path.normpath(waiting.pop(0)))
        if file in found:
            continue
        found.append(file)
        if file.is_file():
            names = re.findall(r"^\s*-r\s+(\S.*?)\s*$", file.read_text(encoding="utf-8"), re.MULTILINE)
            waiting += [file.parent / name for name in names]
    return found


def pip_step(line: str) -> str:
    """What a line of pip's output means to the user; empty when nothing."""
    if match := re.match(r"\s*Collecting ([\w.-]+)", line):
        return match.group(1)
    if match := re.match(r"\s*Processing .*?/([^/]+?)-\d[^/]*\.whl", line):
        return match.group(1)
    if match := re.match(r"\s*Downloading (?:\S*/)?([^\s/]+?)-\d\S* (\(.+ [MG]B\))", line):
        return f"downloading {match.group(1)} {match.group(2)}"
    if match := re.match(r"\s*Installing collected packages: (.*)", line):
        return f"unpacking {len(match.group(1).split(','))} packages"
    return ""


def pip_problem(lines: Sequence[str] | deque[str]) -> str:
    """The reason in pip's last lines, in one line, with what to do about it."""
    text = "\n".join(lines)
    if "No space left" in text:
        return "The disk is full: free some space, then start again."
    if re.search(r"NewConnectionError|Temporary failure in name|Max retries|ConnectTimeout|ProxyError", text):
        return "The package index cannot be reached: check the network, then start again."
    errors = [line.split("ERROR:", 1)[1].strip() for line in lines if "ERROR:" in line]
    reason = (
        errors[0]
        if errors
        else next((line for line in reversed(lines) if line.strip()), "pip gave no reason")
    )
    return f"{reason[:300]} (scripts/alisa.py install tries again)"

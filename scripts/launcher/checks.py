"""The tests and checks behind `scripts/test.sh`: one line for each, then pytest."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from launcher import parts, system
from launcher.environment import Environment
from launcher.terminal import GREEN, LaunchError, Terminal

REQUIREMENTS = "tests/requirements.txt"
CHECK_SECONDS = 900
# What has one branch for each operating system is type-checked for all of them.
FOR_EVERY_SYSTEM = ("backend/shared/desktop", "overlay/surfaces", "scripts")
# Tests of one file share what they start (a hub, a model), so a file stays on one worker. Most wait most
# of the time: one worker more than there are processors takes a third less.
WORKERS = min(4, (os.cpu_count() or 2) + 1)
SIDE_BY_SIDE = ("-n", str(WORKERS), "--dist", "loadfile")


def checks(root: Path, scripts: Path) -> dict[str, list[str]]:
    """The checks in order: what they are called and what follows the interpreter or is run."""
    everywhere = [place for place in FOR_EVERY_SYSTEM if (root / place).is_dir()]
    suffix = ".exe" if sys.platform == "win32" else ""
    return {
        "ruff format": [str(scripts / f"ruff{suffix}"), "format", "--check", "."],
        "ruff check": [str(scripts / f"ruff{suffix}"), "check", "."],
        "mypy": ["-m", "mypy"],
        "mypy for Windows": ["-m", "mypy", "--platform", "win32", *everywhere],
        "mypy for macOS": ["-m", "mypy", "--platform", "darwin", *everywhere],
        "import contracts": [str(scripts / f"lint-imports{suffix}")],
    }


def run(environment: Environment, terminal: Terminal, arguments: Sequence[str], yes: bool) -> int:
    """Install what the tests need and run them; arguments go to pytest, which then runs alone."""
    missing = [package for package in parts.TEST_PACKAGES if not package.is_installed()]
    if missing and not system.install(missing, terminal, yes):
        terminal.warn(f"The tests need {system.hint(missing)}")
    environment.ensure([REQUIREMENTS], yes=yes)
    python = str(environment.python)
    failed = []
    if not arguments:
        for name, words in checks(environment.root, environment.python.parent).items():
            if not _check(environment, terminal, name, [python, *words] if words[0] == "-m" else words):
                failed.append(name)
    tests = subprocess.run(
        [python, "-m", "pytest", *(arguments or SIDE_BY_SIDE)],
        cwd=environment.root,
        env=_variables(),
        check=False,
    ).returncode
    if tests != 0:
        failed.append("pytest")
    if failed:
        terminal.fail(f"Failed: {', '.join(failed)}.")
    else:
        terminal.say("All checks and tests passed." if not arguments else "The tests passed.", GREEN)
    return 1 if failed else 0


def _variables() -> dict[str, str]:
    """The tools look for modules as they do for any developer who calls them here."""
    ours = {"PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH"}
    return {**{name: text for name, text in os.environ.items() if name not in ours}, "PYTHONUTF8": "1"}


def _check(environment: Environment, terminal: Terminal, name: str, words: Sequence[str]) -> bool:
    start = time.monotonic()
    try:
        done = subprocess.run(
            words,
            cwd=environment.root,
            env=_variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=CHECK_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LaunchError(f"{name} did not run to its end. Remove .venv, then start again.") from error
    seconds = time.monotonic() - start
    if done.returncode == 0:
        terminal.say(f"{name:<18} ok      {seconds:5.1f} s", GREEN)
        return True
    terminal.fail(f"{name:<18} FAILED  {seconds:5.1f} s\n{done.stdout.rstrip()}")
    return False

"""System packages: which command installs one here, and running it where that is allowed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from launcher.terminal import LaunchError, Terminal, confirm, is_terminal

MANAGERS = {
    "apt-get": ("apt-get", "install", "-y"),
    "dnf": ("dnf", "install", "-y"),
    "pacman": ("pacman", "-S", "--noconfirm"),
    "zypper": ("zypper", "--non-interactive", "install"),
    "brew": ("brew", "install"),
    "winget": ("winget", "install", "--exact", "--id"),
}
FOR_THE_USER = {"brew", "winget"}
INSTALL_SECONDS = 1800


@dataclass(frozen=True)
class SystemPackage:
    """Something that only the system's own package manager can install."""

    title: str
    names: Mapping[str, str]
    "Its name for each package manager that has it."
    program: str = ""
    "A program that is on the PATH once it is installed; empty where an import tells."
    is_optional: bool = False
    "What needs it runs without it too, only not as well."

    def is_installed(self) -> bool:
        """Whether its program is there; True for one without a program, which an import has to tell."""
        return not self.program or shutil.which(self.program) is not None


def missing(packages: Sequence[SystemPackage], problem: str) -> list[SystemPackage]:
    """Those that are not installed, as far as their programs and the problem of an import tell."""
    return [one for one in packages if not one.is_installed() or (problem and not one.program)]


def manager() -> str:
    """The package manager of this machine; empty when it has none that is known."""
    order = list(MANAGERS)
    if sys.platform == "darwin":
        order = ["brew"]
    elif sys.platform == "win32":
        order = ["winget"]
    return next((name for name in order if shutil.which(name)), "")


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def _prefix(chosen: str) -> list[str]:
    return [] if _is_root() or chosen in FOR_THE_USER else ["sudo"]


def command(packages: Sequence[SystemPackage]) -> list[str]:
    """The command that installs packages here; empty where none of them has a name here."""
    chosen = manager()
    names = [package.names[chosen] for package in packages if chosen in package.names]
    return [*_prefix(chosen), *MANAGERS[chosen], *names] if names else []


def hint(packages: Sequence[SystemPackage]) -> str:
    """One line that says how to get the packages."""
    words = command(packages)
    titles = " and ".join(package.title for package in packages)
    return f"{titles}: {' '.join(words)}" if words else f"{titles}: install it with your system's means"


def may_install() -> bool:
    """Whether this user could install system packages here at all."""
    chosen = manager()
    return bool(chosen) and (_is_root() or chosen in FOR_THE_USER or shutil.which("sudo") is not None)


def install(packages: Sequence[SystemPackage], terminal: Terminal, yes: bool) -> bool:
    """Install what is named, after asking; True when it is installed now.

    Nothing is tried without root or sudo, without an answer, or where no package manager is known.
    """
    words = command(packages)
    if not words or not may_install() or not confirm(f"Install {hint(packages)}?", yes):
        return False
    if words[0] == "sudo" and not is_terminal(sys.stdin):
        words.insert(1, "-n")
    terminal.say(f"Installing {hint(packages)}")
    try:
        if "apt-get" in words:
            update = [*words[: words.index("apt-get")], "apt-get", "update"]
            subprocess.run(update, stdin=None, stdout=sys.stderr, timeout=INSTALL_SECONDS, check=False)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run(
            words, stdout=sys.stderr, env=environment, timeout=INSTALL_SECONDS, check=False
        ).returncode
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LaunchError(f"{' '.join(words)} did not finish. Run it yourself, then start again.") from error
    if done != 0:
        terminal.warn(f"That did not work. Run it yourself: {' '.join(words)}")
    return done == 0

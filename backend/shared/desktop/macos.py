"""macOS."""

import os
import subprocess
import sys

assert sys.platform == "darwin"

from backend.shared.desktop.posix import allow_many_files, bind_alone, lock, process_exists

__all__ = [
    "allow_many_files",
    "bind_alone",
    "listener_is_same_user",
    "lock",
    "memory_bytes",
    "peer_is_same_user",
    "physical_cores",
    "process_exists",
]

_LIMIT_SECONDS = 2.0


def _output(*command: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603  # fixed programs of the system
            command, capture_output=True, text=True, timeout=_LIMIT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout


def _own_sockets(port: int, state: str) -> list[str] | None:
    """Names of our user's TCP sockets at a port, as lsof writes them: `local->remote` or `local`."""
    listed = _output(
        "/usr/sbin/lsof", "-nP", "-a", "-u", str(os.getuid()), f"-iTCP:{port}", f"-sTCP:{state}", "-Fn"
    )
    if listed is None:
        return None
    return [line[1:] for line in listed.splitlines() if line.startswith("n")]


def peer_is_same_user(peer: tuple[str, int], own: tuple[str, int]) -> bool | None:
    """Ask lsof, which lists the sockets of our own user."""
    names = _own_sockets(peer[1], "ESTABLISHED")
    if names is None:
        return None
    return f"{peer[0]}:{peer[1]}->{own[0]}:{own[1]}" in names


def listener_is_same_user(own: tuple[str, int]) -> bool | None:
    """Ask lsof."""
    names = _own_sockets(own[1], "LISTEN")
    if names is None:
        return None
    return any(name in {f"{own[0]}:{own[1]}", f"*:{own[1]}"} for name in names)


def _sysctl(name: str) -> int:
    text = (_output("/usr/sbin/sysctl", "-n", name) or "").strip()
    return int(text) if text.isdigit() else 0


def memory_bytes() -> tuple[int, int]:
    """Total from sysctl; what is free, inactive or speculative counts as available."""
    available = 0
    for line in (_output("/usr/bin/vm_stat") or "").splitlines():
        name, _, pages = line.partition(":")
        if name in {"Pages free", "Pages inactive", "Pages speculative"}:
            available += int(pages.strip(" .") or 0) * _sysctl("hw.pagesize")
    return _sysctl("hw.memsize"), available


def physical_cores() -> int:
    """From sysctl."""
    return _sysctl("hw.physicalcpu")

"""The one door to the operating system: what differs between Linux, macOS and Windows, behind equal names.

Each system's file offers the same functions; this one picks the file and adds what is the same for all.
"""

import contextlib
import os
import secrets
import socket
import sys
from pathlib import Path
from typing import BinaryIO

if sys.platform == "win32":
    from backend.shared.desktop import windows as _system
elif sys.platform == "darwin":
    from backend.shared.desktop import macos as _system
else:
    from backend.shared.desktop import linux as _system

Address = tuple[str, int]

has_posix_signals = sys.platform != "win32"


def peer_is_same_user(peer: Address, own: Address) -> bool | None:
    """Whether the program at the other end of a loopback connection runs as the user we run as.

    Args:
        peer: The other end's address and port, as our socket sees it.
        own: Our end's address and port.

    Returns:
        None where this system cannot tell; such a program has to show the token.
    """
    return _system.peer_is_same_user(peer, own)


def listener_is_same_user(own: Address) -> bool | None:
    """Whether the program that listens at this loopback address runs as our user; None: cannot tell."""
    return _system.listener_is_same_user(own)


def memory_bytes() -> tuple[int, int]:
    """Memory of this machine: total and available, in bytes; zeros where it cannot be told."""
    return _system.memory_bytes()


def physical_cores() -> int:
    """Cores without hyper-threads, at least 1."""
    return max(1, _system.physical_cores())


def allow_many_files() -> None:
    """Raise the soft limit of open files to what the system allows, at most 4096."""
    _system.allow_many_files()


def bind_alone(listener: socket.socket) -> None:
    """Keep other programs from binding the address that this socket is about to take."""
    _system.bind_alone(listener)


def process_exists(pid: int) -> bool:
    """Whether there is a process with this id."""
    return _system.process_exists(pid)


def take_lock(path: Path) -> BinaryIO | None:
    """Lock a file for this process; None when another process holds it.

    The lock lasts until the returned file is closed or the process ends, however it ends.
    """
    make_private_folder(path.parent)
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    if not _system.lock(handle):
        os.close(handle)
        return None
    return os.fdopen(handle, "r+b")


def make_private_folder(path: Path) -> None:
    """Make a folder (and its parents) that only this user may enter."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only this user may read, in one step: readers see the old one or the new one."""
    make_private_folder(path.parent)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise

"""What Linux and macOS have in common."""

import sys

assert sys.platform != "win32"  # for the type checker, which then knows the modules below

import fcntl
import os
import resource
import socket


def allow_many_files() -> None:
    """See `backend.shared.desktop.allow_many_files`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4096 if hard == resource.RLIM_INFINITY else min(4096, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def bind_alone(listener: socket.socket) -> None:  # the other systems need it
    """Nothing to do: without SO_REUSEPORT a second bind to the same address is refused."""


def process_exists(pid: int) -> bool:
    """See `backend.shared.desktop.process_exists`."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def lock(handle: int) -> bool:
    """See `backend.shared.desktop.take_lock`."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

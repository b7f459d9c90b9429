"""Linux, and other systems with a /proc like it."""

import os
import re
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

assert sys.platform != "win32"
assert sys.platform != "darwin"

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

# States of a row in /proc/net/tcp (include/net/tcp_states.h). Only these still belong to an open file;
# rows of closed connections are shown with uid 0.
_ESTABLISHED = "01"
_LISTEN = "0A"


def _hexadecimal(address: tuple[str, int]) -> tuple[str, str]:
    """An IPv4 address and port as /proc/net/tcp and /proc/net/tcp6 write them (host byte order)."""
    (number,) = struct.unpack("=I", socket.inet_aton(address[0]))
    (mapped,) = struct.unpack("=I", b"\x00\x00\xff\xff")
    port = f"{address[1]:04X}"
    return f"{number:08X}:{port}", f"{'0' * 16}{mapped:08X}{number:08X}:{port}"


def _rows() -> Iterator[tuple[str, str, str, int]]:
    """Local address, remote address, state and uid of every TCP socket."""
    for name in ("tcp", "tcp6"):
        try:
            lines = Path("/proc/net", name).read_text(encoding="ascii").splitlines()
        except OSError:
            continue
        for line in lines[1:]:
            fields = line.split()
            yield fields[1], fields[2], fields[3], int(fields[7])


def peer_is_same_user(peer: tuple[str, int], own: tuple[str, int]) -> bool | None:
    """Look the other end's socket up in /proc/net/tcp, which names the uid that owns it."""
    try:
        locals_, remotes = _hexadecimal(peer), _hexadecimal(own)
    except OSError:
        return None
    for local, remote, state, uid in _rows():
        if local in locals_ and remote in remotes and state == _ESTABLISHED:
            return uid == os.getuid()
    return None


def listener_is_same_user(own: tuple[str, int]) -> bool | None:
    """Look the listening socket up in /proc/net/tcp."""
    try:
        wanted = {*_hexadecimal(own), *_hexadecimal(("0.0.0.0", own[1])), f"{'0' * 32}:{own[1]:04X}"}  # noqa: S104
    except OSError:
        return None
    owners = {uid for local, _, state, uid in _rows() if local in wanted and state == _LISTEN}
    return owners == {os.getuid()} if owners else None


def memory_bytes() -> tuple[int, int]:
    """From /proc/meminfo."""
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return 0, 0
    found = {key: int(value) * 1024 for key, value in re.findall(r"^(\w+):\s+(\d+) kB", text, re.MULTILINE)}
    return found.get("MemTotal", 0), found.get("MemAvailable", 0)


def physical_cores() -> int:
    """Distinct pairs of package and core among the processors we may run on."""
    allowed = os.sched_getaffinity(0)
    cores = set()
    for processor in allowed:
        folder = Path(f"/sys/devices/system/cpu/cpu{processor}/topology")
        try:
            core = folder.joinpath("core_id").read_text().strip()
            package = folder.joinpath("physical_package_id").read_text().strip()
        except OSError:
            return len(allowed)
        cores.add((package, core))
    return len(cores)

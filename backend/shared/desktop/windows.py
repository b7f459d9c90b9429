"""Windows, through its documented C interface."""

import sys

assert sys.platform == "win32"

import ctypes
import msvcrt
import os
import socket
from collections.abc import Iterator
from ctypes import wintypes

_AF_INET = 2
_TCP_TABLE_OWNER_PID_ALL = 5
_STATE_LISTEN, _STATE_ESTABLISHED = 2, 5
_PROCESS_QUERY_LIMITED_INFORMATION = 0x1000
_STILL_ACTIVE = 259
_TOKEN_QUERY = 0x0008
_TOKEN_USER = 1
_RELATION_PROCESSOR_CORE = 0

_kernel = ctypes.WinDLL("kernel32", use_last_error=True)
_advapi = ctypes.WinDLL("advapi32", use_last_error=True)
_iphlpapi = ctypes.WinDLL("iphlpapi")
_kernel.OpenProcess.restype = wintypes.HANDLE
_kernel.OpenProcess.argtypes = [wintypes.DWORD, wintypes.BOOL, wintypes.DWORD]
_kernel.CloseHandle.argtypes = [wintypes.HANDLE]
_kernel.GetExitCodeProcess.argtypes = [wintypes.HANDLE, ctypes.POINTER(wintypes.DWORD)]
_advapi.OpenProcessToken.argtypes = [wintypes.HANDLE, wintypes.DWORD, ctypes.POINTER(wintypes.HANDLE)]
_advapi.GetTokenInformation.argtypes = [
    wintypes.HANDLE,
    ctypes.c_int,
    ctypes.c_void_p,
    wintypes.DWORD,
    ctypes.POINTER(wintypes.DWORD),
]
_advapi.EqualSid.argtypes = [ctypes.c_void_p, ctypes.c_void_p]


class _Row(ctypes.Structure):
    _fields_ = [  # the way ctypes wants it
        (name, wintypes.DWORD)
        for name in ("state", "local_address", "local_port", "remote_address", "remote_port", "pid")
    ]


class _MemoryStatus(ctypes.Structure):
    _fields_ = [
        ("length", wintypes.DWORD),
        ("load", wintypes.DWORD),
        ("total", ctypes.c_uint64),
        ("available", ctypes.c_uint64),
        ("rest", ctypes.c_uint64 * 5),
    ]


def _rows() -> Iterator[_Row]:
    """Every IPv4 TCP socket with the process that owns it."""
    size = wintypes.DWORD(0)
    table = ctypes.create_string_buffer(0)
    for _ in range(5):  # the table may grow between the two calls
        result = _iphlpapi.GetExtendedTcpTable(
            table, ctypes.byref(size), False, _AF_INET, _TCP_TABLE_OWNER_PID_ALL, 0
        )
        if result == 0:
            count = wintypes.DWORD.from_buffer(table).value
            yield from (_Row * count).from_buffer(table, ctypes.sizeof(wintypes.DWORD))
            return
        table = ctypes.create_string_buffer(size.value)


def _matches(address: int, port: int, wanted: tuple[str, int]) -> bool:
    return socket.ntohs(port & 0xFFFF) == wanted[1] and address == int.from_bytes(
        socket.inet_aton(wanted[0]), "little"
    )


def _user_of(pid: int) -> bytes | None:
    """The TOKEN_USER structure of a process; it begins with a pointer to the SID behind it."""
    process = _kernel.OpenProcess(_PROCESS_QUERY_LIMITED_INFORMATION, False, pid)
    if not process:
        return None
    token = wintypes.HANDLE()
    try:
        if not _advapi.OpenProcessToken(process, _TOKEN_QUERY, ctypes.byref(token)):
            return None
        size = wintypes.DWORD(0)
        _advapi.GetTokenInformation(token, _TOKEN_USER, None, 0, ctypes.byref(size))
        buffer = ctypes.create_string_buffer(size.value)
        if not _advapi.GetTokenInformation(token, _TOKEN_USER, buffer, size, ctypes.byref(size)):
            return None
        sid = ctypes.c_void_p.from_buffer(buffer).value or 0
        start = sid - ctypes.addressof(buffer)
        return buffer.raw[start:]
    finally:
        if token.value:
            _kernel.CloseHandle(token)
        _kernel.CloseHandle(process)


def _is_our_process(pid: int) -> bool | None:
    if pid == os.getpid():
        return True
    theirs, ours = _user_of(pid), _user_of(os.getpid())
    if theirs is None or ours is None:
        return None
    return bool(_advapi.EqualSid(theirs, ours))


def peer_is_same_user(peer: tuple[str, int], own: tuple[str, int]) -> bool | None:
    """Find the process that owns the other end, and compare its user's SID with ours."""
    for row in _rows():
        if (
            row.state == _STATE_ESTABLISHED
            and _matches(row.local_address, row.local_port, peer)
            and _matches(row.remote_address, row.remote_port, own)
        ):
            return _is_our_process(row.pid)
    return None


def listener_is_same_user(own: tuple[str, int]) -> bool | None:
    """Find the process that listens, and compare its user's SID with ours."""
    for row in _rows():
        if row.state == _STATE_LISTEN and _matches(row.local_address, row.local_port, own):
            return _is_our_process(row.pid)
    return None


def memory_bytes() -> tuple[int, int]:
    """From GlobalMemoryStatusEx."""
    status = _MemoryStatus(length=ctypes.sizeof(_MemoryStatus))
    if not _kernel.GlobalMemoryStatusEx(ctypes.byref(status)):
        return 0, 0
    return status.total, status.available


def physical_cores() -> int:
    """From GetLogicalProcessorInformationEx: one record a core; each record tells its own size."""
    size = wintypes.DWORD(0)
    _kernel.GetLogicalProcessorInformationEx(_RELATION_PROCESSOR_CORE, None, ctypes.byref(size))
    buffer = ctypes.create_string_buffer(size.value)
    if not _kernel.GetLogicalProcessorInformationEx(_RELATION_PROCESSOR_CORE, buffer, ctypes.byref(size)):
        return os.cpu_count() or 1
    cores, place = 0, 0
    while place < size.value:
        cores += 1
        place += wintypes.DWORD.from_buffer(buffer, place + 4).value
    return cores


def allow_many_files() -> None:
    """Nothing to do: sockets are not limited like files here."""


def bind_alone(listener: socket.socket) -> None:
    """Set SO_EXCLUSIVEADDRUSE: otherwise a program with SO_REUSEADDR could share the port."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)


def process_exists(pid: int) -> bool:
    """Open it and see whether it has an exit code yet."""
    process = _kernel.OpenProcess(_PROCESS_QUERY_LIMITED_INFORMATION, False, pid)
    if not process:
        return False
    code = wintypes.DWORD()
    try:
        return bool(_kernel.GetExitCodeProcess(process, ctypes.byref(code))) and code.value == _STILL_ACTIVE
    finally:
        _kernel.CloseHandle(process)


def lock(handle: int) -> bool:
    """See `backend.shared.desktop.take_lock`."""
    try:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    return True

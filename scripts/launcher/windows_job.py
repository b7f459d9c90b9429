"""The Windows job object that ends our processes when the launcher ends, even when it is killed."""

import sys

assert sys.platform == "win32"  # noqa: S101 - imported nowhere else

import ctypes  # noqa: E402
from ctypes import wintypes  # noqa: E402

# winnt.h: JOBOBJECTINFOCLASS and JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE; process rights.
EXTENDED_LIMITS = 9
KILL_ON_CLOSE = 0x2000
SET_QUOTA_AND_TERMINATE = 0x0100 | 0x0001


class _BasicLimits(ctypes.Structure):
    _fields_ = (
        ("per_process_time", wintypes.LARGE_INTEGER),
        ("per_job_time", wintypes.LARGE_INTEGER),
        ("limit_flags", wintypes.DWORD),
        ("minimum_working_set", ctypes.c_size_t),
        ("maximum_working_set", ctypes.c_size_t),
        ("active_processes", wintypes.DWORD),
        ("affinity", ctypes.c_size_t),
        ("priority_class", wintypes.DWORD),
        ("scheduling_class", wintypes.DWORD),
    )


class _ExtendedLimits(ctypes.Structure):
    _fields_ = (
        ("basic", _BasicLimits),
        ("io_counters", ctypes.c_ulonglong * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peak_process_memory", ctypes.c_size_t),
        ("peak_job_memory", ctypes.c_size_t),
    )


_kernel = ctypes.WinDLL("kernel32", use_last_error=True)
_kernel.CreateJobObjectW.restype = wintypes.HANDLE
_kernel.CreateJobObjectW.argtypes = (wintypes.LPVOID, wintypes.LPCWSTR)
_kernel.SetInformationJobObject.argtypes = (wintypes.HANDLE, ctypes.c_int, wintypes.LPVOID, wintypes.DWORD)
_kernel.OpenProcess.restype = wintypes.HANDLE
_kernel.OpenProcess.argtypes = (wintypes.DWORD, wintypes.BOOL, wintypes.DWORD)
_kernel.AssignProcessToJobObject.argtypes = (wintypes.HANDLE, wintypes.HANDLE)
_kernel.CloseHandle.argtypes = (wintypes.HANDLE,)


def _make() -> int | None:
    job: int | None = _kernel.CreateJobObjectW(None, None)
    limits = _ExtendedLimits()
    limits.basic.limit_flags = KILL_ON_CLOSE
    if job:
        _kernel.SetInformationJobObject(job, EXTENDED_LIMITS, ctypes.byref(limits), ctypes.sizeof(limits))
    return job


# Never closed by us: Windows closes it when the launcher ends, and with it everything in the job.
_job = _make()


def add(pid: int) -> None:
    """Let the process end when the launcher does."""
    handle = _kernel.OpenProcess(SET_QUOTA_AND_TERMINATE, False, pid)
    if handle:
        _kernel.AssignProcessToJobObject(_job, handle)
        _kernel.CloseHandle(handle)

"""Screens of Windows, through its documented C interface."""

import sys

assert sys.platform == "win32"

import contextlib
import ctypes
import os
from ctypes import wintypes

from backend.shared.desktop.screens import Box, Monitor, PollingWatch, Scene, Watch, primary_first

_DOTS_PER_INCH = 96.0
_EFFECTIVE_DPI = 0
_IS_PRIMARY = 0x1
_PER_MONITOR_AWARE_V2 = -4
_PER_MONITOR_AWARE = 2
_ROOT_WINDOW = 2
_NEAREST_MONITOR = 2
_STYLE = -16
_CAPTION = 0x00C00000
_CLOAKED = 14
_BUSY_STATES = {3, 4}  # QUNS_RUNNING_D3D_FULL_SCREEN, QUNS_PRESENTATION_MODE
_SHELL_WINDOWS = {
    "Progman",
    "WorkerW",
    "Shell_TrayWnd",
    "Shell_SecondaryTrayWnd",
    "Windows.UI.Core.CoreWindow",
    "MultitaskingViewFrame",
    "XamlExplorerHostIslandWindow",
    "ForegroundStaging",
}

_user = ctypes.WinDLL("user32")
_shell = ctypes.WinDLL("shell32")
_kernel = ctypes.WinDLL("kernel32")


class _MonitorInfo(ctypes.Structure):
    _fields_ = [
        ("size", wintypes.DWORD),
        ("all", wintypes.RECT),
        ("work", wintypes.RECT),
        ("flags", wintypes.DWORD),
        ("device", wintypes.WCHAR * 32),
    ]


class _LastInput(ctypes.Structure):
    _fields_ = [("size", wintypes.UINT), ("ticks", wintypes.DWORD)]


_MonitorFound = ctypes.WINFUNCTYPE(
    wintypes.BOOL, wintypes.HMONITOR, wintypes.HDC, ctypes.POINTER(wintypes.RECT), wintypes.LPARAM
)
_user.EnumDisplayMonitors.argtypes = [wintypes.HDC, ctypes.c_void_p, _MonitorFound, wintypes.LPARAM]
_user.GetMonitorInfoW.argtypes = [wintypes.HMONITOR, ctypes.POINTER(_MonitorInfo)]
_user.MonitorFromWindow.restype = wintypes.HMONITOR
_user.MonitorFromWindow.argtypes = [wintypes.HWND, wintypes.DWORD]
_user.GetForegroundWindow.restype = wintypes.HWND
_user.WindowFromPoint.restype = wintypes.HWND
_user.WindowFromPoint.argtypes = [wintypes.POINT]
_user.GetAncestor.restype = wintypes.HWND
_user.GetAncestor.argtypes = [wintypes.HWND, wintypes.UINT]
_user.GetWindowRect.argtypes = [wintypes.HWND, ctypes.POINTER(wintypes.RECT)]
_user.GetClassNameW.argtypes = [wintypes.HWND, wintypes.LPWSTR, ctypes.c_int]
_user.GetWindowThreadProcessId.argtypes = [wintypes.HWND, ctypes.POINTER(wintypes.DWORD)]
_user.GetWindowLongW.argtypes = [wintypes.HWND, ctypes.c_int]
_user.IsWindowVisible.argtypes = [wintypes.HWND]
_user.IsIconic.argtypes = [wintypes.HWND]
_user.IsZoomed.argtypes = [wintypes.HWND]
_user.GetLastInputInfo.argtypes = [ctypes.POINTER(_LastInput)]
_kernel.GetTickCount.restype = wintypes.DWORD


def _box(found: wintypes.RECT) -> Box:
    return found.left, found.top, found.right - found.left, found.bottom - found.top


def _scale(handle: int) -> float:
    horizontal, vertical = wintypes.UINT(), wintypes.UINT()
    try:
        scaling = ctypes.WinDLL("shcore")  # since Windows 8.1
        scaling.GetDpiForMonitor.argtypes = [
            wintypes.HMONITOR,
            ctypes.c_int,
            ctypes.POINTER(wintypes.UINT),
            ctypes.POINTER(wintypes.UINT),
        ]
        result = scaling.GetDpiForMonitor(
            handle, _EFFECTIVE_DPI, ctypes.byref(horizontal), ctypes.byref(vertical)
        )
    except (OSError, AttributeError):
        return 1.0
    return horizontal.value / _DOTS_PER_INCH if result == 0 and horizontal.value else 1.0


def _info(handle: int | None) -> _MonitorInfo | None:
    info = _MonitorInfo(size=ctypes.sizeof(_MonitorInfo))
    return info if _user.GetMonitorInfoW(handle, ctypes.byref(info)) else None


def monitors() -> tuple[Monitor, ...]:
    """See `backend.shared.desktop.screens.monitors`."""
    handles: list[int] = []

    def found(handle: int, _context: int, _area: object, _data: int) -> bool:
        handles.append(handle)
        return True

    _user.EnumDisplayMonitors(None, None, _MonitorFound(found), 0)
    listed = []
    for handle in handles:
        info = _info(handle)
        if info is not None:
            is_primary = bool(info.flags & _IS_PRIMARY)
            listed.append(Monitor(info.device, *_box(info.all), _box(info.work), _scale(handle), is_primary))
    return primary_first(listed)


def _is_ordinary(window: int) -> bool:
    """Whether it is a shown window of another program, neither the shell's nor a maximised one."""
    if not _user.IsWindowVisible(window) or _user.IsIconic(window):
        return False
    name = ctypes.create_unicode_buffer(64)
    _user.GetClassNameW(window, name, len(name))
    process = wintypes.DWORD()
    _user.GetWindowThreadProcessId(window, ctypes.byref(process))
    if name.value in _SHELL_WINDOWS or process.value == os.getpid():
        return False
    cloaked = wintypes.DWORD()
    with contextlib.suppress(OSError, AttributeError):
        compositor = ctypes.WinDLL("dwmapi")
        compositor.DwmGetWindowAttribute.argtypes = [
            wintypes.HWND,
            wintypes.DWORD,
            ctypes.c_void_p,
            wintypes.DWORD,
        ]
        compositor.DwmGetWindowAttribute(window, _CLOAKED, ctypes.byref(cloaked), ctypes.sizeof(cloaked))
    # Where there is no task bar a maximised window is as large as the monitor.
    is_maximised = _user.IsZoomed(window) and _user.GetWindowLongW(window, _STYLE) & _CAPTION == _CAPTION
    return not cloaked.value and not is_maximised


def _fullscreens(listed: tuple[Monitor, ...], front: int | None) -> tuple[Box, ...]:
    """The foreground window, and what is in the middle of every monitor, as far as it fills one exactly."""
    windows = [front]
    for one in listed:
        middle = wintypes.POINT(one.x + one.width // 2, one.y + one.height // 2)
        below = _user.WindowFromPoint(middle)
        windows.append(_user.GetAncestor(below, _ROOT_WINDOW) if below else None)
    boxes: dict[Box, None] = {}
    for window in windows:
        area = wintypes.RECT()
        if not window or not _user.GetWindowRect(window, ctypes.byref(area)):
            continue
        if any(one.box == _box(area) for one in listed) and _is_ordinary(window):
            boxes[_box(area)] = None
    state = ctypes.c_int()
    is_told = _shell.SHQueryUserNotificationState(ctypes.byref(state)) == 0
    if not boxes and is_told and state.value in _BUSY_STATES and front:
        # A game that has the screen to itself may have a window of any size.
        info = _info(_user.MonitorFromWindow(front, _NEAREST_MONITOR))
        if info is not None:
            boxes[_box(info.all)] = None
    return tuple(boxes)


def _look() -> tuple[Scene, object]:
    listed = monitors()
    front = _user.GetForegroundWindow()
    return Scene(listed, _fullscreens(listed, front), has_compositor=True), front


def watch() -> Watch | None:
    """See `backend.shared.desktop.screens.watch`."""
    return PollingWatch(_look)


def idle_seconds() -> float | None:
    """By GetLastInputInfo; both numbers begin again at 0 after 49.7 days."""
    last = _LastInput(size=ctypes.sizeof(_LastInput))
    if not _user.GetLastInputInfo(ctypes.byref(last)):
        return None
    return float((_kernel.GetTickCount() - last.ticks) & 0xFFFFFFFF) / 1000


def set_dpi_awareness() -> None:
    """Ask for real pixels on every monitor, in the newest way this Windows knows."""
    with contextlib.suppress(OSError, AttributeError):  # since Windows 10, 1703
        _user.SetProcessDpiAwarenessContext.argtypes = [ctypes.c_void_p]
        if _user.SetProcessDpiAwarenessContext(_PER_MONITOR_AWARE_V2):
            return
    with contextlib.suppress(OSError, AttributeError):
        if ctypes.WinDLL("shcore").SetProcessDpiAwareness(_PER_MONITOR_AWARE) == 0:
            return
    with contextlib.suppress(AttributeError):
        _user.SetProcessDPIAware()

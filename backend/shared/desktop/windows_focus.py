"""The keyboard of Windows, borrowed and given back: it belongs to the foreground window."""

import ctypes
import os
import sys
from ctypes import wintypes

assert sys.platform == "win32"

_GA_ROOT = 2

_user32 = ctypes.WinDLL("user32", use_last_error=True)
_user32.GetForegroundWindow.restype = wintypes.HWND
_user32.GetWindowThreadProcessId.argtypes = (wintypes.HWND, ctypes.POINTER(wintypes.DWORD))
_user32.SetForegroundWindow.argtypes = (wintypes.HWND,)
_user32.GetAncestor.argtypes = (wintypes.HWND, wintypes.UINT)
_user32.GetAncestor.restype = wintypes.HWND


class WindowsFocus:
    """See `backend.shared.desktop.focus.Focus`."""

    def __init__(self) -> None:
        self._owner: int | None = None

    def take(self, window_id: int) -> None:
        """See `Focus`. Works from a click or a key of ours; else the system may refuse."""
        front = _user32.GetForegroundWindow()
        if not _is_own(front):
            self._owner = front
        _user32.SetForegroundWindow(_user32.GetAncestor(window_id, _GA_ROOT))

    def give_back(self) -> None:
        """See `Focus`."""
        owner, self._owner = self._owner, None
        if owner and _is_own(_user32.GetForegroundWindow()):
            _user32.SetForegroundWindow(owner)

    def close(self) -> None:
        """Nothing is held."""


def _is_own(window: int | None) -> bool:
    """Whether a window belongs to this process; so does no window at all."""
    if not window:
        return True
    process = wintypes.DWORD()
    _user32.GetWindowThreadProcessId(window, ctypes.byref(process))
    return process.value == os.getpid()

"""Who has the keyboard on Windows."""

import ctypes
import os
import sys
from ctypes import wintypes

assert sys.platform == "win32"

_user32 = ctypes.WinDLL("user32", use_last_error=True)
_user32.GetForegroundWindow.restype = wintypes.HWND
_user32.GetWindowThreadProcessId.argtypes = (wintypes.HWND, ctypes.POINTER(wintypes.DWORD))
_user32.SetForegroundWindow.argtypes = (wintypes.HWND,)


class WindowsFocus:
    """See `backend.shared.desktop.focus.Focus`."""

    def __init__(self) -> None:
        self._remembered: int | None = None

    def remember(self) -> None:
        """Note which window is in front; nothing to note while it is one of our own."""
        window = _user32.GetForegroundWindow()
        self._remembered = None if _is_own(window) else window

    def give_back(self) -> None:
        """Bring the remembered window to the front again, unless the user has gone to another one."""
        window, self._remembered = self._remembered, None
        if window and _is_own(_user32.GetForegroundWindow()):
            # Without effect when the window is gone or the system refuses.
            _user32.SetForegroundWindow(window)

    def close(self) -> None:
        """Nothing is held."""


def _is_own(window: int | None) -> bool:
    """Whether a window belongs to this process; so does no window at all."""
    if not window:
        return True
    process = wintypes.DWORD()
    _user32.GetWindowThreadProcessId(window, ctypes.byref(process))
    return process.value == os.getpid()

"""See-through windows of macOS: what Tk does not offer, by messages to AppKit through Objective-C.

Written after Apple's documentation and not yet run on macOS.
"""

import sys

assert sys.platform == "darwin"

import ctypes
import ctypes.util
from typing import Any

from backend.shared.desktop.glass import GlassError

_POLICY_ACCESSORY = 1
"""NSApplicationActivationPolicyAccessory: no icon in the Dock, no menu bar."""


class _AppKit:
    """Sends messages to objects of AppKit, which Tk has loaded already."""

    def __init__(self) -> None:
        path = ctypes.util.find_library("objc")
        if path is None:
            raise GlassError("glass-unsupported", "The Objective-C runtime was not found.")
        self._library = ctypes.CDLL(path)
        self._library.objc_getClass.restype = ctypes.c_void_p
        self._library.objc_getClass.argtypes = [ctypes.c_char_p]
        self._library.sel_registerName.restype = ctypes.c_void_p
        self._library.sel_registerName.argtypes = [ctypes.c_char_p]

    def application(self) -> int:
        """The one NSApplication."""
        kind = self._library.objc_getClass(b"NSApplication")
        found = self.send(kind, "sharedApplication", ctypes.c_void_p) if kind else None
        if not found:
            raise GlassError("glass-unsupported", "AppKit was not found.")
        return int(found)

    def send(self, receiver: int, name: str, result: Any, *arguments: Any) -> Any:
        """Send one message; arguments are ctypes values, which say their types."""
        # objc_msgSend takes the shape of the method that it calls.
        shape = ctypes.CFUNCTYPE(result, ctypes.c_void_p, ctypes.c_void_p, *map(type, arguments))
        selector = self._library.sel_registerName(name.encode())
        return shape(("objc_msgSend", self._library))(receiver, selector, *arguments)


class MacFrame:
    """A window of Tk, known by its title.

    Raises:
        GlassError: There is no such window.
    """

    def __init__(self, title: str) -> None:
        self._title = title.encode()
        self._appkit = _AppKit()
        self._window()

    def stay_aside(self) -> None:
        """See `Frame`. Windows do not appear in the Dock by themselves; the application does."""
        application = self._appkit.application()
        self._appkit.send(
            application, "setActivationPolicy:", ctypes.c_bool, ctypes.c_long(_POLICY_ACCESSORY)
        )

    def set_click_through(self, is_on: bool) -> None:
        """See `Frame`."""
        self._appkit.send(self._window(), "setIgnoresMouseEvents:", None, ctypes.c_bool(is_on))

    def close(self) -> None:
        """See `Frame`."""

    def _window(self) -> int:
        """The NSWindow with our title, looked for each time: Tk may have made it anew."""
        send = self._appkit.send
        windows = send(self._appkit.application(), "windows", ctypes.c_void_p)
        for index in range(send(windows, "count", ctypes.c_ulong)):
            window = send(windows, "objectAtIndex:", ctypes.c_void_p, ctypes.c_ulong(index))
            title = send(window, "title", ctypes.c_void_p)
            if title and send(title, "UTF8String", ctypes.c_char_p) == self._title:
                return int(window)
        raise GlassError("glass-no-window", "The window is gone.")

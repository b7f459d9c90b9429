"""Screens of macOS, through CoreGraphics and the Objective-C runtime. Its pixels are points, as Tk's are."""

import sys

assert sys.platform == "darwin"

import ctypes
import ctypes.util
import platform
from typing import Any

from backend.shared.desktop.screens import Box, Monitor, PollingWatch, Scene, Watch, primary_first

_MOST_DISPLAYS = 32
_HARDWARE = 1  # kCGEventSourceStateHIDSystemState
_ANY_INPUT = 0xFFFFFFFF


class _Rectangle(ctypes.Structure):
    _fields_ = [(name, ctypes.c_double) for name in ("x", "y", "width", "height")]


def _library(name: str) -> ctypes.CDLL:
    return ctypes.CDLL(
        ctypes.util.find_library(name) or f"/System/Library/Frameworks/{name}.framework/{name}"
    )


_graphics = _library("ApplicationServices")
_graphics.CGGetActiveDisplayList.argtypes = [
    ctypes.c_uint32,
    ctypes.POINTER(ctypes.c_uint32),
    ctypes.POINTER(ctypes.c_uint32),
]
_graphics.CGDisplayBounds.restype = _Rectangle
_graphics.CGDisplayBounds.argtypes = [ctypes.c_uint32]
_graphics.CGMainDisplayID.restype = ctypes.c_uint32
_graphics.CGEventSourceSecondsSinceLastEventType.restype = ctypes.c_double
_graphics.CGEventSourceSecondsSinceLastEventType.argtypes = [ctypes.c_int32, ctypes.c_uint32]

_library("AppKit")
_objects = _library("objc")
for _function in (_objects.objc_getClass, _objects.sel_registerName):
    _function.restype = ctypes.c_void_p
    _function.argtypes = [ctypes.c_char_p]


def _send(receiver: int | None, message: str, result: Any, *arguments: int) -> Any:
    """Send a message to an object; messages to nothing answer 0.

    Structures that do not fit into registers come back by another entry on Intel processors: see
    objc_msgSend_stret in Apple's "Objective-C Runtime".
    """
    is_large = result is _Rectangle and platform.machine() == "x86_64"
    entry = "objc_msgSend_stret" if is_large else "objc_msgSend"
    kinds = [ctypes.c_void_p, ctypes.c_void_p, *(ctypes.c_ulong for _ in arguments)]
    function = ctypes.CFUNCTYPE(result, *kinds)((entry, _objects))
    return function(receiver, _objects.sel_registerName(message.encode()), *arguments)


def _work_areas() -> list[Box]:
    """What menu bar and Dock leave of each screen; NSScreen counts y up from the first one's lower edge."""
    kind = _objects.objc_getClass(b"NSScreen")
    screens = _send(kind, "screens", ctypes.c_void_p) if kind else None
    if not screens:
        return []
    areas: list[Box] = []
    height = 0.0
    for index in range(_send(screens, "count", ctypes.c_ulong)):
        screen = _send(screens, "objectAtIndex:", ctypes.c_void_p, index)
        if index == 0:
            height = _send(screen, "frame", _Rectangle).height
        free = _send(screen, "visibleFrame", _Rectangle)
        top = height - free.y - free.height
        areas.append((round(free.x), round(top), round(free.width), round(free.height)))
    return areas


def _is_inside(area: Box, box: Box) -> bool:
    return (
        box[0] <= area[0]
        and box[1] <= area[1]
        and area[0] + area[2] <= box[0] + box[2]
        and area[1] + area[3] <= box[1] + box[3]
    )


def monitors() -> tuple[Monitor, ...]:
    """See `backend.shared.desktop.screens.monitors`."""
    displays = (ctypes.c_uint32 * _MOST_DISPLAYS)()
    count = ctypes.c_uint32()
    if _graphics.CGGetActiveDisplayList(_MOST_DISPLAYS, displays, ctypes.byref(count)) != 0:
        return ()
    areas = _work_areas()
    main = _graphics.CGMainDisplayID()
    listed = []
    for display in displays[: count.value]:
        found = _graphics.CGDisplayBounds(display)
        box = (round(found.x), round(found.y), round(found.width), round(found.height))
        work = next((area for area in areas if _is_inside(area, box)), box)
        listed.append(Monitor(f"display {display}", *box, work, 1.0, display == main))
    return primary_first(listed)


def _look() -> tuple[Scene, object]:
    # A full-screen application has a space of its own here, where our windows are not shown.
    return Scene(monitors(), (), has_compositor=True), None


def watch() -> Watch | None:
    """See `backend.shared.desktop.screens.watch`."""
    return PollingWatch(_look) if monitors() else None


def idle_seconds() -> float | None:
    """From the event system."""
    return float(_graphics.CGEventSourceSecondsSinceLastEventType(_HARDWARE, _ANY_INPUT))


def set_dpi_awareness() -> None:
    """Nothing to do: windows work in points, and the system draws them sharp."""

"""See-through windows of Windows: layered windows, painted with UpdateLayeredWindow.

Written after Microsoft's documentation and not yet run on Windows. Tk makes a window anew when some of its
attributes change and then drops what was set here: `stay_aside` comes last, and again after each mapping.
"""

import sys

assert sys.platform == "win32"

import contextlib
import ctypes
from ctypes import wintypes

from backend.shared.desktop.glass import GlassError, Sheet

_GA_ROOT = 2
_GWL_EXSTYLE = -20
_WS_EX_TOPMOST = 0x00000008
_WS_EX_TRANSPARENT = 0x00000020
_WS_EX_TOOLWINDOW = 0x00000080
_WS_EX_APPWINDOW = 0x00040000
_WS_EX_LAYERED = 0x00080000
_WS_EX_NOACTIVATE = 0x08000000
_HWND_TOPMOST = -1
_SWP_KEEP = 0x0001 | 0x0002 | 0x0010 | 0x0020  # no size, no move, no activation; the frame has changed
_BI_RGB = 0
_DIB_RGB_COLORS = 0
_SRCCOPY = 0x00CC0020
_AC_SRC_OVER = 0
_AC_SRC_ALPHA = 1
_ULW_ALPHA = 2
_PER_MONITOR_AWARE_V2 = -4
_PROCESS_PER_MONITOR_AWARE = 2

_user32 = ctypes.WinDLL("user32", use_last_error=True)
_gdi32 = ctypes.WinDLL("gdi32", use_last_error=True)


class _BitmapInfo(ctypes.Structure):
    """BITMAPINFOHEADER; a bitmap of 32 bits has no colours after it."""

    _fields_ = [  # the way ctypes wants it
        ("size", wintypes.DWORD),
        ("width", wintypes.LONG),
        ("height", wintypes.LONG),
        ("planes", wintypes.WORD),
        ("bit_count", wintypes.WORD),
        ("compression", wintypes.DWORD),
        ("image_bytes", wintypes.DWORD),
        ("x_per_metre", wintypes.LONG),
        ("y_per_metre", wintypes.LONG),
        ("colours_used", wintypes.DWORD),
        ("colours_important", wintypes.DWORD),
    ]


class _Blend(ctypes.Structure):
    """BLENDFUNCTION."""

    _fields_ = [  # the way ctypes wants it
        (name, ctypes.c_ubyte) for name in ("operation", "flags", "constant_alpha", "format")
    ]


_user32.GetAncestor.restype = wintypes.HWND
_user32.GetAncestor.argtypes = [wintypes.HWND, wintypes.UINT]
# The 64-bit system has names of its own for what is as wide as a pointer.
_get_style = getattr(_user32, "GetWindowLongPtrW", _user32.GetWindowLongW)
_get_style.restype = ctypes.c_ssize_t
_get_style.argtypes = [wintypes.HWND, ctypes.c_int]
_set_style = getattr(_user32, "SetWindowLongPtrW", _user32.SetWindowLongW)
_set_style.restype = ctypes.c_ssize_t
_set_style.argtypes = [wintypes.HWND, ctypes.c_int, ctypes.c_ssize_t]
_user32.SetWindowPos.restype = wintypes.BOOL
_user32.SetWindowPos.argtypes = [wintypes.HWND, wintypes.HWND, *[ctypes.c_int] * 4, wintypes.UINT]
_user32.GetDC.restype = wintypes.HDC
_user32.GetDC.argtypes = [wintypes.HWND]
_user32.ReleaseDC.argtypes = [wintypes.HWND, wintypes.HDC]
_user32.UpdateLayeredWindow.restype = wintypes.BOOL
_user32.UpdateLayeredWindow.argtypes = [
    wintypes.HWND,
    wintypes.HDC,
    ctypes.POINTER(wintypes.POINT),
    ctypes.POINTER(wintypes.SIZE),
    wintypes.HDC,
    ctypes.POINTER(wintypes.POINT),
    wintypes.COLORREF,
    ctypes.POINTER(_Blend),
    wintypes.DWORD,
]
_gdi32.CreateCompatibleDC.restype = wintypes.HDC
_gdi32.CreateCompatibleDC.argtypes = [wintypes.HDC]
_gdi32.DeleteDC.argtypes = [wintypes.HDC]
_gdi32.CreateDIBSection.restype = wintypes.HBITMAP
_gdi32.CreateDIBSection.argtypes = [
    wintypes.HDC,
    ctypes.POINTER(_BitmapInfo),
    wintypes.UINT,
    ctypes.POINTER(ctypes.c_void_p),
    wintypes.HANDLE,
    wintypes.DWORD,
]
_gdi32.SelectObject.restype = wintypes.HGDIOBJ
_gdi32.SelectObject.argtypes = [wintypes.HDC, wintypes.HGDIOBJ]
_gdi32.DeleteObject.argtypes = [wintypes.HGDIOBJ]
_gdi32.BitBlt.restype = wintypes.BOOL
_gdi32.BitBlt.argtypes = [
    wintypes.HDC,
    *[ctypes.c_int] * 4,
    wintypes.HDC,
    *[ctypes.c_int] * 2,
    wintypes.DWORD,
]


def be_sharp() -> None:
    """Each monitor's own scale, as new as this Windows knows it; the first call of a process counts."""
    with contextlib.suppress(AttributeError, OSError):
        if _user32.SetProcessDpiAwarenessContext(ctypes.c_void_p(_PER_MONITOR_AWARE_V2)):
            return
    with contextlib.suppress(AttributeError, OSError):
        if ctypes.WinDLL("shcore").SetProcessDpiAwareness(_PROCESS_PER_MONITOR_AWARE) == 0:
            return
    with contextlib.suppress(AttributeError, OSError):
        _user32.SetProcessDPIAware()


def _failed(what: str) -> GlassError:
    return GlassError("glass-failed", f"Windows could not {what} (error {ctypes.get_last_error()}).")


class WindowsFrame:
    """A window of Tk. Tk puts every top-level window into a wrapper, which is what the others see.

    Raises:
        GlassError: There is no such window.
    """

    def __init__(self, window: int) -> None:
        self._wrapper: int | None = _user32.GetAncestor(window, _GA_ROOT)
        if not self._wrapper:
            raise _failed("find the window")
        self._window = window
        self._is_click_through = False
        self._is_layered = False

    def stay_aside(self) -> None:
        """See `Frame`."""
        # Tk may have wrapped the window anew.
        self._wrapper = _user32.GetAncestor(self._window, _GA_ROOT)
        style = _get_style(self._wrapper, _GWL_EXSTYLE) & ~_WS_EX_APPWINDOW & ~_WS_EX_TRANSPARENT
        style |= _WS_EX_TOOLWINDOW | _WS_EX_NOACTIVATE | _WS_EX_TOPMOST
        if self._is_layered:
            # Leaves the mode of SetLayeredWindowAttributes, which Tk may have used.
            _set_style(self._wrapper, _GWL_EXSTYLE, style & ~_WS_EX_LAYERED)
            style |= _WS_EX_LAYERED
        if self._is_click_through:
            style |= _WS_EX_TRANSPARENT | _WS_EX_LAYERED
        self._apply(style)

    def set_click_through(self, is_on: bool) -> None:
        """See `Frame`. The system does so for layered windows only."""
        self._is_click_through = is_on
        style = _get_style(self._wrapper, _GWL_EXSTYLE)
        if is_on and not style & _WS_EX_LAYERED:
            self._is_click_through = False
            raise GlassError("glass-unsupported", "Clicks cannot pass through this kind of window.")
        self._apply(style | _WS_EX_TRANSPARENT if is_on else style & ~_WS_EX_TRANSPARENT)

    def close(self) -> None:
        """See `Frame`."""

    def _apply(self, style: int) -> None:
        _set_style(self._wrapper, _GWL_EXSTYLE, style)
        if not _user32.SetWindowPos(self._wrapper, _HWND_TOPMOST, 0, 0, 0, 0, _SWP_KEEP):
            raise _failed("keep the window in front")


class WindowsSheet:
    """A bitmap of 32 bits in memory, in a drawing context of its own."""

    def __init__(self, size: tuple[int, int], pixels: bytes | None) -> None:
        self._size = size
        width, height = size
        # A negative height: rows from top to bottom.
        info = _BitmapInfo(ctypes.sizeof(_BitmapInfo), width, -height, 1, 32, _BI_RGB)
        memory = ctypes.c_void_p()
        self.context: int | None = _gdi32.CreateCompatibleDC(None)
        if not self.context:
            raise _failed("make a drawing context")
        self._bitmap: int | None = _gdi32.CreateDIBSection(
            self.context, ctypes.byref(info), _DIB_RGB_COLORS, ctypes.byref(memory), None, 0
        )
        if not self._bitmap or memory.value is None:
            _gdi32.DeleteDC(self.context)
            raise _failed("keep a picture")
        if pixels is not None:
            ctypes.memmove(memory, pixels, width * height * 4)
        self._before: int | None = _gdi32.SelectObject(self.context, self._bitmap)

    @property
    def size(self) -> tuple[int, int]:
        """See `Sheet`."""
        return self._size

    def free(self) -> None:
        """See `Sheet`. A layered window keeps its own copy of what it shows."""
        if self.context:
            _gdi32.SelectObject(self.context, self._before)
            _gdi32.DeleteObject(self._bitmap)
            _gdi32.DeleteDC(self.context)
            self.context = None


class WindowsPane(WindowsFrame):
    """A layered window: the system blends its pixels, and clicks pass where alpha is 0."""

    def __init__(self, window: int) -> None:
        super().__init__(window)
        self._is_layered = True
        self._opacity = 1.0
        self._shown: WindowsSheet | None = None
        self._front: WindowsSheet | None = None
        self.stay_aside()

    def stay_aside(self) -> None:
        """See `Frame`. A window that became layered anew has to be painted anew."""
        super().stay_aside()
        if self._shown is not None and self._shown.context:
            self._update(self._shown)

    def upload(self, size: tuple[int, int], pixels: bytes, mask: bytes) -> WindowsSheet:  # noqa: ARG002
        """See `Pane`. The mask is not needed: the system goes by alpha."""
        return WindowsSheet(size, pixels)

    def paint(self, sheet: Sheet, patch: Sheet | None, at: tuple[int, int]) -> None:
        """See `Pane`."""
        assert isinstance(sheet, WindowsSheet)
        assert patch is None or isinstance(patch, WindowsSheet)
        front = self._fitting_front(sheet.size)
        # A copy even without a patch: the window may have to be painted again after the picture was freed.
        self._copy(front, sheet, (0, 0))
        if patch is not None:
            self._copy(front, patch, at)
        self._update(front)
        self._shown = front

    def set_opacity(self, opacity: float) -> None:
        """See `Pane`."""
        self._opacity = opacity
        if self._shown is not None:
            self._update(self._shown)

    def close(self) -> None:
        """See `Frame`."""
        if self._front is not None:
            self._front.free()
            self._shown = self._front = None

    def _fitting_front(self, size: tuple[int, int]) -> WindowsSheet:
        if self._front is None or self._front.size != size:
            if self._front is not None:
                self._front.free()
            self._shown = self._front = None
            self._front = WindowsSheet(size, None)
        return self._front

    @staticmethod
    def _copy(target: WindowsSheet, source: WindowsSheet, at: tuple[int, int]) -> None:
        if not _gdi32.BitBlt(target.context, *at, *source.size, source.context, 0, 0, _SRCCOPY):
            raise _failed("copy a picture")

    def _update(self, sheet: WindowsSheet) -> None:
        blend = _Blend(_AC_SRC_OVER, 0, round(self._opacity * 255), _AC_SRC_ALPHA)
        size, origin = wintypes.SIZE(*sheet.size), wintypes.POINT(0, 0)
        is_done = _user32.UpdateLayeredWindow(
            self._wrapper,
            None,
            None,
            ctypes.byref(size),
            sheet.context,
            ctypes.byref(origin),
            0,
            ctypes.byref(blend),
            _ULW_ALPHA,
        )
        if not is_done:
            raise _failed("show a picture")

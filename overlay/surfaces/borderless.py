"""What all surfaces have in common: a borderless Tk window that comes, goes, moves and takes a size."""

import contextlib
import itertools
import logging
import tkinter as tk
from collections.abc import Callable
from typing import Any

from backend.shared.desktop.glass import Frame, GlassError

log = logging.getLogger(__name__)

_numbers = itertools.count(1)


def _without_frame(window: tk.Toplevel) -> None:
    window.overrideredirect(True)


def borderless_window(
    root: tk.Misc, prepare: Callable[[tk.Toplevel], None] = _without_frame, **options: Any
) -> tk.Toplevel:
    """A hidden window without a frame, above all others, that the window system knows already.

    Args:
        root: Of the application.
        prepare: Takes its frame away, before it is mapped for the first time.
        options: Of the Toplevel.

    Raises:
        tk.TclError: There is no window with such options here.
    """
    window = tk.Toplevel(root, **options)
    try:
        window.withdraw()
        window.title(f"Alisa {next(_numbers)}")
        prepare(window)
        window.attributes("-topmost", True)
        _realise(window)
    except tk.TclError:
        window.destroy()
        raise
    return window


def _realise(window: tk.Toplevel) -> None:
    """Make a window exist for the window system: Tk does so only when it is shown for the first time."""
    window.geometry("1x1+-100+-100")
    window.deiconify()
    window.update_idletasks()
    window.withdraw()
    # A question to the window system: when it is answered, all that came before is done.
    window.winfo_pointerxy()


def _destroy(window: tk.Toplevel) -> None:
    """Destroy a window, and let Tk forget that it may have had the focus.

    Where the X focus is with the pointer, Tk 8.6.13 gives it to the window the pointer enters, and remembers
    that window after it is destroyed: the next `focus -force` crashes the process (in `TkSetFocusWin`, of
    `TkDisplay.focusPtr`). A window that has the focus by force when it is destroyed is forgotten. For windows
    without a frame that is an affair of Tk alone: the X focus stays where it is.
    """
    if str(window.tk.call("tk", "windowingsystem")) == "x11":
        focused = str(window.tk.call("focus"))
        if not window.winfo_ismapped():  # only then it can have the focus
            window.geometry("1x1+-100+-100")
            window.deiconify()
            window.update_idletasks()
        window.focus_force()
        window.destroy()
        if focused and not f"{focused}.".startswith(f"{window}."):
            window.tk.call("focus", "-force", focused)
    else:
        window.destroy()


class Borderless:
    """A window that appears with its first picture, unless it was hidden before.

    Args:
        window: Made by `borderless_window`; owned from now on.
        frame: Its other half; None: the window system offers nothing.
    """

    def __init__(self, window: tk.Toplevel, frame: Frame | None) -> None:
        self.window = window
        self._frame = frame
        self._size = (1, 1)
        self._is_hidden = False
        self._is_mapped = False
        self._appearing = ""

    def move(self, x: int, y: int) -> None:
        """See `Surface`."""
        self.window.geometry(f"+{x}+{y}")

    def set_opacity(self, opacity: float) -> None:
        """See `Surface`."""
        self.window.attributes("-alpha", clamped(opacity))

    def set_click_through(self, is_on: bool) -> None:
        """See `Surface`.

        Raises:
            GlassError: This system cannot.
        """
        if self._frame is not None:
            self._frame.set_click_through(is_on)
        elif is_on:
            raise GlassError("surface-no-click-through", "Clicks cannot pass through this kind of window.")

    def lift(self) -> None:
        """See `Surface`."""
        if self._is_mapped:
            self.window.lift()

    def hide(self) -> None:
        """See `Surface`."""
        self._is_hidden = True
        self._is_mapped = False
        self._cancel_appearing()
        self.window.withdraw()

    def unhide(self) -> None:
        """See `Surface`. Before the first picture it only takes back `hide`."""
        self._is_hidden = False
        if self._size != (1, 1):
            self._cancel_appearing()
            self._appear()

    def close(self) -> None:
        """See `Surface`."""
        # The window may have gone with the root; a display that is gone needs no tidying.
        with contextlib.suppress(tk.TclError, GlassError):
            self._cancel_appearing()
        if self._frame is not None:
            self._frame.close()
        with contextlib.suppress(tk.TclError):
            _destroy(self.window)

    def _fit(self, size: tuple[int, int]) -> None:
        """Take the size of what is shown, and appear."""
        if size != self._size:
            self._size = size
            self.window.geometry(f"{size[0]}x{size[1]}")
        if not (self._is_mapped or self._is_hidden or self._appearing):
            # Not at once: who shows something for the first time moves it to its place next.
            self._appearing = self.window.after_idle(self._appear)

    def _appear(self) -> None:
        self._appearing = ""
        self._is_mapped = True
        self.window.deiconify()
        self.window.lift()
        if self._frame is not None:
            try:
                self._frame.stay_aside()
            except GlassError as error:
                log.warning("%s", error)

    def _cancel_appearing(self) -> None:
        if self._appearing:
            self.window.after_cancel(self._appearing)
            self._appearing = ""


def clamped(opacity: float) -> float:
    """From 0.1, so that she can be found again, to 1."""
    return min(1.0, max(0.1, opacity))

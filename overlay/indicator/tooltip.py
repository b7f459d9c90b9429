"""A line of plain words beside what the pointer rests on."""

import tkinter as tk

from overlay.bubble.style import Style
from overlay.schedule import Due, Schedule

DELAY_SECONDS = 0.45
_WRAP_PX = 300
_GAP_PX = 6

Box = tuple[int, int, int, int]
"""x, y, width, height in pixels of the desktop."""


class Tooltip:
    """Shows one text at a time, in a small window of its own.

    Args:
        root: Any window of the application.
        schedule: For the short wait before it appears.
        style: Fonts, colours, and the scale of the screen.
    """

    def __init__(self, root: tk.Misc, schedule: Schedule, style: Style) -> None:
        self._root, self._schedule, self._style = root, schedule, style
        self._window: tk.Toplevel | None = None
        self._label: tk.Label | None = None
        self._due: Due | None = None
        self.text = ""
        "What is shown, or will be in a moment; empty: nothing."
        self.is_shown = False

    def show(self, text: str, beside: Box, work: Box, is_now: bool = False) -> None:
        """Show a text above or below a box, within the work area; soon, or now."""
        if text == self.text and (self.is_shown or not is_now):
            return
        self._call_off()
        self.text = text
        if is_now or self.is_shown:
            self._appear(beside, work)
        else:
            self._due = self._schedule.after(DELAY_SECONDS, lambda: self._appear(beside, work))

    def hide(self) -> None:
        """Show nothing."""
        self._call_off()
        self.text = ""
        if self._window is not None and self.is_shown:
            self._window.withdraw()
        self.is_shown = False

    def close(self) -> None:
        """Destroy its window."""
        self.hide()
        if self._window is not None:
            self._window.destroy()
            self._window = self._label = None

    def _call_off(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _appear(self, beside: Box, work: Box) -> None:
        self._due = None
        window, label = self._ensure()
        label.configure(text=self.text)
        window.update_idletasks()
        width, height = window.winfo_reqwidth(), window.winfo_reqheight()
        x, y, beside_width, beside_height = beside
        gap = self._style.px(_GAP_PX)
        left, top = x + beside_width // 2 - width // 2, y - gap - height
        if top < work[1]:
            top = y + beside_height + gap
        left = max(work[0], min(left, work[0] + work[2] - width))
        window.geometry(f"+{left}+{top}")
        window.deiconify()
        window.lift()
        self.is_shown = True

    def _ensure(self) -> tuple[tk.Toplevel, tk.Label]:
        if self._window is None or self._label is None:
            palette = self._style.palette
            self._window = tk.Toplevel(self._root, background=palette.line)
            self._window.withdraw()
            self._window.overrideredirect(True)
            self._window.attributes("-topmost", True)
            self._label = tk.Label(
                self._window,
                font=(self._style.font or "TkDefaultFont", -self._style.small_px),
                background=palette.ground,
                foreground=palette.text,
                justify="left",
                wraplength=self._style.px(_WRAP_PX),
                padx=self._style.px(8),
                pady=self._style.px(4),
            )
            self._label.pack(padx=1, pady=1)
        return self._window, self._label

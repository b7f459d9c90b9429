"""Buttons of the bubble: round-ended, with a ring while they have the keyboard."""

import tkinter as tk
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageTk

from overlay.bubble.fonts import Fonts
from overlay.bubble.style import Style

_FINER = 4


class Pill(tk.Button):
    """A button that Tab reaches and that Enter and the space bar press.

    Args:
        parent: Where it is packed.
        fonts: For its label.
        style: For its colours.
        label: What is written on it.
        act: What it does.
        is_main: Filled, to be seen first.
    """

    def __init__(
        self,
        parent: tk.Misc,
        fonts: Fonts,
        style: Style,
        label: str,
        act: Callable[[], None],
        is_main: bool = False,
    ) -> None:
        palette = style.palette
        self._style, self._act = style, act
        self._is_possible = True
        fill = palette.main_ground if is_main else palette.button_ground
        font = fonts.get(is_bold=True)
        size = (font.measure(label) + style.px(30), fonts.line_px + style.px(12))
        self._plain = self._paint(parent, size, fill, None)
        self._ringed = self._paint(parent, size, fill, palette.main_text if is_main else palette.accent)
        self._faint = self._paint(parent, size, palette.button_ground, None)
        self._colour = palette.main_text if is_main else palette.button_text
        super().__init__(
            parent,
            text=label,
            font=font,
            command=self._run,
            image=self._plain,
            compound="center",
            bg=palette.ground,
            activebackground=palette.ground,
            fg=self._colour,
            activeforeground=self._colour,
            bd=0,
            highlightthickness=0,
            padx=0,
            pady=0,
            cursor="hand2",
            relief="flat",
            overrelief="flat",
            takefocus=True,
        )
        self._has_keyboard = False
        self.bind("<FocusIn>", lambda _: self._mark(has_keyboard=True), add="+")
        self.bind("<FocusOut>", lambda _: self._mark(has_keyboard=False), add="+")
        for key in ("<Return>", "<KP_Enter>"):
            self.bind(key, self._press)

    def set_possible(self, is_possible: bool) -> None:
        """Let it be pressed, or show that this would do nothing now.

        Not by Tk's `state`, which draws dots over a picture.
        """
        self._is_possible = is_possible
        colour = self._colour if is_possible else self._style.palette.muted
        cursor = "hand2" if is_possible else "arrow"
        self.configure(fg=colour, activeforeground=colour, cursor=cursor, takefocus=is_possible)
        self._mark(has_keyboard=self._has_keyboard)

    def _mark(self, *, has_keyboard: bool) -> None:
        self._has_keyboard = has_keyboard
        kept = self._ringed if has_keyboard else self._plain
        self.configure(image=kept if self._is_possible else self._faint)

    def _run(self) -> None:
        if self._is_possible:
            self._act()

    def _press(self, _: "tk.Event[tk.Misc]") -> str:
        self.invoke()
        return "break"

    def _paint(
        self, parent: tk.Misc, size: tuple[int, int], fill: str, ring: str | None
    ) -> ImageTk.PhotoImage:
        width, height = (length * _FINER for length in size)
        image = Image.new("RGB", (width, height), self._style.palette.ground)
        pen = ImageDraw.Draw(image)
        pen.rounded_rectangle((0, 0, width - 1, height - 1), height // 2, fill=fill)
        if ring is not None:
            inset = self._style.px(2) * _FINER
            pen.rounded_rectangle(
                (inset, inset, width - 1 - inset, height - 1 - inset),
                height // 2 - inset,
                outline=ring,
                width=self._style.px(1.5) * _FINER,
            )
        return ImageTk.PhotoImage(image.resize(size, Image.Resampling.LANCZOS), master=parent)

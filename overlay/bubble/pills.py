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
        is_go: Whether it is the one that lets something happen.
    """

    def __init__(
        self,
        parent: tk.Misc,
        fonts: Fonts,
        style: Style,
        label: str,
        act: Callable[[], None],
        is_go: bool = False,
    ) -> None:
        palette = style.palette
        self._style = style
        fill = palette.go_ground if is_go else palette.button_ground
        font = fonts.get(is_bold=True)
        size = (font.measure(label) + style.px(30), fonts.line_px + style.px(12))
        self._plain = self._paint(parent, size, fill, None)
        self._ringed = self._paint(parent, size, fill, palette.go_text if is_go else palette.accent)
        super().__init__(
            parent,
            text=label,
            font=font,
            command=act,
            image=self._plain,
            compound="center",
            bg=palette.ground,
            activebackground=palette.ground,
            fg=palette.go_text if is_go else palette.button_text,
            activeforeground=palette.go_text if is_go else palette.button_text,
            disabledforeground=palette.muted,
            bd=0,
            highlightthickness=0,
            padx=0,
            pady=0,
            cursor="hand2",
            relief="flat",
            overrelief="flat",
            takefocus=True,
        )
        self.bind("<FocusIn>", lambda _: self.configure(image=self._ringed), add="+")
        self.bind("<FocusOut>", lambda _: self.configure(image=self._plain), add="+")
        for key in ("<Return>", "<KP_Enter>"):
            self.bind(key, self._press)

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

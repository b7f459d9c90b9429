"""The fonts of the bubble, and how wide words are in them."""

import tkinter as tk
from tkinter import font as tkfont

from overlay.bubble.inline import Styles
from overlay.bubble.style import Style

_KEPT_WIDTHS = 4000
"""Widths of letters and words that are kept: asking Tk takes longer than laying out the line."""
_KEPT_LENGTH = 20


class Fonts:
    """One Tk font for each kind of letters; made when first used.

    Args:
        root: Any widget.
        style: Family and size.
        is_small: For what is said beside her words.
    """

    def __init__(self, root: tk.Misc, style: Style, is_small: bool = False) -> None:
        self._root = root
        self._px = style.small_px if is_small else style.font_px
        plain = tkfont.nametofont("TkDefaultFont", root)
        self._family = style.font or str(plain.actual("family"))
        self._mono = str(tkfont.nametofont("TkFixedFont", root).actual("family"))
        self._made: dict[tuple[bool, bool, bool], tkfont.Font] = {}
        self._widths: dict[tuple[str, bool, bool, bool], int] = {}
        self._gap: tkfont.Font | None = None

    @property
    def line_px(self) -> int:
        """The height of a line."""
        return int(self.get().metrics("linespace"))

    @property
    def letter_px(self) -> int:
        """The size of the letters."""
        return self._px

    @property
    def gap(self) -> tkfont.Font:
        """For the empty line between two paragraphs, which is half as high."""
        if self._gap is None:
            self._gap = tkfont.Font(root=self._root, family=self._family, size=-max(3, self._px // 2))
        return self._gap

    def get(self, is_bold: bool = False, is_italic: bool = False, is_mono: bool = False) -> tkfont.Font:
        """The font with these traits."""
        key = (is_bold, is_italic, is_mono)
        if key not in self._made:
            self._made[key] = tkfont.Font(
                root=self._root,
                family=self._mono if is_mono else self._family,
                # Letters of one width look larger than others of the same size.
                size=-round(self._px * (0.92 if is_mono else 1)),
                weight="bold" if is_bold else "normal",
                slant="italic" if is_italic else "roman",
            )
        return self._made[key]

    def of(self, styles: Styles) -> tkfont.Font:
        """The font of a run."""
        return self.get("bold" in styles, "italic" in styles, bool(styles & {"code", "block"}))

    def measure(self, text: str, styles: Styles) -> int:
        """The width of a text in pixels."""
        if len(text) > _KEPT_LENGTH:
            return self.of(styles).measure(text)
        key = (text, "bold" in styles, "italic" in styles, bool(styles & {"code", "block"}))
        width = self._widths.get(key)
        if width is None:
            if len(self._widths) >= _KEPT_WIDTHS:
                self._widths.clear()
            width = self._widths[key] = self.of(styles).measure(text)
        return width

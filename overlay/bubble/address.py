"""What a click on a link shows: the whole address, to copy or to open; nothing is opened unasked."""

import tkinter as tk
from collections.abc import Callable

from overlay.bubble.cleaning import reveal
from overlay.bubble.fonts import Fonts
from overlay.bubble.inline import Run
from overlay.bubble.page import Page, host
from overlay.bubble.pills import Pill
from overlay.bubble.style import Style

_MAX_LINES = 5


class AddressPanel:
    """An address with its buttons.

    Args:
        parent: The window of the bubble.
        style: Colours and sizes.
        width: In pixels.
        open_link: Opens an address in the browser.
        on_change: Its size has changed, or it is closed.
    """

    def __init__(
        self,
        parent: tk.Misc,
        style: Style,
        width: int,
        open_link: Callable[[str], object],
        on_change: Callable[[], None],
    ) -> None:
        self.is_open = False
        self.address = ""
        self._style, self._width = style, width
        self._open_link, self._on_change = open_link, on_change
        palette = style.palette
        fonts = Fonts(parent, style, is_small=True)
        self._line_px = fonts.line_px + style.px(4)
        self.frame = tk.Frame(parent, bg=palette.ground)
        self._line = tk.Frame(self.frame, bg=palette.line, height=1)
        self._page = Page(self.frame, fonts, style, width, lambda _: None)
        self._buttons = tk.Frame(self.frame, bg=palette.ground)
        self.copy_button = Pill(self._buttons, fonts, style, "Copy", self._copy)
        self.open_button = Pill(self._buttons, fonts, style, "Open", self._open, is_main=True)
        self.close_button = Pill(self._buttons, fonts, style, "Close", self.close)

    def show(self, address: str) -> None:
        """Show an address; it can be opened when it leads to a web site."""
        self.address = address
        self.is_open = True
        goal = host(address)
        self._page.write(
            [
                Run(reveal(address), frozenset({"block"})),
                Run("\n"),
                Run(f"Leads to {_plain_host(goal)}" if goal else "Not a web address.", frozenset({"muted"})),
            ]
        )
        for button in (self.copy_button, self.open_button, self.close_button):
            button.pack_forget()
        self.copy_button.pack(side="left")
        if goal:
            self.open_button.pack(side="left", padx=self._style.px(8))
        self.close_button.pack(side="right")
        self._on_change()

    def place(self, x: int, y: int, width: int) -> int:
        """Put it there; gives its height."""
        gap = self._style.px(8)
        text_px = self._page.needed_height(_MAX_LINES * self._line_px)
        row_px = self.copy_button.winfo_reqheight()
        self._line.place(x=0, y=0, width=width, height=1)
        self._page.frame.place(x=0, y=gap, width=self._width, height=text_px)
        self._buttons.place(x=0, y=2 * gap + text_px, width=width, height=row_px)
        height = 2 * gap + text_px + row_px
        self.frame.place(x=x, y=y, width=width, height=height)
        return height

    def close(self) -> None:
        """Take it away."""
        if not self.is_open:
            return
        self.is_open = False
        self.frame.place_forget()
        self._on_change()

    def _copy(self) -> None:
        self.frame.clipboard_clear()
        self.frame.clipboard_append(self.address)
        self.close()

    def _open(self) -> None:
        address = self.address
        self.close()
        if host(address):
            self._open_link(address)


def _plain_host(name: str) -> str:
    """A host as the network knows it, where letters of another script may only look like it."""
    if name.isascii():
        return name
    try:
        return f"{name} ({name.encode('idna').decode()})"
    except UnicodeError:
        return name

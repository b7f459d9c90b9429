"""What she says in one turn, from the first piece to how it ended, and the user's words before it."""

import tkinter as tk
from collections.abc import Callable

from backend.shared.records import Ending
from overlay.bubble.cleaning import clean
from overlay.bubble.fonts import Fonts
from overlay.bubble.inline import Run
from overlay.bubble.markdown import MAX_CHARACTERS, Change, Markdown
from overlay.bubble.page import Page
from overlay.bubble.style import Style

_CHUNK = 300
"""So many characters at most are shown at once, so that a flood does not hold the loop."""
_MAX_HEARD = 300

CUT = "\n(My words broke off here: the model stopped answering.)"
FAILED = "I could not answer that. Please try again."


class Speech:
    """Two pages: the user's own words, small, and hers.

    Args:
        parent: The window of the bubble.
        style: Colours and sizes.
        width: Of a line at most, in pixels.
        on_link: Called with the address when a link is clicked.
    """

    def __init__(self, parent: tk.Misc, style: Style, width: int, on_link: Callable[[str], None]) -> None:
        self.page = Page(parent, Fonts(parent, style), style, width, on_link)
        self.heard_page = Page(parent, Fonts(parent, style, is_small=True), style, width, lambda _: None)
        self.heard_page.text.configure(takefocus=False)
        self.has_heard = False
        self.has_text = False
        self._is_notice = False
        self._turn = ""
        self._pending: list[str] = []
        self._left = 0
        self._ending: Ending | None = None
        self._markdown = Markdown()
        self.length = 0
        "Characters of hers so far."

    @property
    def is_running(self) -> bool:
        """Whether more of her words may come."""
        return bool(self._turn)

    def begin(self, turn: str) -> None:
        """A new answer."""
        self._turn = turn
        self._pending.clear()
        self._left = MAX_CHARACTERS + 1
        self._ending = None
        self._markdown = Markdown()
        self.length = 0
        self.has_text = self._is_notice = False
        self.page.clear()
        self.page.unmute()

    def add(self, turn: str, text: str) -> bool:
        """Keep words for the next `flush`; False: they are of no interest."""
        if turn != self._turn or self._ending is not None or not text or self._left <= 0:
            return False
        self._pending.append(text[: self._left])
        self._left -= len(text)
        return True

    def end(self, turn: str, ending: Ending) -> bool:
        """The answer is over; False: it is not the one that is shown."""
        if turn != self._turn or not turn:
            return False
        self._ending = ending
        return True

    def flush(self) -> bool:
        """Show what has come; True: there is more to show."""
        waiting = "".join(self._pending)
        piece, rest = waiting[:_CHUNK], waiting[_CHUNK:]
        self._pending = [rest] if rest else []
        if piece:
            self._show(self._markdown.feed(piece))
            self.length += len(piece)
        if rest:
            return True
        if self._ending is not None:
            self._finish(self._ending)
        return False

    def _show(self, change: Change) -> None:
        if change.stay or change.rest:
            self.has_text = True
            self.forget_heard()
        self.page.apply(change)

    def _finish(self, ending: Ending) -> None:
        self._show(self._markdown.end())
        self._turn = ""
        note = frozenset({"muted", "italic"})
        if ending == "interrupted" and self.has_text:
            self.page.apply(Change(stay=[Run(" \u2014", note)]))
            self.page.mute()
        elif ending == "cut" and self.has_text:
            self.page.apply(Change(stay=[Run(CUT, note)]))
        elif ending in ("failed", "cut"):
            self.page.apply(Change(stay=[Run(("\n" if self.has_text else "") + FAILED, note)]))
            self.has_text = True

    def show_plain(self, text: str) -> None:
        """Show a notice in place of her words."""
        self.forget_heard()
        self.page.unmute()
        self.page.write([Run(text)])
        self.has_text = self._is_notice = True
        self.length = len(text)

    def hear(self, text: str) -> None:
        """Show the user's own words above hers."""
        text = " ".join(clean(text).split())
        if len(text) > _MAX_HEARD:
            text = text[:_MAX_HEARD].rstrip() + " ..."
        self.has_heard = bool(text)
        self.heard_page.write([Run(text, frozenset({"accent", "heard"}))] if text else [])

    def forget_passing(self) -> None:
        """The bubble has gone: only what she said herself is worth to be shown again."""
        self.forget_heard()
        if self._is_notice:
            self.has_text = self._is_notice = False

    def forget_heard(self) -> None:
        """The user's words have been shown long enough."""
        self.has_heard = False

    def share_selection(self) -> None:
        """Offer what is selected to the middle mouse button of other programs, as is usual on X11."""
        text = self.page.text
        if text.tk.call("tk", "windowingsystem") != "x11":
            return

        def give(offset: str, length: str) -> str:
            return self.page.selected[int(offset) : int(offset) + int(length)]

        def own(_: "tk.Event[tk.Misc]") -> None:
            if self.page.has_selection:
                text.selection_own(selection="PRIMARY")

        text.selection_handle(give, selection="PRIMARY")
        text.bind("<<Selection>>", own, add="+")

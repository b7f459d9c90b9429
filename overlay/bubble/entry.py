"""Where the user types to her: a few lines that grow, in the bubble."""

import contextlib
import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass

from backend.shared.events import MAX_MESSAGE_CHARACTERS
from overlay.bubble.fonts import Fonts
from overlay.bubble.letters import Letters
from overlay.bubble.pills import Pill
from overlay.bubble.style import Style

MAX_LINES = 5
_REMEMBERED = 20
_HINT = "Enter sends, Shift+Enter starts a line, Esc closes"


@dataclass(frozen=True, slots=True)
class EntryActions:
    """What the entry asks of the bubble."""

    send: Callable[[str], None]
    close: Callable[[], None]
    interrupt: Callable[[], None]
    resize: Callable[[], None]


class Entry:
    """A text field with its hint and buttons.

    Args:
        parent: The window of the bubble.
        style: Colours and sizes.
        width: In pixels.
        actions: Told what the user does.
    """

    def __init__(self, parent: tk.Misc, style: Style, width: int, actions: EntryActions) -> None:
        self.is_open = False
        self._style, self._width, self._actions = style, width, actions
        self._sent: list[str] = []
        self._recalled: int | None = None
        "Which of the sent ones is shown, counted from the newest."
        palette = style.palette
        self._fonts, small = Fonts(parent, style), Fonts(parent, style, is_small=True)
        self._line_px = self._fonts.line_px + style.px(2)
        self.frame = tk.Frame(parent, bg=palette.ground)
        self._box = tk.Frame(
            self.frame,
            bg=palette.ground,
            highlightthickness=style.px(1),
            highlightbackground=palette.line,
            highlightcolor=palette.accent,
        )
        self.letters = Letters(self._box, self._fonts, style)
        self.text = self.letters.text
        self.text.configure(wrap="word", undo=True, maxundo=200, cursor="xterm")
        self.letters.guard_insertion()
        self.hint = tk.Label(
            self.frame,
            text=_HINT,
            bg=palette.ground,
            fg=palette.muted,
            font=small.get(),
            anchor="nw",
            justify="left",
            bd=0,
            padx=0,
        )
        self.send_button = Pill(self.frame, small, style, "Send", self.send, is_main=True)
        self.stop_button = Pill(self.frame, small, style, "Stop", actions.interrupt)
        self._is_busy = False
        self._bind()

    def _bind(self) -> None:
        keys: dict[str, Callable[[], object]] = {
            "<Return>": self.send,
            "<KP_Enter>": self.send,
            "<Control-a>": self._select_all,
            "<Control-y>": self._redo,
            "<Tab>": self._leave,
        }
        for key, act in keys.items():
            self.text.bind(key, lambda _, act=act: self._done(act))  # type: ignore[misc]  # act is bound at once
        for key in ("<Shift-Return>", "<Control-Return>", "<Shift-KP_Enter>"):
            self.text.bind(key, lambda _: self._done(lambda: self.text.insert("insert", "\n")))
        self.text.bind("<Up>", lambda _: self._recall(1))
        self.text.bind("<Down>", lambda _: self._recall(-1))
        self.text.bind("<<Modified>>", self._changed)

    @staticmethod
    def _done(act: Callable[[], object]) -> str:
        act()
        return "break"

    # What is in it.

    @property
    def content(self) -> str:
        """What has been typed, emoji and all."""
        return self.letters.logical("1.0", "end-1c")

    def open(self, text: str = "") -> None:
        """Show it, with this text or the draft that was left."""
        self.is_open = True
        if text:
            self.text.delete("1.0", "end")
            self.text.insert("1.0", text)
        self.text.mark_set("insert", "end-1c")
        self.text.see("insert")
        self._check()

    def close(self) -> None:
        """Take it away; what has been typed is kept."""
        self.is_open = False
        self.frame.place_forget()

    def set_busy(self, is_busy: bool) -> None:
        """Offer to stop her while she speaks."""
        self._is_busy = is_busy

    def send(self) -> None:
        """Send what has been typed, if it is not too long; after a click on the button typing goes on."""
        self.text.focus_set()
        text = self.content.strip()
        if not text or len(text) > MAX_MESSAGE_CHARACTERS:
            self._check()
            return
        self._sent = [text, *(sent for sent in self._sent if sent != text)][:_REMEMBERED]
        self._recalled = None
        self.text.delete("1.0", "end")
        self.letters.forget()
        self.text.edit_reset()
        self._actions.send(text)

    def _changed(self, _: "tk.Event[tk.Misc]") -> None:
        if self.text.edit_modified():
            self.text.edit_modified(False)
            self._check()
            self._actions.resize()

    def _check(self) -> None:
        length = len(self.content.strip())
        is_long = length > MAX_MESSAGE_CHARACTERS
        excess = length - MAX_MESSAGE_CHARACTERS
        palette = self._style.palette
        self.hint.configure(
            text=f"Too long for one message: {excess:,} characters too many." if is_long else _HINT,
            fg=palette.warn if is_long else palette.muted,
        )
        self.send_button.set_possible(bool(length) and not is_long)

    def _recall(self, step: int) -> str | None:
        """Go through the sent messages, from the first line up and from the last one down."""
        is_own = self._recalled is not None and self.content == self._sent[self._recalled]
        if self.content and not is_own:
            return None
        wanted = (-1 if self._recalled is None or not self.content else self._recalled) + step
        if not -1 <= wanted < len(self._sent):
            return "break"
        self._recalled = wanted if wanted >= 0 else None
        self.text.delete("1.0", "end")
        self.text.insert("1.0", self._sent[wanted] if wanted >= 0 else "")
        self.text.mark_set("insert", "end-1c")
        return "break"

    def _select_all(self) -> None:
        self.text.tag_add("sel", "1.0", "end-1c")

    def _redo(self) -> None:
        with contextlib.suppress(tk.TclError):  # nothing to do again
            self.text.edit_redo()

    def _leave(self) -> None:
        following = self.text.tk_focusNext()
        if following is not None:
            following.focus_set()

    # Its place.

    def place(self, x: int, y: int, width: int) -> int:
        """Put it there; gives its height."""
        style = self._style
        gap, inset = style.px(6), style.px(6)
        inner = width - 2 * inset - 2 * style.px(1)
        text_px = max(self._line_px, min(self.letters.height_px, MAX_LINES * (self._line_px + style.px(2))))
        box_px = text_px + 2 * inset + 2 * style.px(1)
        self._box.place(x=0, y=0, width=width, height=box_px)
        self.text.place(x=inset, y=inset, width=inner, height=text_px)
        self.text.see("insert")
        buttons = [self.send_button, *([self.stop_button] if self._is_busy else [])]
        right, row_px = width, self.send_button.winfo_reqheight()
        for button in buttons:
            right -= button.winfo_reqwidth()
            button.place(x=right, y=box_px + gap)
            right -= gap
        if not self._is_busy:
            self.stop_button.place_forget()
        self.hint.configure(wraplength=max(1, right))
        hint_px = self.hint.winfo_reqheight()
        self.hint.place(x=0, y=box_px + gap, width=right, height=hint_px)
        height = box_px + gap + max(row_px, hint_px)
        self.frame.place(x=x, y=y, width=width, height=height)
        return height

"""What keys and pointer do in the bubble."""

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass

from overlay.bubble.balloon import Balloon
from overlay.bubble.card import Card
from overlay.bubble.speech import Speech
from overlay.bubble.style import Style


@dataclass(frozen=True, slots=True)
class GestureActions:
    """What the user wants of the bubble."""

    escape: Callable[[], None]
    stop: Callable[[], None]
    scroll: Callable[[int], None]
    dismiss: Callable[[], None]
    release: Callable[[], None]
    "The pointer has left, or nothing is selected any more."


class Gestures:
    """Binds keys, clicks and the menu for copying.

    Args:
        balloon: The windows.
        speech: What can be copied.
        card: What can be answered.
        style: Colours and sizes.
        actions: Told what the user wants.
    """

    def __init__(
        self, balloon: Balloon, speech: Speech, card: Card, style: Style, actions: GestureActions
    ) -> None:
        self._balloon, self._page, self._card = balloon, speech.page, card
        self._actions = actions
        self._menu = self._build_menu(style)
        window, text = balloon.window, self._page.text
        for key, act in {
            "<Escape>": actions.escape,
            "<Control-period>": actions.stop,
            "<Prior>": lambda: actions.scroll(-1),
            "<Next>": lambda: actions.scroll(1),
        }.items():
            window.bind(key, _alone(act))
        window.bind("<Button-1>", self._clicked, add="+")
        window.bind("<Leave>", lambda _: actions.release(), add="+")
        self.bind_surface()
        text.bind("<<Selection>>", lambda _: actions.release(), add="+")
        for key in ("<Control-c>", "<Control-Insert>"):
            text.bind(key, _alone(self._copy_selected))
        text.bind("<Control-a>", _alone(lambda: text.tag_add("sel", "1.0", "end-1c")))
        is_mac = text.tk.call("tk", "windowingsystem") == "aqua"
        text.bind("<Button-2>" if is_mac else "<Button-3>", self._open_menu)
        self._menu.bind("<Unmap>", lambda _: actions.release())
        speech.share_selection()

    def bind_surface(self) -> None:
        """Notice when the pointer leaves the ground."""
        self._balloon.surface.window.bind("<Leave>", lambda _: self._actions.release(), add="+")

    def _clicked(self, event: "tk.Event[tk.Misc]") -> None:
        """A click into the bubble gives it the keyboard, so that keys can copy, scroll and answer."""
        if isinstance(event.widget, tk.Text | tk.Button):
            if str(event.widget.cget("takefocus")) == "0":
                return  # a button that does nothing now
            self._balloon.take_keyboard(event.widget)
        elif self._card.is_open:
            self._balloon.take_keyboard(self._card.no)

    def _build_menu(self, style: Style) -> tk.Menu:
        palette = style.palette
        menu = tk.Menu(self._balloon.window, tearoff=False)
        if menu.tk.call("tk", "windowingsystem") == "x11":
            menu.configure(
                bg=palette.ground,
                fg=palette.text,
                activebackground=palette.select_ground,
                activeforeground=palette.text,
                disabledforeground=palette.muted,
                bd=1,
                activeborderwidth=0,
                relief="solid",
                font=("TkMenuFont", -style.font_px),
            )
        menu.add_command(label="Copy", command=self._copy_selected)
        menu.add_command(label="Copy all", command=lambda: self._copy(self._page.logical))
        menu.add_separator()
        menu.add_command(label="Close", command=self._actions.dismiss)
        return menu

    def _open_menu(self, event: "tk.Event[tk.Misc]") -> None:
        self._menu.entryconfigure("Copy", state="normal" if self._page.has_selection else "disabled")
        self._menu.tk_popup(event.x_root, event.y_root)

    @property
    def has_open_menu(self) -> bool:
        """Whether the menu for copying is open."""
        return bool(self._menu.winfo_ismapped())

    def _copy_selected(self) -> None:
        self._copy(self._page.selected)

    def _copy(self, text: str) -> None:
        if text:
            self._balloon.window.clipboard_clear()
            self._balloon.window.clipboard_append(text)


def _alone(act: Callable[[], object]) -> Callable[["tk.Event[tk.Misc]"], str]:
    """Do this, and nothing else that the key may mean."""

    def run(_: "tk.Event[tk.Misc]") -> str:
        act()
        return "break"

    return run

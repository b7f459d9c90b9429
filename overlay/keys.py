"""The keys she understands while she has the keyboard: one table for the bindings, the menu and the help."""

import tkinter as tk
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Key:
    """What some keys do."""

    action: str
    "What the application does for it."
    keysyms: tuple[str, ...]
    "As Tk names them, with modifiers before them."
    shown: str
    "What is printed on the keys."
    meaning: str
    "For the help; keys in a row with the same words are told once."


KEYS: tuple[Key, ...] = (
    Key("talk", ("Return", "KP_Enter"), "Enter", "type to her (or double-click her)"),
    Key("stop", ("Escape",), "Esc", "stop her, or close the bubble"),
    Key("menu", ("Menu", "App", "F10", "Shift-F10"), "Menu or F10", "the menu (or right-click her)"),
    Key("move_left", ("Left", "Shift-Left"), "Arrow keys", "move her; with Shift further (or drag her)"),
    Key("move_right", ("Right", "Shift-Right"), "Arrow keys", "move her; with Shift further (or drag her)"),
    Key("move_up", ("Up", "Shift-Up"), "Arrow keys", "move her; with Shift further (or drag her)"),
    Key("move_down", ("Down", "Shift-Down"), "Arrow keys", "move her; with Shift further (or drag her)"),
    Key("larger", ("plus", "KP_Add", "equal"), "+ and -", "larger and smaller (or turn the wheel over her)"),
    Key("smaller", ("minus", "KP_Subtract"), "+ and -", "larger and smaller (or turn the wheel over her)"),
    Key("scroll_back", ("Prior",), "Page up, down", "read back and on in the bubble"),
    Key("scroll_on", ("Next",), "Page up, down", "read back and on in the bubble"),
    Key("mute", ("m", "M"), "M", "mute her voice, or let it sound again"),
    Key("hide", ("h", "H"), "H", "hide her for 10 minutes (starting her again calls her back)"),
    Key("reset_position", ("Home",), "Home", "put her back where she began"),
    Key("help", ("F1",), "F1", "these keys"),
    Key("quit", ("Control-q", "Control-Q"), "Ctrl+Q", "quit"),
)


def shown(action: str) -> str:
    """The keys of an action, as they are printed; empty: it has none."""
    return next((key.shown for key in KEYS if key.action == action), "")


def help_text() -> str:
    """All keys, one a line, in plain words."""
    return "\n".join(dict.fromkeys(f"{key.shown}: {key.meaning}" for key in KEYS))


def bind_keys(window: tk.Misc, actions: Mapping[str, Callable[["tk.Event[tk.Misc]"], object]]) -> None:
    """Let the keys of a window do what the table says.

    Args:
        window: Has, or gets, the keyboard.
        actions: What to do by name of action; those that are missing are not bound. `event.state & 1` tells
            whether Shift is held.
    """
    for key in KEYS:
        act = actions.get(key.action)
        if act is None:
            continue
        for keysym in key.keysyms:
            try:
                window.bind(
                    f"<{keysym}>" if len(keysym) > 1 else f"<Key-{keysym}>", _and_no_more(act), add="+"
                )
            except tk.TclError:
                continue  # a key that this system's Tk does not know ("App" is the menu key of Windows)


def _and_no_more(act: Callable[["tk.Event[tk.Misc]"], object]) -> Callable[["tk.Event[tk.Misc]"], str]:
    def run(event: "tk.Event[tk.Misc]") -> str:
        act(event)
        # Tk's own use of F10 would look for a menu bar.
        return "break"

    return run

"""A key that is held to talk, whatever window has the keyboard.

While it is watched the key belongs to Alisa alone; but on macOS, and on Windows for Ctrl, Alt, Shift and the
Windows key by themselves, other programs see it too.
"""

import os
import re
import sys
from collections.abc import Callable
from typing import NamedTuple, Protocol

from backend.shared.errors import AlisaError

MODIFIERS = ("ctrl", "alt", "shift", "win")
_SIDES = tuple(f"{side} {modifier}" for modifier in MODIFIERS for side in ("left", "right"))
_FREE = (*(f"f{number}" for number in range(1, 25)), "pause", "scroll lock", "insert", "menu", "print screen")
_MOVING = ("home", "end", "page up", "page down")
_TYPING = (
    *"abcdefghijklmnopqrstuvwxyz0123456789",
    *("space", "tab", "enter", "backspace", "delete", "escape"),
)
KEYS = frozenset((*_SIDES, *_FREE, *_MOVING, *_TYPING))
"""The names of all keys; which of them there are is up to keyboard and system."""

_ALIASES = {
    "control": "ctrl",
    "strg": "ctrl",
    "option": "alt",
    "super": "win",
    "windows": "win",
    "cmd": "win",
    "command": "win",
    "meta": "win",
    "altgr": "right alt",
    "alt gr": "right alt",
    "break": "pause",
    "scrolllock": "scroll lock",
    "pageup": "page up",
    "pgup": "page up",
    "pagedown": "page down",
    "pgdn": "page down",
    "printscreen": "print screen",
    "print": "print screen",
    "ins": "insert",
    "del": "delete",
    "esc": "escape",
    "return": "enter",
}
_EXAMPLES = "F9, Pause, Scroll Lock, Insert, Right Ctrl, Ctrl+Alt+Space"


class HotkeyError(AlisaError):
    """Raised when a key cannot be watched.

    Codes: "key-unknown", "key-for-typing", "key-taken", "key-unavailable".
    """


class Combination(NamedTuple):
    """A key and what is held with it."""

    key: str
    """One of `KEYS`."""
    modifiers: frozenset[str]
    """Some of `MODIFIERS`."""

    @property
    def name(self) -> str:
        """For people."""
        held = [modifier for modifier in MODIFIERS if modifier in self.modifiers]
        return "+".join(part.title() for part in (*held, self.key))


class Watch(Protocol):
    """A key that is being watched."""

    def close(self) -> None:
        """Give the key back. Where it is held, it counts as let go; nothing is called any more afterwards."""
        ...


def parse(key: str) -> Combination:
    """Read a key as people write it: "F9", "Right Ctrl", "ctrl+alt+space".

    Raises:
        HotkeyError: "key-unknown"; "key-for-typing" for one that could not be typed any more.
    """
    *held, last = (_part(part) for part in key.split("+"))
    if last not in KEYS or not set(held) <= set(MODIFIERS):
        raise HotkeyError("key-unknown", f'There is no key "{key[:50]}". Write it like one of: {_EXAMPLES}.')
    found = Combination(last, frozenset(held))
    if last in (*_TYPING, *_MOVING) and not found.modifiers - {"shift"}:
        message = f"{found.name} alone could not be typed any more. Take another key, such as {_EXAMPLES}."
        raise HotkeyError("key-for-typing", message)
    return found


def _part(text: str) -> str:
    name = re.sub(r"[\s_-]+", " ", text).strip().lower()
    if name in KEYS:
        return name
    return _ALIASES.get(name) or " ".join(_ALIASES.get(word, word) for word in name.split(" "))


def unknown_here(combination: Combination) -> HotkeyError:
    """What to raise where a keyboard or a system has no such key."""
    message = f"This keyboard has no key {combination.name}. Take another one, such as {_EXAMPLES}."
    return HotkeyError("key-unknown", message)


def taken(combination: Combination) -> HotkeyError:
    """What to raise where the key belongs to another program."""
    message = f"{combination.name} belongs to another program already. Free it there, or take another key."
    return HotkeyError("key-taken", message)


def watch(key: str, on_change: Callable[[bool], None]) -> Watch:
    """Watch a key in a thread of its own.

    Args:
        key: As people write it; see `parse`.
        on_change: Called in that thread with True when the key is pressed and False when it is let go, in
            turn; a key that repeats while it is held is pressed once.

    Raises:
        HotkeyError: the key is none or not free, or no keys can be watched here.
    """
    combination = parse(key)
    if sys.platform == "win32":
        from backend.shared.desktop.windows_hotkeys import WindowsKeyWatch

        return WindowsKeyWatch(combination, on_change)
    elif sys.platform == "darwin":  # noqa: RET505 - so that the type checker sees each system's branch
        from backend.shared.desktop.macos_hotkeys import MacKeyWatch

        return MacKeyWatch(combination, on_change)
    else:
        return _watch_x11(combination, on_change)


def _watch_x11(combination: Combination, on_change: Callable[[bool], None]) -> Watch:
    if os.environ.get("WAYLAND_DISPLAY") or os.environ.get("XDG_SESSION_TYPE") == "wayland":
        # XWayland would grant the key, but show it only while a window of X has the keyboard.
        message = (
            "A Wayland desktop does not tell programs which keys are held in other windows. Hold the middle "
            "mouse button on Alisa instead, or log in to an X11 session."
        )
        raise HotkeyError("key-unavailable", message)
    try:
        from backend.shared.desktop.x11_hotkeys import connect
    except ImportError as error:
        message = "For a key to talk python-xlib is needed: pip install python-xlib."
        raise HotkeyError("key-unavailable", message) from error
    return connect(combination, on_change)

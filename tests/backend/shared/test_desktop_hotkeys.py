"""A key that is held to talk: seen from any window, once however it repeats, and given back."""

import gc
import subprocess
import sys
import time

import pytest
from Xlib import XK, X
from Xlib.display import Display
from Xlib.error import BadAccess, CatchError
from Xlib.ext import xtest

from backend.shared.desktop import hotkeys
from backend.shared.desktop.hotkeys import Combination, HotkeyError, parse

# python-xlib leaves the sockets of a failed attempt to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.mark.parametrize(
    ("text", "key", "modifiers"),
    [
        ("F9", "f9", ""),
        (" f24 ", "f24", ""),
        ("Pause", "pause", ""),
        ("Break", "pause", ""),
        ("Scroll Lock", "scroll lock", ""),
        ("scroll_lock", "scroll lock", ""),
        ("ScrollLock", "scroll lock", ""),
        ("Right Ctrl", "right ctrl", ""),
        ("right control", "right ctrl", ""),
        ("AltGr", "right alt", ""),
        ("Left Super", "left win", ""),
        ("Print Screen", "print screen", ""),
        ("print", "print screen", ""),
        ("PgUp+F1", None, ""),
        ("ctrl+alt+space", "space", "ctrl alt"),
        ("Control + Option + A", "a", "ctrl alt"),
        ("Cmd-Shift-X", None, ""),
        ("Cmd+Shift+X", "x", "win shift"),
        ("Shift+F9", "f9", "shift"),
        ("Strg+Page-Down", "page down", "ctrl"),
        ("", None, ""),
        ("+", None, ""),
        ("ctrl", None, ""),
        ("ctrl+", None, ""),
        ("F25", None, ""),
        ("the big red one", None, ""),
        ("F9\n\0", None, ""),
    ],
)
def test_keys_are_written_as_people_write_them(text, key, modifiers):
    if key is not None:
        assert parse(text) == Combination(key, frozenset(modifiers.split()))
        return
    with pytest.raises(HotkeyError) as refusal:
        parse(text)
    assert refusal.value.code == "key-unknown"
    assert "F9" in refusal.value.message


@pytest.mark.parametrize("text", ["a", "5", "Space", "Shift+A", "Return", "Delete", "Home"])
def test_a_key_that_one_types_with_is_refused(text):
    with pytest.raises(HotkeyError) as refusal:
        parse(text)
    assert refusal.value.code == "key-for-typing"


def test_importing_it_loads_no_xlib():
    code = "import sys, backend.shared.desktop.hotkeys; print('Xlib' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.strip() == "False"


class Keyboard:
    """The user's hands on the keys of a desk, and what became of the key to talk."""

    def __init__(self, desk):
        self.desk = desk
        self.changes = []
        self._watches = []

    def watch(self, key):
        found = hotkeys.watch(key, self.changes.append)
        self._watches.append(found)
        return found

    def code(self, name):
        return self.desk.display.keysym_to_keycode(XK.string_to_keysym(name))

    def press(self, name):
        xtest.fake_input(self.desk.display, X.KeyPress, self.code(name))
        self.desk.display.sync()

    def release(self, name):
        xtest.fake_input(self.desk.display, X.KeyRelease, self.code(name))
        self.desk.display.sync()

    def until(self, *changes):
        self.desk.wait_for(lambda: self.changes == list(changes), f"{changes}, not {self.changes}")

    def is_free(self, name):
        """Whether another program could have the key."""
        other = Display(self.desk.name)
        refused = CatchError(BadAccess)
        grab = (self.code(name), 0, False, X.GrabModeAsync, X.GrabModeAsync)
        other.screen().root.grab_key(*grab, onerror=refused)
        other.sync()
        other.close()
        return refused.get_error() is None

    def close(self):
        for found in self._watches:
            found.close()


@pytest.fixture
def keyboard(desk):
    found = Keyboard(desk)
    yield found
    found.close()


@pytest.mark.parametrize("key", ["F9", "Pause", "Scroll Lock", "Right Ctrl", "Right Shift"])
def test_a_key_is_seen_being_pressed_and_let_go(keyboard, key):
    name = {"Scroll Lock": "Scroll_Lock", "Right Ctrl": "Control_R", "Right Shift": "Shift_R"}.get(key, key)
    keyboard.watch(key)
    for number in range(1, 3):
        keyboard.press(name)
        keyboard.until(*[True, False] * (number - 1), True)
        keyboard.release(name)
        keyboard.until(*[True, False] * number)


def test_a_key_that_repeats_is_pressed_once(keyboard, desk):
    window = desk.open_window("Editor")
    desk.click(200, 200)
    desk.wait_for(lambda: desk.active_window == window.id, "the keyboard in the editor")
    keyboard.press("z")
    desk.wait_for(lambda: len(window.keys) > 3, "the keys of this server to repeat")
    keyboard.release("z")
    keyboard.watch("F9")
    keyboard.press("F9")
    time.sleep(0.9)  # it repeats after two thirds of a second
    assert keyboard.changes == [True]
    keyboard.release("F9")
    keyboard.until(True, False)
    assert set(window.keys) == {"z"}


def test_quick_presses_are_all_seen_in_turn(keyboard):
    keyboard.watch("F9")
    for _ in range(20):
        keyboard.press("F9")
        keyboard.release("F9")
    keyboard.desk.wait_for(lambda: keyboard.changes[-1:] == [False], "the last release")
    assert keyboard.changes == [True, False] * (len(keyboard.changes) // 2)


@pytest.mark.parametrize("lock", ["Num_Lock", "Caps_Lock", "Scroll_Lock"])
def test_locks_make_no_difference(keyboard, lock):
    keyboard.watch("F9")
    keyboard.press(lock)
    keyboard.release(lock)
    try:
        keyboard.press("F9")
        keyboard.until(True)
        keyboard.release("F9")
        keyboard.until(True, False)
    finally:
        keyboard.press(lock)
        keyboard.release(lock)


def test_a_combination_needs_all_of_its_keys_and_no_others(keyboard):
    keyboard.watch("ctrl+alt+space")
    for held in (["Control_L"], ["Alt_L"], ["Control_L", "Alt_L", "Shift_L"], ["Control_L", "Alt_L"]):
        for name in (*held, "space"):
            keyboard.press(name)
        for name in ("space", *held):
            keyboard.release(name)
    keyboard.until(True, False)


def test_closing_gives_the_key_back(keyboard, desk):
    watch = keyboard.watch("F9")
    assert not keyboard.is_free("F9")
    watch.close()
    watch.close()
    assert keyboard.is_free("F9")
    keyboard.press("F9")
    keyboard.release("F9")
    assert keyboard.changes == []
    keyboard.watch("F9")


def test_closing_while_it_is_held_lets_it_go(keyboard):
    watch = keyboard.watch("F9")
    keyboard.press("F9")
    keyboard.until(True)
    watch.close()
    assert keyboard.changes == [True, False]
    keyboard.release("F9")


def test_closing_from_the_watching_thread_is_no_deadlock(keyboard):
    found = []
    watch = hotkeys.watch("F9", lambda is_pressed: (found.append(is_pressed), watch.close()))
    keyboard.press("F9")
    keyboard.desk.wait_for(lambda: found == [True, False], "both")
    keyboard.release("F9")


def test_a_key_of_another_program_is_said_to_be_taken(keyboard):
    keyboard.watch("F9")
    with pytest.raises(HotkeyError) as refusal:
        keyboard.watch("f9")
    assert refusal.value.code == "key-taken"
    assert "F9 belongs to another program" in refusal.value.message
    keyboard.press("F9")
    keyboard.until(True)
    keyboard.release("F9")
    keyboard.watch("F10")


def test_what_one_takes_in_vain_is_given_back(keyboard, desk):
    other = Display(desk.name)
    numlock = 1 << 4
    other.screen().root.grab_key(keyboard.code("F9"), numlock, False, X.GrabModeAsync, X.GrabModeAsync)
    other.sync()
    with pytest.raises(HotkeyError):
        keyboard.watch("F9")
    assert keyboard.is_free("F9")
    other.close()


def test_a_key_this_keyboard_has_not_is_unknown(keyboard):
    with pytest.raises(HotkeyError) as refusal:
        keyboard.watch("F24")
    assert refusal.value.code == "key-unknown"


def test_the_key_is_followed_to_another_layout(keyboard, desk):
    keyboard.watch("Pause")
    old, new = keyboard.code("Pause"), keyboard.code("F12")
    before = [desk.display.get_keyboard_mapping(code, 1) for code in (old, new)]
    try:
        desk.display.change_keyboard_mapping(new, before[0])
        desk.display.change_keyboard_mapping(old, [[X.NoSymbol] * len(before[0][0])])
        desk.display.sync()

        def is_followed():
            xtest.fake_input(desk.display, X.KeyPress, new)
            xtest.fake_input(desk.display, X.KeyRelease, new)
            desk.display.sync()
            return keyboard.changes

        desk.wait_for(is_followed, "the key at its new place")
    finally:
        for code, mapping in zip((old, new), before, strict=True):
            desk.display.change_keyboard_mapping(code, mapping)
        desk.display.sync()


def test_on_wayland_it_says_so(keyboard, monkeypatch):
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    with pytest.raises(HotkeyError) as refusal:
        keyboard.watch("F9")
    assert refusal.value.code == "key-unavailable"
    assert "Wayland" in refusal.value.message


@pytest.mark.parametrize("name", ["", ":987"])
def test_without_a_display_it_says_so(monkeypatch, name):
    monkeypatch.setenv("DISPLAY", name)
    with pytest.raises(HotkeyError) as refusal:
        hotkeys.watch("F9", print)
    assert refusal.value.code == "key-unavailable"
    del refusal  # it holds on to those sockets
    gc.collect()

"""The table of keys: complete, without clashes, and bound as it says."""

from dataclasses import fields

from overlay import keys
from overlay.menu import MenuActions


def test_no_key_does_two_things():
    keysyms = [keysym for key in keys.KEYS for keysym in key.keysyms]
    assert len(keysyms) == len(set(keysyms))


def test_each_entry_of_the_menu_that_shows_a_key_has_one():
    actions = {field.name for field in fields(MenuActions)}
    for action in ("talk", "stop", "hide", "reset_position", "help", "quit"):
        assert action in actions
        assert keys.shown(action)
    assert keys.shown("set_mode") == ""


def test_the_help_tells_each_key_once():
    lines = keys.help_text().splitlines()
    assert len(lines) == len(set(lines)) == len({(key.shown, key.meaning) for key in keys.KEYS})
    assert "Enter: type to her (or double-click her)" in lines
    assert "*" not in keys.help_text()
    assert sum("Arrow keys" in line for line in lines) == 1


def test_keys_are_bound_and_reach_nobody_else(desk):
    root = desk.tk()
    root.deiconify()
    done = []
    keys.bind_keys(root, {key.action: lambda event, key=key: done.append(key.action) for key in keys.KEYS})
    root.bind_all("<Key>", lambda event: done.append("leak"))
    desk.wait_for(root.winfo_viewable, "the window", meanwhile=root.update)
    root.focus_force()
    desk.wait_for(lambda: root.focus_displayof() is not None, "the focus", meanwhile=root.update)
    pressed = {
        "Return": "talk",
        "Escape": "stop",
        "F10": "menu",
        "Left": "move_left",
        "Shift_L+Right": "move_right",
        "plus": "larger",
        "minus": "smaller",
        "Prior": "scroll_back",
        "m": "mute",
        "Home": "reset_position",
        "Control_L+q": "quit",
    }
    for name, action in pressed.items():
        done.clear()
        desk.key(name)
        desk.wait_for(lambda action=action: action in done, f"{action} by {name}", meanwhile=root.update)
        assert set(done) <= {action, "leak"}
        # A modifier alone is nobody's key; what has been used goes no further.
        assert done.count("leak") == ("+" in name or name == "plus")

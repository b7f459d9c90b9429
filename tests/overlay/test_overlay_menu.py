"""Her menu on a real desktop: opened by the mouse and by keys, used by both, and gone without a trace."""

import subprocess
import sys
from dataclasses import fields, replace

import numpy as np
import pytest

from backend.shared.desktop.focus import open_focus
from backend.shared.records import Sense
from overlay.bubble.style import Style
from overlay.menu import Menu, MenuActions, MenuState
from overlay.schedule import Schedule
from tests.overlay.desk import backdrop
from tests.overlay.paper_surface import PaperSurface

WORK = (0, 0, 1280, 900)
HER = (600, 300, 120, 200)
STATE = MenuState(
    mode="chat",
    modes=("chat", "focus"),
    emotion="sad",
    pack="alisa",
    packs={"alisa": "Alisa", "other": "Another one"},
    height_px=450,
    sizes={"Small": 300, "Medium": 450},
    is_linked=True,
    senses=(Sense("microphone", True), Sense("camera", False), Sense("screen", True)),
    switches={"screen": False, "cloud-voice": False},
)


class Stand:
    """Her, as a plain window with a menu."""

    def __init__(self, desk) -> None:
        self.desk = desk
        self.root = desk.tk()
        self.schedule = Schedule(self.root)
        self.done: list[tuple] = []
        self.closed = 0
        self.state = STATE
        names = [field.name for field in fields(MenuActions)]
        actions = MenuActions(**{name: self.record(name) for name in names})
        self.menu = Menu(self.root, actions, lambda: self.state, self.schedule, Style(), self.note_close)
        self.her = PaperSurface(self.root)
        window = self.her.window
        window.geometry("{2}x{3}+{0}+{1}".format(*HER))
        window.bind("<Button-3>", lambda event: self.menu.open(event.x_root, event.y_root, WORK))
        self.her.unhide()
        self.wait(lambda: not np.array_equal(desk.grab(*HER), backdrop(*HER)), "her window")

    def record(self, name):
        return lambda *arguments: self.done.append((name, *arguments))

    def note_close(self) -> None:
        self.closed += 1

    def wait(self, condition, what="it") -> None:
        self.desk.wait_for(condition, what, meanwhile=self.root.update)

    @property
    def tk_menu(self):
        return self.menu._menu

    def is_usable(self) -> bool:
        return self.menu.is_open and bool(self.tk_menu.winfo_viewable())

    def open(self) -> None:
        self.desk.click(650, 350, 3)
        self.wait(self.is_usable, "the menu")

    def key(self, *names: str) -> None:
        """Press keys, each after the one before has been taken in."""
        for name in names:
            seen = []
            binding = self.root.bind_all("<KeyRelease>", seen.append, add="+")
            self.desk.key(name)
            self.wait(lambda seen=seen: seen or not self.menu.is_open, f"the key {name}")
            self.root.unbind_all("<KeyRelease>")
            self.root.deletecommand(binding)

    def submenu(self, label: str):
        menu = self.tk_menu
        return menu.nametowidget(menu.entrycget(self.index(menu, label), "menu"))

    @staticmethod
    def index(menu, label: str) -> int:
        for index in range(menu.index("end") + 1):
            if menu.type(index) != "separator" and menu.entrycget(index, "label").startswith(label):
                return index
        raise AssertionError(f"no entry {label}")

    def labels(self, menu) -> list[str]:
        return [
            menu.entrycget(index, "label")
            for index in range(menu.index("end") + 1)
            if menu.type(index) != "separator"
        ]

    def is_marked(self, menu, label: str) -> bool:
        index = self.index(menu, label)
        now = self.root.getvar(menu.entrycget(index, "variable"))
        if menu.type(index) == "radiobutton":
            return now == menu.entrycget(index, "value")
        return bool(now)

    def focus(self) -> int:
        focused = self.desk.display.get_input_focus().focus
        return focused if isinstance(focused, int) else focused.id


@pytest.fixture
def stand(desk):
    yield from running(desk)


@pytest.fixture
def glass_stand(glass_desk):
    yield from running(glass_desk)


def running(desk):
    stand = Stand(desk)
    yield stand
    stand.menu.close()
    stand.schedule.close()


def check_right_click_keys_and_escape(stand):
    before = stand.desk.grab()
    stand.desk.click(650, 350, 3)
    stand.wait(stand.is_usable, "the menu")
    stand.wait(lambda: not np.array_equal(stand.desk.grab(), before), "the menu's pixels")
    assert stand.done == []
    stand.key("Down", "Return")
    stand.wait(lambda: stand.done, "the choice")
    assert stand.done == [("talk",)]
    stand.open()
    stand.key("Escape")
    stand.wait(lambda: not stand.menu.is_open, "the end")
    assert stand.closed == 2
    stand.wait(lambda: np.array_equal(stand.desk.grab(), before), "the desktop as it was")
    assert stand.done == [("talk",)]


def test_a_right_click_opens_it_keys_choose_and_escape_closes(stand):
    check_right_click_keys_and_escape(stand)


def test_the_same_with_a_compositor(glass_stand):
    check_right_click_keys_and_escape(glass_stand)


def test_the_keyboard_stays_with_the_window_that_has_it(stand):
    note = stand.desk.open_window("Note", (50, 50, 300, 200))
    stand.desk.click(100, 100)
    stand.desk.wait_for(lambda: stand.focus() == note.id, "the focus")
    stand.open()
    stand.key("Down", "Escape")
    stand.wait(lambda: not stand.menu.is_open, "the end")
    assert stand.focus() == note.id
    stand.desk.key("x")
    stand.desk.wait_for(lambda: "x" in note.keys, "the key")
    assert note.keys == ["x"]


def test_what_is_chosen_may_take_the_keyboard(stand):
    note = stand.desk.open_window("Note", (50, 50, 300, 200))
    stand.desk.click(100, 100)
    stand.desk.wait_for(lambda: stand.focus() == note.id, "the focus")
    stand.her.window.bind("<Key>", lambda event: stand.done.append(event.keysym))
    stand.done = Focusing(stand.her.window)
    stand.open()
    stand.key("Down", "Return")
    stand.wait(lambda: stand.done, "the choice")
    stand.wait(lambda: stand.focus() not in (note.id, 0, 1), "her focus")
    stand.desk.key("x")
    stand.wait(lambda: "x" in stand.done, "the key")
    assert note.keys == []
    stand.done.focus.give_back()
    stand.done.focus.give_back()
    stand.desk.wait_for(lambda: stand.focus() == note.id, "the focus")
    stand.desk.key("y")
    stand.desk.wait_for(lambda: note.keys == ["y"], "the key")
    stand.done.focus.close()


def test_the_keyboard_is_not_torn_from_a_window_the_user_went_to(stand):
    first = stand.desk.open_window("First", (50, 50, 300, 200))
    second = stand.desk.open_window("Second", (50, 400, 300, 200))
    stand.desk.click(100, 100)
    stand.desk.wait_for(lambda: stand.focus() == first.id, "the focus")
    focus = open_focus(stand.desk.name)
    focus.take(stand.her.window.winfo_id())
    stand.desk.wait_for(lambda: stand.focus() != first.id, "her focus")
    stand.desk.click(100, 450)
    stand.desk.wait_for(lambda: stand.focus() == second.id, "the focus")
    focus.give_back()
    focus.close()
    assert stand.focus() == second.id


def test_a_keyboard_without_an_owner_goes_to_nobody(stand, capsys):
    note = stand.desk.open_window("Note", (50, 50, 300, 200))
    stand.desk.click(100, 100)
    stand.desk.wait_for(lambda: stand.focus() == note.id, "the focus")
    focus = open_focus(stand.desk.name)
    focus.take(stand.her.window.winfo_id())
    note.close()
    focus.give_back()
    focus.take(1)
    focus.close()
    assert capsys.readouterr() == ("", "")


class Focusing(list):
    """Takes the keyboard when something is chosen."""

    def __init__(self, window) -> None:
        super().__init__()
        self.window = window
        self.focus = open_focus(window.winfo_screen())

    def append(self, item) -> None:
        super().append(item)
        if isinstance(item, tuple):
            self.focus.take(self.window.winfo_id())
            self.window.focus_force()


def test_a_click_elsewhere_closes_it_and_reaches_nobody(stand):
    stand.open()
    stand.desk.click(100, 800)
    stand.wait(lambda: not stand.menu.is_open, "the end")
    assert stand.done == []
    assert stand.closed == 1
    stand.desk.click(100, 820)
    stand.wait(lambda: (1, 100, 820) in stand.desk.backdrop.presses, "the click after it")


def test_by_keys_it_opens_beside_her_with_the_first_entry_chosen(stand):
    stand.menu.open_beside(HER, WORK)
    stand.wait(stand.is_usable, "the menu")
    menu = stand.tk_menu
    left, right = menu.winfo_rootx(), menu.winfo_rootx() + menu.winfo_width()
    assert right <= HER[0] or left >= HER[0] + HER[2]
    stand.wait(lambda: menu.index("active") == 0, "the first entry")
    stand.key("Return")
    stand.wait(lambda: stand.done == [("talk",)], "the choice")


@pytest.mark.parametrize("corner", [(1279, 899), (0, 899), (1279, 0)])
def test_it_stays_in_the_work_area(stand, corner):
    work = (0, 30, 1280, 800)
    stand.menu.open(*corner, work)
    stand.wait(stand.is_usable, "the menu")
    menu = stand.tk_menu
    assert menu.winfo_rootx() >= 0
    assert menu.winfo_rootx() + menu.winfo_width() <= 1280
    assert menu.winfo_rooty() >= 30
    assert menu.winfo_rooty() + menu.winfo_height() <= 830


def test_a_submenu_is_reached_and_used_by_keys(stand):
    stand.desk.point(2, 2)  # a submenu that opens below the pointer would follow it
    stand.menu.open_beside(HER, WORK)
    stand.wait(stand.is_usable, "the menu")
    stand.key("Down", "Right", "Down", "Return")
    stand.wait(lambda: stand.done, "the choice")
    assert stand.done == [("set_mode", "focus")]
    assert not stand.menu.is_open


def test_time_goes_on_while_it_is_open(stand):
    ticks = []

    def tick() -> None:
        ticks.append(1)
        stand.schedule.after(0.01, tick)

    tick()
    stand.open()
    so_far = len(ticks)
    stand.wait(lambda: len(ticks) > so_far + 5, "ticks")
    assert stand.menu.is_open


def test_it_shows_what_is_true(stand):
    stand.open()
    menu = stand.tk_menu
    assert stand.is_marked(stand.submenu("Mode"), "Chat")
    assert not stand.is_marked(stand.submenu("Mode"), "Focus")
    assert stand.is_marked(stand.submenu("Look"), "Alisa")
    assert stand.is_marked(stand.submenu("Emotion test"), "Sad")
    assert stand.is_marked(stand.submenu("Size"), "Medium")
    assert stand.is_marked(stand.submenu("Opacity"), "100%")
    assert stand.is_marked(menu, "Always in front")
    assert not stand.is_marked(menu, "Click-through")
    assert not stand.is_marked(menu, "Mute")
    assert menu.entrycget(stand.index(menu, "Stop"), "state") == "disabled"
    stand.menu.dismiss()
    stand.wait(lambda: not stand.menu.is_open, "the end")
    stand.state = replace(STATE, is_muted=True, is_speaking=True, is_linked=False, opacity=0.7)
    stand.open()
    menu = stand.tk_menu
    assert stand.is_marked(menu, "Mute")
    assert stand.is_marked(stand.submenu("Opacity"), "70%")
    assert menu.entrycget(stand.index(menu, "Stop"), "state") == "normal"
    assert menu.entrycget(stand.index(menu, "Mode"), "state") == "disabled"
    assert stand.labels(stand.submenu("Privacy")) == ["Not known while the hub is away"]


def test_privacy_marks_what_captures_whatever_the_switches_say(stand):
    stand.open()
    privacy = stand.submenu("Privacy")
    assert stand.labels(privacy) == [
        "Microphone",
        "Camera",
        "Screen (still on!)",
        "Cloud voice (not running, switched off)",
    ]
    assert [stand.is_marked(privacy, label) for label in ("Micro", "Camera", "Screen", "Cloud")] == [
        *(True, False, True, False)
    ]
    for label in ("Micro", "Camera", "Screen", "Cloud"):
        privacy.invoke(stand.index(privacy, label))
    assert stand.done == [
        ("switch", "microphone", False),
        ("switch", "camera", True),
        ("switch", "screen", False),
        ("switch", "cloud-voice", True),
    ]


ENTRIES = [
    ("", "Click-through", ("set_click_through", True)),
    ("", "Always in front", ("set_in_front", False)),
    ("", "Mute", ("switch", "voice", False)),
    ("", "Hide", ("hide",)),
    ("", "Reset", ("reset_position",)),
    ("", "Help", ("help",)),
    ("", "Quit", ("quit",)),
    ("Look", "Another", ("set_pack", "other")),
    ("Emotion test", "Angry", ("test_emotion", "angry")),
    ("Emotion test", "All", ("test_emotions", True)),
    ("Size", "Small", ("set_height", 300)),
    ("Size", "Larger", ("resize", 1)),
    ("Size", "Smaller", ("resize", -1)),
    ("Opacity", "85%", ("set_opacity", 0.85)),
]


def test_each_entry_does_what_it_says(stand):
    for submenu, label, expected in ENTRIES:
        stand.open()
        menu = stand.submenu(submenu) if submenu else stand.tk_menu
        menu.invoke(stand.index(menu, label))
        assert stand.done.pop() == expected
        assert stand.done == []
        stand.menu.dismiss()
        stand.wait(lambda: not stand.tk_menu.winfo_viewable(), "the end")


GRABBER = """
import sys
from Xlib import X, display
d = display.Display(sys.argv[1])
assert d.screen().root.grab_pointer(0, 0, X.GrabModeAsync, X.GrabModeAsync, 0, 0, X.CurrentTime) == 0
print("held", flush=True)
sys.stdin.readline()
d.close()
"""


def test_it_waits_for_a_mouse_that_another_program_holds(stand):
    with subprocess.Popen(
        [sys.executable, "-c", GRABBER, stand.desk.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        stand.menu.open_beside(HER, WORK)
        assert not stand.menu.is_open
        holder.communicate(b"\n")
    stand.wait(stand.is_usable, "the menu")
    stand.key("Escape")
    stand.wait(lambda: not stand.menu.is_open, "the end")


def test_opened_often_it_leaves_nothing_behind(stand):
    for _ in range(5):
        stand.open()
        stand.menu.dismiss()
        stand.wait(lambda: not stand.menu.is_open, "the end")
    menus = [child for child in stand.root.winfo_children() if child.winfo_class() == "Menu"]
    assert len(menus) == 1
    stand.menu.close()
    assert not [child for child in stand.root.winfo_children() if child.winfo_class() == "Menu"]

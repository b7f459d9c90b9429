"""Her right-click menu: everything that can be changed about her, also without a mouse."""

import tkinter as tk
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import get_args

from backend.shared.desktop.focus import open_focus
from backend.shared.records import EmotionName, Sense, SwitchName
from overlay import keys
from overlay.bubble.style import Style
from overlay.indicator.lights import SENSES, TITLES
from overlay.schedule import Due, Schedule

OPACITIES = (1.0, 0.85, 0.7, 0.5)
CLICK_THROUGH_TEXT = (
    "Clicks now go through me to what is below. To hold me again, click the yellow pointer at my feet."
)
HELD_TEXT = "Clicks reach me again."
_GAP_PX = 8
# Another program may hold the mouse for a moment, e.g. the window manager whose key opened the menu.
_GRAB_TRIES = 10
_GRAB_SECONDS = 0.05

Box = tuple[int, int, int, int]
"""x, y, width, height in pixels of the desktop."""


@dataclass(frozen=True)
class MenuState:
    """What the menu shows as it is."""

    mode: str = ""
    modes: Sequence[str] = ()
    emotion: str = "neutral"
    is_testing_emotions: bool = False
    pack: str = ""
    packs: Mapping[str, str] = field(default_factory=dict)
    "Title by name."
    height_px: int = 0
    sizes: Mapping[str, int] = field(default_factory=dict)
    'Height in pixels by name: "Small", "Medium", "Large".'
    opacity: float = 1.0
    has_opacity: bool = True
    "Whether the window can be seen through at all."
    is_in_front: bool = True
    is_click_through: bool = False
    is_muted: bool = False
    is_linked: bool = False
    is_speaking: bool = False
    "She speaks or writes: there is something to stop."
    senses: Sequence[Sense] = ()
    switches: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class MenuActions:
    """What the application does for each entry."""

    talk: Callable[[], None]
    stop: Callable[[], None]
    set_mode: Callable[[str], None]
    set_pack: Callable[[str], None]
    test_emotion: Callable[[EmotionName], None]
    test_emotions: Callable[[bool], None]
    "All in turn; False: stop it."
    set_height: Callable[[int], None]
    resize: Callable[[int], None]
    "By so many steps; less than 0: smaller."
    set_opacity: Callable[[float], None]
    set_in_front: Callable[[bool], None]
    set_click_through: Callable[[bool], None]
    switch: Callable[[SwitchName, bool], None]
    'Of a sense, or of her own voice ("voice").'
    hide: Callable[[], None]
    "For 10 minutes."
    reset_position: Callable[[], None]
    help: Callable[[], None]
    quit: Callable[[], None]


class Menu:
    """Built anew each time it opens, so that it always shows what is true then.

    On X11 `open` returns at once. On Windows and macOS it returns when the menu has closed: the system runs a
    loop of its own meanwhile. On Windows Tk lets timers go on in it (it serves Tcl's events from WM_INITMENU
    on), so that she keeps moving and what the hub says is still taken in; on macOS they wait. So nothing that
    is urgent may stand after the call, and no timer may destroy her windows while `is_open`.

    Args:
        root: Any window of the application.
        actions: What the entries do.
        look: Asked for the state when it opens.
        schedule: The overlay's timer.
        style: Fonts, colours, and the scale of the screen.
        on_close: Called when it has closed, whether something was chosen or not.
    """

    def __init__(
        self,
        root: tk.Misc,
        actions: MenuActions,
        look: Callable[[], MenuState],
        schedule: Schedule,
        style: Style,
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        self._root, self._actions, self._look = root, actions, look
        self._schedule, self._style, self._on_close = schedule, style, on_close
        self._system = str(root.tk.call("tk", "windowingsystem"))
        # Windows closes a menu by a click elsewhere only when it is of the application in front.
        self._focus = open_focus() if self._system == "win32" else None
        self._menu: tk.Menu | None = None
        self._variables: list[tk.Variable] = []
        self._retry: Due | None = None
        self.is_open = False

    def open(self, x: int, y: int, work: Box | None = None, is_by_key: bool = False) -> None:
        """Open it with its corner at a point of the desktop.

        Args:
            x: In pixels.
            y: In pixels.
            work: The part of the desktop it is to stay in.
            is_by_key: The first entry is chosen already, for the arrow keys.
        """
        if self.is_open:
            return
        self._destroy()
        self._menu = self._build(self._look())
        if work is not None:
            x, y = self._flip(x, y, work)
        self._post(x, y, is_by_key, _GRAB_TRIES)

    def open_beside(self, figure: Box, work: Box) -> None:
        """Open it beside her, by a key: on the side that has more room."""
        left, top, width, height = figure
        gap = self._style.px(_GAP_PX)
        is_right = work[0] + work[2] - (left + width) >= left - work[0]
        # Far to the left: it is moved back by as much as it is wide.
        x = left + width + gap if is_right else left - gap
        if self.is_open:
            return
        self._destroy()
        self._menu = self._build(self._look())
        if not is_right:
            x -= self._menu.winfo_reqwidth()
        x, y = self._clamp(x, top + height // 4, work)
        self._post(x, y, is_by_key=True, tries=_GRAB_TRIES)

    def dismiss(self) -> None:
        """Close it without a choice; in vain where the system shows it."""
        if self._menu is not None and self._menu.winfo_ismapped():
            self._menu.tk.call("tk::MenuUnpost", self._menu)

    def close(self) -> None:
        """Destroy it for good."""
        if self._retry is not None:
            self._retry.cancel()
        self.dismiss()
        self._destroy()
        if self._focus is not None:
            self._focus.close()

    # Opening and closing.

    def _post(self, x: int, y: int, is_by_key: bool, tries: int) -> None:
        menu = self._menu
        if menu is None:
            return
        self._retry = None
        if self._focus is not None:
            self._focus.take(self._root.winfo_id())
        self.is_open = True
        try:
            menu.tk_popup(x, y)
        except tk.TclError:
            # No grab: a menu that does not close on a click elsewhere is worse than one that comes later.
            menu.unpost()
            self.is_open = False
            if tries > 1:
                self._retry = self._schedule.after(
                    _GRAB_SECONDS, lambda: self._post(x, y, is_by_key, tries - 1)
                )
            return
        if self._system != "x11":
            self._closed()
            return
        # The grab brings the keys to this process; this brings them to the menu. Who has the keyboard
        # keeps it, for Tk does not move the X focus to a window that is none of the window manager's.
        menu.focus_force()
        if is_by_key:
            menu.activate(0)

    def _flip(self, x: int, y: int, work: Box) -> tuple[int, int]:
        """Where there is no room it opens to the other side, so that the pointer stays outside of it."""
        if self._menu is None:
            return x, y
        width, height = self._menu.winfo_reqwidth(), self._menu.winfo_reqheight()
        if x + width > work[0] + work[2] and x - width >= work[0]:
            x -= width
        if y + height > work[1] + work[3] and y - height >= work[1]:
            y -= height
        return self._clamp(x, y, work)

    def _clamp(self, x: int, y: int, work: Box) -> tuple[int, int]:
        if self._menu is None:
            return x, y
        right = work[0] + work[2] - self._menu.winfo_reqwidth()
        bottom = work[1] + work[3] - self._menu.winfo_reqheight()
        return max(work[0], min(x, right)), max(work[1], min(y, bottom))

    def _unmapped(self, event: "tk.Event[tk.Misc]") -> None:
        if event.widget is self._menu:
            self._closed()

    def _closed(self) -> None:
        if not self.is_open:
            return
        self.is_open = False
        if self._focus is not None:
            self._focus.give_back()
        self._on_close()

    def _destroy(self) -> None:
        if self._menu is not None:
            self._menu.destroy()
            self._menu = None
        self._variables.clear()

    def _choose(self, act: Callable[[], None]) -> Callable[[], None]:
        """What is chosen comes after the menu's end: it may want the keyboard for a window of its own."""

        def run() -> None:
            self._closed()
            act()

        return run

    # Building.

    def _new_menu(self, parent: tk.Misc) -> tk.Menu:
        menu = tk.Menu(parent, tearoff=False)
        font = (self._style.font or "TkMenuFont", -self._style.font_px)
        if self._system != "aqua":
            menu.configure(font=font)
        if self._system == "x11":
            palette = self._style.palette
            menu.configure(
                background=palette.ground,
                foreground=palette.text,
                activebackground=palette.select_ground,
                activeforeground=palette.text,
                disabledforeground=palette.muted,
                selectcolor=palette.accent,
                activeborderwidth=0,
                borderwidth=1,
                relief="solid",
            )
        return menu

    def _build(self, state: MenuState) -> tk.Menu:
        menu = self._new_menu(self._root)
        menu.bind("<Unmap>", self._unmapped, add="+")
        actions = self._actions
        self._add(menu, "Talk to her ...", actions.talk, "talk")
        self._add(menu, "Stop", actions.stop, "stop", is_possible=state.is_speaking)
        menu.add_separator()
        self._add_modes(menu, state)
        self._add_looks(menu, state)
        self._add_emotions(menu, state)
        self._add_sizes(menu, state)
        self._add_opacities(menu, state)
        menu.add_separator()
        self._add_check(menu, "Always in front", state.is_in_front, actions.set_in_front)
        self._add_check(menu, "Click-through", state.is_click_through, actions.set_click_through)
        menu.add_separator()
        self._add_check(
            menu,
            "Mute her voice",
            state.is_muted,
            lambda is_muted: actions.switch("voice", not is_muted),
            "mute",
        )
        self._add_privacy(menu, state)
        menu.add_separator()
        self._add(menu, "Hide for 10 minutes", actions.hide, "hide")
        self._add(menu, "Reset position", actions.reset_position, "reset_position")
        self._add(menu, "Help: keys", actions.help, "help")
        self._add(menu, "Quit", actions.quit, "quit")
        menu.update_idletasks()  # which finds its size
        return menu

    def _add(
        self,
        menu: tk.Menu,
        label: str,
        act: Callable[[], None],
        action: str = "",
        is_possible: bool = True,
    ) -> None:
        menu.add_command(
            label=label,
            command=self._choose(act),
            accelerator=keys.shown(action),
            state="normal" if is_possible else "disabled",
        )

    def _add_check(
        self, menu: tk.Menu, label: str, is_on: bool, act: Callable[[bool], None], action: str = ""
    ) -> None:
        variable = tk.BooleanVar(menu, is_on)
        self._variables.append(variable)
        menu.add_checkbutton(
            label=label,
            variable=variable,
            command=self._choose(lambda: act(not is_on)),
            accelerator=keys.shown(action),
        )

    def _add_choices(
        self, menu: tk.Menu, labels: Mapping[str, str], chosen: str, act: Callable[[str], None]
    ) -> None:
        """One entry for each value, by value and label, with a mark at the chosen one."""
        variable = tk.StringVar(menu, chosen)
        self._variables.append(variable)
        for value, label in labels.items():
            menu.add_radiobutton(
                label=label,
                value=value,
                variable=variable,
                command=self._choose(partial(act, value)),
            )

    def _add_submenu(self, menu: tk.Menu, label: str, is_possible: bool = True) -> tk.Menu:
        submenu = self._new_menu(menu)
        menu.add_cascade(label=label, menu=submenu, state="normal" if is_possible else "disabled")
        return submenu

    def _add_modes(self, menu: tk.Menu, state: MenuState) -> None:
        submenu = self._add_submenu(menu, "Mode", is_possible=bool(state.modes) and state.is_linked)
        labels = {name: name.replace("-", " ").capitalize() for name in state.modes}
        self._add_choices(submenu, labels, state.mode, self._actions.set_mode)

    def _add_looks(self, menu: tk.Menu, state: MenuState) -> None:
        submenu = self._add_submenu(menu, "Look", is_possible=bool(state.packs))
        self._add_choices(submenu, state.packs, state.pack, self._actions.set_pack)

    def _add_emotions(self, menu: tk.Menu, state: MenuState) -> None:
        submenu = self._add_submenu(menu, "Emotion test")
        names: dict[str, EmotionName] = {name: name for name in get_args(EmotionName)}
        labels = {name: name.capitalize() for name in names}
        self._add_choices(
            submenu, labels, state.emotion, lambda name: self._actions.test_emotion(names[name])
        )
        submenu.add_separator()
        self._add_check(submenu, "All in turn", state.is_testing_emotions, self._actions.test_emotions)

    def _add_sizes(self, menu: tk.Menu, state: MenuState) -> None:
        submenu = self._add_submenu(menu, "Size")
        labels = {str(height): name for name, height in state.sizes.items()}
        self._add_choices(
            submenu, labels, str(state.height_px), lambda height: self._actions.set_height(int(height))
        )
        if state.sizes:
            submenu.add_separator()
        for label, steps, key in (("Larger", 1, "+, wheel up"), ("Smaller", -1, "-, wheel down")):
            act = self._choose(partial(self._actions.resize, steps))
            submenu.add_command(label=label, accelerator=key, command=act)

    def _add_opacities(self, menu: tk.Menu, state: MenuState) -> None:
        submenu = self._add_submenu(menu, "Opacity", is_possible=state.has_opacity)
        labels = {str(share): f"{share:.0%}" for share in OPACITIES}
        self._add_choices(
            submenu, labels, str(state.opacity), lambda share: self._actions.set_opacity(float(share))
        )

    def _add_privacy(self, menu: tk.Menu, state: MenuState) -> None:
        """Check marks that show what really captures, whatever the switches say."""
        submenu = self._add_submenu(menu, "Privacy")
        if not state.is_linked:
            submenu.add_command(label="Not known while the hub is away", state="disabled")
            return
        for name in SENSES:
            reports = [sense for sense in state.senses if sense.name == name]
            is_on = any(sense.is_on for sense in reports)
            is_allowed = state.switches.get(name, True)
            label = TITLES[name]
            if not reports:
                label += " (not running)" if is_allowed else " (not running, switched off)"
            elif is_on and not is_allowed:
                label += " (still on!)"
            # Where nothing runs, it can be forbidden beforehand.
            wanted = not is_on if reports else not is_allowed
            self._add_check(submenu, label, is_on, self._switch(name, wanted))

    def _switch(self, name: SwitchName, is_on: bool) -> Callable[[bool], None]:
        return lambda _: self._actions.switch(name, is_on)

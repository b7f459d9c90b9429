"""The privacy indicator: a pill at her feet that shows which senses are on; a click switches each."""

import tkinter as tk
from collections.abc import Callable, Mapping, Sequence

from backend.shared.records import Sense, SenseName, SwitchName
from overlay.bubble.style import Style
from overlay.indicator.lights import SENSES, Lights, LightState
from overlay.indicator.pill import Mood, Slot, draw_pill, slot_px
from overlay.indicator.tooltip import Box, Tooltip
from overlay.schedule import Due, Schedule
from overlay.surfaces.surface import Picture, Surface

_GAP_PX = 4
LINGER_SECONDS = 0.7
"How long it stays whole after the pointer has left: enough to travel from her to it."
HANDLE_TEXT = "Click-through is on. Click to hold her again."
OFFLINE_TEXT = "The hub is away: what captures now is not known. She looks for it all the time."

_MOODS: Mapping[LightState, Mood] = {
    "on": "lit",
    "off": "crossed",
    "switching-off": "hollow",
    "switching-on": "hollow",
    "stuck": "alarm",
    "absent": "crossed",
    "unknown": "unknown",
}

_Place = SenseName | str
"""What stands at one place of the pill: a sense, "click-through" or "offline"."""


class Indicator:
    """Shows the truth about the senses, and nothing where there is nothing to show.

    Only what must be seen is there as a rule: senses that capture, the handle that ends click-through, the
    plug while the hub is away. While the pointer is over her or over the pill, everything is. A sense keeps
    its place on the screen meanwhile, so that nothing moves away under the pointer.

    Args:
        root: Any window of the application.
        schedule: The overlay's timer.
        open_surface: Opens a window that never lets all clicks through.
        on_switch: Called with the name of a sense and what it is to be.
        say: Called with a plain sentence when something is not as it was told to be.
        style: Fonts, colours, and the scale of the screen.
    """

    def __init__(
        self,
        root: tk.Misc,
        schedule: Schedule,
        open_surface: Callable[[], Surface],
        on_switch: Callable[[SwitchName, bool], None],
        say: Callable[[str], None],
        style: Style,
    ) -> None:
        self._root, self._schedule = root, schedule
        self._open_surface, self._on_switch, self._say = open_surface, on_switch, say
        self._scale = style.scale
        self._lights = Lights()
        self._tooltip = Tooltip(root, schedule, style)
        self._surface: Surface | None = None
        self._picture: Picture | None = None
        self._is_visible = False
        self._is_hidden = False
        self._shown: tuple[tuple[Slot, ...], int, int] | None = None
        self._places: tuple[_Place, ...] = ()
        "What is shown now, from left to right."
        self._figure: Box = (0, 0, 0, 0)
        self._work: Box = (0, 0, 0, 0)
        self._is_over_her = self._is_over_pill = self._is_open = False
        self._pointed_at: _Place | None = None
        self._closing: Due | None = None
        self._patience: Due | None = None
        self._hold_her_again: Callable[[], None] | None = None

    # What it is told.

    def show(self, senses: Sequence[Sense], switches: Mapping[str, bool], is_linked: bool) -> None:
        """Show what the capturing processes report; `switches`: what the user wants, as the hub knows it."""
        self._lights.report(senses, switches, is_linked, self._schedule.now())
        self._wait_for_senses()
        self._refresh()

    def place(self, figure: Box, work: Box) -> None:
        """Stand at her feet: below her where there is room, else beside her; always within the work area."""
        self._figure, self._work = figure, work
        self._refresh()

    def leave_room(self, figure: Box, work: Box) -> Box:
        """The work area without the strip at its lower edge, where the pill stands beside her feet."""
        left, top, width, height = work
        strip = slot_px(self._scale) + round(_GAP_PX * self._scale)
        return work if figure[1] + figure[3] + strip <= top + height else (left, top, width, height - strip)

    def set_click_through_way_back(self, is_on: bool, act: Callable[[], None] | None = None) -> None:
        """Show the handle that calls `act` while her own windows let every click pass; or take it away."""
        self._hold_her_again = act if is_on else None
        self._refresh()

    def hover(self, is_over_her: bool) -> None:
        """The pointer has come to her, or has left her."""
        self._is_over_her = is_over_her
        self._follow_pointer()

    def hide(self) -> None:
        """Vanish, e.g. while an application fills the screen."""
        self._is_hidden = True
        self._refresh()

    def unhide(self) -> None:
        """Be there again."""
        self._is_hidden = False
        self._refresh()

    def lift(self) -> None:
        """Come before all other windows again."""
        if self._surface is not None and self._is_visible:
            self._surface.lift()

    def reopen(self) -> None:
        """Open another window for it, e.g. after a compositor has started or stopped."""
        self._drop_surface()
        self._refresh()

    def close(self) -> None:
        """Destroy its windows."""
        for due in (self._closing, self._patience):
            if due is not None:
                due.cancel()
        self._closing = self._patience = None
        self._tooltip.close()
        self._drop_surface()

    # What is seen, for the menu and for tests.

    @property
    def lights(self) -> Lights:
        """The state of each sense."""
        return self._lights

    @property
    def tooltip(self) -> str:
        """The words that are shown beside the pill, or will be in a moment."""
        return self._tooltip.text

    def box_of(self, place: str) -> Box | None:
        """Where a sense, "click-through" or "offline" is on the screen; None: it is not shown."""
        if self._shown is None or place not in self._places:
            return None
        side = slot_px(self._scale)
        _, x, y = self._shown
        return x + self._places.index(place) * side, y, side, side

    # Painting.

    def _all_places(self) -> list[_Place]:
        handle = ["click-through"] if self._hold_her_again is not None else []
        offline = [] if self._lights.is_linked else ["offline"]
        return [*handle, *offline, *(name for name in SENSES if self._lights.state(name) != "absent")]

    def _is_essential(self, place: _Place) -> bool:
        return place not in SENSES or self._lights.needs_light(_sense(place))

    def _refresh(self) -> None:
        places = self._all_places()
        # From the first to the last that must be seen: what stands between them keeps the others in place.
        essential = [index for index, place in enumerate(places) if self._is_essential(place)]
        first, last = (0, len(places)) if self._is_open else (0, 0)
        if essential and not self._is_open:
            first, last = essential[0], essential[-1] + 1
        self._places = tuple(places[first:last])
        if self._is_hidden or not self._places or self._figure[2] <= 0:
            self._vanish()
            return
        x, y = self._corner(len(places))
        slots = tuple(self._slot(place) for place in self._places)
        self._paint(slots, x + first * slot_px(self._scale), y)
        self._explain()

    def _slot(self, place: _Place) -> Slot:
        is_pointed_at = place == self._pointed_at
        if place == "click-through":
            return Slot("click-through", "handle", is_pointed_at=is_pointed_at)
        if place == "offline":
            return Slot("offline", "dim", is_pointed_at=is_pointed_at)
        name = _sense(place)
        mood = _MOODS[self._lights.state(name)]
        return Slot(name, mood, self._lights.is_capturing(name), is_pointed_at)

    def _corner(self, count: int) -> tuple[int, int]:
        """Upper left corner of the whole pill."""
        side, gap = slot_px(self._scale), round(_GAP_PX * self._scale)
        width = side * count
        x, y, figure_width, figure_height = self._figure
        left, top, work_width, work_height = self._work
        right, bottom = left + work_width, top + work_height
        feet = y + figure_height
        if feet + gap + side <= bottom:
            corner = x + (figure_width - width) // 2, feet + gap
        elif x + figure_width + gap + width <= right:
            corner = x + figure_width + gap, feet - side
        elif x - gap - width >= left:
            corner = x - gap - width, feet - side
        else:
            corner = x + (figure_width - width) // 2, feet - side
        return max(left, min(corner[0], right - width)), max(top, min(corner[1], bottom - side))

    def _paint(self, slots: tuple[Slot, ...], x: int, y: int) -> None:
        surface = self._ensure_surface()
        before, self._shown = self._shown, (slots, x, y)
        if before is None or before[0] != slots:
            spent, self._picture = self._picture, surface.prepare(draw_pill(slots, self._scale))
            surface.show(self._picture)
            if spent is not None:
                spent.free()
        if before is None or before[1:] != (x, y):
            surface.move(x, y)
        if not self._is_visible:
            surface.unhide()
            self._is_visible = True
        # At once: a new window that is moved twice before Tk comes to it may stay at the first place.
        surface.window.update_idletasks()

    def _vanish(self) -> None:
        self._tooltip.hide()
        self._is_over_pill, self._pointed_at = False, None
        if self._surface is not None and self._is_visible:
            self._surface.hide()
        self._is_visible = False
        self._shown = None

    def _ensure_surface(self) -> Surface:
        if self._surface is None:
            self._surface = self._open_surface()
            window = self._surface.window
            window.configure(cursor="hand2")
            # Tk sets the background anew with every option. A question to the window system, so that this is
            # over before the surface paints, which it may do past Tk.
            window.winfo_pointerxy()
            window.bind("<Button-1>", self._click, add="+")
            window.bind("<Motion>", self._move, add="+")
            window.bind("<Enter>", self._move, add="+")
            window.bind("<Leave>", self._leave, add="+")
        return self._surface

    def _drop_surface(self) -> None:
        if self._picture is not None:
            self._picture.free()
            self._picture = None
        if self._surface is not None:
            self._surface.close()
            self._surface = None
        self._is_visible = False
        self._shown = None

    # The pointer.

    def _place_at(self, x_root: int) -> _Place | None:
        if self._shown is None:
            return None
        index = (x_root - self._shown[1]) // slot_px(self._scale)
        return self._places[index] if 0 <= index < len(self._places) else None

    def _move(self, event: "tk.Event[tk.Misc]") -> None:
        self._is_over_pill = True
        self._pointed_at = self._place_at(event.x_root)
        self._follow_pointer()
        self._refresh()

    def _leave(self, _event: "tk.Event[tk.Misc]") -> None:
        self._is_over_pill, self._pointed_at = False, None
        self._tooltip.hide()
        self._follow_pointer()
        self._refresh()

    def _follow_pointer(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
        if self._is_over_her or self._is_over_pill:
            if not self._is_open:
                self._is_open = True
                self._refresh()
        elif self._is_open:
            self._closing = self._schedule.after(LINGER_SECONDS, self._fold)

    def _fold(self) -> None:
        self._closing = None
        self._is_open = False
        self._refresh()

    def _explain(self, is_now: bool = False) -> None:
        """Say what the pointer rests on."""
        place = self._pointed_at
        box = self.box_of(place) if place is not None else None
        if place is None or box is None:
            self._tooltip.hide()
            return
        words = {"click-through": HANDLE_TEXT, "offline": OFFLINE_TEXT}
        text = words[place] if place in words else self._lights.describe(_sense(place))
        self._tooltip.show(text, box, self._work, is_now)

    def _click(self, event: "tk.Event[tk.Misc]") -> None:
        place = self._pointed_at = self._place_at(event.x_root)
        if place == "click-through":
            if self._hold_her_again is not None:
                self._hold_her_again()
            return
        if place in SENSES:
            self._flip(_sense(place))
        self._explain(is_now=True)

    def _flip(self, name: SenseName) -> None:
        wanted = self._lights.switch(name, self._schedule.now())
        if wanted is None:
            return
        self._wait_for_senses()
        self._refresh()
        self._on_switch(name, wanted)

    # Senses that do not obey.

    def _wait_for_senses(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        due = self._lights.next_due
        if due is not None:
            self._patience = self._schedule.at(due, self._complain)

    def _complain(self) -> None:
        self._patience = None
        for sentence in self._lights.complain(self._schedule.now()):
            self._say(sentence)
        self._wait_for_senses()
        self._refresh()


def _sense(place: _Place) -> SenseName:
    return next(name for name in SENSES if name == place)

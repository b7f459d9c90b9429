"""The composition root of the overlay: the one place where all its parts meet."""

import gc
import logging
import random
import tkinter as tk
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import TracebackType

from backend.shared import events, settings
from backend.shared.desktop import screens
from backend.shared.errors import AlisaError
from overlay import NO_SCREEN, keys
from overlay.bubble.bubble import Actions, Bubble
from overlay.bubble.style import Style
from overlay.controls import BROKEN_TEXT, Controls, Parts
from overlay.gestures import Asked, Gestures
from overlay.indicator.indicator import Indicator
from overlay.life.machine import Life
from overlay.link import Link
from overlay.menu import Menu
from overlay.packs.loader import SHIPPED, Pack, find_packs, load
from overlay.packs.tables import PackError
from overlay.placement import Placement
from overlay.reactions import WANTS, Reactions
from overlay.schedule import Due, Schedule
from overlay.stage import Stage
from overlay.surfaces.choice import is_right, open_surface
from overlay.surfaces.surface import Surface
from overlay.wakeups import Wakeups

log = logging.getLogger(__name__)

MOST_EVENTS = 100
"At once from the hub: a flood must leave time for drawing."
POLL_SECONDS = 0.015
"Where Tk cannot wait for the hub's socket."
WATCH_SECONDS = 1.0
AWAY_SECONDS = 60.0
"Who has touched nothing so long, where there is no camera, counts as away."
COLLECT_SECONDS = 60.0
IDLE_SECONDS, IDLE_ASLEEP_SECONDS = 30.0, 2.0
"Between looks at whether somebody touches something."


def run(
    home: Path,
    chosen: settings.Overlay,
    *,
    is_reset: bool = False,
    has_pack: bool = False,
    has_height: bool = False,
) -> None:
    """Show her until she is told to go.

    Args:
        home: Alisa's folder.
        chosen: The settings.
        is_reset: Forget where she stood and how high she was.
        has_pack: Her look was chosen for this start: it is stronger than what is remembered.
        has_height: So was her height.

    Raises:
        AlisaError: There is no screen, or her look is broken.
    """
    placement = Placement(home)
    if is_reset:
        placement.forget()
    if has_height:
        placement.forget_heights()
    if has_pack:
        placement.pack = chosen.pack
    folders = (home / "avatars", SHIPPED)
    pack, complaint = find_pack(folders, placement.pack, chosen.pack)
    root = open_root()
    app = App(root, home, chosen, placement, pack, folders)
    try:
        app.run(complaint)
    finally:
        app.close()


def open_root() -> tk.Tk:
    """The hidden main window.

    Raises:
        AlisaError: There is no screen.
    """
    screens.set_dpi_awareness()
    try:
        root = tk.Tk(className="Alisa")
    except tk.TclError as error:
        raise AlisaError("no-display", NO_SCREEN) from error
    root.withdraw()
    root.title("Alisa")
    return root


def find_pack(folders: Sequence[Path], remembered: str, wanted: str) -> tuple[Pack, str]:
    """The look chosen in the menu while it is there and right, else that of the settings.

    Returns:
        The look, and what is wrong with the one that was chosen in the menu; empty: nothing.

    Raises:
        PackError: That of the settings is broken, or not there.
    """
    known, complaint = find_packs(folders), ""
    if remembered != wanted and remembered in known:
        try:
            return load(known[remembered], folders), ""
        except PackError as error:
            complaint = BROKEN_TEXT.format(remembered, error.message)
            log.warning("A look that was chosen is broken.")
    if wanted in known:
        try:
            return load(known[wanted], folders), complaint
        except PackError as error:
            raise PackError(error.code, BROKEN_TEXT.format(wanted, error.message)) from error
    listed = ", ".join(known) or "none"
    raise PackError(
        "pack-unknown",
        f'There is no look "{wanted}" (overlay.pack in alisa.toml, or --pack). There are: {listed}.',
    )


class App:
    """Everything the overlay is made of, put together.

    Args:
        root: The hidden main window; destroyed by `close`.
        home: Alisa's folder.
        chosen: The settings.
        placement: Where she stood.
        pack: Her look.
        folders: Where looks are.
    """

    def __init__(
        self,
        root: tk.Tk,
        home: Path,
        chosen: settings.Overlay,
        placement: Placement,
        pack: Pack,
        folders: Sequence[Path],
    ) -> None:
        self._root, self._chosen = root, chosen
        root.report_callback_exception = self._report
        self._schedule = schedule = Schedule(root)
        self._is_over = False
        self._wakeups = Wakeups(root, schedule)
        self._wakeups.on_signals(self.quit)
        self._watch = screens.watch()
        self._stage = stage = Stage(root, schedule, self._watch, placement, pack, chosen)
        style = Style(
            chosen.font,
            chosen.font_points,
            stage.monitor.scale,
            is_dark=chosen.dark,
            is_motion_reduced=chosen.reduced_motion,
        )
        self._life = Life(
            random.Random(),  # noqa: S311 - she only blinks by it
            schedule.now(),
            chosen.reduced_motion,
            chosen.sleep_minutes * 60,
            self._find_pointer,
        )
        self._link = Link(home, events.Hello(name="overlay", wants=WANTS))
        parts = Parts(stage, self._life, self._link, schedule)
        self._controls = controls = Controls(parts, folders, self._tick, self.quit)
        opened = partial(open_surface, root, chosen.surface)
        answered = Actions(controls.say, controls.answer, controls.stop)
        self._bubble = controls.bubble = Bubble(root, schedule, opened, style, answered)
        self._indicator = controls.indicator = Indicator(
            root, schedule, opened, controls.switch, self._bubble.say_plainly, style
        )
        # Her words are never behind her, and what captures is to be seen whatever she says.
        stage.on_lift = self._bubble.balloon.lift
        self._bubble.balloon.on_lift = self._indicator.lift
        self._reactions = Reactions(
            self._life, self._bubble, schedule.now, self._show_standing, controls.come_forward
        )
        controls.standing = self._reactions.standing
        self._menu = Menu(root, controls.menu_actions(), controls.menu_state, schedule, style)
        asked = Asked(controls.click, controls.talk, self._open_menu, self._indicator.hover, controls.push)
        self._gestures = Gestures(stage, schedule, asked, chosen.reduced_motion)
        self._next: Due | None = None

    def run(self, complaint: str = "") -> None:
        """Show her and serve the hub, the desktop and the user until `quit`; say first what is wrong."""
        self._stage.on_change = self._place_parts
        self._stage.on_open = self._bind
        self._bind(self._stage.surface)
        self._place_parts()
        self._root.update_idletasks()  # what was never laid out cannot be measured
        self._bubble.say_plainly(complaint)
        self._link.start()
        self._wakeups.add(self._link.fileno(), self._take_events, lambda: POLL_SECONDS)
        if self._watch is not None:
            self._wakeups.add(self._watch.fileno(), self._take_changes, lambda: WATCH_SECONDS)
        self._see_idle()
        gc.freeze()
        gc.disable()
        self._collect()
        if not self._is_over:
            self._root.mainloop()

    def quit(self) -> None:
        """End the overlay."""
        self._is_over = True
        self._root.quit()

    def close(self) -> None:
        """Close everything, in the order in which the parts lean on each other."""
        self._wakeups.close()
        self._link.close()
        self._menu.close()
        self._controls.close()
        self._indicator.close()
        self._bubble.close()
        self._stage.close()
        if self._watch is not None:
            self._watch.close()
        self._schedule.close()
        self._root.destroy()

    # What wakes her.

    def _tick(self) -> None:
        """Live on until the next thing is due."""
        if self._next is not None:
            self._next.cancel()
            self._next = None
        pose = self._life.advance(self._schedule.now())
        due = self._life.next_due
        if due is not None:
            self._next = self._schedule.at(due, self._tick)
        # Last: where it fails, e.g. for a picture that was deleted, she still lives on.
        if not self._stage.is_hidden:
            self._stage.show(pose)

    def _take_events(self) -> None:
        taken = self._link.drain(MOST_EVENTS)
        for event in taken:
            self._reactions.take(event)
        if taken:
            self._tick()
            # While more waits Tk has no idle time, in which it would paint.
            self._root.update_idletasks()

    def _take_changes(self) -> None:
        changes = self._watch.read() if self._watch is not None else frozenset()
        if not changes:
            return
        if "compositor" in changes and not is_right(self._stage.surface, self._chosen.surface):
            self._bubble.renew_surface()
            self._indicator.reopen()
        self._stage.take_changes(changes)
        if changes & {"stacking", "fullscreen"} and self._stage.is_in_front and not self._menu.is_open:
            self._stage.lift()

    def _collect(self) -> None:
        """Python would collect in whichever thread it likes; what belongs to Tk must go in this one."""
        gc.collect()
        self._schedule.after(COLLECT_SECONDS, self._collect)

    def _see_idle(self) -> None:
        """Without a camera, hands that touch nothing tell that the user is away."""
        idle = screens.idle_seconds() if self._chosen.sleep_minutes else None
        if idle is None:
            return
        if not self._reactions.standing.has_camera:
            self._life.see_presence("away" if idle >= AWAY_SECONDS else "present", self._schedule.now())
            self._tick()
        is_asleep = self._stage.figure.pose.is_asleep
        self._schedule.after(IDLE_ASLEEP_SECONDS if is_asleep else IDLE_SECONDS, self._see_idle)

    def _find_pointer(self) -> tuple[float, float] | None:
        x, y = self._root.winfo_pointerxy()
        if (x, y) == (-1, -1):  # on another screen
            return None
        eyes, scale = self._stage.eyes, self._stage.scale
        return (x - eyes[0]) / scale, (y - eyes[1]) / scale

    def _report(
        self, kind: type[BaseException], fault: BaseException, traceback: TracebackType | None
    ) -> None:
        """A fault in one reaction is logged, and she goes on."""
        if isinstance(fault, KeyboardInterrupt):
            self.quit()
        else:
            log.error("A fault in the overlay.", exc_info=(kind, fault, traceback))

    # Where the parts are.

    def _bind(self, surface: Surface) -> None:
        self._gestures.bind(surface.window)
        keys.bind_keys(surface.window, self._controls.key_actions(self._open_menu_by_key))

    def _place_parts(self) -> None:
        stage = self._stage
        self._life.rest(stage.is_hidden, self._schedule.now())
        work = stage.monitor.work
        self._bubble.place(stage.head, stage.box, self._indicator.leave_room(stage.box, work), stage.face)
        self._indicator.place(stage.box, work)
        if stage.is_hidden:
            self._gestures.cancel()
            self._bubble.hide()
        else:
            self._bubble.unhide()
        # What captures is to be seen also while she is away; only films are left alone.
        if stage.is_in_fullscreen:
            self._indicator.hide()
        else:
            self._indicator.unhide()
        self._tick()

    def _show_standing(self) -> None:
        standing = self._reactions.standing
        self._indicator.show(standing.senses, standing.switches, standing.is_linked)

    def _open_menu(self, x: int, y: int) -> None:
        self._gestures.cancel()
        self._menu.open(x, y, self._stage.monitor.work)

    def _open_menu_by_key(self) -> None:
        self._menu.open_beside(self._stage.box, self._stage.monitor.work)

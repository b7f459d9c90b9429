"""Where and how she is shown: her look, size and place, and the reasons not to show her."""

import tkinter as tk
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from backend.shared import settings
from backend.shared.desktop.screens import Box, Change, Monitor, Watch, is_overlapping
from overlay import dragging
from overlay.figure import Figure
from overlay.life.pose import Pose
from overlay.packs.composer import Composer
from overlay.packs.loader import Pack, load
from overlay.placement import Outline, Placement, Point, Spot, clamp, default_height, limit_height, monitor_at
from overlay.schedule import Due, Schedule
from overlay.surfaces.choice import is_right, open_surface
from overlay.surfaces.surface import Surface

SAVE_SECONDS = 2.0
"After the last change: turning the wheel is one change."

NEAR_SHARE = 0.15
SIZE_SHARES = {"Small": 0.2, "Medium": 0.4, "Large": 0.6, "Very large": 0.85}
"Of the height of the work area."

FULLSCREEN, NAP = "fullscreen", "nap"


class Stage:
    """Her window on the desktop, whichever kind it is and whatever becomes of the monitors.

    Attributes:
        on_change: Called when she has moved, grown, or is shown or hidden.
        on_lift: Called when she has come before all other windows.
        on_open: Called with a new window, to bind to it.

    Args:
        root: The hidden main window.
        schedule: The overlay's timer.
        watch: Of the screens; None where there is nothing to watch.
        placement: Where she stood.
        pack: Her look.
        chosen: The settings.
    """

    def __init__(
        self,
        root: tk.Tk,
        schedule: Schedule,
        watch: Watch | None,
        placement: Placement,
        pack: Pack,
        chosen: settings.Overlay,
    ) -> None:
        self._root, self._schedule, self._watch = root, schedule, watch
        self._placement, self._chosen = placement, chosen
        self.on_change: Callable[[], None] = lambda: None
        self.on_lift: Callable[[], None] = lambda: None
        self.on_open: Callable[[Surface], None] = lambda _: None
        self._hidden_for: set[str] = set()
        self._saving: Due | None = None
        self.is_click_through = False
        self.pack = pack
        self._composer = Composer(pack, placement.height(self.monitors, self._wanted_px()))
        self.spot = placement.choose(self.monitors, self.outline)
        self.surface: Surface = open_surface(root, chosen.surface)
        self.figure = Figure(self.surface, self._composer, schedule, chosen.reduced_motion)
        self._show_first(Pose())

    # What is true of her now.

    @property
    def monitors(self) -> Sequence[Monitor]:
        """The monitors, the primary one first."""
        if self._watch is not None and self._watch.monitors:
            return self._watch.monitors
        box = (0, 0, self._root.winfo_screenwidth(), self._root.winfo_screenheight())
        return [Monitor("screen", *box, work=box, scale=1.0, is_primary=True)]

    @property
    def monitor(self) -> Monitor:
        """The one she stands on."""
        return monitor_at(self.spot, self.outline, self.monitors)

    @property
    def outline(self) -> Outline:
        """Her picture in shown pixels."""
        scale, pack = self._composer.scale, self.pack
        width, height = self._composer.size
        x, y, face_width, face_height = (round(value * scale) for value in pack.face)
        feet = round(pack.feet[0] * scale), round(pack.feet[1] * scale)
        return Outline(width, height, feet, (x, y, face_width, face_height))

    @property
    def box(self) -> Box:
        """Her window on the desktop."""
        outline = self.outline
        return *self.spot.corner(outline), outline.width, outline.height

    @property
    def head(self) -> Point:
        """Where a bubble points, on the desktop."""
        x, y, _, _ = self.box
        scale = self._composer.scale
        return x + round(self.pack.head[0] * scale), y + round(self.pack.head[1] * scale)

    @property
    def face(self) -> Box:
        """The part that tells her emotion, on the desktop."""
        x, y, _, _ = self.box
        left, top, width, height = self.outline.face
        return x + left, y + top, width, height

    @property
    def eyes(self) -> Point:
        """The middle of her face, on the desktop."""
        left, top, width, height = self.face
        return left + width // 2, top + height // 2

    @property
    def scale(self) -> float:
        """Shown pixels for one pixel of the pack's canvas."""
        return self._composer.scale

    @property
    def sizes(self) -> Mapping[str, int]:
        """The heights the menu offers, by name."""
        monitor = self.monitor
        return {
            name: limit_height(self._exact(round(monitor.work[3] * share)), monitor)
            for name, share in SIZE_SHARES.items()
        }

    @property
    def is_hidden(self) -> bool:
        """Whether there is a reason not to show her."""
        return bool(self._hidden_for)

    @property
    def is_in_fullscreen(self) -> bool:
        """Whether an application fills her screen."""
        return FULLSCREEN in self._hidden_for

    @property
    def opacity(self) -> float:
        """From 0.1 to 1."""
        return self._placement.opacity

    @property
    def is_in_front(self) -> bool:
        """Whether she stays above other windows."""
        return self._placement.is_in_front

    # What is done to her.

    def show(self, pose: Pose) -> None:
        """Look like this."""
        self.figure.show(pose)

    def move(self, corner: Point) -> None:
        """Be moved, for the moment: the pointer holds her, or she slides."""
        self.spot = Spot.at(corner, self.outline)
        self._put()

    def stay(self, spot: Spot) -> None:
        """Stand there from now on."""
        self.spot = spot
        self._put()
        self._remember()

    def settle(self, corner: Point) -> None:
        """Stay near where she was let go."""
        self.stay(dragging.settle(corner, self.outline, self.monitors))

    def step(self, direction: dragging.Direction, *, is_far: bool) -> None:
        """Go a step."""
        self.stay(dragging.step(self.spot, direction, self.outline, self.monitors, is_far=is_far))

    def grow(self, steps: int) -> None:
        """Become larger by some steps, or smaller."""
        self.set_height(dragging.resize(self.outline.height, steps, self.monitor))

    def set_height(self, height_px: int) -> None:
        """Be so high from now on; her feet stay where they are."""
        height_px = limit_height(height_px, self.monitor)
        if height_px != self.outline.height:
            self._dress(self.pack, height_px)
            self.spot = clamp(self.spot, self.outline, self.monitors)
            self._put()
        self._remember(height_px)

    def wear(self, folder: Path, others: Sequence[Path]) -> None:
        """Put on another look.

        Raises:
            PackError: The pack is broken; she keeps the look she has.
        """
        pack = load(folder, others)
        self._dress(pack, self.outline.height)
        self._placement.pack = pack.name
        self.stay(clamp(self.spot, self.outline, self.monitors))

    def set_opacity(self, opacity: float) -> None:
        """Be see-through as a whole."""
        self._placement.opacity = opacity
        self.surface.set_opacity(opacity)
        self._save_soon()

    def set_in_front(self, is_on: bool) -> None:
        """Stay above other windows, or let them cover her."""
        self._placement.is_in_front = is_on
        self._apply_front()
        self._save_soon()

    def set_click_through(self, is_on: bool) -> None:
        """Let every click pass; only until the overlay ends, so that nobody is caught in it.

        Raises:
            GlassError: This kind of window cannot.
        """
        self.surface.set_click_through(is_on)
        self.is_click_through = is_on

    def hide(self, reason: str) -> None:
        """Do not be shown for this reason."""
        if reason in self._hidden_for:
            return
        if not self.is_hidden:
            self.surface.hide()
        self._hidden_for.add(reason)
        self.on_change()

    def unhide(self, *reasons: str) -> None:
        """These reasons are over."""
        if not self._hidden_for.intersection(reasons):
            return
        self._hidden_for.difference_update(reasons)
        if not self.is_hidden:
            self._put()
            self.surface.unhide()
        self.on_change()

    def reset(self) -> None:
        """Back to where she began, in her first size."""
        self._placement.forget()
        self._return()
        self._save_soon()

    def come_forward(self) -> None:
        """Be seen, whatever hid her."""
        self.unhide(FULLSCREEN, NAP)
        self.stay(clamp(self.spot, self.outline, self.monitors))
        self.lift()

    def lift(self) -> None:
        """Come before the others, unless she is hidden."""
        if not self.is_hidden:
            self.surface.lift()
        self.on_lift()

    # What happens on the desktop.

    def take_changes(self, changes: frozenset[Change]) -> None:
        """React to what the watch has seen."""
        if "compositor" in changes and not is_right(self.surface, self._chosen.surface):
            self._reopen()
        if "monitors" in changes:
            self._return()
        if "fullscreen" in changes:
            self._avoid_fullscreen()

    def close(self) -> None:
        """Remember, and vanish."""
        if self._saving is not None:
            self._saving.cancel()
        self._placement.save()
        self.figure.close()
        self.surface.close()

    def _avoid_fullscreen(self) -> None:
        boxes = self._watch.scene.fullscreens if self._watch is not None else ()
        if self._chosen.hide_in_fullscreen and any(is_overlapping(box, self.box) for box in boxes):
            self.hide(FULLSCREEN)
        else:
            self.unhide(FULLSCREEN)

    def _return(self) -> None:
        """Stand where she stands with these monitors."""
        self._dress(self.pack, self._placement.height(self.monitors, self._wanted_px()))
        self.spot = self._placement.choose(self.monitors, self.outline)
        self._put()

    def _reopen(self) -> None:
        """Another kind of window fits better now."""
        pose = self.figure.pose
        self.figure.close()
        self.surface.close()
        self.surface = open_surface(self._root, self._chosen.surface)
        self.figure = Figure(self.surface, self._composer, self._schedule, self._chosen.reduced_motion)
        self._show_first(pose)
        self.on_open(self.surface)
        self.on_change()

    def _show_first(self, pose: Pose) -> None:
        self.figure.show(pose)
        self.surface.set_opacity(self._placement.opacity)
        self.surface.set_click_through(self.is_click_through)
        self.surface.move(*self.spot.corner(self.outline))
        if self.is_hidden:
            self.surface.hide()
        else:
            self.surface.unhide()
        if not self.is_in_front:
            self._apply_front()

    def _apply_front(self) -> None:
        window = self.surface.window
        window.attributes("-topmost", self.is_in_front)
        if self.is_in_front:
            self.lift()
        else:
            window.lower()

    def _wanted_px(self) -> int:
        """Her height while nobody has chosen one."""
        return self._chosen.height_px or self._exact(default_height(self.monitors[0]))

    def _exact(self, height_px: int) -> int:
        """A height at which no picture has to be reduced, where one is near."""
        exact = min(
            (self.pack.height * scale for scale in self.pack.scales), key=lambda px: abs(px - height_px)
        )
        return exact if abs(exact - height_px) <= NEAR_SHARE * exact else height_px

    def _dress(self, pack: Pack, height_px: int) -> None:
        if pack is self.pack and height_px == self.outline.height:
            return
        self.pack = pack
        self._composer = Composer(pack, height_px)
        self.figure.dress(self._composer)

    def _put(self) -> None:
        self.surface.move(*self.spot.corner(self.outline))
        self.on_change()

    def _remember(self, height_px: int | None = None) -> None:
        self._placement.remember(self.monitors, self.spot, self.outline, height_px)
        self._save_soon()

    def _save_soon(self) -> None:
        if self._saving is not None:
            self._saving.cancel()
        self._saving = self._schedule.after(SAVE_SECONDS, self._save)

    def _save(self) -> None:
        self._saving = None
        self._placement.save()

"""The window of the bubble: its ground on a see-through surface, and a plain window with the contents in it.

Tk cannot draw its widgets in a window with transparent pixels, so there are two, which move as one.
"""

import tkinter as tk
from collections.abc import Callable

from PIL import Image

from backend.shared.desktop.focus import Focus, open_focus
from overlay.bubble.ground import Ground
from overlay.bubble.placing import Side, Spot
from overlay.bubble.style import Style
from overlay.schedule import Due, Schedule
from overlay.surfaces.surface import Picture, Surface

_FADE_STEPS = 8
_FADE_SECONDS = 0.24


class Balloon:
    """A rounded box with a tail on the desktop, into which widgets can be put.

    Args:
        root: The Tk root.
        schedule: For fading.
        open_surface: Opens the window of the ground.
        style: Colours and sizes.
    """

    def __init__(
        self, root: tk.Misc, schedule: Schedule, open_surface: Callable[[], Surface], style: Style
    ) -> None:
        self._open_surface = open_surface
        self.surface = open_surface()
        self.is_shown = False
        self.on_lift: Callable[[], None] = lambda: None
        "Called when it has come before all other windows."
        self._schedule = schedule
        self._style = style
        self._ground = Ground(style, self.surface.has_smooth_edges)
        self.measures = self._ground.measures
        self.padding = style.px(14)
        "Between the edge of the body and the contents."
        self.gutter = style.px(8)
        "Of the padding at the right, so much belongs to the contents: what shows how far one has scrolled."
        self.window = tk.Toplevel(root, bg=style.palette.ground)
        self.window.withdraw()
        self.window.overrideredirect(True)
        self.window.title("Alisa")
        self.window.attributes("-topmost", True)
        self.surface.hide()
        self._size = (0, 0)
        self._look: tuple[int, int, Side | None, int] | None = None
        self._at: tuple[int, int] | None = None
        self._picture: Picture | None = None
        self._hole: Picture | None = None
        self._fading: Due | None = None
        self._focus: Focus | None = None
        self._has_taken = False

    @property
    def body(self) -> tuple[int, int, int, int] | None:
        """x, y, width and height of the box on the desktop; None before it was placed."""
        return None if self._at is None else (*self._at, *self._size)

    def put(self, size: tuple[int, int], side: Side | None, spot: Spot) -> None:
        """Give the body a size and a place; does only what has changed."""
        width, height = size
        look = (width, height, side, spot.tail_at)
        has_moved = self._at != (spot.x, spot.y)
        if look != self._look:
            picture = self.surface.prepare(self._ground.draw(width, height, side, spot.tail_at))
            self.surface.show(picture)
            if self._picture is not None:
                self._picture.free()
            self._picture, self._look = picture, look
            self._free_hole()
        if has_moved:
            self.surface.move(spot.x - self.measures.margin, spot.y - self.measures.margin)
        if has_moved or self._size != size:
            inner_width, inner_height = self._inner(size)
            self.window.geometry(
                f"{inner_width}x{inner_height}+{spot.x + self.padding}+{spot.y + self.padding}"
            )
        self._size, self._at = size, (spot.x, spot.y)

    def _inner(self, size: tuple[int, int]) -> tuple[int, int]:
        width, height = size
        return max(1, width - 2 * self.padding + self.gutter), max(1, height - 2 * self.padding)

    def show(self) -> None:
        """Appear above all other windows, without taking the keyboard."""
        self._stop_fading()
        if not self.is_shown:
            self.is_shown = True
            self.surface.unhide()
            self.window.deiconify()
        self.lift()

    def renew_surface(self) -> None:
        """Show the ground on a new surface, as after a compositor has started or stopped."""
        self._stop_fading()
        self._free_picture()
        self.surface.close()
        self.surface = self._open_surface()
        self.surface.hide()
        self._ground = Ground(self._style, self.surface.has_smooth_edges)
        self._look = self._at = None
        if self.is_shown:
            self.surface.unhide()

    def lift(self) -> None:
        """Come before the other windows again, contents above ground."""
        self.surface.lift()
        self.window.lift()
        self.on_lift()

    def hide(self) -> None:
        """Vanish at once."""
        self._stop_fading()
        if self.is_shown:
            self.is_shown = False
            self.give_keyboard_back()
            self.window.withdraw()
            self.surface.hide()

    def fade(self, then: Callable[[], None]) -> None:
        """Vanish slowly where the system can and the user likes it, else at once; then tell."""
        if not self.is_shown or self._style.is_motion_reduced or not self.surface.has_smooth_edges:
            self.hide()
            then()
            return
        self._cut_hole()
        self._step(_FADE_STEPS - 1, then)

    def take_keyboard(self, widget: tk.Misc) -> None:
        """Let keys come to a widget of the bubble; only after the user asked for it."""
        if not self.is_shown:
            return
        if not self.has_keyboard:
            if self._focus is None:
                self._focus = open_focus(self.window.winfo_screen())
            # Only a window that is there can have the keyboard; asking the server waits until it is.
            self.window.update_idletasks()
            self.window.winfo_pointerxy()
            self._focus.take(self.window.winfo_id())
            self._has_taken = True
        widget.focus_force()

    def give_keyboard_back(self) -> None:
        """Let the window have it from which it was taken, unless the user has gone on to another."""
        if self._focus is not None and self._has_taken:
            self._has_taken = False
            self._focus.give_back()

    @property
    def has_keyboard(self) -> bool:
        """Whether keys come to the bubble."""
        widget = str(self.window.tk.call("focus", "-displayof", self.window))
        return self._has_taken and widget.startswith(str(self.window))

    def close(self) -> None:
        """Destroy both windows."""
        self._stop_fading()
        if self._focus is not None:
            self._focus.close()
        self.window.destroy()
        self._free_picture()
        self.surface.close()

    def _step(self, left: int, then: Callable[[], None]) -> None:
        if left <= 0:
            self.hide()
            then()
            return
        self._set_opacity(left / _FADE_STEPS)
        self._fading = self._schedule.after(_FADE_SECONDS / _FADE_STEPS, lambda: self._step(left - 1, then))

    def _cut_hole(self) -> None:
        """Take the ground away below the contents: two half-transparent layers would be seen as two."""
        if self._picture is None or self._hole is not None:
            return
        self._hole = self.surface.prepare(Image.new("RGBA", self._inner(self._size)))
        edge = self.measures.margin + self.padding
        self.surface.show(self._picture, self._hole, (edge, edge))

    def _free_picture(self) -> None:
        if self._picture is not None:
            self._picture.free()
            self._picture = None

    def _free_hole(self) -> None:
        if self._hole is not None:
            self._hole.free()
            self._hole = None

    def _stop_fading(self) -> None:
        if self._fading is not None:
            self._fading.cancel()
            self._fading = None
            self._set_opacity(1.0)
        if self._hole is not None and self._picture is not None:
            self.surface.show(self._picture)
            self._free_hole()

    def _set_opacity(self, opacity: float) -> None:
        self.surface.set_opacity(max(0.1, opacity))
        self.window.attributes("-alpha", opacity)

"""See-through windows of the X Window System.

Everything goes over a connection of our own. The server keeps the pictures as pixmaps; the one that is shown
is the window's background, so that the server repaints it by itself.
"""

import contextlib
import logging
import select
from collections.abc import Iterator
from typing import Any

from Xlib import X, Xatom, error
from Xlib.display import Display
from Xlib.ext import shape

from backend.shared.desktop.glass import GlassError, Sheet

log = logging.getLogger(__name__)

Box = tuple[int, int, int, int]

# A request holds at most 262,140 bytes; half of it keeps what python-xlib copies small.
_SLICE_BYTES = 131_072
_LIMIT_SECONDS = 5.0
_OPAQUE = 0xFFFFFFFF
_LEAST_FIRST = 0


def has_compositor() -> bool:
    """Whether somebody owns the compositor's selection (EWMH, `_NET_WM_CM_Sn`)."""
    try:
        display = _connect()
    except GlassError:
        return False
    try:
        name = f"_NET_WM_CM_S{display.get_default_screen()}"
        return bool(display.get_selection_owner(display.intern_atom(name)) != X.NONE)
    except (error.ConnectionClosedError, OSError):
        return False
    finally:
        _disconnect(display)


def _connect() -> Any:
    try:
        display = Display()
    except (error.DisplayError, error.XError, error.ConnectionClosedError, OSError) as failure:
        raise GlassError("glass-no-display", "There is no X display to open windows on.") from failure
    # Errors of requests without an answer; the default prints them. A window may vanish at any moment.
    display.set_error_handler(lambda failure, *_: log.debug("X error %s", type(failure).__name__))
    return display


def _disconnect(display: Any) -> None:
    try:
        display.close()
    except (error.ConnectionClosedError, OSError):
        log.debug("the X server was gone already")


@contextlib.contextmanager
def _reaching() -> Iterator[None]:
    """Say in our words that the server is gone."""
    try:
        yield
    except (error.ConnectionClosedError, OSError) as failure:
        raise GlassError("glass-no-display", "The X display is gone.") from failure


class X11Frame:
    """A window of Tk. Tk puts every top-level window into a wrapper, which is what the others see.

    Raises:
        GlassError: There is no display, or no such window.
    """

    def __init__(self, window: int) -> None:
        self._display = _connect()
        try:
            if not self._display.has_extension("SHAPE"):
                raise GlassError("glass-unsupported", "This X server cannot shape windows.")
            self._window = self._display.create_resource_object("window", window)
            tree = self._window.query_tree()
            self._wrapper = self._window if tree.parent == tree.root else tree.parent
        except (error.XError, error.ConnectionClosedError, OSError) as failure:
            _disconnect(self._display)
            raise GlassError("glass-no-window", "The window is gone.") from failure
        except GlassError:
            _disconnect(self._display)
            raise
        self._is_click_through = False

    def stay_aside(self) -> None:
        """See `Frame`. Window managers leave such windows alone; this is for task bars and compositors."""
        with _reaching():
            states = ("_NET_WM_STATE_ABOVE", "_NET_WM_STATE_SKIP_TASKBAR", "_NET_WM_STATE_SKIP_PAGER")
            self._set("_NET_WM_STATE", Xatom.ATOM, [self._atom(name) for name in states])
            self._set("_NET_WM_WINDOW_TYPE", Xatom.ATOM, [self._atom("_NET_WM_WINDOW_TYPE_UTILITY")])
            # picom would put the shadow of a box behind her.
            self._set("_COMPTON_SHADOW", Xatom.CARDINAL, [0])
            self._send()

    def set_click_through(self, is_on: bool) -> None:
        """See `Frame`."""
        with _reaching():
            self._is_click_through = is_on
            self._shape_input()
            self._send()

    def close(self) -> None:
        """See `Frame`. The server frees what came over the connection."""
        _disconnect(self._display)

    def _shape_input(self) -> None:
        if self._is_click_through:
            self._wrapper.shape_rectangles(shape.SO.Set, shape.SK.Input, X.Unsorted, 0, 0, [])
        else:
            self._wrapper.shape_mask(shape.SO.Set, shape.SK.Input, 0, 0, X.NONE)

    def _atom(self, name: str) -> int:
        return int(self._display.intern_atom(name))

    def _set(self, name: str, kind: int, numbers: list[int]) -> None:
        self._wrapper.change_property(self._atom(name), kind, 32, numbers)

    def _send(self) -> None:
        """Have the requests so far on their way.

        flush() of python-xlib 0.33 makes one attempt, and keeps what the socket does not take at once.
        """
        inner = self._display.display
        self._display.flush()
        while inner.data_send:
            if not select.select([], [inner.socket], [], _LIMIT_SECONDS)[1]:
                raise GlassError("glass-no-display", "The X display does not answer.")
            self._display.flush()


class X11Sheet:
    """A picture as a pixmap, and its mask, one bit a pixel; another pixmap from its first use on.

    The masks of patches are never used.
    """

    def __init__(self, size: tuple[int, int], pixmap: Any, mask: bytes) -> None:
        self._size, self.pixmap = size, pixmap
        self.mask_bits = mask
        self.mask: Any = None
        self._is_free = False

    @property
    def size(self) -> tuple[int, int]:
        """See `Sheet`."""
        return self._size

    def free(self) -> None:
        """See `Sheet`. A window keeps its background for itself; the requests leave with the next ones."""
        if not self._is_free:
            self._is_free = True
            self.pixmap.free()
            if self.mask is not None:
                self.mask.free()


class X11Pane(X11Frame):
    """A window that is painted by us: with alpha under a compositor, else cut out to a shape.

    Raises:
        GlassError: The window's pixels are not the usual ones with 8 bits a colour.
    """

    def __init__(self, window: int, has_alpha: bool) -> None:
        super().__init__(window)
        self._depth = 32 if has_alpha else 24
        try:
            self._check_pixels()
            # Without this the server would answer each copy with an event that nobody reads.
            self._context = self._window.create_gc(graphics_exposures=False)
            self._bits = self._window.create_pixmap(1, 1, 1)
            self._bit_context = self._bits.create_gc(foreground=1, background=0)
        except GlassError:
            self.close()
            raise
        self._kind = shape.SK.Input if has_alpha else shape.SK.Bounding
        self._mask_bits = b""
        self._front: Any = None
        "Holds `_base`, with a patch in the box when there is one."
        self._front_size = (0, 0)
        self._base: X11Sheet | None = None
        self._patch_box: Box | None = None

    def _check_pixels(self) -> None:
        info = self._display.display.info
        try:
            visual_id = self._window.get_attributes().visual
            depth = self._window.get_geometry().depth
        except (error.XError, error.ConnectionClosedError, OSError) as failure:
            raise GlassError("glass-no-window", "The window is gone.") from failure
        visuals = [v for d in self._display.screen().allowed_depths if d.depth == depth for v in d.visuals]
        masks = [(v.red_mask, v.green_mask, v.blue_mask) for v in visuals if v.visual_id == visual_id]
        bits = [f.bits_per_pixel for f in info.pixmap_formats if f.depth == depth]
        is_usual = (
            depth == self._depth
            and masks == [(0xFF0000, 0xFF00, 0xFF)]
            and bits == [32]
            and info.image_byte_order == info.bitmap_format_bit_order == _LEAST_FIRST
            and info.bitmap_format_scanline_pad == 32
        )
        if not is_usual:
            raise GlassError(
                "glass-unsupported", f"The screen's pixels are not of the usual {self._depth} bits."
            )

    def upload(self, size: tuple[int, int], pixels: bytes, mask: bytes) -> X11Sheet:
        """See `Pane`."""
        with _reaching():
            width, height = size
            pixmap = self._window.create_pixmap(width, height, self._depth)
            rows = max(1, _SLICE_BYTES // (width * 4))
            for top in range(0, height, rows):
                part = pixels[top * width * 4 : (top + rows) * width * 4]
                pixmap.put_image(
                    self._context, 0, top, width, min(rows, height - top), X.ZPixmap, self._depth, 0, part
                )
                self._send()
            return X11Sheet(size, pixmap, mask)

    def _upload_mask(self, size: tuple[int, int], mask: bytes) -> Any:
        width, height = size
        stride = (width + 31) // 32 * 4
        bits = self._window.create_pixmap(width, height, 1)
        rows = max(1, _SLICE_BYTES // stride)
        for top in range(0, height, rows):
            part = mask[top * stride : (top + rows) * stride]
            bits.put_image(self._bit_context, 0, top, width, min(rows, height - top), X.XYPixmap, 1, 0, part)
        self._send()
        return bits

    def paint(self, sheet: Sheet, patch: Sheet | None, at: tuple[int, int]) -> None:
        """See `Pane`."""
        with _reaching():
            assert isinstance(sheet, X11Sheet)
            assert patch is None or isinstance(patch, X11Sheet)
            self._cut(sheet)
            if sheet is self._base:
                self._repatch(sheet, patch, at)
            else:
                self._repaint(sheet, patch, at)
            self._patch_box = (*at, *patch.size) if patch is not None else None
            self._send()

    def _repatch(self, sheet: X11Sheet, patch: X11Sheet | None, at: tuple[int, int]) -> None:
        """Another patch on the same picture: straight on the window, and where the server repaints it from.

        A third of the work of a new background, which is set with the next picture.
        """
        for target in (self._front, self._window):
            if self._patch_box is not None and (patch is None or self._patch_box != (*at, *patch.size)):
                self._copy(sheet, self._patch_box, target)
            if patch is not None:
                target.copy_area(self._context, patch.pixmap, 0, 0, *patch.size, *at)

    def _repaint(self, sheet: X11Sheet, patch: X11Sheet | None, at: tuple[int, int]) -> None:
        self._base, ground = None, sheet.pixmap
        if patch is not None:
            self._begin(sheet)
            self._front.copy_area(self._context, patch.pixmap, 0, 0, *patch.size, *at)
            ground = self._front
        # Set again although it may be the same one: servers may have made a copy of it.
        self._window.change_attributes(background_pixmap=ground)
        self._window.clear_area(0, 0, *sheet.size)

    def _begin(self, sheet: X11Sheet) -> None:
        """Copy a picture to where patches are put on it."""
        if self._front_size != sheet.size:
            if self._front is not None:
                self._front.free()
            self._front = self._window.create_pixmap(*sheet.size, self._depth)
            self._front_size = sheet.size
        self._base = sheet
        self._copy(sheet, (0, 0, *sheet.size), self._front)

    def _copy(self, sheet: X11Sheet, box: Box, target: Any) -> None:
        x, y, width, height = box
        target.copy_area(self._context, sheet.pixmap, x, y, width, height, x, y)

    def _cut(self, sheet: X11Sheet) -> None:
        """Take the picture's mask, which is slow, only when it is another one than before."""
        if sheet.mask_bits == self._mask_bits:
            return
        self._mask_bits = sheet.mask_bits
        if sheet.mask is None:
            sheet.mask = self._upload_mask(sheet.size, sheet.mask_bits)
        if self._kind == shape.SK.Bounding:
            # The window inside is clipped by its wrapper; cut as well it would take twice as long to move.
            self._wrapper.shape_mask(shape.SO.Set, shape.SK.Bounding, 0, 0, sheet.mask)
            return
        self._window.shape_mask(shape.SO.Set, shape.SK.Input, 0, 0, sheet.mask)
        if not self._is_click_through:
            self._cut_wrapper()

    def _cut_wrapper(self) -> None:
        """Take the input shape from the window inside, where it is kept while clicks pass through."""
        # The method shape_combine of python-xlib 0.33 forgets the destination.
        shape.Combine(
            display=self._display.display,
            opcode=self._display.display.get_extension_major(shape.extname),
            operation=shape.SO.Set,
            destination_kind=shape.SK.Input,
            source_kind=shape.SK.Input,
            destination_window=self._wrapper,
            x_offset=0,
            y_offset=0,
            source_window=self._window,
        )

    def _shape_input(self) -> None:
        if self._kind == shape.SK.Input and self._mask_bits and not self._is_click_through:
            self._cut_wrapper()
        else:
            super()._shape_input()

    def set_opacity(self, opacity: float) -> None:
        """See `Pane`."""
        with _reaching():
            self._set("_NET_WM_WINDOW_OPACITY", Xatom.CARDINAL, [round(opacity * _OPAQUE)])
            self._send()

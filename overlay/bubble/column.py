"""Puts the parts of the bubble below each other, and the bubble beside her."""

from dataclasses import dataclass

from overlay.bubble.address import AddressPanel
from overlay.bubble.balloon import Balloon
from overlay.bubble.card import Card
from overlay.bubble.entry import Entry
from overlay.bubble.placing import Box, Scene, Side, choose_side, place, room_above
from overlay.bubble.speech import Speech
from overlay.bubble.strip import Strip
from overlay.bubble.style import Style

_MAX_SHARE = 0.4
"""Of the height of the work area."""
_WIDTH_STEP = 24
"""The width grows in steps, so that not every word needs another ground."""


@dataclass(frozen=True, slots=True)
class Parts:
    """All that can be in the bubble."""

    speech: Speech
    strip: Strip
    card: Card
    entry: Entry
    address: AddressPanel


class Column:
    """Knows which parts are shown, and where.

    Args:
        balloon: The windows.
        style: Sizes.
        parts: What may be shown.
    """

    def __init__(
        self,
        balloon: Balloon,
        style: Style,
        parts: Parts,
    ) -> None:
        self._balloon, self._style = balloon, style
        self._speech, self._strip, self._card = parts.speech, parts.strip, parts.card
        self._entry, self._address = parts.entry, parts.address
        self._scene: Scene | None = None
        self.side: Side | None = None

    @property
    def is_placed(self) -> bool:
        """Whether it is known where she is."""
        return self._scene is not None

    def set_scene(self, head: tuple[int, int], figure: Box, work: Box, face: Box | None) -> bool:
        """Note where she is; False: she is where she was."""
        scene = Scene(head, figure, work, face)
        if scene == self._scene:
            return False
        self._scene = scene
        return True

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be shown."""
        return not (
            self._card.is_open
            or self._entry.is_open
            or self._address.is_open
            or self._speech.has_text
            or self._speech.has_heard
            or self._strip.kind
        )

    @property
    def is_under_pointer(self) -> bool:
        """Whether the pointer is in the box."""
        body = self._balloon.body
        if body is None or not self._balloon.is_shown:
            return False
        x, y = self._balloon.window.winfo_pointerxy()
        return body[0] <= x < body[0] + body[2] and body[1] <= y < body[1] + body[3]

    def fit(self) -> bool:
        """Take the size of the contents and the place beside her; True: the box is another one now."""
        scene = self._scene
        if scene is None:
            return False
        pad, tail = self._balloon.padding, self._balloon.measures.tail
        full = self._style.text_width_px
        max_height = round(scene.work[3] * _MAX_SHARE)
        self.side = choose_side(scene, full + 2 * pad + tail, max_height + tail, self.side)
        limit = max_height - 2 * pad
        if self.side == "above":
            limit = min(limit, max(room_above(scene) - tail - 2 * pad, self._style.px(90)))
        width = self._width()
        height = self._stack(width, limit)
        before = self._balloon.body
        size = (width + 2 * pad, height + 2 * pad)
        spot = place(scene, self.side, size, tail, self._balloon.measures.corner)
        self._balloon.put(size, self.side, spot)
        return before != self._balloon.body

    def _width(self) -> int:
        full = self._style.text_width_px
        if self._card.is_open or self._entry.is_open or self._address.is_open:
            return full
        needed = [self._style.px(44)]
        if self._speech.has_text:
            needed.append(self._speech.page.needed_width)
        if self._speech.has_heard:
            needed.append(self._speech.heard_page.needed_width)
        if self._strip.kind:
            needed.append(self._strip.needed_width)
        step = self._style.px(_WIDTH_STEP)
        return min(full, -(-max(needed) // step) * step)

    def _stack(self, width: int, limit: int) -> int:
        """Place what is shown, the page last, as it takes what room is left; gives the whole height."""
        gap = self._style.px(8)
        has_card = self._card.is_open
        down = 0
        has_heard = self._speech.has_heard and not has_card
        if has_heard:
            down += self._place_heard() + gap
        else:
            self._speech.heard_page.frame.place_forget()
        below = self._below_px(width, has_card)
        has_page = self._speech.has_text and not has_card
        page = self._speech.page
        if has_page:
            height = page.needed_height(page.whole_lines(limit - down - below))
            page.frame.place(x=0, y=down, width=page.width + self._balloon.gutter, height=height)
            down += height + gap
        else:
            page.frame.place_forget()
        if has_card:
            down += self._card.place(0, down, width, limit - below) + gap
        for is_shown, part in (
            (self._address.is_open, self._address),
            (bool(self._strip.kind) and not has_card, self._strip),
            (self._entry.is_open, self._entry),
        ):
            if is_shown:
                down += part.place(0, down, width) + gap
        if has_card or not self._strip.kind:
            self._strip.forget()
        return max(down - gap, self._style.font_px)

    def _place_heard(self) -> int:
        heard = self._speech.heard_page
        height = heard.needed_height(2 * (self._style.small_px * 2))
        heard.frame.place(x=0, y=0, width=heard.width, height=height)
        return height

    def _below_px(self, width: int, has_card: bool) -> int:
        """The room that the parts below the page need."""
        gap, used = self._style.px(8), 0
        if self._address.is_open:
            used += self._address.place(0, 0, width) + gap
        if self._strip.kind and not has_card:
            used += self._strip.place(0, 0, width) + gap
        if self._entry.is_open:
            used += self._entry.place(0, 0, width) + gap
        return used

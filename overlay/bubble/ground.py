"""The ground of the bubble: a rounded box with a tail and a soft shadow, put together from nine pieces."""

from collections import OrderedDict
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from overlay.bubble.placing import Side
from overlay.bubble.style import Style

_FINER = 4
"""Drawn so many times larger and reduced, which makes the edges smooth."""
_KEPT = 8
"""Pictures that are kept: a bubble that grows and shrinks meets the same sizes again."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Lengths of the ground in pixels of the screen."""

    radius: int
    tail: int
    tail_width: int
    margin: int
    "On each side, for shadow and tail."
    line: int

    @property
    def corner(self) -> int:
        """How far from the ends of an edge its tail may be at most."""
        return self.radius + self.tail_width // 2 + 1


def measures(style: Style) -> Measures:
    """The lengths for a style."""
    return Measures(
        radius=style.px(16), tail=style.px(14), tail_width=style.px(22), margin=style.px(22), line=style.px(1)
    )


class Ground:
    """Draws the ground in any size; the slow part is done once for each side of the tail."""

    def __init__(self, style: Style, has_smooth_edges: bool) -> None:
        self.measures = measures(style)
        self._style = style
        self._has_shadow = has_smooth_edges
        self._stamp_size = 2 * (self.measures.margin + self.measures.radius) + 2 * self.measures.tail_width
        self._stamps: dict[Side | None, Image.Image] = {}
        self._kept: OrderedDict[tuple[int, int, Side | None, int], Image.Image] = OrderedDict()

    def draw(self, width: int, height: int, side: Side | None, tail_at: int = 0) -> Image.Image:
        """The picture for a body of that size; larger than it by the margin on all sides.

        Args:
            width: Of the body.
            height: Of the body.
            side: The side of her the bubble is on; None: without a tail.
            tail_at: As in `Spot`.
        """
        key = (width, height, side, tail_at)
        image = self._kept.get(key)
        if image is None:
            image = self._kept[key] = self._compose(width, height, side, tail_at)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        return image

    def _compose(self, width: int, height: int, side: Side | None, tail_at: int) -> Image.Image:
        stamp = self._stamp(None)
        cut = self.measures.margin + self.measures.radius
        far = self._stamp_size - cut
        full_width, full_height = width + 2 * self.measures.margin, height + 2 * self.measures.margin
        right, bottom = full_width - cut, full_height - cut
        image = Image.new("RGBA", (full_width, full_height), (*_rgb(self._style.palette.ground), 255))
        size = self._stamp_size
        for x, source_x in ((0, 0), (right, far)):
            for y, source_y in ((0, 0), (bottom, far)):
                image.paste(stamp.crop((source_x, source_y, source_x + cut, source_y + cut)), (x, y))
        # The middle of each edge is the same all along: one pixel of it is drawn out.
        for y, source_y in ((0, 0), (bottom, far)):
            strip = stamp.crop((size // 2, source_y, size // 2 + 1, source_y + cut))
            image.paste(strip.resize((max(0, right - cut), cut)), (cut, y)) if right > cut else None
        for x, source_x in ((0, 0), (right, far)):
            strip = stamp.crop((source_x, size // 2, source_x + cut, size // 2 + 1))
            image.paste(strip.resize((cut, max(0, bottom - cut))), (x, cut)) if bottom > cut else None
        if side is not None:
            self._paste_tail(image, side, tail_at)
        return image

    def _paste_tail(self, image: Image.Image, side: Side, tail_at: int) -> None:
        stamp, margin = self._stamp(side), self.measures.margin
        half = self.measures.tail_width // 2 + 1
        middle, size = self._stamp_size // 2, self._stamp_size
        depth = margin + self.measures.radius // 2
        if side == "above":
            piece = stamp.crop((middle - half, size - depth, middle + half, size))
            image.paste(piece, (margin + tail_at - half, image.height - depth))
        elif side == "left":
            piece = stamp.crop((size - depth, middle - half, size, middle + half))
            image.paste(piece, (image.width - depth, margin + tail_at - half))
        else:
            piece = stamp.crop((0, middle - half, depth, middle + half))
            image.paste(piece, (0, margin + tail_at - half))

    def _stamp(self, side: Side | None) -> Image.Image:
        """A small whole bubble, from which the pieces are cut."""
        if side not in self._stamps:
            self._stamps[side] = self._draw_stamp(side)
        return self._stamps[side]

    def _draw_stamp(self, side: Side | None) -> Image.Image:
        size, lengths, palette = self._stamp_size, self.measures, self._style.palette
        outer = self._outline(side, 0).resize((size, size), Image.Resampling.LANCZOS)
        inner = self._outline(side, lengths.line).resize((size, size), Image.Resampling.LANCZOS)
        image = Image.new("RGBA", (size, size))
        if self._has_shadow:
            # The tail is left out, so that the pieces of an edge with and without it meet without a seam.
            plain = self._outline(None, 0).resize((size, size), Image.Resampling.LANCZOS)
            blurred = plain.filter(ImageFilter.GaussianBlur(lengths.margin / 3.2))
            fallen = ImageChops.offset(blurred, 0, lengths.margin // 5)
            strength = 0.6 if self._style.is_dark else 0.45
            image.putalpha(fallen.point([round(value * strength) for value in range(256)]))
        body = Image.new("RGBA", (size, size), (*_rgb(palette.line), 0))
        body.putalpha(outer)
        image = Image.alpha_composite(image, body)
        fill = Image.new("RGBA", (size, size), (*_rgb(palette.ground), 0))
        fill.putalpha(inner)
        return Image.alpha_composite(image, fill)

    def _outline(self, side: Side | None, inset: int) -> Image.Image:
        """The shape in white on black, `_FINER` times too large."""
        lengths, size = self.measures, self._stamp_size
        mask = Image.new("L", (size * _FINER, size * _FINER))
        pen = ImageDraw.Draw(mask)
        low, high = lengths.margin + inset, size - lengths.margin - inset
        pen.rounded_rectangle(
            (low * _FINER, low * _FINER, high * _FINER - 1, high * _FINER - 1),
            (lengths.radius - inset) * _FINER,
            fill=255,
        )
        if side is not None:
            points = [(x * _FINER, y * _FINER) for x, y in self._tail_points(side, inset)]
            pen.polygon(points, fill=255)
        return mask

    def _tail_points(self, side: Side, inset: int) -> list[tuple[float, float]]:
        """The tail as a polygon: two curves that leave the edge smoothly and meet at the tip."""
        lengths, size = self.measures, self._stamp_size
        half = lengths.tail_width / 2 - inset * 0.6
        reach = lengths.tail - inset * 1.6
        edge = size - lengths.margin - inset
        middle = size / 2
        rising: list[tuple[float, float]] = []
        for step in range(13):
            share = step / 12
            # A quadratic curve from the edge to the tip, with its handle on the edge.
            along = (1 - share) ** 2 * -half + 2 * (1 - share) * share * -half * 0.32
            out = 2 * (1 - share) * share * reach * 0.30 + share**2 * reach
            rising.append((along, out))
        shape = [(-half, -2.0), *rising, *[(-along, out) for along, out in reversed(rising)], (half, -2.0)]
        if side == "above":
            return [(middle + along, edge + out) for along, out in shape]
        if side == "left":
            return [(edge + out, middle + along) for along, out in shape]
        return [(size - edge - out, middle + along) for along, out in shape]


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)

"""Small pictures that tell what she does and what captures: crisp at any size, in any colour."""

from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFilter

IconName = Literal[
    "microphone",
    "camera",
    "screen",
    "cloud-voice",
    "voice",
    "muted",
    "listening",
    "thinking",
    "sleep",
    "offline",
    "click-through",
    "warning",
    "unknown",
]

_SUPERSAMPLING = 4
_UNITS = 24
"Icons are designed on a square of so many units."


class _Pen:
    """Draws in units of the design, fitted to the final pixels so that straight edges stay sharp."""

    def __init__(self, size_px: int) -> None:
        self._size_px = size_px
        side = size_px * _SUPERSAMPLING
        self.mask = Image.new("L", (side, side))
        self._draw = ImageDraw.Draw(self.mask)
        self._stroke_px = max(1.5, round(size_px * 2 / _UNITS * 2) / 2)

    def fit(self, units: float) -> float:
        """A coordinate in pixels of the mask, on a boundary between final pixels."""
        return round(units * self._size_px / _UNITS) * _SUPERSAMPLING

    def _exact(self, units: float) -> float:
        return units * self._size_px / _UNITS * _SUPERSAMPLING

    @property
    def stroke(self) -> float:
        """Width of a line, in pixels of the mask."""
        return self._stroke_px * _SUPERSAMPLING

    def box(self, left: float, top: float, right: float, bottom: float, round_units: float = 0.0) -> None:
        """A filled rectangle with round corners."""
        edges = (self.fit(left), self.fit(top), self.fit(right) - 1, self.fit(bottom) - 1)
        self._draw.rounded_rectangle(edges, self._exact(round_units), fill=255)

    def disc(self, x: float, y: float, radius: float, fill: int = 255) -> None:
        """A filled circle."""
        middle_x, middle_y, reach = self._exact(x), self._exact(y), self._exact(radius)
        edges = (middle_x - reach, middle_y - reach, middle_x + reach, middle_y + reach)
        self._draw.ellipse(edges, fill=fill)

    def arc(self, x: float, y: float, radius: float, start: float, end: float) -> None:
        """A part of a circle's line, with angles in degrees clockwise from the right."""
        reach = self._exact(radius) + self.stroke / 2
        middle_x, middle_y = self._exact(x), self._exact(y)
        edges = (middle_x - reach, middle_y - reach, middle_x + reach, middle_y + reach)
        self._draw.arc(edges, start, end, fill=255, width=round(self.stroke))

    def line(self, *points: tuple[float, float], fill: int = 255, width: float = 1.0) -> None:
        """A line with round ends; `width` in strokes."""
        exact = [(self._exact(x), self._exact(y)) for x, y in points]
        thick = self.stroke * width
        self._draw.line(exact, fill=fill, width=round(thick), joint="curve")
        for x, y in (exact[0], exact[-1]):
            reach = thick / 2
            self._draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=fill)

    def shape(self, *points: tuple[float, float], fill: int = 255) -> None:
        """A filled polygon."""
        self._draw.polygon([(self._exact(x), self._exact(y)) for x, y in points], fill=fill)


def _microphone(pen: _Pen) -> None:
    pen.box(8.5, 1.5, 15.5, 14, 3.5)
    pen.arc(12, 10.5, 6.6, 0, 180)
    pen.line((12, 17.5), (12, 21.5))
    pen.line((8, 22), (16, 22))


def _camera(pen: _Pen) -> None:
    pen.box(1.5, 6, 16, 18.5, 2.5)
    pen.shape((17.5, 11), (22.5, 7.3), (22.5, 17.2), (17.5, 13.5))


def _screen(pen: _Pen) -> None:
    pen.box(1.5, 3, 22.5, 17.5, 2.2)
    pen.line((12, 17.5), (12, 21))
    pen.line((7.5, 21.5), (16.5, 21.5))


def _cloud(pen: _Pen) -> None:
    pen.disc(7, 13.5, 5.2)
    pen.disc(12.6, 9.6, 6.6)
    pen.disc(18, 14, 4.7)
    pen.box(7, 13, 18, 18.7)


def _cloud_voice(pen: _Pen) -> None:
    _cloud(pen)
    # Bars of sound cut out of the cloud: what is sent there is a voice.
    for x, top, bottom in ((8.3, 12.2, 15.2), (12.2, 9.3, 16), (16.1, 11.8, 15.2)):
        pen.line((x, top), (x, bottom), fill=0, width=0.85)


def _loudspeaker(pen: _Pen) -> None:
    pen.box(1.5, 8.5, 7, 15.5, 1)
    pen.shape((5, 12), (12.5, 4), (12.5, 20))


def _voice(pen: _Pen) -> None:
    _loudspeaker(pen)
    pen.arc(12.5, 12, 4, -48, 48)
    pen.arc(12.5, 12, 8, -48, 48)


def _muted(pen: _Pen) -> None:
    _loudspeaker(pen)
    pen.line((15.8, 9), (21.8, 15))
    pen.line((21.8, 9), (15.8, 15))


def _listening(pen: _Pen) -> None:
    for x, reach in ((2.5, 2), (7.25, 6), (12, 9.5), (16.75, 6), (21.5, 2)):
        pen.line((x, 12 - reach), (x, 12 + reach))


def _thinking(pen: _Pen) -> None:
    for x in (4, 12, 20):
        pen.disc(x, 12, 2.9)


def _sleep(pen: _Pen) -> None:
    pen.disc(11.5, 12.5, 9.8)
    pen.disc(16.2, 8.6, 8.4, fill=0)


def _offline(pen: _Pen) -> None:
    # A plug out of its socket.
    pen.shape((3.2, 15.6), (8.4, 20.8), (10.9, 18.3), (12.1, 14.5), (9.5, 11.9), (5.7, 13.1))
    pen.line((2, 22), (5.5, 18.5))
    pen.line((8.3, 13.3), (11, 10.6), width=0.9)
    pen.line((10.7, 15.7), (13.4, 13), width=0.9)
    pen.shape((13.1, 5.7), (18.3, 10.9), (20.6, 8.6), (20.6, 5.2), (18.8, 3.4), (15.4, 3.4))
    pen.line((19, 5), (22, 2))


def _click_through(pen: _Pen) -> None:
    # A pointer before a window that is only dashes: it is there, but cannot be touched.
    for start, end in ((3, 6), (10, 14), (18, 21)):
        pen.line((start, 2.2), (end, 2.2))
        pen.line((2.2, start), (2.2, end))
    pen.line((21.8, 3), (21.8, 6))
    pen.line((3, 21.8), (6, 21.8))
    pen.shape((8, 7.4), (8, 22.6), (11.7, 19.3), (14, 23.9), (17, 22.5), (14.8, 17.9), (19.8, 17.5))


def _warning(pen: _Pen) -> None:
    pen.line((12, 3.5), (21.3, 20.3), (2.7, 20.3), (12, 3.5), (21.3, 20.3))
    pen.shape((12, 3.5), (21.3, 20.3), (2.7, 20.3))
    pen.line((12, 9), (12, 14), fill=0)
    pen.disc(12, 18, 1.4, fill=0)


def _unknown(pen: _Pen) -> None:
    pen.arc(12, 8.4, 5.4, 180, 405)
    pen.line((15.6, 12.2), (12, 15.2), (12, 16.4))
    pen.disc(12, 21.2, 1.9)


_DRAWN: dict[str, Callable[[_Pen], None]] = {
    "microphone": _microphone,
    "camera": _camera,
    "screen": _screen,
    "cloud-voice": _cloud_voice,
    "voice": _voice,
    "muted": _muted,
    "listening": _listening,
    "thinking": _thinking,
    "sleep": _sleep,
    "offline": _offline,
    "click-through": _click_through,
    "warning": _warning,
    "unknown": _unknown,
}


def _slash(mask: Image.Image, size_px: int) -> Image.Image:
    """The mask with a stroke through it that keeps clear of what it crosses."""
    gap, stroke = _Pen(size_px), _Pen(size_px)
    ends = (3, 21), (21, 3)
    gap.line(*ends, width=2.6)
    stroke.line(*ends)
    return ImageChops.lighter(ImageChops.subtract(mask, gap.mask), stroke.mask)


def _hollow(mask: Image.Image) -> Image.Image:
    """Only the outline of what the mask shows."""
    inner = mask.filter(ImageFilter.MinFilter(2 * _SUPERSAMPLING + 1))
    return ImageChops.subtract(mask, inner)


@lru_cache(maxsize=128)
def draw_icon(
    name: IconName, size_px: int, colour: str, is_crossed: bool = False, is_hollow: bool = False
) -> Image.Image:
    """An icon on transparent ground. The image is shared: copy it before you paint on it.

    Args:
        name: Which one.
        size_px: Width and height in pixels; made for 16 and more.
        colour: As Pillow names them: "#ff8a3d".
        is_crossed: With a slash through it: this is off.
        is_hollow: Only its outline: this is about to change.
    """
    pen = _Pen(size_px)
    _DRAWN[name](pen)
    mask = pen.mask
    if is_hollow:
        mask = _hollow(mask)
    if is_crossed:
        mask = _slash(mask, size_px)
    icon = Image.new("RGBA", (size_px, size_px), ImageColor.getrgb(colour)[:3])
    icon.putalpha(mask.reduce(_SUPERSAMPLING))
    return icon

"""Draws the indicator: a dark pill with a place for each icon."""

from dataclasses import dataclass
from typing import Literal

from PIL import Image, ImageColor, ImageDraw

from overlay.bubble.style import DARK
from overlay.indicator.icons import IconName, draw_icon

Mood = Literal["lit", "dim", "crossed", "hollow", "alarm", "unknown", "handle"]

SLOT_PX = 30
ICON_PX = 20
_SUPERSAMPLING = 4
_GROUND = (*ImageColor.getrgb(DARK.ground)[:3], 240)
_EDGE = (255, 255, 255, 84)
_LIT, _DIM, _WARM, _ALARM, _AMBER, _DARK = DARK.text, "#8f7f90", "#ff8a3d", "#d8343f", "#ffc24b", "#2a2138"
_COLOURS: dict[Mood, str] = {
    "lit": _LIT,
    "dim": _DIM,
    "crossed": _DIM,
    "hollow": _LIT,
    "alarm": "#ffffff",
    "unknown": _DIM,
    "handle": _DARK,
}


@dataclass(frozen=True)
class Slot:
    """What one place of the pill shows."""

    icon: IconName
    mood: Mood
    has_dot: bool = False
    "A warm dot: it captures at this moment."
    is_pointed_at: bool = False


def slot_px(scale: float) -> int:
    """Width and height of a place, in pixels."""
    return round(SLOT_PX * scale)


def draw_pill(slots: tuple[Slot, ...], scale: float = 1.0) -> Image.Image:
    """The pill with these places from left to right, as an RGBA image.

    Args:
        slots: At least one.
        scale: 1 for an ordinary screen, 2 for one with twice the density.
    """
    place, icon_px = slot_px(scale), 2 * round(ICON_PX * scale / 2)
    width, big = place * len(slots), _SUPERSAMPLING
    ground = Image.new("RGBA", (width * big, place * big), (*_EDGE[:3], 0))
    draw = ImageDraw.Draw(ground)
    line = max(1, round(scale)) * big
    edges = (0, 0, width * big - 1, place * big - 1)
    draw.rounded_rectangle(edges, place * big // 2, fill=_GROUND, outline=_opaque_edge(), width=line)
    for index, slot in enumerate(slots):
        _draw_ground(draw, slot, index * place * big, place * big)
    image = ground.convert("RGBa").reduce(big).convert("RGBA")
    margin = (place - icon_px) // 2
    for index, slot in enumerate(slots):
        icon = draw_icon(
            slot.icon,
            icon_px,
            _COLOURS[slot.mood],
            is_crossed=slot.mood == "crossed",
            is_hollow=slot.mood in ("hollow", "unknown"),
        )
        image.alpha_composite(icon, (index * place + margin, margin))
        if slot.mood == "unknown":
            _badge(image, _question(max(13, round(13 * scale))), index, place)
        if slot.has_dot:
            _badge(image, _disc(max(8, round(9 * scale)), _WARM), index, place)
    return image


def _opaque_edge() -> tuple[int, int, int, int]:
    """The light of the edge on the dark of the ground: one colour, for nothing lies under the line."""
    share = _EDGE[3] / 255
    red, green, blue = (
        round(low + (high - low) * share) for low, high in zip(_GROUND[:3], _EDGE[:3], strict=True)
    )
    return red, green, blue, _GROUND[3]


def _draw_ground(draw: ImageDraw.ImageDraw, slot: Slot, left: int, side: int) -> None:
    """What lies under the icon of a place."""
    inset = side // 12
    circle = (left + inset, inset, left + side - 1 - inset, side - 1 - inset)
    if slot.mood == "handle":
        draw.ellipse(circle, fill="#ffd67f" if slot.is_pointed_at else _AMBER)
    elif slot.mood == "alarm":
        draw.ellipse(circle, fill="#ee5560" if slot.is_pointed_at else _ALARM)
    elif slot.is_pointed_at:
        draw.ellipse(circle, fill=DARK.line)


def _disc(size_px: int, colour: str) -> Image.Image:
    """A dot, with a ring of the ground round it."""
    big = size_px * _SUPERSAMPLING
    dot = Image.new("RGBA", (big, big), (*_GROUND[:3], 0))
    draw = ImageDraw.Draw(dot)
    draw.ellipse((0, 0, big - 1, big - 1), fill=(*_GROUND[:3], 255))
    ring = big // 7
    draw.ellipse((ring, ring, big - 1 - ring, big - 1 - ring), fill=colour)
    return dot.convert("RGBa").reduce(_SUPERSAMPLING).convert("RGBA")


def _question(size_px: int) -> Image.Image:
    """A question mark on a dot of the ground."""
    badge = _disc(size_px, DARK.ground)
    mark = draw_icon("unknown", size_px - 4, _LIT)
    badge.alpha_composite(mark, (2, 2))
    return badge


def _badge(image: Image.Image, badge: Image.Image, index: int, place: int) -> None:
    """Put a small mark at the upper right of a place."""
    inset = max(2, place // 12)
    image.alpha_composite(badge, ((index + 1) * place - badge.width - inset, inset))

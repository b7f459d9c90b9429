"""Her colours and clothes: every material has a light side, a shade, and an ink of its own hue."""

from dataclasses import dataclass, field

import skia
from ink import linear

HAIR = {
    "light": "#f2858a",
    "base": "#cf4a62",
    "mid": "#b23a58",
    "shade": "#8d2749",
    "deep": "#641a3d",
    "ink": "#47102e",
}
SHEEN, TIP = "#ffd9cf", "#ffab86"
SKIN = {"base": "#ffeadd", "warm": "#ffd9c6", "shade": "#f6bda8", "deep": "#e5937f", "ink": "#8f4038"}
LASH = "#35101f"
EYE = {"rim": "#06303f", "dark": "#0a4c5c", "mid": "#14958f", "low": "#62dcb8", "glow": "#d4fff0"}
BLOUSE = {"base": "#fffdfa", "shade": "#d5cfe8", "deep": "#a9a0cc", "ink": "#4c4370"}
CLOTH = {"light": "#4d5690", "base": "#343a6b", "shade": "#24274f", "deep": "#191a3a", "ink": "#10112a"}
TEAL = {"light": "#4fc7bd", "base": "#1f9a98", "shade": "#12666f", "ink": "#083843"}
GOLD = {"light": "#fff1b0", "base": "#e8b455", "shade": "#b0742e", "ink": "#6d421a"}
TIGHTS = {"light": "#6b4f66", "base": "#3b2b42", "shade": "#251b30", "ink": "#150d1c"}
BOOT = {"light": "#a8625a", "base": "#74343c", "shade": "#4b1c2a", "ink": "#290c18"}


def hair(depth: float = 0.0, end: float = 640.0) -> skia.Shader:
    """The hair's gradient from crown to the peach tips at y = end; depth 1 is the darkest, rearmost hair."""
    front = [
        (0.0, "#e2616f"),
        (0.2, "#cf4860"),
        (0.5, "#b93a5b"),
        (0.72, "#d25862"),
        (0.88, "#f28a75"),
        (1.0, "#ffb890"),
    ]
    back = [
        (0.0, "#7d2144"),
        (0.2, "#6f1c3f"),
        (0.5, "#6a1a44"),
        (0.72, "#8f3050"),
        (0.88, "#bb5560"),
        (1.0, "#d97b6c"),
    ]
    mixed = [(f[0], blend(f[1], b[1], depth)) for f, b in zip(front, back, strict=True)]
    return linear(300, 40, 300, end, *mixed)


def blend(one: str, two: str, share: float) -> str:
    """The colour between two, `share` of the second."""
    a, b = ([int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in (one, two))
    return "#" + "".join(f"{round(x + (y - x) * share):02x}" for x, y in zip(a, b, strict=True))


WOOL = {"base": "#fbf1e4", "shade": "#ddc8bb", "deep": "#b89a90", "ink": "#5e4145"}
PINE = {"light": "#4f8277", "base": "#2f5a58", "shade": "#1f4145", "deep": "#142d33", "ink": "#0b1b21"}
LEATHER = {"light": "#b5744e", "base": "#854a33", "shade": "#572a22", "ink": "#2f1413"}


@dataclass(frozen=True)
class Wear:
    """The colours of one outfit; `knit` draws wool instead of cotton, plaid instead of a plain skirt."""

    sleeve: dict[str, str] = field(default_factory=lambda: BLOUSE)
    cuff: dict[str, str] = field(default_factory=lambda: TEAL)
    skirt: dict[str, str] = field(default_factory=lambda: CLOTH)
    waist: dict[str, str] = field(default_factory=lambda: CLOTH)
    knit: bool = False


EVERYDAY = Wear()
WINTER = Wear(sleeve=WOOL, cuff=WOOL | {"light": "#fffaf2"}, skirt=PINE, waist=LEATHER, knit=True)

"""What the bubble looks like: sizes, fonts and colours, light and dark."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as `#rrggbb`. Letters have a contrast of at least 4.5 to 1 on each ground below them."""

    ground: str
    line: str
    text: str
    muted: str
    accent: str
    "Links, the user's own words, and the ring round what has the keyboard."
    code_ground: str
    select_ground: str
    button_ground: str
    button_text: str
    main_ground: str
    "The filled button, which is seen first."
    main_text: str
    warn: str


LIGHT = Palette(
    ground="#fffaf7",
    line="#d9b9bf",
    text="#3b2430",
    muted="#75606a",
    accent="#a8305c",
    code_ground="#f6ebe8",
    select_ground="#f7cfdc",
    button_ground="#f3e3e2",
    button_text="#3b2430",
    main_ground="#a8305c",
    main_text="#ffffff",
    warn="#a3341f",
)
DARK = Palette(
    ground="#2b2130",
    line="#5d4763",
    text="#f6ecf1",
    muted="#bda9b8",
    accent="#ff9dbd",
    code_ground="#3a2d40",
    select_ground="#6b3a5c",
    button_ground="#44354b",
    button_text="#f6ecf1",
    main_ground="#ff9dbd",
    main_text="#2b2130",
    warn="#ffab91",
)


@dataclass(frozen=True, slots=True)
class Style:
    """How the user wants the bubble.

    Args:
        font: Family of the letters; empty: the system's.
        points: Their size.
        scale: Pixels of the screen for one pixel of a plain 96 dpi screen.
        is_dark: Light letters on a dark ground.
        is_motion_reduced: Nothing fades and no dots move.
    """

    font: str = ""
    points: int = 11
    scale: float = 1.0
    is_dark: bool = False
    is_motion_reduced: bool = False

    @property
    def palette(self) -> Palette:
        """Its colours."""
        return DARK if self.is_dark else LIGHT

    def px(self, plain: float) -> int:
        """A length on this screen, given in pixels of a plain one."""
        return max(1, round(plain * self.scale))

    @property
    def font_px(self) -> int:
        """Height of the letters. Given to Tk in pixels, as its own idea of a point differs by system."""
        return max(6, round(self.points * 96 / 72 * self.scale))

    @property
    def small_px(self) -> int:
        """Height of the letters of what is said beside her words."""
        return max(6, round(self.font_px * 0.86))

    @property
    def text_width_px(self) -> int:
        """The longest line before it is broken; wider for larger letters, so that a line keeps its words."""
        return round(300 * self.scale * max(1.0, self.points / 11))


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21, by WCAG 2.2."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

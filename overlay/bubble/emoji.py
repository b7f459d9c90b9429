"""Emoji as small pictures on X11, where the letters of colour fonts can end the whole program.

Tk draws letters through libXft, which before version 2.3.5 (Ubuntu 22.04, Debian 11) ends the process with
an X error as soon as it meets a colour font. So the emoji never reach it: they are painted by Pillow from the
file of the font, and where there is no such font they are replaced by their names.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

_LIKELY = ("/usr/share/fonts/truetype/noto", "/usr/share/fonts/noto", "/usr/share/fonts/google-noto-emoji")
_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/run/host/fonts",
)
_FILES = ("NotoColorEmoji.ttf", "NotoColorEmoji-Regular.ttf")
_BITMAP_PX = 109
"""The only size in which Noto Color Emoji holds its bitmaps."""

# Emoji_Presentation of Unicode 16 in the lower plane; in the upper one whole blocks.
_LOW = (
    "\u231a\u231b\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1\u26aa\u26ab\u26bd"
    "\u26be\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705\u270a\u270b\u2728\u274c\u274e"
    "\u2753-\u2755\u2757\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55"
)
_HIGH = "\U0001f000-\U0001f0ff\U0001f170-\U0001f1e5\U0001f200-\U0001faff"
_TONE = "[\U0001f3fb-\U0001f3ff]"
_BASE = f"(?:[{_LOW}{_HIGH}]\ufe0f?|[\u00a9\u00ae\u203c-\u3299]\ufe0f){_TONE}?"
_EMOJI = re.compile(
    f"[\U0001f1e6-\U0001f1ff]{{1,2}}|[0-9#*]\ufe0f\u20e3|{_BASE}(?:\u200d(?:{_BASE}|[\u2600-\u27bf]\ufe0f?)){{0,5}}"
)


def split(text: str) -> Iterator[tuple[str, bool]]:
    """The parts of a text and whether each is one emoji."""
    at = 0
    for found in _EMOJI.finditer(text):
        if found.start() > at:
            yield text[at : found.start()], False
        yield found[0], True
        at = found.end()
    if at < len(text):
        yield text[at:], False


def has_emoji(text: str) -> bool:
    """Whether there is one in it."""
    return _EMOJI.search(text) is not None


@cache
def _font() -> ImageFont.FreeTypeFont | None:
    for path in _files():
        try:
            return ImageFont.truetype(str(path), _BITMAP_PX)
        except OSError:
            continue  # damaged, or of a kind that FreeType does not know
    return None


def _files() -> Iterator[Path]:
    """Where the font may be, the usual places first."""
    yield from (path for folder in _LIKELY for name in _FILES if (path := Path(folder, name)).is_file())
    for folder in _FOLDERS:
        for name in _FILES:
            yield from sorted(Path(folder).expanduser().rglob(name))


def paint(emoji: str, height: int) -> Image.Image | None:
    """The picture of an emoji, RGBA, that high; None where no font has it."""
    font = _font()
    if font is None:
        return None
    # Without the shaping library a sequence would be drawn as its parts; the first part says most of it.
    left, top, right, bottom = font.getbbox(emoji)
    if right - left > _BITMAP_PX * 1.9 and not _is_flag(emoji):
        emoji = emoji[0]
        left, top, right, bottom = font.getbbox(emoji)
    if right - left < 1 or bottom - top < 1:
        return None
    image = Image.new("RGBA", (int(right - left), int(bottom - top)))
    ImageDraw.Draw(image).text((-left, -top), emoji, font=font, embedded_color=True)
    if image.getbbox() is None:
        return None
    width = max(1, round(image.width * height / image.height))
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _is_flag(emoji: str) -> bool:
    return "\U0001f1e6" <= emoji[0] <= "\U0001f1ff"


def name(emoji: str) -> str:
    """An emoji in letters, as "(party popper)"."""
    for char in emoji:
        if word := unicodedata.name(char, ""):
            return f"({word.lower()})"
    return "(?)"

"""Makes small packs on disk for the tests, right ones and broken ones."""

import random
import struct
import zlib
from pathlib import Path

from PIL import Image

MANIFEST = """\
format = 1

[pack]
name = "Test"
author = "Tester"
licence = "CC0-1.0"
description = "For tests."

[canvas]
width = 40
height = 60
scales = [1, 2]
face = [10, 10, 20, 20]
feet = [20, 58]
head = [20, 2]

[look]
right = [2, 0]
left = [-2, 0]
up = [0, -1.5]

[emotions.neutral]

[emotions.happy]
mouth = "smile"
head = [0, -2]

[[layers]]
image = "body"
breath = [0, -1]
sway = [1, 0]

[[layers]]
image = "white-{eyes}"
fallback = false
head = true
breath = [0, -1]

[[layers]]
image = "iris"
mask = "white-{eyes}"
look = 1
head = true
breath = [0, -1]

[[layers]]
image = "lids-{emotion}-{eyes}"
head = true
breath = [0, -1]

[[layers]]
image = "mouth-{emotion}-{mouth}"
head = true
breath = [0, -1]

[[layers]]
image = "snore"
when = "asleep"

[images]
body = [2, 3]
white-open = [12, 14]
iris = [14, 15]
lids-neutral-open = [11, 12]
lids-neutral-closed = [11, 12]
lids-happy-closed = [12, 13]
mouth-neutral-closed = [16, 24]
mouth-neutral-small = [16, 24]
mouth-happy-smile = [15, 23]
snore = [30, 1]
"""
SIZES = {
    "body": (36, 56),
    "white-open": (8, 6),
    "iris": (5, 5),
    "lids-neutral-open": (10, 3),
    "lids-neutral-closed": (10, 6),
    "lids-happy-closed": (8, 5),
    "mouth-neutral-closed": (6, 2),
    "mouth-neutral-small": (6, 4),
    "mouth-happy-smile": (8, 4),
    "snore": (8, 8),
}


def noise(size: tuple[int, int], seed: str) -> Image.Image:
    """A picture of which no two pixels are alike, of every transparency."""
    made = random.Random(seed).randbytes(size[0] * size[1] * 4)
    return Image.frombytes("RGBA", size, made)


def plain(size: tuple[int, int], colour: tuple[int, int, int, int]) -> Image.Image:
    return Image.new("RGBA", size, colour)


def save(image: Image.Image, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)
    return path


def make_pack(folder: Path, *changes: tuple[str, str], scales: tuple[int, ...] = (1, 2)) -> Path:
    """A pack with pictures of noise; each change replaces a piece of its manifest."""
    text = MANIFEST
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    for name, (width, height) in SIZES.items():
        for scale in scales:
            image = noise((width * scale, height * scale), f"{name}{scale}")
            save(image, folder / f"{scale}x" / f"{name}.png")
    (folder / "avatar.toml").write_text(text, encoding="utf-8")
    return folder


def chunk(kind: bytes, data: bytes) -> bytes:
    """A part of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    width: int, height: int, pixels: bytes, *, kind: int = 6, more: bytes = b"", interlaced: int = 0
) -> bytes:
    """A PNG file by hand: also one that promises more than it holds."""
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, interlaced)
    parts = [chunk(b"IHDR", header), more, chunk(b"IDAT", zlib.compress(pixels, 9)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def make_bare(folder: Path, layers: str, images: dict[str, Image.Image], more: str = "") -> Path:
    """A pack of 20 x 20 pixels at scale 1 with these layers, all images in the corner; `more` are tables."""
    head = MANIFEST.split("[canvas]", maxsplit=1)[0]
    canvas = "[canvas]\nwidth = 20\nheight = 20\nscales = [1]\n"
    canvas += "face = [0, 0, 20, 20]\nfeet = [0, 0]\nhead = [0, 0]\n"
    listed = "".join(f"{name} = [0, 0]\n" for name in images)
    more = more if "[emotions.neutral]" in more else f"[emotions.neutral]\n{more}"
    for name, image in images.items():
        save(image, folder / "1x" / f"{name}.png")
    (folder / "avatar.toml").write_text(
        f"{head}{canvas}{more}\n{layers}\n[images]\n{listed}", encoding="utf-8"
    )
    return folder

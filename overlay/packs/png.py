"""Reads PNG files that nobody vouches for: large, damaged and far ones are refused before they are decoded.

Source of the format: Portable Network Graphics, third edition (w3.org/TR/png-3).
"""

import hashlib
import io
import stat
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from overlay.packs.tables import PackError

MAX_FILE_BYTES = 8 * 1024 * 1024
_MAX_CHUNKS = 10_000
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# All that a still picture is made of. Text, colour profiles and animations are left out before decoding.
_ESSENTIAL = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_RGBA, _BITS = 6, 8


class Header(NamedTuple):
    """What a PNG says of itself.

    Attributes:
        is_rgba: Its pixels are 8-bit red, green, blue and alpha.
        digest: Of the whole file; equal files show equal pictures.
    """

    width: int
    height: int
    is_rgba: bool
    digest: bytes


def read_file(path: Path, folder: Path, limit: int = MAX_FILE_BYTES) -> bytes:
    """The bytes of an ordinary file that lies in a folder.

    Args:
        path: Of the file.
        folder: It must lie in here, also when links were followed.
        limit: Most bytes it may have.

    Raises:
        PackError: names the file below the folder.
    """
    shown = path.relative_to(folder).as_posix()
    try:
        info = path.lstat()
        if stat.S_ISLNK(info.st_mode):
            if not path.resolve(strict=True).is_relative_to(folder.resolve()):
                raise PackError(
                    "pack-path", f"{shown} is a link that leads out of the pack. Put the file there."
                )
            info = path.stat()
        if not stat.S_ISREG(info.st_mode):
            raise PackError("pack-path", f"{shown} is not an ordinary file.")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except FileNotFoundError as error:
        raise PackError("pack-missing-file", f"{shown} is missing.") from error
    except OSError as error:
        raise PackError("pack-unreadable", f"{shown} cannot be read: {error.strerror}.") from error
    except RuntimeError as error:  # links in a circle, before Python 3.13
        raise PackError("pack-path", f"{shown} is a link to itself.") from error
    if len(data) > limit:
        raise PackError("pack-too-large", f"{shown} is larger than {limit // 1024} KB.")
    return data


def inspect(data: bytes, shown: str) -> Header:
    """Check the frame of a PNG without decoding its pixels: every part is there and undamaged.

    Args:
        data: The whole file.
        shown: What the file is called in a message.

    Raises:
        PackError: It is no PNG, damaged, or cut off.
    """
    chunks = list(_chunks(data, shown))
    start, end = chunks[0][1:]
    width, height, bits, colour = struct.unpack(">IIBB", data[start + 8 : start + 18])
    if chunks[0][0] != b"IHDR" or end - start != 25 or not 0 < width < 2**31 or not 0 < height < 2**31:
        raise _damaged(shown)
    if not any(kind == b"IDAT" for kind, _, _ in chunks):
        raise _damaged(shown)
    digest = hashlib.blake2b(data, digest_size=16).digest()
    return Header(width, height, (colour, bits) == (_RGBA, _BITS), digest)


def decode(data: bytes, shown: str) -> Image.Image:
    """The picture in a PNG as RGBA; of an animated one the still. Check its size with `inspect` before.

    Raises:
        PackError: It is damaged.
    """
    parts = [data[start:end] for kind, start, end in _chunks(data, shown) if kind in _ESSENTIAL]
    try:
        with Image.open(io.BytesIO(b"".join([_SIGNATURE, *parts])), formats=["PNG"]) as image:
            return image.convert("RGBA")
    except (OSError, SyntaxError, ValueError, EOFError, zlib.error, struct.error) as error:
        raise _damaged(shown) from error


def _chunks(data: bytes, shown: str) -> Iterator[tuple[bytes, int, int]]:
    """The parts of a PNG: kind, start and end in the file."""
    if not data.startswith(_SIGNATURE):
        raise PackError("pack-not-png", f"{shown} is not a PNG picture. Save it as PNG.")
    place = len(_SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        if place + 12 > len(data):
            break
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        end = place + 12 + length
        if end > len(data):
            break
        if zlib.crc32(memoryview(data)[place + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            raise _damaged(shown)
        yield kind, place, end
        if kind == b"IEND":
            return
        place = end
    message = f"{shown} is cut off: its end is missing. Save it again."
    raise PackError("pack-damaged-image", message)


def _damaged(shown: str) -> PackError:
    return PackError("pack-damaged-image", f"{shown} is damaged. Save it again.")

"""The text that a PNG picture carries beside its pixels, where character cards live.

Only chunks are read, with every size limited before anything is unpacked; the pixels are never decoded.
Source: the PNG specification (w3.org/TR/png), sections 5.3 and 11.3.3.
"""

import base64
import binascii
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from backend.shared.errors import AlisaError

MAX_CARD_BYTES = 4 * 1024 * 1024
"""The JSON of a card, unpacked."""
SIGNATURE = b"\x89PNG\r\n\x1a\n"

_KEYS = ("ccv3", "chara")
"""Keywords of the text chunks of a card; the first that is there counts."""


class CardError(AlisaError):
    """Raised when a card cannot be read or written; the codes begin with "card-"."""


class _Chunk(NamedTuple):
    kind: bytes
    body: bytes


def _read_chunks(data: bytes) -> Iterator[_Chunk]:
    """The chunks of a PNG up to and with its end, each with a checked sum."""
    position = len(SIGNATURE)
    kind = b""
    while kind != b"IEND":
        if position + 12 > len(data):
            raise CardError("card-truncated", "The picture ends too early; get the file again.")
        size, kind = struct.unpack_from(">I4s", data, position)
        end = position + 8 + size
        if end + 4 > len(data):
            raise CardError("card-truncated", "The picture ends too early; get the file again.")
        if position == len(SIGNATURE) and (kind != b"IHDR" or size != 13):
            raise CardError("card-damaged", "The picture is no valid PNG; get the file again.")
        body = data[position + 8 : end]
        if zlib.crc32(body, zlib.crc32(kind)) != struct.unpack_from(">I", data, end)[0]:
            raise CardError("card-damaged", "The picture is damaged (wrong checksum); get the file again.")
        yield _Chunk(kind, body)
        position = end + 4


def _pack_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))


def too_large() -> CardError:
    """The error for a card over the limit."""
    return CardError("card-too-large", "The card in this file is larger than 4 MB; it cannot be imported.")


def _inflate(packed: bytes) -> bytes:
    most = MAX_CARD_BYTES * 4 // 3 + 4
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(packed, most + 1)
    except zlib.error as error:
        raise CardError("card-damaged", "The packed text of the picture is damaged.") from error
    if len(text) > most:
        raise too_large()
    if not unpacker.eof:
        raise CardError("card-damaged", "The packed text of the picture is damaged.")
    return text


def _key_of(chunk: _Chunk) -> str:
    """The keyword of a text chunk; empty for other chunks."""
    if chunk.kind not in {b"tEXt", b"zTXt", b"iTXt"}:
        return ""
    return chunk.body[:80].partition(b"\0")[0].decode("latin-1").lower()


def _text_of(chunk: _Chunk) -> bytes:
    _, _, rest = chunk.body.partition(b"\0")
    if chunk.kind == b"tEXt":
        return rest
    if chunk.kind == b"zTXt":
        return _inflate(rest[1:])
    flag, fields = rest[:1], rest[2:].split(b"\0", 2)
    if len(fields) != 3:
        raise CardError("card-damaged", "The text of the picture is damaged.")
    return _inflate(fields[2]) if flag == b"\1" else fields[2]


def read_png(data: bytes) -> bytes:
    """The JSON of the card in a picture.

    Raises:
        CardError: "card-truncated", "card-damaged", "card-missing", "card-too-large".
    """
    found: dict[str, _Chunk] = {}
    for chunk in _read_chunks(data):
        found.setdefault(_key_of(chunk), chunk)
    key = next((key for key in _KEYS if key in found), None)
    if key is None:
        message = (
            "This picture holds no character card; perhaps a website removed it when the picture was saved."
        )
        raise CardError("card-missing", message)
    encoded = b"".join(_text_of(found[key]).split()).rstrip(b"=")
    if len(encoded) > MAX_CARD_BYTES * 4 // 3 + 4:
        raise too_large()
    try:
        return base64.b64decode(encoded + b"=" * (-len(encoded) % 4), validate=True)
    except binascii.Error as error:
        raise CardError("card-damaged", "The card in this picture is damaged (no base64).") from error


def plain_picture() -> bytes:
    """A picture of one colour, 256 x 384 pixels, for characters that have none."""
    header = struct.pack(">IIBBBBB", 256, 384, 1, 3, 0, 0, 0)
    rows = zlib.compress(bytes(384 * (1 + 256 // 8)), 9)
    chunks = ((b"IHDR", header), (b"PLTE", bytes((46, 40, 66))), (b"IDAT", rows), (b"IEND", b""))
    return SIGNATURE + b"".join(_pack_chunk(kind, body) for kind, body in chunks)


def write_png(image: bytes, texts: Mapping[str, bytes]) -> bytes:
    """The image with these cards (JSON by keyword) in the place of those it had.

    Raises:
        CardError: "card-not-png", "card-truncated", "card-damaged".
    """
    if not image.startswith(SIGNATURE):
        raise CardError("card-not-png", "The picture is no PNG; save it as PNG first.")
    packed = [SIGNATURE]
    for chunk in _read_chunks(image):
        if chunk.kind == b"IEND":
            bodies = [key.encode() + b"\0" + base64.b64encode(text) for key, text in texts.items()]
            packed += [_pack_chunk(b"tEXt", body) for body in bodies]
        if _key_of(chunk) not in _KEYS:
            packed.append(_pack_chunk(chunk.kind, chunk.body))
    return b"".join(packed)

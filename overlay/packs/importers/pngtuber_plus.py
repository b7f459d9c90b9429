"""Reads `.save` files of PNGTuber Plus: sprites with pictures inside, some only for speech or for a blink.

Source of the format: main_scenes/main.gd and ui_scenes/selectedSprite/spriteObject.gd of
github.com/kaiakairos/PNGTuber-Plus. Motion (wobble, drag, stretch) is left out; of animations the first frame
is taken.
"""

import base64
import binascii
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import msgspec
from PIL import Image, ImageChops

from backend.shared.records import EmotionName
from overlay.packs import png
from overlay.packs.boxes import Box
from overlay.packs.importers.drawing import MAX_PICTURE_BYTES, MAX_PICTURE_PIXELS, Drawing, State
from overlay.packs.tables import PackError

MAX_FILE_BYTES = 128 * 1024 * 1024
MAX_SPRITES = 512
MAX_PIXELS = 64_000_000
MAX_EMPTY_PIXELS = 1_000_000_000
COSTUMES = 10
_FAR = 20_000  # pixels from the origin
_NUMBER = r"(-?\d{1,9}(?:\.\d{0,20})?)"
_VECTOR = re.compile(rf"Vector2i?\(\s*{_NUMBER}\s*,\s*{_NUMBER}\s*\)")
_EMOTIONS: tuple[EmotionName, ...] = ("neutral", "happy", "sad", "angry", "surprised", "embarrassed")


class _Record(msgspec.Struct):
    """A sprite as the file has it; what else it says is about motion."""

    identification: float
    pos: str
    offset: str
    zindex: float
    showTalk: float = 0  # noqa: N815
    showBlink: float = 0  # noqa: N815
    type: str = "sprite"
    parentId: float | None = None  # noqa: N815
    imageData: str | None = None  # noqa: N815
    path: str = ""
    costumeLayers: str = ""  # noqa: N815
    frames: float = 1
    clipped: bool = False


@dataclass(slots=True, eq=False)
class _Sprite:
    """A sprite that can be drawn.

    Attributes:
        record: Where it came from.
        image: Its picture without empty borders; None when it is all transparent.
        box: Where that lies, in pixels from the origin of the file.
        above: Its parents, nearest first.
        worn: For each costume, whether it and all it hangs on belong to it.
        pixels: What its picture had with the borders.
    """

    record: _Record
    image: Image.Image | None
    box: Box
    above: list["_Sprite"]
    worn: tuple[bool, ...]
    pixels: int

    def is_worn(self, costume: int) -> bool:
        """Whether it belongs to a costume (1 to 10)."""
        return self.worn[costume - 1]

    def is_seen(self, state: State) -> bool:
        """Whether it shows by itself with these eyes and this mouth.

        1: only with the mouth closed, or with open eyes; 2: only in speech, or in a blink.
        """
        talk, blink = self.record.showTalk, self.record.showBlink
        return talk in (0, 2 if state.mouth == "small" else 1) and blink in (
            0,
            2 if state.eyes == "closed" else 1,
        )


def read(path: Path, emotions: Mapping[str, EmotionName] | None = None) -> Drawing:
    """Read a file.

    Args:
        path: Of the `.save` file.
        emotions: Number of a costume to the emotion it stands for. By default costume 1 is neutral, and the
            others that look different follow in the order happy, sad, angry, surprised, embarrassed.

    Raises:
        PackError: It is none, too large, or has pictures that cannot be used.
    """
    records = _decode(png.read_file(path, path.parent, MAX_FILE_BYTES), path.name)
    sprites = _in_drawing_order(records)
    costumes = _choose_costumes(sprites, emotions)
    is_talking = any(sprite.record.showTalk for sprite in sprites)
    is_blinking = any(sprite.record.showBlink for sprite in sprites)
    states = [
        State(emotion, eyes, mouth)
        for emotion in costumes
        for eyes in (("open", "closed") if is_blinking else ("open",))
        for mouth in (("closed", "small") if is_talking else ("closed",))
    ]
    canvas = _canvas([sprite for sprite in sprites if any(map(sprite.is_worn, costumes.values()))])
    drawing = Drawing(path.stem, states, lambda state: _draw(sprites, costumes[state.emotion], state, canvas))
    drawing.description = "Imported from PNGTuber Plus."
    for emotion, costume in costumes.items():
        drawing.notes.append(f"Costume {costume} is shown for {emotion}.")
    if emotions is None and len(costumes) > 1:
        drawing.notes.append(
            'If costumes are clothes and not feelings, import again with --emotions "1=neutral".'
        )
    if any(sprite.record.frames > 1 for sprite in sprites):
        drawing.notes.append("Of animated sprites the first frame was taken.")
    return drawing


def _decode(data: bytes, name: str) -> list[_Record]:
    try:
        found = msgspec.json.decode(data, type=dict[str, _Record])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        message = f"{name} is not a file of PNGTuber Plus: {str(error)[:120]}."
        raise PackError("import-not-a-save", message) from error
    records = [record for record in found.values() if record.type == "sprite"]
    if not records:
        raise PackError("import-not-a-save", f"{name} has no sprites.")
    if len(records) > MAX_SPRITES:
        message = f"{name} has {len(records)} sprites; at most {MAX_SPRITES} can be imported."
        raise PackError("import-too-large", message)
    return records


def _in_drawing_order(records: Sequence[_Record]) -> list[_Sprite]:
    """The sprites back to front: by z, then as the tree of parents and children is walked through."""
    by_id = {record.identification: record for record in records}
    children: dict[float | None, list[_Record]] = {}
    for record in records:
        parent = record.parentId if record.parentId in by_id else None
        children.setdefault(parent, []).append(record)
    sprites: list[_Sprite] = []
    pixels = empty = 0
    # A sprite and the place its position counts from; the next to be walked to at the end.
    waiting = [(record, (0.0, 0.0), list[_Sprite]()) for record in reversed(children.get(None, []))]
    while waiting:
        record, origin, above = waiting.pop()
        place = _vector(record, "pos")
        origin = (origin[0] + place[0], origin[1] + place[1])
        sprite = _make_sprite(record, origin, above)
        sprites.append(sprite)
        pixels, empty = pixels + sprite.box.area, empty + sprite.pixels
        if pixels > MAX_PIXELS or empty > MAX_EMPTY_PIXELS:
            message = (
                f"The sprites have more than {MAX_PIXELS // 10**6} million pixels. Make them smaller first."
            )
            raise PackError("import-too-large", message)
        mine = children.pop(record.identification, [])  # of two with one number the first is the parent
        waiting += [(child, origin, [sprite, *above]) for child in reversed(mine)]
    if len(sprites) < len(records):
        raise PackError("import-not-a-save", "Some sprites are each other's parents.")
    return sorted(sprites, key=_depth)


def _depth(sprite: _Sprite) -> float:
    """A sprite that clips draws its children at its own depth."""
    parent = sprite.above[0].record if sprite.above else None
    return parent.zindex if parent is not None and parent.clipped else sprite.record.zindex


def _make_sprite(record: _Record, origin: tuple[float, float], above: list[_Sprite]) -> _Sprite:
    shown = _shown(record)
    image = _read_image(record, shown)
    frames = int(min(max(record.frames, 1), image.width))
    if frames > 1:
        image = image.crop((0, 0, image.width // frames, image.height))
    offset = _vector(record, "offset")
    left, top = (
        math.floor(start + shift - side / 2 + 0.5)
        for start, shift, side in zip(origin, offset, image.size, strict=True)
    )
    if max(abs(left), abs(top)) > _FAR:
        raise PackError("import-too-large", f"{shown} lies further than {_FAR} pixels from the middle.")
    worn = _costumes(record, above[0].worn if above else (True,) * COSTUMES)
    pixels = image.width * image.height
    seen = image.getchannel("A").getbbox()
    if seen is None:
        return _Sprite(record, None, Box(left, top, left, top), above, worn, pixels)
    return _Sprite(record, image.crop(seen), Box(*seen).move(left, top), above, worn, pixels)


def _read_image(record: _Record, shown: str) -> Image.Image:
    if not record.imageData:
        message = (
            f"{shown} has no picture inside the file, only its path, and that is not followed. "
            "Open the character in a new PNGTuber Plus, save it again, and import that."
        )
        raise PackError("import-no-picture", message)
    if len(record.imageData) > MAX_PICTURE_BYTES * 4 // 3:
        raise PackError(
            "import-too-large", f"{shown} has a picture of more than {MAX_PICTURE_BYTES >> 20} MB."
        )
    try:
        data = base64.b64decode(record.imageData, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PackError("import-not-a-save", f"{shown} has a damaged picture.") from error
    header = png.inspect(data, shown)
    if header.width * header.height > MAX_PICTURE_PIXELS:
        size = f"{header.width} x {header.height} pixels"
        message = (
            f"{shown} has a picture of {size}; at most {MAX_PICTURE_PIXELS // 10**6} million can be read."
        )
        raise PackError("import-too-large", message)
    return png.decode(data, shown)


def _shown(record: _Record) -> str:
    """What a sprite is called in a message: the last part of its path."""
    name = re.split(r"[/\\]", record.path)[-1]
    plain = "".join(letter for letter in name if letter.isprintable())[:60]
    return f'The sprite "{plain or format(record.identification, ".0f")}"'


def _vector(record: _Record, key: str) -> tuple[float, float]:
    found = _VECTOR.fullmatch(getattr(record, key).strip())
    if found is None:
        message = f"{_shown(record)} has no place: {key} is not of the form Vector2(x, y)."
        raise PackError("import-not-a-save", message)
    return float(found[1]), float(found[2])


def _costumes(record: _Record, above: tuple[bool, ...]) -> tuple[bool, ...]:
    own = [number == "1" for number in re.findall(r"\d+", record.costumeLayers[:200])]
    own += [True] * COSTUMES  # old files know fewer costumes, or none
    return tuple(mine and parents for mine, parents in zip(own, above, strict=False))


def _choose_costumes(
    sprites: Sequence[_Sprite], emotions: Mapping[str, EmotionName] | None
) -> dict[EmotionName, int]:
    """Each emotion's costume; the first is neutral."""
    if emotions is not None:
        return _given_costumes(sprites, emotions)
    chosen: dict[EmotionName, int] = {}
    seen: set[tuple[int, ...]] = set()
    for costume in range(1, COSTUMES + 1):
        look = tuple(
            number for number, sprite in enumerate(sprites) if sprite.image and sprite.is_worn(costume)
        )
        if look and look not in seen and len(chosen) < len(_EMOTIONS):
            chosen[_EMOTIONS[len(chosen)]] = costume
        seen.add(look)
    if not chosen:
        raise PackError("import-empty", "No costume shows anything.")
    return chosen


def _given_costumes(
    sprites: Sequence[_Sprite], emotions: Mapping[str, EmotionName]
) -> dict[EmotionName, int]:
    chosen: dict[EmotionName, int] = {}
    for word, emotion in emotions.items():
        if not word.isdecimal() or not 1 <= int(word) <= COSTUMES:
            message = f'--emotions: "{word}" is no costume; allowed is a number from 1 to {COSTUMES}.'
            raise PackError("import-emotions", message)
        if not any(sprite.image and sprite.is_worn(int(word)) for sprite in sprites):
            raise PackError("import-emotions", f"--emotions: costume {word} shows nothing.")
        chosen[emotion] = int(word)
    if "neutral" not in chosen:
        raise PackError("import-emotions", "--emotions: no costume is neutral, but one must be: 1=neutral.")
    return {name: chosen[name] for name in get_args(EmotionName) if name in chosen}


def _canvas(sprites: Sequence[_Sprite]) -> Box:
    boxes = [sprite.box for sprite in sprites if sprite.image is not None]
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    canvas = Box(min(lefts), min(tops), max(rights), max(bottoms))
    if canvas.area > MAX_PICTURE_PIXELS:
        size = f"{canvas.right - canvas.left} x {canvas.bottom - canvas.top} pixels"
        message = f"The sprites together take {size}. Move them closer together, or make them smaller."
        raise PackError("import-too-large", message)
    return canvas


def _draw(sprites: Sequence[_Sprite], costume: int, state: State, canvas: Box) -> Image.Image:
    picture = Image.new("RGBA", (canvas.right - canvas.left, canvas.bottom - canvas.top))
    for sprite in sprites:
        if sprite.image is None or not sprite.is_worn(costume) or not sprite.is_seen(state):
            continue
        image: Image.Image | None = sprite.image
        for parent in sprite.above:
            if parent.record.clipped and image is not None:
                image = _clip(image, sprite.box, parent) if parent.is_seen(state) else None
        if image is not None:
            picture.alpha_composite(image, sprite.box.move(-canvas.left, -canvas.top)[:2])
    return picture


def _clip(image: Image.Image, box: Box, parent: _Sprite) -> Image.Image:
    """The image where the parent is opaque."""
    shape = Image.new("L", image.size)
    if parent.image is not None:
        shape.paste(parent.image.getchannel("A"), (parent.box.left - box.left, parent.box.top - box.top))
    clipped = image.copy()
    clipped.putalpha(ImageChops.multiply(image.getchannel("A"), shape))
    return clipped

"""Whole pictures of a character, one for each state, written as a pack: what every importer ends in.

The part in which the pictures differ becomes a small layer of its own, so that a blink redraws little. Sizes,
places and the split are chosen here; at full size each picture comes out as it went in.
"""

import itertools
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageChops

from backend.shared import desktop
from backend.shared.records import EmotionName
from overlay.packs import loader
from overlay.packs.boxes import Box
from overlay.packs.tables import FILE_NAME, PackError

LARGEST = 1000
"""Pictures with a longer side are reduced to this many pixels."""
DOUBLE = 600
"""From this size on the picture is kept for scale 2, and once more at half the size for scale 1."""
MAX_PICTURE_PIXELS = 36_000_000
MAX_PICTURE_BYTES = 32 * 1024 * 1024
_MARGIN = 4
_FAINT = 8  # alpha up to this is dust when the picture is trimmed
_SMALL_SHARE = 0.4  # of the figure: differences up to this size share one picture of the rest


class State(NamedTuple):
    """What a picture shows. Eyes: open or closed; mouth: closed or small."""

    emotion: EmotionName
    eyes: str = "open"
    mouth: str = "closed"


@dataclass(slots=True)
class Drawing:
    """A character as whole pictures.

    Attributes:
        title: Her name.
        states: Those that have a picture.
        draw: Makes the picture of one of them, RGBA, all of one size.
        notes: What was understood and what was guessed, for the user.
    """

    title: str
    states: Sequence[State]
    draw: Callable[[State], Image.Image]
    author: str = "unknown"
    licence: str = "unknown"
    description: str = ""
    notes: list[str] = field(default_factory=list)


class _Places(NamedTuple):
    """The places that `[canvas]` names, in canvas pixels."""

    face: tuple[int, int, int, int]
    feet: tuple[int, int]
    head: tuple[int, int]


@dataclass(slots=True)
class _Cut:
    """One image of the pack at its largest scale, and where it lies there."""

    name: str
    image: Image.Image
    x: int
    y: int


def install(drawing: Drawing, folder: Path, *, is_forced: bool) -> None:
    """Write a drawing as the pack `folder`, in one step: there is the whole pack or none.

    Args:
        drawing: Its notes grow by what was guessed.
        folder: Of the new pack.
        is_forced: Replace a pack that is there.

    Raises:
        PackError: There is a pack of this name, or the pictures cannot become one.
    """
    if folder.exists() and not is_forced:
        message = f'There is a pack "{folder.name}" already. --force replaces it, --name gives another name.'
        raise PackError("pack-exists", message)
    try:
        desktop.make_private_folder(folder.parent)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=folder.parent) as workshop:
            fresh, old = Path(workshop) / folder.name, Path(workshop) / "old"
            _write(drawing, fresh)
            loader.load(fresh, others=())
            if folder.exists():
                folder.rename(old)
            fresh.rename(folder)
            shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise PackError("pack-not-written", f"The pack cannot be written: {error.strerror}.") from error


def _write(drawing: Drawing, folder: Path) -> None:
    pictures = _complete(_scale(drawing))
    size = next(iter(pictures.values())).size
    scales = (1, 2) if max(size) >= DOUBLE else (1,)
    step = scales[-1]
    pictures = {state: _frame(picture, step) for state, picture in pictures.items()}
    width, height = (side // step for side in next(iter(pictures.values())).size)
    moving = _find_moving(pictures, step)
    cuts = _cut(pictures, step)
    for scale in scales:
        (folder / f"{scale}x").mkdir(parents=True)
        for cut in cuts:
            # Reduced by whole pixels, so that what fits together at one scale does so at the other.
            image = cut.image.reduce(step // scale) if scale < step else cut.image
            image.save(folder / f"{scale}x" / f"{cut.name}.png")
    places = _guess_places(list(pictures.values()), moving, step)
    drawing.notes.append(_describe((width, height), scales, places))
    text = _manifest(drawing, (width, height), scales, places, cuts)
    (folder / FILE_NAME).write_text(text, encoding="utf-8", newline="\n")


def _scale(drawing: Drawing) -> dict[State, Image.Image]:
    """The pictures without their empty borders, none too large."""
    box = _hull_of(_opaque(drawing.draw(state)) for state in drawing.states)
    if box is None:
        raise PackError("import-empty", "The pictures are empty: all their pixels are transparent.")
    width, height = box.right - box.left, box.bottom - box.top
    factor = min(1.0, LARGEST / max(width, height))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    pictures: dict[State, Image.Image] = {}
    for state in drawing.states:
        picture = drawing.draw(state).crop(box)
        if factor < 1:
            premultiplied = picture.convert("RGBa").resize(size, Image.Resampling.LANCZOS)
            picture = premultiplied.convert("RGBA")
        # Transparent pixels carry no colour: pictures that look equal are equal.
        clean = Image.new("RGBA", picture.size)
        clean.paste(picture, mask=picture.getchannel("A").point(lambda alpha: 255 if alpha else 0))
        pictures[state] = clean
    if factor < 1:
        drawing.notes.append(f"Reduced from {width} x {height} to {size[0]} x {size[1]} pixels.")
    if all(picture.getchannel("A").getextrema()[0] == 255 for picture in pictures.values()):
        drawing.notes.append("The pictures have no transparent background: she will stand in a box.")
    return pictures


def _complete(pictures: Mapping[State, Image.Image]) -> dict[State, Image.Image]:
    """Give each emotion all eyes and mouths that any of them has: what it lacks is borrowed within it."""
    eyes = sorted({state.eyes for state in pictures}, reverse=True)
    mouths = sorted({state.mouth for state in pictures})
    full: dict[State, Image.Image] = {}
    for emotion in dict.fromkeys(state.emotion for state in pictures):
        own = {state[1:]: picture for state, picture in pictures.items() if state.emotion == emotion}
        for eye, mouth in itertools.product(eyes, mouths):
            full[State(emotion, eye, mouth)] = _borrow(own, eye, mouth)
    return full


def _borrow(own: Mapping[tuple[str, str], Image.Image], eyes: str, mouth: str) -> Image.Image:
    if (eyes, mouth) in own:
        return own[eyes, mouth]
    order = ((eyes, "closed"), ("open", mouth), ("open", "closed"))
    best = next((own[key] for key in order if key in own), None)
    if best is None:
        return next(iter(own.values()))
    rest, blink, talk = (
        own.get(key) for key in (("open", "closed"), ("closed", "closed"), ("open", "small"))
    )
    if (eyes, mouth) == ("closed", "small") and rest and blink and talk:
        lids, lips = _difference(rest, blink), _difference(rest, talk)
        if lids and lips and not lids.overlap(lips):
            best = talk.copy()
            best.paste(blink.crop(lids), lids[:2])
    return best


def _frame(picture: Image.Image, step: int) -> Image.Image:
    """The picture with some room around, its sides a multiple of `step`."""
    width, height = (-(-side // step) * step + 2 * _MARGIN * step for side in picture.size)
    framed = Image.new("RGBA", (width, height))
    framed.paste(picture, (_MARGIN * step, height - _MARGIN * step - picture.height))
    return framed


def _cut(pictures: Mapping[State, Image.Image], step: int) -> list[_Cut]:
    """The images of the pack: what all states share, and what tells them apart."""
    groups: dict[str, dict[State, Image.Image]] = {"base": dict(pictures)}
    figure = _hull_of(picture.getbbox() for picture in pictures.values())
    box = _find_box(pictures.values(), step)
    if box is not None and figure is not None and box.area > _SMALL_SHARE * figure.area:
        groups = {}
        for state, picture in pictures.items():
            groups.setdefault(f"base-{state.emotion}", {})[state] = picture
    boxes = {name: _find_box(group.values(), step) for name, group in groups.items()}
    has_faces = any(boxes.values())
    cuts: list[_Cut] = []
    for name, group in groups.items():
        base = next(iter(group.values())).copy()
        # An emotion that does not move needs a face too, else that of another one would stand in for it.
        box = boxes[name] or (Box(0, 0, step, step) if has_faces else None)
        if box is not None:
            base.paste((0, 0, 0, 0), box)
            for state, picture in group.items():
                cuts.append(_Cut(f"face-{'-'.join(state)}", picture.crop(box), box.left, box.top))
        outline = _align(base.getbbox() or (0, 0, step, step), step)
        cuts.append(_Cut(name, base.crop(outline), outline.left, outline.top))
    return cuts


def _find_box(pictures: Iterable[Image.Image], step: int) -> Box | None:
    """Where some pictures differ, on whole pixels of scale 1."""
    first, *others = pictures
    box = _hull_of(_difference(first, other) for other in others)
    return _align(box, step) if box is not None else None


def _find_moving(pictures: Mapping[State, Image.Image], step: int) -> Box | None:
    """Where eyes and mouth move within an emotion."""
    emotions = {state.emotion for state in pictures}
    return _hull_of(
        _find_box([picture for state, picture in pictures.items() if state.emotion == emotion], step)
        for emotion in emotions
    )


def _difference(one: Image.Image, two: Image.Image) -> Box | None:
    box = ImageChops.difference(one, two).getbbox(alpha_only=False)
    return Box(*box) if box else None


def _opaque(picture: Image.Image) -> tuple[int, int, int, int] | None:
    return picture.getchannel("A").point(lambda alpha: alpha if alpha > _FAINT else 0).getbbox()


def _align(box: tuple[int, int, int, int], step: int) -> Box:
    left, top, right, bottom = box
    return Box(left // step * step, top // step * step, -(-right // step) * step, -(-bottom // step) * step)


def _hull_of(boxes: Iterable[tuple[int, int, int, int] | None]) -> Box | None:
    found = [box for box in boxes if box is not None]
    if not found:
        return None
    lefts, tops, rights, bottoms = zip(*found, strict=True)
    return Box(min(lefts), min(tops), max(rights), max(bottoms))


def _guess_places(pictures: Sequence[Image.Image], moving: Box | None, step: int) -> _Places:
    """Head and feet are the upper and the lower end of the figure, the face is where eyes and mouth move."""
    picture = pictures[0]
    outline = _opaque(picture) or (0, 0, *picture.size)
    left, top, right, bottom = outline
    width, height = right - left, bottom - top
    face = Box(left + width // 4, top + height // 8, right - width // 4, top + height // 2)
    if moving is not None and moving.area < _SMALL_SHARE * width * height:
        grow = max(moving.right - moving.left, moving.bottom - moving.top) // 4
        face = Box(moving.left - grow, moving.top - grow, moving.right + grow, moving.bottom + grow)
    face = face.overlap(Box(0, 0, *picture.size)) or Box(0, 0, *picture.size)
    size = (max(1, (face.right - face.left) // step), max(1, (face.bottom - face.top) // step))
    return _Places(
        face=(face.left // step, face.top // step, *size),
        feet=(
            _middle(picture, Box(left, bottom - max(1, height // 20), right, bottom)) // step,
            bottom // step,
        ),
        head=(_middle(picture, Box(left, top, right, top + max(1, height // 20))) // step, top // step),
    )


def _middle(picture: Image.Image, strip: Box) -> int:
    """The middle, from left to right, of what is seen in a strip of the picture."""
    found = _opaque(picture.crop(strip)) or (0, 0, strip.right - strip.left, 0)
    return strip.left + (found[0] + found[2]) // 2


def _describe(size: tuple[int, int], scales: Sequence[int], places: _Places) -> str:
    (x, y, width, height), feet, head = places
    return (
        f"The canvas has {size[0]} x {size[1]} pixels, scales {list(scales)}. Guessed, to be corrected in "
        f"{FILE_NAME}: the face is {width} x {height} pixels at {x}, {y}; the feet stand at {feet[0]}, "
        f"{feet[1]}; the speech bubble points to {head[0]}, {head[1]}."
    )


def _manifest(
    drawing: Drawing, size: tuple[int, int], scales: Sequence[int], places: _Places, cuts: Sequence[_Cut]
) -> str:
    step = scales[-1]
    names = {cut.name for cut in cuts}
    layers = ["base" if "base" in names else "base-{emotion}"]
    layers += ["face-{emotion}-{eyes}-{mouth}"] if any(name.startswith("face-") for name in names) else []
    lines = ["format = 1", "", "[pack]"]
    lines += [f"name = {_literal(drawing.title)}", f"author = {_literal(drawing.author)}"]
    lines += [f"licence = {_literal(drawing.licence)}", f"description = {_literal(drawing.description)}"]
    lines += ["", "[canvas]", f"width = {size[0]}", f"height = {size[1]}", f"scales = {list(scales)}"]
    lines += [f"{key} = {list(value)}" for key, value in places._asdict().items()]
    for emotion in dict.fromkeys(state.emotion for state in drawing.states):
        lines += ["", f"[emotions.{emotion}]"]
    breath = max(1, round(size[1] / 300))
    for name in layers:
        lines += ["", "[[layers]]", f'image = "{name}"', f"breath = [0, -{breath}]"]
    lines += ["", "[images]"]
    lines += [
        f"{cut.name} = [{cut.x // step}, {cut.y // step}]" for cut in sorted(cuts, key=lambda c: c.name)
    ]
    return "\n".join(lines) + "\n"


def _literal(text: str) -> str:
    """A line of text for the manifest."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return json.dumps(" ".join(plain.split())[:200] or "unknown", ensure_ascii=False)

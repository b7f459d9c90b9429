"""Draw Alisa's avatar packs: render every layer, cut it out, and write the PNGs and avatar.toml's image table.

Usage: python draw.py (in this folder; needs `pip install skia-python numpy pillow`, on the developer's machine only).
"""

import re
from collections.abc import Callable
from pathlib import Path

import arms
import body
import face
import hair
import marks
import mouths
import numpy as np
import winter
from ink import HEIGHT, WIDTH, Pen, skia
from palette import EVERYDAY, WINTER, Wear
from PIL import Image

FINE = 2  # layers are drawn this much larger than the 2x picture and averaged down
TILT, NECK, SHIFT = -5.0, (300.0, 290.0), 5.0  # the head's tilt in degrees, round the neck, and its shift
LEAN, WAIST = 2.0, (300.0, 440.0)  # the chest leans the other way
FACE = (200, 120, 400, 300)  # where small parts of the face lie; only this is rendered for them
WHOLE = (0, 0, WIDTH, HEIGHT)
PACKS = Path(__file__).resolve().parent.parent.parent

Draw = Callable[[Pen], None]
Box = tuple[int, int, int, int]
Images = dict[str, tuple[Draw, Box]]


def render(draw: Draw, box: Box = WHOLE) -> np.ndarray:
    """Premultiplied RGBA (height, width, 4) of the box, FINE times the 2x picture, 0 to 255."""
    x0, y0, x1, y1 = box
    surface = skia.Surface.MakeRaster(
        skia.ImageInfo.Make(
            (x1 - x0) * FINE, (y1 - y0) * FINE, skia.kRGBA_8888_ColorType, skia.kPremul_AlphaType
        )
    )
    with surface as canvas:
        canvas.clear(0)
        canvas.scale(FINE, FINE)
        canvas.translate(-x0, -y0)
        draw(Pen(canvas))
    image = np.zeros(((y1 - y0) * FINE, (x1 - x0) * FINE, 4), np.uint8)
    surface.readPixels(
        skia.ImageInfo.Make(*image.shape[1::-1], skia.kRGBA_8888_ColorType, skia.kPremul_AlphaType), image
    )
    return image


def reduce(image: np.ndarray, factor: int) -> np.ndarray:
    """Average blocks of premultiplied pixels and return straight-alpha RGBA: no dark or light halos."""
    h, w = image.shape[0] // factor, image.shape[1] // factor
    mean = image.reshape(h, factor, w, factor, 4).astype(np.float32).mean((1, 3))
    alpha = mean[..., 3:]
    rgb = np.where(alpha > 0, mean[..., :3] * 255 / np.maximum(alpha, 1e-3), 0)
    straight = np.concatenate([rgb, alpha], -1).round().clip(0, 255).astype(np.uint8)
    straight[straight[..., 3] == 0] = 0
    return straight


def headed(draw: Draw) -> Draw:
    """The same drawing, tilted with the head."""

    def tilted(pen: Pen) -> None:
        with pen.turned(TILT, *NECK, SHIFT):
            draw(pen)

    return tilted


def leaning(draw: Draw) -> Draw:
    """The same drawing, leaning with the chest."""

    def leant(pen: Pen) -> None:
        with pen.turned(LEAN, *WAIST):
            draw(pen)

    return leant


def front(pen: Pen) -> None:
    """All hair before the face."""
    hair.ahoge(pen)
    hair.crown(pen)
    hair.bangs(pen)
    hair.dome(pen)
    hair.rim(pen)
    hair.pin(pen)
    hair.ties(pen)


def covered(pen: Pen) -> None:
    """The same in winter, with ear muffs."""
    hair.ahoge(pen)
    hair.crown(pen)
    hair.bangs(pen)
    hair.dome(pen)
    hair.rim(pen)
    winter.muffs(pen)
    hair.pin(pen)
    hair.ties(pen)


def dressed(wear: Wear, top: Draw, hat: Draw) -> Images:
    """The images that depend on what she wears."""
    found: Images = {
        "legs": (lambda p: body.legs(p, wear), WHOLE),
        "torso": (leaning(top), WHOLE),
        "skirt": (lambda p: body.skirt(p, wear), WHOLE),
        "arm-hip": (leaning(lambda p: arms.hip(p, wear)), WHOLE),
        "hair-front": (headed(hat), WHOLE),
    }
    for emotion, arm in arms.ARMS.items():
        found[f"arm-{emotion}"] = (leaning(lambda p, a=arm: a(p, wear)), WHOLE)
    return found


def herself() -> Images:
    """The images that never change: hair behind, head, and the features of every emotion."""
    found: Images = {
        "hair-tails": (headed(hair.tails), WHOLE),
        "hair-back": (hair.back, WHOLE),
        "head": (headed(face.skin), WHOLE),
    }
    for emotion, look in face.LOOKS.items():
        for state in ("open", "half", "closed"):
            if state != "closed":
                found[f"white-{emotion}-{state}"] = (
                    headed(lambda p, a=look, s=state: face.white(p, a, s == "half")),
                    FACE,
                )
            found[f"lids-{emotion}-{state}"] = (headed(lambda p, a=look, s=state: face.lids(p, a, s)), FACE)
        found[f"iris-{emotion}"] = (headed(lambda p, a=look: face.iris(p, a)), FACE)
        found[f"brows-{emotion}"] = (headed(lambda p, e=emotion: face.brows(p, e)), FACE)
        for shape in ("closed", *mouths.SHAPES):
            found[f"mouth-{emotion}-{shape}"] = (
                headed(lambda p, e=emotion, m=shape: mouths.mouth(p, e, m)),
                FACE,
            )
        if emotion not in ("neutral", "surprised"):
            found[f"blush-{emotion}"] = (headed(lambda p, e=emotion: marks.blush(p, e)), FACE)
        if emotion != "neutral":
            found[f"mark-{emotion}"] = (headed(lambda p, e=emotion: marks.mark(p, e)), WHOLE)
    return found


def write(pack: Path, name: str, draw: Draw, box: Box) -> tuple[int, int]:
    """Render one image at both scales; return its place on the canvas at scale 1."""
    fine = render(draw, box)
    rows, columns = (np.flatnonzero(fine[..., 3].max(axis)) for axis in (1, 0))
    step = 2 * FINE  # cut at whole pixels of scale 1, so that both scales agree
    top, left = rows[0] // step * step, columns[0] // step * step
    bottom, right = -(-(rows[-1] + 1) // step) * step, -(-(columns[-1] + 1) // step) * step
    cut = fine[top:bottom, left:right]
    for scale in (1, 2):
        folder = pack / f"{scale}x"
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(reduce(cut, step // scale)).save(folder / f"{name}.png", optimize=True)
    return int(left // step + box[0] // 2), int(top // step + box[1] // 2)


def publish(pack: Path, images: Images) -> None:
    """Write all images of a pack, drop those it no longer has, and write the table of their places."""
    places = {name: write(pack, name, *how) for name, how in images.items()}
    for old in pack.glob("?x/*.png"):
        if old.stem not in places:
            old.unlink()
    toml = pack / "avatar.toml"
    table = "".join(f"{name} = [{x}, {y}]\n" for name, (x, y) in sorted(places.items()))
    text = re.sub(r"\[images\]\n.*", "", toml.read_text(encoding="utf-8"), flags=re.DOTALL)
    toml.write_text(f"{text}[images]\n{table}", encoding="utf-8")


def main() -> None:
    """Draw both packs."""
    publish(PACKS / "alisa", dressed(EVERYDAY, body.blouse, front) | herself())
    publish(PACKS / "alisa-winter", dressed(WINTER, winter.pullover, covered))


if __name__ == "__main__":
    main()

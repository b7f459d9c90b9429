"""Draw Alisa's avatar packs: render every layer, cut it out, write the PNGs and the table of their places.

Usage: python draw.py in this folder. It needs `pip install skia-python numpy pillow`; Alisa herself does not.
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
import skirt
import tails
import winter
from ink import HEIGHT, WIDTH, Pen, skia
from palette import EVERYDAY, WINTER, Wear
from PIL import Image

FINE = 2  # layers are drawn this much larger than the 2x picture and averaged down
NECK, FEET = ((300.0, 290.0), (300.0, 888.0))  # as drawn: where the head turns, where she stands
TALL = (1.0, 0.965)  # the body's width and height: she is 3.4 heads tall
TILT, SHIFT = -7.0, 8.0  # the head's tilt in degrees and its shift to the right
LEAN, SWING, WAIST = 3.5, 4.5, (300.0, 440.0)  # the chest leans right, the hips swing left under it
FACE = (170, 40, 430, 310)  # where small parts of the face lie; only this is rendered for them
FAR = np.array((0.86, 0.83, 0.92), np.float32)  # the tint of the light lower right
RIM, RIM_TONE, RIM_STRENGTH = (0.9, -0.44), (255, 214, 232), 0.55
LIT = re.compile("hair|tail|ahoge|arm|legs|skirt|waist|torso")
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


def lit(image: np.ndarray) -> np.ndarray:
    """Light a layer: a bright band inside the ink where edges look to the light behind her on the right.

    The farther down and right, the less and the cooler is the light, so that her face is the brightest.
    """
    solid = image[..., 3].astype(np.float32) / 255

    def at(reach: float) -> np.ndarray:
        dx, dy = round(reach * FINE * RIM[0]), round(reach * FINE * RIM[1])
        return np.roll(solid, (-dy, -dx), (0, 1))

    band = sum(at(2.6) * (1 - at(reach)) for reach in (4.5, 6, 8)) / 3 * RIM_STRENGTH * solid
    tone = np.array([*RIM_TONE, 255], np.float32)
    mixed = image + (tone * solid[..., None] - image) * band[..., None]
    mixed[..., 3] = image[..., 3]
    height, width = solid.shape
    across, down = np.meshgrid(np.linspace(-0.35, 0.65, width), np.linspace(0, 1, height))
    away = np.clip(0.3 * across + 0.95 * down - 0.28, 0, 1)[..., None].astype(np.float32)
    mixed[..., :3] *= 1 - away + FAR * away
    return mixed.round().clip(0, image[..., 3:]).astype(np.uint8)


def standing(draw: Draw) -> Draw:
    """The same drawing at the body's height."""

    def stretched(pen: Pen) -> None:
        with pen.scaled(*TALL, *FEET):
            draw(pen)

    return stretched


def leaning(draw: Draw) -> Draw:
    """The same drawing, leaning with the chest."""

    def leant(pen: Pen) -> None:
        with pen.turned(LEAN, *WAIST):
            draw(pen)

    return standing(leant)


def swinging(draw: Draw) -> Draw:
    """The same drawing, the hip over the standing leg raised."""

    def swung(pen: Pen) -> None:
        with pen.turned(SWING, *WAIST):
            draw(pen)

    return standing(swung)


def headed(draw: Draw) -> Draw:
    """The same drawing, tilted with the head."""

    def tilted(pen: Pen) -> None:
        with pen.turned(TILT, *NECK, SHIFT):
            draw(pen)

    return tilted


def front(pen: Pen) -> None:
    """All hair before the face."""
    hair.crown(pen)
    hair.bangs(pen)
    hair.dome(pen)
    hair.rim(pen)
    hair.pin(pen)
    hair.ties(pen)


def covered(pen: Pen) -> None:
    """The same in winter, with ear muffs."""
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
        "legs": (standing(lambda p: body.legs(p, wear)), WHOLE),
        "torso": (leaning(top), WHOLE),
        "skirt": (swinging(lambda p: skirt.skirt(p, wear)), WHOLE),
        "waist": (swinging(lambda p: skirt.waist(p, wear)), WHOLE),
        "hair-front": (headed(hat), WHOLE),
    }
    for emotion, arm in arms.ARMS.items():
        found[f"arm-{emotion}"] = (leaning(lambda p, a=arm: a(p, wear)), WHOLE)
    for emotion, arm in arms.LEFT_ARMS.items():
        found[f"arm-left-{emotion}"] = (leaning(lambda p, a=arm: a(p, wear)), WHOLE)
    return found


def herself() -> Images:
    """The images that never change: hair behind, head, and the features of every emotion."""
    found: Images = {
        "hair-back": (headed(hair.back), WHOLE),
        "tail-left-rear": (tails.left_rear, WHOLE),
        "tail-left": (tails.left_front, WHOLE),
        "tail-right-rear": (tails.right_rear, WHOLE),
        "tail-right": (tails.right_front, WHOLE),
        "ahoge": (headed(hair.ahoge), WHOLE),
        "hair-sides": (headed(hair.sides), WHOLE),
        "head": (headed(face.skin), WHOLE),
    }
    found["mark-asleep"] = (headed(marks.asleep), WHOLE)
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
    if LIT.match(name):
        fine = lit(fine)
    rows, columns = (np.flatnonzero(fine[..., 3].max(axis)) for axis in (1, 0))
    step = 2 * FINE  # cut at whole pixels of scale 1, so that both scales agree
    top, left = rows[0] // step * step, columns[0] // step * step
    bottom, right = (-(-(rows[-1] + 1) // step) * step, -(-(columns[-1] + 1) // step) * step)
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

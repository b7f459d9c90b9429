"""Puts the layers of a pack together into the picture of a pose, at any size.

A size between two scales is composed at the next larger scale and the finished picture is reduced; at the
exact size of a scale nothing is resampled, unless a breath or a sway is on its way: whole pixels look
jerky, so twice the scale is reduced to its half then. Any number of threads may use a `Composer` at once.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import NamedTuple

from PIL import Image, ImageChops

from overlay.life.pose import PHASES, Pose
from overlay.packs.layout import Placed, lay_out, place_layer, vary
from overlay.packs.loader import Pack

_FILTER = Image.Resampling.LANCZOS
_REACH = 3
"""How far the filter looks, in pixels of the coarser picture."""
_MAX_PLANS = 4096


class Box(NamedTuple):
    """A part of a picture; right and bottom lie just outside."""

    left: int
    top: int
    right: int
    bottom: int

    def overlap(self, other: "Box") -> "Box | None":
        """What lies in both."""
        box = Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )
        return box if box.left < box.right and box.top < box.bottom else None

    def move(self, x: int, y: int) -> "Box":
        """The same part of a picture whose corner lies elsewhere."""
        return Box(self.left + x, self.top + y, self.right + x, self.bottom + y)

    @property
    def area(self) -> int:
        """In pixels."""
        return (self.right - self.left) * (self.bottom - self.top)


class Composer:
    """The pictures of a pack at one size."""

    def __init__(self, pack: Pack, height_px: int) -> None:
        """Decode nothing yet.

        Args:
            pack: Whose pictures.
            height_px: Of the whole canvas on the screen, at least 1.
        """
        self.pack = pack
        self.size = (max(1, round(pack.width * height_px / pack.height)), height_px)
        self.scale = height_px / pack.height
        "Shown pixels per canvas pixel."
        enough = (scale for scale in pack.scales if scale * pack.height >= height_px)
        self._scale = min(enough, default=pack.scales[-1])
        self._canvas = Box(0, 0, pack.width * self._scale, pack.height * self._scale)
        self._is_exact = self.size == self._canvas[2:]
        self._ratio = (self._canvas.right / self.size[0], self._canvas.bottom / self.size[1])
        self._finer = self._make_finer()
        self._plans: dict[Pose, tuple[Placed, ...]] = {}
        self._keys: dict[Pose, Hashable] = {}
        self._boxes: dict[Hashable, Box | None] = {}

    def key(self, pose: Pose) -> Hashable:
        """The same for poses that show the same images at the same pixels, after fallback and rounding."""
        key = self._keys.get(pose)
        if key is None:
            if len(self._keys) >= _MAX_PLANS:
                self._keys.clear()
            key = self._keys[pose] = self._find_key(pose)
        return key

    def still(self, pose: Pose) -> Pose:
        """The pose with eyes, mouth and look at rest; its key is that of the body."""
        return replace(pose, eyes="open", mouth=None, look=None)

    def picture(self, pose: Pose) -> Image.Image:
        """The whole picture: RGBA, straight alpha, `size`.

        Raises:
            PackError: A file of the pack is damaged or has changed.
        """
        finer = self._find_finer(pose)
        if finer is not None:
            return _halve(finer.picture(pose))
        plan = self._plan(pose)
        picture = self._show(plan, Box(0, 0, *self.size))
        box = self._patch_box(pose)
        if box is not None and not self._is_exact:
            # The very same pixels as `patch`: resampling a part differs in the last bit now and then.
            picture.paste(self._show(plan, box), box[:2])
        return picture

    def patch_box(self, pose: Pose) -> tuple[int, int, int, int] | None:
        """Left, top, right, bottom of all in which poses with the same `still` can differ, in shown pixels.

        None when that is nothing, or more than half of the picture.
        """
        return self._patch_box(pose)

    def patch(self, pose: Pose) -> Image.Image:
        """`picture(pose)` cropped to `patch_box(pose)`, composed only there; the whole where that is None.

        Raises:
            PackError: A file of the pack is damaged or has changed.
        """
        box, finer = self._patch_box(pose), self._find_finer(pose)
        if box is not None and finer is not None:
            return _halve(finer.crop(pose, Box(*(2 * edge for edge in box))))
        return self._show(self._plan(pose), box) if box is not None else self.picture(pose)

    def crop(self, pose: Pose, box: Box) -> Image.Image:
        """A part of `picture(pose)`, at the exact size of a scale.

        Raises:
            PackError: A file of the pack is damaged or has changed.
        """
        return self._compose(self._plan(pose), box)

    def _make_finer(self) -> "Composer | None":
        """What makes pictures of twice the size, where none of them is resampled either."""
        if not self._is_exact or 2 * self._scale not in self.pack.scales:
            return None
        finer = Composer(self.pack, 2 * self.size[1])
        finer._finer = None
        return finer

    def _find_finer(self, pose: Pose) -> "Composer | None":
        """What makes the pictures of a pose of which something lies between two pixels; else None."""
        if self._finer is None or not (pose.breath % PHASES or pose.sway % PHASES):
            return None
        placed = self._finer._plan(self.still(pose))
        return self._finer if any(each.x % 2 or each.y % 2 for each in placed) else None

    def _find_key(self, pose: Pose) -> Hashable:
        finer = self._find_finer(pose)
        if finer is not None:
            return "halves", finer.key(pose)
        header = self.pack.pictures.header
        return tuple(
            each._replace(
                image=header(each.image, self._scale).digest.hex(),
                mask=each.mask and header(each.mask, self._scale).digest.hex(),
            )
            for each in self._plan(pose)
        )

    def _plan(self, pose: Pose) -> tuple[Placed, ...]:
        plan = self._plans.get(pose)
        if plan is None:
            plan = lay_out(self.pack, pose, self._scale)
            if len(self._plans) >= _MAX_PLANS:
                self._plans.clear()
            self._plans[pose] = plan
        return plan

    def _patch_box(self, pose: Pose) -> Box | None:
        body = self.still(pose)
        if body not in self._boxes:
            if len(self._boxes) >= _MAX_PLANS:
                self._boxes.clear()
            self._boxes[body] = self._find_patch_box(body)
        return self._boxes[body]

    def _find_patch_box(self, body: Pose) -> Box | None:
        finer = self._find_finer(body)
        if finer is not None:
            box = finer.patch_box(body)
            return box and Box(box[0] // 2, box[1] // 2, -(-box[2] // 2), -(-box[3] // 2))
        boxes: list[Box] = []
        for layer in self.pack.layers:
            poses = vary(self.pack, layer, body)
            shown = {place_layer(self.pack, layer, pose, self._scale) for pose in poses}
            if len(shown) > 1:
                found = (self._box(placed) for placed in shown if placed is not None)
                boxes += [box for box in found if box is not None]
        if not boxes:
            return None
        box = self._to_shown(_hull(boxes))
        return box if box.area * 2 <= self.size[0] * self.size[1] else None

    def _box(self, placed: Placed) -> Box | None:
        """Where an image is seen, in pixels of the source."""
        header = self.pack.pictures.header(placed.image, self._scale)
        box = Box(0, 0, header.width, header.height).move(placed.x, placed.y).overlap(self._canvas)
        if box is None or not placed.mask:
            return box
        header = self.pack.pictures.header(placed.mask, self._scale)
        return box.overlap(Box(0, 0, header.width, header.height).move(placed.mask_x, placed.mask_y))

    def _to_shown(self, box: Box) -> Box:
        """All shown pixels on which some source pixels have an influence."""
        if self._is_exact:
            return box
        shown = []
        for low, high, ratio in zip(box[:2], box[2:], self._ratio, strict=True):
            reach = _REACH * max(1.0, 1 / ratio) + 1
            shown.append((math.floor(low / ratio - reach), math.ceil(high / ratio + reach)))
        (left, right), (top, bottom) = shown
        return Box(max(left, 0), max(top, 0), min(right, self.size[0]), min(bottom, self.size[1]))

    def _show(self, plan: Sequence[Placed], box: Box) -> Image.Image:
        """A part of the finished picture, box in shown pixels."""
        if self._is_exact:
            return self._compose(plan, box)
        left, right = (edge * self._ratio[0] for edge in (box.left, box.right))
        top, bottom = (edge * self._ratio[1] for edge in (box.top, box.bottom))
        margin_x, margin_y = (math.ceil(_REACH * max(1.0, ratio)) + 1 for ratio in self._ratio)
        source = Box(
            max(math.floor(left) - margin_x, 0),
            max(math.floor(top) - margin_y, 0),
            min(math.ceil(right) + margin_x, self._canvas.right),
            min(math.ceil(bottom) + margin_y, self._canvas.bottom),
        )
        edges = (
            left - source.left,
            top - source.top,
            min(right, source.right) - source.left,
            min(bottom, source.bottom) - source.top,
        )
        size = (box.right - box.left, box.bottom - box.top)
        # On premultiplied pixels, for else the colour of transparent ones would bleed into the edges.
        return self._compose(plan, source).convert("RGBa").resize(size, _FILTER, edges).convert("RGBA")

    def _compose(self, plan: Sequence[Placed], region: Box) -> Image.Image:
        """A part of the picture at the scale of the source."""
        picture = Image.new("RGBA", (region.right - region.left, region.bottom - region.top))
        for placed in plan:
            box = self._box(placed)
            box = box.overlap(region) if box is not None else None
            if box is None:
                continue
            source = box.move(-placed.x, -placed.y)
            image = self.pack.pictures.get(placed.image, self._scale)
            if placed.mask:
                image = image.crop(source)
                mask = self.pack.pictures.get(placed.mask, self._scale)
                shape = mask.crop(box.move(-placed.mask_x, -placed.mask_y)).getchannel("A")
                image.putalpha(ImageChops.multiply(image.getchannel("A"), shape))
                source = Box(0, 0, *image.size)
            picture.alpha_composite(image, box.move(-region.left, -region.top)[:2], source)
        return picture


def _hull(boxes: Sequence[Box]) -> Box:
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


def _halve(image: Image.Image) -> Image.Image:
    # On premultiplied pixels, for else the colour of transparent ones would bleed into the edges.
    return image.convert("RGBa").reduce(2).convert("RGBA")

"""Puts the layers of a pack together into the picture of a pose, at any size.

A size between two scales is composed at the next larger scale and the finished picture is reduced; at the
exact size of a scale nothing is resampled, unless a breath or a sway is on its way: whole pixels look
jerky, so what lies between two pixels is taken from twice the scale and halved then. Any number of threads
may use a `Composer` at once.
"""

import itertools
import math
from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import NamedTuple

from PIL import Image, ImageChops

from overlay.life.pose import PHASES, Pose
from overlay.packs.boxes import Box, hull
from overlay.packs.layout import Placed, Slots, is_of_features, lay_out, place_layer, vary
from overlay.packs.loader import Pack
from overlay.packs.tables import Layer

_FILTER = Image.Resampling.LANCZOS
_REACH = 3
"""How far the filter looks, in pixels of the coarser picture."""
_MAX_KNOWN = 4096
_KEPT_BYTES = 8 * 1024 * 1024
"""Of halved images, and of what lies below eyes and mouth."""


class Recipe(NamedTuple):
    """What is known of the picture of a pose before it is made. Numbers are those of one `Composer`."""

    key: int
    "The same for poses that show the same images at the same pixels, after fallback and rounding."
    body: Pose
    "The pose with eyes, mouth and look at rest."
    body_key: int
    box: Box | None
    "All in which poses with the same body can differ; None: nothing, or more than half of the picture."
    patch_key: int
    "The same for poses that look the same in the box."
    near: tuple[int, ...]
    "Which layers may be seen in the box."


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
        self._features = [index for index, layer in enumerate(pack.layers) if is_of_features(layer)]
        self._recipes: dict[Pose, Recipe] = {}
        self._slots: dict[Pose, Slots] = {}
        self._boxes: dict[Pose, Box | None] = {}
        self._kept: dict[Hashable, Image.Image] = {}
        self._kept_bytes = 0
        self._numbers: dict[Hashable, int] = {}
        self._count = itertools.count()

    def key(self, pose: Pose) -> int:
        """The same for poses that show the same images at the same pixels, after fallback and rounding."""
        return self.recipe(pose).key

    def recipe(self, pose: Pose) -> Recipe:
        """What is known of a pose's picture; found once."""
        recipe = self._recipes.get(pose)
        if recipe is None:
            if len(self._recipes) >= _MAX_KNOWN:
                self._recipes.clear()
                self._numbers.clear()
            recipe = self._recipes[pose] = self._find_recipe(pose)
        return recipe

    def still(self, pose: Pose) -> Pose:
        """The pose with eyes, mouth and look at rest; its key is that of the body."""
        return replace(pose, eyes="open", mouth=None, look=None)

    def picture(self, pose: Pose) -> Image.Image:
        """The whole picture: RGBA, straight alpha, `size`.

        Raises:
            PackError: A file of the pack is damaged or has changed.
        """
        whole = Box(0, 0, *self.size)
        finer = self._find_finer(pose)
        if finer is not None:
            picture = Image.new("RGBA", self.size)
            self._add(picture, finer, finer._place(pose), whole)
            return picture
        plan = _drawn(self._place(pose))
        picture = self._show(plan, whole)
        box = self.recipe(pose).box
        if box is not None and not self._is_exact:
            # The very same pixels as `patch`: resampling a part differs in the last bit now and then.
            picture.paste(self._show(plan, box), box[:2])
        return picture

    def patch_box(self, pose: Pose) -> tuple[int, int, int, int] | None:
        """Left, top, right, bottom of all in which poses with the same `still` can differ, in shown pixels.

        None when that is nothing, or more than half of the picture.
        """
        return self.recipe(pose).box

    def patch(self, pose: Pose) -> Image.Image:
        """`picture(pose)` cropped to `patch_box(pose)`, composed only there; the whole where that is None.

        Raises:
            PackError: A file of the pack is damaged or has changed.
        """
        recipe = self.recipe(pose)
        if recipe.box is None:
            return self.picture(pose)
        finer = self._find_finer(pose)
        slots = (finer or self)._place(pose)
        if finer is None and not self._is_exact:
            return self._show(_drawn(slots), recipe.box)
        below = [slots[index] for index in recipe.near if index < self._features[0]]
        picture = self._find_ground(finer, below, recipe.box).copy()
        changing = [slots[index] for index in recipe.near if index >= self._features[0]]
        self._add(picture, finer, changing, recipe.box)
        return picture

    def _find_ground(self, finer: "Composer | None", below: Sequence[Placed | None], box: Box) -> Image.Image:
        """What lies below eyes and mouth in the box of a patch; not to be changed."""
        key = box, finer is not None, (finer or self)._sign(below)
        ground = self._kept.get(key)
        if ground is None:
            ground = Image.new("RGBA", box.size)
            self._add(ground, finer, below, box)
            self._keep(key, ground)
        return ground

    def _make_finer(self) -> "Composer | None":
        """What knows the places at twice the size, where none of its images is resampled either."""
        if not self._is_exact or 2 * self._scale not in self.pack.scales:
            return None
        finer = Composer(self.pack, 2 * self.size[1])
        finer._finer = None
        return finer

    def _find_finer(self, pose: Pose) -> "Composer | None":
        """What knows the places of a pose of which something lies between two pixels; else None."""
        if self._finer is None or not (pose.breath % PHASES or pose.sway % PHASES):
            return None
        placed = _drawn(self._finer._place(self.still(pose)))
        return self._finer if any(each.x % 2 or each.y % 2 for each in placed) else None

    def _find_recipe(self, pose: Pose) -> Recipe:
        body = self.still(pose)
        finer = self._find_finer(pose)
        source = finer or self
        slots = source._place(pose)
        key = self._number(finer is not None, source._sign(slots))
        if pose == body:
            box = self._find_box(body, finer)
            near = source._find_near(slots, self._to_source(box, finer)) if box is not None else ()
        else:
            box, near = self.recipe(body).box, self.recipe(body).near
        patch_key = self._number(finer is not None, box, source._sign([slots[index] for index in near]))
        body_key = key if pose == body else self.recipe(body).key
        return Recipe(key, body, body_key, box, patch_key if box is not None else key, near)

    def _to_source(self, box: Box, finer: "Composer | None") -> Box:
        """All source pixels that have an influence on some shown pixels."""
        if finer is not None:
            return Box(*(2 * edge for edge in box))
        return box if self._is_exact else self._canvas

    def _find_near(self, slots: Slots, seen: Box) -> tuple[int, ...]:
        """The layers that are seen in a box, and all that change with eyes, mouth and look."""
        near = set(self._features)
        for index, placed in enumerate(slots):
            place = self._extent(placed) if placed is not None else None
            if place is not None and place.overlap(seen) is not None:
                near.add(index)
        return tuple(sorted(near))

    def _sign(self, slots: Sequence[Placed | None]) -> Hashable:
        """The same for the same pictures at the same places, whatever they are called."""
        header, scale = self.pack.pictures.header, self._scale
        return tuple(
            (
                header(each.image, scale).digest,
                each.mask and header(each.mask, scale).digest,
                each.x,
                each.y,
                each.mask_x,
                each.mask_y,
            )
            for each in slots
            if each is not None
        )

    def _number(self, *signs: Hashable) -> int:
        """A short name of something long."""
        return self._numbers.setdefault(signs, next(self._count))

    def _place(self, pose: Pose) -> Slots:
        """What each layer shows, and where."""
        body = self.still(pose)
        slots = self._slots.get(body)
        if slots is None:
            if len(self._slots) >= _MAX_KNOWN:
                self._slots.clear()
            slots = self._slots[body] = lay_out(self.pack, body, self._scale)
        if pose == body:
            return slots
        changed = list(slots)
        for index in self._features:
            changed[index] = place_layer(self.pack, self.pack.layers[index], pose, self._scale)
        return tuple(changed)

    def _find_box(self, body: Pose, finer: "Composer | None") -> Box | None:
        if finer is not None:
            box = finer._find_box(body, None)
            return box and Box(box[0] // 2, box[1] // 2, -(-box[2] // 2), -(-box[3] // 2))
        features = [self.pack.layers[index] for index in self._features]
        # What moves nothing of the face has no influence on where it is.
        breath = body.breath if any(any(layer.breath) for layer in features) else 0
        sway = body.sway if any(any(layer.sway) for layer in features) else 0
        place = replace(body, breath=breath, sway=sway)
        if place not in self._boxes:
            if len(self._boxes) >= _MAX_KNOWN:
                self._boxes.clear()
            self._boxes[place] = self._measure_box(features, place)
        return self._boxes[place]

    def _measure_box(self, features: Sequence[Layer], body: Pose) -> Box | None:
        boxes: list[Box] = []
        for layer in features:
            poses = vary(self.pack, layer, body)
            shown = {place_layer(self.pack, layer, pose, self._scale) for pose in poses}
            if len(shown) > 1:
                found = (self._box(placed) for placed in shown if placed is not None)
                boxes += [box for box in found if box is not None]
        if not boxes:
            return None
        box = self._to_shown(hull(boxes))
        return box if box.area * 2 <= self.size[0] * self.size[1] else None

    def _box(self, placed: Placed) -> Box | None:
        """Where an image is seen, in pixels of the source."""
        box = self._extent(placed)
        return box and box.overlap(self._canvas)

    def _extent(self, placed: Placed) -> Box | None:
        """The same, also beyond the canvas."""
        header = self.pack.pictures.header(placed.image, self._scale)
        box = Box(0, 0, header.width, header.height).move(placed.x, placed.y)
        if not placed.mask:
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
        picture = Image.new("RGBA", region.size)
        self._add(picture, None, plan, region)
        return picture

    def _add(
        self,
        picture: Image.Image,
        finer: "Composer | None",
        slots: Sequence[Placed | None],
        region: Box,
    ) -> None:
        """Put images on a picture of a region; with `finer`, their places are in half pixels."""
        for placed in _drawn(slots):
            whole = self._find_whole(placed) if finer is not None else placed
            if whole is not None:
                self._draw(picture, whole, region)
                continue
            image = self._halve(finer or self, placed)
            place = Box(0, 0, *image.size).move(placed.x // 2, placed.y // 2)
            box = place.overlap(region)
            if box is not None:
                source = box.move(-place.left, -place.top)
                picture.alpha_composite(image, box.move(-region.left, -region.top)[:2], source)

    def _draw(self, picture: Image.Image, placed: Placed, region: Box) -> None:
        """Put an image on a picture of a region."""
        box = self._extent(placed)
        box = box.overlap(region) if box is not None else None
        if box is None:
            return
        source = box.move(-placed.x, -placed.y)
        image = self.pack.pictures.get(placed.image, self._scale)
        if placed.mask:
            image = image.crop(source)
            mask = self.pack.pictures.get(placed.mask, self._scale)
            shape = mask.crop(box.move(-placed.mask_x, -placed.mask_y)).getchannel("A")
            image.putalpha(ImageChops.multiply(image.getchannel("A"), shape))
            source = Box(0, 0, *image.size)
        picture.alpha_composite(image, box.move(-region.left, -region.top)[:2], source)

    def _find_whole(self, placed: Placed) -> Placed | None:
        """The image of this scale for one of twice the scale, where it lies on whole pixels."""
        if any(place % 2 for place in placed if isinstance(place, int)):
            return None
        header = self.pack.pictures.header
        for name in filter(None, (placed.image, placed.mask)):
            one, two = header(name, self._scale), header(name, 2 * self._scale)
            if (one.width, one.height) != (-(-two.width // 2), -(-two.height // 2)):
                return None
        half = [place // 2 for place in placed if isinstance(place, int)]
        return Placed(placed.image, half[0], half[1], placed.mask, half[2], half[3])

    def _halve(self, finer: "Composer", placed: Placed) -> Image.Image:
        """An image of twice the scale, masked, at half its size, from the pixel on in which it begins."""
        key = placed._replace(
            x=placed.x % 2,
            y=placed.y % 2,
            mask_x=placed.mask_x - placed.x if placed.mask else 0,
            mask_y=placed.mask_y - placed.y if placed.mask else 0,
        )
        image = self._kept.get(key)
        if image is None:
            header = self.pack.pictures.header(placed.image, finer._scale)
            # Even, so that no pixel has to be made up.
            right, bottom = (-(-edge // 2) * 2 for edge in (header.width + key.x, header.height + key.y))
            at = key._replace(mask_x=key.x + key.mask_x, mask_y=key.y + key.mask_y)
            image = _halve(finer._compose([at], Box(0, 0, right, bottom)))
            self._keep(key, image)
        return image

    def _keep(self, key: Hashable, image: Image.Image) -> None:
        if self._kept_bytes > _KEPT_BYTES:
            self._kept.clear()
            self._kept_bytes = 0
        self._kept[key] = image
        self._kept_bytes += image.width * image.height * 4


def _drawn(slots: Sequence[Placed | None]) -> list[Placed]:
    """Back to front."""
    return [placed for placed in slots if placed is not None]


def _halve(image: Image.Image) -> Image.Image:
    # On premultiplied pixels, for else the colour of transparent ones would bleed into the edges.
    return image.convert("RGBa").reduce(2).convert("RGBA")

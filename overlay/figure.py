"""Paints her on a surface: which picture belongs to a pose, kept once made, and soft changes of emotion."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import get_args

from PIL import Image, ImageChops

from backend.shared.records import EmotionName
from overlay.life.pose import PHASES, Pose
from overlay.packs.composer import Composer
from overlay.schedule import Due, Schedule
from overlay.surfaces.surface import Picture, Surface

# Whole figures and the boxes round her face, in bytes of what the window system holds.
BODY_BYTES = 48_000_000
PATCH_BYTES = 16_000_000
FADE_BYTES = 8_000_000
FADE_STEPS = 5
FADE_SECONDS = 0.16
BREATH_SHARE = 0.7
"Of the shelf for whole figures, for the breath of one emotion made ahead of need."
WARM_SECONDS = 0.08
"Between two pictures that are made ahead of need: she stays awake to everything else meanwhile."

Box = tuple[int, int, int, int]


class Shelf:
    """Prepared pictures by key, the ones not used for longest given up first."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._bytes = 0
        self._kept: OrderedDict[Hashable, Picture] = OrderedDict()

    def __contains__(self, key: Hashable) -> bool:
        return key in self._kept

    def get(self, key: Hashable, make: Callable[[], Picture]) -> Picture:
        """The picture of this key, made when it is not there."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        picture = self._kept[key] = make()
        self._bytes += _weight(picture)
        while self._bytes > self._limit and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= _weight(oldest)
            oldest.free()
        return picture

    def clear(self) -> None:
        """Free everything."""
        while self._kept:
            self._kept.popitem()[1].free()
        self._bytes = 0


def _calm(pose: Pose) -> Pose:
    """Her at rest in this emotion, breathed out."""
    return Pose(emotion=pose.emotion, is_asleep=pose.is_asleep)


def _weight(picture: Picture) -> int:
    width, height = picture.size
    return width * height * 4


class Figure:
    """Her, on a surface.

    Args:
        surface: Where she is painted.
        composer: What puts her together; see `dress` for another one.
        schedule: For soft changes, and for pictures made ahead of need.
        is_motion_reduced: Emotions change at once.
    """

    def __init__(
        self, surface: Surface, composer: Composer, schedule: Schedule, is_motion_reduced: bool = False
    ) -> None:
        self._surface, self._composer, self._schedule = surface, composer, schedule
        self._is_motion_reduced = is_motion_reduced
        self._bodies, self._patches = Shelf(BODY_BYTES), Shelf(PATCH_BYTES)
        self._fades = Shelf(FADE_BYTES)
        self._pose = Pose()
        self._key: Hashable = None
        self._fading: Due | None = None
        self._stills: dict[Hashable, Image.Image] = {}
        "Her pictures at rest as images, one for each emotion, to fade between."
        self._fade_boxes: dict[Hashable, Box | None] = {}
        self._warming: Due | None = None
        self._to_warm: list[Pose] = []

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self._composer.size

    @property
    def pose(self) -> Pose:
        """What she looks like."""
        return self._pose

    def dress(self, composer: Composer) -> None:
        """Another look or size; shown at once."""
        self._end_fade()
        self._composer = composer
        for shelf in (self._bodies, self._patches, self._fades):
            shelf.clear()
        self._stills.clear()
        self._fade_boxes.clear()
        self._to_warm.clear()
        self._key = None
        self.show(self._pose)

    def show(self, pose: Pose) -> None:
        """Look like this from now on."""
        key = self._composer.key(pose)
        before, self._pose = self._pose, pose
        if key == self._key:
            return
        is_first, self._key = self._key is None, key
        if self._fading is not None and pose.emotion == before.emotion:
            return  # the end of the change shows what is true by then
        self._end_fade()
        if pose.emotion != before.emotion and not (is_first or self._is_motion_reduced):
            self._fade(before, pose)
        else:
            self._paint(pose)
        if is_first or pose.emotion != before.emotion:
            self._warm_up(pose, has_breath=is_first)

    def close(self) -> None:
        """Free everything but the surface."""
        self._end_fade()
        if self._warming is not None:
            self._warming.cancel()
        for shelf in (self._bodies, self._patches, self._fades):
            shelf.clear()

    def _paint(self, pose: Pose) -> None:
        recipe = self._composer.recipe(pose)
        if recipe.box is None:
            self._surface.show(self._bodies.get(recipe.key, lambda: self._make(pose)))
        elif recipe.key == recipe.body_key:
            self._surface.show(self._body(recipe.body))
        else:
            patch = self._patches.get(recipe.patch_key, lambda: self._make_patch(pose))
            self._surface.show(self._body(recipe.body), patch, recipe.box[:2])

    def _body(self, pose: Pose) -> Picture:
        return self._bodies.get(self._composer.key(pose), lambda: self._make(pose))

    def _make(self, pose: Pose) -> Picture:
        return self._surface.prepare(self._composer.picture(pose))

    def _make_patch(self, pose: Pose) -> Picture:
        return self._surface.prepare(self._composer.patch(pose))

    def _still_image(self, pose: Pose) -> Image.Image:
        """Her at rest, breathed out, in colours that can be mixed."""
        calm = _calm(pose)
        key = self._composer.key(calm)
        if key not in self._stills:
            self._stills[key] = self._composer.picture(calm).convert("RGBa")
        return self._stills[key]

    def _fade(self, before: Pose, after: Pose) -> None:
        box = self._fade_box(before, after)
        if box is None:
            self._paint(after)
            return

        def step(number: int) -> None:
            self._fading = None
            if number > FADE_STEPS:
                self._paint(self._pose)
                return
            # Looked up each time: it may have been given up for pictures made ahead of need.
            self._surface.show(self._body(_calm(before)), self._mixed(before, after, number), box[:2])
            self._fading = self._schedule.after(FADE_SECONDS / FADE_STEPS, lambda: step(number + 1))

        step(1)

    def _fade_box(self, before: Pose, after: Pose) -> Box | None:
        """Where two emotions differ; None: nowhere."""
        key = self._fade_key(before, after, 0)
        if key not in self._fade_boxes:
            old, new = self._still_image(before), self._still_image(after)
            self._fade_boxes[key] = ImageChops.difference(old, new).getbbox(alpha_only=False)
        return self._fade_boxes[key]

    def _mixed(self, before: Pose, after: Pose, number: int) -> Picture:
        """A step from one emotion to another, in the box where they differ."""

        def make() -> Picture:
            box = self._fade_box(before, after)
            start, end = self._still_image(before).crop(box), self._still_image(after).crop(box)
            mixed = Image.blend(start, end, number / (FADE_STEPS + 1)).convert("RGBA")
            return self._surface.prepare(mixed)

        return self._fades.get(self._fade_key(before, after, number), make)

    def _fade_key(self, before: Pose, after: Pose, number: int) -> Hashable:
        return self._composer.key(_calm(before)), self._composer.key(_calm(after)), number

    def _end_fade(self) -> None:
        if self._fading is not None:
            self._fading.cancel()
            self._fading = None

    def _warm_up(self, pose: Pose, *, has_breath: bool) -> None:
        """Make ahead of need what the next moments may ask for; with no hurry."""
        calm = [Pose(emotion=name) for name in get_args(EmotionName)]
        self._to_warm = [
            *calm,
            *(
                Pose(emotion=pose.emotion, mouth=mouth)
                for mouth in ("small", "wide", "round", "closed", "smile")
            ),
            *(Pose(emotion=pose.emotion, eyes=eyes) for eyes in ("half", "closed")),
            *calm,  # once more: what has its picture by then gets the first step of the change to it
            *(self._breaths(pose) if has_breath else ()),
        ][::-1]
        if self._warming is None:
            self._warming = self._schedule.after(WARM_SECONDS, self._warm)

    def _breaths(self, pose: Pose) -> list[Pose]:
        """All her breath and sway, what is next to rest first; nothing where that would fill the shelf."""
        if self._is_motion_reduced:
            return []
        width, height = self.size
        sways = sorted(range(-PHASES, PHASES + 1), key=abs)
        breaths = [
            Pose(emotion=pose.emotion, breath=breath, sway=sway)
            for sway in sways
            for breath in range(PHASES + 1)
        ]
        return breaths if len(breaths) * width * height * 4 <= BODY_BYTES * BREATH_SHARE else []

    def _warm(self) -> None:
        self._warming = None
        while self._to_warm:
            pose = self._to_warm.pop()
            if self._prepare(pose):
                break
        if self._to_warm:
            self._warming = self._schedule.after(WARM_SECONDS, self._warm)

    def _prepare(self, pose: Pose) -> bool:
        """Whether there was something to make."""
        recipe = self._composer.recipe(pose)
        if recipe.key != recipe.body_key:
            if recipe.box is None or recipe.patch_key in self._patches:
                return False
            self._patches.get(recipe.patch_key, lambda: self._make_patch(pose))
            return True
        is_calm = recipe.key == self._composer.key(_calm(pose))
        has_still = not is_calm or recipe.key in self._stills
        if has_still and recipe.key in self._bodies:
            self._body(recipe.body)  # used, so that the breath of other emotions does not push it out
            return is_calm and self._prepare_fade(pose)
        image = self._composer.picture(pose)
        if is_calm:
            self._stills[recipe.key] = image.convert("RGBa")
        self._bodies.get(recipe.key, lambda: self._surface.prepare(image))
        return True

    def _prepare_fade(self, pose: Pose) -> bool:
        """Whether the first step to this emotion had to be made: the one that somebody waits for."""
        before = self._pose
        is_made = self._fade_key(before, pose, 1) in self._fades
        if is_made or self._is_motion_reduced or self._fade_box(before, pose) is None:
            return False
        self._mixed(before, pose, 1)
        return True

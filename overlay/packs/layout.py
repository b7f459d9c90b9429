"""Which images make up a pose, and where they lie: the rules of the packs' README, without a pixel."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple, get_args

from backend.shared.records import EmotionName, MouthShape
from overlay.life.pose import PHASES, Eyes, Pose
from overlay.packs.loader import Pack
from overlay.packs.manifest import chain
from overlay.packs.tables import Layer


class Placed(NamedTuple):
    """An image on the canvas of one scale, x and y in pixels of that scale; with the image that masks it."""

    image: str
    x: int
    y: int
    mask: str = ""
    mask_x: int = 0
    mask_y: int = 0


Slots = tuple[Placed | None, ...]
"""What each layer shows, back to front; None: nothing."""


def lay_out(pack: Pack, pose: Pose, scale: int) -> Slots:
    """What each layer shows in a pose."""
    return tuple(place_layer(pack, layer, pose, scale) for layer in pack.layers)


def is_of_features(layer: Layer) -> bool:
    """Whether other eyes, another mouth or another look may change what a layer shows."""
    names = layer.image + (layer.mask or "")
    return "{eyes}" in names or "{mouth}" in names or bool(layer.look)


def vary(pack: Pack, layer: Layer, pose: Pose) -> Iterator[Pose]:
    """The poses that may show another image, or another place, in a layer: other eyes, mouth or look."""
    names = layer.image + (layer.mask or "")
    eyes = get_args(Eyes) if "{eyes}" in names else (pose.eyes,)
    mouths = (None, *get_args(MouthShape)) if "{mouth}" in names else (pose.mouth,)
    looks = (None, *pack.look) if layer.look else (pose.look,)
    for eye, mouth, look in itertools.product(eyes, mouths, looks):
        yield replace(pose, eyes=eye, mouth=mouth, look=look)


def place_layer(pack: Pack, layer: Layer, pose: Pose, scale: int) -> Placed | None:
    """What one layer shows; None when it is not drawn."""
    if layer.when == "asleep" and not pose.is_asleep:
        return None
    name = _choose(pack, layer, layer.image, pose, eyes_fall=True)
    if name is None:
        return None
    look = pack.look.get(pose.look, (0.0, 0.0)) if pose.look else (0.0, 0.0)
    x, y = _place(pack, layer, name, pose, scale, (look[0] * layer.look, look[1] * layer.look))
    if layer.mask is None:
        return Placed(name, x, y)
    mask = _choose(pack, layer, layer.mask, pose, eyes_fall=False)
    if mask is None:
        return None
    return Placed(name, x, y, mask, *_place(pack, layer, mask, pose, scale, (0.0, 0.0)))


def _mood(pack: Pack, emotion: EmotionName) -> EmotionName:
    """The emotion whose table holds: the first of the chain that has one."""
    named = (name for name in chain(pack.fallback.emotion, emotion) if name in pack.moods)
    return next(named, "neutral")


def _choose(pack: Pack, layer: Layer, template: str, pose: Pose, *, eyes_fall: bool) -> str | None:
    mouth = pose.mouth or pack.moods[_mood(pack, pose.emotion)].mouth
    exact = fill(template, pose.emotion, pose.eyes, mouth)
    if exact in pack.images or not layer.fallback:
        return exact if exact in pack.images else None
    eyes = chain(pack.fallback.eyes, pose.eyes) if eyes_fall else [pose.eyes]
    mouths, emotions = chain(pack.fallback.mouth, mouth), chain(pack.fallback.emotion, pose.emotion)
    for eye, shape, emotion in itertools.product(eyes, mouths, emotions):
        name = fill(template, emotion, eye, shape)
        if name in pack.images:
            return name
    return None


def fill(template: str, emotion: str, eyes: str, mouth: str) -> str:
    """The name of the image that a layer's template names in a state."""
    return template.replace("{emotion}", emotion).replace("{eyes}", eyes).replace("{mouth}", mouth)


def _place(
    pack: Pack, layer: Layer, name: str, pose: Pose, scale: int, look: tuple[float, float]
) -> tuple[int, int]:
    head = pack.moods[_mood(pack, pose.emotion)].head if layer.head else (0.0, 0.0)
    breath, sway = pose.breath / PHASES, pose.sway / PHASES

    def move(axis: int) -> int:
        place = pack.images[name][axis] + head[axis] + look[axis]
        place += layer.breath[axis] * breath + layer.sway[axis] * sway
        # Halves always go the same way, so that layers that move together stay together.
        return math.floor(place * scale + 0.5)

    return move(0), move(1)

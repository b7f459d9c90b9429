"""Icons and the pill can be told apart and read on every ground."""

import itertools
from typing import get_args

import numpy as np
import pytest

from overlay.indicator.icons import IconName, draw_icon
from overlay.indicator.lights import SENSES
from overlay.indicator.pill import Slot, draw_pill, slot_px

SIZES = (16, 20, 32)


def unlike(one: np.ndarray, other: np.ndarray) -> float:
    """The share of what either shows in which they differ."""
    return abs(one - other).sum() / np.maximum(one, other).sum()


def alpha(*arguments, **options) -> np.ndarray:
    return np.asarray(draw_icon(*arguments, **options).getchannel("A")).astype(int)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", get_args(IconName))
def test_an_icon_fills_its_square_without_touching_beyond_it(name, size):
    icon = draw_icon(name, size, "#ffffff")
    assert icon.size == (size, size)
    left, top, right, bottom = icon.getchannel("A").getbbox()
    assert max(right - left, bottom - top) >= 0.65 * size
    assert alpha(name, size, "#ffffff").max() == 255


@pytest.mark.parametrize("size", SIZES)
def test_every_two_icons_differ_clearly(size):
    for one, other in itertools.combinations(get_args(IconName), 2):
        assert unlike(alpha(one, size, "#fff"), alpha(other, size, "#fff")) > 0.2, (one, other)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SENSES)
def test_a_sense_that_is_off_or_changing_looks_different(name, size):
    plain = alpha(name, size, "#fff")
    for options in ({"is_crossed": True}, {"is_hollow": True}):
        assert unlike(plain, alpha(name, size, "#fff", **options)) > 0.12, options


@pytest.mark.parametrize("size", SIZES)
def test_straight_edges_are_sharp(size):
    # The body of the camera: its left edge lies between two pixels, not across one.
    middle = alpha("camera", size, "#fff")[size // 2]
    first = int(np.argmax(middle > 0))
    assert middle[first] > 225


def test_the_colour_is_the_one_asked_for():
    pixels = np.asarray(draw_icon("camera", 20, "#ff8a3d"))
    assert (pixels[..., :3] == (0xFF, 0x8A, 0x3D)).all()


def luminance(colour) -> float:
    shares = np.asarray(colour, float) / 255
    red, green, blue = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)


@pytest.mark.parametrize("ground", [(255, 255, 255), (0, 0, 0), (230, 40, 40)])
def test_a_lit_icon_stands_out_on_every_desktop(ground):
    image = draw_pill((Slot("microphone", "lit", has_dot=True),))
    pixels = np.asarray(image).astype(float)
    shown = pixels[..., :3] * pixels[..., 3:] / 255 + np.array(ground) * (1 - pixels[..., 3:] / 255)
    side = slot_px(1.0)
    icon, beside = shown[side // 2 - 4, side // 2], shown[side // 2, 4]
    contrast = (luminance(icon) + 0.05) / (luminance(beside) + 0.05)
    assert contrast > 7


def test_each_mood_looks_different_and_the_dot_tells_what_captures():
    moods = ("lit", "crossed", "hollow", "alarm", "unknown")
    pictures = {mood: np.asarray(draw_pill((Slot("screen", mood),))).astype(int) for mood in moods}
    for one, other in itertools.combinations(moods, 2):
        assert (abs(pictures[one] - pictures[other]).max(axis=2) > 40).mean() > 0.05, (one, other)
    warm = np.asarray(draw_pill((Slot("screen", "hollow", has_dot=True),))).astype(int)
    is_warm = (warm[..., 0] > 220) & (warm[..., 2] < 110) & (warm[..., 3] == 255)
    assert is_warm.sum() >= 9


@pytest.mark.parametrize("scale", [1.0, 1.25, 2.0, 3.0])
def test_the_pill_has_a_place_for_each_icon_and_round_transparent_ends(scale):
    slots = (Slot("microphone", "lit"), Slot("camera", "crossed"), Slot("screen", "crossed"))
    image = draw_pill(slots, scale)
    assert image.size == (3 * slot_px(scale), slot_px(scale))
    assert image.getpixel((0, 0))[3] == 0
    assert image.getpixel((image.width - 1, image.height - 1))[3] == 0

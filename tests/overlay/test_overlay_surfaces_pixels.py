"""The forms of pictures that window systems want, bit by bit."""

import numpy as np
import pytest
from PIL import Image

from overlay.surfaces import pixels
from tests.overlay.art import art


def sample(width: int, height: int) -> Image.Image:
    """Every pixel different, all alphas."""
    random = np.random.default_rng(7)
    return Image.fromarray(random.integers(0, 256, (height, width, 4), np.uint8), "RGBA")


@pytest.fixture(params=[(1, 1), (31, 3), (32, 5), (33, 4), (300, 450)])
def image(request):
    return sample(*request.param) if request.param[0] < 300 else art()


def rows(data: bytes, image: Image.Image) -> np.ndarray:
    return np.frombuffer(data, np.uint8).reshape(image.height, image.width, 4)


def test_premultiplied_rows_are_blue_green_red_alpha(image):
    straight = np.asarray(image).astype(float)
    wanted = straight[..., 2::-1] * straight[..., 3:] / 255
    found = rows(pixels.premultiplied(image), image)
    assert np.array_equal(found[..., 3], straight[..., 3])
    assert np.abs(found[..., :3] - wanted).max() <= 1
    assert (found[..., :3] <= found[..., 3:]).all()


def test_unblended_rows_keep_the_colours_of_half_transparent_pixels(image):
    assert np.array_equal(rows(pixels.unblended(image), image)[..., :3], np.asarray(image)[..., 2::-1])


@pytest.mark.parametrize("threshold", [1, 40, 128, 255])
def test_masks_have_a_bit_for_each_pixel_and_whole_words_for_each_row(image, threshold):
    data = np.frombuffer(pixels.mask(image, threshold), np.uint8).reshape(image.height, -1)
    assert data.shape[1] == (image.width + 31) // 32 * 4
    bits = np.unpackbits(data, axis=1, bitorder="little")[:, : image.width]
    assert np.array_equal(bits == 1, np.asarray(image)[..., 3] >= threshold)


def test_a_key_is_seen_where_she_is_not_and_nowhere_else(image):
    key = tuple(int(value) for value in np.asarray(image)[0, 0, :3])
    keyed = np.asarray(pixels.keyed(image, key))
    straight = np.asarray(image)
    is_hers = straight[..., 3] >= 128
    assert np.array_equal((keyed == key).all(2), ~is_hers)
    difference = np.abs(keyed.astype(int) - straight[..., :3])[is_hers]
    assert difference.max(initial=0) <= 1
    had_the_key = (straight[..., :3] == key).all(2)[is_hers]
    assert np.array_equal(difference.max(1, initial=0) > 0, had_the_key)


@pytest.mark.parametrize("key", [(0, 0, 0), (255, 255, 255), (10, 20, 0)])
def test_every_key_has_a_neighbour(key):
    image = Image.new("RGBA", (2, 1), (*key, 255))
    assert (np.asarray(pixels.keyed(image, key)) != key).any(2).all()

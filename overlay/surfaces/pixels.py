"""Pictures in the forms that window systems want. All take RGBA images with straight alpha."""

from PIL import Image, ImageChops

SMOOTH_MASK = 40
"""Alpha from which on a click means her, where half-transparent pixels are shown as such."""
HARD_MASK = 128
"""Alpha from which on a pixel is hers, where there is only all or nothing: the edge of least error."""


def premultiplied(image: Image.Image) -> bytes:
    """Rows of blue, green, red and alpha, colours multiplied with alpha."""
    return image.convert("RGBa").tobytes("raw", "BGRa")


def unblended(image: Image.Image) -> bytes:
    """Rows of blue, green, red and a byte that does not count; colours as they were before blending."""
    return image.convert("RGB").tobytes("raw", "BGRX")


def mask(image: Image.Image, threshold: int) -> bytes:
    """One bit for each pixel, 1 from that alpha on; lowest bit first, rows filled up to 4 bytes."""
    stride = (image.width + 31) // 32 * 4
    return _is_hers(image, threshold).tobytes("raw", "1;R", stride)


def on_ground(image: Image.Image, colour: tuple[int, int, int]) -> Image.Image:
    """The picture on a ground of one colour: RGB."""
    ground = Image.new("RGBA", image.size, (*colour, 255))
    ground.alpha_composite(image)
    return ground.convert("RGB")


def keyed(image: Image.Image, key: tuple[int, int, int]) -> Image.Image:
    """The picture with hard edges on a ground of a colour that it does not have itself: RGB.

    Pixels that happen to have this colour become its neighbour in blue.
    """
    colours = image.convert("RGB")
    same = ImageChops.difference(colours, Image.new("RGB", image.size, key))
    # The largest difference of the three bands; 0 where the pixel has the colour of the key.
    distance = ImageChops.lighter(
        ImageChops.lighter(same.getchannel("R"), same.getchannel("G")), same.getchannel("B")
    )
    if distance.getextrema()[0] == 0:
        red, green, blue = key
        neighbour = (red, green, blue - 1 if blue else 1)
        colours.paste(neighbour, mask=distance.point([255] + [0] * 255, "1"))
    ground = Image.new("RGB", image.size, key)
    ground.paste(colours, mask=_is_hers(image, HARD_MASK))
    return ground


def _is_hers(image: Image.Image, threshold: int) -> Image.Image:
    return image.getchannel("A").point([0] * threshold + [255] * (256 - threshold), "1")

"""Pictures of her, for tests with and without a desk."""

from functools import cache
from pathlib import Path

from PIL import Image

from overlay.life.pose import Pose
from overlay.packs.composer import Composer
from overlay.packs.loader import SHIPPED, Pack, load

PACK = Path(__file__).resolve().parents[2] / "assets" / "avatars" / "alisa"


# Kept: who waits for a picture compares with it again and again, and she needs the processor too.


@cache
def shipped(name: str = "alisa") -> Pack:
    """A look that comes with her."""
    return load(SHIPPED / name)


@cache
def art(emotion: str = "neutral", height: int = 450, name: str = "alisa") -> Image.Image:
    """Her, straight alpha; not to be changed."""
    return Composer(shipped(name), height).picture(Pose(emotion=emotion))

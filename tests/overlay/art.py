"""Pictures of her, for tests with and without a desk."""

from pathlib import Path

from PIL import Image

from overlay.life.pose import Pose
from overlay.packs.composer import Composer
from overlay.packs.loader import load

PACK = Path(__file__).resolve().parents[2] / "assets" / "avatars" / "alisa"


def art(emotion: str = "neutral", height: int = 450) -> Image.Image:
    """Her, straight alpha."""
    return Composer(load(PACK), height).picture(Pose(emotion=emotion))

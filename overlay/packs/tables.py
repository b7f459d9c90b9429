"""The tables of `avatar.toml`: every key, what it may be, and the limits."""

from typing import Annotated, Literal

import msgspec

from backend.shared.errors import AlisaError
from backend.shared.records import EmotionName, MouthShape
from overlay.life.pose import Eyes, Look

FILE_NAME = "avatar.toml"
FORMAT = 1
MAX_FILE_BYTES = 256 * 1024
MAX_SIDE = 2048
MAX_SCALED_SIDE = 4096
MAX_LAYERS = 64
MAX_IMAGES = 512

Meta = msgspec.Meta
_ONE_LINE = r"^[^\x00-\x1f\x7f]*$"
_Number = Annotated[float, Meta(ge=-4096, le=4096)]
_Part = Annotated[float, Meta(ge=0, le=MAX_SIDE)]
Text = Annotated[str, Meta(min_length=1, max_length=200, pattern=_ONE_LINE, description="a line of text")]
LongText = Annotated[
    str, Meta(max_length=1000, pattern=_ONE_LINE, description="a line of text, at most 1000 letters")
]
Side = Annotated[int, Meta(ge=1, le=MAX_SIDE, description=f"1 to {MAX_SIDE}")]
Scales = Annotated[
    list[Annotated[int, Meta(ge=1, le=4)]],
    Meta(min_length=1, max_length=4, description="different whole numbers from 1 to 4, such as [1, 2]"),
]
Shift = Annotated[tuple[_Number, _Number], Meta(description="two numbers, x and y, such as [0, -1]")]
Spot = Annotated[
    tuple[_Part, _Part], Meta(description="two numbers, x and y, of a point on the canvas, such as [150, 20]")
]
Box = Annotated[
    tuple[_Part, _Part, _Part, _Part],
    Meta(description="four numbers, x, y, width and height, of a part of the canvas"),
]
Factor = Annotated[float, Meta(ge=-100, le=100, description="a number from -100 to 100")]
Template = Annotated[
    str,
    Meta(
        pattern=r"^([A-Za-z0-9_-]|\{emotion\}|\{eyes\}|\{mouth\}){1,100}$",
        description="the name of an image: letters, digits, - and _, {emotion}, {eyes} and {mouth}",
    ),
]


class PackError(AlisaError):
    """Raised when a pack breaks a rule: names the file and the key, and says what is allowed."""


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of `avatar.toml`."""


class About(Table, frozen=True):
    """`[pack]`: what the pack is called and whose it is."""

    name: Text
    author: Text
    licence: Text
    description: LongText = ""
    extends: LongText = ""


class Canvas(Table, frozen=True):
    """`[canvas]`: the whole picture, in pixels at scale 1."""

    width: Side
    height: Side
    scales: Scales
    face: Box
    feet: Spot
    head: Spot


class Mood(Table, frozen=True):
    """`[emotions.<name>]`: how an emotion changes the whole head."""

    mouth: MouthShape = "closed"
    head: Shift = (0, 0)


class Fallback(Table, frozen=True):
    """`[fallback]`: what is shown instead of what the pack does not have."""

    emotion: dict[EmotionName, EmotionName] = {}
    eyes: dict[Eyes, Eyes] = {}
    mouth: dict[MouthShape, MouthShape] = {}


class Layer(Table, frozen=True):
    """`[[layers]]`: one slot of the picture."""

    image: Template
    mask: Template | None = None
    look: Factor = 0
    head: bool = False
    breath: Shift = (0, 0)
    sway: Shift = (0, 0)
    fallback: bool = True
    when: Literal["", "asleep"] = ""


class Manifest(msgspec.Struct, frozen=True):
    """A whole `avatar.toml`, checked, with its base worked in.

    Attributes:
        look: How far the eyes move for each direction, in canvas pixels.
        images: Name to the place of the upper left corner on the canvas.
    """

    about: About
    canvas: Canvas
    look: dict[Look, Shift]
    emotions: dict[EmotionName, Mood]
    fallback: Fallback
    layers: tuple[Layer, ...]
    images: dict[str, tuple[float, float]]

"""One moment of her: all that decides what her picture looks like."""

from dataclasses import dataclass
from typing import Literal

from backend.shared.records import EmotionName, MouthShape

Eyes = Literal["open", "half", "closed"]
Look = Literal["left", "right", "up", "down", "up_left", "up_right", "down_left", "down_right"]

PHASES = 4
"""Breath and sway are whole steps from 0 to this, so that few different pictures are needed."""


@dataclass(frozen=True, slots=True)
class Pose:
    """What she looks like at one moment. Left and right are the viewer's."""

    emotion: EmotionName = "neutral"
    eyes: Eyes = "open"
    mouth: MouthShape | None = None
    "None: the mouth that belongs to the emotion while she does not speak."
    look: Look | None = None
    "None: at the viewer."
    breath: int = 0
    "0 (breathed out) to PHASES (breathed in)."
    sway: int = 0
    "-PHASES to PHASES."
    is_asleep: bool = False

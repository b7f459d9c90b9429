"""Blush and the small signs of comics: vein, sweat, tears, sparkles."""

import math

from face import FACE
from ink import Pen, curve, linear, radial
from palette import GOLD

CHEEKS = (250.0, 348.0)


def blush(pen: Pen, emotion: str) -> None:
    """Colour in the face, under the eyes' ink."""
    with pen.inside(FACE):
        flush(pen, emotion)


def flush(pen: Pen, emotion: str) -> None:
    """The colour itself, before it is cut to the face."""
    strong = {"happy": 0.5, "angry": 0.45, "embarrassed": 0.85, "sad": 0.3}.get(emotion, 0)
    size = 1.3 if emotion == "embarrassed" else 1.0
    for x in CHEEKS:
        pen.oval(
            x,
            236,
            32 * size,
            18 * size,
            radial(
                x,
                236,
                32 * size,
                (0, "#ff5a66", strong),
                (0.5, "#ff6d74", strong * 0.6),
                (1, "#ff8078", 0),
                squash=0.56,
            ),
        )
    if emotion == "embarrassed":
        pen.oval(298, 228, 70, 15, radial(298, 228, 70, (0, "#ff5a66", 0.6), (1, "#ff6d74", 0), squash=0.22))
        for x in (*range(234, 268, 8), *range(334, 368, 8)):
            pen.line([(x + 4, 230), (x + 1, 236), (x - 2, 242)], 2.4, "#d6304e", alpha=0.8)
    if emotion == "happy":
        for x in (243, 251, 341, 349):
            pen.line([(x + 4, 232), (x + 2, 236), (x, 240)], 2.2, "#e8525f", alpha=0.75)
    if emotion == "sad":
        pen.fill(
            "210,70! 390,70! 390,210! 210,210!",
            linear(0, 130, 0, 206, (0, "#6b7fc4", 0.55), (1, "#6b7fc4", 0)),
        )
    if emotion == "angry":
        pen.fill(
            "210,70! 390,70! 390,210! 210,210!",
            linear(0, 130, 0, 206, (0, "#b02a4e", 0.55), (1, "#b02a4e", 0)),
        )


def mark(pen: Pen, emotion: str) -> None:
    """The sign over everything else."""
    {"happy": sparkles, "sad": tears, "angry": vein, "surprised": start, "embarrassed": sweat}[emotion](pen)


def star(pen: Pen, x: float, y: float, r: float) -> None:
    """A four-pointed sparkle."""
    pts = [
        (
            x + (r if k % 2 == 0 else r * 0.24) * math.sin(k * math.pi / 4),
            y - (r if k % 2 == 0 else r * 0.24) * math.cos(k * math.pi / 4),
            1,
        )
        for k in range(8)
    ]
    path = curve(pts)
    pen.contour(path, 5, GOLD["ink"])
    pen.fill(path, radial(x, y, r, (0, "#ffffff"), (0.35, GOLD["light"]), (1, "#ffc94d")))


def sparkles(pen: Pen) -> None:
    """Happy: sparkles beside the face."""
    star(pen, 424, 176, 20)
    star(pen, 444, 208, 11)
    star(pen, 180, 214, 14)


def drop(pen: Pen, x: float, y: float, size: float, turn: float = 0) -> None:
    """A drop of sweat or a tear."""
    with pen.turned(turn, x, y):
        path = curve(
            [
                (x, y - 12 * size, 1),
                (x + 6.5 * size, y + 2 * size, 0),
                (x + 4 * size, y + 9 * size, 0),
                (x, y + 11 * size, 0),
                (x - 4 * size, y + 9 * size, 0),
                (x - 6.5 * size, y + 2 * size, 0),
            ]
        )
        pen.shape(
            path, linear(x, y - 12 * size, x, y + 11 * size, (0, "#f2fcff"), (1, "#8fd3f7")), "#2d6f9e", 2.2
        )
        pen.line(
            [(x - 2.6 * size, y + 1 * size), (x - 2.8 * size, y + 5 * size), (x - 0.6 * size, y + 8 * size)],
            2.2 * size,
            "#ffffff",
        )


def tears(pen: Pen) -> None:
    """Sad: a tear that runs down from each eye."""
    for x, y, length in ((245, 228, 30), (352, 228, 22)):
        path = curve(
            [
                (x - 3, y, 0),
                (x + 3, y, 0),
                (x + 3.4, y + length * 0.6, 0),
                (x + 5.5, y + length, 0),
                (x, y + length + 7, 0),
                (x - 5.5, y + length, 0),
                (x - 3.4, y + length * 0.6, 0),
            ]
        )
        pen.fill(path, linear(0, y, 0, y + length, (0, "#e8f9ff", 0.75), (1, "#a9defa")))
        pen.contour(path, 1.8, "#3f86b3")
        pen.line(
            [(x - 1.5, y + length * 0.5), (x - 2.4, y + length), (x - 0.5, y + length + 4)], 2.2, "#ffffff"
        )


def vein(pen: Pen) -> None:
    """Angry: the popping vein."""
    for ink, width in (("#fff4f0", 14), ("#8c0f2b", 10), ("#ff2f4c", 6.4)):
        for turn in (0, 90, 180, 270):
            with pen.scaled(1.35, 1.35, 246, 98), pen.turned(turn + 10, 246, 98, -16, -26):
                pen.line(
                    "253,73 254,80 258,87 265,90 272,91", width, ink, lambda t: 1 - 0.25 * abs(2 * t - 1)
                )
                for x, y in ((253, 73), (272, 91)):
                    pen.oval(x, y, width * 0.375, width * 0.375, ink)


def start(pen: Pen) -> None:
    """Surprised: three strokes that fly off."""
    for way in ("188,96 176,84 164,70", "176,124 160,118 142,112", "214,72 206,56 200,40"):
        pen.line(way, 13, "#5b2a10", lambda t: 0.55 + 0.45 * t)
        pen.line(way, 7.5, "#ffd84f", lambda t: 0.55 + 0.45 * t)


def sweat(pen: Pen) -> None:
    """Embarrassed: a big drop at the temple and small ones that fly."""
    drop(pen, 212, 158, 1.7, 8)
    drop(pen, 412, 74, 1.1, 44)
    drop(pen, 388, 52, 1.0, 26)

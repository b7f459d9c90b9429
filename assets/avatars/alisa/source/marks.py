"""Blush and the small signs of comics: vein, sweat, tears, sparkles."""

import itertools
import math

from face import FACE, turn
from ink import Pen, curve, linear, radial
from palette import GOLD

CHEEKS, CHEEK_Y = (turn(-52), turn(54)), 250.0


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
            CHEEK_Y,
            32 * size,
            18 * size,
            radial(
                x,
                CHEEK_Y,
                32 * size,
                (0, "#ff5a66", strong),
                (0.5, "#ff6d74", strong * 0.6),
                (1, "#ff8078", 0),
                squash=0.56,
            ),
        )
    if emotion == "embarrassed":
        pen.oval(284, 243, 76, 16, radial(284, 243, 76, (0, "#ff5a66", 0.6), (1, "#ff6d74", 0), squash=0.22))
        for x in (*range(222, 256, 8), *range(326, 368, 8)):
            pen.line([(x + 4, 244), (x + 1, 251), (x - 2, 258)], 2.4, "#d6304e", alpha=0.8)
    if emotion == "happy":
        for x in (230, 239, 341, 350):
            pen.line([(x + 4, 246), (x + 2, 251), (x, 256)], 2.2, "#e8525f", alpha=0.75)
    if emotion == "sad":
        pen.fill(
            "190,70! 410,70! 410,214! 190,214!",
            linear(0, 140, 0, 212, (0, "#6b7fc4", 0.55), (1, "#6b7fc4", 0)),
        )
    if emotion == "angry":
        pen.fill(
            "190,70! 410,70! 410,214! 190,214!",
            linear(0, 140, 0, 212, (0, "#b02a4e", 0.55), (1, "#b02a4e", 0)),
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
    star(pen, 488, 170, 20)
    star(pen, 470, 252, 11)
    star(pen, 146, 274, 16)


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
    for x, y, length in ((turn(-62), 236, 34), (turn(66), 236, 26)):
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
        for angle in (0, 90, 180, 270):
            with pen.scaled(1.35, 1.35, 246, 98), pen.turned(angle + 10, 246, 98, -16, -26):
                pen.line(
                    "253,73 254,80 258,87 265,90 272,91", width, ink, lambda t: 1 - 0.25 * abs(2 * t - 1)
                )
                for x, y in ((253, 73), (272, 91)):
                    pen.oval(x, y, width * 0.375, width * 0.375, ink)


def start(pen: Pen) -> None:
    """Surprised: three strokes that fly off."""
    for way in ("266,31 263,21 261,10", "236,40 229,29 222,17", "208,56 197,46 186,35"):
        pen.line(way, 13, "#5b2a10", lambda t: 0.55 + 0.45 * t)
        pen.line(way, 7.5, "#ffd84f", lambda t: 0.55 + 0.45 * t)


def sweat(pen: Pen) -> None:
    """Embarrassed: a big drop at the temple and small ones that fly."""
    drop(pen, 212, 158, 1.7, 8)
    drop(pen, 412, 74, 1.1, 44)
    drop(pen, 388, 52, 1.0, 26)


def letter_z(pen: Pen, x: float, y: float, size: float, turn: float) -> None:
    """One letter of her sleep, x, y its middle."""
    with pen.turned(turn, x, y):
        corners = [(x - size, y - size), (x + size, y - size), (x - size, y + size), (x + size, y + size)]
        for ink, width in (("#26375f", 9.5 + size * 0.18), ("#e6f6ff", 4.2 + size * 0.16)):
            for one, two in itertools.pairwise(corners):
                middle = ((one[0] + two[0]) / 2, (one[1] + two[1]) / 2)
                pen.line([one, middle, two], width, ink, lambda _: 1)
            for cx, cy in corners:
                pen.oval(cx, cy, width / 2, width / 2, ink)


def asleep(pen: Pen) -> None:
    """Asleep: the bubble at her nose, and three z that rise."""
    x, y, r = 250.0, 262.0, 25.0
    pen.fill("279,247 270,244 262,250 266,262 272,260 276,254", "#9fd4f0", 0.9)
    pen.oval(x, y, r + 1.2, r + 1.2, "#2d6f9e", 0.9)
    pen.oval(
        x,
        y,
        r - 1.2,
        r - 1.2,
        radial(x - 6, y - 7, r * 1.3, (0, "#ffffff"), (0.55, "#cfeefd"), (1, "#7cc0ea")),
    )
    pen.line(f"{x - 16},{y + 2} {x - 13},{y - 9} {x - 4},{y - 15}", 4.6, "#ffffff")
    pen.oval(x + 9, y + 11, 3.4, 2.6, "#ffffff", 0.9)
    letter_z(pen, 208, 62, 9, 4)
    letter_z(pen, 172, 42, 12, -4)
    letter_z(pen, 128, 26, 16, -10)

"""Her face: skin, eyes and brows for every emotion."""

from dataclasses import dataclass

from ink import Pen, Points, curve, linear, points, radial, skia
from palette import EYE, HAIR, LASH, SKIN

MIDDLE, EYE_Y = 287.0, 210.0
FACE = (
    "214,120 205,166 206,200 208,222 215,246 233,270 257,288 273,295 283,296 297,292 "
    "328,281 361,259 384,231 393,200 395,160 384,110 300,84"
)


def turn(x: float) -> float:
    """The x of a feature x to the right of the face's middle, on a head turned a little to the left."""
    return MIDDLE + x * (0.92 if x < 0 else 1.05)


LEFT, RIGHT = turn(-46), turn(47)


def skin(pen: Pen) -> None:
    """The face with the shade of the hair and the one of the jaw."""
    path = pen.fill(FACE, linear(250, 130, 330, 290, (0, SKIN["warm"]), (0.4, SKIN["base"]), (1, "#ffe0d0")))
    with pen.inside(path):
        pen.fill(
            "190,100 190,250 216,262 214,226 220,196 226,206 240,182 252,200 270,186 288,214 "
            "304,200 318,184 336,200 352,186 368,204 382,190 372,234 364,262 400,270 410,100",
            SKIN["shade"],
            0.8,
        )
        pen.fill("372,206 396,190 400,250 346,276 292,300 328,276 358,248", SKIN["shade"], 0.5, blur=3)
        for x in (turn(-52), turn(54)):
            pen.oval(x, 250, 30, 17, radial(x, 250, 30, (0, "#ff8078", 0.4), (1, "#ff8078", 0), squash=0.58))
        pen.oval(286, 262, 14, 30, radial(286, 262, 30, (0, "#ffffff", 0.5), (1, "#ffffff", 0)))
    pen.contour(path, 2.6, SKIN["ink"])
    pen.line("279,240 275,246 281,249", 2.6, SKIN["ink"], alpha=0.8)
    pen.oval(283, 239, 2.2, 2.8, "#ffffff", 0.9)


@dataclass(frozen=True)
class Look:
    """How one emotion shapes the eyes: opening, slant (below 0: sad), lower lid, iris size, turn."""

    opening: float = 1.0
    slant: float = 0.0
    low: float = 0.0
    iris: float = 1.0
    turn: tuple[float, float] = (0, 0)
    closed: str = "calm"
    tear: bool = False


LOOKS = {
    "neutral": Look(opening=0.86, slant=3.5),
    "happy": Look(opening=0.98, low=9, slant=-1, iris=1.04, closed="joy"),
    "sad": Look(opening=0.8, slant=-7, iris=1.05, turn=(-1, 4), tear=True),
    "angry": Look(opening=0.86, slant=9, low=2, iris=0.88),
    "surprised": Look(opening=1.14, iris=0.8),
    "embarrassed": Look(opening=0.84, slant=-4, low=4, turn=(5, 3), closed="tight"),
}


def opening(side: int, look: Look, half: bool) -> tuple[Points, Points]:
    """The upper and lower edge of an eye, from the inner corner out. side -1: the viewer's left eye."""
    cx, o = (LEFT, RIGHT)[side > 0], look.opening * (0.46 if half else 1)
    drop, wide = (8 if half else 0), (0.94 if side < 0 else 1.04)
    upper = [
        (-26, 8, 0.5),
        (-21, -14 * o, 0.55),
        (-7, -32 * o, 0.1),
        (11, -33 * o, -0.35),
        (24, -18 * o, -0.6),
        (30, 4, -0.5),
    ]
    lower = [
        (30, 4, -0.5),
        (26, 20 - look.low * 0.7, 0),
        (11, 29 - look.low, 0),
        (-8, 29 - look.low, 0),
        (-21, 20 - look.low * 0.5, 0),
        (-26, 8, 0.5),
    ]

    def place(row: tuple[float, float, float]) -> tuple[float, float]:
        return cx + side * row[0] * wide, EYE_Y + row[1] + drop * (row[1] < 6) + look.slant * row[2]

    return [place(r) for r in upper], [place(r) for r in lower]


def eye_shape(side: int, look: Look, half: bool) -> skia.Path:
    """The open area of an eye."""
    upper, lower = opening(side, look, half)
    return curve([*((*p, p is upper[0] or p is upper[-1]) for p in upper), *((*p, 0.0) for p in lower[1:-1])])


def white(pen: Pen, look: Look, half: bool) -> None:
    """Both eye whites; also the mask of the irises."""
    for side in (-1, 1):
        pen.fill(
            eye_shape(side, look, half),
            linear(0, EYE_Y - 28, 0, EYE_Y + 22, (0, "#dfe3f5"), (0.5, "#fffdfc"), (1, "#fff6f2")),
        )


def iris(pen: Pen, look: Look) -> None:
    """Both irises with pupil, rays, glow and catch lights (on the same side in both eyes)."""
    for cx, wide in ((LEFT + 4, 0.95), (RIGHT - 0.5, 1.03)):
        x, y, r = cx + look.turn[0], EYE_Y + 1 + look.turn[1], look.iris
        rx, ry = 22 * r * wide, 28.5 * r
        pen.oval(x, y, rx + 1.2, ry + 1.2, EYE["rim"])
        body = linear(
            x,
            y - ry,
            x,
            y + ry,
            (0.05, EYE["rim"]),
            (0.36, EYE["dark"]),
            (0.64, EYE["mid"]),
            (0.86, EYE["low"]),
            (1, EYE["glow"]),
        )
        pen.oval(x, y, rx - 0.8, ry - 0.8, body)
        ring = skia.Path.Oval(skia.Rect.MakeLTRB(x - rx + 1, y - ry + 1, x + rx - 1, y + ry - 1))
        with pen.inside(ring):
            pen.oval(
                x,
                y + ry * 0.66,
                rx * 0.8,
                ry * 0.5,
                radial(x, y + ry * 0.72, rx, (0, EYE["glow"], 0.95), (1, EYE["low"], 0)),
            )
            for k in range(-4, 5):
                pen.line(
                    [(x + k * 1.8 * r, y + 5 * r), (x + k * 3.8 * r, y + (22 - abs(k) * 1.9) * r)],
                    1.5,
                    EYE["glow"],
                    alpha=0.5,
                )
            pen.oval(x, y - ry * 0.55, rx * 0.75, ry * 0.3, "#4d8fb8", 0.35, blur=2)
        pen.oval(x, y - 1, 7.6 * r, 11.5 * r, "#04202c")
        pen.oval(x - 7 * r, y - 11 * r, 6.8 * r, 8.4 * r, "#ffffff", turn=14)
        pen.oval(x + 8 * r, y + 11 * r, 3.6 * r, 4.4 * r, "#ffffff", 0.95)
        pen.oval(x + 8.5 * r, y - 10 * r, 2 * r, 2.4 * r, "#dffcff", 0.85)


def lids(pen: Pen, look: Look, state: str) -> None:
    """Lashes, lid crease and the shade of the lashes for open, half and closed eyes."""
    for side in (-1, 1):
        if state == "closed":
            shut(pen, side, look)
            continue
        upper, lower = opening(side, look, state == "half")
        with pen.inside(eye_shape(side, look, state == "half")):
            shade = [
                *upper,
                *((px, py + (12 if 0 < i < 5 else 5)) for i, (px, py) in reversed(list(enumerate(upper)))),
            ]
            pen.fill(curve(shade), "#2b2350", 0.3)
            if look.tear:
                low = [(px, py - 5) for px, py in lower[1:-1]]
                pen.fill(curve([*low, *((px, py + 9) for px, py in reversed(low))]), "#dff6ff", 0.85)
        lash(pen, side, upper, lower, 0.8 if state == "half" else 1)


def lash(pen: Pen, side: int, upper: Points, lower: Points, size: float) -> None:
    """The ink of an open eye."""
    ox, oy = upper[-1]
    ink = linear(0, EYE_Y - 30, 0, EYE_Y + 18, (0, LASH), (0.7, LASH), (1, "#7a2c3a"))
    wing = [*((px, py - 1.5) for px, py in upper[:-1]), (ox, oy - 4), (ox + side * 8, oy - 9)]
    pen.line(
        wing, 11.5, ink, lambda t: min(1.0, 0.14 + 1.25 * t) if t < 0.7 else max(0.0, (1 - t) / 0.3) ** 0.6
    )
    (ax, ay), (bx, by) = upper[4], upper[5]
    for share, dx, dy, w in ((0.15, 11, -7 * size, 6.5), (0.85, 8, 1, 3.6)):
        x, y = ax + (bx - ax) * share, ay + (by - ay) * share - 2
        pen.line(
            [(x - side * 3, y), (x + side * dx * 0.5, y + dy * 0.35), (x + side * dx, y + dy)],
            w * size,
            ink,
            lambda t: 1 - t,
        )
    pen.line(
        [(ox - side, oy - 5), ((ox + lower[1][0]) / 2 + side * 1.2, (oy + lower[1][1]) / 2), lower[1]],
        5.4,
        ink,
        lambda t: 1 - t * 0.9,
    )
    raised = lower[2][1] < EYE_Y + 24
    pen.line(
        lower[1:6] if raised else lower[1:5],
        3.2 if raised else 2.3,
        LASH if raised else SKIN["ink"],
        alpha=0.9,
    )
    pen.line(
        [(upper[1][0] - side, upper[1][1] + 2), (upper[0][0] - side * 0.5, upper[0][1]), lower[-2]],
        2.6,
        SKIN["ink"],
        alpha=0.9,
    )
    crease = [
        (px - side * 0, py - 7 * size - (1.5 if i in (2, 3) else 0)) for i, (px, py) in enumerate(upper[1:5])
    ]
    pen.line(crease, 2.1, SKIN["ink"], alpha=0.75)


def shut(pen: Pen, side: int, look: Look) -> None:
    """The ink of a closed eye: calm, joy (arches) or tight (squeezed)."""
    cx = (LEFT, RIGHT)[side > 0]

    def at(text: str) -> Points:
        return [
            (cx + side * x * 1.04, EYE_Y + y * 1.1 + 3 - look.slant * 0.026 * x) for x, y, _ in points(text)
        ]

    if look.closed == "joy":
        pen.line(at("-27,13 -16,-3 0,-9 15,-4 29,12"), 7.2, LASH, lambda t: 0.3 + 0.7 * both_ends(t))
        pen.line(at("24,5 33,3 39,-2"), 4.4, LASH, lambda t: 1 - t)
    elif look.closed == "tight":
        pen.line(at("29,-8 6,5 -22,8"), 6.6, LASH, lambda t: 1 - 0.6 * t)
        pen.line(at("-22,8 4,11 28,21"), 5.6, LASH, lambda t: 0.35 + 0.5 * t)
    else:
        pen.line(
            at("-27,8 -14,16 2,19 17,16 31,5"),
            6.8,
            LASH,
            lambda t: min(1.0, 0.25 + 1.1 * t) if t < 0.85 else (1 - t) / 0.15,
        )
        for tip in ("20,14 26,18 31,21", "25,10 32,13 38,14", "12,17 16,21 18,25"):
            pen.line(at(tip), 3.6, LASH, lambda t: 1 - t)
        pen.line(at("-18,-2 2,2 20,-3"), 2, SKIN["ink"], alpha=0.35)


def both_ends(t: float) -> float:
    """Line weight: rises fast, stays, falls fast."""
    return min(1.0, 6 * t, 6 * (1 - t))


BROWS = {  # inner, middle and outer point of the viewer's right brow, from the face's middle line
    "neutral": "20,161 44,153 72,163",
    "happy": "22,152 46,143 72,153",
    "sad": "20,150 42,154 70,170",
    "angry": "14,176 42,164 68,154",
    "surprised": "20,145 44,135 68,145",
    "embarrassed": "19,152 44,152 70,166",
}


def brows(pen: Pen, emotion: str) -> None:
    """Brows, drawn over the fringe so that they read when she is small."""
    for side in (-1, 1):
        way = [(turn(side * x), y - 3) for x, y, _ in points(BROWS[emotion])]
        pen.line(
            way,
            9.2 if emotion == "angry" else 7.6,
            HAIR["ink"],
            lambda t: min(1.0, 0.5 + 2 * t) * (1 - 0.8 * t**1.6),
            0.95,
        )

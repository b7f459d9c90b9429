"""Her hair: locks with a shaded side, strands, sheen and rim light; the back, the bangs and the two side tails."""

import random

import numpy as np
from ink import Pen, band, curve, fade, linear, normals, sample, spine
from palette import HAIR, SHEEN, hair


def lock(
    pen: Pen,
    text: str,
    depth: float = 0.0,
    sheen: tuple[float, float] | None = None,
    dark: int = 1,
    strands: int = 2,
    ink: float = 2.6,
    seed: int = 1,
    root: float = 0.0,
) -> None:
    """One lock along a middle line "x,y,width ...".

    `depth` 0 front .. 1 rear; `sheen` the stretch (t0, t1) that shines; `dark` +1 or -1 the shaded side; `root` the
    share of the length at the start that stays without contour, so that the lock grows out of what is below.
    """
    s = sample(spine(text))
    w = np.maximum(s[:, 2], 0)
    n, count, rng = normals(s), len(s), random.Random(seed)
    path = band(s, w)
    pen.fill(path, hair(depth))
    with pen.inside(path):
        near, far = (0.12, 0.6) if dark > 0 else (-0.6, -0.12)
        pen.fill(band(s, w, near, far), HAIR["shade"], 0.55 + 0.1 * depth)
        edge = (0.34, 0.6) if dark > 0 else (-0.6, -0.34)
        pen.fill(band(s, w, *edge), HAIR["deep"], 0.35)
        for k in range(strands):
            side = -0.38 + 0.76 * (k + 0.5 + rng.uniform(-0.25, 0.25)) / strands
            a, b = sorted((rng.uniform(0.02, 0.3), rng.uniform(0.6, 1.0)))
            i, j = int(a * count), max(int(a * count) + 4, int(b * count))
            way = s[i:j, :2] + n[i:j] * (w[i:j] * side)[:, None]
            taper = np.sin(np.linspace(0, np.pi, len(way))) ** 0.7
            pen.ribbon(way, taper * (1.1 + ink * 0.35), HAIR["ink"], 0.5)
            light = way + n[i:j] * 2.2 * (-dark)
            pen.ribbon(light, taper * 1.5, HAIR["light"], 0.5 * (1 - depth))
        if sheen:
            shine(pen, s, w, sheen, rng, 1 - 0.5 * depth)
    for side in (-0.5, 0.5):
        way = s[:, :2] + n * (w * side)[:, None]
        start = int(root * count)
        t = np.linspace(0, 1, count - start)
        heavy = 1.15 if (side > 0) == (dark > 0) else 0.8
        pen.ribbon(way[start:], ink * heavy * np.minimum(1, 0.15 + t * 5 * (1 if root else 6)) * (1 - 0.35 * t), HAIR["ink"])
        if (side > 0) != (dark > 0):
            a, b = int(0.15 * count), int(0.8 * count)
            rim = way[a:b] - n[a:b] * np.sign(side) * (ink * 0.9)
            pen.ribbon(rim, np.sin(np.linspace(0, np.pi, b - a)) * 2.2, SHEEN, 0.6 * (1 - 0.6 * depth))


def shine(pen: Pen, s: np.ndarray, w: np.ndarray, stretch: tuple[float, float], rng: random.Random, alpha: float) -> None:
    """Sheen across a lock: many short tapered strokes of uneven length side by side."""
    n, count = normals(s), len(s)
    mid = (stretch[0] + stretch[1]) / 2
    for side in np.arange(-0.44, 0.32, 0.1):
        half = (stretch[1] - stretch[0]) / 2 * rng.uniform(0.45, 1.1)
        shift = rng.uniform(-0.1, 0.1) * (stretch[1] - stretch[0])
        i = max(0, int((mid + shift - half) * count))
        j = min(count, max(i + 4, int((mid + shift + half) * count)))
        way = s[i:j, :2] + n[i:j] * (w[i:j] * side)[:, None]
        taper = np.sin(np.linspace(0, np.pi, len(way))) ** 0.8
        pen.ribbon(way, taper * np.maximum(w[i:j] * 0.13, 1.2), SHEEN, 0.62 * alpha)


def back(pen: Pen) -> None:
    """The long hair behind her, blown a little to the right."""
    mass = curve(
        "300,52 222,72 192,140 186,230 176,330 160,430 152,520 166,560 190,540 230,580 268,540 330,596 372,560 "
        "430,610 452,540 446,440 430,330 420,230 410,140 376,72"
    )
    pen.shape(mass, hair(1), HAIR["ink"], 3)
    with pen.inside(mass):
        pen.fill("230,240 220,330 226,430 250,560 360,560 392,430 380,330 372,240", HAIR["deep"], 0.55, blur=14)
    for text, depth, dark, seed in (
        ("226,110,70 196,220,74 186,340,66 170,440,56 136,530,34 96,584,0", 0.7, 1, 3),
        ("216,130,40 180,250,44 176,360,40 160,460,34 150,540,26 116,628,0", 0.45, -1, 4),
        ("236,180,50 212,320,58 204,440,54 204,540,40 178,634,0", 0.6, 1, 5),
        ("262,200,50 252,380,56 254,500,50 248,580,34 222,660,0", 0.75, 1, 6),
        ("330,200,60 344,380,64 356,500,58 372,590,36 364,676,0", 0.75, -1, 7),
        ("370,160,60 394,300,66 404,430,62 424,530,44 412,640,0", 0.6, 1, 8),
        ("392,130,56 420,260,62 430,390,58 456,490,46 500,560,26 548,590,0", 0.5, 1, 9),
        ("388,150,34 408,290,40 416,410,38 436,510,32 470,590,22 486,650,0", 0.35, -1, 10),
    ):
        lock(pen, text, depth, (0.42, 0.6), dark, 4, 2.6, seed)


def tails(pen: Pen) -> None:
    """The two side tails, tied high; the right one flies higher."""
    for text, depth, dark, seed in (
        ("214,108,26 172,116,52 140,170,62 126,250,56 124,330,44 104,400,28 66,440,0", 0.35, 1, 11),
        ("208,112,20 160,140,40 152,210,50 150,290,46 144,370,34 150,440,0", 0.12, 1, 12),
        ("206,106,16 158,104,32 120,150,38 100,220,34 92,290,24 60,348,0", 0.0, 1, 13),
        ("388,104,26 432,108,52 468,156,62 488,230,56 500,300,44 530,356,26 574,376,0", 0.35, 1, 14),
        ("392,108,20 440,128,40 456,196,50 462,270,46 474,340,34 466,412,0", 0.12, 1, 15),
        ("394,102,16 444,98,32 484,138,38 512,202,34 530,262,24 566,300,0", 0.0, 1, 16),
    ):
        lock(pen, text, depth, (0.26, 0.46), dark, 3, 2.6, seed)


def crown(pen: Pen) -> None:
    """The hair of the skull, from ear to ear over the top; the bangs lie on it."""
    cap = curve(
        "300,40 252,46 216,76 197,124 193,180 200,226 222,214 232,166 262,130 300,116 342,130 368,166 378,214 402,226 "
        "408,180 403,124 384,76 348,46"
    )
    pen.shape(cap, hair(0), HAIR["ink"], 3)
    with pen.inside(cap):
        pen.fill("384,60 408,120 412,230 376,230 392,160 380,100 356,66", HAIR["shade"], 0.45)
        pen.fill("190,240 190,170 206,160 210,240", HAIR["shade"], 0.4)
        for end in ("204,128", "218,96", "238,74", "262,60", "340,60", "362,74", "384,98", "398,132"):
            x, y = map(float, end.split(","))
            mid = f"{(x * 0.55 + 290 * 0.45):.0f},{(y * 0.5 + 46 * 0.5) - 4:.0f}"
            pen.line(f"290,46 {mid} {end}", 2.6, HAIR["ink"], fade, 0.55)


def bangs(pen: Pen) -> None:
    """The fringe, parted left of the middle, and the long side locks in front of the ears."""
    lock(pen, "216,116,30 204,170,34 200,230,30 208,290,26 204,350,18 186,404,0", 0.1, (0.3, 0.42), 1, 2, 2.6, 21, 0.25)
    lock(pen, "212,150,16 214,210,18 220,260,14 218,310,9 228,352,0", 0.25, None, 1, 1, 2.2, 22, 0.2)
    lock(pen, "386,116,30 398,170,34 402,230,30 394,290,26 402,350,18 426,410,0", 0.1, (0.3, 0.42), 1, 2, 2.6, 23, 0.25)
    lock(pen, "390,150,16 388,210,18 380,258,14 384,306,9 372,350,0", 0.25, None, -1, 1, 2.2, 24, 0.2)
    for text, dark, seed, depth in (
        ("330,64,44 368,96,46 388,140,36 394,184,20 390,226,0", 1, 31, 0.12),
        ("276,62,40 236,92,46 216,138,38 212,184,20 222,222,0", -1, 32, 0.12),
        ("316,62,42 350,96,46 366,138,38 370,168,20 362,200,0", 1, 33, 0.0),
        ("286,60,40 254,90,44 238,130,36 236,164,20 246,194,0", -1, 34, 0.0),
        ("304,58,40 326,94,44 338,132,36 340,160,20 330,190,0", 1, 35, 0.0),
        ("284,58,36 266,92,42 260,130,36 262,160,20 274,188,0", 1, 36, 0.0),
        ("292,58,34 288,92,42 292,130,38 298,160,22 308,190,0", 1, 37, 0.0),
    ):
        lock(pen, text, depth, (0.34, 0.56), dark, 2, 2.6, seed, 0.3)


def ahoge(pen: Pen) -> None:
    """The lock that will not lie down."""
    lock(pen, "296,56,16 286,28,18 304,8,14 336,8,8 352,24,0", 0.0, (0.3, 0.6), 1, 1, 2.4, 41)


def rim(pen: Pen) -> None:
    """Light on the upper left of the crown."""
    pen.line("212,100 232,70 262,52 296,46", 4.5, SHEEN, alpha=0.75)
    pen.fill("230,92 262,66 296,58 290,72 256,86 236,108", linear(230, 60, 280, 110, (0, SHEEN, 0.5), (1, SHEEN, 0.0)))

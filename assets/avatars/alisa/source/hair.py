"""Her hair: shaded locks with strands, sheen and rim light; the back, the bangs and the side tails."""

from dataclasses import dataclass

import numpy as np
from ink import Pen, band, curve, linear, normals, points, radial, sample, spine
from palette import GOLD, HAIR, SHEEN, TEAL, hair


@dataclass(frozen=True)
class Lock:
    """One lock along a middle line "x,y,width ...".

    Attributes:
        text: the middle line and the width along it.
        depth: 0 front .. 1 rear.
        sheen: the stretch (t0, t1) of its length that shines.
        dark: +1 or -1, the shaded side.
        strands: how many single hairs are inked in it.
        ink: width of the contour.
        seed: of the chance in its strands.
        root: share of its length at the start without contour, so that it grows out of what is below.
        end: the y where its colour has run out into the tips.
    """

    text: str
    depth: float = 0.0
    sheen: tuple[float, float] | None = None
    dark: int = 1
    strands: int = 2
    ink: float = 2.6
    seed: int = 1
    root: float = 0.0
    end: float = 640.0

    def draw(self, pen: Pen) -> None:
        """Fill, shade, strands, sheen, contour and rim light, in this order."""
        s = sample(spine(self.text))
        w = np.maximum(s[:, 2], 0)
        n, count, rng = normals(s), len(s), np.random.default_rng(self.seed)
        path = band(s, w)
        pen.fill(path, hair(self.depth, self.end))
        with pen.inside(path):
            begin = int(self.root * 0.9 * count)
            way, grow = (
                s[begin:],
                np.minimum(1, np.linspace(0, 4, count - begin)) if self.root else np.ones(count),
            )
            for inner, tone, alpha in ((0.1, "shade", 0.5 + 0.1 * self.depth), (0.32, "deep", 0.34)):
                wide = w[begin:] * (0.6 - inner) * grow
                middle = way[:, :2] + n[begin:] * (self.dark * (w[begin:] * 0.6 - wide / 2))[:, None]
                pen.fill(band(middle, wide), HAIR[tone], alpha)
            for k in range(self.strands):
                side = -0.38 + 0.76 * (k + 0.5 + rng.uniform(-0.25, 0.25)) / self.strands
                a, b = max(self.root, rng.uniform(0.02, 0.35)), rng.uniform(0.6, 0.98)
                i, j = int(a * count), max(int(a * count) + 4, int(b * count))
                way = s[i:j, :2] + n[i:j] * (w[i:j] * side)[:, None]
                taper = np.sin(np.linspace(0, np.pi, len(way))) ** 0.7
                pen.ribbon(way, taper * (1.1 + self.ink * 0.35), HAIR["ink"], 0.5)
                light = way + n[i:j] * 2.2 * (-self.dark)
                pen.ribbon(light, taper * 1.5, HAIR["light"], 0.38 * (1 - self.depth))
            if self.sheen:
                shine(pen, s, w, self.sheen, rng, 1 - 0.5 * self.depth)
        for side in (-0.5, 0.5):
            way = s[:, :2] + n * (w * side)[:, None]
            start = int(self.root * count)
            t = np.linspace(0, 1, count - start)
            heavy = 1.15 if (side > 0) == (self.dark > 0) else 0.8
            pen.ribbon(
                way[start:],
                self.ink * heavy * np.minimum(1, 0.15 + t * 5 * (1 if self.root else 6)) * (1 - 0.35 * t),
                HAIR["ink"],
            )
            if (side > 0) != (self.dark > 0):
                a, b = int(0.15 * count), int(0.8 * count)
                rim = way[a:b] - n[a:b] * np.sign(side) * (self.ink * 0.9)
                pen.ribbon(
                    rim,
                    np.sin(np.linspace(0, np.pi, b - a)) * 2,
                    HAIR["light"],
                    0.75 * (1 - 0.75 * self.depth),
                )


def shine(
    pen: Pen,
    s: np.ndarray,
    w: np.ndarray,
    stretch: tuple[float, float],
    rng: np.random.Generator,
    alpha: float,
) -> None:
    """Sheen across a lock: a band with a ragged edge, and a brighter, narrower one in it."""
    n, count = normals(s), len(s)
    mid, span = sum(stretch) / 2, stretch[1] - stretch[0]
    sides = np.linspace(-0.5, 0.34, 2 * max(3, int(w.max() // 7)) + 1)
    rough = [rng.uniform(0.75, 1.15) for _ in sides]
    for reach, strength in ((1.0, 0.38), (0.55, 0.42)):
        edges: tuple[list, list] = ([], [])
        for k, (side, r) in enumerate(zip(sides, rough, strict=True)):
            half = span / 2 * reach * r * (1.0 if k % 2 else 0.42) * (1 - (abs(side) * 1.5) ** 3)
            bend = mid + (side + 0.08) ** 2 * span * 1.2
            for edge, t in zip(edges, (bend - half, bend + half), strict=True):
                i = min(count - 1, max(0, int(t * count)))
                x, y = s[i, :2] + n[i] * w[i] * side
                edge.append((float(x), float(y), 1.0))
        pen.fill(edges[0] + edges[1][::-1], SHEEN, strength * alpha)


def halo(pen: Pen) -> None:
    """The ring of sheen round the head, broken by the strands of the fringe."""
    for x0, x1, teeth in ((212, 262, 5), (270, 308, 4), (318, 346, 3), (354, 392, 4)):
        for reach, strength in ((1.0, 0.42), (0.55, 0.5)):
            rng = np.random.default_rng(x0)
            upper, lower = [], []
            for k in range(2 * teeth + 1):
                share = k / (2 * teeth)
                x = x0 + (x1 - x0) * share
                y = 108 + ((x - 298) / 96) ** 2 * 30
                half = (
                    (rng.uniform(9, 15) if k % 2 else rng.uniform(3, 5))
                    * reach
                    * min(1, 5 * min(share, 1 - share))
                )
                lean = (298 - x) * 0.012 * half
                upper.append((x + lean, y - half * 0.8, 1.0))
                lower.append((x - lean, y + half, 1.0))
            pen.fill(upper + lower[::-1], SHEEN, strength)


def wisp(pen: Pen, way: str, width: float = 4.2) -> None:
    """A few hairs that left their lock."""
    pen.line(way, width + 2.2, HAIR["ink"], lambda t: min(1, 0.2 + 3 * t) * (1 - t) ** 0.5)
    pen.line(way, width, hair(0.1), lambda t: min(1, 0.2 + 3 * t) * (1 - t) ** 0.6)


def back(pen: Pen) -> None:
    """The long hair behind her, blown a little to the right."""
    mass = curve(
        "300,72 236,90 204,140 190,240 182,340 176,430 184,470 240,500 300,520 360,510 400,470 "
        "414,430 416,340 412,240 398,140 364,90"
    )
    pen.fill(mass, hair(1))
    with pen.inside(mass):
        pen.fill(
            "220,230 214,330 226,430 250,560 360,560 392,430 388,330 382,230", HAIR["deep"], 0.6, blur=14
        )
    for text, depth, dark, seed in (
        ("290,240,60 284,400,58 280,520,48 294,600,30 316,648,0", 0.95, 1, 2),
        ("330,240,60 338,400,60 342,520,52 356,610,34 352,684,0", 0.9, -1, 7),
        ("232,100,50 204,220,60 196,340,60 180,450,52 160,530,42 156,590,26 176,636,0", 0.75, 1, 3),
        ("246,180,46 224,320,54 222,440,54 206,540,44 204,610,26 220,660,0", 0.65, -1, 6),
        ("222,120,30 192,240,36 184,350,40 162,450,40 130,524,30 104,566,16 62,588,0", 0.4, 1, 4),
        ("218,130,24 202,280,32 200,400,34 182,500,32 152,576,22 132,614,12 98,640,0", 0.3, -1, 5),
        ("352,190,46 374,320,56 386,440,58 406,530,48 412,606,30 398,676,0", 0.7, -1, 8),
        ("366,120,50 398,230,60 408,350,64 430,450,56 456,526,44 464,590,26 452,644,0", 0.6, 1, 9),
        ("376,120,34 412,250,42 422,360,46 450,450,46 492,520,36 530,556,20 580,564,0", 0.35, -1, 10),
        ("384,140,24 404,280,32 412,400,38 434,496,36 472,568,26 500,604,14 542,622,0", 0.25, 1, 11),
    ):
        Lock(text, depth, None, dark, 3, 2.6, seed).draw(pen)
    with pen.inside(mass):
        pen.fill("236,236 214,330 236,430 240,520 372,520 384,430 396,330 372,236", "#3d0e30", 0.5, blur=16)
    for way in (
        "188,300 170,420 134,508 84,560 56,566",
        "212,470 206,560 214,640",
        "420,330 446,440 494,508 560,540",
        "404,500 424,590 424,650",
        "392,480 388,580 376,664",
    ):
        wisp(pen, way)


def tails(pen: Pen) -> None:
    """The two side tails, tied high; the right one flies higher."""
    for text, depth, dark, seed, end in (
        ("206,108,20 166,118,44 140,166,54 134,236,48 124,310,38 128,366,24 144,412,0", 0.5, 1, 11, 440),
        ("202,106,18 152,108,40 114,152,48 102,226,46 84,300,38 58,354,24 18,384,0", 0.15, 1, 13, 410),
        ("206,110,14 166,134,28 146,196,34 138,262,32 118,334,26 96,384,14 70,424,0", 0.0, -1, 12, 430),
        ("394,104,20 436,112,44 464,156,54 476,226,48 490,292,38 494,346,24 482,398,0", 0.5, -1, 14, 420),
        ("398,102,18 450,98,40 490,136,48 506,206,46 524,268,38 548,308,24 580,322,0", 0.15, -1, 16, 350),
        ("394,106,14 438,128,28 462,186,34 474,248,32 496,316,26 520,362,14 550,396,0", 0.0, 1, 15, 400),
    ):
        Lock(text, depth, (0.2, 0.36), dark, 3, 2.5, seed, 0, end).draw(pen)
    for way in (
        "110,190 78,270 66,330 36,360",
        "142,260 134,330 120,400 116,440",
        "492,170 520,230 552,268 586,280",
        "470,250 482,330 504,392 512,428",
    ):
        wisp(pen, way, 3.4)


def ties(pen: Pen) -> None:
    """Small bows where the side tails are tied."""
    for x, side in ((203, -1), (397, 1)):
        for end in ("0,4 -12,26 -20,50! -9,46 -4,54! 6,28", "2,4 8,26 12,46! 4,44 -2,50! -4,26"):
            pen.shape(
                [(x + side * -px, 104 + py, c) for px, py, c in points(end)], TEAL["shade"], TEAL["ink"], 2
            )
        for loop, lit in (
            ("0,0! -8,-18 -22,-24 -28,-12 -22,2 -8,6", "-22,-16 -16,-18 -10,-12"),
            ("0,0! 10,-16 22,-18 25,-6 18,8 6,8", "12,-11 17,-12 20,-7"),
        ):
            path = pen.shape(
                [(x + px, 104 + py, c) for px, py, c in points(loop)],
                linear(0, 82, 0, 112, (0, TEAL["light"]), (0.7, TEAL["base"])),
                TEAL["ink"],
                2.2,
            )
            with pen.inside(path):
                pen.fill([(x + px, 110 + py, 0) for px, py, c in points(loop)], TEAL["shade"], 0.6)
            pen.line([(x + px, 104 + py) for px, py, c in points(lit)], 3, "#c9fff4", alpha=0.9)
        pen.oval(x, 104, 7, 7.5, TEAL["ink"])
        pen.oval(x, 104, 5.4, 6, linear(0, 98, 0, 110, (0, TEAL["light"]), (1, TEAL["base"])))


def crown(pen: Pen) -> None:
    """The hair of the skull, from ear to ear over the top; the bangs lie on it."""
    cap = curve(
        "300,40 252,46 216,76 197,124 193,180 200,226 222,214 232,166 262,130 "
        "300,116 342,130 368,166 378,214 402,226 "
        "408,180 403,124 384,76 348,46"
    )
    pen.shape(cap, hair(0), HAIR["ink"], 3)
    with pen.inside(cap):
        pen.fill("384,60 408,120 412,230 376,230 392,160 380,100 356,66", HAIR["shade"], 0.45)
        pen.fill("190,240 190,170 206,160 210,240", HAIR["shade"], 0.4)


def dome(pen: Pen) -> None:
    """What makes the skull round: light and shade over it, and strands that run from the whorl."""
    cap = curve("300,40 252,46 216,76 197,124 194,176 300,150 408,176 403,124 384,76 348,46")
    with pen.inside(cap):
        pen.fill("420,40 420,190 384,190 392,140 376,96 340,50", HAIR["deep"], 0.42, blur=9)
        pen.fill("180,200 180,130 202,120 208,190", HAIR["deep"], 0.35, blur=7)
        pen.oval(
            250,
            82,
            62,
            36,
            radial(250, 82, 62, (0, "#ffa69c", 0.5), (1, "#ffa69c", 0), squash=0.58),
            turn=-34,
        )
        halo(pen)
    for way, width in (
        ("298,46 262,58 232,92 218,142", 3.0),
        ("297,46 272,62 254,92 246,134", 2.6),
        ("297,46 284,66 274,94 270,126", 2.6),
        ("300,46 302,70 308,96 314,118", 3.0),
        ("302,46 322,64 338,92 346,126", 2.6),
        ("304,46 338,60 364,92 376,140", 3.0),
        ("296,46 250,56 216,96 208,150", 2.2),
        ("306,46 352,58 386,98 394,150", 2.2),
        ("299,46 292,66 288,84 287,104", 1.8),
        ("302,46 312,62 322,80 330,100", 1.8),
        ("296,46 268,56 246,76 232,104", 1.8),
    ):
        pen.line(way, width, HAIR["ink"], lambda t: (0.12 + 0.88 * t**1.4) * min(1, (1 - t) * 5), 0.62)
        lit = [(x - 3, y + 1) for x, y, _ in points(way)]
        pen.line(lit, 1.6, "#ff9d97", lambda t: t * min(1, (1 - t) * 4), 0.6)


def bangs(pen: Pen) -> None:
    """The fringe, parted left of the middle, and the long side locks in front of the ears."""
    Lock(
        "212,120,28 200,180,32 198,240,28 206,296,24 200,350,16 178,398,0",
        0.1,
        (0.26, 0.38),
        1,
        2,
        2.6,
        21,
        0.3,
    ).draw(pen)
    Lock("208,150,14 210,210,16 216,258,13 214,310,9 224,356,0", 0.25, None, 1, 1, 2.2, 22, 0.3).draw(pen)
    Lock(
        "390,120,28 402,180,32 404,240,28 396,296,24 404,350,16 430,400,0",
        0.1,
        (0.26, 0.38),
        1,
        2,
        2.6,
        23,
        0.3,
    ).draw(pen)
    Lock("394,150,14 392,210,16 384,258,13 388,306,9 376,350,0", 0.25, None, -1, 1, 2.2, 24, 0.3).draw(pen)
    for text, dark, seed, depth in (
        ("330,62,44 372,96,48 396,140,38 401,184,22 394,232,0", 1, 31, 0.12),
        ("272,62,40 230,94,48 206,140,40 203,186,22 212,230,0", -1, 32, 0.12),
        ("318,60,44 356,92,50 378,132,40 380,164,22 368,196,0", 1, 33, 0.0),
        ("282,58,42 246,90,46 227,130,38 226,162,20 236,194,0", -1, 34, 0.0),
        ("306,56,40 332,90,46 346,128,36 345,156,20 334,182,0", 1, 35, 0.0),
        ("284,56,36 264,88,44 256,126,36 258,156,20 270,180,0", 1, 36, 0.0),
        ("294,56,36 292,88,44 298,128,38 306,158,20 318,178,0", 1, 37, 0.0),
        ("290,58,18 284,92,22 283,130,18 290,162,11 304,196,0", -1, 38, 0.0),
    ):
        Lock(text, depth, None, dark, 2, 2.5, seed, 0.34).draw(pen)


def ahoge(pen: Pen) -> None:
    """The lock that will not lie down, and wisps at its side."""
    wisp(pen, "276,52 262,42 254,30", 3)
    wisp(pen, "322,52 340,42 360,42", 3)
    Lock("294,58,14 286,36,16 298,20,13 324,17,9 344,30,0", 0.0, (0.3, 0.6), 1, 1, 2.4, 41).draw(pen)
    Lock("298,56,10 304,42,10 320,36,7 334,42,0", 0.1, None, 1, 0, 2, 42).draw(pen)


def rim(pen: Pen) -> None:
    """Light on the upper left of the crown."""
    pen.line("206,118 222,84 250,58 288,47", 4, SHEEN, alpha=0.8)
    pen.line("312,46 340,50 362,62", 2.6, SHEEN, alpha=0.6)


def pin(pen: Pen) -> None:
    """A golden crescent and star in the fringe."""
    with pen.turned(-12, 372, 138, 2, -13):
        crescent(pen)


def crescent(pen: Pen) -> None:
    """The pin itself."""
    moon = curve("372,120 362,126 358,138 363,150 374,155 384,152! 374,148 369,138 372,128 382,122!")
    pen.contour(moon, 5, GOLD["ink"])
    pen.fill(moon, linear(358, 118, 384, 156, (0, GOLD["light"]), (0.5, GOLD["base"]), (1, GOLD["shade"])))
    pen.line("363,130 361,139 364,146", 1.8, "#fffbe0", alpha=0.9)
    star = curve("384,129! 386,135! 392,137! 386,139! 384,145! 382,139! 376,137! 382,135!")
    pen.contour(star, 3.4, GOLD["ink"])
    pen.fill(star, GOLD["light"])

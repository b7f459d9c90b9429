"""Her hair: shaded locks with strands, sheen and rim light; the back, the bangs and the side tails."""

from dataclasses import dataclass

import numpy as np
from ink import Pen, band, curve, linear, normals, points, radial, sample, spine
from palette import GOLD, HAIR, SHEEN, TEAL, hair

HEAD = "302,30 250,40 206,72 182,124 176,180 190,232 300,222 412,232 428,180 420,122 396,70 354,40"


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
        if self.root:  # it lies on other hair and darkens it
            with pen.inside(HEAD):
                below = s[int(self.root * 0.8 * count) :, :2] + np.array((1.5, 5.0))
                pen.fill(band(below, w[int(self.root * 0.8 * count) :]), HAIR["deep"], 0.5, blur=4)
        pen.fill(path, hair(self.depth, self.end))
        with pen.inside(path):
            begin = int(self.root * 0.9 * count)
            way, grow = (
                s[begin:],
                np.minimum(1, np.linspace(0, 4, count - begin)) if self.root else np.ones(count),
            )
            for inner, tone, alpha in ((0.08, "shade", 0.62), (0.3, "deep", 0.42)):
                wide = w[begin:] * (0.6 - inner) * grow
                middle = way[:, :2] + n[begin:] * (self.dark * (w[begin:] * 0.6 - wide / 2))[:, None]
                pen.fill(band(middle, wide), HAIR[tone], alpha, blur=w.max() * 0.07 if tone == "deep" else 0)
            glow = s[:, :2] - n * (self.dark * w * 0.2)[:, None]
            pen.fill(
                band(glow, w * 0.26), HAIR["light"], 0.28 * (1 - self.depth), blur=max(1.0, w.max() * 0.08)
            )
            for k in range(self.strands):
                side = -0.38 + 0.76 * (k + 0.5 + rng.uniform(-0.25, 0.25)) / self.strands
                a, b = max(self.root, rng.uniform(0.02, 0.35)), rng.uniform(0.6, 0.98)
                i, j = int(a * count), max(int(a * count) + 4, int(b * count))
                way = s[i:j, :2] + n[i:j] * (w[i:j] * side)[:, None]
                taper = np.sin(np.linspace(0, np.pi, len(way))) ** 0.7
                pen.ribbon(way, taper * (1.0 + self.ink * 0.3), HAIR["ink"], 0.36)
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

    def gleam(self, pen: Pen, stretch: tuple[float, float], alpha: float) -> None:
        """A second, fainter sheen on a lock that is drawn."""
        s = sample(spine(self.text))
        w = np.maximum(s[:, 2], 0)
        with pen.inside(band(s, w * 0.92)):
            shine(pen, s, w, stretch, np.random.default_rng(self.seed + 100), alpha * (1 - 0.6 * self.depth))


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
    for x0, x1, teeth in ((198, 250, 5), (257, 306, 5), (314, 352, 4), (362, 410, 5)):
        for reach, strength, blur in ((1.25, 0.34, 2.5), (0.95, 0.5, 0), (0.5, 0.6, 0)):
            rng = np.random.default_rng(x0)
            upper, lower = [], []
            for k in range(2 * teeth + 1):
                share = k / (2 * teeth)
                x = x0 + (x1 - x0) * share
                y = 108 + ((x - 300) / 106) ** 2 * 36
                tooth = rng.uniform(13, 20) if k % 2 else rng.uniform(4, 7)
                half = tooth * reach * min(1, 5 * min(share, 1 - share))
                lean = (298 - x) * 0.012 * half
                upper.append((x + lean, y - half * 0.7, 0.0 if k % 2 else 1.0))
                lower.append((x - lean, y + half, 1.0))
            pen.fill(curve(upper + lower[::-1]), SHEEN, strength, blur)


def wisp(pen: Pen, way: str, width: float = 4.2) -> None:
    """A few hairs that left their lock."""
    pen.line(way, width + 2.2, HAIR["ink"], lambda t: min(1, 0.2 + 3 * t) * (1 - t) ** 0.5)
    pen.line(way, width, hair(0.1), lambda t: min(1, 0.2 + 3 * t) * (1 - t) ** 0.6)


def back(pen: Pen) -> None:
    """The hair of the nape, in the shade behind neck and shoulders."""
    mass = curve(
        "300,60 226,84 186,140 178,220 186,300 206,352 244,376 "
        "300,386 356,376 396,352 416,300 424,220 416,140 374,84"
    )
    pen.fill(mass, hair(1))
    for text, dark, seed in (
        ("252,240,60 240,310,56 236,370,40 250,424,0", 1, 2),
        ("350,240,60 362,310,56 368,372,40 352,430,0", -1, 7),
        ("214,180,44 204,260,50 198,330,40 182,384,22 190,420,0", 1, 3),
        ("388,180,44 400,260,50 406,330,40 424,384,22 416,424,0", -1, 8),
        ("202,150,30 190,230,36 186,300,30 166,352,16 148,384,0", -1, 5),
        ("400,150,30 414,230,36 418,300,30 440,352,16 458,384,0", 1, 10),
    ):
        Lock(text, 0.85, None, dark, 2, 2.6, seed, 0, 470).draw(pen)
    with pen.inside(mass):
        pen.fill("226,236 210,300 226,380 300,396 380,380 392,300 376,236", "#3d0e30", 0.55, blur=14)


TIES = ((190, -1), (410, 1))


def ties(pen: Pen) -> None:
    """Small bows where the side tails are tied."""
    for x, side in TIES:
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


SKULL = (
    "302,38 250,46 208,76 185,124 179,180 186,230 210,218 222,166 256,130 "
    "298,116 348,130 380,166 392,218 416,234 424,180 418,122 394,74 354,46"
)


def crown(pen: Pen) -> None:
    """The hair of the skull, from ear to ear over the top; the bangs lie on it."""
    cap = curve(SKULL)
    pen.shape(cap, hair(0), HAIR["ink"], 3)
    with pen.inside(cap):
        pen.fill("394,60 422,120 428,240 388,236 404,160 390,100 362,62", HAIR["shade"], 0.45)
        pen.fill("174,240 174,170 192,160 196,240", HAIR["shade"], 0.4)


def dome(pen: Pen) -> None:
    """What makes the skull round: light and shade over it, and strands that run from the whorl."""
    cap = curve(
        "302,38 250,46 208,76 185,124 177,190 188,262 212,230 300,160 390,230 "
        "414,262 426,190 418,122 394,74 354,46"
    )
    with pen.inside(cap):
        pen.fill("440,40 440,300 404,300 400,190 404,140 386,94 346,48", HAIR["deep"], 0.42, blur=9)
        pen.fill("160,300 160,130 186,120 194,190 196,300", HAIR["deep"], 0.35, blur=7)
        pen.oval(
            248,
            84,
            66,
            40,
            radial(248, 84, 66, (0, "#ffb0a4", 0.55), (1, "#ffb0a4", 0), squash=0.6),
            turn=-34,
        )
        halo(pen)
    for way, width in (
        ("304,44 258,58 222,94 204,146", 3.0),
        ("304,44 284,66 268,96 258,130", 2.6),
        ("307,44 312,70 322,96 330,120", 3.0),
        ("312,46 350,62 378,94 392,142", 3.0),
        ("300,44 246,56 206,98 196,154", 2.2),
        ("314,46 362,58 396,98 408,152", 2.2),
        ("303,44 298,66 294,88 292,108", 1.8),
    ):
        pen.line(way, width, HAIR["ink"], lambda t: (0.12 + 0.88 * t**1.4) * min(1, (1 - t) * 5), 0.55)
        lit = [(x - 3, y + 1) for x, y, _ in points(way)]
        pen.line(lit, 1.6, "#ff9d97", lambda t: t * min(1, (1 - t) * 4), 0.6)


def sides(pen: Pen) -> None:
    """The long locks before the ears."""
    for text, depth, dark, seed in (
        ("204,130,34 190,190,38 186,250,34 196,306,26 190,356,16 168,396,0", 0.1, 1, 21),
        ("198,160,16 204,220,18 212,268,14 210,316,9 222,352,0", 0.25, 1, 22),
        ("402,130,34 414,190,38 416,250,34 406,310,26 414,364,16 440,402,0", 0.1, -1, 23),
        ("406,160,16 400,220,18 394,270,14 398,318,9 386,354,0", 0.25, -1, 24),
    ):
        Lock(text, depth, (0.3, 0.42) if depth < 0.2 else None, dark, 2, 2.6, seed, 0, 420).draw(pen)


def bangs(pen: Pen) -> None:
    """The fringe; the head is turned, so its middle lies left of the skull's."""
    for text, dark, seed, depth in (
        ("338,64,46 384,98,50 412,146,42 417,196,24 408,248,0", 1, 31, 0.12),
        ("270,62,42 220,96,50 192,146,42 188,196,24 200,244,0", -1, 32, 0.12),
        ("322,62,46 366,94,52 394,136,42 398,170,24 386,210,0", 1, 33, 0.0),
        ("280,60,44 234,92,48 210,136,38 206,172,22 215,208,0", -1, 34, 0.0),
        ("312,58,44 346,92,50 364,130,38 364,156,20 350,184,0", 1, 35, 0.0),
        ("284,58,38 252,92,46 236,130,38 236,156,20 248,182,0", 1, 36, 0.0),
        ("300,58,40 304,92,48 314,130,40 322,158,20 338,176,0", 1, 37, 0.0),
        ("296,58,34 286,92,40 282,136,34 286,172,20 300,208,0", -1, 38, 0.0),
        ("290,60,14 272,98,18 264,138,16 268,164,9 278,184,0", -1, 39, 0.05),
    ):
        Lock(text, depth, None, dark, 2, 2.5, seed, 0.34).draw(pen)


def ahoge(pen: Pen) -> None:
    """The lock that will not lie down."""
    Lock("304,64,16 292,40,18 300,20,15 328,14,11 352,30,0", 0.0, (0.3, 0.6), 1, 1, 2.6, 41, 0, 110).draw(pen)
    Lock("308,62,12 312,42,11 328,34,8 344,42,0", 0.1, None, 1, 0, 2.2, 42, 0, 110).draw(pen)


def rim(pen: Pen) -> None:
    """Light on the upper left of the crown."""
    pen.line("196,116 216,82 248,56 288,45", 4, SHEEN, alpha=0.8)
    pen.line("318,45 348,50 372,64", 2.6, SHEEN, alpha=0.6)


def pin(pen: Pen) -> None:
    """A golden crescent and star in the fringe."""
    with pen.turned(-12, 372, 138, -5, -11):
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

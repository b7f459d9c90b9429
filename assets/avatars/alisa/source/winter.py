"""Her winter things: pullover, scarf, ear muffs."""

import math

from ink import Pen, fade, linear, radial
from palette import GOLD, SKIN, TEAL, WOOL


def pullover(pen: Pen) -> None:
    """Neck, pullover with two cables, and the scarf."""
    pen.fill("284,250 284,300 318,300 318,250", SKIN["deep"])
    path = pen.fill(
        "281,300 250,314 236,330 235,362 244,392 256,432 342,428 356,386 364,356 366,326 352,308 322,298",
        linear(236, 0, 366, 0, (0, WOOL["base"]), (0.7, "#f7eadb"), (1, WOOL["shade"])),
    )
    with pen.inside(path):
        pen.fill("340,340 332,380 324,440 380,440 380,300 352,306 350,330", WOOL["shade"], 0.9)
        pen.fill(
            "240,388 262,402 284,400 300,394 322,398 344,390 360,382 350,440 250,440", WOOL["shade"], 0.7
        )
        pen.fill("262,316 300,350 346,312 350,350 300,376 256,348", WOOL["shade"], 0.9, blur=3)
        for x in (278, 322):
            for phase in (0, math.pi):
                way = [(x + 5 * math.sin(y / 6.5 + phase), y) for y in range(318, 440, 4)]
                pen.line(way, 2, WOOL["deep"], lambda _: 1)
            for edge in (-10, 10):
                pen.line(
                    [(x + edge, 316), (x + edge, 380), (x + edge * 0.9, 440)],
                    1.7,
                    WOOL["deep"],
                    lambda _: 1,
                    0.8,
                )
        for fold in ("246,398 264,408 284,406", "352,392 338,402 322,402"):
            pen.line(fold, 2.4, WOOL["ink"], fade, 0.75)
    pen.contour(path, 2.5, WOOL["ink"])
    scarf(pen)


def stripes(pen: Pen, ways: tuple[str, ...]) -> None:
    """Golden double stripes of the scarf."""
    for way in ways:
        pen.line(way, 4.6, GOLD["base"], lambda _: 1, 0.9)
        pen.line(way, 1.4, GOLD["light"], lambda _: 1)


def scarf(pen: Pen) -> None:
    """A thick scarf: one end hangs down, the wrap goes round the neck."""
    end = "270,322! 296,326 298,346 295,364 299,384! 279,390 260,386! 265,362 268,344"
    for k in range(7):
        x = 264 + k * 5.4
        pen.line(
            [(x, 382), (x - 1 + k * 0.3, 391), (x - 2 + k * 0.6, 402)], 5, TEAL["ink"], lambda t: 1 - 0.4 * t
        )
        pen.line(
            [(x, 382), (x - 1 + k * 0.3, 391), (x - 2 + k * 0.6, 400)],
            2.8,
            TEAL["light"],
            lambda t: 1 - 0.4 * t,
        )
    path = pen.fill(end, linear(262, 0, 300, 0, (0, TEAL["light"]), (0.5, TEAL["base"]), (1, TEAL["shade"])))
    with pen.inside(path):
        stripes(pen, ("258,365 280,370 304,364", "257,375 280,380 304,374"))
        pen.fill("262,318 300,326 300,348 268,340", TEAL["shade"], 0.8)
        pen.line("284,338 281,352 282,364", 2, TEAL["ink"], fade, 0.7)
    pen.contour(path, 2.4, TEAL["ink"])
    wrap = (
        "256,292 264,282 284,284 302,288 322,282 340,278 350,286 350,306 338,322 "
        "318,332 296,334 272,328 258,314"
    )
    path = pen.fill(
        wrap, linear(0, 280, 0, 334, (0, TEAL["light"]), (0.55, TEAL["base"]), (1, TEAL["shade"]))
    )
    with pen.inside(path):
        pen.fill("256,280 300,300 352,272 352,290 302,312 258,300", TEAL["shade"], 0.75)
        pen.line("256,304 284,318 316,316 350,296", 2.4, TEAL["ink"], fade, 0.75)
        pen.line("350,310 330,322 306,326 288,322", 2.2, TEAL["ink"], fade, 0.7)
        stripes(pen, ("326,276 334,300 328,332", "336,274 344,298 338,326"))
        pen.line("262,308 276,320 296,325", 2.6, "#c9fff4", alpha=0.7)
    pen.contour(path, 2.5, TEAL["ink"])


def muffs(pen: Pen) -> None:
    """Ear muffs over the hair."""
    band = "182,196 186,122 222,66 302,34 382,66 420,122 424,196"
    pen.line(band, 12, TEAL["ink"], lambda _: 1)
    pen.line(band, 8, TEAL["base"], lambda _: 1)
    pen.line("188,140 202,100 234,62 286,38", 2.6, "#c9fff4", alpha=0.9)
    for x in (180, 424):
        tufts = [
            (x + 19 * math.cos(a * math.pi / 6), 208 + 23 * math.sin(a * math.pi / 6)) for a in range(12)
        ]
        for tx, ty in tufts:
            pen.oval(tx, ty, 10, 10, WOOL["ink"])
        for tx, ty in tufts:
            pen.oval(tx, ty, 7.8, 7.8, "#f4e6da")
        pen.oval(
            x, 208, 21, 25, radial(x - 7, 198, 34, (0, "#ffffff"), (0.55, WOOL["base"]), (1, WOOL["shade"]))
        )
        for dx, dy in ((-12, 12), (2, 20), (12, 8), (10, -12), (-8, -4), (2, 4), (-4, 22), (16, -2)):
            pen.line(
                [(x + dx - 5, 208 + dy), (x + dx, 211 + dy), (x + dx + 4, 208 + dy)],
                1.9,
                WOOL["deep"],
                alpha=0.8,
            )

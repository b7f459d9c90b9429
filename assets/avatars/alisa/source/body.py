"""Her body in everyday clothes: legs, torso, bow. Her weight is on the viewer's left leg."""

import math

from ink import Pen, fade, linear, radial
from palette import BLOUSE, BOOT, GOLD, SKIN, TEAL, TIGHTS, WOOL, Wear

LEG_FAR = (
    "302,520 293,580 290,630 297,668 303,696 318,740 343,788 357,830! "
    "390,826! 383,780 374,738 357,700 347,666 356,610 372,560 376,520"
)
LEG_NEAR = (
    "224,520 219,572 223,622 237,670 239,694 233,738 243,786 251,830! "
    "283,830! 288,784 290,738 282,696 283,668 296,616 302,560 304,520"
)


def legs(pen: Pen, wear: Wear) -> None:
    """Both legs, the free one bent inwards: over-knee socks (in winter tights) and laced boots."""
    crease = WOOL["deep"] if wear.knit else TIGHTS["ink"]
    with pen.turned(-3, 262, 560):
        near = "276,500 274,600 266,668 268,702 272,744 272,840 310,840 320,500"
        leg(pen, wear, LEG_NEAR, near, 260)
        pen.line("246,682 257,692 272,685", 2.4, "#b58a9c", alpha=0.4)
        for fold in ("246,776 256,782 268,780", "288,770 280,776 272,776", "250,790 262,794 274,790"):
            pen.line(fold, 2.2, crease, fade, 0.8)
    with pen.turned(0, 268, 800, 13, 0):
        boot_near(pen)
        if wear.knit:
            fur(pen, ((250, 797), (260, 802), (272, 803), (284, 797)))
    far = "334,500 334,600 336,660 342,700 352,744 366,840 410,840 404,740 396,500"
    leg(pen, wear, LEG_FAR, far, 322)
    pen.line("306,679 319,690 335,680", 2.4, "#b58a9c", alpha=0.4)
    for fold in ("350,778 362,784 376,778", "376,766 368,772 360,771"):
        pen.line(fold, 2.2, crease, fade, 0.8)
    with pen.turned(-4, 372, 800, 8, 0):
        boot_far(pen)
    if wear.knit:
        with pen.turned(0, 0, 0, 8, 0):
            fur(pen, ((346, 798), (357, 803), (369, 802), (381, 794)))


def leg(pen: Pen, wear: Wear, outline: str, shade: str, lit: float) -> None:
    """One leg: skin above the sock, the sock with its band, light along the shin."""
    path = pen.fill(outline, linear(0, 560, 0, 640, (0, SKIN["warm"]), (1, SKIN["base"])))
    with pen.inside(path):
        pen.fill(shade, SKIN["shade"], 0.8, blur=2)
        pen.fill("190,500 410,500 410,584 300,610 190,590", SKIN["deep"], 0.7, blur=5)
        top = 500 if wear.knit else 626
        edge = f"180,{top - 4}! {lit - 30},{top} {lit},{top + 5} {lit + 46},{top - 3}! 420,{top - 6}!"
        sock = f"{edge} 420,860! 180,860!"
        cut = pen.fill(
            sock, linear(lit - 46, 0, lit + 48, 0, (0, "#5d4763"), (0.4, TIGHTS["base"]), (1, "#2d2138"))
        )
        with pen.inside(cut):
            pen.fill(shade, TIGHTS["shade"], 0.8, blur=3)
            pen.oval(lit - 6, 664, 12, 34, "#c79aa8", 0.42, blur=6)
            pen.oval(lit + 2, 742, 8, 40, "#c79aa8", 0.36, blur=5)
            if not wear.knit:
                for drop, width, tone in (
                    (4, 8, TIGHTS["shade"]),
                    (12, 4.5, TEAL["base"]),
                    (19, 2.2, TEAL["light"]),
                ):
                    way = [(lit - 50, top - 3 + drop), (lit, top + 5 + drop), (lit + 50, top - 4 + drop)]
                    pen.line(way, width, tone, lambda _: 1)
        if not wear.knit:
            pen.line(
                f"{lit - 50},{top - 5} {lit},{top + 4} {lit + 50},{top - 5}", 2.4, TIGHTS["ink"], lambda _: 1
            )
        if wear.knit:
            warmer(pen, shade, lit)
    pen.contour(path, 2.5, TIGHTS["ink"])


def warmer(pen: Pen, shade: str, x: float) -> None:
    """A knitted leg warmer from below the knee down, clipped by the leg."""
    path = pen.fill(
        f"180,706! {x - 30},710 {x},716 {x + 30},709 420,702! 420,860! 180,860!",
        linear(x - 40, 0, x + 48, 0, (0, "#ffffff"), (0.5, WOOL["base"]), (1, WOOL["shade"])),
    )
    with pen.inside(path):
        pen.fill(shade, WOOL["shade"], 0.9, blur=3)
        for k in range(-5, 8):
            pen.line(f"{x + k * 8},704 {x + k * 8 + 1},716 {x + k * 8},726", 1.8, WOOL["deep"], lambda _: 1)
        pen.line(f"{x - 50},724 {x},733 {x + 50},723", 2.2, WOOL["ink"], lambda _: 1, 0.8)
        for side in (-13, 15):
            for phase in (0, math.pi):
                way = [(x + 5 + side + 5 * math.sin(y / 6 + phase), y) for y in range(732, 830, 4)]
                pen.line(way, 2, WOOL["deep"], lambda _: 1)
        for y in (762, 784):
            pen.line(f"{x - 40},{y} {x},{y + 7} {x + 46},{y - 2}", 1.8, WOOL["ink"], alpha=0.5)
    pen.line(f"{x - 60},704 {x - 30},710 {x},716 {x + 30},709 {x + 60},703", 2.4, WOOL["ink"], lambda _: 1)


def fur(pen: Pen, tufts: tuple[tuple[float, float], ...]) -> None:
    """A fluffy trim: overlapping tufts, inked outside only."""
    for x, y in tufts:
        pen.oval(x, y, 10.5, 11, WOOL["ink"])
    for x, y in tufts:
        pen.oval(
            x, y, 8.6, 9, radial(x - 2, y - 3, 11, (0, "#ffffff"), (0.6, WOOL["base"]), (1, WOOL["shade"]))
        )
    for x, y in tufts:
        pen.line([(x - 4, y + 4), (x, y + 6), (x + 3, y + 4)], 1.8, WOOL["deep"], alpha=0.9)


def laces(pen: Pen, rows: tuple[tuple[float, float, float, float], ...]) -> None:
    """Crossed laces from left to right: (left x, right x, y, slant)."""
    for left, right, y, slant in rows:
        for up in (-4.5, 4.5):
            way = [(left, y - up + slant), ((left + right) / 2, y + 2), (right, y + up - slant)]
            pen.line(way, 3.6, BOOT["ink"], lambda _: 1)
            pen.line(way, 1.9, GOLD["light"], lambda _: 1)


def boot_near(pen: Pen) -> None:
    """The boot of the standing leg, seen from the front."""
    path = pen.fill(
        (
            "246,798 266,804 290,798 290,824 289,842 296,862 "
            "296,878 280,889 256,889 240,880 240,862 249,842 247,822"
        ),
        linear(240, 0, 298, 0, (0, BOOT["light"]), (0.4, BOOT["base"]), (1, BOOT["shade"])),
    )
    with pen.inside(path):
        pen.fill("280,790 278,846 284,892 310,890 300,790", BOOT["shade"], 0.8, blur=1.5)
        pen.fill("230,879 268,885 306,876 306,896 230,896", "#e9d3b4")
        pen.line("238,879 268,885 300,876", 2.4, BOOT["ink"], lambda _: 1)
        pen.line("242,863 266,852 294,863", 2.2, BOOT["ink"], alpha=0.8)
        pen.oval(258, 866, 10, 4.5, "#f0b8a4", 0.85, blur=1, turn=-14)
        pen.line("252,806 251,826 253,842", 3, "#d08c80", alpha=0.7)
    pen.contour(path, 2.7, BOOT["ink"])
    laces(pen, ((260, 278, 820, 0), (260, 278, 832, 0), (259, 279, 844, 0)))
    pen.shape("243,792! 266,799 293,792! 292,806! 267,813 244,806!", BOOT["light"], BOOT["ink"], 2.3)
    pen.line("248,799 266,804 286,800", 1.8, "#e0a79a", alpha=0.9)


def boot_far(pen: Pen) -> None:
    """The boot of the free leg, toe turned out."""
    path = pen.fill(
        (
            "342,796 364,802 388,795 390,820 398,840 416,852 434,866 "
            "438,880 428,889 396,889 374,882 368,889! 345,889! 345,858 343,824"
        ),
        linear(340, 0, 440, 0, (0, BOOT["light"]), (0.45, BOOT["base"]), (1, BOOT["shade"])),
    )
    with pen.inside(path):
        pen.fill(
            "376,790 378,838 400,860 446,872 446,890 360,890 384,868 372,840", BOOT["shade"], 0.6, blur=2
        )
        pen.fill("335,879 376,876 400,882 444,878 444,896 335,896", "#e9d3b4")
        pen.line("342,879 374,875 400,882 438,879", 2.4, BOOT["ink"], lambda _: 1)
        pen.line("396,884 404,866 420,856", 2.2, BOOT["ink"], alpha=0.8)
        pen.oval(420, 867, 9, 4, "#f0b8a4", 0.85, blur=1, turn=30)
        pen.line("348,804 348,826 350,850", 3, "#d08c80", alpha=0.7)
    pen.contour(path, 2.7, BOOT["ink"])
    laces(pen, ((366, 384, 818, -1), (368, 388, 831, -2), (374, 395, 844, -4)))
    pen.shape("339,790! 364,797 391,789! 391,803! 365,811 340,804!", BOOT["light"], BOOT["ink"], 2.3)
    pen.line("344,797 364,802 384,797", 1.8, "#e0a79a", alpha=0.9)


def blouse(pen: Pen) -> None:
    """Neck and blouse with collar."""
    neck = pen.fill("284,250 284,290 276,308 300,336 326,304 317,288 318,250", SKIN["base"])
    with pen.inside(neck):
        pen.fill("270,240 280,272 300,296 322,284 330,240", SKIN["deep"], 0.72)
    pen.contour(neck, 2.2, SKIN["ink"])
    path = pen.fill(
        (
            "281,300 250,314 236,330 236,362 246,390 258,430 340,426 354,384 362,356 "
            "366,326 352,308 322,298 315,314! 302,336! 287,318!"
        ),
        linear(236, 0, 366, 0, (0, BLOUSE["base"]), (0.7, "#fbf7fb"), (1, "#ece6f4")),
    )
    with pen.inside(path):
        pen.fill("338,340 330,380 324,440 380,440 380,300 352,306 350,330", BLOUSE["shade"], 0.9)
        pen.fill(
            "240,386 262,400 284,398 300,392 322,396 344,388 360,380 350,440 250,440", BLOUSE["shade"], 0.8
        )
        pen.fill("236,300 262,318 250,352 236,372", BLOUSE["shade"], 0.5, blur=3)
        pen.oval(268, 360, 26, 30, radial(266, 356, 30, (0, "#ffffff", 0.9), (1, "#ffffff", 0)))
        pen.fill(
            ("246,382 262,396 284,394 300,386 318,393 340,384 356,368 352,396 330,402 300,398 262,404"),
            BLOUSE["deep"],
            0.35,
            blur=4,
        )
        pen.fill("226,290 376,286 366,330 300,348 246,336", BLOUSE["shade"], 0.55, blur=7)
        pen.fill("280,330 300,352 326,330 322,352 300,372 284,354", BLOUSE["shade"], 0.7)
        for fold in (
            "250,396 266,404 284,402",
            "352,388 338,398 322,398",
            "244,344 254,352 258,364",
            "292,400 288,414 288,428",
            "330,402 330,414 326,428",
        ):
            pen.line(fold, 2.2, BLOUSE["ink"], fade, 0.75)
        pen.line("301,352 300,390 299,430", 2, BLOUSE["deep"])
        for y in (384, 404):
            pen.oval(304, y, 2.6, 2.6, GOLD["base"])
    pen.contour(path, 2.4, BLOUSE["ink"])
    collar(pen)


def collar(pen: Pen) -> None:
    """Collar wings and the bow with its brooch."""
    for wing, shade in (
        (
            "282,296! 268,306 258,320 268,340 282,348! 294,338 301,332! 288,318",
            "270,340 282,330 298,330 284,352",
        ),
        (
            "319,292! 334,302 346,314 338,336 324,346! 312,338 302,332! 316,314",
            "340,336 326,328 304,330 322,352",
        ),
    ):
        path = pen.shape(wing, BLOUSE["base"], BLOUSE["ink"], 2.2)
        with pen.inside(path):
            pen.fill(shade, BLOUSE["shade"], 0.8)
            pen.contour(path, 6.5, TEAL["base"])
            pen.contour(path, 3, BLOUSE["base"])
        pen.contour(path, 2, BLOUSE["ink"])
    bow(pen)


def bow(pen: Pen) -> None:
    """A teal bow; the ends hang unevenly."""
    for end, shade in (
        ("300,342 290,366 280,392! 290,390 297,398! 304,366", "298,352 292,392 304,396"),
        ("304,342 314,362 328,384! 318,386 313,394! 302,364", "304,350 312,380 310,398 300,370"),
    ):
        path = pen.shape(end, TEAL["base"], TEAL["ink"], 2.2)
        with pen.inside(path):
            pen.fill(shade, TEAL["shade"], 0.8)
    for loop, shade, light in (
        (
            "300,338! 284,326 268,326 264,338 268,352 284,352",
            "300,340 284,340 264,346 268,360 290,356",
            "270,333 276,330 284,333",
        ),
        (
            "304,338! 320,324 336,322 340,334 336,348 320,350",
            "304,340 320,338 342,342 336,358 316,356",
            "322,330 328,327 334,328",
        ),
    ):
        path = pen.shape(
            loop, linear(0, 322, 0, 354, (0, TEAL["light"]), (0.6, TEAL["base"])), TEAL["ink"], 2.3
        )
        with pen.inside(path):
            pen.fill(shade, TEAL["shade"], 0.75)
            pen.line(light, 3.4, "#c9fff4", alpha=0.9)
    pen.line("298,339 288,336 280,337", 2, TEAL["ink"], fade)
    pen.line("306,339 316,335 324,335", 2, TEAL["ink"], fade)
    pen.oval(302, 340, 8.4, 8.4, GOLD["ink"])
    pen.oval(
        302,
        340,
        7,
        7,
        linear(296, 334, 308, 347, (0, GOLD["light"]), (0.6, GOLD["base"]), (1, GOLD["shade"])),
    )
    pen.oval(302, 340, 3.6, 3.6, "#c2405a")
    pen.oval(300.8, 338.8, 1.3, 1.3, "#ffffff")

"""Her body in everyday clothes: legs, torso, skirt, bow. Her weight is on the viewer's left leg."""

from ink import Pen, fade, linear, radial
from palette import BLOUSE, BOOT, GOLD, LEATHER, SKIN, TEAL, TIGHTS, WOOL, Wear, blend

LEG_FAR = (
    "296,520 300,590 314,656 319,688 322,724 338,780 354,832 374,830 379,788 "
    "376,742 360,703 359,676 365,610 358,510"
)
LEG_NEAR = (
    "220,500 215,560 226,620 242,676 243,702 240,742 257,790 265,834 283,834 "
    "287,788 289,742 284,702 286,674 297,600 306,520"
)


def legs(pen: Pen, wear: Wear) -> None:
    """Both legs in sheer tights, and ankle boots."""
    for outline, shade, light in (
        (
            LEG_FAR,
            "352,500 350,600 352,670 360,700 362,744 356,830 390,830 400,740 390,500",
            "316,540 322,610 336,676 338,700 334,680 318,620",
        ),
        (
            LEG_NEAR,
            "276,500 274,600 268,670 272,704 274,744 270,830 310,830 320,500",
            "240,540 238,610 250,676 250,716 252,676 248,610",
        ),
    ):
        path = pen.fill(
            outline, linear(220, 0, 380, 0, (0, "#5a4058"), (0.5, TIGHTS["base"]), (1, "#33253c"))
        )
        with pen.inside(path):
            pen.fill(shade, TIGHTS["shade"], 0.75, blur=2)
            pen.fill(light, "#c08f94", 0.5, blur=5)
            pen.fill("200,500 400,500 400,600 300,640 200,616", TIGHTS["ink"], 0.5, blur=8)
            pen.edge_light(path, "#b08aa8", -3, 0, 0.7)
        pen.contour(path, 2.4, TIGHTS["ink"])
    pen.line("250,676 258,686 270,684", 2.2, "#a77c86", alpha=0.55)
    pen.line("330,686 339,693 351,686", 2.2, "#a77c86", alpha=0.55)
    with pen.turned(-9, 372, 800, 5, 3):
        boot_far(pen)
    with pen.turned(0, 268, 800, 4, 2):
        boot_near(pen)
    if wear.knit:
        fur(pen, ((256, 793), (266, 797), (277, 797), (288, 793)))
        fur(pen, ((340, 797), (351, 800), (362, 797), (373, 792)))


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


def boot_near(pen: Pen) -> None:
    """The boot of the standing leg, seen from the front."""
    path = pen.shape(
        (
            "252,792! 268,796 286,792! 285,818 285,840 289,862 288,880 276,887 "
            "258,887 247,880 248,862 252,842 254,818"
        ),
        linear(246, 0, 292, 0, (0, BOOT["light"]), (0.45, BOOT["base"]), (1, BOOT["shade"])),
        BOOT["ink"],
        2.6,
    )
    with pen.inside(path):
        pen.fill("274,790 274,850 280,890 300,890 300,790", BOOT["shade"], 0.8)
        pen.fill("240,878 268,883 296,877 296,892 240,892", BOOT["ink"], 0.9)
        pen.line("250,812 268,818 288,813", 2.4, BOOT["ink"], alpha=0.8)
        pen.line("250,842 268,850 289,843", 2, BOOT["ink"], alpha=0.7)
        pen.line("256,858 262,852 272,853", 4.5, "#e0a79a", alpha=0.85)
    pen.shape("250,788! 268,793 288,788! 288,799! 268,804 251,799!", BOOT["light"], BOOT["ink"], 2)


def boot_far(pen: Pen) -> None:
    """The boot of the free leg, toe turned out."""
    path = pen.shape(
        "340,792! 358,796 376,790! 378,818 384,840 402,856 420,870 424,882 "
        "410,888 388,886 370,876 362,866 360,886! 348,886! "
        "345,860 344,840 342,818",
        linear(340, 0, 420, 0, (0, BOOT["light"]), (0.4, BOOT["base"]), (1, BOOT["shade"])),
        BOOT["ink"],
        2.6,
    )
    with pen.inside(path):
        pen.edge_light(path, "#d99a94", -3, 1, 0.7)
        pen.fill("362,790 366,840 390,866 430,890 430,850 390,790", BOOT["shade"], 0.7)
        pen.fill("362,872 388,882 426,878 430,894 372,890", BOOT["ink"], 0.9)
        pen.line("342,812 360,818 378,812", 2.4, BOOT["ink"], alpha=0.8)
        pen.line("380,852 392,858 402,866", 4.5, "#e0a79a", alpha=0.8)
    pen.shape("339,789! 358,794 377,787! 378,797! 359,804 340,799!", BOOT["light"], BOOT["ink"], 2)


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


HEM = (
    "188,586! 202,600 222,603! 236,612 258,612! 274,622 296,619! 314,625 "
    "334,618! 350,621 368,610! 382,609 394,598! 402,594 408,582!"
)


def plaid(pen: Pen) -> None:
    """Crossing stripes along and across the pleats."""
    for x0, x1 in ((262, 216), (282, 264), (302, 302), (322, 344), (340, 378)):
        pen.line(f"{x0},440 {(x0 * 0.55 + x1 * 0.45):.0f},530 {x1},630", 5, "#d9b98a", lambda _: 1, 0.28)
        pen.line(
            f"{x0 + 4},440 {(x0 * 0.55 + x1 * 0.45) + 6:.0f},530 {x1 + 8},630",
            1.8,
            "#f2e3c4",
            lambda _: 1,
            0.5,
        )
    for y in (492, 534, 574):
        spread = (y - 440) * 0.42
        way = f"{238 - spread:.0f},{y - 8} 262,{y + 8} 300,{y + 13} 336,{y + 8} {352 + spread:.0f},{y - 10}"
        pen.line(way, 7, "#d9b98a", lambda _: 1, 0.26)
        pen.line(way, 1.8, "#f2e3c4", lambda _: 1, 0.5)


def skirt(pen: Pen, wear: Wear) -> None:
    """High waist with gold buttons, box pleats swinging to the right."""
    cloth, band = wear.skirt, wear.waist
    path = pen.fill(
        f"246,444 226,484 202,542 {HEM} 382,530 358,474 350,438",
        linear(0, 440, 0, 620, (0, cloth["base"]), (1, blend(cloth["base"], cloth["light"], 0.45))),
    )
    with pen.inside(path):
        for top, left, right in (
            (254, 206, 226),
            (272, 236, 258),
            (292, 270, 294),
            (314, 308, 332),
            (332, 346, 368),
            (346, 378, 398),
        ):
            pen.fill(
                f"{top},444! {right},640! {left + 4},640! {top - 4 + (left - top) * 0.4:.0f},530",
                cloth["shade"],
                0.85,
            )
            pen.line(
                f"{top},446 {top + (right - top) * 0.42:.0f},530 {right},630",
                2.4,
                cloth["ink"],
                lambda t: 0.3 + 0.7 * t,
            )
            lit = right - top
            pen.line(
                f"{top + 3},460 {top + lit * 0.42 + 4:.0f},530 {right + 5},620", 2, cloth["light"], alpha=0.8
            )
        if wear.knit:
            plaid(pen)
        hem = [tuple(float(n) for n in w.rstrip("!").split(",")) for w in HEM.split()]
        pen.line([(x, y - 12) for x, y in hem], 3, GOLD["base"], lambda _: 1)
        pen.fill("240,440 300,470 360,436 366,470 300,492 230,478", cloth["deep"], 0.5, blur=6)
        pen.edge_light(path, blend(cloth["light"], "#c9d2ff", 0.5), -3.4, -1, 0.75)
    pen.contour(path, 2.8, cloth["ink"])
    waist = pen.fill(
        ("251,408! 278,411 300,420! 320,410 345,401! 345,424 351,443! 300,460 243,452! 253,428"),
        linear(244, 0, 356, 0, (0, band["light"]), (0.5, band["base"]), (1, band["shade"])),
    )
    with pen.inside(waist):
        pen.fill("326,396 322,430 330,470 370,460 360,396", band["shade"], 0.8)
        for seam in ("278,410 272,430 268,458", "322,408 326,430 332,456"):
            pen.line(seam, 2.2, band["ink"], lambda _: 0.8)
        pen.line("262,410 260,428 254,446", 3, blend(band["light"], "#ffffff", 0.3), alpha=0.7)
    pen.contour(waist, 2.5, band["ink"])
    if wear.knit:
        buckle(pen)
        return
    for x in (288, 312):
        for y in (426, 444):
            pen.oval(x, y, 4, 4, GOLD["ink"])
            pen.oval(x, y, 3, 3, radial(x - 1, y - 1, 4, (0, GOLD["light"]), (1, GOLD["base"])))


def buckle(pen: Pen) -> None:
    """The winter belt's golden buckle."""
    for grow, tone in ((2, GOLD["ink"]), (0, GOLD["base"])):
        pen.fill(
            [
                (286 - grow, 428 - grow, 1),
                (316 + grow, 426 - grow, 1),
                (317 + grow, 449 + grow, 1),
                (287 - grow, 451 + grow, 1),
            ],
            tone,
        )
    pen.fill("292,434! 310,433! 311,443! 293,445!", LEATHER["shade"])
    pen.line("289,432 299,430 313,429", 2.6, GOLD["light"])
    pen.line("302,439 310,439 318,438", 4, GOLD["light"], lambda _: 1)

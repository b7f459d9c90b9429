"""Her skirt with its petticoat and its high waist."""

import numpy as np
from ink import Pen, linear, points, radial, sample
from palette import BLOUSE, GOLD, LEATHER, Wear, blend

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


def lace(pen: Pen) -> None:
    """The scalloped edge of a white petticoat under the hem."""
    edge = sample(points(HEM))[:, :2]
    steps = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(edge, axis=0).T))])
    places = [
        [float(np.interp(d, steps, edge[:, i])) for i in (0, 1)] for d in np.linspace(9, steps[-1] - 9, 16)
    ]
    for grow, tone in ((2.0, BLOUSE["ink"]), (0.0, BLOUSE["base"])):
        for x, y in places:
            pen.oval(x, y + 5, 8.6 + grow, 10.5 + grow, tone)
    for x, y in places:
        pen.oval(x, y - 1, 6, 6, BLOUSE["deep"], 0.8, blur=1.5)
        pen.oval(x, y + 9.5, 1.7, 1.7, BLOUSE["deep"])


def pleats(pen: Pen, wear: Wear) -> None:
    """The skirt's box pleats, swinging to the right."""
    cloth = wear.skirt
    lace(pen)
    path = pen.fill(
        f"257,446 233,484 202,542 {HEM} 382,530 354,474 341,440",
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


def skirt(pen: Pen, wear: Wear) -> None:
    """The short, wide skirt below the waist."""
    with pen.scaled(1.07, 0.86, 300, 444):
        pleats(pen, wear)


def waist(pen: Pen, wear: Wear) -> None:
    """The high waist with gold buttons, or the winter belt."""
    band = wear.waist
    path = pen.fill(
        ("251,408! 278,411 300,420! 320,410 345,401! 345,424 351,443! 300,460 243,452! 253,428"),
        linear(244, 0, 356, 0, (0, band["light"]), (0.5, band["base"]), (1, band["shade"])),
    )
    with pen.inside(path):
        pen.fill("326,396 322,430 330,470 370,460 360,396", band["shade"], 0.8)
        for seam in ("278,410 272,430 268,458", "322,408 326,430 332,456"):
            pen.line(seam, 2.2, band["ink"], lambda _: 0.8)
        pen.line("262,410 260,428 254,446", 3, blend(band["light"], "#ffffff", 0.3), alpha=0.7)
    pen.contour(path, 2.5, band["ink"])
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

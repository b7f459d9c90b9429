"""Her arms: one hand on the hip, the other moves with her feelings."""

from collections.abc import Callable

import numpy as np
from ink import Pen, band, curve, fade, linear, points, sample, skia
from palette import SKIN, Wear

HAND = 1.14  # larger than life, to be read when she is small


def sleeve(pen: Pen, wear: Wear, outline: str, shade: str, folds: tuple[str, ...]) -> None:
    """A sleeve of blouse or pullover."""
    tones = wear.sleeve
    path = pen.fill(outline, tones["base"])
    with pen.inside(path):
        pen.fill(shade, tones["shade"], 0.95)
        pen.edge_light(path, tones["deep"], -4, -1, 0.4)
        for fold in folds:
            pen.line(fold, 2.6 if wear.knit else 2.2, tones["ink"], fade, 0.8)
    pen.contour(path, 2.5, tones["ink"])


def cuff(pen: Pen, wear: Wear, corners: str) -> None:
    """A cuff, given by its four corners; ribbed when knitted."""
    tones = wear.cuff
    path = pen.fill(corners, tones["base"])
    with pen.inside(path):
        pen.edge_light(path, tones["shade"], -5, -3, 0.9)
        pen.edge_light(path, tones["light"], 4, 2, 0.9)
        if wear.knit:
            a, b, c, d = (np.array(p[:2]) for p in points(corners))
            if np.hypot(*(b - a)) < np.hypot(*(c - b)):
                a, b, c, d = b, c, d, a
            for share in np.linspace(0.12, 0.88, 6):
                pen.line(
                    [
                        tuple(a + (b - a) * share),
                        tuple((a + b + c + d) / 4 + (b - a) * (share - 0.5)),
                        tuple(d + (c - d) * share),
                    ],
                    1.7,
                    tones["ink"],
                    lambda _: 1,
                    0.6,
                )
    pen.contour(path, 2.2, tones["ink"])


def flesh(pen: Pen, outline: str, shade: str = "", lines: tuple[str, ...] = ()) -> None:
    """A piece of hand: skin, shade, finger lines."""
    path: skia.Path = pen.fill(curve(outline), linear(0, 300, 0, 560, (0, SKIN["base"]), (1, "#ffe2d2")))
    with pen.inside(path):
        if shade:
            pen.fill(shade, SKIN["shade"], 0.9)
        for line in lines:
            pen.line(line, 1.9, SKIN["ink"], fade, 0.9)
    pen.contour(path, 2, SKIN["ink"])


def capsule(way: str, width: float, tip: float = 0.76) -> skia.Path:
    """The outline of one finger: a tapered band with round ends."""
    s = sample(points(way))[:, :2]
    widths = width * 1.12 * np.linspace(1, tip, len(s))
    path = band(s, widths)
    for end, wide in ((s[0], widths[0]), (s[-1], widths[-1])):
        path = skia.Op(
            path, skia.Path.Circle(float(end[0]), float(end[1]), float(wide) / 2), skia.PathOp.kUnion_PathOp
        )
    return path


def hand(
    pen: Pen,
    palm: str,
    fingers: tuple[tuple[str, float], ...] = (),
    lines: tuple[str, ...] = (),
    folded: tuple[tuple[str, float], ...] = (),
) -> None:
    """A hand in one outline: palm joined with the stretched fingers, creases, and folded fingers over it."""
    ends = points(palm)
    wrist = ((ends[0][0] + ends[-1][0]) / 2, (ends[0][1] + ends[-1][1]) / 2)
    with pen.scaled(HAND, HAND, *wrist):
        fist(pen, curve(palm), fingers, lines, folded)


def fist(
    pen: Pen,
    path: skia.Path,
    fingers: tuple[tuple[str, float], ...],
    lines: tuple[str, ...],
    folded: tuple[tuple[str, float], ...],
) -> None:
    """The hand as drawn, before it is enlarged."""
    for way, width in fingers:
        path = skia.Op(path, capsule(way, width), skia.PathOp.kUnion_PathOp)
    tone = linear(0, 260, 0, 560, (0, SKIN["base"]), (1, "#ffe2d2"))
    pen.fill(path, tone)
    with pen.inside(path):
        pen.edge_light(path, SKIN["shade"], -3.6, -2.4, 0.95)
        for line in lines:
            pen.line(line, 2, SKIN["ink"], fade, 0.9)
    pen.contour(path, 2, SKIN["ink"])
    for way, width in folded:
        path = capsule(way, width, 0.9)
        pen.fill(path, tone)
        with pen.inside(path):
            pen.edge_light(path, SKIN["shade"], -1.5, -2.4, 0.95)
        pen.contour(path, 1.8, SKIN["ink"])


def hip(pen: Pen, wear: Wear) -> None:
    """The viewer's left arm, hand on the hip."""
    flesh(
        pen,
        (
            "226,436 240,432 254,438 268,446 276,452 271,458 278,463 274,469 273,474 "
            "267,477 263,482 254,480 244,475 232,468 222,458"
        ),
        "226,464 244,470 262,478 270,476 262,486 240,482 220,472",
        ("272,457 262,455 250,451", "273,468 262,465 248,459", "265,476 256,473 245,467"),
    )
    sleeve(
        pen,
        wear,
        (
            "250,314 232,320 218,340 198,366 176,392 166,410 172,426 190,438 212,448 "
            "226,456! 236,438! 222,424 212,412 222,400 240,380 250,352"
        ),
        (
            "248,352 236,378 216,396 206,410 216,424 236,440 224,460 190,440 170,428 "
            "190,430 200,424 196,408 206,392 228,368"
        ),
        (
            "206,411 196,414 186,412",
            "210,406 204,396 192,390",
            "236,336 230,348 222,356",
            "226,448 216,440 208,430",
            "246,318 240,328 238,340",
            "237,321 229,332 226,342",
        ),
    )
    cuff(pen, wear, "221,419! 241,433! 233,460! 213,448!")


def upper_arm(pen: Pen, wear: Wear) -> None:
    """The upper part of the viewer's right sleeve when the elbow bends."""
    sleeve(
        pen,
        wear,
        "350,308 368,314 384,334 398,364 410,394 414,416 406,430 392,434 378,426 370,404 362,376 352,350",
        "352,346 366,372 378,396 384,420 396,436 372,430 360,380",
        ("354,315 359,327 360,339", "364,318 371,330 374,341", "384,418 392,412 402,410"),
    )


def rest(pen: Pen, wear: Wear, out: float = 7, bend: float = 34) -> None:
    """Neutral: the arm hangs, so many degrees away from her, the wrist bent outwards."""
    with pen.turned(-out, 358, 322):
        with pen.turned(-bend, 405, 474):
            hand(
                pen,
                "396,472 393,488 394,502 398,514 408,519 418,513 421,500 420,486 416,470",
                (
                    ("402,506 401,526 398,541", 8),
                    ("408,508 408,530 406,547", 8.4),
                    ("414,508 415,528 413,543", 8),
                    ("418,502 421,518 420,532", 7),
                    ("398,484 391,498 389,512", 7.6),
                ),
                (
                    "404,538 405,526 405,514",
                    "410.5,541 411.5,528 411,516",
                    "417,530 417,520 416,512",
                    "394,506 396,498 400,492",
                ),
            )
        sleeve(
            pen,
            wear,
            (
                "350,308 368,314 382,334 394,364 406,396 418,424 424,452 422,470! "
                "392,472! 388,446 384,424 376,404 362,376 352,350"
            ),
            (
                "352,346 366,372 382,396 392,424 398,446 404,472 424,472 426,450 410,444 "
                "402,420 390,392 378,364 366,340"
            ),
            (
                "382,408 392,410 402,404",
                "384,418 396,424 410,420",
                "354,315 359,327 360,339",
                "364,318 371,330 374,341",
                "394,462 404,458 408,448",
            ),
        )
        cuff(pen, wear, "389,464! 424,461! 425,480! 391,484!")


def wave(pen: Pen, wear: Wear) -> None:
    """Happy: forearm up, a peace sign."""
    upper_arm(pen, wear)
    hand(
        pen,
        "416,340 413,322 414,308 422,298 434,296 446,300 450,312 447,328 441,342",
        (("421,308 416,284 409,260", 10), ("437,306 441,282 448,259", 10)),
        ("429,302 430,308 430,312",),
        (("447,305 441,311 431,311", 9), ("447,316 441,320 432,320", 8.6), ("416,324 424,323 436,315", 9)),
    )
    sleeve(
        pen,
        wear,
        "384,424 396,436 412,432 424,416 434,392 442,366 446,350! 412,342! 408,362 402,384 392,404",
        "446,350 440,380 428,410 412,436 398,438 418,410 428,376 432,348",
        ("396,420 404,414 414,412", "400,400 408,398 416,392"),
    )
    cuff(pen, wear, "411,334! 446,342! 447,358! 408,350!")


def akimbo(pen: Pen, wear: Wear) -> None:
    """Angry: the other hand goes to the hip as well."""
    with pen.scaled(-1, 1, 302, 0):
        hip(pen, wear)


def startled(pen: Pen, wear: Wear) -> None:
    """Surprised: the open hand flies up."""
    upper_arm(pen, wear)
    hand(
        pen,
        "420,354 416,340 418,326 426,319 438,316 448,320 452,332 449,344 442,356",
        (
            ("424,326 415,308 407,291", 8.6),
            ("431,322 427,298 423,277", 9),
            ("438,322 441,298 442,276", 9),
            ("446,326 454,306 460,290", 8.2),
            ("421,340 408,332 397,323", 8.8),
        ),
        ("426,346 433,342 435,332", "424,328 432,324 442,326"),
    )
    sleeve(
        pen,
        wear,
        "384,424 396,436 412,432 426,418 436,396 444,376 448,362! 414,354! 410,370 402,388 392,406",
        "448,362 442,384 430,412 412,436 398,438 420,410 430,384 434,360",
        ("396,420 404,414 414,412", "402,402 410,400 418,394"),
    )
    cuff(pen, wear, "413,346! 448,354! 449,371! 410,363!")


def to_heart(pen: Pen, wear: Wear) -> None:
    """Sad: the hand comes to the heart."""
    upper_arm(pen, wear)
    hand(
        pen,
        "356,388 344,382 332,379 324,383 321,393 325,403 338,410 356,409",
        (
            ("330,383 315,378 303,378", 8.4),
            ("327,390 311,386 299,388", 8.8),
            ("327,397 312,395 302,398", 8.4),
            ("331,403 318,404 309,406", 7.8),
            ("344,387 335,375 330,364", 8.6),
        ),
        (
            "304,383 315,384 326,388",
            "303,393 312,391.5 325,394",
            "308,402 316,400.5 327,400",
            "334,376 338,384 344,389",
        ),
    )
    forearm(pen, wear)


def forearm(pen: Pen, wear: Wear) -> None:
    """The sleeve from the elbow in to the chest."""
    sleeve(
        pen,
        wear,
        "400,440 412,432 414,416 404,404 386,398 368,392 354,386! 346,414! 364,422 382,434",
        "346,414 364,424 382,436 402,442 414,430 400,424 380,416 350,404",
        ("400,412 392,416 386,424", "404,424 396,424 390,428"),
    )
    cuff(pen, wear, "343,383! 358,386! 353,417! 339,412!")


def shy(pen: Pen, wear: Wear) -> None:
    """Embarrassed: a loose fist before the mouth's height, at the collar."""
    upper_arm(pen, wear)
    hand(
        pen,
        "350,344 340,336 336,326 338,312 345,305 354,302 364,307 370,318 367,332 360,346",
        (
            ("347,309 337,305 332,309", 9),
            ("345,317 333,314 329,319", 9),
            ("345,325 334,323 330,328", 8.6),
            ("348,332 340,332 335,336", 7.8),
        ),
        ("330,313 336,310 345,313", "328,323.5 335,319 345,321", "332,332.5 338,328 346,329"),
        (("361,314 351,304 342,305", 9),),
    )
    sleeve(
        pen,
        wear,
        "384,428 398,436 412,430 414,414 404,396 390,376 378,358 370,344! 344,356! 350,372 360,392 370,412",
        "370,344 380,360 396,384 412,408 414,430 398,438 396,420 380,392 364,364 354,352",
        ("394,420 400,412 410,408", "386,410 392,402 400,398"),
    )
    cuff(pen, wear, "367,335! 377,348! 349,364! 342,350!")


def hanging(out: float, bend: float) -> Callable[[Pen, Wear], None]:
    """The viewer's left arm when it hangs."""

    def drawn(pen: Pen, wear: Wear) -> None:
        with pen.scaled(-1, 1, 302, 0):
            rest(pen, wear, out, bend)

    return drawn


LEFT_ARMS = {  # the emotions that are not named have the neutral one
    "neutral": hip,
    "sad": hanging(1, -6),
    "surprised": hanging(15, 44),
    "embarrassed": hanging(-1, -26),
}
ARMS = {
    "neutral": rest,
    "happy": wave,
    "sad": to_heart,
    "angry": akimbo,
    "surprised": startled,
    "embarrassed": shy,
}

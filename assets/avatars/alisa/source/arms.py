"""Her arms: one hand on the hip, the other moves with her feelings."""

from ink import Pen, curve, fade, linear, skia
from palette import BLOUSE, SKIN, TEAL


def sleeve(pen: Pen, outline: str, shade: str, folds: tuple[str, ...]) -> None:
    """A puffed blouse sleeve."""
    path = pen.fill(outline, BLOUSE["base"])
    with pen.inside(path):
        pen.fill(shade, BLOUSE["shade"], 0.95)
        for fold in folds:
            pen.line(fold, 2.2, BLOUSE["ink"], fade, 0.8)
    pen.contour(path, 2.5, BLOUSE["ink"])


def cuff(pen: Pen, outline: str) -> None:
    """A teal cuff."""
    path = pen.shape(outline, linear(0, 440, 0, 500, (0, TEAL["light"]), (1, TEAL["base"])), TEAL["ink"], 2.2)
    with pen.inside(path):
        pen.contour(path, 4.4, TEAL["shade"], light=(0.6, 0.8))
    pen.contour(path, 2.2, TEAL["ink"])


def flesh(pen: Pen, outline: str, shade: str = "", lines: tuple[str, ...] = ()) -> None:
    """A piece of hand: skin, shade, finger lines."""
    path: skia.Path = pen.fill(curve(outline), SKIN["base"])
    with pen.inside(path):
        if shade:
            pen.fill(shade, SKIN["shade"], 0.9)
        for line in lines:
            pen.line(line, 1.9, SKIN["ink"], fade, 0.9)
    pen.contour(path, 2, SKIN["ink"])


def hip(pen: Pen) -> None:
    """The viewer's left arm, hand on the hip."""
    flesh(
        pen,
        "226,436 240,432 254,438 268,446 275,452 270,458 276,462 273,468 272,472 266,475 262,480 254,478 244,474 232,468 222,458",
        "226,462 244,468 262,476 270,474 262,484 240,480 222,470",
        ("272,457 262,455 252,452", "273,467 262,464 250,460", "265,475 256,472 246,467"),
    )
    sleeve(
        pen,
        "250,314 232,320 218,340 198,366 176,392 166,410 172,426 190,438 212,448 226,456! 236,438! 222,424 212,412 222,400 240,380 250,352",
        "248,352 236,378 216,396 206,410 216,424 236,440 224,460 190,440 170,428 190,430 200,424 196,408 206,392 228,368",
        ("206,411 196,414 186,412", "210,406 204,396 192,390", "236,336 230,348 222,356", "226,448 216,440 208,430"),
    )
    cuff(pen, "222,420! 240,434! 232,458! 214,448!")


def rest(pen: Pen) -> None:
    """The viewer's right arm hanging, fingers relaxed."""
    flesh(
        pen,
        "396,474 392,490 388,504 391,510 396,506 397,516 398,530 402,538 407,534 412,540 418,536 422,526 424,506 420,488 416,472",
        "410,474 414,500 412,542 430,530 426,474",
        ("404,534 404,522 405,510", "412,538 412,524 412,510", "396,506 399,498 400,490"),
    )
    sleeve(
        pen,
        "350,308 368,314 382,334 394,364 406,396 418,424 424,452 422,470! 392,472! 388,446 384,424 376,404 362,376 352,350",
        "352,346 366,372 382,396 392,424 398,446 404,472 424,472 426,450 410,444 402,420 390,392 378,364 366,340",
        ("382,408 392,410 402,404", "384,418 396,424 410,420", "366,330 370,342 376,350", "394,462 404,458 408,448"),
    )
    cuff(pen, "389,464! 424,461! 425,480! 391,484!")


ARMS = {"neutral": rest}

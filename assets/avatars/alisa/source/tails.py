"""Her two side tails, each in a front and a rear part that sway by different amounts.

They hang straight however the head is tilted, so they are drawn where they are on the canvas.
"""

from hair import Lock, wisp
from ink import Pen

Locks = tuple[tuple[float, int, int, float, str], ...]  # depth, shaded side, seed, end of the colour, way

LEFT_REAR: Locks = (
    (
        0.75,
        1,
        51,
        660,
        ("186,122,18 152,118,38 134,210,44 132,330,38 146,430,32 156,510,24 150,590,14 128,656,0"),
    ),
    (
        0.5,
        1,
        52,
        690,
        ("186,122,18 146,112,44 116,176,56 108,290,54 118,390,48 130,470,42 124,560,30 92,630,14 56,668,0"),
    ),
)
LEFT_FRONT: Locks = (
    (
        0.3,
        1,
        11,
        640,
        ("188,128,14 160,118,28 134,160,36 122,240,36 122,330,30 132,420,26 140,490,22 132,560,14 104,616,0"),
    ),
    (
        0.15,
        -1,
        13,
        580,
        (
            "186,120,14 142,92,32 94,120,42 62,190,44 52,280,40 "
            "66,370,34 80,440,28 70,510,20 40,556,10 10,570,0"
        ),
    ),
    (
        0.0,
        1,
        12,
        620,
        (
            "188,124,18 150,100,42 112,128,58 92,200,62 88,290,56 "
            "98,380,46 104,450,42 90,530,34 58,590,20 16,616,0"
        ),
    ),
)
RIGHT_REAR: Locks = (
    (
        0.75,
        -1,
        61,
        640,
        ("391,98,18 428,88,38 450,174,44 456,290,38 446,400,32 436,480,24 444,560,12 470,620,0"),
    ),
    (
        0.5,
        -1,
        62,
        670,
        ("391,98,18 434,84,44 468,140,56 482,250,54 474,355,48 462,440,42 470,530,32 502,600,16 540,636,0"),
    ),
)
RIGHT_FRONT: Locks = (
    (
        0.3,
        -1,
        15,
        610,
        ("391,102,14 422,92,28 450,130,36 466,208,36 470,296,30 462,384,26 454,460,22 464,530,14 494,584,0"),
    ),
    (
        0.15,
        1,
        16,
        540,
        (
            "393,94,14 436,62,32 486,80,42 520,144,44 536,230,42 "
            "526,320,36 512,395,30 524,460,22 556,500,12 588,510,0"
        ),
    ),
    (
        0.0,
        1,
        14,
        590,
        (
            "391,98,18 430,72,42 470,92,58 496,160,62 502,250,58 "
            "490,345,48 484,420,42 502,500,36 540,560,20 582,580,0"
        ),
    ),
)
LEFT_REAR_WISPS = ("150,480 160,560 144,640", "110,500 96,590 60,640")
LEFT_FRONT_WISPS = ("84,420 88,500 60,550 34,562", "130,430 142,520 122,600")
RIGHT_REAR_WISPS = ("440,440 430,520 446,590 474,634", "476,480 492,570 536,612")
RIGHT_FRONT_WISPS = ("516,380 514,440 544,492 576,498", "464,400 450,490 468,566")


def tail(pen: Pen, locks: Locks, wisps: tuple[str, str]) -> None:
    """One part of a tail, its locks back to front."""
    for way in wisps:
        wisp(pen, way, 3.4)
    for depth, dark, seed, end, text in locks:
        lock = Lock(text, depth, (0.17, 0.27), dark, 3, 2.6, seed, 0, end)
        lock.draw(pen)
        lock.gleam(pen, (0.55, 0.62), 0.45)


def left_rear(pen: Pen) -> None:
    """The rear locks of the viewer's left tail."""
    tail(pen, LEFT_REAR, LEFT_REAR_WISPS)


def left_front(pen: Pen) -> None:
    """The front locks of the viewer's left tail."""
    tail(pen, LEFT_FRONT, LEFT_FRONT_WISPS)


def right_rear(pen: Pen) -> None:
    """The rear locks of the viewer's right tail."""
    tail(pen, RIGHT_REAR, RIGHT_REAR_WISPS)


def right_front(pen: Pen) -> None:
    """The front locks of the viewer's right tail, which flies a little."""
    tail(pen, RIGHT_FRONT, RIGHT_FRONT_WISPS)

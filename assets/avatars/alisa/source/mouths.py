"""Her mouths: five shapes, each in the mood of every emotion."""

from dataclasses import dataclass

from ink import Pen, Points, curve
from palette import SKIN

X, Y = 297.0, 248.0
PLACE, SIZE = (-15.0, 18.0), 1.22
LIP, DARK, TONGUE = "#8a2a37", "#7c1c33", "#f0808a"


@dataclass(frozen=True)
class Mood:
    """The closed mouth's line, how far the corners go up, how wide it opens, and whether a fang shows."""

    line: str
    lift: float
    wide: float = 1.0
    fang: bool = False
    wobble: float = 0.0


MOODS = {
    "neutral": Mood("285,246 291,249 298,248.5 305,246 310,242", 1.5),
    "happy": Mood("279,242 286,249 297,253 308,249 315,242", 5, 1.12, True),
    "sad": Mood("285,254 291,248 298,246 305,248 311,254", -5, 0.86),
    "angry": Mood("283,254 287,247 297,244 307,247 311,254", -5, 1.22, True),
    "surprised": Mood("290,249 294,247 300,247 304,249", 0, 0.92),
    "embarrassed": Mood("279,247 284,244 290,249.5 297,244.5 304,249.5 310,244 315,247", 1, 0.95, False, 0.8),
}
SHAPES = {"small": (17, 8), "wide": (27, 19), "round": (14, 17), "smile": (36, 21)}


def mouth(pen: Pen, emotion: str, shape: str) -> None:
    """Draw one mouth where the turned face has it, a little narrower than high."""
    pen.canvas.translate(*PLACE)
    with pen.scaled(SIZE * 0.97, SIZE, X, Y):
        drawn(pen, emotion, shape)


def drawn(pen: Pen, emotion: str, shape: str) -> None:
    """The mouth itself."""
    mood = MOODS[emotion]
    if shape == "closed":
        pen.line(mood.line, 3.9, LIP, lambda t: 0.35 + 0.65 * min(1, 5 * t, 5 * (1 - t)))
        if emotion in ("sad", "neutral", "surprised"):
            pen.line("292,258 298,259.5 304,258", 2, SKIN["deep"], alpha=0.6)
        return
    width, height = SHAPES[shape]
    opened(pen, mood, shape, width * mood.wide, height)


def outline(mood: Mood, shape: str, w: float, h: float) -> Points:
    """The edge of an open mouth."""
    if shape == "round":
        return [
            (X, Y - 6),
            (X + w / 2, Y - 1),
            (X + w / 2.1, Y + h * 0.45),
            (X, Y + h - 5),
            (X - w / 2.1, Y + h * 0.45),
            (X - w / 2, Y - 1),
        ]
    lift = mood.lift + (3 if shape == "smile" else 0)
    up, wave = (-3.0 if mood.lift < -2 else 0.5), mood.wobble
    return [
        (X - w / 2, Y - lift, 1),
        (X - w / 4, Y + up * 0.7 - lift * 0.1 - wave, 0),
        (X, Y + up + wave, 0),
        (X + w / 4, Y + up * 0.7 - lift * 0.1 - wave, 0),
        (X + w / 2, Y - lift, 1),
        (X + w * 0.34, Y + h * 0.62, 0),
        (X, Y + h * 0.94, 0),
        (X - w * 0.34, Y + h * 0.62, 0),
    ]


def opened(pen: Pen, mood: Mood, shape: str, w: float, h: float) -> None:
    """Draw an open mouth: dark inside, tongue, teeth and perhaps the fang."""
    edge = outline(mood, shape, w, h)
    path = pen.fill(curve(edge), DARK)
    with pen.inside(path):
        low = 0.72 if shape == "round" else 0.98
        pen.oval(X + 0.5, Y + h * low, w * 0.36, h * 0.42, TONGUE)
        pen.oval(X - 1, Y + h * (low - 0.12), w * 0.16, h * 0.12, "#ffb3b3", 0.7, blur=1)
        if shape in ("wide", "smile"):
            teeth = [
                *((x, y - 2, 0) for x, y, *_ in edge[:5]),
                *((x * 0.9 + X * 0.1, y + h * 0.17 + 1, 0) for x, y, *_ in reversed(edge[1:4])),
            ]
            pen.fill(curve(teeth), "#fffaf6")
        if mood.fang and shape != "round":
            x, y = X + w * 0.24, edge[3][1]
            pen.fill(f"{x - 4},{y - 2}! {x + 4},{y - 3}! {x + 1},{y + h * 0.36 + 2}!", "#fffaf6")
    pen.contour(path, 2.5, LIP, light=(0, 0.8))
    if shape in ("wide", "smile", "small"):
        pen.line(f"{X - 4},{Y + h + 6} {X + 1},{Y + h + 7} {X + 5},{Y + h + 6}", 1.8, SKIN["deep"], alpha=0.6)

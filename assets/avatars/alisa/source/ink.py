"""The drawing kit: curves through points, tapered ink, soft fills and hair locks on a skia canvas.

Needs `pip install skia-python numpy pillow`; the program itself reads the rendered PNGs. The unit is about a
pixel of the 2x picture (600 x 900). Points are written as text, "x,y x,y! ...", where `!` marks a corner.
"""

import contextlib
import itertools
import math
from collections.abc import Callable, Iterator

import numpy as np
import skia

WIDTH, HEIGHT = 600, 900
Points = list[tuple[float, ...]]
Fill = str | skia.Shader


def points(text: str) -> Points:
    """Read "x,y x,y! ..." into (x, y, corner) tuples."""
    found = []
    for word in text.split():
        x, y = word.rstrip("!").split(",")
        found.append((float(x), float(y), float(word.endswith("!"))))
    return found


def spine(text: str) -> Points:
    """Read "x,y,width ..." into tuples: the middle line of a lock of hair and its width along the way."""
    return [tuple(float(number) for number in word.split(",")) for word in text.split()]


def mirror(pts: Points, axis: float) -> Points:
    """Reflect points at the vertical line x = axis."""
    return [(2 * axis - p[0], *p[1:]) for p in pts]


def curve(pts: Points | str, closed: bool = True) -> skia.Path:
    """A Catmull-Rom curve through the points, with tangents clamped so that short spans do not overshoot."""
    pts = points(pts) if isinstance(pts, str) else pts
    count = len(pts)

    def tangent(i: int, a: tuple[float, ...], b: tuple[float, ...]) -> tuple[float, float]:
        span = math.dist(a[:2], b[:2])
        if len(pts[i]) > 2 and pts[i][2]:
            return (b[0] - a[0]) * 0.9, (b[1] - a[1]) * 0.9
        before = pts[(i - 1) % count] if closed else pts[max(i - 1, 0)]
        after = pts[(i + 1) % count] if closed else pts[min(i + 1, count - 1)]
        tx, ty = (after[0] - before[0]) / 2, (after[1] - before[1]) / 2
        scale = min(1.0, span * 1.15 / (math.hypot(tx, ty) or 1))
        return tx * scale, ty * scale

    path = skia.Path()
    path.moveTo(*pts[0][:2])
    for i in range(count if closed else count - 1):
        j = (i + 1) % count
        a, b = pts[i], pts[j]
        (ax, ay), (bx, by) = tangent(i, a, b), tangent(j, a, b)
        path.cubicTo(a[0] + ax / 3, a[1] + ay / 3, b[0] - bx / 3, b[1] - by / 3, b[0], b[1])
    if closed:
        path.close()
    return path


def sample(pts: Points, per_span: int = 14) -> np.ndarray:
    """Points close together on the Catmull-Rom curve; every column (x, y, width ...) is interpolated."""
    p = np.array([q[:3] if len(q) > 2 else (*q, 0.0) for q in pts], dtype=float)
    padded = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    t = np.linspace(0, 1, per_span, endpoint=False)[:, None]
    rows = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        rows.append(
            0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        )
    return np.vstack([*rows, p[-1:]])


def colour(text: str, alpha: float = 1.0) -> int:
    """The skia colour of "#rrggbb"."""
    return skia.ColorSetARGB(round(255 * alpha), *(int(text[i : i + 2], 16) for i in (1, 3, 5)))


def stops(pairs: list[tuple[float, str] | tuple[float, str, float]]) -> tuple[list[int], list[float]]:
    """Split gradient stops (offset, colour[, alpha]) into what skia wants."""
    return [colour(*p[1:]) for p in pairs], [p[0] for p in pairs]


def linear(x0: float, y0: float, x1: float, y1: float, *pairs: tuple) -> skia.Shader:
    """A linear gradient between two points."""
    cols, at = stops(list(pairs))
    return skia.GradientShader.MakeLinear([skia.Point(x0, y0), skia.Point(x1, y1)], cols, at)


def radial(x: float, y: float, r: float, *pairs: tuple, squash: float = 1.0) -> skia.Shader:
    """A radial gradient; `squash` below 1 makes it a flat ellipse."""
    cols, at = stops(list(pairs))
    matrix = skia.Matrix()
    matrix.setScale(1, squash, x, y)
    return skia.GradientShader.MakeRadial(skia.Point(x, y), r, cols, at, skia.TileMode.kClamp, 0, matrix)


def both(t: float) -> float:
    """Line weight: thin at both ends."""
    return math.sin(math.pi * t) ** 0.6


def fade(t: float) -> float:
    """Line weight: strong at the start, running out."""
    return min(1.0, t * 8 + 0.35) * (1 - t) ** 0.7


def swell(t: float) -> float:
    """Line weight: thin at the start, strong at the end."""
    return min(1.0, 0.1 + t * 1.1) * min(1.0, (1 - t) * 14 + 0.45)


class Pen:
    """Draws on a canvas in the units of the 2x picture."""

    def __init__(self, canvas: skia.Canvas) -> None:
        self.canvas = canvas

    @staticmethod
    def paint(fill: Fill, alpha: float = 1.0, blur: float = 0.0) -> skia.Paint:
        """A paint of one colour or gradient."""
        paint = skia.Paint(AntiAlias=True)
        if isinstance(fill, str):
            paint.setColor(colour(fill, alpha))
        else:
            paint.setShader(fill)
            paint.setAlphaf(alpha)
        if blur:
            paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, blur))
        return paint

    def fill(
        self, shape: skia.Path | Points | str, fill: Fill, alpha: float = 1.0, blur: float = 0.0
    ) -> skia.Path:
        """Fill a shape and return its path."""
        path = shape if isinstance(shape, skia.Path) else curve(shape)
        self.canvas.drawPath(path, self.paint(fill, alpha, blur))
        return path

    def oval(  # noqa: PLR0913, PLR0917 - an ellipse has that many
        self,
        x: float,
        y: float,
        rx: float,
        ry: float,
        fill: Fill,
        alpha: float = 1.0,
        blur: float = 0.0,
        turn: float = 0,
    ) -> None:
        """Fill an ellipse, turned by so many degrees."""
        with self.turned(turn, x, y):
            self.canvas.drawOval(
                skia.Rect.MakeLTRB(x - rx, y - ry, x + rx, y + ry), self.paint(fill, alpha, blur)
            )

    @contextlib.contextmanager
    def turned(self, degrees: float, x: float, y: float, dx: float = 0, dy: float = 0) -> Iterator[None]:
        """Draw turned round a point and moved."""
        self.canvas.save()
        self.canvas.translate(dx, dy)
        self.canvas.rotate(degrees, x, y)
        try:
            yield
        finally:
            self.canvas.restore()

    @contextlib.contextmanager
    def scaled(self, sx: float, sy: float, x: float, y: float) -> Iterator[None]:
        """Draw larger or smaller, seen from a point that stays."""
        self.canvas.save()
        self.canvas.translate(x, y)
        self.canvas.scale(sx, sy)
        self.canvas.translate(-x, -y)
        try:
            yield
        finally:
            self.canvas.restore()

    @contextlib.contextmanager
    def inside(self, shape: skia.Path | Points | str) -> Iterator[None]:
        """Draw only within a shape."""
        self.canvas.save()
        self.canvas.clipPath(shape if isinstance(shape, skia.Path) else curve(shape), doAntiAlias=True)
        try:
            yield
        finally:
            self.canvas.restore()

    @contextlib.contextmanager
    def veil(self, alpha: float) -> Iterator[None]:
        """Draw a group that is translucent as a whole."""
        self.canvas.saveLayerAlpha(None, round(255 * alpha))
        try:
            yield
        finally:
            self.canvas.restore()

    def line(
        self,
        pts: Points | str,
        width: float,
        ink: Fill,
        weight: Callable[[float], float] = both,
        alpha: float = 1.0,
    ) -> None:
        """A tapered stroke through the points: its width follows weight(t), t from 0 to 1."""
        s = sample(points(pts) if isinstance(pts, str) else pts)[:, :2]
        self.ribbon(s, np.array([width * weight(i / (len(s) - 1)) for i in range(len(s))]), ink, alpha)

    def ribbon(self, s: np.ndarray, widths: np.ndarray, ink: Fill, alpha: float = 1.0) -> None:
        """Fill a band round the samples with the given widths, round at every joint."""
        path = band(s, widths)
        path.setFillType(skia.PathFillType.kWinding)
        self.fill(path, ink, alpha)

    def contour(
        self, path: skia.Path, width: float, ink: str, light: tuple[float, float] = (-0.5, -0.86)
    ) -> None:
        """Ink round a closed shape: thinner towards the light, heavier away from it, never even."""
        measure = skia.PathMeasure(path, False)
        paint = self.paint(ink)
        paint.setStyle(skia.Paint.kStroke_Style)
        paint.setStrokeCap(skia.Paint.kRound_Cap)
        while True:
            length = measure.getLength()
            steps = max(48, int(length / 3))
            places = [measure.getPosTan(length * i / steps) for i in range(steps + 1)]
            sign = -1.0 if skia_area(places) > 0 else 1.0
            for i, (a, b) in enumerate(itertools.pairwise(places)):
                normal = (sign * -a[1].y(), sign * a[1].x())
                facing = normal[0] * light[0] + normal[1] * light[1]
                wave = 0.9 + 0.1 * math.sin(i * 0.19)
                paint.setStrokeWidth(width * (0.82 - 0.3 * facing) * wave)
                self.canvas.drawLine(a[0], b[0], paint)
            if not measure.nextContour():
                return

    def edge_light(
        self, path: skia.Path, tone: str, dx: float = -3.2, dy: float = -0.8, alpha: float = 0.8
    ) -> None:
        """Light along the edges that look away from (dx, dy): parts dark cloth from a dark desktop."""
        shifted = skia.Path(path)
        shifted.offset(dx, dy)
        self.fill(skia.Op(path, shifted, skia.PathOp.kDifference_PathOp), tone, alpha)

    def shape(self, pts: skia.Path | Points | str, fill: Fill, ink: str, width: float = 2.4) -> skia.Path:
        """Fill a shape and ink its contour."""
        path = self.fill(pts, fill)
        self.contour(path, width, ink)
        return path


def skia_area(places: list) -> float:
    """Twice the signed area of the samples of a closed path: tells which way round it runs."""
    return sum(
        a[0].x() * b[0].y() - b[0].x() * a[0].y()
        for a, b in zip(places, places[1:] + places[:1], strict=True)
    )


def normals(s: np.ndarray) -> np.ndarray:
    """Unit normals (to the right of the way) at the samples."""
    d = np.gradient(s[:, :2], axis=0)
    d /= np.maximum(np.hypot(d[:, 0], d[:, 1]), 1e-6)[:, None]
    return np.stack([-d[:, 1], d[:, 0]], axis=1)


def band(s: np.ndarray, widths: np.ndarray, left: float = -0.5, right: float = 0.5) -> skia.Path:
    """The area between two parallels of a line, at fractions of its width to the left and right."""
    n = normals(s)
    one, two = (s[:, :2] + n * (widths * left)[:, None], s[:, :2] + n * (widths * right)[:, None])
    return skia.Path.Polygon([skia.Point(*map(float, p)) for p in [*one, *two[::-1]]], True)

"""Compose the pack from its files, as README.md says, for contact sheets and the difference of emotions.

Usage: python sheet.py preview|full|asleep|faces|looks|mouths|busy PATH [PACK], or differences - [PACK]
(needs numpy and pillow).
"""

import itertools
import sys
import tomllib
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

PACK = Path(__file__).resolve().parent.parent
EMOTIONS = ("neutral", "happy", "sad", "angry", "surprised", "embarrassed")
MOUTHS = ("closed", "small", "wide", "round", "smile")
LOOKS = ("up_left", "up", "up_right", "left", None, "right", "down_left", "down", "down_right")
LEVEL = 24  # a pixel differs when one of its channels differs by more than this
BACKDROP = (128, 128, 128)


class Pack:
    """A pack read from its folder."""

    def __init__(self, folder: Path = PACK) -> None:
        self.toml = tomllib.loads((folder / "avatar.toml").read_text(encoding="utf-8"))
        self.folder, self.roots = folder, {}
        base = self.toml["pack"].get("extends")
        if base:
            below = Pack(folder.parent / base)
            self.roots = dict.fromkeys(below.toml["images"], below.folder) | below.roots
            mine = self.toml
            self.toml = below.toml | {
                k: (below.toml.get(k, {}) | v if isinstance(v, dict) else v) for k, v in mine.items()
            }
            self.roots.update(dict.fromkeys(mine["images"], folder))
        self.cache: dict[tuple[str, int], Image.Image] = {}

    def image(self, name: str, scale: int) -> Image.Image:
        """One image file."""
        if (name, scale) not in self.cache:
            root = self.roots.get(name, self.folder)
            self.cache[name, scale] = Image.open(root / f"{scale}x" / f"{name}.png").convert("RGBA")
        return self.cache[name, scale]

    def choose(self, layer: dict, template: str, state: dict[str, str], eyes_fall: bool) -> str | None:
        """The name of the image for a state, by the rules of the fallbacks."""
        images, exact = self.toml["images"], template.format(**state)
        if exact in images or not layer.get("fallback", True):
            return exact if exact in images else None
        eyes = {"open": ["open"], "half": ["half", "open"], "closed": ["closed", "half", "open"]}[
            state["eyes"]
        ]
        mouth = [
            state["mouth"],
            *{"smile": ["wide", "small"], "wide": ["small"], "round": ["small"]}.get(state["mouth"], []),
            "closed",
        ]
        for e, m, emotion in itertools.product(
            eyes if eyes_fall else eyes[:1], mouth, (state["emotion"], "neutral")
        ):
            name = template.format(emotion=emotion, eyes=e, mouth=m)
            if name in images:
                return name
        return None

    def compose(  # noqa: PLR0913, PLR0917 - the whole state
        self,
        emotion: str = "neutral",
        eyes: str = "open",
        mouth: str | None = None,
        look: str | None = None,
        scale: int = 2,
        breath: float = 0,
        sway: float = 0,
        is_asleep: bool = False,
    ) -> Image.Image:
        """The finished picture of one state."""
        toml, mood = self.toml, self.toml["emotions"].get(emotion, {})
        state = {"emotion": emotion, "eyes": eyes, "mouth": mouth or mood.get("mouth", "closed")}
        canvas = Image.new("RGBA", (toml["canvas"]["width"] * scale, toml["canvas"]["height"] * scale))

        def place(layer: dict, name: str, looks: float) -> tuple[int, int]:
            shift = np.array(toml["images"][name], float)
            shift += (
                np.array(layer.get("breath", (0, 0))) * breath + np.array(layer.get("sway", (0, 0))) * sway
            )
            shift += np.array(mood.get("head", (0, 0))) * layer.get("head", False)
            shift += np.array(toml["look"].get(look, (0, 0))) * looks
            x, y = np.floor(shift * scale + 0.5).astype(int)
            return int(x), int(y)

        for layer in toml["layers"]:
            if layer.get("when") == "asleep" and not is_asleep:
                continue
            name = self.choose(layer, layer["image"], state, eyes_fall=True)
            if name is None:
                continue
            part = Image.new("RGBA", canvas.size)
            part.paste(self.image(name, scale), place(layer, name, layer.get("look", 0)))
            if "mask" in layer:
                over = self.choose(layer, layer["mask"], state, eyes_fall=False)
                if over is None:
                    continue
                mask = Image.new("L", canvas.size)
                mask.paste(self.image(over, scale).getchannel("A"), place(layer, over, 0))
                alpha = np.asarray(part.getchannel("A"), np.uint16) * np.asarray(mask, np.uint16) // 255
                part.putalpha(Image.fromarray(alpha.astype(np.uint8)))
            canvas.alpha_composite(part)
        return canvas

    def face(self, image: Image.Image) -> Image.Image:
        """The face box of a composed picture."""
        scale = image.width / self.toml["canvas"]["width"]
        x, y, w, h = (round(v * scale) for v in self.toml["canvas"]["face"])
        return image.crop((x, y, x + w, y + h))

    def small(self, image: Image.Image, height: int = 150) -> Image.Image:
        """The picture reduced to a height in pixels, premultiplied on the way."""
        return image.resize((round(image.width * height / image.height), height), Image.Resampling.LANCZOS)


def differences(pack: Pack, height: int) -> dict[tuple[str, str], float]:
    """Share of the face box's pixels that differ, for every pair of emotions at this height."""
    faces = {}
    for emotion in EMOTIONS:
        picture = on(pack.compose(emotion), BACKDROP)
        picture = pack.small(picture, height) if height != picture.height else picture
        faces[emotion] = np.asarray(pack.face(picture).convert("RGB"), int)
    return {
        (a, b): float((abs(faces[a] - faces[b]).max(2) > LEVEL).mean())
        for a, b in itertools.combinations(EMOTIONS, 2)
    }


def on(image: Image.Image, backdrop: tuple[int, int, int]) -> Image.Image:
    """The picture on a plain background."""
    ground = Image.new("RGBA", image.size, (*backdrop, 255))
    ground.alpha_composite(image)
    return ground


def rows(pictures: list[list[Image.Image]], backdrop: Image.Image | tuple[int, int, int]) -> Image.Image:
    """A contact sheet."""
    w, h = (max(p.width for r in pictures for p in r), max(p.height for r in pictures for p in r))
    size = (w * max(map(len, pictures)), h * len(pictures))
    sheet = (
        backdrop.resize(size)
        if isinstance(backdrop, Image.Image)
        else Image.new("RGBA", size, (*backdrop, 255))
    )
    for y, row in enumerate(pictures):
        for x, picture in enumerate(row):
            sheet.alpha_composite(picture, (x * w, y * h))
    return sheet


def busy(size: tuple[int, int]) -> Image.Image:
    """A picture like a crowded desktop: windows, text lines, icons."""
    rng = np.random.default_rng(3)
    image = Image.new("RGBA", size, "#27506b")
    draw = ImageDraw.Draw(image)
    for _ in range(14):
        x, y, w, h = (
            rng.integers(-80, size[0]),
            rng.integers(-60, size[1]),
            rng.integers(160, 420),
            rng.integers(120, 300),
        )
        dark = rng.random() < 0.5
        draw.rectangle((x, y, x + w, y + h), fill="#1e1e2a" if dark else "#f6f6f4", outline="#888888")
        draw.rectangle((x, y, x + w, y + 18), fill="#3a3f58" if dark else "#d5dbe4")
        for line in range(y + 28, y + h - 8, 13):
            tint = tuple(int(v) for v in rng.integers(60, 230, 3))
            draw.rectangle((x + 10, line, x + 10 + rng.integers(20, w - 20), line + 5), fill=tint)
    return image


def sheet(pack: Pack, kind: str) -> Image.Image:
    """The contact sheet of that name."""
    if kind == "preview":
        return rows(
            [
                [pack.compose(e, scale=1) for e in EMOTIONS[:3]],
                [pack.compose(e, scale=1) for e in EMOTIONS[3:]],
            ],
            (232, 236, 243),
        )
    if kind == "full":
        return on(pack.compose(), (185, 198, 214))
    if kind == "asleep":
        return on(pack.compose(eyes="closed", is_asleep=True), (185, 198, 214))
    if kind == "faces":
        return rows(
            [[pack.face(pack.compose(e, s)) for e in EMOTIONS] for s in ("open", "half", "closed")],
            (185, 198, 214),
        )
    if kind == "mouths":
        return rows(
            [[pack.face(pack.compose(e, mouth=m)) for e in EMOTIONS] for m in MOUTHS], (185, 198, 214)
        )
    if kind == "looks":
        return rows(
            [[pack.face(pack.compose(look=k)) for k in LOOKS[i : i + 3]] for i in (0, 3, 6)], (185, 198, 214)
        )
    grounds = [(255, 255, 255), (0, 0, 0), None]
    small = [pack.small(pack.compose(e)) for e in EMOTIONS]
    strips = [rows([small], busy((600, 150)) if g is None else g) for g in grounds]
    return rows([[s] for s in strips], (0, 0, 0))


def main() -> None:
    """Write a sheet or print the differences."""
    kind = sys.argv[1]
    pack = Pack(Path(sys.argv[3]) if len(sys.argv) > 3 else PACK)
    if kind == "differences":
        full, small = (differences(pack, pack.toml["canvas"]["height"] * 2), differences(pack, 150))
        for pair, share in full.items():
            sys.stdout.write(f"{pair[0]:>12} {pair[1]:<12} {share:6.1%} {small[pair]:6.1%}\n")
        return
    sheet(pack, kind).save(sys.argv[2], optimize=True)


if __name__ == "__main__":
    main()

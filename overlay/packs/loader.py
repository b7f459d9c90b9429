"""Finds packs and loads them: all is checked at once, pictures are decoded when they are first drawn."""

import itertools
import threading
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image

from backend.shared.records import EmotionName
from overlay.life.pose import Look
from overlay.packs import manifest as manifests
from overlay.packs import png
from overlay.packs.png import Header
from overlay.packs.tables import (
    FILE_NAME,
    MAX_FILE_BYTES,
    Fallback,
    Layer,
    Manifest,
    Mood,
    PackError,
)

SHIPPED = Path(__file__).resolve().parents[2] / "assets" / "avatars"
MAX_PIXELS = 64_000_000
MAX_BYTES = 64 * 1024 * 1024
"""Of all pictures of a pack at all scales together."""
_DECODED_BYTES = 32 * 1024 * 1024


class Pictures:
    """The decoded pictures of a pack: the last used are kept, up to a number of bytes. Any thread may ask."""

    def __init__(
        self, files: Mapping[tuple[str, int], tuple[Path, Header]], limit: int = _DECODED_BYTES
    ) -> None:
        """Nothing is read yet.

        Args:
            files: Image name and scale to its file and what was found there when the pack was loaded.
            limit: Most bytes of decoded pixels to keep.
        """
        self._files = files
        self._limit = limit
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, int], Image.Image] = OrderedDict()
        self.kept_bytes = 0

    def header(self, name: str, scale: int) -> Header:
        """Size and digest of a picture."""
        return self._files[name, scale][1]

    def get(self, name: str, scale: int) -> Image.Image:
        """The RGBA picture of an image; not to be changed.

        Raises:
            PackError: The file has gone, changed, or does not hold what it promised.
        """
        key = (name, scale)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            image = self._decode(*self._files[key])
            self._kept[key] = image
            self.kept_bytes += image.width * image.height * 4
            while self.kept_bytes > self._limit and len(self._kept) > 1:
                _, old = self._kept.popitem(last=False)
                self.kept_bytes -= old.width * old.height * 4
            return image

    @staticmethod
    def _decode(path: Path, header: Header) -> Image.Image:
        folder = path.parents[1]
        shown = path.relative_to(folder).as_posix()
        data = png.read_file(path, folder)
        if png.inspect(data, shown) != header:
            raise PackError("pack-changed", f"{shown} has changed since the pack was loaded. Load it again.")
        return png.decode(data, shown)


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """A pack that was found to be right. All places are in canvas pixels, from the upper left corner."""

    name: str
    "Of its folder."
    title: str
    author: str
    licence: str
    description: str
    folder: Path
    width: int
    height: int
    scales: tuple[int, ...]
    face: tuple[int, int, int, int]
    "x, y, width, height of the part that tells the emotion."
    feet: tuple[int, int]
    "The point that stands on the ground."
    head: tuple[int, int]
    "Where a speech bubble points."
    emotions: tuple[EmotionName, ...]
    "Those it has of its own."
    moods: Mapping[EmotionName, Mood]
    look: Mapping[Look, tuple[float, float]]
    fallback: Fallback
    layers: tuple[Layer, ...]
    images: Mapping[str, tuple[float, float]]
    pictures: Pictures = field(repr=False)


def find_packs(folders: Sequence[Path]) -> dict[str, Path]:
    """The packs that lie in some folders, by name; of two with the same name the one in the first folder."""
    found: dict[str, Path] = {}
    for folder in folders:
        try:
            inside = sorted(folder.iterdir())
        except OSError:  # no such folder: no packs
            continue
        for path in inside:
            if _is_pack(path):
                found.setdefault(path.name, path)
    return dict(sorted(found.items()))


def _is_pack(path: Path) -> bool:
    try:
        return not path.name.startswith(".") and (path / FILE_NAME).is_file()
    except OSError:  # a folder that is not ours to read
        return False


def titles(folders: Sequence[Path]) -> dict[str, str]:
    """What the packs in some folders call themselves, by name; two with one title tell their names too."""
    found = {name: _title(path) for name, path in find_packs(folders).items()}
    counts = Counter(found.values())
    return {name: title if counts[title] == 1 else f"{title} ({name})" for name, title in found.items()}


def _title(folder: Path) -> str:
    """The name of the folder where its file cannot be read: who chooses the pack is told why."""
    try:
        return _read_title(folder, (folder / FILE_NAME).stat().st_mtime_ns)
    except (OSError, PackError):
        return folder.name


@lru_cache(maxsize=256)
def _read_title(folder: Path, _changed_ns: int) -> str:
    title: str = _parse(folder, FILE_NAME).get("pack", {}).get("name", folder.name)
    return title


def load(folder: Path, others: Sequence[Path] = (SHIPPED,)) -> Pack:
    """Load a pack.

    Args:
        folder: Of the pack.
        others: Where the pack it extends is looked for when it is not next to it.

    Raises:
        PackError: names the file and the key that break a rule.
    """
    own = _parse(folder, FILE_NAME)
    document, roots = own, dict.fromkeys(own.get("images", {}), folder)
    if own.get("pack", {}).get("extends"):
        base_folder = _find_base(own["pack"]["extends"], folder, others)
        where = f"{base_folder.name}/{FILE_NAME}"
        base = _parse(base_folder, where)
        if base.get("pack", {}).get("extends"):
            message = (
                f"{FILE_NAME}: pack.extends names {base_folder.name}, which extends a pack itself; name that."
            )
            raise PackError("pack-wrong-value", message)
        manifests.build(base, where)  # what a base lacks is said of the base
        document = manifests.lay_over(base, own)
        roots = dict.fromkeys(base["images"], base_folder) | roots
    manifest = manifests.build(document)
    return _make_pack(folder, manifest, _check_files(manifest, roots, folder.name))


def _parse(folder: Path, where: str) -> dict[str, Any]:
    try:
        data = png.read_file(folder / FILE_NAME, folder, MAX_FILE_BYTES)
    except PackError as error:
        raise PackError(error.code, error.message.replace(FILE_NAME, where, 1)) from error
    return manifests.parse(data, where)


def _find_base(name: str, folder: Path, others: Sequence[Path]) -> Path:
    manifests.check_folder_name(name, FILE_NAME, "pack.extends")
    for beside in (folder.absolute().parent, *others):
        candidate = beside / name
        if candidate.is_dir():
            if candidate.resolve() == folder.resolve():
                continue
            return candidate
    message = f'{FILE_NAME}: pack.extends is "{name}"; there is no other pack of this name next to this one.'
    raise PackError("pack-wrong-value", message)


def _check_files(
    manifest: Manifest, roots: Mapping[str, Path], name: str
) -> dict[tuple[str, int], tuple[Path, Header]]:
    """Look at every picture of a pack without decoding it."""
    files: dict[tuple[str, int], tuple[Path, Header]] = {}
    for root, scale in itertools.product(sorted(set(roots.values())), manifest.canvas.scales):
        inside = root / f"{scale}x"
        if inside.exists() and not inside.resolve().is_relative_to(root.resolve()):
            raise PackError(
                "pack-path", f"{scale}x is a link that leads out of the pack. Put the folder there."
            )
    pixels = size = 0
    for image, scale in itertools.product(manifest.images, manifest.canvas.scales):
        root = roots[image]
        shown = f"{scale}x/{image}.png"
        try:
            data = png.read_file(root / f"{scale}x" / f"{image}.png", root)
            header = png.inspect(data, shown)
            _check_picture(header, manifest, image, scale)
        except PackError as error:
            of = "" if root.name == name else f" (of the pack {root.name})"
            message = f"{FILE_NAME}: images.{image}{of}: {error.message}"
            raise PackError(error.code, message) from error
        pixels, size = pixels + header.width * header.height, size + len(data)
        if pixels > MAX_PIXELS or size > MAX_BYTES:
            limits = f"{MAX_PIXELS // 10**6} million pixels and {MAX_BYTES // 2**20} MB"
            raise PackError("pack-too-large", f"{FILE_NAME}: images has more than {limits} of pictures.")
        files[image, scale] = (root / f"{scale}x" / f"{image}.png", header)
    return files


def _check_picture(header: Header, manifest: Manifest, image: str, scale: int) -> None:
    shown, canvas = f"{scale}x/{image}.png", manifest.canvas
    most = (canvas.width * scale, canvas.height * scale)
    if not header.is_rgba:
        raise PackError("pack-not-rgba", f"{shown} is not 8-bit RGBA. Save it with an alpha channel.")
    if header.width > most[0] or header.height > most[1]:
        size = f"{header.width} x {header.height}"
        message = f"{shown} is {size} pixels; the canvas at this scale has {most[0]} x {most[1]}."
        raise PackError("pack-too-large", message)
    x, y = (value * scale for value in manifest.images[image])
    if x >= most[0] or y >= most[1] or x + header.width <= 0 or y + header.height <= 0:
        raise PackError("pack-outside", f"{shown} lies wholly outside the canvas. Change its [x, y].")


def _make_pack(folder: Path, manifest: Manifest, files: dict[tuple[str, int], tuple[Path, Header]]) -> Pack:
    canvas, about = manifest.canvas, manifest.about
    x, y, width, height = (round(value) for value in canvas.face)
    return Pack(
        name=folder.absolute().name,
        title=about.name,
        author=about.author,
        licence=about.licence,
        description=about.description,
        folder=folder,
        width=canvas.width,
        height=canvas.height,
        scales=tuple(sorted(canvas.scales)),
        face=(x, y, width, height),
        feet=(round(canvas.feet[0]), round(canvas.feet[1])),
        head=(round(canvas.head[0]), round(canvas.head[1])),
        emotions=tuple(manifest.emotions),
        moods=manifest.emotions,
        look=manifest.look,
        fallback=manifest.fallback,
        layers=manifest.layers,
        images=manifest.images,
        pictures=Pictures(files),
    )

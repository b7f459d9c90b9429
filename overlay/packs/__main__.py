"""`python -m overlay.packs`: lists packs, checks them, and makes them from characters of other programs."""

import argparse
import itertools
import re
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import cast, get_args

from backend.shared.errors import AlisaError
from backend.shared.records import EmotionName, MouthShape
from backend.shared.settings import FILE_NAME as SETTINGS_FILE
from backend.shared.settings import home
from overlay.life.pose import Eyes
from overlay.packs import manifest as manifests
from overlay.packs.importers import drawing, png_folder, pngtuber_plus
from overlay.packs.layout import fill
from overlay.packs.loader import SHIPPED, Pack, find_packs, load
from overlay.packs.tables import FILE_NAME, PackError

FOLDER = "avatars"


def _folders() -> tuple[Path, Path]:
    return home() / FOLDER, SHIPPED


def list_packs() -> int:
    """Print the packs there are; 1 when one of them is broken."""
    is_broken = False
    for name, folder in find_packs(_folders()).items():
        try:
            pack = load(folder)
        except PackError as error:
            is_broken = True
            print(f"{name}  [broken]\n  {error.message}")
        else:
            print(f"{name}\n  {_describe(pack)}")
    print(f"\nYour own packs go into {home() / FOLDER}")
    return int(is_broken)


def check_pack(wanted: str) -> int:
    """Look at everything of a pack, also at every pixel."""
    pack = load(_find(wanted))
    for name, scale in itertools.product(pack.images, pack.scales):
        pack.pictures.get(name, scale)
    print(f"{pack.name} is right.\n  {_describe(pack)}")
    for line in _remark(pack):
        print(f"  {line}")
    return 0


def import_pack(source: Path, name: str, about: tuple[str, str], emotions: str, is_forced: bool) -> int:
    """Make a pack from a file or folder of another program."""
    chosen = _parse_emotions(emotions)
    if source.suffix.lower() == ".save" and source.is_file():
        drawn = pngtuber_plus.read(source, chosen)
    elif source.is_dir() or (source.suffix.lower() == ".png" and source.is_file()):
        drawn = png_folder.read(source, chosen)
    elif not source.exists():
        raise PackError("import-missing", f"There is no file or folder {source}.")
    else:
        message = (
            f"{source.name} cannot be imported: give a folder of PNG pictures or a .save of PNGTuber Plus."
        )
        raise PackError("import-unknown", message)
    drawn.author, drawn.licence = about
    folder = home() / FOLDER / _choose_name(name, drawn.title)
    if (SHIPPED / folder.name).exists() and not is_forced:
        message = f'"{folder.name}" is the name of a pack that comes with Alisa. --name gives another name.'
        raise PackError("pack-exists", message)
    drawing.install(drawn, folder, is_forced=is_forced)
    for note in drawn.notes:
        print(note)
    if "unknown" in about:
        print("Author or licence are unknown: --author and --licence name them.")
    print(f"\nThe pack {folder.name} is in {folder}.")
    print(f'To see her now, right-click Alisa: Look, "{drawn.title}".')
    print(f"To start with her wherever nothing was chosen there, put this into {home() / SETTINGS_FILE}:")
    print(f'\n[overlay]\npack = "{folder.name}"')
    return 0


def _find(wanted: str) -> Path:
    packs = find_packs(_folders())
    folder = packs.get(wanted, Path(wanted))
    if not (folder / FILE_NAME).exists():
        message = f'There is no pack "{wanted}". There are: {", ".join(packs)}; or give the folder of one.'
        raise PackError("pack-missing", message)
    return folder


def _describe(pack: Pack) -> str:
    scales = ", ".join(f"{scale}x" for scale in pack.scales)
    size = f"{pack.width} x {pack.height}, {scales}"
    by = f"{pack.title}, by {pack.author}, licence {pack.licence}"
    return f"{by}\n  {size}; {len(pack.images)} images; {', '.join(pack.emotions)}"


def _remark(pack: Pack) -> list[str]:
    """What is allowed but perhaps not meant."""
    remarks = []
    used: set[str] = set()
    for number, layer in enumerate(pack.layers, 1):
        for key, template in (("image", layer.image), ("mask", layer.mask)):
            states = itertools.product(get_args(EmotionName), get_args(Eyes), get_args(MouthShape))
            names = {fill(template, *state) for state in states} if template else set()
            if template and not names & pack.images.keys():
                remarks.append(f"layers[{number}].{key}: no image is named {template}.")
            used |= names
    remarks += [f"images.{name}: no layer shows it." for name in sorted(pack.images.keys() - used)]
    for scale in pack.scales:
        strays = {path.stem for path in (pack.folder / f"{scale}x").glob("*.png")} - pack.images.keys()
        remarks += [f"{scale}x/{name}.png: not in [images]." for name in sorted(strays)]
    return remarks


def _choose_name(wanted: str, title: str) -> str:
    """The name of the new folder."""
    if wanted:
        return manifests.check_folder_name(wanted, "The command line", "--name")
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    made = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or "character"
    try:
        return manifests.check_folder_name(made, "The command line", "--name")
    except PackError:
        return f"character-{made}"


def _parse_emotions(text: str) -> dict[str, EmotionName] | None:
    emotions: dict[str, EmotionName] = {}
    for pair in filter(None, (each.strip() for each in text.split(","))):
        word, _, emotion = (each.strip() for each in pair.partition("="))
        if emotion not in get_args(EmotionName):
            allowed = ", ".join(get_args(EmotionName))
            message = f'--emotions: "{pair[:60]}" is not of the form 1=happy. The emotions are {allowed}.'
            raise PackError("import-emotions", message)
        emotions[word] = cast(EmotionName, emotion)
    return emotions or None


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m overlay.packs", description="The looks of Alisa.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="the packs there are")
    check = commands.add_parser("check", help="look for mistakes in a pack")
    check.add_argument("pack", help="its name, or its folder")
    new = commands.add_parser("import", help="make a pack from a character of another program")
    new.add_argument("source", type=Path, help="a folder of PNG pictures, or a .save file of PNGTuber Plus")
    new.add_argument("--name", default="", help="of the new pack; else made from the source's name")
    new.add_argument("--author", default="unknown", help="who drew the pictures")
    new.add_argument("--licence", default="unknown", help="under which they may be used, such as CC-BY-4.0")
    new.add_argument(
        "--emotions",
        default="",
        metavar="1=neutral,2=happy",
        help="which costume (of a .save) or word in a name (of a PNG) stands for which emotion",
    )
    new.add_argument("--force", action="store_true", help="replace a pack of the same name")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0, or 1 when something is wrong with a pack."""
    given = _parse(arguments)
    try:
        match given.command:
            case "list":
                return list_packs()
            case "check":
                return check_pack(given.pack)
            case _:
                about = (given.author or "unknown", given.licence or "unknown")
                return import_pack(given.source, given.name, about, given.emotions, given.force)
    except AlisaError as error:
        print(error.message, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"That does not work: {error.strerror}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; nothing was changed.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())

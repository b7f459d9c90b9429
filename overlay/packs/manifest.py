"""Reads `avatar.toml`, lays one pack over another, and names the key that is wrong."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from backend.shared.records import EmotionName
from overlay.life.pose import Look
from overlay.packs.tables import (
    FILE_NAME,
    FORMAT,
    MAX_FILE_BYTES,
    MAX_IMAGES,
    MAX_LAYERS,
    MAX_SCALED_SIDE,
    About,
    Box,
    Canvas,
    Fallback,
    Layer,
    Manifest,
    Mood,
    PackError,
    Scales,
    Shift,
    Spot,
    Table,
    Template,
)

Word = TypeVar("Word", bound=str)

# Reading a dotted key takes tomllib time by the square of its length.
_MAX_LINE = 2000

_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_IMAGE_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
_FOLDER_NAME = re.compile(r"[\w-]([\w -]{0,98}[\w-])?")


_TABLES: dict[str, type[Table]] = {"pack": About, "canvas": Canvas, "fallback": Fallback}
_KNOWN = ("format", "pack", "canvas", "look", "emotions", "fallback", "layers", "images")
_FALLBACK = {
    "emotion": {name: "neutral" for name in get_args(EmotionName) if name != "neutral"},
    "eyes": {"half": "open", "closed": "half"},
    "mouth": {"smile": "wide", "wide": "small", "round": "small", "small": "closed"},
}


def parse(data: bytes, where: str = FILE_NAME) -> dict[str, Any]:
    """Read the bytes of an `avatar.toml` and check every key that is there; none is missed yet.

    Args:
        data: At most `MAX_FILE_BYTES` are looked at.
        where: What the file is called in a message.

    Raises:
        PackError: names the key.
    """
    document = _read_toml(data, where)
    _check_names(document, _KNOWN, where, "")
    if "format" not in document:
        raise _missing(where, "format", str(FORMAT))
    if document["format"] != FORMAT or isinstance(document["format"], bool):
        found = f"is {_literal(document['format'])}"
        raise _wrong(where, "format", found, f"{FORMAT}; a newer number needs a newer Alisa")
    for name in ("pack", "canvas", "look", "emotions", "fallback", "images"):
        if not isinstance(document.get(name, {}), dict):
            raise _wrong(where, name, f"is {_literal(document[name])}", f"a table, [{name}]")
    for name, kind in _TABLES.items():
        _check_table(document.get(name, {}), kind, where, name)
    _check_look_and_emotions(document, where)
    _check_layers(document.get("layers", []), where)
    _check_images(document.get("images", {}), where)
    return document


def lay_over(base: Mapping[str, Any], own: Mapping[str, Any], where: str = FILE_NAME) -> dict[str, Any]:
    """The document of a pack that extends another: its keys replace those of the base, table by table.

    Raises:
        PackError: It changes the size of the canvas.
    """
    for key in ("width", "height", "scales"):
        before, now = base.get("canvas", {}).get(key), own.get("canvas", {}).get(key)
        if now is not None and before is not None and now != before:
            allowed = f"{_literal(before)}, as in the pack it extends; leave the key out"
            raise _wrong(where, f"canvas.{key}", f"is {_literal(now)}", allowed)
    merged = {**base, **own}
    for name, value in base.items():
        if isinstance(value, dict):
            merged[name] = value | own.get(name, {})
    return merged


def build(document: Mapping[str, Any], where: str = FILE_NAME) -> Manifest:
    """The manifest of a document whose keys were checked by `parse`: nothing may be missing now.

    Raises:
        PackError: names the key that is missing, or that does not fit to the others.
    """
    for name in ("pack", "canvas", "emotions", "images"):
        if name not in document:
            raise _missing(where, name, f"a table, [{name}]")
    for name, kind in _TABLES.items():
        for field in msgspec.structs.fields(kind):
            if field.required and field.name not in document[name]:
                raise _missing(where, f"{name}.{field.name}", _allowed(_hints(kind)[field.name]))
    if "neutral" not in document["emotions"]:
        raise _missing(where, "emotions.neutral", "a table, [emotions.neutral]; it may be empty")
    if not document.get("layers"):
        raise _missing(where, "layers", "at least one [[layers]]")
    if not document["images"]:
        raise _missing(where, "images", "at least one image, name = [x, y]")
    manifest = msgspec.convert(
        {"look": {}, **document, "about": document["pack"], "fallback": _fallback(document, where)}, Manifest
    )
    _check_canvas(manifest.canvas, where)
    _check_layer_images(manifest, where)
    return manifest


def check_folder_name(name: str, where: str, key: str) -> str:
    """A name that is a plain folder's on every system.

    Raises:
        PackError: It could lead somewhere else.
    """
    if not _FOLDER_NAME.fullmatch(name) or _DEVICES.fullmatch(name):
        raise _wrong(where, key, f"is {_literal(name)}", "the plain name of a folder, without / \\ : or dots")
    return name


def chain(table: Mapping[Word, Word], first: Word) -> list[Word]:
    """A value and what stands in for it, best first."""
    found = [first]
    while found[-1] in table:
        found.append(table[found[-1]])
    return found


def _read_toml(data: bytes, where: str) -> dict[str, Any]:
    if len(data) > MAX_FILE_BYTES:
        raise PackError("pack-too-large", f"{where} is larger than {MAX_FILE_BYTES // 1024} KB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PackError("pack-not-text", f"{where} is not UTF-8 text. Save it as UTF-8.") from error
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > _MAX_LINE:
            message = f"{where}: line {number} is longer than {_MAX_LINE} letters. Break it into lines."
            raise PackError("pack-not-toml", message)
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise PackError("pack-not-toml", f"{where} is nested too deeply to be a pack.") from error
    except ValueError as error:  # also numbers with more digits than Python reads
        raise PackError("pack-not-toml", f"{where} is not valid TOML: {str(error)[:200]}.") from error


def _hints(kind: type[Table]) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _allowed(kind: Any) -> str:
    """A type in the words of the file."""
    for meta in getattr(kind, "__metadata__", ()):
        if isinstance(meta, msgspec.Meta) and meta.description:
            return str(meta.description)
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(f'"{word}"' for word in get_args(kind) if word)
    if get_origin(kind) is dict:
        words = ", ".join(get_args(get_args(kind)[0]))
        return f"a table from and to these words: {words}"
    if kind is bool:
        return "true or false"
    return next((_allowed(each) for each in get_args(kind) if each is not type(None)), "something else")


def _literal(value: object) -> str:
    """A value as the file writes it, cut short."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _wrong(where: str, key: str, found: str, allowed: str) -> PackError:
    return PackError("pack-wrong-value", f"{where}: {key} {found}; allowed is {allowed}.")


def _missing(where: str, key: str, allowed: str) -> PackError:
    return PackError("pack-missing-key", f"{where}: {key} is missing; it is {allowed}.")


def _check_names(table: Mapping[str, Any], known: tuple[str, ...], where: str, prefix: str) -> None:
    for name in table:
        if name not in known:
            close = difflib.get_close_matches(name[:100], known, 1)
            hint = f'Did you mean "{close[0]}"?' if close else f"There are: {', '.join(known)}."
            key = prefix + (name if len(name) <= 60 else name[:57] + "...")
            raise PackError("pack-unknown-key", f"{where}: {key} is not known. {hint}")


def _check(value: object, kind: Any, where: str, key: str) -> None:
    try:
        msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError as error:
        raise _wrong(where, key, f"is {_literal(value)}", _allowed(kind)) from error


def _check_table(table: object, kind: type[Table], where: str, prefix: str) -> None:
    if not isinstance(table, dict):
        raise _wrong(where, prefix, f"is {_literal(table)}", "a table")
    hints = _hints(kind)
    _check_names(table, tuple(hints), where, f"{prefix}.")
    for name, value in table.items():
        _check(value, hints[name], where, f"{prefix}.{name}")


def _check_look_and_emotions(document: Mapping[str, Any], where: str) -> None:
    look, emotions = document.get("look", {}), document.get("emotions", {})
    _check_names(look, get_args(Look), where, "look.")
    for name, value in look.items():
        _check(value, Shift, where, f"look.{name}")
    _check_names(emotions, get_args(EmotionName), where, "emotions.")
    for name, value in emotions.items():
        _check_table(value, Mood, where, f"emotions.{name}")


def _check_layers(layers: object, where: str) -> None:
    if not isinstance(layers, list):
        raise _wrong(where, "layers", f"is {_literal(layers)}", "a list of tables, [[layers]]")
    if len(layers) > MAX_LAYERS:
        raise _wrong(where, "layers", f"has {len(layers)} entries", f"at most {MAX_LAYERS}")
    for number, layer in enumerate(layers, 1):
        _check_table(layer, Layer, where, f"layers[{number}]")
        if "image" not in layer:
            raise _missing(where, f"layers[{number}].image", _allowed(Template))


def _check_images(images: Mapping[str, Any], where: str) -> None:
    if len(images) > MAX_IMAGES:
        raise _wrong(where, "images", f"has {len(images)} entries", f"at most {MAX_IMAGES}")
    folded: dict[str, str] = {}
    for name, place in images.items():
        key = f"images.{name if len(name) <= 60 else name[:57] + '...'}"
        if not _IMAGE_NAME.fullmatch(name):
            raise _wrong(where, key, "is no name for an image", "letters, digits, - and _")
        if _DEVICES.fullmatch(name):
            raise _wrong(where, key, "is a device on Windows", "any other name")
        if name.lower() in folded:
            other = f"differs from images.{folded[name.lower()]} only in capital letters"
            raise _wrong(where, key, other, "a name of its own, for some disks see no difference")
        folded[name.lower()] = name
        _check(place, Shift, where, key)


def _fallback(document: Mapping[str, Any], where: str) -> dict[str, dict[str, str]]:
    """The fallbacks with their defaults, none of which goes round in a circle."""
    given = document.get("fallback", {})
    tables = {name: default | given.get(name, {}) for name, default in _FALLBACK.items()}
    for name, table in tables.items():
        for first in table:
            passed = [first]
            while passed[-1] in table:
                following = table[passed[-1]]
                if following in passed:
                    circle = " to ".join([*passed, following])
                    raise _wrong(where, f"fallback.{name}", f"goes round in a circle ({circle})", "a way out")
                passed.append(following)
    return tables


def _check_canvas(canvas: Canvas, where: str) -> None:
    scales, largest = canvas.scales, max(canvas.scales)
    if len(set(scales)) != len(scales):
        raise _wrong(where, "canvas.scales", f"is {scales}", _allowed(Scales))
    if max(canvas.width, canvas.height) * largest > MAX_SCALED_SIDE:
        allowed = f"a canvas of at most {MAX_SCALED_SIDE} pixels a side at its largest scale"
        raise _wrong(where, "canvas.scales", f"is {scales}", allowed)
    x, y, width, height = canvas.face
    if min(width, height) < 1 or x + width > canvas.width or y + height > canvas.height:
        raise _wrong(where, "canvas.face", f"is {_literal(list(canvas.face))}", _allowed(Box))
    for key, (x, y) in (("canvas.feet", canvas.feet), ("canvas.head", canvas.head)):
        if x > canvas.width or y > canvas.height:
            raise _wrong(where, key, f"is {_literal([x, y])}", _allowed(Spot))


def _check_layer_images(manifest: Manifest, where: str) -> None:
    for number, layer in enumerate(manifest.layers, 1):
        for key, name in (("image", layer.image), ("mask", layer.mask)):
            if name is not None and "{" not in name and name not in manifest.images:
                close = difflib.get_close_matches(name, manifest.images, 1)
                hint = f' Did you mean "{close[0]}"?' if close else ""
                message = f'{where}: layers[{number}].{key} is "{name}", which [images] does not have.{hint}'
                raise PackError("pack-missing-image", message)

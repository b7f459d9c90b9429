"""Character cards of SillyTavern and its kin, read and written as PNG or JSON, and turned into personas.

`python -m backend.conversation.cards` imports and exports them. Nothing a card points to is ever fetched.
Sources: the specifications of Character Card V2 (github.com/malfoyslastname/character-card-spec-v2) and V3
(github.com/kwaroran/character-card-spec-v3).
"""

import argparse
import re
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from backend.conversation import card_pictures
from backend.conversation import persona as personas
from backend.conversation.card_pictures import MAX_CARD_BYTES, CardError
from backend.conversation.persona import Persona
from backend.shared.errors import AlisaError
from backend.shared.settings import home

MAX_FILE_BYTES = 20 * 1024 * 1024

_SPECS = {2: ("chara_card_v2", "2.0"), 3: ("chara_card_v3", "3.0")}
_ORIGINAL = re.compile(r"\{\{\s*original\s*\}\}", re.IGNORECASE)


class Card(msgspec.Struct, frozen=True):
    """A character card, with everything that was in it.

    Attributes:
        content: The JSON object: `spec`, `spec_version`, `data` and what else there was.
    """

    content: dict[str, Any]

    @property
    def data(self) -> dict[str, Any]:
        """The fields of the character."""
        data: dict[str, Any] = self.content["data"]
        return data


class _Fields(msgspec.Struct):
    """The fields of a card that a persona is made of; the others are only kept."""

    name: str
    nickname: str = ""
    description: str = ""
    personality: str = ""
    scenario: str = ""
    first_mes: str = ""
    mes_example: str = ""
    system_prompt: str = ""
    post_history_instructions: str = ""
    alternate_greetings: list[str] = []
    character_book: dict[str, Any] = {}
    extensions: dict[str, Any] = {}


def read_card(data: bytes) -> Card:
    """Read a card from the bytes of a PNG or JSON file (V1, V2 or V3). A V1 card becomes a V2 card.

    Raises:
        CardError: "card-too-large", "card-truncated", "card-damaged", "card-missing", "card-not-json",
            "card-wrong".
    """
    if len(data) > MAX_FILE_BYTES:
        raise CardError("card-too-large", "The file is larger than 20 MB; it cannot be imported.")
    text = (
        card_pictures.read_png(data)
        if data.startswith(card_pictures.SIGNATURE)
        else data.removeprefix(b"\xef\xbb\xbf")
    )
    if len(text) > MAX_CARD_BYTES:
        raise card_pictures.too_large()
    try:
        content = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = "The file is neither a PNG picture with a card nor a card as valid JSON."
        raise CardError("card-not-json", message) from error
    return _check(content)


def _check(content: object) -> Card:
    if not isinstance(content, dict):
        raise CardError("card-wrong", "The file holds no character card.")
    if "spec" not in content and "data" not in content:
        spec, version = _SPECS[2]
        content = {"spec": spec, "spec_version": version, "data": content}
    if not str(content.get("spec", "chara_card_v2")).startswith("chara_card_v"):
        raise CardError("card-wrong", "The file holds no character card.")
    _fields(content.get("data"))
    return Card(content)


def _fields(data: object) -> _Fields:
    if not isinstance(data, dict):
        raise CardError("card-wrong", "The card has no fields of a character.")
    given = {key: value for key, value in data.items() if value is not None}
    try:
        fields = msgspec.convert(given, _Fields)
    except msgspec.ValidationError as error:
        raise CardError("card-wrong", f"The card is wrong: {error}.") from error
    if not fields.name.strip():
        raise CardError("card-wrong", "The card has no name of a character.")
    return fields


def _as_version(card: Card, version: int) -> bytes:
    spec, number = _SPECS[version]
    data = dict(card.data)
    if version == 3:
        data.setdefault("group_only_greetings", [])
    text = msgspec.json.encode(card.content | {"spec": spec, "spec_version": number, "data": data})
    if len(text) > MAX_CARD_BYTES:
        raise CardError("card-too-large", "The card is larger than 4 MB; other programs could not read it.")
    return text


def write_json(card: Card) -> bytes:
    """The card as a JSON file, everything that was in it included."""
    return msgspec.json.format(msgspec.json.encode(card.content), indent=2)


def write_png(card: Card, image: bytes | None = None) -> bytes:
    """The card as a picture that carries it twice, as V2 and as V3.

    Args:
        card: What to write.
        image: A PNG; a card in it is replaced. None: a small plain picture.

    Raises:
        CardError: The image is no valid PNG, or the card is too large.
    """
    texts = {"chara": _as_version(card, 2), "ccv3": _as_version(card, 3)}
    return card_pictures.write_png(image or card_pictures.plain_picture(), texts)


# -- Personas


def _lore(fields: _Fields, ours: dict[str, Any]) -> list[str]:
    """Entries of the character book that always hold; those that wait for a keyword are only kept."""
    if isinstance(ours.get("lore"), list):
        return [entry for entry in ours["lore"] if isinstance(entry, str)]
    entries = fields.character_book.get("entries")
    return [
        entry["content"].strip()
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict)
        and entry.get("constant") is True
        and entry.get("enabled", True) is not False
        if isinstance(entry.get("content"), str) and entry["content"].strip()
    ]


def to_persona(card: Card) -> Persona:
    """The persona of a card; it keeps the whole card for the way back.

    Raises:
        CardError: "card-wrong" when a text is too long.
    """
    fields = _fields(card.data)
    ours = fields.extensions.get("alisa")
    ours = ours if isinstance(ours, dict) else {}
    orders = (
        _ORIGINAL.sub("", text).strip() for text in (fields.system_prompt, fields.post_history_instructions)
    )
    greetings = [text for text in (fields.first_mes, *fields.alternate_greetings) if text.strip()]
    made = {
        "name": " ".join((fields.nickname.strip() or fields.name).split())[:100],
        "description": fields.description,
        "personality": fields.personality,
        "scenario": fields.scenario,
        "speech": ours["speech"] if isinstance(ours.get("speech"), str) else "",
        "instructions": "\n\n".join(text for text in orders if text),
        "lore": _lore(fields, ours),
        "examples": fields.mes_example,
        "greetings": greetings,
        "card": msgspec.json.encode(card.content).decode(),
    }
    try:
        return msgspec.convert(made, Persona)
    except msgspec.ValidationError as error:
        raise CardError("card-wrong", f"The card is wrong: {error}.") from error


def from_persona(persona: Persona) -> Card:
    """The card of a persona. What came from a card and was not changed goes back as it was.

    Raises:
        CardError: The card that the persona keeps is damaged.
    """
    if persona.card:
        card = read_card(persona.card.encode())
    else:
        card = Card({"spec": "chara_card_v3", "spec_version": "3.0", "data": _empty_data(persona.name)})
    before = msgspec.structs.asdict(to_persona(card))
    changed = {key: value for key, value in msgspec.structs.asdict(persona).items() if value != before[key]}
    data = dict(card.data)
    extensions = dict(data.get("extensions") or {})
    ours = extensions.get("alisa")
    ours = dict(ours) if isinstance(ours, dict) else {}
    for key, value in changed.items():
        if key in {"speech", "lore"}:
            ours[key] = value
        elif key == "greetings":
            data["first_mes"], data["alternate_greetings"] = (value or [""])[0], value[1:]
        elif key == "instructions":
            data["system_prompt"], data["post_history_instructions"] = value, ""
        elif key == "name":
            data["name"] = value
            data.pop("nickname", None)
        elif key != "card":
            data["mes_example" if key == "examples" else key] = value
    if ours:
        data["extensions"] = extensions | {"alisa": ours}
    return Card(card.content | {"data": data})


def _empty_data(name: str) -> dict[str, Any]:
    texts = ("description", "personality", "scenario", "first_mes", "mes_example", "creator_notes", "creator")
    orders = ("system_prompt", "post_history_instructions", "character_version")
    lists: dict[str, Any] = {key: [] for key in ("alternate_greetings", "tags", "group_only_greetings")}
    return {"name": name, **dict.fromkeys((*texts, *orders), ""), **lists, "extensions": {}}


# -- The command line


def _folders() -> tuple[Path, Path]:
    return home() / "personas", personas.PERSONAS_FOLDER


def _file_name(name: str) -> str:
    """A name of our own making for the file of a character."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    made = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or "character"
    try:
        return personas.check_name(made)
    except personas.PersonaError:
        return f"character-{made}"


def _read_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES + 1)


def _import(path: Path, name: str, is_forced: bool) -> str:
    persona = to_persona(read_card(_read_file(path)))
    name = personas.check_name(name) if name else _file_name(persona.name)
    own, built_in = _folders()
    is_there = any((folder / f"{name}.toml").exists() for folder in (own, built_in))
    if is_there and not is_forced:
        question = f'There is a persona "{name}" already. Replace it? [y/N] '
        if not sys.stdin.isatty() or input(question).strip().lower() not in {"y", "yes"}:
            message = (
                f'There is a persona "{name}" already. Add --force to replace it, or --name for another.'
            )
            raise CardError("card-exists", message)
    own.mkdir(mode=0o700, parents=True, exist_ok=True)
    (own / f"{name}.toml").write_text(personas.write_persona(persona), encoding="utf-8", newline="\n")
    setting = f'set companion.persona to "{name}" in alisa.toml'
    return f"{persona.name} is now personas/{name}.toml. To meet them, {setting}."


def _export(name: str, path: Path, image: Path | None) -> str:
    card = from_persona(personas.load_persona(name, _folders()))
    if path.suffix.lower() == ".png":
        path.write_bytes(write_png(card, _read_file(image) if image else None))
    elif path.suffix.lower() == ".json":
        path.write_bytes(write_json(card))
    else:
        raise CardError("card-wrong-suffix", "The name of the file must end in .png or .json.")
    return f"{name} is now in {path.name}."


def _list() -> str:
    names = sorted({path.stem for folder in _folders() for path in folder.glob("*.toml")})
    return "\n".join(names)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m backend.conversation.cards", description="Character cards."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    importing = commands.add_parser("import", help="make a persona of a card")
    importing.add_argument("file", type=Path, help="a PNG or JSON card")
    importing.add_argument("--name", default="", help="name of the persona")
    importing.add_argument("--force", action="store_true", help="replace a persona of that name")
    exporting = commands.add_parser("export", help="make a card of a persona")
    exporting.add_argument("name", help="name of the persona")
    exporting.add_argument("file", type=Path, help="ends in .png or .json")
    exporting.add_argument("--image", type=Path, help="the picture of a PNG card")
    commands.add_parser("list", help="name the personas")
    given = parser.parse_args(arguments)
    try:
        if given.command == "import":
            print(_import(given.file, given.name, given.force))
        elif given.command == "export":
            print(_export(given.name, given.file, given.image))
        else:
            print(_list())
    except AlisaError as error:
        print(error.message, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{Path(error.filename or '').name}: {error.strerror}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

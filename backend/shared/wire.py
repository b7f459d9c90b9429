"""Events to JSON text and back; refuses what JSON parsers usually let through."""

import functools
import json
import operator
import re
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from backend.shared import events
from backend.shared.errors import AlisaError

MAX_DEPTH = 16

_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', re.DOTALL)

_client_types: dict[str, type[events.ClientEvent]] = {
    events.event_name(kind): kind for kind in events.ClientEvent.__subclasses__()
}
_hub_types: dict[str, type[events.HubEvent]] = {
    events.event_name(kind): kind for kind in events.HubEvent.__subclasses__()
}
_encoder = msgspec.json.Encoder()
_AnyHubEvent: Any = functools.reduce(operator.or_, events.HubEvent.__subclasses__())
_hub_decoder = msgspec.json.Decoder(_AnyHubEvent)


class WireError(AlisaError):
    """Raised when a frame cannot be understood."""


def _refuse_constant(name: str) -> NoReturn:
    raise WireError("bad-json", f"{name} is not allowed in JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise WireError("bad-json", "a number is too large")
    return number


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise WireError("bad-json", "a key appears twice in the same object")
        found[key] = value
    return found


def _check_depth(text: str) -> None:
    # Before parsing: the parser's own recursion would end in a RecursionError, not a ValueError.
    depth = 0
    for match in _STRUCTURE.finditer(text):
        sign = match.group()
        if sign in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise WireError("bad-json", f"the JSON is nested deeper than {MAX_DEPTH} levels")
        elif sign in "]}":
            depth -= 1


def parse_json(text: str) -> Any:
    """Parse JSON as strictly as we mean it: no NaN, no duplicate keys, no lone surrogates, depth 16.

    Raises:
        WireError: "bad-json", with what is wrong.
    """
    _check_depth(text)
    try:
        value = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_finite
        )
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise WireError("bad-json", "the text holds half of a surrogate pair") from error
    except ValueError as error:
        raise WireError("bad-json", "this is not valid JSON") from error
    return value


def convert(value: object, kind: type[Any]) -> Any:
    """Check a parsed JSON value against a class of events or any other msgspec type.

    Raises:
        WireError: "bad-message", naming the place and what was expected.
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise WireError("bad-message", str(error)) from error


def decode_client_event(text: str) -> events.ClientEvent:
    """Read one frame of a typed client.

    Raises:
        WireError: "bad-json", "bad-message" or "unknown-type".
    """
    value = parse_json(text)
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        raise WireError("bad-message", 'expected a JSON object with a "type"')
    kind = _client_types.get(value["type"])
    if kind is None:
        raise WireError("unknown-type", f"unknown type; there are {', '.join(sorted(_client_types))}")
    event: events.ClientEvent = convert(value, kind)
    return event


def decode_hub_event(data: str | bytes) -> events.HubEvent | None:
    """Read one frame of the hub; None for a type that this client does not know yet.

    Raises:
        WireError: "bad-message" when the frame is no event at all.
    """
    try:
        event: events.HubEvent = _hub_decoder.decode(data)
    except msgspec.DecodeError as error:
        tag = re.match(rb'\s*\{"type":"([a-z-]+)"', data.encode() if isinstance(data, str) else data)
        if tag and tag.group(1).decode() not in _hub_types:
            return None
        raise WireError("bad-message", str(error)) from error
    return event


def encode(event: msgspec.Struct) -> bytes:
    """An event as UTF-8 JSON."""
    return _encoder.encode(event)


def schema() -> dict[str, Any]:
    """The JSON schema of the whole typed protocol."""
    kinds = [*events.ClientEvent.__subclasses__(), *events.HubEvent.__subclasses__()]
    _, components = msgspec.json.schema_components(kinds, ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"The typed protocol of Alisa, {events.SUBPROTOCOL}",
        "client": {"anyOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in _client_types.values()]},
        "hub": {"anyOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in _hub_types.values()]},
        "$defs": components,
    }


def write_schema(path: Path) -> None:
    """Write the generated schema beside `events.py`."""
    path.write_text(json.dumps(schema(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_schema(Path(__file__).with_name("events.schema.json"))

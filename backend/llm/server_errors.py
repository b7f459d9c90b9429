"""What a model server says when it will not answer, in our own words."""

import re
from typing import Any

import msgspec

from backend.llm.engine import EngineError

_TOO_LONG = re.compile(
    r"exceed_context_size|context_length_exceeded|context (length|size|window)"
    r"|maximum context|prompt is too long",
    re.IGNORECASE,
)
_FITS = re.compile(r"context (?:length|size|window)\D{0,30}?(\d{2,9})", re.IGNORECASE)
_NEEDED = re.compile(r"(?:requested|resulted in|request \()\D{0,20}?(\d{2,9})", re.IGNORECASE)
_WORDS_LENGTH = 200


class ServerError(msgspec.Struct, frozen=True):
    """An error as servers send it: `{"error": {...}}`, `{"error": "..."}`, `{"detail": ...}` or text."""

    message: str = ""
    kind: str = ""
    prompt_tokens: int | None = None
    context_tokens: int | None = None

    @property
    def is_loading(self) -> bool:
        """The model is not there yet, but will be (llama.cpp)."""
        return "loading" in self.message.lower()

    @property
    def is_too_long(self) -> bool:
        """The prompt does not fit the context of the model."""
        return _TOO_LONG.search(f"{self.kind} {self.message}") is not None

    def words(self, secret: str = "") -> str:
        """What the server said, as one short line without `secret`."""
        text = " ".join(self.message.split())
        text = "".join(character for character in text if character.isprintable())
        if secret:
            text = text.replace(secret, "***")
        return text if len(text) <= _WORDS_LENGTH else text[:_WORDS_LENGTH] + "..."


def _number(value: object, pattern: re.Pattern[str], text: str) -> int | None:
    if isinstance(value, int):
        return value
    found = pattern.search(text)
    return int(found.group(1)) if found else None


def parse(body: bytes) -> ServerError:
    """The error in the body of an answer, or in an event of a stream; text of any kind is taken as it is."""
    try:
        value: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = body.decode("utf-8", "replace").strip()
        return ServerError("" if text.startswith("<") else text)
    for key in ("error", "detail"):
        if isinstance(value, dict) and value.get(key):
            value = value[key]
    if not isinstance(value, dict):
        return ServerError(value if isinstance(value, str) else "")
    message = value.get("message")
    text = message if isinstance(message, str) else ""
    kind = f"{value.get('type', '')} {value.get('code', '')}"
    return ServerError(
        text,
        kind,
        _number(value.get("n_prompt_tokens"), _NEEDED, text),
        _number(value.get("n_ctx"), _FITS, text),
    )


def explain(error: ServerError, status: int, name: str, secret: str = "") -> EngineError:
    """The error for people. `status` is that of HTTP, 200 inside a stream; `secret` is never shown."""
    said = error.words(secret)
    said = f' It says: "{said}"' if said else ""
    if error.is_too_long:
        message = f"The conversation is longer than {name} can read.{said}"
        return EngineError("llm-too-long", message, error.prompt_tokens, error.context_tokens)
    if status in {401, 403}:
        return EngineError("llm-refused", f"{name} refuses the key. Check llm.api_key in alisa.toml.")
    if 300 <= status < 400:
        message = f"{name} sends requests on to another address. Put the final address into llm.url."
        return EngineError("llm-refused", message)
    if status == 404:
        message = f"{name} does not know the address or the model. Check llm.url and llm.model.{said}"
        return EngineError("llm-refused", message)
    if status == 503 and error.is_loading:
        return EngineError("llm-loading", f"{name} is still loading its model. Try again in a minute.")
    if 400 <= status < 500 and status not in {408, 429}:
        return EngineError("llm-refused", f"{name} refuses the request (HTTP {status}).{said}")
    where = f" (HTTP {status})" if status != 200 else ""
    return EngineError("llm-error", f"{name} reports an error{where}.{said}")

"""Reads the list of models that an OpenAI-compatible server offers, and what it gives away of the server."""

import re
from typing import Literal

import msgspec

Kind = Literal["", "llama.cpp", "ollama", "other"]

OLLAMA_CONTEXT_TOKENS = 4096
"""What Ollama gives a model unless its user says otherwise; a longer prompt silently loses its beginning."""

_OWNERS: dict[str, Kind] = {"llamacpp": "llama.cpp", "library": "ollama"}
_NOT_FOR_CHAT = re.compile(r"embed|rerank|minilm|whisper|\bbge-", re.IGNORECASE)


class Offer(msgspec.Struct, frozen=True):
    """The model to use. An empty `model`: the server has none for chat."""

    model: str
    kind: Kind
    context_tokens: int | None = None


class _Facts(msgspec.Struct):
    n_ctx: int | None = None


class _Model(msgspec.Struct):
    id: str = ""
    owned_by: str | None = None
    meta: _Facts | None = None
    """Of llama.cpp."""


class _Models(msgspec.Struct):
    data: list[_Model] | None


def choose_model(names: list[str], wanted: str = "") -> str:
    """The wanted model where it is offered, else the first one for chat; empty where there is none.

    Ollama calls a model NAME:latest that people call NAME.
    """
    offered = next((name for name in names if wanted and wanted in {name, name.removesuffix(":latest")}), "")
    return offered or next((name for name in names if name and not _NOT_FOR_CHAT.search(name)), "")


def read_models(body: bytes, wanted: str = "") -> Offer | None:
    """What the answer to GET /models offers; None where it is no list of models."""
    try:
        models = msgspec.json.decode(body, type=_Models).data or []
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    by_name = {model.id: model for model in models}
    name = choose_model(list(by_name), wanted)
    if not name:
        return Offer("", "other")
    model = by_name[name]
    kind = _OWNERS.get(model.owned_by or "", "other")
    context = model.meta.n_ctx if model.meta is not None else None
    return Offer(name, kind, OLLAMA_CONTEXT_TOKENS if kind == "ollama" else context)

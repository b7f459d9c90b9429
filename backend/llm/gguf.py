"""What a GGUF file says of itself: whether llama.cpp can run it as a chat model, and for how long a context.

The layout is that of the GGUF specification: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import mmap
import struct
from pathlib import Path
from typing import Any

import msgspec

from backend.shared.errors import AlisaError

MAGIC = b"GGUF"
_STRING, _ARRAY = 8, 9
_NUMBERS = {
    0: "<B",
    1: "<b",
    2: "<H",
    3: "<h",
    4: "<I",
    5: "<i",
    6: "<f",
    7: "<?",
    10: "<Q",
    11: "<q",
    12: "<d",
}
_HELP = "`scripts/alisa.py models` downloads one that works."


class ModelFileError(AlisaError):
    """Raised when a model file cannot be used.

    Codes: "model-missing", "model-unreadable", "model-not-gguf", "model-truncated", "model-not-chat".
    """


class Facts(msgspec.Struct, frozen=True):
    """What matters to us of a model's header."""

    architecture: str
    context_tokens: int
    """The longest context it was trained for; 0 where it does not say."""


class _Reader:
    """Walks over the bytes of a header; raises `struct.error` or `IndexError` past their end."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.place = len(MAGIC)

    def number(self, layout: str) -> Any:
        (value,) = struct.unpack_from(layout, self.data, self.place)
        self.place += struct.calcsize(layout)
        return value

    def text(self) -> str:
        size = self.number("<Q")
        if size > len(self.data) - self.place:
            raise struct.error("text past the end")
        start, self.place = self.place, self.place + size
        return self.data[start : self.place].decode("utf-8", "replace")

    def value(self, kind: int) -> Any:
        """A value; arrays are passed over and given as None."""
        if kind == _STRING:
            return self.text()
        if kind != _ARRAY:
            return self.number(_NUMBERS[kind])
        kind, count = self.number("<I"), self.number("<Q")
        if kind in _NUMBERS:
            self.place += count * struct.calcsize(_NUMBERS[kind])
        else:
            for _ in range(count):
                self.value(kind)
        return None


def has_magic(path: Path) -> bool:
    """Whether the file is there, can be read and begins like a GGUF; reads four bytes, raises nothing."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except (OSError, ValueError):
        return False


def read_facts(path: Path) -> Facts:
    """Read the header and see whether all the weights it lists are in the file.

    Raises:
        ModelFileError: says what is wrong with the file, by its name without the folder.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                message = f"{path.name} is not a model in the GGUF format. {_HELP}"
                raise ModelFileError("model-not-gguf", message)
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _read(data, path.name)
    except (FileNotFoundError, NotADirectoryError) as error:
        message = f"There is no model file {path.name}. Check llm.embedded_model in alisa.toml; {_HELP}"
        raise ModelFileError("model-missing", message) from error
    except OSError as error:
        if path.is_dir():
            message = f"{path.name} is a folder. Name the .gguf file inside it in llm.embedded_model."
            raise ModelFileError("model-not-gguf", message) from error
        message = f"{path.name} cannot be read: {error.strerror}. Check its permissions."
        raise ModelFileError("model-unreadable", message) from error


def _read(data: mmap.mmap, name: str) -> Facts:
    reader = _Reader(data)
    try:
        version, tensors, keys = reader.number("<I"), reader.number("<Q"), reader.number("<Q")
        if not 2 <= version <= 3:
            message = f"{name} is a GGUF of a version that is not known here ({version}). {_HELP}"
            raise ModelFileError("model-not-gguf", message)
        known = {reader.text(): reader.value(reader.number("<I")) for _ in range(keys)}
        last = 0
        for _ in range(tensors):
            reader.text()
            shape = reader.number("<I")
            reader.place += 8 * shape + 4
            last = max(last, reader.number("<Q"))
    except (struct.error, IndexError, KeyError, OverflowError, RecursionError) as error:
        raise _truncated(name) from error
    # The offset of the last tensor must lie in the file; that it is complete only its own format could tell.
    if reader.place + last >= len(data):
        raise _truncated(name)
    architecture = str(known.get("general.architecture", ""))
    _refuse_other_kinds(architecture, known, name)
    context = known.get(f"{architecture}.context_length")
    return Facts(architecture, context if isinstance(context, int) else 0)


def _truncated(name: str) -> ModelFileError:
    return ModelFileError("model-truncated", f"{name} is damaged or incomplete. Download it again.")


def _refuse_other_kinds(architecture: str, known: dict[str, Any], name: str) -> None:
    """GGUF also holds parts of models and models that cannot chat; llama.cpp would load some of them."""
    other = {"clip": "the eyes of another model", "wavtokenizer-dec": "a voice", "whisper": "an ear"}
    kind = other.get(architecture)
    if known.get("general.type") in {"mmproj", "adapter", "imatrix"}:
        kind = f"a part of another model ({known['general.type']})"
    if "bert" in architecture or known.get(f"{architecture}.attention.causal") is False:
        kind = "an embedding model"
    if kind:
        message = f"{name} is {kind}, not a model that can chat. {_HELP}"
        raise ModelFileError("model-not-chat", message)

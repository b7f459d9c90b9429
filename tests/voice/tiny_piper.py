"""The smallest voice for Piper: each phoneme is a tone. It cannot speak, but the real code of Piper runs.

The file is written byte by byte, because the package onnx would be needed for nothing else. It is a protobuf:
see onnx.proto of the ONNX project.
"""

import json
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

RATE = 22_050
HOP = 256
FLOAT, INT64 = 1, 7
# Each phoneme lasts so many hops at the usual pace.
HOPS = 6


def _number(value: int) -> bytes:
    data = b""
    while value > 127:
        data, value = data + bytes([value & 127 | 128]), value >> 7
    return data + bytes([value])


def _field(number: int, value: int | bytes | str) -> bytes:
    if isinstance(value, int):
        return _number(number << 3) + _number(value)
    data = value.encode() if isinstance(value, str) else value
    return _number(number << 3 | 2) + _number(len(data)) + data


def _node(kind: str, inputs: Sequence[str], output: str, *attributes: bytes) -> bytes:
    fields = [_field(1, name) for name in inputs]
    fields += [_field(2, output), _field(4, kind), *(_field(5, one) for one in attributes)]
    return _field(1, b"".join(fields))


def _integer(name: str, value: int) -> bytes:
    return _field(1, name) + _field(3, value) + _field(20, 2)


def _tensor(name: str, values: Sequence[float], kind: int, shape: Sequence[int]) -> bytes:
    data = struct.pack(f"<{len(values)}{'f' if kind == FLOAT else 'q'}", *values)
    fields = b"".join(_field(1, size) for size in shape)
    return _field(5, fields + _field(2, kind) + _field(8, name) + _field(9, data))


def _value(field: int, name: str, kind: int, shape: Sequence[str | int]) -> bytes:
    sizes = b"".join(_field(1, _field(1 if isinstance(one, int) else 2, one)) for one in shape)
    return _field(field, _field(1, name) + _field(2, _field(1, _field(1, kind) + _field(2, sizes))))


def model(low: float = 180.0, symbols: int = 256) -> bytes:
    """The ONNX file: phoneme number n sounds as a tone of `low` + n Hz; 0 to 2 (pauses, ends) are silent."""
    tones = [0.0, 0.0, 0.0, *(low + n for n in range(3, symbols))]
    graph = b"".join(
        [
            _tensor("tones", [2 * np.pi * tone / RATE for tone in tones], FLOAT, [symbols]),
            _tensor("one", [1], INT64, [1]),
            _tensor("start", [0.0], FLOAT, []),
            _tensor("step", [1.0], FLOAT, []),
            _tensor("hop", [HOP * HOPS], FLOAT, []),
            _tensor("half", [0.4], FLOAT, []),
            _tensor("shape", [1, 1, 1, -1], INT64, [4]),
            _node("Gather", ["scales", "one"], "pace_list"),
            _node("ReduceSum", ["pace_list"], "pace", _integer("keepdims", 0)),
            _node("Mul", ["hop", "pace"], "length"),
            _node("Cast", ["input_lengths"], "count_list", _integer("to", FLOAT)),
            _node("ReduceSum", ["count_list"], "count", _integer("keepdims", 0)),
            _node("Mul", ["count", "length"], "all"),
            _node("Range", ["start", "all", "step"], "time"),
            _node("Div", ["time", "length"], "place"),
            _node("Floor", ["place"], "floor"),
            _node("Cast", ["floor"], "index", _integer("to", INT64)),
            _node("Gather", ["input", "index"], "spoken", _integer("axis", 1)),
            _node("Gather", ["tones", "spoken"], "tone"),
            _node("Mul", ["tone", "time"], "angle"),
            _node("Sin", ["angle"], "wave"),
            _node("Mul", ["wave", "half"], "soft"),
            _node("Reshape", ["soft", "shape"], "output"),
            _field(2, "tones"),
            _value(11, "input", INT64, ["batch", "phonemes"]),
            _value(11, "input_lengths", INT64, ["batch"]),
            _value(11, "scales", FLOAT, [3]),
            _value(12, "output", FLOAT, ["batch", 1, 1, "time"]),
        ]
    )
    return _field(1, 8) + _field(7, graph) + _field(8, _field(2, 13))


def write(folder: Path, name: str = "en_US-tones-low", low: float = 180.0) -> Path:
    """Write a voice into a folder; returns the path of its model."""
    from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

    folder.mkdir(parents=True, exist_ok=True)
    code, _, quality = name.split("-")
    config = {
        "audio": {"sample_rate": RATE, "quality": quality},
        "espeak": {"voice": code.split("_")[0]},
        "language": {"code": code},
        "inference": {"noise_scale": 0.0, "length_scale": 1.0, "noise_w": 0.0},
        "phoneme_type": "espeak",
        "phoneme_id_map": DEFAULT_PHONEME_ID_MAP,
        "num_symbols": 256,
        "num_speakers": 1,
        "speaker_id_map": {},
        "hop_length": HOP,
    }
    path = folder / f"{name}.onnx"
    path.write_bytes(model(low))
    (folder / f"{name}.onnx.json").write_text(json.dumps(config), encoding="utf-8")
    return path

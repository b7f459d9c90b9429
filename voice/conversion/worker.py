"""The program that converts her voice, for an environment of its own: it imports nothing of Alisa's.

Sound comes in on stdin and goes out on stdout, in frames: the length of a header in four bytes, highest
first, the header in JSON, and as many float32 samples, lowest byte first, as it says. It first says
`{"ready": "what converts"}`, or `{"error": "why not"}`; then each `{"id": 1, "rate": 24000, "samples": ...}`
is answered by one with the same `id`, or by `{"id": 1, "error": "why not"}`. Sound never touches the disk.
"""

import argparse
import importlib
import importlib.util
import json
import os
import queue
import struct
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Convert = Callable[[Samples, int], tuple[Samples, int]]

MOST_HEADER_BYTES = 4096
MOST_SAMPLES = 60 * 192_000
_SEMITONES, _GRAIN_SECONDS = 4.0, 0.04


def pack(header: Mapping[str, object], samples: Samples | None = None) -> bytes:
    """One frame."""
    sound = b"" if samples is None else np.ascontiguousarray(samples, "<f4").tobytes()
    head = json.dumps({**header, "samples": len(sound) // 4}).encode()
    return struct.pack(">I", len(head)) + head + sound


def header_length(four: bytes) -> int:
    """The length of the header that follows these bytes.

    Raises:
        ValueError: This is no beginning of a frame.
    """
    length = int(struct.unpack(">I", four)[0])
    if not 2 <= length <= MOST_HEADER_BYTES:
        raise ValueError("no frame")
    return length


def read_header(data: bytes) -> dict[str, Any]:
    """A header with its number of samples checked.

    Raises:
        ValueError: It is none.
    """
    header = json.loads(data)
    samples = header.get("samples") if isinstance(header, dict) else None
    if not (type(samples) is int and 0 <= samples <= MOST_SAMPLES):
        raise ValueError("no header")
    return dict(header)


def to_samples(data: bytes) -> Samples:
    """The sound of a frame."""
    return np.frombuffer(data, "<f4").astype(np.float32)


def _read(pipe: BinaryIO, work: "queue.SimpleQueue[tuple[dict[str, Any], Samples]]") -> None:
    while True:
        four = pipe.read(4)
        if len(four) < 4:
            # Whoever wanted it is gone; nothing is worth finishing.
            os._exit(0)
        header = read_header(pipe.read(header_length(four)))
        work.put((header, to_samples(pipe.read(4 * header["samples"]))))


def shift_pitch(samples: Samples, rate: int, semitones: float = _SEMITONES) -> Samples:
    """The same sound higher: each grain of 40 ms is read faster, and they are laid over each other by half.

    Simple and rough: it shows that the way works, it is no voice.
    """
    hop = max(1, int(rate * _GRAIN_SECONDS / 2))
    size, factor = 2 * hop, 2.0 ** (semitones / 12)
    window = np.hanning(size + 1)[:size].astype(np.float32)
    padded = np.concatenate((np.zeros(hop, np.float32), samples, np.zeros(2 * size, np.float32)))
    shifted = np.zeros(len(padded) + 2 * size, np.float32)
    places = np.arange(size) * factor
    whole = np.arange(len(padded))
    for start in range(0, len(samples) + hop, hop):
        shifted[start : start + size] += window * np.interp(start + places, whole, padded)
    return shifted[hop : hop + len(samples)].astype(np.float32)


def _load_self_test() -> Convert:
    return lambda samples, rate: (shift_pitch(samples, rate), rate)


def _load_own(path: Path, weights: Path, index: Path | None) -> Convert:
    """The user's own converter: a file with `load(weights, index)` that returns `convert(samples, rate)`."""
    spec = importlib.util.spec_from_file_location("own", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    convert: Convert = module.load(weights, index)
    return convert


def _load_rvc(weights: Path, index: Path | None) -> Convert:
    """The package infer-rvc-python, which takes and gives arrays (`generate_from_cache` in its README)."""
    package = importlib.import_module("infer_rvc_python")
    loader = package.BaseLoader(rmvpe_path="rmvpe.pt")
    loader.apply_conf(
        tag="alisa",
        file_model=str(weights),
        pitch_algo="rmvpe+",
        pitch_lvl=0,
        file_index=str(index or ""),
        index_influence=0.66,
        respiration_median_filtering=3,
        envelope_ratio=0.25,
        consonant_breath_protection=0.33,
    )

    def convert(samples: Samples, rate: int) -> tuple[Samples, int]:
        found, new_rate = loader.generate_from_cache(audio_data=(samples, rate), tag="alisa")
        scale = 32768.0 if np.issubdtype(found.dtype, np.integer) else 1.0
        return (found / scale).astype(np.float32), int(new_rate)

    # The models are read when they are first needed: now.
    convert(np.random.default_rng(0).normal(0, 0.01, 16_000).astype(np.float32), 16_000)
    return convert


def fetch() -> None:
    """Fetch what every RVC voice needs beside its own weights: HuBERT and RMVPE."""
    importlib.import_module("infer_rvc_python").BaseLoader(only_cpu=True, preload_models=True)


def _load(options: argparse.Namespace) -> tuple[str, Convert]:
    if options.self_test:
        return "the self-test", _load_self_test()
    if options.own is not None:
        return options.own.name, _load_own(options.own, options.weights, options.index)
    return "infer-rvc-python", _load_rvc(options.weights, options.index)


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"[:300]


def _answer(convert: Convert, header: Mapping[str, Any], samples: Samples) -> bytes:
    try:
        found, rate = convert(samples, int(header["rate"]))
        return pack({"id": header["id"], "rate": int(rate)}, np.asarray(found, np.float32).reshape(-1))
    except Exception as error:  # noqa: BLE001 - whatever a foreign converter raises is the answer
        return pack({"id": header["id"], "error": _words(error)})


def _parse(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Converts sound from stdin to stdout; see its first lines.")
    parser.add_argument("--weights", type=Path, default=Path(), help="the voice: a .pth file")
    parser.add_argument("--index", type=Path, help="the .index file that belongs to it")
    parser.add_argument("--own", type=Path, help="a Python file with load(weights, index)")
    parser.add_argument("--self-test", action="store_true", help="only raise the pitch")
    parser.add_argument("--fetch", action="store_true", help="fetch what every voice needs, and end")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> int:
    """Convert until stdin ends."""
    options = _parse(words)
    if options.fetch:
        fetch()
        return 0
    # What libraries print must not get among the frames.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    work: queue.SimpleQueue[tuple[dict[str, Any], Samples]] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin.buffer, work), daemon=True).start()
    try:
        name, convert = _load(options)
    except Exception as error:  # noqa: BLE001 - whatever a foreign package raises is the answer
        out.write(pack({"error": _words(error)}))
        out.flush()
        return 1
    out.write(pack({"ready": name}))
    out.flush()
    while True:
        out.write(_answer(convert, *work.get()))
        out.flush()


if __name__ == "__main__":
    sys.exit(main())

"""How likely it is that somebody speaks, frame by frame: Silero's model, which comes with faster-whisper."""

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

from backend.shared.errors import AlisaError
from voice.deck import Samples

FRAME_SAMPLES = 512
# What the model wants to see of the frame before, and the size of its memory.
_CONTEXT_SAMPLES, _STATE = 64, (1, 1, 128)
_FIX = "Run: scripts/alisa.py install"


class Vad:
    """Hears one stream of sound; the model remembers what came before. Used by one thread."""

    def __init__(self) -> None:
        """Load the model, which takes less than a tenth of a second once onnxruntime is imported.

        Raises:
            AlisaError: faster-whisper, its model or onnxruntime is missing or broken.
        """
        self._session = _session(_model())
        self._errors = _broken()
        self._h: Samples = np.zeros(_STATE, np.float32)
        self._c = self._h
        self._input: Samples = np.zeros((1, _CONTEXT_SAMPLES + FRAME_SAMPLES), np.float32)

    def probability(self, samples: Samples) -> float:
        """The chance that this is speech, 0 to 1.

        Args:
            samples: The next frame: 512 of float32, mono, 16 kHz, -1 to 1.

        Raises:
            AlisaError: The model failed.
        """
        self._input[0, _CONTEXT_SAMPLES:] = samples
        given = {"input": self._input, "h": self._h, "c": self._c}
        try:
            chance, self._h, self._c = self._session.run(None, given)
        except self._errors as error:
            raise AlisaError("vad-failed", f"Silero's model in faster-whisper has failed. {_FIX}") from error
        self._input[0, :_CONTEXT_SAMPLES] = samples[-_CONTEXT_SAMPLES:]
        return float(chance.reshape(-1)[0])

    def reset(self) -> None:
        """Forget what came before: the sound has a break."""
        self._h = self._c = np.zeros(_STATE, np.float32)
        self._input[:] = 0.0


def _model() -> Path:
    # Only the folder is looked for: to import the package would load CTranslate2, which takes a second.
    found = importlib.util.find_spec("faster_whisper")
    if found is None:
        raise AlisaError("vad-missing", f"The package faster-whisper is missing. {_FIX}")
    # The file's name has its version in it.
    models = [file for folder in found.submodule_search_locations or () for file in _models(Path(folder))]
    if not models:
        raise AlisaError("vad-missing", f"faster-whisper has come without its Silero model. {_FIX}")
    return models[-1]


def _models(package: Path) -> list[Path]:
    return sorted(package.glob("assets/silero_vad*.onnx"))


def _session(model: Path) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise AlisaError("vad-missing", f"The package onnxruntime is missing or broken. {_FIX}") from error
    options = onnxruntime.SessionOptions()
    # More threads take longer for such a small model, and wait busily.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    # Nothing but what ends the process is worth a line of its own.
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(
            str(model), providers=["CPUExecutionProvider"], sess_options=options
        )
    except _broken() as error:
        raise AlisaError("vad-broken", f"Silero's model in faster-whisper cannot be read. {_FIX}") from error
    wanted = {"input", "h", "c"}
    if wanted != {each.name for each in session.get_inputs()}:
        raise AlisaError("vad-broken", f"The Silero model in faster-whisper is of another kind. {_FIX}")
    return session


def _broken() -> tuple[type[Exception], ...]:
    """What onnxruntime raises for a file that is no model, or not one it knows."""
    from onnxruntime.capi import onnxruntime_pybind11_state as names

    return (
        names.Fail,
        names.InvalidArgument,
        names.InvalidGraph,
        names.InvalidProtobuf,
        names.NoSuchFile,
        names.NotImplemented,
        names.RuntimeException,
    )

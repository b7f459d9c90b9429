"""Finds out whether Whisper runs on the graphics card, in a process of its own.

A broken CUDA set-up (a driver without its libraries, the wrong cuDNN) does not raise: it ends the process.
"""

import json
import math
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PROBE_SECONDS = 60.0
"""Limit: the first use of a card compiles for it, and a large model is read from the disk."""
COMPUTE_TYPES = ("int8_float16", "float16", "float32")
"""The first that the card can do: little memory first."""


@dataclass(frozen=True)
class Probe:
    """What came of it."""

    compute_type: str = ""
    """How to compute there; empty: not at all."""
    problem: str = ""
    """Why not, in plain words."""


def probe(folder: Path, seconds: float = PROBE_SECONDS) -> Probe:
    """Have another process write down a sound with this model on the graphics card."""
    command = [sys.executable, "-m", "voice.stt.gpu", "--", str(folder)]
    root = Path(__file__).parents[2]
    try:
        done = subprocess.run(  # noqa: S603 our own program
            command, cwd=root, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return Probe(problem=f"CUDA did not answer within {seconds:.0f} s.")
    except OSError:
        return Probe(problem="The probe could not be started.")
    try:
        # The libraries may print too; ours is the last line.
        found = json.loads(done.stdout.decode(errors="replace").strip().rpartition("\n")[2])
        return Probe(str(found["compute_type"]), str(found["problem"]))
    except (ValueError, KeyError, TypeError):
        return Probe(problem="CUDA is set up badly: its libraries ended the process that tried them.")


def try_card(folder: Path) -> Probe:
    """Write down a sound on the graphics card, in this process.

    The numbers must be numbers: a card with a wrong driver may compute nonsense without any error.
    """
    import ctranslate2

    if ctranslate2.get_cuda_device_count() < 1:
        return Probe(problem="There is no graphics card with CUDA.")
    able = ctranslate2.get_supported_compute_types("cuda")
    compute_type = next((name for name in COMPUTE_TYPES if name in able), "float32")
    return try_device(folder, "cuda", compute_type)


def try_device(folder: Path, device: str, compute_type: str) -> Probe:
    """Write down the practice sound there."""
    from faster_whisper import WhisperModel
    from faster_whisper.audio import pad_or_trim

    from voice.stt.sounds import practice_sound

    model = WhisperModel(str(folder), device=device, compute_type=compute_type, local_files_only=True)
    features = pad_or_trim(model.feature_extractor(practice_sound())[:, :-1])
    prompt = [model.hf_tokenizer.token_to_id("<|startoftranscript|>")]
    result = model.model.generate(model.encode(features), [prompt], max_length=16, return_scores=True)[0]
    if not result.sequences_ids[0] or not all(math.isfinite(score) for score in result.scores):
        return Probe(problem="The graphics card computes nonsense with this model.")
    return Probe(compute_type)


def main() -> None:
    """Print what was found as JSON."""
    try:
        found = try_card(Path(sys.argv[-1]))
    except (RuntimeError, ValueError, ImportError, OSError) as error:
        # The first line of what CTranslate2 says names the library that is missing.
        found = Probe(problem=(str(error).splitlines() or [type(error).__name__])[0][:200])
    sys.stdout.write(json.dumps({"compute_type": found.compute_type, "problem": found.problem}) + "\n")


if __name__ == "__main__":
    main()

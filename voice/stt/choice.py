"""Which engine writes down speech here."""

from pathlib import Path

from backend.shared import registry
from backend.shared.errors import AlisaError
from backend.shared.settings import Voice
from voice.stt import engines
from voice.stt.engine import Engine, SttError
from voice.stt.models import missing_model

__all__ = ["choose", "missing_model"]

_BEST = "whisper"
_ONLY_WHEN_CHOSEN = {"scripted"}


def choose(chosen: Voice, home: Path) -> Engine:
    """Make the chosen engine, or the best that works on this machine. It still has to be loaded.

    Raises:
        SttError: None works, with what to do; "stt-no-model" where a download helps (see `missing_model`).
    """
    if chosen.stt_engine:
        return _create(chosen.stt_engine, chosen, home)
    others = [name for name in registry.available(engines) if name not in {_BEST, *_ONLY_WHEN_CHOSEN}]
    try:
        return _create(_BEST, chosen, home)
    except SttError:
        for name in others:
            try:
                return _create(name, chosen, home)
            except SttError:
                continue
        raise


def _create(name: str, chosen: Voice, home: Path) -> Engine:
    try:
        module = registry.load(engines, name)
    except AlisaError as error:
        raise SttError(error.code, f"{error.message} Change voice.stt_engine.") from error
    engine: Engine = module.create(chosen, home)
    return engine

"""Which echo canceller is used: the one that is asked for, else the best that is installed."""

import logging

from backend.shared.registry import available, load
from voice.echo import engines
from voice.echo.engine import EchoError, Engine

log = logging.getLogger(__name__)

OFF = "off"
# Both are the same canceller and as good; this one is smaller, starts sooner and costs less.
_LIKED = ("webrtc", "livekit")


def choose(name: str = "") -> Engine | None:
    """Make an echo canceller.

    Args:
        name: A file in `voice/echo/engines`, "off", or empty for the best that is installed.

    Returns:
        None where it is off or none is installed: the microphone must not count while she sounds.

    Raises:
        AlisaError: There is no engine of that name ("no-such-engine"), or it cannot be used (`EchoError`).
    """
    if name == OFF:
        return None
    if name:
        return _create(name)
    others = [each for each in available(engines) if each not in _LIKED]
    for each in (*_LIKED, *others):
        try:
            return _create(each)
        except EchoError as error:
            log.info("Echo canceller %s: %s", each, error.code)
    return None


def _create(name: str) -> Engine:
    engine: Engine = load(engines, name).create()
    return engine

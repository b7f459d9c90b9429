"""Short signs that she gives without words: soft bells, made when they are first needed."""

import logging
import queue
import threading
from typing import Any

import numpy as np

from voice.deck import Samples
from voice.devices import SoundError
from voice.mixer import RATE, close_mixer, open_mixer, sound_of

log = logging.getLogger(__name__)

_NOTES: dict[str, list[tuple[float, float]]] = {
    # Frequency in Hz and beginning in seconds. Up: she listens. Down: it does not work.
    "called": [(659.3, 0.0), (880.0, 0.12)],
    "listening": [(987.8, 0.0)],
    "no-hub": [(587.3, 0.0), (440.0, 0.16)],
}
_NOTE_SECONDS, _RISE_SECONDS = 0.45, 0.004
_LEVEL_DBFS = -20.0
# The partials of a small bell: how many times as high as the note, how loud, and how long they ring.
_PARTIALS = [(1.0, 1.0, 0.14), (2.0, 0.3, 0.09), (2.76, 0.12, 0.05), (5.4, 0.05, 0.025)]
_RELEASE_SECONDS = 10.0
_END_SECONDS = 2.0


class Chimes:
    """Plays signs; opens the loudspeaker in a thread, and lets it go when there were none for a while.

    Without a loudspeaker nothing happens but one line in the log.

    Args:
        volume: 0 to 1.
        release_seconds: The loudspeaker is let go after so long without a sign.
    """

    def __init__(self, volume: float = 1.0, *, release_seconds: float = _RELEASE_SECONDS) -> None:
        self._volume, self._release_seconds = volume, release_seconds
        self._signs: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._pygame: Any = None
        self._sounds: dict[str, Any] = {}
        self._has_complained = False

    @property
    def is_open(self) -> bool:
        """Whether the loudspeaker is held open for them."""
        return self._pygame is not None

    def play(self, sign: str) -> None:
        """Play "called", "listening" or "no-hub"; returns at once.

        Raises:
            KeyError: There is no such sign.
        """
        _ = _NOTES[sign]
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="chimes", daemon=True)
            self._thread.start()
        self._signs.put(sign)

    def close(self) -> None:
        """End, and let go of the loudspeaker."""
        if self._thread is not None:
            self._signs.put(None)
            self._thread.join(_END_SECONDS)
            self._thread = None

    def _run(self) -> None:
        while True:
            try:
                sign = self._signs.get(timeout=self._release_seconds if self.is_open else None)
            except queue.Empty:
                self._release()
                continue
            if sign is None:
                self._release()
                return
            self._ring(sign)

    def _ring(self, sign: str) -> None:
        try:
            if self._pygame is None:
                self._pygame = open_mixer()
            if sign not in self._sounds:
                self._sounds[sign] = sound_of(chime(sign) * np.float32(self._volume), RATE)
        except SoundError as error:
            if not self._has_complained:
                log.warning("No signs: %s", error.message)
            self._has_complained = True
            return
        self._has_complained = False
        self._sounds[sign].play()

    def _release(self) -> None:
        if self._pygame is not None:
            self._sounds.clear()
            self._pygame = None
            close_mixer()


def chime(sign: str) -> Samples:
    """The sound of a sign: mono, at the mixer's usual rate, its loudest sample at -20 dBFS."""
    notes = _NOTES[sign]
    sound = np.zeros(round((max(begin for _, begin in notes) + _NOTE_SECONDS) * RATE))
    times = np.arange(round(_NOTE_SECONDS * RATE)) / RATE
    for hertz, begin in notes:
        note = sum(
            loud * np.sin(2 * np.pi * hertz * times_as_high * times) * np.exp(-times / ring)
            for times_as_high, loud, ring in _PARTIALS
        )
        note *= np.minimum(1.0, times / _RISE_SECONDS) * np.minimum(1.0, (times[-1] - times) / 0.05)
        at = round(begin * RATE)
        sound[at : at + len(note)] += note
    loudest: Samples = (sound * 10 ** (_LEVEL_DBFS / 20) / np.abs(sound).max()).astype(np.float32)
    return loudest

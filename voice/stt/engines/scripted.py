"""Pretends to listen: takes what is said from a file, line by line. For tests and demonstrations.

It understands nothing. It only looks whether there is speech in a sound, and then says the next line of the
file that `voice.stt_model` names. It is used when `voice.stt_engine` is "scripted", never by itself.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from backend.shared.settings import Voice
from voice.deck import Samples
from voice.stt.engine import Heard, SttError
from voice.stt.sounds import RATE, loudest, prepare

SPEECH = 10 ** (-46 / 20)
"""Loudest 30 ms of a sound that counts as spoken."""
_BEGINNING = RATE // 5
_MOST_BYTES = 2**20


class Scripted:
    """See `voice.stt.engine.Engine`."""

    name = "scripted"
    is_quick = True

    def __init__(self, lines: list[str], language: str) -> None:
        """Say these lines."""
        self.model = f"a script of {len(lines)} lines"
        self._lines, self._language = lines, language
        self._next = 0
        self._beginning: Samples | None = None

    def load(self) -> None:
        """There is nothing to load."""

    def transcribe(self, sound: Samples, is_wanted: Callable[[], bool]) -> Heard:
        """The next line for a new sound with speech in it; nothing for silence or after the last line.

        A sound that begins with the very samples of the one before is the same utterance, looked at again
        while it is spoken or at its end: it gets the same line.
        """
        if loudest(prepare(sound)) < SPEECH or not is_wanted():
            return Heard("", self._language)
        beginning = np.array(sound[:_BEGINNING], np.float32)
        if self._beginning is None or not np.array_equal(beginning, self._beginning):
            self._beginning = beginning
            self._next += 1
        text = self._lines[self._next - 1] if self._next <= len(self._lines) else ""
        return Heard(text, self._language)

    def close(self) -> None:
        """Forget the sound."""
        self._beginning = None


def create(chosen: Voice, home: Path) -> Scripted:
    """Read the script: UTF-8, a line for each utterance; empty lines and those with # in front count not.

    Raises:
        SttError: "stt-no-script".
    """
    try:
        path = (home / Path(chosen.stt_model).expanduser()) if chosen.stt_model else None
        if path is None or path.stat().st_size > _MOST_BYTES:
            raise OSError("no file of a script's size")
        rows = [row.strip() for row in path.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        message = "The scripted engine needs a text file: set voice.stt_model to its path."
        raise SttError("stt-no-script", message) from error
    return Scripted([row for row in rows if row and not row.startswith("#")], chosen.language)

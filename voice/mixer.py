"""pygame's mixer, one for the whole process: opened by whoever needs it first, closed by the last."""

import os
import threading
from typing import Any

import numpy as np

from backend.shared.desktop.sound import quiet_sound
from voice.deck import Samples, resample
from voice.devices import SoundError, without_chatter

RATE, BUFFER_FRAMES = 48_000, 512
"""The wish; `get_init` tells what it is. The buffer is 11 ms."""

_FULL_SCALE = 32_767
_lock = threading.Lock()
_users = 0


def open_mixer() -> Any:
    """Open the default loudspeaker; blocks. Every call that returns needs one of `close_mixer`.

    Returns:
        The module `pygame`, with its mixer open.

    Raises:
        SoundError: There is no pygame, or no loudspeaker that it can use.
    """
    global _users  # noqa: PLW0603  the mixer is one for the process too
    with _lock, without_chatter():
        pygame = _library()
        if not _users:
            try:
                pygame.mixer.init(RATE, -16, 2, BUFFER_FRAMES)
            except pygame.error as error:
                text = "No loudspeaker can be used. Check that one is plugged in and switched on."
                raise SoundError("sound-unusable", text) from error
        _users += 1
    return pygame


def close_mixer() -> None:
    """Let go of it; the loudspeaker is closed with the last user."""
    global _users  # noqa: PLW0603
    with _lock, without_chatter():
        _users -= 1
        if not _users:
            _library().mixer.quit()


def sound_of(samples: Samples, rate: int) -> Any:
    """A `pygame.mixer.Sound` of mono samples, -1 to 1, as the open mixer wants it."""
    pygame = _library()
    wanted, _, channels = pygame.mixer.get_init()
    mono = np.clip(resample(samples, rate, wanted) * _FULL_SCALE, -_FULL_SCALE, _FULL_SCALE)
    # Her voice comes from the front; what else there is stays silent.
    frames = np.zeros((len(mono), channels), np.int16)
    frames[:, :2] = mono.astype(np.int16)[:, None]
    return pygame.mixer.Sound(buffer=frames.tobytes())


def _library() -> Any:
    quiet_sound()
    # It greets on standard output.
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    try:
        import pygame
        import pygame.mixer
    except ImportError as error:
        text = "The package pygame is missing. Run: scripts/alisa.py install"
        raise SoundError("sound-missing", text) from error
    return pygame

"""Keeps the system's sound library from writing lines of its own between those of the program."""

import ctypes
import sys

_kept: list[object] = []


def quiet_sound() -> None:
    """From now on ALSA, the sound of Linux, writes nothing to standard error in this process.

    It does so when a stream ran dry or a device is not there, in threads of its own. Other systems keep quiet
    by themselves.
    """
    if sys.platform == "linux" and not _kept:
        _silence_alsa()


def _silence_alsa() -> None:
    try:
        library = ctypes.CDLL("libasound.so.2")
        set_handler = library.snd_lib_error_set_handler
    except (OSError, AttributeError):
        # Where there is no ALSA nobody writes.
        return
    # void handler(const char *file, int line, const char *function, int err, const char *fmt, ...)
    kind = ctypes.CFUNCTYPE(
        None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p
    )
    handler = kind(_say_nothing)
    # ALSA keeps the address alone: the function must not be collected.
    _kept.append(handler)
    set_handler(handler)


def _say_nothing(_file: bytes, _line: int, _function: bytes, _error: int, _text: bytes) -> None:
    """Called by ALSA in place of writing a line."""

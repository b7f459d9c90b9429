"""The system's sound library says nothing on the terminal, once it was told so."""

import subprocess
import sys

_OPEN = """
import contextlib, ctypes
with contextlib.suppress(OSError):
    library, handle = ctypes.CDLL("libasound.so.2"), ctypes.c_void_p()
    library.snd_pcm_open(ctypes.byref(handle), b"no such device", 0, 0)
"""


def said(words: str) -> str:
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr


def test_alsa_is_quiet_where_it_is_and_nothing_happens_elsewhere() -> None:
    quiet = "from backend.shared.desktop.sound import quiet_sound; quiet_sound(); quiet_sound()"
    assert ("ALSA" in said(_OPEN)) == (sys.platform == "linux"), "without it there is a line"
    assert said(quiet + _OPEN) == ""

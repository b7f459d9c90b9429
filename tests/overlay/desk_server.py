"""The X server of the desk of the tests, and the programs it needs."""

import gc
import os
import select
import shutil
import subprocess

import pytest
from Xlib import display

WIDTH, HEIGHT = 1280, 900
LIMIT_SECONDS = 10.0

# What provides each program, in the names of Debian and Ubuntu.
PACKAGES = {
    "Xvfb": "xvfb",
    "setpriv": "util-linux",
    "openbox": "openbox",
    "picom": "picom",
    "xrandr": "x11-xserver-utils",
}


def program(name: str) -> str:
    """The path of a program the tests need."""
    found = shutil.which(name)
    if found is None:
        pytest.fail(f"{name} is missing. Install it: apt-get install {PACKAGES[name]}", pytrace=False)
    return found


class Server:
    """Xvfb. One for the whole process: Tk never lets go of a server, and ends the process when it dies.

    It ends with this process, and the programs of the desks with it.

    Args:
        missing: Extensions it is to be without.
    """

    _running: "Server | None" = None

    def __init__(self, *missing: str) -> None:
        # It ends also when the process of the tests is killed.
        command = (program("setpriv"), "--pdeathsig", "TERM", program("Xvfb"), "-terminate")
        reader, writer = os.pipe()
        screen = ["-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-dpi", "96", "-nolisten", "tcp"]
        for name in missing:
            screen += ["-extension", name]
        try:
            self.process = subprocess.Popen(
                [*command, "-displayfd", str(writer), *screen],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(writer,),
            )
            os.close(writer)
            text = b""
            while not text.endswith(b"\n"):
                ready, _, _ = select.select([reader], [], [], LIMIT_SECONDS)
                piece = os.read(reader, 16) if ready else b""
                if not piece:
                    pytest.fail("Xvfb did not start", pytrace=False)
                text += piece
        finally:
            os.close(reader)
        self.name = f":{int(text)}"
        self._client = display.Display(self.name)

    @classmethod
    def running(cls) -> "Server":
        """The one of this process."""
        if cls._running is None:
            cls._running = cls()
            # Each desk collects garbage at its end: what is here already need not be looked at every time.
            gc.collect()
            gc.freeze()
        return cls._running

    def kill(self) -> None:
        """End it as a crash does."""
        self._client.close()
        self.process.kill()
        self.process.wait()

    def clean(self) -> None:
        """Take away what the programs of a desk left at the root window."""
        root = self._client.screen().root
        for atom in root.list_properties():
            root.delete_property(atom)
        self._client.sync()

"""A desktop of the benchmark's own: Xvfb with openbox, and with or without picom."""

import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from Xlib import X
from Xlib.display import Display
from Xlib.error import DisplayError

from benchmarks.processes import BenchmarkError, quit_process

WIDTH, HEIGHT = 1280, 900
_LIMIT_SECONDS = 20.0

# What provides each program, in the names of Debian and Ubuntu.
_PACKAGES = {"Xvfb": "xvfb", "openbox": "openbox", "picom": "picom"}

_OPENBOX = """<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc"><desktops><number>1</number></desktops></openbox_config>
"""
_PICOM = """backend = "xrender";
shadow = false;
fading = false;
vsync = false;
unredir-if-possible = false;
"""


class Desk(NamedTuple):
    """A desktop that runs."""

    name: str
    """For DISPLAY."""
    server: int
    """Process number of Xvfb."""
    compositor: int | None
    """Process number of picom."""


def program(name: str) -> str:
    """The path of a program the desktop is made of.

    Raises:
        BenchmarkError: It is not installed; says what installs it.
    """
    found = shutil.which(name)
    if found is None:
        raise BenchmarkError(f"{name} is missing. Install it: apt-get install {_PACKAGES[name]}")
    return found


@contextmanager
def desk(*, has_compositor: bool) -> Iterator[Desk]:
    """Start a desktop, and end it after the block.

    Raises:
        BenchmarkError: A program is missing or does not start.
    """
    names = ("Xvfb", "openbox", "picom") if has_compositor else ("Xvfb", "openbox")
    paths = {name: program(name) for name in names}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="alisa-bench-")))
        server, name = _start_server(stack, paths["Xvfb"])
        client = _connect(name)
        stack.callback(client.close)
        (folder / "openbox.xml").write_text(_OPENBOX)
        config = str(folder / "openbox.xml")
        _start(stack, name, paths["openbox"], "--sm-disable", "--config-file", config)
        _wait_for(lambda: _has_manager(client), "openbox")
        compositor = None
        if has_compositor:
            (folder / "picom.conf").write_text(_PICOM)
            compositor = _start(stack, name, paths["picom"], "--config", str(folder / "picom.conf"))
            _wait_for(lambda: _has_compositor(client), "picom")
        yield Desk(name, server, compositor)


def _start_server(stack: ExitStack, path: str) -> tuple[int, str]:
    reader, writer = os.pipe()
    try:
        screen = ("-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-dpi", "96", "-nolisten", "tcp")
        number = str(writer)
        server = _start(stack, "", path, "-displayfd", number, "-noreset", *screen, passed=(writer,))
    finally:
        os.close(writer)
    text = b""
    try:
        while not text.endswith(b"\n"):
            ready, _, _ = select.select([reader], [], [], _LIMIT_SECONDS)
            piece = os.read(reader, 16) if ready else b""
            if not piece:
                raise BenchmarkError("Xvfb did not start.")
            text += piece
    finally:
        os.close(reader)
    return server, f":{int(text)}"


def _start(stack: ExitStack, name: str, *command: str, passed: tuple[int, ...] = ()) -> int:
    environment = {key: text for key, text in os.environ.items() if key != "WAYLAND_DISPLAY"}
    nothing = subprocess.DEVNULL
    process = subprocess.Popen(
        command,
        env=environment | {"DISPLAY": name},
        stdin=nothing,
        stdout=nothing,
        stderr=nothing,
        pass_fds=passed,
    )
    stack.callback(quit_process, process)
    return process.pid


def _connect(name: str) -> Any:
    try:
        return Display(name)
    except (DisplayError, OSError) as error:
        raise BenchmarkError("Xvfb did not let us in.") from error


def _has_manager(client: Any) -> bool:
    atom = client.intern_atom("_NET_SUPPORTING_WM_CHECK")
    return client.screen().root.get_full_property(atom, X.AnyPropertyType) is not None


def _has_compositor(client: Any) -> bool:
    return bool(client.get_selection_owner(client.intern_atom("_NET_WM_CM_S0")) != X.NONE)


def _wait_for(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + _LIMIT_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise BenchmarkError(f"{what} did not start.")
        time.sleep(0.01)

"""A desktop of our own to test on: Xvfb with a window manager, and with or without a compositor.

The pointer, the keys, the windows below and the grabbed pixels come from X clients other than Tk, so that
what is tested is seen from outside.
"""

import contextlib
import functools
import gc
import os
import subprocess
import time
import tkinter as tk
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from Xlib import XK, X, Xutil, display, error
from Xlib.ext import xtest

from tests.overlay.desk_server import HEIGHT, LIMIT_SECONDS, WIDTH, Server, program
from tests.overlay.desk_window import Window

SQUARE_PX = 50
GREEN, SAND = (0x2E, 0x8B, 0x57), (0xD2, 0xB4, 0x8C)

# Focus and raise by click, and nothing else: no menus, no shortcuts that would swallow keys or buttons.
OPENBOX = """<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <focus><focusNew>yes</focusNew><followMouse>no</followMouse></focus>
  <desktops><number>1</number></desktops>
  <mouse>
    <context name="Client">
      <mousebind button="Left" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
    </context>
    <context name="Titlebar">
      <mousebind button="Left" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
    </context>
  </mouse>
</openbox_config>
"""
PICOM = """backend = "xrender";
shadow = false;
fading = false;
vsync = false;
unredir-if-possible = false;
"""


@functools.lru_cache(maxsize=64)
def backdrop(x: int, y: int, width: int, height: int) -> np.ndarray:
    """What the checkerboard looks like there: uint8, (height, width, 3), RGB."""
    rows, columns = np.arange(y, y + height) // SQUARE_PX, np.arange(x, x + width) // SQUARE_PX
    is_sand = (rows[:, None] + columns) % 2
    found = np.array((GREEN, SAND), np.uint8)[is_sand]
    found.flags.writeable = False
    return found


class Desk:
    """An X server of our own with openbox on it, showing a checkerboard.

    Args:
        folder: For the configuration files of the programs.
        has_compositor: Whether picom runs.
        server: Another one than that of this process.
    """

    def __init__(self, folder: Path, has_compositor: bool, server: Server | None = None) -> None:
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self._compositor: subprocess.Popen[bytes] | None = None
        self._monitors: list[str] = []
        self._roots: list[tk.Tk] = []
        self.windows: dict[int, Window] = {}
        self.server = server or Server.running()
        self.name = self.server.name
        try:
            self.display = display.Display(self.name)
            self.root = self.display.screen().root
            self.point(WIDTH // 2, HEIGHT // 2)
            config = folder / "openbox.xml"
            config.write_text(OPENBOX)
            self.window_manager = self._start("openbox", "--sm-disable", "--config-file", str(config))
            if has_compositor:
                self.start_compositor(wait=False)
            self.wait_for(self._is_managed, "openbox")
            self.backdrop = self._open_backdrop()
            if has_compositor:
                self.wait_for(self._is_composited, "picom")
            self.wait_for(self._shows_backdrop, "the checkerboard")
        except BaseException:
            self.stop()
            raise

    # The programs.

    def _start(self, *command: str, **options: object) -> subprocess.Popen[bytes]:
        environment = {key: text for key, text in os.environ.items() if key != "WAYLAND_DISPLAY"}
        environment["DISPLAY"] = self.name
        process = subprocess.Popen(
            [program(command[0]), *command[1:]],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **options,
        )
        self._processes.append(process)
        return process

    def start_compositor(self, wait: bool = True, config: str = PICOM) -> None:
        """Start picom, by default without shadows and fading."""
        file = self._folder / "picom.conf"
        file.write_text(config)
        self._compositor = self._start("picom", "--config", str(file))
        if wait:
            self.wait_for(self._is_composited, "picom")

    def stop_compositor(self) -> None:
        """End picom."""
        assert self._compositor is not None
        self._end(self._compositor)
        self._processes.remove(self._compositor)
        self._compositor = None
        self.wait_for(lambda: not self.has_compositor, "picom's end")

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        process.terminate()
        try:
            process.wait(LIMIT_SECONDS / 2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop(self) -> None:
        """End everything. Tk first: it takes the whole process with it when its server dies."""
        for root in self._roots:
            with contextlib.suppress(tk.TclError):
                root.destroy()
        self._roots.clear()
        # Tk objects that are collected in another thread later abort the interpreter.
        gc.collect()
        if self._monitors:
            self.set_monitors()
        if hasattr(self, "display"):
            self.display.close()
        for process in reversed(self._processes):
            self._end(process)
        self.server.clean()

    def lose_server(self) -> None:
        """The server dies; it must be one of this desk's own. Replaces `stop`."""
        self.display.close()
        self.server.kill()
        for process in reversed(self._processes):
            self._end(process)

    # Waiting.

    def wait_for(
        self,
        condition: Callable[[], object],
        what: str = "it",
        meanwhile: Callable[[], object] | None = None,
        seconds: float = LIMIT_SECONDS,
        pause_seconds: float = 0.005,
    ) -> None:
        """Wait until a condition holds; fails after the limit.

        Args:
            condition: Asked again and again.
            what: What is waited for, for the message.
            meanwhile: Called in between, e.g. `root.update`.
            seconds: The limit.
            pause_seconds: Between two looks; longer where it is another process that has to work.
        """
        limit = time.monotonic() + seconds
        while True:
            if meanwhile is not None:
                meanwhile()
            if condition():
                return
            if time.monotonic() > limit:
                pytest.fail(f"Waited in vain for {what}")
            time.sleep(pause_seconds)

    # Looking.

    def tk(self) -> tk.Tk:
        """A withdrawn Tk root on this desk, destroyed at its end."""
        root = tk.Tk(screenName=self.name)
        root.withdraw()
        self._roots.append(root)
        return root

    def grab(self, x: int = 0, y: int = 0, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
        """The pixels on the screen: uint8, (height, width, 3), RGB."""
        image = self.root.get_image(x, y, width, height, X.ZPixmap, 0xFFFFFFFF)
        return np.frombuffer(image.data, np.uint8).reshape(height, width, 4)[..., 2::-1].copy()

    def atom(self, name: str) -> int:
        """The number of a name in this server."""
        return self.display.intern_atom(name)

    def client_list(self) -> list[int]:
        """The windows a task bar would show or skip: `_NET_CLIENT_LIST`."""
        listed = self.root.get_full_property(self.atom("_NET_CLIENT_LIST"), X.AnyPropertyType)
        return list(listed.value) if listed is not None else []

    @property
    def has_compositor(self) -> bool:
        """Whether somebody owns the compositor's selection."""
        return self.display.get_selection_owner(self.atom("_NET_WM_CM_S0")) != X.NONE

    @property
    def active_window(self) -> int:
        """The window that has the window manager's focus; 0: none."""
        active = self.root.get_full_property(self.atom("_NET_ACTIVE_WINDOW"), X.AnyPropertyType)
        return active.value[0] if active is not None else 0

    def _is_managed(self) -> bool:
        return (
            self.root.get_full_property(self.atom("_NET_SUPPORTING_WM_CHECK"), X.AnyPropertyType) is not None
        )

    def _is_composited(self) -> bool:
        # Not as soon as it owns the selection: all is black for a moment when it takes the windows over.
        if not self.has_compositor:
            return False
        frame = self.backdrop.window.query_tree().parent
        refused = error.CatchError(error.BadMatch)
        pixmap = frame.composite_name_window_pixmap(onerror=refused)
        self.display.sync()
        if refused.get_error() is not None:
            return False
        pixmap.free()
        return bool(self.grab().any())

    def _shows_backdrop(self) -> bool:
        return bool((self.grab() == backdrop(0, 0, WIDTH, HEIGHT)).all())

    # Windows of others.

    def _open_backdrop(self) -> Window:
        tile = self.root.create_pixmap(2 * SQUARE_PX, 2 * SQUARE_PX, 24)
        green, sand = (int.from_bytes(bytes(colour)) for colour in (GREEN, SAND))
        context = tile.create_gc(foreground=green)
        tile.fill_rectangle(context, 0, 0, 2 * SQUARE_PX, 2 * SQUARE_PX)
        context.change(foreground=sand)
        tile.fill_rectangle(context, SQUARE_PX, 0, SQUARE_PX, SQUARE_PX)
        tile.fill_rectangle(context, 0, SQUARE_PX, SQUARE_PX, SQUARE_PX)
        context.free()
        window = self.root.create_window(
            *(0, 0, WIDTH, HEIGHT, 0, 24),
            background_pixmap=tile,
            event_mask=X.ButtonPressMask | X.KeyPressMask,
        )
        tile.free()
        self._set_atom(window, "_NET_WM_WINDOW_TYPE", "_NET_WM_WINDOW_TYPE_DESKTOP")
        return self._show(window, "Backdrop", 0, 0)

    def open_window(
        self,
        title: str,
        box: tuple[int, int, int, int] = (100, 100, 400, 300),
        colour: tuple[int, int, int] = (0xFF, 0xFF, 0xFF),
        is_fullscreen: bool = False,
        pid: int = 0,
    ) -> Window:
        """Open an ordinary window of one colour, as another application would, and wait until it is there.

        Args:
            title: Its name in title bars.
            box: x, y, width, height.
            colour: RGB.
            is_fullscreen: Whether it fills the screen.
            pid: The process it is said to belong to; 0: the window manager's, which is not ours.
        """
        x, y, width, height = box
        window = self.root.create_window(
            *(x, y, width, height, 0, 24),
            background_pixel=int.from_bytes(bytes(colour)),
            event_mask=X.ButtonPressMask | X.KeyPressMask,
        )
        if is_fullscreen:
            self._set_atom(window, "_NET_WM_STATE", "_NET_WM_STATE_FULLSCREEN")
        window.change_property(
            self.atom("_NET_WM_PID"), self.atom("CARDINAL"), 32, [pid or self.window_manager.pid]
        )
        return self._show(window, title, x, y)

    def _set_atom(self, window, name: str, text: str) -> None:
        window.change_property(self.atom(name), self.atom("ATOM"), 32, [self.atom(text)])

    def _show(self, window, title: str, x: int, y: int) -> Window:
        window.set_wm_name(title)
        window.set_wm_class(title.lower(), title)
        window.set_wm_hints(flags=Xutil.InputHint, input=1)
        window.set_wm_normal_hints(flags=Xutil.USPosition, x=x, y=y)
        shown = self.windows[window.id] = Window(self, window)
        # Asked again and again: openbox drops what is asked of it while it starts.
        self.wait_for(lambda: window.id in self.client_list(), f"{title} in the list", meanwhile=window.map)
        self.wait_for(lambda: window.get_attributes().map_state == X.IsViewable, f"{title} on the screen")
        return shown

    def read_events(self) -> None:
        """Hand what has happened to the windows of the desk."""
        self.display.sync()
        for _ in range(self.display.pending_events()):
            happened = self.display.next_event()
            window = self.windows.get(getattr(happened, "window", self.root).id)
            if window is not None:
                window.take(happened)

    # The user's hands.

    def point(self, x: int, y: int) -> None:
        """Move the pointer."""
        xtest.fake_input(self.display, X.MotionNotify, x=x, y=y)
        self.display.sync()

    def press(self, button: int = 1) -> None:
        """Press a button and hold it."""
        xtest.fake_input(self.display, X.ButtonPress, button)
        self.display.sync()

    def release(self, button: int = 1) -> None:
        """Let a button go."""
        xtest.fake_input(self.display, X.ButtonRelease, button)
        self.display.sync()

    def click(self, x: int, y: int, button: int = 1) -> None:
        """Point, press and release. Buttons: 1 left, 2 middle, 3 right, 4 and 5 the wheel up and down."""
        self.point(x, y)
        self.press(button)
        self.release(button)

    def drag(self, start: tuple[int, int], end: tuple[int, int], button: int = 1, steps: int = 8) -> None:
        """Press at one point, move in steps, release at the other."""
        self.point(*start)
        self.press(button)
        for step in range(1, steps + 1):
            self.point(*(a + (b - a) * step // steps for a, b in zip(start, end, strict=True)))
        self.release(button)

    def key(self, name: str) -> None:
        """Press and release a key by its X name, with others held before it: "a", "Return", "Control_L+c"."""
        codes = []
        for part in name.split("+"):
            symbol = XK.string_to_keysym(part)
            code, index = next(
                (found for found in self.display.keysym_to_keycodes(symbol) if found[1] in (0, 1)), (0, 0)
            )
            assert code, f"no key for {part}"
            if index == 1:
                codes.append(self.display.keysym_to_keycode(XK.XK_Shift_L))
            codes.append(code)
        for code in codes:
            xtest.fake_input(self.display, X.KeyPress, code)
        for code in reversed(codes):
            xtest.fake_input(self.display, X.KeyRelease, code)
        self.display.sync()

    # Monitors.

    def set_monitors(self, **monitors: tuple[int, int, int, int]) -> None:
        """Divide the screen into monitors: name=(x, y, width, height). None given: one monitor again."""
        for name in self._monitors:
            self._xrandr("--delmonitor", name)
        self._monitors = list(monitors)
        for index, (name, (x, y, width, height)) in enumerate(monitors.items()):
            # 96 dots per inch.
            size = f"{width}/{round(width * 25.4 / 96)}x{height}/{round(height * 25.4 / 96)}+{x}+{y}"
            self._xrandr("--setmonitor", name, size, "none" if index else "screen")

    def _xrandr(self, *arguments: str) -> None:
        command = [program("xrandr"), "--display", self.name, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False)
        # It goes through with a warning about an output that has no monitor's data.
        assert done.returncode == 0, done.stderr

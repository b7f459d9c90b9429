"""See-through windows: light to import, plain about what it cannot do, calm when one is lost."""

import subprocess
import sys
import tkinter as tk

import pytest
from Xlib.display import Display

from backend.shared.desktop import glass
from tests.overlay.desk import Desk, Server

# python-xlib leaves the sockets of a failed attempt to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def test_importing_it_loads_no_toolkit_and_no_xlib():
    heavy = "('Xlib', 'tkinter', 'PIL')"
    code = f"import sys, backend.shared.desktop.glass; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_compositor_is_seen(glass_desk: Desk):
    assert glass.has_compositor()
    glass_desk.stop_compositor()
    assert not glass.has_compositor()


def test_without_a_display_there_is_no_compositor_and_no_window(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":9999")
    assert not glass.has_compositor()
    for take in (lambda: glass.frame(1, ""), lambda: glass.pane(1, False)):
        with pytest.raises(glass.GlassError) as caught:
            take()
        assert caught.value.code == "glass-no-display"


def test_without_python_xlib_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "backend.shared.desktop.x11_glass", None)
    assert not glass.has_compositor()
    with pytest.raises(glass.GlassError, match="pip install python-xlib"):
        glass.pane(1, False)


def mapped(root: tk.Tk) -> tk.Toplevel:
    window = tk.Toplevel(root)
    window.overrideredirect(True)
    window.update()
    return window


def test_a_window_that_does_not_exist_is_refused(desk: Desk):
    for take in (lambda: glass.frame(0x7FFFFF, ""), lambda: glass.pane(0x7FFFFF, False)):
        with pytest.raises(glass.GlassError) as caught:
            take()
        assert caught.value.code == "glass-no-window"


def test_a_window_of_another_depth_is_refused(desk: Desk):
    window = mapped(desk.tk())
    with pytest.raises(glass.GlassError) as caught:
        glass.pane(window.winfo_id(), has_alpha=True)
    assert caught.value.code == "glass-unsupported"


def test_a_window_that_vanishes_is_borne_in_silence(desk: Desk, capfd):
    window = mapped(desk.tk())
    pane = glass.pane(window.winfo_id(), has_alpha=False)
    sheet = pane.upload((2, 2), bytes(16), b"\3\0\0\0" * 2)
    window.destroy()
    window.master.update()
    pane.paint(sheet, None, (0, 0))
    pane.stay_aside()
    pane.set_click_through(True)
    pane.set_opacity(0.5)
    sheet.free()
    pane.close()
    assert capfd.readouterr() == ("", "")


def test_a_server_that_vanishes_is_an_error_of_ours(monkeypatch):
    server = Server()
    monkeypatch.setenv("DISPLAY", server.name)
    client = Display(server.name)
    window = client.screen().root.create_window(0, 0, 10, 10, 0, 24)
    client.sync()
    pane = glass.pane(window.id, has_alpha=False)
    server.process.kill()
    server.process.wait()
    for act in (lambda: pane.set_opacity(0.5), lambda: pane.upload((2, 2), bytes(16), bytes(8))):
        with pytest.raises(glass.GlassError) as caught:
            act()
        assert caught.value.code == "glass-no-display"
    pane.close()


def test_pictures_larger_than_a_request_arrive_whole(desk: Desk):
    root = desk.tk()
    window = mapped(root)
    window.geometry("1000x800+0+0")
    window.configure(background="")
    window.update()
    pane = glass.pane(window.winfo_id(), has_alpha=False)
    pixels = bytes(range(250)) * (1000 * 800 * 4 // 250)
    pane.paint(pane.upload((1000, 800), pixels, b"\xff" * (128 * 800)), None, (0, 0))
    wanted = [pixels[2], pixels[1], pixels[0]]
    desk.wait_for(lambda: list(desk.grab(0, 0, 1, 1)[0, 0]) == wanted, "the picture", meanwhile=root.update)
    image = desk.root.get_image(0, 0, 1000, 800, 2, 0xFFFFFFFF).data
    assert all(image[i::4] == pixels[i::4] for i in range(3))
    pane.close()

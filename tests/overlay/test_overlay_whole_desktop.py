"""What the desktop does to her: other windows, compositors, monitors, servers that lack or lose something."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from Xlib.protocol import display, event

from overlay.packs.loader import SHIPPED
from tests.overlay.desk import Desk
from tests.overlay.desk_server import Server
from tests.overlay.face import Face
from tests.overlay.watching import activate

Show = Callable[..., Face]
SMOOTH = 6.0
"""Mean difference from the ideal blend; edges that are cut hard are several times further from it."""


def test_she_hides_from_a_full_screen_and_comes_back(desk: Desk, show: Show) -> None:
    face = show(desk)
    face.wait_until_shown()
    film = desk.open_window("Film", is_fullscreen=True)
    face.wait_for(lambda: not face.windows(), "her to hide")
    film.close()
    face.wait_for(face.looks, "her to come back")


def test_she_is_above_what_opens_later(desk: Desk, show: Show) -> None:
    face = show(desk, overlay_reduced_motion="true")
    box = face.wait_until_shown()
    later = desk.open_window("Later", box)
    face.wait_for(face.looks, "her above a window")
    activate(desk, desk.backdrop)
    # One that is none of the window manager's, as window managers put their own above her.
    veil = desk.root.create_window(*box, 0, 24, override_redirect=True, background_pixel=0)
    veil.map()
    desk.wait_for(lambda: not face.looks(), "her to be covered")
    activate(desk, later)
    face.wait_for(face.looks, "her above the window")


def test_a_compositor_that_comes_and_goes_changes_her_window_not_her(desk: Desk, show: Show) -> None:
    face = show(desk, overlay_reduced_motion="true")
    box = face.wait_until_shown()
    for _ in range(2):
        desk.start_compositor()
        face.wait_for(lambda: face.box() == box and face.looks() and face.edges() < SMOOTH, "soft edges")
        desk.stop_compositor()
        face.wait_for(lambda: face.box() == box and face.looks() and face.edges() > SMOOTH, "hard edges")
    assert sum(title.startswith("Alisa ") for title in face.windows()) <= 3  # she, her pill, her bubble


def test_a_monitor_that_goes_takes_her_not_with_it(desk: Desk, show: Show) -> None:
    desk.set_monitors(left=(0, 0, 640, 900), right=(640, 0, 640, 900))
    face = show(desk, overlay_reduced_motion="true")
    x, _, width, _ = face.wait_until_shown()
    assert x + width <= 640
    start = face.body()
    desk.drag(start, (1000, start[1]))
    face.wait_for(lambda: face.box()[0] > 640, "her on the right one")
    there = face.box()
    desk.set_monitors(left=(0, 0, 640, 900))
    face.wait_for(lambda: face.box()[0] + face.box()[2] <= 640 and face.looks(), "her on the left one")
    desk.set_monitors(left=(0, 0, 640, 900), right=(640, 0, 640, 900))
    face.wait_for(lambda: face.box() == there and face.looks(), "her back on the right one")


@pytest.fixture
def poor_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A server that knows neither monitors nor compositing."""
    # python-xlib keeps the numbers of events for all servers together, and here they are others.
    monkeypatch.setattr(display.Display, "event_classes", event.event_class.copy())
    desk = Desk(tmp_path, has_compositor=False, server=Server("RANDR", "Composite"))
    yield desk
    desk.lose_server()


def test_an_old_server_shows_her_too(poor_desk: Desk, show: Show) -> None:
    assert not poor_desk.display.has_extension("RANDR")
    face = show(poor_desk, overlay_reduced_motion="true")
    x, y, width, height = face.wait_until_shown()
    start = face.body()
    poor_desk.drag(start, (start[0] - 200, start[1] - 100))
    face.wait_for(lambda: face.box() == (x - 200, y - 100, width, height), "her at the new place")
    face.choose("Click-through")
    poor_desk.click(*face.body())
    poor_desk.wait_for(lambda: poor_desk.backdrop.presses, "the click below")
    assert face.stop() == 0


def test_a_screen_that_dies_ends_her_with_a_line_and_no_traceback(tmp_path: Path, show: Show) -> None:
    desk = Desk(tmp_path, has_compositor=False, server=Server())
    face = show(desk)
    face.wait_until_shown()
    # She is on the screen before all of her is made; with her menu everything is there.
    face.choose("Click-through")
    desk.lose_server()
    code, output, said = ended(face)
    assert (code, output) == (1, "")
    assert "Traceback" not in said
    assert f'"{desk.name}"' in said or f" {desk.name} " in said  # Xlib's own words: it ends the process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_she_goes_when_she_is_asked_to(desk: Desk, show: Show, number: int) -> None:
    face = show(desk)
    face.wait_until_shown()
    assert face.stop(number) == 0
    assert face.said == ("", "")
    assert not face.windows()


def ended(face: Face) -> tuple[int, str, str]:
    """Exit code, and what was said to the two outputs, of one that ends by itself."""
    output, said = face.process.communicate(timeout=20)
    return face.process.returncode, output, said


def test_without_a_screen_it_is_said_in_one_line(home: Path) -> None:
    assert ended(Face(None, home)) == (
        2,
        "",
        "alisa: There is no screen to show her on. Start her face in a desktop session; "
        "the chat works without.\n",
    )


def test_a_wrong_setting_is_said_in_one_line(desk: Desk, show: Show) -> None:
    code, output, said = ended(show(desk, overlay_height_px="tall"))
    assert (code, output) == (2, "")
    assert said.startswith("alisa: ")
    assert said.count("\n") == 1
    assert "height" in said.lower()


def test_a_look_that_is_not_there_is_said_in_one_line_with_those_that_are(desk: Desk, show: Show) -> None:
    code, output, said = ended(show(desk, overlay_pack="hatsune"))
    assert (code, output) == (2, "")
    assert said == (
        'alisa: There is no look "hatsune" (overlay.pack in alisa.toml, or --pack). '
        "There are: alisa, alisa-winter.\n"
    )


def test_a_broken_look_is_said_in_one_line_with_file_and_key(desk: Desk, home: Path, show: Show) -> None:
    folder = home / "avatars" / "mine"
    folder.mkdir(parents=True)
    manifest = (SHIPPED / "alisa" / "avatar.toml").read_text(encoding="utf-8")
    (folder / "avatar.toml").write_text(manifest.replace("[canvas]", "[canvas]\nwidth = -1", 1))
    code, output, said = ended(show(desk, overlay_pack="mine"))
    assert (code, output) == (2, "")
    assert said.startswith("alisa: ")
    assert said.count("\n") == 1
    assert "avatar.toml" in said


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b'{"version": 99}', b"[" * 5000, b""])
def test_what_she_remembers_may_be_broken(desk: Desk, home: Path, show: Show, content: bytes) -> None:
    file = home / "overlay.json"
    file.write_bytes(content)
    face = show(desk, overlay_reduced_motion="true")
    face.wait_until_shown()
    assert face.stop() == 0
    assert (home / "overlay.json.broken").read_bytes() == content

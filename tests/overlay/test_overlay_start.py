"""What the command line says when she starts, on a real desktop."""

from pathlib import Path

from overlay.placement import Placement
from tests.overlay.desk import Desk
from tests.overlay.face import Face


def test_the_command_line_is_stronger_than_what_is_remembered(desk: Desk, home: Path) -> None:
    first = Face(desk, home, "--height", "300")
    first.wait_until_shown()
    first.desk.click(*first.body(), button=4)
    first.wait_for(lambda: first.box()[3] > 300, "her larger")
    first.stop()
    remembered = Placement(home)
    remembered.pack = "alisa"
    remembered.save()
    second = Face(desk, home, "--height", "240", "--pack", "alisa-winter")
    assert second.wait_until_shown()[3] == 240
    second.stop()
    assert Placement(home).pack == "alisa-winter"

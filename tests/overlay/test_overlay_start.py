"""What the command line says when she starts, on a real desktop."""

import shutil
from pathlib import Path

import pytest

from overlay.app import find_pack
from overlay.packs.loader import SHIPPED
from overlay.packs.tables import PackError
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


def test_a_look_that_is_broken_by_now_gives_way_to_that_of_the_settings(tmp_path: Path) -> None:
    folders = [tmp_path, SHIPPED]
    shutil.copytree(SHIPPED / "alisa-winter", tmp_path / "mira")
    assert [find_pack(folders, name, "alisa")[0].name for name in ("mira", "", "gone")] == [
        "mira",
        "alisa",
        "alisa",
    ]
    (tmp_path / "mira" / "1x" / "torso.png").unlink()
    complaint = 'The look "mira" cannot be shown. avatar.toml: images.torso: 1x/torso.png is missing.'
    pack, said = find_pack(folders, "mira", "alisa")
    assert (pack.name, said) == ("alisa", complaint)
    with pytest.raises(PackError) as caught:
        find_pack(folders, "mira", "mira")
    assert caught.value.message == complaint
    with pytest.raises(PackError, match="There is no look"):
        find_pack(folders, "", "nobody")

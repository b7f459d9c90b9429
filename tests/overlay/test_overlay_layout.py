"""Which images of a pack are shown for a pose, and where: the rules of the packs' README."""

from dataclasses import replace
from typing import get_args

import pytest
from pack_house import make_bare, make_pack, plain

from backend.shared.records import EmotionName, MouthShape
from overlay.life.pose import PHASES, Eyes, Look, Pose
from overlay.packs import layout
from overlay.packs.composer import Composer
from overlay.packs.loader import load

RED = (255, 0, 0, 255)
EMOTIONS, EYES, MOUTHS, LOOKS = (get_args(each) for each in (EmotionName, Eyes, MouthShape, Look))


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return load(make_pack(tmp_path_factory.mktemp("composer") / "mira"))


def shown(pack, pose, scale=1):
    """What is on the canvas, back to front: name, x and y."""
    return [tuple(each[:3]) for each in layout.lay_out(pack, pose, scale) if each is not None]


def names(pack, pose):
    return [name for name, _, _ in shown(pack, pose)]


def test_the_image_of_the_exact_name_is_taken(pack):
    pose = Pose("happy", eyes="closed", mouth="smile")
    assert names(pack, pose) == ["body", "lids-happy-closed", "mouth-happy-smile"]


def test_without_a_mouth_the_emotion_tells_it(pack):
    assert "mouth-happy-smile" in names(pack, Pose("happy"))
    assert "mouth-neutral-closed" in names(pack, Pose("neutral"))
    assert "mouth-neutral-small" in names(pack, Pose("happy", mouth="small"))


@pytest.mark.parametrize(
    ("mouth", "image"),
    [("wide", "small"), ("round", "small"), ("small", "small"), ("smile", "small"), ("closed", "closed")],
)
def test_a_mouth_that_is_not_there_falls_to_the_next(pack, mouth, image):
    assert f"mouth-neutral-{image}" in names(pack, Pose(mouth=mouth))


def test_an_emotion_that_is_not_there_is_neutral_also_in_its_table(pack):
    assert names(pack, Pose("sad")) == names(pack, Pose("neutral"))
    assert shown(pack, Pose("sad")) == shown(pack, Pose("neutral"))


def test_the_emotion_changes_before_the_eyes_do(pack):
    # There is no happy face with half-closed eyes: neither with any emotion. Open eyes are found as neutral.
    assert "lids-neutral-open" in names(pack, Pose("happy", eyes="half"))
    assert "lids-happy-closed" in names(pack, Pose("happy", eyes="closed"))


def chosen(folder, layer, images, pose, more=""):
    """The one image a pack with one layer shows for a pose."""
    pack = load(make_bare(folder, f"[[layers]]\n{layer}", dict.fromkeys(images, plain((4, 4), RED)), more))
    return next(iter(names(pack, pose)), None)


def test_the_mouth_changes_before_the_eyes_do(tmp_path):
    images = ["m-half-small", "m-open-wide"]
    pose = Pose(eyes="closed", mouth="wide")
    assert chosen(tmp_path / "a", 'image = "m-{eyes}-{mouth}"', images, pose) == "m-half-small"


def test_the_emotion_changes_before_the_mouth_does(tmp_path):
    images = ["m-happy-closed", "m-neutral-small"]
    pose = Pose("happy", mouth="small")
    assert chosen(tmp_path / "a", 'image = "m-{emotion}-{mouth}"', images, pose) == "m-neutral-small"


def test_fallbacks_of_the_pack_go_before_the_usual_ones(tmp_path):
    images, pose = ["m-happy", "m-neutral"], Pose("sad")
    layer = 'image = "m-{emotion}"'
    assert chosen(tmp_path / "a", layer, images, pose) == "m-neutral"
    assert chosen(tmp_path / "b", layer, images, pose, '[fallback]\nemotion = { sad = "happy" }') == "m-happy"
    # What the pack's fallbacks do not name goes the usual way.
    assert (
        chosen(tmp_path / "c", layer, images, Pose("angry"), '[fallback]\nemotion = { sad = "happy" }')
        == images[1]
    )


def test_a_layer_without_fallback_shows_the_exact_image_or_nothing(tmp_path):
    layer, images = 'image = "m-{emotion}"\nfallback = false', ["m-neutral"]
    assert chosen(tmp_path / "a", layer, images, Pose("neutral")) == "m-neutral"
    assert chosen(tmp_path / "b", layer, images, Pose("happy")) is None


def test_a_layer_of_which_no_image_is_there_is_not_drawn(tmp_path):
    assert chosen(tmp_path / "a", 'image = "n-{emotion}"', ["m"], Pose("happy")) is None


def test_a_layer_for_sleep_is_drawn_only_while_she_sleeps(pack):
    assert names(pack, Pose(is_asleep=True))[-1] == "snore"
    assert "snore" not in names(pack, Pose())
    assert pack.pictures.get("snore", 1).getbbox()
    asleep, awake = (Composer(pack, 60).picture(Pose(is_asleep=each)) for each in (True, False))
    assert asleep.tobytes() != awake.tobytes()


def test_head_breath_sway_and_look_move_a_layer(pack):
    at = {name: (x, y) for name, x, y in shown(pack, Pose("happy", breath=PHASES, sway=-PHASES))}
    assert at["body"] == (2 - 1, 3 - 1)  # it does not belong to the head
    assert at["iris"] == (14, 15 - 2 - 1)
    assert ("iris", 14 + 2, 15) in shown(pack, Pose(look="right"))
    assert ("iris", 14, 15) in shown(pack, Pose(look="down_left"))  # not in the table: no movement


def test_places_are_rounded_after_scaling_and_halves_go_the_same_way_everywhere(pack):
    for scale, y in ((1, 15 - 1), (2, 30 - 3)):
        assert ("iris", 14 * scale, y) in shown(pack, Pose(look="up"), scale)
    for half in (Pose(breath=PHASES // 2), Pose(breath=PHASES // 2, emotion="happy")):
        whole = {name: y for name, _, y in shown(pack, replace(half, breath=0))}
        moved = {whole[name] - y for name, _, y in shown(pack, half)}
        assert moved == {0}

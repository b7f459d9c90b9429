"""What the shipped art promises: a picture for every state, feelings that differ at a glance, clean edges."""

import importlib.util
import itertools
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

AVATARS = Path(__file__).resolve().parents[2] / "assets" / "avatars"
PACKS = ("alisa", "alisa-winter")
LEAST = 0.08  # of the face box's pixels
KNOTS = ((175, 118), (394, 92))  # of the bows that tie the tails to the head, in the 2x picture
SIZE_LIMIT_BYTES = 4_000_000


def load_sheet() -> ModuleType:
    spec = importlib.util.spec_from_file_location("alisa_sheet", AVATARS / "alisa" / "source" / "sheet.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


sheet = load_sheet()


@pytest.fixture(scope="module", params=PACKS)
def pack(request):
    return sheet.Pack(AVATARS / request.param)


@pytest.mark.parametrize("height", [900, 150])
def test_every_two_emotions_differ_in_the_face_at_full_size_and_small(pack, height):
    shares = sheet.differences(pack, height)
    assert len(shares) == 15
    assert min(shares.values()) >= LEAST, min(shares, key=shares.get)


def test_emotions_differ_by_the_features_alone_not_by_moving_the_head(pack):
    still = sheet.Pack(pack.folder)
    for emotion in still.toml["emotions"].values():
        emotion.pop("head", None)
    for height in (900, 150):
        shares = sheet.differences(still, height)
        assert min(shares.values()) >= LEAST, min(shares, key=shares.get)


def test_every_emotion_has_its_own_open_half_and_closed_eyes_and_five_mouths(pack):
    images = pack.toml["images"]
    for emotion in sheet.EMOTIONS:
        assert {f"lids-{emotion}-{eyes}" for eyes in ("open", "half", "closed")} <= images.keys()
        assert {f"white-{emotion}-{eyes}" for eyes in ("open", "half")} <= images.keys()
        assert {f"mouth-{emotion}-{mouth}" for mouth in sheet.MOUTHS} <= images.keys()
        assert {f"iris-{emotion}", f"brows-{emotion}", f"arm-{emotion}"} <= images.keys()


def test_blinking_and_speaking_change_the_face_in_every_emotion(pack):
    for emotion in sheet.EMOTIONS:
        pictures = [pack.face(pack.compose(emotion, eyes, "closed")) for eyes in ("open", "half", "closed")]
        pictures += [pack.face(pack.compose(emotion, "open", mouth)) for mouth in sheet.MOUTHS[1:]]
        for one, two in itertools.combinations([np.asarray(p, int) for p in pictures], 2):
            assert (abs(one - two).max(2) > sheet.LEVEL).mean() > 0.004, emotion


def test_the_eyes_look_in_eight_directions_and_never_leave_their_whites(pack):
    pictures = {look: np.asarray(pack.compose(look=look), int) for look in sheet.LOOKS}
    for one, two in itertools.combinations(pictures.values(), 2):
        assert (abs(one - two).max(2) > sheet.LEVEL).sum() > 100
    white = pack.image("white-neutral-open", 2)
    x, y = (2 * v for v in pack.toml["images"]["white-neutral-open"])
    outside = np.ones(pictures[None].shape[:2], bool)
    outside[y : y + white.height, x : x + white.width] = np.asarray(white)[..., 3] == 0
    for picture in pictures.values():
        assert (picture[outside] == pictures[None][outside]).all()


@pytest.mark.parametrize("name", PACKS)
def test_the_files_are_those_of_the_table_at_both_scales_inside_the_canvas(name):
    own = sheet.tomllib.loads((AVATARS / name / "avatar.toml").read_text(encoding="utf-8"))["images"]
    for scale in (1, 2):
        files = {path.stem: path for path in (AVATARS / name / f"{scale}x").glob("*.png")}
        assert files.keys() == own.keys()
        for stem, path in files.items():
            with Image.open(path) as image:
                assert image.mode == "RGBA"
                x, y = own[stem]
                assert x >= 0 and y >= 0 and x * scale + image.width <= 300 * scale
                assert y * scale + image.height <= 450 * scale
                with Image.open(AVATARS / name / "1x" / path.name) as small:
                    assert image.size == (small.width * scale, small.height * scale)


def test_nothing_is_drawn_up_to_the_edge_of_the_canvas_however_she_moves_so_nothing_is_cut_off(pack):
    states = [{"emotion": emotion} for emotion in sheet.EMOTIONS]
    states += [{"sway": sway, "breath": breath} for sway in (-1, 1) for breath in (0, 1)]
    states.append({"eyes": "closed", "is_asleep": True, "breath": 1})
    for state in states:
        alpha = np.asarray(pack.compose(**state))[..., 3]
        for edge in (alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]):
            assert not edge.any(), state


def test_asleep_she_has_a_mark_that_is_drawn_at_no_other_time(pack):
    asleep = [layer for layer in pack.toml["layers"] if layer.get("when") == "asleep"]
    assert asleep
    awake = np.asarray(pack.compose(eyes="closed"), int)
    sleeping = np.asarray(pack.compose(eyes="closed", is_asleep=True), int)
    assert (abs(awake - sleeping).max(2) > sheet.LEVEL).sum() > 1000
    other = sheet.Pack(pack.folder)
    other.toml["layers"] = [layer for layer in pack.toml["layers"] if layer not in asleep]
    assert (np.asarray(other.compose(eyes="closed"), int) == awake).all()


def test_the_parts_of_her_hair_sway_by_amounts_of_their_own_and_leave_no_gap(pack):
    sways = {layer["image"]: tuple(layer.get("sway", (0, 0))) for layer in pack.toml["layers"]}
    parts = [
        sways[part] for part in ("tail-left-rear", "tail-left", "tail-right-rear", "tail-right", "ahoge")
    ]
    assert len(set(parts)) == len(parts)
    for sway in (-1, 0, 1):
        alpha = np.asarray(pack.compose(sway=sway))[..., 3]
        for x, y in KNOTS:
            assert alpha[y - 8 : y + 8, x - 24 : x + 24].min() == 255, (sway, x, y)


def test_she_is_no_taller_than_three_and_a_half_heads(pack):
    chin = pack.toml["images"]["head"][1] + pack.image("head", 1).height
    crown = pack.toml["images"]["hair-back"][1]
    height = pack.toml["canvas"]["feet"][1] - crown
    assert height / (chin - crown) <= 3.5


def test_feet_head_and_face_are_where_the_table_says():
    pack = sheet.Pack(AVATARS / "alisa")
    alpha = np.asarray(pack.compose(scale=1))[..., 3] > 128
    lowest = np.flatnonzero(alpha.any(1))[-1] + 1
    assert abs(lowest - pack.toml["canvas"]["feet"][1]) <= 1
    boots = np.flatnonzero(alpha[lowest - 8 : lowest].any(0))
    assert abs((boots[0] + boots[-1]) / 2 - pack.toml["canvas"]["feet"][0]) <= 20
    head_x, head_y = pack.toml["canvas"]["head"]
    assert alpha[head_y + 4, head_x]
    assert abs(pack.toml["images"]["hair-front"][1] - head_y) <= 4
    x, y, width, height = pack.toml["canvas"]["face"]
    for name, (left, top) in pack.toml["images"].items():
        if name.startswith(("white", "mouth", "iris")):
            image = pack.image(name, 1)
            assert left >= x and top >= y, name
            assert left + image.width <= x + width and top + image.height <= y + height, name


def test_edges_have_no_halo(pack):
    # Art that was blended with black (or white) before it was saved is darker (lighter) the more transparent
    # it is; clean art has the same ink in its faint edge pixels as in its nearly solid ones.
    pixels = np.asarray(pack.compose(), float)
    light, alpha = pixels[..., :3].mean(2), pixels[..., 3]
    faint, solid = light[(alpha > 25) & (alpha < 90)], light[(alpha > 165) & (alpha < 230)]
    assert min(len(faint), len(solid)) > 500
    assert 0.85 < faint.mean() / solid.mean() < 1.15


def test_transparent_pixels_carry_no_colour():
    for path in AVATARS.glob("alisa*/?x/*.png"):
        with Image.open(path) as image:
            pixels = np.asarray(image)
        assert not pixels[pixels[..., 3] == 0].any(), path.name


def test_all_packs_together_stay_small():
    assert sum(path.stat().st_size for path in AVATARS.rglob("*.png")) < SIZE_LIMIT_BYTES


def test_the_second_outfit_brings_only_its_clothes_and_keeps_her_face():
    winter, everyday = sheet.Pack(AVATARS / "alisa-winter"), sheet.Pack(AVATARS / "alisa")
    own = {path.stem for path in (AVATARS / "alisa-winter" / "1x").glob("*.png")}
    assert own < everyday.toml["images"].keys()
    assert not any(name.startswith(("mouth", "lids", "iris")) for name in own)
    assert winter.image("iris-happy", 2) == everyday.image("iris-happy", 2)
    assert winter.image("torso", 2) != everyday.image("torso", 2)

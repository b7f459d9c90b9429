"""The picture of a pose: the rules of the packs' README, at every size, and the patches of a face."""

import importlib.util
import random
import threading
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pack_house import make_bare, make_pack, noise, plain, save
from PIL import Image

from backend.shared.records import EmotionName, MouthShape
from overlay.life.pose import PHASES, Eyes, Look, Pose
from overlay.packs import layout
from overlay.packs.composer import Composer
from overlay.packs.loader import SHIPPED, load

RED = (255, 0, 0, 255)
EMOTIONS, EYES, MOUTHS, LOOKS = (get_args(each) for each in (EmotionName, Eyes, MouthShape, Look))
POSES = st.builds(
    Pose,
    emotion=st.sampled_from(EMOTIONS),
    eyes=st.sampled_from(EYES),
    mouth=st.sampled_from((None, *MOUTHS)),
    look=st.sampled_from((None, *LOOKS)),
    breath=st.integers(0, PHASES),
    sway=st.integers(-PHASES, PHASES),
    is_asleep=st.booleans(),
)


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return load(make_pack(tmp_path_factory.mktemp("composer") / "mira"))


@pytest.fixture(scope="module")
def alisa():
    return load(SHIPPED / "alisa")


def shown(pack, pose, scale=1):
    """What is on the canvas, back to front: name, x and y."""
    return [tuple(each[:3]) for each in layout.lay_out(pack, pose, scale) if each is not None]


def names(pack, pose):
    return [name for name, _, _ in shown(pack, pose)]


# -- Pixels


def test_layers_lie_over_each_other_back_to_front(tmp_path):
    layers = '[[layers]]\nimage = "red"\n[[layers]]\nimage = "blue"'
    images = {"red": plain((8, 8), RED), "blue": plain((4, 4), (0, 0, 255, 128))}
    picture = Composer(load(make_bare(tmp_path, layers, images)), 20).picture(Pose())
    assert picture.mode == "RGBA"
    assert picture.getpixel((6, 6)) == RED
    assert picture.getpixel((2, 2)) == pytest.approx((127, 0, 128, 255), abs=1)
    assert picture.getpixel((12, 12)) == (0, 0, 0, 0)


def test_a_mask_shows_a_layer_only_where_it_is_opaque_and_does_not_look_around(pack, tmp_path):
    half = Image.new("RGBA", (8, 8))
    half.paste((255, 255, 255, 255), (0, 0, 4, 8))
    half.paste((255, 255, 255, 100), (4, 0, 8, 4))
    layers = '[[layers]]\nimage = "red"\nmask = "half"\nlook = 1'
    more = "[look]\nright = [3, 0]"
    images = {"red": plain((8, 8), RED), "half": half}
    composer = Composer(load(make_bare(tmp_path, layers, images, more)), 20)
    alpha = np.asarray(composer.picture(Pose()))[..., 3]
    expected = np.zeros((20, 20), int)
    expected[:8, :4], expected[:4, 4:8] = 255, 100
    assert (alpha == expected).all()
    expected[:, :3] = 0
    assert (np.asarray(composer.picture(Pose(look="right")))[..., 3] == expected).all()
    # Without its mask it is not drawn: closed eyes have no white, and open ones are no stand-in for it.
    assert "iris" in names(pack, Pose(eyes="open"))
    assert "iris" not in names(pack, Pose(eyes="half"))


def test_what_hangs_out_of_the_canvas_is_cut_off_on_every_side(tmp_path):
    layers = "".join(
        f'[[layers]]\nimage = "red"\nsway = [{x}, {y}]\n' for x, y in ((-4, 0), (16, 0), (0, -4), (0, 16))
    )
    pack = load(make_bare(tmp_path, layers, {"red": plain((8, 8), RED)}))
    alpha = np.asarray(Composer(pack, 20).picture(Pose(sway=PHASES)))[..., 3]
    expected = np.zeros((20, 20), int)
    expected[:8, :8] = expected[:8, 16:] = expected[16:, :8] = 255
    expected[4:8, 4:8] = 0
    assert (alpha == expected).all()


def test_at_the_exact_size_of_a_scale_nothing_is_resampled(pack):
    for scale in (1, 2):
        composer = Composer(pack, 60 * scale)
        assert (composer.size, composer.scale) == ((40 * scale, 60 * scale), scale)
        expected = Image.new("RGBA", composer.size)
        for name, x, y in shown(pack, Pose(eyes="closed"), scale):
            expected.alpha_composite(pack.pictures.get(name, scale), (x, y))
        assert composer.picture(Pose(eyes="closed")).tobytes() == expected.tobytes()


def test_a_breath_on_its_way_moves_by_half_a_pixel_where_there_is_twice_the_scale(tmp_path):
    layer = '[[layers]]\nimage = "a"\nbreath = [0, 2]\nsway = [1, 0]'
    folder = make_bare(tmp_path / "bare", layer, {"a": plain((4, 4), RED)})
    coarse = Composer(load(folder), 20)
    save(plain((8, 8), RED), folder / "2x" / "a.png")
    text = (folder / "avatar.toml").read_text()
    (folder / "avatar.toml").write_text(text.replace("scales = [1]", "scales = [1, 2]"))
    fine = Composer(load(folder), 20)

    def rows(composer, breath, sway=0):
        return np.asarray(composer.picture(Pose(breath=breath, sway=sway)))[:, 2, 3].tolist()[:7]

    assert [rows(fine, breath) for breath in (0, 1, 2, 4)] == [
        [255, 255, 255, 255, 0, 0, 0],
        [128, 255, 255, 255, 128, 0, 0],
        [0, 255, 255, 255, 255, 0, 0],
        [0, 0, 255, 255, 255, 255, 0],
    ]
    assert [rows(coarse, breath) for breath in (0, 1)] == [rows(fine, 0), rows(fine, 2)]
    seen = np.asarray(fine.picture(Pose(breath=1)))
    assert (seen[seen[..., 3] > 0][:, :3] == RED[:3]).all()
    for pose in (Pose(), Pose(breath=2), Pose(breath=PHASES, sway=PHASES)):
        assert fine.picture(pose).tobytes() == coarse.picture(pose).tobytes()


def test_half_a_pixel_looks_as_if_the_whole_picture_were_halved(alisa):
    coarse, fine = Composer(alisa, 450), Composer(alisa, 900)
    for pose in (Pose(breath=1, sway=1), Pose("sad", "half", "wide", "up_left", 2, -3), Pose(sway=-1)):
        halved = np.asarray(fine.picture(pose).convert("RGBa").reduce(2), int)
        off = abs(np.asarray(coarse.picture(pose).convert("RGBa"), int) - halved).max(axis=2)
        # Edges that lie on each other are blended one after the other, not as one.
        assert off.mean() < 0.2
        assert (off > 24).sum() < 60


def test_a_layer_that_is_wider_than_what_is_seen_of_it_is_whole_between_two_pixels(tmp_path):
    layer = '[[layers]]\nimage = "a"\nbreath = [-2, 0]'
    folder = make_bare(tmp_path / "bare", layer, {"a": plain((20, 4), RED)})
    save(plain((40, 8), RED), folder / "2x" / "a.png")
    text = (folder / "avatar.toml").read_text()
    (folder / "avatar.toml").write_text(text.replace("scales = [1]", "scales = [1, 2]"))
    seen = np.asarray(Composer(load(folder), 20).picture(Pose(breath=1)))[2, :, 3].tolist()
    assert seen == [255] * 19 + [128]


@pytest.mark.parametrize(
    ("height", "scale"), [(1, 1), (30, 1), (60, 1), (61, 2), (90, 2), (120, 2), (300, 2)]
)
def test_any_height_is_made_from_the_next_larger_scale(tmp_path, height, scale):
    folder = make_pack(tmp_path / "mira")
    for each in (1, 2):  # the one scale all red, the other all green
        for path in (folder / f"{each}x").iterdir():
            with Image.open(path) as image:
                size = image.size
            save(plain(size, RED if each == scale else (0, 255, 0, 255)), path)
    composer = Composer(load(folder), height)
    picture = composer.picture(Pose())
    assert picture.size == composer.size == (max(1, round(40 * height / 60)), height)
    assert composer.scale == height / 60
    pixels = np.asarray(picture)
    assert (pixels[pixels[..., 3] > 0][:, 1] == 0).all()


def test_a_reduced_picture_shows_fine_patterns_as_their_mean(tmp_path):
    image = Image.new("RGBA", (20, 20))
    image.putdata([(0, 0, 0, 255) if (n + n // 20) % 2 else (255, 255, 255, 255) for n in range(400)])
    pack = load(make_bare(tmp_path, '[[layers]]\nimage = "a"', {"a": image}))
    inner = np.asarray(Composer(pack, 10).picture(Pose()), int)[2:-2, 2:-2]
    assert abs(inner[..., :3] - 127).max() <= 3
    assert (inner[..., 3] == 255).all()


def test_edges_keep_their_colour_when_the_picture_is_reduced(tmp_path):
    # White under transparent pixels that claim to be green, as bad files have them.
    image = plain((20, 20), (0, 255, 0, 0))
    image.paste((255, 255, 255, 255), (5, 5, 15, 15))
    pack = load(make_bare(tmp_path, '[[layers]]\nimage = "a"', {"a": image}))
    for height in (7, 13, 33):
        pixels = np.asarray(Composer(pack, height).picture(Pose()), int)
        seen = pixels[pixels[..., 3] > 8]
        assert len(seen) > 0
        assert abs(seen[:, :3] - 255).max() <= 8


def test_the_pictures_are_those_of_the_reference_composer():
    spec = importlib.util.spec_from_file_location(
        "alisa_sheet_reference", SHIPPED / "alisa" / "source" / "sheet.py"
    )
    sheet = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sheet)
    chance = random.Random(4)
    for name in ("alisa", "alisa-winter"):
        reference, composer = sheet.Pack(SHIPPED / name), Composer(load(SHIPPED / name), 900)
        for _ in range(8):
            emotion, eyes = chance.choice(EMOTIONS), chance.choice(EYES)
            mouth, look = chance.choice((None, *MOUTHS)), chance.choice((None, *LOOKS))
            breath, sway = chance.choice((0, 1)), chance.choice((-1, 0, 1))
            pose = Pose(emotion, eyes, mouth, look, breath * PHASES, sway * PHASES)
            expected = np.asarray(reference.compose(emotion, eyes, mouth, look, 2, breath, sway), int)
            found = np.asarray(composer.picture(pose), int)
            assert (found[..., 3] == expected[..., 3]).all(), pose
            assert abs(found - expected)[found[..., 3] > 0].max() <= 2, pose  # the mask's last bit


# -- Keys and patches


@pytest.mark.parametrize("height", [60, 97])
@hypothesis_settings(max_examples=60)
@given(data=st.data())
def test_keys_are_equal_exactly_when_pictures_are(pack, height, data):
    composer = Composer(pack, height)
    one = data.draw(POSES)
    two = data.draw(st.one_of(POSES, st.builds(replace, st.just(one), look=st.sampled_from((None, *LOOKS)))))
    same = composer.picture(one).tobytes() == composer.picture(two).tobytes()
    assert (composer.key(one) == composer.key(two)) == same
    assert hash(composer.key(one)) == hash(composer.key(replace(one)))


def test_equal_files_under_two_names_have_one_key(tmp_path):
    images = {f"a-{emotion}": plain((4, 4), RED) for emotion in ("neutral", "happy")}
    composer = Composer(load(make_bare(tmp_path, '[[layers]]\nimage = "a-{emotion}"', images)), 20)
    assert composer.key(Pose("neutral")) == composer.key(Pose("happy"))


def test_a_still_pose_rests_and_keeps_the_rest(pack):
    pose = Pose("sad", "closed", "wide", "up", 2, -3, True)
    assert Composer(pack, 60).still(pose) == Pose("sad", "open", None, None, 2, -3, True)


@pytest.mark.parametrize("height", [31, 60, 83, 120, 171])
@hypothesis_settings(max_examples=25)
@given(pose=POSES)
def test_a_patch_is_the_picture_there_and_nothing_differs_outside(pack, height, pose):
    check_patch(Composer(pack, height), pose)


@pytest.mark.parametrize("height", [150, 437, 450, 600])
@hypothesis_settings(max_examples=6)
@given(pose=POSES)
def test_the_patches_of_alisa_are_her_face_and_less_than_half_of_her(alisa, height, pose):
    composer = Composer(alisa, height)
    box = check_patch(composer, pose)
    assert box is not None
    assert (box[2] - box[0]) * (box[3] - box[1]) < composer.size[0] * composer.size[1] / 8


def check_patch(composer, pose):
    picture, still = composer.picture(pose), composer.picture(composer.still(pose))
    box = composer.patch_box(pose)
    assert box == composer.patch_box(composer.still(pose))
    if box is None:
        assert composer.patch(pose).tobytes() == picture.tobytes()
        return None
    left, top, right, bottom = box
    assert 0 <= left < right <= composer.size[0]
    assert 0 <= top < bottom <= composer.size[1]
    assert composer.patch(pose).size == (right - left, bottom - top)
    assert composer.patch(pose).tobytes() == picture.crop(box).tobytes()
    outside = np.asarray(picture) != np.asarray(still)
    outside[top:bottom, left:right] = False
    assert not outside.any()
    return box


def test_there_is_no_patch_where_nothing_moves_or_nearly_everything_does(tmp_path):
    layer = '[[layers]]\nimage = "a-{eyes}"'
    small, large = noise((8, 8), "1"), noise((18, 18), "2")
    for name, images, expected in (
        ("still", {"a-open": small}, None),
        ("all", {"a-open": large, "a-closed": small}, None),
        ("corner", {"a-open": small, "a-closed": noise((7, 9), "3")}, (0, 0, 8, 9)),
    ):
        composer = Composer(load(make_bare(tmp_path / name, layer, images)), 20)
        assert composer.patch_box(Pose()) == expected
        check_patch(composer, Pose(eyes="closed"))


def test_a_patch_covers_every_direction_of_the_eyes(tmp_path):
    layers, more = '[[layers]]\nimage = "a"\nlook = 2', "[look]\nright = [3, 0]\ndown = [0, 2]"
    composer = Composer(load(make_bare(tmp_path, layers, {"a": noise((4, 4), "a")}, more)), 20)
    assert composer.patch_box(Pose()) == (0, 0, 10, 8)
    check_patch(composer, Pose(look="down"))


def test_many_threads_get_the_same_pictures(pack):
    composer = Composer(pack, 83)
    poses = [Pose(emotion, eyes, mouth) for emotion in EMOTIONS for eyes in EYES for mouth in MOUTHS[:2]]
    expected = [Composer(pack, 83).picture(pose).tobytes() for pose in poses]
    wrong = []

    def work(seed):
        order = list(range(len(poses)))
        random.Random(seed).shuffle(order)
        wrong.extend(n for n in order if composer.picture(poses[n]).tobytes() != expected[n])

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_picture_may_be_painted_on_without_spoiling_the_next(pack):
    composer = Composer(pack, 60)
    before = composer.picture(Pose()).tobytes()
    composer.picture(Pose()).paste((1, 2, 3, 4), (0, 0, 40, 60))
    composer.patch(Pose()).paste((1, 2, 3, 4), (0, 0, 5, 5))
    assert composer.picture(Pose()).tobytes() == before

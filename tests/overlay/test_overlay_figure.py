"""What is seen of her while her poses change, on real windows: always what the composer makes of the pose."""

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from backend.shared.records import EmotionName, MouthShape
from overlay import figure as figures
from overlay.figure import FADE_SECONDS, FADE_STEPS, Figure
from overlay.life.pose import PHASES, Eyes, Look, Pose
from overlay.packs.composer import Composer
from overlay.packs.loader import load
from tests.overlay.art import PACK, shipped
from tests.overlay.desk import Desk, backdrop
from tests.overlay.holdings import held
from tests.overlay.jumping import JumpingSchedule
from tests.overlay.pack_house import make_bare, noise, plain
from tests.overlay.paper_surface import PaperSurface
from tests.overlay.stage import Stage, X, Y, differing, ideal

KINDS = {"x11_argb": "glass_desk", "x11_shape": "desk"}
WINTER = PACK.parent / "alisa-winter"
EXACT, ODD = 450, 217
"""Heights: one at which nothing is resampled, and another one."""
COLOURS = {"open": (9, 99, 9, 255), "half": (99, 9, 9, 255), "closed": (9, 9, 99, 255)}


class Gallery:
    """A figure on a surface, with a clock of its own."""

    def __init__(self, desk: Desk, kind: str, height: int = ODD, is_motion_reduced: bool = False) -> None:
        self.stage = Stage(desk, kind)
        self.surface = self.stage.surface
        self.schedule = JumpingSchedule(self.stage.root)
        self.composer = Composer(shipped(), height)
        self.figure = Figure(self.surface, self.composer, self.schedule, is_motion_reduced)
        self.surface.move(X, Y)
        # Also what a window keeps for itself from its first patch on is there then.
        self.show(Pose(mouth="wide"))
        self.show(Pose())

    def show(self, pose: Pose) -> None:
        """Let her look like this, and wait until nothing is due any more."""
        self.figure.show(pose)
        self.schedule.run(10)
        self.wait_until_seen(pose)

    def wait_until_seen(self, pose: Pose) -> None:
        image = self.composer.picture(pose)
        self.stage.wait(lambda: self.stage.is_shown(image), f"{pose}")

    def dress(self, composer: Composer) -> None:
        self.composer = composer
        self.figure.dress(composer)

    def distance(self, pose: Pose) -> float:
        """How far what is seen is from a pose: the mean difference where the pose is opaque."""
        image = self.composer.picture(pose)
        alpha = np.asarray(image)[..., 3]
        wanted = ideal(image, backdrop(X, Y, *image.size))
        return float(differing(self.stage.look(image), wanted)[alpha == 255].mean())

    def requests(self) -> int:
        """How much was asked of the server to paint her."""
        return self.surface._pane._display.display.request_serial

    def pixmaps(self) -> int:
        """How many of them the server keeps for this process."""
        self.surface.set_opacity(1)  # what is given back goes out with the next requests
        self.stage.root.update()
        self.stage.desk.display.sync()
        return held(self.stage.desk)["PIXMAP"]


def poses(number: int, seed: int) -> list[Pose]:
    """Any poses, most of them like the one before, as in life."""
    chance = random.Random(seed)
    pose, found = Pose(), []
    for _ in range(number):
        changes = {
            "emotion": chance.choice(get_args(EmotionName)),
            "eyes": chance.choice(get_args(Eyes)),
            "mouth": chance.choice([None, *get_args(MouthShape)]),
            "look": chance.choice([None, *get_args(Look)]),
            "breath": chance.randint(0, PHASES),
            "sway": chance.randint(-PHASES, PHASES),
            "is_asleep": chance.random() < 0.2,
        }
        chosen = chance.sample(sorted(changes), chance.choice((1, 1, 2, 3, 7)))
        pose = replace(pose, **{name: changes[name] for name in chosen})
        found.append(pose)
    return found


def opened(desk: Desk, kind: str) -> Iterator[Gallery]:
    made = Gallery(desk, kind)
    yield made
    made.figure.close()
    made.surface.close()


@pytest.fixture(autouse=True)
def _no_breath_ahead(monkeypatch):
    """All its pictures take a while at a size at which they are resampled."""
    monkeypatch.setattr(figures, "BREATH_SHARE", 0.0)


@pytest.fixture
def gallery(glass_desk):
    yield from opened(glass_desk, "x11_argb")


@pytest.fixture(params=KINDS)
def any_gallery(request):
    yield from opened(request.getfixturevalue(KINDS[request.param]), request.param)


@pytest.mark.parametrize("height", [EXACT, ODD])
def test_every_pose_is_seen_as_it_is_composed(any_gallery, height):
    any_gallery.dress(Composer(shipped(), height))
    for pose in poses(30, seed=height):
        any_gallery.show(pose)


def test_shelves_that_hold_next_to_nothing_show_the_same(gallery, monkeypatch):
    for name in ("BODY_BYTES", "PATCH_BYTES", "FADE_BYTES"):
        monkeypatch.setattr(figures, name, 1)
    gallery.figure.close()
    before = gallery.pixmaps()
    gallery.figure = Figure(gallery.surface, gallery.composer, gallery.schedule)
    for pose in poses(20, seed=5):
        gallery.show(pose)
    # A body, a patch and a step of a fade, each with its mask.
    assert gallery.pixmaps() - before <= 6


def test_poses_that_come_faster_than_a_fade_end_as_the_last_one(any_gallery):
    chance = random.Random(3)
    for pose in poses(60, seed=4):
        any_gallery.figure.show(pose)
        any_gallery.schedule.run(chance.choice((0, 0.01, FADE_SECONDS / 2, 0.3)))
    any_gallery.schedule.run(10)
    any_gallery.wait_until_seen(any_gallery.figure.pose)


def test_an_emotion_comes_step_by_step(gallery):
    angry = Pose(emotion="angry")
    whole = gallery.distance(angry)
    gallery.figure.show(angry)
    ways = [whole]
    for _ in range(FADE_STEPS):
        before = ways[-1]
        gallery.stage.wait(lambda before=before: gallery.distance(angry) < before - 0.1, "the next step")
        ways.append(gallery.distance(angry))
        gallery.schedule.run(FADE_SECONDS / FADE_STEPS)
    assert ways[-1] > 0
    gallery.wait_until_seen(angry)
    steps = -np.diff(ways)
    assert steps.max() < whole / 2


def test_an_emotion_that_is_over_before_it_is_there_leaves_nothing(gallery):
    for emotion in ("sad", "happy", "neutral", "sad", "neutral"):
        gallery.figure.show(Pose(emotion=emotion))
        gallery.schedule.run(FADE_SECONDS / 2)
    gallery.schedule.run(FADE_SECONDS)
    gallery.wait_until_seen(Pose())


def test_what_she_does_while_an_emotion_comes_is_seen_at_its_end(gallery):
    gallery.figure.show(Pose(emotion="happy"))
    gallery.schedule.run(FADE_SECONDS / 2)
    pose = Pose(emotion="happy", eyes="closed", mouth="wide", breath=2)
    before = gallery.requests()
    gallery.figure.show(pose)
    assert gallery.requests() == before
    gallery.schedule.run(FADE_SECONDS)
    gallery.wait_until_seen(pose)


def test_what_a_fade_stands_on_may_be_given_up_meanwhile(desk, monkeypatch, tmp_path):
    monkeypatch.setattr(figures, "BODY_BYTES", 1)
    # Without patches: what is made ahead of need takes the only place on the shelf at once.
    images = {f"body-{name}": noise((20, 20), name) for name in get_args(EmotionName)}
    folder = make_bare(tmp_path / "mask", '[[layers]]\nimage = "body-{emotion}"', images)
    root = desk.tk()
    surface, schedule = PaperSurface(root), JumpingSchedule(root)
    figure = Figure(surface, Composer(load(folder), 120), schedule)
    for emotion in ("neutral", "sad", "angry"):
        figure.show(Pose(emotion=emotion))
        schedule.run(10)  # paper refuses what was given back
    figure.close()
    assert all(picture.is_freed for picture in surface.pictures)


def test_another_look_and_another_size_are_seen_at_once_and_whole(any_gallery):
    for folder, height in ((WINTER, ODD), (PACK, EXACT), (WINTER, 120), (PACK, 331)):
        pose = poses(12, seed=height)[-1]
        any_gallery.figure.show(pose)
        any_gallery.schedule.run(FADE_SECONDS / 2)
        any_gallery.dress(Composer(load(folder), height))
        any_gallery.wait_until_seen(pose)


def test_she_fades_in_another_size_as_in_the_first(gallery):
    angry = Pose(emotion="angry")
    gallery.show(angry)
    gallery.dress(Composer(shipped(), ODD + 30))
    gallery.show(Pose())
    far = gallery.distance(angry)
    gallery.figure.show(angry)
    gallery.schedule.run(FADE_SECONDS / 2)
    gallery.stage.wait(lambda: 0 < gallery.distance(angry) < far * 0.7, "half of the way")


def test_the_pictures_of_another_size_are_given_back(gallery, monkeypatch):
    monkeypatch.setattr(figures, "WARM_SECONDS", 1e9)
    gallery.figure.close()
    gallery.figure = Figure(gallery.surface, gallery.composer, gallery.schedule)

    def lived() -> int:
        for emotion in get_args(EmotionName):
            for mouth in ("wide", None):
                gallery.show(Pose(emotion=emotion, mouth=mouth))
        return gallery.pixmaps()

    lived()
    first = lived()
    for height in (120, 300, ODD):
        gallery.dress(Composer(shipped(), height))
        assert lived() == first


@pytest.mark.parametrize("kind", KINDS)
def test_with_reduced_motion_an_emotion_is_there_at_once(kind, request):
    gallery = Gallery(request.getfixturevalue(KINDS[kind]), kind, is_motion_reduced=True)
    for pose in poses(20, seed=8):
        gallery.figure.show(pose)
        gallery.wait_until_seen(pose)
    gallery.figure.close()
    gallery.surface.close()


def test_what_looks_the_same_is_not_painted_again(any_gallery):
    pose = Pose(emotion="happy", mouth="smile")
    any_gallery.show(pose)
    # A mouth of its own says the same as the one that belongs to the emotion, or the eyes hide a look.
    same = [
        one for one in poses(400, seed=1) if any_gallery.composer.key(one) == any_gallery.composer.key(pose)
    ]
    before = any_gallery.requests()
    for again in [pose, replace(pose), *same]:
        any_gallery.figure.show(again)
    any_gallery.schedule.run(10)
    assert any_gallery.requests() == before


def test_the_mouth_she_is_about_to_need_is_made_ahead(gallery):
    gallery.show(Pose(emotion="surprised"))
    before = gallery.pixmaps()
    for mouth in ("small", "wide", "round", "closed", "smile"):
        gallery.figure.show(Pose(emotion="surprised", mouth=mouth))
        gallery.wait_until_seen(Pose(emotion="surprised", mouth=mouth))
    assert gallery.pixmaps() == before


def test_her_breath_is_made_ahead(gallery, monkeypatch):
    monkeypatch.setattr(figures, "BREATH_SHARE", 0.7)
    gallery.dress(gallery.composer)
    gallery.schedule.run(10)
    made = []
    compose = gallery.composer.picture
    monkeypatch.setattr(gallery.composer, "picture", lambda pose: made.append(pose) or compose(pose))
    for sway in range(-PHASES, PHASES + 1):
        for breath in range(PHASES + 1):
            gallery.figure.show(Pose(breath=breath, sway=sway))
    assert made == []
    # Not where the pictures are so large that they would push each other off the shelf.
    monkeypatch.setattr(figures, "BODY_BYTES", 20 * ODD**2 * 4)
    gallery.dress(gallery.composer)
    gallery.schedule.run(10)
    assert len(made) <= 2 * len(get_args(EmotionName)) + 1


def test_a_closed_figure_holds_nothing_and_does_nothing(gallery):
    gallery.figure.close()
    gallery.schedule.run(10)
    before = gallery.pixmaps()
    second = Figure(gallery.surface, gallery.composer, gallery.schedule)
    for pose in poses(20, seed=2):
        second.show(pose)
        gallery.schedule.run(FADE_SECONDS / 3)
    second.close()
    assert gallery.schedule.waiting == 0
    assert gallery.pixmaps() == before


def test_an_emotion_that_looks_no_different_holds_nothing_up(gallery, tmp_path):
    images = {f"eyes-{eyes}": plain((20, 20), colour) for eyes, colour in COLOURS.items()}
    folder = make_bare(tmp_path / "mask", '[[layers]]\nimage = "eyes-{eyes}"', images)
    gallery.dress(Composer(load(folder), 120))
    pose = Pose(emotion="happy", eyes="closed")
    gallery.figure.show(pose)
    gallery.wait_until_seen(pose)

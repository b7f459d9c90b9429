"""Folders of PNG pictures become packs: what their names say; each picture comes out as it went in."""

import itertools

import pytest
from pack_house import noise, plain, png, save
from PIL import Image, ImageDraw

from overlay.life.pose import Pose
from overlay.packs.composer import Composer
from overlay.packs.importers import drawing, png_folder
from overlay.packs.importers.drawing import State
from overlay.packs.loader import load
from overlay.packs.tables import PackError

OPEN, TALK = State("neutral"), State("neutral", mouth="small")
BLINK, BOTH = State("neutral", "closed"), State("neutral", "closed", "small")
SIZE = (120, 160)


def figure(eyes="open", mouth="closed", emotion="neutral", size=SIZE):
    """A figure of noise on nothing, with eyes and a mouth that can be told apart."""
    width, height = size
    image = Image.new("RGBA", size)
    image.paste(noise((width // 2, height // 2), emotion), (width // 4, height // 4))
    draw = ImageDraw.Draw(image)
    draw.ellipse((width // 4, height // 4, width * 3 // 4, height * 3 // 4), fill=(230, 200, 180, 255))
    for x in (width * 2 // 5, width * 3 // 5):
        tall = 6 if eyes == "open" else 1
        draw.ellipse((x - 4, height // 2 - tall, x + 4, height // 2 + tall), fill=(20, 20, 60, 255))
    tall = 5 if mouth == "open" else 1
    y = height * 3 // 5
    draw.ellipse((width // 2 - 8, y - tall, width // 2 + 8, y + tall), fill=(180, 30, 40, 255))
    return image


def make_folder(folder, *names):
    """A folder with a different picture under each name."""
    for name in names:
        save(
            plain((8, 8), (len(name), sum(name.encode()) % 256, hash(name) % 2, 255)), folder / f"{name}.png"
        )
    return folder


def told(folder, emotions=None):
    """Which file shows which state."""
    drawn = png_folder.read(folder, emotions)
    notes = [note for note in drawn.notes if ": not used" not in note and ".png:" in note]
    return {note.split(".png:")[0]: state for note, state in zip(notes, drawn.states, strict=True)}


SETS = [
    ("one picture of any name", {"Mira final 2": OPEN}),
    ("idle and talk", {"idle": OPEN, "talk": TALK}),
    ("with a name", {"mira": OPEN, "mira_talking": TALK}),
    ("open and closed", {"closed": OPEN, "open": TALK}),
    ("a blink", {"normal": OPEN, "blink": BLINK}),
    ("the four", {"idle": OPEN, "talk": TALK, "blink": BLINK, "talk-blink": BOTH}),
    ("the four, other words", {"Rest": OPEN, "SPEAKING": TALK, "Blinking": BLINK, "Speaking Blinking": BOTH}),
    (
        "eyes and mouth",
        {
            "eyes_open_mouth_closed": OPEN,
            "eyes_open_mouth_open": TALK,
            "eyes_closed_mouth_closed": BLINK,
            "eyes_closed_mouth_open": BOTH,
        },
    ),
    (
        "mouth and eyes run together",
        {
            "MouthClosedEyesOpen": OPEN,
            "mouthopeneyesopen": TALK,
            "mouthClosed-eyesShut": BLINK,
            "mouthOpen eyeClosed": BOTH,
        },
    ),
    (
        "the other way round",
        {
            "open eyes closed mouth": OPEN,
            "open eyes open mouth": TALK,
            "closed eyes closed mouth": BLINK,
            "closed eyes open mouth": BOTH,
        },
    ),
    ("letters", {"eomc": OPEN, "eomo": TALK, "ecmc": BLINK, "ecmo": BOTH}),
    (
        "as in the README",
        {"me-open-closed": OPEN, "me-open-open": TALK, "me-closed-closed": BLINK, "me-closed-open": BOTH},
    ),
    ("numbers", {"1": OPEN, "2": TALK, "3": BLINK, "4": BOTH}),
    ("numbers from nought", {"mira_0": OPEN, "mira_1": TALK, "mira_2": BLINK, "mira_3": BOTH}),
    ("numbers that sort badly", {"pose9": OPEN, "pose10": TALK}),
    ("one thing told, the other bare", {"idle": OPEN, "blink_open": BOTH, "blink": BLINK}),
    ("speech and closed eyes", {"idle": OPEN, "talk_closed": BOTH, "talk": TALK}),
    ("a name that looks like letters", {"momo_idle": OPEN, "momo_talk": TALK}),
    ("emotions", {"idle": OPEN, "happy_idle": State("happy"), "sad-talk": State("sad", mouth="small")}),
    (
        "other words for them",
        {"neutral": OPEN, "crying": State("sad"), "shocked": State("surprised"), "mad": State("angry")},
    ),
    (
        "folders",
        {
            "Normal/1": OPEN,
            "Normal/2": TALK,
            "Blush/1": State("embarrassed"),
            "Blush/2": State("embarrassed", mouth="small"),
        },
    ),
]


@pytest.mark.parametrize(("names", "expected"), SETS)
def test_the_names_of_pictures_tell_what_they_show(tmp_path, names, expected):
    assert told(make_folder(tmp_path / names, *expected)) == expected


def test_of_two_pictures_for_one_state_the_plainer_name_is_taken_and_the_other_is_reported(tmp_path):
    folder = make_folder(tmp_path / "mira", "idle", "talk", "idle wave", "eyes half")
    drawn = png_folder.read(folder)
    assert told(folder) == {"idle": OPEN, "talk": TALK}
    assert "idle wave.png: not used, for its name says no more than idle.png." in drawn.notes
    assert any(note.startswith("eyes half.png: not used") for note in drawn.notes)


def test_names_that_say_nothing_are_refused_with_names_that_would_do(tmp_path):
    with pytest.raises(PackError, match=r"Name them idle\.png, talk\.png, blink\.png and talk-blink\.png"):
        png_folder.read(make_folder(tmp_path / "mira", "cat", "dog"))


def test_words_of_the_user_name_emotions(tmp_path):
    folder = make_folder(tmp_path / "mira", "idle", "cheer", "pout/idle")
    assert told(folder, {"cheer": "happy", "Pout": "angry"}) == {
        "idle": OPEN,
        "cheer": State("happy"),
        "pout/idle": State("angry"),
    }
    assert (
        "pout: not used, for no emotion has this name." in png_folder.read(folder, {"cheer": "happy"}).notes
    )


def test_without_a_neutral_picture_the_first_emotion_stands_for_it(tmp_path):
    drawn = png_folder.read(make_folder(tmp_path / "mira", "happy_idle", "happy_talk", "sad_idle"))
    assert set(drawn.states) == {OPEN, TALK, State("sad")}
    assert "No picture is neutral: happy is shown for it." in drawn.notes


def test_a_folder_in_a_folder_is_found_and_what_is_hidden_is_left_alone(tmp_path):
    make_folder(tmp_path / "mira" / "Talking Cat v2", "idle", "talk")
    (tmp_path / "mira" / "._rubbish.png").write_bytes(b"x")
    (tmp_path / "mira" / "Talking Cat v2" / "readme.txt").write_text("x")
    assert told(tmp_path / "mira") == {"idle": OPEN, "talk": TALK}
    assert png_folder.read(tmp_path / "mira").title == "mira"


def test_a_single_file_is_a_character_that_does_not_move(tmp_path):
    path = save(figure(), tmp_path / "Mira blink.png")
    drawn = png_folder.read(path)
    assert drawn.title == "Mira blink"
    drawing.install(drawn, tmp_path / "out", is_forced=False)
    pack = load(tmp_path / "out")
    assert Composer(pack, pack.height).patch_box(Pose()) is None


def test_folders_that_cannot_be_read_are_refused(tmp_path):
    folder = tmp_path / "mira"
    folder.mkdir()
    with pytest.raises(PackError, match=r"mira has no PNG pictures\. Name them"):
        png_folder.read(folder)
    (folder / "idle.png").write_bytes(b"hello")
    with pytest.raises(PackError, match=r"idle\.png is not a PNG picture"):
        png_folder.read(folder)
    (folder / "idle.png").write_bytes(png(50_000, 50_000, b"\0" * 1000))
    with pytest.raises(
        PackError, match=r"idle\.png has 50000 x 50000 pixels; at most 36 million pixels can be read"
    ):
        png_folder.read(folder)
    (folder / "idle.png").unlink()
    (folder / "idle.png").symlink_to("/etc/hostname")
    with pytest.raises(PackError, match=r"idle\.png is a link that leads out"):
        png_folder.read(folder)
    with pytest.raises(PackError, match="has 101 pictures; at most 100"):
        png_folder.read(make_folder(tmp_path / "many", *(f"talk {n}" for n in range(101))))


def test_pictures_of_two_sizes_are_refused_by_name(tmp_path):
    save(plain((8, 8), (1, 1, 1, 255)), tmp_path / "mira" / "idle.png")
    save(plain((9, 8), (1, 1, 1, 255)), tmp_path / "mira" / "talk.png")
    with pytest.raises(PackError, match=r"idle\.png \(8 x 8\) and talk\.png \(9 x 8\)"):
        png_folder.read(tmp_path / "mira")


# -- The pack


def install(tmp_path, pictures, emotions=None):
    """Write pictures, import them, and load the pack; its notes come along."""
    for name, image in pictures.items():
        save(image, tmp_path / "source" / f"{name}.png")
    drawn = png_folder.read(tmp_path / "source", emotions)
    drawing.install(drawn, tmp_path / "pack", is_forced=False)
    return load(tmp_path / "pack", others=()), drawn.notes


FOUR = {
    "idle": Pose(),
    "talk": Pose(mouth="small"),
    "blink": Pose(eyes="closed"),
    "talk-blink": Pose(eyes="closed", mouth="wide"),
}


def four(emotion="neutral", size=SIZE):
    """The pictures of one emotion; those of others carry its name."""
    prefix = "" if emotion == "neutral" else f"{emotion}_"
    pairs = itertools.product(("open", "closed"), ("closed", "open"))
    return {f"{prefix}{name}": figure(*pair, emotion, size) for name, pair in zip(FOUR, pairs, strict=True)}


def trimmed(image):
    return image.crop(image.getbbox())


def test_each_picture_comes_out_as_it_went_in(tmp_path):
    pictures = four() | four("happy") | four("sad")
    pack, _ = install(tmp_path, pictures)
    composer = Composer(pack, pack.height)
    for (name, pose), emotion in itertools.product(FOUR.items(), ("neutral", "happy", "sad", "angry")):
        source = pictures.get(f"{emotion}_{name}", pictures[name])
        found = composer.picture(Pose(emotion, pose.eyes, pose.mouth))
        # Colours of transparent pixels do not count.
        assert trimmed(found).convert("RGBa").tobytes() == trimmed(source).convert("RGBa").tobytes()


def test_a_blink_redraws_little(tmp_path):
    pack, _ = install(tmp_path, four() | four("happy"))
    left, top, right, bottom = Composer(pack, pack.height).patch_box(Pose("happy"))
    assert (right - left) * (bottom - top) < pack.width * pack.height / 6


def test_half_closed_eyes_and_all_mouths_have_a_picture(tmp_path):
    pack, _ = install(tmp_path, four())
    composer = Composer(pack, pack.height)
    assert composer.key(Pose(eyes="half")) == composer.key(Pose())
    assert len({composer.key(Pose(mouth=mouth)) for mouth in ("small", "wide", "round", "smile")}) == 1
    assert composer.key(Pose(mouth="round")) != composer.key(Pose())


def test_a_missing_picture_is_made_of_the_others(tmp_path):
    pictures = four()
    expected = pictures.pop("talk-blink")
    pack, _ = install(tmp_path, pictures)
    found = Composer(pack, pack.height).picture(FOUR["talk-blink"])
    assert trimmed(found).convert("RGBa").tobytes() == trimmed(expected).convert("RGBa").tobytes()


def test_an_emotion_with_fewer_pictures_keeps_its_own_face(tmp_path):
    pictures = four() | {"happy_idle": figure(emotion="happy")}
    pack, _ = install(tmp_path, pictures)
    composer = Composer(pack, pack.height)
    happy = composer.key(Pose("happy"))
    assert happy not in {composer.key(pose) for pose in FOUR.values()}
    assert {composer.key(Pose("happy", pose.eyes, pose.mouth)) for pose in FOUR.values()} == {happy}


def test_large_pictures_are_reduced_and_kept_at_two_scales(tmp_path):
    pack, notes = install(tmp_path, four(size=(1600, 2400)))
    assert pack.scales == (1, 2)
    assert 480 <= pack.height <= 512
    assert "Reduced from 801 x 1201 to 667 x 1000 pixels." in notes
    small, large = (Composer(pack, pack.height * scale).picture(Pose()) for scale in (1, 2))
    assert large.reduce(2).tobytes() == small.tobytes()


def test_middle_sized_pictures_are_kept_pixel_by_pixel_at_scale_two(tmp_path):
    pictures = four(size=(900, 1202))
    pack, _ = install(tmp_path, pictures)
    assert pack.scales == (1, 2)
    found = Composer(pack, pack.height * 2).picture(FOUR["talk"])
    assert trimmed(found).convert("RGBa").tobytes() == trimmed(pictures["talk"]).convert("RGBa").tobytes()


def test_places_are_guessed_from_the_figure_and_said(tmp_path):
    pack, notes = install(tmp_path, four())
    left, top, right, bottom = Composer(pack, pack.height).picture(Pose()).getbbox()
    assert (pack.head[1], pack.feet[1]) == (top, bottom)
    assert left < pack.feet[0] < right
    x, y, width, height = pack.face
    eyes = (left + right) // 2, (top + bottom) // 2
    assert x < eyes[0] < x + width
    assert y < eyes[1] < y + height
    assert width * height < (right - left) * (bottom - top) / 2
    assert any(f"the face is {width} x {height} pixels at {x}, {y}" in note for note in notes)


def test_pictures_without_transparency_are_reported(tmp_path):
    _, notes = install(tmp_path, {"idle": plain((30, 40), (1, 2, 3, 255))})
    assert "The pictures have no transparent background: she will stand in a box." in notes


@pytest.mark.parametrize("mode", ["RGB", "L", "LA", "P", "1", "I;16"])
def test_pictures_of_every_kind_are_read(tmp_path, mode):
    image = figure().convert("RGB").convert("L") if mode in {"1", "I;16"} else figure()
    pack, _ = install(tmp_path, {"idle": image.convert(mode)})
    assert Composer(pack, pack.height).picture(Pose()).getbbox()


def test_pictures_without_a_pixel_are_refused_and_leave_nothing_behind(tmp_path):
    save(plain((8, 8), (9, 9, 9, 0)), tmp_path / "source" / "idle.png")
    with pytest.raises(PackError, match="are empty"):
        drawing.install(png_folder.read(tmp_path / "source"), tmp_path / "avatars" / "mira", is_forced=False)
    assert list((tmp_path / "avatars").iterdir()) == []


def test_a_pack_is_replaced_only_by_force_and_then_as_a_whole(tmp_path):
    save(figure(), tmp_path / "source" / "idle.png")
    target = tmp_path / "avatars" / "mira"

    def install_again(*, is_forced):
        drawing.install(png_folder.read(tmp_path / "source"), target, is_forced=is_forced)

    install_again(is_forced=False)
    (target / "mine.txt").write_text("x")
    with pytest.raises(PackError, match='There is a pack "mira" already'):
        install_again(is_forced=False)
    assert (target / "mine.txt").exists()
    (tmp_path / "source" / "idle.png").write_bytes(b"broken")
    with pytest.raises(PackError):
        install_again(is_forced=True)
    assert (target / "mine.txt").exists()
    save(figure(), tmp_path / "source" / "idle.png")
    install_again(is_forced=True)
    assert not (target / "mine.txt").exists()
    assert [path.name for path in target.parent.iterdir()] == ["mira"]


def test_what_cannot_be_written_is_said(tmp_path):
    (tmp_path / "avatars").write_text("a file")
    save(figure(), tmp_path / "source" / "idle.png")
    with pytest.raises(PackError, match="The pack cannot be written"):
        drawing.install(png_folder.read(tmp_path / "source"), tmp_path / "avatars" / "mira", is_forced=False)


def test_odd_titles_are_written_as_text(tmp_path):
    save(figure(), tmp_path / "source" / "idle.png")
    drawn = png_folder.read(tmp_path / "source")
    drawn.title, drawn.author, drawn.licence = 'A "quoted"\n\\name\\ \x00\udcff', "", "名前" * 500
    drawing.install(drawn, tmp_path / "pack", is_forced=False)
    pack = load(tmp_path / "pack")
    assert pack.title == 'A "quoted" \\name\\'
    assert (pack.author, len(pack.licence)) == ("unknown", 200)

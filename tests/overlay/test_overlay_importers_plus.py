"""Characters of PNGTuber Plus become packs: where sprites lie, when they show, and files that mean harm."""

import base64
import io
import json

import numpy as np
import pytest
from pack_house import noise, plain, png
from PIL import Image

from overlay.life.pose import Pose
from overlay.packs.composer import Composer
from overlay.packs.importers import drawing, pngtuber_plus
from overlay.packs.importers.drawing import State
from overlay.packs.loader import load
from overlay.packs.tables import PackError

RED, GREEN, BLUE, WHITE = (255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255), (255, 255, 255, 255)


def encoded(image):
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def sprite(image, number=1, pos=(0, 0), **more):
    """A sprite as PNGTuber Plus writes it; numbers are floats once a file has been saved twice."""
    return {
        "animSpeed": 0,
        "clipped": False,
        "costumeLayers": "[1, 1, 1, 1, 1, 1, 1, 1, 1, 1]",
        "drag": 0,
        "frames": 1,
        "identification": float(number),
        "ignoreBounce": False,
        "imageData": encoded(image) if isinstance(image, Image.Image) else image,
        "offset": "Vector2(0, 0)",
        "parentId": None,
        "path": "user://defaultAvatar/body.png",
        "pos": f"Vector2({pos[0]}, {pos[1]})",
        "rLimitMax": 180,
        "rotDrag": 0,
        "showBlink": 0,
        "showTalk": 0,
        "toggle": "null",
        "type": "sprite",
        "xAmp": 9,
        "zindex": 0,
    } | more


def write(tmp_path, *sprites):
    path = tmp_path / "mira.save"
    path.write_text(json.dumps({str(number): each for number, each in enumerate(sprites)}), encoding="utf-8")
    return path


def drawn(tmp_path, *sprites, state=None, emotions=None):
    """The picture of one state, as an array."""
    read = pngtuber_plus.read(write(tmp_path, *sprites), emotions)
    return np.asarray(read.draw(state or State("neutral")))


def refusal(path, emotions=None):
    with pytest.raises(PackError) as caught:
        pngtuber_plus.read(path, emotions)
    assert len(caught.value.message) < 300
    return caught.value.message


# -- Where sprites lie


def test_a_sprite_lies_with_its_middle_at_its_place(tmp_path):
    found = drawn(tmp_path, sprite(plain((10, 6), RED)), sprite(plain((2, 2), BLUE), 2, (3, -1)))
    assert found.shape == (6, 10, 4)
    assert (found[1:3, 7:9] == BLUE).all()
    assert (found[..., 0] == 255).sum() == 60 - 4


def test_children_count_from_their_parents_and_offsets_move_only_the_picture(tmp_path):
    found = drawn(
        tmp_path,
        sprite(plain((20, 20), RED)),
        sprite(plain((2, 2), GREEN), 2, (5, 0), offset="Vector2(0, -6)", parentId=1.0),
        sprite(plain((2, 2), BLUE), 3, (-1, 3.0), parentId=2),
    )
    assert (found[3:5, 14:16] == GREEN).all()
    assert (found[12:14, 13:15] == BLUE).all()


def test_a_parent_may_come_later_in_the_file_or_be_missing(tmp_path):
    found = drawn(
        tmp_path,
        sprite(plain((2, 2), BLUE), 2, (5, 0), parentId=1, zindex=1),
        sprite(plain((20, 20), RED), 1, (-2, 0), parentId=99),
    )
    assert (found[9:11, 14:16] == BLUE).all()


def test_sprites_are_drawn_by_depth_then_along_the_tree(tmp_path):
    image = plain((4, 4), RED), plain((4, 4), GREEN), plain((4, 4), BLUE)
    assert (drawn(tmp_path, *(sprite(each, n) for n, each in enumerate(image))) == BLUE).all()
    low = sprite(image[2], 3, zindex=-1)
    assert (drawn(tmp_path, sprite(image[0], 1), sprite(image[1], 2), low) == GREEN).all()
    child = sprite(image[1], 2, parentId=1)
    assert (drawn(tmp_path, sprite(image[0], 1), sprite(image[2], 3), child) == BLUE).all()


def test_empty_borders_are_cut_off_and_do_not_move_anything(tmp_path):
    framed = Image.new("RGBA", (50, 40))
    framed.paste(RED, (10, 5, 14, 9))
    found = drawn(tmp_path, sprite(framed), sprite(plain((2, 2), BLUE), 2, (10 - 25 + 2, 5 - 20 + 2)))
    assert found.shape == (4, 4, 4)
    assert (found[1:3, 1:3] == BLUE).all()


def test_of_a_sheet_the_first_frame_is_taken(tmp_path):
    sheet = plain((12, 4), GREEN)
    sheet.paste(RED, (0, 0, 4, 4))
    read = pngtuber_plus.read(write(tmp_path, sprite(sheet, frames=3, animSpeed=5)))
    found = np.asarray(read.draw(State("neutral")))
    assert found.shape == (4, 4, 4)
    assert (found == RED).all()
    assert "Of animated sprites the first frame was taken." in read.notes


def test_a_clipping_sprite_shows_its_children_only_where_it_is(tmp_path):
    parent = sprite(plain((6, 6), WHITE), 1, clipped=True, zindex=3)
    child = sprite(plain((20, 2), BLUE), 2, parentId=1, zindex=-5)  # drawn at the parent's depth
    found = drawn(tmp_path, sprite(plain((20, 20), RED), 9), parent, child)
    assert (found[9:11, 7:13] == BLUE).all()
    assert (found == BLUE).all(2).sum() == 12
    hidden = parent | {"showTalk": 2}
    assert not (drawn(tmp_path, sprite(plain((20, 20), RED), 9), hidden, child) == BLUE).all(2).any()


# -- When sprites show


@pytest.mark.parametrize(
    ("talk", "blink", "shows"),
    [
        (0, 0, {"rest", "talk", "blink", "both"}),
        (1, 0, {"rest", "blink"}),
        (2, 0, {"talk", "both"}),
        (0, 1, {"rest", "talk"}),
        (0, 2, {"blink", "both"}),
        (1, 1, {"rest"}),
        (2, 1, {"talk"}),
        (1, 2, {"blink"}),
        (2, 2, {"both"}),
    ],
)
def test_a_sprite_shows_in_speech_and_in_blinks_as_it_is_told(tmp_path, talk, blink, shows):
    body = sprite(plain((8, 8), RED))
    both = sprite(plain((1, 1), RED), 3, showTalk=2), sprite(plain((1, 1), RED), 4, showBlink=2)
    read = pngtuber_plus.read(
        write(tmp_path, body, *both, sprite(plain((2, 2), BLUE), 2, showTalk=talk, showBlink=blink))
    )
    states = {
        "rest": State("neutral"),
        "talk": State("neutral", mouth="small"),
        "blink": State("neutral", "closed"),
        "both": State("neutral", "closed", "small"),
    }
    assert set(read.states) == set(states.values())
    shown = {name for name, state in states.items() if (np.asarray(read.draw(state)) == BLUE).all(2).any()}
    assert shown == shows


def test_a_character_that_neither_speaks_nor_blinks_has_one_picture(tmp_path):
    assert pngtuber_plus.read(write(tmp_path, sprite(plain((4, 4), RED)))).states == [State("neutral")]


def costumes(*numbers):
    return str([int(number in numbers) for number in range(1, 11)])


def three_costumes():
    return [
        sprite(plain((8, 8), RED), 1),
        sprite(plain((2, 2), GREEN), 2, costumeLayers=costumes(1, 2)),
        sprite(plain((2, 2), BLUE), 3, costumeLayers=costumes(3)),
        sprite(plain((2, 2), WHITE), 4, (2, 0), parentId=3, costumeLayers=costumes(1, 2, 3)),
    ]


def test_costumes_that_look_different_are_emotions_in_turn(tmp_path):
    read = pngtuber_plus.read(write(tmp_path, *three_costumes()))
    assert [state.emotion for state in read.states] == ["neutral", "happy", "sad"]
    assert read.notes[:2] == ["Costume 1 is shown for neutral.", "Costume 3 is shown for happy."]
    assert any('--emotions "1=neutral"' in note for note in read.notes)


def test_a_child_is_worn_only_with_its_parent(tmp_path):
    read = pngtuber_plus.read(write(tmp_path, *three_costumes()), {"1": "neutral", "3": "angry"})
    white = {state.emotion: (np.asarray(read.draw(state)) == WHITE).all(2).any() for state in read.states}
    assert white == {"neutral": False, "angry": True}


def test_files_of_old_versions_have_no_costumes_or_fewer(tmp_path):
    old = sprite(plain((4, 4), RED), 1)
    for key in ("costumeLayers", "clipped", "frames", "toggle", "animSpeed"):
        del old[key]
    few = sprite(plain((2, 2), BLUE), 2, costumeLayers="[1, 0, 1, 1, 1]")
    read = pngtuber_plus.read(write(tmp_path, old, few))
    assert [state.emotion for state in read.states] == ["neutral", "happy"]


def test_the_user_says_which_costume_is_which_emotion(tmp_path):
    path = write(tmp_path, *three_costumes())
    read = pngtuber_plus.read(path, {"3": "happy", "1": "neutral"})
    assert read.notes == ["Costume 3 is shown for happy.", "Costume 1 is shown for neutral."]
    assert '"11" is no costume; allowed is a number from 1 to 10' in refusal(path, {"11": "neutral"})
    assert '"smile" is no costume' in refusal(path, {"smile": "neutral"})
    assert "no costume is neutral, but one must be" in refusal(path, {"2": "happy"})
    bare = write(tmp_path, sprite(plain((4, 4), RED), costumeLayers=costumes(1)))
    assert "costume 2 shows nothing" in refusal(bare, {"2": "neutral"})


def test_the_pack_shows_what_the_file_showed(tmp_path):
    body, mouth, lids = noise((60, 90), "body"), noise((12, 5), "mouth"), noise((20, 6), "lids")
    path = write(
        tmp_path,
        sprite(body, 1),
        sprite(mouth, 2, (1, -10), showTalk=2, parentId=1),
        sprite(lids, 3, (0, -20), showBlink=2, parentId=1, zindex=4),
        sprite(noise((9, 9), "hat"), 4, (0, -30), costumeLayers=costumes(2)),
    )
    read = pngtuber_plus.read(path)
    drawing.install(read, tmp_path / "pack", is_forced=False)
    pack = load(tmp_path / "pack")
    composer = Composer(pack, pack.height)
    assert pack.emotions == ("neutral", "happy")
    assert (pack.title, pack.description) == ("mira", "Imported from PNGTuber Plus.")
    for state in read.states:
        found = composer.picture(Pose(state.emotion, state.eyes, state.mouth)).crop((4, 4, 64, 94))
        assert found.convert("RGBa").tobytes() == read.draw(state).convert("RGBa").tobytes()


# -- Files that mean harm, or are none


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"[]",
        b"{}",
        b'{"0": 3}',
        b'{"0": {"type": "sprite"}}',
        b'{"0": {"type": "camera"}}',
        b"\xff\xfe{}",
        b'{"0": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b'{"0": {"x": ' + b'{"a":' * 200_000 + b"1" + b"}" * 200_000 + b"}}",
        b"\x89PNG\r\n\x1a\n",
    ],
    ids=range(11),
)
def test_a_file_that_is_no_character_is_refused(tmp_path, content):
    path = tmp_path / "mira.save"
    path.write_bytes(content)
    message = refusal(path)
    assert message.startswith("mira.save ")


HARM = {
    "only a path": (
        {"imageData": None},
        'The sprite "body.png" has no picture inside the file, only its path',
    ),
    "a path out": (
        {"imageData": "", "path": "/etc/../home/you/secret.png"},
        'The sprite "secret.png" has no picture',
    ),
    "a windows path": (
        {"imageData": None, "path": "C:\\Users\\you\\b.png"},
        'The sprite "b.png" has no picture',
    ),
    "no base64": ({"imageData": "!!!!"}, "has a damaged picture"),
    "not ascii": ({"imageData": "日本"}, "has a damaged picture"),
    "no png": ({"imageData": base64.b64encode(b"GIF89a").decode()}, "is not a PNG picture"),
    "cut off": ({"imageData": encoded(plain((9, 9), RED))[:60]}, "is cut off"),
    "too much base64": ({"imageData": "A" * 46_000_000}, "has a picture of more than 32 MB"),
    "a bomb": (
        {"imageData": base64.b64encode(png(65_000, 65_000, b"\0" * 10_000_000)).decode()},
        "has a picture of 65000 x 65000 pixels; at most 36 million can be read",
    ),
    "an empty shell": ({"imageData": base64.b64encode(png(900, 900, b"")).decode()}, "is damaged"),
    "no vector": ({"pos": "Vector2(1e9999, 0)"}, "has no place: pos is not of the form Vector2(x, y)"),
    "code": ({"offset": "__import__('os')"}, "has no place: offset is not of the form"),
    "far away": ({"pos": "Vector2(999999999, 0)"}, "lies further than 20000 pixels from the middle"),
    "its own parent": ({"parentId": 7}, "each other's parents"),
    "a number as text": ({"zindex": "high"}, "is not a file of PNGTuber Plus"),
}


@pytest.mark.parametrize("name", HARM)
def test_a_sprite_that_means_harm_is_refused(tmp_path, name):
    change, said = HARM[name]
    whole = sprite(plain((4, 4), RED), 1)
    assert said in refusal(write(tmp_path, whole, sprite(plain((4, 4), RED), 7) | change))


def test_parents_in_a_circle_are_refused(tmp_path):
    image = encoded(plain((2, 2), RED))
    circle = [sprite(image, 1, parentId=2), sprite(image, 2, parentId=1), sprite(image, 3)]
    assert "each other's parents" in refusal(write(tmp_path, *circle))


@pytest.mark.timeout(20)
def test_of_two_sprites_with_one_number_the_first_has_the_children(tmp_path):
    image = encoded(plain((2, 2), RED))
    twins = [sprite(image, 1, (10, 0)), sprite(image, 1, (-10, 0)), sprite(image, 2, (0, 5), parentId=1)]
    assert (drawn(tmp_path, *twins)[..., 3].nonzero()[0] >= 5).sum() == 4
    generations = [sprite(image, n, parentId=n - 1 if n else None) for n in range(60) for _ in range(2)]
    assert drawn(tmp_path, *generations).shape == (2, 2, 4)


def test_a_long_chain_of_parents_is_walked(tmp_path):
    image = encoded(plain((2, 2), RED))
    chain = [sprite(image, n, parentId=n - 1 if n else None) for n in range(500)]
    assert drawn(tmp_path, *chain).shape == (2, 2, 4)


def test_too_many_sprites_and_too_many_pixels_are_refused(tmp_path, monkeypatch):
    image = encoded(plain((9, 9), RED))
    path = write(tmp_path, *(sprite(image, number) for number in range(513)))
    assert "has 513 sprites; at most 512" in refusal(path)
    path = write(tmp_path, sprite(image, 1), sprite(image, 2))
    monkeypatch.setattr(pngtuber_plus, "MAX_PIXELS", 100)
    assert "The sprites have more than" in refusal(path)
    monkeypatch.undo()
    monkeypatch.setattr(pngtuber_plus, "MAX_FILE_BYTES", 100)
    assert "mira.save is larger than" in refusal(path)
    monkeypatch.undo()
    far = write(tmp_path, sprite(image, 1, (-9000, -9000)), sprite(image, 2, (9000, 9000)))
    assert "The sprites together take 18009 x 18009 pixels" in refusal(far)


def test_a_character_of_which_nothing_is_seen_is_refused(tmp_path):
    assert "No costume shows anything" in refusal(write(tmp_path, sprite(plain((4, 4), (0, 0, 0, 0)))))

"""What a pack's files may be: broken pictures, bombs, links that lead away, packs that extend others."""

import os
import struct
import zlib

import pytest
from pack_house import chunk, make_pack, noise, plain, png, save
from PIL import Image

from overlay.packs import loader
from overlay.packs.loader import load
from overlay.packs.tables import PackError

BODY = "1x/body.png"


def refusal(folder):
    with pytest.raises(PackError) as caught:
        load(folder)
    assert str(folder) not in caught.value.message
    return caught.value.message


@pytest.fixture
def folder(tmp_path):
    return make_pack(tmp_path / "mira")


def test_an_image_without_its_file_is_named(folder):
    (folder / "2x" / "iris.png").unlink()
    assert refusal(folder) == "avatar.toml: images.iris: 2x/iris.png is missing."


def test_a_missing_scale_is_named(folder):
    (folder / "2x").rename(folder / "3x")
    assert "2x/" in refusal(folder)


def cut(data):
    return data[: len(data) // 2]


def flip(data):
    return data[:200] + bytes([data[200] ^ 255]) + data[201:]


BROKEN = {
    "no png at all": (lambda data: b"GIF89a" + data, "is not a PNG picture"),
    "empty": (lambda _: b"", "is not a PNG picture"),
    "a script": (lambda _: b"#!/bin/sh\necho", "is not a PNG picture"),
    "cut off": (cut, "is cut off"),
    "without its end": (lambda data: data[:-12], "is cut off"),
    "a changed byte": (flip, "is damaged"),
    "too wide": (lambda _: png(41, 5, b""), "is 41 x 5 pixels; the canvas at this scale has 40 x 60"),
    "too high": (lambda _: png(4, 61, b""), "is 4 x 61 pixels"),
    "a bomb": (lambda _: png(60_000, 60_000, b"\0" * 10_000_000), "is 60000 x 60000 pixels"),
    "no pixels": (lambda _: png(0, 5, b""), "is damaged"),
    "rgb": (lambda _: png(4, 4, b"", kind=2), "is not 8-bit RGBA"),
    "palette": (lambda _: png(4, 4, b"", kind=3), "is not 8-bit RGBA"),
    "grey": (lambda _: png(4, 4, b"", kind=4), "is not 8-bit RGBA"),
    "no data": (lambda data: data[:33] + chunk(b"IEND", b""), "is damaged"),
    "too large a file": (lambda data: data + b"x" * 9_000_000, "is larger than 8192 KB"),
    "many parts": (lambda data: data[:33] + chunk(b"abCd", b"") * 20_000 + data[33:], "is cut off"),
    "a lying length": (lambda data: data[:33] + struct.pack(">I", 2**31) + data[37:], "is cut off"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_picture_is_refused_when_the_pack_is_loaded(folder, name):
    spoil, said = BROKEN[name]
    (folder / BODY).write_bytes(spoil((folder / BODY).read_bytes()))
    message = refusal(folder)
    assert message.startswith(f"avatar.toml: images.body: {BODY} ")
    assert said in message


def test_a_picture_that_holds_less_than_it_promises_is_refused_when_it_is_decoded(folder):
    (folder / BODY).write_bytes(png(36, 56, b"\0" * 10))
    pack = load(folder)
    with pytest.raises(PackError, match=r"1x/body\.png is damaged"):
        pack.pictures.get("body", 1)


def test_a_picture_that_changed_after_loading_is_refused(folder):
    pack = load(folder)
    save(noise((36, 56), "other"), folder / BODY)
    with pytest.raises(PackError, match="has changed since the pack was loaded"):
        pack.pictures.get("body", 1)
    (folder / BODY).unlink()
    with pytest.raises(PackError, match="is missing"):
        pack.pictures.get("body", 1)


def test_text_profiles_and_animations_in_a_picture_are_never_unpacked(folder):
    rows = (b"\0" + b"\x10\x20\x30\xff" * 36) * 56
    bomb = zlib.compress(b"\0" * 50_000_000, 9)
    more = chunk(b"zTXt", b"Comment\0\0" + bomb) + chunk(b"iCCP", b"profile\0\0" + bomb)
    more += chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))
    (folder / BODY).write_bytes(png(36, 56, rows, more=more))
    image = load(folder).pictures.get("body", 1)
    assert image.getpixel((5, 5)) == (0x10, 0x20, 0x30, 0xFF)
    assert "icc_profile" not in image.info


def test_an_animated_picture_shows_its_still(folder):
    frames = [noise((36, 56), str(number)) for number in range(3)]
    frames[0].save(folder / BODY, save_all=True, append_images=frames[1:])
    assert load(folder).pictures.get("body", 1).tobytes() == frames[0].tobytes()


def test_an_interlaced_picture_is_read(folder):
    # One pixel is the whole of the first of the seven passes.
    (folder / BODY).write_bytes(png(1, 1, b"\0\x01\x02\x03\xff", interlaced=1))
    assert load(folder).pictures.get("body", 1).getpixel((0, 0)) == (1, 2, 3, 255)


@pytest.mark.parametrize("place", ["[40, 3]", "[-36, 3]", "[2, 60]", "[2, -56]"])
def test_a_picture_wholly_outside_the_canvas_is_refused(tmp_path, place):
    message = refusal(make_pack(tmp_path / "mira", ("body = [2, 3]", f"body = {place}")))
    assert "images.body: 1x/body.png lies wholly outside the canvas" in message


def test_a_picture_partly_outside_the_canvas_is_allowed(tmp_path):
    load(make_pack(tmp_path / "mira", ("body = [2, 3]", "body = [-35.5, 59]")))


def test_all_pictures_together_are_limited(tmp_path, monkeypatch):
    monkeypatch.setattr(loader, "MAX_PIXELS", 5000)
    assert "images has more than" in refusal(make_pack(tmp_path / "mira"))
    monkeypatch.setattr(loader, "MAX_PIXELS", 10**9)
    monkeypatch.setattr(loader, "MAX_BYTES", 10_000)
    assert "images has more than" in refusal(tmp_path / "mira")


def test_a_link_out_of_the_pack_is_refused(folder, tmp_path):
    (folder / BODY).rename(tmp_path / "body.png")
    (folder / BODY).symlink_to(tmp_path / "body.png")
    assert "1x/body.png is a link that leads out of the pack" in refusal(folder)


def test_a_link_within_the_pack_is_followed(folder):
    (folder / BODY).rename(folder / "shared.png")
    (folder / BODY).symlink_to(folder / "shared.png")
    load(folder)


def test_a_linked_folder_of_pictures_and_a_linked_manifest_are_refused(folder, tmp_path):
    (folder / "avatar.toml").rename(tmp_path / "avatar.toml")
    (folder / "avatar.toml").symlink_to(tmp_path / "avatar.toml")
    assert "avatar.toml is a link that leads out of the pack" in refusal(folder)
    (folder / "avatar.toml").unlink()
    (tmp_path / "avatar.toml").rename(folder / "avatar.toml")
    (folder / "2x").rename(tmp_path / "2x")
    (folder / "2x").symlink_to(tmp_path / "2x")
    assert "2x is a link that leads out of the pack" in refusal(folder)


def test_links_in_a_circle_dangling_ones_and_folders_are_refused(folder):
    (folder / BODY).unlink()
    (folder / BODY).symlink_to("body.png")
    refusal(folder)
    (folder / BODY).unlink()
    (folder / BODY).symlink_to("nothing.png")
    assert "is missing" in refusal(folder)
    (folder / BODY).unlink()
    (folder / BODY).mkdir()
    assert "is not an ordinary file" in refusal(folder)


@pytest.mark.timeout(10)
def test_a_pipe_is_refused_and_never_waited_for(folder):
    (folder / BODY).unlink()
    os.mkfifo(folder / BODY)
    assert "is not an ordinary file" in refusal(folder)


def test_a_pack_reached_by_a_link_is_a_pack(folder, tmp_path):
    (tmp_path / "linked").symlink_to(folder)
    assert load(tmp_path / "linked").name == "linked"


# -- Packs that extend others

EXTENDING = """\
format = 1
[pack]
name = "Second"
extends = "mira"
[emotions.happy]
head = [0, -5]
[images]
body = [4, 5]
hat = [3, 0]
"""


def make_second(folder, *changes):
    text = EXTENDING
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    for scale in (1, 2):
        for name in ("body", "hat"):
            save(plain((10 * scale, 8 * scale), (1, 2, 3, 255)), folder / f"{scale}x" / f"{name}.png")
    (folder / "avatar.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_second_outfit_is_the_first_with_its_own_keys_over_it(folder, tmp_path):
    base, second = load(folder), load(make_second(tmp_path / "second"))
    assert (second.title, second.author, second.name) == ("Second", "Tester", "second")
    assert second.layers == base.layers
    assert second.images == base.images | {"body": (4, 5), "hat": (3, 0)}
    assert second.moods["happy"].head == (0, -5)
    assert second.moods["happy"].mouth == "closed"  # its own table stands for the whole one
    assert second.look == base.look
    assert second.pictures.get("body", 1).size == (10, 8)
    assert second.pictures.get("iris", 2).tobytes() == base.pictures.get("iris", 2).tobytes()


def test_own_layers_replace_all_layers(folder, tmp_path):
    change = ("[images]", '[[layers]]\nimage = "hat"\n[images]')
    assert [layer.image for layer in load(make_second(tmp_path / "second", change)).layers] == ["hat"]


@pytest.mark.parametrize(
    "name",
    [
        "../mira",
        "..",
        ".",
        "/mira",
        "a/b",
        "a\\\\b",
        "C:",
        "C:mira",
        "nul",
        "COM1",
        "mira.",
        " mira",
        "mira\\u0000",
    ],
)
def test_the_name_of_another_pack_leads_nowhere_else(folder, tmp_path, name):
    message = refusal(make_second(tmp_path / "second", ('extends = "mira"', f'extends = "{name}"')))
    assert message.startswith("avatar.toml: pack.extends is ")


def test_a_pack_that_extends_itself_or_nothing_is_refused(folder, tmp_path):
    for name in ("second", "nobody"):
        message = refusal(make_second(tmp_path / "second", ('"mira"', f'"{name}"')))
        assert f'pack.extends is "{name}"; there is no other pack of this name' in message


def test_a_chain_or_a_circle_of_packs_is_refused(folder, tmp_path):
    make_second(tmp_path / "second", ('"mira"', '"third"'))
    make_second(tmp_path / "third", ('"mira"', '"second"'))
    assert "pack.extends names third, which extends a pack itself" in refusal(tmp_path / "second")


@pytest.mark.parametrize("change", ["width = 41", "height = 61", "scales = [1]"])
def test_the_canvas_of_the_other_pack_stays(folder, tmp_path, change):
    key = change.split()[0]
    message = refusal(make_second(tmp_path / "second", ("[images]", f"[canvas]\n{change}\n[images]")))
    assert f"avatar.toml: canvas.{key} is" in message
    assert "as in the pack it extends" in message


def test_other_keys_of_the_canvas_may_change(folder, tmp_path):
    change = ("[images]", "[canvas]\nwidth = 40\nhead = [7, 8]\n[images]")
    assert load(make_second(tmp_path / "second", change)).head == (7, 8)


def test_a_mistake_in_the_other_pack_names_the_other_pack(folder, tmp_path):
    second = make_second(tmp_path / "second")
    (folder / "1x" / "iris.png").unlink()
    assert "images.iris (of the pack mira): 1x/iris.png is missing" in refusal(second)
    manifest = folder / "avatar.toml"
    text = manifest.read_text()
    manifest.write_text(text.replace("width = 40", "width = 0"))
    assert refusal(second).startswith("mira/avatar.toml: canvas.width is 0")
    manifest.write_text(text.replace("[emotions.neutral]", ""))
    assert refusal(second).startswith("mira/avatar.toml: emotions.neutral is missing")
    manifest.unlink()
    assert "mira/avatar.toml is missing" in refusal(second)


def test_the_other_pack_is_also_found_among_the_shipped_ones(tmp_path):
    own = tmp_path / "own" / "mine"
    own.mkdir(parents=True)
    (own / "avatar.toml").write_text(
        'format = 1\n[pack]\nname = "Mine"\nextends = "alisa"\n', encoding="utf-8"
    )
    assert load(own).images == load(loader.SHIPPED / "alisa").images
    with pytest.raises(PackError, match="no other pack of this name"):
        load(own, others=())


def test_the_shipped_packs_are_right_in_every_pixel():
    packs = loader.find_packs([loader.SHIPPED])
    assert {"alisa", "alisa-winter"} <= packs.keys()
    for folder in packs.values():
        pack = load(folder)
        assert len(pack.emotions) == 6
        for name in pack.images:
            for scale in pack.scales:
                assert pack.pictures.get(name, scale).mode == "RGBA"


def test_decoded_pictures_are_kept_up_to_a_number_of_bytes(folder):
    pack = load(folder)
    pictures = loader.Pictures(pack.pictures._files, limit=9000)
    first = pictures.get("iris", 1)
    assert pictures.get("iris", 1) is first
    assert pictures.get("body", 1).size == (36, 56)
    assert pictures.kept_bytes == 36 * 56 * 4 + 5 * 5 * 4
    for name in pack.images:
        pictures.get(name, 1)
        assert 0 < pictures.kept_bytes <= 9000
    assert pictures.get("body", 2).size == (72, 112)  # larger than the limit, and yet shown
    assert pictures.kept_bytes == 72 * 112 * 4
    assert pictures.get("iris", 1) is not first


def test_loading_decodes_nothing(folder, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise AssertionError("a picture was opened")

    monkeypatch.setattr(Image, "open", refuse)
    assert load(folder).pictures.kept_bytes == 0


def test_the_pack_by_hand_in_the_readme_is_right(tmp_path):
    readme = (loader.SHIPPED / "README.md").read_text(encoding="utf-8")
    text = readme.split("### By hand")[1].split("```toml\n")[1].split("```")[0]
    (tmp_path / "avatar.toml").write_text(text, encoding="utf-8")
    for line in text.split("[images]")[1].split():
        if line.startswith("me-"):
            save(noise((400, 400), line), tmp_path / "1x" / f"{line}.png")
    assert load(tmp_path).title == "Me"


def test_packs_are_listed_by_what_they_call_themselves(tmp_path):
    for name, title in (("one", "Mira"), ("two", "Mira"), ("three", "Nora"), ("four", "")):
        folder = make_pack(tmp_path / name)
        text = (folder / "avatar.toml").read_text()
        (folder / "avatar.toml").write_text(text.replace('name = "Test"', f'name = "{title}"'))
    assert loader.titles([tmp_path]) == {
        "four": "four",  # broken: who chooses it is told why
        "one": "Mira (one)",
        "three": "Nora",
        "two": "Mira (two)",
    }


def test_a_pack_that_was_given_another_name_is_listed_by_it(tmp_path):
    manifest = make_pack(tmp_path / "one") / "avatar.toml"
    assert loader.titles([tmp_path]) == {"one": "Test"}
    manifest.write_text(manifest.read_text().replace('name = "Test"', 'name = "Other"'))
    os.utime(manifest, ns=(1, 1))
    assert loader.titles([tmp_path]) == {"one": "Other"}

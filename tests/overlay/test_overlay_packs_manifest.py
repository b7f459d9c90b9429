"""Every rule of `avatar.toml`, broken once: the message names the file, the key, and what is allowed."""

import pytest
from pack_house import MANIFEST, make_pack

from overlay.packs import loader
from overlay.packs.loader import load
from overlay.packs.tables import PackError


def refusal(folder, *changes):
    with pytest.raises(PackError) as caught:
        load(make_pack(folder, *changes))
    return caught.value.message


def test_a_right_pack_tells_what_it_is(tmp_path):
    pack = load(make_pack(tmp_path / "mira"))
    assert (pack.name, pack.title, pack.author, pack.licence) == ("mira", "Test", "Tester", "CC0-1.0")
    assert pack.description == "For tests."
    assert (pack.width, pack.height, pack.scales) == (40, 60, (1, 2))
    assert (pack.face, pack.feet, pack.head) == ((10, 10, 20, 20), (20, 58), (20, 2))
    assert pack.emotions == ("neutral", "happy")


RULES = [
    ("format = 1", "format = 2", "format is 2; allowed is 1"),
    ("format = 1\n", "", "format is missing"),
    ("format = 1", "format = true", "format is true"),
    ("[pack]", "[packs]", 'packs is not known. Did you mean "pack"?'),
    ("[pack]", "pack = 3\n[look.x]", "pack is 3; allowed is a table, [pack]"),
    ('name = "Test"', "", "pack.name is missing"),
    ('name = "Test"', 'name = ""', 'pack.name is ""; allowed is a line of text'),
    ('name = "Test"', "name = 7", "pack.name is 7; allowed is a line of text"),
    ('name = "Test"', 'name = "a\\nb"', "pack.name is"),
    ('author = "Tester"', "", "pack.author is missing"),
    ('licence = "CC0-1.0"', 'license = "CC0-1.0"', 'pack.license is not known. Did you mean "licence"?'),
    ("width = 40", "width = 0", "canvas.width is 0; allowed is 1 to 2048"),
    ("width = 40", "width = 2049", "canvas.width is 2049; allowed is 1 to 2048"),
    ("width = 40", "width = 40.5", "canvas.width is 40.5; allowed is 1 to 2048"),
    ("width = 40", "width = true", "canvas.width is true; allowed is 1 to 2048"),
    ("height = 60\n", "", "canvas.height is missing"),
    ("height = 60", 'height = "60"', 'canvas.height is "60"'),
    ("scales = [1, 2]", "scales = []", "canvas.scales is []"),
    ("scales = [1, 2]", "scales = [1, 1]", "canvas.scales is [1, 1]; allowed is different whole numbers"),
    ("scales = [1, 2]", "scales = [5]", "canvas.scales is [5]"),
    (
        "width = 40\nheight = 60\nscales = [1, 2]",
        "width = 2048\nheight = 60\nscales = [4]",
        "canvas.scales is [4]",
    ),
    ("face = [10, 10, 20, 20]", "face = [30, 10, 20, 20]", "canvas.face is [30.0, 10.0, 20.0, 20.0]"),
    ("face = [10, 10, 20, 20]", "face = [10, 10, 0, 20]", "canvas.face is"),
    ("feet = [20, 58]", "feet = [20]", "canvas.feet is [20]; allowed is two numbers"),
    ("head = [20, 2]", "head = [20, 61]", "canvas.head is [20.0, 61.0]"),
    ("head = [20, 2]", "head = [nan, 2]", "canvas.head is [nan, 2]"),
    ("right = [2, 0]", "right = [inf, 0]", "look.right is [inf, 0]"),
    ("right = [2, 0]", "rigth = [2, 0]", 'look.rigth is not known. Did you mean "right"?'),
    ("[emotions.neutral]", "", "emotions.neutral is missing"),
    ("[emotions.happy]", "[emotions.bored]", "emotions.bored is not known"),
    ('mouth = "smile"', 'mouth = "grin"', 'emotions.happy.mouth is "grin"; allowed is one of "closed"'),
    ('mouth = "smile"', "lips = 1", "emotions.happy.lips is not known"),
    (
        "[emotions.neutral]",
        "[emotions]\nsad = 3\n[emotions.neutral]",
        "emotions.sad is 3; allowed is a table",
    ),
    ("[look]", '[fallback]\neyes = { half = "shut" }\n[look]', "fallback.eyes is"),
    (
        "[look]",
        '[fallback]\neyes = { open = "half" }\n[look]',
        "fallback.eyes goes round in a circle (half to open",
    ),
    ("[look]", '[fallback]\nmouth = { closed = "closed" }\n[look]', "fallback.mouth goes round in a circle"),
    ('image = "body"', "", "layers[1].image is missing"),
    (
        'image = "body"',
        'image = "bodi"',
        'layers[1].image is "bodi", which [images] does not have. Did you mean "body"?',
    ),
    ('mask = "white-{eyes}"', 'mask = "white"', 'layers[3].mask is "white", which [images] does not have'),
    ('image = "body"', 'image = "../body"', 'layers[1].image is "../body"; allowed is the name of an image'),
    ('image = "body"', 'image = "body-{mood}"', "layers[1].image is"),
    ('image = "body"', 'image = "body"\nscale = 2', "layers[1].scale is not known"),
    ('image = "body"', 'image = "body"\nmask = ""', 'layers[1].mask is ""'),
    ("look = 1", "look = 1e9", "layers[3].look is 1000000000.0; allowed is a number from -100 to 100"),
    ("head = true", "head = 1", "layers[2].head is 1; allowed is true or false"),
    ("fallback = false", 'fallback = "no"', 'layers[2].fallback is "no"; allowed is true or false'),
    ("sway = [1, 0]", "sway = 1", "layers[1].sway is 1; allowed is two numbers"),
    ('when = "asleep"', 'when = "awake"', 'layers[6].when is "awake"; allowed is one of "asleep"'),
    ("body = [2, 3]", "body = [2]", "images.body is [2]; allowed is two numbers"),
    ("body = [2, 3]", 'body = "2, 3"', 'images.body is "2, 3"'),
    ("body = [2, 3]", '"../body" = [2, 3]', "images.../body is no name for an image"),
    ("body = [2, 3]", '"C:body" = [2, 3]', "images.C:body is no name for an image"),
    ("body = [2, 3]", '"a\\\\b" = [2, 3]', "is no name for an image; allowed is letters, digits, - and _"),
    ("body = [2, 3]", '"körper" = [2, 3]', "images.körper is no name for an image"),
    ("body = [2, 3]", '"" = [2, 3]', "is no name for an image"),
    ("body = [2, 3]", "NUL = [2, 3]", "images.NUL is a device on Windows"),
    ("body = [2, 3]", "com1 = [2, 3]", "images.com1 is a device on Windows"),
    (
        "body = [2, 3]",
        "body = [2, 3]\nBody = [2, 3]",
        "images.Body differs from images.body only in capital letters",
    ),
]


@pytest.mark.parametrize(("old", "new", "said"), RULES, ids=[said[:40] for _, _, said in RULES])
def test_a_broken_rule_is_named_with_its_key(tmp_path, old, new, said):
    message = refusal(tmp_path / "mira", (old, new))
    assert message.startswith("avatar.toml: ")
    assert said in message
    assert str(tmp_path) not in message


def test_too_many_layers_and_images_are_refused(tmp_path):
    many = "\n".join('[[layers]]\nimage = "body"' for _ in range(65))
    assert "layers has 71 entries; allowed is at most 64" in refusal(
        tmp_path / "a", ("[images]", many + "\n[images]")
    )
    many = "\n".join(f"image{number} = [0, 0]" for number in range(513))
    assert "images has 523 entries; allowed is at most 512" in refusal(
        tmp_path / "b", ("[images]", "[images]\n" + many)
    )


def test_a_pack_without_layers_or_images_is_refused(tmp_path):
    folder = make_pack(tmp_path / "mira")
    head, images = MANIFEST.split("[[layers]]")[0], MANIFEST.split("[images]")[1]
    (folder / "avatar.toml").write_text(head + "[images]" + images, encoding="utf-8")
    with pytest.raises(PackError, match="layers is missing"):
        load(folder)
    (folder / "avatar.toml").write_text(MANIFEST.split("[images]")[0], encoding="utf-8")
    with pytest.raises(PackError, match="images is missing"):
        load(folder)
    (folder / "avatar.toml").write_text(MANIFEST.split("[images]")[0] + "[images]", encoding="utf-8")
    with pytest.raises(PackError, match="images is missing; it is at least one image"):
        load(folder)


BAD_TEXTS = {
    "not toml": (b"format = 1\nname =", "is not valid TOML"),
    "not utf-8": (b"format = 1 # \xff\xfe", "is not UTF-8 text"),
    "twice": (b"format = 1\nformat = 1", "is not valid TOML"),
    "too large": (b"#" + b"x" * 1000 + b"\n" * 262_000, "avatar.toml is larger than 256 KB"),
    "a long line": (b"#" * 3000, "line 1 is longer than 2000 letters"),
    "deep lists": (b"".join(b"[\n" for _ in range(50_000)), "is not valid TOML"),
    "deep values": (b"a = " + b"[\n" * 50_000, "is nested too deeply"),
    "deep tables": (b"a = " + b"{a=" * 600, "is nested too deeply"),
    "a huge number": (b"format = " + b"1" * 5000, "line 1 is longer"),
    "many dots": (b"\n".join(b".".join([b"a"] * 990) + b"%d = 1" % n for n in range(100)), "is not known"),
    "empty": (b"", "format is missing"),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", BAD_TEXTS)
def test_a_file_that_is_no_manifest_is_refused_soon(tmp_path, name):
    data, said = BAD_TEXTS[name]
    folder = make_pack(tmp_path / "mira")
    (folder / "avatar.toml").write_bytes(data)
    with pytest.raises(PackError) as caught:
        load(folder)
    assert said in caught.value.message


@pytest.mark.parametrize("key", ["pack", "canvas", "look", "emotions", "fallback", "layers", "images"])
def test_a_table_that_is_a_number_is_refused(tmp_path, key):
    folder = make_pack(tmp_path / "mira")
    (folder / "avatar.toml").write_text(f"format = 1\n{key} = 4\n", encoding="utf-8")
    with pytest.raises(PackError, match=f"avatar.toml: {key} is 4; allowed is a "):
        load(folder)


def test_a_value_of_any_length_makes_a_short_message(tmp_path):
    assert len(refusal(tmp_path / "a", ("width = 40", f'width = "{"w" * 1500}"'))) < 200
    assert len(refusal(tmp_path / "b", ("width = 40", f"{'w' * 1500} = 1"))) < 300


def test_a_file_with_a_byte_order_mark_is_read(tmp_path):
    folder = make_pack(tmp_path / "mira")
    (folder / "avatar.toml").write_bytes(b"\xef\xbb\xbf" + MANIFEST.encode())
    assert load(folder).title == "Test"


def test_a_folder_without_a_manifest_is_no_pack(tmp_path):
    with pytest.raises(PackError, match=r"avatar\.toml is missing"):
        load(tmp_path)


def test_packs_are_found_by_the_names_of_their_folders_the_first_folder_wins(tmp_path):
    mine, shipped = tmp_path / "mine", tmp_path / "shipped"
    for folder in (mine / "b", shipped / "a", shipped / "b", shipped / ".hidden"):
        make_pack(folder)
    (shipped / "empty").mkdir()
    (shipped / "file").write_text("")
    found = loader.find_packs([mine, tmp_path / "nowhere", shipped])
    assert found == {"a": shipped / "a", "b": mine / "b"}
    assert list(found) == ["a", "b"]

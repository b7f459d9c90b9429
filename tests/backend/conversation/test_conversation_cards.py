"""Character cards go in and out unchanged, and no card can do harm."""

import base64
import json
import struct
import tomllib
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.conversation.cards import (
    MAX_CARD_BYTES,
    MAX_FILE_BYTES,
    Card,
    CardError,
    from_persona,
    read_card,
    to_persona,
    write_json,
    write_png,
)
from backend.conversation.persona import PERSONAS_FOLDER, Persona, load_persona, system_prompt, write_persona

SIGNATURE = b"\x89PNG\r\n\x1a\n"

V1 = {
    "name": "Bo",
    "description": "d",
    "personality": "p",
    "scenario": "s",
    "first_mes": "f",
    "mes_example": "m",
}
V3: dict[str, Any] = {
    "spec": "chara_card_v3",
    "spec_version": "3.0",
    "top": {"kept": [1, 2.5, None]},
    "data": {
        **V1,
        "nickname": "",
        "alternate_greetings": ["g1", "g2"],
        "system_prompt": "{{original}} Be nice.",
        "post_history_instructions": "Stay Bo.",
        "creator_notes": "notes 😀",
        "tags": ["a"],
        "creator": "me",
        "character_version": "1",
        "group_only_greetings": [],
        "assets": [{"type": "icon", "uri": "https://evil.example/x.png", "name": "main", "ext": "png"}],
        "extensions": {"other/tool": {"depth": {"x": [True]}}, "talkativeness": "0.5"},
        "unknown": {"deep": 12345678901234567890},
        "character_book": {
            "extensions": {},
            "entries": [
                {
                    "keys": ["sea"],
                    "content": "The sea is red.",
                    "enabled": True,
                    "constant": True,
                    "use_regex": False,
                },
                {"keys": ["sky"], "content": "The sky is green.", "enabled": True, "constant": False},
                {"keys": [], "content": "Off.", "enabled": False, "constant": True},
                "odd",
            ],
        },
    },
}


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


HEADER = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
PIXELS = chunk(b"IDAT", zlib.compress(b"\0\0"))
END = chunk(b"IEND", b"")


def png(*chunks: bytes) -> bytes:
    return SIGNATURE + HEADER + b"".join(chunks) + PIXELS + END


def packed(card: object) -> bytes:
    return base64.b64encode(json.dumps(card).encode())


def as_json(card: object) -> bytes:
    return json.dumps(card).encode()


def code_of(data: bytes) -> str:
    with pytest.raises(CardError) as caught:
        read_card(data)
    assert len(caught.value.message) < 300
    return caught.value.code


# -- Reading and writing


@pytest.mark.parametrize(
    "text",
    [
        chunk(b"tEXt", b"chara\0" + packed(V3)),
        chunk(b"tEXt", b"Chara\0" + packed(V3)),
        chunk(b"zTXt", b"chara\0\0" + zlib.compress(packed(V3))),
        chunk(b"iTXt", b"ccv3\0\0\0en\0\0" + packed(V3)),
        chunk(b"iTXt", b"ccv3\0\1\0\0k\0" + zlib.compress(packed(V3))),
        chunk(b"tEXt", b"chara\0" + packed(V3).rstrip(b"=")),
        chunk(
            b"tEXt", b"chara\0" + b"\n".join(packed(V3)[i : i + 76] for i in range(0, len(packed(V3)), 76))
        ),
        chunk(b"tEXt", b"chara\0" + packed(V1)) + chunk(b"tEXt", b"ccv3\0" + packed(V3)),
        chunk(b"tEXt", b"Comment\0hi") + chunk(b"tEXt", b"ccv3\0" + packed(V3)),
    ],
)
def test_a_card_is_found_in_every_kind_of_text_chunk(text: bytes) -> None:
    assert read_card(png(text)).content == V3


def test_a_flat_first_version_becomes_a_second() -> None:
    card = read_card(as_json(V1))
    assert card.content == {"spec": "chara_card_v2", "spec_version": "2.0", "data": V1}
    assert to_persona(card).description == "d"


def test_json_with_a_byte_order_mark_is_read() -> None:
    assert read_card(b"\xef\xbb\xbf" + as_json(V3)).content == V3


def test_everything_unknown_survives_the_way_through_json_and_png() -> None:
    card = read_card(as_json(V3))
    assert read_card(write_json(card)).content == V3
    assert read_card(write_png(card)).content == V3


def test_a_picture_carries_both_versions_and_keeps_its_pixels() -> None:
    image = png(chunk(b"tEXt", b"Comment\0hi"), chunk(b"tEXt", b"chara\0" + packed(V1)))
    written = write_png(read_card(as_json(V3)), image)
    assert written.count(b"chara\0") == 1
    assert written.count(b"ccv3\0") == 1
    assert PIXELS in written
    assert b"Comment\0hi" in written
    assert written.endswith(END)
    old = written.replace(b"ccv3\0", b"ccvX\0")
    start = old.index(b"tEXtccvX")
    size = struct.unpack(">I", old[start - 4 : start])[0]
    second = read_card(old[: start - 4] + old[start + 8 + size :])
    assert second.content["spec"] == "chara_card_v2"
    assert second.data == V3["data"]


def test_the_built_in_picture_is_a_valid_one() -> None:
    written = write_png(read_card(as_json(V1)))
    start = written.index(b"IDAT")
    size = struct.unpack(">I", written[start - 4 : start])[0]
    assert len(zlib.decompress(written[start + 4 : start + 4 + size])) == 384 * 33
    assert read_card(written).data["name"] == "Bo"


def test_a_picture_of_another_kind_is_refused() -> None:
    with pytest.raises(CardError, match="PNG"):
        write_png(read_card(as_json(V1)), b"\xff\xd8\xff\xe0 jpeg")


# -- Personas


def test_a_card_becomes_a_persona() -> None:
    persona = to_persona(read_card(as_json(V3)))
    assert (persona.name, persona.personality, persona.scenario, persona.examples) == ("Bo", "p", "s", "m")
    assert persona.greetings == ["f", "g1", "g2"]
    assert persona.instructions == "Be nice.\n\nStay Bo."
    assert persona.lore == ["The sea is red."]
    prompt = system_prompt(persona)
    assert "The sea is red." in prompt
    assert "green" not in prompt
    assert "evil.example" not in prompt
    assert prompt.index("Stay Bo.") < prompt.index("never instructions")


def test_a_persona_goes_back_into_its_card_unchanged() -> None:
    assert from_persona(to_persona(read_card(as_json(V3)))).content == V3


def test_what_was_changed_in_the_persona_is_changed_in_the_card() -> None:
    persona = to_persona(read_card(as_json(V3)))
    changed = Persona(
        name="Bob",
        description="new",
        speech="loud",
        lore=["x"],
        greetings=[],
        instructions="i",
        card=persona.card,
    )
    data = from_persona(changed).data
    assert (data["name"], data["description"], data["first_mes"]) == ("Bob", "new", "")
    assert (data["system_prompt"], data["post_history_instructions"]) == ("i", "")
    assert data["extensions"]["alisa"] == {"speech": "loud", "lore": ["x"]}
    assert data["extensions"]["other/tool"] == V3["data"]["extensions"]["other/tool"]
    assert data["unknown"] == V3["data"]["unknown"]
    again = to_persona(from_persona(changed))
    assert (again.speech, again.lore, again.name, again.greetings) == ("loud", ["x"], "Bob", [])


def test_alisa_herself_goes_through_a_picture() -> None:
    alisa = load_persona("alisa", [PERSONAS_FOLDER])
    again = to_persona(read_card(write_png(from_persona(alisa))))
    assert system_prompt(again) == system_prompt(alisa)
    assert again.greetings == alisa.greetings


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.text(
    "\"'\\\n\r{}\x00", max_size=8
)


@settings(max_examples=200, deadline=None)
@given(texts, texts, texts, st.lists(texts.filter(str.strip), max_size=3))
def test_any_card_survives_the_persona_file(
    description: str, example: str, speech: str, greetings: list[str]
) -> None:
    data = {
        "name": "Bo",
        "description": description,
        "mes_example": example,
        "alternate_greetings": greetings,
    }
    card = Card(
        {"spec": "chara_card_v2", "data": {**data, "extensions": {"alisa": {"speech": speech}, "x": speech}}}
    )
    persona = to_persona(card)
    read = Persona(**tomllib.loads(write_persona(persona)))
    assert read == persona
    assert from_persona(read).content == card.content


# -- Bad cards


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "card-not-json"),
        (b"hello", "card-not-json"),
        (b"\xff\xfe", "card-not-json"),
        (b"[" * 10_000, "card-not-json"),
        (b'{"name":' + b'{"a":' * 10_000 + b"1" + b"}" * 10_001, "card-not-json"),
        (b'{"name": "\\ud800"}', "card-not-json"),
        (b'{"name": NaN}', "card-not-json"),
        (b"[]", "card-wrong"),
        (b"3", "card-wrong"),
        (b"{}", "card-wrong"),
        (b'{"name": " "}', "card-wrong"),
        (b'{"name": 3}', "card-wrong"),
        (b'{"spec": "chara_card_v2"}', "card-wrong"),
        (b'{"spec": "chara_card_v2", "data": []}', "card-wrong"),
        (b'{"spec": "lorebook_v3", "data": {"name": "x"}}', "card-wrong"),
        (b'{"data": {"name": "x", "first_mes": []}}', "card-wrong"),
        (b'{"name": "x", "alternate_greetings": [1]}', "card-wrong"),
        (b" " * (MAX_CARD_BYTES + 1), "card-too-large"),
        (b"{" + b" " * 50_000_000, "card-too-large"),
        (SIGNATURE, "card-truncated"),
        (png()[:-6], "card-truncated"),
        (png()[:40], "card-truncated"),
        (png(), "card-missing"),
        (SIGNATURE + END, "card-damaged"),
        (SIGNATURE + PIXELS + HEADER + END, "card-damaged"),
        (SIGNATURE + HEADER + b"\xff\xff\xff\xfftEXtchara\0", "card-truncated"),
        (SIGNATURE + HEADER + b"\x7f\xff\xff\xfftEXtchara\0" + b"x" * 100, "card-truncated"),
        (png(chunk(b"tEXt", b"chara\0" + packed(V1))[:-1] + b"\0"), "card-damaged"),
        (png(chunk(b"tEXt", b"chara\0!!! no base64 !!!")), "card-damaged"),
        (png(chunk(b"tEXt", b"chara\0A")), "card-damaged"),
        (png(chunk(b"tEXt", b"chara\0\xff\xfe")), "card-damaged"),
        (png(chunk(b"tEXt", b"chara\0" + base64.b64encode(b"\xff\xfe"))), "card-not-json"),
        (png(chunk(b"tEXt", b"chara")), "card-not-json"),
        (png(chunk(b"zTXt", b"chara\0\0rubbish")), "card-damaged"),
        (png(chunk(b"zTXt", b"chara\0\0" + zlib.compress(packed(V1))[:-9])), "card-damaged"),
        (png(chunk(b"iTXt", b"chara\0\0")), "card-damaged"),
        (png(chunk(b"iTXt", b"chara\0\1\0\0\0rubbish")), "card-damaged"),
        (png(chunk(b"tEXt", b"chara\0" + b"A" * (MAX_CARD_BYTES * 3 // 2))), "card-too-large"),
    ],
    ids=range(38),
)
def test_a_bad_card_gets_a_clear_error(data: bytes, code: str) -> None:
    assert code_of(data) == code


def test_a_file_over_the_limit_is_refused() -> None:
    assert code_of(SIGNATURE + bytes(MAX_FILE_BYTES)) == "card-too-large"


def test_a_gigabyte_packed_into_a_picture_takes_little_memory() -> None:
    packer = zlib.compressobj(9)
    megabyte = b"A" * (1 << 20)
    first, again = (packer.compress(megabyte) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    body = first + again * 1023 + packer.flush()
    bomb = png(chunk(b"zTXt", b"chara\0\0" + body))
    tracemalloc.start()
    try:
        assert code_of(bomb) == "card-too-large"
        assert tracemalloc.get_traced_memory()[1] < 40 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_huge_dimensions_of_the_picture_mean_nothing() -> None:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 2**31 - 1, 2**31 - 1, 16, 6, 0, 0, 0))
    data = SIGNATURE + header + chunk(b"tEXt", b"chara\0" + packed(V1)) + PIXELS + END
    assert read_card(data).data == V1


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 400), st.binary(min_size=1, max_size=4))
def test_a_picture_damaged_anywhere_gives_a_card_error_or_the_card(place: int, junk: bytes) -> None:
    data = png(chunk(b"tEXt", b"chara\0" + packed(V1)))
    place %= len(data)
    try:
        card = read_card(data[:place] + junk + data[place + len(junk) :])
    except CardError:
        return
    assert card.data == V1


def test_nulls_and_texts_too_long_are_handled() -> None:
    assert to_persona(read_card(as_json({"name": "Bo", "description": None}))).description == ""
    with pytest.raises(CardError, match="description"):
        to_persona(read_card(as_json({"name": "Bo", "description": "x" * 60_000})))
    assert to_persona(read_card(as_json({"name": "B\no\u2028 " * 99}))).name.startswith("B o B o")


# -- The command line

"""A persona is read with clear errors, survives any text, and gives the same prompt each time."""

import tomllib
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backend.conversation.persona import (
    PERSONAS_FOLDER,
    Persona,
    PersonaError,
    load_persona,
    system_prompt,
    write_persona,
)
from backend.shared.records import EmotionName

ALISA = load_persona("alisa", [PERSONAS_FOLDER])


def test_the_system_prompt_is_the_same_to_the_byte() -> None:
    again = load_persona("alisa", [PERSONAS_FOLDER])
    assert system_prompt(ALISA).encode() == system_prompt(again).encode()


def test_the_system_prompt_holds_the_persona_and_the_rules() -> None:
    prompt = system_prompt(ALISA)
    assert prompt.startswith("You are Alisa.\n")
    assert "Tsundere" in prompt
    assert all(f"[{emotion}]" in prompt for emotion in get_args(EmotionName))
    assert "never instructions" in prompt
    assert "You are an AI" in prompt
    assert "{{" not in prompt
    assert "  " not in prompt


def test_alisa_leaves_most_of_a_small_context_free() -> None:
    assert len(system_prompt(ALISA)) / 4 < 800


def test_every_greeting_of_alisa_begins_with_a_tag() -> None:
    tags = tuple(f"[{emotion}] " for emotion in get_args(EmotionName))
    assert len(ALISA.greetings) >= 2
    assert all(greeting.startswith(tags) for greeting in ALISA.greetings)


def test_names_are_put_in_whatever_their_writing() -> None:
    persona = Persona(
        name="Bo",
        description="{{Char}} likes {{ USER }}. <BOT> and <USER>. <|im_end|>",
        examples="<START>\n{{user}}: Hi\n{{char}}: \\1 Yo",
        lore=["{{char}} can fly"],
        instructions="Be Bo.",
    )
    prompt = system_prompt(persona)
    assert "Bo likes the user. Bo and the user. < |im_end|>" in prompt
    assert "How you sound:\nUser: Hi\nBo: \\1 Yo" in prompt
    assert "- Bo can fly" in prompt
    assert "Be Bo." in prompt


def test_a_persona_with_a_name_alone_works() -> None:
    assert system_prompt(Persona(name="Bo")).startswith("You are Bo.\n\nHow you answer")


def test_the_users_own_persona_wins(tmp_path: Path) -> None:
    (tmp_path / "alisa.toml").write_text('name = "Mine"\n', encoding="utf-8")
    assert load_persona("alisa", [tmp_path, PERSONAS_FOLDER]).name == "Mine"
    assert load_persona("alisa", [tmp_path / "none", PERSONAS_FOLDER]).name == "Alisa"


@pytest.mark.parametrize(
    "name",
    [
        "../alisa",
        "..",
        ".",
        "",
        "a/b",
        "a\\b",
        "/etc/passwd",
        "C:\\x",
        "alisa.toml",
        "a" * 65,
        "con",
        "LPT1",
        "a\n",
        "ä",
    ],
)
def test_a_name_that_is_a_path_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "alisa.toml").write_text('name = "Secret"\n', encoding="utf-8")
    folder = tmp_path / "personas"
    folder.mkdir()
    with pytest.raises(PersonaError) as caught:
        load_persona(name, [folder])
    assert caught.value.code == "persona-bad-name"


def test_a_missing_persona_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(PersonaError, match="alisa") as caught:
        load_persona("nobody", [tmp_path, PERSONAS_FOLDER])
    assert caught.value.code == "persona-missing"


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        (b"name = 3", "persona-wrong", "name"),
        (b'description = "x"', "persona-wrong", "name"),
        (b'name = " "', "persona-wrong", "name"),
        (b'name = "a"\nspeach = "x"', "persona-wrong", "speach"),
        (b'name = "a"\ngreetings = "hi"', "persona-wrong", "greetings"),
        (b"name = \n", "persona-not-toml", "line 1"),
        (b'name = "\xff"', "persona-not-toml", "bo.toml"),
        (b"name = " + b"[" * 20_000, "persona-not-toml", "bo.toml"),
    ],
)
def test_a_wrong_persona_is_named_with_its_key(tmp_path: Path, text: bytes, code: str, named: str) -> None:
    (tmp_path / "bo.toml").write_bytes(text)
    with pytest.raises(PersonaError) as caught:
        load_persona("bo", [tmp_path])
    assert caught.value.code == code
    assert "bo.toml" in caught.value.message
    assert named in caught.value.message
    assert str(tmp_path) not in caught.value.message


texts = st.text(st.characters(exclude_categories=["Cs"])) | st.text(
    "\"\\\n\r\t'x \x00\x7f\u2028é😀", max_size=12
)


@settings(max_examples=500, deadline=None)
@example('"""\n"""', '\n""', ["a\r\n", "'''\n", '"\n'])
@given(texts, texts, st.lists(texts, max_size=3))
def test_any_text_survives_the_file(description: str, examples: str, greetings: list[str]) -> None:
    persona = Persona(name="Bo", description=description, examples=examples, greetings=greetings)
    read = msgspec.convert(tomllib.loads(write_persona(persona)), Persona)
    assert read == persona

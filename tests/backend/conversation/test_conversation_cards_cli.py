"""Importing and exporting characters on the command line."""

from pathlib import Path

import pytest

from backend.conversation.cards import main, read_card, write_png
from backend.conversation.persona import load_persona
from tests.backend.conversation.test_conversation_cards import V1, V3, as_json


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ALISA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_importing_makes_a_persona_and_names_the_setting(
    own_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "card.png"
    file.write_bytes(write_png(read_card(as_json(V3))))
    assert main(["import", str(file)]) == 0
    assert 'companion.persona to "bo"' in capsys.readouterr().out
    assert load_persona("bo", [own_home / "personas"]).lore == ["The sea is red."]
    assert main(["list"]) == 0
    assert capsys.readouterr().out.split() == ["alisa", "bo"]
    out = tmp_path / "out.json"
    assert main(["export", "bo", str(out)]) == 0
    assert read_card(out.read_bytes()).content == V3


def test_an_import_replaces_nothing_unasked(
    own_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "card.json"
    file.write_bytes(as_json(V1))
    assert main(["import", str(file)]) == 0
    before = (own_home / "personas" / "bo.toml").read_text(encoding="utf-8")
    file.write_bytes(as_json(V1 | {"description": "other"}))
    assert main(["import", str(file)]) == 1
    assert "--force" in capsys.readouterr().err
    assert (own_home / "personas" / "bo.toml").read_text(encoding="utf-8") == before
    assert main(["import", str(file), "--force"]) == 0
    assert main(["import", str(file), "--name", "alisa"]) == 1
    assert load_persona("bo", [own_home / "personas"]).description == "other"


@pytest.mark.parametrize(
    ("name", "file_name"),
    [
        ("../../evil", "evil"),
        ("/etc/passwd", "etc-passwd"),
        ("Åsa Ünal", "asa-unal"),
        ("あ", "character"),
        ("CON", "character-con"),
        ("x" * 500, "x" * 40),
        ("a\0b", "a-b"),
    ],
)
def test_the_file_name_is_of_our_own_making(
    own_home: Path, tmp_path: Path, name: str, file_name: str
) -> None:
    file = tmp_path / "card.json"
    file.write_bytes(as_json(V1 | {"name": name}))
    assert main(["import", str(file)]) == 0
    assert [path.name for path in own_home.rglob("*") if path.is_file()] == [f"{file_name}.toml"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["import", "card.json", "--name", "../x"],
        ["import", "none.png"],
        ["export", "nobody", "x.png"],
        ["export", "../alisa", "x.png"],
        ["export", "alisa", "x.gif"],
        ["export", "alisa", "x.png", "--image", "card.json"],
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    own_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("card.json").write_bytes(as_json(V1))
    assert main(arguments) == 1
    shown = capsys.readouterr()
    assert shown.err.count("\n") == 1
    assert str(tmp_path) not in shown.err
    assert not own_home.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["card.json"]

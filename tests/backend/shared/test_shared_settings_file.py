"""Changing one setting must leave every other byte of the user's file as it was."""

import pytest

from backend.shared import settings
from backend.shared.settings_file import change_setting

VALUE = 'C:\\Models\\"my" Möbel.gguf'


def _change(folder, text: str, value: str | None = VALUE) -> str:
    path = folder / settings.FILE_NAME
    path.write_bytes(text.encode())
    change_setting("llm", "embedded_model", value, folder)
    return path.read_bytes().decode()


def test_a_file_that_is_not_there_is_made(tmp_path):
    change_setting("llm", "embedded_model", VALUE, tmp_path)
    assert settings.load(tmp_path, {}).llm.embedded_model == VALUE
    assert len((tmp_path / settings.FILE_NAME).read_text(encoding="utf-8").splitlines()) == (
        len(settings.template().splitlines()) + 1
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[hub]\nport = 1",
        "[llm]",
        "[llm]\r\ntemperature = 0.5\r\n",
        "[hub]\r\nport = 1\r\n",
        '[llm]\n# embedded_model = ""\ntemperature = 0.5\n',
        "# mine\r\n[llm] # here\r\ntemperature = 0.5 # warm\r\n"
        "embedded_model = 'old' # keep me\r\n[hub]\r\nport = 1\r\n",
        '\ufeff[llm]\nembedded_model = "a \\" # b"\n[memory]\nmax_turns = 3\n',
        '  [ llm ]\n  embedded_model   =   ""   # spaces\n',
    ],
)
def test_only_the_line_of_the_setting_changes(tmp_path, text):
    found = _change(tmp_path, text)
    assert settings.load(tmp_path, {}).llm.embedded_model == VALUE
    kept = [line for line in text.splitlines() if "embedded_model =" not in line.replace("   ", " ")]
    assert [line for line in kept if line not in found.splitlines()] == []
    assert len(found.splitlines()) - len(text.splitlines()) <= 3
    assert found.count("\r\n") == (found.count("\n") if "\r\n" in text else 0)
    for comment in ("# keep me", "# spaces"):
        assert (comment in found) == (comment in text)
    back = _change(tmp_path, found, None)
    assert settings.load(tmp_path, {}).llm.embedded_model == ""
    assert "embedded_model" in back


@pytest.mark.parametrize(
    "text",
    [
        "llm = { temperature = 0.5 }\n",
        "llm.temperature = 0.5\n",
        '[llm]\nmodel = """\nembedded_model = "x"\n"""\n',
        "not toml",
    ],
)
def test_a_file_that_cannot_be_changed_safely_is_left_alone_with_advice(tmp_path, text):
    with pytest.raises(settings.SettingsError, match=r"Put this line under \[llm\] yourself"):
        _change(tmp_path, text)
    assert (tmp_path / settings.FILE_NAME).read_text() == text


def test_taking_away_what_is_not_there_changes_nothing(tmp_path):
    text = "[llm]\ntemperature = 0.5\n"
    assert _change(tmp_path, text, None) == text


def test_a_link_to_the_file_stays_a_link(tmp_path):
    real = tmp_path / "dotfiles.toml"
    real.write_text("[llm]\n")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / settings.FILE_NAME).symlink_to(real)
    change_setting("llm", "embedded_model", VALUE, tmp_path / "home")
    assert (tmp_path / "home" / settings.FILE_NAME).is_symlink()
    assert "embedded_model" in real.read_text(encoding="utf-8")

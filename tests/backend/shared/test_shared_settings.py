"""The settings: where they come from, and what is said when one is wrong."""

import tomllib

import pytest

from backend.shared import settings


def load(home, toml="", **environment):
    (home / "alisa.toml").write_text(toml, encoding="utf-8")
    return settings.load(home, environment)


def test_the_defaults_are_those_of_the_contract(home):
    chosen = load(home)
    assert (chosen.hub.host, chosen.hub.port) == ("127.0.0.1", 8000)
    assert (chosen.llm.url, chosen.llm.model, chosen.llm.api_key, chosen.llm.embedded_model) == (
        "",
        "",
        "",
        "",
    )
    assert chosen.security.require_token is False
    assert (chosen.companion.idle, chosen.companion.check_seconds) == (True, 30)
    assert (chosen.memory.max_turns, chosen.memory.max_tokens) == (10, 3000)


def test_the_file_beats_the_default_and_the_environment_beats_the_file(home):
    chosen = load(home, '[hub]\nport = 1\n[llm]\nmodel = "file"', ALISA_LLM_MODEL="environment")
    assert (chosen.hub.port, chosen.llm.model) == (1, "environment")


def test_a_file_with_a_byte_order_mark_is_read(home):
    (home / "alisa.toml").write_bytes(b"\xef\xbb\xbf[hub]\nport = 5\n")
    assert settings.load(home, {}).hub.port == 5


@pytest.mark.parametrize(
    ("toml", "environment", "words"),
    [
        ("[hub]\nprot = 1", {}, ["hub.prot", 'Did you mean "hub.port"']),
        ("[hbu]\nport = 1", {}, ["hbu", 'Did you mean "hub"']),
        ("port = 1", {}, ["port"]),
        ("hub = 1", {}, ["hub", "section"]),
        ('[hub]\nport = "8000"', {}, ["hub.port", "'8000'", "whole number from 0 to 65535"]),
        ("[hub]\nport = 65536", {}, ["hub.port", "65536", "0 to 65535"]),
        ("[hub]\nport = 8000.0", {}, ["hub.port"]),
        ("[hub]\nport = true", {}, ["hub.port"]),
        ("[companion]\nidle = 1", {}, ["companion.idle", "true or false"]),
        ("[memory]\nmax_turns = 0", {}, ["memory.max_turns", "0"]),
        ("[companion]\ncheck_seconds = nan", {}, ["companion.check_seconds"]),
        ("[hub", {}, ["not valid TOML"]),
        ("", {"ALISA_HUB_PORT": "many"}, ["ALISA_HUB_PORT", "many", "whole number"]),
        ("", {"ALISA_HUB_PORT": "1e3"}, ["ALISA_HUB_PORT"]),
        ("", {"ALISA_HUB_PROT": "1"}, ["ALISA_HUB_PROT", "ALISA_HUB_PORT"]),
        ("", {"ALISA_NONSENSE": "1"}, ["ALISA_NONSENSE"]),
        ("", {"ALISA_COMPANION_IDLE": "perhaps"}, ["ALISA_COMPANION_IDLE", "true or false"]),
    ],
)
def test_an_error_names_the_key_what_was_found_and_what_is_allowed(home, toml, environment, words):
    with pytest.raises(settings.SettingsError) as refusal:
        load(home, toml, **environment)
    for word in words:
        assert word in refusal.value.message


def test_an_error_never_shows_a_secret(home):
    with pytest.raises(settings.SettingsError) as refusal:
        load(home, "[llm]\napi_key = 123456789")
    assert "123456789" not in refusal.value.message


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("1", True), ("ON", True), ("no", False), ("0", False)]
)
def test_a_switch_in_the_environment_is_read_as_people_write_it(home, text, value):
    assert load(home, ALISA_SECURITY_REQUIRE_TOKEN=text).security.require_token is value


def test_a_broken_encoding_is_said_so(home):
    (home / "alisa.toml").write_bytes(b"[hub]\nhost = '\xff'")
    with pytest.raises(settings.SettingsError, match="UTF-8"):
        settings.load(home, {})


def test_the_file_is_made_once_with_comments_and_is_valid(home):
    assert settings.ensure_file(home) is True
    text = (home / "alisa.toml").read_text(encoding="utf-8")
    assert "# port = 8000" in text
    assert "# Base of an OpenAI-compatible API" in text
    assert settings.load(home, {}) == settings.Settings()
    (home / "alisa.toml").write_text("[hub]\nport = 9\n", encoding="utf-8")
    assert settings.ensure_file(home) is False
    assert settings.load(home, {}).hub.port == 9


def test_every_default_of_the_file_is_the_real_one(home):
    lines = settings.template().splitlines()
    bare = "\n".join(
        line.removeprefix("# ") if " = " in line and line.startswith("# ") else line for line in lines
    )
    values = tomllib.loads(bare)
    (home / "alisa.toml").write_text(bare, encoding="utf-8")
    assert settings.load(home, {}) == settings.Settings()
    assert set(values) == {"hub", "llm", "security", "companion", "memory", "overlay", "voice"}


def test_the_home_folder_is_the_one_of_the_environment(monkeypatch, home):
    monkeypatch.setenv("ALISA_HOME", str(home))
    assert settings.home() == home
    monkeypatch.delenv("ALISA_HOME")
    assert settings.home().name == "alisa"

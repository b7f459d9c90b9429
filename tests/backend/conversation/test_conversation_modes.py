"""Modes come from their files, and are switched only when the user really asks for it."""

from pathlib import Path
from typing import get_args

import pytest

from backend.conversation.modes import Mode, ModeError, asked_mode, load_modes, parse_command
from backend.shared.records import EmotionName

MODES = load_modes()

REQUESTS = {
    "switch to focus mode": "focus",
    "Switch to focus mode.": "focus",
    "Hey Alisa! Switch to focus mode.": "focus",
    "hey alisa, please switch to study mode now": "study",
    "can we do study mode please?": "study",
    "Could you go into quiet mode for a while?": "quiet",
    "be quiet mode now": "quiet",
    "go into playful mode": "playful",
    "let's go to playful mode!": "playful",
    "let’s do brainstorm mode": "brainstorm",
    "I want to switch to bedtime mode": "bedtime",
    "I'd like to enter focus mode": "focus",
    "please enter the study mode": "study",
    "start focus mode": "focus",
    "activate quiet mode": "quiet",
    "turn on focus mode": "focus",
    "turn focus mode on": "focus",
    "enable focus mode, thanks": "focus",
    "focus mode": "focus",
    "Focus mode please!": "focus",
    "focus-mode on": "focus",
    "mode study": "study",
    "change to quiet": "quiet",
    "switch to focus": "focus",
    "change the mode to playful": "playful",
    "set mode to study": "study",
    "set the mode to quiet please": "quiet",
    "SWITCH TO FOCUS MODE": "focus",
    "  switch   to\nfocus mode  ": "focus",
    "ok now work mode": "focus",
    "go to tutor mode": "study",
    "switch to silent mode": "quiet",
    "put yourself into fun mode": "playful",
    "can you be in study mode for the next 20 minutes": "study",
    "go back to focus mode": "focus",
    "leave focus mode": "chat",
    "exit study mode now": "chat",
    "can you stop quiet mode please": "chat",
    "turn off focus mode": "chat",
    "turn focus mode off": "chat",
    "no more study mode": "chat",
    "back to normal": "chat",
    "Back to normal, please.": "chat",
    "let's go back to normal": "chat",
    "go back to your usual self": "chat",
    "normal mode": "chat",
    "switch to normal mode": "chat",
    "switch back to chat mode": "chat",
    "chat mode": "chat",
}

LOOK_ALIKES = [
    "what is focus mode?",
    "What does study mode do?",
    "how do I switch to focus mode?",
    "why did you switch to focus mode?",
    "did you switch to focus mode?",
    "do you have a focus mode?",
    "I love study mode music",
    "I switched to focus mode on my phone",
    "don't switch to focus mode",
    "never go into quiet mode",
    "should I use focus mode on my camera?",
    "switch to dark mode",
    "switch to Firefox",
    "switch to the study group",
    "go to work",
    "switch to work",
    "turn on sleep mode",
    "turn on night mode",
    "turn on game mode",
    "be quiet",
    "let's play",
    "I want to study",
    "focus",
    "quiet",
    "normal",
    "the normal distribution",
    "back to normal operation of the pump in chapter two",
    "when will things go back to normal?",
    'she said "switch to focus mode" and left',
    '"switch to focus mode"',
    "'switch to focus mode'",
    "`switch to focus mode`",
    "“Switch to focus mode”",
    "> switch to focus mode",
    "the button says switch to focus mode",
    "switch to focus mode is what the manual says",
    "switch to focus mode or study mode",
    "I am in focus mode",
    "focus mode is great",
    "focus mode vs study mode",
    "translate: switch to focus mode",
    "if I say switch to focus mode, what happens?",
    "Write a story. In it, a robot hears: go into playful mode.",
    "Read this text to me please: " + "lorem ipsum " * 20 + "switch to focus mode",
    "switch to focus mode\n" + "and a long pasted text " * 10,
    "",
    "   ",
    "mode",
    "/mode focus",
    "study modes",
    "focus model",
    "go into hyperfocus mode",
]


@pytest.mark.parametrize("text", REQUESTS)
def test_a_plain_request_switches_the_mode(text: str) -> None:
    assert asked_mode(text, MODES) == REQUESTS[text]


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_talk_about_modes_switches_nothing(text: str) -> None:
    assert asked_mode(text, MODES) is None


def test_the_name_of_a_new_mode_works_in_every_phrase() -> None:
    modes = MODES | {
        "pirate": Mode(title="P", description="d", manner="m", says=["[happy] Arr."], name="pirate")
    }
    assert asked_mode("please go into pirate mode", modes) == "pirate"
    assert asked_mode("please go into pirate mode", MODES) is None


def test_ten_thousand_characters_of_filler_are_dismissed_at_once() -> None:
    assert asked_mode("please " * 1_400, MODES) is None
    assert asked_mode("please " * 13 + "x", MODES) is None
    assert asked_mode("please " * 20 + "switch to focus mode", MODES) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("/mode focus", "focus"),
        ("/MODE Focus", "focus"),
        ("  /mode   study  ", "study"),
        ("/mode", ""),
        ("/mode ", ""),
        ("/modest", None),
        ("say /mode focus", None),
        ("mode focus", None),
        ("/mode " + "x" * 100, None),
        ("", None),
    ],
)
def test_the_command_names_a_mode(text: str, name: str | None) -> None:
    assert parse_command(text) == name


def test_the_shipped_modes_are_complete() -> None:
    assert next(iter(MODES)) == "chat"
    assert {"chat", "focus", "study", "quiet", "playful"} <= set(MODES)
    for name, mode in MODES.items():
        assert mode.name == name
        assert len(mode.says) >= 3
        for line in mode.says:
            assert line.startswith(tuple(f"[{emotion}] " for emotion in get_args(EmotionName))), line


def test_no_word_asks_for_two_modes() -> None:
    words = [word for name, mode in MODES.items() for word in (name, *mode.asked_by)]
    assert sorted(words) == sorted(set(words))


def test_an_announcement_has_its_tag_taken_out() -> None:
    mode = Mode(title="P", description="d", manner="m", says=["[blush] Well, fine."])
    assert mode.announcement() == ("Well, fine.", "embarrassed")


GOOD = 'title = "A"\ndescription = "b"\nmanner = "c"\nsays = ["[happy] d"]\n'


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        (GOOD.replace('says = ["[happy] d"]', "says = []"), "mode-wrong", "says"),
        (GOOD.replace('"c"', "3"), "mode-wrong", "manner"),
        (GOOD + 'extra = "x"\n', "mode-wrong", "extra"),
        ('title = "A"\n', "mode-wrong", "description"),
        (GOOD.replace('"b"', '"b\\nc"'), "mode-wrong", "description"),
        ("title = \n", "mode-not-toml", "line 1"),
    ],
)
def test_a_wrong_mode_file_is_named_with_its_key(tmp_path: Path, text: str, code: str, named: str) -> None:
    (tmp_path / "chat.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "odd.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ModeError) as caught:
        load_modes(tmp_path)
    assert caught.value.code == code
    assert "odd.toml" in caught.value.message
    assert named in caught.value.message
    assert str(tmp_path) not in caught.value.message


def test_a_mode_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "chat.toml").write_bytes(b"title = '\xff'")
    with pytest.raises(ModeError, match=r"chat\.toml"):
        load_modes(tmp_path)


def test_without_chat_there_are_no_modes(tmp_path: Path) -> None:
    with pytest.raises(ModeError, match="chat"):
        load_modes(tmp_path)

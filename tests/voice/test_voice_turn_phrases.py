"""What was understood is judged: a sound of listening, a stop, her name, her own words."""

import pytest

from voice.phrases import is_backchannel, is_echo, is_stop, without_name

SAID = "The meeting is at three o'clock in the big room, and you should bring your notes. Shall I remind you?"


@pytest.mark.parametrize(
    "text",
    [
        "mm-hm", "Mhmm.", "Yeah, yeah.", "ok", "Okay, cool", "Ahhh", "uh-huh", "Right.", "I see.", "Hmmmm",
        "ja", "Ach so.", "genau", "oui", "d'accord", "vale", "claro", "va bene", "угу", "да да",
        "うん", "なるほど", "嗯", "好的", "네", "그렇구나",
    ],
)  # fmt: skip
def test_sounds_of_listening(text: str) -> None:
    assert is_backchannel(text)


@pytest.mark.parametrize(
    "text",
    ["", "no", "yes but wait", "stop", "ok open the door", "nein", "what", "ok ok ok ok ok ok", "違う", "不"],
)
def test_words_that_ask_for_the_floor(text: str) -> None:
    assert not is_backchannel(text)


@pytest.mark.parametrize(
    "text",
    [
        "stop", "Stop! Stop!", "Alisa, stop please", "Stop it, Alisa.", "be quiet", "Shut up!", "Hör auf!",
        "arrête", "basta", "хватит", "静かに", "アリサ、ストップ", "闭嘴", "그만", "Okay, stop.",
    ],
)  # fmt: skip
def test_wishes_that_she_be_quiet(text: str) -> None:
    assert is_stop(text)


@pytest.mark.parametrize(
    "text", ["please", "stop the timer", "don't stop", "ok", "", "Alisa", "the bus stop"]
)
def test_no_wishes_that_she_be_quiet(text: str) -> None:
    assert not is_stop(text)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Alisa, what time is it?", "what time is it?"),
        ("a Lisa what time is it", "what time is it"),
        ("Elisa?", ""),
        ("Hey Alissa, open it", "open it"),
        ("Alica hello", "hello"),
        ("アリサ、今何時?", "今何時?"),
        ("ねえアリサちゃん、今何時", "今何時"),
        ("Алиса, который час?", "который час?"),
        ("爱丽莎你好吗", "你好吗"),
        ("알리사야 안녕", "안녕"),
        ("OK Elissa.", ""),
    ],
)
def test_she_is_called_however_it_is_spelt(text: str, rest: str) -> None:
    assert without_name(text) == rest


@pytest.mark.parametrize(
    "text", ["Lisa, come here", "Melissa hi", "Alisa's birthday", "tell Alisa", "alias x", "", "hey you"]
)
def test_she_is_not_called(text: str) -> None:
    assert without_name(text) is None


def test_another_name_can_be_hers() -> None:
    assert without_name("Hey Miranda, hello", "Miranda") == "hello"
    assert without_name("Alisa, hello", "Miranda") is None


@pytest.mark.parametrize(
    "heard",
    [
        "the meeting is at three o'clock",
        "in the big room and you should bring",
        "bring your nodes shall I remind you",
        "The meeting is at three a clock in the big room",
    ],
)
def test_her_own_words_are_an_echo(heard: str) -> None:
    assert is_echo(heard, SAID)


@pytest.mark.parametrize(
    "heard",
    [
        "what do you want",
        "three",
        "you said the meeting is at three right",
        "remind you the meeting notes",
        "",
    ],
)
def test_the_users_words_are_no_echo(heard: str) -> None:
    assert not is_echo(heard, SAID)


def test_an_echo_in_a_script_without_blanks() -> None:
    assert is_echo("こんにちは今日はいい天気", "こんにちは。今日はいい天気ですね。")
    assert not is_echo("何時ですか", "こんにちは。今日はいい天気ですね。")


def test_a_short_answer_of_hers_comes_back_whole() -> None:
    assert is_echo("Good morning", "Good morning!")

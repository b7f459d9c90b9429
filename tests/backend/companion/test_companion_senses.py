"""The table of what each process says of itself."""

import pytest

from backend.companion.senses import Senses, recall_switches, switch_key, switch_value
from backend.shared import events
from backend.shared.records import Sense


def merged(senses: Senses) -> list[tuple[str, bool, str]]:
    return [(sense.name, sense.is_on, sense.detail) for sense in senses.merged]


@pytest.fixture
def senses() -> Senses:
    return Senses({})


def test_a_sense_is_on_when_any_process_says_so(senses):
    senses.report("ears", [Sense("microphone", False, "muted")])
    assert merged(senses) == [("microphone", False, "muted")]
    senses.report("other", [Sense("microphone", True, "headset")])
    assert merged(senses) == [("microphone", True, "headset")]


def test_a_report_replaces_the_one_before_of_the_same_process(senses):
    senses.report("eyes", [Sense("camera", True), Sense("screen", True)])
    senses.report("eyes", [Sense("screen", True)])
    assert merged(senses) == [("screen", True, "")]


def test_what_a_process_captured_is_not_there_any_more_when_it_is_gone(senses):
    senses.report("eyes", [Sense("camera", True, "webcam")])
    senses.report("ears", [Sense("microphone", True)])
    (told,) = senses.leave("eyes")
    assert [(sense.name, sense.is_on) for sense in told.senses] == [("microphone", True)]
    assert senses.leave("eyes") == []


def test_the_same_sense_of_another_process_stays_on(senses):
    senses.report("one", [Sense("microphone", True, "desk")])
    senses.report("two", [Sense("microphone", True, "headset")])
    assert merged(senses) == [("microphone", True, "desk, headset")]
    senses.leave("one")
    assert merged(senses) == [("microphone", True, "headset")]


def test_details_joined_are_still_what_a_client_may_be_sent(senses):
    for client in range(5):
        senses.report(client, [Sense("screen", True, f"{client}" * 150)])
    assert len(senses.merged[0].detail) == 200


def test_ears_that_are_gone_hear_nothing_any_more(senses):
    senses.hear("ears", "listening")
    assert senses.leave("ears") == [events.HearingChanged(state="idle")]
    senses.hear("ears", "listening")
    senses.hear("ears", "idle")
    assert senses.leave("ears") == []


def test_others_may_hear_and_speak_on(senses):
    for client in ("one", "two"):
        senses.hear(client, "listening")
        senses.speak(client, is_speaking=True)
    assert senses.leave("one") == []
    assert senses.leave("two") == [events.HearingChanged(state="idle"), events.SpeechEnded()]


def test_a_voice_that_had_ended_ends_once(senses):
    senses.speak("voice", is_speaking=True)
    senses.speak("voice", is_speaking=False)
    assert senses.leave("voice") == []


async def test_switches_are_as_the_user_left_them():
    kept = {switch_key("camera"): switch_value(False), switch_key("voice"): switch_value(True)}
    kept[switch_key("screen")] = "sideways"

    async def get_value(key: str) -> str | None:
        return kept.get(key)

    assert await recall_switches(get_value) == {"camera": False, "voice": True}


def test_what_is_told_does_not_change_afterwards(senses):
    told = senses.state()
    senses.switches["camera"] = False
    assert told.switches == {}

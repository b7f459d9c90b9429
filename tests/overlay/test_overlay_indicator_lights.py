"""The lights show what captures, whatever was asked for."""

import pytest

from backend.shared.records import Sense
from overlay.indicator.lights import PATIENCE_SECONDS, SENSES, Lights

MICROPHONE_ON = [Sense("microphone", True, "default microphone")]
MICROPHONE_OFF = [Sense("microphone", False, "default microphone")]


@pytest.fixture
def lights():
    lights = Lights()
    lights.report(MICROPHONE_ON, {}, True, 0.0)
    return lights


def test_at_first_nothing_is_there_and_nothing_due():
    lights = Lights()
    assert {lights.state(name) for name in SENSES} == {"absent"}
    assert not any(lights.needs_light(name) for name in SENSES)
    assert lights.next_due is None


def test_what_is_reported_is_shown(lights):
    assert lights.state("microphone") == "on"
    assert lights.is_capturing("microphone")
    assert lights.state("camera") == "absent"
    assert lights.describe("microphone") == "Microphone is on: default microphone. Click to switch it off."
    lights.report(MICROPHONE_OFF, {}, True, 1.0)
    assert lights.state("microphone") == "off"
    assert not lights.needs_light("microphone")
    lights.report([], {}, True, 2.0)
    assert lights.state("microphone") == "absent"


def test_of_two_processes_with_a_sense_one_that_captures_is_enough(lights):
    both = [Sense("microphone", True, "headset"), Sense("microphone", False, "laptop")]
    for order in (both, both[::-1]):
        lights.report(order, {}, True, 1.0)
        assert lights.state("microphone") == "on"
        assert "headset" in lights.describe("microphone")


def test_switched_off_it_is_never_shown_as_off_before_it_says_so(lights):
    assert lights.switch("microphone", 1.0) is False
    assert lights.state("microphone") == "switching-off"
    assert lights.is_capturing("microphone")
    lights.report(MICROPHONE_ON, {"microphone": False}, True, 1.2)
    assert lights.state("microphone") == "switching-off"
    assert lights.is_capturing("microphone")
    lights.report(MICROPHONE_OFF, {"microphone": False}, True, 1.4)
    assert lights.state("microphone") == "off"
    assert lights.next_due is None


def test_a_sense_that_stays_on_is_told_once_and_shown_until_it_is_off(lights):
    lights.switch("microphone", 1.0)
    assert lights.next_due == 1.0 + PATIENCE_SECONDS
    assert lights.complain(1.0 + PATIENCE_SECONDS - 0.01) == []
    (sentence,) = lights.complain(1.0 + PATIENCE_SECONDS)
    assert "microphone is still on" in sentence
    assert lights.state("microphone") == "stuck"
    assert lights.is_capturing("microphone")
    assert lights.complain(99.0) == []
    assert lights.next_due is None
    lights.report(MICROPHONE_ON, {"microphone": False}, True, 100.0)
    assert lights.state("microphone") == "stuck"
    lights.report(MICROPHONE_OFF, {"microphone": False}, True, 101.0)
    assert lights.state("microphone") == "off"


def test_a_click_on_a_stuck_sense_tries_again(lights):
    lights.switch("microphone", 1.0)
    lights.complain(10.0)
    assert lights.switch("microphone", 11.0) is False
    assert lights.state("microphone") == "switching-off"
    assert lights.next_due == 11.0 + PATIENCE_SECONDS


def test_a_second_click_while_it_is_switched_off_asks_for_nothing(lights):
    lights.switch("microphone", 1.0)
    assert lights.switch("microphone", 2.0) is None
    assert lights.next_due == 1.0 + PATIENCE_SECONDS


def test_what_another_program_switched_off_is_watched_too(lights):
    lights.report(MICROPHONE_ON, {"microphone": False}, True, 3.0)
    assert lights.state("microphone") == "switching-off"
    assert len(lights.complain(3.0 + PATIENCE_SECONDS)) == 1


def test_a_click_that_the_hub_does_not_know_of_yet_is_not_forgotten(lights):
    lights.switch("microphone", 1.0)
    lights.report(MICROPHONE_ON, {"microphone": True}, True, 1.1)
    assert lights.state("microphone") == "switching-off"


def test_switched_on_again_elsewhere_it_is_simply_on(lights):
    lights.switch("microphone", 1.0)
    lights.report(MICROPHONE_ON, {"microphone": False}, True, 1.1)
    lights.report(MICROPHONE_ON, {"microphone": True}, True, 1.2)
    assert lights.state("microphone") == "on"
    assert lights.complain(99.0) == []


def test_switched_on_it_is_off_until_it_says_so_and_a_failure_is_told(lights):
    lights.report(MICROPHONE_OFF, {}, True, 1.0)
    assert lights.switch("microphone", 2.0) is True
    assert lights.state("microphone") == "switching-on"
    assert not lights.is_capturing("microphone")
    assert lights.needs_light("microphone")
    (sentence,) = lights.complain(2.0 + PATIENCE_SECONDS)
    assert "did not come on" in sentence
    assert lights.state("microphone") == "off"


def test_a_change_of_mind_takes_a_wish_back(lights):
    lights.report(MICROPHONE_OFF, {}, True, 1.0)
    lights.switch("microphone", 2.0)
    assert lights.switch("microphone", 2.5) is False
    assert lights.state("microphone") == "off"
    assert lights.next_due is None


def test_without_the_hub_nothing_counts_as_off(lights):
    lights.report([*MICROPHONE_ON, Sense("camera", False)], {}, True, 1.0)
    lights.switch("microphone", 1.5)
    lights.report([], {}, False, 2.0)
    assert lights.state("microphone") == lights.state("camera") == "unknown"
    assert lights.needs_light("microphone")
    assert not lights.needs_light("camera")
    assert lights.switch("microphone", 3.0) is None
    assert lights.complain(99.0) == []
    assert "not known" in lights.describe("microphone")


def test_a_process_that_is_gone_captures_nothing(lights):
    lights.switch("microphone", 1.0)
    lights.report([], {"microphone": False}, True, 2.0)
    assert lights.state("microphone") == "absent"
    assert lights.complain(99.0) == []
    assert lights.switch("microphone", 3.0) is None

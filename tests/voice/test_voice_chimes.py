"""Her signs: heard on a real sound system, and silent without complaint where there is none."""

import logging
from collections.abc import Iterator

import numpy as np
import pytest

from tests.voice.sound_card import RATE, SoundCard, alike
from tests.voice.voice_sounds import until
from voice.chimes import Chimes, chime
from voice.deck import resample

SIGNS = ["called", "listening", "no-hub"]


@pytest.fixture
def chimes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Chimes]:
    monkeypatch.setenv("SDL_AUDIODRIVER", "pulseaudio")
    found = Chimes(release_seconds=1.0)
    yield found
    found.close()


@pytest.mark.parametrize("sign", SIGNS)
def test_a_sign_is_short_soft_and_does_not_click(sign: str) -> None:
    sound = chime(sign)
    assert 0.2 < len(sound) / 48_000 < 0.8
    assert np.abs(sound).max() == pytest.approx(0.1)
    assert abs(sound[0]) < 0.001 > abs(sound[-1])
    # No step is larger than a sine of 2.4 kHz takes.
    assert np.abs(np.diff(sound)).max() < 0.1 * 2 * np.pi * 2400 / 48_000


def test_no_two_signs_sound_alike() -> None:
    for sign in SIGNS:
        others = [other for other in SIGNS if other != sign]
        assert all(alike(chime(sign), chime(other)[: len(chime(sign))])[0] < 0.9 for other in others)


def test_a_sign_is_heard_and_the_loudspeaker_let_go_after_a_while(card: SoundCard, chimes: Chimes) -> None:
    # Its buffer is short; on a machine under load it may run dry once.
    for _ in range(3):
        with card.listen() as speaker:
            chimes.play("called")
            speaker.wait_for_sound()
            speaker.wait_for_seconds(speaker.seconds + 0.8)
            heard = speaker.samples()
        likeness, _ = alike(heard, resample(chime("called"), 48_000, RATE))
        if likeness > 0.97:
            break
    assert likeness > 0.97
    assert np.abs(heard).max() == pytest.approx(0.1, abs=0.02)
    assert card.users("sink-inputs")
    until(lambda: not card.users("sink-inputs"))
    assert not chimes.is_open
    with card.listen() as speaker:
        chimes.play("no-hub")
        speaker.wait_for_sound()
    assert chimes.is_open


def test_without_a_loudspeaker_there_is_one_line_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SDL_AUDIODRIVER", "no such driver")
    chimes = Chimes()
    with caplog.at_level(logging.WARNING):
        chimes.play("called")
        chimes.play("called")
        chimes.close()
    assert [record.message for record in caplog.records] == [
        "No signs: No loudspeaker can be used. Check that one is plugged in and switched on."
    ]


def test_a_sign_that_does_not_exist_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        Chimes().play("gong")


def test_whoever_never_plays_a_sign_opens_nothing() -> None:
    chimes = Chimes()
    chimes.close()
    assert not chimes.is_open

"""The list of microphones and loudspeakers, and what the user reads when one does not work."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.voice.sound_card import RATE, SoundCard, alike
from tests.voice.voice_sounds import sweep, until
from voice.deck import Event, Played, resample
from voice.devices import Device, Kind, Sound, SoundError, explain, formats
from voice.player import Player

# Devices with names of their own that lead to the card.
_NAMES = """</usr/share/alsa/alsa.conf>
pcm.headset_mono { type pulse }
pcm.studio_eight { type pulse }
"""


@pytest.fixture
def named(card: SoundCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sound]:
    file = tmp_path / "asound.conf"
    file.write_text(_NAMES, encoding="utf-8")
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(file))
    sound = Sound()
    sound.refresh()
    yield sound
    monkeypatch.delenv("ALSA_CONFIG_PATH")
    sound.refresh()


@pytest.mark.parametrize("kind", ["input", "output"])
def test_the_list_begins_with_the_default_device(sound: Sound, kind: Kind) -> None:
    found = sound.devices(kind)
    assert [device.is_default for device in found].count(True) == 1
    assert found[0] == sound.find(kind)
    assert all(device.kind == kind and device.channels > 0 and device.rate > 0 for device in found)


@pytest.mark.parametrize("name", ["headset_mono", "HEADSET", "set_mo", " headset_mono "])
def test_a_device_is_found_by_a_part_of_its_name(named: Sound, name: str) -> None:
    assert named.find("output", name).name == "headset_mono"


def test_a_name_that_is_not_there_is_answered_with_those_that_are(named: Sound) -> None:
    with pytest.raises(SoundError, match=r'no loudspeaker "bluetooth".*"headset_mono"') as caught:
        named.find("output", "bluetooth")
    assert caught.value.code == "sound-none"


@pytest.mark.parametrize(
    "ways",
    [
        [(48_000, 1)],
        [(44_100, 8)],
        [(96_000, 6)],
        [(16_000, 2)],
        # PortAudio refuses the first two.
        [(48_000, 99), (3_000_000, 2), (48_000, 2)],
    ],
)
def test_the_device_decides_on_rate_and_channels(
    sound: Sound, card: SoundCard, monkeypatch: pytest.MonkeyPatch, ways: list[tuple[int, int]]
) -> None:
    monkeypatch.setattr("voice.devices.formats", lambda device: ways)
    events: list[Event] = []
    said = sweep(0.3)
    with Player(sound, on_event=events.append, on_problem=lambda _: None, latency_seconds=0.4) as player:
        assert player.wake(10)
        assert player.format[:2] == ways[-1]
        with card.listen() as speaker:
            player.play(said, 24_000, "one")
            until(lambda: any(isinstance(e, Played) for e in events))
            speaker.wait_for_seconds(speaker.seconds + 0.6)
            assert alike(speaker.samples(), resample(said, 24_000, RATE))[0] > 0.97


def test_a_device_that_takes_nothing_usual_is_told_with_the_fix(
    sound: Sound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voice.devices.formats", lambda device: [(48_000, 99), (3_000_000, 2)])
    with pytest.raises(SoundError, match="Set it to 48000 Hz"):
        sound.open(sound.find("output"), lambda *_: None, 0.1, lambda _: None)


def test_a_device_that_was_plugged_in_is_found_by_its_name(
    card: SoundCard, named: Sound, tmp_path: Path
) -> None:
    problems: list[SoundError | None] = []
    config = Path(os.environ["ALSA_CONFIG_PATH"])
    whole = config.read_text(encoding="utf-8")
    with Player(named, "wireless", on_event=lambda _: None, on_problem=problems.append) as player:
        player.wake()
        until(lambda: problems)
        assert problems[0] is not None
        assert problems[0].code == "sound-none"
        config.write_text(whole.replace("headset_mono", "wireless_mono"), encoding="utf-8")
        assert player.wake(10)
        assert player.device is not None
        assert player.device.name == "wireless_mono"
    assert problems[1:] == [None]


def test_rates_and_channels_are_tried_from_the_best_to_the_common() -> None:
    stereo = Device(0, "x", "output", 2, 96_000, False)
    assert formats(stereo)[:3] == [(96_000, 2), (96_000, 1), (48_000, 2)]
    assert formats(Device(0, "x", "input", 1, 48_000, False)) == [(48_000, 1), (44_100, 1), (16_000, 1)]
    assert (44_100, 8) in formats(Device(0, "x", "output", 8, 44_100, False))


@pytest.mark.parametrize(
    ("code", "stable", "fix"),
    [
        (-9985, "sound-busy", "Close that program"),
        (-9997, "sound-format", "Set it to 48000 Hz"),
        (-9996, "sound-gone", "Plug it in again"),
        (-9999, "sound-unusable", "programs may use it"),
    ],
)
def test_each_failure_is_told_in_plain_words_with_the_fix(code: int, stable: str, fix: str) -> None:
    import sounddevice

    found = explain(sounddevice.PortAudioError("text", code), Device(0, "Jabra", "input", 1, 48_000, False))
    assert found.code == stable
    assert fix in found.message
    assert 'The microphone "Jabra"' in found.message


def test_looking_does_not_touch_streams_that_play(sound: Sound, card: SoundCard) -> None:
    said = np.tile(sweep(0.5), 2)
    with Player(sound, on_event=lambda _: None, on_problem=lambda _: None, latency_seconds=0.4) as player:
        assert player.wake(10)
        with card.listen() as speaker:
            player.play(said, 24_000, "one")
            assert sound.refresh() is False
            speaker.wait_for_seconds(speaker.seconds + 1.8)
            assert alike(speaker.samples(), resample(said, 24_000, RATE))[0] > 0.97

"""The microphone: what is said into it comes out in frames, in time; muted it is closed."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.voice.sound_card import RATE, SoundCard, alike
from tests.voice.voice_sounds import sweep, until
from voice.deck import resample
from voice.devices import Sound, SoundError
from voice.microphone import FRAME_SECONDS, Frame, Microphone, PreRoll, _Block, _Framer
from voice.player import Player


class House:
    """A microphone on the card, and the problems it told."""

    def __init__(self, sound: Sound, **options: float) -> None:
        self.problems: list[SoundError | None] = []
        self.microphone = Microphone(
            sound, on_problem=self.problems.append, **{"latency_seconds": 0.2, **options}
        )

    def frames(self, seconds: float) -> list[Frame]:
        """All that is heard during that time."""
        end = time.monotonic() + seconds
        found = [self.microphone.read(0.2) for _ in iter(lambda: time.monotonic() < end, False)]
        return [frame for frame in found if frame is not None]


@pytest.fixture
def house(sound: Sound) -> Iterator[House]:
    found = House(sound)
    with found.microphone:
        assert found.microphone.unmute(10)
        assert found.microphone.read(10) is not None
        yield found


def test_what_is_said_is_what_is_heard_and_when(house: House, card: SoundCard) -> None:
    said = sweep(0.6, RATE)
    with card.record("vmic") as recording:
        card.speak_into_microphone(said, wait=False)
        frames = house.frames(1.6)
        spoken_at = recording.loud_times()[0] - time.time() + time.monotonic()
    heard = np.concatenate([frame.samples for frame in frames])
    likeness, shift = alike(heard, resample(said, RATE, 16_000))
    assert likeness > 0.97
    heard_at = frames[shift // 512].at_seconds + (shift % 512) / 16_000
    assert heard_at == pytest.approx(spoken_at, abs=0.3)


@pytest.mark.parametrize(("rate", "channels"), [(44_100, 2), (8000, 1), (96_000, 8), (16_000, 1)])
def test_any_microphone_will_do(
    sound: Sound, card: SoundCard, monkeypatch: pytest.MonkeyPatch, rate: int, channels: int
) -> None:
    monkeypatch.setattr("voice.devices.formats", lambda device: [(rate, channels)])
    house = House(sound)
    said = sweep(0.3, RATE)
    with house.microphone:
        assert house.microphone.unmute(10)
        assert house.microphone.read(10) is not None
        assert house.microphone.format[:2] == (rate, channels)
        card.speak_into_microphone(said, wait=False)
        heard = np.concatenate([frame.samples for frame in house.frames(1.0)])
    # What such a microphone can hear of it.
    wanted = resample(resample(said, RATE, min(rate, 16_000)), min(rate, 16_000), 16_000)
    assert alike(heard, wanted)[0] > 0.97


def test_frames_follow_each_other_every_32_ms(house: House) -> None:
    frames = house.frames(0.6)
    assert len(frames) > 10
    assert all(len(frame.samples) == 512 and frame.samples.dtype == np.float32 for frame in frames)
    assert all(frame.is_continued for frame in frames)
    steps = np.diff([frame.at_seconds for frame in frames])
    assert steps == pytest.approx(FRAME_SECONDS, abs=0.01)


def test_muted_it_is_closed_and_forgets_what_it_heard(house: House, card: SoundCard) -> None:
    assert card.users("source-outputs")
    card.speak_into_microphone(sweep(0.2, RATE))
    house.microphone.mute()
    assert not card.users("source-outputs"), "the system still shows a program that listens"
    assert not house.microphone.is_open
    assert house.microphone.read(0.1) is None
    assert house.microphone.unmute(10)
    first, *later = house.frames(0.4)
    assert not first.is_continued
    assert max(np.abs(frame.samples).max() for frame in (first, *later)) < 0.01, "heard while muted"
    assert house.problems == []


def test_a_slow_reader_loses_the_oldest_and_sees_that_it_did(sound: Sound, card: SoundCard) -> None:
    house = House(sound, queue_seconds=0.3)
    with house.microphone:
        assert house.microphone.unmute(10)
        assert house.microphone.read(10) is not None
        until(lambda: house.microphone.dropped_seconds > 0.5)
        frames = house.frames(0.2)
    assert [frame.is_continued for frame in frames].count(False) >= 1
    oldest = next(frame for frame in frames if not frame.is_continued)
    assert time.monotonic() - oldest.at_seconds < 1.5


def test_unplugged_it_says_so_once_and_comes_back(house: House, card: SoundCard) -> None:
    card.remove_microphone()
    until(lambda: house.problems)
    assert house.microphone.problem is not None
    assert house.microphone.problem.code == "sound-gone"
    assert not house.microphone.is_open
    card.add_microphone()
    until(lambda: house.microphone.is_open)
    said = sweep(0.4, RATE)
    card.speak_into_microphone(said, wait=False)
    heard = np.concatenate([frame.samples for frame in house.frames(1.2)])
    assert alike(heard, resample(said, RATE, 16_000))[0] > 0.97
    assert [bool(p) for p in house.problems] == [True, False]


def test_muted_while_it_is_gone_it_stays_closed(house: House, card: SoundCard) -> None:
    card.remove_microphone()
    until(lambda: house.problems)
    house.microphone.mute()
    card.add_microphone()
    time.sleep(0.6)
    assert not house.microphone.is_open
    assert not card.users("source-outputs")


def test_a_loudspeaker_that_is_missing_does_not_disturb_it(
    house: House, card: SoundCard, sound: Sound
) -> None:
    card.remove_speaker()
    problems: list[SoundError | None] = []
    with Player(sound, on_event=lambda _: None, on_problem=problems.append) as player:
        player.wake()
        until(lambda: problems)
        frames = house.frames(1.0)
        assert all(frame.is_continued for frame in frames)
        assert len(frames) > 20
        card.add_speaker()
        assert player.wake(10)


def test_nothing_of_it_is_written_to_disk(house: House, card: SoundCard, tmp_path: Path) -> None:
    card.speak_into_microphone(sweep(0.2, RATE))
    house.frames(0.2)
    own = {Path(link).resolve() for link in Path("/proc/self/fd").iterdir()}
    written = [file for file in own if file.suffix in {".wav", ".raw", ".pcm", ".flac", ".mp3"}]
    assert not written


def test_the_pre_roll_keeps_the_last_moments() -> None:
    ring = PreRoll(0.1)
    frames = [Frame(np.full(512, k, np.float32), float(k), True) for k in range(10)]
    for frame in frames:
        ring.add(frame)
    assert ring.take() == frames[-3:]
    assert ring.take() == []


def test_the_pre_roll_does_not_reach_across_a_break() -> None:
    ring = PreRoll(1.0)
    frames = [Frame(np.zeros(512, np.float32), float(k), k != 2) for k in range(4)]
    for frame in frames:
        ring.add(frame)
    assert ring.take() == frames[2:]


def test_a_clock_that_jumps_loses_no_sound() -> None:
    framer = _Framer()
    said = sweep(1.0, 16_000)
    for number in range(31):
        late = 0.4 * (number % 3 == 0) + 5.0 * (number > 20)
        framer.add(
            _Block(said[number * 512 : (number + 1) * 512], 100 + number * 0.032 + late, number + 1, 16_000)
        )
    frames = list(iter(framer.next, None))
    assert np.array_equal(np.concatenate([frame.samples for frame in frames]), said[: 31 * 512])
    assert [frame.is_continued for frame in frames] == [False] + [True] * 30
    assert frames[-1].at_seconds == pytest.approx(105.96, abs=0.5)


def test_a_lost_block_is_a_break() -> None:
    framer = _Framer()
    for number in (1, 2, 4, 5):
        framer.add(_Block(np.zeros(512, np.float32), number * 0.032, number, 16_000))
    assert [frame.is_continued for frame in iter(framer.next, None)] == [False, True, False, True]

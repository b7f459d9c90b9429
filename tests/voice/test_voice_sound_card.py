"""The virtual sound card itself: what it gives is what was put in, and it leaves nothing behind."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.voice.sound_card import RATE, Recording, SoundCard, alike
from tests.voice.voice_sounds import sweep, until


def test_what_is_said_comes_out_of_the_microphone(card: SoundCard) -> None:
    said = sweep(0.5, RATE)
    with Recording(card, "vmic") as recording:
        card.speak_into_microphone(said)
        recording.wait_for_seconds(recording.seconds + 0.3)
        likeness, _ = alike(recording.samples(), said)
    assert likeness > 0.97


def test_other_sounds_are_not_alike() -> None:
    assert alike(sweep(0.5, RATE, 1), sweep(0.5, RATE, 2))[0] < 0.3
    assert alike(np.zeros(RATE, np.float32), sweep(0.5, RATE))[0] == 0.0


def test_the_echo_comes_that_much_later_and_that_loud(card: SoundCard) -> None:
    said = sweep(0.5, RATE)
    with card.add_echo(0.2, 0.5), Recording(card, "vmic") as heard, card.listen() as played:
        card.play(said)
        heard.wait_for_sound()
        heard.wait_for_seconds(heard.seconds + 0.8)
        delay = heard.loud_times()[0] - played.loud_times()[0]
        likeness, shift = alike(heard.samples(), said)
        part = heard.samples()[shift : shift + len(said)]
    assert likeness > 0.97
    assert np.abs(part).max() == pytest.approx(0.5 * np.abs(said).max(), rel=0.1)
    # PulseAudio comes near the delay that was asked for, not more.
    assert 0.05 < delay < 0.4


def test_without_an_echo_the_microphone_does_not_hear_the_loudspeakers(card: SoundCard) -> None:
    with Recording(card, "vmic") as heard, card.listen() as played:
        card.play(sweep(0.3, RATE))
        played.wait_for_sound()
        heard.wait_for_seconds(heard.seconds + 0.3)
        assert not heard.loud_times()


def test_nothing_is_left_when_it_is_taken_away() -> None:
    with SoundCard() as card:
        folder, pids = card.folder, card.pids
        assert folder.is_dir()
        assert all(Path(f"/proc/{pid}").exists() for pid in pids)
    assert not folder.exists()
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_nothing_is_left_when_the_tests_are_killed() -> None:
    code = "from tests.voice.sound_card import *; card = SoundCard().__enter__(); "
    code += "print(card.folder, *card.pids, flush=True); os.kill(os.getpid(), 9)"
    done = subprocess.run(
        [sys.executable, "-c", f"import os; {code}"], capture_output=True, text=True, check=False
    )
    folder, *pids = done.stdout.split()
    assert len(pids) == 3
    until(lambda: not Path(folder).exists() and not any(is_alive(pid) for pid in pids))


def is_alive(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").split(")")[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_missing_program_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(RuntimeError, match="apt-get install pulseaudio"):
        SoundCard().__enter__()

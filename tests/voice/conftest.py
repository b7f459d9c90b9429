"""Which tests of this room need more than every system has, and the sound card for those that listen."""

import sys
from collections.abc import Iterator

import pytest

from backend.shared.desktop import has_posix_signals
from tests.voice.sound_card import SoundCard, chosen
from voice.devices import Sound

# Pseudo terminals, signals and a POSIX shell.
_POSIX = ["test_text_chat_terminal.py", "test_text_chat_shell.py", "test_text_chat_with_hub.py"]
# PulseAudio and espeak-ng, which scripts/test.sh installs on Linux; or /proc.
_LINUX = [
    "test_voice_sound_card.py",
    "test_voice_devices.py",
    "test_voice_player.py",
    "test_voice_microphone.py",
    "test_voice_lipsync_spoken.py",
    "test_voice_stt_listening.py",
    "test_voice_tts_espeak.py",
    "test_voice_voices.py",
    "test_voice_chimes.py",
    "test_voice_fallback_player.py",
    "test_voice_mouth_heard.py",
    "test_text_chat_speak.py",
    "test_voice_conversion.py",
    "test_voice_conversion_command.py",
]
collect_ignore = ([] if has_posix_signals else _POSIX) + ([] if sys.platform == "linux" else _LINUX)


@pytest.fixture(scope="module")
def shared_card() -> Iterator[SoundCard]:
    """One virtual sound card for all tests of a file; this process uses it and no other."""
    with SoundCard() as card, chosen(card):
        yield card


@pytest.fixture
def card(shared_card: SoundCard) -> Iterator[SoundCard]:
    """The sound card, with all its devices plugged in again after the test."""
    yield shared_card
    shared_card.restore()


@pytest.fixture
def sound(card: SoundCard) -> Sound:
    """PortAudio, looking at that card."""
    found = Sound()
    found.refresh()
    return found

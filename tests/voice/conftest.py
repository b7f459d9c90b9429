"""Which tests of this room need more than every system has, and the sound card for those that listen."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from backend.shared.desktop import has_posix_signals
from tests.hub_process import HubProcess
from tests.voice.sound_card import SoundCard, chosen
from tests.voice.spoken_sentences import SENTENCES, spoken
from tests.voice.tiny_whisper import make_listening_whisper
from tests.voice.voice_house import VoiceProcess, Witness, voice_house
from voice.devices import Sound

# Pseudo terminals, signals and a POSIX shell.
_POSIX = ["test_text_chat_terminal.py", "test_text_chat_shell.py", "test_text_chat_with_hub.py"]
# PulseAudio and espeak-ng, which scripts/test.sh installs on Linux; or /proc.
_LINUX = [
    "test_voice_sound_card.py",
    "test_voice_devices.py",
    "test_voice_player.py",
    "test_voice_microphone.py",
    "test_voice_vad.py",
    "test_voice_ears.py",
    "test_voice_echo.py",
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
    "test_voice_doctor.py",
    "test_voice_whole.py",
    "test_voice_whole_echo.py",
    "test_voice_whole_faults.py",
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


@pytest.fixture(scope="session")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Whisper that hears `SENTENCES`; faster-whisper's own code runs it."""
    folder = tmp_path_factory.mktemp("whisper") / "tiny"
    return make_listening_whisper(folder, {text: spoken(text) for text in SENTENCES})


@pytest.fixture
async def house(
    home: Path,
    card: SoundCard,
    whisper: Path,
    start_hub: Callable[..., Awaitable[HubProcess]],
    request: pytest.FixtureRequest,
) -> AsyncIterator[tuple[VoiceProcess, Witness]]:
    """The real voice between the sound card and a real hub; parametrised with more settings."""
    await start_hub()
    settings = {"voice_stt_model": str(whisper), "voice_engine": "espeak", "voice_language": "en"}
    async with voice_house(home, card, **(settings | getattr(request, "param", {}))) as found:
        yield found

"""The real process when devices go and come, and what it leaves behind: nothing."""

import asyncio
import os
import stat
from pathlib import Path

import pytest

from backend.shared import events
from tests.voice.sound_card import SoundCard
from tests.voice.spoken_sentences import SENTENCES, hear, tell
from tests.voice.voice_house import VoiceProcess, Witness, has_open_microphone


async def has_no_open_microphone(witness: Witness) -> None:
    await witness.wait_for(lambda: not has_open_microphone(witness), "the closed microphone")


async def test_a_microphone_that_goes_is_told_once_and_works_again_when_it_is_back(
    house: tuple[VoiceProcess, Witness], shared_card: SoundCard
) -> None:
    voice, witness = house
    tell(shared_card, SENTENCES[0])
    await asyncio.sleep(0.4)
    shared_card.remove_microphone()
    await has_no_open_microphone(witness)
    await witness.wait_for(lambda: voice.errors, "the line")
    shared_card.add_microphone()
    await witness.wait_for(lambda: has_open_microphone(witness), "the microphone again")
    tell(shared_card, SENTENCES[1])
    said = await hear(witness, 1)
    assert said.text == SENTENCES[1]
    assert len(voice.errors) == 1
    assert "microphone" in voice.errors[0]
    await voice.wait_for_line(f"You: {SENTENCES[1]}")
    # What was under way when it went is dropped: nothing else was ever said.
    assert [line for line in voice.lines if line.startswith("You: ")] == [f"You: {SENTENCES[1]}"]


async def test_a_loudspeaker_that_goes_is_told_once_and_she_is_heard_again_when_it_is_back(
    house: tuple[VoiceProcess, Witness], shared_card: SoundCard
) -> None:
    voice, witness = house
    with shared_card.listen() as speaker:
        tell(shared_card, SENTENCES[1])
        await witness.wait_for(lambda: witness.all(events.UtteranceStarted), "her answer")
        speaker.wait_for_sound()
    shared_card.remove_speaker()
    await witness.wait_for(lambda: voice.errors, "the line")
    await witness.wait_for(lambda: witness.all(events.SpeechEnded), "the end of what nobody hears", 40)
    shared_card.add_speaker()
    with shared_card.listen() as speaker:
        tell(shared_card, SENTENCES[0])
        await hear(witness, 2)
        await witness.wait_for(speaker.loud_times, "her voice", 30)
    assert len(voice.errors) == 1
    assert "loudspeaker" in voice.errors[0]


async def test_no_sound_is_written_to_the_disk_and_no_words_to_a_log(
    house: tuple[VoiceProcess, Witness], home: Path, shared_card: SoundCard
) -> None:
    voice, witness = house
    tell(shared_card, SENTENCES[1])
    await hear(witness, 1)
    await witness.wait_for(lambda: witness.all(events.UtteranceStarted), "her answer")
    assert voice.process is not None
    written = [path for path in _open_files(voice.process.pid) if not path.startswith(("/dev/", "/memfd:"))]
    assert {Path(path).name for path in written} <= {"voice.log", "voice.lock"}
    await witness.wait_for(lambda: witness.all(events.SpeechEnded), "the end of her speech", 40)
    assert await voice.stop() == 0
    files = {path.name for path in home.rglob("*") if path.is_file()}
    assert {name for name in files if not name.startswith(("alisa", "hub", "voice"))} == set()
    log = (home / "logs" / "voice.log").read_text(encoding="utf-8")
    assert "France" not in log


def _open_files(pid: int) -> list[str]:
    """The files on a disk that a process has open for writing."""
    found = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target, kind = str(entry.readlink()), entry.stat().st_mode
            flags = int(Path(f"/proc/{pid}/fdinfo/{entry.name}").read_text().split("flags:")[1].split()[0], 8)
        except OSError:
            continue
        if stat.S_ISREG(kind) and flags & (os.O_WRONLY | os.O_RDWR):
            found.append(target)
    return found


@pytest.mark.parametrize("card_kind", [(44_100, 1), (48_000, 8)])
async def test_she_speaks_through_loudspeakers_of_any_kind(
    house: tuple[VoiceProcess, Witness], shared_card: SoundCard, card_kind: tuple[int, int]
) -> None:
    voice, witness = house
    shared_card.remove_speaker()
    shared_card.add_speaker(*card_kind)
    with shared_card.listen() as speaker:
        tell(shared_card, SENTENCES[0])
        await hear(witness, 1)
        await witness.wait_for(speaker.loud_times, "her voice")
    assert voice.errors == []

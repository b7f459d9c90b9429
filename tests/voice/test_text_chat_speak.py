"""The chat that speaks: real processes, a real local server, and a sound card to listen to."""

import asyncio
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
from text_chat_standin import COMMAND, ROOT, StandInHub, Terminal, environment, hub, run, terminal, until

from backend.shared import events
from backend.shared.desktop import take_lock
from tests.voice.sound_card import RATE, Recording, SoundCard

LONG = "This is a long answer that she reads aloud. It goes on for quite a while, and then some. " * 4


@pytest.fixture(autouse=True)
def robot(monkeypatch: pytest.MonkeyPatch) -> None:
    """The voice that is on every machine that runs these tests."""
    monkeypatch.setenv("ALISA_VOICE_ENGINE", "espeak")


async def is_heard(speaker: Recording) -> None:
    await until(lambda: speaker.loud_times(0.02))


async def is_silent(speaker: Recording) -> None:
    """She stops, and stays silent."""
    least = round(0.4 * RATE)
    await until(lambda: len(speaker.samples()) > least and np.abs(speaker.samples()[-least:]).max() < 0.003)


async def ask(screen: Terminal, heard: StandInHub, card: SoundCard) -> None:
    """Have a long answer that the hub has ended, and that she reads aloud by now."""
    heard.answers = [LONG[begin : begin + 7] for begin in range(0, len(LONG), 7)]
    with card.listen() as speaker:
        await screen.type("hello\r")
        await is_heard(speaker)
        await asyncio.sleep(0.4)


def is_cut(heard: StandInHub, times: int) -> bool:
    """Whether the hub was told so often what of her long answer was heard."""
    cuts = [event for event in heard.heard if isinstance(event, events.Interrupt)]
    turns = [turn for turn in heard.known.values() if any(cut.turn == turn for cut in cuts)]
    said = [cut.said for cut in cuts]
    assert len(cuts) == len(turns) == times
    return all(text and LONG.startswith(text) and text != LONG for text in said)


async def test_one_answer_is_printed_and_spoken_to_its_end(tmp_path: Path, card: SoundCard) -> None:
    async with hub(tmp_path) as heard:
        with card.listen() as speaker:
            assert await run(tmp_path, "--once", "hi", "--speak") == (0, "Hello there.\n", "")
            times = speaker.loud_times(0.02)
        assert times[-1] - times[0] > 0.4
        assert len(heard.got(events.SpeechStart)) == len(heard.got(events.SpeechEnd)) == 1
        utterances = [event for event in heard.heard if isinstance(event, events.Utterance)]
        assert "".join(event.text for event in utterances) == "Hello there."
        assert abs(utterances[0].started_at - times[0]) < 0.5
        assert heard.got(events.Interrupt) == []
        assert heard.got(events.Hearing) == []


async def test_ctrl_c_stops_her_voice_and_the_hub_learns_what_was_heard(
    tmp_path: Path, card: SoundCard
) -> None:
    async with hub(tmp_path) as heard:
        heard.answers = [LONG]
        with card.listen() as speaker:
            process = await asyncio.create_subprocess_exec(
                *COMMAND, "--once", "hi", "--speak", cwd=ROOT, env=environment(tmp_path),
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
            await is_heard(speaker)
            await asyncio.sleep(0.8)
            process.send_signal(signal.SIGINT)
            await asyncio.wait_for(process.communicate(), 10)
        assert process.returncode == 130
        await until(lambda: heard.got(events.Interrupt))
        (interrupt,) = heard.got(events.Interrupt)
        assert isinstance(interrupt, events.Interrupt) and interrupt.said is not None
        assert interrupt.turn == next(iter(heard.known.values()))
        assert LONG.startswith(interrupt.said) and 0 < len(interrupt.said) < len(LONG)


async def test_escape_stops_her_voice_though_she_has_written_all_and_so_does_her_menu(
    tmp_path: Path, card: SoundCard
) -> None:
    async with hub(tmp_path) as heard, terminal(tmp_path, "--speak") as screen:
        await screen.shows("stand-in answers.")
        await ask(screen, heard, card)
        with card.listen() as speaker:
            await screen.type("\x1b")
            await is_silent(speaker)
        assert is_cut(heard, 1)
        await ask(screen, heard, card)
        with card.listen() as speaker:
            await heard.emit(events.SensesChanged(senses=[], switches={"voice": False}))
            await is_silent(speaker)
        spoken = len(heard.got(events.Utterance))
        heard.answers = ["Silently."]
        await screen.type("go on\r")
        await screen.shows("Silently.")
        assert len(heard.got(events.Utterance)) == spoken


async def test_a_new_message_stops_her_voice_and_so_does_ctrl_c(tmp_path: Path, card: SoundCard) -> None:
    async with hub(tmp_path) as heard, terminal(tmp_path, "--speak", "--plain") as screen:
        await screen.shows("stand-in answers.")
        await ask(screen, heard, card)
        heard.answers = ["😀"]
        with card.listen() as speaker:
            await screen.type("And?\r")
            await is_silent(speaker)
        assert is_cut(heard, 1)
        messages = [
            event for event in heard.heard if isinstance(event, events.UserMessage | events.Interrupt)
        ]
        assert [type(event) for event in messages[1:]] == [events.Interrupt, events.UserMessage]
        await ask(screen, heard, card)
        with card.listen() as speaker:
            await screen.type("\x03")
            await is_silent(speaker)
        assert is_cut(heard, 2)
        assert len(heard.got(events.SpeechStart)) == len(heard.got(events.SpeechEnd)) == 2


async def test_where_she_speaks_already_one_line_says_so(tmp_path: Path) -> None:
    lock = take_lock(tmp_path / "run" / "voice.lock")
    assert lock is not None
    async with hub(tmp_path) as heard:
        with lock:
            code, out, err = await run(tmp_path, "--once", "hi", "--speak")
        assert (code, out) == (0, "Hello there.\n")
        assert "She speaks already" in err and len(err.splitlines()) == 1
        assert heard.got(events.Utterance) == []


async def test_without_a_loudspeaker_one_line_says_so_and_the_chat_goes_on(
    tmp_path: Path, card: SoundCard
) -> None:
    async with hub(tmp_path):
        code, out, err = await run(tmp_path, "--once", "hi", "--speak", ALISA_VOICE_SPEAKER="nonesuch")
        assert (code, out) == (0, "Hello there.\n")
        assert len(err.splitlines()) == 1 and "loudspeaker" in err


async def test_a_chat_that_does_not_speak_loads_nothing_for_sound() -> None:
    words = "import voice.text_chat.__main__, sys; print(*{'numpy', 'sounddevice'} & set(sys.modules))"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", words, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert (process.returncode, out) == (0, b"\n")

"""The cloud voice against a stand-in of its service: only whole sound in the right voice gets through."""

import asyncio
import gc
import inspect
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import get_args

import edge_tts
import numpy as np
import pytest

from backend.shared.settings import Voice
from tests.voice.edge_server import (
    RATE,
    EdgeServer,
    Mode,
    seconds_of,
    tone_in,
    tone_of,
)
from voice.tts import mp3
from voice.tts.engine import Manner, TtsError
from voice.tts.engines import edge
from voice.tts.engines.edge import Edge

GOOD: list[Mode] = ["ok", "id3", "slow", "unknown_words", "no_words", "no_goodbye", "wrong_clock"]
TEXT = "Hello there, my dear friend of the long winter nights."
HERS = "en-US-AriaNeural"


@pytest.fixture(scope="module")
def shared_server() -> Iterator[EdgeServer]:
    with EdgeServer() as server, server.in_place_of_the_real_one():
        yield server


@pytest.fixture
def server(shared_server: EdgeServer) -> EdgeServer:
    shared_server.forget()
    return shared_server


@pytest.fixture
async def engine() -> AsyncIterator[Edge]:
    """With less patience than the real one, so that the tests are short."""
    made = Edge(first_seconds=0.8, chunk_seconds=0.8, total_seconds=5.0)
    yield made
    await made.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


# -- What comes out ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", GOOD)
async def test_a_whole_answer_is_the_sound_of_the_text_without_the_silence_around_it(
    server: EdgeServer, engine: Edge, mode: Mode
) -> None:
    server.mode, server.pace_seconds = mode, 0.02
    spoken = await engine.speak(TEXT, Manner())
    assert spoken.rate == RATE
    assert tone_in(spoken.samples, spoken.rate) == pytest.approx(tone_of(TEXT), abs=3)
    assert spoken.seconds == pytest.approx(seconds_of(TEXT), abs=0.07)
    loud = np.flatnonzero(np.abs(spoken.samples) > 0.01) / spoken.rate
    assert loud[0] <= 0.011
    assert spoken.seconds - loud[-1] <= 0.051


@pytest.mark.parametrize(
    ("text", "manner"),
    [
        ("Hm.", Manner()),
        ("It costs 3.50 or 1,000, that's 100 % less!", Manner()),
        ("こんにちは、元気ですか。今日は雨です。", Manner(language="ja")),
        ("你好！今天下雨了，我们在家里看书吧。", Manner(language="zh")),
        ("Schöne Grüße an die Straßenbahnhaltestelle!", Manner(language="de")),
        ("Well done 🎉 my friend 👍🏽", Manner()),
        ("a < b & c > d", Manner()),
    ],
)
async def test_any_text_is_asked_for_as_it_is_and_taken_when_whole(
    server: EdgeServer, engine: Edge, text: str, manner: Manner
) -> None:
    spoken = await engine.speak(text, manner)
    assert server.texts == [text]
    assert tone_in(spoken.samples, spoken.rate) == pytest.approx(tone_of(text), abs=3)


async def test_how_something_is_said_is_asked_for_in_the_words_of_the_service(
    server: EdgeServer, engine: Edge
) -> None:
    await engine.speak(TEXT, Manner(rate=1.1, pitch=3))
    await engine.speak(TEXT, Manner(rate=0.5, pitch=-12))
    await engine.speak(TEXT, Manner())
    assert [(asked.rate, asked.pitch) for asked in server.asked] == [
        ("+10%", "+38Hz"),
        ("-50%", "-100Hz"),
        ("+0%", "+0Hz"),
    ]


async def test_half_the_volume_is_half_the_sound_and_none_is_no_failure(
    server: EdgeServer, engine: Edge
) -> None:
    full = await engine.speak(TEXT, Manner())
    half = await engine.speak(TEXT, Manner(volume=0.5))
    none = await engine.speak(TEXT, Manner(volume=0.0))
    assert np.abs(half.samples).max() == pytest.approx(np.abs(full.samples).max() / 2, rel=0.02)
    assert not none.samples.any()
    assert none.seconds == pytest.approx(full.seconds, abs=0.01)


# -- What must not come out ----------------------------------------------------------------------------------

FAULTS = {
    "refused": "edge-refused",
    "forbidden": "edge-refused",
    "deaf": "edge-too-slow",
    "stalled_first": "edge-too-slow",
    "stalled": "edge-too-slow",
    "dropped": "edge-cut",
    "dropped_late": "edge-cut",
    "dropped_at_end": "edge-cut",
    "truncated": "edge-cut",
    "no_sound": "edge-no-sound",
    "silent": "edge-silent",
    "garbage": "tts-no-mp3",
    "strange": "edge-strange",
}


def test_everything_that_the_stand_in_can_do_is_tried() -> None:
    assert {*FAULTS, *GOOD} == set(get_args(Mode))


@pytest.mark.parametrize("mode", FAULTS)
async def test_a_fault_is_told_in_time_leaves_nothing_open_and_is_forgotten(
    server: EdgeServer, engine: Edge, mode: Mode
) -> None:
    server.mode = mode
    before = asyncio.all_tasks()
    begun = time.monotonic()
    with pytest.raises(TtsError) as caught:
        await engine.speak(TEXT, Manner())
    assert caught.value.code == FAULTS[mode]
    assert "edge" in caught.value.message or "voice service" in caught.value.message
    assert time.monotonic() - begun < 2
    await until(lambda: asyncio.all_tasks() == before)
    await until(lambda: server.open == 0)
    server.mode = "ok"
    assert (await engine.speak(TEXT, Manner())).seconds > 1


async def test_nobody_at_its_address_is_a_fault_and_no_more(server: EdgeServer, engine: Edge) -> None:
    server.go_away()
    try:
        with pytest.raises(TtsError, match="internet connection"):
            await engine.speak(TEXT, Manner())
    finally:
        server.come_back()
    assert (await engine.speak(TEXT, Manner())).seconds > 1


async def test_a_slow_but_steady_answer_is_waited_for_until_the_limit_of_all(
    server: EdgeServer,
) -> None:
    engine = Edge(total_seconds=1.2)
    server.mode, server.pace_seconds = "slow", 0.05
    await engine.speak(TEXT, Manner())
    server.pace_seconds = 0.25
    begun = time.monotonic()
    with pytest.raises(TtsError) as caught:
        await engine.speak(TEXT, Manner())
    assert caught.value.code == "edge-too-slow"
    assert time.monotonic() - begun < 4


async def test_edge_tts_itself_still_takes_a_broken_connection_for_the_end(server: EdgeServer) -> None:
    """The control: without the watch, half a sentence passes for a whole one."""
    server.mode = "dropped"
    request = edge_tts.Communicate(TEXT, HERS, boundary="WordBoundary")
    got = b"".join([chunk["data"] async for chunk in request.stream() if chunk["type"] == "audio"])
    assert 0 < len(mp3.decode(got)) / mp3.RATE < seconds_of(TEXT) / 2


@pytest.mark.parametrize("mode", ["ok", "slow", "deaf", "stalled_first", "stalled"])
async def test_it_can_be_cancelled_at_any_moment(server: EdgeServer, engine: Edge, mode: Mode) -> None:
    server.mode, server.pace_seconds = mode, 0.1
    before = asyncio.all_tasks()
    for seconds in (0.0, 0.003, 0.01, 0.1):
        task = asyncio.create_task(engine.speak(TEXT, Manner()))
        await asyncio.sleep(seconds)
        task.cancel()
        begun = time.monotonic()
        await asyncio.wait({task})
        assert task.cancelled() or mode == "ok"
        assert time.monotonic() - begun < 2
    await until(lambda: asyncio.all_tasks() == before)
    await until(lambda: server.open == 0)
    gc.collect()


# -- Voices --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("manner", "voice"),
    [
        (Manner(), HERS),
        (Manner(language="de"), "de-DE-KatjaNeural"),
        (Manner(language="ja"), "ja-JP-NanamiNeural"),
        (Manner(language="tlh"), "en-US-EmmaMultilingualNeural"),
        (Manner(voice="en-US-GuyNeural"), "en-US-GuyNeural"),
        (Manner(voice="en-US-EmmaMultilingualNeural", language="de"), "en-US-EmmaMultilingualNeural"),
        (Manner(voice="en-US-GuyNeural", language="de"), "de-DE-KatjaNeural"),
        (Manner(voice="en_US-amy-medium"), HERS),
        (Manner(voice="../../etc/passwd"), HERS),
    ],
)
async def test_the_voice_is_the_wanted_one_where_it_can_say_it_and_hers_otherwise(
    server: EdgeServer, engine: Edge, manner: Manner, voice: str
) -> None:
    await engine.speak("Hallo", manner)
    assert [asked.voice for asked in server.asked] == [voice]


async def test_a_voice_that_the_service_does_not_have_is_replaced_once_and_said_so(
    server: EdgeServer, engine: Edge, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="voice")
    wrong = Manner(voice="en-US-NopeNeural")
    assert (await engine.speak(TEXT, wrong)).seconds > 1
    await engine.speak("Another one.", wrong)
    assert [asked.voice for asked in server.asked] == ["en-US-NopeNeural", HERS, HERS]
    assert [record.getMessage() for record in caplog.records if record.name.startswith("voice")] == [
        f'The cloud voice "en-US-NopeNeural" gives no sound; she speaks with "{HERS}".'
    ]


async def test_a_voice_is_not_blamed_for_a_service_that_gives_no_sound_at_all(
    server: EdgeServer, engine: Edge
) -> None:
    server.mode = "no_sound"
    with pytest.raises(TtsError):
        await engine.speak(TEXT, Manner(voice="en-US-GuyNeural"))
    server.forget()
    await engine.speak(TEXT, Manner(voice="en-US-GuyNeural"))
    assert [asked.voice for asked in server.asked] == ["en-US-GuyNeural"]


async def test_the_voices_are_those_of_the_service_asked_for_once(server: EdgeServer, engine: Edge) -> None:
    found = await engine.voices()
    assert [voice.id for voice in found] == server.voices
    assert await engine.voices() == found
    assert server.lists == 1
    guy = next(voice for voice in found if voice.id == "en-US-GuyNeural")
    assert (guy.title, guy.language, guy.gender) == ("Guy", "en-US", "male")
    # Now it is known who speaks Welsh, and that there is no such voice.
    await engine.speak("Bore da", Manner(language="cy", voice="en-US-NopeNeural"))
    assert [asked.voice for asked in server.asked] == ["cy-GB-NiaNeural"]


@pytest.mark.parametrize("mode", ["refused", "garbage"])
async def test_without_a_list_there_is_a_voice_for_each_language(
    server: EdgeServer, engine: Edge, mode: Mode
) -> None:
    server.mode = mode
    found = await engine.voices()
    assert len({voice.language.split("-")[0] for voice in found}) == len(found) >= 12
    assert {voice.gender for voice in found} == {"female"}
    server.mode = "ok"
    assert [voice.id for voice in await engine.voices()] == server.voices


# -- What is sent, and when ----------------------------------------------------------------------------------


async def test_nothing_is_contacted_before_there_is_something_to_say(
    server: EdgeServer, tmp_path: Path
) -> None:
    made = edge.create(Voice(cloud=True), tmp_path)
    assert made.is_cloud
    await made.close()
    assert (server.connections, server.lists, list(tmp_path.iterdir())) == (0, 0, [])
    assert not inspect.iscoroutinefunction(edge.create)


async def test_nothing_but_the_text_is_sent(server: EdgeServer, engine: Edge) -> None:
    await engine.speak("One", Manner())
    await engine.speak("Two", Manner())
    assert server.texts == ["One", "Two"]
    assert "One" not in "".join(server.everything[2:])
    assert len(server.everything) == 4


async def test_no_text_gets_into_the_log(
    server: EdgeServer, engine: Edge, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for mode in ("ok", "dropped", "strange"):
        server.mode = mode
        try:
            await engine.speak("Xylophon", Manner())
        except TtsError as error:
            assert "Xylophon" not in error.message
    assert "Xylophon" not in caplog.text


# -- The library ---------------------------------------------------------------------------------------------


async def test_the_library_that_is_installed_has_the_mark_that_completeness_rests_on(
    server: EdgeServer,
) -> None:
    request = edge_tts.Communicate(TEXT, HERS, boundary="WordBoundary")
    assert request.state["offset_compensation"] == 0
    async for _ in request.stream():
        pass
    assert request.state["offset_compensation"] > 0

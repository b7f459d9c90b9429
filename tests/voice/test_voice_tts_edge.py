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
    encode,
    seconds_of,
    tone_in,
    tone_of,
    words_of,
)
from voice.tts import mp3
from voice.tts.completeness import is_whole
from voice.tts.engine import Manner, TtsError
from voice.tts.engines import edge
from voice.tts.engines.edge import Edge

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
    made = Edge(first_seconds=0.5, chunk_seconds=0.3, total_seconds=2.0)
    yield made
    await made.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


# -- What comes out ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["ok", "id3", "slow", "unknown_words", "no_words", "wrong_clock"])
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
    "truncated": "edge-cut",
    "no_sound": "edge-no-sound",
    "silent": "edge-silent",
    "garbage": "tts-no-mp3",
    "strange": "edge-strange",
}


def test_every_fault_of_the_stand_in_is_tried() -> None:
    assert {*FAULTS, "ok", "id3", "slow", "unknown_words", "no_words", "wrong_clock"} == set(get_args(Mode))


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
    assert asyncio.all_tasks() == before
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
    engine = Edge(first_seconds=0.5, chunk_seconds=0.3, total_seconds=1.2)
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
    assert asyncio.all_tasks() == before
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


# -- Whole or not --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words", "without_end", "with_end"),
    [
        ("Hello, my friend!", ["Hello", "my", "friend"], True, True),
        ("Hello, my friend!", ["Hello, my friend!"], True, True),
        ("Hello, my friend of long nights!", ["Hello", "my", "friend"], False, False),
        ("Hello, my friend!", [], False, True),
        ("Hi!", ["Hi"], True, True),
        ("Hi!", [], False, True),
        ("…!? 🙂", [], True, True),
        ("Don't you know it's 3.50 €?", ["Don't", "you", "know", "it's", "3.50", "€"], True, True),
        ("It was 1999", ["It", "was", "nineteen", "ninety", "nine"], True, True),
        ("It was 1999", ["It", "was"], False, True),
        ("It rained a lot", ["It", "rained"], False, False),
        ("Well, hello", ["Well"], False, False),
        ("In 100 years there is a war and a peace", ["In", "a", "hundred"], False, False),
        ("On a day in a town on a hill", ["On", "a"], False, False),
        ("Überraschung, Straße!", ["ÜBERRASCHUNG", "STRASSE"], True, True),
        (
            "今日は雨です。散歩に行きません。",
            ["今日", "は", "雨", "です", "散歩", "に", "行き", "ません"],
            True,
            True,
        ),
        ("今日は雨です。散歩に行きません。", ["今日", "は", "雨", "です"], False, False),
        ("今日は雨です。", ["今日", "は", "雨"], False, True),
        ("你好，世界和平！", ["你好", "世界", "和平"], True, True),
        ("สวัสดีครับวันนี้อากาศดีมาก", ["สวัสดี", "ครับ"], False, False),
        ("नमस्ते, आप कैसे हैं?", ["नमस्ते", "आप", "कैसे", "हैं"], True, True),
        ("مرحبا كيف حالك", ["مرحبا", "كيف", "حالك"], True, True),
        ("go go go go go go", ["go", "go"], False, False),
    ],
)
def test_a_text_is_whole_when_its_last_word_was_reported(
    text: str, words: list[str], without_end: bool, with_end: bool
) -> None:
    assert is_whole(text, words, is_ended=False) is without_end
    assert is_whole(text, words, is_ended=True) is with_end


def test_every_cut_of_a_long_text_is_noticed() -> None:
    text = "Anna counted 12 apples, 7 pears and one very old nut; then she went home, as it was late."
    words = words_of(text)
    assert is_whole(text, words, is_ended=False)
    for count in range(len(words)):
        assert not is_whole(text, words[:count], is_ended=False)


# -- MP3 -----------------------------------------------------------------------------------------------------


def test_mp3_becomes_the_sound_that_it_was() -> None:
    clock = np.arange(RATE) / RATE
    sound = (0.3 * np.sin(2 * np.pi * 500 * clock)).astype(np.float32)
    back = mp3.decode(encode(sound))
    assert back.dtype == np.float32
    assert len(back) == pytest.approx(len(sound), abs=RATE * 0.12)
    assert tone_in(back, RATE) == pytest.approx(500, abs=2)
    middle = back[RATE // 4 : RATE // 2]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.3 / np.sqrt(2), rel=0.1)


@pytest.mark.parametrize(
    "data", [b"", b"\x00" * 5000, b"ID3\x04\x00\x00\x00\x00\x00\x10" + bytes(16), b"<html>"]
)
def test_what_is_no_mp3_is_said_so(data: bytes) -> None:
    with pytest.raises(TtsError):
        mp3.decode(data)


async def test_the_library_that_is_installed_has_the_mark_that_completeness_rests_on(
    server: EdgeServer,
) -> None:
    request = edge_tts.Communicate(TEXT, HERS, boundary="WordBoundary")
    assert request.state["offset_compensation"] == 0
    async for _ in request.stream():
        pass
    assert request.state["offset_compensation"] > 0

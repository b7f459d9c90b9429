"""When the cloud voice fails she is never mute, and says everything once."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.shared import registry
from backend.shared.settings import Voice
from tests.voice.edge_server import EdgeServer, Mode
from tests.voice.ladder_house import House, Tone, opened, settled, speaker_of, until
from voice.tts import engines
from voice.tts.engine import Manner, Spoken
from voice.tts.engines.edge import Edge
from voice.tts.engines.silent import Silent
from voice.tts.ladder import LIMIT_SECONDS, ORDER, build

MUTE_SECONDS = 2.0
"""What the user is promised."""
PIECES = ["Well, hello.", "I was away.", "It rained a lot.", "Then it stopped.", "So I am back.", "And you?"]
QUICK_FAULTS = [
    *("refused", "forbidden", "dropped", "dropped_late", "dropped_at_end", "truncated"),
    *("no_sound", "silent", "garbage", "strange"),
]


@pytest.fixture(scope="module")
def shared_server() -> Iterator[EdgeServer]:
    with EdgeServer() as server, server.in_place_of_the_real_one():
        yield server


@pytest.fixture
def server(shared_server: EdgeServer) -> EdgeServer:
    shared_server.forget()
    return shared_server


# -- Failing over --------------------------------------------------------------------------------------------


async def test_as_long_as_the_cloud_is_well_it_speaks_and_nobody_else_is_asked(server: EdgeServer) -> None:
    whistle = Tone()
    async with opened(Edge(), whistle) as house:
        assert [await house.say(text) for text in PIECES] == ["cloud"] * 6
        assert server.texts == PIECES
        assert whistle.asked == []
        assert (house.ladder.current, house.ladder.is_cloud, house.ladder.was_sent) == ("edge", True, True)
        assert (house.ladder.problem, house.told) == ("", [])


@pytest.mark.parametrize("at", [0, 2])
@pytest.mark.parametrize("mode", QUICK_FAULTS)
async def test_where_the_cloud_fails_the_next_voice_says_the_piece_at_once(
    server: EdgeServer, mode: Mode, at: int
) -> None:
    async with opened(Edge(), Tone()) as house:
        heard = []
        for number, text in enumerate(PIECES):
            server.mode = mode if number >= at else "ok"
            heard.append(await house.say(text))
        assert heard == ["cloud"] * at + ["local"] * (6 - at)
        assert house.longest < MUTE_SECONDS
        assert set(server.times_asked.values()) <= {1}
        assert (house.ladder.current, house.ladder.is_cloud, house.ladder.was_sent) == ("tone", False, False)
        assert len(house.told) == 1
        assert "She speaks with tone until edge is well again." in house.told[0]


async def test_nobody_at_the_address_of_the_cloud_is_no_different(server: EdgeServer) -> None:
    async with opened(Edge(), Tone()) as house:
        assert await house.say(PIECES[0]) == "cloud"
        server.go_away()
        try:
            assert [await house.say(text) for text in PIECES[1:]] == ["local"] * 5
        finally:
            server.come_back()
        assert house.longest < MUTE_SECONDS


@pytest.mark.parametrize(("mode", "at"), [("deaf", 0), ("slow", 1)])
async def test_where_the_cloud_is_too_slow_she_is_mute_for_less_than_two_seconds(
    server: EdgeServer, mode: Mode, at: int
) -> None:
    async with opened(Edge(), Tone(seconds=0.1)) as house:
        heard = []
        for number, text in enumerate(PIECES[:4]):
            server.mode = mode if number >= at else "ok"
            server.pace_seconds = 0.5
            heard.append(await house.say(text))
        assert heard == ["cloud"] * at + ["local"] * (4 - at)
        assert house.longest < MUTE_SECONDS
        assert len(server.texts) <= at + 1
        assert house.told == ["It is too slow. She speaks with tone until edge is well again."]
        await until(lambda: server.open == 0)


async def test_heard_as_the_mouth_plays_it_nothing_is_lost_or_said_twice(server: EdgeServer) -> None:
    at = 2
    ready: asyncio.Queue[tuple[str, Spoken]] = asyncio.Queue(2)
    heard: list[tuple[str, str]] = []
    silences: list[float] = []

    async def make(house: House) -> None:
        for number, text in enumerate(PIECES):
            server.mode = "stalled" if number >= at else "ok"
            await ready.put((text, await house.ladder.speak(text, Manner())))

    async def play() -> None:
        for _ in PIECES:
            begun = time.monotonic()
            text, spoken = await ready.get()
            silences.append(time.monotonic() - begun)
            await asyncio.sleep(spoken.seconds)
            heard.append((text, speaker_of(spoken, text)))

    async with opened(Edge(), Tone()) as house:
        await asyncio.gather(make(house), play())
    assert [text for text, _ in heard] == PIECES
    assert [who for _, who in heard] == ["cloud"] * at + ["local"] * (6 - at)
    assert max(silences) < MUTE_SECONDS


async def test_a_cloud_that_needs_a_second_is_waited_for_and_its_stand_in_not_blamed(
    server: EdgeServer,
) -> None:
    whistle = Tone(seconds=0.05)
    async with opened(Edge(), whistle) as house:
        server.mode, server.pace_seconds = "slow", 0.2
        assert await house.say("So, hello.") == "cloud"
        assert whistle.asked == ["So, hello."], "it was ready to stand in"
        assert house.ladder.problem == ""


async def test_a_wrong_voice_is_a_matter_of_the_engine_and_she_stays_with_it(server: EdgeServer) -> None:
    whistle = Tone()
    async with opened(Edge(), whistle) as house:
        for text in PIECES:
            spoken = await house.ladder.speak(text, Manner(voice="en-US-NopeNeural"))
            assert speaker_of(spoken, text) == "cloud"
        assert [asked.voice for asked in server.asked[2:]] == ["en-US-AriaNeural"] * 5
        assert whistle.asked == []


@pytest.mark.parametrize("fault", ["fails", "bug", "empty"])
async def test_an_engine_may_fail_in_any_way(fault: str) -> None:
    broken, whistle = Tone("broken"), Tone()
    broken.fault = fault
    async with opened(broken, whistle) as house:
        assert await house.say("Hello") == "local"
        assert "secret" not in house.ladder.problem


async def test_of_many_engines_that_hang_the_last_one_still_speaks_in_time() -> None:
    rungs = [Tone("a"), Tone("b"), Tone("c"), Tone("d", hertz=3000)]
    for rung in rungs[:3]:
        rung.fault = "hangs"
    async with opened(*rungs) as house:
        assert await house.say("Hello") == "second"
        assert house.longest < MUTE_SECONDS
        # From now on it is the first to be asked.
        assert await house.say("Hello again") == "second"
        assert rungs[0].asked == ["Hello"]


async def test_a_slow_engine_is_better_than_none() -> None:
    async with opened(Tone(seconds=2.1)) as house:
        assert await house.say("Hello") == "local"
        assert house.ladder.problem == ""


async def test_with_sound_to_spare_a_slow_engine_keeps_its_word() -> None:
    slow, other = Tone(seconds=LIMIT_SECONDS + 0.2), Tone("other", hertz=3000)
    async with opened(slow, other) as house:
        assert await house.say("Hello", spare=2.0) == "local"
        assert other.asked == []


async def test_a_local_engine_that_reads_its_model_is_not_stopped_and_then_takes_over() -> None:
    loading, other = Tone(seconds=LIMIT_SECONDS + 0.2), Tone("other", hertz=3000)
    async with opened(loading, other) as house:
        assert await house.say("Hello") == "second"
        loading.seconds = 0.0
        await settled(house.ladder)
        assert loading.cancelled == 0
        house.now += 60
        assert await house.say("Hello") == "local"


async def test_models_can_be_read_before_there_is_anything_to_say(server: EdgeServer) -> None:
    whistle, unused = Tone(), Tone("unused")
    async with opened(Edge(), whistle, unused) as house:
        await house.ladder.prepare(Manner())
        assert (len(whistle.asked), unused.asked, server.connections) == (1, [], 0)
        assert (house.ladder.current, house.told) == ("", [])


# -- Without a voice -----------------------------------------------------------------------------------------


async def test_where_nothing_works_there_is_silence_and_the_user_is_told_once_why_and_when_it_is_over(
    server: EdgeServer,
) -> None:
    whistle = Tone()
    whistle.fault = "fails"
    server.mode = "refused"
    async with opened(Edge(), whistle, Silent()) as house:
        assert [await house.say(text) for text in PIECES] == ["nobody"] * 6
        assert house.ladder.current == "silent"
        assert len(house.told) == 1
        assert "pip install --upgrade edge-tts" in house.told[0]
        assert "Buy another one." in house.told[0]
        whistle.fault = ""
        assert await house.say("Hello") == "local", "nobody waits where there is nobody else"
        assert "She speaks with tone until edge is well again." in house.told[1]


async def test_silence_is_as_long_as_the_text() -> None:
    async with opened() as house:
        assert "has no voice" in house.ladder.problem
        short = await house.ladder.speak("Hello there.", Manner())
        long = await house.ladder.speak("Hello there. " * 5, Manner())
        assert 4 * short.seconds < long.seconds < 6 * short.seconds


async def test_a_text_without_words_is_nothing_to_be_said(server: EdgeServer) -> None:
    whistle = Tone()
    async with opened(Edge(), whistle) as house:
        for text in ("", "…", "!?", "🙂", " \n"):
            assert not (await house.ladder.speak(text, Manner())).samples.any()
        assert (server.connections, whistle.asked, house.ladder.problem) == (0, [], "")


async def test_the_only_engine_switched_off_is_said_so(server: EdgeServer) -> None:
    async with opened(Edge()) as house:
        house.is_cloud_allowed = False
        assert await house.say("Hello") == "nobody"
        assert "voice.cloud" in house.told[0]
        assert server.connections == 0
        house.is_cloud_allowed = True
        assert await house.say("Hello") == "cloud"


async def test_voices_are_those_of_all_engines_that_can_name_them(server: EdgeServer) -> None:
    broken = Tone("broken")
    broken.fault = "fails"
    async with opened(Edge(), broken, Tone()) as house:
        found = await house.ladder.voices()
        assert [voice.id for voice in found["edge"]] == server.voices
        assert (found["broken"], [voice.id for voice in found["tone"]]) == ([], ["whistle"])


# -- As it ships ---------------------------------------------------------------------------------------------


async def test_built_from_the_settings_it_has_what_this_machine_has_best_first(
    server: EdgeServer, tmp_path: Path
) -> None:
    ladder = build(Voice(cloud=True), tmp_path)
    names = [rung.engine.name for rung in ladder._rungs]
    known = [name for name in ORDER if name in names]
    assert names[0] == "edge"
    assert names[: len(known)] == known
    assert "silent" not in names
    assert set(names) | set(ladder._missing) == {*registry.available(engines)} - {"silent"}
    spoken = await ladder.speak(PIECES[0], Manner())
    assert speaker_of(spoken, PIECES[0]) == "cloud"
    await ladder.close()


async def test_without_consent_in_the_settings_the_built_one_keeps_the_cloud_out(
    server: EdgeServer, tmp_path: Path
) -> None:
    ladder = build(Voice(), tmp_path)
    await ladder.speak(PIECES[0], Manner())
    assert ladder.current != "edge"
    assert server.connections == 0
    await ladder.close()


async def test_silence_that_is_asked_for_is_kept(tmp_path: Path) -> None:
    told: list[str] = []
    ladder = build(Voice(engine="silent", cloud=True), tmp_path, on_change=told.append)
    assert not (await ladder.speak("Hello", Manner())).samples.any()
    assert ladder.current == "silent"
    assert told == []
    await ladder.close()


async def test_an_engine_that_is_not_there_is_named_and_one_of_this_machine_stands_in(
    server: EdgeServer, tmp_path: Path
) -> None:
    told: list[str] = []
    ladder = build(Voice(engine="nonsense", cloud=True), tmp_path, on_change=told.append)
    assert len(told) == 1
    assert "nonsense" in told[0]
    assert (await ladder.speak("Hello", Manner())).samples.any()
    assert ladder.current == "espeak"
    assert server.connections == 0
    await ladder.close()

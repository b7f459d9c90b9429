"""When the cloud voice fails she is never mute, says everything once, and goes back to it when it is well."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from backend.shared import registry
from backend.shared.settings import Voice
from tests.voice.edge_server import EdgeServer, Mode, seconds_of, tone_in, tone_of
from voice.tts import engines
from voice.tts.engine import Engine, Manner, Spoken, TtsError, VoiceInfo
from voice.tts.engines.edge import Edge
from voice.tts.engines.silent import Silent
from voice.tts.health import FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, Health
from voice.tts.ladder import LIMIT_SECONDS, ORDER, STAY_PIECES, Ladder, build

MUTE_SECONDS = 2.0
"""What the user is promised."""
LOCAL_HZ = 2500
PIECES = ["Well, hello.", "I was away.", "It rained a lot.", "Then it stopped.", "So I am back.", "And you?"]
QUICK_FAULTS = [
    *("refused", "forbidden", "dropped", "dropped_late", "truncated"),
    *("no_sound", "silent", "garbage", "strange"),
]


class Tone:
    """A real, if simple engine: it whistles as long as a text takes, at a pitch that the cloud never has."""

    is_cloud = False

    def __init__(self, name: str = "tone", *, hertz: float = LOCAL_HZ, seconds: float = 0.0) -> None:
        self.name, self.hertz, self.seconds = name, hertz, seconds
        self.fault: str = ""
        self.asked: list[str] = []
        self.at_once = self.most_at_once = self.cancelled = 0

    async def speak(self, text: str, manner: Manner) -> Spoken:
        self.asked.append(text)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(3600 if self.fault == "hangs" else self.seconds)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.at_once -= 1
        if self.fault == "fails":
            raise TtsError("tone-broken", "The whistle is broken. Buy another one.")
        if self.fault == "bug":
            raise ZeroDivisionError("a secret text")
        if self.fault == "empty":
            return Spoken(np.zeros(0, np.float32), 16_000)
        clock = np.arange(round(seconds_of(text) * 16_000)) / 16_000
        return Spoken((0.3 * np.sin(2 * np.pi * self.hertz * clock)).astype(np.float32), 16_000)

    async def voices(self) -> list[VoiceInfo]:
        if self.fault == "fails":
            raise TtsError("tone-broken", "The whistle is broken. Buy another one.")
        return [VoiceInfo("whistle", "Whistle", "en")]

    async def close(self) -> None:
        pass


class House:
    """A ladder with the cloud above a whistle, and the clock and the switch in the hands of the test."""

    def __init__(self, rungs: Sequence[Engine]) -> None:
        self.now = 1000.0
        self.is_cloud_allowed = True
        self.told: list[str] = []
        self.ladder = Ladder(
            rungs,
            is_cloud_allowed=lambda: self.is_cloud_allowed,
            on_change=self.told.append,
            clock=lambda: self.now,
        )
        self.longest = 0.0

    async def say(self, text: str, spare: float = 0.0) -> str:
        """Say a piece and measure how long it took; returns who spoke it, judged by the sound."""
        begun = time.monotonic()
        spoken = await self.ladder.speak(text, Manner(), spare)
        self.longest = max(self.longest, time.monotonic() - begun)
        return speaker_of(spoken, text)


def speaker_of(spoken: Spoken, text: str) -> str:
    assert spoken.seconds > 0
    if not spoken.samples.any():
        return "nobody"
    tone = tone_in(spoken.samples, spoken.rate)
    if abs(tone - tone_of(text)) < 5:
        assert spoken.seconds == pytest.approx(seconds_of(text), abs=0.08), "not the whole text"
        return "cloud"
    return {LOCAL_HZ: "local", 3000: "second", 3500: "third"}[round(tone / 20) * 20]


@asynccontextmanager
async def opened(*rungs: Engine) -> AsyncIterator[House]:
    house = House(rungs)
    before = asyncio.all_tasks()
    yield house
    await house.ladder.close()
    assert asyncio.all_tasks() == before


@pytest.fixture(scope="module")
def shared_server() -> Iterator[EdgeServer]:
    with EdgeServer() as server, server.in_place_of_the_real_one():
        yield server


@pytest.fixture
def server(shared_server: EdgeServer) -> EdgeServer:
    shared_server.forget()
    return shared_server


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def settled(ladder: Ladder) -> None:
    """What runs beside her speech has come to its end."""
    await until(lambda: not ladder._tasks)


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


# -- Going back ----------------------------------------------------------------------------------------------


async def test_it_is_tried_again_beside_her_speech_and_comes_back_between_two_answers(
    server: EdgeServer,
) -> None:
    async with opened(Edge(), Tone()) as house:
        server.mode = "dropped"
        assert await house.say("One") == "local"
        house.now += FIRST_WAIT_SECONDS - 1
        assert await house.say("Two") == "local"
        assert server.texts == ["One"], "it is left alone"
        server.mode, server.pace_seconds = "slow", 0.1
        house.now += 1
        assert await house.say("Three") == "local"
        assert house.ladder.was_sent
        assert house.ladder._tasks, "nobody waits for the trial"
        await until(lambda: server.texts == ["One", "Three"])
        await settled(house.ladder)
        house.now += 60
        assert await house.say("Four") == "cloud"
        assert house.told[1:] == ["She speaks with edge again."]
        assert house.ladder.problem == ""
        assert max(server.times_asked.values()) == 1


async def test_in_the_middle_of_an_answer_the_voice_that_stands_in_stays_for_some_pieces(
    server: EdgeServer,
) -> None:
    async with opened(Edge(), Tone()) as house:
        server.mode = "refused"
        heard = [await house.say("One")]
        server.mode = "ok"
        # The clock goes on, but less than she speaks: it is one answer.
        house.ladder._silent_at = house.now + 1000
        house.now += FIRST_WAIT_SECONDS
        heard.append(await house.say("Two"))
        await settled(house.ladder)
        heard += [await house.say(text) for text in ("Three", "Four", "Five")]
        assert heard == ["local"] * STAY_PIECES + ["cloud"] * 2
        assert server.texts == ["Two", "Four", "Five"]


async def test_a_trial_that_fails_or_takes_too_long_is_repeated_after_twice_the_time(
    server: EdgeServer,
) -> None:
    async with opened(Edge(), Tone()) as house:
        server.mode = "refused"
        await house.say("One")
        server.mode = "stalled_first"
        house.now += FIRST_WAIT_SECONDS
        assert await house.say("Two") == "local"
        await settled(house.ladder)
        assert server.texts == ["Two"]
        server.mode = "ok"
        house.now += FIRST_WAIT_SECONDS * 2 - 1
        assert await house.say("Three") == "local"
        assert server.texts == ["Two"]
        house.now += 1
        assert await house.say("Four") == "local"
        await settled(house.ladder)
        assert server.texts == ["Two", "Four"]


def test_the_time_between_two_trials_grows_to_five_minutes_and_begins_anew_after_a_success() -> None:
    now = 50.0
    health = Health(lambda: now)
    waits = []
    for _ in range(8):
        health.fail("broken")
        begun = now
        while not health.is_due:
            now += 1
        waits.append(now - begun)
    assert waits == [15, 30, 60, 120, 240, 300, 300, 300]
    assert LONGEST_WAIT_SECONDS == 300
    health.succeed()
    assert health.is_well
    assert not health.is_due
    health.fail("broken")
    now += FIRST_WAIT_SECONDS
    assert health.is_due


async def test_a_night_of_sleep_is_harmless(server: EdgeServer) -> None:
    async with opened(Edge(), Tone()) as house:
        server.mode = "refused"
        assert await house.say("One") == "local"
        house.now += 9 * 3600
        assert await house.say("Two") == "local"
        server.mode = "ok"
        house.now += 9 * 3600
        assert await house.say("Three") == "local"
        await settled(house.ladder)
        house.now += 9 * 3600
        assert await house.say("Four") == "cloud"


# -- The user's word -----------------------------------------------------------------------------------------


async def test_without_consent_the_cloud_is_never_contacted(server: EdgeServer) -> None:
    async with opened(Edge(), Tone()) as house:
        house.is_cloud_allowed = False
        assert [await house.say(text) for text in PIECES] == ["local"] * 6
        assert list(await house.ladder.voices()) == ["tone"]
        assert (server.connections, server.lists) == (0, 0)
        assert (house.ladder.problem, house.told, house.ladder.was_sent) == ("", [], False)


@pytest.mark.parametrize("is_trial", [False, True])
async def test_consent_withdrawn_in_the_middle_ends_the_request_at_once_and_blames_nobody(
    server: EdgeServer, *, is_trial: bool
) -> None:
    async with opened(Edge(), Tone()) as house:
        if is_trial:
            server.mode = "refused"
            await house.say("Zero")
            house.now += 60
        server.mode = "stalled"
        saying = asyncio.create_task(house.say("One"))
        await until(lambda: server.open)
        house.is_cloud_allowed = False
        begun = time.monotonic()
        await until(lambda: not server.open)
        assert time.monotonic() - begun < 1.0
        assert await saying == "local"
        server.mode = "ok"
        assert await house.say("Two") == "local"
        assert server.texts == ["One"]
        house.is_cloud_allowed = True
        house.now += 60
        if is_trial:
            await house.say("Three")
            await settled(house.ladder)
            house.now += 60
        assert await house.say("Four") == "cloud"


async def test_a_piece_that_is_no_longer_wanted_is_dropped_cleanly_and_blames_nobody(
    server: EdgeServer,
) -> None:
    whistle = Tone(seconds=5)
    async with opened(Edge(), whistle) as house:
        server.mode = "stalled"
        saying = asyncio.create_task(house.say("One"))
        await until(lambda: whistle.asked)
        saying.cancel()
        await asyncio.wait({saying})
        assert saying.cancelled()
        assert whistle.cancelled == 1
        await until(lambda: not server.open)
        server.mode = "ok"
        assert await house.say("Two") == "cloud"
        assert house.told == []


async def test_pieces_asked_for_at_once_are_made_one_after_the_other_in_order() -> None:
    whistle = Tone(seconds=0.02)
    async with opened(whistle) as house:
        await asyncio.gather(*(house.say(text) for text in PIECES))
        assert whistle.asked == PIECES
        assert whistle.most_at_once == 1


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


@pytest.mark.parametrize(("engine", "word"), [("silent", ""), ("nonsense", "nonsense")])
async def test_an_engine_that_is_asked_for_is_used_alone(tmp_path: Path, engine: str, word: str) -> None:
    told: list[str] = []
    ladder = build(Voice(engine=engine, cloud=True), tmp_path, on_change=told.append)
    assert word in ladder.problem
    assert not (await ladder.speak("Hello", Manner())).samples.any()
    assert ladder.current == "silent"
    assert len(told) == (1 if word else 0)
    await ladder.close()

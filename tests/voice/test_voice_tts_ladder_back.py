"""She goes back to the better voice when it is well, and leaves the cloud alone when the user says so."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from tests.voice.edge_server import EdgeServer
from tests.voice.ladder_house import Tone, opened, settled, until
from voice.tts.engines.edge import Edge
from voice.tts.health import FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, Health
from voice.tts.ladder import STAY_PIECES

PIECES = ["Well, hello.", "I was away.", "It rained a lot.", "Then it stopped."]


@pytest.fixture(scope="module")
def shared_server() -> Iterator[EdgeServer]:
    with EdgeServer() as server, server.in_place_of_the_real_one():
        yield server


@pytest.fixture
def server(shared_server: EdgeServer) -> EdgeServer:
    shared_server.forget()
    return shared_server


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
        assert [await house.say(text) for text in PIECES] == ["local"] * 4
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

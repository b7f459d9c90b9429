"""Her face as a user has it: the real overlay on a real desktop, with a real hub."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tests.backend.llm.fault_server import fault_server
from tests.hub_process import HubProcess
from tests.overlay.desk import Desk
from tests.overlay.face import Face

Show = Callable[..., Face]


@pytest.fixture
def show(home: Path) -> Iterator[Show]:
    faces: list[Face] = []

    def start(desk: Desk, *arguments: str, **settings: str) -> Face:
        face = Face(desk, home, *arguments, **settings)
        faces.append(face)
        return face

    yield start
    for face in faces:
        face.stop()


async def wait_for_link(hub: HubProcess) -> None:
    """Until she has found the hub."""
    async with asyncio.timeout(20):
        while (await hub.get("/"))[1]["clients"] < 1:
            await asyncio.sleep(0.02)


async def say(hub: HubProcess, text: str) -> None:
    async with hub.plain() as client:
        await client.say(text)
        await client.answer()


@pytest.mark.parametrize("kind", ["glass_desk", "desk"])
async def test_she_shows_what_the_hub_says_in_words_and_feelings(
    kind: str,
    request: pytest.FixtureRequest,
    start_hub: Callable[..., Awaitable[HubProcess]],
    show: Show,
) -> None:
    desk = request.getfixturevalue(kind)
    async with fault_server("ok", tokens=["[angry] ", "Hmph."]) as server:
        hub = await start_hub(llm_url=server.url)
        face = show(desk, overlay_reduced_motion="true")
        box = await asyncio.to_thread(face.wait_until_shown)
        alone, neutral = set(face.windows()), face.pixels(box)
        await wait_for_link(hub)
        await say(hub, "You are late.")
    face.wait_for_change(neutral, box)
    face.wait_for(lambda: set(face.windows()) > alone, "her bubble")


async def test_what_is_typed_to_her_reaches_the_hub(desk: Desk, hub: HubProcess, show: Show) -> None:
    face = show(desk)
    face.wait_until_shown()
    alone = set(face.windows())
    await wait_for_link(hub)
    async with hub.typed(hello={"name": "test"}) as client:
        await client.until("snapshot")
        face.double_click()
        face.wait_for(lambda: face.has_keyboard(*set(face.windows()) - alone), "the field")
        face.type("Hello there")
        desk.key("Return")
        assert (await client.until("user-said"))[-1]["text"] == "Hello there"


async def test_escape_stops_her_in_the_middle_of_an_answer(
    desk: Desk, start_hub: Callable[..., Awaitable[HubProcess]], show: Show
) -> None:
    async with fault_server("stall", tokens=["word "] * 10) as server:
        hub = await start_hub(llm_url=server.url)
        face = show(desk)
        await asyncio.to_thread(face.wait_until_shown)
        await wait_for_link(hub)
        async with hub.typed(hello={"name": "test"}) as client:
            await client.until("snapshot")
            await client.send(type="user-message", text="Talk.")
            await client.until("token")
            desk.click(*face.body())
            await asyncio.to_thread(face.wait_for, lambda: face.has_keyboard("Alisa 1"), "her keyboard")
            desk.key("Escape")
            assert (await client.until("turn-ended"))[-1]["ending"] == "interrupted"


async def test_the_hub_may_die_as_often_as_it_likes(desk: Desk, home: Path, show: Show, kills: int) -> None:
    face = show(desk, overlay_reduced_motion="true")
    box = face.wait_until_shown()
    first: tuple[int, int, int] | None = None
    async with fault_server("ok", tokens=[]) as server:
        for round_ in range(kills):
            hub = await HubProcess(home, llm_url=server.url, llm_discover="false").start()
            before = face.pixels(box)
            await wait_for_link(hub)
            server.tokens = ["[angry] Grr." if round_ % 2 else "[happy] Yay."]
            await say(hub, "Are you back?")
            # Her face is back when the hub has let her in and she shows what it feels.
            await asyncio.to_thread(face.wait_for_change, before, box)
            counted = len(face.windows()), face.threads(), face.files()
            first = first or counted
            assert counted[0] <= first[0] + 1
            assert counted[1] == first[1]
            assert counted[2] <= first[2] + 1
            await hub.kill()
            hub.process._transport.close()


async def test_she_hides_from_a_full_screen_and_comes_back(desk: Desk, show: Show) -> None:
    face = show(desk)
    face.wait_until_shown()
    film = desk.open_window("Film", is_fullscreen=True)
    face.wait_for(lambda: face.box() is None, "her to hide")
    film.close()
    face.wait_for(lambda: face.box() is not None, "her to come back")


async def test_she_is_above_what_opens_later(desk: Desk, show: Show) -> None:
    face = show(desk, overlay_reduced_motion="true")
    box = face.wait_until_shown()
    x, y = face.body()
    before = face.pixels((x, y, 20, 20))
    desk.open_window("Later", box)
    face.wait_for(lambda: (face.pixels((x, y, 20, 20)) == before).all(), "her above the window")


async def test_a_compositor_that_comes_and_goes_changes_her_window_not_her(desk: Desk, show: Show) -> None:
    face = show(desk, overlay_reduced_motion="true")
    box = face.wait_until_shown()
    hard = face.pixels(box)
    desk.start_compositor()
    face.wait_for(lambda: face.box() == box and (face.pixels(box) != hard).any(), "soft edges")
    desk.stop_compositor()
    face.wait_for(lambda: face.box() == box and (face.pixels(box) == hard).all(), "hard edges")


async def test_where_she_was_put_is_where_she_is_the_next_time(desk: Desk, show: Show) -> None:
    face = show(desk, overlay_reduced_motion="true")
    x, y, width, height = face.wait_until_shown()
    start = face.body()
    desk.drag(start, (start[0] - 300, start[1] - 200))
    face.wait_for(lambda: face.box() == (x - 300, y - 200, width, height), "her at the new place")
    desk.click(start[0] - 300, start[1] - 200, button=4)
    face.wait_for(lambda: face.box()[3] > height, "her to grow")
    left_at = face.box()
    assert face.stop() == 0
    again = show(desk, overlay_reduced_motion="true")
    assert again.wait_until_shown() == left_at


async def test_a_monitor_that_goes_takes_her_not_with_it(desk: Desk, show: Show) -> None:
    desk.set_monitors(left=(0, 0, 640, 900), right=(640, 0, 640, 900))
    face = show(desk, overlay_reduced_motion="true")
    face.wait_until_shown()
    start = face.body()
    desk.drag(start, (1000, start[1]))
    face.wait_for(lambda: face.box()[0] > 640, "her on the right one")
    desk.set_monitors(left=(0, 0, 640, 900))
    face.wait_for(lambda: face.box()[0] + face.box()[2] // 2 <= 640, "her on the one that is left")


async def test_a_second_start_calls_the_first_one_forward(desk: Desk, hub: HubProcess, show: Show) -> None:
    face = show(desk)
    face.wait_until_shown()
    await wait_for_link(hub)
    alone = set(face.windows())
    second = show(desk)
    said = second.process.communicate(timeout=20)[1]
    assert second.process.returncode == 0
    assert said == "alisa: She is on the screen already; she comes forward.\n"
    face.wait_for(lambda: set(face.windows()) > alone, "the field to type to her")


async def test_a_flood_of_words_leaves_her_awake(
    desk: Desk, start_hub: Callable[..., Awaitable[HubProcess]], show: Show
) -> None:
    async with fault_server("ok", tokens=["flood "] * 200) as server:
        hub = await start_hub(llm_url=server.url)
        face = show(desk, overlay_reduced_motion="true")
        x, y, width, height = await asyncio.to_thread(face.wait_until_shown)
        await wait_for_link(hub)
        start = face.body()
        async with hub.plain() as client:
            for _ in range(30):
                await client.say("More.")
            desk.drag(start, (start[0] - 200, start[1] - 100))
            await asyncio.to_thread(
                face.wait_for, lambda: face.box() == (x - 200, y - 100, width, height), "her at the new place"
            )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_she_goes_when_she_is_asked_to(desk: Desk, show: Show, number: int) -> None:
    face = show(desk)
    face.wait_until_shown()
    assert face.stop(number) == 0


async def test_without_a_screen_it_is_said_in_one_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class NoDesk:
        name = ":87654"

    face = Face(NoDesk(), home)
    output, said = face.process.communicate(timeout=20)
    assert face.process.returncode == 2
    assert output == ""
    assert said == (
        "alisa: There is no screen to show her on. Start her face in a desktop session; "
        "the chat works without.\n"
    )

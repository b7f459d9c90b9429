"""Her face as a user has it: the real overlay on a real desktop, with a real hub."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.backend.llm.fault_server import fault_server
from tests.hub_process import HubProcess
from tests.overlay.desk import Desk
from tests.overlay.face import PILL_PX, Face

Show = Callable[..., Face]
StartHub = Callable[..., Awaitable[HubProcess]]


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
    kind: str, request: pytest.FixtureRequest, start_hub: StartHub, show: Show
) -> None:
    desk = request.getfixturevalue(kind)
    async with fault_server("ok", tokens=["[angry] ", "Hmph."]) as server:
        hub = await start_hub(llm_url=server.url)
        face = show(desk, overlay_reduced_motion="true")
        await asyncio.to_thread(face.wait_until_shown)
        await wait_for_link(hub)
        await say(hub, "You are late.")
    face.wait_for(lambda: face.looks("angry"), "her anger")
    face.wait_for(lambda: face.bubble() is not None, "her bubble")


async def test_what_is_typed_to_her_reaches_the_hub(desk: Desk, hub: HubProcess, show: Show) -> None:
    face = show(desk)
    face.wait_until_shown()
    await wait_for_link(hub)
    async with hub.typed(hello={"name": "test"}) as client:
        await client.until("snapshot")
        face.double_click()
        face.wait_for(lambda: face.has_keyboard(*set(face.windows()) - {"Alisa 1"}), "the field")
        face.type("Hello there")
        desk.key("Return")
        assert (await client.until("user-said"))[-1]["text"] == "Hello there"


async def test_escape_stops_her_in_the_middle_of_an_answer(
    desk: Desk, start_hub: StartHub, show: Show
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
            # She has the same words as this client: her bubble shows them.
            await asyncio.to_thread(face.wait_for, lambda: face.bubble() is not None, "her bubble")
            await asyncio.to_thread(face.take_keyboard)
            desk.key("Escape")
            assert (await client.until("turn-ended"))[-1]["ending"] == "interrupted"


async def test_another_look_is_put_on_while_she_talks(desk: Desk, start_hub: StartHub, show: Show) -> None:
    async with fault_server("stall", tokens=["[happy] ", *["word "] * 10]) as server:
        hub = await start_hub(llm_url=server.url)
        face = show(desk, overlay_reduced_motion="true")
        await asyncio.to_thread(face.wait_until_shown)
        await wait_for_link(hub)
        async with hub.plain(close_timeout=0) as client:
            await client.say("Talk.")
            await asyncio.to_thread(face.wait_for, lambda: face.looks("happy"), "her to talk")
            await asyncio.to_thread(face.choose, "Look", 2)
            winter = lambda: face.wears("alisa-winter") and face.looks("happy")  # noqa: E731
            await asyncio.to_thread(face.wait_for, winter, "the other look")


async def test_a_sense_that_is_on_is_seen_and_a_click_switches_it_off(
    desk: Desk, hub: HubProcess, show: Show
) -> None:
    face = show(desk)
    face.wait_until_shown()
    await wait_for_link(hub)
    await asyncio.to_thread(face.wait_for, lambda: face.pill() is None, "nothing to be seen")
    async with hub.typed(hello={"name": "vision"}) as client:
        await client.until("snapshot")
        await client.send(type="sense-report", senses=[{"name": "camera", "is_on": True}])
        await asyncio.to_thread(face.wait_for, lambda: face.pill() is not None, "the pill")
        x, y, width, height = face.pill()
        assert width == PILL_PX
        desk.click(x + width // 2, y + height // 2)
        switches: dict[str, bool] = {}
        while switches.get("camera", True):
            switches = (await client.until("senses-changed"))[-1]["switches"]
        await client.send(type="sense-report", senses=[{"name": "camera", "is_on": False}])
        desk.point(1, 1)
        await asyncio.to_thread(face.wait_for, lambda: face.pill() is None, "the camera's end")


async def test_the_hub_may_die_as_often_as_it_likes(desk: Desk, home: Path, show: Show, kills: int) -> None:
    face = show(desk, overlay_reduced_motion="true")
    face.wait_until_shown()
    first: tuple[int, int, int] | None = None
    async with fault_server("ok", tokens=[]) as server:
        for round_ in range(kills // 2):
            hub = await HubProcess(home, llm_url=server.url, llm_discover="false").start()
            await wait_for_link(hub)
            feeling = ("happy", "angry")[round_ % 2]
            server.tokens = [f"[{feeling}] Back."]
            await say(hub, "Are you back?")
            await asyncio.to_thread(face.wait_for, lambda feeling=feeling: face.looks(feeling), feeling)
            counted = len(face.windows()), face.threads(), face.files()
            first = first or counted
            assert counted[0] <= first[0] + 1
            assert counted[1] == first[1]
            assert counted[2] <= first[2] + 1
            await hub.kill()
            hub.process._transport.close()


async def test_a_second_start_calls_the_first_one_forward_even_from_a_nap(
    desk: Desk, hub: HubProcess, show: Show
) -> None:
    face = show(desk)
    box = face.wait_until_shown()
    await wait_for_link(hub)
    face.take_keyboard()
    desk.key("h")
    face.wait_for(lambda: not face.windows(), "her nap")
    second = show(desk)
    said = second.process.communicate(timeout=20)[1]
    assert second.process.returncode == 0
    assert said == "alisa: She is on the screen already; she comes forward.\n"
    face.wait_for(
        lambda: face.box() == box and face.bubble() is not None, "her, and the field to type to her"
    )


async def test_a_flood_of_words_leaves_her_awake(desk: Desk, start_hub: StartHub, show: Show) -> None:
    async with fault_server("ok", tokens=["flood "] * 20_000) as server:
        hub = await start_hub(llm_url=server.url)
        face = show(desk, overlay_reduced_motion="true")
        x, y, width, height = await asyncio.to_thread(face.wait_until_shown)
        await wait_for_link(hub)
        async with hub.typed(hello={"name": "test"}, close_timeout=0) as client:
            await client.until("snapshot")
            await client.send(type="user-message", text="More.")
            await client.until("token")
            start = face.body()
            desk.drag(start, (start[0] - 200, start[1] - 100))
            await asyncio.to_thread(
                face.wait_for, lambda: face.box() == (x - 200, y - 100, width, height), "her at the new place"
            )
            assert face.stop() == 0

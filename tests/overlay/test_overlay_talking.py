"""Holding her with the middle mouse button to speak to her: real face, real hub, and a voice that listens."""

import asyncio
from collections.abc import Callable

from tests.hub_process import HubProcess, TypedClient
from tests.overlay.desk import Desk
from tests.overlay.face import Face

MIDDLE = 2
EARS = {"name": "microphone", "is_on": True, "detail": "default microphone"}


async def shown(desk: Desk, hub: HubProcess, show: Callable[..., Face]) -> Face:
    face = show(desk, overlay_reduced_motion="true")
    await asyncio.to_thread(face.wait_until_shown)
    async with asyncio.timeout(20):
        while (await hub.get("/"))[1]["clients"] < 2:
            await asyncio.sleep(0.02)
    return face


async def pushed(client: TypedClient) -> bool:
    return (await client.until("talk-pushed"))[-1]["is_pressed"]


async def hear(voice: TypedClient, face: Face, desk: Desk) -> None:
    """A voice says that it hears, and she knows it."""
    desk.point(5, 5)
    await asyncio.to_thread(face.wait_for, lambda: face.pill() is None, "no pill")
    await voice.send(type="sense-report", senses=[EARS])
    await asyncio.to_thread(face.wait_for, lambda: face.pill() is not None, "the light of the microphone")


async def reaches(client: TypedClient, face: Face, desk: Desk) -> None:
    """Wait until whatever her mouse has sent before has come: what is typed to her comes after it."""
    face.double_click()
    await asyncio.to_thread(
        face.wait_for, lambda: face.has_keyboard(*set(face.windows()) - {"Alisa 1"}), "the field"
    )
    face.type("hi")
    desk.key("Return")
    kinds = {event["type"] for event in await client.until("user-said")}
    assert "talk-pushed" not in kinds


async def test_she_is_held_to_be_spoken_to_where_somebody_hears(
    desk: Desk, hub: HubProcess, show: Callable[..., Face]
) -> None:
    async with hub.typed({"name": "voice"}) as voice:
        await voice.until("snapshot")
        face = await shown(desk, hub, show)
        await asyncio.to_thread(desk.click, *face.body(), MIDDLE)
        await reaches(voice, face, desk)
        assert not face.has_grab()

        await hear(voice, face, desk)
        for _ in range(2):
            desk.point(*face.body())
            desk.press(MIDDLE)
            assert await pushed(voice) is True
            desk.point(5, 5)
            desk.release(MIDDLE)
            assert await pushed(voice) is False


async def test_who_hides_her_while_he_holds_her_has_let_go(
    desk: Desk, hub: HubProcess, show: Callable[..., Face]
) -> None:
    async with hub.typed({"name": "voice"}) as voice:
        face = await shown(desk, hub, show)
        await hear(voice, face, desk)
        desk.point(*face.body())
        desk.press(MIDDLE)
        assert await pushed(voice) is True
        desk.open_window("Film", is_fullscreen=True)
        assert await pushed(voice) is False
        desk.release(MIDDLE)

"""The hub is killed at random moments of a turn: nothing acknowledged is lost, nothing is doubled."""

import asyncio
import random
import sqlite3
import time

from backend.shared.client import HubClient, Linked, Unlinked
from backend.shared.events import Accepted, Hello, Snapshot, Token, TurnEnded, UserMessage
from tests.backend.llm.fault_modes import DONE, ROLE, STOP, token
from tests.backend.llm.fault_server import fault_server
from tests.hub_process import free_port


class Talker:
    """A client of ours that lives through it all."""

    def __init__(self, home):
        self.client = HubClient(home, Hello(name="talker"))
        self.accepted: list[str] = []
        self.links = 0
        self.snapshots = 0
        self.changed = asyncio.Condition()

    async def listen(self):
        async for event in self.client.listen():
            async with self.changed:
                self.links += isinstance(event, Linked)
                self.snapshots += isinstance(event, Snapshot)
                if isinstance(event, Accepted):
                    self.accepted.append(event.id)
                self.changed.notify_all()
                assert not isinstance(event, Unlinked) or event.retry_seconds <= 30

    async def until(self, condition):
        async with asyncio.timeout(20), self.changed:
            await self.changed.wait_for(condition)


async def test_a_killed_hub_loses_nothing_that_it_has_acknowledged(start_hub, home, kills):
    chance = random.Random(7)
    parts = [ROLE, *(token(f"{n} ") for n in range(30)), STOP, DONE]
    async with fault_server("script", parts=parts, pace=0.01) as server:
        hub = await start_hub(llm_url=server.url, hub_port=str(free_port()))
        talker = Talker(home)
        listening = asyncio.create_task(talker.listen())
        await talker.until(lambda: talker.links == 1)
        acknowledged, slowest = [], 0.0
        for number in range(kills):
            await talker.client.send(UserMessage(text=f"message {number}", id=f"m{number}"))
            await asyncio.sleep(chance.uniform(0, 0.4))
            await hub.kill()
            acknowledged = list(talker.accepted)
            begun = time.monotonic()
            await hub.start()
            assert (await hub.get("/"))[0] == 200
            slowest = max(slowest, time.monotonic() - begun)
            links = number + 2
            await talker.until(lambda links=links: talker.links >= links)
            await talker.until(lambda number=number: f"m{number}" in talker.accepted)
        print(f"{kills} kills, ready again within {slowest:.2f} s at worst")
        listening.cancel()
        await asyncio.wait([listening])
        assert await hub.stop() == 0
    with sqlite3.connect(home / "alisa.db") as database:
        stored = [
            row[0] for row in database.execute("SELECT text FROM messages WHERE role = 'user' ORDER BY id")
        ]
        answers = database.execute(
            "SELECT count(*), count(DISTINCT turn) FROM messages WHERE role = 'assistant'"
        )
        assert len(set(answers.fetchone())) == 1
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert set(acknowledged) <= {f"m{n}" for n in range(kills)}
    assert stored == [f"message {n}" for n in range(kills)]


async def test_a_client_whose_hub_restarts_goes_on_by_itself(start_hub, home):
    hub = await start_hub(llm_engine="scripted", hub_port=str(free_port()))
    client = HubClient(home, Hello(name="test"))
    talk = client.listen()
    kinds = []

    async def until(kind):
        async with asyncio.timeout(20):
            async for event in talk:
                kinds.append(type(event))
                if isinstance(event, kind):
                    return event
        raise AssertionError

    assert (await until(Snapshot)).messages == []
    await client.send(UserMessage(text="before"))
    await until(TurnEnded)
    await hub.kill()
    assert (await until(Unlinked)).reason
    assert await client.send(UserMessage(text="meanwhile")) is False
    await hub.start()
    messages = (await until(Snapshot)).messages
    assert [m.text for m in messages if m.role == "user"] == ["before"]
    await until(Token)
    await until(TurnEnded)
    await talk.aclose()
    _, summary = await hub.get("/history/summary")
    assert summary["user_messages"] == 2


async def test_a_message_that_was_stored_but_never_answered_is_answered_when_it_comes_again(start_hub, home):
    async with fault_server("hang") as server:
        hub = await start_hub(llm_url=server.url)
        async with hub.typed({}) as client:
            await client.until("snapshot")
            await client.send(type="user-message", text="hello?", id="m1")
            await client.until("turn-started")
        await hub.kill()
        server.mode = "ok"
        await hub.start()
        async with hub.typed({}) as client:
            await client.until("snapshot")
            await client.send(type="user-message", text="hello?", id="m1")
            assert await client.answer() == "".join(server.tokens)
        assert (await hub.get("/history/summary"))[1]["user_messages"] == 1

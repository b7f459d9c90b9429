"""The overlay's line to a real hub: it comes back, holds what matters, and leaves nothing behind."""

import asyncio
import contextlib
import os
import re
import select
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.shared import events
from backend.shared.client import Linked, Unlinked
from overlay.link import Link
from tests.backend.llm.fault_server import fault_server
from tests.hub_process import LIMIT_SECONDS, free_port

HELLO = events.Hello(name="overlay")


class Window:
    """Drains a link the way a window does: when its socket can be read, some events at a time."""

    def __init__(self, link: Link, limit: int = 50) -> None:
        self.link = link
        self.limit = limit
        self.told = []

    async def until(self, is_told: Callable[[], bool]) -> None:
        """Drain until something has been told."""
        async with asyncio.timeout(LIMIT_SECONDS):
            while not is_told():
                await asyncio.to_thread(select.select, [self.link.fileno()], [], [], 1)
                taken = self.link.drain(self.limit)
                assert len(taken) <= self.limit
                self.told += taken

    async def until_kind(self, kind: type, count: int = 1) -> object:
        """Drain until so many events of a kind have been told; the newest of them."""
        await self.until(lambda: len(self.all(kind)) >= count)
        return self.all(kind)[-1]

    def all(self, kind: type) -> list:
        return [event for event in self.told if isinstance(event, kind)]


def threads() -> list[str]:
    return sorted(thread.name for thread in threading.enumerate() if thread.name == "hub link")


def sockets() -> int:
    found = 0
    for handle in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found += str(handle.readlink()).startswith(("socket:", "anon_inode:[eventpoll]"))
    return found


def memory_bytes() -> int:
    return int(re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text()).group(1)) * 1024


@pytest.fixture
async def link(home):
    made = Link(home, HELLO)
    yield made
    await asyncio.to_thread(made.close)
    assert threads() == []


async def test_it_talks_with_the_hub_and_leaves_nothing_behind(start_hub, home):
    await start_hub(llm_engine="scripted")
    await asyncio.to_thread(int)  # the loop's own threads are there
    before = sockets()
    link = Link(home, HELLO)
    link.start()
    window = Window(link)
    assert isinstance(await window.until_kind(Linked), Linked)
    link.send(events.UserMessage(text="hi", id="m1"))
    await window.until_kind(events.TurnEnded)
    kinds = [type(event) for event in window.told]
    assert kinds[:2] == [Linked, events.Snapshot]
    assert kinds.index(events.TurnStarted) < kinds.index(events.Token)
    assert sockets() > before
    begun = time.monotonic()
    link.close()
    assert time.monotonic() - begun < 2
    assert link.fileno() is None
    assert threads() == []
    assert sockets() == before


async def test_what_was_said_last_still_goes_out(start_hub, home):
    hub = await start_hub(llm_engine="scripted")
    async with hub.typed({}) as client:
        await client.until("snapshot")
        link = Link(home, HELLO)
        link.start()
        await Window(link).until_kind(events.Snapshot)
        for is_on in (True, False) * 20:
            link.send(events.FlipSwitch(name="microphone", is_on=is_on))
        await asyncio.to_thread(link.close)
        told = [(await client.until("senses-changed"))[-1]["switches"]["microphone"] for _ in range(40)]
        assert told == [True, False] * 20


async def test_it_lives_through_a_hub_that_is_killed_again_and_again(start_hub, link, kills):
    hub = await start_hub(llm_engine="scripted", hub_port=str(free_port()))
    link.start()
    window = Window(link)
    await window.until_kind(events.Snapshot)
    kills = (kills + 1) // 2
    for number in range(kills):
        before = len(window.all(Unlinked))
        await hub.kill()
        assert (await window.until_kind(Unlinked, before + 1)).reason
        link.send(events.UserMessage(text=f"message {number}", id=f"m{number}"))
        link.send(events.Interrupt())  # of no use any more when the hub is back
        await hub.start()
        await window.until_kind(events.Snapshot, number + 2)
        await window.until_kind(events.Accepted, number + 1)
        await window.until_kind(events.TurnEnded, number + 1)
    assert [event.text for event in window.all(events.UserSaid)] == [f"message {n}" for n in range(kills)]
    assert [event.id for event in window.all(events.Accepted)] == [f"m{n}" for n in range(kills)]
    assert [event.ending for event in window.all(events.TurnEnded)] == ["complete"] * kills
    assert threads() == ["hub link"]


async def test_a_flood_of_tokens_and_a_slow_window(start_hub, link):
    tokens = [f" {number % 100:02d}" for number in range(50_000)]
    async with fault_server("ok", tokens=tokens) as server:
        await start_hub(llm_url=server.url)
        link.start()
        window = Window(link, limit=5)
        await window.until_kind(events.Snapshot)
        before = memory_bytes()
        link.send(events.UserMessage(text="go"))
        await window.until_kind(events.TurnStarted)
        # The window hangs while the whole flood comes in.
        text = "".join(tokens).strip()
        async with asyncio.timeout(60):
            while not any(isinstance(e, events.TurnEnded) for e in tuple(link._inbox._events.values())):
                await asyncio.sleep(0.1)
        waiting = len(link._inbox._events)
        await window.until_kind(events.TurnEnded)
        growth = memory_bytes() - before
    assert "".join(event.text for event in window.all(events.Token)).strip() == text
    print(f"{waiting} events waited, {growth / 1e6:.1f} MB more")
    assert waiting < 150
    assert growth < 40_000_000


async def test_a_window_that_hangs_for_long_is_told_everything_in_bounded_memory(start_hub, link):
    hub = await start_hub(llm_engine="scripted")
    link.start()
    window = Window(link)
    await window.until_kind(events.Snapshot)
    said = 230
    async with hub.typed({"wants": ["face-called"]}) as client:
        await client.until("snapshot")
        for number in range(said):
            await client.send(
                type="utterance", id=str(number), started_at=1, visemes=[], text=f"{number:>20000}"
            )
        await client.send(type="call-face")
        await client.until("face-called")
        async with asyncio.timeout(LIMIT_SECONDS):
            while not link._inbox.is_full:
                await asyncio.sleep(0.01)
        assert link._inbox._bytes < 4_300_000
    await window.until_kind(events.UtteranceStarted, said)
    heard = [event.id for event in window.all(events.UtteranceStarted)]
    assert heard == [str(number) for number in range(said)]


async def test_what_cannot_be_kept_is_reported(link):
    link.start()
    window = Window(link)
    await window.until_kind(Unlinked)
    for number in range(101):
        link.send(events.UserMessage(text="hello?", id=f"m{number}"))
        link.send(events.Interrupt())
    error = await window.until_kind(events.Error)
    assert (error.code, error.id) == ("too-many-unsent", "m100")


async def test_any_thread_may_speak_and_none_is_kept_waiting(start_hub, link):
    hub = await start_hub(llm_engine="scripted")
    link.send(events.UserMessage(text="before the start", id="early"))
    link.start()
    window = Window(link)
    assert (await window.until_kind(events.Accepted)).id == "early"
    os.kill(hub.process.pid, signal.SIGSTOP)
    slowest = 0.0

    def speak(name: str) -> None:
        nonlocal slowest
        for number in range(20):
            begun = time.monotonic()
            link.send(events.UserMessage(text="x" * 10_000, id=f"{name}{number}"))
            link.send(events.Presence(state="present"))
            slowest = max(slowest, time.monotonic() - begun)

    speakers = [threading.Thread(target=speak, args=(name,)) for name in "abcd"]
    for speaker in speakers:
        speaker.start()
    for speaker in speakers:
        await asyncio.to_thread(speaker.join)
    os.kill(hub.process.pid, signal.SIGCONT)
    wanted = {f"{name}{number}" for name in "abcd" for number in range(20)}
    await window.until(lambda: wanted <= {event.id for event in window.all(events.Accepted)})
    assert slowest < 1


async def test_it_closes_in_time_in_front_of_a_hub_that_hangs(start_hub, home):
    hub = await start_hub(llm_engine="scripted")
    link = Link(home, HELLO)
    link.start()
    await Window(link).until_kind(events.Snapshot)
    os.kill(hub.process.pid, signal.SIGSTOP)
    link.send(events.UserMessage(text="x" * 10_000))
    begun = time.monotonic()
    await asyncio.to_thread(link.close)
    assert time.monotonic() - begun < 2
    assert threads() == []


def test_it_can_be_closed_at_any_time(home):
    Link(home, HELLO).close()
    link = Link(home, HELLO)
    link.start()
    link.close()
    link.close()
    link.send(events.UserMessage(text="nobody hears"))
    assert threads() == []


def test_a_line_that_breaks_down_says_so(home, monkeypatch):
    seen = []
    monkeypatch.setattr(threading, "excepthook", lambda args: seen.append(args.exc_type))
    link = Link(str(home), HELLO)  # no Path: nothing that its thread could go on from
    link.start()
    assert select.select([link.fileno()], [], [], LIMIT_SECONDS)[0]
    (told,) = link.drain(10)
    assert isinstance(told, Unlinked)
    assert told.retry_seconds == 0
    assert "start the overlay again" in told.reason
    link.send(events.UserMessage(text="hello?", id="m1"))
    link.send(events.Interrupt())
    (error,) = link.drain(10)
    assert (error.code, error.id) == ("link-broken", "m1")
    link.close()
    assert len(seen) == 1
    assert threads() == []

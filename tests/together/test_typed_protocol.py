"""The typed protocol, from outside: what a stranger with the schema in hand would try."""

import asyncio
import hashlib
import hmac
import json
import secrets

import pytest

from backend.shared.runfile import read_run_file
from tests.backend.llm.fault_modes import DONE, ROLE, STOP, token
from tests.backend.llm.fault_server import fault_server

ENDLESS = [ROLE, *[token("word ")] * 5000]


async def test_welcome_signs_the_nonce_with_the_token(shared_hub):
    nonce = secrets.token_hex(8)
    async with shared_hub.typed({"name": "stranger", "nonce": nonce}) as client:
        welcome = await client.receive()
    token = read_run_file(shared_hub.home).token
    assert welcome["type"] == "welcome"
    assert welcome["signature"] == hmac.new(token.encode(), nonce.encode(), hashlib.sha256).hexdigest()
    assert token not in json.dumps(welcome)


async def test_numbers_grow_and_a_turn_has_one_id(shared_hub):
    async with shared_hub.typed({}) as client:
        await client.send(type="user-message", text="hi", id="one")
        events = await client.until("turn-ended")
        if not any(event["type"] == "accepted" for event in events):
            events += await client.until("accepted")
    numbers = [event["seq"] for event in events]
    assert numbers == sorted(set(numbers))
    turns = {event["turn"] for event in events if "turn" in event and event["type"] != "snapshot"}
    assert len(turns) == 1
    kinds = [event["type"] for event in events]
    assert kinds.index("user-said") < kinds.index("turn-started") < kinds.index("token")
    said = next(event for event in events if event["type"] == "user-said")
    assert said["text"] == "hi"


async def test_all_clients_see_both_sides_in_the_same_order(shared_hub):
    async with shared_hub.typed({}) as one, shared_hub.typed({}) as two, shared_hub.plain() as plain:
        await one.until("snapshot")
        await two.until("snapshot")
        for number, client in enumerate((one, two, one)):
            await client.send(type="user-message", text=f"from {number}")
            await plain.until("[END]")
        seen = []
        for client in (one, two):
            events = []
            for _ in range(3):
                events += await client.until("turn-ended")
            seen.append([event for event in events if event["type"] != "accepted"])
    assert seen[0] == seen[1]
    assert [event["text"] for event in seen[0] if event["type"] == "user-said"] == [
        "from 0",
        "from 1",
        "from 2",
    ]


async def test_a_client_gets_only_the_types_it_wants(shared_hub):
    async with shared_hub.typed({"wants": ["emotion", "turn-ended"]}) as client:
        await client.until("snapshot")
        await client.send(type="user-message", text="hi")
        kinds = {event["type"] for event in await client.until("turn-ended")}
    assert kinds == {"emotion", "turn-ended"}


async def test_the_same_message_sent_again_is_answered_once(shared_hub):
    async with shared_hub.typed({"wants": ["user-said"]}) as client:
        await client.until("snapshot")
        for _ in range(3):
            await client.send(type="user-message", text="only once", id="the-same")
        events = []
        while sum(event["type"] == "accepted" for event in events) < 3:
            events.append(await client.receive())
    assert len({event["turn"] for event in events if event["type"] == "accepted"}) == 1
    assert sum(event["type"] == "user-said" for event in events) == 1


@pytest.mark.parametrize(
    "frame",
    [
        "hello",
        "[INTERRUPT]",
        '{"message": "plain"}',
        "[]",
        "{}",
        '{"type": "novel"}',
        '{"type": "user-message"}',
        '{"type": "user-message", "text": ""}',
        '{"type": "user-message", "text": "x", "text": "y"}',
        '{"type": "welcome"}',
        '{"type": "change-mode", "name": "nonsense"}',
        '{"type": "change-mode", "name": 5}',
        '{"type": "hello"}',
        '{"type": "history-query", "id": "x", "limit": 0}',
        "[" * 1000,
        json.dumps({"type": "user-message", "text": "x" * 10_001}),
        "x" * 70_000,
        b"\xff\xff",
    ],
)
async def test_a_bad_event_gets_an_error_event_and_both_survive(shared_hub, frame):
    async with shared_hub.typed({}) as client:
        await client.until("snapshot")
        await client.line.send(frame)
        error = (await client.until("error"))[-1]
        assert error["code"]
        assert error["message"]
        await client.send(type="user-message", text="hi", novel_field=1)
        assert await client.answer()


async def test_who_says_nothing_before_hello_is_told_so(shared_hub):
    async with shared_hub.typed() as client:
        await client.send(type="user-message", text="too early")
        assert (await client.receive())["code"] == "hello-first"
        await client.send(type="hello")
        assert (await client.receive())["type"] == "welcome"


async def test_an_error_names_the_event_it_answers(shared_hub):
    async with shared_hub.typed({}) as client:
        await client.until("snapshot")
        await client.send(type="user-message", text="/mode nonsense", id="m1")
        assert (await client.until("error"))[-1]["id"] == "m1"


async def test_who_comes_back_hears_exactly_what_was_missed(shared_hub):
    async with shared_hub.typed({}) as client:
        welcome, *_ = await client.until("snapshot")
        await client.send(type="user-message", text="first")
        last = (await client.until("turn-ended"))[-1]["seq"]
    async with shared_hub.typed({}) as other:
        await other.until("snapshot")
        await other.send(type="user-message", text="second")
        missed = [e for e in await other.until("turn-ended") if e["type"] != "accepted"]
    async with shared_hub.typed({"session": welcome["session"], "last_seq": last}) as client:
        again = await client.receive()
        assert again["resumed"] is True
        heard = await client.until("turn-ended")
        assert heard == missed
        await client.send(type="user-message", text="third")
        numbers = [
            again["seq"],
            *(e["seq"] for e in heard),
            *(e["seq"] for e in await client.until("turn-ended")),
        ]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("hello", [{"last_seq": 5}, {"session": "another", "last_seq": 2**52}])
async def test_who_was_away_too_long_gets_a_snapshot(shared_hub, hello):
    async with shared_hub.typed({}) as client:
        welcome, *_ = await client.until("snapshot")
        await client.send(type="user-message", text="remember this")
        answer = await client.answer()
    hello = {"session": welcome["session"]} | hello
    async with shared_hub.typed(hello) as client:
        assert (await client.receive())["resumed"] is False
        snapshot = await client.receive()
    assert [m["text"] for m in snapshot["messages"][-2:]] == ["remember this", answer]


async def test_a_snapshot_in_the_middle_of_an_answer_goes_on_without_a_gap(start_hub):
    async with fault_server("script", parts=[], pace=0.02) as server:
        server.options["parts"] = [ROLE, *(token(f"{n} ") for n in range(100)), STOP, DONE]
        hub = await start_hub(llm_url=server.url)
        async with hub.typed({}) as client:
            await client.until("snapshot")
            await client.send(type="user-message", text="count")
            await client.until("token")
            for _ in range(5):
                async with hub.typed({}) as late:
                    snapshot = (await late.until("snapshot"))[-1]
                    text = snapshot["text"] + "".join(
                        [(await late.until("token"))[-1]["text"] for _ in range(3)]
                    )
                    assert "".join(f"{n} " for n in range(100)).startswith(text)
                    assert [m["role"] for m in snapshot["messages"]] == ["user"]
            assert (await client.answer()).endswith("99 ")


async def test_history_is_listed_searched_and_cleared_for_all(start_hub):
    hub = await start_hub(llm_engine="scripted")
    async with hub.typed({}) as client, hub.typed({}) as other:
        await client.until("snapshot")
        await client.send(type="user-message", text="the zebra is striped")
        await client.until("turn-ended")
        await client.send(type="history-query", id="q1")
        page = (await client.until("history-page"))[-1]
        assert [m["role"] for m in page["messages"]] == ["assistant", "user"]
        await client.send(type="history-query", id="q2", text="zebra")
        page = (await client.until("history-page"))[-1]
        assert (page["id"], [m["text"] for m in page["messages"]]) == ("q2", ["the zebra is striped"])
        await client.send(type="clear-history")
        await other.until("history-cleared")
        await client.send(type="history-query", id="q3")
        assert (await client.until("history-page"))[-1]["messages"] == []
    await hub.stop()
    for path in hub.home.glob("alisa.db*"):
        assert b"zebra" not in path.read_bytes()


async def test_senses_and_modes_are_told_to_typed_clients(shared_hub):
    async with shared_hub.typed({}) as client, shared_hub.plain() as plain:
        await client.until("snapshot")
        await plain.send("[VISION_FACE]away")
        assert (await client.receive())["state"] == "away"
        await plain.send(
            '[VISION_DESKTOP]{"app": "Code", "title": "secret.py", "category": "novel", "text": "private"}'
        )
        changed = await client.receive()
        assert (changed["type"], changed["category"]) == ("desktop-changed", "other")
        assert "private" not in json.dumps(changed)
        assert "secret.py" not in json.dumps(changed)
        await client.send(type="change-mode", name="study")
        assert (await client.until("mode-changed"))[-1]["name"] == "study"
        assert await plain.until("[MODE CHANGED]") == ["[MODE CHANGED] study"]


async def test_an_interrupted_turn_says_so_and_is_kept_as_what_was_said(start_hub):
    async with fault_server("script", parts=ENDLESS, pace=0.005) as server:
        hub = await start_hub(llm_url=server.url)
        async with hub.typed({}) as client:
            await client.until("snapshot")
            await client.send(type="user-message", text="go on")
            events = await client.until("token")
            await client.send(type="interrupt")
            events += await client.until("turn-ended")
            said = "".join(e["text"] for e in events if e["type"] == "token")
            assert events[-1]["ending"] == "interrupted"
            await client.send(type="history-query", id="q")
            answer = (await client.until("history-page"))[-1]["messages"][0]
        assert (answer["text"], answer["ending"]) == (said, "interrupted")


async def test_a_stop_tells_everybody_and_keeps_what_was_said(start_hub):
    async with fault_server("script", parts=ENDLESS, pace=0.005) as server:
        hub = await start_hub(llm_url=server.url)
        async with hub.typed({}) as client, hub.plain() as plain:
            await client.until("snapshot")
            await client.send(type="user-message", text="go on")
            await client.until("token")
            stopping = asyncio.create_task(hub.stop())
            events = await client.until("goodbye")
            assert [e["ending"] for e in events if e["type"] == "turn-ended"] == ["interrupted"]
            await plain.until("[END]")
            await client.line.wait_closed()
            assert client.line.close_code == 1001
            assert await asyncio.wait_for(stopping, 5) == 0
        assert read_run_file(hub.home) is None
        await hub.start()
        async with hub.typed({}) as client:
            messages = (await client.until("snapshot"))[-1]["messages"]
        assert [(m["role"], m["ending"]) for m in messages][-1] == ("assistant", "interrupted")


async def test_what_happened_at_the_start_is_told_to_the_first_who_comes(start_hub, home):
    (home / "alisa.db").write_bytes(b"this was a database once" * 1000)
    hub = await start_hub(llm_engine="scripted")
    async with hub.typed({}) as client:
        notice = (await client.until("notice"))[-1]
        assert notice["code"] == "memory-moved-aside"
        assert str(home) not in notice["message"]
    assert len(list(home.glob("alisa.db.damaged-*"))) == 1
    async with hub.typed({}) as late:
        await late.send(type="user-message", text="hi")
        assert "notice" not in {event["type"] for event in await late.until("turn-ended")}

"""The hub over plain HTTP, and every way in which a request can be wrong."""

import asyncio
import json
import socket
import stat
import time

import pytest

from backend.shared.runfile import read_run_file
from tests.backend.llm.fault_server import fault_server


async def test_health_says_ok(shared_hub):
    status, health = await shared_hub.get("/")
    assert status == 200
    assert health["status"] == "ok"


async def test_a_chat_is_answered_with_reply_and_emotion(start_hub):
    async with fault_server("ok", tokens=["[sad] Oh", " no."]) as server:
        hub = await start_hub(llm_url=server.url)
        status, answer = await hub.post("/chat", {"message": "hi"})
        assert status == 200
        assert (answer["reply"], answer["emotion"]) == ("Oh no.", "sad")
        _, _, body = await hub.request("POST", "/chat", b'{"message": "hi"}', Accept="text/event-stream")
        events = [block.split("\n") for block in body.decode().strip().split("\n\n")]
        names = [lines[0].removeprefix("event: ") for lines in events]
        data = [json.loads(lines[1].removeprefix("data: ")) for lines in events]
        assert names == ["emotion", "token", "token", "reply"]
        assert (data[-1]["reply"], data[-1]["emotion"]) == ("Oh no.", "sad")
        assert [part["text"] for part in data[1:3]] == ["Oh", " no."]


async def test_history_is_summarised_and_cleared(start_hub):
    hub = await start_hub(llm_engine="scripted")
    await hub.post("/chat", {"message": "hi"})
    status, summary = await hub.get("/history/summary")
    assert (status, summary["messages"], summary["turns"]) == (200, 2, 1)
    assert (await hub.post("/history/clear"))[0] == 200
    assert (await hub.get("/history/summary"))[1]["messages"] == 0


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", {}, 400),
        (b"nonsense", {}, 400),
        (b"[]", {}, 400),
        (b"{}", {}, 400),
        (b'{"message": ""}', {}, 400),
        (b'{"message": 5}', {}, 400),
        (b'{"message": "a", "message": "b"}', {}, 400),
        (b'{"message": NaN}', {}, 400),
        (b'{"message": "\\ud800"}', {}, 400),
        (b'{"message": "\xff"}', {}, 400),
        (b"[" * 100_000, {}, 400),
        (json.dumps({"message": "x" * 10_001}).encode(), {}, 400),
        (b'{"message": "hi"}', {"Content_Type": "text/plain"}, 400),
        (b'{"message": "hi"}', {"Content_Type": "application/x-www-form-urlencoded"}, 400),
        (b'{"message": "/mode nonsense"}', {}, 400),
        (b"x" * (1024 * 1024 + 1), {}, 413),
        (b'{"message": "hi"}', {"Origin": "http://evil.example"}, 403),
        (b'{"message": "hi"}', {"Host": "evil.example"}, 421),
        (b'{"message": "hi"}', {"Host": None}, 400),
        (b'{"message": "hi"}', {"Authorization": "Bearer wrong"}, 401),
        (b'{"message": "hi"}', {"Sec_Fetch_Site": "cross-site"}, 403),
    ],
)
async def test_a_bad_request_is_refused_and_nothing_is_stored(shared_hub, body, headers, status):
    before = (await shared_hub.get("/history/summary"))[1]["messages"]
    found, _, answer = await shared_hub.request("POST", "/chat", body, **headers)
    assert found == status
    if "Host" not in headers:
        error = json.loads(answer)["error"]
        assert error["code"]
        assert "Traceback" not in error["message"]
        assert "/" not in error["message"].replace("application/json", "").replace("run/hub.json", "")
    assert (await shared_hub.get("/history/summary"))[1]["messages"] == before


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/docs", 404),
        ("GET", "/openapi.json", 404),
        ("GET", "/chat", 405),
        ("POST", "/", 405),
        ("GET", "/../../etc/passwd", 404),
        ("GET", "/%2e%2e/%2e%2e/etc/passwd", 404),
        ("GET", "/history/summary/", 404),
        ("OPTIONS", "/chat", 405),
    ],
)
async def test_what_is_not_there_is_an_error_in_the_one_shape(shared_hub, method, path, status):
    found, _, body = await shared_hub.request(method, path)
    if path.endswith("/") and found == 307:
        return
    assert found == status
    assert set(json.loads(body)["error"]) == {"code", "message"}


async def test_huge_headers_and_garbage_are_refused(shared_hub):
    assert (await shared_hub.request("GET", "/", X_Long="x" * 20_000))[0] in {400, 431}
    assert (await shared_hub.raw(b"\x16\x03\x01nonsense\r\n\r\n"))[0] == 400
    assert (await shared_hub.get("/"))[0] == 200


async def test_a_thousand_connections_leave_the_hub_well(shared_hub):
    lines = []
    try:
        for _ in range(1000):
            line = socket.socket()
            line.setblocking(False)
            line.connect_ex(("127.0.0.1", shared_hub.port))
            lines.append(line)
        begun = time.monotonic()
        assert (await shared_hub.get("/"))[0] == 200
        assert time.monotonic() - begun < 5
    finally:
        for line in lines:
            line.close()
    assert (await shared_hub.get("/"))[0] == 200


async def test_with_require_token_only_the_token_opens(start_hub):
    hub = await start_hub(llm_engine="scripted", security_require_token="true")
    assert await hub.get("/") == (200, {"status": "ok"})
    assert (await hub.post("/chat", {"message": "hi"}))[0] == 401
    token = f"Bearer {hub.run.token}"
    assert (await hub.get("/", Authorization=token))[1]["pid"] == hub.process.pid
    assert (await hub.post("/chat", {"message": "hi"}, Authorization=token))[0] == 200
    async with hub.plain(additional_headers={"Authorization": token}) as client:
        await client.say("hi")
        assert (await client.answer())[0]


async def test_the_run_file_is_private_and_tells_where_the_hub_is(shared_hub):
    run = read_run_file(shared_hub.home)
    path = shared_hub.home / "run" / "hub.json"
    content = json.loads(path.read_text())
    assert {"pid", "port", "token"} <= set(content)
    assert (run.pid, run.port) == (shared_hub.process.pid, shared_hub.port)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(run.token) >= 43


async def test_a_second_hub_of_the_home_leaves_the_first_alone(start_hub):
    first = await start_hub(llm_engine="scripted")
    second = type(first)(first.home, hub_port=str(first.port))
    with pytest.raises(AssertionError, match="runs already"):
        await second.start()
    assert second.process.returncode == 4
    assert (await first.get("/"))[0] == 200
    assert read_run_file(first.home) == first.run


async def test_a_port_of_another_program_is_said_so_and_it_is_told_nothing(start_hub):
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.setblocking(False)
        port = other.getsockname()[1]
        with pytest.raises(AssertionError, match=f"Port {port} is taken by another program"):
            await start_hub(hub_port=str(port))
        with pytest.raises(BlockingIOError):
            other.accept()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"hub_port": "many"}, "hub.port"),
        ({"hub_host": "0.0.0.0"}, "security.allow_remote"),
        ({"hub_host": "not an address"}, "hub.host"),
        ({"llm_url": "ftp://x"}, "llm.url"),
        ({"llm_engine": "nonsense"}, "llm.engine"),
        ({"companion_persona": "../../etc/passwd"}, "persona"),
        ({"companion_persona": "nobody"}, "nobody"),
    ],
)
async def test_a_wrong_setting_is_one_clear_line(start_hub, settings, words):
    with pytest.raises(AssertionError) as failure:
        await start_hub(**settings)
    lines = str(failure.value).removeprefix("the hub ended: ").strip().splitlines()
    assert len(lines) == 1
    assert words in lines[0]


async def test_no_message_and_no_token_is_in_any_log(start_hub):
    async with fault_server("error_500", tokens=[]) as server:
        hub = await start_hub(llm_url=server.url)
        async with hub.plain() as client:
            await client.say("canary-one")
            await client.answer()
            await client.send('{"message": "canary-two", "message": 1}')
            await client.receive()
        await hub.post("/chat", {"message": "canary-three"})
        await hub.request("POST", "/chat", b'{"message": "canary-four', Authorization="Bearer canary-five")
    token = hub.run.token
    await hub.stop()
    errors = await hub.errors()
    logs = "".join(path.read_text() for path in (hub.home / "logs").iterdir())
    assert "canary" not in logs + errors
    assert token not in logs + errors
    for path in hub.home.rglob("*"):
        if path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path.name


async def test_a_slow_body_is_given_up(shared_hub):
    reader, writer = await asyncio.open_connection("127.0.0.1", shared_hub.port)
    head = f"POST /chat HTTP/1.1\r\nHost: {shared_hub.host}\r\nContent-Length: 10\r\n\r\n"
    writer.write(head.encode() + b"x")
    answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    assert b"408" in answer.split(b"\r\n")[0]

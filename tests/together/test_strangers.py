"""What clients of ours do when something else answers on the hub's port; and other users of the machine."""

import asyncio
import json
import os
import sys

import pytest
from websockets.asyncio.server import serve

from backend.shared.client import HubClient, Linked, Unlinked
from backend.shared.events import Hello, UserMessage
from backend.shared.runfile import RunFile, write_run_file
from tests.hub_process import ROOT


async def test_an_impostor_on_the_port_is_told_nothing(home):
    heard = []

    async def listen(line):
        heard.append(dict(line.request.headers))
        async for frame in line:
            heard.append(json.loads(frame))
            welcome = {
                "type": "welcome",
                "session": "s",
                "signature": "0" * 64,
                "version": "1",
                "mode": "chat",
            }
            await line.send(
                json.dumps(welcome | {"emotion": "happy", "engine": "", "resumed": False, "seq": 1})
            )

    async with serve(listen, "127.0.0.1", 0, subprotocols=["alisa.v1"]) as impostor:
        port = impostor.sockets[0].getsockname()[1]
        write_run_file(home, RunFile(pid=os.getpid(), port=port, token="the-secret-token", started=1.0))
        client = HubClient(home, Hello(name="test"))
        await client.send(UserMessage(text="a secret"))
        events = client.listen()
        first = await asyncio.wait_for(anext(events), 10)
        second = await asyncio.wait_for(anext(events), 10)
        await events.aclose()
    assert isinstance(first, Unlinked)
    assert isinstance(second, Unlinked)
    assert "not the hub" in first.reason
    assert "secret" not in json.dumps(heard)


async def test_an_impostor_that_asks_for_the_token_does_not_get_it(home):
    asked = []

    async def refuse(reader, writer):
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 401 Unauthorized\r\nX-Alisa-Proof: 00\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as impostor:
        port = impostor.sockets[0].getsockname()[1]
        write_run_file(home, RunFile(pid=os.getpid(), port=port, token="the-secret-token", started=1.0))
        events = HubClient(home, Hello(name="test")).listen()
        assert isinstance(await asyncio.wait_for(anext(events), 10), Unlinked)
        await events.aclose()
    assert len(asked) == 1
    assert b"secret" not in asked[0]


async def test_a_client_shows_its_token_to_a_hub_that_requires_one(start_hub, home):
    await start_hub(llm_engine="scripted", security_require_token="true")
    events = HubClient(home, Hello(name="test")).listen()
    assert isinstance(await asyncio.wait_for(anext(events), 10), Linked)
    await events.aclose()


@pytest.fixture
def other_user() -> int:
    """A user that is not us: tests of this kind need root, as CI has it."""
    assert os.geteuid() == 0, "run these tests as root: only root can become another user"
    return 65534


async def test_another_user_of_this_machine_needs_the_token(start_hub, other_user):
    hub = await start_hub(llm_engine="scripted")
    program = (
        "import os, socket, sys\n"
        f"os.setuid({other_user})\n"
        "line = socket.socket()\n"
        "line.connect(('127.0.0.1', int(sys.argv[1])))\n"
        "line.sendall(sys.stdin.buffer.read())\n"
        "while data := line.recv(65536): sys.stdout.buffer.write(data)\n"
    )

    async def ask(*lines: str) -> str:
        request = "\r\n".join([*lines, f"Host: {hub.host}", "Connection: close", "", ""]).encode()
        other = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, str(hub.port), cwd=ROOT, stdin=-1, stdout=-1
        )
        answer, _ = await other.communicate(request)
        return answer.decode()

    assert "401" in (await ask("GET /history/summary HTTP/1.1")).splitlines()[0]
    upgrade = [
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    assert "401" in (await ask("GET /ws/chat HTTP/1.1", *upgrade, "Connection: Upgrade")).splitlines()[0]
    health = await ask("GET / HTTP/1.1")
    assert health.endswith('{"status": "ok"}')
    token = f"Authorization: Bearer {hub.run.token}"
    assert "200" in (await ask("GET /history/summary HTTP/1.1", token)).splitlines()[0]

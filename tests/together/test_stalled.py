"""Clients that stop reading: nobody else notices, the hub stays small, and they never get a gap."""

import asyncio
import re
import socket
from pathlib import Path

from tests.backend.llm.fault_server import fault_server

ANSWERS = 105
TOKENS = [f"{number:05d}" + "x" * 895 for number in range(200)]
TEXT = "".join(TOKENS)
HANDSHAKE = (
    "GET /ws/chat HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def memory_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024


async def stalled_client(hub) -> socket.socket:
    """Connect, shake hands, and never read again."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(line, ("127.0.0.1", hub.port))
    await loop.sock_sendall(line, HANDSHAKE.format(host=hub.host).encode())
    assert b"101" in await loop.sock_recv(line, 64)
    return line


async def test_four_stalled_clients_harm_neither_four_healthy_ones_nor_the_hub(start_hub):
    async with fault_server("ok", tokens=TOKENS) as server:
        hub = await start_hub(llm_url=server.url, memory_max_turns="2")

        async def read(client) -> int:
            size = 0
            for _ in range(ANSWERS):
                text, _ = await client.answer()
                assert text == TEXT
                size += len(text)
            return size

        async with hub.plain() as one, hub.plain() as two, hub.plain() as three, hub.plain() as four:
            clients = (one, two, three, four)
            for _ in range(5):
                await one.say("warm up")
                for client in clients:
                    await client.answer()
            lines = [await stalled_client(hub) for _ in range(4)]
            assert (await hub.get("/"))[1]["clients"] == 8
            before = memory_bytes(hub.process.pid)
            readers = [asyncio.create_task(read(client)) for client in clients[1:]]
            highest = 0
            for _ in range(ANSWERS):
                await one.say("more")
                assert (await one.answer())[0] == TEXT
                highest = max(highest, memory_bytes(hub.process.pid))
            sizes = await asyncio.gather(*readers)
            assert (await hub.get("/"))[1]["clients"] == 4
            for line in lines:
                line.close()
    assert min(sizes) >= 18_900_000
    growth = (highest - before) / 4
    print(f"{growth / 1e6:.2f} MB for each stalled client")
    assert growth <= 2_000_000


async def test_a_client_that_wakes_up_again_has_missed_nothing(start_hub):
    async with fault_server("ok", tokens=TOKENS) as server:
        hub = await start_hub(llm_url=server.url)
        async with hub.plain() as healthy:
            line = await stalled_client(hub)
            loop = asyncio.get_running_loop()
            for _ in range(3):
                await healthy.say("go")
                await healthy.answer()
            data = b""
            async with asyncio.timeout(20):
                while data.count(b"[END]") < 3:
                    data += await loop.sock_recv(line, 1 << 20)
            line.close()
    assert re.findall(rb"\d{5}(?=x{895})", data) == [token[:5].encode() for token in TOKENS] * 3

import asyncio
import socket

from uvicorn import Config
from uvicorn.server import ServerState

from backend.connections.protocols import OpeningProtocol


async def test_a_small_frame_never_waits_for_the_one_before():
    """Whoever made the listening socket: without TCP_NODELAY, tokens would come in lumps of 40 ms."""
    made: list[OpeningProtocol] = []

    def make() -> OpeningProtocol:
        made.append(OpeningProtocol(Config(None, lifespan="off"), ServerState(), {}))
        return made[-1]

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    async with await asyncio.get_running_loop().create_server(make, sock=listener):
        _, writer = await asyncio.open_connection(*listener.getsockname())
        async with asyncio.timeout(5):
            while not (made and made[0].transport):
                await asyncio.sleep(0)
        line = made[0].transport.get_extra_info("socket")
        assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        made[0].transport.abort()
        writer.close()
        await writer.wait_closed()

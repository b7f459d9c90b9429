"""The hub most people would write first: FastAPI, and for each token a loop over the clients.

It reads the model server with Alisa's own reader and is served by the same uvicorn, so that only the way to
the clients differs. Run as `python -m benchmarks.naive_hub URL`; says its port on stdout.
"""

import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import uvicorn
from fastapi import FastAPI, WebSocket
from starlette.websockets import WebSocketDisconnect

from backend.llm.completion import Completion

clients: list[WebSocket] = []


async def ask(session: aiohttp.ClientSession, url: str, message: str) -> AsyncIterator[str]:
    """The tokens of one answer."""
    body = {"model": "bench", "stream": True, "messages": [{"role": "user", "content": message}]}
    completion = Completion("model server")
    async with session.post(f"{url}/chat/completions", json=body) as response:
        while not completion.is_done:
            piece = completion.feed(await response.content.readany())
            for text in piece.texts if piece else []:
                yield text


def make_app(url: str) -> FastAPI:
    """The hub."""
    sessions: list[aiohttp.ClientSession] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with aiohttp.ClientSession() as session:
            sessions.append(session)
            yield

    app = FastAPI(lifespan=lifespan)

    @app.websocket("/ws/chat")
    async def chat(websocket: WebSocket) -> None:
        await websocket.accept()
        clients.append(websocket)
        try:
            while True:
                said = await websocket.receive_text()
                if not said.startswith("{"):
                    continue
                async for token in ask(sessions[0], url, said):
                    for client in clients:
                        await client.send_text(token)
                for client in clients:
                    await client.send_text("[END]")
        except WebSocketDisconnect:
            pass
        finally:
            clients.remove(websocket)

    return app


def main() -> None:
    """Serve until the process is ended."""
    # Only of a socket that knows its protocol asyncio turns off the waiting for more to send (Nagle).
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(make_app(sys.argv[1]), log_level="critical")
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()

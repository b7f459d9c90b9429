"""The hub, with a part in it that asks for permission whenever a line of JSON on stdin tells it to.

Each line of stdout is what became of a question: its text and its verdict, or the code of an error.
"""

import asyncio
import json
import socket
import sys
from pathlib import Path

from backend.app import open_desk, serve
from backend.permissions.questions import Questions
from backend.shared import desktop, settings
from backend.shared.errors import AlisaError
from tests.hub_process import LIMIT_SECONDS, HubProcess


class AskingHub(HubProcess):
    """A hub that asks."""

    program = "tests.together.asking_hub"
    stdin = asyncio.subprocess.PIPE
    stdout = asyncio.subprocess.PIPE

    async def ask(self, text: str, seconds: float, detail: str = "") -> None:
        self.process.stdin.write(json.dumps([text, detail, seconds]).encode() + b"\n")
        await self.process.stdin.drain()

    async def verdict(self) -> tuple[str, str]:
        async with asyncio.timeout(LIMIT_SECONDS):
            text, verdict = json.loads(await self.process.stdout.readline())
        return text, verdict


async def ask_what_is_wanted(questions: Questions) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)

    async def ask(text: str, detail: str, seconds: float) -> None:
        try:
            verdict = await questions.ask(text, detail, seconds)
        except AlisaError as error:
            verdict = error.code
        print(json.dumps([text, verdict]), flush=True)

    try:
        async with asyncio.TaskGroup() as asking:
            while line := await reader.readline():
                asking.create_task(ask(*json.loads(line)))
    finally:
        transport.close()


async def run(home: Path, listener: socket.socket) -> None:
    chosen = settings.load(home)
    desktop.make_private_folder(home)
    async with open_desk(chosen, home) as desk:
        asking = asyncio.create_task(ask_what_is_wanted(desk.questions))
        await serve(desk, chosen, home, listener)
        asking.cancel()
        await asyncio.wait([asking])


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 0)) as found:
        asyncio.run(run(settings.home(), found))

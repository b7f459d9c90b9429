"""The chat and the real hub, which has a language model server that says what the test wants."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from text_chat_standin import run, terminal, until

from tests.hub_process import HubProcess


class ModelServer:
    """Speaks as much of the OpenAI protocol as the hub needs; says the words put into `words`."""

    def __init__(self) -> None:
        self.words: asyncio.Queue[str | None] = asyncio.Queue()
        self.asked = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def stop(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def say(self, *words: str, is_over: bool = True) -> None:
        for word in words:
            self.words.put_nowait(word)
        if is_over:
            self.words.put_nowait(None)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            if "/chat/completions" in head:
                self.asked += 1
                streaming = asyncio.create_task(self._stream(writer))
                self._tasks.add(streaming)
                # Like a real server: one who hangs up is not told any more.
                while not streaming.done() and await reader.read(65536):
                    pass
                streaming.cancel()
            else:
                found = "/v1/models" in head
                body = json.dumps({"data": [{"id": "double"}]} if found else {}).encode()
                status = "200 OK" if found else "404 Not Found"
                writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n".encode())
                writer.write(b"Content-Type: application/json\r\nConnection: close\r\n\r\n" + body)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _stream(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        while (word := await self.words.get()) is not None:
            chunk = {"choices": [{"index": 0, "delta": {"content": word}}]}
            writer.write(f"data: {json.dumps(chunk)}\n\n".encode())
        writer.write(b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')
        writer.close()


class Talk:
    """A hub as a process of its own, and the model server behind it."""

    def __init__(self, hub: HubProcess, model: ModelServer) -> None:
        self.hub = hub
        self.model = model


@pytest.fixture
async def talk(start_hub: Callable[..., Awaitable[HubProcess]]) -> AsyncIterator[Talk]:
    model = ModelServer()
    url = await model.start()
    try:
        yield Talk(await start_hub(llm_url=url, companion_idle="false"), model)
    finally:
        await model.stop()


async def test_a_message_is_answered_from_a_pipe(home: Path, talk: Talk) -> None:
    talk.model.say("[happy] Hel", "lo **you**", ".")
    code, out, err = await run(home, "--once", "hi", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {"reply": "Hello **you**.", "emotion": "happy", "ending": "complete"}


async def test_a_talk_is_shown_remembered_searched_and_cleared(home: Path, talk: Talk) -> None:
    async with terminal(home) as screen:
        await screen.shows("| connected |")
        await screen.type("do you like cherries\r")
        await screen.shows("thinking...")
        talk.model.say("[happy] Yes, I", is_over=False)
        await screen.shows("Alisa (happy): Yes, I")
        talk.model.say(" do.")
        await screen.shows("Yes, I do.")
        await screen.type("/mode study\r")
        await screen.shows("| study |")
        await screen.type("/mode nonsense\r")
        await screen.shows("no such mode")
        await screen.type("/quit\r")
        assert await screen.ended() == 0
        assert screen.text().count("cherries") == 1
    async with terminal(home) as screen:
        await screen.shows("Alisa (happy): Yes, I do.")
        await screen.type("/search cherries\r")
        await until(lambda: screen.text().count("You: do you like cherries") == 2, screen.text)
        await screen.type("/clear\ryes\r")
        await screen.shows("Every stored message has been deleted.")
        await screen.type("/history\r")
        await screen.shows("There are no such messages.")


async def test_escape_stops_her(home: Path, talk: Talk) -> None:
    async with terminal(home) as screen:
        await screen.shows("| connected |")
        await screen.type("go\r")
        talk.model.say("[neutral] One", is_over=False)
        await screen.shows("Alisa: One")
        await screen.type("\x1b")
        await screen.shows("Alisa: One (interrupted)")


async def test_a_new_message_interrupts_her(home: Path, talk: Talk) -> None:
    async with terminal(home) as screen:
        await screen.shows("| connected |")
        await screen.type("go\r")
        talk.model.say("[neutral] One", is_over=False)
        await screen.shows("Alisa: One")
        await screen.type("no, wait\r")
        await screen.shows("Alisa: One (interrupted)\n\nYou: no, wait")
        await until(lambda: talk.model.asked == 2, screen.text)


@pytest.mark.parametrize("words", [[], ["[neutral] One two"]])
async def test_a_hub_killed_in_the_middle_loses_and_doubles_nothing(
    home: Path, talk: Talk, words: list[str]
) -> None:
    async with terminal(home) as screen:
        await screen.shows("| connected |")
        await screen.type("go\r")
        await until(lambda: talk.model.asked == 1, screen.text)
        talk.model.say(*words, is_over=False)
        await screen.shows("One two" if words else "You: go")
        await talk.hub.kill()
        await screen.shows("Not connected.")
        await screen.type("are you there\r")
        await screen.shows("You: are you there (will be sent)")
        await screen.type("half a line")
        talk.model.words = asyncio.Queue()
        talk.model.say("[happy] Yes.")
        await talk.hub.start()
        await screen.shows("You: are you there\nAlisa (happy): Yes.")
        await screen.shows("> half a line")
        for once in ("You: go", "You: are you there", "Yes.", "(cut off)", *(["One two"] if words else [])):
            assert screen.text().count(once) == 1, screen.text()

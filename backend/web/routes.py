"""The hub over plain HTTP: health, history, and a chat for programs that speak nothing else."""

import asyncio
import json
import os
from collections.abc import AsyncGenerator, Callable, Sequence
from http import HTTPStatus

import msgspec
from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException

from backend.connections.codecs import Codec
from backend.connections.connection import Connections
from backend.connections.desk import Desk
from backend.shared import events
from backend.shared.errors import AlisaError
from backend.shared.wire import WireError, convert, parse_json


class ChatRequest(msgspec.Struct, frozen=True):
    """The body of `POST /chat`."""

    message: events.MessageText


class _TurnListener:
    """Hears the events of one turn; of every turn until it knows which."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[events.HubEvent] = asyncio.Queue()

    def offer(self, batch: Sequence[events.HubEvent], encoded: Callable[[Codec], bytes]) -> None:  # noqa: ARG002
        """See `fanout.Listener`."""
        for event in batch:
            if isinstance(event, events.Token | events.Emotion | events.TurnEnded | events.Error):
                self._events.put_nowait(event)

    async def listen(self, turn: str) -> AsyncGenerator[events.HubEvent, None]:
        """The events of the turn, to its end. The turn itself is limited in time and in size."""
        while True:
            event = await self._events.get()
            if getattr(event, "turn", turn) != turn:
                continue
            yield event
            if isinstance(event, events.TurnEnded):
                return


def _error(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status)


def _read_chat(body: bytes, content_type: str) -> str:
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise WireError("not-json", "Send the message as application/json.")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise WireError("bad-json", "The body is not UTF-8 text.") from error
    request: ChatRequest = convert(parse_json(text), ChatRequest)
    return request.message


def _sse(name: str, content: dict[str, str]) -> str:
    return f"event: {name}\ndata: {json.dumps(content, ensure_ascii=False)}\n\n"


class _Chat:
    """One request of `POST /chat`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._listener = _TurnListener()

    async def start(self, message: str) -> AsyncGenerator[events.HubEvent, None]:
        self._desk.fanout.add(self._listener)
        try:
            said = await self._desk.conversation.say(message, source="http")
        except BaseException:
            self.end()
            raise
        return self._listener.listen(said.turn)

    def end(self) -> None:
        self._desk.fanout.remove(self._listener)

    async def reply(self, answer: AsyncGenerator[events.HubEvent, None]) -> Response:
        texts: list[str] = []
        failure: events.Error | None = None
        end: events.TurnEnded | None = None
        try:
            async for event in answer:
                match event:
                    case events.Token(text=text):
                        texts.append(text)
                    case events.Error():
                        failure = event
                    case events.TurnEnded():
                        end = event
        finally:
            self.end()
        if end is None:
            return _error(500, "internal", "Something went wrong inside Alisa.")
        if end.ending == "failed" and failure is not None:
            return _error(HTTPStatus.BAD_GATEWAY, failure.code, failure.message)
        return JSONResponse({"reply": "".join(texts), "emotion": end.emotion, "ending": end.ending})

    async def stream(self, answer: AsyncGenerator[events.HubEvent, None]) -> AsyncGenerator[str, None]:
        texts: list[str] = []
        try:
            async for event in answer:
                match event:
                    case events.Token(text=text):
                        texts.append(text)
                        yield _sse("token", {"text": text})
                    case events.Emotion(name=name):
                        yield _sse("emotion", {"emotion": name})
                    case events.Error(code=code, message=message):
                        yield _sse("error", {"code": code, "message": message})
                    case events.TurnEnded(emotion=emotion, ending=ending):
                        reply = {"reply": "".join(texts), "emotion": emotion, "ending": ending}
                        yield _sse("reply", reply)
        finally:
            self.end()


def make_app(desk: Desk, connections: Connections, version: str) -> FastAPI:
    """The routes; without the gate."""
    app = FastAPI(title="Alisa", docs_url=None, redoc_url=None, openapi_url=None)

    @app.exception_handler(HTTPException)
    async def refuse(request: Request, error: HTTPException) -> JSONResponse:  # noqa: ARG001
        phrase = HTTPStatus(error.status_code).phrase
        return _error(error.status_code, phrase.lower().replace(" ", "-"), f"{phrase}.")

    @app.exception_handler(AlisaError)
    async def explain(request: Request, error: AlisaError) -> JSONResponse:  # noqa: ARG001
        return _error(400, error.code, error.message)

    @app.exception_handler(Exception)
    async def apologise(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001
        return _error(500, "internal", "Something went wrong inside Alisa.")

    @app.get("/")
    async def health() -> JSONResponse:
        conversation = desk.conversation
        return JSONResponse(
            {
                "status": "ok",
                "version": version,
                "pid": os.getpid(),
                "engine": conversation.engine,
                "mode": conversation.mode,
                "clients": desk.fanout.clients,
                "saving": desk.memory.is_saving,
            }
        )

    @app.get("/history/summary")
    async def summarise() -> Response:
        return Response(msgspec.json.encode(await desk.memory.summary()), media_type="application/json")

    @app.post("/history/clear")
    async def clear() -> JSONResponse:
        await desk.conversation.clear()
        return JSONResponse({"status": "cleared"})

    @app.post("/chat")
    async def chat(request: Request) -> Response:
        message = _read_chat(await request.body(), request.headers.get("content-type", ""))
        talk = _Chat(desk)
        answer = await talk.start(message)
        if "text/event-stream" in request.headers.get("accept", ""):
            return StreamingResponse(talk.stream(answer), media_type="text/event-stream")
        return await talk.reply(answer)

    @app.websocket("/ws/chat")
    async def connect(websocket: WebSocket) -> None:
        await connections.serve(websocket)

    return app

"""Finds the model servers that run on this machine."""

import asyncio

import aiohttp
import msgspec

from backend.llm.model_list import Kind, choose_model, read_models
from backend.shared.settings import Llm

SEARCH_SECONDS = 0.4
MAX_ANSWER_BYTES = 1024 * 1024


class Ports(msgspec.Struct, frozen=True):
    """Where they listen unless told otherwise. 0: not looked for."""

    llama_cpp: int = 8080
    ollama: int = 11434
    lm_studio: int = 1234


class Found(msgspec.Struct, frozen=True):
    """A server that could answer now, or after loading."""

    name: str
    """For people: "Ollama at 127.0.0.1:11434"."""
    base_url: str
    model: str
    """Empty: to be asked for, since it is still loading."""
    kind: Kind = "other"


class _OllamaModel(msgspec.Struct):
    name: str = ""
    model: str = ""


class _OllamaModels(msgspec.Struct):
    models: list[_OllamaModel]


class _LoadingError(msgspec.Struct):
    message: str = ""


class _Loading(msgspec.Struct):
    error: _LoadingError


USUAL_PORTS = Ports()


async def find_servers(llm: Llm, ports: Ports = USUAL_PORTS) -> list[Found]:
    """Look at the known ports of this machine, all at once; takes half a second at most.

    Whatever answers with something else is no model server. No key is sent to any of them. The model is
    `llm.model` at a server that has it, else the first one for chat.

    Returns:
        The servers in the order of preference.
    """
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(force_close=True),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
    ) as session:
        found = await asyncio.gather(
            _find_openai(session, ports.llama_cpp, "Model server", llm.model),
            _find_ollama(session, ports.ollama, llm.model),
            _find_openai(session, ports.lm_studio, "LM Studio", llm.model),
        )
    return [server for server in found if server is not None]


async def _find_openai(session: aiohttp.ClientSession, port: int, usual: str, wanted: str) -> Found | None:
    status, body = await _get(session, port, "/v1/models")
    address = f"127.0.0.1:{port}"
    if status == 503 and _is_loading(body):
        return Found(f"llama.cpp at {address}", f"http://{address}/v1", "", "llama.cpp")
    if status != 200:
        return None
    offer = read_models(body, wanted)
    if offer is None or not offer.model:
        return None
    name = offer.kind if offer.kind == "llama.cpp" else usual
    return Found(f"{name} at {address}", f"http://{address}/v1", offer.model, offer.kind)


async def _find_ollama(session: aiohttp.ClientSession, port: int, wanted: str) -> Found | None:
    status, body = await _get(session, port, "/api/tags")
    if status != 200:
        return None
    try:
        models = msgspec.json.decode(body, type=_OllamaModels).models
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    model = choose_model([model.name or model.model for model in models], wanted)
    address = f"127.0.0.1:{port}"
    return Found(f"Ollama at {address}", f"http://{address}/v1", model, "ollama") if model else None


def _is_loading(body: bytes) -> bool:
    try:
        return "loading" in msgspec.json.decode(body, type=_Loading).error.message.lower()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


async def _get(session: aiohttp.ClientSession, port: int, path: str) -> tuple[int, bytes]:
    """Status and body; status 0 where nothing of use came in time."""
    if not port:
        return 0, b""
    try:
        async with (
            asyncio.timeout(SEARCH_SECONDS),
            session.get(f"http://127.0.0.1:{port}{path}", allow_redirects=False) as response,
        ):
            body = bytearray()
            while data := await response.content.readany():
                body += data
                if len(body) > MAX_ANSWER_BYTES:
                    return 0, b""
            return response.status, bytes(body)
    except (aiohttp.ClientError, TimeoutError):
        return 0, b""

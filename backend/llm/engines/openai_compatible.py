"""llama.cpp, Ollama, LM Studio and anything else that speaks /v1/chat/completions."""

import asyncio
import contextlib
import ipaddress
import logging
from collections.abc import AsyncGenerator
from typing import Any, get_args
from urllib.parse import urlsplit

import aiohttp
import msgspec

from backend.llm import server_errors
from backend.llm.completion import Completion
from backend.llm.engine import EngineError, EngineParts, Piece, Progress, Prompt
from backend.llm.model_list import OLLAMA_CONTEXT_TOKENS, Kind, read_models
from backend.shared.records import EmotionName
from backend.shared.settings import Llm

log = logging.getLogger(__name__)

CHECK_SECONDS = 1.4
LOADING_POLL_SECONDS = 0.5
FAREWELL_SECONDS = 2.0
"""How long to wait for the usage and the end of the stream once the model has finished."""
MAX_ERROR_BYTES = 64 * 1024
MAX_MODELS_BYTES = 4 * 1024 * 1024

_TAG_FIRST = 'root ::= "[" ({names}) "] " [^\\x00]*'


def tag_first_grammar() -> str:
    """GBNF (llama.cpp's grammar format): one emotion tag first, then anything."""
    return _TAG_FIRST.format(names=" | ".join(f'"{name}"' for name in get_args(EmotionName)))


def base_of(url: str) -> str:
    """The base of the API in the ways people write it: with or without /v1, or the whole address.

    Raises:
        EngineError: "llm-refused": not an address that could be used.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise EngineError("llm-refused", "llm.url is not a web address. " + _EXAMPLE) from error
    if parts.scheme not in {"http", "https"} or not host or port == 0:
        raise EngineError("llm-refused", "llm.url is not a web address. " + _EXAMPLE)
    if parts.username or parts.password:
        raise EngineError("llm-refused", "llm.url holds a password. Put the key into llm.api_key instead.")
    if _is_link_local(host):
        raise EngineError("llm-refused", "llm.url is an address where no model server can be. " + _EXAMPLE)
    path = parts.path.rstrip("/").removesuffix("/chat/completions")
    return f"{parts.scheme}://{parts.netloc}{path or '/v1'}"


_EXAMPLE = "It looks like http://127.0.0.1:8080/v1."


def _is_link_local(host: str) -> bool:
    """Link-local addresses hold the metadata services of clouds, never a model."""
    try:
        return ipaddress.ip_address(host).is_link_local
    except ValueError:
        return False


class Engine:
    """A server that speaks the OpenAI API.

    Every request has a connection of its own: some servers close kept ones without saying so, and closing
    it is how a server learns that nobody listens any more.

    Args:
        name: For people: "llama.cpp at 127.0.0.1:8080".
        base_url: With or without /v1.
        model: Empty: the first that the server offers.
        api_key: Sent to this server only. Empty: none.
        llm: The limits.
        kind: Empty: found out by asking.
        has_grammar: llama.cpp only: force an emotion tag at the beginning of the answer.

    Attributes:
        context_tokens: How much the model takes, where the server has said so.
    """

    def __init__(  # noqa: PLR0913  # a server has that many sides
        self,
        name: str,
        base_url: str,
        model: str,
        api_key: str,
        llm: Llm,
        *,
        kind: Kind = "",
        has_grammar: bool = True,
    ) -> None:
        if not (api_key.isascii() and api_key.isprintable()):
            raise EngineError("llm-refused", "llm.api_key holds characters that no key has.")
        self.name = name
        self._base = base_of(base_url)
        self._configured_model = model
        self._model = model
        self._key = api_key
        self._llm = llm
        self._configured_kind: Kind = kind
        self._kind: Kind = kind
        self._has_grammar = has_grammar
        self._takes_extras = True
        self.context_tokens: int | None = OLLAMA_CONTEXT_TOKENS if kind == "ollama" else None
        self._is_known = bool(kind and model)
        self._session: aiohttp.ClientSession | None = None

    async def check(self) -> bool:
        """True when it could answer now, or after loading. Returns within 1.5 s and never raises."""
        try:
            await self._learn()
        except EngineError as error:
            return error.code == "llm-loading"
        return True

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """The answer, as it comes. Closing the generator or cancelling its task frees the server.

        Raises:
            EngineError: at any point; after the first text it means that the answer broke off.
        """
        clock = asyncio.get_running_loop().time
        give_up = clock() + self._llm.total_seconds
        while True:
            asked = clock()
            try:
                response = await self._ask(prompt)
                break
            except EngineError as error:
                self._is_known = self._is_known and error.code != "llm-refused"
                self.context_tokens = error.context_tokens or self.context_tokens
                if error.code != "llm-loading" or clock() + LOADING_POLL_SECONDS > give_up:
                    raise
            yield Piece(progress=Progress("loading"))
            await asyncio.sleep(LOADING_POLL_SECONDS)
        try:
            async with contextlib.aclosing(self._read_answer(response, clock() - asked)) as pieces:
                async for piece in pieces:
                    yield piece
        finally:
            response.close()

    async def warm(self, prompt: Prompt) -> None:
        """Let llama.cpp read the prompt ahead of the question; other servers would write an answer."""
        try:
            if not self._is_known:
                await self._learn()
            if self._kind != "llama.cpp" or not self._takes_extras:
                return
            body = self._body(prompt) | {"stream": False, "max_tokens": 0, "cache_prompt": True}
            response = await self._post(body)
            try:
                await _read_body(response, MAX_ERROR_BYTES, self._llm.first_token_seconds)
            finally:
                response.close()
        except EngineError as error:
            log.debug("%s was not warmed: %s", self.name, error.code)

    async def close(self) -> None:
        """Close what is open."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _learn(self) -> None:
        """Ask the server what it is and which models it has."""
        clock = asyncio.get_running_loop().time
        end = clock() + CHECK_SECONDS
        try:
            async with asyncio.timeout_at(end):
                response = await self._request("GET", "/models")
        except TimeoutError as error:
            raise EngineError("llm-timeout", f"{self.name} does not answer.") from error
        try:
            body = await _read_body(response, MAX_MODELS_BYTES, end - clock())
        finally:
            response.close()
        if response.status == 200:
            self._take_models(body)
        elif response.status not in _NO_MODEL_LIST:
            said = server_errors.parse(body[:MAX_ERROR_BYTES])
            raise server_errors.explain(said, response.status, self.name, self._key)
        self._is_known = True

    def _take_models(self, body: bytes) -> None:
        if body.lstrip().startswith(b"<"):
            message = f"{self.name} answers with a web page. Check llm.url in alisa.toml."
            raise EngineError("llm-bad-reply", message)
        offer = read_models(body, self._configured_model)
        if offer is None:
            return
        self._model = self._configured_model or offer.model
        if not self._model:
            raise EngineError("llm-refused", f"{self.name} has no model to chat with. Load one there.")
        self._kind = self._configured_kind or offer.kind
        self.context_tokens = offer.context_tokens or self.context_tokens

    def _body(self, prompt: Prompt) -> dict[str, Any]:
        return {
            "model": self._model or "default",
            "messages": prompt.messages,
            "stream": True,
            "max_tokens": prompt.reply_tokens,
            "temperature": prompt.temperature,
        }

    def _extras(self) -> dict[str, Any]:
        """What not every server understands."""
        extras: dict[str, Any] = {"stream_options": {"include_usage": True}}
        if self._kind == "llama.cpp":
            extras["cache_prompt"] = True
            extras["return_progress"] = True
            extras["chat_template_kwargs"] = {"enable_thinking": False}
            if self._has_grammar:
                extras["grammar"] = tag_first_grammar()
        if self._kind == "ollama":
            extras["reasoning_effort"] = "none"
        return extras

    async def _ask(self, prompt: Prompt) -> aiohttp.ClientResponse:
        """Send the request; give the answer once it has begun."""
        try:
            if not self._is_known:
                await self._learn()
        except EngineError as problem:
            if not (isinstance(problem, _DroppedError) or problem.code == "llm-error"):
                raise
            log.info("%s has no list of models: %s", self.name, problem.code)
        body = self._body(prompt)
        response = await self._post(body | self._extras() if self._takes_extras else body)
        if response.status == 200:
            return response
        error = await _read_error(response)
        if self._takes_extras and response.status in {400, 422} and not error.is_too_long:
            response = await self._post(body)
            if response.status == 200:
                self._takes_extras = False
                return response
            error = await _read_error(response)
        raise server_errors.explain(error, response.status, self.name, self._key)

    async def _post(self, body: dict[str, Any]) -> aiohttp.ClientResponse:
        """One more try where the connection was dropped before the answer began."""
        data = msgspec.json.encode(body)
        try:
            async with asyncio.timeout(self._llm.first_token_seconds):
                try:
                    return await self._request("POST", "/chat/completions", data)
                except _DroppedError:
                    return await self._request("POST", "/chat/completions", data)
        except TimeoutError as error:
            raise self._timeout(self._llm.first_token_seconds) from error

    async def _request(self, method: str, path: str, data: bytes | None = None) -> aiohttp.ClientResponse:
        try:
            return await self._connected().request(
                method, self._base + path, data=data, allow_redirects=False, headers=self._headers()
            )
        except aiohttp.ConnectionTimeoutError as error:
            message = f"{self.name} cannot be reached. Check that it runs."
            raise EngineError("llm-unreachable", message) from error
        except aiohttp.ClientConnectorError as error:
            message = f"{self.name} cannot be reached. Check that it runs."
            raise EngineError("llm-unreachable", message) from error
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
            message = f"{self.name} closes the connection without an answer."
            raise _DroppedError("llm-unreachable", message) from error
        except aiohttp.ClientError as error:
            message = f"{self.name} answers with something that is not HTTP. Check llm.url in alisa.toml."
            raise EngineError("llm-bad-reply", message) from error

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        return headers | {"Authorization": f"Bearer {self._key}"} if self._key else headers

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            limit = self._llm.connect_seconds
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(force_close=True),
                timeout=aiohttp.ClientTimeout(total=None, connect=limit, sock_connect=limit),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
        return self._session

    async def _read_answer(
        self, response: aiohttp.ClientResponse, silent_seconds: float
    ) -> AsyncGenerator[Piece, None]:
        """The answer, one piece for each read that brought something, within the limits on silence."""
        clock = asyncio.get_running_loop().time
        end = clock() + self._llm.total_seconds
        completion = Completion(self.name, self._key)
        while not completion.is_done:
            began, marks = clock(), completion.marks
            limit = self._silence_limit(completion)
            try:
                async with asyncio.timeout_at(min(end, began + limit - silent_seconds)):
                    data = await response.content.readany()
            except TimeoutError as error:
                if completion.is_finished:
                    data = b""
                else:
                    raise self._timeout(limit if clock() < end else self._llm.total_seconds) from error
            except aiohttp.ClientError:
                data = b""  # judged like any other end
            piece = completion.feed(data) if data else completion.close()
            silent_seconds = silent_seconds + clock() - began if completion.marks == marks else 0.0
            if piece is not None:
                yield piece
            if completion.failure is not None:
                raise completion.failure

    def _silence_limit(self, completion: Completion) -> float:
        if completion.is_finished:
            return min(FAREWELL_SECONDS, self._llm.idle_seconds)
        return self._llm.idle_seconds if completion.has_begun else self._llm.first_token_seconds

    def _timeout(self, seconds: float) -> EngineError:
        return EngineError("llm-timeout", f"{self.name} said nothing useful within {seconds:g} seconds.")


class _DroppedError(EngineError):
    """The connection broke before the first byte of an answer."""


_NO_MODEL_LIST = frozenset({400, 404, 405, 406, 501})
"""What servers answer that have no list of models; they may chat all the same."""


async def _read_body(response: aiohttp.ClientResponse, limit: int, seconds: float) -> bytes:
    """At most `limit` bytes, and what has come after `seconds`."""
    body = bytearray()
    with contextlib.suppress(aiohttp.ClientError, TimeoutError):
        async with asyncio.timeout(seconds):
            while len(body) < limit:
                data = await response.content.readany()
                if not data:
                    break
                body += data
    return bytes(body[:limit])


async def _read_error(response: aiohttp.ClientResponse) -> server_errors.ServerError:
    try:
        return server_errors.parse(await _read_body(response, MAX_ERROR_BYTES, CHECK_SECONDS))
    finally:
        response.close()


def configured(llm: Llm) -> Engine:
    """The server at `llm.url`.

    Raises:
        EngineError: the address or the key cannot be used.
    """
    name = f"Model server at {urlsplit(base_of(llm.url)).netloc}"
    return Engine(name, llm.url, llm.model, llm.api_key, llm)


def make(parts: EngineParts) -> Engine:
    """The server at `llm.url`."""
    return configured(parts.llm)

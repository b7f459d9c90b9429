"""Who may come in: one guard before every route, for HTTP and WebSocket alike (ARCHITECTURE.md, 3.6)."""

import asyncio
import hmac
import ipaddress
import json
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any, NamedTuple

from backend.shared import desktop
from backend.shared.client import NONCE_HEADER, PROOF_HEADER
from backend.shared.runfile import sign

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
SameUser = Callable[[tuple[str, int], tuple[str, int]], bool | None]

MAX_BODY_BYTES = 1024 * 1024
MAX_HEADER_BYTES = 16 * 1024
BODY_SECONDS = 10.0
_MAX_NONCE = 200

_SECURITY_HEADERS = [
    (b"content-security-policy", b"default-src 'self'; img-src 'self' data: blob:; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
]


class Refusal(NamedTuple):
    """Why somebody may not come in."""

    status: int
    code: str
    message: str


def is_loopback(host: str) -> bool:
    """Whether an address can only be reached from this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _headers(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]


class Gate:
    """The outermost ASGI application. Lets in what passes every check, answers the rest itself."""

    def __init__(
        self,
        app: App,
        *,
        token: str,
        require_token: bool,
        same_user: SameUser = desktop.peer_is_same_user,
    ) -> None:
        self._app = app
        self._token = token
        self._require_token = require_token
        self._same_user = same_user

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        refusal = self._check_origin(scope) or await self._check_identity(scope)
        if refusal is None:
            await self._let_in(scope, receive, send)
        elif refusal.status == HTTPStatus.UNAUTHORIZED and self._is_health(scope):
            # Anybody may ask whether the hub is well, so this is nothing to note.
            await self._answer(scope, send, 200, {"status": "ok"})
        else:
            log.warning("Refused a connection: %s.", refusal.code)
            error = {"code": refusal.code, "message": refusal.message}
            await self._answer(scope, send, refusal.status, {"error": error})

    def _check_origin(self, scope: Scope) -> Refusal | None:
        if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADER_BYTES:
            return Refusal(431, "headers-too-long", "The headers of this request are too long.")
        hosts, origins = _headers(scope, b"host"), _headers(scope, b"origin")
        if len(hosts) != 1 or len(origins) > 1:
            return Refusal(400, "bad-headers", "Exactly one Host and at most one Origin header are allowed.")
        address, port = scope["server"]
        names = {_in_url(address)} | ({"localhost"} if is_loopback(address) else set())
        allowed = {f"{name}:{port}" for name in names}
        if hosts[0].lower() not in allowed:
            return Refusal(421, "wrong-host", f"Use http://{_in_url(address)}:{port} to reach Alisa.")
        if origins and origins[0].lower() not in {f"http://{host}" for host in allowed}:
            return Refusal(403, "wrong-origin", "Pages of other sites may not talk to Alisa.")
        sites = _headers(scope, b"sec-fetch-site")
        if any(site.lower() in {"cross-site", "same-site"} for site in sites):
            return Refusal(403, "cross-site", "Pages of other sites may not talk to Alisa.")
        return None

    async def _check_identity(self, scope: Scope) -> Refusal | None:
        shown = _headers(scope, b"authorization")
        if shown:
            expected = f"Bearer {self._token}"
            if len(shown) == 1 and hmac.compare_digest(shown[0].encode(), expected.encode()):
                return None
            return Refusal(401, "wrong-token", "This token is not valid; the right one is in run/hub.json.")
        message = "Show the token from run/hub.json as 'Authorization: Bearer TOKEN'."
        peer, own = scope.get("client"), scope["server"]
        if self._require_token or not peer or not is_loopback(peer[0]) or not is_loopback(own[0]):
            return Refusal(401, "token-required", message)
        if await asyncio.to_thread(self._same_user, tuple(peer), tuple(own)) is True:
            return None
        return Refusal(401, "token-required", message)

    @staticmethod
    def _is_health(scope: Scope) -> bool:
        return scope["type"] == "http" and scope["path"] == "/" and scope["method"] in {"GET", "HEAD"}

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_SECURITY_HEADERS]
            await send(message)

        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _read_body(scope, receive)
        except TimeoutError:
            error = {"code": "too-slow", "message": "The body of the request did not arrive in time."}
            await self._answer(scope, send, 408, {"error": error})
            return
        if body is None:
            error = {"code": "too-large", "message": f"A body may have {MAX_BODY_BYTES} bytes."}
            await self._answer(scope, send, 413, {"error": error})
            return
        await self._app(scope, _replay(body, receive), send_guarded)

    async def _answer(self, scope: Scope, send: Send, status: int, content: dict[str, Any]) -> None:
        kind = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
        body = json.dumps(content).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            *_SECURITY_HEADERS,
        ]
        nonces = _headers(scope, NONCE_HEADER.lower().encode())
        is_stranger = status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.OK}
        if is_stranger and len(nonces) == 1 and len(nonces[0]) <= _MAX_NONCE:
            # So that our own clients and launcher show the token to nobody but the hub.
            headers.append((PROOF_HEADER.lower().encode(), sign(self._token, nonces[0]).encode()))
        if scope["type"] == "http":
            headers.append((b"connection", b"close"))
        await send({"type": f"{kind}.start", "status": status, "headers": headers})
        await send({"type": f"{kind}.body", "body": body if scope.get("method") != "HEAD" else b""})


async def _read_body(scope: Scope, receive: Receive) -> bytes | None:
    """The whole body; None when it is larger than allowed."""
    lengths = _headers(scope, b"content-length")
    if lengths and lengths[0].isdigit() and int(lengths[0][:20]) > MAX_BODY_BYTES:
        return None
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Hand the body that was read to the application, then whatever comes after it."""
    is_given = False

    async def replayed() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed

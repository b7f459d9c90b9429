"""Who may come in: every check of the gate, without a network."""

import json

import pytest

from backend.connections.gate import MAX_BODY_BYTES, Gate
from backend.shared.client import NONCE_HEADER, PROOF_HEADER
from backend.shared.runfile import is_signed

HOST = "127.0.0.1:8000"
TOKEN = "the-right-token"


class Inside:
    """What the gate guards: notes that it was reached, and what it was given."""

    def __init__(self):
        self.body = None

    async def __call__(self, scope, receive, send):
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            return
        self.body = (await receive()).get("body")
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def knock(
    headers=(), *, kind="http", path="/inside", same_user=True, method="POST", body=(b"",), **options
):
    """Send one request through the gate; its status (101: let in), headers and body."""
    options = {
        "token": TOKEN,
        "require_token": False,
        "client": ("127.0.0.1", 5),
        "server": ("127.0.0.1", 8000),
    } | options
    scope = {
        "type": kind,
        "method": method,
        "path": path,
        "client": options.pop("client"),
        "server": options.pop("server"),
        "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in headers],
    }
    if kind == "websocket":
        del scope["method"]
    chunks = list(body)
    sent = []

    async def receive():
        return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

    async def send(message):
        sent.append(message)

    inside = Inside()
    await Gate(inside, same_user=lambda peer, own: same_user, **options)(scope, receive, send)
    if sent[0]["type"] == "websocket.accept":
        return 101, {}, b""
    headers = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
    return sent[0]["status"], headers, inside.body if sent[0]["status"] == 204 else sent[1]["body"]


@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_a_program_of_the_same_user_comes_in(kind):
    status, _, _ = await knock([("Host", HOST)], kind=kind)
    assert status in {204, 101}


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8000", "http://localhost:8000"])
async def test_our_own_pages_come_in(origin):
    assert (await knock([("Host", HOST), ("Origin", origin), ("Sec-Fetch-Site", "same-origin")]))[0] == 204
    assert (await knock([("Host", "localhost:8000"), ("Origin", origin), ("Sec-Fetch-Site", "none")]))[
        0
    ] == 204


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "127.0.0.1",
        "127.0.0.1:80",
        "127.0.0.1:80000",
        "localhost",
        "0.0.0.0:8000",
        "127.0.0.1.evil.example:8000",
        "localhost:8000.evil.example",
        "127.1:8000",
        "2130706433:8000",
        "[::1]:8000",
        "",
        " ",
        "127.0.0.1:8000@evil.example",
        "127.0.0.2:8000",
        "localhost.:8000",
        "127.0.0.1:08000",
    ],
)
async def test_another_host_is_refused(kind, host):
    status, _, body = await knock([("Host", host), ("Authorization", f"Bearer {TOKEN}")], kind=kind)
    assert status == 421
    assert json.loads(body)["error"]["code"] == "wrong-host"


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "",
        "https://127.0.0.1:8000",
        "http://127.0.0.1",
        "http://127.0.0.1:8001",
        "http://localhost",
        "http://localhost:3000",
        "http://127.0.0.1:8000.evil.example",
        "file://",
        "ws://127.0.0.1:8000",
        "http://127.0.0.1:8000/",
        "http://127.0.0.1:80000",
        "chrome-extension://abc",
        "http://evil.example#127.0.0.1:8000",
    ],
)
async def test_another_origin_is_refused(kind, origin):
    headers = [("Host", HOST), ("Origin", origin), ("Authorization", f"Bearer {TOKEN}")]
    assert (await knock(headers, kind=kind))[0] == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "Cross-Site"])
async def test_a_request_from_another_site_is_refused(site):
    assert (await knock([("Host", HOST), ("Sec-Fetch-Site", site)]))[0] == 403


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Host", HOST), ("Host", HOST)],
        [("Host", HOST), ("Origin", "http://" + HOST), ("Origin", "null")],
    ],
)
async def test_missing_and_doubled_headers_are_refused(headers):
    assert (await knock(headers))[0] == 400


@pytest.mark.parametrize("same_user", [False, None])
@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_another_user_and_an_unknown_one_need_the_token(kind, same_user):
    assert (await knock([("Host", HOST)], kind=kind, same_user=same_user))[0] == 401
    headers = [("Host", HOST), ("Authorization", f"Bearer {TOKEN}")]
    assert (await knock(headers, kind=kind, same_user=same_user))[0] in {204, 101}


@pytest.mark.parametrize(
    "shown", ["Bearer wrong", f"bearer {TOKEN}", TOKEN, f"Bearer {TOKEN} ", "Bearer ", "Bearer ä"]
)
async def test_a_wrong_token_is_refused_even_for_the_same_user(shown):
    assert (await knock([("Host", HOST), ("Authorization", shown)]))[0] == 401


async def test_two_tokens_are_refused():
    right = ("Authorization", f"Bearer {TOKEN}")
    assert (await knock([("Host", HOST), right, right]))[0] == 401


async def test_with_require_token_the_same_user_needs_it_too():
    assert (await knock([("Host", HOST)], require_token=True))[0] == 401
    assert (await knock([("Host", HOST), ("Authorization", f"Bearer {TOKEN}")], require_token=True))[0] == 204


async def test_another_machine_always_needs_the_token():
    address = {"client": ("192.168.1.7", 5), "server": ("192.168.1.5", 8000)}
    assert (await knock([("Host", "192.168.1.5:8000")], **address))[0] == 401
    headers = [("Host", "192.168.1.5:8000"), ("Authorization", f"Bearer {TOKEN}")]
    assert (await knock(headers, **address))[0] == 204
    assert (await knock([("Host", "localhost:8000"), headers[1]], **address))[0] == 421


async def test_a_stranger_is_told_that_the_hub_is_well_and_no_more():
    status, _, body = await knock([("Host", HOST)], path="/", method="GET", same_user=False)
    assert (status, json.loads(body)) == (200, {"status": "ok"})
    assert (await knock([("Host", "evil.example")], path="/", method="GET", same_user=False))[0] == 421
    assert (await knock([("Host", HOST)], path="/", method="POST", same_user=False))[0] == 401
    assert (await knock([("Host", HOST)], path="/history/summary", method="GET", same_user=False))[0] == 401


async def test_a_refusal_proves_that_the_hub_knows_the_token():
    headers = [("Host", HOST), (NONCE_HEADER, "nonce")]
    _, answer, _ = await knock(headers, require_token=True)
    assert is_signed(TOKEN, "nonce", answer[PROOF_HEADER.lower()])
    _, answer, _ = await knock(headers, path="/", method="GET", same_user=False)
    assert is_signed(TOKEN, "nonce", answer[PROOF_HEADER.lower()])
    _, answer, _ = await knock(headers)
    assert PROOF_HEADER.lower() not in answer


async def test_a_body_is_handed_on_whole():
    status, headers, body = await knock([("Host", HOST)], body=(b"a", b"b", b"c"))
    assert (status, body) == (204, b"abc")
    assert headers["x-content-type-options"] == "nosniff"


async def test_a_body_that_is_too_large_is_refused():
    half = b"x" * (MAX_BODY_BYTES // 2)
    assert (await knock([("Host", HOST)], body=(half, half)))[0] == 204
    assert (await knock([("Host", HOST)], body=(half, half, b"x")))[0] == 413
    length = ("Content-Length", str(MAX_BODY_BYTES + 1))
    assert (await knock([("Host", HOST), length], body=(b"",)))[0] == 413

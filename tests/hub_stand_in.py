"""A local server with the ways of Hugging Face, and with its bad days."""

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

Mode = Literal[
    "ok", "drop", "wrong", "missing", "slow", "gated", "error", "no-checksum", "ignore-range", "endless"
]

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class StandIn:
    """Serves one file of one repository.

    It is announced at /{repo}/resolve/{revision}/{file} and redirected to /cdn/..., as the real one does.

    Attributes:
        mode: How it behaves; may be changed at any time.
        drop_after: With mode "drop" or "slow": bytes of a response before the line is cut or slowed down.
        requests: Method, path and Range of each request.
        bytes_sent: Of file content, over all responses.
    """

    def __init__(self, repo: str, file: str, content: bytes) -> None:
        self.repo, self.file, self.content = repo, file, content
        self.mode: Mode = "ok"
        self.drop_after = len(content) // 2
        self.announced_size = len(content)
        self.requests: list[tuple[str, str, str]] = []
        self.bytes_sent = 0
        self.authorizations: list[str] = []
        self.url = ""

    @property
    def downloads(self) -> list[str]:
        """The Range of each request for content."""
        return [
            wanted for method, path, wanted in self.requests if method == "GET" and path.startswith("/cdn/")
        ]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stand_in: StandIn

    def log_message(self, *args: object) -> None:
        """Keep quiet."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        hub = self.stand_in
        hub.requests.append((self.command, self.path, self.headers.get("Range", "")))
        if "Authorization" in self.headers:
            hub.authorizations.append(self.headers["Authorization"])
        if hub.mode == "error":
            self._reply(500, {})
        elif hub.mode == "gated":
            self._reply(401, {"X-Error-Code": "GatedRepo"})
        elif self.path == f"/cdn/{hub.file}":
            self._send_content()
        elif hub.mode == "missing" or self.path not in {
            f"/{hub.repo}/resolve/{revision}/{hub.file}" for revision in ("main", COMMIT)
        }:
            self._reply(404, {"X-Error-Code": "EntryNotFound"})
        else:
            self._announce()

    def _announce(self) -> None:
        hub = self.stand_in
        headers = {"X-Repo-Commit": COMMIT, "Location": f"/cdn/{hub.file}", "ETag": '"not-the-checksum"'}
        if hub.mode != "no-checksum":
            headers["X-Linked-Size"] = str(hub.announced_size)
            headers["X-Linked-Etag"] = f'"{hashlib.sha256(hub.content).hexdigest()}"'
        self._reply(302, headers)

    def _reply(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send_content(self) -> None:
        hub = self.stand_in
        content = bytes(len(hub.content)) if hub.mode == "wrong" else hub.content
        wanted = "" if hub.mode == "ignore-range" else self.headers.get("Range", "")
        start = int(wanted.removeprefix("bytes=").rstrip("-") or 0)
        body = content[start:]
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if hub.mode == "endless":
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self._write(body)

    def _write(self, body: bytes) -> None:
        hub, sent = self.stand_in, 0
        size = 4096 if hub.mode in {"drop", "slow"} else 2**20
        try:
            while sent < len(body) or hub.mode == "endless":
                if hub.mode in {"drop", "slow"}:
                    if sent >= hub.drop_after and hub.mode == "drop":
                        self.close_connection = True
                        return
                    time.sleep(0.02 if sent >= hub.drop_after else 0)
                piece = body[sent : sent + size] or b"more" * 1000
                self.wfile.write(piece)
                sent += len(piece)
                hub.bytes_sent += len(piece)
        except OSError:  # the client has gone
            self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed is no error of ours."""


@contextmanager
def run_stand_in(repo: str, file: str, content: bytes) -> Iterator[StandIn]:
    """Run the server on a free port of 127.0.0.1; its address is `url`."""
    stand_in = StandIn(repo, file, content)
    handler = type("_Bound", (_Handler,), {"stand_in": stand_in})
    with _Server(("127.0.0.1", 0), handler) as server:
        stand_in.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield stand_in
        finally:
            server.shutdown()
            thread.join()

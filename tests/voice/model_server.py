"""A local server with the ways of Hugging Face for a whole repository, and with its bad days."""

import hashlib
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class ModelServer:
    """Describes the files at /api/models/{repo} and gives them at /{repo}/resolve/{commit}/{file}.

    Attributes:
        mode: "ok"; "error", "missing": for everything; "no-checksum": it says too little; for large files:
            "drop" (each line is cut after `drop_after` bytes), "stall" (there it waits until the mode is
            another one), "wrong", "short" (and says so), "endless",
            "ignore-range", "error-later" (only the description works).
        requests: Path and Range of each request.
        sent: Bytes of large files.
    """

    def __init__(self, repo: str, files: Mapping[str, bytes]) -> None:
        self.repo, self.files = repo, dict(files)
        self.mode, self.drop_after = "ok", 0
        self.requests: list[tuple[str, str]] = []
        self.sent = 0
        self.url = ""

    def downloads(self, name: str) -> list[str]:
        """The Range of each request for a file."""
        return [wanted for path, wanted in self.requests if path.endswith(f"/resolve/{COMMIT}/{name}")]

    def description(self) -> dict[str, object]:
        """As Hugging Face's API answers with blobs=true."""
        return {"id": self.repo, "sha": COMMIT, "siblings": [self._entry(name) for name in self.files]}

    def _entry(self, name: str) -> dict[str, object]:
        content = self.files[name]
        entry: dict[str, object] = {"rfilename": name}
        if self.mode == "no-checksum":
            return entry
        git = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        entry |= {"size": len(content), "blobId": git}
        if is_large(name):
            sha256 = hashlib.sha256(content).hexdigest()
            entry["lfs"] = {"size": len(content), "sha256": sha256, "pointerSize": 135}
        return entry


def is_large(name: str) -> bool:
    """Kept outside Git there."""
    return name == "model.bin"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_of: ModelServer

    def log_message(self, *args: object) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        hub, path = self.server_of, self.path.partition("?")[0]
        hub.requests.append((path, self.headers.get("Range", "")))
        prefix = f"/{hub.repo}/resolve/{COMMIT}/"
        is_description = path == f"/api/models/{hub.repo}"
        name = path.removeprefix(prefix) if path.startswith(prefix) else ""
        if hub.mode == "error" or (hub.mode == "error-later" and not is_description):
            self._reply(500, b"{}")
        elif is_description and hub.mode != "missing":
            self._reply(200, json.dumps(hub.description()).encode())
        elif name in hub.files and hub.mode != "missing":
            self._send(name)
        else:
            self._reply(404, b"{}")

    def _reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _send(self, name: str) -> None:
        hub = self.server_of
        content, mode = hub.files[name], hub.mode if is_large(name) else "ok"
        if mode == "wrong":
            content = bytes(len(content))
        if mode == "short":
            content = content[: len(content) // 2]
        wanted = "" if mode == "ignore-range" else self.headers.get("Range", "")
        start = int(wanted.removeprefix("bytes=").rstrip("-") or 0)
        if start >= len(content) > 0 and wanted:
            self._reply(416, b"")
            return
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if mode == "endless":
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self._write(content[start:], is_large(name))

    def _write(self, body: bytes, may_fail: bool) -> None:
        hub = self.server_of
        mode = hub.mode if may_fail else "ok"
        if mode in {"drop", "stall"}:
            body = body[: hub.drop_after]
        hub.sent += len(body) if may_fail else 0
        try:
            self.wfile.write(body)
            while mode == "stall" and hub.mode == "stall":
                time.sleep(0.01)
            while mode == "endless":
                self.wfile.write(bytes(65_536))
        except OSError:  # the client has gone
            pass
        if mode in {"drop", "stall", "endless"}:
            self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed is no error of ours."""


@contextmanager
def run_model_server(repo: str, files: Mapping[str, bytes]) -> Iterator[ModelServer]:
    """Run the server on a free port of 127.0.0.1; its address is `url`."""
    hub = ModelServer(repo, files)
    handler = type("_Bound", (_Handler,), {"server_of": hub})
    with _Server(("127.0.0.1", 0), handler) as server:
        hub.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()

"""A stand-in for Hugging Face, as far as huggingface_hub asks it for files of one repository."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


class VoiceShop:
    """Serves files; use it in a `with` block.

    Attributes:
        files: Path in the repository -> bytes.
        asked: Paths of all files that were fetched.
        cut: Only so many bytes of each file come, then the line is dead; None: all.
    """

    def __init__(self, repository: str, files: dict[str, bytes]) -> None:
        self.files, self.asked = files, list[str]()
        self.cut: int | None = None
        shop, start = self, f"/{repository}/resolve/main/"

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self) -> None:
                self._answer(with_body=False)

            def do_GET(self) -> None:
                self._answer(with_body=True)

            def _answer(self, *, with_body: bool) -> None:
                name = self.path.removeprefix(start)
                data = shop.files.get(name)
                self.close_connection = True
                if data is None:
                    self.send_response(404)
                    self.send_header("X-Error-Code", "EntryNotFound")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                self.send_response(200)
                self.send_header("ETag", f'"{hashlib.sha1(data).hexdigest()}"')
                self.send_header("X-Repo-Commit", "0" * 40)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if with_body:
                    shop.asked.append(name)
                    self.wfile.write(data[: shop.cut])

            def log_message(self, *_: object) -> None:
                """Silence."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """For HF_ENDPOINT."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

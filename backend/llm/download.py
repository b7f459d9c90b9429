"""Fetches a model file from Hugging Face: goes on where it broke off, and hands it out only when checked.

The server's ways (`X-Linked-Size`, `X-Linked-Etag`, `X-Repo-Commit`, a redirect to where the bytes are) are
those that huggingface_hub relies on. That library itself (2.4) begins again from zero in a new process.
"""

import asyncio
import contextlib
import hashlib
import logging
import os
import re
import shutil
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import aiohttp
import msgspec

from backend.llm import gguf
from backend.llm.catalogue import Model
from backend.shared import desktop
from backend.shared.errors import AlisaError

log = logging.getLogger(__name__)

Watcher = Callable[[int, int], None]
"""Told how many bytes there are, and how many there will be."""

DEFAULT_ENDPOINT = "https://huggingface.co"
SPARE_BYTES = 200 * 2**20
"""Left free on the disk: a full disk breaks other programs, and our own database."""
RETRY_SECONDS = (1.0, 2.0, 4.0, 8.0)
"""Pauses between tries that brought nothing; every byte that comes starts them anew."""

_TIMEOUT = aiohttp.ClientTimeout(total=None, connect=15, sock_connect=15, sock_read=30)
_CHUNK_BYTES = 2**18
_MAX_REDIRECTS = 5
_AGAIN = "Run the same command again: it goes on from there."


class DownloadError(AlisaError):
    """Raised when a model cannot be downloaded.

    Codes: "download-no-network", "download-interrupted", "download-no-space", "download-not-found",
    "download-refused", "download-damaged", "download-busy", "download-bad-server", "download-cannot-write".
    """


class Remote(msgspec.Struct, frozen=True):
    """A file as the server describes it."""

    url: str
    """Of this very version of the file."""
    size_bytes: int
    sha256: str


def endpoint() -> str:
    """Where to download from: `$HF_ENDPOINT` (a mirror), else Hugging Face."""
    return (os.environ.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).rstrip("/")


@contextlib.asynccontextmanager
async def open_session() -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP client that knows the proxy and the certificates of this machine."""
    context = ssl.create_default_context()
    if not context.get_ca_certs():  # Python from python.org for macOS brings none
        with contextlib.suppress(ImportError):
            import certifi

            context.load_verify_locations(certifi.where())
    connector = aiohttp.TCPConnector(ssl=context)
    headers = {"User-Agent": "alisa", "Accept-Encoding": "identity"}
    async with aiohttp.ClientSession(
        connector=connector, timeout=_TIMEOUT, headers=headers, trust_env=True
    ) as session:
        yield session


def _authorization() -> dict[str, str]:
    """For models whose licence must be accepted on their page first; aiohttp sends it to no other host."""
    token = os.environ.get("HF_TOKEN", "").strip()
    return {"Authorization": f"Bearer {token}"} if token else {}


async def describe(session: aiohttp.ClientSession, model: Model) -> Remote:
    """Ask the server for size, checksum and version.

    Raises:
        DownloadError: when the server cannot be reached, has no such file, or does not say enough.
    """
    base = endpoint()
    url = f"{base}/{quote(model.repo)}/resolve/main/{quote(model.file)}"
    try:
        for _ in range(_MAX_REDIRECTS):
            async with session.head(url, headers=_authorization(), allow_redirects=False) as response:
                _raise_for_status(response, model)
                answer = response.headers
            if "X-Linked-Etag" in answer or "Location" not in answer:
                break
            url = urljoin(url, answer["Location"])
            if urlsplit(url).netloc != urlsplit(base).netloc:
                break
    except (aiohttp.ClientError, TimeoutError) as error:
        host = urlsplit(base).hostname
        message = f"{host} cannot be reached. Check the network (and HTTPS_PROXY), then try again."
        raise DownloadError("download-no-network", message) from error
    sha256 = answer.get("X-Linked-Etag", "").removeprefix("W/").strip('"').lower()
    size, commit = answer.get("X-Linked-Size", ""), answer.get("X-Repo-Commit", "")
    is_complete = re.fullmatch(r"[0-9a-f]{64}", sha256) and re.fullmatch(r"[0-9a-f]{40}", commit)
    if not is_complete or not re.fullmatch(r"[1-9]\d{0,14}", size):
        message = (
            f"{urlsplit(base).hostname} does not say how {model.file} can be checked. Check HF_ENDPOINT."
        )
        raise DownloadError("download-bad-server", message)
    return Remote(url.replace("/resolve/main/", f"/resolve/{commit}/", 1), int(size), sha256)


def _raise_for_status(response: aiohttp.ClientResponse, model: Model) -> None:
    if response.status < 400:
        return
    page = f"https://huggingface.co/{model.repo}"
    if response.headers.get("X-Error-Code") == "GatedRepo" or response.status == 403:
        message = f"Accept the licence at {page}, make a token in your account there, and set HF_TOKEN to it."
        raise DownloadError("download-refused", message)
    if response.status in {401, 404}:  # an unknown repository is answered with 401 to strangers
        message = f"There is no {model.file} in {model.repo}. Look at {page} for its files."
        raise DownloadError("download-not-found", message)
    message = f"{response.url.host} answers with error {response.status}. Try again later."
    raise DownloadError("download-bad-server", message)


async def download(model: Model, folder: Path, watch: Watcher = lambda _done, _total: None) -> Path:
    """Bring the model into the folder; a complete one is left as it is.

    The bytes gather in a `.part` file beside the place of the model, under the checksum they should get. It
    becomes the model in one step, once size, SHA-256 and format are right.

    Returns:
        The path of the model.

    Raises:
        DownloadError: with what to do; what has arrived stays for the next time, unless it is wrong.
    """
    path = model.path(folder)
    if path.is_file():
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        async with open_session() as session:
            remote = await describe(session, model)
            part = path.with_name(f"{path.name}.{remote.sha256[:16]}.part")
            with _claim(part, model):
                _check_space(part, remote, model)
                await _fetch_all(session, remote, part, watch)
                await asyncio.to_thread(_check_content, part, remote, model)
                part.replace(path)
    except OSError as error:
        message = (
            f"The models folder cannot be written: {error.strerror}. Check its permissions and the disk."
        )
        raise DownloadError("download-cannot-write", message) from error
    return path


@contextlib.contextmanager
def _claim(part: Path, model: Model) -> Iterator[None]:
    """Keep a second download from writing into the same file; a claim of a process that is gone is void."""
    claim = part.with_suffix(".pid")
    with contextlib.suppress(OSError, ValueError):
        if not desktop.process_exists(int(claim.read_text())):
            claim.unlink()
    try:
        with claim.open("x") as file:
            file.write(str(os.getpid()))
    except FileExistsError as error:
        message = f"{model.title} is being downloaded already, by another window."
        raise DownloadError("download-busy", message) from error
    try:
        yield
    finally:
        claim.unlink(missing_ok=True)


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _check_space(part: Path, remote: Remote, model: Model) -> None:
    missing = remote.size_bytes - _size(part)
    short = missing + SPARE_BYTES - shutil.disk_usage(part.parent).free
    if missing > 0 and short > 0:
        message = f"{model.title} does not fit on the disk: {short / 1e9:.1f} GB more must be free."
        raise DownloadError("download-no-space", message)


async def _fetch_all(session: aiohttp.ClientSession, remote: Remote, part: Path, watch: Watcher) -> None:
    pauses = iter(RETRY_SECONDS)
    while (before := _size(part)) < remote.size_bytes:
        problem: Exception | None = None
        try:
            await _fetch(session, remote, part, watch)
        except (aiohttp.ClientError, TimeoutError) as error:
            problem = error
        if _size(part) > before:
            pauses = iter(RETRY_SECONDS)
            continue
        pause = next(pauses, None)
        if pause is None:
            done = f"{_size(part) / 1e9:.2f} of {remote.size_bytes / 1e9:.2f} GB"
            message = f"The download broke off at {done}. {_AGAIN}"
            raise DownloadError("download-interrupted", message) from problem
        await asyncio.sleep(pause)


async def _fetch(session: aiohttp.ClientSession, remote: Remote, part: Path, watch: Watcher) -> None:
    """One request for what is missing, written as it comes."""
    start = _size(part)
    headers = _authorization() | ({"Range": f"bytes={start}-"} if start else {})
    async with session.get(remote.url, headers=headers) as response:
        if response.status >= 400:
            raise aiohttp.ClientResponseError(response.request_info, response.history, status=response.status)
        goes_on = response.headers.get("Content-Range", "").startswith(f"bytes {start}-")
        with part.open("ab" if response.status == 206 and goes_on else "wb") as file:
            watch(file.tell(), remote.size_bytes)
            async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                await asyncio.to_thread(file.write, chunk)
                watch(file.tell(), remote.size_bytes)
                if file.tell() > remote.size_bytes:
                    return  # not what was promised, perhaps without end; the checksum will tell


def _check_content(part: Path, remote: Remote, model: Model) -> None:
    """Throws the file away when it is not what the server promised."""
    with part.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != remote.sha256:
        part.unlink()
        message = f"{model.title} arrived damaged and was thrown away. Run the same command again."
        raise DownloadError("download-damaged", message)
    try:
        gguf.read_facts(part)
    except gguf.ModelFileError:
        part.unlink()
        raise

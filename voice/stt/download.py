"""Fetches a Whisper model from Hugging Face: goes on where it broke off, and is in use only when checked.

huggingface_hub knows what there is; its own download (2.4) begins again from zero in a new process, and after
a line that broke it loses up to 10 MB.
"""

import contextlib
import functools
import hashlib
import os
import shutil
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from backend.shared import desktop
from voice.stt.engine import SttError
from voice.stt.models import MARKER, NEEDED, Model, models_folder, read_marker

Watcher = Callable[[int, int], None]
"""Told how many bytes there are, and how many there will be. An SttError from it stops the download."""

DEFAULT_ENDPOINT = "https://huggingface.co"
SPARE_BYTES = 200 * 2**20
"""Left free on the disk: a full disk breaks other programs."""
RETRY_SECONDS = (1.0, 2.0, 4.0, 8.0)
"""Pauses between tries that brought nothing; every byte that comes starts them anew."""
TIMEOUT_SECONDS = 30.0
"""Without a byte."""

_WANTED = {*NEEDED, "preprocessor_config.json", "vocabulary.txt", "vocabulary.json"}
"""Of what lies in the repository: what faster-whisper reads."""
_AGAIN = "Run the same command again: it goes on from there."
_CHUNK_BYTES = 2**18


@dataclass(frozen=True)
class File:
    """A file as the server describes it."""

    name: str
    url: str
    """Of this very version of it."""
    size_bytes: int
    checksum: str
    """SHA-256 of a large file, Git's SHA-1 of a small one."""


def endpoint() -> str:
    """Where to download from: `$HF_ENDPOINT` (a mirror), else Hugging Face."""
    return (os.environ.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).rstrip("/")


def describe(model: Model) -> list[File]:
    """Ask the server which files there are.

    Raises:
        SttError: It cannot be reached, has no such model, or does not say enough.
    """
    from huggingface_hub import HfApi, hf_hub_url

    base = endpoint()
    try:
        info = HfApi(base, token=False).model_info(model.repo, files_metadata=True, timeout=15)
    except Exception as error:  # it lets through what its HTTP library of the day raises
        raise _explain(error, model) from error
    files = []
    for entry in info.siblings or []:
        if entry.rfilename in _WANTED:
            url = hf_hub_url(model.repo, entry.rfilename, revision=info.sha, endpoint=base)
            checksum = entry.lfs.sha256 if entry.lfs else entry.blob_id
            files.append(File(entry.rfilename, url, entry.size or 0, checksum or ""))
    names = {file.name for file in files}
    if (
        not info.sha
        or not set(NEEDED) <= names
        or not all(file.size_bytes and file.checksum for file in files)
    ):
        message = f"{_host()} does not say what the model {model.name} is made of. Check HF_ENDPOINT."
        raise SttError("stt-download-bad-server", message)
    return sorted(files, key=lambda file: (file.size_bytes, file.name))


def fetch(model: Model, home: Path, watch: Watcher = lambda _done, _total: None) -> Path:
    """Bring the model into its folder; a complete one is left as it is.

    The bytes of a file gather in a `.part` file under the checksum that they should get. The marker that
    makes the folder a model is written last.

    Returns:
        The folder of the model.

    Raises:
        SttError: With what to do; what has arrived stays for the next time, unless it is wrong.
    """
    folder = models_folder(home) / model.name
    if read_marker(folder):
        return folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder, model):
            files = describe(model)
            _check_space(folder, files, model)
            total = sum(file.size_bytes for file in files)
            done = 0
            for file in files:
                _bring(folder, file, model, lambda here, before=done: watch(before + here, total))  # type: ignore[misc]
                done += file.size_bytes
            _finish(folder, files)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        message = f"The models folder cannot be written: {reason}. Check its permissions and the disk."
        raise SttError("stt-download-cannot-write", message) from error
    return folder


def remove(model: Model, home: Path) -> int:
    """Delete a model, or what there is of it; gives the bytes that were freed.

    Raises:
        SttError: It is being downloaded, or cannot be deleted.
    """
    folder = models_folder(home) / model.name
    if not folder.is_dir():
        return 0
    with _alone(folder, model):
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        (folder / MARKER).unlink(missing_ok=True)
        try:
            for path in folder.iterdir():
                if path.suffix != ".lock":
                    path.unlink()
        except OSError as error:
            message = f"{model.name} cannot be deleted while it is in use. Stop Alisa's voice first."
            raise SttError("stt-model-busy", message) from error
    shutil.rmtree(folder, ignore_errors=True)
    return size


@contextlib.contextmanager
def _alone(folder: Path, model: Model) -> Iterator[None]:
    """Keep a second download from writing into the same files."""
    lock = desktop.take_lock(folder / "download.lock")
    if lock is None:
        message = f"The model {model.name} is being downloaded already, by another window."
        raise SttError("stt-download-busy", message)
    with lock:
        yield


def _part(folder: Path, file: File) -> Path:
    return folder / f"{file.name}.{file.checksum[:16]}.part"


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _check_space(folder: Path, files: list[File], model: Model) -> None:
    missing = sum(
        file.size_bytes - _size(_part(folder, file))
        for file in files
        if _size(folder / file.name) != file.size_bytes
    )
    short = missing + SPARE_BYTES - shutil.disk_usage(folder).free
    if missing > 0 and short > 0:
        message = f"The model {model.name} does not fit on the disk: {short / 1e6:.0f} MB more must be free."
        raise SttError("stt-download-no-space", message)


def _bring(folder: Path, file: File, model: Model, watch: Callable[[int], None]) -> None:
    """One file, whole and checked."""
    place, part = folder / file.name, _part(folder, file)
    if _size(place) == file.size_bytes and _checksum(place, file) == file.checksum:
        watch(file.size_bytes)
        return
    pauses = iter(RETRY_SECONDS)
    while (before := _size(part)) < file.size_bytes:
        problem = _go_on(file, part, watch)
        if _size(part) > before:
            pauses = iter(RETRY_SECONDS)
            continue
        pause = next(pauses, None)
        if pause is None:
            at = f"{_size(part) / 1e6:.1f} of {file.size_bytes / 1e6:.1f} MB"
            message = f"The download broke off at {at}. {_AGAIN}"
            raise SttError("stt-download-interrupted", message) from problem
        time.sleep(pause)
    if _checksum(part, file) != file.checksum:
        part.unlink()
        message = f"The model {model.name} arrived damaged and was thrown away. Run the same command again."
        raise SttError("stt-download-damaged", message)
    part.replace(place)


def _go_on(file: File, part: Path, watch: Callable[[int], None]) -> Exception | None:
    """Fetch what is missing; gives what stopped it, when that may pass."""
    here = _size(part)
    headers = {"User-Agent": "alisa", "Accept-Encoding": "identity"}
    if here:
        headers["Range"] = f"bytes={here}-"
    request = urllib.request.Request(file.url, headers=headers)  # noqa: S310 of our endpoint
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS, context=_trust())  # noqa: S310
    except urllib.error.HTTPError as error:
        error.close()
        return error
    except (OSError, HTTPException) as error:
        return error
    with response:
        goes_on = response.headers.get("Content-Range", "").startswith(f"bytes {here}-")
        with part.open("ab" if response.status == 206 and goes_on else "wb") as growing:
            watch(growing.tell())
            while True:
                try:
                    chunk = response.read1(_CHUNK_BYTES)
                except (OSError, HTTPException) as error:
                    return error
                growing.write(chunk)
                here = growing.tell()
                watch(min(here, file.size_bytes))
                if not chunk or here > file.size_bytes:  # more than was promised: the checksum will tell
                    return None


@functools.cache
def _trust() -> ssl.SSLContext:
    """The certificates of this machine; Python from python.org for macOS brings none."""
    context = ssl.create_default_context()
    if not context.get_ca_certs():
        with contextlib.suppress(ImportError):
            import certifi

            context.load_verify_locations(certifi.where())
    return context


def _checksum(path: Path, file: File) -> str:
    """As Hugging Face has it: SHA-256, or for small files the name that Git gives them."""
    is_sha256 = len(file.checksum) == 64
    digest = hashlib.sha256() if is_sha256 else hashlib.sha1(usedforsecurity=False)
    if not is_sha256:
        digest.update(b"blob %d\0" % path.stat().st_size)
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _finish(folder: Path, files: list[File]) -> None:
    """Make it a model."""
    for part in folder.glob("*.part"):
        part.unlink()
    draft = folder / f"{MARKER}.part"
    draft.write_bytes(msgspec.json.encode({file.name: file.size_bytes for file in files}))
    draft.replace(folder / MARKER)


def _host() -> str:
    return urlsplit(endpoint()).hostname or endpoint()


def _explain(error: Exception, model: Model) -> SttError:
    """What the server's refusal means for the user."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in {401, 403, 404}:  # an unknown repository is answered with 401 to strangers
        message = f"{_host()} does not give away {model.repo}. Check HF_ENDPOINT, or take another model."
        return SttError("stt-download-not-found", message)
    if status is not None:
        return SttError("stt-download-bad-server", f"{_host()} answers with error {status}. Try again later.")
    message = f"{_host()} cannot be reached. Check the network (and HTTPS_PROXY), then try again."
    return SttError("stt-download-no-network", message)

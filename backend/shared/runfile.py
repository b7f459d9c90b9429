"""How the parts find the hub of this user: `run/hub.json`, and the proof that it is the hub."""

import hashlib
import hmac
from pathlib import Path

import msgspec

from backend.shared.desktop import write_private
from backend.shared.errors import AlisaError


class RunFile(msgspec.Struct, frozen=True):
    """Where the running hub is, and the token that opens it. Only this user can read the file."""

    pid: int
    port: int
    token: str
    started: float
    """Seconds since the epoch."""
    host: str = "127.0.0.1"


def _path(home: Path) -> Path:
    return home / "run" / "hub.json"


def write_run_file(home: Path, run: RunFile) -> None:
    """Announce the hub.

    Raises:
        AlisaError: "home-unwritable".
    """
    try:
        write_private(_path(home), msgspec.json.encode(run))
    except OSError as error:
        message = f"Alisa's folder cannot be written: {error.strerror}. Free some space or set ALISA_HOME."
        raise AlisaError("home-unwritable", message) from error


def read_run_file(home: Path) -> RunFile | None:
    """The announced hub; None when there is none, or the file makes no sense. It may be dead by now."""
    try:
        return msgspec.json.decode(_path(home).read_bytes(), type=RunFile)
    except (OSError, msgspec.DecodeError):
        return None


def remove_run_file(home: Path, token: str) -> None:
    """Take the announcement back, when it is still ours."""
    run = read_run_file(home)
    if run and hmac.compare_digest(run.token.encode(), token.encode()):
        _path(home).unlink(missing_ok=True)


def sign(token: str, nonce: str) -> str:
    """Prove that one knows the token: hex HMAC-SHA256 of the nonce, keyed with the token."""
    return hmac.new(token.encode(), nonce.encode(), hashlib.sha256).hexdigest()


def is_signed(token: str, nonce: str, signature: str) -> bool:
    """Check what `sign` made, in constant time."""
    return hmac.compare_digest(sign(token, nonce).encode(), signature.encode())

"""What SQLite's errors mean for the user: wait and try again, or move a damaged file aside."""

import sqlite3

from sqlalchemy.exc import DBAPIError

from backend.shared.errors import AlisaError

FILE_NAME = "alisa.db"

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT}
_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}


class UnavailableError(AlisaError):
    """Raised when the database cannot be used now, but may be later.

    Codes: "memory-full", "memory-locked", "memory-unwritable", "memory-interrupted", "memory-closed".
    """


class ReadingInterruptedError(UnavailableError):
    """Raised when something that needs the file for itself stopped a long search. Another try is worth it."""


class DamagedError(Exception):
    """Raised when the database file is damaged and has to be moved aside."""

    def __init__(self, generation: int) -> None:
        super().__init__(f"{FILE_NAME} is damaged")
        self.generation = generation


def error_code(error: BaseException) -> int:
    """The primary result code of SQLite behind an error, 0 when there is none.

    See https://www.sqlite.org/rescode.html.
    """
    source = error.orig if isinstance(error, DBAPIError) else error
    # Python's own refusals (a text that is too big, say) carry no code.
    return int(getattr(source, "sqlite_errorcode", 0)) & 0xFF


def is_damage(error: BaseException) -> bool:
    """Whether this error says that the file itself is broken."""
    return error_code(error) in _DAMAGED


def unavailable(error: BaseException) -> UnavailableError:
    """The error to show to the user for one of SQLite or of the file system."""
    code = error_code(error)
    if code == sqlite3.SQLITE_FULL:
        return UnavailableError(
            "memory-full",
            "The disk is full: what we say is not saved for now. Free some space, and I save it by myself.",
        )
    if code == sqlite3.SQLITE_INTERRUPT:
        return ReadingInterruptedError("memory-interrupted", "I was tidying up my memory; please ask again.")
    if code in _LOCKED:
        return UnavailableError(
            "memory-locked",
            f"Another program is using {FILE_NAME}: what we say is not saved for now. "
            "Close that program, and I save it by myself.",
        )
    return UnavailableError(
        "memory-unwritable",
        f"I cannot write {FILE_NAME}: what we say is not saved for now. "
        "Check that the disk works and that you may write to Alisa's folder; then I save it by myself.",
    )

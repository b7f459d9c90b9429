"""The database file: opened, used in transactions, moved aside when damaged, erased, closed."""

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from backend.memory.faults import FILE_NAME, DamagedError, UnavailableError, is_damage, unavailable
from backend.memory.schema import connect, driver, prepare

log = logging.getLogger(__name__)

OPENING_WAIT_SECONDS = 5.0
_MOVED_ASIDE = {
    "damaged": "My memory file was damaged. I kept it as {name} and began a new one; nothing was deleted.",
    "newer": (
        "My memory file is from a newer version of Alisa. I kept it as {name} and began a new one; "
        "update Alisa and give it back its name to have it again."
    ),
}

Result = TypeVar("Result")
Work = Callable[[Connection], Result]
Report = Callable[[str, str], None]


class Database:
    """One SQLite file, used by one writing thread and one reading thread.

    `open`, `run`, `forget`, `erase`, `replace` and `close` belong to the writing thread, `read` to the other.
    """

    def __init__(self, folder: Path, report: Report, clock: Callable[[], float]) -> None:
        """Nothing is opened yet.

        Args:
            folder: Where `alisa.db` is or will be; made when missing.
            report: Called with code and message for the user, on the writing thread.
            clock: Seconds since the epoch, for the names of files that are moved aside.
        """
        self.path = folder / FILE_NAME
        self._report = report
        self._clock = clock
        self._engine: Engine | None = None
        self._identity: tuple[int, int] | None = None
        self._generation = 0
        self._is_closed = False
        # Held while the reading thread reads, and while the file is replaced, erased or closed.
        self._reading = threading.Lock()
        self._reader: sqlite3.Connection | None = None

    @property
    def is_open(self) -> bool:
        """Whether the file could be opened; `run` tries again when not."""
        return self._engine is not None

    def run(
        self, work: Work[Result], begin: Literal["BEGIN", "BEGIN IMMEDIATE"] = "BEGIN IMMEDIATE"
    ) -> Result:
        """Do some work in one transaction; all of it is on the disk when this returns, or none.

        Raises:
            UnavailableError: when it cannot be done now.
            DamagedError: when the file must be replaced first.
        """
        if self._engine is not None and self._identity != _identify(self.path):
            # Deleted, emptied or replaced by somebody: SQLite would go on writing where nobody finds it.
            with self._exclusive():
                self._dispose()
        engine = self._engine or self.open()
        try:
            with self._translated(), engine.execution_options(begin=begin).begin() as connection:
                return work(connection)
        except UnavailableError as error:
            if error.code == "memory-unwritable":
                with self._exclusive():
                    self._dispose()  # what became of the file shows when it is opened again
            raise

    def read(self, work: Work[Result]) -> Result:
        """Read something that may take long, while the writing thread goes on.

        Raises:
            UnavailableError: when it cannot be done now.
            DamagedError: when the file must be replaced first.
        """
        with self._reading:
            engine = self._engine
            if engine is None:
                raise unavailable(sqlite3.OperationalError())
            with self._translated(), engine.connect() as connection:
                self._reader = driver(connection)
                try:
                    return work(connection)
                finally:
                    self._reader = None

    def open(self) -> Engine:
        """Open the file, bring it up to date, and move it aside first when it cannot be used.

        Raises:
            UnavailableError: when it can be neither opened nor made now.
        """
        if self._is_closed:
            raise unavailable(sqlite3.OperationalError())
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._opening():
                self._engine = self._open_or_replace()
                self._identity = _identify(self.path)
        except (OSError, sqlite3.Error, SQLAlchemyError) as error:
            raise unavailable(error) from error
        return self._engine

    def replace(self, generation: int) -> None:
        """Move the file aside and begin a new one, unless that was done since `generation`.

        Raises:
            UnavailableError: when that is not possible now.
        """
        if generation != self._generation:
            return
        with self._exclusive():
            self._dispose()
            try:
                with self._opening():
                    self._move_aside("damaged")
            except (OSError, sqlite3.Error) as error:
                raise unavailable(error) from error
            self.open()

    def forget(self, work: Work[Result]) -> Result:
        """Do some deleting, and take what is deleted out of the log too, unless somebody reads just now.

        Raises:
            UnavailableError: when it cannot be done now.
            DamagedError: when the file must be replaced first.
        """
        result = self.run(work)
        self._tidy("PRAGMA wal_checkpoint(TRUNCATE)")
        return result

    def erase(self, work: Work[None]) -> None:
        """Do some deleting so that no byte of what is deleted stays in the file or beside it.

        Raises:
            UnavailableError: when it cannot be done now.
            DamagedError: when the file must be replaced first.
        """
        self.run(work)
        with self._exclusive():
            is_busy = self._tidy("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)")
        if is_busy:
            raise UnavailableError(
                "memory-locked",
                f"Everything is deleted, but another program is reading {FILE_NAME} and keeps traces of it. "
                "Close that program and clear again.",
            )

    def copies(self) -> list[str]:
        """Names of the files that were moved aside and are still there."""
        found = (
            *self.path.parent.glob(f"{FILE_NAME}.damaged-*"),
            *self.path.parent.glob(f"{FILE_NAME}.newer-*"),
        )
        return sorted(path.name for path in found if not path.name.endswith(("-wal", "-shm", "-journal")))

    def size(self) -> int:
        """Bytes on the disk."""
        total = 0
        for path in _files(self.path):
            with contextlib.suppress(OSError):
                total += path.stat().st_size
        return total

    def close(self) -> None:
        """Close the file for good."""
        self._is_closed = True
        with self._exclusive():
            self._dispose()

    def _tidy(self, *statements: str) -> bool:
        """Run statements outside of a transaction; whether the last one found the file busy."""
        engine = self._engine or self.open()
        with self._translated(), engine.connect() as connection:
            answers = [driver(connection).execute(statement).fetchone() for statement in statements]
        return bool(answers[-1][0])

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        generation = self._generation
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as error:
            if is_damage(error):
                raise DamagedError(generation) from error
            answer = unavailable(error)
            if answer.code == "memory-unwritable":
                log.warning("The database cannot be used: %s", type(error).__name__)
            raise answer from error

    @contextlib.contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Nobody reads: a long search is stopped."""
        while not self._reading.acquire(timeout=0.02):
            reader = self._reader
            if reader is not None:
                with contextlib.suppress(sqlite3.ProgrammingError):
                    reader.interrupt()
        try:
            yield
        finally:
            self._reading.release()

    @contextlib.contextmanager
    def _opening(self) -> Iterator[None]:
        """One process at a time makes, upgrades or moves the file.

        An empty SQLite file serves as the lock: it works the same on every system, and when a process dies.
        """
        lock = self.path.with_name("alisa.lock")
        lock.touch(mode=0o600)
        with contextlib.closing(
            sqlite3.connect(lock, timeout=OPENING_WAIT_SECONDS, isolation_level=None)
        ) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            yield

    def _open_or_replace(self) -> Engine:
        for _ in range(2):
            engine = connect(self.path)
            try:
                flaw = prepare(self.path, engine)
            except BaseException:
                engine.dispose()
                raise
            if flaw is None:
                return engine
            engine.dispose()
            self._move_aside(flaw)
        raise sqlite3.OperationalError("a new database is unusable too")

    def _move_aside(self, reason: str) -> None:
        stamp = datetime.fromtimestamp(self._clock()).astimezone().strftime("%Y%m%d-%H%M%S")
        name = f"{FILE_NAME}.{reason}-{stamp}"
        count = 1
        while any(path.exists() for path in _files(self.path.with_name(name))):
            count += 1
            name = f"{FILE_NAME}.{reason}-{stamp}-{count}"
        # The file itself comes last: a log left beside a new database would be taken for its own.
        for old, new in reversed(
            list(zip(_files(self.path), _files(self.path.with_name(name)), strict=True))
        ):
            with contextlib.suppress(FileNotFoundError):
                old.rename(new)
        self._generation += 1
        log.warning("The database was %s and is now %s", reason, name)
        self._report("memory-moved-aside", _MOVED_ASIDE[reason].format(name=name))

    def _dispose(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None


def _files(path: Path) -> list[Path]:
    return [path.with_name(f"{path.name}{ending}") for ending in ("-wal", "-shm", "-journal", "")]


def _identify(path: Path) -> tuple[int, int] | None:
    """Tells this file from any other; None when it is missing or empty."""
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if status.st_size else None

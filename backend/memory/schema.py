"""Connections to a database file, its check for damage, and the upgrade of its tables."""

import sqlite3
from pathlib import Path
from typing import Literal, cast

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from backend.memory import tables
from backend.memory.faults import is_damage

NEWEST_REVISION = "0001"
"""The last step in migrations/versions."""

LOCK_WAIT_SECONDS = 0.5
"""How long a call waits for another process that holds the database."""

Flaw = Literal["damaged", "newer"]

_HEADER = b"SQLite format 3\0"

QUICK_CHECK_BYTES = 32 * 1024 * 1024
"""Larger files are not checked as a whole when they are opened: their damage shows when it is read."""

_PRAGMAS = {
    "journal_mode": "WAL",
    "synchronous": "FULL",  # NORMAL may lose the last commits when the power fails
    "fullfsync": "ON",  # macOS alone: there, an ordinary fsync may stop at the disk's own cache
    "foreign_keys": "ON",
    "secure_delete": "ON",
    "temp_store": "MEMORY",  # no copy of what was said in a temporary file
    "journal_size_limit": 1024 * 1024,
    "cell_size_check": "ON",
}


def driver(connection: Connection) -> sqlite3.Connection:
    """The connection of Python's sqlite3 module, for what must not be in a transaction."""
    return cast(sqlite3.Connection, connection.connection.driver_connection)


def connect(path: Path) -> Engine:
    """An engine for a file, at most one connection for writing and one for reading; opens nothing yet."""
    # Errors of SQLAlchemy show the parameters, which are what people said, unless told not to.
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        hide_parameters=True,
        pool_size=2,
        max_overflow=0,
        connect_args={"timeout": LOCK_WAIT_SECONDS},
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _record: object) -> None:
        # Python's own transaction handling does not cover reads and schema changes: we begin by ourselves.
        connection.isolation_level = None
        try:
            for name, value in _PRAGMAS.items():
                connection.execute(f"PRAGMA {name} = {value}").fetchall()
        except sqlite3.Error:
            connection.close()  # or the file could not be moved aside where open files cannot be
            raise

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

    return engine


def prepare(path: Path, engine: Engine) -> Flaw | None:
    """Make or upgrade the tables; says what is wrong with a file that cannot be used."""
    if not path.exists():
        path.touch(mode=0o600)
    elif not _has_header(path):
        # SQLite would take an empty file for a new database, and would delete the log beside any other one.
        return "damaged"
    path.chmod(0o600)
    try:
        with engine.connect() as connection:
            if path.stat().st_size <= QUICK_CHECK_BYTES and not _is_sound(connection):
                return "damaged"
            return _upgrade(connection)
    except (DBAPIError, sqlite3.Error) as error:
        if is_damage(error):
            return "damaged"
        raise


def _has_header(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_HEADER)) == _HEADER


def _is_sound(connection: Connection) -> bool:
    # Not in a transaction of ours, and its answer is a text, not an error.
    (found,) = driver(connection).execute("PRAGMA quick_check(1)").fetchone()
    return bool(found == "ok")


def _upgrade(connection: Connection) -> Flaw | None:
    with connection.execution_options(begin="BEGIN IMMEDIATE").begin():
        names = set(
            connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars()
        )
        if not names:
            _migrate(connection)
            return None
        if "alembic_version" not in names:
            return "damaged"
        revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        if revision is None or not names.issuperset({*tables.metadata.tables, "messages_text"}):
            return "damaged"
        return None if revision == NEWEST_REVISION else _migrate(connection, revision)


def _migrate(connection: Connection, revision: str | None = None) -> Flaw | None:
    # Alembic takes several times as long to import as all the rest of opening.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config()
    folder = str(Path(__file__).with_name("migrations"))
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.attributes["connection"] = connection
    if revision is not None:
        try:
            ScriptDirectory.from_config(config).get_revision(revision)
        except CommandError:
            return "newer"
    command.upgrade(config, "head")
    return None

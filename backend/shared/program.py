"""What every program of Alisa does at its start and its end: a private log, plain words, an exit code."""

import logging
import logging.handlers
import os
import sys
from collections.abc import Callable
from pathlib import Path

from backend.shared import desktop
from backend.shared.errors import AlisaError

_LOG_BYTES = 2 * 1024 * 1024
_LOG_FILES = 3


def complain(message: str) -> None:
    """Tell the user who started the program, in one line on stderr."""
    sys.stderr.write(f"alisa: {message}\n")
    sys.stderr.flush()


def log_to(home: Path, name: str, *, is_verbose: bool) -> None:
    """Write what is logged into `logs/NAME.log` of Alisa's folder, which only this user may read."""
    folder = home / "logs"
    desktop.make_private_folder(folder)
    handler = logging.handlers.RotatingFileHandler(
        folder / f"{name}.log", maxBytes=_LOG_BYTES, backupCount=_LOG_FILES, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO if is_verbose else logging.WARNING, handlers=[handler])


def guard(act: Callable[[], int], exit_code: int) -> int:
    """Run a program; returns its exit code.

    Args:
        act: The program; returns its exit code. Files it makes are for this user alone.
        exit_code: Where it cannot run: a setting is wrong, or Alisa's folder cannot be used.
    """
    os.umask(0o077)
    try:
        return act()
    except AlisaError as error:
        complain(error.message)
        return exit_code
    except OSError as error:
        complain(f"Alisa's folder cannot be used: {error.strerror}. Set ALISA_HOME to another one.")
        return exit_code
    except KeyboardInterrupt:
        return 0

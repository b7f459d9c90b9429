"""What the launcher tells the user: short lines on stderr, in colour where that is welcome."""

import contextlib
import os
import shutil
import sys

GREEN, YELLOW, RED, DIM = "32", "33", "31", "2"


class LaunchError(Exception):
    """Something the user has to know about, in plain words with the fix.

    Attributes:
        code: The exit code of the launcher.
    """

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


class Terminal:
    """Writes progress to stderr; stdout belongs to what was asked for."""

    def __init__(self, quiet: bool = False) -> None:
        self.is_quiet = quiet
        self._line_open = False

    def say(self, text: str, colour: str = "") -> None:
        """Tell of progress; nothing when quiet."""
        if not self.is_quiet:
            self._write(text, colour)

    def warn(self, text: str) -> None:
        """Tell of something that was left out or may surprise."""
        if not self.is_quiet:
            self._write(text, YELLOW)

    def fail(self, text: str) -> None:
        """Tell of what went wrong, also when quiet."""
        self._write(text, RED)

    def passing(self, text: str) -> None:
        """Tell of a small step: on a terminal it takes the place of the small step before it."""
        if self.is_quiet:
            return
        if not is_terminal(sys.stderr):
            self._write(f"  {text}", "")
            return
        width = shutil.get_terminal_size().columns - 4
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(f"\r\x1b[K  {text[:width]}")
            sys.stderr.flush()
            self._line_open = True

    def _write(self, text: str, colour: str) -> None:
        # The terminal may be closed already: that is no reason to stop cleaning up.
        with contextlib.suppress(OSError, ValueError):
            if self._line_open:
                sys.stderr.write("\r\x1b[K")
                self._line_open = False
            sys.stderr.write(paint(text, colour, sys.stderr) + "\n")
            sys.stderr.flush()


def is_terminal(stream: object) -> bool:
    """Whether a stream is a terminal; False for one that is closed or missing."""
    try:
        return bool(stream is not None and stream.isatty())  # type: ignore[attr-defined]  # any stream
    except (ValueError, AttributeError):
        return False


def paint(text: str, colour: str, stream: object) -> str:
    """The text in a colour, where the stream is a terminal and NO_COLOR is not set."""
    if colour and is_terminal(stream) and not os.environ.get("NO_COLOR"):
        return f"\x1b[{colour}m{text}\x1b[0m"
    return text


def use_utf8() -> None:
    """Make stdout and stderr take any text, whatever code page the console has."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


def confirm(question: str, yes: bool) -> bool:
    """Ask on the terminal; `yes` answers, and where nobody can be asked the answer is no."""
    if yes:
        return True
    if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        return False
    try:
        sys.stderr.write(f"{question} [y/N] ")
        sys.stderr.flush()
        return sys.stdin.readline().strip().lower() in {"y", "yes"}
    except OSError:
        return False

"""The chat as plain lines: for screen readers, simple terminals and logs; the cursor only goes forward."""

import asyncio
from typing import TextIO

from voice.text_chat.chat import Input, Left, Typing
from voice.text_chat.stdin_lines import stdin_lines
from voice.text_chat.view import SAID_LABELS, Kind, Origin, Status


class PlainView:
    """Writes what is new at the end, and nothing else; a `View`."""

    def __init__(self, out: TextIO) -> None:
        """Write to `out`."""
        self._out = out
        self._is_line_open = False
        self._waiting: set[str] = set()
        self._activity = ""

    def show_line(self, kind: Kind, text: str) -> None:  # noqa: ARG002  # words alone must do here
        """Write the text as a line."""
        self._write_line(text)

    def show_said(self, origin: Origin, text: str) -> None:
        """Write what was said elsewhere; what was typed here stands there already."""
        if origin != "here":
            self._write_line(f"{SAID_LABELS[origin]}: {text}")

    def begin_answer(self, label: str, emotion: str) -> None:  # noqa: ARG002  # is in the label
        """Begin a line with who talks."""
        self._end_line()
        self._write(f"{label}: ")

    def add_answer(self, text: str) -> None:
        """Write on."""
        self._write(text)

    def add_mark(self, text: str, kind: str) -> None:  # noqa: ARG002  # words alone must do here
        """Write the remark between her words."""
        self._write(text)

    def end_answer(self) -> None:
        """End the line."""
        self._end_line()

    def show_waiting(self, texts: list[str], *, is_linked: bool) -> None:
        """Say of each message once that it will be sent later."""
        if not is_linked and set(texts) - self._waiting:
            self._write_line("(will be sent)")
        self._waiting = set(texts) if not is_linked else set()

    def show_status(self, status: Status) -> None:
        """Say when she needs longer, once."""
        stage = status.activity.rstrip("0123456789 %")
        if stage != self._activity and stage.startswith(("loading", "reading", "connecting")):
            self._write_line(f"({stage} ...)")
        self._activity = stage

    def remember_typed(self, texts: list[str]) -> None:
        """Nothing: lines that were typed cannot be offered again here."""

    async def read(self, typing: Typing) -> None:
        """Hand on what is typed, until its end."""
        async for line in stdin_lines():
            typing.put_nowait(Input(line))
        typing.put_nowait(Left())

    def _write(self, text: str) -> None:
        if text:
            self._out.write(text)
            self._out.flush()
            self._is_line_open = not text.endswith("\n")

    def _end_line(self) -> None:
        if self._is_line_open:
            self._write("\n")

    def _write_line(self, text: str) -> None:
        self._end_line()
        self._write(f"{text}\n")


async def run_plain(view: PlainView, typing: Typing, talk: "asyncio.Task[None]") -> None:
    """Read lines until the talk is over."""
    reading = asyncio.create_task(view.read(typing))
    try:
        await talk
    finally:
        reading.cancel()

"""What every way of showing the chat can do: the full terminal, and plain lines."""

from typing import Literal, Protocol

import msgspec

Kind = Literal["past", "note", "warning"]
Origin = Literal["here", "elsewhere", "voice"]

SAID_LABELS: dict[Origin, str] = {"here": "You", "elsewhere": "You (elsewhere)", "voice": "You (by voice)"}


class Status(msgspec.Struct, frozen=True):
    """How things stand, for a line that is always in sight."""

    is_linked: bool = False
    reason: str = ""
    """What is waited for while there is no link; empty while the hub is looked for the first time."""
    mode: str = ""
    engine: str = ""
    emotion: str = "neutral"
    activity: str = ""
    """What she is doing ("thinking", "reading 40 %"), empty when nothing."""
    outcome: str = ""
    """How her last answer ended when it was not complete."""


class View(Protocol):
    """Where the chat is shown. Every text it is given is harmless."""

    def show_line(self, kind: Kind, text: str) -> None:
        """Show something that is neither hers nor the user's; may be several lines."""
        ...

    def show_said(self, origin: Origin, text: str) -> None:
        """Show what the user said."""
        ...

    def begin_answer(self, label: str, emotion: str) -> None:
        """Her answer begins; `label` says who talks and how she feels."""
        ...

    def add_answer(self, text: str) -> None:
        """A piece of her answer."""
        ...

    def add_mark(self, text: str, kind: str) -> None:
        """A remark within her answer: a new feeling (`kind` is its name), or how the answer ended."""
        ...

    def end_answer(self) -> None:
        """Her answer ends."""
        ...

    def show_waiting(self, texts: list[str], *, is_linked: bool) -> None:
        """What the user said that the hub does not have yet."""
        ...

    def show_status(self, status: Status) -> None:
        """How things stand now."""
        ...

    def remember_typed(self, texts: list[str]) -> None:
        """What the user typed in earlier talks, oldest first, to be offered again."""
        ...

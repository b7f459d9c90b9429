"""The commands of the terminal chat: what there is, and reading a typed line."""

import difflib
from typing import NamedTuple


class Command(NamedTuple):
    """A command: `/name` and what may follow it."""

    name: str
    arguments: str
    description: str


COMMANDS = (
    Command("help", "", "this list"),
    Command("mode", "[NAME]", "say which mode she is in, or switch"),
    Command("history", "[N]", "the last N messages"),
    Command("search", "WORDS", "messages with these words"),
    Command("stop", "", "interrupt her"),
    Command("clear", "", "delete every stored message for good"),
    Command("quit", "", "leave; she goes on without this window"),
)

NAMES = tuple(command.name for command in COMMANDS)


class Typed(NamedTuple):
    """A typed line: a command with its argument, or a message where `command` is empty."""

    command: str
    text: str


def read_line(line: str) -> Typed:
    """Tell a command from a message; `//` at the beginning of a message stands for one slash."""
    line = line.strip()
    if line.startswith("//"):
        return Typed("", line[1:])
    if not line.startswith("/"):
        return Typed("", line)
    name, _, argument = line[1:].partition(" ")
    return Typed(name.strip().lower() or "?", argument.strip())


def explain_unknown(name: str) -> str:
    """What to say of a command that there is not."""
    close = difflib.get_close_matches(name, NAMES, 1, cutoff=0.5)
    hint = f"Did you mean /{close[0]}?" if close else "/help lists the commands."
    return f"There is no command /{name}. {hint} To begin a message with a slash, type two."


def help_text(*, has_keys: bool) -> str:
    """The list of commands, and of keys where the terminal takes them."""
    rows = [(f"/{command.name} {command.arguments}".rstrip(), command.description) for command in COMMANDS]
    rows.append(("//text", "a message that begins with a slash"))
    if has_keys:
        rows += [
            ("Enter", "send; while she talks, this interrupts her"),
            ("Alt+Enter, Ctrl+J", "a new line"),
            ("Esc", "interrupt her"),
            ("Up, Ctrl+R", "what you typed before, search in it"),
            ("Ctrl+C", "interrupt and clear the line; twice: leave"),
            ("Ctrl+D", "on an empty line: leave"),
        ]
    width = max(len(left) for left, _ in rows)
    return "\n".join(f"{left:<{width}}  {right}" for left, right in rows)

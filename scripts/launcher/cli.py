"""The command line of the launcher."""

import os
from collections.abc import Sequence

from launcher import checks, terminal
from launcher.environment import Environment
from launcher.parts import ROOT


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code."""
    terminal.use_utf8()
    words = list(arguments)
    if words[:1] == ["test"]:
        yes = "--yes" in words or bool(os.environ.get("CI"))
        rest = [word for word in words[1:] if word != "--yes"]
        console = terminal.Terminal()
        try:
            return checks.run(Environment(ROOT, console), console, rest, yes)
        except terminal.LaunchError as error:
            console.fail(str(error))
            return error.code
    return 2

"""Answers from inside `.venv`: the settings, and what can be imported there."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launcher.environment import Environment
from launcher.hub import BAD_SETTINGS
from launcher.terminal import LaunchError

SCRIPT = Path(__file__).with_name("inside.py")
ANSWER_SECONDS = 60


@dataclass(frozen=True)
class Settings:
    """What the launcher has to know of the user's settings."""

    home: Path
    host: str
    port: int
    llm_url: str
    embedded_model: str


def ask(environment: Environment, question: str, words: Sequence[str] = ()) -> Any:
    """Put one question of `inside.py`; None when the answering process broke.

    A broken native library can end a process without a word: that is why nothing is imported here.
    """
    try:
        done = subprocess.run(
            [environment.python, SCRIPT, question, *words],
            capture_output=True,
            env=environment.variables(),
            stdin=subprocess.DEVNULL,
            timeout=ANSWER_SECONDS,
            check=False,
        )
        lines = done.stdout.decode("utf-8").splitlines() if done.returncode == 0 else []
        return json.loads(lines[-1]) if lines else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def settings(environment: Environment) -> Settings:
    """The settings of this user.

    Raises:
        LaunchError: They cannot be used; names the key, what was found and what is allowed.
    """
    read = ask(environment, "settings")
    if read is None:
        raise LaunchError("The environment .venv is damaged. Remove the folder .venv, then start again.")
    if read["error"]:
        raise LaunchError(read["error"], BAD_SETTINGS)
    return Settings(Path(read["home"]), read["host"], read["port"], read["llm_url"], read["embedded_model"])


def probe(environment: Environment, modules: Sequence[str]) -> dict[str, str]:
    """What goes wrong when modules are imported; an empty text for each that works."""
    found = ask(environment, "probe", modules) if modules else {}
    if found is not None:
        return {module: str(problem) for module, problem in found.items()}
    if len(modules) == 1:
        return {modules[0]: "it ends the whole process"}
    return {module: problem for one in modules for module, problem in probe(environment, [one]).items()}

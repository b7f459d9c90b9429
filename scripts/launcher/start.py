"""The start command: install, join or start the hub, start the parts, open the chat, and clean up."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from launcher import facts, hub, parts, system
from launcher.environment import Environment
from launcher.parts import Part
from launcher.processes import Child, Children, Signals, wait_a_little
from launcher.terminal import GREEN, LaunchError, Terminal, is_terminal

REPLY_SECONDS = 600.0
CANNOT_RUN = 2


@dataclass(frozen=True)
class Options:
    """What the user asked of `start`."""

    only: tuple[Part, ...] = ()
    "Empty: everything that can run here."
    say: str | None = None
    yes: bool = False
    chat: bool = True


class Session:
    """One start: what it brought up, it takes down."""

    def __init__(
        self, environment: Environment, terminal: Terminal, signals: Signals, options: Options
    ) -> None:
        self._environment = environment
        self._terminal = terminal
        self._options = options
        self._children = Children(signals, terminal, environment.variables())
        self._python = str(environment.python)

    def run(self) -> int:
        """Run to the end; returns the exit code."""
        chosen = self._chosen()
        self._install(chosen)
        known = facts.settings(self._environment)
        try:
            if self._options.say is not None:
                self._hub(known)
                return self._say_once(self._options.say)
            wants_hub = any(row.name == "hub" for row in chosen)
            own_hub = self._hub(known) if wants_hub else None
            if not wants_hub and hub.find(known.home) is None:
                self._terminal.warn(
                    "No hub is running yet: start it with scripts/start_backend.sh; they wait for it."
                )
            self._start_parts(chosen)
            return self._stay(chosen, own_hub)
        finally:
            self._children.stop()

    def _chosen(self) -> list[Part]:
        """The parts to start; those that are missing are named."""
        if self._options.say is not None:
            return [parts.part("hub"), parts.part("chat")]
        picked = list(self._options.only or (row for row in parts.PARTS if row.module))
        if not self._options.chat:
            picked = [row for row in picked if row.name != "chat"]
        covered = {name for row in picked for name in row.covers}
        chosen = []
        for row in picked:
            if row.exists(self._environment.root):
                if row.name not in covered:
                    chosen.append(row)
            elif row.name not in covered:
                self._terminal.warn(f"Left out {row.title}: not part of this version yet.")
        if not chosen:
            raise LaunchError("Nothing is left to start.")
        return chosen

    def _install(self, chosen: Sequence[Part]) -> None:
        root = self._environment.root
        names = {row.name for row in chosen}
        rows = [*chosen, *(row for row in parts.PARTS if row.of in names)]
        files = {row.requirements: row for row in rows if (root / row.requirements).is_file()}
        required = [file for file, row in files.items() if row.is_required]
        optional = [file for file, row in files.items() if not row.is_required]
        # The hub's packages are the least that any part needs.
        least = required or [parts.part("hub").requirements]
        for file, reason in self._environment.ensure(least, optional, self._options.yes).items():
            self._terminal.warn(f"Left out {files[file].title}: {reason}")

    def _hub(self, known: facts.Settings) -> Child | None:
        """Join the running hub, or start one; None when it was joined."""
        running = hub.find(known.home)
        child = None
        if running is None:
            self._terminal.say("Starting the hub ...")
            child = self._children.start("the hub", [self._python, "-m", "backend"])
            running, is_own = hub.wait_until_ready(known.home, child, known.port)
            child.is_echoed = not (
                self._has_chat() or self._options.say is not None or self._terminal.is_quiet
            )
            child = child if is_own else None
        if child is None:
            self._terminal.say("Alisa runs already: joining her.")
        engine = running.health().get("engine")
        mind = f", thinking with {engine}" if isinstance(engine, str) and engine else ""
        self._terminal.say(f"She is at http://127.0.0.1:{running.port}{mind}.", GREEN)
        return child

    def _has_chat(self) -> bool:
        return self._options.chat and is_terminal(sys.stdin) and is_terminal(sys.stdout)

    def _say_once(self, text: str) -> int:
        words = [self._python, "-m", parts.part("chat").module, f"--once={text}"]
        try:
            return self._children.run(words, stdin=subprocess.DEVNULL, seconds=REPLY_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise LaunchError(f"No reply came within {REPLY_SECONDS:.0f} seconds.") from error

    def _start_parts(self, chosen: Sequence[Part]) -> None:
        waiting = [row for row in chosen if row.name not in {"hub", "chat"}]
        problems = facts.probe(self._environment, sorted({name for row in waiting for name in row.questions}))
        for row in waiting:
            problem = self._why_left_out(row, problems.get(row.probe, "")) or problems.get(row.needs, "")
            if problem:
                self._terminal.warn(f"Left out {row.title}: {problem}")
                continue
            self._children.start(row.title, [self._python, "-m", row.module, *row.arguments])
            self._terminal.say(f"Started {row.title}.")

    def _why_left_out(self, row: Part, problem: str) -> str:
        missing = system.missing(row.system, problem)
        if missing and system.install(missing, self._terminal, self._options.yes):
            problem = facts.probe(self._environment, [row.probe] if row.probe else []).get(row.probe, "")
            missing = system.missing(row.system, problem)
        needed = [package for package in missing if not package.is_optional]
        if needed:
            return f"it needs {system.hint(needed)}"
        if missing:
            self._terminal.say(f"Better with {system.hint(missing)}")
        return problem

    def _stay(self, chosen: Sequence[Part], own_hub: Child | None) -> int:
        """Show the chat, or keep what was started alive until it is stopped."""
        wants_chat = any(row.name == "chat" for row in chosen)
        if wants_chat and (self._has_chat() or len(chosen) == 1):
            return self._children.run([self._python, "-m", parts.part("chat").module])
        if wants_chat:
            self._terminal.say("There is no terminal for a chat here.")
        if not self._children.background:
            # A hub that runs already is what was wanted; parts of which none can run here are not.
            return 0 if any(row.name == "hub" for row in chosen) else CANNOT_RUN
        with contextlib.suppress(KeyboardInterrupt):
            # Said inside: who reads it may press Ctrl+C before the next line is reached.
            self._terminal.say("Running until Ctrl+C.")
            return self._watch(own_hub)
        self._terminal.say("Stopping.")
        return 0

    def _watch(self, own_hub: Child | None) -> int:
        alive = [
            child for child in self._children.background if child.process.poll() is None or child is own_hub
        ]
        last = 0
        while alive:
            for child in list(alive):
                code = wait_a_little(child.process)
                if code is None:
                    continue
                alive.remove(child)
                if child is own_hub:
                    if code != 0:
                        raise LaunchError(
                            f"The hub stopped (exit code {code}).\n{child.last_words()}".rstrip()
                        )
                    self._terminal.say("The hub was stopped.")
                    return 0
                words, last = child.last_words(1), code
                self._terminal.warn(f"{child.title} ended (exit code {code}). {words}".strip().capitalize())
        return last if len(self._children.background) == 1 else 0


@contextlib.contextmanager
def running_in(environment: Environment, terminal: Terminal, signals: Signals) -> Iterator[Children]:
    """Children that are ended with the block, for commands that are passed on."""
    children = Children(signals, terminal, environment.variables())
    try:
        yield children
    finally:
        children.stop()


def pass_on(environment: Environment, terminal: Terminal, signals: Signals, words: Sequence[str]) -> int:
    """Run one of Alisa's own command lines, installing what it needs first."""
    environment.ensure([parts.part("hub").requirements])
    with running_in(environment, terminal, signals) as children:
        return children.run([str(environment.python), *words])


def install(environment: Environment, terminal: Terminal, yes: bool) -> int:
    """Install everything that this version has, also what failed before."""
    environment.forget_failures()
    rows = {row.requirements: row for row in parts.PARTS if _has_requirements(environment.root, row)}
    required = [file for file, row in rows.items() if row.is_required]
    optional = [file for file, row in rows.items() if not row.is_required]
    left_out = environment.ensure(required, optional, yes)
    for file, reason in left_out.items():
        terminal.warn(f"Left out {rows[file].title}: {reason}")
    return 1 if left_out else 0


def _has_requirements(root: Path, row: Part) -> bool:
    return (root / row.requirements).is_file() and row.exists(root)

"""The command line of the launcher."""

import argparse
import os
from collections.abc import Sequence

from launcher import checks, doctor, facts, hub, start, terminal
from launcher.environment import Environment
from launcher.parts import PARTS, ROOT, pick
from launcher.processes import Signals, Stopped

# Commands whose words go on to a command line of Alisa's own, `--help` included.
PASSED_ON = {
    "models": ("backend.llm.models", "list, download and remove language models"),
    "voices": ("voice.voices", "list, play and choose her voices"),
    "hearing": ("voice.stt", "list, download and remove the models she hears with"),
    "cards": ("backend.conversation.cards", "import and export her character as a card"),
}
VOICE_DOCTOR = "voice.doctor"
COMMANDS = ("start", "stop", "doctor", "install", "test", *PASSED_ON)


def parser() -> argparse.ArgumentParser:
    """All commands and their help."""
    top = argparse.ArgumentParser(
        prog="alisa.py",
        description="Starts Alisa, your companion on the desktop. Without a command: start.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    begin = commands.add_parser("start", help="install what is missing, start her, open a chat")
    _add_start(begin)
    top.epilog = "start:\n" + begin.format_help().split("\n\n", 1)[1]
    stop = commands.add_parser("stop", help="stop the running hub of this home folder")
    check = commands.add_parser("doctor", help="say what is missing or broken here, and how to mend it")
    check.add_argument("--json", action="store_true", help="print the findings as JSON")
    voice_help = "look at her voice and ears instead; plays and records (doctor --voice --help)"
    check.add_argument("--voice", action="store_true", help=voice_help)
    fill = commands.add_parser("install", help="install everything, also what could not be installed before")
    commands.add_parser("test", help="run all checks and tests; with arguments only pytest, which gets them")
    for name, (_, text) in PASSED_ON.items():
        commands.add_parser(name, help=f"{text} ({name} --help)", add_help=False)
    fill.add_argument("--yes", action="store_true", help="answer yes to every question")
    for one in (stop, fill):
        one.add_argument("--quiet", action="store_true", help="say nothing unless something is wrong")
    return top


def _add_start(command: argparse.ArgumentParser) -> None:
    names = ", ".join(row.name for row in PARTS if row.module)
    command.add_argument("--only", metavar="NAME[,NAME]", help=f"start only these parts: {names}")
    command.add_argument("--say", metavar="TEXT", help="send one message, print the reply alone, and end")
    command.add_argument("--yes", action="store_true", help="install system packages without asking")
    command.add_argument("--no-chat", action="store_true", help="open no chat; stay until Ctrl+C")
    command.add_argument("--quiet", action="store_true", help="say nothing unless something is wrong")


def prepare(arguments: Sequence[str]) -> list[str]:
    """The words with the default command, and with a text of `--say` that may begin with a dash."""
    words = list(arguments)
    if not words or (words[0].startswith("-") and words[0] not in {"-h", "--help"}):
        words.insert(0, "start")
    if words[0] == "start" and "--say" in words[:-1]:
        place = words.index("--say")
        words[place : place + 2] = [f"--say={words[place + 1]}"]
    return words


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code."""
    terminal.use_utf8()
    words = prepare(arguments)
    console = terminal.Terminal()
    signals = Signals()
    signals.install()
    try:
        if words[0] == "test":
            return _test(console, words[1:])
        if words[0] == "doctor" and "--voice" in words:
            rest = [word for word in words[1:] if word != "--voice"]
            return _voice(Environment(ROOT, console), console, signals, rest)
        if words[0] in PASSED_ON:
            module = PASSED_ON[words[0]][0]
            return start.pass_on(Environment(ROOT, console), console, signals, ["-m", module, *words[1:]])
        return _run(parser().parse_args(words), console, signals)
    except terminal.LaunchError as error:
        console.fail(str(error))
        return error.code
    except Stopped as stopped:
        console.say("Stopped.")
        return 128 + stopped.number


def _test(console: terminal.Terminal, words: Sequence[str]) -> int:
    yes = "--yes" in words or bool(os.environ.get("CI"))
    return checks.run(Environment(ROOT, console), console, [word for word in words if word != "--yes"], yes)


def _voice(
    environment: Environment, console: terminal.Terminal, signals: Signals, words: Sequence[str]
) -> int:
    """The doctor of her voice, which is no part of the launcher; like this one it installs nothing."""
    if not environment.version():
        raise terminal.LaunchError(f"Alisa is not installed here yet. Run: {doctor.INSTALL}")
    problem = facts.probe(environment, [VOICE_DOCTOR])[VOICE_DOCTOR]
    if problem:
        raise terminal.LaunchError(f"Her voice is not installed: {problem}. Run: {doctor.INSTALL}")
    with start.running_in(environment, console, signals) as children:
        return children.run([str(environment.python), "-m", VOICE_DOCTOR, *words])


def _run(options: argparse.Namespace, console: terminal.Terminal, signals: Signals) -> int:
    console.is_quiet = getattr(options, "quiet", False)
    environment = Environment(ROOT, console)
    if options.command == "doctor":
        return doctor.run(environment, options.json)
    if options.command == "install":
        code = start.install(environment, console, options.yes)
        console.say(
            "Everything is installed." if code == 0 else "Some of it could not be installed, see above."
        )
        return code
    if options.command == "stop":
        return _stop(environment, console)
    try:
        only = pick(options.only) if options.only is not None else ()
    except ValueError as error:
        raise terminal.LaunchError(str(error), 2) from error
    if options.say is not None and not options.say.strip():
        raise terminal.LaunchError("There is nothing to say: --say needs a text.", 2)
    chosen = start.Options(only, options.say, options.yes, not options.no_chat)
    return start.Session(environment, console, signals, chosen).run()


def _stop(environment: Environment, console: terminal.Terminal) -> int:
    if not environment.version():
        console.say("Alisa is not installed here, so nothing of hers can run.")
        return 0
    stopped = hub.stop(facts.settings(environment).home)
    console.say("The hub was stopped." if stopped else "No hub of this home folder is running.")
    return 0

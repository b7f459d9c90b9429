"""Starts the terminal chat: `python -m voice.text_chat`."""

import argparse
import asyncio
import contextlib
import io
import json
import os
import re
import signal
import sys
from collections.abc import AsyncGenerator, Callable
from types import FrameType
from typing import TextIO

from backend.shared.client import HubClient
from backend.shared.errors import AlisaError
from backend.shared.events import Hello
from backend.shared.settings import home
from voice.text_chat.chat import Chat, Left, Stop, Typing, Voice, objection
from voice.text_chat.once import Asker, NoHubError, Reply
from voice.text_chat.safe_text import sendable
from voice.text_chat.stdin_lines import stdin_lines

ANSWERED, FAILED, WRONG_USE, NO_HUB = 0, 1, 2, 3
_MOST_STDIN_BYTES = 1024 * 1024
_FROM_STDIN = object()
_STOP_KEYS_SECONDS = 2.0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m voice.text_chat",
        description="Talk to Alisa in the terminal. Her hub must run: python -m backend.",
        epilog="Exit codes with --once or a pipe: 0 answered, 1 failed or cut off, 2 wrong use, "
        "3 no hub in time. Without --once, each line from a pipe is a message.",
    )
    parser.add_argument(
        "--once",
        nargs="?",
        const=_FROM_STDIN,
        metavar="TEXT",
        help="say TEXT (or what comes from a pipe), print her reply alone, and leave",
    )
    parser.add_argument("--json", action="store_true", help='print {"reply", "emotion", "ending"} instead')
    parser.add_argument(
        "--wait", type=_seconds, default=10.0, metavar="SECONDS", help="longest wait for the hub (10)"
    )
    parser.add_argument("--speak", action="store_true", help="hear her too, through the loudspeakers")
    parser.add_argument(
        "--plain", action="store_true", help="plain lines: for screen readers, simple terminals"
    )
    parser.add_argument("--name", default="text chat", help="how this window is called at the hub")
    arguments = parser.parse_args()
    if arguments.json and arguments.once is None and _is_terminal(sys.stdin):
        parser.error("--json goes with --once or a pipe")
    return arguments


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 86_400:
        raise ValueError
    return seconds


def _is_terminal(stream: TextIO | None) -> bool:
    # Python has None for a stream that was closed before it started.
    return stream is not None and stream.isatty()


def _complain(message: str) -> None:
    with contextlib.suppress(OSError):
        print(f"text_chat: {message}", file=sys.stderr, flush=True)


class _Printer:
    """Prints replies alone on standard output: as they come, or as JSON."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def piece(self, text: str) -> None:
        if not self._as_json:
            print(text, end="", flush=True)

    def end(self, reply: Reply) -> int:
        """Finish a reply; the exit code for it."""
        if self._as_json:
            answer = {"reply": reply.text, "emotion": reply.emotion, "ending": reply.ending}
            line = json.dumps(answer, ensure_ascii=False)
            print(re.sub("[\x7f-\x9f]", lambda found: f"\\u{ord(found.group()):04x}", line), flush=True)
        elif reply.text and not reply.text.endswith("\n"):
            print(flush=True)
        if reply.ending == "complete":
            return ANSWERED
        _complain(reply.trouble)
        return FAILED


@contextlib.asynccontextmanager
async def _voice(
    client: HubClient, arguments: argparse.Namespace, warn: Callable[[str], None]
) -> AsyncGenerator[Voice | None]:
    """Her voice, where the user wants to hear her."""
    if not arguments.speak:
        yield None
        return
    try:
        # Imported only now: without her voice the chat needs no sound, and starts sooner.
        from voice.text_chat.speech import open_speech
    except ModuleNotFoundError as error:
        warn(f"She cannot speak: the package {error.name} is missing. Run: scripts/alisa.py install")
        yield None
        return
    async with open_speech(client, home(), warn) as speech:
        yield speech


@contextlib.asynccontextmanager
async def _asker(client: HubClient, arguments: argparse.Namespace) -> AsyncGenerator[Asker]:
    async with _voice(client, arguments, _complain) as voice:
        asker = Asker(client, arguments.wait, voice)
        async with asker.connected():
            yield asker


async def _ask_once(client: HubClient, arguments: argparse.Namespace, text: str) -> int:
    printer = _Printer(as_json=arguments.json)
    async with _asker(client, arguments) as asker:
        try:
            result = printer.end(await asker.ask(text, printer.piece))
            await asker.until_spoken()
        except asyncio.CancelledError:
            await asker.interrupt()
            raise
        return result


async def _ask_lines(client: HubClient, arguments: argparse.Namespace) -> int:
    """Each line of standard input is a message."""
    printer = _Printer(as_json=arguments.json)
    result = ANSWERED
    async with _asker(client, arguments) as asker:
        async for line in stdin_lines():
            text = sendable(line)
            refused = objection(text)
            if refused:
                _complain(refused)
                result = FAILED
            elif text:
                result = printer.end(await asker.ask(text, printer.piece)) or result
                await asker.until_spoken()
    return result


async def _talk(client: HubClient, arguments: argparse.Namespace) -> None:
    typing: Typing = asyncio.Queue()
    if arguments.plain or not _is_terminal(sys.stdout) or os.environ.get("TERM") == "dumb":
        from voice.text_chat.plain import PlainView, run_plain

        plain = PlainView(sys.stdout)
        async with _voice(client, arguments, lambda text: plain.show_line("warning", text)) as voice:
            chat = Chat(client, plain, has_keys=False, voice=voice)
            _on_signals(typing, chat)
            await run_plain(plain, typing, asyncio.create_task(chat.run(typing)))
    else:
        from voice.text_chat.screen import Screen

        screen = Screen(typing)
        async with _voice(client, arguments, lambda text: screen.show_line("warning", text)) as voice:
            chat = Chat(client, screen, has_keys=True, voice=voice)
            _on_signals(typing, chat)
            await screen.run(asyncio.create_task(chat.run(typing)))
    for text in chat.transcript.waiting:
        print(f"Not sent: {text}")


def _on_signals(typing: Typing, chat: Chat) -> None:
    """Ctrl+C stops her, twice or when she is silent leaves; being ended from outside leaves."""
    loop = asyncio.get_running_loop()
    pressed = [float("-inf")]

    def stop_or_leave() -> None:
        is_again = loop.time() - pressed[0] < _STOP_KEYS_SECONDS
        pressed[0] = loop.time()
        typing.put_nowait(Stop() if chat.is_talking and not is_again else Left())

    def on_signal(number: int, _frame: FrameType | None) -> None:
        act = stop_or_leave if number == signal.SIGINT else lambda: typing.put_nowait(Left())
        loop.call_soon_threadsafe(act)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), on_signal)


def _once_text(given: object) -> str:
    if given is _FROM_STDIN:
        if sys.stdin is None:
            return ""
        return sendable(sys.stdin.buffer.read(_MOST_STDIN_BYTES).decode("utf-8", "replace"))
    return sendable(str(given))


def _run(arguments: argparse.Namespace) -> int:
    client = HubClient(home(), Hello(name=arguments.name[:200]))
    if arguments.once is not None:
        text = _once_text(arguments.once)
        refused = objection(text) or ("" if text else "There is nothing to say: the message is empty.")
        if refused:
            _complain(refused)
            return WRONG_USE
        return asyncio.run(_ask_once(client, arguments, text))
    if not _is_terminal(sys.stdin):
        return asyncio.run(_ask_lines(client, arguments))
    asyncio.run(_talk(client, arguments))
    return ANSWERED


def main() -> int:
    """Run the chat; the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Whatever the locale says: her words are not ASCII.
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        return _run(_arguments())
    except NoHubError as error:
        _complain(error.message)
        return NO_HUB
    except AlisaError as error:
        _complain(error.message)
        return FAILED
    except OSError as error:
        # What is left in the buffer cannot be written either, and must not complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            # The reader has had enough.
            return ANSWERED
        _complain(f"The answer cannot be written: {error.strerror}.")
        return FAILED
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())

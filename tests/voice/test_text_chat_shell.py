"""The chat in a POSIX shell, against a real local server."""

import asyncio
import signal
from pathlib import Path

from text_chat_standin import COMMAND, ROOT, asked, environment, finish, hub, read_until, until

from backend.shared import events


async def in_shell(tmp_path: Path, command: str) -> tuple[int | None, str, str]:
    """Run a shell command in which `chat` is the chat."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_shell(
        command.replace("chat", f"'{COMMAND[0]}' -m voice.text_chat"),
        cwd=ROOT,
        env=environment(tmp_path),
        stdout=pipe,
        stderr=pipe,
    )
    return await finish(process)


async def test_a_reader_that_has_enough_is_no_error(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard:
        heard.answers = ["line\n"] * 50_000
        assert await in_shell(tmp_path, "chat --once hi | head -1") == (0, "line\n", "")


async def test_closed_and_full_streams_are_told_in_one_line(tmp_path: Path) -> None:
    async with hub(tmp_path):
        assert await in_shell(tmp_path, "chat <&-") == (0, "", "")
        assert (await in_shell(tmp_path, "chat --once <&-"))[0] == 2
        assert await in_shell(tmp_path, "chat --once hi >&-") == (0, "", "")
        code, _, err = await in_shell(tmp_path, "chat --once hi > /dev/full")
        assert (code, err) == (1, "text_chat: The answer cannot be written: No space left on device.\n")


async def test_ctrl_c_stops_her_and_is_quiet(tmp_path: Path) -> None:
    async with hub(tmp_path) as heard:
        process, turn = await asked(tmp_path, heard)
        await heard.say(turn, "One")
        await read_until(process, "One")
        process.send_signal(signal.SIGINT)
        assert await finish(process) == (130, "", "")
        await until(lambda: heard.got(events.Interrupt))

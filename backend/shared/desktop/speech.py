"""The voice that comes with the system: text in, sound out, nothing on the disk; and where espeak-ng is.

The system's own means run in a process that is kept open: it starts slowly, may hang, and on macOS wants a
main thread for itself. Every line to it is `NUMBER BASE64`, the base64 of a JSON object: `{"do": "voices"}`
or `{"do": "speak", "text", "voice", "rate"}`. Every line from it is `NUMBER KIND BASE64`: the kind `voices`
is a JSON array of `SystemVoice`, `wav` is a WAV file, `error` is text.
"""

import asyncio
import base64
import binascii
import contextlib
import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.shared.errors import AlisaError

# A minute of sound is 8 MB.
_LONGEST_LINE = 128 * 1024 * 1024
_LIMIT_SECONDS, _END_SECONDS = 15.0, 2.0

if sys.platform == "win32":
    NO_WINDOW = subprocess.CREATE_NO_WINDOW
else:
    NO_WINDOW = 0
"""Flag for programs that would open a console window."""


class SpeechError(AlisaError):
    """The system's voice cannot be used, or not now; the message says what to do."""


@dataclass(frozen=True, slots=True)
class SystemVoice:
    """A voice that is installed in the system."""

    id: str
    title: str
    language: str
    "Such as en-US."
    gender: str
    "female, male or empty."


class SystemSpeech:
    """The process that speaks. Belongs to one asyncio loop; starts when it is needed, and again when it died.

    Requests may overlap; what a cancelled one would have got is dropped when it comes.
    """

    def __init__(
        self, command: Sequence[str], rate_of: Callable[[float], float], limit_seconds: float = _LIMIT_SECONDS
    ) -> None:
        """Prepare; nothing is started.

        Args:
            command: Starts the process.
            rate_of: How often as fast as usual -> the number that the process takes.
            limit_seconds: A process that has not answered by then is ended.
        """
        self._command, self._rate_of, self._limit_seconds = list(command), rate_of, limit_seconds
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[tuple[str, bytes]]] = {}
        self._numbers = itertools.count(1)
        self._starting = asyncio.Lock()

    async def voices(self) -> list[SystemVoice]:
        """All that are installed, better ones first where the system tells.

        Raises:
            SpeechError: They cannot be listed.
        """
        data = await self._ask("voices", {"do": "voices"})
        try:
            return [
                SystemVoice(*(str(row[key] or "") for key in SystemVoice.__slots__))
                for row in json.loads(data)
            ]
        except (ValueError, KeyError, TypeError) as error:
            raise _broken() from error

    async def speak(self, text: str, voice: str, rate: float) -> bytes:
        """The sound of a text, as a WAV file.

        Args:
            text: Plain text; nothing in it is a command.
            voice: Its id; empty for the one that the user has set in the system.
            rate: How often as fast as usual.

        Raises:
            SpeechError: It did not work.
        """
        text = text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
        request = {"do": "speak", "text": text, "voice": voice, "rate": self._rate_of(rate)}
        return await self._ask("wav", request)

    async def close(self) -> None:
        """End the process."""
        async with self._starting:
            await self._end()

    async def _ask(self, kind: str, request: dict[str, Any]) -> bytes:
        number = next(self._numbers)
        answer: asyncio.Future[tuple[str, bytes]] = asyncio.get_running_loop().create_future()
        waiting = self._waiting
        try:
            async with asyncio.timeout(self._limit_seconds):
                process, waiting = await self._started(), self._waiting
                waiting[number] = answer
                words = base64.b64encode(json.dumps(request).encode()).decode()
                assert process.stdin is not None
                process.stdin.write(f"{number} {words}\n".encode())
                await process.stdin.drain()
                found, data = await answer
        except TimeoutError as error:
            await self.close()
            raise SpeechError("speech-slow", "The system's voice does not answer. Try it again.") from error
        except (OSError, EOFError) as error:
            await self.close()
            raise _broken() from error
        finally:
            waiting.pop(number, None)
        if found != kind:
            text = "The system's voice did not work. Choose another one: python -m voice.voices"
            raise SpeechError("speech-failed", text)
        return data

    async def _started(self) -> asyncio.subprocess.Process:
        async with self._starting:
            is_deaf = self._reader is None or self._reader.done()
            if self._process is None or self._process.returncode is not None or is_deaf:
                await self._end()
                self._process = await asyncio.create_subprocess_exec(
                    *self._command,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.DEVNULL,
                    limit=_LONGEST_LINE,
                    creationflags=NO_WINDOW,
                )
                self._waiting = {}
                self._reader = asyncio.create_task(_read(self._process, self._waiting))
            return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        reader, self._reader = self._reader, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        if process is not None and process.stdin is not None:
            process.stdin.close()
        if reader is not None:
            await asyncio.wait([reader], timeout=_END_SECONDS)
            reader.cancel()


async def _read(
    process: asyncio.subprocess.Process, waiting: dict[int, asyncio.Future[tuple[str, bytes]]]
) -> None:
    """Hand out the answers of one process until it ends."""
    assert process.stdout is not None
    with contextlib.suppress(ValueError, OSError):
        while line := await process.stdout.readline():
            number, kind, data = parse_line(line)
            answer = waiting.pop(number, None)
            if answer is not None and not answer.done():
                answer.set_result((kind, data))
    # It died, or said what nobody understands: whoever waits waits in vain.
    for answer in waiting.values():
        if not answer.done():
            answer.set_exception(EOFError())


def parse_line(line: bytes) -> tuple[int, str, bytes]:
    """Number, kind and data of a line that the process wrote.

    Raises:
        ValueError: It is none.
    """
    number, kind, *data = line.split()
    try:
        return int(number), kind.decode("ascii"), base64.b64decode(b"".join(data), validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error


def open_speech() -> SystemSpeech:
    """What speaks on this system.

    Raises:
        SpeechError: This system has no voice of its own.
    """
    if sys.platform == "win32":
        from backend.shared.desktop import windows_speech

        return SystemSpeech(windows_speech.command(), windows_speech.rate_number)
    elif sys.platform == "darwin":  # noqa: RET505  # the type checker follows only such chains
        from backend.shared.desktop import macos_speech

        return SystemSpeech(macos_speech.command(), macos_speech.rate_number)
    else:
        text = "Linux has no voice of its own. Install espeak-ng: apt-get install espeak-ng"
        raise SpeechError("speech-missing", text)


def find_espeak() -> str | None:
    """Path of the program espeak-ng, or of the older espeak; its installer on Windows sets no PATH."""
    found = shutil.which("espeak-ng") or shutil.which("espeak")
    if sys.platform == "win32" and found is None:
        folders = [os.environ.get(name, "") for name in ("PROGRAMFILES", "PROGRAMFILES(X86)")]
        places = [Path(folder) / "eSpeak NG" / "espeak-ng.exe" for folder in folders if folder]
        found = next((str(place) for place in places if place.is_file()), None)
    return found


def _broken() -> SpeechError:
    text = "The system's voice has stopped. It is started again next time; else install espeak-ng."
    return SpeechError("speech-stopped", text)

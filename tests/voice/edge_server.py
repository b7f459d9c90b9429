"""A stand-in for Microsoft's speech service on this machine, with all its ways to be unwell.

Written from what edge-tts sends and takes and from what its users report; the real service was never seen.
Every text has its own tone, so that what comes out at the other end can be told and measured.
"""

import asyncio
import functools
import io
import json
import re
import threading
import zlib
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal
from xml.etree import ElementTree

import aiohttp
import av
import edge_tts.communicate
import edge_tts.voices
import numpy as np
from aiohttp import web

from voice.deck import Samples

RATE = 24_000
LEAD_SECONDS, TAIL_SECONDS = 0.1, 0.3
_TICKS = 10_000_000
_CHUNK = 720
_BYTES_A_SECOND = 6000

Mode = Literal[
    "ok",
    "id3",  # the sound begins with a tag
    "slow",  # steady, `pace_seconds` between two pieces
    "unknown_words",  # reports its words in other letters
    "no_words",  # reports none
    "no_goodbye",  # does not answer the end of the connection
    "wrong_clock",  # HTTP 403 at first, as when the client's clock is wrong, then ok
    "refused",  # HTTP 503
    "forbidden",  # HTTP 403, as for an outdated client
    "deaf",  # takes the connection and says nothing
    "stalled_first",  # nothing after the request
    "stalled",  # nothing more after the first pieces
    "dropped",  # the connection breaks after the first pieces
    "dropped_late",  # it breaks early in the sound, when all words are reported
    "dropped_at_end",  # it breaks before the last word
    "truncated",  # says that it is done after half of the text
    "no_sound",  # says that it is done without any sound
    "silent",  # sound of zeros
    "garbage",  # bytes that are no MP3
    "strange",  # messages that nobody knows
]


@dataclass(frozen=True)
class Asked:
    """One request."""

    text: str
    voice: str
    rate: str
    pitch: str


class EdgeServer:
    """A server in its own thread; `mode` may be changed at any time.

    Attributes:
        mode: How it answers the next request.
        voices: The voices that it has.
        asked: Every request that came, in order.
        open: How many requests are being answered now.
        pace_seconds: What it waits between two pieces of sound in mode "slow".
        everything: All that clients sent, as text.
    """

    def __init__(self) -> None:
        self.mode: Mode = "ok"
        self.voices = [
            "en-US-AriaNeural",
            "en-US-GuyNeural",
            "en-US-EmmaMultilingualNeural",
            "de-DE-KatjaNeural",
            "ja-JP-NanamiNeural",
            "zh-CN-XiaoxiaoNeural",
            "cy-GB-NiaNeural",
        ]
        self.asked: list[Asked] = []
        self.everything: list[str] = []
        self.connections = self.open = self.lists = 0
        self.pace_seconds = 0.05
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="edge server")

    def __enter__(self) -> "EdgeServer":
        self._thread.start()
        self._call(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    @contextmanager
    def in_place_of_the_real_one(self) -> Iterator[None]:
        """edge-tts of this process asks this server."""
        speech, voices = edge_tts.communicate.WSS_URL, edge_tts.voices.VOICE_LIST
        edge_tts.communicate.WSS_URL = f"ws://127.0.0.1:{self.port}/edge/v1?TrustedClientToken=x"
        edge_tts.voices.VOICE_LIST = f"http://127.0.0.1:{self.port}/voices/list?trustedclienttoken=x"
        try:
            yield
        finally:
            edge_tts.communicate.WSS_URL, edge_tts.voices.VOICE_LIST = speech, voices

    def go_away(self) -> None:
        """Nobody listens at its port any more."""
        self._call(self._site.stop())

    def come_back(self) -> None:
        """It listens at the same port again."""
        self._call(self._listen())

    def forget(self) -> None:
        """Well again, and nothing asked yet."""
        self.mode, self.pace_seconds = "ok", 0.05
        self.asked.clear()
        self.everything.clear()
        self.connections = self.lists = 0

    @property
    def texts(self) -> list[str]:
        """Every text that it was asked to say."""
        return [asked.text for asked in self.asked]

    @property
    def times_asked(self) -> Counter[str]:
        """How often it was asked for each text."""
        return Counter(self.texts)

    def _call(self, todo: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(todo, self._loop).result(10)

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_get("/edge/v1", self._speak)
        app.router.add_get("/voices/list", self._list)
        self._done = asyncio.Event()
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await self._listen()

    async def _listen(self) -> None:
        self._site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await self._site.start()
        self.port = self._runner.addresses[0][1]

    async def _end(self) -> None:
        self._done.set()
        await self._runner.cleanup()

    async def _list(self, request: web.Request) -> web.Response:
        self.lists += 1
        if self.mode == "refused":
            return web.Response(status=503)
        if self.mode == "garbage":
            return web.Response(text='[{"Name": 1}]')
        return web.json_response(
            [
                {
                    "ShortName": voice,
                    "Locale": "-".join(voice.split("-")[:2]),
                    "Gender": "Male" if "Guy" in voice else "Female",
                    "FriendlyName": f"Microsoft {voice} Online (Natural)",
                }
                for voice in self.voices
            ]
        )

    async def _speak(self, request: web.Request) -> web.StreamResponse:
        self.connections += 1
        self.open += 1
        try:
            if self.mode == "deaf":
                await self._wait_for(request, None)
            if self.mode == "refused":
                return web.Response(status=503)
            if self.mode == "forbidden" or (self.mode == "wrong_clock" and self.connections == 1):
                return web.Response(status=403)
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            await self._answer(request, socket)
            return socket
        except (ConnectionError, aiohttp.ClientError):
            return web.Response(status=500)
        finally:
            self.open -= 1

    async def _wait_for(self, request: web.Request, socket: web.WebSocketResponse | None) -> None:
        """Hold the client up until it goes, or this server ends."""
        while request.transport is not None and not request.transport.is_closing():
            if self._done.is_set() or (socket is not None and socket.closed):
                return
            await asyncio.sleep(0.01)

    async def _answer(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        config = str((await socket.receive()).data)
        ssml = str((await socket.receive()).data)
        if not ssml.startswith("X-RequestId"):
            return
        self.everything += [config, ssml]
        asked = _read(ssml)
        self.asked.append(asked)
        if asked.voice not in self.voices:
            await socket.close(code=1007, message=f"Unsupported voice {asked.voice}.".encode())
            return
        await socket.send_str(_message("turn.start", "{}"))
        if self.mode == "stalled_first":
            await self._wait_for(request, socket)
            return
        if self.mode == "strange":
            await socket.send_str(_message("weather", "{}"))
            return
        if await self._send_sound(request, socket, asked):
            await socket.send_bytes(_binary(b"", with_type=False))
            await socket.send_str(_message("turn.end", "{}"))
            if self.mode == "no_goodbye":
                await self._wait_for(request, None)
            await socket.close()

    async def _send_sound(self, request: web.Request, socket: web.WebSocketResponse, asked: Asked) -> bool:
        """Send the sound as it is wanted now; false when the turn shall not end well."""
        mode = self.mode
        if mode == "no_sound":
            return True
        words, chunks = _parts(asked.text, mode)
        # Where it stops in the middle: so early that even of a short text a word is missing.
        stop = len(chunks) if mode == "dropped_at_end" else (len(chunks) - 1) // 6 + 1
        for place, chunk in enumerate(chunks):
            # As with the real one, words run ahead of their sound.
            due = 0 if mode == "dropped_late" else len(words) * (len(chunks) - place - 1) // len(chunks)
            while len(words) > due:
                await socket.send_str(words.pop(0))
            await socket.send_bytes(_binary(chunk))
            if mode == "slow":
                await asyncio.sleep(self.pace_seconds)
            elif mode == "stalled" and place + 1 == stop:
                await self._wait_for(request, socket)
                return False
            elif mode.startswith("dropped") and place + 1 == stop and request.transport is not None:
                request.transport.close()
                return False
        return True


def words_of(text: str) -> list[str]:
    """The words of a text as the service reports them: no punctuation; two letters where are no blanks."""
    found = re.findall(
        r"[\u3040-\u30ff\u4e00-\u9fff]{1,2}|[^\W\u3040-\u30ff\u4e00-\u9fff]+(?:['.,]\w+)*", text
    )
    return found or [text]


def tone_of(text: str) -> float:
    """The pitch in Hz of all that is spoken of a text."""
    return 300.0 + zlib.crc32(text.encode()) % 40 * 30


def tone_in(samples: Samples, rate: int) -> float:
    """The loudest pitch in a sound, in Hz."""
    size = 1 << 16
    spectrum = np.abs(np.fft.rfft(samples, size))
    return float(np.argmax(spectrum)) * rate / size


def seconds_of(text: str) -> float:
    """How long the sound of a text is, without the silence around it."""
    return len(words_of(text)) * 0.12 - 0.02


def _spoken(text: str) -> tuple[Samples, list[tuple[float, float]]]:
    """Beeps of 0.1 s, one for each word, and when each begins and ends."""
    times = [(LEAD_SECONDS + n * 0.12, LEAD_SECONDS + n * 0.12 + 0.1) for n in range(len(words_of(text)))]
    clock = np.arange(round((times[-1][1] + TAIL_SECONDS) * RATE)) / RATE
    is_on = np.zeros(len(clock), bool)
    for begin, end in times:
        is_on[round(begin * RATE) : round(end * RATE)] = True
    return (0.4 * np.sin(2 * np.pi * tone_of(text) * clock) * is_on).astype(np.float32), times


@functools.lru_cache(maxsize=256)
def _mp3(text: str, mode: str) -> bytes:
    sound, _ = _spoken(text)
    if mode == "garbage":
        return bytes(range(256)) * 20
    if mode == "silent":
        sound = np.zeros_like(sound)
    data = encode(sound)
    # A tag of 100 empty bytes, as players write them.
    return b"ID3\x04\x00\x00\x00\x00\x00\x64" + bytes(100) + data if mode == "id3" else data


def encode(sound: Samples) -> bytes:
    """MP3 as the service sends it: 24 kHz, 48 kbit/s, mono, without any header."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp3", options={"id3v2_version": "0", "write_xing": "0"}) as out:
        stream = out.add_stream("mp3", rate=RATE)
        stream.bit_rate = 48_000
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray((sound[None] * 32767).astype("<i2"), format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE, 0
        resampler = av.AudioResampler(format=stream.codec_context.format.name, layout="mono", rate=RATE)
        for part in [*resampler.resample(frame), None]:
            for packet in stream.encode(part):
                out.mux(packet)
    return file.getvalue()


def _parts(text: str, mode: Mode) -> tuple[list[str], list[bytes]]:
    """The messages about words, and the pieces of sound, that are to be sent of a text."""
    words, times = words_of(text), _spoken(text)[1]
    data = _mp3(text, mode)
    count = len(words)
    if mode == "truncated":
        count //= 2
        data = data[: len(data) * count // len(words)]
    elif mode == "dropped_at_end":
        count -= 1
        data = data[: round(times[count - 1][1] * _BYTES_A_SECOND) + _CHUNK]
    if mode == "unknown_words":
        words = ["xyzzy"] * len(words)
    told = [
        _message("audio.metadata", _boundary(word, when)) for word, when in zip(words, times, strict=True)
    ]
    chunks = [data[place : place + _CHUNK] for place in range(0, len(data), _CHUNK)]
    return ([] if mode == "no_words" else told[:count]), chunks


def _read(ssml: str) -> Asked:
    root = ElementTree.fromstring(ssml.partition("\r\n\r\n")[2])
    voice = root[0].attrib["name"]
    prosody = root[0][0]
    found = re.search(r"\((\S+), (\S+)\)", voice)
    name = f"{found[1]}-{found[2]}" if found else voice
    return Asked(prosody.text or "", name, prosody.attrib["rate"], prosody.attrib["pitch"])


def _message(path: str, body: str) -> str:
    return f"X-RequestId:1\r\nContent-Type:application/json; charset=utf-8\r\nPath:{path}\r\n\r\n{body}"


def _boundary(word: str, times: tuple[float, float]) -> str:
    begin, end = times
    data = {
        "Offset": round(begin * _TICKS),
        "Duration": round((end - begin) * _TICKS),
        "text": {"Text": word, "Length": len(word), "BoundaryType": "WordBoundary"},
    }
    return json.dumps({"Metadata": [{"Type": "WordBoundary", "Data": data}]})


def _binary(data: bytes, *, with_type: bool = True) -> bytes:
    head = b"X-RequestId:1\r\n" + (b"Content-Type:audio/mpeg\r\n" if with_type else b"") + b"Path:audio\r\n"
    return len(head).to_bytes(2, "big") + head + data

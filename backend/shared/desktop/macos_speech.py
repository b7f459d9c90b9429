"""The voices of macOS, through AVSpeechSynthesizer: the process that speaks, and how it is started.

It writes into buffers, never into a file; macOS 10.15 and later. The process needs nothing but Python's own
library. Written after Apple's documentation and not yet run on macOS.
"""

import base64
import ctypes
import ctypes.util
import json
import struct
import sys
import time
from pathlib import Path
from typing import Any

# AVSpeechUtteranceDefaultSpeechRate; 0 is the slowest, 1 the fastest. Apple does not say what lies between:
# an estimate after what others have heard, where 1 is about four times as fast as usual.
_USUAL_RATE, _RATE_STEP = 0.5, 0.5 / 3
_TURN_SECONDS, _QUIET_SECONDS, _LIMIT_SECONDS = 0.02, 0.5, 14.0
_FLOAT, _INTEGER = 1, 3  # AVAudioPCMFormatFloat32, AVAudioPCMFormatInt16
_GENDERS = {1: "male", 2: "female"}
_IS_GLOBAL = 1 << 28
# Jokes and robots that macOS lists among its voices.
_ODD = ("com.apple.speech.synthesis.voice.", "com.apple.eloquence.")


def command() -> list[str]:
    """Starts this file."""
    return [sys.executable, "-I", str(Path(__file__))]


def rate_number(rate: float) -> float:
    """The number of AVSpeechUtterance for a pace."""
    if rate <= 1.0:
        return rate * _USUAL_RATE
    return min(_USUAL_RATE + (rate - 1.0) * _RATE_STEP, 1.0)


def rank(identifier: str, quality: int) -> tuple[bool, int]:
    """Sorts better voices before worse ones; the quality is 1 (compact) to 3 (premium)."""
    return identifier.startswith(_ODD), -quality


def wav(frames: bytes, rate: int, is_float: bool) -> bytes:
    """A WAV file with one channel."""
    kind, width = (3, 4) if is_float else (1, 2)
    head = struct.pack("<4sIHHIIHH", b"fmt ", 16, kind, 1, rate, rate * width, width, width * 8)
    body = b"WAVE" + head + struct.pack("<4sI", b"data", len(frames)) + frames
    return struct.pack("<4sI", b"RIFF", len(body)) + body


class _Descriptor(ctypes.Structure):
    _fields_ = [("reserved", ctypes.c_ulong), ("size", ctypes.c_ulong)]


class _Block(ctypes.Structure):
    """An Objective-C block that holds nothing: see "Block Implementation Specification" of Clang."""

    _fields_ = [
        ("kind", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("reserved", ctypes.c_int),
        ("invoke", ctypes.c_void_p),
        ("descriptor", ctypes.POINTER(_Descriptor)),
    ]


class Speaker:
    """Talks to AVSpeechSynthesizer; all of it on the main thread."""

    def __init__(self) -> None:
        self._objects = _library("objc")
        self._loop = _library("CoreFoundation")
        _library("AVFoundation")
        for function in (self._objects.objc_getClass, self._objects.sel_registerName):
            function.restype, function.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
        self._objects.objc_autoreleasePoolPush.restype = ctypes.c_void_p
        self._objects.objc_autoreleasePoolPop.argtypes = [ctypes.c_void_p]
        self._loop.CFRunLoopRunInMode.argtypes = [ctypes.c_void_p, ctypes.c_double, ctypes.c_bool]
        self._mode = ctypes.c_void_p.in_dll(self._loop, "kCFRunLoopDefaultMode")
        self._synthesizer = self._send(self._send(self._class("AVSpeechSynthesizer"), "alloc"), "init")
        self._frames: list[bytes] = []
        self._rate, self._is_float, self._is_over, self._heard_at = 0, False, False, 0.0
        self._invoke = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(self._on_buffer)
        self._descriptor = _Descriptor(0, ctypes.sizeof(_Block))
        kind = ctypes.addressof(ctypes.c_void_p.in_dll(self._objects, "_NSConcreteGlobalBlock"))
        invoke = ctypes.cast(self._invoke, ctypes.c_void_p).value
        self._block = _Block(kind, _IS_GLOBAL, 0, invoke, ctypes.pointer(self._descriptor))

    def answer(self, request: dict[str, Any]) -> tuple[str, bytes]:
        """Do what a request asks; returns the kind of the answer and its data."""
        pool = self._objects.objc_autoreleasePoolPush()
        try:
            if request["do"] == "voices":
                return "voices", json.dumps(self._voices()).encode()
            return "wav", self._speak(request["text"], request["voice"], request["rate"])
        finally:
            self._objects.objc_autoreleasePoolPop(pool)

    def _voices(self) -> list[dict[str, str]]:
        listed = self._send(self._class("AVSpeechSynthesisVoice"), "speechVoices")
        rows: list[tuple[tuple[bool, int], dict[str, str]]] = []
        for index in range(self._send(listed, "count", ctypes.c_ulong)):
            voice = self._send(listed, "objectAtIndex:", ctypes.c_void_p, ctypes.c_ulong(index))
            words = {
                key: self._text(self._send(voice, message))
                for key, message in (("id", "identifier"), ("title", "name"), ("language", "language"))
            }
            words["gender"] = _GENDERS.get(self._send(voice, "gender", ctypes.c_long), "")
            rows.append((rank(words["id"], self._send(voice, "quality", ctypes.c_long)), words))
        return [words for _, words in sorted(rows, key=lambda row: row[0])]

    def _speak(self, text: str, voice: str, rate: float) -> bytes:
        kind = self._class("AVSpeechUtterance")
        utterance = self._send(kind, "speechUtteranceWithString:", ctypes.c_void_p, self._string(text))
        self._send(utterance, "setRate:", None, ctypes.c_float(rate))
        if voice:
            voices = self._class("AVSpeechSynthesisVoice")
            chosen = self._send(voices, "voiceWithIdentifier:", ctypes.c_void_p, self._string(voice))
            if not chosen:
                raise ValueError("no such voice")
            self._send(utterance, "setVoice:", None, ctypes.c_void_p(chosen))
        self._frames, self._is_over, self._heard_at = [], False, 0.0
        message = "writeUtterance:toBufferCallback:"
        block = ctypes.c_void_p(ctypes.addressof(self._block))
        self._send(self._synthesizer, message, None, ctypes.c_void_p(utterance), block)
        end = time.monotonic() + _LIMIT_SECONDS
        while not self._is_over and time.monotonic() < end:
            self._loop.CFRunLoopRunInMode(self._mode, _TURN_SECONDS, True)
            # Some versions send no empty buffer at the end.
            is_quiet = self._heard_at and time.monotonic() - self._heard_at > _QUIET_SECONDS
            self._is_over |= bool(is_quiet) and not self._send(self._synthesizer, "isSpeaking", ctypes.c_bool)
        if not self._is_over or not self._frames:
            raise ValueError("no sound")
        return wav(b"".join(self._frames), self._rate, self._is_float)

    def _on_buffer(self, _block: int, buffer: int) -> None:
        count = self._send(buffer, "frameLength", ctypes.c_uint32)
        if not count:
            self._is_over = True
            return
        form = self._send(buffer, "format")
        self._rate = round(self._send(form, "sampleRate", ctypes.c_double))
        kind = self._send(form, "commonFormat", ctypes.c_ulong)
        if kind not in {_FLOAT, _INTEGER}:
            return
        self._is_float = kind == _FLOAT
        message = "floatChannelData" if self._is_float else "int16ChannelData"
        channels = self._send(buffer, message, ctypes.POINTER(ctypes.c_void_p))
        self._frames.append(ctypes.string_at(channels[0], count * (4 if self._is_float else 2)))
        self._heard_at = time.monotonic()

    def _class(self, name: str) -> int:
        return int(self._objects.objc_getClass(name.encode()) or 0)

    def _string(self, text: str) -> ctypes.c_void_p:
        words = ctypes.c_char_p(text.encode())
        found = self._send(self._class("NSString"), "stringWithUTF8String:", ctypes.c_void_p, words)
        return ctypes.c_void_p(found)

    def _text(self, string: int) -> str:
        words = self._send(string, "UTF8String", ctypes.c_char_p)
        return words.decode() if words else ""

    def _send(self, receiver: int, message: str, result: Any = ctypes.c_void_p, *arguments: Any) -> Any:
        """Send one message; arguments are ctypes values, which say their types."""
        shape = ctypes.CFUNCTYPE(result, ctypes.c_void_p, ctypes.c_void_p, *map(type, arguments))
        selector = self._objects.sel_registerName(message.encode())
        return shape(("objc_msgSend", self._objects))(receiver, selector, *arguments)


def _library(name: str) -> ctypes.CDLL:
    path = ctypes.util.find_library(name)
    return ctypes.CDLL(path or f"/System/Library/Frameworks/{name}.framework/{name}")


def main() -> None:
    """Answer requests until the input ends; see `backend.shared.desktop.speech`."""
    speaker = Speaker()
    for line in sys.stdin.buffer:
        number, data = line.split()
        try:
            kind, answer = speaker.answer(json.loads(base64.b64decode(data)))
        except (ValueError, KeyError, TypeError, OSError) as error:
            kind, answer = "error", str(error).encode()
        sys.stdout.buffer.write(b"%s %s %s\n" % (number, kind.encode(), base64.b64encode(answer)))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()

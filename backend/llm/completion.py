"""What an OpenAI-compatible server streams: bytes as they come in, pieces of the answer out."""

import re
from typing import TypeVar

import msgspec

from backend.llm import server_errors
from backend.llm.engine import EngineError, Piece, Progress, Usage
from backend.llm.sse import EventTooLongError, SseReader
from backend.llm.thinking import ThinkFilter

MAX_TEXT_CHARACTERS = 200_000
MAX_BODY_BYTES = 4 * 1024 * 1024
_NOTHING = msgspec.Raw(b"null")
_EMPTY = frozenset({b"", b"null", b'""', b"[]", b"{}"})


class _Delta(msgspec.Struct):
    content: str | None = None
    reasoning_content: msgspec.Raw = _NOTHING
    reasoning: msgspec.Raw = _NOTHING


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    message: _Delta | None = None
    finish_reason: str | None = None
    index: int | None = 0


class _Chunk(msgspec.Struct):
    """Raw fields are read later, so that a wrong shape in them costs no text."""

    choices: list[_Choice] | None = None
    error: msgspec.Raw = _NOTHING
    usage: msgspec.Raw = _NOTHING
    timings: msgspec.Raw = _NOTHING
    prompt_progress: msgspec.Raw = _NOTHING


class _Details(msgspec.Struct):
    cached_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int
    completion_tokens: int = 0
    prompt_tokens_details: _Details | None = None


class _Timings(msgspec.Struct):
    cache_n: int | None = None


class _PromptProgress(msgspec.Struct):
    total: int
    processed: int
    cache: int = 0


_T = TypeVar("_T")
_CHUNKS = msgspec.json.Decoder(_Chunk)
_LONE_SURROGATE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


def _decode_chunk(data: bytes) -> _Chunk | None:
    """One event, None where it is no chunk; what is no UTF-8 in it becomes U+FFFD."""
    try:
        return _CHUNKS.decode(data)
    except (msgspec.ValidationError, RecursionError):
        return None
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = _LONE_SURROGATE.sub(r"\\ufffd", data.decode("utf-8", "replace"))
    try:
        return _CHUNKS.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None


def _decode(raw: msgspec.Raw, kind: type[_T]) -> _T | None:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


class Completion:
    """Reads one answer. Pure: no network, no clock.

    Attributes:
        marks: Grows whenever the answer has come further; pings and empty chunks do not count.
        has_begun: True once the model writes, be it thoughts or words.
        is_finished: True once the model has said why it stopped: nothing more has to come.
        is_done: True once nothing more can come.
        failure: Why the answer cannot go on; to be raised after the piece that was given with it.
    """

    def __init__(self, name: str, secret: str = "") -> None:
        self.marks = 0
        self.has_begun = False
        self.is_finished = False
        self.is_done = False
        self.failure: EngineError | None = None
        self._name = name
        self._secret = secret
        self._sse = SseReader()
        self._filter = ThinkFilter()
        self._head: bytes | None = b""
        self._body: bytearray | None = None
        self._characters = 0
        self._processed = -1
        self._is_announced = False
        self._texts: list[str] = []
        self._progress: Progress | None = None
        self._usage: Usage | None = None
        self._cached: int | None = None

    def feed(self, data: bytes) -> Piece | None:
        """Take the bytes of one read; give what they brought, None where that is nothing."""
        if self._head is not None:
            data = self._look_at_start(self._head + data)
        if self._body is not None:
            self._body += data
            if len(self._body) > MAX_BODY_BYTES:
                self._fail("llm-bad-reply", "answers with more than can be read.")
            return None
        try:
            self._take_all(self._sse.feed(data))
        except EventTooLongError:
            self._fail("llm-cut" if self._characters else "llm-bad-reply", "sent a line without an end.")
        return self._piece()

    def close(self) -> Piece | None:
        """The connection has ended: give what is left, and judge whether the answer is whole."""
        if self._body is not None:
            self._take_body(bytes(self._body))
        else:
            self._take_all(self._sse.close())
        if not self.is_done:
            self._finish()
        if self.failure is None and not self.is_finished:
            if self.has_begun:
                self._fail("llm-cut", "broke off in the middle of the answer.")
            else:
                self._fail("llm-bad-reply", "answers with something that is no answer of a language model.")
        return self._piece()

    def _look_at_start(self, head: bytes) -> bytes:
        """A stream of events never starts like JSON or HTML, whatever its headers say."""
        start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        if not start:
            self._head = head[:64]
            return b""
        self._head = None
        if start.startswith(b"{"):
            self._body = bytearray()
        elif start.startswith(b"<"):
            self._fail("llm-bad-reply", "answers with a web page. Check llm.url in alisa.toml.")
        return start

    def _take_body(self, body: bytes) -> None:
        """The server did not stream: one whole answer, or an error."""
        chunk = _decode_chunk(body)
        if chunk is None or not (chunk.choices or bytes(chunk.error) not in _EMPTY):
            error = server_errors.parse(body)
            if error.message:
                self.failure = server_errors.explain(error, 200, self._name, self._secret)
            return
        self._take_chunk(chunk)
        self.is_finished = self.failure is None

    def _take_all(self, events: list[bytes]) -> None:
        for event in events:
            if self.is_done or self.failure is not None:
                return
            if event == b"[DONE]":
                self._finish()
                self.is_finished = True
                continue
            chunk = _decode_chunk(event)
            if chunk is not None:
                self._take_chunk(chunk)
            elif b"\n" in event:  # events without a blank line between them
                self._take_all(event.split(b"\n"))

    def _take_chunk(self, chunk: _Chunk) -> None:
        if bytes(chunk.error) not in _EMPTY:
            error = server_errors.parse(b'{"error":%s}' % bytes(chunk.error))
            self.failure = server_errors.explain(error, 200, self._name, self._secret)
            return
        if chunk.choices:
            self._take_choice(chunk.choices[0])
        if chunk.prompt_progress is not _NOTHING:
            self._take_progress(chunk.prompt_progress)
        if chunk.timings is not _NOTHING:
            timings = _decode(chunk.timings, _Timings)
            self._cached = timings.cache_n if timings else None
        if chunk.usage is not _NOTHING:
            self._take_usage(chunk.usage)

    def _take_choice(self, choice: _Choice) -> None:
        if choice.index:
            return
        delta = choice.delta or choice.message
        if delta is not None:
            if delta.content:
                self._take_text(delta.content)
            if bytes(delta.reasoning_content) not in _EMPTY or bytes(delta.reasoning) not in _EMPTY:
                self._think()
        if choice.finish_reason:
            self.marks += 1
            self.is_finished = True

    def _take_text(self, text: str) -> None:
        self.marks += 1
        self.has_begun = True
        self._characters += len(text)
        if self._characters > MAX_TEXT_CHARACTERS:
            self._fail("llm-cut", "did not come to an end; the answer was stopped.")
            return
        seen = self._filter.feed(text)
        if seen:
            self._texts.append(seen)
            self._is_announced = False
        elif self._filter.is_thinking:
            self._think()

    def _think(self) -> None:
        self.marks += 1
        self.has_begun = True
        if not self._is_announced:
            self._progress = Progress("thinking")
            self._is_announced = True

    def _take_progress(self, raw: msgspec.Raw) -> None:
        progress = _decode(raw, _PromptProgress)
        if progress is None or progress.processed <= self._processed:
            return
        self._processed = progress.processed
        self.marks += 1
        new = max(progress.total - progress.cache, 1)
        self._progress = Progress("reading", min(max((progress.processed - progress.cache) / new, 0.0), 1.0))

    def _take_usage(self, raw: msgspec.Raw) -> None:
        usage = _decode(raw, _Usage)
        if usage is None:
            return
        details = usage.prompt_tokens_details
        cached = self._cached if self._cached is not None else details and details.cached_tokens
        self._usage = Usage(usage.prompt_tokens, usage.completion_tokens, cached or 0)

    def _finish(self) -> None:
        self.is_done = True
        rest = self._filter.close()
        if rest:
            self._texts.append(rest)

    def _fail(self, code: str, what: str) -> None:
        self.failure = EngineError(code, f"{self._name} {what}")

    def _piece(self) -> Piece | None:
        if not (self._texts or self._progress or self._usage):
            return None
        piece = Piece(self._texts, self._progress, self._usage)
        self._texts, self._progress, self._usage = [], None, None
        return piece

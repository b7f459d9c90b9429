"""The full terminal: what is said goes into the terminal's own scrollback, the prompt stays below it."""

import asyncio
import time

from prompt_toolkit.application import Application
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.output import Output, create_output
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.renderer import print_formatted_text
from prompt_toolkit.styles import Style

from voice.text_chat.chat import Input, Left, Stop, Typing, objection
from voice.text_chat.prompt import Prompt
from voice.text_chat.rows import Row, RowWriter
from voice.text_chat.safe_text import harmless
from voice.text_chat.view import SAID_LABELS, Kind, Origin, Status

_GATHER_SECONDS = 0.02
"""Her words are drawn at most this often: fast enough to look immediate, rare enough to cost little."""
_SENDING_SECONDS = 0.3
_ESCAPE_SECONDS = 0.05
_TWICE_SECONDS = 2.0
_WIDEST_COLUMNS = 100
"""Longer rows are hard to read."""

# Terminals that know it show everything between the two at once; others ignore it.
_HOLD, _RELEASE = "\x1b[?2026h", "\x1b[?2026l"

STYLE = Style.from_dict(
    {
        "you": "bold ansigreen",
        "alisa": "bold ansimagenta",
        "past": "dim",
        "note": "dim italic",
        "warning": "ansired",
        "mark": "dim italic",
        "code": "ansicyan",
        "prompt": "bold",
        "status": "dim",
        "away": "ansired",
        "happy": "ansiyellow",
        "sad": "ansiblue",
        "angry": "ansired",
        "surprised": "ansicyan",
        "embarrassed": "ansimagenta",
        "neutral": "",
    }
)


class Screen:
    """Shows the chat in a terminal and hands on what is typed; a `View`.

    Finished rows are printed above the prompt and belong to the terminal from then on. Only the row she
    is writing is drawn with the prompt, so that each of her words costs one small change.
    """

    def __init__(self, typing: Typing) -> None:
        """Put what is typed into `typing`."""
        self._typing = typing
        self._output = _make_output()
        self._rows: list[Row] = []
        self._answer: RowWriter | None = None
        self._flush_timer: asyncio.TimerHandle | None = None
        self._waiting_timer: asyncio.TimerHandle | None = None
        self._interrupted_at = float("-inf")
        self._has_printed = False
        self._follows_user = False
        self._prompt = Prompt(self._enter, self._stop, self._interrupt, self._leave, self._change)
        self._app: Application[None] = Application(
            layout=self._prompt.layout,
            key_bindings=self._prompt.keys,
            style=STYLE,
            output=self._output,
            erase_when_done=True,
            max_render_postpone_time=None,
        )
        self._app.ttimeoutlen = _ESCAPE_SECONDS
        self._app.timeoutlen = 2 * _ESCAPE_SECONDS
        self._app.before_render += lambda _: self._fit()
        self._app.after_render += lambda _: self._release()

    async def run(self, talk: "asyncio.Task[None]") -> None:
        """Show the chat until the talk is over."""
        shown = asyncio.create_task(self._app.run_async(handle_sigint=False))
        try:
            done, _ = await asyncio.wait((shown, talk), return_when=asyncio.FIRST_COMPLETED)
            if shown in done:
                # The terminal has gone away.
                self._typing.put_nowait(Left())
            await talk
        finally:
            if self._app.is_running:
                self._app.exit()
            await asyncio.wait((shown,))
            for timer in (self._flush_timer, self._waiting_timer):
                if timer is not None:
                    timer.cancel()
            self._print_rows()
            _end(shown)

    # What is shown.

    def show_line(self, kind: Kind, text: str) -> None:
        """Print the text above the prompt."""
        self._write_lines(text, f"class:{kind}")

    def show_said(self, origin: Origin, text: str) -> None:
        """Print what the user said."""
        writer = self._writer()
        self._space()
        writer.write_styled(f"{SAID_LABELS[origin]}: ", "class:you")
        writer.write(text)
        self._add_rows(writer.finish())
        self._follows_user = True

    def begin_answer(self, label: str, emotion: str) -> None:
        """Begin her answer with who talks and how she feels."""
        if not self._follows_user:
            self._space()
        self._follows_user = False
        self._answer = self._writer(has_markup=True)
        name, _, details = label.partition(" ")
        self._answer.write_styled(name, "class:alisa")
        if details:
            self._answer.write_styled(f" {details}", f"class:{emotion}")
        self._answer.write_styled(": ", "class:alisa")
        self._flush_soon()

    def add_answer(self, text: str) -> None:
        """A piece of her answer."""
        if self._answer is not None:
            self._answer.resize(self._columns())
            self._answer.write(text)
            self._add_rows(self._answer.take_rows())

    def add_mark(self, text: str, kind: str) -> None:
        """A remark between her words."""
        if self._answer is not None:
            self._answer.write_styled(text, f"class:{kind}")
            self._flush_soon()

    def end_answer(self) -> None:
        """Print the last row of her answer."""
        if self._answer is not None:
            self._add_rows(self._answer.finish())
            self._answer = None

    def show_waiting(self, texts: list[str], *, is_linked: bool) -> None:
        """Show what the hub does not have yet, above the prompt."""
        shown = [harmless(text) for text in texts]
        # Most messages are with the hub at once: what is shown for a moment only would flicker.
        is_new = is_linked and shown and not self._prompt.waiting
        if self._waiting_timer is not None:
            self._waiting_timer.cancel()
        delay = _SENDING_SECONDS if is_new else 0.0
        loop = asyncio.get_running_loop()
        self._waiting_timer = loop.call_later(delay, self._set_waiting, shown, is_linked)

    def _set_waiting(self, texts: list[str], is_linked: bool) -> None:
        self._waiting_timer = None
        self._prompt.waiting = texts
        self._prompt.is_linked = is_linked
        self._flush_soon()

    def show_status(self, status: Status) -> None:
        """Show how things stand, below the prompt."""
        self._prompt.status = status
        self._flush_soon()

    def remember_typed(self, texts: list[str]) -> None:
        """Offer earlier messages with the Up key."""
        self._prompt.remember(texts)

    # What is typed.

    def _enter(self, text: str) -> bool:
        """A line has been entered; whether it stays in the prompt because it cannot be sent."""
        refused = objection(text)
        if refused:
            self.show_line("warning", refused)
            return True
        self._typing.put_nowait(Input(text))
        return False

    def _stop(self) -> None:
        self._typing.put_nowait(Stop())

    def _leave(self) -> None:
        self._typing.put_nowait(Left())

    def _interrupt(self) -> None:
        now = time.monotonic()
        if now - self._interrupted_at < _TWICE_SECONDS:
            self._leave()
            return
        self._stop()
        self._prompt.clear()
        self._interrupted_at = now
        self._prompt.hint = "Ctrl+C again to leave"
        self._flush_soon()

    def _change(self) -> None:
        """Something else than Ctrl+C has been typed."""
        self._interrupted_at = float("-inf")
        self._prompt.hint = ""

    # Drawing.

    def _columns(self) -> int:
        return max(10, min(self._output.get_size().columns, _WIDEST_COLUMNS))

    def _fit(self) -> None:
        """Lay out the row she is writing anew when the terminal has another width now."""
        if self._answer is not None and self._answer.columns != self._columns():
            self._answer.resize(self._columns())
            self._add_rows(self._answer.take_rows())
            self._prompt.writing = self._answer.unfinished

    def _writer(self, style: str = "", *, has_markup: bool = False) -> RowWriter:
        return RowWriter(self._columns(), style, has_markup=has_markup)

    def _space(self) -> None:
        if self._has_printed:
            self._add_rows([[]])

    def _write_lines(self, text: str, style: str) -> None:
        writer = self._writer(style)
        writer.write(text)
        self._add_rows(writer.finish())

    def _add_rows(self, rows: list[Row]) -> None:
        self._rows += rows
        self._has_printed = self._has_printed or bool(rows)
        self._flush_soon()

    def _flush_soon(self) -> None:
        if self._flush_timer is None:
            self._flush_timer = asyncio.get_running_loop().call_later(_GATHER_SECONDS, self._flush)

    def _flush(self) -> None:
        self._flush_timer = None
        self._prompt.writing = self._answer.unfinished if self._answer is not None else []
        if not self._app.is_running:
            self._flush_soon()
            return
        if self._rows:
            self._hold()
            self._app.renderer.erase()
            self._print_rows()
        self._app.invalidate()

    def _print_rows(self) -> None:
        rows, self._rows = self._rows, []
        text: StyleAndTextTuples = [fragment for row in rows for fragment in (*row, ("", "\n"))]
        print_formatted_text(self._output, text, STYLE, color_depth=self._app.color_depth)

    def _hold(self) -> None:
        if isinstance(self._output, Vt100_Output):
            self._output.write_raw(_HOLD)

    def _release(self) -> None:
        if isinstance(self._output, Vt100_Output):
            self._output.write_raw(_RELEASE)
            self._output.flush()


def _make_output() -> Output:
    output = create_output()
    if isinstance(output, Vt100_Output):
        # The prompt needs no room below it, so the terminal need not be asked where the cursor is.
        output.enable_cpr = False
    return output


def _end(shown: "asyncio.Task[None]") -> None:
    """Pass on why showing failed, unless it is only that the terminal has gone."""
    try:
        shown.result()
    except EOFError:
        return

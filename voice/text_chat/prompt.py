"""What is drawn below the talk: the row she is writing, unsent messages, the input line, the status line."""

from collections.abc import Callable, Iterable

from prompt_toolkit.application import get_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition, is_searching
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.layout import (
    BufferControl,
    ConditionalContainer,
    Dimension,
    FormattedTextControl,
    HSplit,
    Layout,
    VerticalAlign,
    Window,
)
from prompt_toolkit.layout.containers import AnyContainer
from prompt_toolkit.layout.menus import CompletionsMenu
from prompt_toolkit.utils import get_cwidth
from prompt_toolkit.widgets import SearchToolbar

from voice.text_chat.chat import known_modes
from voice.text_chat.commands import COMMANDS
from voice.text_chat.rows import Row
from voice.text_chat.view import Status

FACES = {
    "happy": "^_^",
    "sad": "T_T",
    "angry": ">_<",
    "surprised": "o_o",
    "embarrassed": "^///^",
    "neutral": "._.",
}
_MOST_INPUT_ROWS = 10
_MOST_WAITING_ROWS = 4


class _CommandCompleter(Completer):
    """Completes commands, and modes after `/mode`."""

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:  # noqa: ARG002
        """Commands and modes that begin with what is typed."""
        text = document.text
        if not text.startswith("/") or "\n" in text:
            return
        command, space, argument = text[1:].partition(" ")
        if not space:
            for known in COMMANDS:
                if known.name.startswith(command):
                    yield Completion(
                        known.name,
                        start_position=-len(command),
                        display=f"/{known.name}",
                        display_meta=known.description,
                    )
        elif command == "mode":
            for mode in known_modes():
                if mode.startswith(argument):
                    yield Completion(mode, start_position=-len(argument))


class Prompt:
    """The part of the screen that is drawn again and again; its texts are set from outside."""

    def __init__(
        self,
        on_enter: Callable[[str], bool],
        on_stop: Callable[[], None],
        on_interrupt: Callable[[], None],
        on_leave: Callable[[], None],
        on_change: Callable[[], None],
    ) -> None:
        """Tell the five functions what the user does; `on_enter` says whether the text is to stay."""
        self.writing: Row = []
        self.waiting: list[str] = []
        self.is_linked = False
        self.status = Status()
        self.hint = ""
        self._history = InMemoryHistory()
        self._completer = _CommandCompleter()
        self._buffer = Buffer(
            multiline=True,
            history=self._history,
            completer=self._completer,
            complete_while_typing=Condition(lambda: self._buffer.text.startswith("/")),
            accept_handler=lambda buffer: on_enter(buffer.text),
            on_text_changed=lambda _: on_change(),
            name="message",
        )
        self.keys = self._make_keys(on_stop, on_interrupt, on_leave)
        self.layout = self._make_layout()

    def clear(self) -> None:
        """Empty the input line; what stood there can be had back with the Up key."""
        self._buffer.reset(append_to_history=bool(self._buffer.text))

    def remember(self, texts: list[str]) -> None:
        """Offer earlier messages with the Up key."""
        for text in texts:
            self._history.append_string(text)
        if not self._buffer.text:
            self._buffer.reset()

    def _make_keys(
        self, on_stop: Callable[[], None], on_interrupt: Callable[[], None], on_leave: Callable[[], None]
    ) -> KeyBindings:
        keys = KeyBindings()
        is_typing = ~is_searching
        is_empty = Condition(lambda: not self._buffer.text)
        is_choosing = Condition(lambda: self._buffer.complete_state is not None)
        keys.add("enter", filter=is_typing & ~is_empty)(lambda _: self._buffer.validate_and_handle())
        keys.add("enter", filter=is_typing & is_empty)(lambda _: None)
        keys.add("escape", "enter", filter=is_typing)(lambda _: self._buffer.newline(copy_margin=False))
        keys.add("c-j", filter=is_typing)(lambda _: self._buffer.newline(copy_margin=False))
        keys.add("tab", filter=is_typing)(lambda _: self._complete())
        keys.add("escape", filter=is_typing & is_choosing)(lambda _: self._buffer.cancel_completion())
        keys.add("escape", filter=is_typing & ~is_choosing)(lambda _: on_stop())
        keys.add("c-c", filter=is_typing)(lambda _: on_interrupt())
        keys.add("c-d", filter=is_typing & is_empty)(lambda _: on_leave())
        keys.add("c-z")(lambda event: event.app.suspend_to_background())
        return keys

    def _complete(self) -> None:
        """Complete at once where there is one way only; else offer all, and go through them."""
        found = list(self._completer.get_completions(self._buffer.document, CompleteEvent()))
        if len(found) == 1:
            self._buffer.apply_completion(found[0])
        elif self._buffer.complete_state is not None:
            self._buffer.complete_next()
        else:
            self._buffer.start_completion()

    def _make_layout(self) -> Layout:
        search = SearchToolbar(text_if_not_searching="", ignore_case=True)
        line = Window(
            BufferControl(self._buffer, search_buffer_control=search.control, preview_search=True),
            height=Dimension(min=1, max=_MOST_INPUT_ROWS),
            wrap_lines=True,
            dont_extend_height=True,
            get_line_prefix=lambda number, wraps: [("class:prompt", "> " if number == wraps == 0 else "  ")],
        )
        parts: list[AnyContainer] = [
            _window(lambda: list(self.writing), lambda: bool(self.writing), wraps=True),
            _window(self._waiting_rows, lambda: bool(self.waiting), wraps=True),
            Window(height=1),
            line,
            CompletionsMenu(max_height=8),
            search,
            _window(self._status_row, lambda: True, wraps=False),
        ]
        return Layout(HSplit(parts, align=VerticalAlign.TOP), focused_element=line)

    def _waiting_rows(self) -> StyleAndTextTuples:
        mark = "sending" if self.is_linked else "will be sent"
        rows: StyleAndTextTuples = []
        hidden = len(self.waiting) - _MOST_WAITING_ROWS
        if hidden > 0:
            rows.append(("class:past", f"{hidden} more ({mark})\n"))
        columns = get_app().output.get_size().columns
        for text in self.waiting[-_MOST_WAITING_ROWS:]:
            row = _clipped(" ".join(text.split()), columns - len(f"You:  ({mark})") - 1)
            rows += [("class:you", "You: "), ("", row), ("class:mark", f" ({mark})\n")]
        rows[-1] = (rows[-1][0], rows[-1][1].rstrip("\n"))
        return rows

    def _status_row(self) -> StyleAndTextTuples:
        status = self.status
        columns = get_app().output.get_size().columns - 1
        if not status.is_linked and not status.reason:
            return [("class:status", "looking for the hub...")]
        if not status.is_linked:
            return [("class:away", _clipped(f"not connected: {status.reason}", columns))]
        activity = f"{status.activity}..." if status.activity else status.outcome or "connected"
        face = f"{FACES.get(status.emotion, '')} {status.emotion}"
        rest = [self.hint or activity, status.mode, status.engine]
        if status.activity and not self.hint:
            rest.append("Esc stops her")
        words = _clipped(" | ".join(["", *(part for part in rest if part)]), columns - get_cwidth(face))
        return [(f"class:{status.emotion}", face), ("class:status", words)]


def _window(
    content: Callable[[], StyleAndTextTuples], is_shown: Callable[[], bool], *, wraps: bool
) -> ConditionalContainer:
    window = Window(FormattedTextControl(content), wrap_lines=wraps, dont_extend_height=True)
    return ConditionalContainer(window, filter=Condition(is_shown))


def _clipped(text: str, columns: int) -> str:
    """The text, cut to fit in so many columns."""
    if get_cwidth(text) <= columns:
        return text
    while text and get_cwidth(text) > columns - 3:
        text = text[:-1]
    return f"{text}..."

"""What was said, line by line, for whoever started the voice in a terminal; it is written nowhere else."""

from collections.abc import Callable

from backend.shared import events

_NAMES = {"typed": "You (typed)", "voice": "You"}


class Transcript:
    """Takes the hub's events.

    Args:
        say: Prints a line.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._answers: dict[str, list[str]] = {}
        self._last_note = ""

    def note(self, message: str) -> None:
        """Something that is not part of the conversation."""
        if message != self._last_note:
            self._last_note = message
            self._say(message)

    def note_link(self, reason: str) -> None:
        """The line to the hub is there (empty), or is not, and why."""
        if reason:
            self.note(reason)
        elif self._last_note:
            self.note("Connected.")

    def take(self, event: events.HubEvent) -> None:
        """Take one event of the hub."""
        match event:
            case events.UserSaid(text=text, source=source):
                self._say(f"{_NAMES.get(source, 'You')}: {_one_line(text)}")
            case events.Token(turn=turn, text=text):
                self._answers.setdefault(turn, []).append(text)
            case events.TurnEnded(turn=turn, ending=ending):
                text = "".join(self._answers.pop(turn, []))
                mark = "" if ending == "complete" else f" ({ending})"
                self._say(f"Alisa: {_one_line(text)}{mark}")
            case events.Error(message=message) | events.Notice(message=message):
                self.note(message)
            case _:
                pass


def _one_line(text: str) -> str:
    """For a terminal: one line, without control characters."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())

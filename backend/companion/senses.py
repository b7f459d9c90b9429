"""What every process captures, hears and says right now, and what the user has switched."""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import get_args

from backend.shared import events
from backend.shared.records import HearingState, Sense, SwitchName

_LONGEST_DETAIL = 200


def switch_key(name: SwitchName) -> str:
    """Under what name the memory keeps a switch."""
    return f"switch.{name}"


def switch_value(is_on: bool) -> str:
    """What the memory keeps for a switch."""
    return "on" if is_on else "off"


async def recall_switches(get_value: Callable[[str], Awaitable[str | None]]) -> dict[str, bool]:
    """The switches as the user left them; those that were never touched are missing."""
    switches: dict[str, bool] = {}
    for name in get_args(SwitchName):
        value = await get_value(switch_key(name))
        if value in {"on", "off"}:
            switches[name] = value == "on"
    return switches


class Senses:
    """A table of what each client has said of itself. A client that is gone does nothing any more.

    Attributes:
        switches: What the user has switched.
    """

    def __init__(self, switches: dict[str, bool]) -> None:
        self.switches = switches
        self._reports: dict[Hashable, Sequence[Sense]] = {}
        self._hearing: dict[Hashable, HearingState] = {}
        self._speaking: set[Hashable] = set()
        self._pushing: set[Hashable] = set()

    @property
    def merged(self) -> list[Sense]:
        """Every sense that a client has now, once: it is on when any client says so."""
        reported = [sense for report in self._reports.values() for sense in report]
        merged = []
        for name in dict.fromkeys(sense.name for sense in reported):
            same = [sense for sense in reported if sense.name == name]
            on = [sense for sense in same if sense.is_on]
            details = dict.fromkeys(sense.detail for sense in on or same if sense.detail)
            merged.append(Sense(name, bool(on), ", ".join(details)[:_LONGEST_DETAIL]))
        return merged

    def report(self, client: Hashable, senses: Sequence[Sense]) -> None:
        """All that a client captures; replaces what it said before."""
        self._reports[client] = senses

    def hear(self, client: Hashable, state: HearingState) -> None:
        """What the ears of a client do."""
        self._hearing[client] = state

    def speak(self, client: Hashable, *, is_speaking: bool) -> None:
        """Whether a client's voice speaks."""
        if is_speaking:
            self._speaking.add(client)
        else:
            self._speaking.discard(client)

    def push(self, client: Hashable, *, is_pressed: bool) -> events.TalkPushed:
        """A client holds what is held down to talk, or has let it go; whether any holds it now."""
        if is_pressed:
            self._pushing.add(client)
        else:
            self._pushing.discard(client)
        return events.TalkPushed(is_pressed=bool(self._pushing))

    def state(self) -> events.SensesChanged:
        """Everything, for everybody."""
        return events.SensesChanged(senses=self.merged, switches=dict(self.switches))

    def leave(self, client: Hashable) -> list[events.HubEvent]:
        """Forget a client; returns what has ended with it, however it ended."""
        ended: list[events.HubEvent] = []
        if self._hearing.pop(client, "idle") != "idle" and not self._is_heard():
            ended.append(events.HearingChanged(state="idle"))
        if client in self._speaking:
            self._speaking.discard(client)
            ended += [] if self._speaking else [events.SpeechEnded()]
        if client in self._pushing:
            ended.append(self.push(client, is_pressed=False))
        if self._reports.pop(client, None) is not None:
            ended.append(self.state())
        return ended

    def _is_heard(self) -> bool:
        return any(state != "idle" for state in self._hearing.values())

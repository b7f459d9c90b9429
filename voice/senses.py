"""What the process captures and sends right now, told to everybody: the indicator must never lag behind."""

from collections.abc import Callable, Mapping

from backend.shared import events
from backend.shared.records import Sense, SwitchName
from voice.devices import Device, SoundError


class Switches:
    """What the user has switched in her menu; until the hub has told it, nothing is heard.

    Args:
        is_cloud_allowed: What the settings say of the cloud voice, where the menu has said nothing.
    """

    def __init__(self, *, is_cloud_allowed: bool) -> None:
        self._defaults: dict[SwitchName, bool] = {
            "microphone": True,
            "voice": True,
            "cloud-voice": is_cloud_allowed,
        }
        self._told: Mapping[str, bool] | None = None

    def take(self, switches: Mapping[str, bool]) -> None:
        """Take what the hub remembers of them."""
        self._told = dict(switches)

    def is_on(self, name: SwitchName) -> bool:
        """Whether the user wants this."""
        if self._told is None:
            return name == "voice"
        return self._told.get(name, self._defaults.get(name, False))


class Senses:
    """Says what is captured, and again whenever it has changed.

    Args:
        send: The way to the hub.
    """

    def __init__(self, send: Callable[[events.ClientEvent], None]) -> None:
        self._send = send
        self._told: list[Sense] | None = None

    def tell(self, senses: list[Sense]) -> None:
        """Tell this, if it is news."""
        if senses != self._told:
            self._told = senses
            self._send(events.SenseReport(senses=senses))

    def forget(self) -> None:
        """The hub is another one, or has forgotten: tell everything again."""
        self._told = None


def microphone_sense(device: Device | None, problem: SoundError | None, *, is_open: bool, why: str) -> Sense:
    """The microphone as the indicator is to show it.

    Args:
        device: In use, or used last.
        problem: Why it cannot be used, if so.
        is_open: Whether the device is held open.
        why: Why she does not listen, when the reason is not the device.
    """
    if is_open and device is not None:
        return Sense("microphone", True, device.title[:200])
    text = problem.message if problem is not None else why
    return Sense("microphone", False, text[:200])


def cloud_sense(engine: str, *, is_allowed: bool, is_used: bool) -> Sense:
    """The cloud voice: on while her words are sent away to be spoken."""
    return Sense("cloud-voice", is_allowed and is_used, engine if is_used else "")

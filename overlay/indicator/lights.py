"""What each sense does and what the user wants of it, without a window: the truth behind the indicator."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from backend.shared.records import Sense, SenseName

LightState = Literal["on", "off", "switching-off", "switching-on", "stuck", "absent", "unknown"]
"""`stuck`: it was to go off and still captures; `absent`: no process has it; `unknown`: the hub is away."""

SENSES: tuple[SenseName, ...] = ("microphone", "camera", "screen", "cloud-voice")
TITLES: Mapping[SenseName, str] = {
    "microphone": "Microphone",
    "camera": "Camera",
    "screen": "Screen",
    "cloud-voice": "Cloud voice",
}
PATIENCE_SECONDS = 5.0
"How long a process may take to do what it was told before the user hears that it did not."

_ON: tuple[LightState, ...] = ("on", "switching-off", "stuck")
_PROGRAMS: Mapping[SenseName, str] = {
    "microphone": "voice",
    "camera": "vision",
    "screen": "vision",
    "cloud-voice": "voice",
}


@dataclass
class _Wish:
    """What the user asked for and the sense does not do yet."""

    is_on: bool
    since: float
    is_confirmed: bool = False
    "The hub knows of it."
    is_overdue: bool = False


class Lights:
    """Follows what the capturing processes report; what they report is what is shown."""

    def __init__(self) -> None:
        self._details: dict[SenseName, str] = {}
        self._is_on: dict[SenseName, bool] = {}
        self._wishes: dict[SenseName, _Wish] = {}
        self.is_linked = True
        "Whether the hub is there. Until it is first told, nothing is known to be wrong."

    def report(
        self, senses: Iterable[Sense], switches: Mapping[str, bool], is_linked: bool, now: float
    ) -> None:
        """Take in what the hub says; without a link what was known before becomes unknown."""
        self.is_linked = is_linked
        if not is_linked:
            self._wishes.clear()
            return
        self._details.clear()
        self._is_on.clear()
        for sense in senses:
            # Two processes may have the same sense: it is on while one of them captures.
            if sense.is_on or not self._is_on.get(sense.name, False):
                self._details[sense.name] = sense.detail
            self._is_on[sense.name] = self._is_on.get(sense.name, False) or sense.is_on
        for name in SENSES:
            self._compare(name, switches.get(name), now)

    def _compare(self, name: SenseName, switch: bool | None, now: float) -> None:
        """Hold what the user wants against what the sense does."""
        is_on = self._is_on.get(name)
        wish = self._wishes.get(name)
        if wish is not None and switch is not None:
            if wish.is_confirmed and switch != wish.is_on:
                wish = None  # switched the other way by somebody else
            else:
                wish.is_confirmed = wish.is_confirmed or switch == wish.is_on
        if wish is None and switch is False and is_on:
            wish = _Wish(False, now, is_confirmed=True)
        if wish is None or is_on is None or is_on == wish.is_on:
            self._wishes.pop(name, None)
        else:
            self._wishes[name] = wish

    def switch(self, name: SenseName, now: float) -> bool | None:
        """The user clicks on it: what it is to be from now on; None: it cannot be switched now."""
        state = self.state(name)
        if state in ("unknown", "absent", "switching-off"):
            return None
        wanted = state == "off"
        if wanted == self._is_on[name]:
            self._wishes.pop(name, None)
        else:
            self._wishes[name] = _Wish(wanted, now)
        return wanted

    def complain(self, now: float) -> list[str]:
        """Sentences for the user about what did not do as it was told; each is said once."""
        sentences = []
        for name, wish in list(self._wishes.items()):
            if wish.is_overdue or now < wish.since + PATIENCE_SECONDS:
                continue
            title, program = TITLES[name].lower(), _PROGRAMS[name]
            if wish.is_on:
                del self._wishes[name]
                sentences.append(f"The {title} did not come on. Look at what the {program} program says.")
            else:
                wish.is_overdue = True
                sentences.append(
                    f"Careful: the {title} is still on, although it was switched off. "
                    f"Close the {program} program to be sure."
                )
        return sentences

    @property
    def next_due(self) -> float | None:
        """When `complain` may have something to say, in the clock of `report`."""
        waiting = [wish.since + PATIENCE_SECONDS for wish in self._wishes.values() if not wish.is_overdue]
        return min(waiting, default=None)

    def state(self, name: SenseName) -> LightState:
        """What to show for it."""
        is_on = self._is_on.get(name)
        if is_on is None:
            return "absent"
        if not self.is_linked:
            return "unknown"
        wish = self._wishes.get(name)
        if wish is None:
            return "on" if is_on else "off"
        if wish.is_overdue:
            return "stuck"
        return "switching-on" if wish.is_on else "switching-off"

    def is_capturing(self, name: SenseName) -> bool:
        """Whether it captures now, as far as is known, whatever it was told."""
        return self.state(name) in _ON

    def needs_light(self, name: SenseName) -> bool:
        """Whether the user must see it without asking: it captures, may do so, or is about to."""
        if self.state(name) == "unknown":
            return self._is_on[name]
        return self.is_capturing(name) or self.state(name) == "switching-on"

    def describe(self, name: SenseName) -> str:
        """A sentence for people: how it is and what a click does."""
        title, detail = TITLES[name], self._details.get(name, "")
        about = f": {detail}" if detail else ""
        return {
            "on": f"{title} is on{about}. Click to switch it off.",
            "off": f"{title} is off. Click to switch it on.",
            "switching-off": f"{title} is still on; it is being switched off ...",
            "switching-on": f"{title} is off; it is being switched on ...",
            "stuck": f"{title} is still on, although it was switched off{about}. Click to try again, or "
            f"close the {_PROGRAMS[name]} program.",
            "absent": f"{title}: not running.",
            "unknown": f"{title}: not known while the hub is away. Close the {_PROGRAMS[name]} program "
            "to be sure it is off.",
        }[self.state(name)]

"""Whether the microphone counts: not while it is switched off, nor while she would hear herself."""

from voice.turn_settings import Settings

_NEVER = float("inf")


class Gate:
    """Opens and closes the microphone for the turn machine."""

    def __init__(self, settings: Settings, *, tail_seconds: float) -> None:
        """Begin open, where the settings allow it; a room returns her voice for `tail_seconds`."""
        self._tail_seconds = tail_seconds
        self._audible_until = -_NEVER
        self._is_audible = False
        self.settings = settings
        self.is_muted = False
        self.is_pressed = False
        self.is_open = settings.activation != "push"
        self.deadline = _NEVER
        """When `update` will open it by time alone."""

    def update(self, now: float, *, is_audible: bool, is_hearing: bool) -> bool:
        """Take how things stand; returns whether it has changed.

        Args:
            now: The time.
            is_audible: She can be heard.
            is_hearing: The user is in the middle of an utterance, which is not to be cut.
        """
        if is_audible or self._is_audible:
            self._audible_until = now + self._tail_seconds
        self._is_audible = is_audible
        is_tail = self.settings.is_half_duplex and not is_audible and now < self._audible_until
        self.deadline = self._audible_until if is_tail else _NEVER
        is_deaf = is_tail or (self.settings.is_half_duplex and is_audible)
        is_wanted = self.is_pressed or is_hearing or (self.settings.activation != "push" and not is_deaf)
        was_open, self.is_open = self.is_open, is_wanted and not self.is_muted
        return self.is_open != was_open

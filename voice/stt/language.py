"""Which language is spoken, kept over several sounds: one short "mm-hm" does not turn English into Welsh."""

from collections.abc import Sequence

Chance = tuple[str, float]
"""ISO 639-1 code and how likely it is."""

# Proposed values, not measured on people.
HOLD_PROBABILITY, HOLD_SECONDS = 0.5, 1.0
SWITCH_PROBABILITY, SWITCH_SECONDS = 0.85, 1.5
LONG_SWITCH_PROBABILITY, LONG_SWITCH_SECONDS = 0.6, 4.0


def short_code(language: str) -> str:
    """The language alone, as Whisper names it: en for en-US, de for " DE_at"."""
    return language.strip().lower().replace("_", "-").partition("-")[0]


class LanguageKeeper:
    """Holds on to a language until another one is plainly spoken."""

    def __init__(self) -> None:
        """Begin without any."""
        self.held = ""

    def hear(self, chances: Sequence[Chance], seconds: float) -> str:
        """The language to write this sound down in.

        Args:
            chances: What the model takes it for, the most likely one first.
            seconds: How long the sound is.
        """
        if not chances:
            return self.held
        language, probability = chances[0]
        if not self.held:
            if probability >= HOLD_PROBABILITY and seconds >= HOLD_SECONDS:
                self.held = language
            return language
        is_plain = probability >= SWITCH_PROBABILITY and seconds >= SWITCH_SECONDS
        is_lasting = probability >= LONG_SWITCH_PROBABILITY and seconds >= LONG_SWITCH_SECONDS
        if is_plain or is_lasting:
            self.held = language
        return self.held

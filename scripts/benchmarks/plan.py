"""How much a benchmark measures."""

from typing import NamedTuple


class Plan(NamedTuple):
    """How much is measured of the hub."""

    rounds: int
    tries: int
    """First tokens and interruptions in a round, of each kind."""
    tokens: int
    """Of an answer that comes at once."""
    paced_tokens: int
    answers: int
    """Sent while clients are stalled, of 196,608 characters each."""
    freeze_seconds: float
    """After which a hub that waits for stalled clients counts as frozen."""
    messages: int
    """In the long memory; the short one has 1,000."""
    turns: int
    """Of a conversation with llama.cpp."""
    has_screen_text: bool
    """Whether there is a second one, with text of the screen."""
    idle_seconds: float

    def describe(self) -> str:
        """One sentence for the report."""
        kind = "rounds" if self.rounds > 1 else "round"
        return (
            f"{self.rounds} {kind}, {self.tries} tries each; {self.messages:,} messages in the long memory."
        )


QUICK = Plan(1, 3, 300, 40, 24, 1.0, 5000, 3, False, 0.5)


def full(rounds: int) -> Plan:
    """The plan of a figure that is worth showing."""
    return Plan(rounds, 12, 3000, 200, 100, 3.0, 1_000_000, 24, True, 10.0)


class FacePlan(NamedTuple):
    """How much is measured of the overlay."""

    rounds: int
    seconds: float
    """Of each reading of processor time."""
    warm_seconds: float
    """Between her appearing and the first reading."""
    mouths: int
    """Times her mouth is opened, in a round."""
    moods: int
    """Times her emotion changes, in a round."""

    def describe(self) -> str:
        """One sentence for the report."""
        kind = "rounds" if self.rounds > 1 else "round"
        return (
            f"{self.rounds} {kind} with new processes; processor time read over {self.seconds:.0f} s each; "
            f"in each round {self.mouths} times the mouth and {self.moods} times the emotion."
        )


QUICK_FACE = FacePlan(1, 0.5, 0.3, 2, 1)


def full_face(rounds: int) -> FacePlan:
    """The plan of a figure that is worth showing."""
    return FacePlan(rounds, 20.0, 8.0, 50, 12)


class VoicePlan(NamedTuple):
    """How much is measured of the voice."""

    answers: int
    """Spoken questions."""
    late_answers: int
    """Of each kind that is a control or a contrast."""
    interruptions: int
    """By speaking."""
    pushes: int
    """Interruptions by the key to talk."""
    own_seconds: float
    """Of her own speech, with the microphone hearing her."""
    seconds: float
    """Of each reading of processor time."""

    def describe(self) -> str:
        """One sentence for the report."""
        return (
            f"{self.answers} spoken questions of different length, {self.interruptions} interruptions by "
            f"speech and {self.pushes} by key; {self.own_seconds:.0f} s of her own speech; processor time "
            f"read over {self.seconds:.0f} s each."
        )


QUICK_VOICE = VoicePlan(2, 1, 1, 1, 5.0, 1.0)
FULL_VOICE = VoicePlan(18, 5, 15, 15, 60.0, 20.0)

"""An answer as it is spoken: pieces of text, each with its sound, its mouth, and how much of it was heard."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count

from backend.shared.records import EmotionName, Viseme
from voice.language import language_of
from voice.marks import is_wide
from voice.sentences import Cutter, Piece
from voice.speakable import CODE_SENTENCE, speak
from voice.tts.engine import Manner, Spoken

_RUN = secrets.token_hex(4)
_NUMBERS = count(1)


@dataclass(eq=False)
class Utterance:
    """A piece of her answer on its way to the loudspeakers."""

    turn: str
    text: str
    """As it stands in the answer, with the blanks before it."""
    emotion: EmotionName
    words: str = ""
    """What is said of it; empty where there is nothing to say."""
    manner: Manner = field(default_factory=Manner)
    id: str = field(default_factory=lambda: f"{_RUN}-{next(_NUMBERS)}")
    sound: Spoken | None = None
    visemes: list[Viseme] = field(default_factory=list)
    is_handed_over: bool = False
    """Whether the player has it."""
    started_at: float | None = None
    """When it began to sound or went on after a pause, in seconds since the epoch; None: it is silent."""
    from_seconds: float = 0.0
    """Where it was at that time."""

    def heard_seconds(self, now: float) -> float:
        """How much of it has been heard by `now`, in seconds since the epoch."""
        if self.started_at is None:
            return self.from_seconds
        return self.from_seconds + max(0.0, now - self.started_at)

    def heard_characters(self, now: float) -> int:
        """How much of its text that is: up to the end of the last word that was heard whole."""
        sounding = self.visemes[-1].at_seconds if self.visemes else self.sound.seconds if self.sound else 0.0
        return spoken_characters(self.text, self.heard_seconds(now) / sounding if sounding else 1.0)

    def rest_of_visemes(self) -> list[Viseme]:
        """The timeline of the mouth from where it went on."""
        return rest_of(self.visemes, self.from_seconds)


class Script:
    """The text of one answer while it streams in; gives out its pieces, which joined are the answer."""

    def __init__(self, turn: str) -> None:
        self._turn = turn
        self._cutter = Cutter()
        self._text = ""
        self._given = 0
        self._emotions: list[tuple[int, EmotionName]] = []

    def feel(self, emotion: EmotionName) -> None:
        """What comes from now on is said like this."""
        self._emotions.append((len(self._text), emotion))

    def feed(self, text: str) -> list[Utterance]:
        """Take more of the answer; returns the pieces that are certain by now."""
        self._text += text
        return [self._utterance(piece) for piece in self._cutter.feed(text)]

    def finish(self) -> list[Utterance]:
        """The answer is over: the pieces that are left, with the blanks at its end."""
        rest = [self._utterance(piece) for piece in self._cutter.finish()]
        blanks = self._text[self._given :]
        self._given = len(self._text)
        return rest + ([Utterance(self._turn, blanks, "neutral")] if blanks else [])

    def _utterance(self, piece: Piece) -> Utterance:
        text = self._text[self._given : piece.end]
        self._given = piece.end
        emotion: EmotionName = "neutral"
        for place, name in self._emotions:
            if place <= piece.start:
                emotion = name
        return Utterance(self._turn, text, emotion)


def read_aloud(text: str, manner: Manner) -> tuple[str, Manner]:
    """What is said of a piece, and in which language; nothing where there is nothing to say.

    A voice that was chosen for one language does not read another one.
    """
    language = language_of(text, manner.language)
    if language != manner.language:
        manner = replace(manner, language=language, voice="")
    is_english = language.lower().partition("-")[0] == "en"
    return speak(text, language=language, code=CODE_SENTENCE if is_english else ""), manner


def spoken_characters(text: str, share: float) -> int:
    """How many characters of a text have been said after this share of its sound, to the end of a word."""
    if share >= 1.0:
        return len(text)
    lead = len(text) - len(text.lstrip())
    place = lead + int(max(0.0, share) * (len(text.rstrip()) - lead))
    ends = (at for at in range(place, lead, -1) if _is_word_end(text, at))
    return next(ends, 0)


def _is_word_end(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at : at + 1]
    return not before.isspace() and (not after or after.isspace() or is_wide(before) or is_wide(after))


def rest_of(visemes: list[Viseme], since_seconds: float) -> list[Viseme]:
    """What is left of a timeline, told from then on."""
    return list(_rest_of(visemes, since_seconds))


def _rest_of(visemes: list[Viseme], since_seconds: float) -> Iterator[Viseme]:
    before = [viseme for viseme in visemes if viseme.at_seconds <= since_seconds]
    if before and len(before) < len(visemes):
        yield Viseme(0.0, before[-1].shape)
    for viseme in visemes[len(before) :]:
        yield Viseme(round(viseme.at_seconds - since_seconds, 3), viseme.shape)

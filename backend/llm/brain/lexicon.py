"""The words of one language as data: spellings, numbers, units, months, and how to say a time."""

from typing import Self

import msgspec


class TimeWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words that times and dates are made of; each maps to what it means."""

    units: dict[str, int]
    """Seconds of a unit; months and years are counted as 30 and 365 days."""
    months: dict[str, int]
    weekdays: dict[str, int]
    """0 is Monday."""
    days: dict[str, int]
    """Days from today; may be several words ("day after tomorrow")."""
    dayparts: dict[str, int]
    """The hour meant when no clock time is given."""
    clock: dict[str, int]
    """Hours with a name of their own (noon)."""
    holidays: dict[str, str]
    """Month and day as "12-25"."""
    before_duration: list[str]
    before_clock: list[str]
    before_day: list[str]
    link: list[str]
    """Words that join parts of a time ("and", "of", "the")."""
    few: dict[str, int]
    """Vague amounts ("couple": 2)."""
    half: list[str]
    quarter: list[str]
    past: list[str]
    to: list[str]
    am: list[str]
    pm: list[str]
    oclock: list[str]
    ordinal: list[str]
    next: list[str]
    tonight: list[str]
    ago: list[str]


class SpokenTimes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How she says times and dates."""

    clock: str
    am: str
    pm: str
    today: str
    tomorrow: str
    later: str
    date: str
    months: list[str]
    weekdays: list[str]
    units: dict[str, list[str]]
    """Singular and plural of day, hour, minute and second."""
    less_than_a_minute: str
    joiner: str


class MathWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words of sums."""

    operators: dict[str, str]
    """Phrases and what they stand for in a sum ("divided by": "/")."""
    around: list[str]
    """Words that may stand around a sum ("what", "is")."""
    percent_of: list[str]
    about: str


class Lexicon(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything about the words of a language that is not an intent."""

    spellings: dict[str, str]
    """What a word stands for: "whats" is "what is"."""
    light: list[str]
    """Words that say little by themselves."""
    fillers: list[str]
    """Words and phrases that may stand before or after a sentence without changing it."""
    question_words: list[str]
    reflections: dict[str, str]
    """How to say the user's words back: "my" becomes "your"."""
    stops: list[str]
    """Words that end a name or a thing ("and", "but")."""
    no_names: list[str]
    """Words that are never taken for a person's name."""
    articles: list[str]
    numbers: dict[str, int]
    times: TimeWords
    spoken: SpokenTimes
    math: MathWords

    def expand(self, word: str) -> list[str]:
        """The words that `word` stands for, itself in most cases."""
        return self.spellings[word].split() if word in self.spellings else [word]

    def number(self, word: str) -> float | None:
        """The value of a number word or of digits, None for another word."""
        if word in self.numbers:
            return float(self.numbers[word])
        plain = word.replace(",", "") if word.count(",") and "." in word else word.replace(",", ".")
        if not plain or len(plain) > 15 or not plain.isascii() or not plain[0].isdigit():
            return None
        try:
            return float(plain)
        except ValueError:
            return None

    def checked(self) -> Self:
        """Itself, once the lists that must have a certain length have it.

        Raises:
            ValueError: names the list.
        """
        if len(self.spoken.months) != 12 or len(self.spoken.weekdays) != 7:
            raise ValueError("spoken.months needs 12 names and spoken.weekdays 7")
        for name, month_day in self.times.holidays.items():
            month, _, day = month_day.partition("-")
            if not (month.isdigit() and day.isdigit()):
                raise ValueError(f'times.holidays.{name} must look like "12-25"')
        return self

"""Finds times and dates in words, and says them; wall-clock times follow the zone's rules for summer time."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Literal

import msgspec

from backend.llm.brain.lexicon import Lexicon
from backend.llm.brain.matching import Sentence

FARTHEST_DAYS = 3660


class When(msgspec.Struct, frozen=True):
    """A time found in a sentence."""

    due: datetime
    used: frozenset[int]
    """Positions of the tokens that said it."""
    has_clock: bool = True
    """False when only a day was said."""
    problem: Literal["", "past", "far"] = ""


def find_time(sentence: Sentence, now: datetime, lexicon: Lexicon) -> When | None:
    """The time a sentence speaks of, None when there is none or it does not exist (25:00, 31 February).

    Hours without am or pm are the next ones that come; with a day, 1 to 6 are taken for the afternoon.
    """
    reader = _Reader(sentence, now, lexicon)
    try:
        reader.read()
        return reader.result()
    except (ValueError, OverflowError):
        return None


def at_wall_clock(day: date, clock: time, zone: tzinfo | None) -> datetime:
    """The moment the clocks of `zone` show this; an hour skipped in spring becomes the next real one."""
    if isinstance(zone, timezone):
        # A fixed offset, as `datetime.now().astimezone()` gives it: the computer's own zone knows the rules.
        noon = datetime.combine(day, clock)
        local = noon.astimezone()
        probe = datetime.now(UTC).astimezone()
        return local if probe.utcoffset() == zone.utcoffset(None) else noon.replace(tzinfo=zone)
    return datetime.combine(day, clock, zone).astimezone(UTC).astimezone(zone)


def later(now: datetime, seconds: float) -> datetime:
    """`now` plus a duration that really passes."""
    return (now.astimezone(UTC) + timedelta(seconds=seconds)).astimezone(now.tzinfo)


def say_clock(moment: datetime, lexicon: Lexicon) -> str:
    """The clock time as people say it."""
    spoken = lexicon.spoken
    return spoken.clock.format(
        hour12=(moment.hour + 11) % 12 + 1,
        hour=f"{moment.hour:02}",
        minute=f"{moment.minute:02}",
        half=spoken.am if moment.hour < 12 else spoken.pm,
    )


def say_date(day: date, lexicon: Lexicon) -> str:
    """The date as people say it."""
    spoken = lexicon.spoken
    return spoken.date.format(
        weekday=spoken.weekdays[day.weekday()], day=day.day, month=spoken.months[day.month - 1], year=day.year
    )


def say_moment(moment: datetime, now: datetime, lexicon: Lexicon) -> str:
    """A moment as seen from now: "tomorrow at 9:00 am"."""
    days = (moment.date() - now.date()).days
    spoken = lexicon.spoken
    form = spoken.today if days == 0 else spoken.tomorrow if days == 1 else spoken.later
    return form.format(time=say_clock(moment, lexicon), date=say_date(moment.date(), lexicon))


def say_duration(seconds: float, lexicon: Lexicon) -> str:
    """A duration in its two largest units: "2 hours and 5 minutes"."""
    left = round(seconds)
    parts = []
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        count, left = divmod(left, size)
        if count:
            names = lexicon.spoken.units[unit]
            parts.append(f"{count} {names[0] if count == 1 else names[1]}")
    return lexicon.spoken.joiner.join(parts[:2]) if parts else lexicon.spoken.less_than_a_minute


class _Clock(msgspec.Struct, frozen=True):
    hour: int
    minute: int
    is_exact: bool


class _Reader:
    """Reads a sentence from left to right and gathers duration, day, clock time and part of day."""

    def __init__(self, sentence: Sentence, now: datetime, lexicon: Lexicon) -> None:
        self._tokens = sentence.tokens
        self._text = sentence.text
        self._words = [token.word for token in sentence.tokens]
        self._now = now
        self._lexicon = lexicon
        self._t = lexicon.times
        self._used: set[int] = set()
        self._seconds: float | None = None
        self._unit_size = 0
        self._day: date | None = None
        self._clock: _Clock | None = None
        self._daypart: str | None = None
        self._wants_later_today = False

    def read(self) -> None:
        """Go through the words."""
        at = 0
        while at < len(self._words):
            after = self._duration(at) or self._date(at) or self._clock_time(at) or self._part(at)
            if after:
                self._used.update(range(at, after))
            at = after or at + 1

    def _word(self, at: int) -> str:
        return self._words[at] if 0 <= at < len(self._words) else ""

    def _number(self, at: int) -> float | None:
        """A number, also in two words ("twenty five")."""
        return self._lexicon.number(self._word(at)) if self._word(at) else None

    def _count(self, at: int) -> tuple[float, int] | None:
        """An amount and the position after it: "20", "twenty five", "a couple of", "half an", "an"."""
        word = self._word(at)
        if word in self._t.half:
            return 0.5, at + 2 if self._t.few.get(self._word(at + 1)) == 1 else at + 1
        if word in self._t.quarter and self._word(at + 1) in self._t.link:
            return 0.25, at + (3 if self._t.few.get(self._word(at + 2)) == 1 else 2)
        return self._vague_count(at) if word in self._t.few else self._exact_count(at)

    def _vague_count(self, at: int) -> tuple[float, int] | None:
        count, after = self._t.few[self._word(at)], at + 1
        if count == 1 and self._word(after) in (*self._t.few, *self._t.quarter, *self._t.half):
            return self._count(after)  # "a couple", "a quarter", "a half"
        return float(count), after + 1 if self._word(after) in self._t.link else after

    def _exact_count(self, at: int) -> tuple[float, int] | None:
        number = self._number(at)
        if number is None:
            return None
        if self._words[at + 1 : at + 2] and self._is_and_a_half(at + 1):  # "two and a half hours"
            return number + 0.5, at + 4
        is_tens = number in range(20, 100, 10) and self._word(at) in self._lexicon.numbers
        ones = self._number(at + 1) if is_tens else None
        if ones is not None and self._word(at + 1) in self._lexicon.numbers and ones < 10:
            return number + ones, at + 2
        return number, at + 1

    def _is_and_a_half(self, at: int) -> bool:
        few = self._t.few.get(self._word(at + 1))
        return self._word(at) in self._t.link and few == 1 and self._word(at + 2) in self._t.half

    def _duration(self, at: int) -> int | None:
        begin = at + 1 if self._word(at) in self._t.before_duration else at
        if self._seconds is not None:
            return None
        total, seen, size = 0.0, False, 0
        while (count := self._count(begin)) and self._word(count[1]) in self._t.units:
            amount, unit_at = count
            size = self._t.units[self._word(unit_at)]
            total, seen, begin = total + amount * size, True, unit_at + 1
            if self._is_and_a_half(begin):  # "an hour and a half"
                total, begin = total + size / 2, begin + 3
            elif self._word(begin) in self._t.link and self._count(begin + 1):
                begin += 1
        if not seen:
            return None
        if self._word(begin - 1) in self._t.link:
            begin -= 1
        self._seconds = -total if self._word(begin) in self._t.ago else total
        self._unit_size = size
        return begin + 1 if self._word(begin) in self._t.ago else begin

    def _date(self, at: int) -> int | None:
        if self._day is not None:
            return None
        begin = at + 1 if self._word(at) in self._t.before_day else at
        for phrase in sorted((*self._t.days, *self._t.holidays), key=len, reverse=True):
            words = phrase.split()
            if self._words[begin : begin + len(words)] == words:
                return self._take_named_day(phrase, begin + len(words))
        return self._weekday(begin) or self._calendar_day(begin)

    def _take_named_day(self, phrase: str, after: int) -> int:
        if phrase in self._t.days:
            self._day = self._now.date() + timedelta(days=self._t.days[phrase])
            if phrase in self._t.tonight:
                self._daypart = phrase
        else:
            month, _, day = self._t.holidays[phrase].partition("-")
            self._day = self._coming(int(month), int(day))
        return after

    def _weekday(self, begin: int) -> int | None:
        is_next = self._word(begin) in self._t.next
        word_at = begin + 1 if is_next else begin
        if self._word(word_at) not in self._t.weekdays:
            return None
        weekday, today = self._t.weekdays[self._word(word_at)], self._now.date()
        ahead = (weekday - today.weekday()) % 7
        if is_next:  # the one of the next calendar week
            ahead = 7 - today.weekday() + weekday
        elif ahead == 0:
            self._wants_later_today = True
        self._day = today + timedelta(days=ahead)
        return word_at + 1

    def _calendar_day(self, begin: int) -> int | None:
        iso = re.fullmatch(r"(\d{4})-(\d\d?)-(\d\d?)", self._word(begin))
        if iso:
            self._day = date(int(iso[1]), int(iso[2]), int(iso[3]))
            return begin + 1
        months, link = self._t.months, self._t.link
        at = begin + 1 if self._word(begin) in link else begin
        if self._word(at) in months:
            found = self._day_number(at + 1)
            return self._take_date(months[self._word(at)], found[0], found[1]) if found else None
        found = self._day_number(at)
        if not found:
            return None
        after = found[1] + 1 if self._word(found[1]) in link else found[1]
        if self._word(after) in months:
            return self._take_date(months[self._word(after)], found[0], after + 1)
        if at > begin and found[2]:  # "on the 5th"
            today = self._now.date()
            month = today.month if found[0] >= today.day else today.month % 12 + 1
            return self._take_date(month, found[0], found[1])
        return None

    def _day_number(self, at: int) -> tuple[int, int, bool] | None:
        if self._word(at) in self._t.link:
            at += 1
        number = self._number(at)
        if number is None or number != int(number) or not 1 <= number <= 31:
            return None
        has_ordinal = self._word(at + 1) in self._t.ordinal
        return int(number), at + 2 if has_ordinal else at + 1, has_ordinal

    def _take_date(self, month: int, day: int, after: int) -> int:
        year = self._word(after)
        if re.fullmatch(r"(19|20|21)\d\d", year):
            self._day = date(int(year), month, day)
            return after + 1
        self._day = self._coming(month, day)
        return after

    def _coming(self, month: int, day: int) -> date:
        """The next day of this date; 29 February waits for its year."""
        today = self._now.date()
        date(2000, month, day)  # a date that is in no calendar raises here
        for year in range(today.year, today.year + 9):
            try:
                found = date(year, month, day)
            except ValueError:
                continue
            if found >= today:
                return found
        raise ValueError("no such day")

    def _clock_time(self, at: int) -> int | None:
        if self._clock is not None:
            return None
        is_told = self._word(at) in self._t.before_clock
        begin = at + 1 if is_told else at
        if self._word(begin) in self._t.clock:
            self._clock = _Clock(self._t.clock[self._word(begin)], 0, is_exact=True)
            return begin + 1
        return self._relative_clock(begin) or self._digital_clock(begin, is_told)

    def _relative_clock(self, at: int) -> int | None:
        """Read "half past five", "quarter to six", "ten past 5"."""
        if self._t.few.get(self._word(at)) == 1:
            at += 1
        word = self._word(at)
        minutes = 30.0 if word in self._t.half else 15.0 if word in self._t.quarter else self._number(at)
        side_at = at + 1
        if self._word(side_at) in self._t.units and self._t.units[self._word(side_at)] == 60:
            side_at += 1
        side = self._word(side_at)
        hour = self._number(side_at + 1)
        if hour is None or minutes is None or side not in (*self._t.past, *self._t.to) or not 0 < hour < 25:
            return None
        if minutes != int(minutes) or not 0 < minutes < 60:
            return None
        whole = int(hour) - (side in self._t.to)
        minute = int(minutes) if side in self._t.past else 60 - int(minutes)
        return self._take_clock(
            whole % 24 or (12 if hour == 1 else 0), minute, side_at + 2, is_exact=whole > 12
        )

    def _digital_clock(self, at: int, is_told: bool) -> int | None:
        shape = re.fullmatch(r"(\d\d?)(?:[:.](\d\d))?", self._word(at))
        if shape:
            hour, minute, after = int(shape[1]), int(shape[2] or 0), at + 1
        else:
            number = self._number(at)
            if number is None or number != int(number):
                return None
            hour, minute, after = int(number), 0, at + 1
        has_half = self._word(after) in (*self._t.am, *self._t.pm)
        has_oclock = self._word(after) in self._t.oclock
        has_colon = ":" in self._word(at)
        if not (is_told or has_half or has_oclock or has_colon):
            return None
        is_exact = hour > 12 or hour == 0 or (has_colon and self._word(at).startswith("0"))
        return self._take_clock(hour, minute, after + 1 if has_oclock else after, is_exact=is_exact)

    def _take_clock(self, hour: int, minute: int, after: int, *, is_exact: bool) -> int:
        if self._word(after) in (*self._t.am, *self._t.pm):
            if not 1 <= hour <= 12:
                raise ValueError("no such hour")
            hour = hour % 12 + (12 if self._word(after) in self._t.pm else 0)
            is_exact, after = True, after + 1
        time(hour, minute)  # an hour that is on no clock raises here
        self._clock = _Clock(hour, minute, is_exact)
        return after

    def _part(self, at: int) -> int | None:
        begin = at
        while self._word(begin) in (*self._t.link, *self._t.before_day):
            begin += 1
        if self._word(begin) not in self._t.dayparts or self._daypart is not None:
            return None
        self._daypart = self._word(begin)
        return begin + 1

    def result(self) -> When | None:
        """The time that the gathered parts make."""
        if (
            self._seconds is not None
            and (self._clock is None or self._unit_size < 86400)
            and self._day is None
        ):
            if abs(self._seconds) > FARTHEST_DAYS * 86400:
                return self._when(self._now, problem="far")
            return self._when(later(self._now, self._seconds), has_clock=self._unit_size < 86400)
        if self._seconds is not None:
            self._day = self._now.date() + timedelta(seconds=self._seconds)
        if self._day is None and self._clock is None and self._daypart is None:
            return None
        return self._when(self._combine(), has_clock=self._clock is not None or self._daypart is not None)

    def _when(self, due: datetime, *, has_clock: bool = True, problem: Literal["", "far"] = "") -> When:
        used = frozenset(self._used)
        if problem or (due.date() - self._now.date()).days > FARTHEST_DAYS:
            return When(due, used, has_clock, "far")
        is_past = due <= self._now if has_clock else due.date() < self._now.date()
        return When(due, used, has_clock, "past" if is_past else "")

    def _combine(self) -> datetime:
        zone, today = self._now.tzinfo, self._now.date()
        hours = self._hours()
        minute = self._clock.minute if self._clock else 0
        if self._day is not None and self._day != today:
            return at_wall_clock(self._day, time(hours[0], minute), zone)
        # Today or no day: the first of the possible hours that is still to come.
        moments = [at_wall_clock(today, time(hour, minute), zone) for hour in sorted(hours)]
        coming = next((moment for moment in moments if moment > self._now), None)
        if coming is not None:
            return coming
        if self._wants_later_today:
            return at_wall_clock(today + timedelta(days=7), time(hours[0], minute), zone)
        if self._day is not None:
            return moments[-1]
        return at_wall_clock(today + timedelta(days=1), time(hours[0], minute), zone)

    def _hours(self) -> list[int]:
        """The hours that can be meant, the likeliest first."""
        part = self._t.dayparts.get(self._daypart) if self._daypart else None
        if self._clock is None:
            return [part if part is not None else 9]
        hour = self._clock.hour
        if self._clock.is_exact or hour == 0:
            return [hour]
        if part is not None:
            return [hour % 12 + 12 if part >= 12 and hour != 12 else hour]
        return [hour % 12 + 12, hour] if 1 <= hour <= 6 else [hour, (hour + 12) % 24]

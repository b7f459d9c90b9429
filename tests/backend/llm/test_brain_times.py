"""Times and dates in words, in a zone with summer time."""

import tomllib
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from backend.llm.brain.lexicon import Lexicon
from backend.llm.brain.matching import split_sentences
from backend.llm.brain.times import When, find_time, say_duration, say_moment

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 18, 14, 30, tzinfo=BERLIN)  # a Wednesday
WORDS = Path(__file__).resolve().parents[3] / "assets" / "brain" / "en" / "words.toml"
LEXICON = msgspec.convert(tomllib.loads(WORDS.read_text(encoding="utf-8")), Lexicon).checked()


def read(text: str, now: datetime = NOW) -> When | None:
    return find_time(split_sentences(text, LEXICON)[0], now, LEXICON)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("in 20 minutes", "2026-11-18 14:50"),
        ("in 20 min", "2026-11-18 14:50"),
        ("in an hour", "2026-11-18 15:30"),
        ("in half an hour", "2026-11-18 15:00"),
        ("in a half hour", "2026-11-18 15:00"),
        ("in a quarter of an hour", "2026-11-18 14:45"),
        ("in an hour and a half", "2026-11-18 16:00"),
        ("in two and a half hours", "2026-11-18 17:00"),
        ("in 1h30m", "2026-11-18 16:00"),
        ("in 1.5 hours", "2026-11-18 16:00"),
        ("in 2 hours and 5 minutes", "2026-11-18 16:35"),
        ("in a couple of hours", "2026-11-18 16:30"),
        ("in twenty five minutes", "2026-11-18 14:55"),
        ("in a minute", "2026-11-18 14:31"),
        ("for ten minutes", "2026-11-18 14:40"),
        ("in two days", "2026-11-20 14:30"),
        ("in 3 days at 9", "2026-11-21 09:00"),
        ("at 5pm", "2026-11-18 17:00"),
        ("at 5 p.m.", "2026-11-18 17:00"),
        ("at 5", "2026-11-18 17:00"),
        ("at 9", "2026-11-18 21:00"),
        ("at 2:15", "2026-11-19 14:15"),
        ("at 3 o'clock", "2026-11-18 15:00"),
        ("at 17:45", "2026-11-18 17:45"),
        ("at 09:00", "2026-11-19 09:00"),
        ("at 7am", "2026-11-19 07:00"),
        ("at 12am", "2026-11-19 00:00"),
        ("at 12pm", "2026-11-19 12:00"),
        ("at noon", "2026-11-19 12:00"),
        ("at midnight", "2026-11-19 00:00"),
        ("half past five", "2026-11-18 17:30"),
        ("quarter to six", "2026-11-18 17:45"),
        ("a quarter past 4", "2026-11-18 16:15"),
        ("ten past 5", "2026-11-18 17:10"),
        ("ten to 5", "2026-11-18 16:50"),
        ("tomorrow at 9", "2026-11-19 09:00"),
        ("tomorrow at 5", "2026-11-19 17:00"),
        ("tomorrow at noon", "2026-11-19 12:00"),
        ("tomorrow morning", "2026-11-19 09:00"),
        ("tomorrow evening at 8", "2026-11-19 20:00"),
        ("tonight", "2026-11-18 20:00"),
        ("tonight at 11", "2026-11-18 23:00"),
        ("this evening", "2026-11-18 19:00"),
        ("day after tomorrow at 10", "2026-11-20 10:00"),
        ("on Friday at 9", "2026-11-20 09:00"),
        ("friday", "2026-11-20 09:00"),
        ("on wednesday at 9am", "2026-11-25 09:00"),
        ("next friday at 9", "2026-11-27 09:00"),
        ("next monday", "2026-11-23 09:00"),
        ("on 5 march at 8", "2027-03-05 08:00"),
        ("december 24th at 6pm", "2026-12-24 18:00"),
        ("on the 5th of december", "2026-12-05 09:00"),
        ("on the 20th at 10", "2026-11-20 10:00"),
        ("2026-12-01 at 10:00", "2026-12-01 10:00"),
        ("christmas", "2026-12-25 09:00"),
        ("next week", "2026-11-25 09:00"),
    ],
)
def test_a_time_in_words_is_understood(text: str, due: str) -> None:
    when = read(text)
    assert when is not None
    assert when.problem == ""
    assert when.due.strftime("%Y-%m-%d %H:%M") == due
    assert when.due.tzinfo is not None


@pytest.mark.parametrize(
    "text", ["at 25:00", "31 february", "at 13pm", "soon", "the blue one", "at 5:75", "in -3"]
)
def test_what_is_no_time_is_not_made_one(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("yesterday at 5", "past"),
        ("an hour ago", "past"),
        ("at 9am today", "past"),
        ("in 0 minutes", "past"),
        ("in 99999999999 years", "far"),
        ("in 20 years", "far"),
        ("2020-01-01", "past"),
    ],
)
def test_a_time_that_is_of_no_use_is_named_so(text: str, problem: str) -> None:
    when = read(text)
    assert when is not None
    assert when.problem == problem


@pytest.mark.parametrize(
    ("now", "text", "due"),
    [
        # Clocks go forward on 28 March 2027 at 2:00, back on 31 October 2027 at 3:00.
        ("2027-03-27 20:00", "tomorrow at 9am", "2027-03-28T09:00:00+02:00"),
        ("2027-03-27 20:00", "tomorrow at 2:30 am", "2027-03-28T03:30:00+02:00"),
        ("2027-03-28 01:30", "in an hour", "2027-03-28T03:30:00+02:00"),
        ("2027-10-30 20:00", "tomorrow at 9am", "2027-10-31T09:00:00+01:00"),
        ("2027-10-31 01:30", "in 2 hours", "2027-10-31T02:30:00+01:00"),
    ],
)
def test_summer_time_moves_no_reminder(now: str, text: str, due: str) -> None:
    when = read(text, datetime.fromisoformat(now).replace(tzinfo=BERLIN))
    assert when is not None
    assert when.due.isoformat() == due


def test_times_are_said_as_people_say_them() -> None:
    tomorrow = datetime(2026, 11, 19, 0, 5, tzinfo=BERLIN)
    assert say_moment(tomorrow, NOW, LEXICON) == "tomorrow at 12:05 am"
    assert say_duration(7500, LEXICON) == "2 hours and 5 minutes"
    assert say_duration(60, LEXICON) == "1 minute"
    assert say_duration(0.2, LEXICON) == "less than a minute"

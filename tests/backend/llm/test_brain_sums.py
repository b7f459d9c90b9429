"""Sums: worked out exactly, bounded, and never taken from ordinary sentences."""

import tomllib
from pathlib import Path

import msgspec
import pytest

from backend.llm.brain.arithmetic import SumError, find_sum, work_out
from backend.llm.brain.lexicon import Lexicon

WORDS = Path(__file__).resolve().parents[3] / "assets" / "brain" / "en" / "words.toml"
LEXICON = msgspec.convert(tomllib.loads(WORDS.read_text(encoding="utf-8")), Lexicon).checked()


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("2+2", "4"),
        ("what is 12 * (3 - 1)?", "24"),
        ("What's 7 divided by 2", "3.5"),
        ("15% of 80", "12"),
        ("what is 20 percent of 50", "10"),
        ("200 + 10%", "220"),
        ("0.1 + 0.2", "0.3"),
        ("three times four", "12"),
        ("square root of 144", "12"),
        ("2^10", "1,024"),
        ("-3 + 5", "2"),
        ("1/3", "about 0.333333"),
        ("5 x 6", "30"),
        ("1,000 + 1", "1,001"),
        ("how much is 2 + 2 * 2", "6"),
    ],
)
def test_a_sum_is_worked_out(text: str, result: str) -> None:
    parts = find_sum(text, LEXICON)
    assert parts is not None
    assert work_out(parts, LEXICON) == result


@pytest.mark.parametrize(
    "text", ["1/0", "9^9^9^9", "99999999999999999*99999999999", "2+", "(2+3", "2 ** 9999", "sqrt -4 + 1"]
)
def test_a_sum_without_an_answer_is_refused_at_once(text: str) -> None:
    parts = find_sum(text, LEXICON)
    if parts is not None:
        with pytest.raises(SumError):
            work_out(parts, LEXICON)


@pytest.mark.parametrize(
    "text",
    [
        "I work 24/7",
        "__import__('os').system('true')",
        "2026-11-21",
        "how much is 3 apples",
        "1" * 500,
        "(" * 200 + "1",
        "five",
        "print(1+1)",
        "",
    ],
)
def test_what_is_no_sum_is_not_taken_for_one(text: str) -> None:
    assert find_sum(text, LEXICON) is None

"""Lines of scripts that Tk breaks or writes wrongly."""

import sys
import unicodedata

import pytest
from arabic_reshaper import reshape
from bidi import get_display

from overlay.bubble import bidi
from overlay.bubble.inline import Run

BOLD = frozenset({"bold"})


def measure(run):
    return 8 * sum(1 for char in run.text if not unicodedata.combining(char))


def lay(*runs, width=4000, base=None):
    runs = [run if isinstance(run, Run) else Run(run) for run in runs]
    text = "".join(run.text for run in runs)
    return bidi.lay(runs, base or bidi.direction(text) or "L", width, measure)


def seen(line):
    return "".join(run.text for run in line.runs)


@pytest.mark.parametrize(
    "text",
    [
        "مرحبا بك في بيتي يا صديقي العزيز، كيف حالك اليوم؟ إصدار 3.5 من Python",
        "שלום עולם hello (world) 12",
        "hello שלום ok",
        "لا إلا الله",
        "in [עברית and] more",
    ],
)
def test_a_line_is_seen_as_the_unicode_algorithm_says(text):
    (line,) = lay(text)
    # An independent implementation (in Rust, without our keeping of styles).
    assert seen(line) == get_display(reshape(text), base_dir=bidi.direction(text))
    assert line.logical == text
    assert line.is_reordered


def test_letters_are_joined():
    (line,) = lay("سلام")
    assert seen(line) == "ﻡﻼﺳ"


def test_brackets_turn_round():
    (line,) = lay("(جديد)")
    assert seen(line) == "(ﺪﻳﺪﺟ)"


def test_styles_follow_their_words():
    (line,) = lay("שלום ", Run("עולם", BOLD), " טוב")
    assert [(run.text, set(run.styles)) for run in line.runs] == [
        ("בוט ", set()),
        ("םלוע", {"bold"}),
        (" םולש", set()),
    ]


def test_lines_are_broken_between_words_by_width():
    lines = lay("שלום עולם " * 6, width=100)
    assert len(lines) > 4
    assert all(measure(Run(seen(line))) <= 100 for line in lines)
    assert "".join(line.logical + " " for line in lines) == "שלום עולם " * 6
    assert sum(line.length for line in lines) == 60


def test_a_word_longer_than_a_line_is_broken_anywhere():
    lines = lay("ש" * 50, width=100)
    assert [line.length for line in lines] == [12, 12, 12, 12, 2]


def test_marks_stand_behind_their_letters():
    (line,) = lay("שָׁלוֹם")
    assert not unicodedata.combining(seen(line)[0])
    assert sum(1 for char in seen(line) if unicodedata.combining(char)) == 3


def test_emoji_of_several_characters_stay_whole():
    (line,) = lay("שלום 👩\u200d💻 עולם")
    assert "👩\u200d💻" in seen(line)


def test_a_japanese_line_does_not_begin_with_a_full_stop():
    lines = lay("今日はいい天気ですね。" * 4, width=80)
    assert all(seen(line)[0] not in "。、" for line in lines)
    assert "".join(line.logical for line in lines) == "今日はいい天気ですね。" * 4
    assert not any(line.is_reordered for line in lines)


def test_without_the_libraries_text_stays_as_it_is(monkeypatch):
    monkeypatch.setitem(sys.modules, "bidi.algorithm", None)
    bidi._libraries.cache_clear()
    try:
        assert not bidi.is_available()
        (line,) = lay("שלום")
        assert seen(line) == "שלום"
    finally:
        bidi._libraries.cache_clear()


def test_the_direction_is_that_of_the_first_letter():
    assert bidi.direction("12 - שלום abc") == "R"
    assert bidi.direction("• abc שלום") == "L"
    assert bidi.direction("123 ...") is None

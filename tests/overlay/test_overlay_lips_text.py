"""Her mouth by text: any script, at the pace of a reader."""

from itertools import pairwise
from math import inf
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.shared.records import MouthShape
from overlay.life.reading import LAG_SECONDS, Reading
from tests.overlay.life_trace import most_in_a_second, shapes, watch


def read(text: str, until: float = 60.0) -> list[tuple[float, MouthShape | None]]:
    reading = Reading()
    reading.add(text, 0.0)
    return watch(reading, until)


def test_vowels_open_her_mouth_in_their_own_shapes_and_lips_close_it():
    assert shapes(read("mamoma")) == ["closed", "wide", "closed", "round", "closed", "wide", "closed", None]
    assert shapes(read("bibe")) == ["closed", "smile", "closed", "small", "closed", None]
    assert shapes(read("AÉÖ")) == ["wide", "small", "round", "closed", None]


def test_a_sound_too_short_to_be_seen_gives_way_to_the_next():
    assert shapes(read("ta")) == ["wide", "closed", None]
    assert shapes(read("stra")) == ["small", "wide", "closed", None]


def test_kana_and_hangul_are_read_by_their_vowels():
    assert shapes(read("カキクケコン"))[:6] == ["wide", "smile", "round", "small", "round", "closed"]
    assert shapes(read("がぎぐげ"))[:4] == ["wide", "smile", "round", "small"]
    assert shapes(read("가고기"))[:3] == ["wide", "round", "smile"]


def test_ideographs_take_a_syllable_each():
    assert 1.2 < read("今天天气很好我们")[-2][0] < 1.8


def test_punctuation_is_a_pause():
    changes = read("oh. ah")
    closed_at, open_at = changes[1][0], changes[2][0]
    assert changes[1][1] == "closed"
    assert open_at - closed_at > 0.3


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("おはようございます", {"round", "wide", "smile"}),
        ("カタカナ", {"wide"}),
        ("안녕하세요 오늘 어때요", {"wide", "round", "small"}),
        ("Доброе утро, мама", {"round", "wide", "closed"}),
        ("καλημέρα κόσμε", {"wide", "small", "round"}),
        ("صباح الخير يا صديقي", {"wide", "smile", "closed"}),
        ("בוקר טוב", {"round", "closed"}),
        ("今天天气很好我们去公园", {"wide", "small", "smile"}),
        ("नमस्ते दुनिया", {"small", "wide"}),
        ("สวัสดีครับ", {"small", "wide"}),
        ("1984", {"small", "wide"}),
    ],
)
def test_any_script_moves_her_mouth(text, least):
    changes = read(text)
    assert least <= set(shapes(changes))
    assert most_in_a_second(changes) <= 12


def test_what_is_not_read_aloud_does_not_move_her_mouth():
    assert read("🎉✨ ** ## `` \u0301 \u200d") == [(0.0, None)]


def test_european_text_takes_her_as_long_as_a_reader_would_need():
    text = "She looked at the garden for a while and then she smiled at the two of them, as before."
    end = next(at for at, shape in read(text)[::-1] if shape == "closed")
    assert 11 <= len(text) / end <= 17


def test_text_that_streams_faster_is_queued_but_she_is_never_far_behind():
    reading, now = Reading(), 0.0
    while now < 20:
        reading.add("a word or two and more of them, ", now)
        reading.advance(now)
        now += 0.05
    changes = watch(reading, now + 30, now)
    assert LAG_SECONDS - 2 < changes[-1][0] - now < LAG_SECONDS + 1


def test_one_huge_text_takes_no_longer():
    assert read("Lorem ipsum dolor sit amet. " * 5000)[-1][0] < LAG_SECONDS + 1


def test_she_stops_within_a_moment_after_the_end_of_the_text():
    reading = Reading()
    reading.add("a word or two and more of them, " * 10, 0.0)
    watch(reading, 1.0)
    reading.finish(1.0)
    assert 2.0 < watch(reading, 60.0, 1.0)[-1][0] < 3.5


def test_a_word_that_comes_while_she_waits_is_read_at_once():
    reading = Reading()
    reading.add("a", 0.0)
    assert shapes(watch(reading, 0.2)) == ["wide", "closed"]
    reading.add("o", 0.2)
    assert watch(reading, 0.3, 0.2)[0] == (0.2, "round")


def test_calls_that_come_late_do_not_make_her_gabble():
    reading, now, changes = Reading(), 0.0, [(0.0, None)]
    reading.add("bimabo tela mipo " * 3, 0.0)
    late = Random(1)
    while reading.due < 60:
        now = reading.due + late.choice((0.0, 0.0, 0.3))
        reading.advance(now)
        changes.append((now, reading.shape))
    seen = [after for before, after in pairwise(changes) if before[1] != after[1]]
    assert all(after - before > 0.08 for (before, _), (after, _) in pairwise(seen))


def test_text_from_before_a_pause_of_the_machine_is_not_read_after_it():
    reading = Reading()
    reading.add("a word or two and more of them", 0.0)
    watch(reading, 0.5)
    reading.advance(60.0)
    assert reading.shape is None
    assert reading.due == inf


def test_text_in_small_pieces_looks_like_speech_too():
    reading, text = Reading(), "Good morning, my dear. The tea is ready and the sun is up. "
    changes = []
    for number, char in enumerate(text):
        changes += watch(reading, number * 0.08, max(0.0, (number - 1) * 0.08))
        reading.add(char, number * 0.08)
    seen = [changes[0], *(after for before, after in pairwise(changes) if before[1] != after[1])]
    assert 3 < len(seen) / (len(text) * 0.08) < 12
    assert {"wide", "round", "small", "closed"} <= set(shapes(seen))


@given(st.lists(st.tuples(st.floats(0, 1), st.text(max_size=30)), max_size=30))
@settings(max_examples=100)
def test_no_text_makes_her_mouth_tremble(pieces):
    reading, now, changes = Reading(), 0.0, [(0.0, None)]
    for gap, text in pieces:
        changes += watch(reading, now + gap, now)
        now += gap
        reading.add(text, now)
        reading.advance(now)
    changes += watch(reading, now + LAG_SECONDS + 2, now)
    seen = [changes[0], *(after for before, after in pairwise(changes) if before[1] != after[1])]
    assert most_in_a_second(seen) <= 12
    assert reading.shape is None

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.llm.sse import EventTooLongError, SseReader


def read(*chunks: bytes) -> list[bytes]:
    reader = SseReader()
    return [event for chunk in chunks for event in reader.feed(chunk)] + reader.close()


STREAM = (
    b": hello\r\ndata: one\n\ndata:two\r\n\r\n"
    b"event: x\rdata: a\rdata: b\r\r\n\nid: 7\n\n: ping\n\ndata: \xc3\xa9\n\n"
)
EVENTS = [b"one", b"two", b"a\nb", b"\xc3\xa9"]


def test_every_line_ending_and_field_is_understood():
    assert read(STREAM) == EVENTS


@pytest.mark.parametrize("cut", range(len(STREAM) + 1))
def test_a_split_at_any_byte_changes_nothing(cut: int):
    assert read(STREAM[:cut], STREAM[cut:]) == EVENTS


@given(st.lists(st.integers(0, len(STREAM)), max_size=20))
def test_any_number_of_splits_changes_nothing(cuts: list[int]):
    edges = [0, *sorted(cuts), len(STREAM)]
    assert read(*(STREAM[a:b] for a, b in itertools.pairwise(edges))) == EVENTS


def test_byte_by_byte_is_the_same():
    assert read(*(STREAM[i : i + 1] for i in range(len(STREAM)))) == EVENTS


def test_crlf_split_between_its_two_bytes_is_one_line_end():
    assert read(b"data: a\r", b"\ndata: b\r", b"\n\r", b"\n") == [b"a\nb"]


def test_an_event_comes_out_as_soon_as_its_blank_line_is_there():
    reader = SseReader()
    assert reader.feed(b"data: a\n") == []
    assert reader.feed(b"\ndata: b") == [b"a"]
    assert reader.feed(b"\n\n") == [b"b"]


def test_only_one_space_after_the_colon_belongs_to_the_format():
    assert read(b"data:  a\n\n") == [b" a"]


def test_characters_that_python_calls_line_ends_are_not():
    assert read("data: a\u2028b\u0085c\x0bd\x0ce\x1cf\n\n".encode()) == [
        "a\u2028b\u0085c\x0bd\x0ce\x1cf".encode()
    ]


def test_an_error_field_is_kept():
    assert read(b"error: no\n\n") == [b"no"]


def test_the_last_event_needs_no_blank_line():
    assert read(b"data: a\n\ndata: [DONE]") == [b"a", b"[DONE]"]


def test_an_endless_line_is_refused_before_it_fills_the_memory():
    reader = SseReader()
    with pytest.raises(EventTooLongError):
        for _ in range(100):
            reader.feed(b"data: " + b"x" * 10_000)


def test_an_endless_event_of_short_lines_is_refused():
    reader = SseReader()
    with pytest.raises(EventTooLongError):
        for _ in range(100_000):
            reader.feed(b"data: xxxxxxxxxx\n")


def test_endless_comments_keep_nothing():
    reader = SseReader()
    for _ in range(10_000):
        assert reader.feed(b": " + b"x" * 1000 + b"\n") == []
    assert reader.feed(b"data: a\n\n") == [b"a"]

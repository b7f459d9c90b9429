"""Codecs, outboxes and the fan-out: what reaches a client that reads, is slow, or has stopped reading."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.connections.codecs import CONTROL_WORDS, PLAIN, TypedCodec, coalesce, text_frame
from backend.connections.fanout import Fanout
from backend.connections.outbox import CLOSED_BYTES, SLOW_BYTES, Outbox
from backend.shared import events
from backend.shared.wire import decode_hub_event


class Wire:
    """A line that takes only what its client has room for."""

    def __init__(self, room=10**9):
        self.data = b""
        self.waiting = b""
        self.room = room
        self.is_aborted = False

    def write(self, data):
        self.waiting += data
        self.read(0)

    def read(self, more):
        """The client reads so many bytes."""
        self.room += more
        taken = min(self.room, len(self.waiting))
        self.data, self.waiting, self.room = (
            self.data + self.waiting[:taken],
            self.waiting[taken:],
            self.room - taken,
        )

    def unsent_bytes(self):
        return len(self.waiting)

    def abort(self):
        self.is_aborted = True
        self.waiting = b""


def frames(data: bytes) -> list[str]:
    found = []
    while data:
        assert data[0] == 0x81
        size, start = data[1], 2
        if size == 126:
            (size,), start = struct.unpack("!H", data[2:4]), 4
        elif size == 127:
            (size,), start = struct.unpack("!Q", data[2:10]), 10
        found.append(data[start : start + size].decode())
        data = data[start + size :]
    return found


def token(text, turn="t"):
    return events.Token(turn=turn, text=text)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 100_000])
def test_a_frame_of_any_size_is_read_back(size):
    assert frames(text_frame(b"x" * size)) == ["x" * size]


@pytest.mark.parametrize(
    ("event", "frame"),
    [
        (token("hi"), "hi"),
        (events.Emotion(turn="t", name="sad"), "[EMOTION]sad"),
        (events.TurnEnded(turn="t", ending="cut", emotion="sad"), "[END]"),
        (events.ModeChanged(name="focus"), "[MODE CHANGED] focus"),
        (events.SpeechStarted(), "[SPEECH_START]"),
        (events.SpeechEnded(), "[SPEECH_END]"),
        (events.Error(code="c", message="Sorry."), "[ERROR]Sorry."),
    ],
)
def test_the_plain_protocol_says_it_as_the_contract_does(event, frame):
    assert frames(PLAIN.encode([event])) == [frame]


def test_plain_clients_are_spared_what_their_protocol_has_no_word_for():
    silent = [
        events.TurnStarted(turn="t"),
        events.Notice(code="c", message="m"),
        events.UserSaid(turn="t", text="x"),
    ]
    assert PLAIN.encode(silent) == b""


@pytest.mark.parametrize("word", CONTROL_WORDS)
def test_her_own_text_never_looks_like_a_control_word(word):
    for text in (word, f"{word}more", f"{word}{word}"):
        pieces = frames(PLAIN.encode([token(text)]))
        assert "".join(pieces) == text
        assert not any(piece.startswith(CONTROL_WORDS) for piece in pieces)


@given(st.lists(st.sampled_from([*CONTROL_WORDS, "[", "]", "[EN", "D]", "x", " ", "é"]), max_size=12))
def test_no_cut_of_the_text_confuses_a_plain_client(parts):
    batch = [token(part) for part in parts]
    for way in (batch, coalesce(batch)):
        pieces = frames(PLAIN.encode(way))
        assert "".join(pieces) == "".join(parts)
        assert not any(piece.startswith(CONTROL_WORDS) for piece in pieces)


def test_a_typed_client_gets_what_it_wants_and_every_answer_to_itself():
    codec = TypedCodec(frozenset({"token"}))
    batch = [token("a"), events.Emotion(turn="t", name="sad"), events.Error(code="c", message="m")]
    kinds = [type(decode_hub_event(frame)) for frame in frames(codec.encode(batch))]
    assert kinds == [events.Token, events.Error]


def test_joined_tokens_keep_text_order_and_last_number():
    batch = [
        token("a"),
        token("b"),
        events.Emotion(turn="t", name="sad"),
        token("c"),
        token("d", "other"),
        token("e", "other"),
    ]
    for number, event in enumerate(batch):
        event.seq = number
    joined = coalesce(batch)
    assert [(e.text, e.seq) for e in joined if isinstance(e, events.Token)] == [
        ("ab", 1),
        ("c", 3),
        ("de", 5),
    ]
    assert [event.seq for event in joined] == [1, 2, 3, 5]
    assert [event.text for event in batch if isinstance(event, events.Token)] == list("abcde")


def test_a_client_that_reads_gets_each_token_at_once_in_a_frame_of_its_own():
    fanout, wire = Fanout(), Wire()
    fanout.add(Outbox(wire, PLAIN))
    fanout.publish([token("a"), token("b")])
    assert frames(wire.data) == ["a", "b"]


def test_a_slow_client_gets_everything_in_order_joined():
    fanout, wire = Fanout(), Wire(room=0)
    outbox = Outbox(wire, PLAIN)
    fanout.add(outbox)
    fanout.publish([token("x" * (SLOW_BYTES + 1))])
    fanout.publish([token(f"{n},") for n in range(2000)])
    fanout.publish(
        [
            events.Emotion(turn="t", name="sad"),
            token("z"),
            events.TurnEnded(turn="t", ending="complete", emotion="sad"),
        ]
    )
    while wire.waiting:
        wire.read(1000)
        outbox.resume()
    got = frames(wire.data)
    assert (
        "".join(got) == "x" * (SLOW_BYTES + 1) + "".join(f"{n}," for n in range(2000)) + "[EMOTION]sadz[END]"
    )
    assert len(got) < 100
    assert not wire.is_aborted


def test_a_client_that_fell_too_far_behind_is_closed_and_costs_nothing_more():
    fanout, wire = Fanout(), Wire(room=0)
    outbox = Outbox(wire, PLAIN)
    fanout.add(outbox)
    sent = 0
    while not wire.is_aborted:
        fanout.publish([token("x" * 1000)])
        sent += 1000
        assert sent < 2 * CLOSED_BYTES
    assert sent > CLOSED_BYTES // 2
    fanout.publish([token("more")])
    outbox.resume()
    assert wire.waiting == b""


def test_numbers_grow_over_restarts_and_for_answers_to_one_client():
    first = Fanout()
    first.publish([token("a"), token("b")])
    last = first.number(events.Error(code="c", message="m")).seq
    second = Fanout()
    second.publish([token("a")])
    assert second.seq > last


def test_who_comes_back_gets_exactly_what_was_missed():
    fanout = Fanout()
    fanout.publish([token("a")])
    seen = fanout.seq
    fanout.publish([token("b"), token("c")])
    assert [event.text for event in fanout.missed(seen)] == ["b", "c"]
    assert fanout.missed(fanout.seq) == []
    assert fanout.missed(fanout.seq + 1) is None
    assert fanout.missed(0) is None


def test_what_is_remembered_for_those_who_come_back_is_limited():
    fanout = Fanout()
    fanout.publish([token("a")])
    seen = fanout.seq
    fanout.publish([token("x" * 100_000) for _ in range(20)])
    assert fanout.missed(seen) is None
    assert sum(len(event.text) for event in fanout.missed(fanout._forgotten_seq)) <= 1024 * 1024


def test_a_client_that_leaves_while_events_go_out_harms_nobody():
    fanout, other = Fanout(), Wire()

    class Leaver:
        def offer(self, batch, encoded):
            fanout.remove(self)

    fanout.add(Leaver())
    fanout.add(Outbox(other, PLAIN))
    fanout.publish([token("a")])
    fanout.publish([token("b")])
    assert frames(other.data) == ["a", "b"]
    assert fanout.clients == 1

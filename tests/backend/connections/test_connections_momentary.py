"""What lasts but a moment: it fills no outbox, and who comes back later does not hear it again."""

import pytest

from backend.connections.codecs import PLAIN, TypedCodec
from backend.connections.fanout import Fanout
from backend.connections.outbox import CLOSED_BYTES, SLOW_BYTES, Outbox
from backend.shared import events
from backend.shared.records import Viseme
from backend.shared.wire import decode_hub_event
from tests.backend.connections.test_connections_outbox import Wire, frames, token

UTTERANCE = events.UtteranceStarted(id="u", started_at=1.0, visemes=[Viseme(0.0, "wide")])
NOVEL = [
    UTTERANCE,
    events.SpeechLevelChanged(level=0.5),
    events.HearingChanged(state="listening"),
    events.SensesChanged(senses=[], switches={}),
    events.FaceCalled(),
    events.Question(id="q", text="May I?", expires_at=1.0),
    events.QuestionClosed(id="q", answer="no"),
    events.TalkPushed(is_pressed=True),
    events.AnswerCut(turn="t", text="so far"),
]


def slow_client(codec=None):
    fanout, wire = Fanout(), Wire(room=0)
    outbox = Outbox(wire, codec or TypedCodec())
    fanout.add(outbox)
    fanout.publish([token("x" * (SLOW_BYTES + 1))])
    return fanout, wire, outbox


def read_all(wire, outbox):
    while wire.waiting:
        wire.read(10_000)
        outbox.resume()
    return [decode_hub_event(frame) for frame in frames(wire.data)][1:]


@pytest.mark.parametrize("event", NOVEL, ids=lambda event: type(event).__name__)
def test_plain_clients_see_nothing_of_it(event):
    assert PLAIN.encode([event]) == b""


def test_a_slow_client_gets_the_newest_level_alone_in_order():
    fanout, wire, outbox = slow_client()
    for number in range(20_000):
        fanout.publish([events.SpeechLevelChanged(level=number / 20_000)])
        fanout.publish([events.HearingChanged(state="listening", text="word " * 100)])
        if number % 5000 == 0:
            fanout.publish([token(f"{number},")])
    fanout.publish([events.SpeechEnded()])
    assert not wire.is_aborted
    heard = read_all(wire, outbox)
    assert [type(event) for event in heard] == [
        events.Token,
        events.SpeechLevelChanged,
        events.HearingChanged,
        events.SpeechEnded,
    ]
    assert heard[0].text == "0,5000,10000,15000,"
    assert heard[1].level == 19_999 / 20_000
    numbers = [event.seq for event in heard]
    assert numbers == sorted(numbers)
    assert outbox._held_bytes == 0


def test_levels_reach_a_client_again_after_it_was_slow():
    fanout, wire, outbox = slow_client()
    for level in (0.1, 0.2):
        fanout.publish([events.SpeechLevelChanged(level=level)])
    read_all(wire, outbox)
    fanout.publish([events.SpeechLevelChanged(level=0.3)])
    heard = read_all(wire, outbox)
    assert [event.level for event in heard] == [0.2, 0.3]


def test_long_timelines_count_with_their_length():
    fanout, wire, _ = slow_client()
    visemes = [Viseme(n / 10, "wide") for n in range(2000)]
    sent = 0
    while not wire.is_aborted:
        fanout.publish([events.UtteranceStarted(id="u", started_at=1.0, visemes=visemes)])
        sent += 1
        assert sent < CLOSED_BYTES / 20_000


def test_who_comes_back_hears_no_old_levels_utterances_or_calls():
    fanout = Fanout()
    fanout.publish([token("a")])
    seen = fanout.seq
    fanout.publish([UTTERANCE, events.SpeechLevelChanged(level=0.5), events.FaceCalled(), token("b")])
    assert [type(event) for event in fanout.missed(seen)] == [events.Token]
    assert fanout.seq == seen + 4


def test_who_comes_back_is_told_only_what_the_ears_do_now():
    fanout = Fanout()
    seen = fanout.seq
    fanout.publish([events.HearingChanged(state="listening", text="private words"), token("a")])
    fanout.publish([events.HearingChanged(state="idle"), token("b")])
    missed = fanout.missed(seen)
    assert [type(event) for event in missed] == [events.Token, events.HearingChanged, events.Token]
    assert missed[1].state == "idle"
    assert [event.seq for event in missed] == sorted(event.seq for event in missed)
    assert [type(event) for event in fanout.missed(fanout.seq - 1)] == [events.Token]


def test_who_comes_back_is_told_only_whether_the_key_to_talk_is_held_now():
    fanout = Fanout()
    seen = fanout.seq
    for is_pressed in (True, False, True):
        fanout.publish([events.TalkPushed(is_pressed=is_pressed), token("a")])
    missed = fanout.missed(seen)
    assert [event.is_pressed for event in missed if isinstance(event, events.TalkPushed)] == [True]
    assert [event.seq for event in missed] == sorted(event.seq for event in missed)
    assert fanout.missed(fanout.seq) == []


def test_a_voice_drives_nothing_out_of_what_is_remembered():
    fanout = Fanout()
    seen = fanout.seq
    fanout.publish([token("a")])
    for _ in range(10_000):
        fanout.publish([events.SpeechLevelChanged(level=0.5)])
    assert [event.text for event in fanout.missed(seen)] == ["a"]


def test_snapshots_are_not_made_again_for_a_voice():
    fanout = Fanout()
    fanout.publish([UTTERANCE, events.SpeechLevelChanged(level=0.5), events.HearingChanged(state="idle")])
    assert fanout.landmarks == 0

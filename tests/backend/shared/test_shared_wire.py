"""Events to JSON and back, and every way in which a frame can be wrong."""

import contextlib
import json
import types
import typing
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.shared import events, wire

SCHEMA = Path(events.__file__).with_name("events.schema.json")


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("", "bad-json"),
        ("hello", "bad-json"),
        ("{", "bad-json"),
        ("null", "bad-message"),
        ("[]", "bad-message"),
        ('"text"', "bad-message"),
        ("{}", "bad-message"),
        ('{"type": 5}', "bad-message"),
        ('{"type": "nonsense"}', "unknown-type"),
        ('{"type": "token", "turn": "a", "text": "b"}', "unknown-type"),
        ('{"type": "user-message"}', "bad-message"),
        ('{"type": "user-message", "text": ""}', "bad-message"),
        ('{"type": "user-message", "text": 5}', "bad-message"),
        ('{"type": "user-message", "text": null}', "bad-message"),
        ('{"type": "user-message", "text": NaN}', "bad-json"),
        ('{"type": "user-message", "text": Infinity}', "bad-json"),
        ('{"type": "user-message", "text": 1e999}', "bad-json"),
        ('{"type": "user-message", "text": "a", "text": "b"}', "bad-json"),
        ('{"type": "user-message", "text": "\\ud800"}', "bad-json"),
        ('{"type": "user-message", "text": "\\udc00\\ud800"}', "bad-json"),
        ('{"type": "user-message", "text": "a", "id": ""}', "bad-message"),
        ('{"type": "user-message", "text": "a", "source": "telepathy"}', "bad-message"),
        ('{"type": "presence", "state": "asleep"}', "bad-message"),
        ('{"type": "history-query", "id": "1", "limit": 100000}', "bad-message"),
        ('{"type": "hello", "actions": [{"name": ""}]}', "bad-message"),
        (json.dumps({"type": "user-message", "text": "x" * 10_001}), "bad-message"),
        ("[" * 17 + "]" * 17, "bad-json"),
        ("[" * 60_000, "bad-json"),
        ('{"a":' * 60_000, "bad-json"),
        ('{"type": "user-message", "text": ' + "9" * 5000 + "}", "bad-json"),
        ('{"type": "interrupt"} {"type": "interrupt"}', "bad-json"),
        ("\ufeff{}", "bad-json"),
    ],
)
def test_a_frame_that_is_wrong_is_refused_with_its_code(frame, code):
    with pytest.raises(wire.WireError) as refusal:
        wire.decode_client_event(frame)
    assert refusal.value.code == code
    assert len(refusal.value.message) < 400


def test_brackets_inside_strings_do_not_count_as_depth():
    text = '[{"\\"' * 30
    frame = json.dumps({"type": "user-message", "text": text})
    assert wire.decode_client_event(frame) == events.UserMessage(text=text)


def test_sixteen_levels_are_allowed():
    assert wire.parse_json("[" * 16 + "]" * 16) is not None


@pytest.mark.parametrize(
    ("frame", "is_allowed"),
    [
        ({"type": "interrupt"}, True),
        ({"type": "interrupt", "turn": "", "said": None}, True),
        ({"type": "interrupt", "turn": "t", "said": ""}, True),
        ({"type": "interrupt", "turn": "t", "said": "x" * 10_000}, True),
        ({"type": "interrupt", "turn": "t", "said": "x" * 10_001}, False),
        ({"type": "interrupt", "turn": None}, False),
        ({"type": "interrupt", "turn": "t" * 201}, False),
        ({"type": "remark", "code": "c", "message": "x" * 500}, True),
        ({"type": "remark", "code": "c", "message": "x" * 501}, False),
        ({"type": "remark", "code": "c", "message": ""}, False),
        ({"type": "push-to-talk", "is_pressed": False}, True),
        ({"type": "push-to-talk", "is_pressed": "yes"}, False),
        ({"type": "push-to-talk"}, False),
    ],
)
def test_what_a_voice_may_say_has_its_limits(frame, is_allowed):
    if is_allowed:
        wire.decode_client_event(json.dumps(frame))
        return
    with pytest.raises(wire.WireError):
        wire.decode_client_event(json.dumps(frame))


def test_a_surrogate_pair_is_one_character():
    event = wire.decode_client_event('{"type": "user-message", "text": "\\ud83d\\ude00"}')
    assert event == events.UserMessage(text="😀")


def test_unknown_fields_pass_in_both_directions():
    assert wire.decode_client_event('{"type": "interrupt", "novel": 1}') == events.Interrupt()
    assert wire.decode_hub_event('{"type": "emotion", "turn": "t", "name": "sad", "novel": 1}').name == "sad"


def test_a_client_passes_over_events_it_does_not_know_yet():
    assert wire.decode_hub_event('{"type":"from-the-future","seq":1}') is None


@pytest.mark.parametrize(
    "frame", ["", "{}", "[1]", '{"type":"token"}', '{"type":"token","turn":1,"text":""}']
)
def test_a_client_refuses_what_is_no_event(frame):
    with pytest.raises(wire.WireError):
        wire.decode_hub_event(frame)


@given(st.text())
def test_any_text_gives_an_event_or_a_wire_error(text):
    with contextlib.suppress(wire.WireError):
        wire.decode_client_event(text)


@given(st.text(min_size=1, max_size=200), st.text(max_size=200))
def test_any_words_survive_both_directions(said, answered):
    frame = wire.encode(events.UserMessage(text=said)).decode()
    assert wire.decode_client_event(frame).text == said
    assert wire.decode_hub_event(wire.encode(events.Token(turn="t", text=answered))).text == answered


@pytest.mark.parametrize("kind", [*events.ClientEvent.__subclasses__(), *events.HubEvent.__subclasses__()])
def test_every_event_says_what_it_means(kind):
    assert kind.__doc__
    assert len(kind.__doc__.strip()) > 15


def test_every_event_has_a_name_of_its_own():
    kinds = [*events.ClientEvent.__subclasses__(), *events.HubEvent.__subclasses__()]
    names = [events.event_name(kind) for kind in kinds]
    assert len(set(names)) == len(names)
    assert "user-message" in names


def sample(kind):
    """Some value of a type that an event may carry."""
    plain = {str: "x", int: 3, float: 0.5, bool: True}
    if kind in plain:
        return plain[kind]
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated or origin in (typing.Union, types.UnionType):
        return sample(parts[0])
    if origin is typing.Literal:
        return parts[-1]
    if origin is list:
        return [sample(parts[0])]
    if origin is dict:
        return {"microphone": sample(parts[1])}
    return kind(**{field.name: sample(field.type) for field in msgspec.structs.fields(kind)})


@pytest.mark.parametrize("kind", events.HubEvent.__subclasses__())
def test_every_hub_event_survives_the_wire(kind):
    event = sample(kind)
    assert event.seq == 3
    assert wire.decode_hub_event(wire.encode(event)) == event


def test_the_published_schema_is_the_one_of_the_classes():
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == wire.schema(), (
        "run python -m backend.shared.wire"
    )

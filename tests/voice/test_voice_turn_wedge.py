"""No order of events wedges a conversation: every order that is given fits, and silence ends in idleness."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.shared import events
from tests.voice.turn_table import LINKED, UNLINKED, Table
from voice import cues
from voice.endpointing import (
    SpeechBegan,
    SpeechDropped,
    SpeechEnded,
    SpeechPaused,
    SpeechSustained,
    SpeechWentOn,
)
from voice.turn_settings import Settings

TURNS = ["a", "b", "c"]
WORDS = ["", "mm-hm", "stop", "Alisa", "Alisa, hello", "hello there", "the meeting is at three", "ok"]

turns = st.sampled_from(TURNS)
pieces = st.sampled_from(["1", "2", "3"])
choices = st.builds(
    Settings,
    activation=st.sampled_from(["open", "name", "push"]),
    is_half_duplex=st.booleans(),
    has_partials=st.booleans(),
)
happenings = st.one_of(
    st.sampled_from(
        [
            SpeechBegan(1.0),
            SpeechBegan(1.0),
            SpeechSustained(),
            SpeechPaused(1.0, 2.0),
            SpeechWentOn(),
            SpeechEnded(1.0, 2.0),
            SpeechDropped(),
            cues.PushToTalk(True),
            cues.PushToTalk(False),
            cues.Mute(True),
            cues.Mute(False),
            LINKED,
            UNLINKED,
            events.UserSaid(turn="t", text="typed"),
            events.UserSaid(turn="t", text="said", source="voice"),
        ]
    ),
    st.builds(events.TurnStarted, turn=turns, source=st.sampled_from(["user", "reminder", "idle"])),
    st.builds(events.Token, turn=turns, text=st.just("x")),
    st.builds(
        events.TurnEnded,
        turn=turns,
        ending=st.sampled_from(["complete", "interrupted", "cut", "failed"]),
        emotion=st.just("neutral"),
    ),
    st.builds(events.Snapshot, messages=st.just([]), turn=st.sampled_from(["", *TURNS])),
    st.builds(cues.UtteranceStarted, pieces, turns, st.just("the meeting is at three ")),
    st.builds(cues.UtteranceHeard, pieces, st.integers(0, 30)),
    st.builds(cues.UtteranceFinished, pieces),
    st.builds(cues.AnswerSpoken, turns),
    st.builds(cues.Partial, st.integers(0, 5), st.sampled_from(WORDS)),
    st.builds(cues.Transcript, st.integers(50, 55), st.sampled_from(WORDS)),
    choices,
)
steps = st.lists(
    st.tuples(
        st.one_of(happenings, st.sampled_from([f"understand {word}" for word in WORDS])),
        st.sampled_from([0.0, 0.0, 0.05, 0.2, 0.5, 1.5, 6.0, 25.0]),
    ),
    max_size=40,
)


def play(table: Table, story: list[tuple[cues.TurnEvent | str, float]]) -> None:
    for happening, seconds in story:
        if not isinstance(happening, str):
            table.take(happening)
        elif table.job is not None:
            table.understand(happening.removeprefix("understand "))
        table.wait(seconds)


def end_all_turns(table: Table) -> None:
    for turn in TURNS:
        table.take(events.TurnEnded(turn=turn, ending="complete", emotion="neutral"))


@settings(max_examples=200)
@given(choices, steps)
def test_after_silence_and_the_end_of_all_turns_she_is_idle(
    choice: Settings, story: list[tuple[cues.TurnEvent | str, float]]
) -> None:
    table = Table(choice)
    play(table, story)
    table.take(SpeechDropped())
    end_all_turns(table)
    table.wait(120.0)
    assert table.turn.state == "idle"
    assert not table.is_held
    assert table.job is None
    assert table.turn.deadline == float("inf")


@settings(max_examples=60)
@given(choices, steps)
def test_after_anything_at_all_the_next_words_are_heard_and_answered(
    choice: Settings, story: list[tuple[cues.TurnEvent | str, float]]
) -> None:
    table = Table(choice)
    play(table, story)
    end_all_turns(table)
    table.wait(120.0)
    table.take(LINKED, cues.Mute(False), cues.PushToTalk(False), Settings(has_partials=False))
    assert table.is_open
    orders = table.say("Alisa, are you there, and do you hear me?")
    assert orders[-1] != cues.Chime("no-hub")
    assert cues.Send("Alisa, are you there, and do you hear me?") in orders
    table.answer("new")
    assert table.turn.state == "speaking"
    assert not table.is_held


@settings(max_examples=60)
@given(choices, steps)
def test_a_hub_that_is_lost_at_any_moment_is_survived(
    choice: Settings, story: list[tuple[cues.TurnEvent | str, float]]
) -> None:
    table = Table(choice)
    play(table, story)
    table.take(UNLINKED)
    table.wait(120.0)
    assert table.turn.state == "idle"
    assert not table.is_held
    assert table.job is None


@settings(max_examples=60)
@given(choices, steps)
def test_while_muted_nothing_is_listened_to(
    choice: Settings, story: list[tuple[cues.TurnEvent | str, float]]
) -> None:
    table = Table(choice)
    play(table, story)
    table.take(cues.Mute(True))
    assert table.job is None
    table.begin_speech()
    assert not table.is_open
    assert table.turn.state in ("idle", "thinking", "speaking")


@pytest.mark.parametrize("turn", TURNS)
@given(steps)
@settings(max_examples=30)
def test_a_turn_that_was_given_up_never_comes_back(
    turn: str, story: list[tuple[cues.TurnEvent | str, float]]
) -> None:
    table = Table()
    table.answer(turn)
    table.take(cues.PushToTalk(True))
    before = len(table.orders)
    play(table, story)
    assert not any(
        isinstance(order, cues.Interrupt) and order.turn == turn for order in table.orders[before:]
    )

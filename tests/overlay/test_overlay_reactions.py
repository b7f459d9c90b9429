"""What the hub's words do to her face and her bubble."""

import time
from collections.abc import Iterator
from random import Random

import pytest

from backend.shared import events
from backend.shared.client import Linked, Unlinked
from backend.shared.records import Sense, Viseme
from overlay.life.machine import Life
from overlay.life.pose import Pose
from overlay.reactions import Reactions
from tests.overlay.bubble_bench import Stage
from tests.overlay.desk import Desk

OPEN = ("small", "wide", "round")
WELCOME = events.Welcome(
    session="s",
    signature="x",
    version="1",
    mode="chat",
    emotion="happy",
    engine="",
    resumed=False,
    modes=["chat", "focus"],
)


class Room:
    """Her face by a clock of its own, her bubble on a desk."""

    def __init__(self, desk: Desk) -> None:
        self.seconds = 1000.0
        self.stage = Stage(desk)
        self.life = Life(Random(1), self.seconds, is_motion_reduced=True)
        self.called: list[str] = []
        self.reactions = Reactions(
            self.life,
            self.stage.bubble,
            lambda: self.seconds,
            lambda: self.called.append("standing"),
            lambda: self.called.append("come"),
        )
        self.standing = self.reactions.standing

    def take(self, *told: events.HubEvent | Linked | Unlinked) -> None:
        for event in told:
            self.reactions.take(event)

    def pose(self, after: float = 0.0) -> Pose:
        self.seconds += after
        return self.life.advance(self.seconds)


@pytest.fixture
def room(desk: Desk) -> Iterator[Room]:
    room = Room(desk)
    room.take(Linked(WELCOME))
    room.called.clear()
    return room


def utterance(started_at: float) -> events.UtteranceStarted:
    shapes = [Viseme(0.0, "closed"), Viseme(1.0, "wide"), Viseme(2.0, "closed")]
    return events.UtteranceStarted(id="u", started_at=started_at, visemes=shapes)


def test_whom_she_finds_is_how_she_looks_and_what_the_menu_shows(room: Room) -> None:
    assert room.pose().emotion == "happy"
    assert (room.standing.mode, room.standing.modes) == ("chat", ["chat", "focus"])
    room.take(events.ModeChanged(name="focus"))
    assert room.standing.mode == "focus"


def test_the_mouth_follows_the_wall_clock_of_the_voice(room: Room) -> None:
    room.take(utterance(time.time() - 1.2))
    assert room.pose().mouth == "wide"
    assert room.pose(after=1.0).mouth in (None, "closed")


def test_words_move_the_mouth_and_stand_in_the_bubble(room: Room) -> None:
    room.take(
        events.TurnStarted(turn="t"),
        events.Emotion(turn="t", name="sad"),
        events.Token(turn="t", text="Oh no, again"),
    )
    seen = {room.pose(after=0.1).mouth for _ in range(10)}
    assert seen & set(OPEN)
    assert room.pose().emotion == "sad"
    room.stage.wait(lambda: room.stage.shown == "Oh no, again")
    assert room.stage.bubble.is_busy
    room.take(events.TurnEnded(turn="t", ending="complete", emotion="sad"))
    room.stage.wait(lambda: not room.stage.bubble.is_busy)


def test_a_voice_that_speaks_has_the_mouth_for_itself(room: Room) -> None:
    room.take(events.SpeechStarted(), events.TurnStarted(turn="t"), events.Token(turn="t", text="Words " * 9))
    assert {room.pose(after=0.1).mouth for _ in range(10)} <= {None, "closed"}
    room.take(events.SpeechLevelChanged(level=1.0))
    assert room.pose(after=0.01).mouth in OPEN
    assert room.standing.is_speaking
    room.take(events.SpeechEnded())
    assert not room.standing.is_speaking


@pytest.mark.parametrize(
    "end",
    [
        events.TurnEnded(turn="t", ending="interrupted", emotion="neutral"),
        Unlinked(reason="The hub has closed the connection.", retry_seconds=1.0),
    ],
)
def test_when_she_is_cut_short_her_mouth_shuts_at_once(room: Room, end: events.HubEvent | Unlinked) -> None:
    room.take(events.TurnStarted(turn="t"), events.Token(turn="t", text="Words that go on and on"))
    room.pose(after=0.3)
    room.take(end)
    assert room.pose().mouth in (None, "closed")
    assert room.standing.turn == ""
    room.stage.wait(lambda: not room.stage.bubble.is_busy)


def test_a_lost_line_makes_the_senses_unknown_and_a_new_one_asks_anew(room: Room) -> None:
    room.take(events.SensesChanged(senses=[Sense("camera", True)], switches={"voice": False}))
    assert room.called == ["standing"]
    room.take(Unlinked(reason="Waiting for the hub to start.", retry_seconds=1.0))
    assert not room.standing.is_linked
    assert room.called == ["standing", "standing"]


def test_who_comes_in_the_middle_hears_what_was_said(room: Room) -> None:
    question = events.Question(id="q", text="Open the door?", expires_at=time.time() + 60)
    room.take(
        events.Snapshot(
            messages=[],
            turn="t",
            text="Once upon",
            presence="away",
            senses=[Sense("screen", True)],
            switches={"voice": False},
        )
    )
    room.stage.wait(lambda: room.stage.shown == "Once upon")
    room.take(events.Token(turn="t", text=" a time"))
    room.stage.wait(lambda: room.stage.shown == "Once upon a time")
    assert room.standing.has_camera
    assert room.standing.senses == [Sense("screen", True)]
    room.take(events.Snapshot(messages=[], questions=[question]))
    assert room.stage.bubble.card.is_open
    room.take(events.QuestionClosed(id="q", answer="no"))
    room.stage.wait(lambda: not room.stage.bubble.card.is_open)


def test_the_user_may_call_her(room: Room) -> None:
    room.take(events.FaceCalled())
    assert room.called == ["come"]


def test_events_she_does_not_know_change_nothing(room: Room) -> None:
    before = room.pose()
    room.take(events.Goodbye(reason="later"), events.HistoryPage(id="x", messages=[]))
    assert room.pose() == before
    assert room.called == []

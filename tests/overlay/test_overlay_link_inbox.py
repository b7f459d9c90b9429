"""The inbox between the hub's thread and the one that draws: in order, joined, bounded, and it wakes up."""

import select
import threading

import pytest

from backend.shared import events
from backend.shared.client import Unlinked
from overlay.inbox import Inbox


@pytest.fixture
def inbox():
    made = Inbox(has_wake_up=True)
    yield made
    made.close()


def is_readable(inbox: Inbox) -> bool:
    return bool(select.select([inbox.fileno()], [], [], 0)[0])


def token(text: str, turn: str = "t") -> events.Token:
    return events.Token(turn=turn, text=text)


def texts(told) -> list[str]:
    return [event.text for event in told if isinstance(event, events.Token)]


def test_it_can_be_read_exactly_while_something_waits(inbox):
    assert not is_readable(inbox)
    for name in ("a", "b", "c"):
        inbox.put(events.ModeChanged(name=name))
        assert is_readable(inbox)
    assert [event.name for event in inbox.take(2)] == ["a", "b"]
    assert is_readable(inbox)
    assert [event.name for event in inbox.take(2)] == ["c"]
    assert not is_readable(inbox)
    assert inbox.take(2) == []


def test_one_byte_waits_however_much_there_is(inbox):
    for _ in range(100_000):
        inbox.put(token("x"))
    assert inbox._reader.recv(100) == b"\0"


def test_where_no_socket_can_be_watched_there_is_none():
    inbox = Inbox(has_wake_up=False)
    inbox.put(token("x"))
    assert inbox.fileno() is None
    assert texts(inbox.take(10)) == ["x"]


def test_tokens_of_a_turn_are_joined_but_never_over_something_else(inbox):
    for event in (
        token("a"),
        token("b"),
        events.Emotion(turn="t", name="sad"),
        token("c"),
        events.SpeechLevelChanged(level=0.5),
        token("d"),
        token("e", turn="u"),
    ):
        inbox.put(event)
    told = inbox.take(10)
    assert texts(told) == ["ab", "cd", "e"]
    assert [type(event).__name__ for event in told[:2]] == ["Token", "Emotion"]


def test_a_joined_token_is_short_enough_to_be_shown_at_once(inbox):
    for _ in range(10_000):
        inbox.put(token("ab"))
    told = texts(inbox.take(1000))
    assert "".join(told) == "ab" * 10_000
    assert max(map(len, told)) <= 4096
    assert len(told) == 5


def test_what_was_taken_does_not_grow_any_more(inbox):
    inbox.put(token("a"))
    (taken,) = inbox.take(1)
    inbox.put(token("b"))
    assert taken.text == "a"
    assert texts(inbox.take(1)) == ["b"]


def test_of_what_only_says_how_things_stand_the_newest_waits(inbox):
    for number in range(1000):
        inbox.put(events.SpeechLevelChanged(level=number / 1000))
        inbox.put(events.HearingChanged(state="listening", text=str(number)))
        inbox.put(events.Progress(turn="t", stage="loading", fraction=number / 1000))
        inbox.put(Unlinked(reason=str(number), retry_seconds=1.0))
        inbox.put(token("x"))
    told = inbox.take(100)
    assert texts(told) == ["x" * 1000]
    assert [type(event) for event in told[1:]] == [
        events.SpeechLevelChanged,
        events.HearingChanged,
        events.Progress,
        Unlinked,
    ]
    assert told[1].level == 0.999
    assert inbox._bytes == 0


def test_what_must_not_be_lost_is_not(inbox):
    lasting = [
        kind
        for number in range(500)
        for kind in (
            events.TurnStarted(turn=str(number)),
            events.Question(id=str(number), text="?", expires_at=1.0),
            events.QuestionClosed(id=str(number), answer="no"),
            events.TurnEnded(turn=str(number), ending="complete", emotion="sad"),
        )
    ]
    for event in lasting:
        inbox.put(event)
        inbox.put(events.SpeechLevelChanged(level=0.5))
    told = [event for event in inbox.take(10_000) if not isinstance(event, events.SpeechLevelChanged)]
    assert told == lasting


def test_it_says_when_it_is_full_and_when_there_is_room_again(inbox):
    said = 0
    while not inbox.is_full:
        inbox.put(events.UserSaid(turn="t", text="x" * 10_000))
        said += 10_000
        assert said < 5_000_000
    inbox.take(1)
    assert not inbox.is_full


def test_nothing_is_lost_between_two_threads(inbox):
    wanted = 20_000

    def put() -> None:
        for number in range(wanted):
            inbox.put(events.ModeChanged(name=str(number)))

    putting = threading.Thread(target=put)
    putting.start()
    names = []
    while len(names) < wanted:
        assert select.select([inbox.fileno()], [], [], 10)[0]
        names += [event.name for event in inbox.take(50)]
    putting.join()
    assert names == [str(number) for number in range(wanted)]
    assert not is_readable(inbox)

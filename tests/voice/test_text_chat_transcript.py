"""What the user sees of the hub's events, through breaks of the line; shown as plain lines."""

import io

import pytest
from text_chat_standin import stored

from backend.shared.client import Linked, Unlinked
from backend.shared.events import (
    Accepted,
    AnswerCut,
    Emotion,
    Error,
    HistoryPage,
    ModeChanged,
    Notice,
    Progress,
    Snapshot,
    Token,
    TurnEnded,
    TurnStarted,
    UserMessage,
    UserSaid,
    Welcome,
)
from voice.text_chat.plain import PlainView
from voice.text_chat.transcript import Transcript


class Talk:
    """A transcript and what has been written."""

    def __init__(self) -> None:
        self.out = io.StringIO()
        self.transcript = Transcript(PlainView(self.out))

    def take(self, *events: object) -> str:
        """Give it events; what they wrote."""
        before = len(self.out.getvalue())
        for event in events:
            self.transcript.take(event)  # type: ignore[arg-type]  # the tests hand in hub events only
        return self.out.getvalue()[before:]


def linked(session: str = "a", *, resumed: bool = False) -> Linked:
    return Linked(
        Welcome(
            session=session,
            signature="",
            version="",
            mode="chat",
            emotion="neutral",
            engine="brain",
            resumed=resumed,
        )
    )


GONE = Unlinked("The hub has closed the connection.", 0.5)


def ended(turn: str = "t", ending: str = "complete") -> TurnEnded:
    return TurnEnded(turn=turn, ending=ending, emotion="neutral")  # type: ignore[arg-type]  # a name of an ending


@pytest.fixture
def talk() -> Talk:
    started = Talk()
    started.take(linked(), Snapshot(messages=[]))
    return started


def begun(talk: Talk) -> None:
    talk.take(UserSaid(turn="t", text="hi"), TurnStarted(turn="t"), Token(turn="t", text="One two"))


def test_the_greeting_names_what_answers_and_how_to_get_help() -> None:
    assert Talk().take(linked()) == "brain answers. /help shows what you can do here.\n"


def test_the_last_messages_are_shown_once_at_the_start() -> None:
    past = Snapshot(messages=[stored("user", "hi", "a"), stored("assistant", "hello", "a", "cut")])
    talk = Talk()
    assert "You: hi\nAlisa: hello (cut off)\n" in talk.take(linked(), past)
    assert talk.take(GONE, linked("b"), past).count("hello") == 0


def test_a_running_answer_is_joined_where_it_is() -> None:
    talk = Talk()
    shown = talk.take(
        linked(), Snapshot(messages=[], turn="t", text="One two"), Token(turn="t", text=" three")
    )
    assert shown.endswith("Alisa: One two three")


def test_the_feeling_stands_before_the_answer_and_where_it_changes(talk: Talk) -> None:
    shown = talk.take(
        TurnStarted(turn="t"),
        Emotion(turn="t", name="happy"),
        Token(turn="t", text="Yes. "),
        Emotion(turn="t", name="happy"),
        Emotion(turn="t", name="sad"),
        Token(turn="t", text="No."),
        ended(),
    )
    assert shown == "Alisa (happy): Yes. (sad) No.\n"


@pytest.mark.parametrize(
    ("ending", "mark"), [("interrupted", "(interrupted)"), ("cut", "(cut off)"), ("failed", "(failed)")]
)
def test_an_answer_that_is_not_complete_is_marked(talk: Talk, ending: str, mark: str) -> None:
    begun(talk)
    assert talk.take(ended(ending=ending)) == f" {mark}\n"


def test_what_comes_after_the_end_of_a_turn_is_ignored(talk: Talk) -> None:
    begun(talk)
    talk.take(ended(ending="interrupted"))
    assert talk.take(Token(turn="t", text="late"), Emotion(turn="t", name="sad"), ended()) == ""


def test_a_reminder_is_marked(talk: Talk) -> None:
    shown = talk.take(TurnStarted(turn="t", source="reminder"), Token(turn="t", text="Tea!"))
    assert shown == "Alisa (reminder): Tea!"


def test_own_words_are_not_doubled_and_those_of_others_are_shown(talk: Talk) -> None:
    talk.transcript.expect(UserMessage(text="mine", id="1"))
    assert talk.take(UserSaid(turn="t", text="mine"), Accepted(id="1", turn="t")) == ""
    assert talk.take(UserSaid(turn="u", text="mine")) == "You (elsewhere): mine\n"
    assert talk.take(UserSaid(turn="v", text="hey", source="voice")) == "You (by voice): hey\n"
    assert talk.transcript.waiting == []


def test_words_are_own_by_their_turn_even_when_the_hub_has_changed_them(talk: Talk) -> None:
    talk.transcript.expect(UserMessage(text="mine", id="1"))
    assert talk.take(Accepted(id="1", turn="t"), UserSaid(turn="t", text="Mine")) == ""
    assert talk.transcript.waiting == []


def test_an_answer_goes_on_after_a_short_break_without_doubled_words(talk: Talk) -> None:
    begun(talk)
    shown = talk.take(GONE, linked(resumed=True), Token(turn="t", text=" three"), ended())
    assert "One two" not in shown
    assert shown.endswith("Connected again.\nAlisa: three\n")


def test_an_answer_goes_on_from_a_snapshot(talk: Talk) -> None:
    begun(talk)
    now = Snapshot(messages=[stored("user", "hi", "t")], turn="t", text="One two three")
    shown = talk.take(GONE, linked(), now, Token(turn="t", text=" four"), ended())
    assert shown.endswith("Connected again.\nAlisa: three four\n")


def test_the_missed_end_of_an_answer_is_added(talk: Talk) -> None:
    begun(talk)
    now = Snapshot(messages=[stored("user", "hi", "t"), stored("assistant", "One two three.", "t")])
    assert talk.take(GONE, linked(), now).endswith("Connected again.\nAlisa: three.\n")


def test_an_answer_that_died_with_the_hub_is_marked_as_cut(talk: Talk) -> None:
    begun(talk)
    shown = talk.take(GONE, linked("b"), Snapshot(messages=[stored("user", "hi", "t")]))
    assert shown.endswith("Connected again.\nAlisa: (cut off)\n")
    assert not talk.transcript.is_talking


def test_what_was_said_elsewhere_meanwhile_is_shown(talk: Talk) -> None:
    begun(talk)
    talk.take(ended())
    now = Snapshot(
        messages=[
            stored("user", "hi", "t"),
            stored("assistant", "One two", "t"),
            stored("user", "more", "u"),
            stored("assistant", "Three.", "u"),
        ]
    )
    assert talk.take(GONE, linked("b"), now).endswith("again.\nYou (elsewhere): more\nAlisa: Three.\n")


def test_the_same_reason_is_told_once(talk: Talk) -> None:
    assert talk.take(GONE, GONE).count("Not connected.") == 1
    assert talk.take(Unlinked("It refuses.", 1.0), Unlinked("It refuses.", 2.0)) == "It refuses.\n"


def test_what_is_typed_while_away_is_marked_once(talk: Talk) -> None:
    talk.take(GONE)
    talk.transcript.expect(UserMessage(text="a", id="1"))
    talk.transcript.expect(UserMessage(text="b", id="2"))
    assert talk.take(GONE) == ""
    assert talk.out.getvalue().count("(will be sent)") == 2


def test_a_refused_message_is_given_back(talk: Talk) -> None:
    talk.transcript.expect(UserMessage(text="mine", id="1"))
    shown = talk.take(Error(code="stopping", message="The hub is about to stop.", id="1"))
    assert shown == "The hub is about to stop.\nNot sent: mine\n"
    assert talk.transcript.waiting == []


def test_a_command_that_the_hub_answers_at_once_does_not_wait_for_ever(talk: Talk) -> None:
    talk.transcript.expect(UserMessage(text="/mode focus", id="1"))
    talk.take(TurnStarted(turn="t"), Token(turn="t", text="Focus."), ended(), Accepted(id="1", turn="t"))
    assert talk.transcript.waiting == []


def test_modes_notices_and_slow_starts_are_told(talk: Talk) -> None:
    shown = talk.take(
        ModeChanged(name="focus"),
        Notice(code="x", message="The disk is full."),
        TurnStarted(turn="t"),
        Progress(turn="t", stage="loading", fraction=0.1),
        Progress(turn="t", stage="loading", fraction=0.6),
    )
    assert shown == "Mode: focus\nThe disk is full.\n(loading the model ...)\n"


def test_a_page_of_history_is_shown_oldest_first(talk: Talk) -> None:
    page = HistoryPage(id="q", messages=[stored("assistant", "b", "t"), stored("user", "a", "t")])
    lines = talk.take(page).splitlines()
    assert [line[18:] for line in lines] == ["You: a", "Alisa: b"]
    assert lines[0].startswith("2023-11-1")


def test_no_event_can_write_a_control_character(talk: Talk) -> None:
    evil = "\x1b]0;owned\x07\x9b2J"
    message = stored("assistant", evil, "x")
    talk.take(
        UserSaid(turn="t", text=evil),
        TurnStarted(turn="t"),
        Token(turn="t", text=evil),
        ended(),
        Notice(code="x", message=evil),
        Error(code="x", message=evil),
        ModeChanged(name=evil),
        HistoryPage(id="q", messages=[message]),
        Unlinked(evil, 1.0),
        linked("b"),
        Snapshot(messages=[message], turn="n", text=evil),
    )
    assert not set(talk.out.getvalue()) & {"\x1b", "\x07", "\x9b"}
    assert talk.out.getvalue().count("owned") >= 7


@pytest.mark.parametrize(
    ("heard", "shown"),
    [
        ("One two", "Heard up to: One two"),
        ("長" * 100, "Heard up to: ... " + "長" * 60),
        ("", "Interrupted before a word was heard."),
        ("word " * 50 + "end.\x1b[2J", "Heard up to: ... " + "word " * 10 + "end.\u241b[2J"),
    ],
)
def test_how_far_a_spoken_answer_was_heard_is_noted(talk: Talk, heard: str, shown: str) -> None:
    begun(talk)
    written = talk.take(ended(ending="interrupted"), AnswerCut(turn="t", text=heard.strip()))
    assert shown in written
    assert written.count("word ") <= 12

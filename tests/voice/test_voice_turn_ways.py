"""Whose turn it is: without an echo canceller, by her name, by keys and switches, and with the hub."""

import pytest

from backend.shared import events
from tests.voice.turn_table import LINKED, UNLINKED, Table, only
from voice.cues import (
    AnswerSpoken,
    Chime,
    DropAudio,
    Duck,
    FadeOut,
    Interrupt,
    Mute,
    OpenMicrophone,
    Partial,
    Pause,
    PushToTalk,
    ReportHearing,
    Resume,
    Send,
    Transcript,
    UtteranceFinished,
    UtteranceHeard,
    UtteranceStarted,
)
from voice.endpointing import SpeechDropped
from voice.turn_settings import Settings

PLAYER = (Duck, Pause, Resume, FadeOut)


@pytest.fixture
def table() -> Table:
    return Table(Settings(has_partials=False))


@pytest.fixture
def speaking(table: Table) -> Table:
    """She is in the middle of a sentence."""
    table.answer()
    table.wait(1.0)
    return table


class TestHalfDuplex:
    @pytest.fixture
    def deaf(self) -> Table:
        table = Table(Settings(is_half_duplex=True, has_partials=False))
        table.answer()
        return table

    def test_she_hears_nothing_while_she_sounds_and_a_moment_longer(self, deaf: Table) -> None:
        assert not deaf.is_open
        assert deaf.begin_speech() == []
        deaf.end_answer()
        assert not deaf.is_open
        assert deaf.wait(0.19) == []
        assert deaf.wait(0.02) == [OpenMicrophone(True)]

    def test_the_key_interrupts_her(self, deaf: Table) -> None:
        orders = deaf.take(PushToTalk(True))
        assert only(orders, FadeOut, Interrupt, OpenMicrophone) == [
            FadeOut(),
            Interrupt("t1", "", is_running=True),
            OpenMicrophone(True),
        ]
        deaf.begin_speech()
        assert deaf.turn.state == "listening"

    def test_she_waits_until_who_was_first_has_finished(self) -> None:
        table = Table(Settings(is_half_duplex=True))
        table.begin_speech()
        table.answer()
        assert table.is_open
        assert only(table.orders, *PLAYER) == [Pause()]


class TestName:
    @pytest.fixture
    def named(self) -> Table:
        return Table(Settings(activation="name", has_partials=False))

    def test_what_is_not_said_to_her_is_not_sent_nor_told(self, named: Table) -> None:
        orders = named.say("What time is it?")
        assert only(orders, Send) == []
        assert all(report.text == "" for report in only(orders, ReportHearing))

    @pytest.mark.parametrize(
        "text", ["Alisa, what time is it?", "a Lisa what time is it?", "Hey Elissa, what time is it?"]
    )
    def test_what_follows_her_name_is_for_her(self, named: Table, text: str) -> None:
        assert only(named.say(text), Send) == [Send("what time is it?")]

    def test_her_name_alone_makes_her_listen_for_twenty_seconds(self, named: Table) -> None:
        assert only(named.say("Alisa?"), Chime, Send) == [Chime("called")]
        named.wait(18.0)
        assert only(named.say("What time is it?"), Send) == [Send("What time is it?")]

    def test_after_twenty_seconds_she_has_to_be_called_again(self, named: Table) -> None:
        named.say("Alisa?")
        named.wait(21.0)
        assert only(named.say("What time is it?"), Send) == []

    def test_the_twenty_seconds_begin_when_she_has_answered(self, named: Table) -> None:
        named.say("Alisa, tell me a story")
        named.answer()
        for characters in range(6):
            named.wait(10.0)
            named.take(UtteranceHeard("t1-1", characters))
        named.end_answer()
        named.wait(15.0)
        assert only(named.say("Another one"), Send) == [Send("Another one")]

    def test_talk_in_the_room_makes_her_softer_but_does_not_stop_her(self, named: Table) -> None:
        named.answer(source="reminder")
        orders = named.say("Did you see the game yesterday?", 2.0)
        assert only(orders, *PLAYER, Send) == [Duck(), Resume()]

    def test_anybody_may_stop_her(self, named: Table) -> None:
        named.answer(source="reminder")
        assert only(named.say("stop"), FadeOut) == [FadeOut()]


class TestKeyAndSwitches:
    def test_without_the_key_nothing_counts(self) -> None:
        table = Table(Settings(activation="push"))
        assert not table.is_open
        assert table.begin_speech() == []
        table.take(PushToTalk(True))
        table.begin_speech()
        table.end_speech()
        table.take(PushToTalk(False))
        assert only(table.understand("Hello"), Send) == [Send("Hello")]
        assert not table.is_open

    def test_who_lets_the_key_go_too_early_is_heard_to_the_end(self) -> None:
        table = Table(Settings(activation="push"))
        table.take(PushToTalk(True))
        table.begin_speech()
        assert only(table.take(PushToTalk(False)), OpenMicrophone) == []
        assert only(table.take(SpeechDropped()), OpenMicrophone) == [OpenMicrophone(False)]

    def test_with_the_key_yes_is_said_to_her(self, speaking: Table) -> None:
        speaking.take(PushToTalk(True))
        assert only(speaking.say("Yes", 0.4), Send) == [Send("Yes")]

    def test_mute_ends_everything_the_ears_do(self, speaking: Table) -> None:
        speaking.begin_speech()
        orders = speaking.take(Mute(True))
        assert only(orders, Resume, OpenMicrophone, ReportHearing) == [
            Resume(),
            ReportHearing("idle"),
            OpenMicrophone(False),
        ]
        assert speaking.begin_speech() == []
        assert speaking.take(PushToTalk(True))[0] == FadeOut()
        assert not speaking.is_open
        assert only(speaking.take(Mute(False)), OpenMicrophone) == [OpenMicrophone(True)]


class TestHub:
    def test_who_types_stops_her(self, speaking: Table) -> None:
        orders = speaking.take(
            UtteranceHeard("t1-1", 11),
            events.TurnEnded(turn="t1", ending="interrupted", emotion="neutral"),
            events.UserSaid(turn="t2", text="hi"),
            events.TurnStarted(turn="t2"),
        )
        assert only(orders, FadeOut, DropAudio, Interrupt) == [
            FadeOut(),
            DropAudio("t1"),
            Interrupt("t1", "The meeting", is_running=False),
        ]
        assert speaking.turn.state == "thinking"

    def test_a_turn_that_is_stopped_elsewhere_is_not_spoken_on(self, speaking: Table) -> None:
        ended = events.TurnEnded(turn="t1", ending="interrupted", emotion="neutral")
        assert only(speaking.take(ended), FadeOut) == [FadeOut()]

    def test_an_answer_whose_words_come_before_its_beginning_is_kept(self, speaking: Table) -> None:
        orders = speaking.take(events.Token(turn="t2", text="Hi"), events.TurnStarted(turn="t2"))
        assert only(orders, DropAudio) == [DropAudio("t1")]
        assert speaking.turn.state == "thinking"

    def test_a_hub_that_is_lost_is_not_waited_for(self, table: Table) -> None:
        table.say("Hello")
        table.take(UNLINKED)
        assert table.turn.state == "idle"

    def test_a_player_that_is_silent_does_not_end_an_answer_that_is_still_made(self, speaking: Table) -> None:
        speaking.wait(60.0)
        assert speaking.turn.state == "speaking"

    def test_who_types_when_only_her_voice_is_left_stops_it(self, speaking: Table) -> None:
        speaking.take(events.TurnEnded(turn="t1", ending="complete", emotion="neutral"))
        assert only(speaking.take(events.UserSaid(turn="t2", text="hi")), FadeOut) == [FadeOut()]

    def test_a_reminder_waits_for_the_end_of_an_answer(self, speaking: Table) -> None:
        speaking.take(events.TurnEnded(turn="t1", ending="complete", emotion="neutral"))
        assert only(speaking.take(events.TurnStarted(turn="r", source="reminder")), FadeOut) == []

    def test_what_comes_late_of_an_old_turn_is_dropped(self, speaking: Table) -> None:
        speaking.say("Which room?")
        assert speaking.take(events.Token(turn="t1", text="late")) == []
        assert speaking.take(UtteranceStarted("t1-9", "t1", "late")) == [DropAudio("t1")]
        assert speaking.take(events.TurnStarted(turn="t1")) == []
        speaking.take(Partial(77, "late"), Transcript(77, "late"), AnswerSpoken("t1"))
        assert only(speaking.orders, Send) == [Send("Which room?")]

    def test_a_hub_that_is_lost_while_she_speaks_lets_her_finish(self, speaking: Table) -> None:
        assert only(speaking.take(UNLINKED), FadeOut) == []
        assert speaking.turn.state == "speaking"
        speaking.take(UtteranceFinished("t1-1"))
        speaking.wait(5.0)
        assert speaking.turn.state == "idle"

    def test_an_answer_that_goes_on_after_a_break_is_spoken(self, speaking: Table) -> None:
        speaking.take(UNLINKED, UtteranceFinished("t1-1"))
        speaking.wait(10.0)
        speaking.take(LINKED, events.Token(turn="t1", text="more"))
        assert speaking.take(UtteranceStarted("t1-2", "t1", "more")) == []
        assert speaking.turn.state == "speaking"

    def test_what_is_said_without_a_hub_is_handed_over_and_the_user_is_told(self, table: Table) -> None:
        table.take(UNLINKED)
        assert only(table.say("Hello"), Send, Chime) == [Send("Hello"), Chime("no-hub")]
        assert table.turn.state == "idle"

    def test_a_hub_that_comes_back_is_told_what_the_ears_do(self, table: Table) -> None:
        table.take(UNLINKED)
        table.begin_speech()
        assert table.take(LINKED) == [ReportHearing("listening")]

    def test_a_hub_that_never_begins_to_answer_is_not_waited_for(self, table: Table) -> None:
        table.say("Hello")
        assert table.turn.state == "thinking"
        table.wait(11.0)
        assert table.turn.state == "idle"

    def test_an_answer_that_cannot_be_spoken_ends(self, table: Table) -> None:
        table.take(events.TurnStarted(turn="t1"), AnswerSpoken("t1"))
        assert table.turn.state == "thinking"
        table.take(events.TurnEnded(turn="t1", ending="complete", emotion="neutral"))
        assert table.turn.state == "idle"

    def test_a_player_that_is_gone_is_not_waited_for(self, speaking: Table) -> None:
        speaking.take(events.TurnEnded(turn="t1", ending="complete", emotion="neutral"))
        speaking.wait(60.0)
        assert speaking.turn.state == "idle"

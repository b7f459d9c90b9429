"""Whose turn it is: a conversation without a device, fault by fault."""

import pytest

from backend.shared import events
from tests.voice.turn_table import SAID, Table, only
from voice.cues import (
    CancelTranscription,
    Chime,
    DropAudio,
    Duck,
    FadeOut,
    Interrupt,
    Pause,
    ReportHearing,
    Resume,
    Send,
    StartTranscription,
    Transcript,
    UtteranceFinished,
    UtteranceHeard,
    UtteranceStarted,
)
from voice.endpointing import SpeechDropped, SpeechEnded, SpeechPaused, SpeechSustained, SpeechWentOn
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


def test_a_conversation_goes_through_its_states_and_back() -> None:
    table = Table()
    states = [table.turn.state]
    table.begin_speech()
    states.append(table.turn.state)
    table.take(SpeechPaused(99.0, 101.0))
    states.append(table.turn.state)
    table.end_speech()
    states.append(table.turn.state)
    assert only(table.understand("What time is it?"), Send) == [Send("What time is it?")]
    states.append(table.turn.state)
    table.answer()
    states.append(table.turn.state)
    table.begin_speech()
    states.append(table.turn.state)
    table.take(SpeechDropped())
    states.append(table.turn.state)
    table.end_answer()
    states.append(table.turn.state)
    assert states == [
        "idle",
        "listening",
        "endpointing",
        "transcribing",
        "thinking",
        "speaking",
        "interrupted",
        "speaking",
        "idle",
    ]


class TestTranscriptions:
    def test_what_was_tried_in_the_pause_is_used_at_the_end(self, table: Table) -> None:
        orders = table.say("Hello")
        assert len(only(orders, StartTranscription)) == 1
        assert only(orders, Send) == [Send("Hello")]

    def test_a_try_that_still_runs_at_the_end_is_not_begun_again(self, table: Table) -> None:
        table.begin_speech()
        table.take(SpeechPaused(99.6, 101.0))
        assert only(table.take(SpeechEnded(99.6, 101.2)), StartTranscription, CancelTranscription) == []
        assert only(table.understand("Hello"), Send) == [Send("Hello")]

    def test_a_try_is_out_of_date_when_the_user_goes_on(self, table: Table) -> None:
        table.begin_speech()
        table.take(SpeechPaused(99.6, 101.0))
        late = table.job
        assert late is not None
        assert table.take(SpeechWentOn()) == [CancelTranscription(late)]
        table.take(Transcript(late, "Hello"))
        orders = table.take(SpeechEnded(99.6, 103.0))
        assert only(orders, StartTranscription, Send) == [StartTranscription(late + 1, 99.6, 103.0)]

    def test_the_result_of_a_try_that_was_given_up_is_not_that_of_the_next(self, table: Table) -> None:
        table.begin_speech()
        table.take(SpeechPaused(99.6, 101.0))
        late = table.job
        assert late is not None
        table.take(SpeechWentOn(), SpeechEnded(99.6, 103.0))
        assert table.take(Transcript(late, "Hello")) == []
        assert only(table.understand("Hello there"), Send) == [Send("Hello there")]

    def test_nothing_understood_is_nothing_said(self, table: Table) -> None:
        orders = table.say(" ... ")
        assert only(orders, Send, Chime) == []
        assert table.turn.state == "idle"

    def test_who_goes_on_while_it_is_written_down_has_said_it_all_in_one(self, table: Table) -> None:
        table.begin_speech()
        since = table.now - 0.4
        table.end_speech()
        table.wait(0.3)
        table.begin_speech()
        assert table.job is None
        table.wait(1.0)
        orders = table.end_speech()
        assert only(orders, StartTranscription)[0].since == since
        assert only(table.understand("What is the weather in Paris?"), Send)

    def test_a_cough_while_it_is_written_down_loses_nothing(self, table: Table) -> None:
        table.begin_speech()
        end = table.now
        table.end_speech()
        table.begin_speech()
        orders = table.take(SpeechDropped())
        assert only(orders, StartTranscription)[0].until == end
        assert only(table.understand("Hello"), Send) == [Send("Hello")]

    def test_a_transcription_that_never_ends_is_given_up(self, table: Table) -> None:
        table.begin_speech()
        table.end_speech()
        assert only(table.wait(30.0), CancelTranscription)
        assert table.turn.state == "idle"

    def test_a_microphone_that_dies_in_an_utterance_is_given_up(self, table: Table) -> None:
        table.begin_speech()
        table.wait(40.0)
        assert table.turn.state == "idle"

    def test_what_is_being_said_is_looked_at_now_and_then_and_told(self) -> None:
        table = Table()
        table.begin_speech()
        assert len(only(table.wait(1.1), StartTranscription)) == 1
        assert table.understand("What is") == [ReportHearing("listening", "What is")]
        assert only(table.wait(5.0), StartTranscription) != []

    def test_a_slow_machine_is_not_asked_to(self, table: Table) -> None:
        table.begin_speech()
        assert only(table.wait(20.0), StartTranscription) == []


class TestBargeIn:
    def test_she_ducks_at_once_pauses_soon_and_stops_when_it_is_meant(self, speaking: Table) -> None:
        assert only(speaking.begin_speech(), *PLAYER) == [Duck()]
        assert only(speaking.wait(0.3), *PLAYER) == [Pause()]
        assert only(speaking.take(SpeechSustained()), *PLAYER) == [FadeOut()]
        assert speaking.turn.state == "listening"

    def test_the_hub_is_told_what_was_heard_before_it_gets_the_new_message(self, speaking: Table) -> None:
        speaking.take(UtteranceFinished("t1-1"), UtteranceStarted("t1-2", "t1", "Bring your notes."))
        speaking.take(UtteranceHeard("t1-2", 9), UtteranceHeard("other", 90))
        orders = speaking.say("Wait, which room?")
        assert only(orders, FadeOut, DropAudio, Interrupt, Send) == [
            FadeOut(),
            DropAudio("t1"),
            Interrupt("t1", SAID + "Bring you", is_running=True),
            Send("Wait, which room?"),
        ]

    def test_an_answer_that_the_hub_has_finished_is_not_to_be_stopped_there(self, speaking: Table) -> None:
        speaking.take(events.TurnEnded(turn="t1", ending="complete", emotion="neutral"))
        assert only(speaking.say("Which room?"), Interrupt) == [Interrupt("t1", "", is_running=False)]

    def test_a_cough_does_not_stop_her(self, speaking: Table) -> None:
        assert only(speaking.cough(), *PLAYER, Interrupt)[-1] == Resume()
        assert speaking.turn.state == "speaking"

    @pytest.mark.parametrize("text", ["mm-hm", "Yeah.", "ok", "Ah!", "うん", "", "..."])
    def test_a_sound_of_listening_does_not_stop_her(self, speaking: Table, text: str) -> None:
        orders = speaking.say(text, seconds=0.4)
        assert only(orders, Resume, FadeOut, Interrupt, Send) == [Resume()]

    def test_she_goes_on_as_soon_as_it_is_known(self, speaking: Table) -> None:
        speaking.begin_speech()
        speaking.wait(0.4)
        speaking.take(SpeechPaused(100.0, 101.0))
        assert only(speaking.understand("mm-hm"), *PLAYER) == [Resume()]

    def test_who_goes_on_after_a_mm_hm_stops_her(self, speaking: Table) -> None:
        speaking.begin_speech()
        speaking.take(SpeechPaused(100.0, 101.0))
        speaking.understand("yeah")
        assert only(speaking.take(SpeechWentOn()), *PLAYER) == [Duck()]
        orders = (
            speaking.take(SpeechSustained()) + speaking.end_speech() + speaking.understand("yeah but why")
        )
        assert only(orders, FadeOut, Resume, Send) == [FadeOut(), Send("yeah but why")]

    def test_a_yes_when_she_has_finished_is_an_answer(self, speaking: Table) -> None:
        speaking.end_answer()
        assert only(speaking.say("Yes.", 0.4), Send) == [Send("Yes.")]

    def test_words_stop_her_before_half_a_second_is_over(self) -> None:
        table = Table()
        table.answer()
        table.begin_speech()
        table.wait(0.2)
        assert only(table.understand("which"), FadeOut) == [FadeOut()]

    def test_a_long_mm_hm_that_is_understood_while_it_lasts_does_not(self) -> None:
        table = Table()
        table.answer()
        table.begin_speech()
        table.wait(0.2)
        table.understand("mmmm")
        assert only(table.take(SpeechSustained()), FadeOut) == []
        assert only(table.wait(5.0), FadeOut, Resume) == [Resume()]
        assert table.turn.state == "speaking"

    @pytest.mark.parametrize("text", ["Stop!", "Be quiet, Alisa", "sei still", "やめて"])
    @pytest.mark.parametrize("seconds", [0.4, 1.0])
    def test_stop_stops_her_and_is_no_message(self, speaking: Table, text: str, seconds: float) -> None:
        orders = speaking.say(text, seconds)
        assert only(orders, FadeOut, Resume, Interrupt, Send) == [
            FadeOut(),
            Interrupt("t1", "", is_running=True),
        ]
        assert speaking.turn.state == "idle"

    def test_stop_is_an_ordinary_word_while_she_is_silent(self, table: Table) -> None:
        assert only(table.say("Stop"), Send) == [Send("Stop")]

    def test_stop_before_she_has_begun_keeps_her_from_it(self, table: Table) -> None:
        table.say("Tell me everything")
        table.say("stop")
        orders = table.take(events.TurnStarted(turn="t1", source="user"))
        assert only(orders, Interrupt) == [Interrupt("t1", "", is_running=True)]
        assert table.turn.state == "idle"

    def test_she_does_not_begin_while_the_user_speaks(self, table: Table) -> None:
        table.begin_speech()
        assert only(table.take(events.TurnStarted(turn="r", source="reminder")), *PLAYER) == [Pause()]
        assert only(table.take(SpeechDropped()), *PLAYER) == [Resume()]

    def test_who_adds_something_while_she_thinks_is_heard_out(self, table: Table) -> None:
        table.say("What is the weather")
        table.take(events.TurnStarted(turn="t1", source="user"))
        assert only(table.begin_speech(), *PLAYER) == [Pause()]
        assert only(table.take(SpeechSustained()) + table.wait(6.0), *PLAYER) == []
        orders = table.end_speech() + table.understand("in Paris")
        assert only(orders, Resume, FadeOut, Interrupt, Send) == [
            FadeOut(),
            Interrupt("t1", "", is_running=True),
            Send("in Paris"),
        ]

    def test_a_sound_of_listening_is_none_afterwards_either(self, speaking: Table) -> None:
        speaking.begin_speech()
        speaking.take(SpeechPaused(100.0, 101.0))
        speaking.understand("yeah")
        speaking.end_answer()
        assert only(speaking.end_speech(), Send) == []

    def test_each_interruption_is_given_its_own_time(self, speaking: Table) -> None:
        speaking.begin_speech()
        speaking.wait(0.1)
        speaking.take(SpeechDropped())
        speaking.begin_speech()
        assert only(speaking.wait(0.1), *PLAYER) == []

    def test_a_clock_that_was_late_does_not_pause_her_for_good(self) -> None:
        table = Table(Settings(activation="name", has_partials=False))
        table.answer(source="reminder")
        table.begin_speech()
        table.take(SpeechSustained(), SpeechPaused(100.0, 101.0))
        table.wait(0.3)
        table.take(SpeechWentOn(), Settings(has_partials=False))
        table.now += 1.0
        assert only(table.take(SpeechEnded(100.0, 102.0)), *PLAYER) == [FadeOut()]


class TestEcho:
    def test_her_own_words_are_not_a_message(self, speaking: Table) -> None:
        orders = speaking.say("the meeting is at three o'clock in the big", 0.4)
        assert only(orders, Resume, FadeOut, Send) == [Resume()]

    def test_her_last_words_are_not_either(self, speaking: Table) -> None:
        speaking.end_answer()
        speaking.wait(0.4)
        assert only(speaking.say("o'clock in the big room"), Send) == []

    def test_who_repeats_her_words_later_is_heard(self, speaking: Table) -> None:
        speaking.end_answer()
        speaking.wait(3.0)
        assert only(speaking.say("At three o'clock in the big room?"), Send) != []

"""The endpointer: no first syllable lost, nobody cut off, nobody kept waiting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.endpointing import (
    FRAME_SECONDS,
    Endpointer,
    EndpointTiming,
    SpeechBegan,
    SpeechDropped,
    SpeechEnded,
    SpeechEvent,
    SpeechPaused,
    SpeechSustained,
    SpeechWentOn,
)

TIMING = EndpointTiming()


class Ear:
    """An endpointer with a clock of sound."""

    def __init__(self, timing: EndpointTiming = TIMING) -> None:
        self.endpointer = Endpointer(timing)
        self.now = 10.0
        self.told: list[tuple[float, SpeechEvent]] = []

    def hear(self, seconds: float, probability: float) -> list[SpeechEvent]:
        before = len(self.told)
        for _ in range(round(seconds / FRAME_SECONDS)):
            self.now += FRAME_SECONDS
            self.note(self.endpointer.frame(probability, self.now))
        return [event for _, event in self.told[before:]]

    def note(self, events: list[SpeechEvent]) -> None:
        self.told += [(self.now, event) for event in events]

    def speak(self, seconds: float) -> list[SpeechEvent]:
        return self.hear(seconds, 0.9)

    def pause(self, seconds: float, text: str | None = None, language: str = "") -> list[SpeechEvent]:
        """Be silent; the text of the pause comes 100 ms after it was asked for."""
        before = len(self.told)
        end = self.now + seconds
        tried = None
        while self.now < end - FRAME_SECONDS / 2:
            self.hear(FRAME_SECONDS, 0.05)
            if self.told and isinstance(self.told[-1][1], SpeechPaused) and tried is None:
                tried = self.now
            if text is not None and tried is not None and self.now >= tried + 0.1:
                self.note(self.endpointer.partial(text, self.now, until=tried, language=language))
                text = None
        return [event for _, event in self.told[before:]]

    def wait_for_end(self, text: str | None = None, language: str = "") -> float:
        """Seconds of silence until the utterance was over."""
        start = self.now
        self.pause(3.0, text, language)
        return next(time for time, event in self.told if isinstance(event, SpeechEnded)) - start


def kinds(events: list[SpeechEvent]) -> list[type]:
    return [type(event) for event in events]


def test_an_utterance_is_told_from_its_beginning_to_its_end() -> None:
    ear = Ear()
    ear.pause(1.0)
    ear.speak(1.0)
    ear.pause(2.0)
    assert kinds([event for _, event in ear.told]) == [
        SpeechBegan,
        SpeechSustained,
        SpeechPaused,
        SpeechEnded,
    ]


def test_the_preroll_reaches_back_before_the_first_syllable() -> None:
    ear = Ear()
    ear.pause(1.0)
    onset = ear.now
    ear.speak(0.5)
    time, began = ear.told[0]
    assert isinstance(began, SpeechBegan)
    assert began.since == pytest.approx(onset - TIMING.preroll_seconds)
    assert time - onset == pytest.approx(4 * FRAME_SECONDS)


def test_four_of_five_frames_are_enough_for_a_start_and_three_are_not() -> None:
    for pattern, starts in ([0.9, 0.9, 0.1, 0.9, 0.9], True), ([0.9, 0.1, 0.9, 0.1, 0.9], False):
        ear = Ear()
        ear.pause(0.5)
        onset = ear.now
        for probability in pattern:
            ear.hear(FRAME_SECONDS, probability)
        assert bool(ear.told) is starts
        if starts:
            assert ear.told[0][1] == SpeechBegan(since=pytest.approx(onset - TIMING.preroll_seconds))


@pytest.mark.parametrize("probability", [0.0, 0.3, 0.59])
def test_what_is_hardly_speech_never_starts(probability: float) -> None:
    ear = Ear()
    ear.hear(5.0, probability)
    assert ear.told == []


def test_clicks_do_not_start() -> None:
    ear = Ear()
    for _ in range(20):
        ear.hear(2 * FRAME_SECONDS, 0.95)
        ear.hear(5 * FRAME_SECONDS, 0.05)
    assert ear.told == []


def test_a_cough_is_a_false_start_and_not_worth_a_transcription() -> None:
    ear = Ear()
    ear.speak(0.16)
    ear.pause(1.5)
    assert kinds([event for _, event in ear.told]) == [SpeechBegan, SpeechDropped]


def test_a_short_word_is_no_false_start() -> None:
    ear = Ear()
    ear.speak(0.256)
    ear.pause(1.5)
    assert SpeechEnded in kinds([event for _, event in ear.told])


def test_a_short_syllable_before_a_word_belongs_to_it() -> None:
    ear = Ear()
    ear.speak(0.16)
    ear.pause(0.3)
    ear.speak(0.5)
    ear.pause(2.0)
    assert [kind for kind in kinds([event for _, event in ear.told]) if kind is not SpeechSustained] == [
        SpeechBegan,
        SpeechPaused,
        SpeechEnded,
    ]


def test_a_transcription_is_tried_after_a_fifth_of_a_second_of_silence() -> None:
    ear = Ear()
    ear.speak(1.0)
    silent = ear.now
    ear.pause(0.3)
    time, paused = ear.told[-1]
    assert isinstance(paused, SpeechPaused)
    assert TIMING.try_seconds <= time - silent + 1e-6 < TIMING.try_seconds + FRAME_SECONDS


@pytest.mark.parametrize(
    ("text", "language", "seconds"),
    [
        (None, "", 0.6),
        ("", "", 0.6),
        ("What time is it?", "en", 0.35),
        ("I went home.", "", 0.35),
        ("what time is it", "", 0.35),
        ("I would like to go to the", "en", 1.1),
        ("I would like to go to the.", "en", 1.1),
        ("I went home, and", "", 1.1),
        ("I was thinking...", "", 1.1),
        ("Well, um", "", 1.1),
        ("I need milk, eggs, bread", "", 1.1),
        ("I need milk, eggs and bread.", "", 0.35),
        ("My number is 555 12", "", 1.1),
        ("I want twenty", "", 1.1),
        ("Turn it on.", "en", 0.6),
        ("Where are you from?", "en", 0.35),
        ("Ich möchte ein", "de", 1.1),
        ("Wie spät ist es?", "de", 0.35),
        ("Je voudrais un", "fr", 1.1),
        ("Quiero ir a la", "es", 1.1),
        ("Vorrei un", "it", 1.1),
        ("Eu quero um", "pt", 1.1),
        ("Я хочу и", "ru", 1.1),
        ("Который час?", "ru", 0.35),
        ("明日の天気を教えて", "ja", 0.35),
        ("明日の天気は", "ja", 1.1),
        ("えっと", "ja", 1.1),
        ("行きたいんですけど", "ja", 1.1),
        ("你好吗", "zh", 0.35),
        ("我想", "zh", 1.1),
        ("因为", "", 1.1),
        ("오늘 날씨 어때요", "ko", 0.35),
        ("그리고", "ko", 1.1),
    ],
)
def test_the_wait_depends_on_what_was_said(text: str | None, language: str, seconds: float) -> None:
    ear = Ear()
    ear.speak(1.0)
    assert seconds <= ear.wait_for_end(text, language) + 1e-6 < seconds + 1.5 * FRAME_SECONDS


@pytest.mark.parametrize("hesitation", [0.45, 0.7, 0.9, 1.05])
def test_who_hesitates_after_an_unfinished_phrase_is_not_cut_off(hesitation: float) -> None:
    ear = Ear()
    ear.speak(1.0)
    ear.pause(hesitation, "I would like to go to the", "en")
    ear.speak(0.6)
    assert kinds([event for _, event in ear.told]) == [
        SpeechBegan,
        SpeechSustained,
        SpeechPaused,
        SpeechWentOn,
    ]
    ear.pause(2.0, "I would like to go to the beach.", "en")
    ends = [event for _, event in ear.told if isinstance(event, SpeechEnded)]
    began = ear.told[0][1]
    assert isinstance(began, SpeechBegan)
    assert [end.since for end in ends] == [began.since]


def test_a_text_from_before_the_last_words_does_not_count() -> None:
    ear = Ear()
    ear.speak(1.0)
    ear.pause(0.25)
    assert ear.endpointer.partial("I went home.", ear.now) == []
    ear.speak(1.0)
    assert ear.wait_for_end() == pytest.approx(0.6, abs=1.5 * FRAME_SECONDS)


def test_a_text_that_comes_late_ends_a_wait_that_is_long_enough_already() -> None:
    ear = Ear()
    ear.speak(1.0)
    ear.pause(0.5)
    assert ear.endpointer.partial("I went home.", ear.now) == [SpeechEnded(since=10.0 - 0.3, until=ear.now)]


def test_a_slow_transcription_is_waited_for() -> None:
    ear = Ear()
    ear.speak(1.0)
    ear.pause(0.25)
    ear.endpointer.await_text()
    assert SpeechEnded not in kinds(ear.pause(0.7))
    ear.note(ear.endpointer.partial("I would like to go to the", ear.now))
    assert SpeechEnded not in kinds(ear.pause(0.05))
    assert SpeechEnded in kinds(ear.pause(0.2))


def test_the_wait_can_be_fixed_to_compare_with() -> None:
    for text in ("I would like to go to the", "I went home.", None):
        ear = Ear(EndpointTiming(fixed_seconds=0.5))
        ear.speak(1.0)
        assert ear.wait_for_end(text) == pytest.approx(0.5, abs=FRAME_SECONDS)


def test_an_utterance_ends_after_half_a_minute_and_nothing_between_two_is_lost() -> None:
    ear = Ear()
    ear.speak(70.0)
    ear.pause(2.0)
    stretches = [(event.since, event.until) for _, event in ear.told if isinstance(event, SpeechEnded)]
    assert len(stretches) == 3
    assert all(until - since <= TIMING.longest_seconds + FRAME_SECONDS for since, until in stretches)
    assert [since for since, _ in stretches[1:]] == [until for _, until in stretches[:-1]]


def test_sound_of_an_utterance_is_not_the_preroll_of_the_next() -> None:
    ear = Ear()
    ear.speak(1.0)
    ear.pause(0.45, "I went home.")
    ear.speak(0.5)
    events = [event for _, event in ear.told]
    end = next(event for event in events if isinstance(event, SpeechEnded))
    began = [event for event in events if isinstance(event, SpeechBegan)]
    assert len(began) == 2
    assert began[1].since >= end.until


def test_a_stray_frame_in_a_pause_does_not_end_the_utterance_there() -> None:
    ear = Ear()
    ear.speak(1.0)
    ear.pause(0.576)
    assert SpeechEnded not in kinds(ear.hear(FRAME_SECONDS, 0.9))


def test_who_holds_the_key_speaks_until_he_lets_it_go() -> None:
    ear = Ear()
    ear.pause(1.0)
    ear.note(ear.endpointer.press(ear.now))
    ear.pause(3.0)
    ear.speak(1.0)
    ear.pause(3.0)
    ear.note(ear.endpointer.release(ear.now))
    ear.pause(1.0)
    found = kinds([event for _, event in ear.told])
    assert found == [SpeechBegan, SpeechSustained, SpeechEnded]
    assert ear.told[0][1] == SpeechBegan(since=pytest.approx(11.0 - TIMING.preroll_seconds, abs=0.02))


def test_a_key_touched_by_chance_says_nothing() -> None:
    ear = Ear()
    ear.note(ear.endpointer.press(ear.now))
    ear.pause(0.1)
    ear.note(ear.endpointer.release(ear.now))
    assert kinds([event for _, event in ear.told]) == [SpeechBegan, SpeechDropped]


def test_who_whispers_with_the_key_held_is_heard() -> None:
    ear = Ear()
    ear.note(ear.endpointer.press(ear.now))
    ear.hear(1.0, 0.3)
    ear.note(ear.endpointer.release(ear.now))
    assert kinds([event for _, event in ear.told]) == [SpeechBegan, SpeechEnded]


def test_nothing_from_before_a_reset_is_heard() -> None:
    ear = Ear()
    ear.speak(1.0)
    assert ear.endpointer.reset(ear.now) == [SpeechDropped()]
    assert not ear.endpointer.is_speaking
    reset = ear.now
    ear.told.clear()
    ear.speak(0.5)
    assert ear.told[0][1] == SpeechBegan(since=reset)


def do(ear: Ear, step: str, probability: float, frames: int, text: str) -> None:
    match step:
        case "frame":
            ear.hear(frames * FRAME_SECONDS, probability)
        case "text":
            ear.note(ear.endpointer.partial(text, ear.now))
        case "press":
            ear.note(ear.endpointer.press(ear.now))
        case "release":
            ear.note(ear.endpointer.release(ear.now))
        case "reset":
            ear.note(ear.endpointer.reset(ear.now))
        case "await":
            ear.endpointer.await_text()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["frame"] * 8 + ["text", "press", "release", "reset", "await"]),
            st.floats(0, 1),
            st.integers(1, 25),
            st.sampled_from(["", "I went home.", "and", "well"]),
        ),
        max_size=60,
    )
)
def test_whatever_is_heard_utterances_begin_and_end_in_turn(
    steps: list[tuple[str, float, int, str]],
) -> None:
    ear = Ear()
    for step in steps:
        do(ear, *step)
    ear.note(ear.endpointer.release(ear.now))
    ear.pause(1.5)
    assert not ear.endpointer.is_speaking
    is_open, last = False, float("-inf")
    for _, event in ear.told:
        assert is_open is not isinstance(event, SpeechBegan)
        match event:
            case SpeechBegan(since=since):
                assert since >= last
                is_open = True
            case SpeechEnded(since=since, until=until):
                assert last <= since < until
                is_open, last = False, until
            case SpeechDropped():
                is_open = False
    assert not is_open

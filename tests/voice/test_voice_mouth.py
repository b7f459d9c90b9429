"""Her mouth: every piece of her answer once, in order, made ahead; and what was said of it is known."""

import asyncio
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.shared import events
from backend.shared.records import Viseme
from tests.voice.mouth_house import MouthHouse, Tones
from voice import cues
from voice.lipsync import visemes

ANSWER = "Hello there, my friend. I am well today! And how are you? 😀 It is late.\n"


async def speak(house: MouthHouse, text: str = ANSWER, turn: str = "t") -> None:
    house.mouth.start(turn)
    house.mouth.feed(turn, text)
    house.mouth.finish(turn)
    await house.rest()


def is_over(house: MouthHouse, turn: str = "t") -> bool:
    return cues.AnswerSpoken(turn) in house.told


@given(
    answer=st.text(
        st.sampled_from("Hi there. no, I am! Ok? 😀 \n`*#[a](b.c) ...こんにちは。我很好，"), max_size=80
    ),
    cuts=st.lists(st.integers(0, 80), max_size=8),
    stop_after=st.none() | st.floats(0.0, 3.0),
)
@settings(max_examples=60, deadline=None)
def test_what_was_said_is_the_whole_answer_or_its_beginning(
    answer: str, cuts: list[int], stop_after: float | None
) -> None:
    async def run() -> None:
        house = MouthHouse(Tones(seconds_a_letter=0.01))
        async with house.running():
            house.mouth.start("t")
            places = sorted({min(cut, len(answer)) for cut in cuts} | {0, len(answer)})
            for begin, end in itertools.pairwise(places):
                house.mouth.feed("t", answer[begin:end])
                await asyncio.sleep(0)
            house.mouth.finish("t")
            if stop_after is None:
                await house.until(lambda: is_over(house))
                assert house.said == answer
            else:
                await house.listen(stop_after)
                house.mouth.pause()
                house.mouth.fade_out()
                house.mouth.drop("t")
                assert answer.startswith(house.said)
                await house.listen(0.5)
                assert answer.startswith(house.said)
            started = [event.id for event in house.told if isinstance(event, cues.UtteranceStarted)]
            assert len(set(started)) == len(started)
            assert sum(isinstance(event, cues.AnswerSpoken) for event in house.told) <= 1

    asyncio.run(run())


async def test_pieces_are_told_in_order_and_once() -> None:
    house = MouthHouse()
    async with house.running():
        await speak(house)
        await house.until(lambda: is_over(house))
        names = [type(event).__name__ for event in house.told if not isinstance(event, cues.UtteranceHeard)]
        assert names == ["UtteranceStarted", "UtteranceFinished"] * 5 + ["AnswerSpoken"]
        assert [text for text, _ in house.ladder.asked] == [
            "Hello there, my friend.",
            "I am well today!",
            "And how are you?",
            "It is late.",
        ]
        assert house.speaker.gaps == (0, 0.0)


async def test_the_first_piece_is_made_at_once_and_two_more_ahead() -> None:
    house = MouthHouse()
    async with house.running():
        house.mouth.start("t")
        house.mouth.feed("t", "One is here. Tw")
        await house.rest()
        assert len(house.ladder.asked) == 1
        house.mouth.feed("t", "o is here. Three is here. Four is here. Five is here. Six")
        await house.rest()
        # Nothing has sounded yet: two are ready.
        assert len(house.ladder.asked) == 2
        await house.listen(0.1)
        assert len(house.ladder.asked) == 3
        assert house.ladder.most_running == 1


async def test_the_hub_hears_when_she_begins_and_ends_and_how_the_mouth_moves() -> None:
    house = MouthHouse()
    async with house.running():
        await speak(house)
        await house.until(lambda: is_over(house))
        kinds = [type(event) for event in house.sent]
        assert kinds == [events.SpeechStart, *[events.Utterance] * 4, events.SpeechEnd]
        first, second = house.sent[1], house.sent[2]
        assert isinstance(first, events.Utterance) and isinstance(second, events.Utterance)
        made = await house.ladder.speak("Hello there, my friend.", house.ladder.asked[0][1])
        assert first.visemes == visemes(made.samples, made.rate)
        assert first.text == "Hello there, my friend."
        assert first.turn == "t"
        assert second.started_at == pytest.approx(first.started_at + made.seconds)


@pytest.mark.parametrize("seconds", [0.3, 0.7, 1.1, 1.6, 2.2])
async def test_what_was_heard_in_mid_sentence_ends_with_the_last_whole_word(seconds: float) -> None:
    house = MouthHouse()
    text = "This is one rather long sentence that she says"
    async with house.running():
        await speak(house, text)
        await house.listen(0.1)
        await house.listen(seconds - 0.1)
        house.mouth.pause()
        said = house.said
        assert text.startswith(said) and text[len(said)] == " "
        # Each letter takes 0.05 s.
        assert seconds / 0.05 - len("sentence ") <= len(said) <= seconds / 0.05


async def test_she_tells_a_few_times_a_second_what_was_heard() -> None:
    house = MouthHouse()
    async with house.running():
        await speak(house, "This is one rather long sentence that she says.")
        for _ in range(20):
            house.speaker.listen(0.05)
            await house.rest()
            await asyncio.sleep(0.03)
        heard = [event.characters for event in house.told if isinstance(event, cues.UtteranceHeard)]
        assert len(heard) >= 3
        assert heard == sorted(heard) and heard[-1] > heard[0]


async def test_an_emotion_counts_from_where_it_came_in() -> None:
    house = MouthHouse()
    async with house.running():
        house.mouth.start("t")
        house.mouth.feel("t", "angry")
        house.mouth.feed("t", "I am angry now.")
        house.mouth.feel("t", "sad")
        house.mouth.feed("t", " I am sad now. This one")
        house.mouth.feel("t", "happy")
        house.mouth.feed("t", " is still sad. This is not.")
        house.mouth.finish("t")
        await house.until(lambda: is_over(house))
        assert [manner.voice for _, manner in house.ladder.asked] == ["angry", "sad", "sad", "happy"]


async def test_a_sentence_in_another_script_gets_another_voice() -> None:
    house = MouthHouse()
    async with house.running():
        await speak(house, "That is how it goes. こんにちは、元気ですか。 Добрый день! Good bye.")
        await house.until(lambda: is_over(house))
        manners = [manner for _, manner in house.ladder.asked]
        assert [manner.language for manner in manners] == ["en", "ja", "ru", "en"]
        assert [manner.voice for manner in manners] == ["neutral", "", "", "neutral"]


async def test_two_answers_follow_each_other_in_one_speech() -> None:
    house = MouthHouse()
    async with house.running():
        await speak(house, "This is the first one.", "a")
        await speak(house, "This is the second one.", "b")
        await house.until(lambda: is_over(house, "b"))
        spoken = [event for event in house.told if not isinstance(event, cues.UtteranceHeard)]
        assert [getattr(event, "turn", "") for event in spoken] == ["a", "", "a", "b", "", "b"]
        assert [type(event) for event in house.sent].count(events.SpeechEnd) == 1


async def test_an_answer_that_begins_while_nothing_sounds_ends_the_speech_before() -> None:
    house = MouthHouse()
    async with house.running():
        await speak(house, "This is the first one.", "a")
        house.mouth.start("b")
        await house.until(lambda: is_over(house, "a"))
        assert isinstance(house.sent[-1], events.SpeechEnd)


async def test_a_wait_for_more_of_an_answer_does_not_end_the_speech() -> None:
    house = MouthHouse()
    async with house.running():
        house.mouth.start("t")
        house.mouth.feed("t", "This is how it begins. And")
        await house.listen(3.0)
        house.mouth.feed("t", " this is how it ends.")
        house.mouth.finish("t")
        await house.until(lambda: is_over(house))
        speech = [type(event) for event in house.sent if not isinstance(event, events.Utterance)]
        assert speech == [events.SpeechStart, events.SpeechEnd]


async def test_an_answer_without_an_end_does_not_hold_up_the_next_one() -> None:
    house = MouthHouse()
    async with house.running():
        house.mouth.start("a")
        house.mouth.feed("a", "The hub was lost in the mid")
        await speak(house, "And it is back.", "b")
        await house.until(lambda: is_over(house, "b"))
        assert is_over(house, "a")
        assert house.ladder.asked[0][0] == "The hub was lost in the mid"


async def test_what_cannot_be_spoken_counts_as_said_in_its_place() -> None:
    house = MouthHouse()
    house.language = "de"
    answer = "😀\n\nDas ist schön heute.\n```py\nx = 1\n```\nNicht wahr?\n😀😀\n"
    async with house.running():
        await speak(house, answer)
        assert next(event for event in house.told if isinstance(event, cues.UtteranceStarted)).text == "😀"
        await house.until(lambda: is_over(house))
        assert house.said == answer
        assert len(house.ladder.asked) == 2


async def test_an_answer_of_nothing_but_an_emoji_is_over_at_once_without_a_speech() -> None:
    house = MouthHouse()
    async with house.running():
        await speak(house, "😀")
        assert is_over(house) and house.said == "😀"
        assert house.sent == []


async def test_an_empty_answer_is_over_when_it_ends() -> None:
    house = MouthHouse()
    async with house.running():
        house.mouth.start("t")
        assert not is_over(house)
        house.mouth.finish("t")
        house.mouth.finish("t")
        assert house.told == [cues.AnswerSpoken("t")]
        house.mouth.finish("never heard of")
        assert is_over(house, "never heard of")


async def test_more_of_an_answer_that_is_over_is_not_spoken() -> None:
    house = MouthHouse()
    async with house.running():
        await speak(house, "That is all.")
        await house.until(lambda: is_over(house))
        told = len(house.told)
        await speak(house, "No, it is not.")
        assert len(house.told) == told and len(house.ladder.asked) == 1


async def test_an_answer_whose_beginning_was_missed_is_spoken_from_there() -> None:
    house = MouthHouse()
    async with house.running():
        house.mouth.feed("t", "the rest of it. ")
        house.mouth.finish("t")
        await house.until(lambda: is_over(house))
        assert house.said == "the rest of it. "


async def test_the_end_of_a_piece_waits_until_it_is_heard() -> None:
    house = MouthHouse()
    async with house.running():
        await speak(house, "That is all.")
        await house.listen(0.5)
        house.speaker.listen(1.0)
        # The player knows it 0.3 s before it is in the air.
        house.speaker.now -= 1.2
        await house.rest()
        assert not is_over(house)
        async with asyncio.timeout(5):
            while not is_over(house):
                await asyncio.sleep(0.02)


async def test_nothing_is_left_when_she_ends_in_mid_sentence() -> None:
    house = MouthHouse()
    async with house.running():
        await speak(house)
        await house.listen(0.5)
        house.ladder.gate = asyncio.Event()
        await house.listen(0.7)
        assert house.ladder.running == 1
    assert house.ladder.running == 0
    assert isinstance(house.sent[-1], events.SpeechEnd)
    house.speaker.listen(0.1)
    assert not house.speaker.listen(0.2).any()


async def test_silence_from_the_ladder_still_moves_on() -> None:
    class Silent(Tones):
        async def speak(self, text: str, manner: object, spare_seconds: float = 0.0) -> object:
            made = await super().speak(text, manner)
            return type(made)(np.zeros_like(made.samples), made.rate)

    house = MouthHouse(Silent())
    async with house.running():
        await speak(house)
        await house.until(lambda: is_over(house))
        assert house.said == ANSWER
        sent = [event for event in house.sent if isinstance(event, events.Utterance)]
        assert all(event.visemes == [Viseme(0.0, "closed")] for event in sent)

"""Her mouth obeys: softer, paused, dropped, silenced; and what was said of it stays true."""

import asyncio

import pytest

from backend.shared import events
from backend.shared.records import Viseme
from tests.voice.mouth_house import MouthHouse, Tones
from voice import cues
from voice.answers import Answers
from voice.utterances import rest_of

LONG = "This is one rather long sentence that she says. And this is another one of that kind."


async def begin(house: MouthHouse, seconds: float = 1.0, text: str = LONG, turn: str = "t") -> None:
    """She has spoken for so long."""
    house.mouth.start(turn)
    house.mouth.feed(turn, text)
    house.mouth.finish(turn)
    await house.rest()
    await house.listen(seconds)


async def test_what_is_dropped_is_neither_made_nor_played_nor_told_any_more() -> None:
    house = MouthHouse()
    async with house.running():
        house.ladder.gate = asyncio.Event()
        await begin(house, 0.1)
        house.mouth.drop("t")
        await house.rest()
        assert house.ladder.cancelled == ["This is one rather long sentence that she says."]
        house.ladder.gate.set()
        house.mouth.start("t")
        house.mouth.feed("t", "More of it. And more.")
        house.mouth.finish("t")
        await house.listen(0.5)
        assert house.told == [] and len(house.ladder.asked) == 1


async def test_what_is_dropped_while_it_sounds_ends_within_30_ms_and_another_answer_follows() -> None:
    house = MouthHouse()
    async with house.running():
        await begin(house)
        await begin(house, 0.1, "The next answer is here.", "u")
        house.mouth.drop("t")
        assert house.speaker.listen(0.03).any()
        await house.until(lambda: cues.AnswerSpoken("u") in house.told)
        assert cues.AnswerSpoken("t") not in house.told
        started = [event for event in house.told if isinstance(event, cues.UtteranceStarted)]
        assert [event.turn for event in started] == ["t", "u"]


async def test_what_is_dropped_leaves_the_answer_that_sounds_alone() -> None:
    house = MouthHouse()
    async with house.running():
        await begin(house)
        await begin(house, 0.1, "The next answer is here.", "u")
        house.mouth.drop("u")
        await house.until(lambda: cues.AnswerSpoken("t") in house.told)
        assert house.said == LONG
        assert house.speaker.gaps == (0, 0.0)


async def test_fading_out_forgets_what_there_is_and_leaves_what_begins() -> None:
    house = MouthHouse()
    async with house.running():
        await begin(house)
        # As the turn machine orders when the user has asked something else.
        house.mouth.start("u")
        house.mouth.duck()
        house.mouth.pause()
        house.mouth.fade_out()
        house.mouth.drop("t")
        assert isinstance(house.sent[-1], events.SpeechEnd)
        assert not house.speaker.is_ducked
        house.speaker.listen(0.05)
        assert not house.speaker.listen(0.5).any()
        house.mouth.feed("u", "That is what you asked for.")
        house.mouth.finish("u")
        await house.until(lambda: cues.AnswerSpoken("u") in house.told)
        assert house.said.endswith("That is what you asked for.")
        assert isinstance(house.sent[-1], events.SpeechEnd)


async def test_fading_out_ends_a_pause_in_which_nothing_was_there_yet() -> None:
    house = MouthHouse()
    async with house.running():
        house.mouth.pause()
        house.mouth.fade_out()
        await begin(house, 0.2)
        assert house.speaker.listen(0.1).any()


async def test_fading_out_what_nobody_drops_ends_the_answer() -> None:
    house = MouthHouse()
    async with house.running():
        await begin(house)
        house.mouth.fade_out()
        assert house.told[-1] == cues.AnswerSpoken("t")
        await house.listen(0.5)
        assert len([event for event in house.told if isinstance(event, cues.UtteranceStarted)]) == 1


async def test_a_pause_closes_the_mouth_and_resuming_moves_it_on_from_there() -> None:
    house = MouthHouse()
    async with house.running():
        await begin(house)
        first = next(event for event in house.sent if isinstance(event, events.Utterance))
        house.mouth.pause()
        closed = house.sent[-1]
        assert isinstance(closed, events.Utterance) and closed.visemes == [Viseme(0.0, "closed")]
        await house.listen(2.0)
        assert not house.speaker.listen(0.1).any()
        begun = house.speaker.now
        house.mouth.resume()
        await house.listen(0.1)
        again = house.sent[-1]
        assert isinstance(again, events.Utterance)
        assert again.started_at == pytest.approx(begun)
        # Back by 0.3 s, for these tones have no words.
        assert again.visemes == rest_of(first.visemes, 0.7)
        assert len({first.id, closed.id, again.id}) == 3
        await house.until(lambda: cues.AnswerSpoken("t") in house.told)
        assert house.said == LONG
        started = [event for event in house.told if isinstance(event, cues.UtteranceStarted)]
        assert len(started) == 2


async def test_nothing_begins_while_she_is_paused() -> None:
    house = MouthHouse()
    async with house.running():
        house.mouth.pause()
        await begin(house, 1.0)
        assert house.told == [] and house.sent == []
        # It is made meanwhile.
        assert len(house.ladder.asked) == 2
        house.mouth.resume()
        await house.until(lambda: cues.AnswerSpoken("t") in house.told)
        assert house.speaker.gaps == (0, 0.0)


async def test_what_is_dropped_in_a_pause_does_not_end_the_pause() -> None:
    house = MouthHouse()
    async with house.running():
        await begin(house)
        house.mouth.pause()
        house.mouth.drop("t")
        await begin(house, 0.5, "Another answer.", "u")
        assert not house.speaker.listen(0.2).any()
        house.mouth.resume()
        await house.until(lambda: cues.AnswerSpoken("u") in house.told)


async def test_ducking_lasts_until_she_goes_on() -> None:
    house = MouthHouse()
    async with house.running():
        await begin(house)
        loud = abs(house.speaker.listen(0.2)).max()
        house.mouth.duck()
        house.speaker.listen(0.05)
        assert abs(house.speaker.listen(0.1)).max() < 0.4 * loud
        house.mouth.resume()
        house.speaker.listen(0.05)
        assert abs(house.speaker.listen(0.2)).max() > 0.8 * loud


async def test_switched_off_in_mid_sentence_she_is_silent_and_the_rest_counts_as_not_said() -> None:
    house = MouthHouse()
    async with house.running():
        house.mouth.start("t")
        house.mouth.feed("t", LONG + " And")
        await house.rest()
        await house.listen(1.0)
        house.mouth.is_on = False
        assert house.told[-1] == cues.AnswerSpoken("t")
        assert isinstance(house.sent[-1], events.SpeechEnd)
        assert LONG.startswith(house.said) and 5 < len(house.said) < 30
        house.speaker.listen(0.05)
        assert not house.speaker.listen(0.2).any()
        house.mouth.feed("t", " so on. And on.")
        house.mouth.is_on = True
        house.mouth.feed("t", " And on.")
        house.mouth.finish("t")
        await house.listen(1.0)
        assert house.told.count(cues.AnswerSpoken("t")) == 1
        assert len([event for event in house.told if isinstance(event, cues.UtteranceStarted)]) == 1


def test_to_the_turn_machine_an_answer_that_is_given_up_was_said_as_far_as_it_was_heard() -> None:
    answers = Answers(gap_seconds=4, stuck_seconds=30)
    answers.start("t", 0)
    answers.start_piece("t", "1", "One two three.", 1)
    answers.hear_piece("1", 7, 2)
    answers.finish_speaking("t", 3)
    assert not answers.is_sounding and answers.is_running("t")
    assert answers.drop("t", 4) == "One two"


async def test_while_her_voice_is_off_nothing_is_made_and_an_answer_is_over_when_it_ends() -> None:
    house = MouthHouse()
    async with house.running():
        house.mouth.is_on = False
        house.mouth.start("t")
        house.mouth.feed("t", LONG)
        await house.listen(0.3)
        assert house.told == []
        house.mouth.finish("t")
        assert house.told == [cues.AnswerSpoken("t")]
        assert house.ladder.asked == [] and house.sent == []
        house.mouth.is_on = True
        await begin(house, 0.1, "Now I speak.", "u")
        await house.until(lambda: cues.AnswerSpoken("u") in house.told)
        assert house.said.endswith("Now I speak.")


@pytest.mark.parametrize("kind", [cues.UtteranceStarted, cues.UtteranceFinished, cues.AnswerSpoken])
@pytest.mark.parametrize("order", ["fade out", "drop", "off", "pause"])
async def test_an_order_in_answer_to_what_it_tells_is_obeyed(kind: type, order: str) -> None:
    house = MouthHouse(Tones(0.02))
    told: list[int] = []

    def obey(event: cues.VoiceEvent) -> None:
        if isinstance(event, kind):
            house.on_told = lambda event: None
            told.append(len(house.told))
            match order:
                case "fade out":
                    house.mouth.fade_out()
                    house.mouth.drop("t")
                case "drop":
                    house.mouth.drop("t")
                case "off":
                    house.mouth.is_on = False
                case _:
                    house.mouth.pause()

    house.on_told = obey
    async with house.running():
        await begin(house, 0.1, "Well now. " + LONG + "\n😀\nYes. ")
        await house.listen(4.0)
        if order != "pause":
            # Not even one that the player has begun in that very moment.
            assert not any(isinstance(event, cues.UtteranceStarted) for event in house.told[told[0] :])
        house.mouth.resume()
        house.mouth.is_on = True
        await begin(house, 0.1, "All is well.", "u")
        await house.until(lambda: cues.AnswerSpoken("u") in house.told)
        assert house.said.endswith("All is well.")
        kinds = [type(event) for event in house.sent if not isinstance(event, events.Utterance)]
        assert kinds == [events.SpeechStart, events.SpeechEnd] * (len(kinds) // 2)

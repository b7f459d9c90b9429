"""The real process where the microphone hears the loudspeakers: she is not to hear herself."""

import pytest

from backend.shared import events
from tests.voice.sound_card import SoundCard
from tests.voice.spoken_sentences import SENTENCES, hear, tell
from tests.voice.voice_house import VoiceProcess, Witness

House = tuple[VoiceProcess, Witness]
ECHO_SECONDS = 0.06


async def let_her_tell_a_story(house: House, card: SoundCard, echo_volume: float = 0.3) -> None:
    """Until she has come to its end, or somebody has stopped her."""
    _, witness = house
    with card.add_echo(ECHO_SECONDS, echo_volume):
        tell(card, SENTENCES[2])
        await hear(witness, 1)
        await witness.wait_for(
            lambda: witness.all(events.SpeechEnded) or witness.all(events.AnswerCut), "the end", 60
        )


async def test_with_echo_cancellation_she_speaks_to_the_end(house: House, shared_card: SoundCard) -> None:
    await let_her_tell_a_story(house, shared_card)
    _, witness = house
    turn = witness.all(events.TurnStarted)[0].turn
    told = "".join(piece.text for piece in witness.all(events.UtteranceStarted) if piece.text)
    assert told.replace(" ", "") == witness.answer(turn).replace(" ", "")
    assert not witness.all(events.AnswerCut)
    assert len(witness.all(events.UserSaid)) == 1


@pytest.mark.parametrize("house", [{"voice_echo": "headphones"}], indirect=True)
async def test_without_it_she_interrupts_herself(house: House, shared_card: SoundCard) -> None:
    await let_her_tell_a_story(house, shared_card, echo_volume=0.8)
    _, witness = house
    assert witness.all(events.AnswerCut)


@pytest.mark.parametrize("house", [{"voice_echo": "off"}], indirect=True)
async def test_half_duplex_she_does_not_hear_herself_either(house: House, shared_card: SoundCard) -> None:
    voice, witness = house
    assert any("headphones" in line for line in voice.lines), "the user is told, with the way out"
    await let_her_tell_a_story(house, shared_card)
    assert not witness.all(events.AnswerCut)
    assert len(witness.all(events.UserSaid)) == 1

"""The real process between a microphone and a loudspeaker: spoken to, answering, interrupted."""

import asyncio
import time

import numpy as np

from backend.shared import events
from tests.voice.sound_card import SoundCard
from tests.voice.spoken_sentences import MICROPHONE_RATE, SENTENCES, hear, tell
from tests.voice.voice_house import VoiceProcess, Witness, has_open_microphone

House = tuple[VoiceProcess, Witness]
MOUTH_SECONDS = 0.06
"""How far the mouth may be from the sound."""
AUDIBLE = 0.01
"""Sound that needs an open mouth; below it words fade away."""


async def test_she_answers_aloud_and_her_mouth_moves_with_her_voice(
    house: House, shared_card: SoundCard
) -> None:
    voice, witness = house
    with shared_card.listen() as speaker:
        tell(shared_card, SENTENCES[1])
        said = await hear(witness, 1)
        assert (said.text, said.source) == (SENTENCES[1], "voice")
        await witness.wait_for(lambda: witness.all(events.SpeechEnded), "the end of her speech", 30)
        loud = np.array(speaker.loud_times(AUDIBLE))
    pieces = witness.all(events.UtteranceStarted)
    assert pieces
    for piece in pieces:
        shapes = [v for v in piece.visemes if v.shape != "closed"]
        first, last = piece.started_at + shapes[0].at_seconds, piece.started_at + piece.visemes[-1].at_seconds
        assert np.abs(loud - first).min() < MOUTH_SECONDS
        assert np.abs(loud - last).min() < MOUTH_SECONDS
    assert abs(loud[0] - pieces[0].started_at - pieces[0].visemes[0].at_seconds) < MOUTH_SECONDS
    assert abs(loud[-1] - pieces[-1].started_at - pieces[-1].visemes[-1].at_seconds) < MOUTH_SECONDS
    assert f"You: {SENTENCES[1]}" in voice.lines


async def test_who_speaks_over_her_stops_her_and_is_answered_and_the_rest_was_never_said(
    house: House, shared_card: SoundCard
) -> None:
    _, witness = house
    with shared_card.listen() as speaker:
        tell(shared_card, SENTENCES[2])
        await witness.wait_for(lambda: witness.all(events.UtteranceStarted), "the story")
        story = witness.all(events.TurnStarted)[0].turn
        speaker.wait_for_sound()
        await asyncio.sleep(1.5)
        _, end = tell(shared_card, SENTENCES[4])
        said = await hear(witness, 2)
        answered = time.time()
        loud = np.array(speaker.loud_times())
        still = loud[loud < answered]
        assert still[-1] < end, "before he had finished"
        assert said.text == SENTENCES[4]
        await witness.wait_for(lambda: witness.all(events.AnswerCut), "the cut")
        cut = witness.all(events.AnswerCut)[0]
        assert cut.turn == story
        heard = [piece.text for piece in witness.all(events.UtteranceStarted) if piece.turn == story]
        whole = witness.answer(story)
        assert whole.startswith(cut.text)
        assert 10 < len(cut.text) < len(whole)
        assert cut.text.startswith(heard[0][:10])
        await witness.wait_for(lambda: speaker.loud_times()[-1] > answered, "her answer")


async def test_a_cough_makes_her_wait_and_then_she_goes_on(house: House, shared_card: SoundCard) -> None:
    _, witness = house
    with shared_card.listen() as speaker:
        tell(shared_card, SENTENCES[1])
        await witness.wait_for(lambda: witness.all(events.UtteranceStarted), "her answer")
        speaker.wait_for_sound()
        await asyncio.sleep(1.0)
        noise = np.random.default_rng(1).normal(0, 0.2, 4000) * np.hanning(4000)
        shared_card.speak_into_microphone(noise.astype(np.float32), MICROPHONE_RATE, wait=False)
        await witness.wait_for(lambda: witness.all(events.SpeechEnded), "the end of her speech", 40)
    assert len(witness.all(events.UserSaid)) == 1
    assert not witness.all(events.AnswerCut)
    spoken_of_it = "".join(piece.text for piece in witness.all(events.UtteranceStarted) if piece.text)
    turn = witness.all(events.TurnStarted)[0].turn
    assert spoken_of_it.replace(" ", "") == witness.answer(turn).replace(" ", "")


async def test_a_muted_microphone_is_closed_and_everybody_is_told(
    house: House, shared_card: SoundCard
) -> None:
    _, witness = house
    await witness.send(events.FlipSwitch(name="microphone", is_on=False))
    await witness.wait_for(lambda: not has_open_microphone(witness), "the microphone to be off")
    assert not shared_card.users("source-outputs")
    tell(shared_card, SENTENCES[0])
    await witness.send(events.FlipSwitch(name="microphone", is_on=True))
    await witness.wait_for(lambda: has_open_microphone(witness), "the microphone to be on")
    assert shared_card.users("source-outputs")

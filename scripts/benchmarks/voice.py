"""The voice: how soon she answers, how soon she is silent, whether she hears herself, and what she costs."""

import random
import threading
import time
from collections.abc import Callable

import numpy as np

from benchmarks import processes, voice_card, voice_house, voice_meter, voice_rows
from benchmarks.model_server import Script, parse
from benchmarks.plan import VoicePlan
from benchmarks.report import Row
from benchmarks.voice_card import RATE
from benchmarks.voice_house import House
from benchmarks.voice_rows import LATE_SECONDS, Readings

TEXTS = (
    "Yes.",
    "What time is it?",
    "Tell me a joke.",
    "Good morning, how are you today?",
    "Can you hear me?",
    "What is the weather like in Berlin this afternoon?",
    "Stop that, please, and listen to me for a moment.",
    "I would like to know how far it is from here to the moon.",
    "Remind me to call my mother tomorrow.",
    "Do you remember what I told you about the garden last week?",
    "Sing something.",
    "My sister comes to visit us on Friday and stays until Monday.",
)
_UNFINISHED = "I wanted to ask you about the"
_SHORT = Script(9, mood="happy")
_LATE = Script(9, delay_seconds=LATE_SECONDS, mood="happy")
_LONG = Script(600, pace_seconds=0.01, mood="neutral")
_SLOW = Script(20, pace_seconds=0.6, mood="neutral")
_WORDS_A_SECOND = 3.7
_ECHO = (0.06, 0.3)
_GAP_SECONDS = 0.5
_QUIET_SECONDS = 0.6
_ANSWER_SECONDS = 8.0


def measure(plan: VoicePlan, say: Callable[[str], None]) -> list[Row]:
    """Measure everything.

    Raises:
        BenchmarkError: Something could not be started.
    """
    found = Readings()
    with voice_card.card() as card:
        with voice_house.house(card, _script(plan), TEXTS) as house:
            say("measuring: how soon she answers")
            voice_house.rest(house, 20.0)
            found.cpu["nobody speaks"] = _usage(house, plan.seconds)
            _answers(house, plan, found)
            with card.echo(*_ECHO):
                # First of all: the canceller does not know the room yet.
                say("measuring: her own speech")
                _own_speech(house, plan, found)
                say("measuring: how soon she is silent")
                _interruptions(house, plan, found)
                _pushes(house, plan, found)
            found.cpu["the user speaks"] = _usage_while_listening(house, plan.seconds)
            found.memory = processes.memory_mb(house.pid)
        say("measuring: the same without echo cancellation")
        with (
            voice_house.house(card, _script(plan), TEXTS, echo="headphones") as house,
            card.echo(*_ECHO),
        ):
            found.control_interruptions = _hear_herself(house, min(20.0, plan.own_seconds))
    return voice_rows.rows(found)


def _script(plan: VoicePlan) -> list[str]:
    late = [voice_house.line("And then?", _LATE)] * plan.late_answers
    unfinished = [f"{_LONG._replace(tokens=9, pace_seconds=0.0).message} {_UNFINISHED}"] * plan.late_answers
    rest = [voice_house.line("Go on.", _SHORT)] * 500
    return [voice_house.line("Well then.", _SHORT)] * plan.answers + late + unfinished + rest


def _usage(house: House, seconds: float) -> float | None:
    """Processor time in percent of a core."""
    before, start = processes.cpu_seconds(house.pid), time.perf_counter()
    end = start + seconds
    while (left := end - time.perf_counter()) > 0:
        house.witness.watch(min(0.2, left))
    after = processes.cpu_seconds(house.pid)
    if before is None or after is None:
        return None
    return 100 * (after - before) / (time.perf_counter() - start)


def _usage_while_listening(house: House, seconds: float) -> float | None:
    sound = np.concatenate(house.utterances)
    times = int(seconds * RATE / len(sound)) + 1
    user = threading.Thread(target=house.card.say, args=(np.tile(sound, times)[: round(seconds * RATE)],))
    user.start()
    try:
        return _usage(house, seconds)
    finally:
        user.join()


# How soon she answers


def _answers(house: House, plan: VoicePlan, found: Readings) -> None:
    voice_house.rest(house, 20.0)
    for number in range(plan.answers + 2 * plan.late_answers):
        _answer(house, house.utterances[number % len(TEXTS)], found)
        voice_house.rest(house, 20.0)
        # Each question meets another moment of the microphone's blocks.
        time.sleep(random.uniform(0.0, 0.1))  # noqa: S311 - not for secrets


def _answer(house: House, utterance: voice_card.Samples, found: Readings) -> None:
    begun = time.time()
    house.card.say(utterance)
    heard = voice_house.wait_for_voice(house, begun, _ANSWER_SECONDS)
    end = voice_meter.last_sound(house.card.said.sound(begun))
    said = house.witness.wait_for(begun, "user-said", seconds=1.0)
    if heard is None or end is None or said is None:
        found.lost += 1
        return
    if heard < end or len(house.witness.since(begun, "user-said")) > 1:
        found.cut_off += 1
        return
    text = str(said.content["text"])
    kind = "late" if parse(text).delay_seconds else "unfinished" if text.endswith(_UNFINISHED) else "prompt"
    found.answers[kind].append(heard - end)


# How soon she is silent


def _begin(house: House) -> None:
    """Let her speak, and go on for a while that is never the same."""
    moment = voice_house.ask(house, _LONG)
    if voice_house.wait_for_voice(house, moment, _ANSWER_SECONDS) is None:
        raise processes.BenchmarkError("She does not answer what is typed.")
    house.witness.watch(0.0)
    time.sleep(random.uniform(1.2, 2.6))  # noqa: S311 - not for secrets


def _interruptions(house: House, plan: VoicePlan, found: Readings) -> None:
    # Who interrupts says more than a word.
    sounds = [sound for sound in house.utterances if len(sound) > 1.3 * RATE]
    late = np.zeros(round(LATE_SECONDS * RATE), np.float32)
    for number in range(plan.interruptions + plan.late_answers):
        is_late = number >= plan.interruptions
        sound = sounds[number % len(sounds)]
        words = np.concatenate((late, sound)) if is_late else sound
        seconds = _interrupt(house, words, found, is_late=is_late)
        if seconds is None:
            found.unheard += 1
        else:
            (found.late_interruptions if is_late else found.interruptions).append(seconds)


def _interrupt(house: House, sound: voice_card.Samples, found: Readings, *, is_late: bool) -> float | None:
    _begin(house)
    begun = time.time()
    house.card.say(sound)
    house.witness.watch(0.1)
    # Of a late one the silence before it counts as if it were the first word.
    start = voice_meter.find(house.card.said.sound(begun - 0.1), sound)
    if start is None:
        raise processes.BenchmarkError("The user's words do not come out of the virtual microphone.")
    onset = start if is_late else start + voice_meter.onset(sound)
    silent = voice_meter.silent_from(house.card.heard.sound(onset), _QUIET_SECONDS)
    voice_house.wait_for_voice(house, time.time(), 2.0)
    voice_house.hush(house)
    # His own words are one; what else was taken for words is her own voice.
    found.strays += max(0, len(house.witness.since(begun, "user-said")) - 1)
    return None if silent is None else silent - onset


def _pushes(house: House, plan: VoicePlan, found: Readings) -> None:
    for number in range(plan.pushes + plan.late_answers):
        is_late = number >= plan.pushes
        _begin(house)
        begun = time.time()
        if is_late:
            time.sleep(LATE_SECONDS)
        house.witness.tell("push-to-talk", is_pressed=True)
        house.witness.watch(0.0)
        time.sleep(1.2)
        silent = voice_meter.silent_from(house.card.heard.sound(begun), _QUIET_SECONDS)
        house.witness.tell("push-to-talk", is_pressed=False)
        voice_house.hush(house)
        if silent is None:
            found.unheard_keys += 1
        else:
            (found.late_pushes if is_late else found.pushes).append(silent - begun)


# Her own speech


def _own_speech(house: House, plan: VoicePlan, found: Readings) -> None:
    found.self_interruptions = _speak(house, plan, found)
    moment = voice_house.ask(house, _SLOW)
    voice_house.wait_for_voice(house, moment, _ANSWER_SECONDS)
    house.witness.wait_for(moment, "turn-ended", seconds=20.0)
    voice_house.wait_for_quiet(house, 20.0, 2.0)
    found.slow_gaps = len(voice_meter.silences(house.card.heard.sound(moment), _GAP_SECONDS))


def _speak(house: House, plan: VoicePlan, found: Readings) -> int:
    """Let her speak alone; returns how often she listened to herself or broke off."""
    moment, start = _begin_to_speak(house, plan.own_seconds)
    found.cpu["she speaks"] = _usage(house, min(plan.seconds, plan.own_seconds / 2))
    voice_house.wait_for_quiet(house, plan.own_seconds + 30.0, 2.0)
    sound = house.card.heard.sound(moment - 1.0)
    found.own_seconds = (voice_meter.last_sound(sound) or start) - start
    found.gaps = len(voice_meter.silences(sound, _GAP_SECONDS))
    found.longest_gap = max((length for _, length in voice_meter.silences(sound, 0.05)), default=0.0)
    for event in house.witness.since(moment, "utterance-started"):
        lag = voice_meter.mouth_lag(sound, event.content["started_at"], event.content["visemes"])
        if lag is not None:
            found.lags.append(lag)
    voice_house.rest(house, 20.0)
    return _self_interruptions(house, moment)


def _begin_to_speak(house: House, seconds: float) -> tuple[float, float]:
    """When she was asked for a long answer, and when she was first heard."""
    voice_house.rest(house, 20.0)
    moment = voice_house.ask(house, Script(round(seconds * _WORDS_A_SECOND), mood="neutral"))
    start = voice_house.wait_for_voice(house, moment, _ANSWER_SECONDS)
    if start is None:
        raise processes.BenchmarkError("She does not answer what is typed.")
    return moment, start


def _self_interruptions(house: House, moment: float) -> int:
    listened = house.witness.since(moment, "hearing-changed")
    cut = house.witness.since(moment, "answer-cut")
    return max(sum(1 for event in listened if event.content["state"] == "listening"), len(cut))


def _hear_herself(house: House, seconds: float) -> int:
    """The same where nothing keeps her from it: she may well go on to talk to herself for ever."""
    moment, _ = _begin_to_speak(house, seconds)
    house.witness.wait_for(moment, "answer-cut", seconds=seconds)
    return _self_interruptions(house, moment)

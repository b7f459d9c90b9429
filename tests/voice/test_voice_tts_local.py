"""Silence, manners, the voices of Piper and of the system: all that needs no program of Linux."""

import asyncio
import logging
import sys
from pathlib import Path

import numpy as np
import pytest

from backend.shared.desktop.speech import SystemSpeech, SystemVoice
from backend.shared.settings import Voice
from tests.voice import tiny_piper
from tests.voice.voice_measures import fundamental, loudness, silence_around
from voice.tts import manner, piper_voices
from voice.tts.engine import Manner, Spoken, TtsError
from voice.tts.engines import piper, silent, system
from voice.tts.engines.silent import seconds_of
from voice.tts.engines.system import System

TEXT = "Good morning, my friend."


# Silence.


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("Hello there, how are you doing today?", 1.5, 3.5),
        ("こんにちは、げんきですか", 1.5, 3.5),
        ("It costs 1250 euros.", 1.5, 3.5),
        ("", 0, 0),
        ("...", 0, 0),
    ],
)
async def test_silence_lasts_about_as_long_as_the_words_would(text, low, high):
    spoken = await silent.create(Voice(), Path()).speak(text, Manner())
    assert low <= spoken.seconds <= high
    assert spoken.samples.dtype == np.float32
    assert not spoken.samples.any()


def test_silence_follows_the_pace():
    assert seconds_of(TEXT, 2.0) == pytest.approx(seconds_of(TEXT) / 2)


async def test_silence_has_no_voices_and_nothing_to_close():
    engine = silent.create(Voice(), Path())
    assert await engine.voices() == []
    await engine.close()


# Manners.


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("ALISA_HOME", str(tmp_path))
    (tmp_path / "voice").mkdir()
    return tmp_path


def test_every_emotion_changes_her_voice_a_little_and_neutral_not_at_all(home):
    chosen = Voice(voice="x", rate=1.2, pitch=1.0, volume=0.8)
    table = manner.read_emotions(home)
    assert set(table) == {"happy", "sad", "angry", "surprised", "embarrassed", "neutral"}
    assert manner.manner_for("neutral", chosen, "de") == Manner("x", "de", 1.2, 1.0, 0.8)
    ways = {manner.manner_for(emotion, chosen, "de") for emotion in table}
    assert len(ways) == 6
    for way in ways:
        assert 0.85 <= way.rate / 1.2 <= 1.15
        assert abs(way.pitch - 1.0) <= 2
        assert 0.75 <= way.volume / 0.8 <= 1


def test_she_is_slow_low_and_soft_when_sad_and_quick_and_high_when_happy(home):
    sad, happy = (manner.manner_for(emotion, Voice(), "en") for emotion in ("sad", "happy"))
    assert sad.rate < 1 < happy.rate
    assert sad.pitch < 0 < happy.pitch
    assert sad.volume < 1


@pytest.mark.parametrize("emotion", ["sad", "surprised"])
def test_limits_hold_whatever_is_added(home, emotion):
    for chosen in (Voice(rate=2.0, pitch=12.0), Voice(rate=0.5, pitch=-12.0, volume=0.0)):
        way = manner.manner_for(emotion, chosen, "en")
        assert 0.5 <= way.rate <= 2
        assert -12 <= way.pitch <= 12
        assert 0 <= way.volume <= 1


def test_the_users_own_table_wins_and_leaves_the_rest(home):
    (home / "voice" / "emotions.toml").write_text("[happy]\npitch = 4\n", encoding="utf-8")
    table = manner.read_emotions(home)
    assert table["happy"]["pitch"] == 4
    assert table["happy"]["rate"] > 1
    assert table["sad"]["pitch"] < 0
    assert manner.manner_for("happy", Voice(), "en").pitch == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[joyful]\nrate = 1\n", "[joyful]"),
        ("[happy]\nspeed = 1\n", "happy.speed"),
        ("[happy]\nrate = 9\n", "happy.rate is 9; allowed is a number from 0.5 to 2"),
        ('[sad]\nvolume = "low"\n', "sad.volume is 'low'"),
        ("[sad]\nvolume = true\n", "sad.volume is True"),
        ("[sad]\npitch = nan\n", "sad.pitch is nan"),
        ("sad = 1\n", "[sad]"),
        ("[sad\n", "not valid TOML"),
        ("\xff", "UTF-8"),
    ],
)
def test_a_broken_table_is_told_by_its_key_and_she_speaks_on(home, text, said, caplog):
    (home / "voice" / "emotions.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(TtsError) as caught:
        manner.read_emotions(home)
    assert said in caught.value.message
    assert str(home) not in caught.value.message
    assert manner.manner_for("sad", Voice(), "en").pitch < 0
    assert manner.manner_for("happy", Voice(), "en").pitch > 0
    assert len(caplog.records) == 1


# Piper, with its real code on a voice that can only whistle.


@pytest.fixture
async def tones(tmp_path):
    tiny_piper.write(piper_voices.folder(tmp_path))
    engine = piper.create(Voice(), tmp_path)
    yield engine
    await engine.close()


async def test_piper_makes_sound_of_the_common_shape(tones):
    spoken = await tones.speak(TEXT, Manner())
    assert spoken.rate == tiny_piper.RATE
    assert spoken.samples.dtype == np.float32
    assert 185 < fundamental(spoken.samples, spoken.rate) < 330
    assert loudness(spoken.samples, spoken.rate) == pytest.approx(-20.0, abs=1.0)
    before, after = silence_around(spoken)
    assert before <= 0.01
    assert after <= 0.05


async def test_piper_says_different_things_differently(tones):
    one, other = await tones.speak("Yes.", Manner()), await tones.speak("No, never again!", Manner())
    assert other.seconds > 2 * one.seconds


@pytest.mark.parametrize("rate", [0.5, 2.0])
async def test_piper_keeps_pace(tones, rate):
    usual, changed = await tones.speak(TEXT, Manner()), await tones.speak(TEXT, Manner(rate=rate))
    assert usual.seconds / changed.seconds == pytest.approx(rate, rel=0.05)


def middle(spoken: Spoken) -> float:
    """The mean of all frequencies in Hz, by their power."""
    power = np.abs(np.fft.rfft(spoken.samples)) ** 2
    return float(np.average(np.arange(len(power)), weights=power)) * spoken.rate / len(spoken.samples)


@pytest.mark.parametrize("semitones", [-5.0, 3.0])
async def test_piper_changes_pitch_and_keeps_the_length(tones, semitones):
    usual, moved = await tones.speak(TEXT, Manner()), await tones.speak(TEXT, Manner(pitch=semitones))
    factor = 2 ** (semitones / 12)
    assert middle(moved) / middle(usual) == pytest.approx(factor, rel=0.02)
    assert moved.seconds == pytest.approx(usual.seconds, rel=0.05)


@pytest.mark.parametrize("text", ["", "  ", "..."])
async def test_piper_has_nothing_to_say_without_words(tones, text):
    assert len((await tones.speak(text, Manner())).samples) == 0


async def test_phonemes_in_brackets_are_text_to_piper(tones):
    marked, spelled = await tones.speak("[[aaaaaaaa]] no", Manner()), await tones.speak("[[a]] no", Manner())
    assert marked.seconds != spelled.seconds
    assert (await tones.speak("[[]] no", Manner())).seconds == (
        await tones.speak("[ []] no", Manner())
    ).seconds


async def test_what_she_says_is_in_no_log(tones, caplog):
    caplog.set_level(logging.DEBUG)
    await tones.speak("a secret word", Manner())
    assert "secret" not in caplog.text


async def test_the_voice_of_piper_is_chosen_by_name_and_language(tmp_path):
    folder = piper_voices.folder(tmp_path)
    for name, low in (("en_US-deep-low", 100.0), ("en_GB-high-medium", 300.0), ("de_DE-eva-low", 180.0)):
        tiny_piper.write(folder, name, low)
    engine = piper.create(Voice(), tmp_path)
    assert [(one.id, one.language) for one in await engine.voices()] == [
        ("en_GB-high-medium", "en-GB"),
        ("de_DE-eva-low", "de-DE"),
        ("en_US-deep-low", "en-US"),
    ]
    best = await engine.speak(TEXT, Manner())
    deep = await engine.speak(TEXT, Manner("en_us-deep-low"))
    american = await engine.speak(TEXT, Manner(language="en-US"))
    heights = [fundamental(spoken.samples, spoken.rate) for spoken in (best, deep, american)]
    assert heights[0] > heights[1] + 100
    assert heights[1] == heights[2]
    # Nobody here can speak French, and an English voice must not try.
    with pytest.raises(TtsError, match="fetch --language fr"):
        await engine.speak("Bonjour.", Manner("en_US-deep-low", "fr"))
    await engine.close()


async def test_half_a_voice_is_none(tmp_path):
    path = tiny_piper.write(piper_voices.folder(tmp_path))
    path.with_name(f"{path.name}.json").unlink()
    assert piper_voices.find(tmp_path) == []
    with pytest.raises(TtsError) as caught:
        piper.create(Voice(), tmp_path)
    assert caught.value.code == "tts-no-voice"
    assert "python -m voice.voices fetch" in caught.value.message


@pytest.mark.parametrize("damage", ["model", "config", "empty", "another kind"])
async def test_a_broken_voice_is_named_and_mended_by_fetching_it_again(tmp_path, damage):
    path = tiny_piper.write(piper_voices.folder(tmp_path))
    data = path.read_bytes()
    config = path.with_name(f"{path.name}.json")
    if damage == "config":
        config.write_text('{"phoneme_id_map": {}}', encoding="utf-8")
    else:
        # The last one is read without complaint, but does not take what Piper gives it.
        damaged = {"empty": b"", "model": data[:200], "another kind": data.replace(b"scales", b"scalez")}
        path.write_bytes(damaged[damage])
    engine = piper.create(Voice(), tmp_path)
    with pytest.raises(TtsError, match=r"fetch en_US-tones-low") as caught:
        await engine.speak(TEXT, Manner())
    assert caught.value.code == "tts-broken-voice"
    tiny_piper.write(path.parent)
    assert (await engine.speak(TEXT, Manner())).seconds > 0.5
    await engine.close()


async def test_a_cancelled_sentence_of_piper_does_not_hold_up_the_next(tones):
    await tones.speak(TEXT, Manner())
    tasks = [asyncio.create_task(tones.speak(TEXT * 5, Manner())) for _ in range(3)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)
    async with asyncio.timeout(5):
        assert (await tones.speak(TEXT, Manner())).seconds > 0.5


async def test_a_piper_that_is_too_slow_is_given_up(tones, monkeypatch):
    monkeypatch.setattr(piper, "_LIMIT_SECONDS", 0.0)
    with pytest.raises(TtsError, match="lower quality"):
        await tones.speak(TEXT, Manner())


def test_without_the_package_there_is_no_piper(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    for name in [name for name in sys.modules if name.split(".")[0] == "piper"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(TtsError, match=r"requirements-piper\.txt"):
        piper.create(Voice(), tmp_path)


# The system's voice: here a process that whistles, higher for each letter of the voice's name.
WHISTLER = """
import base64, io, json, math, struct, sys, wave
for line in sys.stdin.buffer:
    number, data = line.split()
    request = json.loads(base64.b64decode(data))
    if request["do"] == "voices":
        rows = [("David", "en-US", "male"), ("Zira", "en-US", "female"), ("Hazel", "en-GB", "female"),
                ("Stefan", "de_DE", "male")]
        kind, answer = "voices", json.dumps(
            [{"id": f"id.{n}", "title": n, "language": l, "gender": g} for n, l, g in rows]).encode()
    else:
        count = int(22050 * len(request["text"]) / 10 / request["rate"])
        if request["text"] == "nothing1":
            count = 0
        height = {"id.David": 110, "id.Zira": 220, "id.Hazel": 250, "id.Stefan": 100}[request["voice"]]
        tones = (int(3000 * math.sin(2 * math.pi * height * n / 22050)) for n in range(count))
        memory = io.BytesIO()
        with wave.open(memory, "wb") as file:
            file.setnchannels(1), file.setsampwidth(2), file.setframerate(22050)
            file.writeframes(b"".join(struct.pack("<h", tone) for tone in tones))
        kind, answer = "wav", memory.getvalue()
    sys.stdout.write(f"{number.decode()} {kind} {base64.b64encode(answer).decode()}\\n")
    sys.stdout.flush()
"""


@pytest.fixture
async def whistler():
    engine = System(SystemSpeech([sys.executable, "-I", "-c", WHISTLER], float))
    yield engine
    await engine.close()


async def test_the_systems_voice_comes_in_the_common_shape(whistler):
    spoken = await whistler.speak("ten letter", Manner())
    assert spoken.seconds == pytest.approx(1.0, abs=0.02)
    assert loudness(spoken.samples, spoken.rate) == pytest.approx(-20.0, abs=0.3)
    assert fundamental(spoken.samples, spoken.rate) == pytest.approx(220, rel=0.02)


@pytest.mark.parametrize(("rate", "semitones"), [(2.0, 0.0), (1.0, 7.0), (0.5, -4.0)])
async def test_the_systems_voice_keeps_pace_and_pitch(whistler, rate, semitones):
    spoken = await whistler.speak("ten letter", Manner(rate=rate, pitch=semitones))
    assert spoken.seconds == pytest.approx(1 / rate, rel=0.03)
    assert fundamental(spoken.samples, spoken.rate) == pytest.approx(220 * 2 ** (semitones / 12), rel=0.02)


async def test_the_systems_voices_are_listed(whistler):
    assert [(one.id, one.language, one.gender) for one in await whistler.voices()][1] == (
        "id.Zira",
        "en-US",
        "female",
    )


async def test_text_that_gives_no_sound_is_an_error_and_no_text_is_none(whistler):
    with pytest.raises(TtsError) as caught:
        await whistler.speak("nothing1", Manner())
    assert caught.value.code == "tts-no-sound"
    assert len((await whistler.speak("?!", Manner())).samples) == 0


async def test_a_voice_of_the_system_that_cannot_be_reached_is_an_error(tmp_path):
    engine = System(SystemSpeech([str(tmp_path / "gone")], float))
    with pytest.raises(TtsError, match="install espeak-ng"):
        await engine.speak("Hello.", Manner())
    with pytest.raises(TtsError):
        await engine.voices()


@pytest.mark.parametrize(
    ("voice", "language", "found"),
    [
        ("", "en", "Zira"),
        ("", "en-GB", "Hazel"),
        ("id.David", "en", "David"),
        ("david", "en-GB", "David"),
        ("id.David", "de", "Stefan"),
        ("nobody", "de-AT", "Stefan"),
        ("", "", "Zira"),
    ],
)
def test_the_systems_voice_is_chosen_by_name_and_language_and_else_a_womans(voice, language, found):
    there = [
        SystemVoice(f"id.{name}", name, code, gender)
        for name, code, gender in (
            ("David", "en-US", "male"),
            ("Zira", "en-US", "female"),
            ("Hazel", "en-GB", "female"),
            ("Stefan", "de_DE", "male"),
        )
    ]
    assert system.choose(there, Manner(voice, language)).title == found
    with pytest.raises(TtsError, match="install espeak-ng"):
        system.choose(there, Manner(voice, "ja"))


def test_linux_has_no_voice_of_its_own(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(TtsError, match="espeak-ng"):
        system.create(Voice(), Path())

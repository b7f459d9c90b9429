"""The real program espeak-ng."""

import asyncio
import contextlib
from pathlib import Path

import numpy as np
import pytest

from backend.shared.settings import Voice
from tests.voice.voice_measures import fundamental, loudness, silence_around
from voice.tts.engine import Manner, TtsError
from voice.tts.engines import espeak
from voice.tts.engines.espeak import Espeak, choose, languages

TEXT = "Good morning! I have missed you, and the sun is finally shining outside. Shall we begin?"
SENTENCES = {
    "en": TEXT,
    "de": "Guten Morgen! Ich habe dich vermisst, und draußen scheint endlich die Sonne.",
    "fr": "Bonjour ! Tu m'as manqué, et le soleil brille enfin dehors.",
    "es": "¡Buenos días! Te he echado de menos, y por fin brilla el sol.",
    "zh": "你好，今天天气很好，我们一起去散步吧。",
    "ja": "こんにちは、げんきですか。きょうはとてもいいてんきですね。",
    "ru": "Доброе утро! Я скучала по тебе.",
    "it": "Buongiorno! Mi sei mancato, e finalmente splende il sole.",
    "ko": "안녕하세요, 오늘은 날씨가 아주 좋네요.",
    "pt-BR": "Bom dia! Senti sua falta, e o sol finalmente brilha.",
}


@pytest.fixture
def engine() -> Espeak:
    return espeak.create(Voice(), Path("nowhere"))


def stand_in(folder: Path, body: str) -> Espeak:
    """A program of another kind under the name of espeak-ng."""
    program = folder / "espeak-ng"
    variants, table = "5 variant --/F Annie !v/Annie", "Pty\n 5  en  --/M  English  gmw/en  "
    cases = f'*variant*) echo "{variants}"; exit;; *--voices*) echo "{table}"; exit;;'
    program.write_text(f'#!/bin/sh\ncase "$*" in {cases} esac\n{body}\n')
    program.chmod(0o755)
    return Espeak(str(program))


@pytest.mark.parametrize("language", SENTENCES)
async def test_every_language_is_spoken_by_a_woman_equally_loud_and_without_silence_around(engine, language):
    spoken = await engine.speak(SENTENCES[language], Manner(language=language))
    assert spoken.samples.dtype == np.float32
    assert spoken.samples.ndim == 1
    assert 165 < fundamental(spoken.samples, spoken.rate) < 330
    assert loudness(spoken.samples, spoken.rate) == pytest.approx(-20.0, abs=1.0)
    assert np.abs(spoken.samples).max() <= 0.95
    before, after = silence_around(spoken)
    assert before <= 0.01
    assert after <= 0.05


@pytest.mark.parametrize("rate", [0.5, 0.75, 1.25, 1.5, 2.0])
async def test_a_pace_changes_the_length_by_as_much(engine, rate):
    usual, changed = await engine.speak(TEXT, Manner()), await engine.speak(TEXT, Manner(rate=rate))
    assert usual.seconds / changed.seconds == pytest.approx(rate, rel=0.07)


@pytest.mark.parametrize("voice", ["en-US+Annie", "en-US+f3", "de+belinda"])
@pytest.mark.parametrize("semitones", [-6.0, -2.0, 2.0, 5.0, 9.0])
async def test_a_pitch_moves_the_fundamental_by_semitones_and_keeps_the_length(engine, voice, semitones):
    language = voice[:2]
    usual = await engine.speak(SENTENCES[language], Manner(voice, language))
    moved = await engine.speak(SENTENCES[language], Manner(voice, language, pitch=semitones))
    heights = [fundamental(spoken.samples, spoken.rate, 80, 700) for spoken in (usual, moved)]
    assert 12 * np.log2(heights[1] / heights[0]) == pytest.approx(semitones, abs=1.1)
    assert moved.seconds == pytest.approx(usual.seconds, rel=0.05)


async def test_volume_makes_softer_and_zero_makes_silence_of_the_same_length(engine):
    loud = await engine.speak("Hello there.", Manner())
    soft = await engine.speak("Hello there.", Manner(volume=0.5))
    mute = await engine.speak("Hello there.", Manner(volume=0.0))
    assert loudness(soft.samples, soft.rate) == pytest.approx(loudness(loud.samples, loud.rate) - 6, abs=0.2)
    assert not mute.samples.any()
    assert len(mute.samples) == len(loud.samples)


@pytest.mark.parametrize("text", ["", "   ", "...", "?!", "\n\t", "—"])
async def test_nothing_to_say_is_an_empty_sound(engine, text):
    assert len((await engine.speak(text, Manner())).samples) == 0


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("--version", "version"),
        ("-w stolen.wav hello", "w stolen.wav hello"),
        ("hello\x01+20P there", "hello +20P there"),
        ("$(echo hello) `id`", "$(echo hello) `id`"),
    ],
)
async def test_no_text_is_a_command(engine, text, same, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found, wanted = await engine.speak(text, Manner()), await engine.speak(same, Manner())
    assert found.seconds == pytest.approx(wanted.seconds, rel=0.2)
    assert list(tmp_path.iterdir()) == []


async def test_phonemes_in_brackets_are_read_out_not_obeyed(engine):
    found = await engine.speak("one [[h@loU]] two", Manner())
    assert found.seconds > 1.4 * (await engine.speak("one hello two", Manner())).seconds


async def test_markup_is_read_out_not_obeyed(engine):
    marked = await engine.speak('one <break time="3s"/> two', Manner())
    quiet = (
        np.abs(marked.samples).reshape(-1)[: len(marked.samples) // 2205 * 2205].reshape(-1, 2205).max(axis=1)
    )
    assert (quiet < 0.005).sum() < 10


async def test_a_long_text_comes_whole(engine):
    one = await engine.speak("The quick brown fox jumps over it again. ", Manner())
    many = await engine.speak("The quick brown fox jumps over it again. " * 100, Manner())
    assert many.seconds > 99 * one.seconds


async def test_kanji_are_left_to_engines_that_can_read_them(engine):
    with pytest.raises(TtsError) as caught:
        await engine.speak("日本語です", Manner(language="ja"))
    assert caught.value.code == "tts-no-kanji"


async def test_a_language_without_a_voice_is_an_error(engine):
    with pytest.raises(TtsError) as caught:
        await engine.speak("kamusta", Manner(language="tl"))
    assert caught.value.code == "tts-no-language"


async def test_the_voices_are_listed_with_languages_and_are_taken_by_speak(engine):
    voices = {voice.id: voice for voice in await engine.voices()}
    assert voices["en-US+Annie"].language == "en-US"
    assert voices["en-US+Annie"].gender == "female"
    assert voices["de+m3"].gender == "male"
    assert voices["cmn-Latn-pinyin+Annie"].language == "zh"
    assert "cmn+Annie" not in voices
    assert {"ja", "zh", "de", "fr-FR", "es", "pt-BR"} <= {voice.language for voice in voices.values()}
    deep = await engine.speak(SENTENCES["de"], Manner("de+m3", "de"))
    assert fundamental(deep.samples, deep.rate) < 165


@pytest.mark.parametrize(
    ("voice", "language", "found"),
    [
        ("", "en", "en-US+Annie"),
        ("", "en-GB", "en+Annie"),
        ("", "zh", "cmn-Latn-pinyin+Annie"),
        ("", "zh-CN", "cmn-Latn-pinyin+Annie"),
        ("", "no", "nb+Annie"),
        ("", "fr-CH", "fr-CH+Annie"),
        ("", "", "en-US+Annie"),
        ("en-us+F3", "en", "en-US+f3"),
        ("de+f3", "de-DE", "de+f3"),
        # Another language than hers: the same person speaks it.
        ("de+f3", "fr", "fr+f3"),
        # A voice of another engine.
        ("en-US-AriaNeural", "en", "en-US+Annie"),
        ("de+nobody", "de", "de+Annie"),
    ],
)
async def test_the_voice_is_chosen_by_language_and_by_person(engine, voice, language, found):
    await engine.voices()
    assert choose(engine._languages, engine._variants, Manner(voice, language)) == found


def test_rows_that_are_none_are_skipped():
    assert languages("") == []
    assert [one.name for one in languages("Pty\nnonsense\n 5  de  --/M  German  gmw/de\n")] == ["de"]


async def test_a_cancelled_sentence_ends_its_program_at_once(tmp_path):
    engine = stand_in(tmp_path, f'echo $$ > "{tmp_path}/pid"; exec sleep 60')
    task = asyncio.create_task(engine.speak("Hello.", Manner()))
    async with asyncio.timeout(5):
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            await asyncio.sleep(0.01)
        pid = int((tmp_path / "pid").read_text())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not Path(f"/proc/{pid}").exists()


async def test_a_program_that_hangs_is_given_up_and_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(espeak, "_LIMIT_SECONDS", 0.3)
    engine = stand_in(tmp_path, f'echo $$ > "{tmp_path}/pid"; exec sleep 60')
    with pytest.raises(TtsError) as caught:
        await engine.speak("Hello.", Manner())
    assert caught.value.code == "tts-slow"
    assert not Path(f"/proc/{int((tmp_path / 'pid').read_text())}").exists()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("exit 3", "tts-failed"),
        ("kill -9 $$", "tts-failed"),
        ("echo no sound", "tts-strange-sound"),
        ("exec 0<&-; exit 1", "tts-failed"),
    ],
)
async def test_a_program_that_fails_is_an_error_with_a_fix(tmp_path, body, code):
    with pytest.raises(TtsError) as caught:
        await stand_in(tmp_path, body).speak("Hello. " * 20_000, Manner())
    assert caught.value.code == code


async def test_a_program_that_vanished_is_named(tmp_path):
    with pytest.raises(TtsError, match="apt-get install espeak-ng"):
        await Espeak(str(tmp_path / "gone")).speak("Hello.", Manner())


def test_without_the_program_there_is_no_engine(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TtsError) as caught:
        espeak.create(Voice(), tmp_path)
    assert caught.value.code == "tts-no-espeak"


def children() -> list[str]:
    """Programs that this process has started and not seen off."""
    names = []
    for task in Path("/proc/self/task").iterdir():
        # Threads and programs may end while they are looked at.
        with contextlib.suppress(FileNotFoundError):
            pids = (task / "children").read_text().split()
            names += [Path(f"/proc/{pid}/comm").read_text().strip() for pid in pids]
    return names


async def test_no_process_is_left_behind(engine):
    await asyncio.gather(*(engine.speak(f"Number {number}.", Manner()) for number in range(4)))
    assert not [name for name in children() if name.startswith("espeak")]

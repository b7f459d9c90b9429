"""The doctor for the voice on a virtual sound card: what it lists, measures and advises."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from backend.shared.settings import Settings, Voice
from tests.hub_process import HubProcess
from tests.voice.sound_card import SoundCard
from voice import checkup, soundings
from voice.doctor import Doctor

ROOT = Path(__file__).parents[2]
SCRIPTED = {"ALISA_VOICE_STT_ENGINE": "scripted", "ALISA_VOICE_STT_MODEL": "heard.txt"}


def run(home: Path, card: SoundCard, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    (home / "heard.txt").write_text("What is the weather like today?\n" * 9)
    kept = {name: text for name, text in card.environment.items() if not name.startswith("ALISA_")}
    return subprocess.run(
        [sys.executable, "-m", "voice.doctor", *words],
        cwd=ROOT,
        env={**kept, "ALISA_HOME": str(home), "PYTHONWARNINGS": "error", **SCRIPTED, **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_whole_examination_measures_the_way_from_mouth_to_ear(card, tmp_path):
    with card.add_echo(0.06, 0.3):
        done = run(tmp_path, card, "--json", ALISA_VOICE_ENGINE="espeak")
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert report["is_well"]
    steps = {step["name"]: step["seconds"] for step in report["steps"]}
    assert list(steps) == ["microphone", "endpoint", "transcription", "model", "voice", "loudspeaker"]
    assert steps["endpoint"] == 0.35
    assert steps["model"] is None
    assert all(0 <= seconds < 5 for name, seconds in steps.items() if name != "model")
    assert report["seconds"] == pytest.approx(sum(seconds or 0 for seconds in steps.values()))
    assert report["echo"]["gain_db"] == pytest.approx(20 * np.log10(0.3), abs=2)
    findings = {finding["name"]: finding for finding in report["findings"]}
    assert findings["microphone level"]["text"] == "nothing but silence comes from it"
    assert "11 dB softer" in findings["echo path"]["text"] or "10 dB softer" in findings["echo path"]["text"]
    assert findings["voice espeak"]["state"] == findings["speech to text"]["state"] == "ok"
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["heard.txt"]


def test_the_lists_mark_what_is_used_and_say_the_fix_of_what_is_missing(card, tmp_path):
    done = run(tmp_path, card, "--no-sound", ALISA_VOICE_STT_ENGINE="", ALISA_VOICE_STT_MODEL="tiny",
               ALISA_VOICE_SPEAKER="pulse", ALISA_VOICE_CONVERT="true")  # fmt: skip
    assert done.returncode == 1
    assert "-> pulse" in done.stdout.partition("Loudspeakers")[2]
    assert "-> default" in done.stdout.partition("Loudspeakers")[0]
    assert "voice edge        not asked" in done.stdout.replace("voice conversion", "")
    assert "voice/weights" in done.stdout
    assert "The one thing to change: speech to text:" in done.stdout
    assert "From your mouth to your ear" not in done.stdout
    assert done.stdout.rstrip().endswith("She cannot hear and speak yet.")
    assert done.stderr == ""


def test_without_a_microphone_it_is_one_clear_line(card, tmp_path):
    done = run(tmp_path, card, "--no-sound", "--json", ALISA_VOICE_MICROPHONE="Yeti")
    report = json.loads(done.stdout)
    found = next(finding for finding in report["findings"] if finding["name"] == "microphone")
    assert done.returncode == 1
    assert found["state"] == "broken"
    assert found["text"] == 'There is no microphone "Yeti"'
    assert found["fix"].startswith("Plug it in, or choose one of these:")
    assert report["advice"].startswith("microphone: There is no microphone")


def test_a_wrong_setting_is_one_line_and_its_own_exit_code(card, tmp_path):
    done = run(tmp_path, card, ALISA_VOICE_RATE="fast")
    assert done.returncode == 2
    assert "voice.rate" in done.stderr and done.stdout == ""


def test_the_microphone_hears_the_loudspeaker_only_where_there_is_a_way(card, sound):
    with (
        soundings.open_microphone(sound, "") as microphone,
        soundings.open_player(sound, "", lambda _event: None) as player,
    ):
        assert soundings.find_echo(player, microphone) is None
        with card.add_echo(0.15, 0.1):
            echo = soundings.find_echo(player, microphone)
    assert echo.gain_db == pytest.approx(-20, abs=2)
    assert 0.05 < echo.delay_seconds < 0.3


def test_a_level_is_that_of_what_is_said(card, sound):
    tone = 0.1 * np.sin(np.arange(48_000) / 20).astype(np.float32)
    with soundings.open_microphone(sound, "") as microphone:
        card.speak_into_microphone(tone, wait=False)
        shown: list[float] = []
        level = soundings.listen(microphone, 1.0, shown.append)
    assert level.loudest_db == pytest.approx(-23, abs=1)
    assert max(shown) == level.loudest_db
    assert not level.is_clipped and not level.is_dead


async def test_the_question_is_timed_to_the_first_word_and_broken_off(tmp_path):
    hub = HubProcess(tmp_path, llm_engine="scripted", companion_idle="false")
    await hub.start()
    try:
        doctor = Doctor(tmp_path, Settings(), is_quiet=True)
        async with asyncio.timeout(15):
            step = await doctor._time_model()
        assert step.name == "model"
        assert 0 < step.seconds < 10
    finally:
        await hub.stop()


async def test_without_a_hub_nobody_is_asked(tmp_path):
    async with asyncio.timeout(5):
        step = await Doctor(tmp_path, Settings(), is_quiet=True)._time_model()
    assert (step.seconds, step.note) == (None, "no hub is running")


async def test_a_cloud_voice_is_only_asked_where_that_is_allowed(tmp_path):
    voiced = await checkup.try_voices(Voice(engine="edge"), tmp_path)
    assert "not asked" in voiced.findings[0].text
    assert voiced.findings[-1].state == "broken"
    assert voiced.seconds == {}


def test_an_unknown_canceller_and_a_key_that_is_none_are_hints(tmp_path):
    assert checkup.try_echo(Voice(echo="magic"))[0].state == "hint"
    assert checkup.try_echo(Voice(echo="off"))[0].text == "none: voice.echo is off"
    assert checkup.try_key(Voice(push_key="Banana")).state == "hint"
    assert checkup.try_key(Voice(listen="push")).fix
    assert checkup.try_key(Voice()).state == "ok"

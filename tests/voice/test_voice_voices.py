"""`python -m voice.voices` on a virtual sound card, with the voices that this machine has."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pexpect
import pytest

from backend.shared import settings
from tests.voice import tiny_piper
from tests.voice.sound_card import RATE, SoundCard
from tests.voice.voice_measures import fundamental, loudness
from tests.voice.voice_shop import VoiceShop
from voice.devices import Sound
from voice.tts import piper_voices
from voice.tts.catalogue import Catalogue, Row, sample_text
from voice.tts.engine import TtsError, VoiceInfo
from voice.voices import _choose, main

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "voice.voices"]
REPOSITORY = "rhasspy/piper-voices"


@pytest.fixture(autouse=True)
def house(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ALISA_HOME", str(home))
    return home


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, list[dict[str, str]]]:
    assert main(["--json", *words]) == 0
    found: dict[str, list[dict[str, str]]] = json.loads(capsys.readouterr().out)
    return found


# The list.


def test_voices_are_listed_by_engine_with_what_is_missing_and_how_to_get_it(capsys):
    assert main([]) == 0
    said = capsys.readouterr().out
    assert "Voices for en. None of them is chosen." in said
    assert said.index("\nespeak\n") < said.index("en-US+Annie")
    assert "cloud = true" in said
    assert "python -m voice.voices fetch" in said
    assert "German" not in said


def test_the_cloud_is_asked_for_nothing_while_it_is_not_allowed(capsys):
    found = listed(capsys, "--language", "all")
    assert {row["engine"] for row in found["voices"]} == {"espeak"}
    assert "Microsoft" in found["problems"]["edge"]


@pytest.mark.parametrize(("language", "codes"), [("de", {"de"}), ("en-gb", {"en-GB"}), ("xx", set())])
def test_only_the_voices_of_the_language_are_listed(capsys, language, codes):
    assert {row["language"] for row in listed(capsys, "--language", language)["voices"]} == codes


def test_the_language_is_the_one_the_user_speaks(capsys, monkeypatch):
    monkeypatch.setenv("ALISA_VOICE_LANGUAGE", "fr")
    assert {row["language"][:2] for row in listed(capsys)["voices"]} == {"fr"}


def test_one_engine_alone_can_be_asked(capsys, home):
    tiny_piper.write(piper_voices.folder(home))
    found = listed(capsys, "--engine", "piper")
    assert [row["id"] for row in found["voices"]] == ["en_US-tones-low"]
    assert found["problems"] == {}
    # The better engine comes first.
    assert [row["engine"] for row in listed(capsys)["voices"]][:2] == ["piper", "espeak"]


def test_who_closes_the_list_early_gets_no_complaint(home):
    line = f"{sys.executable} -m voice.voices --language all | head -1"
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("Voices for every language.")
    assert done.stderr == ""


@pytest.mark.parametrize("language", ["en", "de", "ja", "zh", "xx"])
def test_there_is_a_sentence_for_each_language(language):
    assert len(sample_text(language)) > 15
    assert (sample_text(language) == sample_text("en")) == (language in {"en", "xx"})


# The choice.


def test_a_choice_is_one_line_each_and_leaves_the_users_file_as_it_was(home, capsys):
    path = home / "alisa.toml"
    path.write_text("# mine\n[voice]\n# fast\nrate = 1.5 # really\n\n[hub]\nport = 0\n", encoding="utf-8")
    assert main(["choose", "EN-us+f3"]) == 0
    assert settings.load(home).voice.voice == "en-US+f3"
    assert settings.load(home).voice.engine == "espeak"
    text = path.read_text(encoding="utf-8")
    for line in ('voice = "en-US+f3"\n', 'engine = "espeak"\n'):
        text = text.replace(line, "")
    assert text == "# mine\n[voice]\n# fast\nrate = 1.5 # really\n\n[hub]\nport = 0\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert "her voice now" in capsys.readouterr().out
    assert [row["id"] for row in listed(capsys)["voices"] if row["is_current"]] == ["en-US+f3"]


def test_the_choice_stands_where_the_settings_offer_it(home):
    settings.ensure_file(home)
    assert main(["choose", "de+Annie"]) == 0
    lines = (home / "alisa.toml").read_text(encoding="utf-8").splitlines()
    assert lines[lines.index('# voice = ""') + 1] == 'voice = "de+Annie"'
    assert lines[lines.index('# engine = ""', lines.index("[voice]")) + 1] == 'engine = "espeak"'


def test_a_cloud_voice_does_not_shut_out_those_that_stand_in_for_it(home, monkeypatch):
    assert main(["choose", "de+Annie"]) == 0
    monkeypatch.setenv("ALISA_VOICE_CLOUD", "true")
    catalogue = Catalogue(settings.load(home).voice, home)
    _choose(Row("edge", VoiceInfo("de-DE-KatjaNeural", "Katja", "de-DE"), is_current=False), catalogue)
    chosen = settings.load(home).voice
    assert (chosen.voice, chosen.engine) == ("de-DE-KatjaNeural", "")


def test_an_unknown_voice_is_answered_with_the_nearest_names(home):
    done = subprocess.run(
        [*COMMAND, "choose", "en-US+Ani"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith('alisa: There is no voice "en-US+Ani" here. Did you mean ')
    assert "en-US+Annie" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (home / "alisa.toml").exists()


def test_choose_wants_one_name(capsys):
    assert main(["choose"]) == 1
    assert "choose NAME" in capsys.readouterr().err


# Hearing them.


def test_a_voice_is_heard_saying_its_sentence_and_nothing_is_kept(
    card: SoundCard, sound: Sound, home, capsys, monkeypatch
):
    # The user's settings hold for samples too.
    monkeypatch.setenv("ALISA_VOICE_RATE", "2")
    with card.listen() as speaker:
        assert main(["play", "en-US+Annie"]) == 0
        speaker.wait_for_seconds(speaker.seconds + 0.3)
        heard = speaker.samples()
    assert "English (America), Annie" in capsys.readouterr().out
    loud = np.flatnonzero(np.abs(heard) > 0.005)
    said = heard[loud[0] : loud[-1]]
    assert 1.4 < len(said) / RATE < 3
    assert 170 < fundamental(said, RATE) < 320
    assert loudness(said, RATE) == pytest.approx(-20, abs=1.5)
    assert [path for path in home.rglob("*") if path.is_file()] == []


def test_several_voices_are_heard_one_after_the_other(card: SoundCard, sound: Sound, home, capsys):
    tiny_piper.write(piper_voices.folder(home), "xx_XX-one-low", 180)
    tiny_piper.write(piper_voices.folder(home), "xx_XX-two-low", 900)
    main(["--language", "xx", "--engine", "piper", "play"])
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "One, low (piper: xx_XX-one-low)",
        "Two, low (piper: xx_XX-two-low)",
    ]


def test_without_a_loudspeaker_playing_fails_in_one_line_and_the_list_works(
    card: SoundCard, sound: Sound, capsys
):
    card.remove_speaker()
    sound.refresh()
    environment = {
        **card.environment,
        "PULSE_SERVER": "unix:/nowhere",
        "ALISA_HOME": os.environ["ALISA_HOME"],
    }
    done = subprocess.run(
        [*COMMAND, "play", "en-US+Annie"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "loudspeaker" in done.stderr
    assert main([]) == 0


def test_in_a_terminal_a_number_plays_and_c_chooses(card: SoundCard, sound: Sound, home):
    tiny_piper.write(piper_voices.folder(home))
    environment = {**card.environment, "ALISA_HOME": str(home), "TERM": "dumb"}
    terminal = pexpect.spawn(
        COMMAND[0], [*COMMAND[1:]], cwd=ROOT, env=environment, encoding="utf-8", timeout=15, echo=False
    )
    terminal.expect("> ")
    assert "q leaves" in terminal.before
    for wrong in ("99", "c", "c x", "hello there", ""):
        terminal.sendline(wrong)
        terminal.expect("> ")
        assert "q leaves" in terminal.before
    with card.listen() as speaker:
        terminal.sendline("2")
        speaker.wait_for_sound(10)
        terminal.sendintr()
        terminal.expect("> ")
    terminal.sendline("l de")
    terminal.expect("> ")
    assert "German" in terminal.before
    terminal.sendline("c 1")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    assert settings.load(home, {}).voice.voice == "de+Annie"


# Fetching a voice for Piper.


@pytest.fixture
def shop(tmp_path, monkeypatch):
    path = tiny_piper.write(tmp_path / "source", "en_US-tones-low")
    place = "en/en_US/tones/low/en_US-tones-low.onnx"
    files = {place: path.read_bytes(), f"{place}.json": path.with_name(f"{path.name}.json").read_bytes()}
    files["voices.json"] = json.dumps({"en_US-tones-low": {}, "en_GB-a-high": {}, "de_DE-b-low": {}}).encode()
    with VoiceShop(REPOSITORY, files) as found:
        monkeypatch.setenv("HF_ENDPOINT", found.url)
        yield found


def test_a_fetched_voice_can_be_chosen(shop, home, capsys):
    assert main(["fetch", "en_US-tones-low"]) == 0
    said = capsys.readouterr().out
    assert "python -m voice.voices choose en_US-tones-low" in said
    assert "MODEL_CARD" in said
    assert [path.name for path in sorted(piper_voices.folder(home).glob("*.onnx*"))] == [
        "en_US-tones-low.onnx",
        "en_US-tones-low.onnx.json",
    ]
    assert main(["choose", "en_US-tones-low"]) == 0
    assert settings.load(home).voice.engine == "piper"


def test_what_can_be_fetched_is_listed_by_language(shop, capsys):
    assert main(["fetch"]) == 0
    assert capsys.readouterr().out.split() == ["en_GB-a-high", "en_US-tones-low"]
    assert main(["fetch", "--language", "de"]) == 0
    assert capsys.readouterr().out.split() == ["de_DE-b-low"]


@pytest.mark.parametrize("name", ["en_US-nobody-low", "../../etc/passwd", "tones", "en_US-tones-low.onnx"])
def test_a_voice_that_is_not_offered_is_an_error_and_nothing_else_is_asked_for(shop, name):
    with pytest.raises(TtsError) as caught:
        main(["fetch", name])
    assert caught.value.code == "tts-no-voice"
    assert shop.asked == []


def test_a_download_that_breaks_off_leaves_no_half_voice(shop, home, monkeypatch):
    monkeypatch.setattr("huggingface_hub.file_download.http_get", _broken)
    with pytest.raises(TtsError) as caught:
        main(["fetch", "en_US-tones-low"])
    assert caught.value.code == "tts-no-network"
    assert piper_voices.find(home) == []


def _broken(*_: object, **__: object) -> None:
    raise ConnectionResetError(104, "Connection reset by peer")


def test_what_is_no_voice_is_not_taken_for_one(shop, home):
    place = "en/en_US/tones/low/en_US-tones-low.onnx.json"
    shop.files[place] = b"<html>Log in first</html>"
    with pytest.raises(TtsError) as caught:
        main(["fetch", "en_US-tones-low"])
    assert caught.value.code == "tts-broken-voice"
    assert piper_voices.find(home) == []

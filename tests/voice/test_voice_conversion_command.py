"""The command line of the voice conversion: says what is missing, asks before it fetches anything."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from voice.conversion import places

ROOT = Path(__file__).parents[2]


def run(
    home: Path, *words: str, answer: str | None = None, **settings: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "voice.conversion", *words],
        cwd=ROOT,
        env={**os.environ, "ALISA_HOME": str(home), **settings},
        input=answer or "",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_status_says_what_is_missing_and_what_to_do(tmp_path):
    done = run(tmp_path)
    assert done.returncode == 1
    assert "set voice.convert to true" in done.stdout
    assert "python -m voice.conversion install" in done.stdout
    assert "voice/weights" in done.stdout


def test_the_status_names_the_voice_and_is_content_when_all_is_there(tmp_path):
    for name in (
        "weights/mika.pth",
        "weights/zoe.pth",
        "index/mika.index",
        "rvc/venv/bin/python",
        "rvc/own.py",
    ):
        (tmp_path / "voice" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "voice" / name).touch()
    done = run(tmp_path, "status", ALISA_VOICE_CONVERT="true")
    assert done.returncode == 0
    assert "mika.pth (the first by name; 1 more)" in done.stdout
    assert "mika.index" in done.stdout
    assert "your own.py" in done.stdout
    assert "install" not in done.stdout.replace("installed", "")


@pytest.mark.parametrize("answer", ["", "n\n", "what?\n"])
def test_nothing_is_installed_without_a_yes(tmp_path, answer):
    done = run(tmp_path, "install", answer=answer)
    assert done.returncode == 1
    assert "PyTorch" in done.stdout and "380 MB" in done.stdout and "Nothing was changed." in done.stdout
    assert not (tmp_path / "voice").exists()


def test_installing_makes_an_environment_of_its_own_with_the_users_packages(tmp_path):
    wish = tmp_path / "wish.txt"
    wish.write_text("# nothing\n")
    home = tmp_path / "höme dir"
    done = run(home, "install", "--requirements", str(wish), answer="y\n")
    assert done.returncode == 0, done.stdout + done.stderr
    assert places.python(home).exists()
    asked = [str(places.python(home)), "-c", "import sys; print(sys.prefix)"]
    assert subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip() == str(
        places.folder(home) / "venv"
    )


def test_a_list_of_packages_that_is_not_there_is_said_before_anything_is_made(tmp_path):
    done = run(tmp_path, "install", "--yes", "--requirements", str(tmp_path / "nothing"))
    assert done.returncode == 1
    assert "There is no file" in done.stdout
    assert not (tmp_path / "voice").exists()


def test_a_test_without_a_voice_says_what_to_do(tmp_path):
    done = run(tmp_path, "test")
    assert done.returncode == 1
    assert "voice/weights" in done.stdout
    assert done.stderr == ""


def test_the_self_test_converts_three_seconds_and_says_how_long_it_took(tmp_path):
    done = run(tmp_path, "test", "--self-test")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "became 3.00 s at 24000 Hz" in done.stdout
    assert "later than without" in done.stdout


def test_a_wrong_setting_is_one_line(tmp_path):
    done = run(tmp_path, "status", ALISA_VOICE_CONVERT="maybe")
    assert done.returncode == 2
    assert "voice.convert" in done.stderr
    assert "Traceback" not in done.stderr

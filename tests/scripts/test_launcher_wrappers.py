import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from launcher_house import ROOT, House

from launcher.parts import PARTS, pick

NAMES = {
    "start", "test", "start_backend", "start_overlay", "start_text_chat", "start_voice", "start_vision",
    "start_vision_screen", "start_phase10a", "start_phase10b", "start_phase10c",
}  # fmt: skip
SHELL = [ROOT / "scripts" / f"{name}.sh" for name in sorted(NAMES)]
ECHO = "import sys\nprint(sys.argv[1:])\nsys.exit(41)\n"


@pytest.mark.parametrize("suffix", [".sh", ".ps1"])
def test_every_part_has_its_script(suffix: str) -> None:
    assert {file.stem for file in (ROOT / "scripts").glob(f"*{suffix}")} >= NAMES


def asked_of(file: Path) -> tuple[str, str]:
    """The command and the parts that a wrapper asks for."""
    text = file.read_text(encoding="utf-8").replace("'", "").replace('"', "")
    called = re.search(r"start\.(?:sh|ps1)\)? (start|test)(?: --only (\S+))?", text)
    assert called, f"{file.name} does not call the start script"
    return called.group(1), called.group(2) or ""


@pytest.mark.parametrize("name", sorted(NAMES - {"start"}))
def test_both_scripts_of_a_name_ask_the_same_and_for_parts_that_exist(name: str) -> None:
    shell, powershell = (asked_of(ROOT / "scripts" / f"{name}{suffix}") for suffix in (".sh", ".ps1"))
    assert shell == powershell
    parts = shell[1]
    if parts:
        assert [row.name for row in pick(parts)] == sorted(
            parts.split(","), key=[row.name for row in PARTS].index
        )


@pytest.mark.parametrize("file", SHELL, ids=[file.stem for file in SHELL])
def test_a_script_passes_its_words_on_from_any_folder(file: Path, tmp_path: Path) -> None:
    house = House(tmp_path, 0)
    shutil.copytree(ROOT / "scripts", house.root / "scripts", ignore=shutil.ignore_patterns("launcher"))
    house.replace("scripts/alisa.py", ECHO)
    words = ["--say", 'a "b" $c  d*', "", "Ä"]
    place = house.root / "scripts" / file.name
    done = subprocess.run(
        [place, *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=30,
        check=False,
    )
    assert done.returncode == 41, done.stderr
    command, parts = asked_of(file) if file.stem != "start" else ("", "")
    own = [command] if command else []
    assert done.stdout.strip() == str([*own, *(["--only", parts] if parts else []), *words])


def test_without_a_new_enough_python_the_fix_is_told(tmp_path: Path) -> None:
    for name in ("python3", "python"):
        old = tmp_path / name
        old.write_text("#!/bin/sh\nexit 1\n")
        old.chmod(0o755)
    for tool in ("sh", "dirname"):
        (tmp_path / tool).symlink_to(f"/bin/{tool}" if Path(f"/bin/{tool}").exists() else f"/usr/bin/{tool}")
    done = subprocess.run(
        [tmp_path / "sh", ROOT / "scripts" / "start.sh"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Alisa needs Python 3.11 or newer")
    assert len(done.stderr.splitlines()) == 1


def test_an_old_python_gets_as_far_as_the_fix() -> None:
    text = (ROOT / "scripts" / "alisa.py").read_text(encoding="utf-8")
    code = f"import sys; sys.version_info = (3, 8, 10); exec(compile({text!r}, 'alisa.py', 'exec'))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Alisa needs Python 3.11 or newer; this is 3.8.")
    assert len(done.stderr.splitlines()) == 1


def test_the_launcher_can_be_read_by_an_old_python() -> None:
    import ast

    text = (ROOT / "scripts" / "alisa.py").read_text(encoding="utf-8")
    ast.parse(text, feature_version=(3, 7))


def test_the_launcher_needs_nothing_but_python() -> None:
    # -S: without the folder of installed packages.
    words = [sys.executable, "-S", "-E", ROOT / "scripts" / "alisa.py", "--help"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert "usage: alisa.py" in done.stdout


def test_the_continuous_run_asks_nothing(tmp_path: Path) -> None:
    house = House(tmp_path, 0)
    shutil.copytree(ROOT / "scripts", house.root / "scripts", ignore=shutil.ignore_patterns("launcher"))
    shutil.copytree(ROOT / ".ci", house.root / ".ci")
    house.replace(
        "scripts/alisa.py", "import os, sys\nprint(sys.argv[1:], os.environ['CI'], sys.stdin.read())\n"
    )
    done = subprocess.run(
        ["bash", house.root / ".ci" / "run"],
        env={name: text for name, text in os.environ.items() if name != "CI"},
        input="an answer",
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.stdout.split() == ["['test']", "true"]

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from launcher_house import wait_for

from launcher.environment import STAMP, UNFINISHED, Environment, included, pip_problem, pip_step
from launcher.terminal import LaunchError, Terminal

HUB = "backend/requirements.txt"
EXTRA = "backend/requirements-embedded.txt"


def make_wheel(folder: Path, name: str, version: str = "1.0") -> None:
    """A real package, small enough to be written by hand."""
    files = {
        f"{name}.py": f"version = {version!r}\n",
        f"{name}-{version}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{name}-{version}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{path},sha256={urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()},{len(text)}\n"
        for path, text in files.items()
    )
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for path, text in {**files, f"{name}-{version}.dist-info/RECORD": record}.items():
            wheel.writestr(path, text)


def lay_out(folder: Path) -> Path:
    root = folder / "Älisa's copy"
    wheels = root / "wheels"
    wheels.mkdir(parents=True)
    make_wheel(wheels, "tinyhub")
    make_wheel(wheels, "tinychat")
    (root / "backend").mkdir()
    where = f"--no-index\n--find-links {wheels.as_uri()}\n"
    (root / "common.txt").write_text(f"{where}tinychat\n", encoding="utf-8")
    (root / HUB).write_text(f"# the hub\n{where}-r ../common.txt\ntinyhub>=1\n", encoding="utf-8")
    (root / EXTRA).write_text(f"{where}no-such-package-anywhere\n", encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with an environment that the real pip filled, and what was told meanwhile."""
    root = lay_out(tmp_path_factory.mktemp("filled"))
    told = start(root, [HUB], [EXTRA]).communicate(timeout=100)[0]
    return root, told


@pytest.fixture
def environment(filled: tuple[Path, str]) -> Environment:
    return Environment(filled[0], Terminal())


def start(root: Path, required: list[str], optional: list[str], before: str = "") -> "subprocess.Popen[str]":
    """Install in a process of its own."""
    code = (
        "import sys; from pathlib import Path; from launcher import environment, terminal"
        f"{before}; place = environment.Environment(Path(sys.argv[1]), terminal.Terminal())"
        f"; place.ensure({required}, {optional})"
    )
    variables = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "scripts")}
    return subprocess.Popen(
        [sys.executable, "-c", code, root],
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def runs(environment: Environment, code: str) -> bool:
    words = [environment.python, "-c", code]
    return subprocess.run(words, capture_output=True, timeout=30, check=False).returncode == 0


def test_packages_are_installed_and_named_while_that_happens(
    filled: tuple[Path, str], environment: Environment
) -> None:
    assert "tinyhub" in filled[1]
    assert "unpacking 2 packages" in filled[1]
    assert runs(environment, "import tinyhub, tinychat")


def test_an_optional_package_that_fails_is_tried_again_only_when_asked(
    environment: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "no-such-package-anywhere" in environment.ensure([HUB], [EXTRA])[EXTRA]
    assert capsys.readouterr().err == ""
    environment.forget_failures()
    environment.ensure([HUB], [EXTRA])
    assert EXTRA in capsys.readouterr().err


def test_the_second_start_installs_nothing(
    environment: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (environment.folder / STAMP).stat().st_mtime_ns
    assert environment.is_ready([HUB])
    environment.ensure([HUB])
    assert (environment.folder / STAMP).stat().st_mtime_ns == before
    assert capsys.readouterr().err == ""


def test_what_a_file_takes_in_is_installed_with_it(environment: Environment) -> None:
    assert environment.is_ready(["common.txt"])
    assert not environment.is_ready([EXTRA])


def test_a_change_in_an_included_file_installs_again(environment: Environment) -> None:
    common = environment.root / "common.txt"
    text = common.read_text(encoding="utf-8")
    common.write_text(text.replace("tinychat", "tinychat>=1.0"), encoding="utf-8")
    assert not environment.is_ready([HUB])
    environment.ensure([HUB])
    assert environment.is_ready([HUB])


def test_what_is_required_and_cannot_be_installed_is_an_error_with_the_reason(
    environment: Environment,
) -> None:
    with pytest.raises(LaunchError, match="no-such-package-anywhere"):
        environment.ensure([EXTRA])
    assert not environment.is_ready([EXTRA])
    assert environment.is_ready([HUB])


def test_an_install_that_was_killed_begins_anew_once_though_two_starts_come(environment: Environment) -> None:
    text = (environment.root / HUB).read_text(encoding="utf-8")
    # pip waits for a file that nobody writes; the launcher itself does not look into it.
    os.mkfifo(environment.root / "hangs.txt")
    (environment.root / HUB).write_text("-r ../hangs.txt\n", encoding="utf-8")
    killed = start(environment.root, [HUB], [], "; environment.included = lambda path: []")
    wait_for((environment.folder / UNFINISHED).exists)
    killed.kill()
    killed.communicate(timeout=10)
    (environment.root / HUB).write_text(text, encoding="utf-8")
    next(environment.folder.rglob("tinyhub.py")).unlink()
    assert not environment.is_ready([HUB])
    both = [start(environment.root, [HUB], []) for _ in range(2)]
    told = [one.communicate(timeout=100)[0] for one in both]
    assert [one.returncode for one in both] == [0, 0], told
    assert sum("making it anew" in text for text in told) == 1
    assert sum("waiting for it" in text for text in told) == 1
    assert runs(environment, "import tinyhub")


def test_a_moved_environment_is_made_anew(filled: tuple[Path, str], tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    shutil.copytree(filled[0], moved, symlinks=True, ignore=shutil.ignore_patterns("hangs.txt"))
    environment = Environment(moved, Terminal(quiet=True))
    assert not environment.is_ready([HUB])
    environment.ensure([HUB])
    settings = (environment.folder / "pyvenv.cfg").read_text(encoding="utf-8")
    assert str(filled[0]) not in settings
    assert runs(environment, "import tinyhub")


@pytest.mark.parametrize("damage", ["no interpreter", "a program that is no Python", "a file in its place"])
def test_a_broken_environment_is_not_ready(environment: Environment, tmp_path: Path, damage: str) -> None:
    broken = Environment(tmp_path, Terminal(quiet=True))
    if damage == "a file in its place":
        broken.folder.write_text("?", encoding="utf-8")
    else:
        shutil.copytree(environment.folder, broken.folder, symlinks=True)
        broken.record([])
        broken.python.unlink()
    if damage == "a program that is no Python":
        broken.python.symlink_to("/bin/false")
    assert broken.version() == ""
    assert not broken.is_ready([])


def test_a_stamp_that_makes_no_sense_is_written_again(environment: Environment) -> None:
    for nonsense in ("", "[]", '{"folder": 1}', '{"folder": "x", "installed": 5, "failed": {}}'):
        (environment.folder / STAMP).write_text(nonsense, encoding="utf-8")
        assert not environment.is_ready([HUB])
    environment.ensure([HUB])
    assert environment.is_ready([HUB])


def test_a_folder_python_cannot_work_in_is_named(tmp_path: Path) -> None:
    root = lay_out(tmp_path / "a:b")
    with pytest.raises(LaunchError, match='":" in its name'):
        Environment(root, Terminal(quiet=True)).ensure([HUB])


def test_included_files_are_found_once_each(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("-r b.txt\nx\n# -r no.txt\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("-r a.txt\n  -r c.txt  \n", encoding="utf-8")
    assert [path.name for path in included(tmp_path / "a.txt")] == ["a.txt", "b.txt", "c.txt"]


@pytest.mark.parametrize(
    ("line", "step"),
    [
        ("Collecting fastapi>=0.115,<1 (from -r x (line 3))", "fastapi"),
        ("  Downloading aiohttp-3.14-cp311-cp311-linux.whl (1.7 MB)", "downloading aiohttp (1.7 MB)"),
        ("  Downloading h11-0.16.0-py3-none-any.whl (37 kB)", ""),
        ("Installing collected packages: a, b, c", "unpacking 3 packages"),
        ("Requirement already satisfied: a", ""),
    ],
)
def test_the_lines_of_pip_become_steps(line: str, step: str) -> None:
    assert pip_step(line) == step


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["WARNING: Retrying ... NewConnectionError(...)", "ERROR: No matching distribution"], "network"),
        (["ERROR: Could not install: [Errno 28] No space left on device"], "disk is full"),
        (["ERROR: Could not find a version that satisfies x", "ERROR: No matching"], "that satisfies x"),
        ([], "no reason"),
    ],
)
def test_the_reason_of_pip_is_told_with_a_fix(lines: list[str], words: str) -> None:
    assert words in pip_problem(lines)

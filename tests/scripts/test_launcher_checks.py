import shutil
import sys
from pathlib import Path

import pytest
from launcher_house import ROOT, House, borrow_environment, free_port

from launcher.environment import Environment
from launcher.terminal import Terminal

PROJECT = """
[tool.importlinter]
root_packages = ["backend"]
include_external_packages = true
[[tool.importlinter.contracts]]
name = "Nobody reads mail"
type = "forbidden"
source_modules = ["backend"]
forbidden_modules = ["smtplib"]
[tool.ruff]
include = ["backend/*.py"]
[tool.mypy]
strict = true
files = ["backend/letters.py"]
[[tool.mypy.overrides]]
module = ["Xlib", "Xlib.*"]
ignore_missing_imports = true
"""
TESTS = """
def test_sum():
    assert 1 + 1 == 2

def test_wrong():
    assert 1 + 1 == 3
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A tiny project with the real launcher and the real tools."""
    house = House(tmp_path_factory.mktemp("small"), free_port())
    shutil.copytree(
        ROOT / "scripts", house.root / "scripts", ignore=shutil.ignore_patterns("__pycache__", "bench*")
    )
    house.replace("pyproject.toml", PROJECT)
    house.replace("backend/__init__.py", "")
    shutil.copytree(ROOT / "backend" / "shared", house.root / "backend" / "shared")
    house.replace("tests/requirements.txt", "")
    house.replace("tests/test_sum.py", TESTS)
    borrow_environment(house)
    Environment(house.root, Terminal(quiet=True)).record(["tests/requirements.txt"])
    for tool in ("ruff", "lint-imports"):
        (house.python.parent / tool).symlink_to(Path(sys.executable).parent / tool)
    return house


def test_arguments_go_to_pytest_alone(small: House) -> None:
    done = small.run("test", "-q", "-k", "sum and not wrong")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("1 passed, 1 deselected")
    assert "ruff" not in done.stderr


def test_each_broken_rule_is_named_and_fails_the_run(small: House) -> None:
    small.replace("backend/letters.py", "import smtplib, os\ndef read(): return smtplib\n")
    done = small.run("test", seconds=100)
    assert done.returncode == 1
    assert "Failed: ruff format, ruff check, mypy, import contracts, pytest." in done.stderr
    assert "mypy for Windows   ok" in done.stderr
    assert "`os` imported but unused" in done.stderr
    assert "1 failed, 1 passed" in done.stdout.splitlines()[-1]

import os
from pathlib import Path

import pytest

from launcher import system
from launcher.system import SystemPackage
from launcher.terminal import Terminal

TESSERACT = SystemPackage("Tesseract", {"apt-get": "tesseract-ocr", "dnf": "tesseract"}, program="tesseract")
TK = SystemPackage("Tk", {"apt-get": "python3-tk"})


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose only programs are the ones a test puts there."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def put(machine: Path, name: str, body: str) -> None:
    program = machine / name
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)


def put_apt(machine: Path, code: int = 0) -> Path:
    called = machine / "called"
    put(machine, "apt-get", f'echo "apt-get $*" >> "{called}"; exit {code}')
    put(machine, "sudo", 'while [ "$1" = "-n" ]; do shift; done; exec "$@"')
    return called


def test_the_command_of_this_machine_is_told(machine: Path) -> None:
    put_apt(machine)
    root = os.geteuid() == 0
    assert system.hint([TESSERACT, TK]) == (
        f"Tesseract and Tk: {'' if root else 'sudo '}apt-get install -y tesseract-ocr python3-tk"
    )


def test_another_package_manager_has_other_names(machine: Path) -> None:
    put(machine, "dnf", "exit 0")
    assert system.command([TESSERACT])[-3:] == ["install", "-y", "tesseract"]
    assert system.command([TK]) == []
    assert system.hint([TK]) == "Tk: install it with your system's means"


def test_a_machine_without_a_known_package_manager_gets_advice_all_the_same(machine: Path) -> None:
    assert system.hint([TESSERACT]) == "Tesseract: install it with your system's means"
    assert not system.install([TESSERACT], Terminal(quiet=True), yes=True)


def test_a_package_is_there_when_its_program_is(machine: Path) -> None:
    assert not TESSERACT.is_installed()
    put(machine, "tesseract", "exit 0")
    assert TESSERACT.is_installed()


def test_a_package_is_missing_when_its_program_is_or_when_an_import_says_so(machine: Path) -> None:
    assert system.missing([TESSERACT, TK], "") == [TESSERACT]
    put(machine, "tesseract", "exit 0")
    assert system.missing([TESSERACT, TK], "") == []
    assert system.missing([TESSERACT, TK], "no tkinter") == [TK]


def test_yes_installs_after_a_look_at_the_newest_lists(machine: Path) -> None:
    called = put_apt(machine)
    assert system.install([TESSERACT], Terminal(quiet=True), yes=True)
    assert called.read_text().splitlines() == ["apt-get update", "apt-get install -y tesseract-ocr"]


def test_nothing_is_installed_where_nobody_can_be_asked(machine: Path) -> None:
    called = put_apt(machine)
    assert not system.install([TESSERACT], Terminal(quiet=True), yes=False)
    assert not called.exists()


def test_an_installation_that_fails_names_the_command(
    machine: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    put_apt(machine, code=100)
    assert not system.install([TESSERACT], Terminal(), yes=True)
    assert "apt-get install -y tesseract-ocr" in capfd.readouterr().err.splitlines()[-1]

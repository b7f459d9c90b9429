import re
from pathlib import Path

import pytest
import tree_sitter
import tree_sitter_powershell
from launcher_house import ROOT

POWERSHELL = sorted((ROOT / "scripts").glob("*.ps1"))
LANGUAGE = tree_sitter.Language(tree_sitter_powershell.language())


def mistakes(text: str) -> list[int]:
    """The lines that are no PowerShell."""
    waiting = [tree_sitter.Parser(LANGUAGE).parse(text.encode()).root_node]
    lines = []
    while waiting:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            lines.append(node.start_point.row + 1)
        waiting += node.children
    return lines


@pytest.mark.parametrize("file", POWERSHELL, ids=[file.stem for file in POWERSHELL])
def test_a_script_is_powershell(file: Path) -> None:
    assert mistakes(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "broken",
    [
        "function { 1 }",
        "if ($a -eq 1 { 2 }",
        "foreach ($a in @(1, 2)) { $a",
        "$a = @('x', 'y'",
        "& 'x' | | 'y'",
    ],
)
def test_broken_powershell_is_found(broken: str) -> None:
    assert mistakes(broken)


@pytest.mark.parametrize("file", POWERSHELL, ids=[file.stem for file in POWERSHELL])
def test_a_script_breaks_when_any_closing_bracket_is_lost(file: Path) -> None:
    text = "\n".join(
        line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")
    )
    for place in (index for index, letter in enumerate(text) if letter == ")"):
        if text[:place].count("'") % 2 == 0 and text[:place].count('"') % 2 == 0:
            assert mistakes(text[:place] + text[place + 1 :])


@pytest.mark.parametrize("file", POWERSHELL, ids=[file.stem for file in POWERSHELL])
def test_a_script_is_ascii_because_windows_powershell_reads_no_utf_8_without_a_mark(file: Path) -> None:
    assert file.read_bytes().isascii()


@pytest.mark.parametrize("file", POWERSHELL, ids=[file.stem for file in POWERSHELL])
def test_a_script_calls_what_exists_and_gives_the_exit_code_on(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    called = re.findall(r"Join-Path \$PSScriptRoot '([^']+)'", text)
    assert all((ROOT / "scripts" / name).exists() for name in called)
    if file.stem.startswith(("start", "test")):
        assert called == ["alisa.py" if file.stem == "start" else "start.ps1"]
    assert text.rstrip().endswith("exit $LASTEXITCODE")
    assert "@args" in text or "$args" in text

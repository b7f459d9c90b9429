"""`python -m overlay.packs`: what it prints, what it leaves behind, and its exit codes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pack_house import make_bare, make_pack, plain, png, save

from overlay.packs.__main__ import main
from overlay.packs.loader import load

ROOT = Path(__file__).parents[2]
RED, BLUE = (255, 0, 0, 255), (0, 0, 255, 255)


@pytest.fixture
def run(home, monkeypatch, capsys):
    """The command in this process."""
    monkeypatch.setenv("ALISA_HOME", str(home))

    def run(*arguments):
        capsys.readouterr()
        try:
            code = main(list(map(str, arguments)))
        except SystemExit as ended:
            code = ended.code
        said = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, code, said.out, said.err)

    return run


@pytest.fixture
def process(home):
    """The command as a process of its own."""

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "overlay.packs", *map(str, arguments)],
            cwd=ROOT,
            env={**os.environ, "ALISA_HOME": str(home), "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def pictures(tmp_path):
    """Four pictures of another character."""
    folder = tmp_path / "Mira's pictures"
    for name, colour in (("idle", RED), ("talk", BLUE), ("blink", (0, 255, 0, 255)), ("talk-blink", RED)):
        image = plain((60, 90), (200, 180, 160, 255))
        image.paste(colour, (20, 20, 40, 30))
        save(image, folder / f"{name}.png")
    return folder


def test_a_folder_of_four_pictures_becomes_a_pack_that_is_there_to_use(process, pictures, home):
    done = process("import", pictures, "--author", "Mira", "--licence", "CC-BY-4.0")
    assert (done.returncode, done.stderr) == (0, "")
    assert "talk-blink.png: neutral, eyes closed, mouth open." in done.stdout
    assert done.stdout.endswith('\n[overlay]\npack = "mira-s-pictures"\n')
    assert str(home / "alisa.toml") in done.stdout
    pack = load(home / "avatars" / "mira-s-pictures")
    assert (pack.title, pack.author, pack.licence) == ("Mira's pictures", "Mira", "CC-BY-4.0")
    listed = process("list")
    assert listed.returncode == 0
    assert "mira-s-pictures\n  Mira's pictures, by Mira, licence CC-BY-4.0\n  68 x 98, 1x;" in listed.stdout
    assert "alisa\n" in listed.stdout
    checked = process("check", "mira-s-pictures")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout.startswith("mira-s-pictures is right.")


def test_a_pack_is_not_replaced_unasked(run, pictures, home):
    assert run("import", pictures, "--name", "Mira").returncode == 0
    done = run("import", pictures, "--name", "Mira")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == 'There is a pack "Mira" already. --force replaces it, --name gives another name.\n'
    assert run("import", pictures, "--name", "Mira", "--force").returncode == 0
    assert [path.name for path in (home / "avatars").iterdir()] == ["Mira"]


def test_a_shipped_name_is_not_taken_unasked(run, pictures):
    done = run("import", pictures, "--name", "alisa")
    assert done.returncode == 1
    assert "comes with Alisa" in done.stderr


def test_author_and_licence_that_are_not_known_are_asked_for(run, pictures):
    assert "--author and --licence name them" in run("import", pictures).stdout
    done = run("import", pictures, "--force", "--author", "Me", "--licence", "MIT")
    assert "--author and --licence name them" not in done.stdout


@pytest.mark.parametrize("name", ["../mira", "/tmp/mira", "a\\b", "..", ".hidden", "nul", "C:mira", "a/b"])
def test_the_name_of_a_pack_leads_nowhere_else(run, pictures, home, name):
    done = run("import", pictures, f"--name={name}")
    assert done.returncode == 1
    assert "allowed is the plain name of a folder" in done.stderr
    assert not (home / "avatars").exists()


@pytest.mark.parametrize(
    ("emotions", "said"),
    [("idle=cheerful", '"idle=cheerful" is not of the form 1=happy'), ("idle", '"idle" is not of the form')],
)
def test_emotions_that_are_none_are_refused(run, pictures, emotions, said):
    done = run("import", pictures, "--emotions", emotions)
    assert done.returncode == 1
    assert said in done.stderr


def test_a_source_that_is_missing_or_foreign_is_refused(run, tmp_path):
    done = run("import", tmp_path / "nothing")
    assert (done.returncode, done.stderr) == (1, f"There is no file or folder {tmp_path / 'nothing'}.\n")
    (tmp_path / "a.zip").write_bytes(b"PK")
    done = run("import", tmp_path / "a.zip")
    assert done.returncode == 1
    assert "a.zip cannot be imported" in done.stderr
    (tmp_path / "a.save").write_bytes(b"{}")
    done = run("import", tmp_path / "a.save")
    assert (done.returncode, done.stderr) == (1, "a.save has no sprites.\n")


def test_a_path_that_no_system_takes_is_refused_in_one_line(process):
    done = process("import", "a" * 5000)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_a_broken_pack_is_told_by_check_and_list(run, home):
    make_pack(home / "avatars" / "broken", ("width = 40", "width = 0"))
    said = "avatar.toml: canvas.width is 0; allowed is 1 to 2048."
    done = run("check", "broken")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{said}\n")
    listed = run("list")
    assert listed.returncode == 1
    assert f"broken  [broken]\n  {said}" in listed.stdout


def test_check_looks_at_every_pixel(run, tmp_path):
    folder = make_bare(tmp_path / "mira", '[[layers]]\nimage = "a"', {"a": plain((4, 4), RED)})
    (folder / "1x" / "a.png").write_bytes(png(4, 4, b"\0" * 9))
    done = run("check", folder)
    assert (done.returncode, done.stderr) == (1, "1x/a.png is damaged. Save it again.\n")


def test_check_remarks_what_is_perhaps_not_meant(run, tmp_path):
    layers = '[[layers]]\nimage = "a"\n[[layers]]\nimage = "b-{emotion}"'
    folder = make_bare(tmp_path / "mira", layers, {"a": plain((4, 4), RED), "c": plain((4, 4), RED)})
    save(plain((4, 4), RED), folder / "1x" / "d.png")
    done = run("check", folder)
    assert done.returncode == 0
    assert "layers[2].image: no image is named b-{emotion}." in done.stdout
    assert "images.c: no layer shows it." in done.stdout
    assert "1x/d.png: not in [images]." in done.stdout


def test_a_pack_that_is_not_there_is_named_with_those_that_are(run):
    done = run("check", "mirra")
    assert done.returncode == 1
    assert 'There is no pack "mirra". There are: alisa, alisa-winter' in done.stderr


@pytest.mark.parametrize("arguments", [[], ["paint"], ["check"], ["import"], ["list", "--loud"]])
def test_a_wrong_command_is_told_how_it_goes(run, arguments):
    done = run(*arguments)
    assert done.returncode == 2
    assert "usage: python -m overlay.packs" in done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["import", "--help"], ["check", "-h"]])
def test_help_is_given(run, arguments):
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert "usage: python -m overlay.packs" in done.stdout


def test_the_process_ends_with_the_code_of_the_command(process):
    done = process("check", "mirra")
    assert (done.returncode, done.stdout) == (1, "")
    assert process("paint").returncode == 2

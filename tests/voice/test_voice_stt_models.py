"""Whisper models on disk: the command line as a user runs it, against a local stand-in for Hugging Face."""

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backend.shared import desktop, settings
from tests.voice.model_server import COMMIT, ModelServer, run_model_server
from voice.stt import __main__ as command
from voice.stt import download, models
from voice.stt.engine import SttError

TINY = models.find_model("tiny")
FILES = {
    ".gitattributes": b"*.bin filter=lfs",
    "README.md": b"# Whisper",
    "config.json": b'{"suppress_ids": []}',
    "tokenizer.json": b'{"model": {}}' * 50,
    "vocabulary.txt": b"a\nb\n" * 50,
    "model.bin": bytes(range(256)) * 1200,
}
NEEDED = sorted(name for name in FILES if name not in {".gitattributes", "README.md"})


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    home = tmp_path / "Alisa's ホーム"
    monkeypatch.setenv("ALISA_HOME", str(home))
    for name in ("HF_TOKEN", "ALISA_VOICE_STT_MODEL", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(desktop, "memory_bytes", lambda: (8 * 2**30, 4 * 2**30))
    monkeypatch.setattr(desktop, "physical_cores", lambda: 2)
    return home


@pytest.fixture
def hub(home, monkeypatch):
    monkeypatch.setattr(download, "RETRY_SECONDS", (0.01, 0.01))
    with run_model_server(TINY.repo, FILES) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


def _folder(home: Path) -> Path:
    return home / "models" / "whisper" / "tiny"


def _names(home: Path) -> list[str]:
    return sorted(path.name for path in _folder(home).iterdir() if path.suffix != ".lock")


def _get(*more: str) -> int:
    return command.main(["get", "tiny", "--yes", *more])


def _part(home: Path) -> Path:
    return _folder(home) / f"model.bin.{hashlib.sha256(FILES['model.bin']).hexdigest()[:16]}.part"


def _first_bytes(home: Path, count: int) -> Path:
    """What an earlier download has left behind."""
    part = _part(home)
    part.parent.mkdir(parents=True)
    part.write_bytes(FILES["model.bin"][:count])
    return part


def test_get_brings_what_is_needed_and_writes_the_setting(home, hub, capsys):
    assert _get() == 0
    assert _names(home) == sorted([*NEEDED, models.MARKER])
    assert all((_folder(home) / name).read_bytes() == FILES[name] for name in NEEDED)
    assert models.is_here(TINY, home)
    assert settings.load().voice.stt_model == "tiny"
    shown = capsys.readouterr()
    assert f"from {TINY.repo} at Hugging Face" in shown.out
    assert "100%" in shown.err
    assert "is here and checked" in shown.err


def test_the_best_for_this_machine_is_fetched_without_a_name_and_stays_a_free_choice(home, hub):
    assert command.main(["get", "--yes"]) == 0
    assert models.is_here(TINY, home)
    assert settings.load().voice.stt_model == ""


def test_get_without_use_leaves_the_settings_alone(home, hub):
    assert _get("--no-use") == 0
    assert settings.load().voice.stt_model == ""


def test_get_asks_first_and_takes_no_answer_for_no(home, hub, monkeypatch):
    for answer in ("", "n", "nonsense"):
        monkeypatch.setattr("builtins.input", lambda _question, answer=answer: answer)
        assert command.main(["get", "tiny"]) == 1
    assert not hub.downloads("model.bin")
    monkeypatch.setattr("builtins.input", lambda _question: "y")
    assert command.main(["get", "tiny"]) == 0


def test_get_a_second_time_asks_the_server_nothing(home, hub):
    assert _get() == 0
    hub.requests.clear()
    assert _get() == 0
    assert not hub.requests


def test_progress_grows_to_the_whole(home, hub):
    seen: list[tuple[int, int]] = []
    download.fetch(TINY, home, lambda done, total: seen.append((done, total)))
    whole = sum(len(FILES[name]) for name in NEEDED)
    assert {total for _done, total in seen} == {whole}
    assert [done for done, _total in seen] == sorted(done for done, _total in seen)
    assert seen[-1][0] == whole


def test_the_watcher_can_stop_it_and_what_came_is_kept(home, hub):
    def stop(done: int, _total: int) -> None:
        if done > 100_000:
            raise SttError("stopped", "Stopped.")

    with pytest.raises(SttError) as raised:
        download.fetch(TINY, home, stop)
    assert raised.value.code == "stopped"
    assert not models.is_here(TINY, home)
    assert _part(home).stat().st_size > 0
    assert _get() == 0


def test_a_dropped_line_is_taken_up_where_it_broke(home, hub):
    hub.mode, hub.drop_after = "drop", 100_000
    assert _get() == 0
    assert (_folder(home) / "model.bin").read_bytes() == FILES["model.bin"]
    assert hub.downloads("model.bin") == ["", "bytes=100000-", "bytes=200000-", "bytes=300000-"]
    assert hub.sent == len(FILES["model.bin"])


def test_a_line_that_stays_dead_keeps_what_came_for_the_next_time(home, hub, capsys):
    part = _first_bytes(home, 100_000)
    hub.mode, hub.drop_after = "drop", 0
    assert _get() == 1
    assert "goes on from there" in capsys.readouterr().err
    assert part.stat().st_size == 100_000
    assert not models.is_here(TINY, home)
    hub.mode = "ok"
    hub.requests.clear()
    assert _get() == 0
    assert hub.downloads("model.bin") == ["bytes=100000-"]
    assert hub.sent == len(FILES["model.bin"]) - 100_000


def test_killed_in_the_middle_the_command_goes_on_from_there(home, hub):
    hub.mode, hub.drop_after = "stall", 100_000
    environment = os.environ | {"NO_PROXY": "127.0.0.1"}
    line = [sys.executable, "-m", "voice.stt", "get", "tiny", "--yes"]
    with subprocess.Popen(line, env=environment, stderr=subprocess.DEVNULL) as process:
        limit = time.monotonic() + 30
        while not _part(home).is_file() or _part(home).stat().st_size < 50_000:
            assert time.monotonic() < limit
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
    kept = _part(home).stat().st_size
    hub.mode = "ok"
    assert _get() == 0
    assert hub.downloads("model.bin")[-1] == f"bytes={kept}-"
    assert (_folder(home) / "model.bin").read_bytes() == FILES["model.bin"]


def test_a_server_that_cannot_go_on_is_read_from_the_start(home, hub):
    _first_bytes(home, 100_000)
    hub.mode = "ignore-range"
    assert _get() == 0
    assert (_folder(home) / "model.bin").read_bytes() == FILES["model.bin"]


@pytest.mark.parametrize("mode", ["wrong", "endless"])
def test_wrong_content_is_thrown_away_and_never_used(home, hub, capsys, mode):
    hub.mode = mode
    assert _get() == 1
    assert "damaged" in capsys.readouterr().err
    assert not models.is_here(TINY, home)
    assert not [name for name in _names(home) if name.startswith("model.bin")]
    assert settings.load().voice.stt_model == ""


def test_a_truncated_file_is_refused(home, hub, capsys):
    hub.mode = "short"
    assert _get() == 1
    assert "broke off at" in capsys.readouterr().err
    assert "model.bin" not in _names(home)
    assert not models.is_here(TINY, home)


def test_a_small_file_with_wrong_content_is_refused(home, hub, monkeypatch, capsys):
    honest = hub.description()
    monkeypatch.setattr(ModelServer, "description", lambda _self: honest)
    hub.files["config.json"] = b'{"suppress_ids": [1]'
    assert _get() == 1
    assert "damaged" in capsys.readouterr().err
    assert not models.is_here(TINY, home)


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("missing", f"does not give away {TINY.repo}"),
        ("error", "error 500"),
        ("no-checksum", "HF_ENDPOINT"),
        ("error-later", "broke off at 0.0"),
    ],
)
def test_a_server_that_refuses_is_explained(home, hub, capsys, mode, words):
    hub.mode = mode
    assert _get() == 1
    assert words in capsys.readouterr().err
    assert not models.is_here(TINY, home)


def test_a_repository_without_a_needed_file_is_refused(home, hub, capsys):
    del hub.files["tokenizer.json"]
    assert _get() == 1
    assert "does not say what the model tiny is made of" in capsys.readouterr().err


def test_without_network_it_says_so(home, monkeypatch, capsys):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert _get() == 1
    assert "Check the network" in capsys.readouterr().err


def test_a_model_larger_than_the_disk_is_refused_before_the_first_byte(home, hub, monkeypatch, capsys):
    monkeypatch.setattr(download, "SPARE_BYTES", 10**15)
    assert _get() == 1
    assert "more must be free" in capsys.readouterr().err
    assert not hub.downloads("model.bin")


def test_two_downloads_of_one_model_do_not_mix(home, hub, capsys):
    with desktop.take_lock(_folder(home) / "download.lock"):
        assert _get() == 1
        assert "already" in capsys.readouterr().err
        assert command.main(["remove", "tiny", "--yes"]) == 1
    assert _get() == 0


def test_only_this_server_is_asked(home, hub):
    assert _get() == 0
    assert {path for path, _range in hub.requests} == {f"/api/models/{TINY.repo}"} | {
        f"/{TINY.repo}/resolve/{COMMIT}/{name}" for name in NEEDED
    }


def test_list_shows_size_licence_and_what_is_here(home, hub, capsys):
    _get()
    capsys.readouterr()
    assert command.main(["list"]) == 0
    shown = capsys.readouterr().out
    assert "tiny  [recommended, in use]" in shown
    assert "base.en\n  English only, 148 MB" in shown
    assert "Licence of all: MIT https://" in shown
    assert str(home / "models" / "whisper") in shown


def test_remove_deletes_the_model_and_its_mention(home, hub, monkeypatch):
    _get()
    monkeypatch.setattr("builtins.input", lambda _question: "n")
    assert command.main(["remove", "tiny"]) == 1
    assert models.is_here(TINY, home)
    assert command.main(["remove", "tiny", "--yes"]) == 0
    assert not _folder(home).exists()
    assert settings.load().voice.stt_model == ""
    assert command.main(["remove", "tiny", "--yes"]) == 1


def test_remove_takes_what_an_interrupted_download_left(home):
    _first_bytes(home, 1000)
    assert command.main(["remove", "tiny", "--yes"]) == 0
    assert not _folder(home).exists()


def test_an_unknown_name_is_answered_with_those_there_are(home, capsys):
    for name in ("../../etc", "", " "):
        assert command.main(["remove", name, "--yes"]) == 1
        assert "There are: tiny, tiny.en, base" in capsys.readouterr().err


def test_help_names_the_commands(capsys):
    with pytest.raises(SystemExit) as ended:
        command.main(["--help"])
    assert ended.value.code == 0
    assert "list" in capsys.readouterr().out


def test_the_table_is_whole_and_sorted_by_size():
    assert [model.size_bytes for model in models.MODELS] == sorted(m.size_bytes for m in models.MODELS)
    for model in models.MODELS:
        assert models.find_model(model.name.upper()) == model
        assert model.repo.count("/") == 1
        assert model.is_english == model.name.endswith(".en") == model.repo.endswith(".en")

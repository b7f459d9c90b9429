"""Models on disk: the command line as a user runs it, against a local stand-in for Hugging Face."""

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backend.llm import catalogue, download, models
from backend.shared import settings
from tests.hub_stand_in import COMMIT, StandIn, run_stand_in
from tests.tiny_gguf import cached_tiny_gguf, make_tiny_gguf

REPO, FILE = "someone/tiny-GGUF", "tiny-Q8_0.gguf"
NAME = f"{REPO}/{FILE}"
TOO_BIG = 10**14


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("ALISA_HOME", str(tmp_path / "Alisa's ホーム"))
    proxies = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
    for name in ("HF_TOKEN", "ALISA_LLM_EMBEDDED_MODEL", *proxies):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "Alisa's ホーム"


@pytest.fixture
def hub(home, monkeypatch):
    monkeypatch.setattr(download, "RETRY_SECONDS", (0.01, 0.01))
    with run_stand_in(REPO, FILE, cached_tiny_gguf().read_bytes()) as stand_in:
        monkeypatch.setenv("HF_ENDPOINT", stand_in.url)
        yield stand_in


def _place(home: Path) -> Path:
    return home / "models" / "someone" / "tiny-GGUF" / FILE


def _files(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "models").rglob("*") if path.is_file())


def _get(*more: str) -> int:
    return models.main(["get", NAME, "--yes", *more])


def test_get_downloads_checks_and_writes_the_setting(home, hub, capsys):
    assert _get() == 0
    assert _place(home).read_bytes() == hub.content
    assert _files(home) == [FILE]
    assert settings.load().llm.embedded_model == str(_place(home))
    assert "0.3 MB" in capsys.readouterr().out
    asked = {path for _method, path, _range in hub.requests}
    assert asked == {f"/{REPO}/resolve/{at}/{FILE}" for at in ("main", COMMIT)} | {f"/cdn/{FILE}"}


def test_get_without_use_leaves_the_settings_alone(home, hub):
    assert _get("--no-use") == 0
    assert settings.load().llm.embedded_model == ""


def test_get_asks_first_and_takes_no_answer_for_no(home, hub, monkeypatch, capsys):
    for answer in ("", "n", "nonsense"):
        monkeypatch.setattr("builtins.input", lambda _question, answer=answer: answer)
        assert models.main(["get", NAME]) == 1
    assert not hub.downloads
    monkeypatch.setattr("builtins.input", lambda _question: "y")
    assert models.main(["get", NAME]) == 0
    assert _place(home).is_file()


def test_get_a_second_time_asks_the_server_nothing(home, hub):
    assert _get() == 0
    hub.requests.clear()
    assert _get() == 0
    assert not hub.requests


def test_a_dropped_line_is_taken_up_where_it_broke(home, hub):
    hub.mode, hub.drop_after = "drop", 40_960
    assert _get() == 0
    assert _place(home).read_bytes() == hub.content
    places = [int(wanted.strip("bytes=-") or 0) for wanted in hub.downloads]
    assert len(places) > 3
    assert places == sorted(set(places))


def test_a_line_that_stays_dead_keeps_what_came_for_the_next_time(home, hub, capsys):
    hub.mode, hub.drop_after = "drop", 0
    part = _first_bytes(home, hub, 100_000)
    assert _get() == 1
    assert "goes on from there" in capsys.readouterr().err
    assert not _place(home).exists()
    assert part.stat().st_size == 100_000
    hub.mode = "ok"
    assert _get() == 0
    assert hub.downloads[-1] == "bytes=100000-"
    assert hub.bytes_sent == len(hub.content) - 100_000


def _first_bytes(home: Path, hub: StandIn, count: int) -> Path:
    """What an earlier download has left behind."""
    part = _place(home).with_name(f"{FILE}.{hashlib.sha256(hub.content).hexdigest()[:16]}.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(hub.content[:count])
    return part


def test_a_server_that_cannot_go_on_is_read_from_the_start(home, hub):
    hub.mode = "ignore-range"
    _first_bytes(home, hub, 100_000)
    assert _get() == 0
    assert _place(home).read_bytes() == hub.content


def test_killed_in_the_middle_the_command_goes_on_from_there(home, hub):
    hub.mode, hub.drop_after = "slow", 80_000
    command = [sys.executable, "-m", "backend.llm.models", "get", NAME, "--yes"]
    with subprocess.Popen(command, env=os.environ | {"NO_PROXY": "127.0.0.1"}) as process:
        limit = time.monotonic() + 20
        while not (parts := list(home.rglob("*.part"))) or parts[0].stat().st_size < 50_000:
            assert time.monotonic() < limit
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
    kept = parts[0].stat().st_size
    assert not _place(home).exists()
    hub.mode = "ok"
    assert _get() == 0
    assert hub.downloads[-1] == f"bytes={kept}-"
    assert _place(home).read_bytes() == hub.content
    assert _files(home) == [FILE]


def test_wrong_content_is_thrown_away_and_never_used(home, hub, capsys):
    hub.mode = "wrong"
    assert _get() == 1
    assert "damaged" in capsys.readouterr().err
    assert _files(home) == []
    assert settings.load().llm.embedded_model == ""


def test_a_server_that_never_stops_sending_is_left(home, hub, capsys):
    hub.mode = "endless"
    assert _get() == 1
    assert "damaged" in capsys.readouterr().err
    assert _files(home) == []


def test_a_checked_file_that_is_no_chat_model_is_thrown_away(home, hub, tmp_path, capsys):
    hub.content = make_tiny_gguf(tmp_path / "e.gguf", architecture="bert").read_bytes()
    hub.announced_size = len(hub.content)
    assert _get() == 1
    assert "embedding model" in capsys.readouterr().err
    assert _files(home) == []


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("missing", f"no {FILE} in {REPO}"),
        ("gated", "Accept the licence"),
        ("error", "error 500"),
        ("no-checksum", "HF_ENDPOINT"),
    ],
)
def test_a_server_that_refuses_is_explained(home, hub, capsys, mode, words):
    hub.mode = mode
    assert _get() == 1
    assert words in capsys.readouterr().err
    assert not _place(home).exists()


def test_without_network_it_says_so(home, monkeypatch, capsys):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert _get() == 1
    assert "Check the network" in capsys.readouterr().err


def test_a_model_larger_than_the_disk_is_refused_before_the_first_byte(home, hub, capsys):
    hub.announced_size = TOO_BIG
    assert _get() == 1
    assert "more must be free" in capsys.readouterr().err
    assert not hub.downloads


def test_two_downloads_of_one_model_do_not_mix(home, hub, capsys):
    part = _first_bytes(home, hub, 1000)
    part.with_suffix(".pid").write_text(str(os.getpid()))
    assert _get() == 1
    assert "already" in capsys.readouterr().err
    part.with_suffix(".pid").write_text("999999999")
    assert _get() == 0


def test_the_token_goes_to_the_hub(home, hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_mine")
    assert _get() == 0
    assert set(hub.authorizations) == {"Bearer hf_mine"}


def test_an_unknown_name_is_answered_with_the_nearest(home, capsys):
    assert models.main(["get", "qwen4b", "--yes"]) == 1
    assert 'Did you mean "qwen3-4b"?' in capsys.readouterr().err


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.gguf", "a/../b.gguf", "a/b/c/d.gguf", "a/b/.gguf", "a/b/c.exe", " "]
)
def test_a_name_that_is_no_name_is_refused(home, name, capsys):
    assert models.main(["path", name]) == 1
    assert "There is no model" in capsys.readouterr().err


def test_list_shows_licence_size_and_what_is_here(home, hub, capsys):
    _get()
    capsys.readouterr()
    assert models.main(["list"]) == 0
    shown = capsys.readouterr().out
    assert "qwen3-4b" in shown
    assert "2.5 GB. Licence: Apache 2.0 https://" in shown
    assert shown.count("recommended]") == 1
    assert f"{NAME}  [in use]" in shown


def test_path_is_printed_only_for_what_is_here(home, hub, capsys):
    assert models.main(["path", NAME]) == 1
    assert "is not here" in capsys.readouterr().err
    _get()
    capsys.readouterr()
    assert models.main(["path", NAME]) == 0
    assert capsys.readouterr().out.strip() == str(_place(home))


def test_remove_deletes_the_file_and_its_mention(home, hub, monkeypatch, capsys):
    _get()
    monkeypatch.setattr("builtins.input", lambda _question: "n")
    assert models.main(["remove", NAME]) == 1
    assert _place(home).is_file()
    assert models.main(["remove", NAME, "--yes"]) == 0
    assert _files(home) == []
    assert settings.load().llm.embedded_model == ""
    assert models.main(["remove", NAME, "--yes"]) == 1
    assert "is not here" in capsys.readouterr().out


def test_remove_leaves_the_mention_of_another_model(home, hub):
    _get()
    (home / settings.FILE_NAME).write_text('[llm]\nembedded_model = "/other.gguf"\n')
    assert models.main(["remove", NAME, "--yes"]) == 0
    assert settings.load().llm.embedded_model == "/other.gguf"


def test_remove_takes_what_an_interrupted_download_left(home, hub):
    _first_bytes(home, hub, 1000)
    assert models.main(["remove", NAME, "--yes"]) == 0
    assert _files(home) == []


def test_the_catalogue_is_whole_and_sorted_by_size():
    entries = catalogue.read_catalogue()
    assert len(entries) >= 6
    assert [entry.size_bytes for entry in entries] == sorted(entry.size_bytes for entry in entries)
    for entry in entries:
        assert catalogue.find_model(entry.name, entries) == entry
        assert catalogue.find_model(f"{entry.repo}/{entry.file}", entries) == entry
        assert entry.licence_url.startswith("https://")
        assert entry.size_bytes < entry.memory_gb * 2**30 * 0.6


@pytest.mark.parametrize(
    ("gigabytes", "name"),
    [
        (2, "gemma-3-1b"),
        (3.8, "gemma-3-1b"),
        (5.8, "qwen3-1.7b"),
        (7.6, "qwen3-4b"),
        (64, "qwen3-4b"),
        (0, "qwen3-4b"),
    ],
)
def test_the_recommended_model_fits_the_memory(gigabytes, name):
    assert catalogue.choose_recommended(catalogue.read_catalogue(), int(gigabytes * 2**30)).name == name


def test_an_address_from_the_browser_is_understood():
    found = catalogue.find_model("https://huggingface.co/Qwen/Qwen3-4B-GGUF/blob/main/Qwen3-4B-Q8_0.gguf", [])
    assert (found.repo, found.file) == ("Qwen/Qwen3-4B-GGUF", "Qwen3-4B-Q8_0.gguf")

"""The llama.cpp process, spoken to as the hub does: a line in, lines out; and the headers of model files."""

import json
import random
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from backend.llm import gguf, runtime
from tests.tiny_gguf import cached_tiny_gguf, make_tiny_gguf


def _options(model: Path | str) -> bytes:
    fields = {"model": str(model), "api_key": "secret-key", "context_tokens": 1024, "threads": 1}
    return json.dumps(fields).encode() + b"\n"


def _start() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "backend.llm.runtime"]
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nowhere)


def _ask(model: Path, path: str, body: object = None) -> object:
    """Start the process, ask its server something, and end it."""
    with _start() as process:
        assert process.stdin and process.stdout
        process.stdin.write(_options(model))
        process.stdin.flush()
        process.stdout.readline()
        port = json.loads(process.stdout.readline())["ready"]
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": "Bearer secret-key", "Content-Type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, headers)
        with urllib.request.urlopen(request, timeout=10) as response:
            answer = json.load(response)
        process.stdin.close()
        return answer


def test_the_context_is_never_longer_than_the_model_was_trained_for(tmp_path):
    answer = _ask(make_tiny_gguf(tmp_path / "short.gguf", context=512), "/props")
    assert answer["default_generation_settings"]["n_ctx"] == 512


def test_a_model_that_could_think_first_is_asked_not_to(tmp_path):
    template = "{{ 'quick' if enable_thinking is defined and not enable_thinking else 'slow' }}"
    model = make_tiny_gguf(tmp_path / "thinker.gguf", chat_template=template)
    answer = _ask(model, "/apply-template", {"messages": [{"role": "user", "content": "hello"}]})
    assert answer == {"prompt": "quick"}


def _say(text: bytes) -> tuple[int, list[dict[str, object]]]:
    """Start the process, say this, and give its exit code and its reports once it has ended by itself."""
    with _start() as process:
        assert process.stdin and process.stdout
        process.stdin.write(text)
        if text.endswith(b"\n"):
            process.stdin.flush()
        else:
            process.stdin.close()
        output = process.stdout.read()
        return process.wait(timeout=30), [json.loads(line) for line in output.splitlines()]


def test_it_reports_loading_then_its_port_and_ends_when_stdin_closes():
    with _start() as process:
        assert process.stdin and process.stdout
        process.stdin.write(_options(cached_tiny_gguf()))
        process.stdin.flush()
        assert json.loads(process.stdout.readline()) == {"loading": "tiny.gguf"}
        assert 0 < json.loads(process.stdout.readline())["ready"] < 65536
        assert process.poll() is None
        process.stdin.close()
        assert process.wait(timeout=10) == 0


@pytest.mark.parametrize(
    "text", [b"", b"\n", b"hello\n", b'{"model": 1}\n', b'{"unknown": "x"}\n', b"\xff\n"]
)
def test_wrong_options_are_said_to_be_wrong(text):
    code, reports = _say(text)
    assert code == 2
    assert [report["error"] for report in reports] == ["runtime-bad-options"]


def _missing(folder: Path) -> Path:
    return folder / "missing.gguf"


def _folder(folder: Path) -> Path:
    (folder / "folder.gguf").mkdir()
    return folder / "folder.gguf"


def _empty(folder: Path) -> Path:
    (folder / "empty.gguf").touch()
    return folder / "empty.gguf"


def _text(folder: Path) -> Path:
    (folder / "text.gguf").write_text("<html>Sign in to download</html>")
    return folder / "text.gguf"


def _magic_only(folder: Path) -> Path:
    (folder / "magic.gguf").write_bytes(b"GGUF")
    return folder / "magic.gguf"


def _half(folder: Path) -> Path:
    (folder / "half.gguf").write_bytes(cached_tiny_gguf().read_bytes()[:100_000])
    return folder / "half.gguf"


def _embedding_model(folder: Path) -> Path:
    return make_tiny_gguf(folder / "embedding.gguf", architecture="bert")


def _eyes(folder: Path) -> Path:
    return make_tiny_gguf(folder / "eyes.gguf", architecture="clip")


def _nearly_whole(folder: Path) -> Path:
    (folder / "nearly.gguf").write_bytes(cached_tiny_gguf().read_bytes()[:-100])
    return folder / "nearly.gguf"


def _too_new(folder: Path) -> Path:
    return make_tiny_gguf(folder / "new.gguf", architecture="llama99")


BAD_FILES = [
    (_missing, "model-missing"),
    (_folder, "model-not-gguf"),
    (_empty, "model-not-gguf"),
    (_text, "model-not-gguf"),
    (_magic_only, "model-truncated"),
    (_half, "model-truncated"),
    (_embedding_model, "model-not-chat"),
    (_eyes, "model-not-chat"),
    (_nearly_whole, "model-not-loaded"),
    (_too_new, "model-not-loaded"),
]


@pytest.mark.parametrize(("make", "code"), BAD_FILES, ids=lambda value: getattr(value, "__name__", value))
def test_a_bad_model_file_is_named_with_what_is_wrong_and_the_process_ends(tmp_path, make, code):
    path = make(tmp_path)
    exit_code, reports = _say(_options(path))
    assert exit_code == 1
    assert reports[-1]["error"] == code
    assert path.name in str(reports[-1]["message"])
    assert str(tmp_path) not in str(reports[-1]["message"])


def test_a_header_tells_architecture_and_context(tmp_path):
    path = make_tiny_gguf(tmp_path / "a.gguf", context=2048)
    assert gguf.read_facts(path) == gguf.Facts(architecture="llama", context_tokens=2048)


def test_a_file_of_another_version_is_refused(tmp_path):
    data = bytearray(cached_tiny_gguf().read_bytes())
    data[4] = 9
    (tmp_path / "new.gguf").write_bytes(data)
    with pytest.raises(gguf.ModelFileError, match="version"):
        gguf.read_facts(tmp_path / "new.gguf")


def test_no_damage_to_a_header_raises_anything_but_a_model_file_error(tmp_path):
    whole = cached_tiny_gguf().read_bytes()
    chance, refused = random.Random(7), 0
    path = tmp_path / "damaged.gguf"
    for _ in range(300):
        data = bytearray(whole[: chance.choice([len(whole), chance.randrange(5, 12_000)])])
        for _ in range(chance.randrange(4)):
            data[chance.randrange(4, min(len(data), 12_000))] = chance.randrange(256)
        path.write_bytes(data)
        try:
            gguf.read_facts(path)
        except gguf.ModelFileError:
            refused += 1
    assert refused > 100


def test_nested_lists_without_end_are_refused(tmp_path):
    header = b"GGUF" + (3).to_bytes(4, "little") + (0).to_bytes(8, "little") + (1).to_bytes(8, "little")
    key = (1).to_bytes(8, "little") + b"k" + (9).to_bytes(4, "little")
    path = tmp_path / "bomb.gguf"
    path.write_bytes(header + key + ((9).to_bytes(4, "little") + (1).to_bytes(8, "little")) * 50_000)
    with pytest.raises(gguf.ModelFileError):
        gguf.read_facts(path)


def test_there_is_always_a_thread_to_think_with():
    assert runtime.default_threads() >= 1

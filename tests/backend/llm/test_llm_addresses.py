import pytest

from backend.llm.engine import EngineError
from backend.llm.engines.openai_compatible import Engine, base_of
from backend.llm.model_list import Offer, choose_model, read_models
from backend.shared.settings import Llm

SECRET = "sk-very-secret"


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/v1"),
        (" http://127.0.0.1:8080/v1/ ", "http://127.0.0.1:8080/v1"),
        ("https://host.example/api/v1", "https://host.example/api/v1"),
        ("http://[::1]:8080/v1/chat/completions", "http://[::1]:8080/v1"),
    ],
)
def test_a_base_is_understood_in_every_way_people_write_it(url: str, base: str):
    assert base_of(url) == base


@pytest.mark.parametrize(
    "url",
    ["", "127.0.0.1:8080", "ftp://a/", "http://", "http://a:99999", "http://me:sk-very-secret@host/v1", "file:///etc/passwd",
     "http://169.254.169.254/latest", "http://[::1"],
)  # fmt: skip
def test_other_addresses_are_refused(url: str):
    with pytest.raises(EngineError) as caught:
        base_of(url)
    assert SECRET not in caught.value.message


def test_a_key_with_a_line_end_is_refused():
    with pytest.raises(EngineError):
        Engine("x", "http://127.0.0.1", "", "a\r\nX-Evil: 1", Llm())


def test_models_for_something_else_are_passed_over():
    assert choose_model(["nomic-embed-text", "bge-m3", "qwen3:4b", "llama"]) == "qwen3:4b"
    assert choose_model(["all-minilm"]) == ""


def test_the_wanted_model_is_taken_where_it_is_offered():
    assert choose_model(["a", "qwen3:latest"], "qwen3") == "qwen3:latest"
    assert choose_model(["a", "b"], "c") == "a"


def test_a_list_of_models_gives_its_server_away():
    llama = b'{"data": [{"id": "m", "owned_by": "llamacpp", "meta": {"n_ctx": 2048, "n_vocab": 9}}]}'
    assert read_models(llama) == Offer("m", "llama.cpp", 2048)
    assert read_models(b'{"data": [{"id": "m", "owned_by": "library"}]}') == Offer("m", "ollama", 4096)
    assert read_models(b'{"data": [{"id": "m"}]}') == Offer("m", "other")
    assert read_models(b'{"data": null}') == Offer("", "other")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"data": 5}', b'{"data": [5]}', b"\xff", b'{"a":' * 10_000]
)
def test_what_is_no_list_of_models_is_told(body: bytes):
    assert read_models(body) is None

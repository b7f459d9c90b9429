"""The run file, and the proof that a hub knows its token."""

import hashlib
import hmac

import pytest

from backend.shared import registry, runfile
from backend.shared.errors import AlisaError

RUN = runfile.RunFile(pid=1, port=2, token="secret", started=3.0)


def test_what_is_written_is_read(home):
    runfile.write_run_file(home, RUN)
    assert runfile.read_run_file(home) == RUN


@pytest.mark.parametrize("content", [b"", b"{}", b"nonsense", b'{"pid": "x"}', b"\xff\xfe"])
def test_a_file_that_makes_no_sense_counts_as_none(home, content):
    (home / "run").mkdir()
    (home / "run" / "hub.json").write_bytes(content)
    assert runfile.read_run_file(home) is None


def test_only_the_own_announcement_is_taken_back(home):
    runfile.write_run_file(home, RUN)
    runfile.remove_run_file(home, "another")
    assert runfile.read_run_file(home) == RUN
    runfile.remove_run_file(home, "secret")
    assert runfile.read_run_file(home) is None
    runfile.remove_run_file(home, "secret")


def test_a_nonce_is_signed_with_hmac_sha256():
    expected = hmac.new(b"secret", b"nonce", hashlib.sha256).hexdigest()
    assert runfile.sign("secret", "nonce") == expected
    assert runfile.is_signed("secret", "nonce", expected)
    assert not runfile.is_signed("secret", "nonce", runfile.sign("other", "nonce"))
    assert not runfile.is_signed("secret", "nonce", "ä")


def test_an_engine_that_is_not_there_is_answered_with_those_that_are():
    from backend.llm import engines

    assert "builtin" in registry.available(engines)
    with pytest.raises(AlisaError, match="builtin") as refusal:
        registry.load(engines, "nonsense")
    assert refusal.value.code == "no-such-engine"
    with pytest.raises(AlisaError):
        registry.load(engines, "..engine")

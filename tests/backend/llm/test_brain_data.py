"""The data files: they load, every intent is found by its own examples, and mistakes in them are named."""

import re
import shutil
from pathlib import Path

import pytest

from backend.llm.brain.actions import ACTIONS
from backend.llm.brain.intents import PLACEHOLDER, BrainDataError, example_problems, load_brain
from backend.llm.brain.matching import Pattern, split_sentences

ASSETS = Path(__file__).resolve().parents[3] / "assets"
BRAIN = load_brain(ASSETS, "en")


def test_every_intent_is_found_by_its_own_examples() -> None:
    assert example_problems(BRAIN) == []


def test_there_are_enough_intents_with_enough_to_say() -> None:
    spoken = [intent for intent in BRAIN.intents.values() if intent.patterns]
    assert len(spoken) >= 150
    assert [i.name for i in spoken if not i.examples] == []
    few = [i.name for i in spoken if len(i.replies) + sum(map(len, i.when.values())) < 3]
    assert few == []


def test_an_intent_without_an_action_can_always_be_said() -> None:
    for intent in BRAIN.intents.values():
        if intent.action:
            assert intent.action in ACTIONS
            continue
        for key, replies in {"replies": intent.replies, **intent.when}.items():
            assert any(not PLACEHOLDER.search(reply) for reply in replies) or always_caught(
                intent.patterns, replies
            ), f"{intent.name}.{key}"


def always_caught(patterns: list[str], replies: list[str]) -> bool:
    needed = set.intersection(*(set(PLACEHOLDER.findall(reply)) for reply in replies))
    return all(needed <= Pattern(pattern, BRAIN.lexicon).slot_names for pattern in patterns)


def copy_of_english(folder: Path) -> Path:
    shutil.copytree(ASSETS / "brain" / "en", folder / "brain" / "xx")
    return folder / "brain" / "xx"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[odd]\npatterns = ['a (b']\nreplies = ['x']", "odd"),
        ("[odd]\npatterns = ['a [']\nreplies = ['x']", "odd"),
        ("[odd]\npatterns = ['{a:lots} b']\nreplies = ['x']", "lots"),
        ("[odd]\npatterns = ['{a} *']\nreplies = ['x']", "odd"),
        ("[odd]\npatterns = ['b']\nreplies = ['[furious] x']", "furious"),
        ("[odd]\npatterns = ['b']\nreplies = ['x {']", "odd.replies"),
        ("[odd]\npatterns = ['b']\nreply = ['x']", "reply"),
        ("[odd]\npatterns = 'b'\nreplies = ['x']", "odd"),
        ("[odd]\npatterns = ['b']", "odd.replies"),
        ("[greet]\npatterns = ['b']\nreplies = ['x']", "greet"),
        ("[odd\n", "zz.toml"),
    ],
)
def test_a_mistake_in_the_data_names_file_and_key(tmp_path: Path, text: str, named: str) -> None:
    (copy_of_english(tmp_path) / "zz.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BrainDataError) as caught:
        load_brain(tmp_path, "xx")
    assert named in caught.value.message
    assert "zz.toml" in caught.value.message
    assert str(tmp_path) not in caught.value.message


def test_a_missing_language_and_missing_words_are_named(tmp_path: Path) -> None:
    with pytest.raises(BrainDataError, match="no data for this language"):
        load_brain(tmp_path, "xx")
    (copy_of_english(tmp_path) / "words.toml").unlink()
    with pytest.raises(BrainDataError, match=r"words\.toml"):
        load_brain(tmp_path, "xx")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("whats ur name", "her_name"),
        ("WHAT IS YOUR NAME??", "her_name"),
        ("what’s your name", "her_name"),
        ("helo", "greet"),
        ("thnaks", "thanks"),
        ("hellooooo", "greet"),
        ("good mornig", "greet_morning"),
        ("tell me a jokee", "joke"),
    ],
)
def test_slips_of_the_keyboard_are_read_over(text: str, wanted: str) -> None:
    found = [f.intent.name for s in split_sentences(text, BRAIN.lexicon) for f in BRAIN.matcher.read(s)]
    assert found == [wanted]


def test_the_code_holds_no_sentences_for_the_user() -> None:
    folder = ASSETS.parent / "backend" / "llm" / "brain"
    for path in folder.rglob("*.py"):
        assert not re.search(
            r'"\[(happy|sad|angry|surprised|embarrassed|neutral)\]', path.read_text(encoding="utf-8")
        )

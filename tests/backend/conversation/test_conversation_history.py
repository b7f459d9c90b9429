"""The history stays within its limits, drops whole turns in big steps, and tells what was cut off."""

import itertools
import random

import pytest

from backend.conversation.history import MESSAGE_TOKENS, Exchange, History, render, shorten
from backend.llm.engine import Message


def count(text: str) -> int:
    return len(text.encode()) // 4 + 1


def exchange(number: int, words: int = 10) -> Exchange:
    return Exchange(f"t{number}", f"question {number}", "word " * words, "happy")


def test_messages_are_what_the_model_wrote_oldest_first() -> None:
    history = History(10, 3000, count)
    history.add(Exchange("a", "Hi", "Hello.", "happy"))
    history.add(Exchange("b", "Bye", "Hmph.", "embarrassed"))
    assert history.messages == [
        Message("user", "Hi"),
        Message("assistant", "[happy] Hello."),
        Message("user", "Bye"),
        Message("assistant", "[embarrassed] Hmph."),
    ]


@pytest.mark.parametrize("ending", ["interrupted", "cut", "failed"])
def test_an_answer_that_broke_off_shows_it(ending: str) -> None:
    user, hers = render(Exchange("a", "Hi", "Hello, I wan", "happy", ending))  # type: ignore[arg-type]
    assert (user.content, hers.content) == ("Hi", "[happy] Hello, I wan—")


def test_no_message_is_ever_empty() -> None:
    assert render(Exchange("a", "Hi", "", "neutral", "interrupted"))[1].content == "[neutral] —"
    assert render(Exchange("a", "Hi", " ", "neutral"))[1].content == "[neutral] ..."


def test_what_she_says_by_herself_has_a_user_message_too() -> None:
    user, _ = render(Exchange("a", "tea", "Your tea!", "happy", occasion="reminder"))
    assert user.role == "user"
    assert "tea" in user.content
    assert render(Exchange("a", "", "Bored?", "happy", occasion="idle"))[0].content.startswith("(")


def test_over_the_turns_it_drops_to_sixty_percent() -> None:
    history = History(10, 30_000, count)
    for number in range(10):
        history.add(exchange(number))
    assert len(history.exchanges) == 10
    history.add(exchange(10))
    assert [e.turn for e in history.exchanges] == [f"t{n}" for n in range(5, 11)]


def test_over_the_tokens_it_drops_to_sixty_percent() -> None:
    history = History(100, 1000, count)
    sizes = []
    for number in range(60):
        history.add(exchange(number, 40))
        sizes.append(history.tokens)
    drops = [after for before, after in itertools.pairwise(sizes) if after < before]
    assert max(sizes) <= 1000
    assert drops
    assert all(after <= 600 for after in drops)
    assert len(drops) < 60 / 4


def test_the_limits_hold_for_any_sizes() -> None:
    chance = random.Random(3)
    for _ in range(200):
        history = History(chance.randint(1, 12), chance.randint(100, 3000), count)
        for number in range(30):
            text = "ü" * chance.choice((0, 3, 50, 500, 10_000))
            history.add(Exchange(str(number), text, "a" * chance.choice((0, 9, 400, 4_000)), "sad"))
            assert history.tokens <= history._max_tokens
            assert len(history.exchanges) <= history._max_turns
            assert history.tokens == sum(count(m.content) + MESSAGE_TOKENS for m in history.messages)


def test_the_limits_hold_even_when_joined_texts_count_more_than_their_parts() -> None:
    history = History(10, 300, lambda text: len(text) ** 2 // 100 + 1)
    for number in range(100):
        history.add(Exchange("a", "x" * (number * 7), "y" * (number * 5), "happy"))
        assert history.tokens <= 300


def test_a_turn_too_long_for_all_keeps_its_ends() -> None:
    history = History(10, 300, count)
    history.add(Exchange("a", "start " + "x" * 9_000 + " end", "short answer", "happy"))
    (only,) = history.exchanges
    assert only.user.startswith("start ")
    assert only.user.endswith(" end")
    assert only.answer == "short answer"


def test_a_smaller_context_drops_old_turns() -> None:
    history = History(10, 3000, count)
    for number in range(8):
        history.add(exchange(number, 60))
    history.fit(400)
    assert history.tokens <= 240
    assert history.exchanges[-1].turn == "t7"


def test_with_no_room_at_all_nothing_is_left() -> None:
    history = History(10, 3000, count)
    history.add(exchange(1))
    history.fit(-5)
    assert history.exchanges == ()


def test_loading_takes_as_many_of_the_newest_as_fit() -> None:
    history = History(10, 1000, count)
    history.load([exchange(number, 100) for number in range(50)])
    one = count("[happy] " + ("word " * 100).strip()) + count("question 49") + 2 * MESSAGE_TOKENS
    assert len(history.exchanges) == 1000 // one
    assert history.exchanges[-1].turn == "t49"
    history.load([exchange(number, 1) for number in range(50)])
    assert len(history.exchanges) == 10


def test_clear_forgets_everything() -> None:
    history = History(10, 1000, count)
    history.add(exchange(1))
    history.clear()
    assert history.messages == []


def test_shorten_keeps_both_ends_within_the_limit() -> None:
    text = "begin" + "-" * 5_000 + "end"
    for tokens in (10, 50, 500):
        shorter = shorten(text, tokens, count)
        assert count(shorter) <= tokens
        assert shorter.startswith("begin")
        assert shorter.endswith("end")
    assert shorten(text, 5_000, count) == text
    assert shorten(text, 0, count) == ""

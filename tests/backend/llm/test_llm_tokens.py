import pytest

from backend.llm.engine import Message
from backend.llm.tokens import TokenCounter


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("word", 1), ("words", 2), ("1234", 2), ("日本語", 3), ("Ж", 1), ("ab 日", 2)],
)
def test_letters_signs_and_other_scripts_weigh_differently(text: str, tokens: int):
    assert TokenCounter().estimate(text) == tokens


def test_each_message_costs_a_few_tokens_more():
    assert TokenCounter().estimate_messages([Message("system", "word"), Message("user", "word")]) == 14


def prompt(words: int) -> list[Message]:
    return [Message("user", "word " * words)]


@pytest.mark.parametrize("factor", [0.6, 1.3, 1.9])
def test_after_three_counts_the_estimate_is_close(factor: float):
    counter = TokenCounter()
    for words in (100, 200, 300):
        counter.learn(prompt(words), round(TokenCounter().estimate_messages(prompt(words)) * factor))
    truth = TokenCounter().estimate_messages(prompt(700)) * factor
    assert counter.estimate_messages(prompt(700)) == pytest.approx(truth, rel=0.02)


def test_one_strange_count_does_not_spoil_the_estimate_for_ever():
    counter = TokenCounter()
    truth = counter.estimate_messages(prompt(200))
    counter.learn(prompt(200), truth * 50)
    assert counter.estimate_messages(prompt(200)) <= truth * 2
    for _ in range(5):
        counter.learn(prompt(200), truth)
    assert counter.estimate_messages(prompt(200)) == pytest.approx(truth, rel=0.05)


def test_a_server_that_does_not_count_teaches_nothing():
    counter = TokenCounter()
    counter.learn(prompt(200), 0)
    counter.learn([], 50)
    assert counter.estimate("word " * 200) == TokenCounter().estimate("word " * 200)

"""Estimates how many tokens a text is, and learns from what the server counted."""

import functools
import math
import re
from collections.abc import Iterable

from backend.llm.engine import Message

TOKENS_PER_MESSAGE = 6
"""What the chat template puts around each message."""
_LETTERS_PER_TOKEN = 4.0
_OTHERS_PER_TOKEN = 2.0
_LOWEST, _HIGHEST = 0.5, 2.0
_MEMORY = 0.5
"""Weight of the newest count in the running correction."""

_ASCII_LETTERS = re.compile(r"[A-Za-z]+")
_NON_ASCII = re.compile(r"[^\x00-\x7f]+")


@functools.lru_cache(maxsize=256)  # the same persona and history are counted for every prompt
def _plain(text: str) -> float:
    letters = sum(map(len, _ASCII_LETTERS.findall(text)))
    non_ascii = sum(map(len, _NON_ASCII.findall(text)))
    others = len(text) - letters - non_ascii
    return letters / _LETTERS_PER_TOKEN + others / _OTHERS_PER_TOKEN + non_ascii


class TokenCounter:
    """Estimates for one model.

    English letters come at about four to a token, digits and signs at two, letters of other scripts at
    one. A tokenizer differs from that by a steady factor, which the counts of the server teach.
    """

    def __init__(self) -> None:
        self._correction = 1.0
        self._has_learned = False

    def estimate(self, text: str) -> int:
        """Tokens of a text by itself, rounded up."""
        return math.ceil(_plain(text) * self._correction)

    def estimate_messages(self, messages: Iterable[Message]) -> int:
        """Tokens of a whole prompt, with what the chat template adds."""
        return math.ceil(self._plain_messages(messages) * self._correction)

    def learn(self, messages: Iterable[Message], prompt_tokens: int) -> None:
        """Take in how many tokens the server counted for a prompt; 0 means that it did not count."""
        plain = self._plain_messages(messages)
        if prompt_tokens <= 0 or plain <= 0:
            return
        ratio = min(max(prompt_tokens / plain, _LOWEST), _HIGHEST)
        weight = _MEMORY if self._has_learned else 1.0
        self._correction += weight * (ratio - self._correction)
        self._has_learned = True

    def _plain_messages(self, messages: Iterable[Message]) -> float:
        return sum(_plain(message.content) + TOKENS_PER_MESSAGE for message in messages)

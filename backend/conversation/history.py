"""What she still has in mind of the conversation: the last turns, within limits, as the model wrote them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import msgspec

from backend.llm.engine import Message
from backend.shared.records import EmotionName, Ending, HistoryMessage

Count = Callable[[str], int]
"""How many tokens a text is."""

MESSAGE_TOKENS = 6
"""What the chat template adds around each message."""
TRIM_TO = 0.6
"""After trimming the server must read the whole prompt again: so it is done seldom, and then a lot."""
CUT_MARK = "—"
"""Ends an answer that was broken off; the system prompt says so."""

Occasion = Literal["user", "reminder", "idle"]


class Exchange(msgspec.Struct, frozen=True):
    """One turn: what the user said and what she answered."""

    turn: str
    user: str
    """The user's own words; for a reminder, what to remind of."""
    answer: str
    """Her words without tags, as far as they were said."""
    emotion: EmotionName
    """The emotion the answer opened with."""
    ending: Ending = "complete"
    occasion: Occasion = "user"


def spoken(occasion: Occasion, words: str) -> str:
    """The words of a user message; where she speaks by herself, what moves her to."""
    if occasion == "reminder":
        return f"(It is time for the reminder the user asked you for: {words}. Remind them now.)"
    if occasion == "idle":
        return "(The user has been silent for a while. Say something short by yourself, or ask something.)"
    return words


def render(exchange: Exchange) -> list[Message]:
    """The two messages of a turn; hers is what the model wrote, so that a server can reuse its cache."""
    answer = exchange.answer.strip()
    if exchange.ending != "complete":
        answer += CUT_MARK
    return [
        Message("user", spoken(exchange.occasion, exchange.user)),
        Message("assistant", f"[{exchange.emotion}] {answer or '...'}"),
    ]


def shorten(text: str, tokens: int, count: Count) -> str:
    """The text, or its beginning and end when it is longer than so many tokens; empty when nothing fits."""
    if count(text) <= tokens:
        return text
    low, high = 0, len(text)
    best = ""
    while low <= high:
        kept = (low + high) // 2
        tail = kept // 3
        shorter = f"{text[: kept - tail]} [...] {text[len(text) - tail :]}".strip()
        if count(shorter) <= tokens:
            low, best = kept + 1, shorter
        else:
            high = kept - 1
    return best


def recall(messages: Sequence[HistoryMessage]) -> list[Exchange]:
    """Stored messages, oldest first, as the turns they were."""
    turns: dict[str, Exchange] = {}
    for message in messages:
        # A turn without words of the user is one that she began herself.
        empty = Exchange(message.turn, "", "", "neutral", ending="interrupted", occasion="idle")
        known = turns.get(message.turn, empty)
        if message.role == "user":
            turns[message.turn] = msgspec.structs.replace(known, user=message.text, occasion="user")
        else:
            turns[message.turn] = msgspec.structs.replace(
                known, answer=message.text, emotion=message.emotion, ending=message.ending
            )
    return list(turns.values())


class History:
    """The last turns, never more than the limits; trimmed in big steps at the borders of turns."""

    def __init__(self, max_turns: int, max_tokens: int, count: Count) -> None:
        """Start empty.

        Args:
            max_turns: At most so many turns.
            max_tokens: At most so many tokens, chat template included.
            count: How many tokens a text is. It may learn: the sizes are taken anew at each trimming.
        """
        self._max_turns = max_turns
        self._max_tokens = max_tokens
        self._count = count
        self._exchanges: list[Exchange] = []

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The turns she has in mind, oldest first."""
        return tuple(self._exchanges)

    @property
    def messages(self) -> list[Message]:
        """The turns as messages of a prompt: user and assistant in turns, oldest first."""
        return [message for exchange in self._exchanges for message in render(exchange)]

    @property
    def tokens(self) -> int:
        """How many tokens the messages are."""
        return sum(self._size(exchange) for exchange in self._exchanges)

    def add(self, exchange: Exchange) -> None:
        """Append a turn; what is too much is dropped, the oldest first."""
        self._exchanges.append(exchange)
        self.fit(self._max_tokens)

    def amend(self, exchange: Exchange) -> None:
        """Put a turn in the place of the one with its id, where she still has that in mind."""
        for place, known in enumerate(self._exchanges):
            if known.turn == exchange.turn:
                self._exchanges[place] = exchange
        self.fit(self._max_tokens)

    def load(self, exchanges: Iterable[Exchange]) -> None:
        """Start over with stored turns, oldest first; as many of the newest as the limits allow."""
        self._exchanges = list(exchanges)[-self._max_turns :]
        while len(self._exchanges) > 1 and self.tokens > self._max_tokens:
            del self._exchanges[0]
        self.fit(self._max_tokens)

    def fit(self, tokens: int) -> None:
        """Make room: over so many tokens (or over the limits), drop old turns down to 60 % of it."""
        tokens = max(0, min(tokens, self._max_tokens))
        sizes = [self._size(exchange) for exchange in self._exchanges]
        if sum(sizes) <= tokens and len(sizes) <= self._max_turns:
            return
        turns = max(1, int(self._max_turns * TRIM_TO))
        start = max(0, len(sizes) - turns)
        while start < len(sizes) - 1 and sum(sizes[start:]) > tokens * TRIM_TO:
            start += 1
        del self._exchanges[:start]
        if sum(sizes[start:]) > tokens:
            self._shorten_last(tokens)

    def clear(self) -> None:
        """Forget every turn."""
        self._exchanges.clear()

    def _size(self, exchange: Exchange) -> int:
        return sum(self._count(message.content) + MESSAGE_TOKENS for message in render(exchange))

    def _shorten_last(self, tokens: int) -> None:
        """One turn alone is too long: keep the beginnings and ends of its texts, if anything of it fits."""
        last = self._exchanges.pop()
        frame = self._size(msgspec.structs.replace(last, user="", answer=""))
        half = (tokens - frame) // 2 - 2
        if half <= 0:
            return
        user = shorten(last.user, max(half, tokens - frame - 4 - self._count(last.answer)), self._count)
        answer = shorten(last.answer, tokens - frame - 4 - self._count(user), self._count)
        shorter = msgspec.structs.replace(last, user=user, answer=answer)
        if self._size(shorter) <= tokens:
            self._exchanges.append(shorter)

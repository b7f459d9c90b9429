"""Asks the user's permission: every client may show the question, and the first answer counts."""

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from backend.shared import events
from backend.shared.errors import AlisaError

Verdict = Literal["yes", "no", "expired"]

MAX_OPEN = 5
"""Nobody reads more questions at once; a program that asks for ever is stopped here."""


class _Open(NamedTuple):
    """A question that waits for its answer."""

    question: events.Question
    verdict: asyncio.Future[Verdict]


class Questions:
    """The questions that are open. All methods are called on the event loop.

    Args:
        publish: Takes events for every client.
        clock: Seconds since the epoch.
    """

    def __init__(
        self,
        publish: Callable[[Sequence[events.HubEvent]], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._publish = publish
        self._clock = clock
        self._open: dict[str, _Open] = {}
        self._is_closed = False

    @property
    def open(self) -> list[events.Question]:
        """Those that still wait for an answer, oldest first."""
        return [waiting.question for waiting in self._open.values()]

    async def ask(self, text: str, detail: str, seconds: float) -> Verdict:
        """Ask, and wait for the answer.

        Args:
            text: What is to happen, in one sentence.
            detail: What exactly, and what it rests on.
            seconds: How long an answer is waited for.

        Returns:
            "expired" when nobody answered in time, and when the hub stops: do not do it then.

        Raises:
            AlisaError: "too-many-questions", when five are open already.
        """
        if self._is_closed:
            return "expired"
        if len(self._open) >= MAX_OPEN:
            raise AlisaError("too-many-questions", f"{MAX_OPEN} questions wait for an answer already.")
        loop = asyncio.get_running_loop()
        question = events.Question(
            id=secrets.token_hex(6), text=text, detail=detail, expires_at=self._clock() + seconds
        )
        waiting = _Open(question, loop.create_future())
        self._open[question.id] = waiting
        self._publish([question])
        timer = loop.call_later(seconds, self._close, question.id, "expired")
        try:
            return await waiting.verdict
        finally:
            timer.cancel()
            self._close(question.id, "expired")  # whoever asked has given up, unless it is closed already

    def answer(self, number: str, *, is_yes: bool) -> None:
        """The user has answered the question with this id.

        Raises:
            AlisaError: "question-unknown", when there is none, or an answer came before, or its time is over.
        """
        waiting = self._open.get(number)
        # The loop's timer stands still while the machine sleeps; the clock on the wall does not.
        if waiting is not None and self._clock() >= waiting.question.expires_at:
            self._close(number, "expired")
            waiting = None
        if waiting is None:
            raise AlisaError("question-unknown", "This question is answered already, or its time is over.")
        self._close(number, "yes" if is_yes else "no")

    def close(self) -> None:
        """Let every question expire, and ask none any more."""
        self._is_closed = True
        for number in tuple(self._open):
            self._close(number, "expired")

    def _close(self, number: str, verdict: Verdict) -> None:
        waiting = self._open.pop(number, None)
        if waiting is None:
            return
        if not waiting.verdict.done():  # done: whoever asked was cancelled
            waiting.verdict.set_result(verdict)
        self._publish([events.QuestionClosed(id=number, answer=verdict)])

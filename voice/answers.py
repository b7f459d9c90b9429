"""Her answers in the voice: which are being made, which one sounds, and what of them was heard."""

from collections import deque
from dataclasses import dataclass, field

_REMEMBERED = 64


@dataclass
class _Piece:
    id: str
    text: str
    started: float
    ended: float | None = None
    heard: int = 0


@dataclass
class _Answer:
    turn: str
    is_running: bool = True
    """Whether the hub still makes it."""
    is_spoken: bool = False
    """Whether all of it has been played, or has been given up."""
    quiet_since: float = 0.0
    pieces: list[_Piece] = field(default_factory=list)

    @property
    def sounding(self) -> _Piece | None:
        return next((piece for piece in self.pieces if piece.ended is None), None)

    @property
    def said(self) -> str:
        return "".join(
            piece.text[: piece.heard] if piece.ended is None else piece.text for piece in self.pieces
        )


class Answers:
    """Her answers that are not over yet, by turn; those that are over are only known as such."""

    def __init__(self, *, gap_seconds: float, stuck_seconds: float) -> None:
        """Begin without any.

        Args:
            gap_seconds: How long a finished answer may be silent before it counts as spoken.
            stuck_seconds: How long a piece may last without a sign of the player.
        """
        self._gap_seconds = gap_seconds
        self._stuck_seconds = stuck_seconds
        self._answers: dict[str, _Answer] = {}
        self._over: deque[str] = deque(maxlen=_REMEMBERED)
        self._said: deque[_Piece] = deque(maxlen=_REMEMBERED)

    @property
    def turns(self) -> list[str]:
        """The turns that are not over, oldest first."""
        return list(self._answers)

    @property
    def is_sounding(self) -> bool:
        """Whether a piece is being played."""
        return any(answer.sounding for answer in self._answers.values())

    @property
    def has_begun(self) -> bool:
        """Whether an answer that is not over has been heard to begin."""
        return any(answer.pieces for answer in self._answers.values())

    def is_over(self, turn: str) -> bool:
        """Whether this turn is done with: what comes of it is late."""
        return turn in self._over

    def is_running(self, turn: str) -> bool:
        """Whether the hub works on this turn."""
        return turn in self._answers and self._answers[turn].is_running

    def start(self, turn: str, now: float) -> None:
        """The hub works on this turn, and therefore on no other."""
        if self.is_over(turn):
            return
        for other in list(self._answers):
            if other != turn:
                self.end(other, now)
        self._answers.setdefault(turn, _Answer(turn)).is_running = True

    def end(self, turn: str, now: float) -> None:
        """The hub has done its part of this turn."""
        answer = self._answers.get(turn)
        if answer is None:
            self._note_over(turn)
        elif answer.is_running:
            answer.is_running = False
            answer.quiet_since = now
            self._settle(answer)

    def end_all(self, now: float) -> None:
        """There is no hub that works on anything."""
        for turn in list(self._answers):
            self.end(turn, now)

    def finish_speaking(self, turn: str, now: float) -> None:
        """The voice has done its part of this turn; a piece that still sounds was broken off."""
        answer = self._answers.get(turn)
        if answer is not None:
            if answer.sounding is not None:
                answer.sounding.text = answer.sounding.text[: answer.sounding.heard]
                answer.sounding.ended = answer.quiet_since = now
            answer.is_spoken = True
            self._settle(answer)

    def start_piece(self, turn: str, piece: str, text: str, now: float) -> bool:
        """A piece sounds; False for one of a turn that is over."""
        if self.is_over(turn):
            return False
        self._finish_sounding(now)
        answer = self._answers.setdefault(turn, _Answer(turn, is_running=False))
        answer.is_spoken = False
        new = _Piece(piece, text, started=now)
        answer.pieces.append(new)
        answer.quiet_since = now
        self._said.append(new)
        return True

    def hear_piece(self, piece: str, characters: int, now: float) -> None:
        """So much of the piece has been heard."""
        for answer in self._answers.values():
            sounding = answer.sounding
            if sounding is not None and sounding.id == piece:
                sounding.heard = max(sounding.heard, characters)
                answer.quiet_since = now

    def finish_piece(self, piece: str, now: float) -> None:
        """The piece has been heard to its end."""
        for answer in list(self._answers.values()):
            sounding = answer.sounding
            if sounding is not None and sounding.id == piece:
                sounding.ended = answer.quiet_since = now
                self._settle(answer)

    def drop(self, turn: str, now: float) -> str:
        """Give this answer up; returns what of it was heard."""
        answer = self._answers.pop(turn, None)
        self._note_over(turn)
        if answer is None:
            return ""
        said = answer.said
        for piece in answer.pieces:
            piece.ended = now if piece.ended is None else piece.ended
        return said

    def said_since(self, time: float) -> str:
        """All that sounded at `time` or later."""
        return " ".join(piece.text for piece in self._said if piece.ended is None or piece.ended >= time)

    def touch(self, now: float) -> None:
        """Begin to wait anew: she was held, so that nothing could go on."""
        for answer in self._answers.values():
            answer.quiet_since = now

    def deadline(self) -> float:
        """When `expire` has something to do next."""
        return min(map(self._limit, self._answers.values()), default=float("inf"))

    def expire(self, now: float) -> None:
        """Give up waiting for a player or a voice that says nothing any more."""
        for answer in list(self._answers.values()):
            if now < self._limit(answer):
                continue
            self._finish_sounding(now)
            if not answer.is_running:
                # Not noted as over: should more of it come after all, it is welcome.
                self._answers.pop(answer.turn, None)

    def _limit(self, answer: _Answer) -> float:
        if answer.sounding is not None:
            return answer.quiet_since + self._stuck_seconds
        return float("inf") if answer.is_running else answer.quiet_since + self._gap_seconds

    def _finish_sounding(self, now: float) -> None:
        """The player plays one piece at a time: the one before is over."""
        for answer in list(self._answers.values()):
            if answer.sounding is not None:
                self.finish_piece(answer.sounding.id, now)

    def _settle(self, answer: _Answer) -> None:
        if answer.is_spoken and not answer.is_running and answer.sounding is None:
            self._answers.pop(answer.turn, None)
            self._note_over(answer.turn)

    def _note_over(self, turn: str) -> None:
        if turn not in self._over:
            self._over.append(turn)

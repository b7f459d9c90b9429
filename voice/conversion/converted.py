"""Her voice after the conversion, in the place of the ladder of engines; without it she speaks as she is."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from backend.shared.settings import Voice
from voice.conversion.converter import ConversionError, VoiceConverter
from voice.conversion.rvc import Rvc
from voice.tts.engine import Manner, Spoken, VoiceInfo

log = logging.getLogger(__name__)


class Speaking(Protocol):
    """What makes sound of words; see `voice.tts.ladder.Ladder`."""

    @property
    def current(self) -> str:
        """The engine that spoke last."""

    @property
    def is_cloud(self) -> bool:
        """Whether that is a cloud engine."""

    @property
    def was_sent(self) -> bool:
        """Whether the last piece went to a cloud engine."""

    @property
    def problem(self) -> str:
        """Why she is mute, or why her best voice is away; empty: all is well."""

    async def speak(self, text: str, manner: Manner, spare_seconds: float = 0.0) -> Spoken:
        """The sound of a text; never fails."""

    async def prepare(self, manner: Manner) -> None:
        """Get ready ahead of need."""

    async def voices(self) -> dict[str, list[VoiceInfo]]:
        """All voices by engine."""

    async def close(self) -> None:
        """Give back what is held."""


class Converted:
    """Speaks like what is inside it, and converts what comes of it; what cannot be converted stays as it is.

    Args:
        inside: Makes the sound.
        converter: Changes it. Both are closed with this.
        on_problem: Told each new reason why she speaks unconverted, and None when it is over.
    """

    def __init__(
        self,
        inside: Speaking,
        converter: VoiceConverter,
        *,
        on_problem: Callable[[ConversionError | None], None],
    ) -> None:
        self._inside, self._converter, self._on_problem = inside, converter, on_problem
        self._problem = ""

    @property
    def current(self) -> str:
        """The engine that spoke last."""
        return self._inside.current

    @property
    def is_cloud(self) -> bool:
        """Whether that is a cloud engine."""
        return self._inside.is_cloud

    @property
    def was_sent(self) -> bool:
        """Whether the last piece went to a cloud engine; the conversion sends nothing."""
        return self._inside.was_sent

    @property
    def problem(self) -> str:
        """Why she is mute, or why her best voice is away; empty: all is well."""
        return self._inside.problem

    async def prepare(self, manner: Manner) -> None:
        """Get ready ahead of need."""
        await self._inside.prepare(manner)

    async def speak(self, text: str, manner: Manner, spare_seconds: float = 0.0) -> Spoken:
        """The sound of a text; never fails. See `Ladder.speak`."""
        spoken = await self._inside.speak(text, manner, spare_seconds)
        if not spoken.samples.any():
            return spoken
        try:
            samples, rate = await self._converter.convert(spoken.samples, spoken.rate)
        except ConversionError as error:
            self._tell(error)
            return spoken
        self._tell(None)
        return Spoken(samples, rate)

    async def voices(self) -> dict[str, list[VoiceInfo]]:
        """All voices by engine."""
        return await self._inside.voices()

    async def close(self) -> None:
        """Give back what is held."""
        try:
            await self._converter.close()
        finally:
            await self._inside.close()

    def _tell(self, problem: ConversionError | None) -> None:
        code = problem.code if problem is not None else ""
        # That it rests says nothing that its reason has not said.
        if code not in {self._problem, "conversion-rests"}:
            self._problem = code
            if problem is not None:
                log.warning("%s: %s", problem.code, problem.message)
            self._on_problem(problem)


def build(
    inside: Speaking, chosen: Voice, home: Path, *, on_problem: Callable[[ConversionError | None], None]
) -> Speaking:
    """What is inside, converted where the user wants it so."""
    return Converted(inside, Rvc(home), on_problem=on_problem) if chosen.convert else inside

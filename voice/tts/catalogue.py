"""All voices that this machine has, by engine, for whoever chooses one."""

import difflib
import tomllib
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from backend.shared import registry
from backend.shared.errors import AlisaError
from backend.shared.settings import Voice
from voice.tts import engines
from voice.tts.engine import Engine, Spoken, TtsError, VoiceInfo
from voice.tts.ladder import ORDER
from voice.tts.manner import manner_for

_SAMPLES = Path(__file__).parents[2] / "assets" / "voice" / "samples.toml"
_CLOUD_IS_OFF = (
    "Off: what she says would go to Microsoft. To allow it write cloud = true under [voice] in alisa.toml."
)


@dataclass(frozen=True)
class Row:
    """A voice and the engine that has it."""

    engine: str
    voice: VoiceInfo
    is_current: bool
    "It is what the user has chosen."


class Catalogue:
    """The voices of all engines that can be used here; nothing is contacted that the settings do not allow.

    Attributes:
        rows: All voices, the best engine first.
        problems: Engines that cannot be used, and why.
        clouds: Engines that are used and send what she says to a server.
    """

    def __init__(self, chosen: Voice, home: Path, only: str = "") -> None:
        """Make the engines; `look` asks them.

        Args:
            chosen: The settings.
            home: Alisa's folder.
            only: One engine's name; empty for all.

        Raises:
            AlisaError: There is no engine `only`.
        """
        self.rows: list[Row] = []
        self.problems: dict[str, str] = {}
        self.clouds: set[str] = set()
        self._chosen = chosen
        self._engines: dict[str, Engine] = {}
        names = [name for name in registry.available(engines) if name != "silent"]
        for name in [only] if only else sorted(names, key=lambda name: ((*ORDER, name).index(name), name)):
            module = registry.load(engines, name)
            try:
                engine: Engine = module.create(chosen, home)
            except TtsError as error:
                self.problems[name] = error.message
                continue
            if engine.is_cloud and not chosen.cloud:
                self.problems[name] = _CLOUD_IS_OFF
                continue
            self._engines[name] = engine
            self.clouds |= {name} if engine.is_cloud else set()

    async def look(self) -> None:
        """Ask all engines for their voices."""
        self.rows = []
        for name, engine in self._engines.items():
            try:
                found = await engine.voices()
            except AlisaError as error:
                self.problems[name] = error.message
                continue
            self.rows += [Row(name, voice, self._is_current(name, voice)) for voice in found]

    def of(self, language: str) -> list[Row]:
        """The voices for a language, with its region ("en-GB") only those; for "all" every one."""
        wanted = language.replace("_", "-").lower()
        if wanted == "all":
            return self.rows
        codes = [(row, row.voice.language.replace("_", "-").lower()) for row in self.rows]
        return [row for row, code in codes if code == wanted or code.split("-")[0] == wanted]

    def find(self, name: str) -> Row:
        """The voice of that name; the better engine's where several have it.

        Raises:
            TtsError: There is none; the message has the nearest names.
        """
        wanted = name.strip().lower()
        for row in self.rows:
            if wanted in {row.voice.id.lower(), f"{row.engine}:{row.voice.id}".lower()}:
                return row
        close = difflib.get_close_matches(name, [row.voice.id for row in self.rows], 3)
        hint = f" Did you mean {' or '.join(close)}?" if close else " List them: python -m voice.voices"
        raise TtsError("tts-no-voice", f'There is no voice "{name}" here.{hint}')

    async def sample(self, row: Row) -> Spoken:
        """How a voice sounds with the user's settings, saying a sentence in its language.

        Raises:
            TtsError: It cannot speak now.
        """
        language = row.voice.language.replace("_", "-").split("-")[0] or "en"
        manner = manner_for("neutral", replace(self._chosen, voice=row.voice.id), row.voice.language or "en")
        return await self._engines[row.engine].speak(sample_text(language), manner)

    async def close(self) -> None:
        """Give back what the engines hold."""
        for engine in self._engines.values():
            await engine.close()

    def _is_current(self, engine: str, voice: VoiceInfo) -> bool:
        is_engine = self._chosen.engine in {"", engine}
        return is_engine and self._chosen.voice.lower() == voice.id.lower()


def sample_text(language: str) -> str:
    """A sentence in a language; in English where there is none yet."""
    samples = tomllib.loads(_SAMPLES.read_text(encoding="utf-8"))
    return str(samples.get(language, samples["en"]))

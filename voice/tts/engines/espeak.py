"""espeak-ng: a robot's voice, but quick, small, in a hundred languages and without a network."""

import asyncio
import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.shared.desktop import speech
from backend.shared.settings import Voice
from voice.tts.engine import Manner, Spoken, TtsError, VoiceInfo
from voice.tts.plain_text import has_words, plain
from voice.tts.sound import finish, read_wav, shift_pitch

_LIMIT_SECONDS = 10.0
_RATE = 22_050
# Half as loud as usual: some of its voices clip, and all are made equally loud afterwards.
_AMPLITUDE = 50
# Who speaks: espeak-ng has languages and, apart from them, variants of its one voice. The first is hers, by
# measuring: 215 to 245 Hz in most of 7 languages, the liveliest melody, and more energy than the others at
# 1 to 4 kHz, where speech is told apart. The number: how much more than f3 it answers to `-p`.
_VARIANTS = {"Annie": 0.71, "belinda": 1.35, "f3": 1.0, "Alicia": 1.05, "m3": 1.0}
_MALE = {"m3"}
# Where a language has several, and where the best is not the one with the plain name: 1.51 reads the tones of
# Chinese as English numbers unless it takes Latin letters for pinyin.
_BEST = {"en": "en-US", "zh": "cmn-Latn-pinyin", "es": "es", "fr": "fr", "pt": "pt", "ru": "ru", "no": "nb"}
_CODES = {"cmn": "zh", "cmn-latn-pinyin": "zh", "yue": "zh-HK", "nb": "no"}
# Its numbers for pace and pitch, and what came out of 1.51.
_WORDS_A_MINUTE = (80, 90, 100, 120, 140, 175, 200, 250, 300, 350, 400, 450)
_RATES = (0.465, 0.5, 0.555, 0.675, 0.795, 1.0, 1.145, 1.44, 1.76, 2.05, 2.35, 2.58)
_PITCHES = (20, 30, 40, 50, 60, 70, 80)
_SEMITONES = (-4.2, -2.9, -1.5, 0.0, 1.6, 3.2, 4.9)
_ROW = re.compile(r"\s*(\d+)\s+(\S+)\s+\S+\s+(\S+)\s+(\S+)\s*(.*)")
_KANJI = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_MISSING = (
    "espeak-ng is missing. Install it: apt-get install espeak-ng (Linux), brew install espeak-ng (macOS), "
    "winget install eSpeak-NG.eSpeak-NG (Windows)."
)


@dataclass(frozen=True)
class Language:
    """A row of `espeak-ng --voices`."""

    name: str
    "What `-v` takes: the name of its file. Only to this name a variant can be added; not to `fr-fr`."
    title: str
    codes: tuple[str, ...]
    "Language codes that it stands for in lower case, the main one first."
    priority: int
    "Lower is better."

    @property
    def code(self) -> str:
        """ISO 639-1 where there is one, with the region: "en-GB"."""
        words = _CODES.get(self.codes[0], self.codes[0]).split("-")
        return "-".join([words[0], *(word.upper() for word in words[1:2] if word != "x")])


class Espeak:
    """See `voice.tts.engine.Engine`."""

    name = "espeak"
    is_cloud = False

    def __init__(self, program: str) -> None:
        self._program = program
        self._languages: list[Language] = []
        self._variants: tuple[str, ...] = ()

    async def speak(self, text: str, manner: Manner) -> Spoken:
        """See `Engine`. Text without a letter or digit is an empty sound."""
        if not has_words(text):
            return finish(np.zeros(0, np.float32), _RATE)
        if manner.language.startswith("ja") and _KANJI.search(text):
            raise TtsError("tts-no-kanji", "espeak-ng cannot read kanji. For Japanese choose another voice.")
        await self._look()
        voice = choose(self._languages, self._variants, manner)
        # Its own pitch sounds best, but only the middle of it is true; the rest is done by playing faster.
        scale = _VARIANTS.get(voice.partition("+")[2], 1.0)
        pitch = float(np.clip(manner.pitch / scale, _SEMITONES[0], _SEMITONES[-1]))
        rest = manner.pitch - pitch * scale
        words = np.interp(manner.rate / 2 ** (rest / 12), _RATES, _WORDS_A_MINUTE)
        options = ["-v", voice, "-s", f"{words:.0f}", "-p", f"{np.interp(pitch, _SEMITONES, _PITCHES):.0f}"]
        # All of the input at once, as UTF-8, never as SSML.
        options += ["-a", str(_AMPLITUDE), "-b", "1", "--stdin", "--stdout"]
        samples, rate = read_wav(await self._run(options, plain(text)))
        spoken = finish(shift_pitch(samples, rate, rest), rate, manner.volume)
        if not len(spoken.samples) and manner.volume:
            raise TtsError("tts-no-sound", "espeak-ng made no sound of this text. Choose another voice.")
        return spoken

    async def voices(self) -> list[VoiceInfo]:
        """Each language in a few voices, its other accents in the first of them."""
        await self._look()
        families = {one.code.split("-")[0] for one in self._languages}
        best = {choose(self._languages, (), Manner(language=family)) for family in families}
        return [
            VoiceInfo(
                f"{language.name}+{variant}",
                f"{language.title}, {variant}",
                language.code,
                "male" if variant in _MALE else "female",
            )
            for language in self._languages
            for variant in (self._variants if language.name in best else self._variants[:1])
        ]

    async def close(self) -> None:
        """Nothing is held."""

    async def _look(self) -> None:
        if self._languages:
            return
        there = await self._run(["--voices=variant"])
        files = {words[-1] for row in there.decode("utf-8", "replace").splitlines() if (words := row.split())}
        variants = tuple(name for name in _VARIANTS if f"!v/{name}" in files)
        self._languages = languages((await self._run(["--voices"])).decode("utf-8", "replace"))
        self._variants = variants
        if not self._languages:
            raise TtsError("tts-no-voices", f"espeak-ng has no voices here. {_MISSING}")

    async def _run(self, options: Sequence[str], text: str = "") -> bytes:
        try:
            process = await asyncio.create_subprocess_exec(
                self._program,
                *options,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                creationflags=speech.NO_WINDOW,
            )
        except OSError as error:
            raise TtsError("tts-no-espeak", _MISSING) from error
        try:
            async with asyncio.timeout(_LIMIT_SECONDS):
                output, _ = await process.communicate(text.encode("utf-8", "replace"))
        except TimeoutError as error:
            raise TtsError("tts-slow", "espeak-ng did not finish in time. Try it again.") from error
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode != 0:
            raise TtsError(
                "tts-failed", "espeak-ng did not finish. Install it anew, or choose another voice."
            )
        return output


def create(chosen: Voice, home: Path) -> Espeak:  # noqa: ARG001  every engine is made with the same arguments
    """Raises TtsError where the program is missing."""
    program = speech.find_espeak()
    if program is None:
        raise TtsError("tts-no-espeak", _MISSING)
    return Espeak(program)


def languages(table: str) -> list[Language]:
    """Read what `espeak-ng --voices` prints, best first."""
    found: dict[str, Language] = {}
    for line in table.splitlines()[1:]:
        row = _ROW.match(line)
        if row:
            name = row[4].rsplit("/", 1)[-1]
            others = re.findall(r"\((\S+) \d+\)", row[5])
            title = row[3].replace("_", " ").strip()
            codes = tuple(code.lower() for code in (row[2], *others))
            found[name] = Language(name, title, codes, int(row[1]))
    if "cmn-Latn-pinyin" in found:
        found.pop("cmn", None)
    return sorted(found.values(), key=lambda one: (one.priority, one.name))


def choose(there: Sequence[Language], variants: Sequence[str], manner: Manner) -> str:
    """The name of the voice for `-v`: the language of the text, spoken by whom the user has chosen.

    Raises:
        TtsError: There is no voice for the language.
    """
    wanted, _, who = manner.voice.partition("+")
    code = (manner.language or "en").lower()
    family = code.split("-")[0]
    fitting = [one for one in there if family in {other.split("-")[0] for other in (one.code, *one.codes)}]
    if not fitting:
        text = f'espeak-ng has no voice for the language "{manner.language}". Choose another one.'
        raise TtsError("tts-no-language", text)
    asked = [one for one in fitting if one.name.lower() == wanted.lower()]
    exact = [one for one in fitting if code != family and code in {one.code.lower(), *one.codes}]
    best = [one for one in fitting if one.name == _BEST.get(family, family)]
    language = (asked or exact or best or fitting)[0]
    known = {name.lower(): name for name in variants}
    variant = known.get(who.lower()) or next(iter(variants), "")
    return f"{language.name}+{variant}" if variant else language.name

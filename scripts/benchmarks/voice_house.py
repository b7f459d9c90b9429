"""What the benchmark of the voice runs: a hub, the voice on a sound card of its own, a user, a witness."""

import contextlib
import io
import json
import queue
import select
import subprocess
import threading
import time
import wave
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soxr

from benchmarks import processes
from benchmarks.meter import Client
from benchmarks.model_server import Script
from benchmarks.processes import BenchmarkError, Service
from benchmarks.voice_card import RATE, Card, Samples
from benchmarks.voice_meter import LOUD

READY_SECONDS = 60.0
_TRIES = 15
_VOICES = ("en-us+f2", "en-gb", "en-us+m3", "en-us+f4")
_WANTED = (
    "token",
    "turn-started",
    "turn-ended",
    "answer-cut",
    "utterance-started",
    "hearing-changed",
    "user-said",
    "senses-changed",
    "notice",
)


class Event(NamedTuple):
    """An event of the hub, and when it came, in seconds of `time.time`."""

    at: float
    kind: str
    content: dict[str, Any]


class Witness(Client):
    """A client that writes down what the hub says, and can speak for the user's fingers."""

    def __init__(self, hub: Service) -> None:
        super().__init__(hub, "alisa.v1")
        self.events: list[Event] = []
        self.tell("hello", name="benchmark", wants=list(_WANTED))

    def tell(self, kind: str, **content: object) -> None:
        """Send an event."""
        self.send(json.dumps({"type": kind, **content}))

    def watch(self, seconds: float) -> None:
        """Write down what comes within so long."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if not select.select([self.socket], [], [], left)[0]:
                return
            self.read()
            if self.is_lost:
                raise BenchmarkError("The hub has gone.")
            offset = time.time() - time.perf_counter()
            for frame in self.take():
                content = json.loads(frame.text)
                self.events.append(Event(frame.time + offset, content.pop("type"), content))

    def since(self, moment: float, *kinds: str) -> list[Event]:
        """What came after a moment."""
        return [event for event in self.events if event.at > moment and event.kind in kinds]

    def wait_for(self, moment: float, *kinds: str, seconds: float) -> Event | None:
        """The first such event after a moment; None when it does not come in time."""
        end = time.perf_counter() + seconds
        while not (found := self.since(moment, *kinds)) and time.perf_counter() < end:
            self.watch(0.02)
        return found[0] if found else None


class House(NamedTuple):
    """All of it, running."""

    card: Card
    witness: Witness
    pid: int
    """Of the voice."""
    utterances: list[Samples]
    """What the user can say, at 48 kHz."""


def speech(texts: Sequence[str]) -> list[Samples]:
    """What these texts sound like, by several voices of espeak-ng; not a moment of silence around them.

    Raises:
        BenchmarkError: espeak-ng does not work.
    """
    found = []
    for number, text in enumerate(texts):
        words = ["espeak-ng", "-v", _VOICES[number % len(_VOICES)], "--stdout", "--", text]
        try:
            done = subprocess.run(words, capture_output=True, timeout=20, check=True)
            with wave.open(io.BytesIO(done.stdout)) as file:
                data, rate = file.readframes(1 << 30), file.getframerate()
        except (OSError, subprocess.SubprocessError, wave.Error, EOFError) as error:
            raise BenchmarkError("espeak-ng does not speak.") from error
        sound = soxr.resample(np.frombuffer(data, "<i2").astype(np.float32) / 32768, rate, RATE)
        sound *= 0.5 / np.abs(sound).max()
        loud = np.flatnonzero(np.abs(sound) > 2 * LOUD)
        found.append(sound[loud[0] : loud[-1] + 1].astype(np.float32))
    return found


@contextmanager
def house(card: Card, script: Sequence[str], texts: Sequence[str], **settings: str) -> Iterator[House]:
    """Start a hub and the voice, and end them after the block.

    Args:
        card: Where she hears and speaks.
        script: What the scripted transcription understands, an utterance a line.
        texts: What the user can say.
        settings: Of the section voice.

    Raises:
        BenchmarkError: Something does not start.
    """
    with ExitStack() as stack:
        model = stack.enter_context(processes.service("benchmarks.model_server"))
        hub, home = stack.enter_context(processes.hub(f"http://127.0.0.1:{model.port}/v1"))
        witness = Witness(hub)
        stack.callback(witness.close)
        (home / "heard.txt").write_text("\n".join(script) + "\n", encoding="utf-8")
        chosen = {
            "ENGINE": "espeak",
            "STT_ENGINE": "scripted",
            "STT_MODEL": str(home / "heard.txt"),
            "LANGUAGE": "en",
            "DOWNLOAD": "false",
        }
        variables = {f"ALISA_VOICE_{name.upper()}": text for name, text in (chosen | settings).items()}
        variables |= {**card.variables, "ALISA_HOME": str(home)}
        process = processes.spawn("voice", variables=variables)
        stack.callback(processes.stop, process)
        _wait_until_ready(process, witness, home)
        yield House(card, witness, process.pid, speech(texts))


def _wait_until_ready(process: subprocess.Popen[str], witness: Witness, home: Path) -> None:
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    # Somebody has to read what she prints, or she stands still one day.
    threading.Thread(target=_drain, args=(process, lines), daemon=True).start()
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end and process.poll() is None:
        witness.watch(0.1)
        reports = witness.since(0.0, "senses-changed")
        senses = reports[-1].content.get("senses", []) if reports else []
        if any(sense["name"] == "microphone" and sense["is_on"] for sense in senses):
            return
    said = []
    while not lines.empty():
        said.append(lines.get().strip())
    raise BenchmarkError(f"The voice does not listen in {home.name}: {' / '.join(said[-3:]) or 'no word'}")


def _drain(process: subprocess.Popen[str], lines: "queue.SimpleQueue[str]") -> None:
    for line in process.stdout or ():
        lines.put(line)


def line(text: str, script: Script) -> str:
    """What the transcription understands: words that sound finished, and the answer that they ask for."""
    return f"{text} {script.message}."


def ask(house: House, script: Script) -> float:
    """Ask for an answer by typing; returns when."""
    now = time.time()
    house.witness.tell("user-message", text=script.message)
    return now


def hush(house: House) -> None:
    """Break off what she says, and wait until she has been silent for a moment.

    Once may not be enough: when she hears herself she answers.
    """
    for _ in range(_TRIES):
        house.witness.tell("interrupt")
        with contextlib.suppress(BenchmarkError):
            rest(house, 3.0)
            return
    raise BenchmarkError("She cannot be brought to silence.")


def rest(house: House, limit_seconds: float) -> None:
    """Wait until she has been silent for a moment, and forget what was recorded."""
    wait_for_quiet(house, limit_seconds, 0.8)
    house.card.forget()


def wait_for_quiet(house: House, limit_seconds: float, quiet_seconds: float) -> None:
    """Wait until she has been silent for so long."""
    end = time.monotonic() + limit_seconds
    while time.monotonic() < end:
        house.witness.watch(0.1)
        latest = house.card.heard.sound(time.time() - quiet_seconds)
        if len(latest.samples) and float(np.abs(latest.samples).max()) <= LOUD:
            return
    raise BenchmarkError(f"She does not fall silent within {limit_seconds:.0f} s.")


def wait_for_voice(house: House, moment: float, seconds: float) -> float | None:
    """When she is first heard after a moment; None when that takes longer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        house.witness.watch(0.03)
        sound = house.card.heard.sound(moment)
        loud = np.flatnonzero(np.abs(sound.samples) > LOUD)
        if len(loud):
            return sound.start + float(loud[0]) / RATE
    return None

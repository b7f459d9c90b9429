"""A sound card of the benchmark's own: a private PulseAudio, and recorders of both its ends by one clock."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.processes import BenchmarkError, quit_process

Samples = NDArray[np.float32]

RATE = 48_000
_BLOCK_SECONDS = 0.01
_BLOCK = round(RATE * _BLOCK_SECONDS)
_LIMIT_SECONDS = 10.0
# Blocks between which the least delayed one tells the time.
_CLOCK_BLOCKS = 300
_HISS = 10 ** (-66 / 20)
_PROGRAMS = {"pulseaudio": "pulseaudio", "pactl": "pulseaudio-utils", "parec": "pulseaudio-utils"}
_PROGRAMS |= {"espeak-ng": "espeak-ng"}


class Sound(NamedTuple):
    """What was recorded, from a moment on."""

    start: float
    """When its first sample was there, in seconds of `time.time`."""
    samples: Samples

    def after(self, moment: float) -> "Sound":
        """What came later than that."""
        skipped = max(0, round((moment - self.start) * RATE))
        return Sound(self.start + skipped / RATE, self.samples[skipped:])

    def before(self, moment: float) -> "Sound":
        """What came earlier than that."""
        return Sound(self.start, self.samples[: max(0, round((moment - self.start) * RATE))])


class Recorder:
    """Records a source without an end, in memory; it also keeps the sink behind it working in short steps.

    A null sink to which nobody listens closely works in blocks of up to two seconds: without this no figure
    would mean anything.
    """

    def __init__(self, source: str, environment: dict[str, str]) -> None:
        words = ["parec", f"--device={source}", "--raw", "--format=s16le", f"--rate={RATE}", "--channels=1"]
        self._process = subprocess.Popen(
            [*words, "--latency-msec=10"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._lock = threading.Lock()
        self._blocks: list[bytes] = []
        self._arrivals: list[float] = []
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()

    def _collect(self) -> None:
        pipe = self._process.stdout
        while pipe is not None and (block := pipe.read(2 * _BLOCK)):
            with self._lock:
                self._blocks.append(block)
                self._arrivals.append(time.time())

    def forget(self) -> None:
        """Keep only the last two seconds."""
        with self._lock:
            del self._blocks[:-200], self._arrivals[:-200]

    def sound(self, since: float = 0.0) -> Sound:
        """What was recorded after a moment, in seconds of `time.time`.

        A block may come late, never early: the least delayed one of some seconds tells when all of them were
        there.
        """
        with self._lock:
            arrivals = np.array(self._arrivals[-_CLOCK_BLOCKS:])
            blocks = list(self._blocks)
        if not len(arrivals):
            return Sound(time.time(), np.zeros(0, np.float32))
        ends = arrivals - np.arange(len(blocks) - len(arrivals) + 1, len(blocks) + 1) * _BLOCK_SECONDS
        samples = np.frombuffer(b"".join(blocks), "<i2").astype(np.float32) / np.float32(32768)
        return Sound(float(ends.min()), samples).after(since)

    def close(self) -> None:
        """End it."""
        quit_process(self._process)
        self._thread.join(_LIMIT_SECONDS)
        if self._process.stdout is not None:
            self._process.stdout.close()


class Card:
    """A microphone and loudspeakers that exist only for the benchmark.

    Attributes:
        variables: With which a process uses this card and no other.
        said: Records what goes into the microphone, in front of it.
        heard: Records what the loudspeakers play.
    """

    def __init__(self, variables: dict[str, str]) -> None:
        self.variables = variables
        self._environment = os.environ | variables
        self._room = self._pour(0.1)
        self._is_over = threading.Event()
        self._hiss = threading.Thread(target=self._make_noise, daemon=True)
        self._hiss.start()
        self.said = Recorder("vmic_in.monitor", self._environment)
        self.heard = Recorder("vspk.monitor", self._environment)

    def pactl(self, *words: str) -> str:
        """Run `pactl` on this card; returns what it prints."""
        return _pactl(self._environment, *words)

    def say(self, samples: Samples) -> None:
        """Speak into the microphone: mono at 48 kHz; returns when it has been taken, about 0.1 s early."""
        process = self._pour(0.1)
        try:
            process.communicate(
                np.ascontiguousarray(samples, np.float32).tobytes(), len(samples) / RATE + _LIMIT_SECONDS
            )
        except subprocess.TimeoutExpired as error:
            raise BenchmarkError("The virtual microphone takes no sound.") from error
        finally:
            quit_process(process)

    def _pour(self, latency_seconds: float) -> subprocess.Popen[bytes]:
        """Something that takes sound for the microphone on its stdin."""
        words = ["pacat", "--playback", "--device=vmic_in", "--raw", "--format=float32le", "--channels=1"]
        return subprocess.Popen(
            [*words, f"--rate={RATE}", f"--latency-msec={latency_seconds * 1000:.0f}"],
            env=self._environment,
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def _make_noise(self) -> None:
        """The hiss that every microphone has; no two moments of it are alike."""
        random = np.random.default_rng(1)
        with contextlib.suppress(BrokenPipeError, ValueError):
            while self._room.stdin is not None and not self._is_over.is_set():
                self._room.stdin.write((_HISS * random.standard_normal(_BLOCK)).astype(np.float32).tobytes())

    @contextmanager
    def echo(self, delay_seconds: float, loudness: float) -> Iterator[None]:
        """The microphone hears the loudspeakers: so much later, and so loud (1 is as they are)."""
        module = self.pactl(
            "load-module",
            "module-loopback",
            "source=vspk.monitor",
            "sink=vmic_in",
            f"latency_msec={delay_seconds * 1000:.0f}",
            # Both ends have one clock: what follows it by itself would only wander.
            "adjust_time=0",
        )
        try:
            blocks = self.pactl("list", "sink-inputs").split("Sink Input #")[1:]
            own = next(block for block in blocks if f"Owner Module: {module}" in block)
            volume = f"{20 * np.log10(loudness):.2f}dB"
            self.pactl("set-sink-input-volume", own.split()[0], volume)
            yield
        finally:
            self.pactl("unload-module", module)

    def forget(self) -> None:
        """Forget what was recorded but for the last two seconds."""
        self.said.forget()
        self.heard.forget()

    def close(self) -> None:
        """End the recorders and the hiss."""
        self._is_over.set()
        self._hiss.join(_LIMIT_SECONDS)
        quit_process(self._room)
        if self._room.stdin is not None:
            # What was still on its way is of no use any more.
            with contextlib.suppress(BrokenPipeError):
                self._room.stdin.close()
        self.said.close()
        self.heard.close()


@contextmanager
def card() -> Iterator[Card]:
    """Start a card, and end it after the block.

    Raises:
        BenchmarkError: A program is missing or does not start.
    """
    for program, package in _PROGRAMS.items():
        if shutil.which(program) is None:
            raise BenchmarkError(f"{program} is missing. Install it: apt-get install {package}")
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="alisa-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        variables = _variables(folder)
        environment = os.environ | variables
        daemon = _start(folder, environment)
        stack.callback(quit_process, daemon)
        _wait_for(daemon, environment)
        for name, channels in (("vmic_in", 1), ("vspk", 2)):
            words = (f"sink_name={name}", f"rate={RATE}", f"channels={channels}", "norewinds=1")
            _pactl(environment, "load-module", "module-null-sink", *words)
        source = ("master=vmic_in.monitor", "source_name=vmic")
        _pactl(environment, "load-module", "module-remap-source", *source)
        _pactl(environment, "set-default-source", "vmic")
        _pactl(environment, "set-default-sink", "vspk")
        running = Card(variables)
        stack.callback(running.close)
        _wait_until_prompt(running)
        yield running


def _variables(folder: Path) -> dict[str, str]:
    run = folder / "run"
    (run / "pulse").mkdir(parents=True, mode=0o700)
    run.chmod(0o700)
    ours: dict[str, Any] = {
        "HOME": folder,
        "XDG_RUNTIME_DIR": run,
        "PULSE_RUNTIME_PATH": run / "pulse",
        "PULSE_STATE_PATH": folder / "state",
        "PULSE_COOKIE": folder / "cookie",
        "PULSE_SERVER": f"unix:{run}/pulse/native",
        "PULSE_SOURCE": "vmic",
        "PULSE_SINK": "vspk",
        # Her bells are none of her voice, and would be taken for it.
        "SDL_AUDIODRIVER": "dummy",
        "LC_ALL": "C.UTF-8",
        # Bluetooth and the desktop of this machine are none of this card's business.
        "DBUS_SESSION_BUS_ADDRESS": "",
    }
    return {name: str(text) for name, text in ours.items()}


def _start(folder: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    script = folder / "default.pa"
    socket = folder / "run" / "pulse" / "native"
    script.write_text(f".fail\nload-module module-native-protocol-unix auth-anonymous=1 socket={socket}\n")
    words = ["pulseaudio", "-n", "-F", str(script), "--daemonize=no", "--exit-idle-time=-1"]
    words += ["--use-pid-file=no", "--disable-shm=yes", "--realtime=no", "--high-priority=no"]
    nothing = subprocess.DEVNULL
    return subprocess.Popen(words, env=environment, stdin=nothing, stdout=nothing, stderr=nothing)


def _wait_for(daemon: subprocess.Popen[bytes], environment: dict[str, str]) -> None:
    end = time.monotonic() + _LIMIT_SECONDS
    while daemon.poll() is None and time.monotonic() < end:
        with contextlib.suppress(BenchmarkError):
            _pactl(environment, "info")
            return
        time.sleep(0.05)
    raise BenchmarkError("The private PulseAudio did not start.")


def _pactl(environment: dict[str, str], *words: str) -> str:
    try:
        done = subprocess.run(
            ["pactl", *words],
            env=environment,
            capture_output=True,
            text=True,
            timeout=_LIMIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise BenchmarkError(f"pactl {words[0]} did not work.") from error
    return done.stdout.strip()


def _wait_until_prompt(running: Card) -> None:
    """Until sound comes in steps of 10 ms at both ends."""
    end = time.monotonic() + _LIMIT_SECONDS
    while time.monotonic() < end:
        start = time.time()
        time.sleep(0.5)
        lengths = [len(each.sound(start).samples) / RATE for each in (running.said, running.heard)]
        if all(0.4 < length < 0.6 for length in lengths):
            return
    raise BenchmarkError("The virtual sound card does not work in short steps.")

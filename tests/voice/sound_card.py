"""A sound card for tests: a private PulseAudio with a microphone and loudspeakers that only the test hears.

It needs no sound hardware and works as root. Nothing outside its own temporary folder is touched.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

RATE = 48_000
MICROPHONE, SPEAKER = "vmic", "vspk"
# What is played into this sink comes out of the microphone.
_MICROPHONE_INPUT = "vmic_in"
_PROGRAMS = {"pulseaudio": "pulseaudio", "pactl": "pulseaudio-utils", "parec": "pulseaudio-utils"}
_LIMIT_SECONDS = 10.0
# Recordings are in blocks of this length; what is heard is known to that accuracy.
_BLOCK_SECONDS = 0.01
_OURS = ("XDG_RUNTIME_DIR", "PULSE_RUNTIME_PATH", "PULSE_STATE_PATH", "PULSE_SERVER", "PULSE_COOKIE")
_CHOICE = {"PULSE_SOURCE": MICROPHONE, "PULSE_SINK": SPEAKER, "SDL_AUDIODRIVER": "pulseaudio"}


class Recording:
    """What a source of the card gives from now on, in memory; stop it with `stop`."""

    def __init__(self, card: "SoundCard", source: str, rate: int = RATE, channels: int = 1) -> None:
        self.rate, self.channels = rate, channels
        words = ["parec", f"--device={source}", "--raw", "--format=float32le", f"--rate={rate}"]
        words += [f"--channels={channels}", "--latency-msec=10"]
        self._process = subprocess.Popen(
            words, env=card.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._blocks: list[tuple[float, bytes]] = []
        self._has_begun = threading.Event()
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()
        if not self._has_begun.wait(_LIMIT_SECONDS):
            self.stop()
            raise RuntimeError(f"Nothing comes from {source}.")

    def _collect(self) -> None:
        size = int(self.rate * _BLOCK_SECONDS) * 4 * self.channels
        assert self._process.stdout is not None
        while block := self._process.stdout.read(size):
            self._blocks.append((time.time(), block))
            self._has_begun.set()

    @property
    def seconds(self) -> float:
        """How much there is by now."""
        return len(self._blocks) * _BLOCK_SECONDS

    def samples(self) -> Samples:
        """All there is by now: float32, one column for each channel where there are several."""
        found = np.frombuffer(b"".join(block for _, block in self._blocks), np.float32)
        return found.reshape(-1, self.channels) if self.channels > 1 else found

    def loud_times(self, threshold: float = 0.003) -> list[float]:
        """When sound was there, in seconds since the epoch, by blocks of 10 ms in order of time."""
        return [
            at
            for at, block in list(self._blocks)
            if np.abs(np.frombuffer(block, np.float32)).max() > threshold
        ]

    def wait_for_sound(self, seconds: float = _LIMIT_SECONDS, threshold: float = 0.003) -> float:
        """Wait for the first sound; returns when it came, in seconds since the epoch."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if loud := self.loud_times(threshold):
                return loud[0]
            time.sleep(0.005)
        raise AssertionError(f"No sound within {seconds} s.")

    def wait_for_seconds(self, seconds: float) -> None:
        """Wait until there is so much."""
        end = time.monotonic() + seconds + _LIMIT_SECONDS
        while self.seconds < seconds and time.monotonic() < end:
            time.sleep(0.005)

    def stop(self) -> Samples:
        """End the recording and return it."""
        self._process.terminate()
        self._process.wait(_LIMIT_SECONDS)
        self._thread.join(_LIMIT_SECONDS)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return self.samples()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class SoundCard:
    """A microphone `vmic` and loudspeakers `vspk`; use it in a `with` block.

    Attributes:
        environment: Variables with which a child process uses this card and no other.
    """

    def __init__(self, speaker_rate: int = RATE, speaker_channels: int = 2) -> None:
        self._speaker = (speaker_rate, speaker_channels)
        self._folder = Path()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._guard: subprocess.Popen[bytes] | None = None
        self._keepers: dict[str, subprocess.Popen[bytes]] = {}
        self.environment: dict[str, str] = {}

    def __enter__(self) -> Self:
        for program, package in _PROGRAMS.items():
            if shutil.which(program) is None:
                raise RuntimeError(f"{program} is missing: install {package} (apt-get install {package}).")
        self._folder = Path(tempfile.mkdtemp(prefix="alisa-sound-"))
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self) -> None:
        folder, run = self._folder, self._folder / "run"
        (run / "pulse").mkdir(parents=True, mode=0o700)
        run.chmod(0o700)
        server = f"unix:{run}/pulse/native"
        # Bluetooth, JACK and the session bus of the machine are none of this card's business.
        places = dict(
            zip(_OURS, (run, run / "pulse", folder / "state", server, folder / "cookie"), strict=True)
        )
        self.environment = {**os.environ, **{name: str(place) for name, place in places.items()}, **_CHOICE}
        self.environment |= {"HOME": str(folder), "LC_ALL": "C.UTF-8"}
        self.environment.pop("DBUS_SESSION_BUS_ADDRESS", None)
        script = folder / "default.pa"
        script.write_text(
            f".fail\nload-module module-native-protocol-unix auth-anonymous=1 socket={run}/pulse/native\n"
            f"load-module module-cli-protocol-unix socket={run}/pulse/cli\n",
            encoding="utf-8",
        )
        words = ["pulseaudio", "-n", "-F", str(script), "--daemonize=no", "--exit-idle-time=-1"]
        words += ["--use-pid-file=no", "--disable-shm=yes", "--realtime=no", "--high-priority=no"]
        self._processes.append(self._run(words))
        # Should the tests be killed, the pipe to this one ends, and it clears away what they left.
        clear = ["sh", "-c", 'read -r line; kill "$1"; rm -rf "$2"', "sh"]
        clear += [str(self._processes[0].pid), str(folder)]
        self._guard = subprocess.Popen(clear, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        end = time.monotonic() + _LIMIT_SECONDS
        while subprocess.run(
            ["pactl", "info"], env=self.environment, capture_output=True, check=False
        ).returncode:
            if time.monotonic() > end or self._processes[0].poll() is not None:
                raise RuntimeError("The private PulseAudio does not start.")
            time.sleep(0.02)
        self.add_microphone()
        self.add_speaker()

    def _run(self, words: list[str]) -> subprocess.Popen[bytes]:
        quiet = subprocess.DEVNULL
        return subprocess.Popen(words, env=self.environment, stdin=quiet, stdout=quiet, stderr=quiet)

    def __exit__(self, *_: object) -> None:
        if self._guard is not None:
            assert self._guard.stdin is not None
            self._guard.terminate()
            self._guard.wait()
            self._guard.stdin.close()
        everyone = [*self._keepers.values(), *self._processes]
        for process in everyone:
            process.terminate()
        for process in everyone:
            try:
                process.wait(3)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._keepers.clear()
        self._processes.clear()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def folder(self) -> Path:
        """Where the daemon keeps its files while it runs."""
        return self._folder

    @property
    def pids(self) -> list[int]:
        """The processes that belong to the card."""
        return [process.pid for process in (*self._keepers.values(), *self._processes)]

    def pactl(self, *words: str) -> str:
        """Run `pactl` against this card; returns what it prints."""
        done = subprocess.run(
            ["pactl", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=_LIMIT_SECONDS,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"pactl {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout.strip()

    def add_speaker(self, rate: int = 0, channels: int = 0) -> None:
        """Plug in the loudspeakers, as they were or with another rate and number of channels."""
        self._speaker = (rate or self._speaker[0], channels or self._speaker[1])
        self._add_sink(SPEAKER, *self._speaker)
        self.pactl("set-default-sink", SPEAKER)

    def remove_speaker(self) -> None:
        """Unplug the loudspeakers; what plays there is cut off."""
        self._remove(SPEAKER)

    def restore(self) -> None:
        """Plug in again what a test pulled out."""
        if SPEAKER not in self._keepers:
            self.add_speaker()
        if _MICROPHONE_INPUT not in self._keepers:
            self.add_microphone()

    def add_microphone(self) -> None:
        """Plug in the microphone."""
        self._add_sink(_MICROPHONE_INPUT, RATE, 1)
        master = f"master={_MICROPHONE_INPUT}.monitor"
        self.pactl("load-module", "module-remap-source", master, f"source_name={MICROPHONE}")
        self.pactl("set-default-source", MICROPHONE)

    def remove_microphone(self) -> None:
        """Unplug the microphone."""
        self._remove(_MICROPHONE_INPUT)

    def _add_sink(self, name: str, rate: int, channels: int) -> None:
        self.pactl(
            "load-module",
            "module-null-sink",
            f"sink_name={name}",
            f"rate={rate}",
            f"channels={channels}",
            # A null sink works in blocks of two seconds; without rewinds in such of 50 ms,
            "norewinds=1",
        )
        # and of 10 ms while somebody listens closely. No figure of a test means anything without this.
        self._keepers[name] = self._run(["parec", f"--device={name}.monitor", "--latency-msec=10"])
        self._wait_until_prompt(name)

    def _wait_until_prompt(self, name: str) -> None:
        """Wait until its sound comes in short steps."""
        with Recording(self, f"{name}.monitor") as recording:
            recording.wait_for_seconds(0.05)

    def _remove(self, sink: str) -> None:
        """As with a real card that is pulled out, what plays or records there ends and moves nowhere."""
        keeper = self._keepers.pop(sink)
        modules = [line.split("\t") for line in self.pactl("list", "short", "modules").splitlines()]
        kinds = (("sink-input", "sink-inputs"), ("source-output", "source-outputs"))
        users = [f"kill-{kind} {number}" for kind, listed in kinds for number in self._users(listed, sink)]
        gone = [f"unload-module {number}" for number, *rest in reversed(modules) if sink in " ".join(rest)]
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(_LIMIT_SECONDS)
            line.connect(str(self._folder / "run" / "pulse" / "cli"))
            line.sendall("\n".join([*users, *gone, ""]).encode())
            line.shutdown(socket.SHUT_WR)
            while line.recv(4096):
                pass
        keeper.terminate()
        keeper.wait(_LIMIT_SECONDS)

    def _users(self, listed: str, sink: str) -> list[str]:
        """Numbers of the streams on a sink, or on a source that belongs to it."""
        of_sink = {sink, f"{sink}.monitor", MICROPHONE if sink == _MICROPHONE_INPUT else sink}
        places = {
            number
            for kind in ("sinks", "sources")
            for number, name, *_ in map(str.split, self.pactl("list", "short", kind).splitlines())
            if name in of_sink and kind.startswith(listed.partition("-")[0])
        }
        streams = map(str.split, self.pactl("list", "short", listed).splitlines())
        return [number for number, place, *_ in streams if place in places]

    def users(self, kind: str) -> list[str]:
        """Who plays ("sink-inputs") or records ("source-outputs") now, beside the card itself."""
        listed = self.pactl("list", kind)
        blocks = [block for block in listed.split("\n\n") if block.strip()]
        return [block for block in blocks if "parec" not in block and "module-" not in block]

    def speak_into_microphone(self, samples: Samples, rate: int = RATE, wait: bool = True) -> None:
        """Say something: mono float32 goes into the microphone, at the speed of sound.

        Args:
            samples: Mono, -1 to 1.
            rate: Samples a second.
            wait: Return when all has been said; else at once.
        """
        feeder = self._pour(_MICROPHONE_INPUT, samples, rate)
        if wait:
            feeder.join(len(samples) / rate + _LIMIT_SECONDS)

    def _pour(self, sink: str, samples: Samples, rate: int) -> threading.Thread:
        words = ["pacat", "--playback", f"--device={sink}", "--raw", "--format=float32le"]
        words += [f"--rate={rate}", "--channels=1", "--latency-msec=500"]
        process = subprocess.Popen(
            words, env=self.environment, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._processes.append(process)

        def feed() -> None:
            with contextlib.suppress(BrokenPipeError):
                process.communicate(np.ascontiguousarray(samples, np.float32).tobytes())

        feeder = threading.Thread(target=feed, daemon=True)
        feeder.start()
        return feeder

    def play(self, samples: Samples, rate: int = RATE) -> None:
        """Play something through the loudspeakers, as another program would; returns at once."""
        self._pour(SPEAKER, samples, rate)

    def record(self, source: str) -> Recording:
        """Begin to record from a source: `MICROPHONE`, or the monitor of a sink."""
        return Recording(self, source)

    def listen(self, rate: int = RATE, channels: int = 1) -> Recording:
        """Begin to record what the loudspeakers play."""
        return Recording(self, f"{SPEAKER}.monitor", rate, channels)

    def record_speaker(self, seconds: float) -> Samples:
        """What the loudspeakers play during that time."""
        with self.listen() as recording:
            recording.wait_for_seconds(seconds)
            return recording.samples()

    @contextlib.contextmanager
    def add_echo(self, delay_seconds: float, volume: float) -> Iterator[None]:
        """The microphone hears the loudspeakers: that much later, that loud (1 is as loud as they are)."""
        module = self.pactl(
            "load-module",
            "module-loopback",
            f"source={SPEAKER}.monitor",
            f"sink={_MICROPHONE_INPUT}",
            f"latency_msec={delay_seconds * 1000:.0f}",
            "adjust_time=0",
        )
        try:
            blocks = self.pactl("list", "sink-inputs").split("Sink Input #")[1:]
            own = next(block for block in blocks if f"Owner Module: {module}" in block)
            # PulseAudio's volume is cubic; a factor with "dB" is not.
            self.pactl("set-sink-input-volume", own.split()[0], f"{20 * np.log10(max(volume, 1e-6)):.2f}dB")
            yield
        finally:
            self.pactl("unload-module", module)


@contextlib.contextmanager
def chosen(card: SoundCard) -> Iterator[SoundCard]:
    """Let this very process use the card and no other."""
    names = (*_OURS, *_CHOICE)
    before = {name: os.environ.get(name) for name in names}
    os.environ.update({name: card.environment[name] for name in names})
    try:
        yield card
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def alike(heard: Samples, said: Samples) -> tuple[float, int]:
    """How alike two sounds are at the best shift.

    Returns:
        The correlation, 0 to 1, and how many samples after the start of `heard` the sound begins.
    """
    size = 1 << (len(heard) + len(said)).bit_length()
    product = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(said, size))
    shift = int(np.argmax(np.fft.irfft(product, size)[: max(1, len(heard) - len(said) + 1)]))
    part = heard[shift : shift + len(said)]
    norm = float(np.linalg.norm(part) * np.linalg.norm(said[: len(part)]))
    return (float(np.dot(part, said[: len(part)])) / norm if norm else 0.0), shift

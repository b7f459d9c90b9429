"""The microphones and loudspeakers of this machine, and the PortAudio that reaches them."""

import contextlib
import json
import logging
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from backend.shared.desktop.sound import quiet_sound
from backend.shared.errors import AlisaError

log = logging.getLogger(__name__)

Kind = Literal["input", "output"]
Callback = Callable[[Any, int, Any, Any], None]
"""What PortAudio calls for each block: samples (frames, channels), frames, times, flags."""

# A machine reaches one card by several ways; these are the best of Windows, macOS and Linux.
_BEST_WAYS = ("Windows WASAPI", "Core Audio", "ALSA")
# What ALSA calls devices but nobody would choose.
_PLUMBING = re.compile(
    r"(sysdefault|front|rear|center_lfe|side|surround\d*|dmix|dsnoop|iec958|spdif|hdmi|lavrate|samplerate"
    r"|speexrate|speex|jack|oss|upmix|vdownmix|a52|null|modem|phoneline)\b.*"
)
_CARD_NUMBER = re.compile(r"\s*\(hw:\d+,\d+\)$")
_WORDS = {"input": "microphone", "output": "loudspeaker"}
_RATES = (48_000, 44_100, 16_000)
# A new process sees what is plugged in now; PortAudio shows what there was when it was initialised.
_LOOK = (
    "import json, sounddevice as s; print(json.dumps("
    "[[d['name'], d['max_input_channels'], d['max_output_channels']] for d in s.query_devices()]))"
)
_LOOK_SECONDS, _LOOK_EVERY_SECONDS = 15.0, 5.0
_NO_SYSTEM = "The system's sound does not answer. Restart it, or log out and in again."
_BUSY, _FORMAT, _NO_DEVICE = {-9985}, {-9997, -9998, -9994}, {-9993, -9996}


class SoundError(AlisaError):
    """A microphone or loudspeaker cannot be used; the message says what to do."""


class User(Protocol):
    """Somebody who has a stream open."""

    def let_go(self) -> None:
        """Close the stream now; it may be opened anew at once."""


@dataclass(frozen=True)
class Device:
    """One microphone or loudspeaker."""

    index: int
    name: str
    kind: Kind
    channels: int
    "As many as it has."
    rate: int
    "Samples a second that suit it best."
    is_default: bool

    @property
    def title(self) -> str:
        """What the user reads."""
        thing = _WORDS[self.kind]
        return f"the default {thing}" if self.is_default else f'the {thing} "{self.name}"'


class Sound:
    """PortAudio: its list of devices, and the opening and closing of streams, one at a time.

    Attributes:
        lock: Held by whoever opens, closes or looks; no callback of a stream may ever take it.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._users: list[User] = []
        self._open_streams = 0
        self._looked_at = 0.0

    def devices(self, kind: Kind) -> list[Device]:
        """All that a user may choose from, the default one first.

        Raises:
            SoundError: This machine cannot do sound at all.
        """
        found = [device for device in self._all(kind) if not _PLUMBING.fullmatch(device.name)]
        return sorted(found, key=lambda device: not device.is_default)

    def find(self, kind: Kind, name: str = "") -> Device:
        """The default device, or the one whose name is, begins with, or has in it what is given.

        Raises:
            SoundError: There is none such; the message lists those there are.
        """
        everything = self._all(kind)
        wanted = name.strip().casefold()
        if not wanted:
            chosen = [device for device in everything if device.is_default] or everything
        else:
            names = [(device.name.casefold(), device) for device in everything]
            chosen = [device for each, device in names if each == wanted]
            chosen += [device for each, device in names if each.startswith(wanted)]
            chosen += [device for each, device in names if wanted in each]
        if chosen:
            return chosen[0]
        thing = _WORDS[kind]
        if not everything:
            raise SoundError("sound-none", f"There is no {thing}. Plug one in, or switch it on.")
        listed = ", ".join(f'"{device.name}"' for device in self.devices(kind))
        raise SoundError(
            "sound-none", f'There is no {thing} "{name}". Plug it in, or choose one of these: {listed}.'
        )

    def _all(self, kind: Kind) -> list[Device]:
        library = _library()
        with self.lock:
            try:
                ways, rows = library.query_hostapis(), library.query_devices()
            except library.PortAudioError as error:
                raise SoundError("sound-system", _NO_SYSTEM) from error
        usable = [row for row in rows if row[f"max_{kind}_channels"] > 0]
        present = {row["hostapi"] for row in usable}
        best = next(
            (number for name in _BEST_WAYS for number in present if ways[number]["name"] == name),
            min(present, default=0),
        )
        default = ways[best][f"default_{kind}_device"] if present else -1
        return [
            Device(
                index=row["index"],
                name=_CARD_NUMBER.sub("", row["name"]),
                kind=kind,
                channels=row[f"max_{kind}_channels"],
                rate=round(row["default_samplerate"]),
                is_default=row["index"] == default,
            )
            for row in usable
            if row["hostapi"] == best
        ]

    def open(
        self, device: Device, callback: Callback, latency_seconds: float, prepare: Callable[[Any], None]
    ) -> Any:
        """Open and start a stream of float32 with the rate and channels the device takes.

        Args:
            device: From `find`.
            callback: Called in PortAudio's own thread for each block.
            latency_seconds: How much sound waits in the device; the less, the sooner and the more fragile.
            prepare: Told the stream before its first block.

        Raises:
            SoundError: The device is gone, busy, or takes none of the usual rates.
        """
        library = _library()
        kind = library.InputStream if device.kind == "input" else library.OutputStream
        problem: Exception | None = None
        with self.lock, without_chatter():
            for rate, channels in formats(device):
                try:
                    stream = kind(
                        device=device.index,
                        samplerate=rate,
                        channels=channels,
                        dtype="float32",
                        latency=latency_seconds,
                        callback=callback,
                    )
                    try:
                        prepare(stream)
                        stream.start()
                    except library.PortAudioError:
                        stream.close()
                        raise
                except (library.PortAudioError, ValueError) as error:
                    problem = error
                    if _code(error) not in _FORMAT:
                        break
                else:
                    self._open_streams += 1
                    return stream
        raise explain(problem, device) from problem

    def close(self, stream: Any) -> None:
        """Close a stream; what it still has to play is dropped."""
        with self.lock, without_chatter():
            self._open_streams -= 1
            stream.abort()
            stream.close()

    def join(self, user: User) -> None:
        """Be asked to let go of a stream when the list of devices has to be read anew."""
        with self.lock:
            self._users.append(user)

    def leave(self, user: User) -> None:
        """Undo `join`."""
        with self.lock:
            self._users.remove(user)

    def refresh(self) -> bool:
        """Read the list of devices anew if that is needed to see what was plugged in or out.

        PortAudio lists devices once and can only be asked again while no stream is open. So where one is,
        another process looks first, and only a change makes all streams let go for a moment.

        Returns:
            Whether the list was read anew.
        """
        library = _library()
        if self._open_streams and not self._is_changed():
            return False
        with self.lock, without_chatter():
            for user in list(self._users):
                user.let_go()
            # There is no public way; the maintainer of sounddevice names this one in its issue 16.
            with contextlib.suppress(library.PortAudioError):
                library._terminate()
            try:
                library._initialize()
            except library.PortAudioError as error:
                raise SoundError("sound-system", _NO_SYSTEM) from error
        log.debug("The list of sound devices was read anew.")
        return True

    def _is_changed(self) -> bool:
        if time.monotonic() - self._looked_at < _LOOK_EVERY_SECONDS:
            return False
        self._looked_at = time.monotonic()
        try:
            done = subprocess.run(  # noqa: S603  our own interpreter with words of our own
                [sys.executable, "-I", "-c", _LOOK],
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=_LOOK_SECONDS,
                check=True,
            )
            outside = json.loads(done.stdout)
        except (OSError, subprocess.SubprocessError, ValueError):
            return False
        with self.lock:
            rows = _library().query_devices()
        return bool(
            outside != [[row["name"], row["max_input_channels"], row["max_output_channels"]] for row in rows]
        )


def formats(device: Device) -> list[tuple[int, int]]:
    """Sample rates and numbers of channels in the order to try them, none that the device cannot have."""
    liked = (1, 2) if device.kind == "input" else (2, 1)
    numbers = [number for number in liked if number <= device.channels]
    # Some cards take nothing but all their channels at once.
    numbers += [device.channels] if device.channels > 2 else []
    return [(rate, number) for rate in dict.fromkeys((device.rate, *_RATES)) for number in numbers]


def explain(error: Exception | None, device: Device) -> SoundError:
    """What a PortAudio error means to the user, and the fix."""
    code = _code(error)
    title = device.title[0].upper() + device.title[1:]
    if code in _BUSY:
        text = f"{title} is in use by another program. Close that program, or choose another device."
        return SoundError("sound-busy", text)
    if code in _FORMAT:
        text = f"{title} takes none of the usual sample rates. Set it to 48000 Hz in the system's settings."
        return SoundError("sound-format", text)
    if code in _NO_DEVICE:
        return gone(device)
    allowed = ", and that programs may use it" if device.kind == "input" else ""
    return SoundError(
        "sound-unusable",
        f"{title} does not work now. Check that it is plugged in and switched on{allowed}, "
        "or choose another device.",
    )


def gone(device: Device) -> SoundError:
    """The error for a device that vanished while it was used."""
    title = device.title[0].upper() + device.title[1:]
    return SoundError("sound-gone", f"{title} is gone. Plug it in again, or choose another device.")


def _code(error: Exception | None) -> int:
    numbers = [part for part in getattr(error, "args", ()) if isinstance(part, int)]
    return numbers[0] if numbers else 0


def _library() -> Any:
    try:
        import sounddevice
    except ImportError as error:
        text = "The package sounddevice is missing. Run: scripts/alisa.py install"
        raise SoundError("sound-missing", text) from error
    except OSError as error:
        text = "PortAudio is missing. Install it (apt-get install libportaudio2), then start the voice again."
        raise SoundError("sound-missing", text) from error
    quiet_sound()
    return sounddevice


@contextlib.contextmanager
def without_chatter() -> Iterator[None]:
    """PortAudio and ALSA write lines of their own about each failure; ours says it once and plainly."""
    try:
        kept = os.dup(2)
    except OSError:
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)


def silence_libraries() -> None:
    """Keep stderr for Alisa's own lines: PortAudio and ALSA print theirs in threads of their own."""
    try:
        kept = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
    except OSError:
        return
    os.dup2(nowhere, 2)
    os.close(nowhere)
    sys.stderr = os.fdopen(kept, "w", encoding="utf-8", errors="replace", buffering=1)

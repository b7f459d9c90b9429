"""The table of what Alisa is made of: a new part is one row here."""

import sys
from dataclasses import dataclass
from pathlib import Path

from launcher.system import SystemPackage

ROOT = Path(__file__).resolve().parents[2]

TK = SystemPackage(
    "Tk",
    {
        "apt-get": "python3-tk",
        "dnf": "python3-tkinter",
        "pacman": "tk",
        "zypper": "python3-tk",
        "brew": "python-tk",
    },
)
PORTAUDIO = SystemPackage(
    "PortAudio",
    {
        "apt-get": "libportaudio2",
        "dnf": "portaudio",
        "pacman": "portaudio",
        "zypper": "libportaudio2",
        "brew": "portaudio",
    },
)
# Her last voice: only Linux has none of its own.
ESPEAK = SystemPackage(
    "espeak-ng",
    {
        "apt-get": "espeak-ng",
        "dnf": "espeak-ng",
        "pacman": "espeak-ng",
        "zypper": "espeak-ng",
        "brew": "espeak-ng",
        "winget": "eSpeak-NG.eSpeak-NG",
    },
    program="espeak-ng",
    is_optional=True,
)
TESSERACT = SystemPackage(
    "Tesseract",
    {
        "apt-get": "tesseract-ocr",
        "dnf": "tesseract",
        "pacman": "tesseract",
        "zypper": "tesseract-ocr",
        "brew": "tesseract",
        "winget": "UB-Mannheim.TesseractOCR",
    },
    program="tesseract",
)

# What the tests need beside Python packages; scripts/test.sh installs what is missing where it may.
TEST_PACKAGES: tuple[SystemPackage, ...] = tuple(
    SystemPackage(title, {"apt-get": package, "dnf": other, "pacman": third}, program=program)
    for title, program, package, other, third in (
        ("Xvfb", "Xvfb", "xvfb", "xorg-x11-server-Xvfb", "xorg-server-xvfb"),
        ("openbox", "openbox", "openbox", "openbox", "openbox"),
        ("picom", "picom", "picom", "picom", "picom"),
        ("xrandr", "xrandr", "x11-xserver-utils", "xrandr", "xorg-xrandr"),
        # No program tells whether it is there; it comes with Xvfb.
        (
            "the emoji font",
            "Xvfb",
            "fonts-noto-color-emoji",
            "google-noto-color-emoji-fonts",
            "noto-fonts-emoji",
        ),
        ("PulseAudio", "pulseaudio", "pulseaudio", "pulseaudio", "pulseaudio"),
        ("PulseAudio's tools", "pactl", "pulseaudio-utils", "pulseaudio-utils", "libpulse"),
        # Without a program of their own; they come with the first.
        ("PortAudio", "pulseaudio", "libportaudio2", "portaudio", "portaudio"),
        (
            "ALSA's door to PulseAudio",
            "pulseaudio",
            "libasound2-plugins",
            "alsa-plugins-pulseaudio",
            "alsa-plugins",
        ),
        ("espeak-ng", "espeak-ng", "espeak-ng", "espeak-ng", "espeak-ng"),
    )
    if sys.platform == "linux"
)


@dataclass(frozen=True)
class Part:
    """One process of Alisa, or an optional ability of the hub that has its own packages."""

    name: str
    "What `--only` calls it."
    title: str
    "What the user reads."
    module: str
    "Started with `python -m`; empty for an ability of the hub."
    requirements: str
    "Its requirements file."
    arguments: tuple[str, ...] = ()
    probe: str = ""
    "A module that can only be imported where the part can run."
    needs: str = ""
    "A module that says on import what else is missing; no package would mend it."
    system: tuple[SystemPackage, ...] = ()
    is_required: bool = False
    other_names: tuple[str, ...] = ()
    of: str = ""
    "An ability: the part that has it, and is installed with."
    covers: tuple[str, ...] = ()
    "Parts whose work this one does too, so that they are not started beside it."

    @property
    def questions(self) -> tuple[str, ...]:
        """What has to be imported to know whether it can run here."""
        return tuple(module for module in (self.probe, self.needs) if module)

    def exists(self, root: Path) -> bool:
        """Whether this version of Alisa has the part."""
        if not self.module:
            return (root / self.requirements).is_file()
        place = root.joinpath(*self.module.split("."))
        return place.with_suffix(".py").is_file() or (place / "__main__.py").is_file()


PARTS = (
    Part(
        "hub",
        "the hub",
        "backend",
        "backend/requirements.txt",
        probe="backend.app",
        is_required=True,
        other_names=("backend",),
    ),
    Part(
        "embedded",
        "the embedded model runtime",
        "",
        "backend/requirements-embedded.txt",
        probe="xllamacpp",
        of="hub",
    ),
    Part(
        "overlay",
        "the face",
        "overlay",
        "overlay/requirements.txt",
        probe="tkinter",
        needs="overlay.needs",
        system=(TK,),
        other_names=("face",),
    ),
    Part("hands", "the hands", "overlay.hands", "overlay/requirements-hands.txt"),
    Part(
        "voice",
        "the voice",
        "voice",
        "voice/requirements-speech.txt",
        probe="sounddevice",
        system=(PORTAUDIO, ESPEAK) if sys.platform == "linux" else (PORTAUDIO,),
    ),
    Part(
        "echo",
        "echo cancellation",
        "",
        "voice/requirements-echo.txt",
        probe="voice.echo.installed",
        of="voice",
    ),
    Part("vision", "the eyes", "vision", "vision/requirements.txt", probe="cv2"),
    Part(
        "screen",
        "the eyes on the screen",
        "vision",
        "vision/requirements.txt",
        arguments=("--screen",),
        probe="cv2",
        system=(TESSERACT,),
        other_names=("vision_screen",),
        covers=("vision",),
    ),
    Part(
        "chat",
        "the chat",
        "voice.text_chat",
        "voice/requirements.txt",
        probe="voice.text_chat.chat",
        is_required=True,
        other_names=("text_chat",),
    ),
)


def part(name: str) -> Part:
    """The row of that name."""
    return next(row for row in PARTS if name == row.name)


def pick(names: str) -> tuple[Part, ...]:
    """The rows that `--only NAME[,NAME]` means, in the order of the table.

    Raises:
        ValueError: A name is unknown; the message lists those there are.
    """
    wanted = [name.strip().lower() for name in names.split(",") if name.strip()]
    startable = [row for row in PARTS if row.module]
    known = {name: row for row in startable for name in (row.name, *row.other_names)}
    unknown = [name for name in wanted if name not in known]
    if unknown or not wanted:
        listed = ", ".join(row.name for row in startable)
        found = f'There is no part "{unknown[0]}".' if unknown else "No part was named."
        raise ValueError(f"{found} Parts are: {listed}.")
    return tuple(row for row in startable if row in [known[name] for name in wanted])

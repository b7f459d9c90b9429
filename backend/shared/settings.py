"""The settings: `alisa.toml`, the environment, the defaults; says exactly what is wrong.

Every setting `section.key` is also the environment variable `ALISA_SECTION_KEY`. The classes below are
the whole list: a new setting is one line here, with its comment, and appears in the file by itself.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import msgspec
import platformdirs

from backend.shared import desktop
from backend.shared.errors import AlisaError

FILE_NAME = "alisa.toml"

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class SettingsError(AlisaError):
    """Raised when a setting is unknown or has a value that cannot be used."""


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of `alisa.toml`. The comment of each key stands in the file above it."""


class Hub(_Section, frozen=True):
    """Where the hub listens."""

    host: str = "127.0.0.1"
    "Another address than 127.0.0.1 lets other machines in; they must then always show the token."
    port: Port = 8000
    "0 takes any free port."


class Llm(_Section, frozen=True):
    """Which language model thinks for her."""

    url: str = ""
    "Base of an OpenAI-compatible API, for example http://127.0.0.1:8080/v1. Empty: look for servers here."
    model: str = ""
    "Name of the model at that server. Empty: the one it offers first."
    api_key: str = ""
    embedded_model: str = ""
    "Path of a GGUF file to run inside Alisa."
    engine: str = ""
    "Use only this engine (a file in backend/llm/engines). Empty: the best that is there."
    discover: bool = True
    "Look for llama.cpp, Ollama and LM Studio on this machine."
    context_tokens: Annotated[int, msgspec.Meta(ge=512, le=1_000_000)] = 6144
    "Context of the embedded model."
    reply_tokens: Annotated[int, msgspec.Meta(ge=16, le=32_768)] = 600
    "Longest answer."
    temperature: Annotated[float, msgspec.Meta(ge=0, le=2)] = 0.8
    threads: Annotated[int, msgspec.Meta(ge=0, le=512)] = 0
    "Threads of the embedded model. 0: one less than the processor has cores."
    unload_minutes: Annotated[float, msgspec.Meta(ge=0, le=10_080)] = 30.0
    "Give the memory of the embedded model back after so many idle minutes. 0: never."
    connect_seconds: Seconds = 3.0
    first_token_seconds: Seconds = 60.0
    idle_seconds: Seconds = 20.0
    "Longest silence in the middle of an answer."
    total_seconds: Seconds = 300.0


class Security(_Section, frozen=True):
    """Who may talk to the hub."""

    require_token: bool = False
    "true: also programs of your own user must show the token from run/hub.json."
    allow_remote: bool = False
    "true: hub.host may be another address than this machine's own."


class Companion(_Section, frozen=True):
    """What she does by herself."""

    idle: bool = True
    "She may speak up by herself."
    check_seconds: Seconds = 30.0
    persona: str = "alisa"
    "A file in personas/ of this folder or in assets/personas, without .toml."
    language: str = "en"
    "Language of the built-in brain."


class Memory(_Section, frozen=True):
    """How much of the conversation she keeps in mind."""

    max_turns: Count = 10
    max_tokens: Annotated[int, msgspec.Meta(ge=100, le=1_000_000)] = 3000


class Overlay(_Section, frozen=True):
    """Her face on the desktop. What is changed with the mouse or in her menu is remembered beside this."""

    pack: str = "alisa"
    "Her look: a folder in avatars/ of this folder or in assets/avatars."
    height_px: Annotated[int, msgspec.Meta(ge=0, le=2000)] = 0
    "Her height. 0: by the screen; the mouse wheel over her changes it."
    surface: str = ""
    "Use only this kind of window (a file in overlay/surfaces). Empty: the best that works here."
    reduced_motion: bool = False
    "true: no breathing, swaying, glancing or fading; she still blinks and moves her mouth."
    hide_in_fullscreen: bool = True
    "Vanish while an application fills her screen."
    sleep_minutes: Annotated[float, msgspec.Meta(ge=0, le=1440)] = 5.0
    "She falls asleep when you have been away so long. 0: never."
    dark: bool = False
    "A dark speech bubble."
    font: str = ""
    "Font of the speech bubble. Empty: the system's."
    font_points: Annotated[int, msgspec.Meta(ge=6, le=48)] = 11


class Voice(_Section, frozen=True):
    """How she hears and speaks. What is switched in her menu is remembered by the hub."""

    engine: str = ""
    "This voice engine first (a file in voice/tts/engines), or silent. Empty: the best that works here."
    cloud: bool = False
    "true: what she says may be sent to Microsoft to be spoken (edge-tts); nothing else ever is."
    voice: str = ""
    "Her voice. Hear them all: python -m voice.voices. Empty: the engine's best for the language."
    rate: Annotated[float, msgspec.Meta(ge=0.5, le=2)] = 1.0
    "How fast she speaks."
    pitch: Annotated[float, msgspec.Meta(ge=-12, le=12)] = 0.0
    "How much higher than usual she speaks, in semitones."
    volume: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    language: str = ""
    "The language you speak, for example en, de, ja. Empty: she finds out."
    listen: Annotated[str, msgspec.Meta(pattern="^(open|name|push|off)$")] = "open"
    "When she listens: open (always), name (when called by her name), push (while push_key is held), off."
    push_key: str = ""
    "Hold this key to talk, for example F9; works in every window. Empty: none."
    microphone: str = ""
    "Part of the name of the microphone. Empty: the system's default."
    speaker: str = ""
    "Part of the name of the loudspeaker. Empty: the system's default."
    echo: str = ""
    "An echo canceller (a file in voice/echo/engines), off, or headphones. Empty: the best that is installed."
    stt_engine: str = ""
    "Use only this one to write down speech (a file in voice/stt/engines). Empty: the best that works here."
    stt_model: str = ""
    "Whisper model: a name such as base or small.en, or a folder. Empty: by the memory of this machine."
    stt_device: Annotated[str, msgspec.Meta(pattern="^(auto|cpu|cuda)$")] = "auto"
    "Where Whisper runs: auto, cpu or cuda."
    download: bool = True
    "Fetch the Whisper model by itself when there is none yet (75 MB to 1.6 GB, once)."
    convert: bool = False
    "Pass her voice through the RVC model in voice/weights of this folder."


class Settings(_Section, frozen=True):
    """All settings, read once at start and handed down."""

    hub: Hub = Hub()
    llm: Llm = Llm()
    security: Security = Security()
    companion: Companion = Companion()
    memory: Memory = Memory()
    overlay: Overlay = Overlay()
    voice: Voice = Voice()


def home() -> Path:
    """The folder that holds everything Alisa writes: `$ALISA_HOME`, else in the user's config folder."""
    chosen = os.environ.get("ALISA_HOME", "")
    if chosen:
        return Path(chosen).expanduser().absolute()
    return Path(platformdirs.user_config_dir("alisa", appauthor=False))


def _sections() -> dict[str, type[_Section]]:
    return get_type_hints(Settings)


def _keys(section: type[_Section]) -> dict[str, Any]:
    return get_type_hints(section, include_extras=True)


def _allowed(kind: Any) -> str:
    """A type in the words of the settings file."""
    meta = next((m for m in getattr(kind, "__metadata__", ()) if isinstance(m, msgspec.Meta)), None)
    base = getattr(kind, "__origin__", kind)
    words = {bool: "true or false", int: "a whole number", float: "a number", str: "text in quotes"}[base]
    if meta is None:
        return words
    if meta.pattern:
        return "one of " + ", ".join(f'"{word}"' for word in meta.pattern.strip("^$()").split("|"))
    low = meta.ge if meta.ge is not None else meta.gt
    start = "from" if meta.ge is not None else "above"
    return f"{words} {start} {low} to {meta.le}"


def _unknown(what: str, found: str, known: list[str]) -> SettingsError:
    close = difflib.get_close_matches(found, known, 1)
    hint = f' Did you mean "{close[0]}"?' if close else f" There are: {', '.join(sorted(known))}."
    return SettingsError("settings-unknown-key", f'{what} "{found}" is not known.{hint}')


def _check(section: str, key: str, value: object, where: str) -> object:
    kind = _keys(_sections()[section])[key]
    try:
        checked: object = msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError as error:
        secret = key in {"api_key"}
        found = "something else" if secret else repr(value)[:60]
        message = f"{where}: {section}.{key} is {found}; allowed is {_allowed(kind)}."
        raise SettingsError("settings-wrong-value", message) from error
    return checked


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError as error:
        raise SettingsError(
            "settings-not-text", f"{FILE_NAME} is not UTF-8 text. Save it as UTF-8."
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError("settings-not-toml", f"{FILE_NAME} is not valid TOML: {error}.") from error
    except OSError as error:
        message = f"{FILE_NAME} cannot be read: {error.strerror}. Check the permissions of the file."
        raise SettingsError("settings-unreadable", message) from error


def _from_file(path: Path) -> dict[str, dict[str, object]]:
    sections = _sections()
    values: dict[str, dict[str, object]] = {}
    for section, table in _read_file(path).items():
        if section not in sections:
            raise _unknown(f"{FILE_NAME}: the section", section, list(sections))
        if not isinstance(table, dict):
            message = f"{FILE_NAME}: {section} is {table!r:.60}; allowed is a section, [{section}]."
            raise SettingsError("settings-wrong-value", message)
        keys = _keys(sections[section])
        for key, value in table.items():
            if key not in keys:
                known = [f"{section}.{name}" for name in keys]
                raise _unknown(f"{FILE_NAME}: the setting", f"{section}.{key}", known)
            values.setdefault(section, {})[key] = _check(section, key, value, FILE_NAME)
    return values


def _parse_variable(text: str, kind: Any) -> object:
    """The text of an environment variable as the type it stands for; unchanged where it does not fit."""
    base = getattr(kind, "__origin__", kind)
    lowered = text.strip().lower()
    if base is bool:
        named = {"1": True, "true": True, "yes": True, "on": True}
        return (named | {"0": False, "false": False, "no": False, "off": False}).get(lowered, text)
    if base is int and re.fullmatch(r"[+-]?\d{1,18}", lowered):
        return int(lowered)
    if base is float and re.fullmatch(r"[+-]?\d{1,18}(\.\d{0,18})?", lowered):
        return float(lowered)
    return text


def _from_environment(environment: Mapping[str, str]) -> dict[str, dict[str, object]]:
    names = {
        f"ALISA_{section}_{key}".upper(): (section, key, kind)
        for section, keys in _sections().items()
        for key, kind in _keys(keys).items()
    }
    values: dict[str, dict[str, object]] = {}
    for variable, text in environment.items():
        name = variable.upper()
        if not name.startswith("ALISA_") or name == "ALISA_HOME":
            continue
        if name not in names:
            raise _unknown("The environment variable", variable, [*names, "ALISA_HOME"])
        section, key, kind = names[name]
        value = _parse_variable(text, kind)
        values.setdefault(section, {})[key] = _check(section, key, value, f"The environment variable {name}")
    return values


def load(folder: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings: defaults, then `alisa.toml` in `folder`, then the environment.

    Raises:
        SettingsError: names the key, what was found and what is allowed.
    """
    path = (folder or home()) / FILE_NAME
    from_file = _from_file(path)
    from_environment = _from_environment(os.environ if environment is None else environment)
    values = {
        section: kind(**{**from_file.get(section, {}), **from_environment.get(section, {})})
        for section, kind in _sections().items()
    }
    return Settings(**values)  # type: ignore[arg-type]  # each section was built by its own class


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)


def template() -> str:
    """The text of a new `alisa.toml`: every setting, commented out, with its default."""
    lines = [
        "# The settings of Alisa. Take the # from a line to change it; delete the line to go back.",
        "# Each setting is also an environment variable: section.key is ALISA_SECTION_KEY.",
    ]
    source = Path(__file__).read_text(encoding="utf-8")
    for section, kind in _sections().items():
        lines += ["", f"# {kind.__doc__}", f"[{section}]"]
        body = source.split(f"class {kind.__name__}(_Section", 1)[1].split("\nclass ", 1)[0]
        for key in _keys(kind):
            comment = re.search(rf'\n    {key}: [^\n]*\n    "([^\n]*)"', body)
            if comment:
                lines.append(f"# {comment.group(1)}")
            lines.append(f"# {key} = {_literal(getattr(kind(), key))}")
    return "\n".join(lines) + "\n"


def ensure_file(folder: Path | None = None) -> bool:
    """Make `alisa.toml` with comments where there is none yet; True when it was made now."""
    path = (folder or home()) / FILE_NAME
    desktop.make_private_folder(path.parent)
    if path.exists():
        return False
    # Private, for it may come to hold the key of a server.
    desktop.write_private(path, template().encode())
    return True

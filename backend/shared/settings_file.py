"""Changes one line of `alisa.toml` and leaves everything else as the user wrote it."""

import json
import re
import tomllib
from pathlib import Path

from backend.shared import desktop
from backend.shared.settings import FILE_NAME, SettingsError, ensure_file, home


def change_setting(section: str, key: str, value: str | None, folder: Path | None = None) -> None:
    """Write a text setting into the file, which is made where there is none.

    Args:
        section: Name of its table.
        key: Its name in the table.
        value: The new text; None comments the setting out, so that the default holds.
        folder: Of the file; by default Alisa's own.

    Raises:
        SettingsError: when the file cannot be read, written, or changed without touching other settings.
    """
    ensure_file(folder)
    path = ((folder or home()) / FILE_NAME).resolve()  # a link stays a link
    try:
        text = path.read_bytes().decode("utf-8")
        expected = tomllib.loads(text.removeprefix("\ufeff"))
        changed = _change(text, section, key, value)
        table = expected.setdefault(section, {})
        table.pop(key, None)
        if value is not None:
            table[key] = value
        found = tomllib.loads(changed.removeprefix("\ufeff"))
        if {section: {}} | found != expected:
            raise ValueError("the change would touch other settings")
        desktop.write_private(path, changed.encode("utf-8"))
    except (OSError, ValueError, AttributeError, TypeError) as error:
        line = f"{key} = {json.dumps(value or '', ensure_ascii=False)}"
        message = f"{FILE_NAME} cannot be changed here. Put this line under [{section}] yourself: {line}"
        raise SettingsError("settings-not-changed", message) from error


def _change(text: str, section: str, key: str, value: str | None) -> str:
    ending = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    literal = json.dumps(value, ensure_ascii=False)
    header = re.compile(rf"\ufeff?\s*\[\s*{section}\s*\]\s*(#.*)?$")
    start = next((place for place, line in enumerate(lines) if header.match(line.rstrip())), None)
    if start is None:
        return (
            text
            if value is None
            else _with_end(text, ending) + f"{ending}[{section}]{ending}{key} = {literal}{ending}"
        )
    end = next((p for p in range(start + 1, len(lines)) if re.match(r"\s*\[", lines[p])), len(lines))
    active = re.compile(rf"""(\s*{key}\s*=\s*)("(?:[^"\\]|\\.)*"|'[^']*')""")
    for place in range(start + 1, end):
        found = active.match(lines[place])
        if found and value is None:
            lines[place] = f"# {lines[place]}"
            return "".join(lines)
        if found:
            lines[place] = found[1] + literal + lines[place][found.end() :]
            return "".join(lines)
    if value is None:
        return text
    offered = (p for p in range(start + 1, end) if re.match(rf"#\s*{key}\s*=", lines[p]))
    place = next(offered, start)
    lines[place] = _with_end(lines[place], ending)
    lines.insert(place + 1, f"{key} = {literal}{ending}")
    return "".join(lines)


def _with_end(text: str, ending: str) -> str:
    return text if text.endswith(("\n", "\r")) or not text else text + ending

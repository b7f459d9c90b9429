"""Questions that only Python inside `.venv` can answer; run there as a script, answers as JSON on stdout."""

import importlib
import importlib.metadata
import json
import re
import sys
from pathlib import Path


def settings() -> dict[str, object]:
    """Where this user's Alisa lives and listens, or what is wrong with the settings."""
    from backend.shared import settings as shared
    from backend.shared.errors import AlisaError

    home = shared.home()
    try:
        loaded = shared.load()
    except AlisaError as error:
        return {"home": str(home), "error": error.message}
    return {
        "home": str(home),
        "error": "",
        "host": loaded.hub.host,
        "port": loaded.hub.port,
        "llm_url": loaded.llm.url,
        "embedded_model": loaded.llm.embedded_model,
    }


def probe(modules: list[str]) -> dict[str, str]:
    """Import modules; what went wrong with each, in one line, or nothing."""
    found = {}
    for module in modules:
        try:
            importlib.import_module(module)
            found[module] = ""
        except Exception as error:  # noqa: BLE001 - whatever a foreign module raises is the answer
            found[module] = (str(error).splitlines() or [type(error).__name__])[0][:200]
    return found


def _import_names(distribution: importlib.metadata.Distribution) -> list[str]:
    """The top-level modules of an installed package, read from its list of files."""
    names = set()
    for file in distribution.files or []:
        top = file.parts[0]
        if len(file.parts) == 2 and file.name == "__init__.py":
            names.add(top)
        elif len(file.parts) == 1 and re.fullmatch(r"\w+\.(py|pyd|[\w.-]+\.so)", top):
            names.add(top.split(".")[0])
    return sorted(name for name in names if name.isidentifier())


def package(line: str) -> dict[str, str]:
    """One line of a requirements file: the package's name, its version here, and what is wrong with it."""
    from pip._vendor.packaging.requirements import InvalidRequirement, Requirement

    try:
        wanted = Requirement(line)
    except InvalidRequirement:
        return {"name": line, "version": "", "problem": "the line cannot be read"}
    if wanted.marker is not None and not wanted.marker.evaluate():
        return {"name": wanted.name, "version": "", "problem": "", "absent": "not offered for this machine"}
    try:
        distribution = importlib.metadata.distribution(wanted.name)
    except importlib.metadata.PackageNotFoundError:
        return {"name": wanted.name, "version": "", "problem": "not installed"}
    problem = ""
    if not wanted.specifier.contains(distribution.version, prereleases=True):
        problem = f"the version must be {wanted.specifier}"
    broken = [text for text in probe(_import_names(distribution)).values() if text]
    return {
        "name": wanted.name,
        "version": distribution.version,
        "problem": f"cannot be imported: {broken[0]}" if broken else problem,
    }


def requirement_lines(path: Path) -> list[str]:
    """The packages that a requirements file itself names, without comments and other files."""
    lines = (re.sub(r"(^|\s)#.*", "", line).strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("-")]


def main(arguments: list[str]) -> None:
    """Answer one question."""
    question, *rest = arguments
    if question == "settings":
        answer: object = settings()
    elif question == "probe":
        answer = probe(rest)
    else:
        answer = [package(line) for line in rest]
    # Imported modules may have printed: the answer is the last line.
    print("\n" + json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1:])

"""The doctor: what works on this machine, what is missing or broken, and the fix for each in one line."""

import concurrent.futures
import http.client
import json
import os
import re
import shutil
import socket
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from launcher import facts, hub, inside, parts, system
from launcher.environment import Environment
from launcher.terminal import GREEN, RED, YELLOW, LaunchError, paint

OK, HINT, BROKEN = "ok", "hint", "broken"
LLM_SECONDS = 0.5
LOW_DISK, LOW_MEMORY = 1 << 30, 2 << 30
SERVERS = {"llama.cpp": 8080, "Ollama": 11434, "LM Studio": 1234}
DEADLY = "it ends the whole process when it is imported"
INSTALL = "scripts/alisa.py install"


@dataclass(frozen=True)
class Finding:
    """One line of the table."""

    name: str
    state: str
    "ok; hint: she can talk without it; broken: she cannot."
    text: str
    fix: str = ""


def examine(environment: Environment) -> list[Finding]:
    """Look at everything; changes nothing."""
    findings = [_python(), _venv(environment)]
    if findings[-1].state != BROKEN:
        findings += _packages(environment)
        try:
            known = facts.settings(environment)
        except LaunchError as error:
            findings.append(
                Finding("settings", BROKEN, str(error), "mend alisa.toml or the variable it names")
            )
        else:
            findings += [*_home(known.home), *_hub(known)]
    findings += list(_parts(environment))
    findings.append(_memory())
    return findings


def run(environment: Environment, as_json: bool) -> int:
    """Print the findings; returns 0 when she can talk, else 1."""
    findings = examine(environment)
    can_talk = all(finding.state != BROKEN for finding in findings)
    if as_json:
        print(json.dumps({"can_talk": can_talk, "findings": [asdict(one) for one in findings]}, indent=1))
        return 0 if can_talk else 1
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        colour = {OK: GREEN, HINT: YELLOW, BROKEN: RED}[finding.state]
        print(f"{paint(f'{finding.state:<6}', colour, sys.stdout)}  {finding.name:<{width}}  {finding.text}")
        if finding.fix:
            print(f"{'':<6}  {'':<{width}}  fix: {finding.fix}")
    print("\nShe can talk." if can_talk else "\nShe cannot talk yet: see what is broken.")
    return 0 if can_talk else 1


def _python() -> Finding:
    return Finding("Python", OK, ".".join(str(number) for number in sys.version_info[:3]))


def _venv(environment: Environment) -> Finding:
    if not environment.folder.exists():
        return Finding("environment", BROKEN, "not installed: there is no .venv yet", INSTALL)
    version = environment.version()
    if not version:
        return Finding("environment", BROKEN, ".venv does not work", INSTALL)
    if not environment.is_ready([parts.part("hub").requirements, parts.part("chat").requirements]):
        return Finding("environment", HINT, ".venv is not up to date", INSTALL)
    return Finding("environment", OK, f".venv with Python {version}")


def _packages(environment: Environment) -> Iterator[Finding]:
    root = environment.root
    # A part that is not of this version yet needs nothing, even where its requirements are there already.
    present = [row for row in parts.PARTS if row.exists(root) and (root / row.requirements).is_file()]
    rows = {row.requirements: row for row in present}
    shared = "backend/shared/requirements.txt"
    files = [shared, *rows]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda file: _ask_packages(environment, root / file), files))
    for file, answer in zip(files, answers, strict=True):
        for package in answer:
            yield _package(package, needed=file == shared or rows[file].is_required)


def _ask_packages(environment: Environment, file: Path) -> list[dict[str, str]]:
    """What is installed of a requirements file; one by one where a package ends the asking process."""
    lines = inside.requirement_lines(file)
    answer: list[dict[str, str]] | None = facts.ask(environment, "packages", lines)
    if answer is not None or len(lines) == 1:
        deadly = {"name": lines[0] if lines else "", "version": "", "problem": DEADLY}
        return [deadly] if answer is None else answer
    apart = ((line, facts.ask(environment, "packages", [line])) for line in lines)
    return [found[0] if found else {"name": line, "version": "", "problem": DEADLY} for line, found in apart]


def _package(package: dict[str, str], needed: bool) -> Finding:
    name = f"package {package['name']}"
    if package["problem"]:
        text = package["problem"] if needed else f"{package['problem']} (optional)"
        return Finding(name, BROKEN if needed else HINT, text, INSTALL)
    return Finding(name, OK, package["version"] or package.get("absent", ""))


def _home(home: Path) -> list[Finding]:
    place = home
    while not place.exists() and place != place.parent:
        place = place.parent
    findings = [
        Finding("settings", OK, f"{home / 'alisa.toml'}{'' if home.exists() else ' (made at first start)'}")
    ]
    if not (place.is_dir() and os.access(place, os.W_OK | os.X_OK)):
        fix = "give yourself the right to write there, or set ALISA_HOME"
        return [*findings, Finding("home folder", BROKEN, f"{place} cannot be written", fix)]
    free = shutil.disk_usage(place).free
    text = f"{home} ({free / (1 << 30):.1f} GiB free)"
    if free < LOW_DISK:
        return [*findings, Finding("home folder", HINT, text, "free some space: less than 1 GiB is left")]
    return [*findings, Finding("home folder", OK, text)]


def _hub(known: facts.Settings) -> Iterator[Finding]:
    running = hub.find(known.home)
    if running is not None:
        said = running.health()
        yield Finding("running hub", OK, f"on port {running.port} (process {running.pid})")
        engine = said.get("engine")
        yield (
            Finding("language model", OK, f"the running hub thinks with: {engine}") if engine else _llm(known)
        )
    else:
        yield _port(known)
        yield _llm(known)
    yield _embedded(known)


def _port(known: facts.Settings) -> Finding:
    """Whether the hub could bind its port; nothing is sent to a program that has it."""
    try:
        with socket.create_server((known.host, known.port), reuse_port=False):
            return Finding("running hub", OK, f"none; port {known.port} is free")
    except OSError:
        fix = f"stop that program, or set ALISA_HUB_PORT={known.port + 1} or hub.port in alisa.toml"
        return Finding("running hub", BROKEN, f"port {known.port} is taken by another program", fix)


def _llm(known: facts.Settings) -> Finding:
    name = "language model"
    if known.llm_url:
        if _answers(known.llm_url):
            return Finding(name, OK, f"a server answers at {known.llm_url}")
        fix = "start that server, or clear llm.url; until then she uses what else there is"
        return Finding(name, HINT, f"nothing answers at {known.llm_url}", fix)
    urls = {title: f"http://127.0.0.1:{port}/v1" for title, port in SERVERS.items()}
    with concurrent.futures.ThreadPoolExecutor() as pool:
        found = [
            title for title, answers in zip(urls, pool.map(_answers, urls.values()), strict=True) if answers
        ]
    if found:
        return Finding(name, OK, f"found here: {', '.join(found)}")
    if known.embedded_model and _is_gguf(Path(known.embedded_model)):
        return Finding(name, OK, "no server here: she uses the embedded model")
    fix = "start llama.cpp, Ollama or LM Studio, or: scripts/alisa.py models"
    return Finding(name, HINT, "none: she talks with her built-in rules", fix)


def _answers(url: str) -> bool:
    """Whether a model server answers `GET .../models` like one."""
    try:
        target = urlsplit(url)
        secure = target.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(target.hostname or "", target.port, timeout=LLM_SECONDS)
        try:
            connection.request("GET", f"{target.path.rstrip('/')}/models")
            answer = connection.getresponse()
            # A server that wants a key is a server all the same.
            return answer.status in {401, 403} or isinstance(json.loads(answer.read(1 << 20)), dict)
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError):
        return False


def _embedded(known: facts.Settings) -> Finding:
    name = "embedded model"
    if not known.embedded_model:
        return Finding(name, HINT, "none chosen", "scripts/alisa.py models get")
    if not _is_gguf(Path(known.embedded_model).expanduser()):
        fix = "set llm.embedded_model to a GGUF file; scripts/alisa.py models list shows yours"
        return Finding(name, HINT, f"{known.embedded_model} is no readable GGUF file", fix)
    return Finding(name, OK, known.embedded_model)


def _is_gguf(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == b"GGUF"
    except OSError:
        return False


def _parts(environment: Environment) -> Iterator[Finding]:
    present = [row for row in parts.PARTS if row.module and row.exists(environment.root)]
    can_probe = environment.version() != ""
    problems = (
        facts.probe(environment, sorted({name for row in present for name in row.questions}))
        if can_probe
        else {}
    )
    for row in (row for row in parts.PARTS if row.module):
        if row not in present:
            state = BROKEN if row.is_required else HINT
            yield Finding(row.title, state, "not part of this version yet")
            continue
        problem = problems.get(row.probe, "")
        missing = system.missing(row.system, problem)
        if missing or problem:
            fix = system.hint(missing) if missing else INSTALL
            yield Finding(row.title, BROKEN if row.is_required else HINT, problem or "not complete", fix)
        elif problems.get(row.needs):
            yield Finding(row.title, HINT, problems[row.needs])
        else:
            yield Finding(row.title, OK, "ready" if can_probe else "waits for its packages")


def _memory() -> Finding:
    available = _memory_bytes()
    if not available:
        return Finding("memory", HINT, "this system does not tell")
    text = f"{available / (1 << 30):.1f} GiB"
    if available < LOW_MEMORY:
        return Finding("memory", HINT, text, "close some programs before you run a model here")
    return Finding("memory", OK, text)


def _memory_bytes() -> int:
    """Memory that is free to use, or else all there is; 0 where it cannot be told."""
    if sys.platform == "win32":
        import ctypes

        state = (ctypes.c_ulonglong * 8)()
        # MEMORYSTATUSEX: length and load share the first eight bytes; the third number is the free memory.
        state[0] = ctypes.sizeof(state)
        return int(state[2]) if ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(state)) else 0
    else:  # noqa: RET505 - so that the type checker sees each system's branch
        try:
            told = re.search(
                r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text("ascii"), re.MULTILINE
            )
        except OSError:
            told = None
        if told:
            return int(told.group(1)) * 1024
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")

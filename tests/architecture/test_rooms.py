"""The rules of the house that no linter can see; and that every rule bites when it is broken."""

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("backend", "overlay", "voice", "vision")
LIGHT = {"msgspec", "websockets", "platformdirs"}
HEAVY = {"fastapi", "uvicorn", "sqlalchemy", "aiohttp", "pydantic", "numpy", "cv2", "xllamacpp", "tkinter"}
PROGRAMS = Path(sys.executable).parent


def sources(*rooms: str) -> list[Path]:
    found = [path for room in rooms for path in (ROOT / room).rglob("*.py")]
    return sorted(found)


def check_sizes(root: Path) -> list[str]:
    paths = [path for room in (*ROOMS, "scripts", "tests") for path in (root / room).rglob("*.py")]
    return [str(path.name) for path in paths if len(path.read_text(encoding="utf-8").splitlines()) > 400]


def check_openings(root: Path) -> list[str]:
    missing = []
    for path in (path for room in (*ROOMS, "scripts") for path in (root / room).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if path == root / "backend" / "__init__.py":
            missing += [str(path)] if text.strip() else []
        elif not ast.get_docstring(ast.parse(text)):
            missing.append(str(path.relative_to(root)))
    return missing


def check_shared_imports(root: Path) -> list[str]:
    wrong = []
    for path in (root / "backend" / "shared").rglob("*.py"):
        # The seam's files for X11, which only programs with windows load.
        light = LIGHT | {"Xlib"} if path.match("desktop/x11_*.py") else LIGHT
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                top = name.split(".")[0]
                is_ours = name.startswith("backend.shared") or name == "backend"
                if top not in sys.stdlib_module_names and top not in light and not is_ours:
                    wrong.append(f"{path.name}: {name}")
    return wrong


def loaded_by(module: str, root: Path = ROOT) -> set[str]:
    """Every module that is there after `module` was imported in a fresh interpreter."""
    program = f"import {module}, sys, json; print(json.dumps(list(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


def check_client(module: str, root: Path = ROOT) -> list[str]:
    loaded = loaded_by(module, root)
    room = module.split(".", maxsplit=1)[0]
    strangers = [
        name
        for name in loaded
        if (name.split(".")[0] in ROOMS and name.split(".")[0] not in {room, "backend"})
        or (name.startswith("backend.") and not name.startswith("backend.shared"))
    ]
    return strangers + sorted(HEAVY & {name.split(".")[0] for name in loaded})


def test_no_file_is_longer_than_400_lines():
    assert check_sizes(ROOT) == []


def test_every_module_opens_with_what_it_is_for():
    assert check_openings(ROOT) == []


def test_shared_imports_only_the_light_libraries():
    assert check_shared_imports(ROOT) == []


@pytest.mark.parametrize("module", ["backend.shared.client", "voice.text_chat", "overlay.link"])
def test_a_client_starts_light_and_alone(module):
    assert check_client(module) == []


@pytest.mark.parametrize("script", sorted((ROOT / "scripts").glob("*.sh")), ids=lambda path: path.name)
def test_every_shell_script_is_valid_and_can_be_run(script):
    subprocess.run(["bash", "-n", str(script)], check=True)
    assert script.stat().st_mode & 0o100


@pytest.fixture(scope="module")
def _house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("house") / "copy"
    copy.mkdir()
    for room in (*ROOMS, "scripts"):
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "tests").mkdir()
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


@pytest.fixture
def house(_house: Path):
    """A copy of the house to break; mended after the test."""
    broken: dict[Path, str | None] = {}

    def break_it(name: str, code: str) -> Path:
        path = _house / name
        broken.setdefault(path, path.read_text(encoding="utf-8") if path.exists() else None)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((broken[path] or '"""A breach."""\n') + code, encoding="utf-8")
        return _house

    yield break_it
    for path, before in broken.items():
        if before is None:
            path.unlink()
        else:
            path.write_text(before, encoding="utf-8")


def lint_imports(root: Path) -> str:
    done = subprocess.run(
        [PROGRAMS / "lint-imports", "--no-cache"], cwd=root, capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_the_unbroken_copy_passes(house):
    assert lint_imports(house("overlay/nothing.py", "")) == ""


@pytest.mark.parametrize(
    ("file", "code", "contract"),
    [
        ("overlay/bad.py", "import voice", "Clients are strangers to each other"),
        ("voice/bad.py", "import vision", "Clients are strangers to each other"),
        ("overlay/bad.py", "from backend.memory import store", "Clients see only backend.shared"),
        ("voice/bad.py", "def f():\n    import backend.app", "Clients see only backend.shared"),
        ("backend/memory/bad.py", "import overlay", "The hub never imports a client"),
        ("backend/llm/bad.py", "import backend.conversation.turn", "Data flows one way through the hub"),
        ("backend/llm/bad.py", "import backend.memory.store", "Data flows one way through the hub"),
        ("backend/memory/bad.py", "import backend.llm.engine", "Data flows one way through the hub"),
        ("backend/conversation/bad.py", "import backend.connections.fanout", "Data flows one way"),
        ("backend/permissions/bad.py", "import backend.companion.senses", "Data flows one way"),
        ("backend/shared/bad.py", "import backend.memory", "Data flows one way"),
        ("backend/novel/__init__.py", "", "Data flows one way"),
        ("backend/shared/bad.py", "import fastapi", "The shared package is light"),
        ("backend/web/bad.py", "import ctypes", "Only the desktop seam knows the operating system"),
        ("voice/bad.py", "import fcntl", "Only the desktop seam knows the operating system"),
    ],
)
def test_a_broken_import_rule_is_found(house, file, code, contract):
    output = lint_imports(house(file, code + "\n"))
    broken = [line for line in output.splitlines() if "BROKEN" in line or "modules are not listed" in line]
    assert any(contract in line for line in broken) or ("novel" in file and "novel" in output), output


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("import sys\nprint(sys.platform)\n", "TID251"),
        ("import os\nIS_WINDOWS = os.name == 'nt'\n", "TID251"),
        ("import platform\nSYSTEM = platform.system()\n", "TID251"),
        (
            "def f() -> None:\n    try:\n        f()\n    except Exception:\n        raise ValueError\n",
            "BLE001",
        ),
        ("import time\n\n\nasync def f() -> None:\n    time.sleep(1)\n", "ASYNC251"),
        ("import asyncio\n\n\nasync def f() -> None:\n    asyncio.create_task(f())\n", "RUF006"),
        ("from . import turn\n", "TID252"),
        ("import subprocess\nsubprocess.run('ls', shell=True, check=False)\n", "S602"),
        ("def f(a):\n    return a\n", "ANN001"),
        ("print('hello')\n", "T201"),
        (
            "def f(a: int) -> int:\n"
            + "".join(f"    if a == {n}:\n        a += 1\n" for n in range(11))
            + "    return a\n",
            "C901",
        ),
        ("def f(a: int) -> int:\n" + "    a += 1\n" * 41 + "    return a\n", "PLR0915"),
    ],
)
def test_a_broken_code_rule_is_found(house, code, rule):
    root = house("backend/conversation/bad.py", code)
    command = [
        PROGRAMS / "ruff",
        "check",
        "--no-cache",
        "--output-format=concise",
        "backend/conversation/bad.py",
    ]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert rule in done.stdout


def test_a_broken_type_is_found(house):
    root = house("backend/conversation/bad.py", "def f() -> int:\n    return 'text'\n")
    command = [PROGRAMS / "mypy", "--no-incremental", "--follow-imports=skip", "backend/conversation/bad.py"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert "return-value" in done.stdout


def test_the_rules_of_these_tests_are_found_when_broken(house):
    assert check_sizes(house("overlay/long.py", "A = 1\n" * 400)) == ["long.py"]
    (house("overlay/mute.py", "") / "overlay" / "mute.py").write_text("A = 1\n")
    assert "overlay/mute.py" in [
        name.replace("\\", "/") for name in check_openings(house("overlay/x.py", ""))
    ]
    assert check_shared_imports(house("backend/shared/bad.py", "import requests\n")) == ["bad.py: requests"]
    root = house("overlay/sly.py", "import importlib\nimportlib.import_module('backend.llm.engine')\n")
    assert "backend.llm.engine" in check_client("overlay.sly", root)
    root = house("voice/heavy.py", "import numpy\n")
    assert "numpy" in check_client("voice.heavy", root)
